"""What a review of hosting, home, reports and storage found wrong, each as it was reproduced."""

from __future__ import annotations

import base64
import io
import json
import os
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from badgeport.issuer import drawing
from badgeport.issuer.award import Evidence
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import AwardBody, default_body
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.catalog import pictures
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.desk import OutboundError
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.hosting import publication, transcripts
from badgeport.issuer.hosting.reading import badge_view
from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account
from badgeport.issuer.storage.blobs import DiskBlobs
from badgeport.issuer.submissions.tables import EvidenceItem
from support import databases, hosted, portfolios
from support.site import PUBLIC_URL, Site, json_of

ROSA = "rosa@people.example"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"%s>%s</svg>'
HTML = {"Accept": "text/html"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=databases.KINDS)
def either(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    yield made
    made.close()


def row(site: Site, table: Any, key: str) -> Any:
    with site.desk.database.reading() as session:
        return session.get(table, key)


def rows(site: Site, statement: Any) -> list[Any]:
    with site.desk.database.reading() as session:
        return list(session.exec(statement).all())


def educator(site: Site, slug: str = "prairie") -> Account:
    return site.person("Rosa Delgado", {slug: [Role.EDUCATOR]}, email=ROSA)


def newest(site: Site, award_id: str) -> dict[str, Any]:
    with site.desk.database.reading() as session:
        copy = awards.current_copy(session, award_id)
    assert copy is not None
    read: dict[str, Any] = json.loads(copy.body)
    return read


# ---------------------------------------------------------------- pictures


def bomb(levels: int, inner: bytes = b'<use href="#a%d"/>') -> bytes:
    groups = b"".join(b'<g id="a%d">%s</g>' % (n, inner % (n - 1) * 10) for n in range(1, levels + 1))
    return SVG % (
        b"",
        b'<defs><g id="a0"><rect width="1" height="1"/></g>%s</defs><use href="#a%d"/>' % (groups, levels),
    )


def patterns(levels: int) -> bytes:
    shape = b'<rect width="1" height="1" fill="url(#p%d)"/>'
    made = b"".join(
        b'<pattern id="p%d" width="1" height="1">%s</pattern>' % (n, shape % (n - 1) * 10) for n in range(1, levels + 1)
    )
    return SVG % (b"", b'<pattern id="p0"><rect width="1" height="1"/></pattern>%s%s' % (made, shape % levels))


TOO_MUCH = {
    "uses of uses": bomb(12),
    "uses of uses, five deep": bomb(5),
    "uses by the older attribute": bomb(12, b'<use xmlns:x="http://www.w3.org/1999/xlink" x:href="#a%d"/>'),
    "patterns in patterns": patterns(12),
    "patterns by a style sheet": SVG
    % (
        b"",
        b"<style>rect { fill: url(#p) }</style>"
        b'<pattern id="p" width="1" height="1"><g>%s</g></pattern>%s'
        % (b'<circle r="1"/>' * 300, b'<rect width="1" height="1"/>' * 300),
    ),
    "patterns by inheritance": SVG
    % (
        b"",
        b'<pattern id="p" width="1" height="1"><g>%s</g></pattern><g fill="url(#p)">%s</g>'
        % (b'<circle r="1"/>' * 300, b'<rect width="1" height="1"/>' * 300),
    ),
    "markers at every corner": SVG
    % (
        b"",
        b'<marker id="m">%s</marker><path marker-mid="url(#m)" d="M%s"/>' % (b'<circle r="1"/>' * 100, b"0 0 " * 5000),
    ),
    "a long line used often": SVG
    % (b"", b'<defs><path id="p" d="M%s"/></defs>%s' % (b"0 0 " * 100_000, b'<use href="#p"/>' * 1000)),
    "filters": SVG
    % (
        b"",
        b'<filter id="f">%s</filter>%s'
        % (b'<feGaussianBlur stdDeviation="9"/>' * 30, b'<rect width="9" height="9" filter="url(#f)"/>' * 30),
    ),
    "a chain": SVG
    % (b"", b"".join(b'<g id="a%d"><use href="#a%d"/></g>' % (n + 1, n) for n in range(5000)) + b'<g id="a0"/>'),
    "a circle of uses": SVG % (b"", b'<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'),
    "itself inside itself": SVG % (b"", b'<g id="a"><use href="#a"/></g>'),
    "nesting": SVG % (b"", b"<g>" * 200 + b"</g>" * 200),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_a_small_picture_that_would_be_drawn_without_end_was_taken(name: str) -> None:
    picture = TOO_MUCH[name]
    assert len(picture) < pictures.MOST_BYTES
    with pytest.raises(Mistakes, match=r"more work to draw|uses itself"):
        pictures.kind_of(picture)


SIZES = [b' width="0" height="0"', b' width="-5" height="1e40"', b' height="NaN"', b' width="99999999"', b' width="x"']


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_of_no_size_was_taken(size: bytes) -> None:
    with pytest.raises(Mistakes, match="size"):
        pictures.kind_of(SVG % (size, b"<rect/>"))


@pytest.mark.parametrize("box", [b"0 0 0 0", b"0 0 -1 5", b"0 0 1e40 1", b"a b c d", b"1 2 3"])
def test_a_picture_of_no_ground_was_taken(box: bytes) -> None:
    with pytest.raises(Mistakes, match="size"):
        pictures.kind_of(b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="%s"><rect/></svg>' % box)


def png_of(width: int, height: int) -> bytes:
    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (width, height)).save(target, "PNG")
    return target.getvalue()


def torn_png() -> bytes:
    """Every chunk is whole by its checksum, and what they hold is no picture."""
    good = png_of(100, 100)
    start = good.index(b"IDAT") - 4
    length = int.from_bytes(good[start : start + 4], "big")
    data = b"IDAT" + bytes(length)
    return good[: start + 4] + data + zlib.crc32(data).to_bytes(4, "big") + good[start + 12 + length :]


def inner_giant() -> bytes:
    data = base64.b64encode(png_of(6000, 6000))
    return SVG % (b"", b'<image width="9" height="9" href="data:image/png;base64,%s"/>' % data)


def test_a_picture_was_taken_that_nothing_can_draw() -> None:
    pytest.importorskip("typst")
    with pytest.raises(Mistakes, match="cannot be drawn"):
        pictures.kind_of(torn_png())
    with pytest.raises(Mistakes, match="inside the picture is damaged, or larger"):
        pictures.kind_of(inner_giant())


GOOD = {
    "plain": SVG % (b"", b'<rect width="10" height="10"/>'),
    "sized in millimetres": SVG % (b' width="210mm" height="100%"', b"<circle r='4'/>"),
    "without a ground": b'<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle r="4"/></svg>',
    "as a drawing program writes it": SVG
    % (
        b"",
        b"<defs><style>/* x */ .st0{clip-path:url(#c)} .st1,.st2{fill:url(#l)}</style>"
        b'<linearGradient id="k"><stop offset="0"/></linearGradient>'
        b'<linearGradient id="l" href="#k"/><clipPath id="c"><rect width="9" height="9"/></clipPath>'
        b'<filter id="f"><feGaussianBlur stdDeviation="3"/><feOffset dx="1"/></filter></defs>'
        b'<g class="st0" filter="url(#f)">%s</g>' % (b'<path class="st1" d="M0 0L9 9z"/>' * 2000),
    ),
    "a picture in a pattern": SVG
    % (
        b"",
        b'<pattern id="p" width="1" height="1"><use href="#i"/></pattern><image id="i" width="9" height="9" '
        b'href="data:image/png;base64,%s"/><rect width="9" height="9" fill="url(#p)"/>'
        % base64.b64encode(png_of(90, 90)),
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_an_honest_picture_is_taken(name: str) -> None:
    assert pictures.kind_of(GOOD[name]) == pictures.SVG


def accepted_long_ago(site: Site, picture: bytes, kind: str = pictures.SVG) -> Award:
    """A badge whose picture is one that would be refused today."""
    org = hosted.issuer(site)
    digest, size = site.desk.blobs.put(io.BytesIO(picture))
    with site.desk.database.writing() as session:
        pictures.keep(session, site.desk, digest, size, kind, site.clock())
    return hosted.award(site, org, hosted.published(site, org, image=digest))


@pytest.mark.parametrize(
    "picture", [SVG % (SIZES[0], b""), SVG % (SIZES[1], b""), torn_png()], ids=["zero", "minus", "torn"]
)
def test_a_badge_whose_picture_cannot_be_drawn_had_no_certificate(site: Site, picture: bytes) -> None:
    pytest.importorskip("typst")
    award = accepted_long_ago(site, picture, pictures.SVG if picture.startswith(b"<svg") else pictures.PNG)
    for suffix in ("pdf", "png", "svg"):
        assert site.browser().get(f"/c/{award.id}.{suffix}").status_code == 200, suffix


def test_a_picture_without_end_was_drawn_in_the_process_that_serves(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("typst")
    monkeypatch.setattr(drawing, "SECONDS", 1)
    award = accepted_long_ago(site, bomb(12))
    assert site.browser().get(f"/c/{award.id}.png").status_code == 200
    assert site.browser().get(f"/c/{award.id}.pdf").status_code == 200


@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_a_session_was_held_while_a_picture_was_drawn(site: Site, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typst")
    award = accepted_long_ago(site, SVG % (b"", b'<rect width="7" height="3"/>' + suffix.encode()))
    held: list[int] = []
    real = drawing.confined.run

    def watched(*args: Any, **more: Any) -> bytes:
        held.append(site.desk.database.engine.pool.checkedout())  # type: ignore[attr-defined]
        return real(*args, **more)

    monkeypatch.setattr(drawing.confined, "run", watched)
    assert site.browser().get(f"/c/{award.id}.{suffix}").status_code == 200
    assert held == [0]


def test_every_request_drew_the_same_picture_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typst")
    picture = SVG % (b"", b'<rect width="5" height="3"/>')
    ready, count = threading.Barrier(4), []
    real = drawing.confined.run

    def counted(*args: Any, **more: Any) -> bytes:
        count.append(1)
        return real(*args, **more)

    monkeypatch.setattr(drawing.confined, "run", counted)
    drawn: list[bytes] = []

    def ask() -> None:
        ready.wait()
        drawn.append(drawing.pixels(picture))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == 1
    assert drawn[0].startswith(b"\x89PNG")
    assert len(count) == 1


# ---------------------------------------------------------------- signs that no text has

NUL_PATHS = [
    "/c/%00",
    "/c/%00.json",
    "/c/x%00/refresh",
    "/issuers/%00",
    "/issuers/%00/did.json",
    "/issuers/%00/keys/x",
    "/issuers/prairie/keys/%00",
    "/status/%00",
    "/s/%00",
    "/s/%00.json",
    "/reports/%00",
    "/claim/%00",
    "/c/%00/evidence/%00",
    "/achievements/%00",
    "/api/v1/reports/%00",
    "/static/%00",
    "/v/%00",
]
NUL_QUERIES = ["/?q=%00", "/issuers/prairie?q=%00", "/issuers/prairie?%00=1", "/catalog.json?q=%00"]


def test_a_path_or_a_query_with_a_nul_was_an_error_of_the_server(either: Site) -> None:
    org = hosted.issuer(either)
    award = hosted.award(either, org, hosted.published(either, org))
    visitor = either.browser()
    answers = {path: visitor.get(path).status_code for path in NUL_PATHS}
    assert answers == dict.fromkeys(NUL_PATHS, 404)
    asked = [*NUL_QUERIES, f"/c/{award.id}/refresh?form=%00"]
    answers = {path: visitor.get(path).status_code for path in asked}
    assert answers == dict.fromkeys(asked, 400)
    rosa = either.browser(educator(either))
    paths = ["/home/awards/%00", "/home/collections/%00", "/api/v1/me/awards/%00", "/home/portfolio/%00"]
    assert {path: rosa.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)
    queries = ["/home/awards?q=%00", "/home/collections?q=%00", "/home/collections/new?award=%00", "/home?lang=%00"]
    assert {path: rosa.get(path).status_code for path in queries} == dict.fromkeys(queries, 400)
    staff = either.browser(either.person("Ada", {"prairie": [Role.ADMINISTRATOR, Role.REGISTRAR]}))
    assert staff.get("/o/prairie/awards/%00/erase").status_code == 404
    assert staff.get("/o/%00/awards").status_code == 404
    assert staff.get("/o/prairie/reports?definition=%00").status_code == 400


def test_a_page_says_so_to_a_person_and_a_problem_to_a_program(site: Site) -> None:
    hosted.issuer(site)
    answer = site.browser().get("/issuers/prairie?q=%00", headers=HTML)
    assert answer.headers["content-type"].startswith("text/html")
    answer = site.browser().get("/api/v1/reports/x?y=%00")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_cookie_with_a_nul_was_used(site: Site) -> None:
    answer = site.browser().get("/", headers={"Cookie": 'badgeport-language="\\000"'})
    assert answer.status_code == 400
    assert site.browser().get("/", headers={"Cookie": 'other="\\000"'}).status_code == 200


def test_json_with_a_nul_was_kept_or_an_error_of_the_server(either: Site) -> None:
    org = hosted.issuer(either)
    rosa = educator(either)
    award = hosted.award(either, org, hosted.published(either, org), account_id=rosa.id)
    browser = either.browser(rosa)
    headers = {"X-CSRF-Token": str(browser.csrf), "Origin": PUBLIC_URL, "Content-Type": "application/json"}

    def send(method: str, path: str, body: dict[str, Any]) -> Any:
        return browser.request(method, path, content=json.dumps(body), headers=headers)

    answer = send("POST", "/api/v1/me/collections", {"title": "a\x00b", "awards": [award.id], "days": 3})
    assert (answer.status_code, json_of(answer)["pointer"]) == (400, "/title")
    answer = send("POST", "/api/v1/me/collections", {"title": "ab", "awards": [award.id + "\x00"], "days": 3})
    assert (answer.status_code, json_of(answer)["pointer"]) == (400, "/awards/0")
    answer = send("POST", "/api/v1/me/collections", {"title": "ab", "awards": [award.id], "days": 3, "x\x00": 1})
    assert answer.status_code == 400
    content = {"released": ["\x00"], "showName": False, "useDid": False, "version": 1}
    assert send("PUT", f"/api/v1/me/awards/{award.id}/content", content).status_code == 400
    assert send("POST", "/api/v1/me/claims", {"secret": "a\x00b", "visibility": "link"}).status_code == 400
    assert rows(either, select(Collection)) == []


def test_a_form_with_a_nul_in_a_name_was_taken(either: Site) -> None:
    hosted.issuer(either)
    browser = either.browser(educator(either))
    assert browser.submit("/home/settings", {"visibility": "link", "a\x00": "x"}).status_code == 400
    for named in (b'name="a\x00"', b'name="a"; filename="b\x00.txt"'):
        body = b"--xyz\r\nContent-Disposition: form-data; " + named + b"\r\n\r\nx\r\n--xyz--\r\n"
        headers = {"Content-Type": "multipart/form-data; boundary=xyz", "Origin": PUBLIC_URL}
        assert browser.post("/home/settings", content=body, headers=headers).status_code == 400


def test_an_imported_file_with_a_nul_was_kept_or_an_error_of_the_server(either: Site) -> None:
    hosted.issuer(either)
    author = either.browser(either.person("Ana Author", {"prairie": [Role.AUTHOR]}))
    body = {**hosted.BODY, "requirements": "Lead two\x00 talks."}
    file = json.dumps({"definitions": [{"kind": "micro-credential", "definition": body}]}).encode()
    answer = author.submit(
        "/o/prairie/catalog/import", {"do": "import"}, files={"file": ("d.json", file, "application/json")}
    )
    assert answer.status_code in (200, 422), answer.status_code
    frame = {"CFDocument": {"identifier": "x", "title": "T\x00", "uri": "https://x.example/d"}, "CFItems": []}
    answer = author.submit(
        "/o/prairie/catalog/standards/import",
        {},
        files={"file": ("c.json", json.dumps(frame).encode(), "application/json")},
    )
    assert answer.status_code < 500


# ---------------------------------------------------------------- reports


def test_a_public_report_answered_500_for_the_total_as_a_table(site: Site) -> None:
    hosted.issuer(site)
    ada = site.browser(site.person("Ada", {"prairie": [Role.ADMINISTRATOR]}))
    site.clock.forward(days=400)
    sent = ada.submit("/o/prairie/reports/publish", {"from": "2026-01-01", "to": "2026-02-01", "why": "Asked."})
    assert sent.status_code == 303
    visitor = site.browser()
    assert visitor.get("/reports/prairie?format=csv&by=total").status_code == 200
    assert visitor.get("/reports/prairie?format=csv&by=schools").headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2201-01-01", "1999-12-31"])
def test_a_report_up_to_the_end_of_time_answered_500(site: Site, day: str) -> None:
    hosted.issuer(site)
    ada = site.browser(site.person("Ada", {"prairie": [Role.ADMINISTRATOR]}))
    for name in ("from", "to"):
        answer = ada.get(f"/o/prairie/reports?{name}={day}", headers=HTML)
        assert answer.status_code in (200, 422)
        assert "from 2000 to 2200" in answer.text
        assert ada.get(f"/o/prairie/reports/by/months?{name}={day}", headers=HTML).status_code == 422
        answer = ada.get(f"/api/v1/organizations/prairie/reports?{name}={day}")
        assert (answer.status_code, json_of(answer)["errors"][0]["pointer"]) == (400, f"/{name}")
    headers = {"X-CSRF-Token": str(ada.csrf), "Origin": PUBLIC_URL}
    body = {"from": day, "to": day, "why": "x"}
    answer = ada.put("/api/v1/organizations/prairie/reports/published", json=body, headers=headers)
    assert (answer.status_code, json_of(answer)["errors"][0]["pointer"]) == (400, "/from")


# ---------------------------------------------------------------- private badges


def stack_on(site: Site, org: Any, rosa: Account, members: list[Award]) -> Award:
    whole = hosted.published(site, org, name="Whole")
    with site.desk.database.reading() as session:
        stack = awards.stack_of(site.desk, awards.members_of(session, [one.id for one in members]))
    body = default_body(DefinitionBody.model_validate(whole[1].body)).model_copy(update={"stack": stack})
    return hosted.award(site, org, whole, "stack", account_id=rosa.id, body=body)


def test_a_stack_told_of_a_badge_that_is_private(site: Site) -> None:
    org = hosted.issuer(site)
    rosa = educator(site)
    shown = hosted.award(site, org, hosted.published(site, org), "a", account_id=rosa.id)
    hidden = hosted.award(
        site, org, hosted.published(site, org, name="Hidden"), "b", account_id=rosa.id, visibility="private"
    )
    stack = stack_on(site, org, rosa, [shown, hidden])
    for path in (f"/c/{stack.id}", f"/c/{stack.id}.json", f"/c/{stack.id}.jwt"):
        assert hidden.id not in site.browser().get(path).text
    assert shown.id in site.browser().get(f"/c/{stack.id}").text
    said = newest(site, stack.id)
    assert len(said["credentialSubject"]["achievement"]["related"]) == 2
    assert [one["name"] for one in said["evidence"]] == ["Facilitating Data Talks"]
    # What somebody makes private later is in no later edition, and what they show again is in one.
    browser = site.browser(rosa)
    for award, visibility in ((shown, "private"), (hidden, "link")):
        version = row(site, Award, award.id).version
        browser.submit(f"/home/awards/{award.id}/visibility", {"visibility": visibility, "version": version})
    site.clock.forward(minutes=1)
    hosted.work(site)
    assert [one["name"] for one in newest(site, stack.id)["evidence"]] == ["Hidden"]


def test_the_list_of_revocations_gave_the_reason_of_a_private_badge(site: Site) -> None:
    org = hosted.issuer(site, formats=["eddsa-rdfc-2022", "1EdTechRevocationList"])
    definition = hosted.published(site, org)
    made = {
        visibility: hosted.award(site, org, definition, visibility, visibility=visibility)
        for visibility in ("private", "public")
    }
    for visibility, award in made.items():
        with site.desk.database.writing() as session:
            one = session.get_one(Award, award.id)
            awards.revoke(session, site.desk, one, f"Plagiarised, {visibility}.", "system", site.clock())
    listed = {
        one["id"]: one for one in json_of(site.browser().get("/issuers/prairie/revocations"))["revokedCredential"]
    }
    assert listed[f"{PUBLIC_URL}/c/{made['private'].id}"] == {
        "id": f"{PUBLIC_URL}/c/{made['private'].id}",
        "revoked": True,
    }
    assert listed[f"{PUBLIC_URL}/c/{made['public'].id}"]["revocationReason"] == "Plagiarised, public."


def links(site: Site, count: int) -> tuple[Any, list[Award], list[str]]:
    org = hosted.issuer(site)
    rosa = educator(site)
    definition = hosted.published(site, org)
    made = [hosted.award(site, org, definition, f"{n}", account_id=rosa.id) for n in range(count)]
    browser = site.browser(rosa)
    ids = []
    for chosen in ([made[0].id], [one.id for one in made]):
        answer = browser.submit("/home/collections/new", {"title": f"Link {len(ids)}", "awards": chosen, "days": "300"})
        ids.append(answer.headers["location"].rpartition("/")[2])
    hosted.work(site)
    return browser, made, ids


def test_a_badge_made_private_stayed_in_links_without_a_word(site: Site) -> None:
    browser, (first, _), (alone, both) = links(site, 2)
    address = f"/home/awards/{first.id}"
    assert alone in browser.get(address).text
    sent = {"visibility": "private", "version": row(site, Award, first.id).version}
    assert browser.submit(f"{address}/visibility", sent).status_code == 303
    page = browser.get(address).text
    assert "its address shows nothing to others" in page
    assert alone in page
    assert both in page
    visitor = site.browser()
    assert first.id in visitor.get(f"/s/{both}.json").text
    sent = {"visibility": "private", "links": "out", "version": row(site, Award, first.id).version}
    assert browser.submit(f"{address}/visibility", sent).status_code == 303
    hosted.work(site)
    page = browser.get(address).text
    assert alone not in page
    assert both not in page
    assert visitor.get(f"/s/{alone}.json").status_code == 410
    assert first.id not in visitor.get(f"/s/{both}.json").text
    assert visitor.get(f"/s/{both}.json").status_code == 200


def test_a_program_can_take_a_private_badge_out_of_links_too(site: Site) -> None:
    browser, (first,), (alone, other) = links(site, 1)
    headers = {"X-CSRF-Token": str(browser.csrf), "Origin": PUBLIC_URL}
    detail = json_of(browser.get(f"/api/v1/me/awards/{first.id}"))
    assert sorted(detail["links"]) == sorted([alone, other])
    sent = {"visibility": "private", "takeOutOfLinks": True, "version": detail["version"]}
    answer = browser.put(f"/api/v1/me/awards/{first.id}/visibility", json=sent, headers=headers)
    assert answer.status_code == 200
    assert json_of(browser.get(f"/api/v1/me/awards/{first.id}"))["links"] == []
    assert site.browser().get(f"/s/{alone}.json").status_code == 410


# ---------------------------------------------------------------- what a badge says


def with_evidence(site: Site) -> tuple[Account, Award, list[EvidenceItem]]:
    org = hosted.issuer(site)
    definition = portfolios.define(site, org)
    rosa = educator(site)
    assessor = portfolios.assessor(site, "Ana Ass", definition)
    portfolio = portfolios.fill(site, rosa, definition)
    site.browser(rosa).submit(
        f"/home/portfolio/{portfolio}/evidence",
        {"title": "Film", "requirement": "film", "description": ""},
        files={"file": ("f.pdf", portfolios.PDF, "application/pdf")},
    )
    portfolios.hand_in(site, rosa, portfolio)
    portfolios.take(site, assessor, portfolio)
    portfolios.finish(site, assessor, portfolio, portfolios.scores())
    hosted.work(site)
    return rosa, rows(site, select(Award))[0], rows(site, select(EvidenceItem))


def state_evidence(site: Site, award_id: str, *stated: dict[str, str]) -> None:
    with site.desk.database.writing() as session:
        award = session.get_one(Award, award_id)
        body = AwardBody.from_json(award.body)
        evidence = (*body.evidence, *(Evidence.model_validate(one) for one in stated))
        awards.correct(
            session,
            site.desk,
            award,
            reason="Stated.",
            actor="system",
            now=site.clock(),
            body=body.model_copy(update={"evidence": evidence}),
        )
    hosted.work(site)


def test_what_the_organization_stated_vanished_by_its_title(site: Site) -> None:
    rosa, award, items = with_evidence(site)
    url = next(item.url for item in items if item.url)
    narrative = "The organization's own statement."
    state_evidence(
        site, award.id, {"name": "Film", "narrative": narrative}, {"id": url, "name": "Seen", "narrative": narrative}
    )
    browser = site.browser(rosa)

    def choose(**chosen: Any) -> list[dict[str, Any]]:
        site.clock.forward(minutes=1)
        version = row(site, Award, award.id).version
        answer = browser.submit(f"/home/awards/{award.id}/content", {**chosen, "version": version})
        assert answer.status_code == 303
        hosted.work(site)
        return list(newest(site, award.id)["evidence"])

    assert [one["narrative"] for one in choose(show_name="yes")] == [narrative, narrative]
    shown = choose(released=[item.id for item in items])
    assert [one.get("narrative") for one in shown] == [narrative, narrative, None]
    assert shown[-1]["id"].startswith(f"{PUBLIC_URL}/c/{award.id}/evidence/")
    assert [one["narrative"] for one in choose(show_name="yes")] == [narrative, narrative]


def other_evidence(*entries: dict[str, str]) -> bytes:
    return json.dumps(
        {
            "id": f"{PUBLIC_URL}/c/abc",
            "name": "Badge",
            "evidence": list(entries),
            "credentialSubject": {"achievement": {"related": [{"id": f"{PUBLIC_URL}/achievements/x/1"}]}},
        }
    ).encode()


def test_a_member_of_a_stack_could_be_a_script() -> None:
    for address in (
        "javascript:alert(1)",
        "https://evil.example/c/abc",
        f"{PUBLIC_URL}.evil.example/c/a",
        f"{PUBLIC_URL}/c/../x",
    ):
        view = badge_view(other_evidence({"id": f"{address}#badge", "genre": "Open Badge", "name": "Part one"}))
        assert view.members == ()
        assert [one.url.startswith("javascript") for one in view.evidence] == [False]
    own = badge_view(other_evidence({"id": f"{PUBLIC_URL}/c/def#badge", "genre": "Open Badge", "name": "Part one"}))
    assert [(one.name, one.url) for one in own.members] == [("Part one", f"{PUBLIC_URL}/c/def")]


@pytest.mark.parametrize("address", ["javascript:alert(1)#badge", "data:text/html,x", "JavaScript:x", "file:///etc/x"])
def test_evidence_of_any_scheme_was_signed(address: str) -> None:
    with pytest.raises(ValueError, match="http"):
        Evidence.model_validate({"id": address, "name": "x"})


def test_a_badge_that_is_no_stack_showed_parts(site: Site) -> None:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    body = default_body(DefinitionBody.model_validate(definition[1].body)).model_copy(
        update={
            "evidence": (
                Evidence.model_validate({"id": f"{PUBLIC_URL}/c/abc#badge", "genre": "Open Badge", "name": "Part one"}),
            )
        }
    )
    award = hosted.award(site, org, definition, body=body)
    page = site.browser().get(f"/c/{award.id}", headers=HTML).text
    assert "What it is made of" not in page
    assert "Part one" in page


# ---------------------------------------------------------------- learner records


def test_a_learner_record_was_cut_and_said_that_it_is_whole(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    org = hosted.issuer(site)
    rosa = educator(site)
    definition = hosted.published(site, org)
    made = {hosted.award(site, org, definition, f"{n}", account_id=rosa.id).id for n in range(3)}
    monkeypatch.setattr(transcripts, "MOST_BADGES", 2)
    browser = site.browser(rosa)
    browser.submit("/home/transcript")
    hosted.work(site)
    kept = rows(site, select(transcripts.Transcript))[0]
    assert (len(kept.awards), len(kept.left_out)) == (2, 1)
    assert {*kept.awards, *kept.left_out} == made
    assert json.loads(kept.body)["partial"] is True
    assert "One badge was left out" in browser.get("/home/transcript", headers=HTML).text


# ---------------------------------------------------------------- publish check


def test_the_check_did_not_look_where_verifiers_of_an_own_domain_look(site: Site) -> None:
    hosted.issuer(site, "own", did="did:web:badges.district.example", formats=["1EdTechRevocationList"])
    asked: list[str] = []
    stale = b'{"id": "did:web:badges.district.example"}'

    def get(url: str) -> bytes:
        asked.append(url)
        if url == "https://badges.district.example/.well-known/did.json":
            return stale
        return publication.locally(site.desk)(url)

    outcome = publication.check(site.desk, get)
    assert [(one.kind, one.address, one.what) for one in outcome.differences] == [
        ("keys", "https://badges.district.example/.well-known/did.json", "differs")
    ]
    assert publication.check(site.desk, publication.locally(site.desk)).differences == []


def test_the_check_looked_at_neither_lists_nor_profiles_nor_sets(site: Site) -> None:
    browser, _, (alone, both) = links(site, 2)
    with site.desk.database.writing() as session:
        org = session.exec(select(publication.Organization)).one()
        org.formats = ["1EdTechRevocationList"]
        session.add(org)
    wrong = {
        "/issuers/prairie": "profile",
        "/issuers/prairie/revocations": "revocation-list",
        f"/s/{alone}.json": "collection",
        f"/s/{both}.json": "collection",
    }
    sent = {"version": row(site, Collection, both).version}
    assert browser.submit(f"/home/collections/{both}/withdraw", sent).status_code == 303
    program = site.program()

    def right(url: str) -> bytes:
        answer = program.get(url.removeprefix(PUBLIC_URL), headers={"Accept": "application/json"})
        if answer.status_code != 200:
            raise OutboundError(f"it answered {answer.status_code}")
        return answer.content

    def get(url: str) -> bytes:
        return b"{}" if url.removeprefix(PUBLIC_URL) in wrong else right(url)

    assert publication.check(site.desk, right).differences == []
    assert publication.check(site.desk, publication.locally(site.desk)).differences == []
    found = publication.check(site.desk, get).differences
    assert {(one.address.removeprefix(PUBLIC_URL), one.kind) for one in found} == set(wrong.items())
    assert {one.address.removeprefix(PUBLIC_URL): one.what for one in found}[f"/s/{both}.json"] == "exposed"


# ---------------------------------------------------------------- storage


def test_the_name_of_a_stored_file_was_not_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = DiskBlobs(tmp_path / "files")
    synced: list[Path] = []
    real = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").resolve())
        real(descriptor)

    monkeypatch.setattr("os.fsync", noted)
    digest, _ = blobs.put(io.BytesIO(b"a film"))
    folder = tmp_path / "files" / digest[:2]
    assert {folder, folder.parent} <= set(synced)
    synced.clear()
    blobs.delete(digest)
    assert folder in synced
    assert list(blobs.digests()) == []
