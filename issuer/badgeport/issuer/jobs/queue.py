"""The queue of jobs: ask, take, finish, put off."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, delete, or_, select, update

from badgeport.issuer.jobs.tables import Job

LEASE = timedelta(minutes=2)
MOST_FAILURES = 8
"""After so many failures of its own a job waits for a person."""
MOST_BEGUN = 24
"""After its worker died so many times a job waits for a person: it may be the job that kills them."""
_LONGEST_WAIT = 3600
_ANEW: dict[str, Any] = {"failed": False, "attempts": 0, "failures": 0, "deaths": 0, "error": ""}


def ask(
    session: Session, kind: str, key: str, *, now: datetime, due: datetime | None = None, org_id: str | None = None
) -> Job:
    """Ask for a job in this transaction. One that is asked for already becomes due no later than this asks.

    A job that is being worked on is marked to be done again: its worker may have read what this transaction changed.
    """
    wanted = due or now
    job = session.exec(select(Job).where(Job.kind == kind, Job.key == key)).first()
    if job is None:
        job = Job(kind=kind, key=key, due=wanted, created=now, org_id=org_id)
    else:
        # The lease is broken: `finish` by whoever holds it finds the job no longer its own, and it is done again.
        job.due, job.leased_by, job.leased_until = min(job.due, wanted), None, None
        for name, value in _ANEW.items():
            setattr(job, name, value)
    session.add(job)
    session.flush()
    return job


def ask_again(session: Session, kinds: Collection[str], *, org_id: str | None, now: datetime) -> None:
    """Have those jobs of an organisation, of none for None, done now that are in hand, were put off, or failed.

    For when what they lacked is there.
    """
    stuck = or_(col(Job.attempts) > 0, col(Job.failed).is_(True), col(Job.leased_by).is_not(None))
    statement = update(Job).where(col(Job.kind).in_(kinds), col(Job.org_id) == org_id, stuck)
    session.exec(statement.values(due=now, leased_by=None, leased_until=None, **_ANEW))


def ask_failed_again(session: Session, *, now: datetime) -> int:
    """Have every job that failed tried again, for when what all of them lacked is there. Answers how many."""
    found = session.exec(update(Job).where(col(Job.failed).is_(True)).values(due=now, **_ANEW))
    return int(found.rowcount)


def is_under_way(session: Session, kind: str, key: str) -> bool:
    """Whether a job is there that a worker will do by itself."""
    statement = select(Job.id).where(Job.kind == kind, Job.key == key, col(Job.failed).is_(False))
    return session.exec(statement).first() is not None


def ask_new(
    session: Session,
    kind: str,
    keys: Iterable[str],
    *,
    now: datetime,
    due: datetime | None = None,
    org_id: str | None = None,
) -> None:
    """Ask for jobs that nobody can have asked for before: their keys were made in this transaction."""
    session.add_all([Job(kind=kind, key=key, due=due or now, created=now, org_id=org_id) for key in keys])


def plan(session: Session, kind: str, *, now: datetime) -> None:
    """Have the job of a kind that is done regularly; one that is there already stays as it is."""
    if session.exec(select(Job.id).where(Job.kind == kind, Job.key == "")).first() is None:
        session.add(Job(kind=kind, key="", due=now, created=now))


def next_kind(session: Session, kinds: Collection[str], *, now: datetime) -> str | None:
    """The kind of the job that has been due longest among ``kinds``; None where nothing is due."""
    statement = select(Job.kind).where(_due(now), col(Job.kind).in_(kinds)).order_by(col(Job.due), col(Job.id)).limit(1)
    return session.exec(statement).first()


def take(
    session: Session,
    worker: str,
    *,
    now: datetime,
    most: int,
    kinds: Collection[str] | None = None,
    lease: timedelta = LEASE,
) -> Sequence[Job]:
    """Take up to ``most`` due jobs for ``worker``, longest due first, each for ``lease``.

    One that failed before, or whose worker died, is taken alone: others are not to suffer from it again.
    """
    statement = select(Job).where(_due(now)).order_by(col(Job.due), col(Job.id)).limit(most)
    if kinds is not None:
        statement = statement.where(col(Job.kind).in_(kinds))
    found = session.exec(statement).all()
    for job in found:
        if job.leased_until is not None:
            job.deaths += 1
            if job.deaths >= MOST_BEGUN:
                job.failed, job.error = True, "the worker died each time it was at this"
    found = [job for job in found if not job.failed]
    jobs = found[:1] if found and _went_wrong(found[0]) else [job for job in found if not _went_wrong(job)]
    for job in jobs:
        job.leased_by, job.leased_until = worker, now + lease
    for job in found:
        if job not in jobs and job.leased_until is not None:
            # Its worker is dead; the attempt is counted, now it waits like any other.
            job.leased_by = job.leased_until = None
    session.flush()
    return jobs


def is_held(session: Session, job: Job, worker: str) -> bool:
    """Whether the job is still this worker's; ask in the transaction that writes its effect."""
    return bool(held(session, [job], worker))


