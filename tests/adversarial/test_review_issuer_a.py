"""What a review of awards, jobs, keys and status lists found: each of these was wrong once."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, SQLModel, select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards import batches, resigning, services
from badgeport.issuer.awards.minting import MintHandler
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, SignedCopy
from badgeport.issuer.awards.worker import HANDLERS, Worker
from badgeport.issuer.desk import IssuerDesk, OutboundError
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.people import keys
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.status.signing import StatusListHandler
from badgeport.issuer.status.tables import StatusCopy, StatusListRow
from badgeport.schemas import jsontext
from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError
from support import hosted
from support.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Any:
    made = Site(tmp_path)
    yield made
    made.close()


KINDS = ("mint", "status-list", "mail", "resign", "status-renewal")


def rows(site: Site, table: type[SQLModel]) -> list[Any]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(table)).all())


def jobs(site: Site, *kinds: str) -> list[Job]:
    return [job for job in rows(site, Job) if job.kind in kinds]


def lose(
    site: Site, org: Organization, *purposes: str, replaced: bool = True, resign: bool = True
) -> dict[str, IssuerKey]:
    """Revoke an organisation's keys; the keys as they were before, by purpose."""
    lost = {}
    for key in rows(site, IssuerKey):
        if key.org_id != org.id or key.state != "active" or key.purpose not in (purposes or ("embedded", "token")):
            continue
        new = keys.replacement(site.desk, org, key.purpose) if replaced else None
        with site.desk.database.writing() as session:
            revocation = keys.Revocation(key.created, "stolen", new, resign)
            keys.revoke(session, keys.key_of(session, org, key.id), revocation, actor="system", now=site.clock())
        lost[key.purpose] = key
    return lost


def go(site: Site, times: int, **step: float) -> None:
    """Work, and let time pass, again and again."""
    worker = Worker(site.desk, "goes", handlers={kind: HANDLERS[kind] for kind in KINDS})
    for _ in range(times):
        worker.run_until_idle()
        site.clock.forward(**step)


def states_of_newest(site: Site) -> set[str]:
    """The states of the keys of the newest copies of all badges."""
    state = {key.id: key.state for key in rows(site, IssuerKey)}
    newest = {award.id: award.edition for award in rows(site, Award)}
    return {state[copy.key_id] for copy in rows(site, SignedCopy) if copy.edition == newest[copy.award_id]}


def listed_under(site: Site) -> set[str]:
    """The keys that the newest copies of all status lists name."""
    newest = {row.id: row.edition for row in rows(site, StatusListRow)}
    proofs = [
        jsontext.parse(copy.body)["proof"] for copy in rows(site, StatusCopy) if copy.edition == newest[copy.list_id]
    ]
    return {(proof[0] if isinstance(proof, list) else proof)["verificationMethod"] for proof in proofs}


class Interrupted:
    """A handler with something that happens once while it has signed and not yet written."""

    def __init__(self, inner: Any, event: Any) -> None:
        self.inner, self.event = inner, event
        self.together = 1
        self.prepare, self.settle = inner.prepare, inner.settle

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        made = self.inner.work(desk, prepared)
        if prepared is not None and self.event is not None:
            event, self.event = self.event, None
            event()
        return made


# ---------------------------------------------------------------- A1


def test_a_badge_was_published_under_a_key_that_was_revoked_while_a_worker_signed_with_it(site: Site) -> None:
    org = hosted.issuer(site)
    hosted.award(site, org, hosted.published(site, org), signed=False)
    other = Worker(site.desk, "other")

    def stolen() -> None:
        site.clock.forward(seconds=5)
        lose(site, org)
        site.clock.forward(seconds=1)
        other.run_until_idle()

    slow = Worker(site.desk, "slow", handlers={**HANDLERS, "mint": Interrupted(MintHandler(), stolen)})
    slow.run_until_idle()
    assert {award.state for award in rows(site, Award)} == {"published"}
    assert states_of_newest(site) == {"active"}
    assert {copy.edition for copy in rows(site, SignedCopy)} == {1}
    assert jobs(site, "mint") == []


