"""The worker beside the web: a thread of a serving process, one for each data directory."""

from __future__ import annotations

import fcntl
import threading
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import case, func
from sqlmodel import Session, col, select

from badgeport.issuer.awards.worker import HANDLERS, Worker
from badgeport.issuer.jobs.tables import Job
from badgeport.receiver.office import Office
from badgeport.receiver.site import handlers
from badgeport.service.logs import logger, where

LOCK_NAME = "worker.lock"
_TURN_SECONDS = 5.0
_AGAIN_SECONDS = 5.0


class Background:
    """Works off jobs in a thread for as long as the application runs.

    Where several processes serve from one data directory, one of them does this and the others stand by: when it ends,
    however it ends, another takes over. It would be safe if all did; it would only make them wait for each other.
    """

    def __init__(self, data_dir: Path) -> None:
        self._lock_path = data_dir / LOCK_NAME
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._worker: Worker | None = None

    def start(self, office: Office) -> None:
        """Begin."""
        self._stop.clear()
        self._worker = worker_of(office)
        self._thread = threading.Thread(target=self._run, args=(self._worker,), name="jobs", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """There is new work; from any thread, whether or not anybody works here."""
        worker = self._worker
        if worker is not None:
            worker.wake()

    def stop(self) -> None:
        """End, when what is in hand is done."""
        self._stop.set()
        self.wake()
        if self._thread is not None:
            self._thread.join()
            self._thread = self._worker = None

    def _run(self, worker: Worker) -> None:
        with self._lock_path.open("ab") as mark:
            while not self._stop.is_set():
                if not _locked(mark):
                    self._stop.wait(_TURN_SECONDS)
                    continue
                try:
                    worker.run(self._stop)
                except Exception as error:
                    # A defect must not end the work for good.
                    logger().error("worker", **where(error))
                    self._stop.wait(_AGAIN_SECONDS)


def worker_of(office: Office) -> Worker:
    """A worker that does the jobs of every room."""
    return Worker(office.issuer, handlers={**HANDLERS, **handlers(office)})


def waiting(session: Session, *, now: datetime) -> dict[tuple[str, str], tuple[int, float]]:
    """What waits, by kind and state (``due``, ``later``, ``taken``, ``failed``).

    Of each: how many jobs, and for how many seconds the one that is due longest has been.
    """
    taken = col(Job.leased_until).is_not(None) & (col(Job.leased_until) >= now)
    state = case((col(Job.failed), "failed"), (taken, "taken"), (col(Job.due) <= now, "due"), else_="later")
    rows = session.execute(select(Job.kind, state, func.count(), func.min(Job.due)).group_by(Job.kind, state))
    return {(kind, named): (count, max(0.0, (now - due).total_seconds())) for kind, named, count, due in rows}


def _locked(mark: BinaryIO) -> bool:
    try:
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # A disk that knows no locks: leases keep several workers from doing anything twice.
        return True
    return True
