"""The queue of jobs: ask, take, finish, put off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, or_, select

from badgeport.issuer.jobs.tables import Job

LEASE = timedelta(minutes=2)
MOST_ATTEMPTS = 8
"""After so many failures a job waits for a person."""


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
        job.failed, job.attempts, job.error = False, 0, ""
    session.add(job)
    session.flush()
    return job


def take(
    session: Session, worker: str, *, now: datetime, most: int, kinds: Collection[str] | None = None
) -> Sequence[Job]:
    """Take up to ``most`` due jobs for ``worker``, longest due first, each for `LEASE`."""
    statement = (
        select(Job)
        .where(col(Job.failed).is_(False), Job.due <= now)
        .where(or_(col(Job.leased_until).is_(None), col(Job.leased_until) < now))
        .order_by(col(Job.due), col(Job.id))
        .limit(most)
    )
    if kinds is not None:
        statement = statement.where(col(Job.kind).in_(kinds))
    jobs = session.exec(statement).all()
    for job in jobs:
        job.leased_by, job.leased_until = worker, now + LEASE
        session.add(job)
    session.flush()
    return jobs


def is_held(session: Session, job: Job, worker: str) -> bool:
    """Whether the job is still this worker's; ask in the transaction that writes its effect."""
    found = session.exec(select(Job.leased_by).where(Job.id == job.id)).first()
    return found == worker


def finish(session: Session, job: Job, worker: str) -> bool:
    """The job is done, in this transaction. False where it was no longer this worker's: then nothing was deleted."""
    done = session.exec(delete(Job).where(col(Job.id) == job.id, col(Job.leased_by) == worker))
    return bool(done.rowcount)


def put_off(session: Session, job: Job, worker: str, error: str, *, now: datetime) -> None:
    """The job failed and is tried again later, each time later; after `MOST_ATTEMPTS` it waits for a person.

    ``error`` is for the operator; it holds no secret and no traceback.
    """
    kept = session.exec(select(Job).where(Job.id == job.id, Job.leased_by == worker)).first()
    if kept is None:
        return
    kept.attempts += 1
    kept.error = error[:2000]
    kept.failed = kept.attempts >= MOST_ATTEMPTS
    kept.due = now + timedelta(seconds=min(3600, 5 * 2**kept.attempts))
    kept.leased_by = kept.leased_until = None
    session.add(kept)
