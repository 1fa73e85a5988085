"""The queue of jobs and the worker: one at a time for each, nothing written by who lost it, failures put off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select

from badgeport.issuer.awards.tables import Mail
from badgeport.issuer.awards.worker import HANDLERS, Worker
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.handling import NotYet
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Conflict
from badgeport.issuer.storage.database import Database
from support import databases
from support.site import Clock

pytestmark = pytest.mark.parametrize("kind", databases.KINDS)


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Iterator[Database]:
    made = databases.fresh(kind, tmp_path)
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass
class Desk:
    """As much of a desk as a worker needs."""

    database: Database
    clock: Clock
    blobs: Any = None


def desk(database: Database, clock: Clock) -> Any:
    return Desk(database, clock)


class Writes:
    """A kind of job whose effect is a row: ``work`` does what a test says."""

    together = 3

    def __init__(self, work: Any = None, again: timedelta | None = None) -> None:
        self.during, self.again = work, again

    def prepare(self, desk: Any, session: Session, key: str) -> str:
        return key

    def work(self, desk: Any, prepared: str) -> str:
        if self.during is not None:
            self.during(prepared)
        return prepared

    def settle(self, session: Session, desk: Any, key: str, result: str, now: datetime) -> timedelta | None:
        session.add(Mail(address=result, subject="done", created=now))
        return self.again


def ask(database: Database, clock: Clock, *keys: str, kind: str = "test") -> None:
    with database.writing() as session:
        for key in keys:
            queue.ask(session, kind, key, now=clock())


def done(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.exec(select(Mail.address)))


def jobs(database: Database) -> list[Job]:
    with database.reading() as session:
        return list(session.exec(select(Job)).all())


def test_a_job_asked_for_twice_is_one_and_is_gone_when_done(database: Database, clock: Clock) -> None:
    ask(database, clock, "a", "a", "b")
    assert Worker(desk(database, clock), handlers={"test": Writes()}).run_until_idle() == 2
    assert done(database) == ["a", "b"]
    assert jobs(database) == []


def test_a_job_that_is_taken_is_not_taken_again_before_its_lease_ends(database: Database, clock: Clock) -> None:
    ask(database, clock, "a")
    with database.writing() as session:
        assert len(queue.take(session, "one", now=clock(), most=5)) == 1
    with database.writing() as session:
        assert list(queue.take(session, "two", now=clock(), most=5)) == []
    clock.now += queue.LEASE + timedelta(seconds=1)
    with database.writing() as session:
        (job,) = queue.take(session, "two", now=clock(), most=5)
    assert (job.leased_by, job.attempts, job.deaths) == ("two", 0, 1)


def test_who_lost_the_lease_writes_nothing(database: Database, clock: Clock) -> None:
    ask(database, clock, "a")
    slow = desk(database, clock)

    def overtaken(_key: str) -> None:
        # While the slow worker works, its lease ends and another does the job.
        clock.now += queue.LEASE + timedelta(seconds=1)
        Worker(slow, "quick", handlers={"test": Writes()}).run_once()

    Worker(slow, "slow", handlers={"test": Writes(overtaken)}).run_once()
    assert done(database) == ["a"]
    assert jobs(database) == []


def test_what_is_asked_for_during_the_work_is_done_again(database: Database, clock: Clock) -> None:
    ask(database, clock, "a")
    asked: list[str] = []

    def changed(key: str) -> None:
        if not asked:
            asked.append(key)
            ask(database, clock, key)

    worker = Worker(desk(database, clock), handlers={"test": Writes(changed)})
    worker.run_once()
    # The first result may be of what was before the change: it is not written.
    assert done(database) == []
    worker.run_until_idle()
    assert done(database) == ["a"]


def test_one_failing_job_does_not_keep_the_others(database: Database, clock: Clock) -> None:
    ask(database, clock, "a", "bad", "c")

    def failing(key: str) -> None:
        if key == "bad":
            raise Conflict("this cannot be done")

    worker = Worker(desk(database, clock), handlers={"test": Writes(failing)})
    worker.run_until_idle()
    assert done(database) == ["a", "c"]
    (job,) = jobs(database)
    assert (job.key, job.attempts, job.error, job.failed) == ("bad", 1, "this cannot be done", False)
    for _ in range(queue.MOST_FAILURES):
        clock.forward(days=1)
        worker.run_until_idle()
    (job,) = jobs(database)
    assert (job.attempts, job.failed) == (queue.MOST_FAILURES, True)
    clock.forward(days=30)
    assert worker.run_until_idle() == 0
    # A person asks for it again.
    ask(database, clock, "bad")
    assert not jobs(database)[0].failed


def test_a_result_that_cannot_be_written_puts_off_its_job_alone(database: Database, clock: Clock) -> None:
    class Breaking(Writes):
        def settle(self, session: Session, desk: Any, key: str, result: str, now: datetime) -> timedelta | None:
            if key == "bad":
                session.add(Mail(id="same", address="x", subject="", created=now))
                session.add(Mail(id="same", address="y", subject="", created=now))
                session.flush()
            return super().settle(session, desk, key, result, now)

    ask(database, clock, "a", "bad", "c")
    Worker(desk(database, clock), handlers={"test": Breaking()}).run_until_idle()
    assert done(database) == ["a", "c"]
    assert [job.key for job in jobs(database)] == ["bad"]


def test_an_unexpected_error_says_nothing_of_its_text(database: Database, clock: Clock) -> None:
    def leaking(_key: str) -> None:
        raise KeyError("maria@people.example")

    ask(database, clock, "a")
    Worker(desk(database, clock), handlers={"test": Writes(leaking)}).run_once()
    assert jobs(database)[0].error == "unexpected: KeyError"


def test_too_early_is_no_failure(database: Database, clock: Clock) -> None:
    def early(_key: str) -> None:
        raise NotYet("something else comes first", timedelta(seconds=30))

    ask(database, clock, "a")
    worker = Worker(desk(database, clock), handlers={"test": Writes(early)})
    worker.run_until_idle()
    (job,) = jobs(database)
    assert (job.attempts, job.failed, job.leased_by) == (0, False, None)
    assert job.due == clock() + timedelta(seconds=30)


def test_a_job_with_more_to_do_goes_on(database: Database, clock: Clock) -> None:
    ask(database, clock, "a")
    worker = Worker(desk(database, clock), handlers={"test": Writes(again=timedelta(minutes=5))})
    worker.run_until_idle()
    clock.forward(minutes=5)
    worker.run_until_idle()
    assert done(database) == ["a", "a"]
    assert [job.due for job in jobs(database)] == [clock() + timedelta(minutes=5)]


def test_regular_work_is_planned_once_and_stays(database: Database, clock: Clock) -> None:
    class Hourly(Writes):
        every = timedelta(hours=1)

    for name in ("one", "two"):
        Worker(desk(database, clock), name, handlers={"hourly": Hourly()}).run_until_idle()
    assert done(database) == [""]
    clock.forward(hours=1)
    Worker(desk(database, clock), "three", handlers={"hourly": Hourly()}).run_until_idle()
    assert done(database) == ["", ""]
    assert len(jobs(database)) == 1


def test_a_job_whose_workers_die_waits_for_a_person_and_holds_nobody_up(database: Database, clock: Clock) -> None:
    ask(database, clock, "killer")
    clock.forward(seconds=1)
    ask(database, clock, "good")
    with database.writing() as session:
        assert len(queue.take(session, "dead-0", now=clock(), most=5)) == 2
    for number in range(1, queue.MOST_BEGUN):
        clock.now += queue.LEASE + timedelta(seconds=1)
        with database.writing() as session:
            taken = queue.take(session, f"dead-{number}", now=clock(), most=5)
        # Alone, so that nobody shares its fate.
        assert [job.key for job in taken] == ["killer"]
    clock.now += queue.LEASE + timedelta(seconds=1)
    Worker(desk(database, clock), handlers={"test": Writes()}).run_until_idle()
    assert done(database) == ["good"]
    assert [(job.key, job.failed) for job in jobs(database)] == [("killer", True)]


def test_several_workers_share_the_work_and_do_nothing_twice(database: Database, clock: Clock) -> None:
    keys = [f"k{number:03}" for number in range(60)]
    ask(database, clock, *keys)
    workers = [Worker(desk(database, clock), f"w{number}", handlers={"test": Writes()}) for number in range(3)]
    threads = [threading.Thread(target=worker.run_until_idle) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done(database) == keys
    assert jobs(database) == []


def test_a_woken_worker_ends_when_it_is_stopped(database: Database, clock: Clock) -> None:
    stop = threading.Event()
    worker = Worker(desk(database, clock), handlers={"test": Writes(lambda _: stop.set())})
    thread = threading.Thread(target=worker.run, args=(stop,), kwargs={"idle": 60.0})
    thread.start()
    ask(database, clock, "a")
    worker.wake()
    thread.join(30)
    assert not thread.is_alive()
    assert done(database) == ["a"]


def test_every_kind_that_the_design_names_has_a_handler(kind: str) -> None:
    assert {"mint", "mail", "enter-batch", "resign", "status-list", "status-renewal"} <= HANDLERS.keys()
