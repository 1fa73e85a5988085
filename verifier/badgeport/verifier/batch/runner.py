"""Works off the rows of all batches in the background, in threads of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.batch import results
from badgeport.verifier.batch.store import MAXIMUM_ATTEMPTS, BatchStore, Row
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.verifier import Verifier

LEASE = timedelta(minutes=5)
"""How long a row is ours from when it is begun. Longer than the slowest takes, so that none is worked on twice."""

_PAUSE_SECONDS = 1.0
_SWEEP = timedelta(minutes=10)
_ALONE_SECONDS = 60.0
"""How long a row waits to be alone at most, or for one that is: longer than almost any takes."""


class BatchRunner:
    """Threads that verify waiting rows until they are stopped. Several processes may run one on the same store."""

    def __init__(
        self,
        store: BatchStore,
        verifiers: Mapping[str, Verifier],
        *,
        clock: Callable[[], datetime],
        threads: int = 1,
        noted: Callable[[VerificationReport, float], None] | None = None,
        lost: Callable[[Exception], None] | None = None,
    ) -> None:
        """``verifiers`` by policy name. ``noted`` is told each report and the seconds it took, for counting.

        ``lost`` is told of defects that cost a turn, which then is tried again.
        """
        self._store = store
        self._verifiers = verifiers
        self._clock = clock
        self._noted = noted
        self._lost = lost
        self._stopping = threading.Event()
        self._waking = threading.Event()
        self._lock = threading.Lock()
        self._swept: datetime | None = None
        self._in_hand: set[Row] = set()
        self._room = _Room()
        self._threads = [threading.Thread(target=self._run, name=f"batch-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        """Start to work."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look for waiting rows now rather than within a second."""
        self._waking.set()

    def stop(self, timeout: float = 5.0) -> None:
        """Take up no more rows, and wait up to ``timeout`` seconds for those in hand.

        What is not done by then is left to others, and being stopped does not count as an attempt.
        """
        self._stopping.set()
        self._waking.set()
        end = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))
        with self._lock:
            left = list(self._in_hand)
        for row in left:
            with suppress(ProblemError):
                self._store.give_back(row, tried=False, now=self._clock())

    def work_once(self) -> int:
        """Take up one waiting row; returns how many there were."""
        row = self._store.claim(lease=LEASE, now=self._clock())
        if row is None:
            return 0
        with self._held(row), self._room.place(alone=row.attempts > 0):
            if self._stopping.is_set():
                self._store.give_back(row, tried=False, now=self._clock())
            else:
                self._work(row)
        return 1

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._sweep()
                if self.work_once():
                    continue
            except Exception as error:
                self._tell(error)
            self._waking.wait(_PAUSE_SECONDS)
            self._waking.clear()

    def _sweep(self) -> None:
        now = self._clock()
        with self._lock:
            due = self._swept is None or now - self._swept >= _SWEEP
            if due:
                self._swept = now
        if due:
            self._store.sweep(now)

    def _work(self, row: Row) -> None:
        if row.attempts >= MAXIMUM_ATTEMPTS:
            self._fail(row, "this input could not be verified: the attempts did not end")
            return
        verifier = self._verifiers.get(row.policy)
        if verifier is None:
            self._fail(row, f"the policy {row.policy!r} is no longer known here")
            return
        data = self._store.begin(row, lease=LEASE, now=self._clock())
        if data is None:
            return
        as_of = None if row.as_of is None else parse_datetime(row.as_of)
        started = time.monotonic()
        try:
            report = verifier.inspect(data, now=self._clock(), as_of=as_of)
            result = results.as_text(results.line(row.number, row.name, report))
        except Exception as error:
            self._tell(error)
            self._store.give_back(row, tried=True, now=self._clock())
            return
        seconds = time.monotonic() - started
        self._store.finish(row, report.verdict.value, result, now=self._clock())
        if self._noted is not None:
            self._noted(report, seconds)

    def _fail(self, row: Row, why: str) -> None:
        self._store.finish(row, None, results.as_text(results.failure(row.number, row.name, why)), now=self._clock())

    @contextmanager
    def _held(self, row: Row) -> Iterator[None]:
        """What is in hand here, for whoever stops us."""
        with self._lock:
            self._in_hand.add(row)
        try:
            yield
        finally:
            with self._lock:
                self._in_hand.discard(row)

    def _tell(self, error: Exception) -> None:
        if self._lost is not None:
            self._lost(error)


class _Room:
    """Rows are worked on side by side, but for those that were in hand when a process died: each is worked on alone.

    One of them may bring the process down again, and what is beside it would share its fate.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._taken = False

    @contextmanager
    def place(self, *, alone: bool) -> Iterator[None]:
        """A place among the others, or alone."""
        with self._changed:
            self._changed.wait_for(lambda: not self._taken, _ALONE_SECONDS)
            if alone:
                self._taken = True
                self._changed.wait_for(lambda: self._inside == 0, _ALONE_SECONDS)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                if alone:
                    self._taken = False
                self._changed.notify_all()
