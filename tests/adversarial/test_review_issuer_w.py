"""What a review of repairs found in files, reviews, status lists and what programs get signed: each was wrong once."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from sqlmodel import Session, col, select

from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import RecipientData
from badgeport.issuer.awards.tables import Award, Mail, SignedCopy
from badgeport.issuer.awards.worker import Worker
from badgeport.issuer.home import collections
from badgeport.issuer.home.erasing import RESTS, Files
from badgeport.issuer.home.sweeping import Strays
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.hosting import transcripts
from badgeport.issuer.hosting.tables import Transcript
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Forbidden, Mistakes
from badgeport.issuer.people import keys
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, IssuerKey, Organization
from badgeport.issuer.status.lists import set_value
from badgeport.issuer.status.signing import StatusListHandler
from badgeport.issuer.status.tables import StatusCopy, StatusListRow
from badgeport.issuer.storage.blobs import Blobs
from badgeport.issuer.storage.keeping import FILE, keep
from badgeport.issuer.storage.tables import Blob
from badgeport.issuer.submissions import calibration, reviews, services
from badgeport.issuer.submissions.tables import Attempt, Peer, Submission
from badgeport.schemas import jsontext
from badgeport.service.files import S3Blobs, file_store
from badgeport.service.settings import Settings
from support import databases, hosted
from support import portfolios as p
from support.site import PUBLIC_URL, Site, json_of

API = "/api/v1/organizations/prairie"
HTML = {"Accept": "text/html"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def rows(site: Site, table: Any) -> list[Any]:
    with site.desk.database.reading() as session:
        return list(session.exec(select(table)).all())


class Store:
    """A store of files that can be away, and during whose deletions something can happen."""

    def __init__(self, inner: Blobs) -> None:
        self.inner, self.away = inner, False
        self.during: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        def asked(*given: Any) -> Any:
            if self.away:
                raise OSError("the file store does not answer (EndpointConnectionError)")
            if self.during is not None and name == "delete":
                self.during()
            return getattr(self.inner, name)(*given)

        return asked


# -- the store of files ------------------------------------------------------------------------------------------------


def test_an_outage_of_the_file_store_ended_the_deletion_of_files_for_good(site: Site) -> None:
    store = Store(site.desk.blobs)
    digest, _ = store.put(io.BytesIO(b"evidence of somebody who was erased"))
    with site.desk.database.writing() as session:
        queue.ask(session, FILE, digest, now=site.clock())
    desk = replace(site.desk, blobs=store)
    worker = Worker(desk, handlers={FILE: Files(), "stray-files": Strays()})
    store.away = True
    for _ in range(40):
        worker.run_until_idle()
        site.clock.forward(minutes=20)
    assert [(job.failed, job.attempts > 8) for job in rows(site, Job)] == [(False, True)] * 2
    assert "file store" in rows(site, Job)[0].error
    store.away = False
    site.clock.forward(hours=1)
    worker.run_until_idle()
    assert not site.desk.blobs.has(digest)


class Breaks:
    """Regular work that fails by itself, or kills its worker."""

    every = timedelta(days=1)

    def __init__(self) -> None:
        self.broken, self.done = True, 0

    def prepare(self, desk: Any, session: Session, key: str) -> None:
        pass

    def work(self, desk: Any, prepared: None) -> None:
        if self.broken:
            raise ValueError("a mistake of its own")
        self.done += 1

    def settle(self, session: Session, desk: Any, key: str, result: None, now: Any) -> None:
        pass


def test_regular_work_that_failed_was_never_done_again(site: Site) -> None:
    work = Breaks()
    worker = Worker(site.desk, handlers={"regular": work})
    for _ in range(30):
        worker.run_until_idle()
        site.clock.forward(minutes=10)
    assert rows(site, Job)[0].failed
    work.broken = False
    for _ in range(26):
        worker.run_until_idle()
        site.clock.forward(hours=1)
    assert work.done == 1


def test_regular_work_whose_workers_died_was_never_done_again(site: Site) -> None:
    work = Breaks()
    worker = Worker(site.desk, handlers={"regular": work})
    deaths = 0
    for _ in range(1000):
        worker._plan()
        with site.desk.database.writing() as session:
            deaths += len(queue.take(session, "dies", now=site.clock(), most=1))
        site.clock.forward(minutes=5)
    assert queue.MOST_BEGUN <= deaths <= queue.MOST_BEGUN + 3  # one more on each of the days
    work.broken = False
    site.clock.forward(days=1)
    worker.run_until_idle()
    site.clock.forward(hours=2)
    worker.run_until_idle()
    assert work.done == 1


def writes_at_once(site: Site) -> bool:
    """Whether somebody else can write just now."""
    done = threading.Event()

    def write() -> None:
        with site.desk.database.writing():
            done.set()

    other = threading.Thread(target=write, daemon=True)
    other.start()
    return done.wait(5)


def test_the_one_writer_waited_for_the_file_store(site: Site) -> None:
    store = Store(site.desk.blobs)
    digest, size = store.put(io.BytesIO(b"nobody wants this"))
    with site.desk.database.writing() as session:
        queue.ask(session, FILE, digest, now=site.clock())
    free: list[bool] = []
    store.during = lambda: free.append(writes_at_once(site))
    Worker(replace(site.desk, blobs=store), handlers={FILE: Files()}).run_until_idle()
    assert free == [True]
    site.clock.forward(seconds=1)
    store.put(io.BytesIO(b"nobody wants this"))
    store.away = True
    with site.desk.database.writing() as session:
        # The store is not asked.
        keep(session, digest, size, "text/plain", site.clock())


def stored_at(site: Site, data: bytes = b"the same bytes") -> tuple[str, int, Any]:
    """A file that was stored, and the instant before that."""
    now = site.clock()
    site.clock.forward(seconds=1)
    digest, size = site.desk.blobs.put(io.BytesIO(data))
    return digest, size, now


def kept(site: Site, stored: tuple[str, int, Any]) -> bool:
    try:
        with site.desk.database.writing() as session:
            keep(session, *stored[:2], "text/plain", stored[2])
    except Mistakes:
        return False
    return True


def test_a_row_is_never_made_for_bytes_that_are_being_deleted_or_were(site: Site) -> None:
    stored = stored_at(site)
    digest = stored[0]
    with site.desk.database.writing() as session:
        queue.ask(session, FILE, digest, now=site.clock())
    store, meanwhile = Store(site.desk.blobs), []
    store.during = lambda: meanwhile.append(kept(site, stored))
    worker = Worker(replace(site.desk, blobs=store), handlers={FILE: Files()})
    site.clock.forward(seconds=1)
    worker.run_until_idle()
    assert meanwhile == [False]
    assert not site.desk.blobs.has(digest)
    # Stored before it was deleted: the bytes are gone.
    assert not kept(site, stored)
    # Stored since: they are there, and stay, though the job is still there.
    site.clock.forward(seconds=1)
    again = stored_at(site)
    assert kept(site, again)
    site.clock.forward(seconds=RESTS.total_seconds() + 1)
    worker.run_until_idle()
    assert site.desk.blobs.has(digest)
    assert [job for job in rows(site, Job) if job.kind == FILE] == []


def test_a_file_that_nobody_began_to_delete_is_kept(site: Site) -> None:
    with site.desk.database.writing() as session:
        queue.ask(session, FILE, "0" * 64, now=site.clock())
    stored = stored_at(site)
    with site.desk.database.writing() as session:
        queue.ask(session, FILE, stored[0], now=site.clock() - timedelta(hours=1))
    assert kept(site, (*stored[:2], site.clock()))
    Worker(site.desk, handlers={FILE: Files()}).run_until_idle()
    assert site.desk.blobs.has(stored[0])
    assert [row.digest for row in rows(site, Blob)] == [stored[0]]


def test_the_store_s_client_waited_as_long_as_it_pleased(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made: dict[str, Any] = {}
    monkeypatch.setattr(boto3, "client", lambda name, **given: made.update(given) or name)
    assert isinstance(file_store(Settings(data_dir=tmp_path, files="s3://badges")), S3Blobs)
    limits = made["config"]
    longest = (limits.connect_timeout + limits.read_timeout) * limits.retries["total_max_attempts"]
    assert longest < queue.LEASE.total_seconds() * 0.75


# -- status lists ------------------------------------------------------------------------------------------------------


def test_a_status_list_was_not_published_while_statuses_kept_changing(site: Site) -> None:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    made = [
        hosted.award(site, org, definition, key=f"k{n}", recipient=RecipientData("N", f"{n}@p.example"), signed=False)
        for n in range(5)
    ]
    hosted.work(site)
    seen: list[tuple[int, int]] = []

    class Busy(StatusListHandler):
        together = 1

        def work(self, desk: Any, prepared: Any) -> Any:
            signed = super().work(desk, prepared)
            if prepared is not None and len(seen) < 4:
                with desk.database.writing() as session:
                    row = set_value(session, made[1 + len(seen)].id, "revocation", 1, now=desk.clock())
                    assert row is not None
                    seen.append((row.edition, row.wanted))
            return signed

    with site.desk.database.writing() as session:
        set_value(session, made[0].id, "revocation", 1, now=site.clock())
    Worker(site.desk, handlers={"status-list": Busy()}).run_until_idle()
    assert seen == [(1, 3), (2, 4), (3, 5), (4, 6)]
    (row,) = [one for one in rows(site, StatusListRow) if one.purpose == "revocation"]
    assert (row.edition, row.wanted) == (6, 6)
    assert sorted(copy.edition for copy in rows(site, StatusCopy) if copy.list_id == row.id) == [1, 2, 3, 4, 5, 6]
    assert [job for job in rows(site, Job) if job.kind == "status-list"] == []


def test_a_change_while_somebody_else_signed_the_list_is_not_forgotten(site: Site) -> None:
    """A worker that finds nothing more to sign still sees what was wanted meanwhile."""
    org = hosted.issuer(site)
    award = hosted.award(site, org, hosted.published(site, org))
    handler = StatusListHandler()
    with site.desk.database.reading() as session:
        row = next(one for one in session.exec(select(StatusListRow)) if one.purpose == "revocation")
        nothing = handler.prepare(site.desk, session, row.id)
    assert nothing is None
    with site.desk.database.writing() as session:
        set_value(session, award.id, "revocation", 1, now=site.clock())
        assert handler.settle(session, site.desk, row.id, None, site.clock()) == timedelta(0)


# -- reviews -----------------------------------------------------------------------------------------------------------


class Place:
    """An agency with a micro-credential that two score, a teacher and two assessors."""

    def __init__(self, folder: Path) -> None:
        self.site = Site(folder, database_url=databases.made("sqlite", folder))
        self.org = hosted.issuer(self.site)
        self.definition = p.define(self.site, self.org, secondAssessor=True)
        self.teacher = self.site.person("Tess Teacher", {"prairie": [Role.EDUCATOR]})
        self.ann = p.assessor(self.site, "Ann Archer", self.definition)
        self.bo = p.assessor(self.site, "Bo Baker", self.definition)

    def api(self, account: Account) -> Any:
        browser = self.site.browser(account)
        browser.headers["X-CSRF-Token"] = browser.csrf or ""
        browser.headers["Origin"] = PUBLIC_URL
        return browser

    def token(self, account: Account) -> Any:
        """A program with a token that somebody made."""
        wanted = {"name": "t", "scopes": ["submissions:read", "audit:read"], "days": 1}
        made = self.api(account).post(f"{API}/tokens", json=wanted)
        assert made.status_code == 201, made.text
        return self.site.program(json_of(made)["secret"])

    def handed_in(self, account: Account) -> str:
        found = p.fill(self.site, account, self.definition)
        p.hand_in(self.site, account, found)
        return found

    def differ(self, found: str) -> None:
        """Two score, and a third is to decide."""
        p.take(self.site, self.ann, found)
        p.finish(self.site, self.ann, found, p.scores(questions="Beginning"), feedback="SECRET of Ann")
        p.take(self.site, self.bo, found)
        assert p.finish(self.site, self.bo, found, p.scores(), feedback="SECRET of Bo") == "adjudication"

    def eligible(self, found: str) -> list[str]:
        with self.site.desk.database.reading() as session:
            portfolio = reviews.submission_in(session, self.org.id, found)
            return [name for _, name in reviews.eligible(session, portfolio, self.site.clock())]

    def invite(self, found: str, email: str) -> Any:
        return self.site.browser(self.teacher).submit(
            f"/home/portfolio/{found}/peers", {"name": "Pia Peer", "email": email}
        )


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.site.close()


def test_an_administrator_read_the_review_of_their_own_portfolio_with_a_token(place: Place) -> None:
    me = place.site.person("Pat Principal", {"prairie": [Role.ADMINISTRATOR, Role.EDUCATOR]})
    found = place.handed_in(me)
    place.differ(found)
    mine, other = place.token(me), place.token(place.site.person("Al Alder", {"prairie": [Role.ADMINISTRATOR]}))
    assert mine.get(f"{API}/reviews/{found}").status_code == 404
    assert json_of(mine.get(f"{API}/reviews?show=all"))["items"] == []
    assert json_of(mine.get(f"{API}/audit?target=submission:{found}"))["items"] == []
    shown = json_of(other.get(f"{API}/reviews/{found}"))
    assert {one["feedback"] for one in shown["reviews"]} == {"SECRET of Ann", "SECRET of Bo"}
    assert json_of(other.get(f"{API}/audit?target=submission:{found}"))["items"]


@pytest.mark.parametrize("takes", [True, False], ids=["has-a-part", "could-have-one"])
def test_an_assessor_read_the_other_part_with_a_token_of_their_own(place: Place, takes: bool) -> None:
    me = place.site.person("Cy Cole", {"prairie": [Role.ADMINISTRATOR, Role.ASSESSOR]})
    p.certify(place.site, me, place.definition)
    found = place.handed_in(place.teacher)
    p.take(place.site, place.ann, found)
    if takes:
        p.take(place.site, me, found)
    program = place.token(me)
    assert all(one["assessor"] is None for one in json_of(program.get(f"{API}/reviews/{found}"))["reviews"])
    assert json_of(program.get(f"{API}/audit?target=submission:{found}"))["items"] == []
    if takes:
        p.finish(place.site, place.ann, found, p.scores(questions="Beginning"), feedback="SECRET of Ann")
        assert p.finish(place.site, me, found, p.scores()) == "adjudication"
        assert "SECRET" not in program.get(f"{API}/reviews/{found}").text


def test_an_educator_chose_who_scores_by_inviting_the_strict_one(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    answer = place.invite(found, "ann@people.example")
    assert answer.status_code == 422
    assert "scores portfolios" in answer.text
    assert rows(place.site, Peer) == []
    # Somebody who is certified later is not barred by an invitation either, as long as they do not open it.
    cleo = place.site.person("Cleo Cole", {"prairie": [Role.ASSESSOR]})
    assert place.invite(found, "cleo@people.example").status_code == 303
    p.certify(place.site, cleo, place.definition)
    p.hand_in(place.site, place.teacher, found)
    assert place.eligible(found) == ["Ann Archer", "Bo Baker", "Cleo Cole"]


def test_who_opened_the_link_without_signing_in_does_not_score(place: Place) -> None:
    found = p.fill(place.site, place.teacher, place.definition)
    cleo = place.site.person("Cleo Cole", {"prairie": [Role.ASSESSOR]})
    place.invite(found, "cleo@people.example")
    mail = next(one for one in rows(place.site, Mail) if one.address == "cleo@people.example")
    link = mail.body.partition(f"{PUBLIC_URL}/peers/")[2].split()[0]
    assert place.site.browser().get(f"/peers/{link}", headers=HTML).status_code == 200
    p.certify(place.site, cleo, place.definition)
    p.hand_in(place.site, place.teacher, found)
    assert place.eligible(found) == ["Ann Archer", "Bo Baker"]
    with pytest.raises(Forbidden, match="helped"):
        p.take(place.site, cleo, found)


def test_figures_told_one_assessor_what_the_other_found_while_a_third_decides(place: Place) -> None:
    found = place.handed_in(place.teacher)
    place.differ(found)

    def pairs() -> list[int]:
        with place.site.desk.database.reading() as session:
            listed = session.exec(calibration.double_scored(place.org.id)).all()
            return [calibration.figures(session, one).decisions.pairs for one in listed]

    assert pairs() == []
    assert json_of(place.api(place.ann).get(f"{API}/calibration"))["items"] == []
    with place.site.desk.database.reading() as session:
        assert calibration.figures(session, place.definition).decisions.pairs == 0
    third = p.assessor(place.site, "Di Dorn", place.definition)
    p.take(place.site, third, found)
    p.finish(place.site, third, found, p.scores())
    assert pairs() == [1]


def test_notes_to_hours_outlived_the_retention_of_portfolios(place: Place) -> None:
    site = place.site
    found = p.fill(site, place.teacher, place.definition)
    by = {"actor": place.teacher.id, "now": site.clock()}
    day = site.clock().date().isoformat()
    with site.desk.database.writing() as session:
        row = session.get_one(Submission, found)
        body = services.with_definition(session, row).body
        services.log_hours(session, row, body, key="observe", hours="1", done_on=day, words="PRIVATE: Ms. Moon", **by)
    p.hand_in(site, place.teacher, found)
    for assessor in (place.ann, place.bo):
        p.take(site, assessor, found)
        p.finish(site, assessor, found, p.scores())
    with site.desk.database.writing() as session:
        org = session.get_one(Organization, place.org.id)
        org.retention_days = 30
        session.add(org)
    for _ in range(3):
        site.clock.forward(days=40)
        hosted.work(site)
    (attempt,) = rows(site, Attempt)
    assert "PRIVATE" not in str(attempt.experiences)
    assert sorted(one["hours"] for one in attempt.experiences) == [1, 1.5, 1.5]
    # One that was emptied before notes were.
    with site.desk.database.writing() as session:
        attempt = session.get_one(Attempt, attempt.id)
        attempt.experiences = [{**one, "note": "PRIVATE"} for one in attempt.experiences]
        session.add(attempt)
    site.clock.forward(hours=2)
    hosted.work(site)
    assert "PRIVATE" not in str(rows(site, Attempt)[0].experiences)


# -- what the installation signs ---------------------------------------------------------------------------------------


def test_a_learner_record_without_badges_was_said_to_be_signed_for_good(site: Site) -> None:
    org = hosted.issuer(site)
    rosa = site.person("Rosa Delgado", email="rosa@people.example")
    recipient = RecipientData("Rosa", "rosa@people.example")
    award = hosted.award(site, org, hosted.published(site, org), account_id=rosa.id, recipient=recipient)
    with site.desk.database.writing() as session:
        transcripts.ask(session, rosa.id, actor=rosa.id, now=site.clock())
    hosted.work(site)
    assert rows(site, Transcript)[0].body is not None
    site.clock.forward(days=1)
    with site.desk.database.writing() as session:
        awards.suspend(session, site.desk, session.get_one(Award, award.id), "x", "why", site.clock())
    (key,) = [one for one in rows(site, IssuerKey) if one.org_id is None and one.purpose == "embedded"]
    new = keys.replacement(site.desk, None, "embedded")
    with site.desk.database.writing() as session:
        lost = keys.Revocation(site.clock(), "stolen", new, True)
        keys.revoke(session, session.get_one(IssuerKey, key.id), lost, actor="operator", now=site.clock())
    site.clock.forward(minutes=1)
    hosted.work(site)
    assert rows(site, Transcript) == []
    (told,) = [one for one in rows(site, Mail) if one.subject == "Your learner record could not be signed"]
    assert told.address == "rosa@people.example"
    assert "being signed" not in site.browser(rosa).get("/home/transcript").text


def test_a_badge_reinstated_while_nothing_was_found_to_sign_is_signed_for(site: Site) -> None:
    org = hosted.issuer(site)
    rosa = site.person("Rosa Delgado", email="rosa@people.example")
    hosted.award(site, org, hosted.published(site, org), account_id=rosa.id)
    with site.desk.database.writing() as session:
        transcripts.ask(session, rosa.id, actor=rosa.id, now=site.clock())
        assert transcripts.Signing().settle(session, site.desk, rosa.id, None, site.clock()) == timedelta(0)


def test_a_shared_set_was_looked_at_every_five_seconds_for_a_badge_that_cannot_be_signed(site: Site) -> None:
    org = hosted.issuer(site)
    definition = hosted.published(site, org)
    me = site.person("Rosa Delgado", email="rosa@people.example")
    award = hosted.award(site, org, definition, account_id=me.id)
    with site.desk.database.writing() as session:
        shown = collections.make(session, me.id, title="t", awards=[award.id], days=30, actor=me.id, now=site.clock())
    hosted.work(site)
    for key in [one for one in rows(site, IssuerKey) if one.org_id == org.id]:
        with site.desk.database.writing() as session:
            lost = keys.Revocation(site.clock(), "stolen", None, True)
            keys.revoke(session, session.get_one(IssuerKey, key.id), lost, actor="a", now=site.clock())
    hosted.work(site)
    with site.desk.database.reading() as session:
        badge = session.get_one(Award, award.id)
        assert badge.edition < badge.wanted
    with site.desk.database.writing() as session:
        queue.ask(session, collections.JOB, shown.id, now=site.clock())
    worker = Worker(site.desk, handlers={collections.JOB: collections.Signing()})
    looks = 0
    for _ in range(20):
        site.clock.forward(seconds=6)
        looks += worker.run_until_idle()
    assert looks == 1
    with site.desk.database.reading() as session:
        assert session.get_one(Collection, shown.id).body is not None


# -- what programs get signed ------------------------------------------------------------------------------------------

PLACES = (
    "https://evil.example%2F@badges.example/c/{id}",
    "https://evil.example%3F@badges.example/c/{id}",
    "https://evil.example@badges.example/c/{id}",
    "https://badges\u3002example/c/{id}",
    "https://\uff42adges.example/c/{id}",
    "https://bad\u00adges.example/c/{id}",
    "https:/badges.example/c/{id}",
    "https:badges.example/c/{id}",
    "https:\\\\badges.example/c/{id}",
    "https://evil.example\\@badges.example/c/{id}",
    "HTTPS://BADGES.EXAMPLE./c/{id}",
    "https://badges.example:443/c/{id}",
    "http://badges.example/c/{id}",
    "//badges.example/c/{id}",
    "ht\ntps://badges.example/c/{id}",
    "https%3A//badges.example/c/{id}",
    "https://badges%2Eexample/c/{id}",
)


def test_ids_and_status_places_of_this_house_were_signed_in_other_spellings(site: Site) -> None:
    org = hosted.issuer(site)
    program = site.program(site.token(org, "credentials:issue"))
    award = hosted.award(site, org, hosted.published(site, org))

    def answer(**changed: Any) -> int:
        credential = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiableCredential"],
            "issuer": org.did,
            "validFrom": "2026-01-01T00:00:00Z",
            "credentialSubject": {"id": "urn:uuid:6a3f4a3e-8d5c-4d7b-9d6b-0f2a3c4d5e6f"},
            **changed,
        }
        status: int = program.post("/credentials/issue", json={"credential": credential}).status_code
        return status

    ours = f"https://badges.example/c/{award.id}"
    for spelt in (ours, *(one.format(id=award.id) for one in PLACES)):
        assert answer(id=spelt) == 400, spelt
        assert answer(credentialSubject={"id": spelt}) == 400, spelt
        assert answer(credentialSubject=[{"id": "urn:uuid:1"}, {"id": spelt}]) == 400, spelt
    with site.desk.database.reading() as session:
        copy = session.exec(select(SignedCopy).where(col(SignedCopy.form) == "json")).one()
    place = jsontext.parse(copy.body)["credentialStatus"][0]
    assert isinstance(place, dict)
    there = str(place["statusListCredential"])
    for spelt in (there, there.replace("https://", "https:/"), "https://elsewhere.example/status/1"):
        assert answer(credentialStatus=[{**place, "id": "urn:uuid:1", "statusListCredential": spelt}]) == 400, spelt
    for good in ("https://elsewhere.example/c/1", "https://elsewhere.example:8443/a?b=c@d%2F#e", "urn:uuid:2"):
        assert answer(id=good) == 201, good


def test_an_endorsement_of_a_badge_of_this_house_is_signed(site: Site) -> None:
    org = hosted.issuer(site)
    program = site.program(site.token(org, "credentials:issue"))
    award = hosted.award(site, org, hosted.published(site, org))
    endorsement = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "urn:uuid:6a3f4a3e-8d5c-4d7b-9d6b-0f2a3c4d5e60",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Well done",
        "issuer": {"id": org.did, "type": ["Profile"]},
        "validFrom": "2026-01-01T00:00:00Z",
        "credentialSubject": {
            "id": f"https://badges.example/c/{award.id}",
            "type": ["EndorsementSubject"],
            "endorsementComment": "Well done.",
        },
    }
    answer = program.post("/credentials/issue", json={"credential": endorsement})
    assert answer.status_code == 201, answer.text
