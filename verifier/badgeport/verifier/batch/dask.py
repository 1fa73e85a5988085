"""The same chunks on a Dask cluster: one that is running, or one made on this machine for the run.

Nothing but names of files goes through the scheduler. The workers read chunks and write results in the directory of the
run, which has to be on storage that all of them share, under the same path.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from badgeport.verifier.batch import work
from badgeport.verifier.batch.chunks import Written
from badgeport.verifier.batch.engines import EngineError, with_care
from badgeport.verifier.batch.terms import Places

_APPEARS_SECONDS = 30.0
"""How long a file that another machine wrote may take to be seen here."""


class DaskCluster:
    """Works on a Dask cluster: that of ``scheduler`` (its address), or ``workers`` processes on this machine."""

    name = "dask"

    def __init__(self, workers: int, scheduler: str | None = None) -> None:
        self._workers = workers
        self._scheduler = scheduler
        self._client: Any = None
        self._cluster: Any = None

    def __enter__(self) -> Self:
        """Reach the cluster. Raises EngineError where Dask is not installed, or does not answer."""
        try:
            distributed: Any = import_module("distributed")
        except ModuleNotFoundError as error:
            raise EngineError(f"{error.name} is not installed; install badgeport[dask]") from None
        if self._scheduler is None:
            self._cluster = distributed.LocalCluster(
                n_workers=self._workers, threads_per_worker=1, processes=True, dashboard_address=None
            )
        try:
            self._client = distributed.Client(self._scheduler or self._cluster)
        except (OSError, ValueError) as error:
            raise EngineError(f"no Dask scheduler answers at {self._scheduler}: {error}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def done(self, chunks: Iterable[Written], root: Path, turn: int) -> Iterator[Written]:
        """Each chunk in its order, once its results are there. Raises EngineError."""
        held: deque[tuple[Written, Any]] = deque()
        for chunk in chunks:
            held.append((chunk, self._client.submit(work.work, str(root), turn, chunk.number, pure=False)))
            if len(held) > 2 * self._threads():
                yield self._finished(*held.popleft(), root, turn)
        while held:
            yield self._finished(*held.popleft(), root, turn)

    def _threads(self) -> int:
        there: dict[str, int] = self._client.nthreads()
        return max(self._workers, sum(there.values()))

    def _finished(self, chunk: Written, future: Any, root: Path, turn: int) -> Written:
        from distributed import KilledWorker

        try:
            future.result()
        except KilledWorker:
            # Several workers died of it in turn: here it is found out of which record.
            with_care(chunk, root, turn)
        except FileNotFoundError as error:
            raise EngineError(
                f"a worker does not find {error.filename}; is {root} on storage that all workers share?"
            ) from None
        path = work.outside(Places(root).work(turn), chunk.number)
        end = time.monotonic() + _APPEARS_SECONDS
        while not path.exists():
            if time.monotonic() > end:
                raise EngineError(f"{path} was written by a worker and is not seen here; is {root} on shared storage?")
            time.sleep(0.1)
        return chunk
