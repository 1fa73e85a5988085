"""Badges and issuers as the world sees them: every form, who may see what, and pages that are honest."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import AwardBody, RecipientData
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.hosting import documents, views
from badgeport.issuer.people import keys
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.keys.cid import KeyDocument
from badgeport.schemas import png, svg
from badgeport.schemas.datetimes import format_datetime
from support import databases, hosted
from support.site import PUBLIC_URL, Site, json_of

HTML = {"Accept": "text/html"}
ANY = {"Accept": "application/json"}


@pytest.fixture
def site(tmp_path: Path) -> Any:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture
def org(site: Site) -> Organization:
    return hosted.issuer(site)


@pytest.fixture
def definition(site: Site, org: Organization) -> Any:
    return hosted.published(site, org)


@pytest.fixture
def award(site: Site, org: Organization, definition: Any) -> Award:
    return hosted.award(site, org, definition)


def stored(site: Site, award: Award, form: str = "json") -> bytes:
    with site.desk.database.reading() as session:
        copy = awards.current_copy(session, award.id, form)
        assert copy is not None
        return copy.body


def change(site: Site, award: Award, what: Any, *arguments: Any) -> None:
    with site.desk.database.writing() as session:
        row = session.get_one(Award, award.id)
        what(session, site.desk, row, *arguments, "system", site.clock())
    hosted.work(site)


def see(site: Site, award: Award, visibility: str) -> None:
    with site.desk.database.writing() as session:
        row = session.get_one(Award, award.id)
        row.visibility = visibility
        session.add(row)


# -- faces -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "media_type", "form"),
    [
        ("application/vc", "application/vc", "json"),
        ("application/vc+ld+json", "application/vc+ld+json", "json"),
        ("application/ld+json", "application/ld+json", "json"),
        ("application/json", "application/json", "json"),
        ("application/vc+jwt", "application/vc+jwt", "jwt"),
        ("application/jwt", "application/jwt", "jwt"),
    ],
)
def test_the_signed_bytes_are_given_out_exactly(
    site: Site, award: Award, accept: str, media_type: str, form: str
) -> None:
    answer = site.program().get(f"/c/{award.id}", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.content == stored(site, award, form)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Accept" in answer.headers["vary"]
    assert site.program().get(f"/c/{award.id}.{form}").content == answer.content


def test_every_form_that_carries_the_badge_verifies(site: Site, award: Award) -> None:
    for suffix, media_type in (("png", "image/png"), ("svg", "image/svg+xml"), ("pdf", "application/pdf")):
        answer = site.program().get(f"/c/{award.id}.{suffix}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert site.desk.check(answer.content, "en").verdict == "valid", suffix
    body = stored(site, award).decode()
    assert png.unbake(site.program().get(f"/c/{award.id}.png").content).payload == body
    assert svg.unbake(site.program().get(f"/c/{award.id}.svg").content).payload == body
    pdf = site.program().get(f"/c/{award.id}.pdf").content
    assert list(PdfReader(io.BytesIO(pdf)).attachments["credential.json"]) == [body.encode()]
    for form in ("json", "jwt"):
        assert site.desk.check(stored(site, award, form), "en").verdict == "valid"


def test_the_qr_code_leads_to_the_badge(site: Site, award: Award) -> None:
    import zxingcpp
    from PIL import Image

    picture = site.program().get(f"/c/{award.id}.qr.png")
    with Image.open(io.BytesIO(picture.content)) as opened:
        found = zxingcpp.read_barcodes(opened.convert("L"))
    assert [one.text for one in found] == [f"{PUBLIC_URL}/c/{award.id}"]
    drawn = site.program().get(f"/c/{award.id}.qr.svg")
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in drawn.headers["content-security-policy"]


def test_what_did_not_change_is_not_sent_again(site: Site, award: Award) -> None:
    first = site.program().get(f"/c/{award.id}.json")
    tag = first.headers["etag"]
    again = site.program().get(f"/c/{award.id}.json", headers={"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert site.program().get(f"/c/{award.id}.json", headers={"If-None-Match": '"other"'}).status_code == 200
    site.clock.forward(days=1)
    change(site, award, correct, "a name was wrong")
    renewed = site.program().get(f"/c/{award.id}.json", headers={"If-None-Match": tag})
    assert renewed.status_code == 200
    assert renewed.content == stored(site, award)


def correct(session: Any, desk: Any, row: Award, why: str, actor: str, now: Any) -> None:
    awards.want_edition(session, row, why, now=now)


@pytest.mark.parametrize("path", ["", ".json", ".pdf", ".qr.svg", "/refresh"])
def test_head_says_what_get_would(site: Site, award: Award, path: str) -> None:
    got, head = (
        site.program().request(method, f"/c/{award.id}{path}", headers=HTML if not path else {})
        for method in ("GET", "HEAD")
    )
    assert (head.status_code, head.headers["content-type"]) == (got.status_code, got.headers["content-type"])
    assert head.headers.get("etag") == got.headers.get("etag")


@pytest.mark.parametrize("path", ["nothing", "nothing.json", "x.exe", "x.qr", "%00", "a" * 300])
def test_what_is_not_there_is_not_found(site: Site, org: Organization, path: str) -> None:
    page = site.browser().get(f"/c/{path}", headers=HTML)
    program = site.program().get(f"/c/{path}", headers=ANY)
    assert page.status_code == program.status_code == 404
    assert program.headers["content-type"] == "application/problem+json"


# -- the page --------------------------------------------------------------------------------------------------------


def test_the_page_says_what_the_badge_says_and_that_it_verifies(site: Site, org: Organization, definition: Any) -> None:
    body = AwardBody.from_json(
        {
            "results": [{"criterion": "questions", "level": "Proficient"}],
            "credits": 15,
            "creditUnit": "clock hours",
            "assessment": {"secondAssessor": True, "assessorIndependence": "independent"},
            "evidence": [{"id": "https://portfolio.example/talk", "name": "Protocol of the talk"}],
        }
    )
    rosa = RecipientData("Rosa Delgado", "rosa@people.example", show_name=True)
    award = hosted.award(site, org, definition, recipient=rosa, body=body, visibility="public")
    text = site.browser().get(f"/c/{award.id}", headers=HTML).text
    for wanted in (
        "Facilitating Data Talks",
        "Awarded to Rosa Delgado",
        "Prairie Regional Cooperative",
        "15 clock hours",
        "Questions lead from data to practice.",
        "https://portfolio.example/talk",
        "https://standards.example/intasc/10",
        "independent",
        "Genuine and in force",
        f"{PUBLIC_URL}/c/{award.id}.png",
        'property="og:title" content="Facilitating Data Talks"',
        "https://www.linkedin.com/profile/add?startTask=CERTIFICATION_NAME",
        f"&lt;a href=&#34;{PUBLIC_URL}/c/{award.id}&#34;&gt;",
        "issueYear=2026&amp;issueMonth=5",
        '"@type": "EducationalOccupationalCredential"',
    ):
        assert wanted in text, wanted
    assert "noindex" not in text
    assert "rosa@people.example" not in text


def test_what_the_earner_did_not_release_is_not_on_the_page(site: Site, award: Award) -> None:
    answer = site.browser().get(f"/c/{award.id}", headers=HTML)
    assert "The evidence is not part of this badge" in answer.text
    assert "Rosa" not in answer.text
    assert "does not say its earner" in answer.text
    assert answer.headers["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "schema.org" not in answer.text
    assert site.browser().get(f"/c/{award.id}.pdf").headers["x-robots-tag"] == "noindex"


def test_texts_of_a_badge_are_no_markup(site: Site, org: Organization) -> None:
    nasty = 'A </script><script>alert(1)</script> "talk" & more'
    definition = hosted.published(site, org, name=nasty, competency=f"{nasty} <img src=x onerror=alert(1)>")
    award = hosted.award(site, org, definition, visibility="public")
    text = site.browser().get(f"/c/{award.id}", headers=HTML).text
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert nasty.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&#34;") in text


def test_the_page_speaks_spanish(site: Site, award: Award) -> None:
    answer = site.browser().get(f"/c/{award.id}?lang=es", headers=HTML)
    assert answer.headers["content-language"] == "es"
    assert "Compartir y conservar" in answer.text
    assert "Emitida por" in answer.text


@pytest.mark.parametrize(
    ("what", "reason", "headline", "verdict"),
    [
        (awards.revoke, "The protocol was somebody else's.", "This badge was revoked on May 1, 2026", "invalid"),
        (awards.suspend, "The protocol is looked at again.", "This badge is suspended since May 1, 2026", "invalid"),
    ],
)
def test_a_badge_that_does_not_stand_says_so_everywhere(
    site: Site, award: Award, what: Any, reason: str, headline: str, verdict: str
) -> None:
    before = stored(site, award)
    assert "Genuine and in force" in site.browser().get(f"/c/{award.id}", headers=HTML).text
    change(site, award, what, reason)
    answer = site.browser().get(f"/c/{award.id}", headers=HTML)
    assert answer.status_code == 200
    assert headline in answer.text
    assert reason.replace("'", "&#39;") in answer.text
    assert "Genuine and in force" not in answer.text
    assert f'class="check-box {verdict}"' in answer.text
    assert "linkedin" not in answer.text
    assert site.program().get(f"/c/{award.id}.json").content == before
    pdf = site.program().get(f"/c/{award.id}.pdf").content
    paper = "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())
    assert "".join(headline.split()) in paper


def test_a_suspension_that_is_lifted_is_gone_from_the_page(site: Site, award: Award) -> None:
    change(site, award, awards.suspend, "It is looked at again.")
    change(site, award, awards.reinstate, "All is well.")
    text = site.browser().get(f"/c/{award.id}", headers=HTML).text
    assert "suspended since" not in text
    assert "Genuine and in force" in text


def test_an_expired_badge_says_until_when_it_was_valid(site: Site, award: Award) -> None:
    site.clock.forward(days=61 * 31)
    hosted.work(site)
    text = site.browser().get(f"/c/{award.id}", headers=HTML).text
    assert "This badge was valid until May 1, 2031." in text
    assert "Genuine and in force" not in text


def test_a_corrected_badge_tells_that_earlier_copies_are_superseded(site: Site, award: Award) -> None:
    before = stored(site, award)
    site.clock.forward(days=1)
    change(site, award, correct, "a name was wrong")
    assert "This is edition 2" in site.browser().get(f"/c/{award.id}", headers=HTML).text
    assert stored(site, award) != before
    # Who holds the earlier copy is led to the newer one by its refresh service.
    report = site.desk.check(before, "en").report
    refreshed = next(one for one in report["checks"] if one["evidence"].get("refreshService"))
    assert refreshed["evidence"]["answer"] == "newer"


# -- who may see it --------------------------------------------------------------------------------------------------


def test_a_private_badge_is_for_its_earner_and_the_registrars(site: Site, org: Organization, definition: Any) -> None:
    other = hosted.issuer(site, "sierra", name="Sierra District")
    rosa = site.person("Rosa Delgado", {"prairie": [Role.EDUCATOR]})
    award = hosted.award(site, org, definition, account_id=rosa.id, visibility="private")
    people = {
        "earner": rosa,
        "registrar": site.person("Rita Moreno", {"prairie": [Role.REGISTRAR]}),
        "assessor": site.person("Alma Reyes", {"prairie": [Role.ASSESSOR]}),
        "stranger": site.person("Stan Brooks", {other.slug: [Role.ADMINISTRATOR]}),
    }
    paths = ("", ".json", ".jwt", ".png", ".svg", ".pdf", ".qr.svg")
    for who, account in {**people, "nobody": None}.items():
        browser = site.browser(account)
        allowed = who in ("earner", "registrar")
        for path in paths:
            answer = browser.get(f"/c/{award.id}{path}", headers=HTML)
            assert answer.status_code == (200 if allowed else 404), (who, path)
            if allowed:
                assert "no-store" in answer.headers["cache-control"]
                assert "access-control-allow-origin" not in answer.headers
            else:
                assert "Data Talks" not in answer.text
    page = site.browser().get(f"/c/{award.id}", headers=HTML)
    assert "keeps it private" in page.text
    assert site.program().get(f"/c/{award.id}/refresh").status_code == 404
    assert documents.local(site.desk, f"{PUBLIC_URL}/c/{award.id}") is None
    assert "/sign-in?next=/c/" in page.text


def test_staff_without_a_second_factor_see_no_private_badge(tmp_path: Path) -> None:
    site = Site(tmp_path, second_factor=True)
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org), visibility="private")
    registrar = site.person("Rita Moreno", {"prairie": [Role.REGISTRAR]})
    assert site.browser(registrar, factors=1).get(f"/c/{award.id}", headers=HTML).status_code == 404
    assert site.browser(registrar, factors=2).get(f"/c/{award.id}", headers=HTML).status_code == 200
    site.close()


def test_an_erased_badge_is_gone_and_says_so(site: Site, award: Award) -> None:
    change(site, award, awards.erase, "The person asked for it.")
    page = site.browser().get(f"/c/{award.id}", headers=HTML)
    assert page.status_code == 410
    assert "This badge was erased" in page.text
    for path in ("", ".json", ".pdf", "/refresh"):
        answer = site.program().get(f"/c/{award.id}{path}", headers=ANY)
        assert answer.status_code == 410
        assert answer.headers["content-type"] == "application/problem+json"
        assert json_of(answer)["type"].endswith("#GONE")


def test_a_badge_that_is_not_signed_yet_asks_for_patience(site: Site, org: Organization, definition: Any) -> None:
    award = hosted.award(site, org, definition, signed=False)
    page = site.browser().get(f"/c/{award.id}", headers=HTML)
    assert page.status_code == 404
    assert "This badge is being signed" in page.text
    hosted.work(site)
    assert site.browser().get(f"/c/{award.id}", headers=HTML).status_code == 200


@pytest.mark.parametrize("kind", databases.KINDS)
def test_looks_are_counted_and_nothing_else_is_kept(kind: str, tmp_path: Path) -> None:
    site = Site(tmp_path, database_url=databases.made(kind, tmp_path))
    org = hosted.issuer(site)
    rosa = site.person("Rosa Delgado", {"prairie": [Role.EDUCATOR]})
    award = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id)
    site.browser().get(f"/c/{award.id}", headers=HTML)
    site.browser().get(f"/c/{award.id}.json")
    site.browser().head(f"/c/{award.id}.json")
    site.browser(rosa).get(f"/c/{award.id}", headers=HTML)
    site.clock.forward(minutes=1)
    site.browser().get(f"/c/{award.id}.json")
    with site.desk.database.reading() as session:
        assert views.views(session, award.id) == 3
        rows = session.exec(documents.select(views.ViewCount)).all()
    assert {(row.form, row.count) for row in rows} == {("html", 1), ("json", 2)}
    assert set(views.ViewCount.model_fields) == {"award_id", "day", "form", "count"}
    site.close()


# -- keys and lists --------------------------------------------------------------------------------------------------


def test_every_key_document_tells_the_keys_that_sign(site: Site, org: Organization, award: Award) -> None:
    document = json_of(site.program().get("/issuers/prairie/did.json"))
    assert document["id"] == org.did
    with site.desk.database.reading() as session:
        rows = session.exec(documents.select(IssuerKey).where(IssuerKey.controller == org.did)).all()
    index = KeyDocument(document, org.did)
    assert [index.method(row.verification_method).public_key.to_multikey() for row in rows] == [
        row.public for row in rows
    ]
    profile = site.program().get("/issuers/prairie", headers=ANY)
    assert json_of(profile)["name"] == org.name
    assert KeyDocument(json_of(profile), org.did).method(rows[0].verification_method)
    known = {one["kid"] for one in json_of(site.program().get("/.well-known/jwks.json"))["keys"]}
    assert {row.verification_method for row in rows} <= known
    for row in rows:
        for kid in (row.id, row.verification_method.partition("#")[2]):
            answer = site.program().get(f"/issuers/prairie/keys/{kid}")
            assert (answer.status_code, json_of(answer)["kid"]) == (200, row.verification_method)
    own = json_of(site.program().get("/.well-known/did.json"))
    assert own["id"] == keys.installation_did(site.desk) == "did:web:badges.example"


def test_a_revoked_key_stays_in_the_document_and_leaves_the_sets(site: Site, org: Organization) -> None:
    with site.desk.database.writing() as session:
        row = keys.signing_key(session, org.did, keys.TOKEN, site.clock())
        assert row is not None
        revocation = keys.Revocation(at=site.clock(), why="The machine was stolen.", resign=False)
        keys.revoke(session, row, revocation, actor="system", now=site.clock())
    methods = json_of(site.program().get("/issuers/prairie/did.json"))["verificationMethod"]
    revoked = {one["id"]: one.get("revoked") for one in methods}
    assert revoked[row.verification_method] == format_datetime(site.clock())
    known = {one["kid"] for one in json_of(site.program().get("/.well-known/jwks.json"))["keys"]}
    assert row.verification_method not in known
    assert site.program().get(f"/issuers/prairie/keys/{row.id}").status_code == 404


def test_an_organisation_with_a_domain_of_its_own_is_found_by_it(site: Site) -> None:
    hosted.issuer(site)
    own = hosted.issuer(site, "lakeside", name="Lakeside Schools", did="did:web:lakeside.example")
    found = site.program().get("/.well-known/did.json", headers={"Host": "LAKESIDE.example"})
    assert json_of(found)["id"] == own.did
    assert found.headers["vary"] == "Host"
    for host in ("badges.example", "stranger.example", "127.0.0.1", "lakeside.example/x", "[::1]"):
        answer = site.program().get("/.well-known/did.json", headers={"Host": host})
        assert json_of(answer)["id"] == "did:web:badges.example", host


@pytest.mark.parametrize(
    "path",
    [
        "/issuers/nobody",
        "/issuers/nobody/did.json",
        "/issuers/prairie/keys/none",
        "/issuers/prairie/revocations",
        "/status/none",
        "/status/none?timestamp=yesterday",
    ],
)
def test_documents_that_are_not_there_are_not_found(site: Site, org: Organization, path: str) -> None:
    assert site.program().get(path, headers=ANY).status_code == 404
    assert documents.local(site.desk, f"{PUBLIC_URL}{path}") is None


def test_an_issuer_without_keys_has_a_page_and_no_documents(site: Site) -> None:
    site.organization("fresh")
    assert "It has no key yet" in site.browser().get("/issuers/fresh", headers=HTML).text
    assert site.program().get("/issuers/fresh", headers=ANY).status_code == 404
    assert site.program().get("/issuers/fresh/did.json").status_code == 404


def test_the_page_of_an_issuer_lists_what_it_offers(site: Site, org: Organization, definition: Any) -> None:
    hosted.published(site, org, name="Number Sense")
    text = site.browser().get("/issuers/prairie", headers=HTML).text
    assert "Facilitating Data Talks" in text
    assert "Number Sense" in text
    assert org.did in text
    found = site.browser().get("/issuers/prairie?q=number", headers=HTML).text
    assert "Number Sense" in found
    assert "Facilitating" not in found
    listed = site.browser().get("/issuers/prairie?format=csv", headers=HTML)
    assert f"Number Sense,micro-credential,{PUBLIC_URL}/achievements/" in listed.text
    assert "Nothing found" in site.browser().get("/issuers/prairie?q=zebra", headers=HTML).text


def test_a_status_list_is_served_as_it_is_and_as_it_was(site: Site, award: Award) -> None:
    entry = next(
        one
        for one in json_of(site.program().get(f"/c/{award.id}.json"))["credentialStatus"]
        if one["statusPurpose"] == "suspension"
    )
    path = entry["statusListCredential"].removeprefix(PUBLIC_URL)
    first = site.program().get(path)
    assert (first.status_code, first.headers["content-type"]) == (200, "application/vc")
    assert first.headers["cache-control"] == "public, max-age=300"
    assert site.desk.check(first.content, "en").verdict == "valid"
    before = format_datetime(site.clock())
    site.clock.forward(hours=1)
    change(site, award, awards.suspend, "It is looked at again.")
    newest = site.program().get(path)
    assert newest.content != first.content
    assert site.program().get(path, params={"timestamp": before}).content == first.content
    assert site.program().get(path, params={"timestamp": format_datetime(site.clock())}).content == newest.content
    assert site.program().get(path, params={"timestamp": "2001-01-01T00:00:00Z"}).status_code == 404
    local = documents.local(site.desk, f"{PUBLIC_URL}{path}?timestamp={before}")
    assert local == (first.content, "application/vc")


def test_an_organisation_may_keep_a_revocation_list_of_1edtech(site: Site) -> None:
    org = hosted.issuer(site, formats=[documents.REVOCATION_LIST])
    award = hosted.award(site, org, hosted.published(site, org))
    body = stored(site, award)
    assert site.desk.check(body, "en").verdict == "valid"
    url = f"{PUBLIC_URL}/issuers/prairie/revocations"
    named = [one for one in json_of(site.program().get(f"/c/{award.id}.json"))["credentialStatus"] if one.get("id")]
    assert named == [{"id": url, "type": "1EdTechRevocationList"}]
    assert json_of(site.program().get("/issuers/prairie/revocations"))["revokedCredential"] == []
    change(site, award, awards.revoke, "It was a mistake.")
    listed = json_of(site.program().get("/issuers/prairie/revocations"))
    assert listed["issuer"] == org.did
    assert listed["revokedCredential"] == [
        {"id": f"{PUBLIC_URL}/c/{award.id}", "revoked": True, "revocationReason": "It was a mistake."}
    ]
    assert site.desk.check(body, "en").verdict == "invalid"


def test_what_is_local_is_what_is_served(site: Site, org: Organization, award: Award) -> None:
    for path in (
        "/.well-known/did.json",
        "/.well-known/jwks.json",
        "/issuers/prairie/did.json",
        "/issuers/prairie",
        f"/c/{award.id}.json",
        f"/c/{award.id}.jwt",
        f"/c/{award.id}/refresh",
        f"/c/{award.id}/refresh?form=jwt",
    ):
        answer = site.program().get(path, headers={"Accept": "application/ld+json"})
        found = documents.local(site.desk, f"{PUBLIC_URL}{path}")
        assert found == (answer.content, answer.headers["content-type"]), path
    assert documents.local(site.desk, f"{PUBLIC_URL}/c/{award.id}") == (stored(site, award), "application/vc")
    for other in ("https://other.example/.well-known/did.json", "http://badges.example/.well-known/did.json"):
        assert documents.local(site.desk, other) is None
        assert not documents.is_own(site.desk, other)
    assert documents.is_own(site.desk, f"{PUBLIC_URL}/anything")


def test_the_page_of_a_stack_shows_its_members(site: Site, org: Organization, definition: Any) -> None:
    parts = [hosted.award(site, org, definition, f"part {number}") for number in range(2)]
    stack = {
        "members": [
            {
                "achievement": f"{PUBLIC_URL}/achievements/{one.id}/1",
                "credential": f"{PUBLIC_URL}/c/{one.id}",
                "name": f"Part {number}",
            }
            for number, one in enumerate(parts)
        ]
    }
    whole = hosted.published(
        site, org, name="Coaching Endorsement", stack={"slots": [{"name": "All", "need": 1, "of": [definition[0].id]}]}
    )
    award = hosted.award(site, org, whole, "whole", body=AwardBody.from_json({"stack": stack}))
    text = site.browser().get(f"/c/{award.id}", headers=HTML).text
    assert "Stack of micro-credentials" in text
    for number, one in enumerate(parts):
        assert f'<a href="/c/{one.id}">Part {number}</a>' in text
    assert "The evidence is not part of this badge" in text