def test_a_status_list_was_published_under_a_key_that_was_revoked_while_a_worker_signed_with_it(site: Site) -> None:
    org = hosted.issuer(site)
    hosted.award(site, org, hosted.published(site, org), signed=False)
    lost: list[IssuerKey] = []

    def stolen() -> None:
        lost.append(lose(site, org, "embedded", resign=False)["embedded"])
        site.clock.forward(seconds=1)

    handlers = {**HANDLERS, "status-list": Interrupted(StatusListHandler(), stolen)}
    Worker(site.desk, "slow", handlers=handlers).run_until_idle()
    site.clock.forward(seconds=2)
    hosted.work(site)
    assert len(rows(site, StatusCopy)) >= 2
    methods = {jsontext.parse(copy.body)["proof"]["verificationMethod"] for copy in rows(site, StatusCopy)}
    assert lost[0].verification_method not in methods


# ---------------------------------------------------------------- A3


def test_the_status_lists_stayed_under_a_revoked_key_when_nothing_was_to_be_signed_anew(site: Site) -> None:
    org = hosted.issuer(site)
    hosted.award(site, org, hosted.published(site, org))
    site.clock.forward(hours=1)
    lost = lose(site, org, "embedded", resign=False)["embedded"]
    assert listed_under(site) == {lost.verification_method}
    hosted.work(site)
    assert lost.verification_method not in listed_under(site)


def test_the_status_lists_came_after_all_badges_when_a_key_was_lost(site: Site) -> None:
    org = hosted.issuer(site)
    hosted.award(site, org, hosted.published(site, org))
    site.clock.forward(hours=1)
    lost = lose(site, org, "embedded")["embedded"]
    worker = Worker(site.desk, "one")
    while {award.edition for award in rows(site, Award)} == {1}:
        worker.run_once(1)
    assert lost.verification_method not in listed_under(site)


# ---------------------------------------------------------------- A4


def test_a_day_without_keys_ended_the_signing_of_badges_and_lists_for_good(site: Site) -> None:
    org = hosted.issuer(site)
    hosted.award(site, org, hosted.published(site, org))
    lose(site, org, replaced=False)
    go(site, 12, minutes=30)
    assert [job.failed for job in jobs(site, "mint", "status-list")] == [False] * 3
    with site.desk.database.writing() as session:
        keys.make_keys(session, site.desk, org, actor="system", now=site.clock())
    # New keys are an occasion: nothing waits for its hour.
    hosted.work(site)
    assert jobs(site, "mint", "status-list") == []
    assert states_of_newest(site) == {"active"}
    assert all(row.valid_until > site.clock() for row in rows(site, StatusListRow))


@pytest.mark.parametrize(
    "trouble",
    [
        ProblemError(KEY_CUSTODY_ERROR, "the token is unplugged"),
        OperationalError("select", {}, Exception("the disk is slow")),
    ],
    ids=["custody", "database"],
)
@pytest.mark.parametrize("step", ["prepare", "work", "settle"])
def test_a_day_without_key_service_or_database_ended_jobs_for_good(site: Site, trouble: Exception, step: str) -> None:
    org = hosted.issuer(site)
    hosted.award(site, org, hosted.published(site, org), signed=False)

    def failing(*_: Any) -> Any:
        raise trouble

    Worker(site.desk, "lists", handlers={"status-list": StatusListHandler()}).run_until_idle()
    down = Interrupted(MintHandler(), None)
    setattr(down, step, failing)
    worker = Worker(site.desk, "down", handlers={"mint": down})
    waits = []
    for _ in range(14):
        worker.run_until_idle()
        (job,) = jobs(site, "mint")
        waits.append(job.due - site.clock())
        site.clock.forward(minutes=61)
    assert not job.failed
    assert waits[-1] == timedelta(hours=1) > waits[1] > waits[0]
    hosted.work(site)
    assert {award.state for award in rows(site, Award)} == {"published"}


