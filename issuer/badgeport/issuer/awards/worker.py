"""The worker: takes jobs, works on them outside any transaction, and writes what came of them in one.

It may die at any moment (ADR 0015). Until the transaction that settles a job commits, nothing of it was written; after
that the job is gone. A worker that died held its jobs on a lease; when that runs out another takes them, and whoever
was only slow finds its jobs no longer its own and writes nothing.
"""

from __future__ import annotations

import logging
import os
import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, BinaryIO

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlmodel import Session

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.handling import Handler, Kind, NotYet, Trouble
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Conflict, Mistakes
from badgeport.issuer.storage.blobs import Blobs
from badgeport.issuer.storage.columns import new_id
from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError

DOMAINS = ("awards", "status", "people", "catalog", "submissions", "hosting", "home", "reports", "audit", "api")
"""The packages that may have a module ``jobs`` with ``handlers()``."""

IDLE_SECONDS = 1.0
"""How long a worker with nothing to do waits before it looks again, unless it is woken."""
_AFTER_TROUBLE_SECONDS = 5.0
_PLAN_EVERY = timedelta(hours=1)
_AHEAD = "badgeport read ahead"
"""Where a session keeps what was read for all of its jobs: rows that nobody keeps are read again."""

_log = logging.getLogger("badgeport.worker")


def _registered() -> dict[str, Handler]:
    found: dict[str, Handler] = {}
    for domain in DOMAINS:
        name = f"badgeport.issuer.{domain}.jobs"
        try:
            module = import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            continue
        for kind, handler in module.handlers().items():
            if kind in found:
                raise ValueError(f"two domains do jobs of the kind {kind}")
            found[kind] = handler
    return found


HANDLERS: dict[str, Handler] = _registered()
"""Who does which kind of job."""


