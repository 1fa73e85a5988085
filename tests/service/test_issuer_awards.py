"""Awards from end to end: by hand, from files, from programs; standing, correction, signing anew, erasure."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import func, select

from badgeport.issuer.audit import log
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.award import Result
from badgeport.issuer.awards import batches, proposals, resigning, services
from badgeport.issuer.awards.content import RecipientData, default_body, end_of
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, Recipient, SignedCopy, StackProposal
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Conflict, Mistakes
from badgeport.issuer.people.keys import Revocation, key_of, keys_of, prepare_keys, revoke
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Organization
from badgeport.issuer.submissions.tables import Review, Submission
from badgeport.proofs.secured import open_secured
from badgeport.schemas import jsontext
from support import databases, hosted
from support.site import Site, json_of

Published = tuple[Definition, DefinitionVersion]
CSV = {"Content-Type": "text/csv"}
API = "/api/v1/organizations/prairie"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=databases.KINDS)
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A site on each kind of database."""
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    yield made
    made.close()


def registrar(site: Site) -> Account:
    return site.person("Ines Marchetti", {"prairie": [Role.REGISTRAR]})


def awards(site: Site) -> list[Award]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(Award).order_by(Award.created)).all())


def copy_of(site: Site, award_id: str, form: str = "json") -> SignedCopy:
    with site.desk.database.reading() as session:
        copy = services.current_copy(session, award_id, form)
    assert copy is not None
    return copy


def document(site: Site, award_id: str, form: str = "json") -> dict[str, Any]:
    return open_secured(copy_of(site, award_id, form).body).document


def verdict(site: Site, award_id: str, form: str = "json") -> str:
    return site.desk.check(copy_of(site, award_id, form).body, "en").verdict


def change(site: Site, org: Organization, award: Award, what: Any, reason: str = "Because") -> None:
    with site.desk.database.writing() as session:
        what(session, site.desk, services.award_of(session, org.id, award.id), reason, "system", site.clock())
    hosted.work(site)


def history(site: Site) -> list[AuditEntry]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(AuditEntry).order_by(AuditEntry.seq)).all())


# ---------------------------------------------------------------- made


def test_an_award_becomes_a_badge_in_two_forms_that_verify(either: Site) -> None:
    org = hosted.issuer(either)
    award = hosted.award(either, org, hosted.published(either, org))
    assert [verdict(either, award.id, form) for form in ("json", "jwt")] == ["valid", "valid"]
    body = document(either, award.id)
    assert body["id"] == f"https://badges.example/c/{award.id}"
    assert body["credentialSubject"]["creditsEarned"] == 15
    assert "rosa" not in copy_of(either, award.id).body.decode().lower()
    token = document(either, award.id, "jwt")
    # One person, said in one way in both.
    assert token["credentialSubject"]["identifier"] == body["credentialSubject"]["identifier"]
    assert token["credentialSubject"]["id"].startswith("urn:uuid:")
    with either.desk.database.reading() as session:
        assert session.exec(select(func.count()).select_from(SignedCopy)).one() == 2


def test_the_same_key_is_the_same_award(either: Site) -> None:
    org = hosted.issuer(either)
    definition = hosted.published(either, org)
    first = hosted.award(either, org, definition, "key")
    again = hosted.award(either, org, definition, "key")
    assert again.id == first.id
    with pytest.raises(Conflict, match="Something else was awarded under this key"):
        hosted.award(either, org, definition, "key", recipient=RecipientData("Ana", "ana@people.example"))
    assert len(awards(either)) == 1
    assert len(either.mails()) == 1


