"""The catalogue through its pages: written, reviewed, published, earned no more; everyone's pages; what is refused."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from badgeport.issuer.audit.log import first_break
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.catalog.services import body_of, version_of
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.people.roles import Role
from badgeport.proofs.canonicalization.expand import check_data_loss
from badgeport.schemas.contexts import store
from badgeport.schemas.problems import ProblemError
from support import catalog, databases
from support.site import Browser, Site

HTML = {"Accept": "text/html"}
AT = "/o/prairie/catalog"
FORM = {
    "kind": "micro-credential",
    "name": "Questioning that Makes Thinking Visible",
    "competency": "The teacher asks questions that bring students' reasoning into the open.",
    "requirements": "Teach two lessons from a plan.\n\n- one\n- two",
    "tags": "Questioning, Discussion",
    "credit_amount": "1",
    "credit_unit": "in-district credit",
    "experience-0-title": "Notice",
    "experience-0-hours": "2",
    "evidence-0-title": "Lesson video",
    "evidence-0-minimum": "1",
    "criterion-0-name": "Purposeful questions",
    "criterion-0-required": "1",
    "criterion-0-level-0-name": "Not yet",
    "criterion-0-level-1-name": "Proficient",
    "do": "save",
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.organization("prairie", name="Prairie Crossing School District 12")
    yield made
    made.close()


@pytest.fixture
def author(site: Site) -> Browser:
    return site.browser(site.person("Ada Author", {"prairie": [Role.AUTHOR]}))


def made(answer: Any) -> str:
    """The id in the address that a form leads to."""
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).removeprefix(AT).split("/")[1].partition("#")[0]


def version_in(page: Any) -> str:
    return str(page.text.partition('name="version" value="')[2].partition('"')[0])


def write(author: Browser, **values: str) -> str:
    return made(author.submit(f"{AT}/new", {**FORM, **values}))


def publish(author: Browser, definition_id: str) -> Any:
    page = author.get(f"{AT}/{definition_id}/publish", headers=HTML)
    return author.submit(f"{AT}/{definition_id}/publish", {"version": version_in(page)})


def definition(site: Site, definition_id: str) -> Definition:
    with site.desk.database.reading() as session:
        found = session.get(Definition, definition_id)
    assert found is not None
    return found


def actions(site: Site) -> list[str]:
    with site.desk.database.reading() as session:
        entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.seq))).all()
    assert first_break(entries) is None
    return [one.action for one in entries]


# ---------------------------------------------------------------- writing and publishing


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_micro_credential_is_written_published_changed_and_retired(kind: str, tmp_path: Path) -> None:
    site = Site(tmp_path, database_url=databases.made(kind, tmp_path))
    site.organization("prairie")
    author = site.browser(site.person("Ada Author", {"prairie": [Role.AUTHOR]}))
    one = write(author)
    assert author.get(f"/achievements/{one}", headers=HTML).status_code == 404
    assert publish(author, one).status_code == 303
    first = author.get(f"/achievements/{one}", headers=HTML)
    assert "Purposeful questions" in first.text
    assert "in-district credit" in first.text

    author.submit(f"{AT}/{one}/draft")
    page = author.get(f"{AT}/{one}/edit", headers=HTML)
    changed = {**FORM, "competency": "Something else.", "version": version_in(page)}
    assert author.submit(f"{AT}/{one}/edit", changed).status_code == 303
    assert "Something else." not in author.get(f"/achievements/{one}", headers=HTML).text
    assert publish(author, one).status_code == 303
    assert "Something else." in author.get(f"/achievements/{one}", headers=HTML).text
    assert "Something else." not in author.get(f"/achievements/{one}/1", headers=HTML).text

    page = author.get(f"{AT}/{one}/retire", headers=HTML)
    values = {"version": version_in(page), "reason": ""}
    assert author.submit(f"{AT}/{one}/retire", values).status_code == 422
    assert author.submit(f"{AT}/{one}/retire", {**values, "reason": "Replaced"}).status_code == 303
    retired = author.get(f"/achievements/{one}", headers=HTML)
    assert retired.status_code == 200
    assert "can be earned no more" in retired.text
    assert one not in author.get("/", headers=HTML).text
    page = author.get(f"{AT}/{one}/reopen", headers=HTML)
    author.submit(f"{AT}/{one}/reopen", {"version": version_in(page), "reason": "Needed again"})
    assert one in author.get("/", headers=HTML).text
    assert [name for name in actions(site) if name.startswith("definition.")] == [
        "definition.created",
        "definition.published",
        "definition.draft-started",
        "definition.draft-saved",
        "definition.published",
        "definition.retired",
        "definition.reopened",
    ]
    site.close()


def test_a_published_version_never_changes(site: Site, author: Browser) -> None:
    one = write(author)
    publish(author, one)
    with site.desk.database.reading() as session:
        before = session.exec(select(DefinitionVersion)).one().body
    assert author.get(f"{AT}/{one}/edit", headers=HTML).status_code == 404
    assert author.submit(f"{AT}/{one}/edit", {**FORM, "version": "1", "name": "Other"}).status_code == 404
    assert author.submit(f"{AT}/{one}/image", {"version": "1", "do": "remove"}).status_code == 404
    author.submit(f"{AT}/{one}/draft")
    author.submit(f"{AT}/{one}/edit", {**FORM, "version": "1", "name": "Other"})
    with site.desk.database.reading() as session:
        rows = session.exec(select(DefinitionVersion).order_by(col(DefinitionVersion.number))).all()
    assert [row.body["name"] for row in rows] == [before["name"], "Other"]
    assert rows[0].body == before


def test_what_a_draft_lacks_is_said_and_it_is_not_published(site: Site, author: Browser) -> None:
    one = write(author, competency="", requirements="", **{"criterion-0-required": ""})
    page = author.get(f"{AT}/{one}", headers=HTML)
    for text in ("Say what somebody who has earned it can do.", "Say what has to be done", "which level is required"):
        assert text in page.text
    answer = author.submit(f"{AT}/{one}/publish", {"version": "1"})
    assert answer.status_code == 422
    assert definition(site, one).state == "draft"


def test_what_no_badge_could_say_is_not_published(site: Site, author: Browser) -> None:
    one = write(author, achievement_type="Nonsense")
    assert "achievement type" in author.get(f"{AT}/{one}", headers=HTML).text
    assert author.submit(f"{AT}/{one}/publish", {"version": "1"}).status_code == 422
    two = write(author, **{"name": "Two", "criterion-0-level-1-name": "not yet"})  # two levels of one address
    assert author.submit(f"{AT}/{two}/publish", {"version": "1"}).status_code == 422


def test_a_mistake_keeps_what_was_typed_and_changes_nothing(site: Site, author: Browser) -> None:
    answer = author.submit(f"{AT}/new", {**FORM, "name": "", "goal": "typed with care", "contact_hours": "many"})
    assert answer.status_code == 422
    assert "typed with care" in answer.text
    assert 'aria-describedby=" contact_hours-wrong"' in answer.text
    with site.desk.database.reading() as session:
        assert session.exec(select(Definition)).all() == []


def test_a_row_button_saves_nothing_and_loses_nothing(site: Site, author: Browser) -> None:
    answer = author.submit(f"{AT}/new", {**FORM, "do": "add-criterion", "goal": "typed with care"})
    assert answer.status_code == 200
    assert "typed with care" in answer.text
    assert 'name="criterion-1-level-1-name" value="Proficient"' in answer.text
    with site.desk.database.reading() as session:
        assert session.exec(select(Definition)).all() == []


def test_two_authors_at_once_one_wins_and_the_other_is_told(site: Site, author: Browser) -> None:
    one = write(author)
    other = site.browser(site.person("Bea Author", {"prairie": [Role.AUTHOR]}))
    version = version_in(author.get(f"{AT}/{one}/edit", headers=HTML))
    assert author.submit(f"{AT}/{one}/edit", {**FORM, "version": version, "goal": "from Ada"}).status_code == 303
    late = other.submit(f"{AT}/{one}/edit", {**FORM, "version": version, "goal": "from Bea"})
    assert late.status_code == 409
    assert "from Bea" in late.text
    assert "Somebody else has changed this draft" in late.text
    with site.desk.database.reading() as session:
        row = session.exec(select(DefinitionVersion)).one()
    assert row.body["goal"] == "from Ada"
    again = other.submit(f"{AT}/{one}/edit", {**FORM, "version": version_in(late), "goal": "from Bea"})
    assert again.status_code == 303


def test_publishing_what_was_changed_meanwhile_is_refused(site: Site, author: Browser) -> None:
    one = write(author)
    version = version_in(author.get(f"{AT}/{one}/publish", headers=HTML))
    author.submit(f"{AT}/{one}/edit", {**FORM, "version": version, "goal": "changed"})
    assert author.submit(f"{AT}/{one}/publish", {"version": version}).status_code == 409
    assert definition(site, one).state == "draft"


def test_a_draft_is_thrown_away_with_a_reason(site: Site, author: Browser) -> None:
    one = write(author)
    version = version_in(author.get(f"{AT}/{one}/discard", headers=HTML))
    assert author.submit(f"{AT}/{one}/discard", {"version": version, "reason": " "}).status_code == 422
    assert author.submit(f"{AT}/{one}/discard", {"version": version, "reason": "A test"}).status_code == 303
    with site.desk.database.reading() as session:
        assert session.exec(select(Definition)).all() == []
        assert session.exec(select(DefinitionVersion)).all() == []


def test_a_thrown_away_draft_leaves_what_is_published(site: Site, author: Browser) -> None:
    one = write(author)
    publish(author, one)
    author.submit(f"{AT}/{one}/draft")
    version = version_in(author.get(f"{AT}/{one}/discard", headers=HTML))
    author.submit(f"{AT}/{one}/discard", {"version": version, "reason": "Not now"})
    assert author.get(f"/achievements/{one}", headers=HTML).status_code == 200
    assert definition(site, one).draft is None


def test_a_copy_is_a_draft_of_its_own(site: Site, author: Browser) -> None:
    one = write(author)
    publish(author, one)
    two = made(author.submit(f"{AT}/{one}/duplicate", {"name": "The copy"}))
    copy = definition(site, two)
    assert (copy.name, copy.state, copy.slug) == ("The copy", "draft", "the-copy")


# ---------------------------------------------------------------- who may


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.REGISTRAR, Role.AUDITOR])
def test_who_only_reads_cannot_write(site: Site, author: Browser, role: Role) -> None:
    one = write(author)
    reader = site.browser(site.person("Rea Reader", {"prairie": [role]}))
    assert reader.get(f"{AT}/{one}", headers=HTML).status_code == 200
    assert reader.get(f"{AT}/{one}/edit", headers=HTML).status_code == 403
    assert reader.submit(f"{AT}/{one}/edit", {**FORM, "version": "1"}).status_code == 403
    assert reader.submit(f"{AT}/{one}/publish", {"version": "1"}).status_code == 403


def test_another_organisation_has_no_such_definition(site: Site, author: Browser) -> None:
    one = write(author)
    site.organization("elsewhere")
    stranger = site.browser(site.person("Sam Stranger", {"elsewhere": [Role.AUTHOR]}))
    for path in ("", "/edit", "/publish", "/preview", "/picture", "/image", "/duplicate", "/discard", "/standards"):
        assert stranger.get(f"/o/elsewhere/catalog/{one}{path}", headers=HTML).status_code == 404, path
    assert stranger.submit(f"/o/elsewhere/catalog/{one}/edit", {**FORM, "version": "1"}).status_code == 404
    assert stranger.get(f"{AT}/{one}", headers=HTML).status_code == 403


# ---------------------------------------------------------------- stacks


def test_a_stack_is_written_with_its_members_and_shows_them(site: Site, author: Browser) -> None:
    org = site.organization("unused")
    assert org
    one, two = write(author, name="One"), write(author, name="Two")
    publish(author, one)
    values = {
        "kind": "stack",
        "name": "Both",
        "competency": "c",
        "slot-0-name": "All",
        "slot-0-need": "2",
        "do": "save",
    }
    three = made(author.submit(f"{AT}/new", {**values, "slot-0-of": [one, two]}))
    assert "Two is not published." in author.get(f"{AT}/{three}", headers=HTML).text
    publish(author, two)
    assert publish(author, three).status_code == 303
    page = author.get(f"/achievements/{three}", headers=HTML)
    assert f'href="/achievements/{one}"' in page.text
    document = author.get(f"/achievements/{three}.json").json()
    assert [entry["id"] for entry in document["related"]] == [
        f"https://badges.example/achievements/{one}/1",
        f"https://badges.example/achievements/{two}/1",
    ]
    answer = author.submit(f"{AT}/{one}/retire", {"version": str(definition(site, one).version), "reason": "Old"})
    assert answer.status_code == 422
    assert "Both" in answer.text


def test_a_stack_that_would_contain_itself_is_refused(site: Site, author: Browser) -> None:
    one = write(author, name="One")
    publish(author, one)

    def stack(name: str, *of: str) -> str:
        values = {
            "kind": "stack",
            "name": name,
            "competency": "c",
            "slot-0-name": "p",
            "slot-0-need": "1",
            "do": "save",
        }
        return made(author.submit(f"{AT}/new", {**values, "slot-0-of": list(of)}))

    inner = stack("Inner", one)
    publish(author, inner)
    middle = stack("Middle", inner)
    publish(author, middle)
    author.submit(f"{AT}/{inner}/draft")
    values = {"kind": "stack", "name": "Inner", "competency": "c", "slot-0-name": "p", "slot-0-need": "1", "do": "save"}
    author.submit(f"{AT}/{inner}/edit", {**values, "slot-0-of": [middle], "version": "1"})
    page = author.get(f"{AT}/{inner}", headers=HTML)
    assert "The stack would contain itself: Inner → Middle → Inner." in page.text
    assert author.submit(f"{AT}/{inner}/publish", {"version": "2"}).status_code == 422


# ---------------------------------------------------------------- everyone's pages


def test_the_catalogue_is_searched_and_filtered(site: Site) -> None:
    prairie, lake = site.organization("one", name="One District"), site.organization("lake", name="Lake Cooperative")
    credit = {"amount": 15, "unit": "clock hours"}
    catalog.publish(site, prairie, catalog.body("Questioning", tags=["Discussion"]))
    catalog.publish(site, lake, catalog.body("Number talks", competency="Fluency with numbers", credit=credit))
    visitor = site.browser()
    everything = visitor.get("/", headers=HTML).text
    assert "Questioning" in everything
    assert "Number talks" in everything
    for query, wanted, other in (
        ("q=FLUENCY", "Number talks", "Questioning"),
        ("q=lake+coop", "Number talks", "Questioning"),
        ("org=one", "Questioning", "Number talks"),
        ("tag=discussion", "Questioning", "Number talks"),
        ("unit=clock+hours", "Number talks", "Questioning"),
    ):
        feed = visitor.get(f"/catalog.json?{query}").json()
        assert [item["name"] for item in feed["items"]] == [wanted], query
        page = visitor.get(f"/?{query}", headers=HTML).text
        assert f">{wanted}</a></h3>" in page
        assert f">{other}</a></h3>" not in page
    assert "Nothing matches" in visitor.get("/?q=nothing+of+the+kind", headers=HTML).text
    table = visitor.get("/?format=csv").content.decode("utf-8-sig")
    assert table.splitlines()[0].startswith("name,organization")
    assert len(table.splitlines()) == 3


def test_the_feed_is_paged_and_cached(site: Site) -> None:
    org = site.organization("one")
    for name in ("A", "B", "C"):
        catalog.publish(site, org, catalog.body(name))
    visitor = site.browser()
    first = visitor.get("/catalog.json?size=2")
    assert first.headers["access-control-allow-origin"] == "*"
    assert [item["name"] for item in first.json()["items"]] == ["A", "B"]
    assert first.json()["total"] == 3
    second = visitor.get(first.json()["next"].removeprefix("https://badges.example"))
    assert [item["name"] for item in second.json()["items"]] == ["C"]
    assert "next" not in second.json()
    again = visitor.get("/catalog.json?size=2", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_micro_credential_has_a_page_and_a_document(site: Site) -> None:
    org = site.organization("one", name="One District")
    alignment = {"targetName": "8(f)", "targetUrl": "https://standards.example/8f", "targetType": "CFItem"}
    one = catalog.publish(site, org, catalog.body(alignments=[alignment], credit={"amount": 1, "unit": "CEU"}))
    visitor = site.browser()
    path = f"/achievements/{one.id}"
    page = visitor.get(path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.headers["content-type"].startswith("text/html")
    assert "Accept" in page.headers["vary"]
    for answer in (
        visitor.get(path, headers={"Accept": "application/ld+json"}),
        visitor.get(f"{path}.json", headers=HTML),
        visitor.get(f"{path}/1.json"),
    ):
        document = answer.json()
        assert answer.headers["content-type"] == "application/ld+json"
        assert document["id"] == f"https://badges.example{path}/1"
        assert document["type"] == ["Achievement"]
        assert document["creditsAvailable"] == 1
        assert document["alignment"][0]["targetUrl"] == "https://standards.example/8f"
        assert document["resultDescription"][0]["rubricCriterionLevel"][1]["name"] == "Proficient"
        assert document["creator"] == {"id": org.did, "type": ["Profile"], "name": "One District"}
    picture = visitor.get(f"{path}/1/image")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "sandbox" in picture.headers["content-security-policy"]
    assert visitor.head(path).status_code == 200
    for wrong in ("/2", "/0", "/x", "/1.pdf", "/1/image.png", ".xml"):
        assert visitor.get(f"{path}{wrong}", headers=HTML).status_code == 404, wrong


def test_the_document_of_an_achievement_has_no_undefined_term(site: Site) -> None:
    org = site.organization("one")
    one = catalog.publish(site, org, catalog.body(tags=["a"], credit={"amount": 1, "unit": "CEU"}))
    document = site.browser().get(f"/achievements/{one.id}.json").json()
    check_data_loss(document, contexts=store())
    with pytest.raises(ProblemError):
        check_data_loss({**document, "undefinedTerm": "x"}, contexts=store())


def test_what_is_shown_is_escaped(site: Site) -> None:
    org = site.organization("one")
    evil = "<script>alert(1)</script>"
    one = catalog.publish(
        site, org, catalog.body(f"Evil {evil}", goal=f"{evil} [x](javascript:alert(1))", tags=[f"t{evil}"])
    )
    page = site.browser().get(f"/achievements/{one.id}", headers=HTML).text
    assert "<script>alert" not in page
    assert "javascript:alert" not in page.replace("javascript:alert(1))", "")
    assert 'href="javascript' not in page


def test_start_is_for_educators_of_the_organisation(site: Site) -> None:
    org = site.organization("one", name="One District")
    one = catalog.publish(site, org, catalog.body())
    path = f"/achievements/{one.id}"
    assert f"/sign-in?next=/achievements/{one.id}" in site.browser().get(path, headers=HTML).text
    stranger = site.browser(site.person("Sam"))
    assert "Educators of One District can start it" in stranger.get(path, headers=HTML).text
    educator = site.browser(site.person("Eve", {"one": [Role.EDUCATOR]}))
    page = educator.get(path, headers=HTML).text
    assert f'name="definition" value="{one.id}"' in page
    started = educator.submit("/home/portfolio", {"definition": one.id})
    assert started.headers["location"].startswith("/home/portfolio/")


def test_the_overview_says_what_waits(site: Site, author: Browser) -> None:
    write(author)
    page = author.get("/o/prairie", headers=HTML)
    assert "Drafts in the catalog" in page.text
    assert "Portfolios for you to score" not in page.text
    assessor = site.browser(site.person("Asa", {"prairie": [Role.ASSESSOR]}))
    assert "Nothing waits for you here." in assessor.get("/o/prairie", headers=HTML).text
    educator = site.browser(site.person("Eve", {"prairie": [Role.EDUCATOR]}))
    assert educator.get("/o/prairie", headers=HTML).status_code == 403


# ---------------------------------------------------------------- pictures


def png(width: int = 100, height: int = 100) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + b"\x10\x60\x90" * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def svg(inside: str, root: str = "") -> bytes:
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"{root}>{inside}</svg>'.encode()


def upload(author: Browser, one: str, data: bytes) -> Any:
    page = author.get(f"{AT}/{one}/image", headers=HTML)
    return author.submit(f"{AT}/{one}/image", {"version": version_in(page), "do": "save"}, files={"image": ("a", data)})


@pytest.mark.parametrize(
    "data",
    [
        png(),
        svg('<circle r="3"/>'),
        svg("<defs><linearGradient id='g'/></defs><path fill='url(#g)' d='M0 0'/><style>path{fill:red}</style>"),
    ],
)
def test_a_picture_is_put_on_a_draft_and_shown(site: Site, author: Browser, data: bytes) -> None:
    one = write(author)
    assert upload(author, one, data).status_code == 303
    publish(author, one)
    shown = author.get(f"/achievements/{one}/1/image")
    assert shown.content == data
    assert shown.headers["content-type"] == ("image/png" if data[:1] == b"\x89" else "image/svg+xml")
    assert shown.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"\xff\xd8\xff\xe0 a JPEG",
        png()[:-20],
        png(40, 40),
        png() + b"\0" * 1_048_576,
        svg("<script>alert(1)</script>"),
        svg('<circle onload="alert(1)" r="1"/>'),
        svg("", ' onload="alert(1)"'),
        svg('<image href="https://tracker.example/x.png"/>'),
        svg('<a href="javascript:alert(1)"><circle r="1"/></a>'),
        svg('<use xmlns:x="http://www.w3.org/1999/xlink" x:href="https://evil.example/#a"/>'),
        svg("<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>"),
        svg("<style>@import 'https://evil.example/a.css';</style>"),
        svg("<style>path{fill:u\\72l(https://evil.example/a)}</style>"),
        svg('<path fill="url(https://evil.example/a)"/>'),
        svg('<animate attributeName="href" to="javascript:alert(1)"/>'),
        b'<?xml-stylesheet href="https://evil.example/a.css"?>' + svg("<circle/>"),
        b'<!DOCTYPE svg [<!ENTITY a "b">]>' + svg("&a;"),
        svg("<circle>"),
    ],
)
def test_a_picture_that_acts_or_cannot_bear_a_badge_is_refused(site: Site, author: Browser, data: bytes) -> None:
    one = write(author)
    answer = upload(author, one, data)
    assert answer.status_code == 422
    with site.desk.database.reading() as session:
        row = session.exec(select(DefinitionVersion)).one()
    assert "image" not in row.body
    assert list(site.desk.blobs.digests()) == []


def test_saving_the_text_keeps_the_picture_and_the_other_way_round(site: Site, author: Browser) -> None:
    one = write(author)
    upload(author, one, png())
    page = author.get(f"{AT}/{one}/edit", headers=HTML)
    author.submit(f"{AT}/{one}/edit", {**FORM, "version": version_in(page), "goal": "later"})
    with site.desk.database.reading() as session:
        found = session.get(Definition, one)
        assert found is not None
        body = body_of(version_of(session, found, found.draft))
    assert body.image is not None
    assert body.goal == "later"


# ---------------------------------------------------------------- quality


def test_a_required_framework_must_be_passed_before_publication(site: Site, author: Browser) -> None:
    values = {
        "name": "Ours",
        "required": "yes",
        "component-0-name": "Public rubric",
        "component-0-required": "yes",
        "component-1-name": "Student work",
        "do": "save",
    }
    assert author.submit(f"{AT}/quality/new", values).status_code == 303
    one = write(author)
    page = author.get(f"{AT}/{one}", headers=HTML)
    assert "It has not passed the review against “Ours”." in page.text
    review = page.text.partition(f"{AT}/{one}/review/")[2].partition('"')[0]
    path = f"{AT}/{one}/review/{review}"
    version = version_in(author.get(path, headers=HTML))
    unproven = author.submit(path, {"version": version, "met-public-rubric": "yes", "evidence-public-rubric": ""})
    assert unproven.status_code == 422
    author.submit(path, {"version": version, "evidence-public-rubric": "Not there"})
    assert author.submit(f"{AT}/{one}/publish", {"version": version}).status_code == 422
    met = {"version": version, "met-public-rubric": "yes", "evidence-public-rubric": "Rubric section"}
    assert author.submit(path, met).status_code == 303
    # Whatever is changed afterwards was not reviewed.
    author.submit(f"{AT}/{one}/edit", {**FORM, "version": version, "goal": "changed"})
    changed = version_in(author.get(f"{AT}/{one}/edit", headers=HTML))
    assert author.submit(f"{AT}/{one}/publish", {"version": changed}).status_code == 422
    author.submit(path, {**met, "version": changed})
    assert author.submit(f"{AT}/{one}/publish", {"version": changed}).status_code == 303


def test_the_example_framework_can_be_taken_and_retired(site: Site, author: Browser) -> None:
    answer = author.submit(f"{AT}/quality/example")
    path = answer.headers["location"]
    assert "Key method" in author.get(path, headers=HTML).text
    author.submit(f"{path}/retire", {"reason": "We have our own"})
    assert "No framework yet" in author.get(f"{AT}/quality", headers=HTML).text
    assert "quality-framework.retired" in actions(site)


# ---------------------------------------------------------------- standards


def case(**document: Any) -> dict[str, Any]:
    items = [
        {
            "identifier": f"id-{code}",
            "uri": f"https://case.example/ims/case/v1p1/CFItems/{code}",
            "fullStatement": statement,
            "humanCodingScheme": code,
            "CFItemType": "Standard",
        }
        for code, statement in (("8f", "Uses varied questions"), ("6a", "Balances formative assessment"))
    ]
    head = {
        "uri": "https://case.example/ims/case/v1p1/CFDocuments/d1",
        "title": "Heartland Teaching Standards",
        "creator": "Heartland Department of Education",
        "version": "2023",
    }
    return {"CFDocument": {**head, **document}, "CFItems": items}


def import_case(author: Browser, package: Any) -> Any:
    data = package if isinstance(package, bytes) else json.dumps(package).encode()
    return author.submit(f"{AT}/standards/import", {}, files={"file": ("case.json", data)})


def test_a_case_framework_is_imported_and_chosen_from(site: Site, author: Browser) -> None:
    package = case()
    package["CFItems"] += [{"uri": "urn:uuid:1", "fullStatement": "no web address"}, {"uri": "https://case.example/x"}]
    answer = import_case(author, package)
    assert answer.status_code == 303
    page = author.get(answer.headers["location"], headers=HTML)
    assert "2 items were imported; 2 were left out, the first of them item 3: has no web address." in page.text
    assert "Uses varied questions" in page.text
    one = write(author)
    chooser = author.get(f"{AT}/{one}/standards?q=varied", headers=HTML)
    item = chooser.text.partition('name="item" value="')[2].partition('"')[0]
    chosen = author.submit(f"{AT}/{one}/standards", {"version": version_in(chooser), "item": [item]})
    assert chosen.status_code == 303
    publish(author, one)
    [alignment] = author.get(f"/achievements/{one}.json").json()["alignment"]
    assert alignment["targetUrl"] == "https://case.example/ims/case/v1p1/CFItems/8f"
    assert alignment["targetCode"] == "8f"
    assert alignment["targetType"] == "CFItem"
    assert alignment["targetFramework"] == "Heartland Teaching Standards 2023"
    # The same framework again takes the place of what was there; what was chosen stays.
    assert import_case(author, case(version="2024")).status_code == 303
    assert author.get(f"{AT}/standards", headers=HTML).text.count("Heartland Teaching Standards") == 1
    assert author.get(f"/achievements/{one}.json").json()["alignment"] == [alignment]


@pytest.mark.parametrize(
    "package",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        {"CFDocument": {}, "CFItems": []},
        {"CFDocument": {"title": "t", "uri": "https://case.example/d"}},
        {"CFDocument": {"title": "t", "uri": "https://case.example/d"}, "CFItems": [1, None, "x", {}]},
        {"CFDocument": {"title": "t", "uri": "urn:x"}, "CFItems": case()["CFItems"]},
        b'{"a":' * 5000,
    ],
)
def test_what_is_no_case_framework_is_refused(site: Site, author: Browser, package: Any) -> None:
    answer = import_case(author, package)
    assert answer.status_code == 422
    assert "No framework is imported yet" in answer.text


def test_items_of_another_organisation_cannot_be_chosen(site: Site, author: Browser) -> None:
    site.organization("elsewhere")
    stranger = site.browser(site.person("Sam", {"elsewhere": [Role.AUTHOR]}))
    answer = stranger.submit(
        "/o/elsewhere/catalog/standards/import", {}, files={"file": ("c", json.dumps(case()).encode())}
    )
    theirs = answer.headers["location"].rpartition("/")[2]
    assert author.get(f"{AT}/standards/{theirs}", headers=HTML).status_code == 404
    from badgeport.issuer.catalog.tables import Competency

    with site.desk.database.reading() as session:
        item = session.exec(select(Competency.id)).first()
    one = write(author)
    assert author.submit(f"{AT}/{one}/standards", {"version": "1", "item": [str(item)]}).status_code == 422


# ---------------------------------------------------------------- proposals


def test_an_educator_proposes_and_an_author_adopts(site: Site, author: Browser) -> None:
    educator = site.browser(site.person("Eve Educator", {"prairie": [Role.EDUCATOR]}))
    values = {
        "org": "prairie",
        "name": "Lesson study",
        "goal": "Leads a cycle of lesson study.",
        "why": "",
        "experience-0-title": "Plan together",
        "experience-0-hours": "2",
    }
    refused = educator.submit("/home/proposals/new", {**values, "do": "submit"})
    assert refused.status_code == 422
    assert "Plan together" in refused.text
    path = educator.submit("/home/proposals/new", {**values, "do": "save"}).headers["location"]
    proposal = path.rpartition("/")[2]
    assert author.get(f"{AT}/proposals/{proposal}", headers=HTML).status_code == 404  # a draft is nobody else's
    page = educator.get(path, headers=HTML)
    educator.submit(path, {**values, "why": "We need it.", "version": version_in(page), "do": "submit"})
    shown = author.get(f"{AT}/proposals/{proposal}", headers=HTML)
    assert "Eve Educator" in shown.text
    silent = author.submit(f"{AT}/proposals/{proposal}", {"version": version_in(shown), "do": "decline", "answer": ""})
    assert silent.status_code == 422
    adopted = author.submit(
        f"{AT}/proposals/{proposal}", {"version": version_in(shown), "do": "adopt", "answer": "Gladly."}
    )
    one = adopted.headers["location"].split("/")[4]
    made_of = definition(site, one)
    assert (made_of.name, made_of.proposal_id, made_of.state) == ("Lesson study", proposal, "draft")
    assert "Plan together" in author.get(f"{AT}/{one}/edit", headers=HTML).text
    assert "Gladly." in educator.get(path, headers=HTML).text
    from badgeport.issuer.awards.tables import Mail

    with site.desk.database.reading() as session:
        mail = session.exec(select(Mail)).one()
    assert (mail.address, mail.subject) == ("eve@people.example", "Your proposal was adopted: Lesson study")
    assert "Gladly." in mail.body
    twice = author.submit(f"{AT}/proposals/{proposal}", {"version": version_in(shown), "do": "adopt"})
    assert twice.status_code == 409


def test_a_proposal_is_its_writers_alone(site: Site) -> None:
    educator = site.browser(site.person("Eve", {"prairie": [Role.EDUCATOR]}))
    other = site.browser(site.person("Oli", {"prairie": [Role.EDUCATOR]}))
    path = educator.submit("/home/proposals/new", {"org": "prairie", "name": "Mine", "do": "save"}).headers["location"]
    assert other.get(path, headers=HTML).status_code == 404
    assert other.submit(path, {"name": "Theirs", "version": "1", "do": "save"}).status_code == 404
    assert other.submit(f"{path}/delete", {}).status_code == 404
    site.organization("elsewhere")
    answer = educator.submit("/home/proposals/new", {"org": "elsewhere", "name": "x", "do": "save"})
    assert answer.status_code == 422
    assert educator.submit(f"{path}/delete", {}).status_code == 303
    assert educator.get(path, headers=HTML).status_code == 404


# ---------------------------------------------------------------- in and out


def import_file(author: Browser, data: bytes, **values: str) -> Any:
    return author.submit(f"{AT}/import", {"do": "import", **values}, files={"file": ("f", data)})


def test_an_exported_catalogue_is_taken_in_elsewhere(site: Site, author: Browser, tmp_path: Path) -> None:
    one, two = write(author, name="One"), write(author, name="Two")
    upload(author, one, png())
    publish(author, one)
    values = {
        "kind": "stack",
        "name": "Both",
        "competency": "c",
        "slot-0-name": "All",
        "slot-0-need": "2",
        "do": "save",
    }
    author.submit(f"{AT}/new", {**values, "slot-0-of": [one, two]})
    data = author.get(f"{AT}/export").content

    other = Site(tmp_path / "other")
    other.organization("prairie")
    there = other.browser(other.person("Ada", {"prairie": [Role.AUTHOR]}))
    checked = import_file(there, data, do="check")
    assert "It was only checked; nothing was changed." in checked.text
    answer = import_file(there, data)
    assert "3 were taken as drafts." in answer.text
    with other.desk.database.reading() as session:
        rows = {row.name: row for row in session.exec(select(Definition))}
        stack = body_of(version_of(session, rows["Both"], 1)).stack
        picture = body_of(version_of(session, rows["One"], 1)).image
    assert stack is not None
    assert set(stack.members()) == {rows["One"].id, rows["Two"].id}
    assert picture is not None
    with other.desk.blobs.open(picture) as file:
        assert file.read() == png()
    assert "There is one of this name in the catalog" in import_file(there, data).text
    other.close()


def test_a_table_goes_out_and_comes_in(site: Site, author: Browser, tmp_path: Path) -> None:
    write(author, renewal="Again", validity_months="60", name="=One")
    table = author.get(f"{AT}/export?format=csv").content
    other = Site(tmp_path / "other")
    other.organization("prairie")
    there = other.browser(other.person("Ada", {"prairie": [Role.AUTHOR]}))
    answer = import_file(there, table)
    assert "One was taken as a draft." in answer.text
    with site.desk.database.reading() as session:
        before = body_of(session.exec(select(DefinitionVersion)).one())
    with other.desk.database.reading() as session:
        after = body_of(session.exec(select(DefinitionVersion)).one())
    assert after == before
    other.close()


def test_rows_that_fail_are_listed_with_their_lines(site: Site, author: Browser) -> None:
    table = (
        b"name,kind,credit_amount,credit_unit,contact_hours,rubric\n"
        b'Good,micro-credential,1,CEU,10,"C: Low = 1 | High* = 2"\n'
        b",,,,,\n"
        b"Bad credit,,much,CEU,,\n"
        b"Short,\n"
        b'Bad rubric,,,,,"C Low"\n'
        b"Good,,,,,\n"
        b"Odd kind,course,,,,\n"
    )
    answer = import_file(author, table)
    assert "Nothing was changed." in answer.text
    for line, text in (
        (4, "“much” is not a number."),
        (5, "The line has 2 cells, the heading 6."),
        (6, "Write it as “Criterion: Level = 1 | Level* = 2”; this is not: C Low"),
        (7, "There is one of this name in the catalog, or above in the file."),
        (8, "It is micro-credential or stack."),
    ):
        row = answer.text.partition(f'<td class="number">{line}</td>')[2].partition("</tr>")[0]
        assert text in row, line
    with site.desk.database.reading() as session:
        assert session.exec(select(Definition)).all() == []
    taken = import_file(author, table, good="yes")
    assert "One was taken as a draft." in taken.text
    with site.desk.database.reading() as session:
        [row] = session.exec(select(DefinitionVersion)).all()
    assert row.body["rubric"]["criteria"][0]["requiredLevel"] == "High"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xff",
        b"title\nx\n",
        b"name,nonsense\nx,y\n",
        b"name,name\nx,y\n",
        b"{}",
        b"[]",
        b'{"definitions": 3}',
        b'name\n"x',
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(site: Site, author: Browser, data: bytes) -> None:
    assert import_file(author, data).status_code == 422
    with site.desk.database.reading() as session:
        assert session.exec(select(Definition)).all() == []


def test_lists_are_exported(author: Browser) -> None:
    write(author, name="=SUM(A1)")
    table = author.get(f"{AT}?format=csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert "'=SUM(A1)" in table.text
