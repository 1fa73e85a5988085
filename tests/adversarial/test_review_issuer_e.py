"""Found by a hostile reading of hosting, home, privacy, reports and storage; each was once the case."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards import batches
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.services import correct, create_award, current_copy, default_body, revoke, suspend
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, Mail
from badgeport.issuer.catalog import pictures
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.desk import OutboundError
from badgeport.issuer.home import erasing
from badgeport.issuer.home.exporting import gather
from badgeport.issuer.home.sweeping import sweep
from badgeport.issuer.home.tables import Collection, HomeSettings
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.people import settings as organization_settings
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, Identity, Organization, School
from badgeport.issuer.reports import figures
from badgeport.issuer.reports import services as reports
from badgeport.issuer.storage.tables import Blob
from badgeport.issuer.submissions import evidence, services
from badgeport.issuer.submissions.tables import EvidenceItem, Peer, Review, Submission
from support import databases, hosted, portfolios
from support.site import Browser, Site

ROSA = "rosa@people.example"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=databases.KINDS)
def either(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    """A site on each kind of database."""
    made = Site(tmp_path, database_url=databases.made(request.param, tmp_path))
    yield made
    made.close()


def row(site: Site, table: Any, key: Any) -> Any:
    with site.desk.database.reading() as session:
        return session.get(table, key)


def rows(site: Site, statement: Any) -> list[Any]:
    with site.desk.database.reading() as session:
        return list(session.exec(statement).all())


def swept(site: Site) -> None:
    with site.desk.database.writing() as session:
        sweep(session, site.desk, site.clock())


def erased(site: Site, org: Organization, award: Award) -> None:
    with site.desk.database.writing() as session:
        erasing.erase_recipient(
            session, site.desk, org.id, award.id, seen=None, actor="system", now=site.clock(), why="asked"
        )


def gone(site: Site, account: Account) -> None:
    with site.desk.database.writing() as session:
        erasing.erase_account(session, site.desk, account.id, actor=account.id, now=site.clock(), why="asked")


class Earned:
    """A badge out of a review, with a film and a link as its evidence."""

    def __init__(self, site: Site, **changes: Any) -> None:
        self.site = site
        self.org = hosted.issuer(site)
        definition = portfolios.define(site, self.org, **changes)
        self.rosa = site.person("Rosa Delgado", {self.org.slug: [Role.EDUCATOR]}, email=ROSA)
        self.assessor = portfolios.assessor(site, "Ana Assessor", definition)
        self.browser: Browser = site.browser(self.rosa)
        self.portfolio = portfolios.fill(site, self.rosa, definition)
        self.upload(portfolios.PDF)

    def upload(self, data: bytes, title: str = "Film") -> Any:
        return self.browser.submit(
            f"/home/portfolio/{self.portfolio}/evidence",
            {"title": title, "requirement": "film", "description": ""},
            files={"file": ("f.pdf", data, "application/pdf")},
        )

    def decide(self, questions: str = "Proficient", feedback: str = "Good.") -> None:
        portfolios.hand_in(self.site, self.rosa, self.portfolio)
        portfolios.take(self.site, self.assessor, self.portfolio)
        portfolios.finish(self.site, self.assessor, self.portfolio, portfolios.scores(questions), feedback)
        hosted.work(self.site)

    @property
    def award(self) -> Award:
        return rows(self.site, select(Award))[0]

    @property
    def film(self) -> EvidenceItem:
        return next(one for one in rows(self.site, select(EvidenceItem)) if one.media_type)

    @property
    def address(self) -> str:
        return f"/c/{self.award.id}/evidence/{self.film.id}"

    def choose(self, *released: str, **more: str) -> Any:
        values = {"released": list(released), "version": self.award.version, **more}
        answer = self.browser.submit(f"/home/awards/{self.award.id}/content", values)
        hosted.work(self.site)
        return answer

    def keep_for(self, days: int) -> None:
        with self.site.desk.database.writing() as session:
            session.get_one(Organization, self.org.id).retention_days = days


@pytest.fixture
def earned(either: Site) -> Earned:
    made = Earned(either)
    made.decide()
    return made


def newest(site: Site, award: Award) -> str:
    with site.desk.database.reading() as session:
        copy = current_copy(session, award.id)
        assert copy is not None
        return copy.body.decode()


def claim_address(site: Site) -> str:
    body = next(mail["body"] for mail in reversed(site.mails()) if "/claim/" in mail["body"])
    return "/claim/" + body.partition("/claim/")[2].split()[0]


# ---------------------------------------------------------------- messages


def test_erasing_one_badge_lost_the_unsent_message_about_another(either: Site) -> None:
    site = either
    org = hosted.issuer(site)
    first = hosted.award(site, org, hosted.published(site, org), "a")
    sent, working = site.desk.mail, False

    def send(address: str, subject: str, body: str) -> None:
        if not working:
            raise OutboundError("down")
        sent(address, subject, body)

    object.__setattr__(site.desk, "mail", send)
    hosted.award(site, org, hosted.published(site, org, name="Second Talk"), "b")
    again = hosted.award(site, org, hosted.published(site, org, name="Third Talk"), "c")
    erased(site, org, first)
    erased(site, org, again)
    working = True
    site.clock.forward(hours=2)
    hosted.work(site)
    told = [mail["subject"] for mail in site.mails()]
    assert any("Second Talk" in one for one in told)
    assert not any("Third Talk" in one for one in told)
    assert not rows(site, select(Mail).where(Mail.about == again.id))


def test_a_message_that_could_not_be_sent_was_kept_for_good_with_its_secret(either: Site) -> None:
    site = either
    org = hosted.issuer(site)

    def down(*_: str) -> None:
        raise OutboundError("down")

    object.__setattr__(site.desk, "mail", down)
    hosted.award(site, org, hosted.published(site, org))
    for _ in range(10):
        site.clock.forward(hours=2)
        hosted.work(site)
    assert rows(site, select(Mail))
    site.clock.forward(days=31)
    swept(site)
    assert not rows(site, select(Mail))
    assert not rows(site, select(Job).where(Job.kind == "mail"))


def test_messages_in_the_outbox_outlived_the_person_and_their_time(site: Site) -> None:
    org = hosted.issuer(site)
    hosted.award(site, org, hosted.published(site, org), "a")
    rosa = site.person("Rosa Delgado", email=ROSA)
    hosted.award(
        site, org, hosted.published(site, org, name="Other"), "b", recipient=RecipientData("", "sam@people.example")
    )
    assert {mail["to"] for mail in site.mails()} == {ROSA, "sam@people.example"}
    gone(site, rosa)
    hosted.work(site)
    assert {mail["to"] for mail in site.mails()} == {"sam@people.example"}
    site.clock.forward(days=31)
    hosted.work(site)
    assert not site.mails()


def test_reminders_were_sent_to_who_wants_none(site: Site) -> None:
    made = Earned(site)
    with site.desk.database.writing() as session:
        session.add(HomeSettings(account_id=made.rosa.id, reminders=False))
    site.clock.forward(days=25)
    hosted.work(site)
    site.clock.forward(days=10)
    hosted.work(site)
    assert not [mail for mail in site.mails() if "due" in mail["subject"]]


# ---------------------------------------------------------------- what a badge shows


def test_released_evidence_could_not_be_taken_back_once_the_badge_expired(either: Site) -> None:
    made = Earned(either, validity={"months": 12})
    made.decide()
    made.choose(made.film.id)
    assert either.browser().get(made.address).status_code == 200
    before = made.award.edition
    either.clock.forward(days=400)
    answer = made.choose()
    assert answer.status_code == 303
    assert either.browser().get(made.address).status_code == 404
    assert (made.award.edition, made.award.wanted) == (before, before)
    assert not made.award.body.get("evidence")
    # Nothing is added to what is over.
    assert made.choose(made.film.id).status_code == 422
    assert made.choose(show_name="yes").status_code == 422
    assert either.browser().get(made.address).status_code == 404


@pytest.mark.parametrize("standing", ["revoked", "suspended"])
def test_released_evidence_could_not_be_taken_back_once_the_badge_did_not_stand(site: Site, standing: str) -> None:
    made = Earned(site)
    made.decide()
    made.choose(made.film.id)
    with site.desk.database.writing() as session:
        change = revoke if standing == "revoked" else suspend
        change(session, site.desk, session.get_one(Award, made.award.id), "a mistake", "system", site.clock())
    assert made.browser.get(f"/home/awards/{made.award.id}/content").status_code == 200
    assert made.choose().status_code == 303
    assert row(site, EvidenceItem, made.film.id).released is None


def test_a_badge_was_signed_with_a_name_that_only_its_owner_typed(site: Site) -> None:
    org = hosted.issuer(site)
    badge = hosted.award(site, org, hosted.published(site, org), recipient=RecipientData("", ROSA))
    link = claim_address(site)
    sam = site.person("Dr. Maria Gonzalez, State Superintendent", email="sam@elsewhere.example")
    with site.desk.database.writing() as session:
        session.get_one(Identity, sam.id).did = "did:key:z6MkSam"
    browser = site.browser(sam)
    assert browser.submit(link, {"visibility": "public"}, form_at=link).status_code == 303
    hosted.work(site)
    path = f"/home/awards/{badge.id}/content"
    for choice in ("show_name", "use_did"):
        answer = browser.submit(path, {choice: "yes", "version": row(site, Award, badge.id).version})
        assert answer.status_code == 422
    hosted.work(site)
    assert "Gonzalez" not in newest(site, badge)
    assert "did:key:z6MkSam" not in newest(site, badge)
    assert "Gonzalez" not in str(row(site, Award, badge.id).body)
    # Who the message was for is told, and the organization sees it.
    assert any(mail["to"] == ROSA and "claim" in mail["subject"] for mail in site.mails())
    entry = next(one for one in rows(site, select(AuditEntry)) if one.action == "award.claimed")
    assert entry.detail["by"] == "link, other address"
    registrar = site.browser(site.person("Reg One", {org.slug: [Role.REGISTRAR]}))
    assert "another e-mail address" in registrar.get(f"/o/{org.slug}/awards/{badge.id}").text


def test_a_did_is_still_put_into_a_badge_made_to_the_own_address(site: Site) -> None:
    org = hosted.issuer(site)
    badge = hosted.award(site, org, hosted.published(site, org))
    link = claim_address(site)
    rosa = site.person("Somebody Else", email=ROSA)
    with site.desk.database.writing() as session:
        session.get_one(Identity, rosa.id).did = "did:key:z6MkRosa"
    browser = site.browser(rosa)
    browser.submit(link, {"visibility": "public"}, form_at=link)
    mails = len(site.mails())
    values = {"show_name": "yes", "use_did": "yes", "version": row(site, Award, badge.id).version}
    assert browser.submit(f"/home/awards/{badge.id}/content", values).status_code == 303
    hosted.work(site)
    text = newest(site, badge)
    assert "did:key:z6MkRosa" in text
    assert "Rosa Delgado" in text
    assert "Somebody Else" not in text
    assert len(site.mails()) == mails


def test_one_factor_was_enough_for_the_evidence_of_a_private_badge(tmp_path: Path) -> None:
    site = Site(tmp_path, second_factor=True)
    made = Earned(site)
    made.decide()
    made.choose(made.film.id)
    with site.desk.database.writing() as session:
        session.get_one(Award, made.award.id).visibility = "private"
    registrar = site.person("Reg One", {made.org.slug: [Role.REGISTRAR]})
    weak, strong = site.browser(registrar, factors=1), site.browser(registrar, factors=2)
    for path in (f"/c/{made.award.id}", made.address):
        assert weak.get(path).status_code == 404
        assert strong.get(path).status_code == 200
    assert made.browser.get(made.address).status_code == 200
    site.close()


def test_a_correction_stayed_out_of_the_signed_set(site: Site) -> None:
    org = hosted.issuer(site)
    rosa = site.person("Rosa Delgado", {org.slug: [Role.EDUCATOR]}, email=ROSA)
    wrong = RecipientData("Rosa Deadname", ROSA, show_name=True)
    badge = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id, recipient=wrong)
    values = {"title": "t", "awards": [badge.id], "days": "300"}
    site.browser(rosa).submit("/home/collections/new", values, form_at="/home/collections/new")
    hosted.work(site)
    address = f"/s/{rows(site, select(Collection))[0].id}.json"
    assert "Rosa Deadname" in site.browser().get(address).text
    with site.desk.database.writing() as session:
        correct(
            session,
            site.desk,
            session.get_one(Award, badge.id),
            reason="wrong name",
            actor="system",
            now=site.clock(),
            recipient=RecipientData("Rosa Delgado", ROSA, show_name=True),
        )
    hosted.work(site)
    assert "Rosa Deadname" not in site.browser().get(address).text
    assert "Rosa Delgado" in site.browser().get(address).text


def test_the_page_of_a_set_did_not_say_that_each_badge_is_checked_by_itself(site: Site) -> None:
    org = hosted.issuer(site)
    rosa = site.person("Rosa Delgado", {org.slug: [Role.EDUCATOR]}, email=ROSA)
    badge = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id)
    values = {"title": "t", "awards": [badge.id], "days": "300"}
    site.browser(rosa).submit("/home/collections/new", values, form_at="/home/collections/new")
    hosted.work(site)
    page = site.browser().get(f"/s/{rows(site, select(Collection))[0].id}").text
    assert "Check each badge in it by itself" in page


# ---------------------------------------------------------------- retention


def test_evidence_released_at_the_time_of_the_sweep_was_kept_for_ever(earned: Earned) -> None:
    site = earned.site
    earned.keep_for(30)
    film = earned.film
    earned.choose(film.id)
    site.clock.forward(days=60)
    swept(site)
    assert row(site, EvidenceItem, film.id).digest is not None
    earned.choose()
    site.clock.forward(days=3000)
    swept(site)
    assert row(site, EvidenceItem, film.id).digest is None


def test_evidence_of_an_erased_or_revoked_badge_counted_as_released_for_ever(earned: Earned) -> None:
    site = earned.site
    earned.keep_for(30)
    film = earned.film
    earned.choose(film.id)
    with site.desk.database.writing() as session:
        revoke(session, site.desk, session.get_one(Award, earned.award.id), "a mistake", "system", site.clock())
    site.clock.forward(days=60)
    swept(site)
    assert row(site, EvidenceItem, film.id).digest is None


def test_an_erased_badge_left_its_evidence_released(earned: Earned) -> None:
    site = earned.site
    film = earned.film
    earned.choose(film.id)
    erased(site, earned.org, earned.award)
    assert row(site, EvidenceItem, film.id).released is None


def test_what_was_handed_in_after_the_first_purge_was_kept_for_ever(either: Site) -> None:
    site = either
    made = Earned(site)
    made.keep_for(30)
    made.decide("Beginning")
    # Somebody may still be working on it: it is not taken away without a word.
    site.clock.forward(days=31)
    swept(site)
    hosted.work(site)
    assert row(site, EvidenceItem, made.film.id).digest is not None
    warned = [mail for mail in site.mails() if mail["to"] == ROSA and "deleted" in mail["subject"]]
    assert len(warned) == 1
    assert f"/home/portfolio/{made.portfolio}" in warned[0]["body"]
    site.clock.forward(days=29)
    swept(site)
    assert row(site, EvidenceItem, made.film.id).digest is not None
    site.clock.forward(days=2)
    swept(site)
    hosted.work(site)
    assert row(site, EvidenceItem, made.film.id).digest is None
    assert not [mail for mail in site.mails() if "deleted" in mail["subject"]], "told once, and that was a month ago"
    with site.desk.database.writing() as session:
        submission = session.get_one(Submission, made.portfolio)
        by = {"actor": made.rosa.id, "now": site.clock()}
        services.work_again(session, submission, version=submission.version, **by)
        found = services.with_definition(session, submission)
        services.save_reflection(session, submission, "SECOND", text_version=submission.text_version, **by)
        for key in ("observe", "plan"):
            services.log_hours(
                session,
                submission,
                found.body,
                key=key,
                hours="2",
                done_on=site.clock().date().isoformat(),
                words="",
                **by,
            )
    made.upload(portfolios.PDF + b"2")
    made.decide(feedback="F2")
    site.clock.forward(days=3000)
    swept(site)
    assert [one.feedback for one in rows(site, select(Review))] == ["", ""]
    assert row(site, Submission, made.portfolio).reflection == ""
    assert not [one for one in rows(site, select(EvidenceItem)) if one.digest or one.url]
    assert rows(site, select(Award))[0].state == "published"


def test_working_on_it_again_after_the_warning_keeps_it(either: Site) -> None:
    site = either
    made = Earned(site)
    made.keep_for(365)
    made.decide("Beginning")
    site.clock.forward(days=340)
    swept(site)
    with site.desk.database.writing() as session:
        submission = session.get_one(Submission, made.portfolio)
        services.work_again(session, submission, version=submission.version, actor=made.rosa.id, now=site.clock())
    site.clock.forward(days=100)
    swept(site)
    assert row(site, EvidenceItem, made.film.id).digest is not None


# ---------------------------------------------------------------- files of awards that nobody went on with


def put_in_batch(site: Site, org: Organization, definition_id: str, key: str) -> AwardBatch:
    return batches.take_file(
        site.desk,
        org,
        definition_id,
        io.BytesIO(b"email,name\nrosa@people.example,Rosa Delgado\nsam@people.example,Sam One\n"),
        key=key,
        name="f",
        actor="system",
        now=site.clock(),
    )


@pytest.mark.parametrize("state", ["preview", "reading"])
def test_a_file_that_was_looked_at_and_left_kept_its_names_for_ever(either: Site, state: str) -> None:
    site = either
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    batch = put_in_batch(site, org, definition.id, "k")
    with site.desk.database.writing() as session:
        session.get_one(AwardBatch, batch.id).state = state
    site.clock.forward(days=89)
    swept(site)
    assert len(rows(site, select(BatchRow))) == 2
    site.clock.forward(days=2)
    swept(site)
    assert not rows(site, select(BatchRow))
    assert row(site, AwardBatch, batch.id).state == "cancelled"
    entry = next(one for one in rows(site, select(AuditEntry)) if one.action == "batch.cancelled")
    assert (entry.actor, bool(entry.why)) == ("system", True)


def test_a_file_waiting_to_be_awarded_named_who_was_erased(either: Site) -> None:
    site = either
    org = hosted.issuer(site)
    definition, _ = hosted.published(site, org)
    batch = put_in_batch(site, org, definition.id, "k")
    gone(site, site.person("Rosa Delgado", {org.slug: [Role.EDUCATOR]}, email=ROSA))
    found = rows(site, select(BatchRow).order_by(BatchRow.number))
    assert "rosa" not in str([(one.data, one.problems) for one in found]).lower()
    assert [(one.good, bool(one.problems)) for one in found] == [(False, True), (True, False)]
    kept = row(site, AwardBatch, batch.id)
    assert (kept.rows, kept.bad) == (2, 1)
    with site.desk.database.writing() as session:
        batches.start(session, session.get_one(AwardBatch, batch.id), proceed=True, actor="system", now=site.clock())
    hosted.work(site)
    assert len(rows(site, select(Award))) == 1


# ---------------------------------------------------------------- what erasing left


def test_the_key_of_an_erased_award_named_its_person(either: Site) -> None:
    site = either
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    key = "rosa@people.example/2026-spring"
    badge = hosted.award(site, org, definition, key)
    erased(site, org, badge)
    assert "rosa" not in row(site, Award, badge.id).key
    # Asked again, it is still the award that was made under this key.
    with site.desk.database.writing() as session:
        again = create_award(
            session,
            site.desk,
            org=org,
            definition=definition[0],
            version=definition[1],
            recipient=RecipientData("Rosa Delgado", ROSA),
            body=default_body(DefinitionBody.model_validate(definition[1].body)),
            key=key,
            source="api",
            actor="system",
            now=site.clock(),
        )
    assert again.id == badge.id


def test_a_file_that_no_portfolio_took_stayed_in_the_store_for_good(earned: Earned) -> None:
    site = earned.site
    for number in range(3):
        assert earned.upload(portfolios.PDF + b"%d" % number).status_code == 409
    assert list(site.desk.blobs.digests()) == [earned.film.digest]
    gone(site, earned.rosa)
    hosted.work(site)
    assert not list(site.desk.blobs.digests())


def test_a_file_with_a_wrong_title_was_stored(site: Site) -> None:
    made = Earned(site)
    kept = set(site.desk.blobs.digests())
    assert made.upload(portfolios.PDF + b"x", "t" * 400).status_code == 422
    assert set(site.desk.blobs.digests()) == kept


def aged(site: Site, name: str, days: float) -> None:
    path = next((site.settings.data_dir / "files").rglob(name))
    then = time.time() - days * 86400
    os.utime(path, (then, then))


def test_a_file_without_a_row_was_never_found(either: Site) -> None:
    site = either
    old, young, kept = (site.desk.blobs.put(io.BytesIO(data))[0] for data in (b"old", b"young", b"kept"))
    with site.desk.database.writing() as session:
        session.add(Blob(digest=kept, size=4, media_type="text/plain", created=site.clock()))
    folder = site.settings.data_dir / "files"
    (folder / ".new-dead").write_bytes(b"half")
    (folder / ".new-alive").write_bytes(b"half")
    aged(site, old, 2)
    aged(site, kept, 2)
    aged(site, ".new-dead", 2)
    hosted.work(site)
    assert set(site.desk.blobs.digests()) == {young, kept}
    assert {path.name for path in folder.glob(".new-*")} == {".new-alive"}


def added(session: Session, made: Earned, stored: evidence.StoredFile) -> None:
    found = services.portfolio_of(session, made.rosa.id, made.portfolio)
    values = {"title": "t", "requirement": "film", "description": "", "actor": made.rosa.id, "now": made.site.clock()}
    services.add_file(session, made.site.desk.blobs, found.submission, found.body, file=stored, **values)


def test_a_file_deleted_between_storing_and_noting_left_a_row_without_bytes(either: Site) -> None:
    site = either
    made = Earned(site)
    stored = evidence.store(site.desk, io.BytesIO(portfolios.PDF + b"new"), "f.pdf")
    with site.desk.database.writing() as session:
        # Somebody else let go of the same bytes a moment ago.
        queue.ask(session, erasing.FILE, stored.digest, now=site.clock())
    hosted.work(site)
    with pytest.raises(Mistakes), site.desk.database.writing() as session:
        added(session, made, stored)
    assert row(site, Blob, stored.digest) is None
    digest, size = site.desk.blobs.put(io.BytesIO(b"picture"))
    site.desk.blobs.delete(digest)
    with pytest.raises(Mistakes), site.desk.database.writing() as session:
        pictures.keep(session, site.desk, digest, size, pictures.PNG, site.clock())
    with pytest.raises(Mistakes), site.desk.database.writing() as session:
        organization_settings.keep_image(session, site.desk, made.org, digest, size, "", site.clock())


def test_the_export_named_the_addresses_of_invited_peers(site: Site) -> None:
    made = Earned(site)
    with site.desk.database.writing() as session:
        session.add(
            Peer(submission_id=made.portfolio, name="Pat Peer", email="pat@elsewhere.example", invited=site.clock())
        )
    with site.desk.database.reading() as session:
        parts = dict(gather(session, made.rosa.id, site.clock()).parts)
    assert b"Pat Peer" in parts["portfolios.json"]
    assert b"pat@elsewhere" not in b"".join(parts.values())


# ---------------------------------------------------------------- reports

PLACES = {"A": (200, 3), "B": (210, 12), "C": (900, 9), "D": (950, 9), "E": (400, 9), "F": (420, 8)}


def test_a_published_report_gave_away_a_small_school_by_the_size_of_its_group(site: Site) -> None:
    org = hosted.issuer(site)
    definition = portfolios.define(site, org)
    with site.desk.database.writing() as session:
        for name, (enrolment, many) in PLACES.items():
            school = School(org_id=org.id, name=name, enrolment=enrolment)
            session.add(school)
            session.flush()
            version = services.published(session, org.id, definition.id)[1]
            for number in range(many):
                account = Account(created=site.clock())
                session.add(account)
                session.flush()
                session.add(
                    Submission(
                        org_id=org.id,
                        account_id=account.id,
                        definition_id=definition.id,
                        version_id=version.id,
                        school_id=school.id,
                        open_key=f"{name}{number}",
                        started=site.clock(),
                        changed=site.clock(),
                    )
                )
    site.clock.forward(days=3)
    last = site.clock().date() - timedelta(days=1)
    with site.desk.database.writing() as session:
        kept = session.get_one(Organization, org.id)
        scope = reports.Scope(date(2020, 1, 1), last)
        body = reports.publish(session, kept, scope, actor="system", now=site.clock(), why="w").body
    small = next(one for one in body["sizes"] if one["label"].startswith("Fewer"))
    b = next(one for one in body["schools"] if one["label"] == "B")
    assert small["educators"] is None or b["educators"] is None
    middle = next(one for one in body["sizes"] if one["label"].startswith("250"))
    e, f = (next(one for one in body["schools"] if one["label"] == name) for name in "EF")
    assert None not in (middle["started"], e["started"], f["started"])


def group(key: str, counts: tuple[int, int, int]) -> figures.Figures:
    people, handed, done = counts
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    return figures.figures(
        [
            figures.Path(
                educator=f"{key}{number}",
                definition="d",
                school=key,
                started=begun,
                first_submitted=begun if number < handed else None,
                demonstrated=begun + timedelta(days=1) if number < min(handed, done) else None,
                attempts=int(number < handed),
                waits=(1.0,) if number < handed else (),
            )
            for number in range(people)
        ],
        label=key,
        key=key,
        eligible=people + done,
    )


def merged(key: str, parts: list[tuple[int, int, int]]) -> figures.Figures:
    whole = tuple(sum(one[place] for one in parts) for place in range(3))
    found = group(key, whole)  # type: ignore[arg-type]
    # Who demonstrated is counted in each school, not over all.
    done = sum(min(one[1], one[2]) for one in parts)
    return replace(found, demonstrated=done)


def told(equations: list[list[int]], wanted: list[int]) -> bool:
    """Whether a sum of unknowns follows from equations about them: whether it is a combination of their rows."""
    basis: list[list[Fraction]] = []

    def reduced(values: list[int]) -> list[Fraction]:
        left = [Fraction(one) for one in values]
        for known in basis:
            lead = next(place for place, one in enumerate(known) if one)
            if left[lead]:
                factor = left[lead] / known[lead]
                left = [a - factor * b for a, b in zip(left, known, strict=True)]
        return left

    for equation in equations:
        left = reduced(equation)
        if any(left):
            basis.append(left)
    return not any(reduced(wanted))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14), st.integers(0, 14)), min_size=1, max_size=4),
        min_size=1,
        max_size=4,
    )
)
def test_no_small_number_follows_from_schools_and_sizes_together(sizes: list[list[tuple[int, int, int]]]) -> None:
    tidy = [[(people, min(people, handed), min(people, handed, done)) for people, handed, done in one] for one in sizes]
    schools = [group(f"{a}/{b}", counts) for a, one in enumerate(tidy) for b, counts in enumerate(one)]
    within = {f"{a}/{b}": str(a) for a, one in enumerate(tidy) for b, _ in enumerate(one)}
    groups = [merged(str(a), one) for a, one in enumerate(tidy)]
    total = figures.published_total(merged("all", [counts for one in tidy for counts in one]))
    shown_schools, shown_groups = figures.published_places(schools, groups, within)
    for name in ("educators", "started", "handed_in", "demonstrated"):
        holds = [[int(within[school.key] == size.key) for school in schools] for size in groups]
        alone = [[int(other is school) for other in schools] for school in schools]
        known = [line for line, one in zip(alone, shown_schools, strict=True) if name not in one.hidden]
        known += [line for line, one in zip(holds, shown_groups, strict=True) if name not in one.hidden]
        if name not in total.hidden:
            known.append([1] * len(schools))
        # Where nobody is, everybody may know it.
        known += [line for line, one in zip(alone, schools, strict=True) if not getattr(one, name)]
        for line, one in zip([*alone, *holds], [*schools, *groups], strict=True):
            if 0 < getattr(one, name) < figures.SMALL:
                assert not told(known, line), (name, one.key)


def test_a_published_spread_counted_what_was_hidden_beside_it() -> None:
    body = reports._published_row(figures.published([group("a", (20, 18, 16)), group("b", (20, 12, 12))])[0])
    assert "count" not in (body["daysToBadge"] or {})


# ---------------------------------------------------------------- the list of revoked badges


def test_the_list_of_revoked_badges_could_not_be_chosen(site: Site) -> None:
    org = hosted.issuer(site, formats=["eddsa-rdfc-2022"])
    browser = site.browser(site.person("Ada Admin", {org.slug: [Role.ADMINISTRATOR]}))
    page = browser.get(f"/o/{org.slug}/settings")
    assert "public" in page.text.partition('name="revocation_list"')[2][:900]
    values = {"name": org.name, "kind": org.kind, "version": row(site, Organization, org.id).version}
    answer = browser.submit(
        f"/o/{org.slug}/settings/profile", {**values, "revocation_list": "yes"}, form_at=f"/o/{org.slug}/settings"
    )
    assert answer.status_code == 303
    assert set(row(site, Organization, org.id).formats) == {"eddsa-rdfc-2022", "1EdTechRevocationList"}
    assert site.browser().get(f"/issuers/{org.slug}/revocations").status_code == 200
    seen = browser.get(f"/api/v1/organizations/{org.slug}").json()
    assert seen["revocationList"] is True
    values["version"] = row(site, Organization, org.id).version
    browser.submit(f"/o/{org.slug}/settings/profile", values, form_at=f"/o/{org.slug}/settings")
    assert row(site, Organization, org.id).formats == ["eddsa-rdfc-2022"]
    assert site.browser().get(f"/issuers/{org.slug}/revocations").status_code == 404