def test_a_second_edition_keeps_id_and_salt_and_is_newer(either: Site) -> None:
    org = hosted.issuer(either)
    award = hosted.award(either, org, hosted.published(either, org))
    first, held = document(either, award.id), copy_of(either, award.id)
    # Twice within one second: still each later than the one before.
    for name in ("Rosa M. Delgado", "Rosa María Delgado"):
        with either.desk.database.writing() as session:
            services.correct(
                session,
                either.desk,
                services.award_of(session, org.id, award.id),
                reason="Her name is to stand there.",
                actor="system",
                now=either.clock(),
                recipient=RecipientData(name, "rosa@people.example", show_name=True),
            )
        hosted.work(either)
    second = document(either, award.id)
    assert second["id"] == first["id"]
    assert second["validFrom"] > first["validFrom"]
    assert second["credentialSubject"]["identifier"][0] == first["credentialSubject"]["identifier"][0]
    assert "María" in copy_of(either, award.id).body.decode()
    with either.desk.database.reading() as session:
        copies = services.copies_of(session, award.id)
    assert [(one.edition, one.form) for one in copies] == [
        (edition, form) for edition in (3, 2, 1) for form in ("json", "jwt")
    ]
    assert copies[-2].body == held.body
    either.clock.forward(seconds=10)
    assert verdict(either, award.id) == "valid"