def held(session: Session, jobs: Sequence[Job], worker: str) -> frozenset[str]:
    """The ids of those jobs that are still this worker's; ask in the transaction that writes their effects."""
    ids = [job.id for job in jobs]
    return frozenset(session.exec(select(Job.id).where(col(Job.id).in_(ids), Job.leased_by == worker)))


def finish(session: Session, job: Job, worker: str) -> bool:
    """The job is done, in this transaction. False where it was no longer this worker's: then nothing was deleted."""
    done = session.exec(delete(Job).where(col(Job.id) == job.id, col(Job.leased_by) == worker))
    return bool(done.rowcount)


def finish_all(session: Session, jobs: Sequence[Job], worker: str) -> None:
    """These jobs are done, in this transaction; one that was asked for again meanwhile stays."""
    if jobs:
        ids = [job.id for job in jobs]
        session.exec(delete(Job).where(col(Job.id).in_(ids), col(Job.leased_by) == worker))


def go_on(session: Session, job: Job, worker: str, *, due: datetime) -> None:
    """The job ends for now and is due again: there is more of it, or it is done regularly."""
    values = {"due": due, "leased_by": None, "leased_until": None, **_ANEW}
    session.exec(update(Job).where(col(Job.id) == job.id, col(Job.leased_by) == worker).values(**values))


def give_back(session: Session, job: Job, worker: str, *, due: datetime) -> None:
    """The job was not begun, or it is too early for it: another may take it when it is due."""
    values = {"due": due, "leased_by": None, "leased_until": None}
    session.exec(update(Job).where(col(Job.id) == job.id, col(Job.leased_by) == worker).values(**values))


def put_off(
    session: Session,
    job: Job,
    worker: str,
    error: str,
    *,
    now: datetime,
    outside: bool = False,
    tries: int | None = None,
) -> None:
    """The job came to nothing and is tried again later, each time later, up to an hour.

    After `MOST_FAILURES` of its own it waits for a person. What lies ``outside`` of it is none of these: then it does
    so after ``tries`` at most, or never. ``error`` is for the operator; it holds no secret and no traceback.
    """
    kept = session.exec(select(Job).where(Job.id == job.id, Job.leased_by == worker)).first()
    if kept is None:
        return
    kept.attempts += 1
    kept.error = error[:2000]
    kept.failures += not outside
    kept.failed = kept.failures >= MOST_FAILURES or (tries is not None and kept.attempts >= tries)
    kept.due = now + timedelta(seconds=min(_LONGEST_WAIT, 5 * 2 ** min(kept.attempts, 10)))
    kept.leased_by = kept.leased_until = None
    session.add(kept)


def _went_wrong(job: Job) -> bool:
    return bool(job.attempts or job.deaths)


def _due(now: datetime) -> ColumnElement[bool]:
    free = or_(col(Job.leased_until).is_(None), col(Job.leased_until) < now)
    return and_(col(Job.failed).is_(False), col(Job.due) <= now, free)