class Worker:
    """Works off jobs until it is stopped. Several may run beside each other, in one process or in many.

    ``name`` tells workers apart and is never used twice at a time. ``lease`` is how long it has a job; all that is
    taken together must be done well within it.
    """

    def __init__(
        self,
        desk: IssuerDesk,
        name: str | None = None,
        *,
        lease: timedelta = queue.LEASE,
        handlers: Mapping[str, Handler] | None = None,
    ) -> None:
        self.name = name or f"{platform.node()}:{os.getpid()}:{new_id()[:8]}"
        self._desk = replace(desk, blobs=_Outside(desk.blobs))
        self._lease = lease
        self._kinds = {kind: Kind.of(one) for kind, one in (HANDLERS if handlers is None else handlers).items()}
        self._woken = threading.Event()
        self._planned: datetime | None = None

    def wake(self) -> None:
        """Say that there is work; from any thread."""
        self._woken.set()

    def run(self, stop: threading.Event, *, idle: float = IDLE_SECONDS) -> None:
        """Work until ``stop`` is set; what is in hand then is finished first. `wake` has it seen at once."""
        while not stop.is_set():
            self._woken.clear()
            try:
                done = self.run_once()
            except SQLAlchemyError as error:
                _log.warning("the database does not answer (%s)", type(error).__name__)
                stop.wait(_AFTER_TROUBLE_SECONDS)
                continue
            if not done and not stop.is_set():
                self._woken.wait(idle)

    def run_until_idle(self, *, most: int = 1_000_000) -> int:
        """Work until nothing is due, or ``most`` jobs were dealt with; how many. For commands and tests."""
        total = 0
        while total < most and (done := self.run_once()):
            total += done
        return total

    def run_once(self, most: int | None = None) -> int:
        """Deal with the jobs that have been due longest, of one kind and no more of them than are done together.

        How many it took: 0 where nothing was due.
        """
        self._plan()
        with self._desk.database.reading() as session:
            kind_name = queue.next_kind(session, self._kinds, now=self._desk.clock())
        if kind_name is None:
            return 0
        kind = self._kinds[kind_name]
        wanted = kind.together if most is None else min(most, kind.together)
        with self._desk.database.writing() as session:
            now = self._desk.clock()
            jobs = queue.take(session, self.name, now=now, most=wanted, kinds={kind_name}, lease=self._lease)
        if jobs:
            self._settle(kind, self._work(kind, jobs))
        return len(jobs)

    def _plan(self) -> None:
        now = self._desk.clock()
        if self._planned is not None and abs(now - self._planned) < _PLAN_EVERY:
            return
        regular = {name: kind.every for name, kind in self._kinds.items() if kind.every is not None}
        with self._desk.database.writing() as session:
            for name, every in regular.items():
                queue.plan(session, name, every=every, now=now)
        self._planned = now

    # -- reading and working ---------------------------------------------------------------------------------------

    def _work(self, kind: Kind, jobs: Sequence[Job]) -> list[tuple[Job, Any]]:
        """Each job that came to a result, with it; the others are put off."""
        prepared: list[tuple[Job, Any]] = []
        apart: list[tuple[Job, Exception]] = []
        with self._desk.database.reading() as session:
            for number, job in enumerate(jobs):
                try:
                    if number == 0:
                        session.info[_AHEAD] = kind.read_ahead(session, [one.key for one in jobs])
                    prepared.append((job, kind.handler.prepare(self._desk, session, job.key)))
                except SQLAlchemyError as error:
                    # The session is good for nothing more; the others are taken again at once.
                    apart.append((job, error))
                    apart += [(one, NotYet("the database failed", timedelta(0))) for one in jobs[number + 1 :]]
                    break
                except Exception as error:
                    apart.append((job, error))
        worked: list[tuple[Job, Any]] = []
        for job, material in prepared:
            if job.leased_until is not None and self._desk.clock() >= job.leased_until:
                apart.append((job, NotYet("the lease ran out")))
                continue
            try:
                worked.append((job, kind.handler.work(self._desk, material)))
            except Exception as error:
                apart.append((job, error))
        self._put_apart(kind, apart)
        return worked

    def _put_apart(self, kind: Kind, apart: Sequence[tuple[Job, Exception]]) -> None:
        if not apart:
            return
        with self._desk.database.writing() as session:
            now = self._desk.clock()
            for job, error in apart:
                if isinstance(error, NotYet):
                    queue.give_back(session, job, self.name, due=now + error.wait)
                else:
                    self._note(job, error)
                    outside = is_outside(error)
                    said, tries = described(error), kind.tries if outside else None
                    queue.put_off(session, job, self.name, said, now=now, outside=outside, tries=tries)

    def _note(self, job: Job, error: Exception) -> None:
        known = isinstance(error, Trouble | ProblemError | Mistakes | Conflict)
        _log.warning("a job of the kind %s failed: %s", job.kind, described(error), exc_info=None if known else error)

    # -- writing ---------------------------------------------------------------------------------------------------

    def _settle(self, kind: Kind, worked: Sequence[tuple[Job, Any]]) -> None:
        """Write all results in one transaction; where one cannot be written, each in its own."""
        if not worked:
            return
        try:
            with self._desk.database.writing() as session:
                self._settle_in(session, kind, worked)
        except Exception as error:
            if len(worked) > 1:
                for one in worked:
                    self._settle(kind, [one])
            else:
                self._put_apart(kind, [(worked[0][0], error)])

    def _settle_in(self, session: Session, kind: Kind, worked: Sequence[tuple[Job, Any]]) -> None:
        held = queue.held(session, [job for job, _ in worked], self.name)
        session.info[_AHEAD] = kind.read_ahead(session, [job.key for job, _ in worked])
        now = self._desk.clock()
        done: list[Job] = []
        for job, result in worked:
            if job.id not in held:
                continue
            again = kind.handler.settle(session, self._desk, job.key, result, now)
            if again is None and kind.every is not None:
                again = kind.every
            if again is None:
                done.append(job)
            else:
                queue.go_on(session, job, self.name, due=now + again)
        session.flush()
        queue.finish_all(session, done, self.name)


class _Outside:
    """The store of files as jobs see it: where it fails, that is no fault of theirs."""

    def __init__(self, store: Blobs) -> None:
        self._store = store

    def put(self, source: BinaryIO) -> tuple[str, int]:
        """As `Blobs.put`. Raises Trouble, as all of these."""
        with _trouble():
            return self._store.put(source)

    def open(self, digest: str) -> BinaryIO:
        """As `Blobs.open`."""
        with _trouble():
            return self._store.open(digest)

    def has(self, digest: str) -> bool:
        """As `Blobs.has`."""
        with _trouble():
            return self._store.has(digest)

    def delete(self, digest: str) -> None:
        """As `Blobs.delete`."""
        with _trouble():
            self._store.delete(digest)

    def digests(self) -> Iterator[str]:
        """As `Blobs.digests`."""
        with _trouble():
            yield from self._store.digests()

    def older(self, age: timedelta) -> Iterator[str]:
        """As `Blobs.older`."""
        with _trouble():
            yield from self._store.older(age)


@contextmanager
def _trouble() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Trouble(f"files cannot be stored, read or deleted: {error.strerror or error}") from error


def is_outside(error: Exception) -> bool:
    """Whether something else than the job is at fault: a key or key service, a server, the database."""
    if isinstance(error, ProblemError):
        return error.problem.type == KEY_CUSTODY_ERROR
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, Trouble | OperationalError | InterfaceError | PoolTimeoutError)


def described(error: Exception) -> str:
    """What an operator reads about a job that failed; it holds no traceback."""
    if isinstance(error, ProblemError):
        return error.problem.detail
    if isinstance(error, Trouble | Mistakes | Conflict):
        return str(error)
    return f"unexpected: {type(error).__name__}"
