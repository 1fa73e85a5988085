"""Works off the rows of all batches in the background, in threads of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from badgeport.schemas.datetimes import parse_datetime
from badgeport.verifier.batch import results
from badgeport.verifier.batch.store import MAXIMUM_ATTEMPTS, BatchStore, Row
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.verifier import Verifier

LEASE = timedelta(minutes=5)
"""How long a claimed row is ours. Longer than the slowest chunk takes, so that no row is worked on twice."""

_CHUNK = 4
"""Rows claimed at once: at most a minute of waiting each, so that a chunk ends within its lease."""
_PAUSE_SECONDS = 1.0
_SWEEP = timedelta(minutes=10)


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
        self._swept: datetime | None = None
        self._threads = [threading.Thread(target=self._run, name=f"batch-{n}", daemon=True) for n in range(threads)]

    def start(self) -> None:
        """Start to work."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Look for waiting rows now rather than within a second."""
        self._waking.set()

    def stop(self, timeout: float = 5.0) -> None:
        """Take up no more rows, and wait up to ``timeout`` seconds for those in hand; the rest is resumed elsewhere."""
        self._stopping.set()
        self._waking.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout)

    def work_once(self) -> int:
        """Verify one chunk of waiting rows; returns how many there were."""
        rows = self._store.claim(_CHUNK, lease=LEASE, now=self._clock())
        for row in rows:
            if self._stopping.is_set():
                break
            result = self._result(row)
            self._store.finish([(row, result["verdict"], results.as_text(result))], now=self._clock())
        return len(rows)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._sweep()
                if self.work_once():
                    continue
            except Exception as error:
                if self._lost is not None:
                    self._lost(error)
            self._waking.wait(_PAUSE_SECONDS)
            self._waking.clear()

    def _sweep(self) -> None:
        now = self._clock()
        if self._swept is None or now - self._swept >= _SWEEP:
            self._swept = now
            self._store.sweep(now)

    def _result(self, row: Row) -> dict[str, Any]:
        if row.attempts > MAXIMUM_ATTEMPTS:
            return results.failure(row.number, row.name, "this input could not be verified: the attempts did not end")
        verifier = self._verifiers.get(row.policy)
        if verifier is None:
            return results.failure(row.number, row.name, f"the policy {row.policy!r} is no longer known here")
        as_of = None if row.as_of is None else parse_datetime(row.as_of)
        started = time.monotonic()
        report = verifier.inspect(row.data, now=self._clock(), as_of=as_of)
        if self._noted is not None:
            self._noted(report, time.monotonic() - started)
        return results.line(row.number, row.name, report)
