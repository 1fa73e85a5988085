"""Learner records: all of an educator's badges that stand, in one signed envelope; and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.tables import Award
from badgeport.issuer.hosting import transcripts
from badgeport.issuer.mistakes import Conflict
from badgeport.issuer.people.roles import Role
from support import databases, hosted
from support.site import Site, json_of

HTML = {"Accept": "text/html"}
DIDS = (
    "did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
    "did:key:z6MktwupdmLXVVqTzCw4i46r4uGyosGXRnR3XjN4Zq7oMMsw",
)


@pytest.fixture(params=databases.KINDS)
def site(tmp_path: Path, request: pytest.FixtureRequest) -> Any:
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    yield made
    made.close()


def made_for(site: Site, number: int = 3) -> tuple[Any, list[Award]]:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    rosa = site.person("Rosa Delgado", {"prairie": [Role.EDUCATOR]})
    made = [hosted.award(site, org, definition, f"award {n}", account_id=rosa.id) for n in range(number)]
    return rosa, made


def members(answer: Any) -> list[str]:
    return [one["id"] for one in json_of(answer)["credentialSubject"]["verifiableCredential"]]


def test_a_record_holds_every_badge_that_stands_and_verifies(site: Site) -> None:
    rosa, (first, second, third) = made_for(site)
    with site.desk.database.writing() as session:
        awards.revoke(session, site.desk, session.get_one(Award, second.id), "A mistake.", "system", site.clock())
    browser = site.browser(rosa)
    assert "Make a learner record" in browser.get("/home/transcript", headers=HTML).text
    assert browser.submit("/home/transcript").status_code == 303
    assert "Being signed" in browser.get("/home/transcript", headers=HTML).text
    assert browser.get("/home/transcript.json").status_code == 404
    hosted.work(site)
    page = browser.get("/home/transcript", headers=HTML).text
    assert "It holds 2 badges." in page
    answer = browser.get("/home/transcript.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vc")
    assert sorted(members(answer)) == sorted(f"https://badges.example/c/{one.id}" for one in (first, third))
    report = site.desk.check(answer.content, "en")
    assert report.verdict == "valid"
    assert json_of(answer)["issuer"]["id"] == "did:web:badges.example"
    # A badge in it that is revoked later is found out when the record is checked.
    with site.desk.database.writing() as session:
        awards.revoke(session, site.desk, session.get_one(Award, first.id), "A mistake.", "system", site.clock())
    hosted.work(site)
    site.clock.forward(minutes=10)
    assert site.desk.check(answer.content, "en").verdict == "invalid"


def test_a_record_names_one_person_by_one_name(site: Site) -> None:
    rosa, (plain,) = made_for(site, 1)
    org, definition = hosted_parts(site)
    bound = [
        hosted.award(
            site,
            org,
            definition,
            f"bound {number}",
            account_id=rosa.id,
            recipient=RecipientData("Rosa Delgado", "rosa@people.example", did=did),
        )
        for number, did in enumerate((DIDS[0], DIDS[0], DIDS[1]))
    ]
    browser = site.browser(rosa)
    browser.submit("/home/transcript")
    hosted.work(site)
    answer = browser.get("/home/transcript.json")
    kept = {plain.id, bound[0].id, bound[1].id}
    assert set(members(answer)) == {f"https://badges.example/c/{one}" for one in kept}
    assert json_of(answer)["credentialSubject"]["id"] == DIDS[0]
    assert json_of(answer)["partial"] is True
    assert "One badge was left out" in browser.get("/home/transcript", headers=HTML).text
    assert site.desk.check(answer.content, "en").verdict == "valid"


def hosted_parts(site: Site) -> tuple[Any, Any]:
    from sqlmodel import select

    from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
    from badgeport.issuer.people.tables import Organization

    with site.desk.database.reading() as session:
        org = session.exec(select(Organization).where(Organization.slug == "prairie")).one()
        pair = session.exec(
            select(Definition, DefinitionVersion).where(DefinitionVersion.definition_id == Definition.id)
        ).one()
    return org, (pair[0], pair[1])


def test_a_record_is_its_educators_alone(site: Site) -> None:
    rosa, _ = made_for(site, 1)
    site.browser(rosa).submit("/home/transcript")
    hosted.work(site)
    other = site.person("Omar Haddad", {"prairie": [Role.EDUCATOR, Role.ADMINISTRATOR]})
    assert site.browser(other).get("/home/transcript.json").status_code == 404
    assert site.browser(other).get("/api/v1/me/transcript/credential").status_code == 404
    assert site.browser().get("/api/v1/me/transcript").status_code == 401
    token = site.token(hosted_parts(site)[0], "awards:read", "awards:write", "people:read")
    assert site.program(token).get("/api/v1/me/transcript").status_code == 403
    with site.desk.database.writing() as session, pytest.raises(Conflict):
        transcripts.ask(session, other.id, actor=other.id, now=site.clock())


def test_deleting_says_what_it_does_and_deletes(site: Site) -> None:
    rosa, _ = made_for(site, 1)
    browser = site.browser(rosa)
    assert browser.submit("/home/transcript/delete").status_code == 404
    browser.submit("/home/transcript")
    hosted.work(site)
    assert "keep verifying" in browser.get("/home/transcript/delete", headers=HTML).text
    assert browser.submit("/home/transcript/delete").status_code == 303
    assert browser.get("/home/transcript.json").status_code == 404


def test_programs_do_the_same(site: Site) -> None:
    rosa, _ = made_for(site, 1)
    browser = site.browser(rosa)
    headers = {"Origin": "https://badges.example", "X-CSRF-Token": browser.csrf or ""}
    assert browser.get("/api/v1/me/transcript").status_code == 404
    asked = browser.post("/api/v1/me/transcript", headers=headers)
    assert (asked.status_code, json_of(asked)["state"]) == (202, "being signed")
    assert browser.post("/api/v1/me/transcript").status_code == 403
    hosted.work(site)
    state = json_of(browser.get("/api/v1/me/transcript"))
    assert state["state"] == "signed"
    body = browser.get("/api/v1/me/transcript/credential").content
    assert body == browser.get("/home/transcript.json").content
    assert browser.delete("/api/v1/me/transcript", headers=headers).status_code == 204
    assert browser.get("/api/v1/me/transcript").status_code == 404


def test_a_record_asked_for_anew_while_it_is_signed_is_signed_anew(site: Site) -> None:
    rosa, _ = made_for(site, 1)
    with site.desk.database.writing() as session:
        transcripts.ask(session, rosa.id, actor=rosa.id, now=site.clock())
    signing = transcripts.Signing()
    with site.desk.database.reading() as session:
        due = signing.prepare(site.desk, session, rosa.id)
    result = signing.work(site.desk, due)
    site.clock.forward(seconds=5)
    with site.desk.database.writing() as session:
        transcripts.ask(session, rosa.id, actor=rosa.id, now=site.clock())
        signing.settle(session, site.desk, rosa.id, result, site.clock())
        row = transcripts.transcript_of(session, rosa.id)
        assert row is not None
        assert row.body is None