def test_a_status_list_whose_job_failed_was_never_asked_for_again(site: Site) -> None:
    org = hosted.issuer(site)
    hosted.award(site, org, hosted.published(site, org))
    with site.desk.database.writing() as session:
        for row in session.exec(select(StatusListRow)):
            row.wanted += 1
            job = queue.ask(session, "status-list", row.id, now=site.clock(), org_id=org.id)
            job.failed = True
            session.add_all([row, job])
    site.clock.forward(hours=13)
    hosted.work(site)
    assert jobs(site, "status-list") == []
    assert all(row.valid_until > site.clock() + timedelta(hours=20) for row in rows(site, StatusListRow))


def test_signing_anew_left_out_the_badges_whose_signing_had_failed(site: Site) -> None:
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    lost = lose(site, org, resign=False)["embedded"]
    with site.desk.database.writing() as session:
        services.want_edition(session, session.get_one(Award, award.id), "a correction", now=site.clock())
        job = session.exec(select(Job).where(Job.kind == "mint")).one()
        job.failed = True
        session.add(job)
    hosted.work(site)
    assert states_of_newest(site) == {"revoked"}
    with site.desk.database.writing() as session:
        key = keys.key_of(session, org, lost.id)
        resigning.ask_resign(session, org, key, "again", "system", site.clock())
    site.clock.forward(seconds=1)
    hosted.work(site)
    assert states_of_newest(site) == {"active"}


# ---------------------------------------------------------------- A5


def test_signing_anew_never_ended_for_a_badge_past_its_end(site: Site) -> None:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    over = hosted.award(site, org, definition, "over", valid_until=site.clock() + timedelta(days=10))
    lasting = hosted.award(
        site, org, definition, "lasting", recipient=hosted.RecipientData("Ana Ruiz", "ana@people.example")
    )
    site.clock.forward(days=20)
    hosted.work(site)
    lost = lose(site, org)["embedded"]
    with site.desk.database.reading() as session:
        count = resigning.count_signed(session, org.id, lost.id, site.clock())
    assert (count.lasting, count.expired) == (1, 1)
    go(site, 12, minutes=30)
    assert jobs(site, "mint", "resign") == []
    editions = {award.id: (award.edition, award.wanted) for award in rows(site, Award)}
    assert editions == {over.id: (1, 1), lasting.id: (2, 2)}
    clerk = site.browser(site.person("Clara Clerk", {org.slug: [Role.REGISTRAR]}))
    said = clerk.get(f"/o/{org.slug}/awards/sign-again/{lost.id}").text
    assert "One badge has expired and stays as it is." in said


@pytest.mark.parametrize("published", [False, True])
def test_the_signing_of_a_badge_whose_end_had_passed_never_ended(site: Site, published: bool) -> None:
    org = hosted.issuer(site)
    award = hosted.award(
        site, org, hosted.published(site, org), signed=published, valid_until=site.clock() + timedelta(days=10)
    )
    if published:
        with site.desk.database.writing() as session:
            services.want_edition(session, session.get_one(Award, award.id), "a correction", now=site.clock())
    site.clock.forward(days=11)
    go(site, 12, minutes=30)
    assert jobs(site, "mint") == []
    (row,) = rows(site, Award)
    assert (row.state, row.edition, row.wanted) == (("published", 1, 1) if published else ("lapsed", 0, 0))
    assert [entry.action for entry in rows(site, AuditEntry)].count("award.overdue") == 1
    clerk = site.browser(site.person("Clara Clerk", {org.slug: [Role.REGISTRAR]}))
    page = clerk.get(f"/o/{org.slug}/awards/{award.id}").text
    assert "Its end had passed before it could be signed." in page
    assert "being signed" not in page
    # A later end has it signed.
    with site.desk.database.writing() as session:
        services.correct(
            session,
            site.desk,
            session.get_one(Award, award.id),
            reason="a year more",
            actor="system",
            now=site.clock(),
            valid_until=site.clock() + timedelta(days=365),
        )
    hosted.work(site)
    (row,) = rows(site, Award)
    assert (row.state, row.edition == row.wanted) == ("published", True)