def test_two_corrections_before_the_worker_comes_are_one_edition(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    for term in ("Fall", "Spring"):
        with site.desk.database.writing() as session:
            row = services.award_of(session, org.id, award.id)
            said = services.AwardBody.from_json(row.body).model_copy(update={"term": term})
            services.correct(session, site.desk, row, reason="Term", actor="system", now=site.clock(), body=said)
    hosted.work(site)
    assert document(site, award.id)["credentialSubject"]["term"] == "Spring"
    assert awards(site)[0].edition == 2


@pytest.mark.parametrize(
    ("months", "awarded", "until"),
    [(1, "2026-01-31", "2026-02-28"), (12, "2024-02-29", "2025-02-28"), (14, "2026-11-30", "2028-01-30")],
)
def test_validity_ends_on_the_same_day_or_the_last_of_the_month(months: int, awarded: str, until: str) -> None:
    from datetime import UTC, datetime

    said = DefinitionBody.model_validate({"name": "x", "competency": "y", "validity": {"months": months}})
    end = end_of(said, datetime.fromisoformat(awarded).replace(tzinfo=UTC))
    assert end is not None
    assert end.date().isoformat() == until


def test_an_award_that_could_not_be_signed_is_refused_at_once(site: Site) -> None:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    said = DefinitionBody.model_validate(definition[1].body)
    low = default_body(said).model_copy(update={"results": (Result(criterion="Questions", level="Beginning"),)})
    for members, field in (
        ({"recipient": RecipientData("Nobody")}, "recipient/email"),
        ({"recipient": RecipientData("x", "no address")}, "recipient/email"),
        ({"recipient": RecipientData("", "a@b.example", show_name=True)}, "recipient/name"),
        ({"awarded": site.clock() + timedelta(days=2)}, "awardedDate"),
        ({"valid_until": site.clock() - timedelta(days=2)}, "validUntil"),
        ({"body": low}, "results/0/level"),
        ({"visibility": "everyone"}, "visibility"),
    ):
        with pytest.raises(Mistakes) as refused:
            hosted.award(site, org, definition, **members)
        assert [one.field for one in refused.value.found] == [field]
    assert awards(site) == []


def test_without_keys_nothing_is_awarded(site: Site) -> None:
    org = site.organization()
    with pytest.raises(Conflict, match="no keys to sign with"):
        hosted.award(site, org, hosted.published(site, org))


# ---------------------------------------------------------------- standing


def test_standing_and_the_verifier_agree(either: Site) -> None:
    org = hosted.issuer(either)
    award = hosted.award(either, org, hosted.published(either, org))
    for step, expected in (
        (services.suspend, "invalid"),
        (services.reinstate, "valid"),
        (services.suspend, "invalid"),
        (services.revoke, "invalid"),
    ):
        either.clock.forward(minutes=1)
        change(either, org, award, step)
        assert [verdict(either, award.id, form) for form in ("json", "jwt")] == [expected, expected]
    for step in (services.suspend, services.reinstate, services.revoke):
        with pytest.raises(Conflict, match="revoked, for good"):
            change(either, org, award, step)
    with either.desk.database.writing() as session:
        row = services.award_of(session, org.id, award.id)
        with pytest.raises(Conflict, match="revoked, for good"):
            services.correct(session, either.desk, row, reason="x", actor="system", now=either.clock())


def test_a_reason_is_needed_and_stands_in_the_history(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    with pytest.raises(Mistakes, match="Say why"):
        change(site, org, award, services.revoke, "  ")
    change(site, org, award, services.revoke, "The evidence was someone else's.")
    entry = next(one for one in history(site) if one.action == "award.revoked")
    assert (entry.target, entry.why) == (f"award:{award.id}", "The evidence was someone else's.")
    with site.desk.database.reading() as session:
        assert log.first_break(session.exec(select(AuditEntry).order_by(AuditEntry.seq))) is None


def test_the_history_names_nobody(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    change(site, org, award, services.suspend)
    written = "".join(jsontext.dump(entry.detail).decode() + entry.actor + entry.target for entry in history(site))
    assert "rosa" not in written.lower()
    assert "delgado" not in written.lower()
    published = next(entry for entry in history(site) if entry.action == "award.published")
    assert published.detail["json"]["sha256"] == copy_of(site, award.id).sha256


def test_erased_means_erased(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    copy = copy_of(site, award.id)
    change(site, org, award, services.erase, "She asked for it.")
    with site.desk.database.reading() as session:
        assert session.exec(select(SignedCopy)).all() == []
        assert session.exec(select(Recipient)).all() == []
        assert session.exec(select(Job).where(Job.key == award.id)).all() == []
    row = awards(site)[0]
    assert (row.state, row.body, row.account_id, row.fingerprint) == ("erased", {}, None, "")
    entry = next(one for one in history(site) if one.action == "award.erased")
    assert copy.sha256 in entry.detail["copies"]
    with pytest.raises(Conflict):
        change(site, org, award, services.suspend)


# ---------------------------------------------------------------- a lost key


def test_after_a_lost_key_everything_is_signed_anew(either: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resigning, "CHUNK", 3)
    org = hosted.issuer(either)
    definition = hosted.published(either, org)
    made = [
        hosted.award(
            either, org, definition, f"k{n}", recipient=RecipientData("", f"p{n}@people.example"), signed=False
        )
        for n in range(7)
    ]
    hosted.work(either)
    held = {award.id: copy_of(either, award.id).body for award in made}
    change(either, org, made[0], services.revoke)
    either.clock.forward(hours=1)
    fresh = {row.purpose: row for row in prepare_keys(either.desk, org.did, org.slug, org_id=org.id)}
    with either.desk.database.writing() as session:
        lost = next(key for key in keys_of(session, org) if key.purpose == "embedded")
        revocation = Revocation(either.clock(), "The laptop was stolen.", fresh["embedded"])
        revoke(session, key_of(session, org, lost.id), revocation, actor="system", now=either.clock())
    either.clock.forward(minutes=1)
    hosted.work(either)
    with either.desk.database.reading() as session:
        assert resigning.count_signed(session, org.id, lost.id, either.clock()) == resigning.Count()
    assert [verdict(either, award.id) for award in made] == ["invalid", *["valid"] * 6]
    assert [verdict(either, award.id, "jwt") for award in made[1:]] == ["valid"] * 6
    assert {award.edition for award in awards(either)} == {2}
    # What was signed with it is believed no more.
    assert either.desk.check(held[made[1].id], "en").verdict != "valid"
    assert {copy_of(either, award.id).why for award in made} == {resigning.KEY_REPLACED}


# ---------------------------------------------------------------- reviews and stacks


def review(site: Site, submission: Submission, part: str, assessor: Account, level: str, **members: Any) -> Review:
    return Review(
        org_id=submission.org_id,
        submission_id=submission.id,
        attempt=1,
        part=part,
        assessor_id=assessor.id,
        state="done",
        scores={"questions": {"level": level, "feedback": "Private."}},
        decision="demonstrated",
        assigned=site.clock(),
        **members,
    )


def test_a_review_becomes_a_badge_that_says_how_it_was_assessed(site: Site) -> None:
    org = hosted.issuer(site)
    levels = [{"name": name} for name in ("Beginning", "Proficient", "Exemplary")]
    rubric = {"criteria": [{"id": "questions", "name": "Questions", "levels": levels, "requiredLevel": "Proficient"}]}
    definition, version = hosted.published(site, org, rubric=rubric)
    teacher = site.person("Maria Okafor", {"prairie": [Role.EDUCATOR]})
    one, two = site.person("Ana Ruiz"), site.person("Bo Lind")
    submission = Submission(
        org_id=org.id,
        account_id=teacher.id,
        definition_id=definition.id,
        version_id=version.id,
        state="demonstrated",
        started=site.clock() - timedelta(days=9),
        changed=site.clock(),
        submitted=site.clock(),
    )
    with site.desk.database.writing() as session:
        session.add(submission)
        session.flush()
        done = [
            review(site, submission, "first", one, "Exemplary", independence="independent"),
            review(site, submission, "second", two, "Proficient", independence="same-employer"),
        ]
        session.add_all(done)
        session.flush()
        award = services.award_for_review(session, site.desk, submission, done, one.id, site.clock())
        again = services.award_for_review(session, site.desk, submission, done, one.id, site.clock())
        assert again.id == award.id
    hosted.work(site)
    assert verdict(site, award.id) == "valid"
    subject = document(site, award.id)["credentialSubject"]
    said = {entry["id"]: entry["name"] for entry in subject["achievement"]["resultDescription"]}
    values = {said[entry["resultDescription"]]: entry for entry in subject["result"]}
    assert values["Questions"]["achievedLevel"].endswith("#questions/proficient")
    assert values["Assessor independence"]["value"] == "same-employer"
    assert values["Second assessor"]["value"] == "yes"
    text = copy_of(site, award.id).body.decode()
    assert "Private." not in text
    assert "evidence" not in document(site, award.id)
    assert awards(site)[0].claimed is not None
    assert "/claim/" not in site.mails()[0]["body"]


def test_a_completed_stack_is_proposed_once_and_awarded_with_its_members(site: Site) -> None:
    org = hosted.issuer(site)
    parts = [hosted.published(site, org, name=name) for name in ("Data Talks", "Exit Tickets")]
    rule = {"slots": [{"name": "Both", "need": 2, "of": [part[0].id for part in parts]}]}
    hosted.published(site, org, name="Formative Assessment", stack=rule, rubric=None)
    teacher = site.person("Maria Okafor", {"prairie": [Role.EDUCATOR]})
    person = RecipientData("Maria Okafor", "maria@people.example")
    for part in parts:
        hosted.award(site, org, part, part[0].name, recipient=person, account_id=teacher.id)
    with site.desk.database.writing() as session:
        assert proposals.settle(session, proposals.look(session, org.id, teacher.id, site.clock()), site.clock()) == []
        (proposal,) = session.exec(select(StackProposal)).all()
    browser = site.browser(registrar(site))
    assert "Formative Assessment" in browser.get("/o/prairie/awards/stacks").text
    answer = browser.submit(f"/o/prairie/awards/stacks/{proposal.id}/award", {"version": 1})
    assert answer.status_code == 303
    # Somebody else who answers finds it answered.
    assert browser.submit(f"/o/prairie/awards/stacks/{proposal.id}/award", {"version": 1}).status_code == 409
    hosted.work(site)
    award = next(one for one in awards(site) if one.source == "stack")
    assert verdict(site, award.id) == "valid"
    related = {entry["id"] for entry in document(site, award.id)["credentialSubject"]["achievement"]["related"]}
    assert related == {f"https://badges.example/achievements/{part[0].id}/1" for part in parts}


def test_a_stack_is_not_awarded_on_a_badge_that_fell(site: Site) -> None:
    org = hosted.issuer(site)
    part = hosted.published(site, org, name="Data Talks")
    rule = {"slots": [{"name": "One", "need": 1, "of": [part[0].id]}]}
    hosted.published(site, org, name="Stack", stack=rule, rubric=None)
    teacher = site.person("Maria Okafor", {"prairie": [Role.EDUCATOR]})
    member = hosted.award(
        site, org, part, recipient=RecipientData("Maria", "maria@people.example"), account_id=teacher.id
    )
    change(site, org, member, services.suspend)
    with site.desk.database.writing() as session:
        (proposal,) = session.exec(select(StackProposal)).all()
        # It went with the badge it rested on; when that one stands again, there is a new one.
        assert proposal.state != "open"
        with pytest.raises(Conflict):
            services.award_stack(session, site.desk, proposal, "system", site.clock())
    change(site, org, member, services.reinstate)
    with site.desk.database.writing() as session:
        assert [one.state for one in session.exec(select(StackProposal))].count("open") == 1


# ---------------------------------------------------------------- pages


def test_awarding_by_hand_through_the_pages(site: Site) -> None:
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    browser = site.browser(registrar(site))
    assert definition.name in browser.get("/o/prairie/awards/new").text
    page = browser.get(f"/o/prairie/awards/new?definition={definition.id}").text
    key = page.partition('name="key" value="')[2].partition('"')[0]
    typed = {"definition": definition.id, "key": key, "email": "no address", "name": "Ana Ruiz", "term": "Fall 2025"}
    refused = browser.submit("/o/prairie/awards/new", typed)
    assert refused.status_code == 422
    assert 'value="Fall 2025"' in refused.text
    assert "This is no e-mail address." in refused.text
    assert awards(site) == []
    low = browser.submit("/o/prairie/awards/new", {**typed, "email": "ana@people.example", "level-0": "Beginning"})
    assert low.status_code == 422
    assert 'id="level-0-wrong"' in low.text
    good = {**typed, "email": "ana@people.example", "level-0": "Proficient", "notify": "yes"}
    first = browser.submit("/o/prairie/awards/new", good)
    # The same form sent twice.
    second = browser.submit("/o/prairie/awards/new", good)
    assert (first.status_code, first.headers["location"]) == (303, second.headers["location"])
    hosted.work(site)
    shown = browser.get(first.headers["location"]).text
    assert "Ana Ruiz" in shown
    assert "Fall 2025" in shown
    assert copy_of(site, awards(site)[0].id).sha256 in shown
    (mail,) = site.mails()
    assert mail["to"] == "ana@people.example"
    assert "https://badges.example/claim/" in mail["body"]


def test_standing_through_the_pages(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    browser = site.browser(registrar(site))
    place = f"/o/prairie/awards/{award.id}"
    assert "cannot be taken back" in browser.get(f"{place}/revoke").text
    assert browser.submit(f"{place}/suspend", {"version": 1, "reason": ""}).status_code == 422
    assert browser.submit(f"{place}/suspend", {"version": 1, "reason": "Looked at again"}).status_code == 303
    # Another window that shows the award as it was before.
    stale = browser.submit(f"{place}/revoke", {"version": 1, "reason": "Because"})
    assert stale.status_code == 409
    hosted.work(site)
    assert verdict(site, award.id) == "invalid"
    shown = browser.get(place).text
    assert "Looked at again" in shown
    assert "Ines Marchetti" in shown


def test_correcting_through_the_pages_keeps_what_is_not_shown(site: Site) -> None:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    said = default_body(DefinitionBody.model_validate(definition[1].body))
    body = said.model_copy(update={"role": "Mentor", "term": "Fall 2025"})
    award = hosted.award(site, org, definition, body=body)
    browser = site.browser(registrar(site))
    page = browser.get(f"/o/prairie/awards/{award.id}/correct").text
    assert 'value="rosa@people.example"' in page
    assert 'value="Fall 2025"' in page
    typed = {
        "version": 1,
        "email": "rosa@people.example",
        "name": "Rosa Delgado",
        "awarded": "2026-04-01",
        "credits": "12.5",
        "reason": "The hours were wrong.",
    }
    assert browser.submit(f"/o/prairie/awards/{award.id}/correct", {**typed, "credits": "99"}).status_code == 422
    assert browser.submit(f"/o/prairie/awards/{award.id}/correct", typed).status_code == 303
    hosted.work(site)
    either = document(site, award.id)
    assert either["credentialSubject"]["creditsEarned"] == 12.5
    assert either["credentialSubject"]["role"] == "Mentor"
    assert "term" not in either["credentialSubject"]
    assert "validUntil" not in either
    assert either["awardedDate"] == "2026-04-01T00:00:00Z"


# ---------------------------------------------------------------- files


def sheet(*rows: str, head: str = "email,name,level: Questions") -> bytes:
    return "\n".join([head, *rows, ""]).encode()


GOOD = [f"p{number}@people.example,Person {number},Proficient" for number in range(7)]
BAD = ["broken,Nobody,", "p1@people.example,Twice,", "q@people.example,Low,Beginning"]


def send(site: Site, browser: Any, definition: Definition, data: bytes, key: str = "key") -> Any:
    values = {"definition": definition.id, "key": key, "name": "Spring", "notify": "yes"}
    return browser.submit("/o/prairie/awards/batches", values, files={"file": ("spring.csv", data, "text/csv")})


def test_a_file_through_the_pages(either: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "READ_TOGETHER", 4)
    monkeypatch.setattr(batches, "ENTER_TOGETHER", 3)
    site = either
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    browser = site.browser(registrar(site))
    sent = send(site, browser, definition, sheet(*GOOD, *BAD))
    place = sent.headers["location"]
    assert sent.status_code == 303
    assert awards(site) == []
    # The same file sent again is the same batch; another file under its key is refused.
    assert send(site, browser, definition, sheet(*GOOD, *BAD)).headers["location"] == place
    assert send(site, browser, definition, sheet(*GOOD)).status_code == 409
    preview = browser.get(place).text
    assert "This is no e-mail address." in preview
    assert "Line 3 is about the same person." in preview
    csv = browser.get(f"{place}?format=csv").text
    assert "\n9,broken,email,This is no e-mail address.," in csv.replace("\r", "")
    refused = browser.submit(f"{place}/start", {"version": 3})
    assert refused.status_code in (409, 422)
    assert awards(site) == []
    version = preview.partition('name="version" value="')[2].partition('"')[0]
    assert browser.submit(f"{place}/start", {"version": version}).status_code == 422
    assert browser.submit(f"{place}/start", {"version": version, "proceed": "yes"}).status_code == 303
    assert browser.submit(f"{place}/start", {"version": version, "proceed": "yes"}).status_code == 303
    hosted.work(site)
    assert len(awards(site)) == len(GOOD) == len(site.mails())
    assert {verdict(site, award.id) for award in awards(site)} == {"valid"}
    with site.desk.database.reading() as session:
        batch = session.exec(select(AwardBatch)).one()
        rows = session.exec(select(BatchRow).order_by(BatchRow.number)).all()
    assert (batch.state, batch.rows, batch.bad, batch.entered) == ("done", 10, 3, 7)
    # What stood in the rows is the awards' now, or nobody's.
    assert [row.data for row in rows] == [{}] * 10
    assert [row.line for row in rows if not row.good] == [9, 10, 11]
    # The same people in a new file are told.
    later = send(site, browser, definition, sheet(*GOOD), "another").headers["location"]
    assert "has this micro-credential already" in browser.get(later).text


def test_a_file_is_put_away(site: Site) -> None:
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    browser = site.browser(registrar(site))
    place = send(site, browser, definition, sheet(*GOOD)).headers["location"]
    assert "awarded to nobody" in browser.get(f"{place}/cancel").text
    assert browser.submit(f"{place}/cancel", {"reason": ""}).status_code == 422
    assert browser.submit(f"{place}/cancel", {"reason": "Wrong file"}).status_code == 303
    assert browser.submit(f"{place}/start", {}).status_code == 409
    hosted.work(site)
    with site.desk.database.reading() as session:
        assert session.exec(select(BatchRow)).all() == []
    assert awards(site) == []


def test_a_running_file_is_stopped_between_two_parts(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from badgeport.issuer.awards.worker import HANDLERS, Worker

    monkeypatch.setattr(batches, "ENTER_TOGETHER", 2)
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    read = batches.take_file(
        site.desk, org, definition.id, io.BytesIO(sheet(*GOOD)), key="k", name="", actor="system", now=site.clock()
    )
    with site.desk.database.writing() as session:
        batches.start(
            session, batches.batch_of(session, org.id, read.id), proceed=False, actor="system", now=site.clock()
        )
    Worker(site.desk, handlers={"enter-batch": HANDLERS["enter-batch"]}).run_once()
    with site.desk.database.writing() as session:
        batches.cancel(session, batches.batch_of(session, org.id, read.id), "Wrong", actor="system", now=site.clock())
    hosted.work(site)
    assert len(awards(site)) == 2
    with site.desk.database.reading() as session:
        assert session.exec(select(func.count()).select_from(BatchRow)).one() == 2


def test_reading_that_broke_off_begins_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "READ_TOGETHER", 3)
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    file = io.BytesIO(sheet(*GOOD))
    kept, stop = batches._keep, iter((False, True))

    def breaking(*arguments: Any) -> int:
        if next(stop, False):
            raise RuntimeError("the process died here")
        return kept(*arguments)

    monkeypatch.setattr(batches, "_keep", breaking)
    given: dict[str, Any] = {"key": "k", "name": "", "actor": "system", "now": site.clock()}
    with pytest.raises(RuntimeError):
        batches.take_file(site.desk, org, definition.id, file, **given)
    batch = batches.take_file(site.desk, org, definition.id, file, **given)
    assert (batch.state, batch.rows) == ("preview", 7)
    with site.desk.database.reading() as session:
        assert session.exec(select(func.count()).select_from(BatchRow)).one() == 7


def test_a_file_that_breaks_halfway_leaves_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "READ_TOGETHER", 3)
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    browser = site.browser(registrar(site))
    refused = send(site, browser, definition, sheet(*GOOD) + b'"unfinished\n')
    assert refused.status_code == 422
    assert "is not CSV" in refused.text
    with site.desk.database.reading() as session:
        assert session.exec(select(AwardBatch)).all() == []
        assert session.exec(select(BatchRow)).all() == []


# ---------------------------------------------------------------- programs


def test_programs_award_with_an_idempotency_key(site: Site) -> None:
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    program = site.program(site.token(org, "awards:read", "awards:write"))
    asked = {
        "definition": definition.id,
        "recipient": {"email": "ana@people.example", "identifiers": [{"type": "identifier", "value": "4711"}]},
        "content": {"term": "Fall", "results": [{"criterion": "Questions", "level": "Proficient"}]},
    }
    headers = {"Idempotency-Key": "row-1"}
    first = program.post(f"{API}/awards", json=asked, headers=headers)
    again = program.post(f"{API}/awards", json=asked, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    made = json_of(first)
    assert json_of(again)["id"] == made["id"]
    assert first.headers["location"] == f"{API}/awards/{made['id']}"
    other = {**asked, "content": {"term": "Spring"}}
    assert program.post(f"{API}/awards", json=other, headers=headers).status_code == 409
    hosted.work(site)
    shown = json_of(program.get(f"{API}/awards/{made['id']}"))
    assert (shown["state"], shown["edition"], len(shown["editions"])) == ("published", 1, 2)
    assert [event["action"] for event in shown["history"]] == ["award.published", "award.created"]
    assert shown["content"]["creditUnit"] == "clock hours"


def test_programs_are_told_which_member_is_wrong(site: Site) -> None:
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    program = site.program(site.token(org, "awards:write"))
    for asked, pointer in (
        ({"recipient": {}}, "/definition"),
        ({"definition": definition.id, "recipient": {}, "more": 1}, "/more"),
        ({"definition": definition.id, "recipient": {}}, "/recipient/email"),
        ({"definition": definition.id, "recipient": {"email": "a@b.c"}, "content": {"credits": 99}}, "/credits"),
    ):
        answer = program.post(f"{API}/awards", json=asked)
        assert answer.status_code == 400
        assert pointer in [one["pointer"] for one in json_of(answer)["errors"]]
    absent = {"definition": "nothing", "recipient": {"email": "a@b.example"}}
    assert program.post(f"{API}/awards", json=absent).status_code == 404


def test_programs_change_standing_and_correct(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    program = site.program(site.token(org, "awards:read", "awards:write"))
    place = f"{API}/awards/{award.id}"
    suspended = json_of(program.post(f"{place}/suspend", json={"reason": "Why", "version": 1}))
    assert (suspended["standing"], suspended["standingReason"]) == ("suspended", "Why")
    assert program.post(f"{place}/reinstate", json={"reason": "Why", "version": 1}).status_code == 409
    assert program.post(f"{place}/reinstate", json={"reason": "Why", "version": 2}).status_code == 200
    corrected = program.post(f"{place}/correct", json={"reason": "Name", "recipient": {"email": "new@people.example"}})
    assert json_of(corrected)["wanted"] == 2
    assert program.post(f"{place}/revoke", json={"reason": "Why"}).status_code == 200
    assert json_of(program.get(f"{API}/awards?show=revoked"))["total"] == 1
    assert json_of(program.get(f"{API}/awards?show=active"))["total"] == 0


def test_programs_send_files(site: Site) -> None:
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    program = site.program(site.token(org, "awards:read", "awards:write"))
    place = f"{API}/batches?definition={definition.id}"
    looked = program.post(f"{place}&dryRun=true", content=sheet(*GOOD, *BAD), headers=CSV)
    assert looked.status_code == 200
    assert (json_of(looked)["rows"], json_of(looked)["bad"]) == (10, 3)
    assert [one["line"] for one in json_of(looked)["problems"]] == [9, 10, 11]
    with site.desk.database.reading() as session:
        assert session.exec(select(AwardBatch)).all() == []
    key = {**CSV, "Idempotency-Key": "file-1"}
    made = json_of(program.post(place, content=sheet(*GOOD, *BAD), headers=key))
    assert json_of(program.post(place, content=sheet(*GOOD, *BAD), headers=key))["id"] == made["id"]
    assert program.post(place, content=sheet(*GOOD), headers=key).status_code == 409
    assert program.post(place, content=b"{}", headers={"Content-Type": "application/json"}).status_code == 415
    one = f"{API}/batches/{made['id']}"
    assert program.post(f"{one}/start", json={}).status_code == 400
    assert program.post(f"{one}/start", json={"proceed": True}).status_code == 200
    hosted.work(site)
    done = json_of(program.get(one))
    assert (done["state"], done["entered"], done["signed"]) == ("done", 7, 7)
    bad = json_of(program.get(f"{one}/rows?show=bad"))
    assert [row["problems"][0]["column"] for row in bad["items"]][:2] == ["email", "email"]


def test_one_organisation_does_not_reach_the_awards_of_another(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    other = hosted.issuer(site, "lakeside")
    stranger = site.person("Otto Stern", {"lakeside": [Role.REGISTRAR, Role.ADMINISTRATOR]})
    browser = site.browser(stranger)
    for step in ("", "/suspend", "/revoke", "/correct"):
        assert browser.get(f"/o/lakeside/awards/{award.id}{step}").status_code == 404
        assert browser.get(f"/o/prairie/awards/{award.id}{step}").status_code == 403
    assert browser.submit(f"/o/lakeside/awards/{award.id}/revoke", {"reason": "x"}).status_code == 404
    program = site.program(site.token(other, "awards:read", "awards:write"))
    there = f"/api/v1/organizations/lakeside/awards/{award.id}"
    assert program.get(there).status_code == 404
    assert program.post(f"{there}/revoke", json={"reason": "x"}).status_code == 404
    assert program.get(f"{API}/awards/{award.id}").status_code == 403
    reader = site.program(site.token(org, "awards:read"))
    assert reader.post(f"{API}/awards/{award.id}/revoke", json={"reason": "x"}).status_code == 403
    assert awards(site)[0].standing == "active"


def test_an_auditor_reads_and_changes_nothing(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    browser = site.browser(site.person("Ada Wolf", {"prairie": [Role.AUDITOR]}))
    page = browser.get(f"/o/prairie/awards/{award.id}")
    assert page.status_code == 200
    assert "/revoke" not in page.text
    assert browser.get("/o/prairie/awards/new").status_code == 403
    assert browser.submit(f"/o/prairie/awards/{award.id}/revoke", {"reason": "x"}).status_code == 403