# ---------------------------------------------------------------- A7


def test_an_hour_without_mail_server_lost_the_messages_of_that_hour(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    org = hosted.issuer(site)
    sending = site.desk.mail

    def down(*_: str) -> None:
        raise OutboundError("the mail server does not answer")

    object.__setattr__(site.desk, "mail", down)
    award = hosted.award(site, org, hosted.published(site, org))
    clerk = site.browser(site.person("Clara Clerk", {org.slug: [Role.REGISTRAR]}))
    waiting = "The message to the recipient could not be sent yet; it is tried again by itself."
    assert waiting in clerk.get(f"/o/{org.slug}/awards/{award.id}").text
    go(site, 12, hours=1)
    assert [job.failed for job in jobs(site, "mail")] == [False]
    object.__setattr__(site.desk, "mail", sending)
    go(site, 2, hours=1)
    assert [mail["to"] for mail in site.mails()] == ["rosa@people.example"]
    assert waiting not in clerk.get(f"/o/{org.slug}/awards/{award.id}").text


def test_nobody_was_told_of_a_message_that_was_given_up(site: Site) -> None:
    org = hosted.issuer(site)

    def down(*_: str) -> None:
        raise OutboundError("there is no such mailbox")

    object.__setattr__(site.desk, "mail", down)
    award = hosted.award(site, org, hosted.published(site, org))
    go(site, 100, hours=1, seconds=1)
    assert [job.failed for job in jobs(site, "mail")] == [True]
    clerk = site.browser(site.person("Clara Clerk", {org.slug: [Role.REGISTRAR]}))
    assert "The message to the recipient was not sent" in clerk.get(f"/o/{org.slug}/awards/{award.id}").text


# ---------------------------------------------------------------- A8


def test_two_files_looked_at_before_either_was_started_awarded_somebody_twice(site: Site) -> None:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)

    def read(key: str) -> AwardBatch:
        file = io.BytesIO(b"name,email\nRosa Delgado,rosa@people.example\nAna Ruiz,%s@people.example\n" % key.encode())
        return batches.take_file(
            site.desk, org, definition[0].id, file, key=key, name=key, actor="system", now=site.clock()
        )

    both = [read("one"), read("two")]
    assert [batch.bad for batch in both] == [0, 0]
    with site.desk.database.writing() as session:
        for batch in both:
            batches.start(
                session, session.get_one(AwardBatch, batch.id), proceed=False, actor="system", now=site.clock()
            )
    hosted.work(site)
    assert len(rows(site, Award)) == 3
    done = {batch.state for batch in rows(site, AwardBatch)}
    assert (done, sorted(batch.bad for batch in rows(site, AwardBatch))) == ({"done"}, [0, 1])
    (bad,) = [row for row in rows(site, BatchRow) if not row.good]
    assert [problem["column"] for problem in bad.problems] == ["email"]


# ---------------------------------------------------------------- A9


class Fails:
    """A job that fails by itself."""

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:
        return key

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        raise ValueError

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> None:
        """Never reached."""


def test_workers_that_died_were_counted_as_failures_of_the_job(site: Site) -> None:
    with site.desk.database.writing() as session:
        queue.ask(session, "test", "a", now=site.clock())
    for number in range(10):
        with site.desk.database.writing() as session:
            taken: Sequence[Job] = queue.take(session, f"dies-{number}", now=site.clock(), most=1, kinds={"test"})
            assert len(taken) == 1
        site.clock.forward(minutes=3)
    worker = Worker(site.desk, "lives", handlers={"test": Fails()})
    worker.run_once()
    (job,) = jobs(site, "test")
    assert (job.failed, job.failures, job.deaths) == (False, 1, 10)
