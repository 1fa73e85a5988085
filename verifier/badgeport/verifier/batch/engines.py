"""Who does the work: processes of this machine. `dask` hands the same chunks to a Dask cluster.

An engine is given chunks that are files already, and gives them back in their order once their results are files too.
It never has more than a few in hand, however many there are.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from badgeport.verifier.batch import work
from badgeport.verifier.batch.chunks import Written
from badgeport.verifier.batch.terms import Places

DEATHS = 2
"""How many processes may end while they look at a record before it is left alone."""

_NEEDED_SOON = (
    "badgeport.proofs.suites.ecdsa",
    "badgeport.proofs.suites.eddsa",
    "badgeport.schemas.jsonschemas",
    "badgeport.verifier.opening",
    "pyld.jsonld",
)
"""What the first badges need; loaded once for all processes."""

_IDLE_DEATHS = 3
"""How many processes may end before they look at a record at all."""


class EngineError(Exception):
    """The work cannot go on; the text says why."""


class Engine(Protocol):
    """Works on chunks."""

    @property
    def name(self) -> str:
        """What it is called on the command line."""
        ...

    def done(self, chunks: Iterable[Written], root: Path, turn: int) -> Iterator[Written]:
        """Each chunk in its order, once its results are there. Raises EngineError."""
        ...


class LocalProcesses:
    """Processes on this machine, as many as ``workers``. A process that dies costs the time it took, nothing else."""

    name = "local"

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        if _context().get_start_method() == "forkserver":
            # It loads what all processes need while this one looks at what there is to do.
            forkserver.ensure_running()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def done(self, chunks: Iterable[Written], root: Path, turn: int) -> Iterator[Written]:
        """Each chunk in its order, once its results are there. Raises EngineError."""
        held: deque[tuple[Written, Future[None]]] = deque()
        for chunk in chunks:
            held.append((chunk, self._begin(chunk, root, turn)))
            if len(held) > 2 * self._workers:
                yield self._finished(held, root, turn)
        while held:
            yield self._finished(held, root, turn)

    def _begin(self, chunk: Written, root: Path, turn: int) -> Future[None]:
        if self._pool is None:
            self._pool = pool(self._workers)
        try:
            return self._pool.submit(work.work, str(root), turn, chunk.number)
        except BrokenProcessPool as error:
            broken: Future[None] = Future()
            broken.set_exception(error)
            return broken

    def _finished(self, held: deque[tuple[Written, Future[None]]], root: Path, turn: int) -> Written:
        chunk, future = held.popleft()
        try:
            future.result()
        except BrokenProcessPool:
            # Which chunk it died of is not known: this one is looked at with care, the others begin anew.
            self._pool = None
            with_care(chunk, root, turn)
            others = list(held)
            held.clear()
            for other, begun in others:
                over = begun.done() and begun.exception() is None
                held.append((other, begun if over else self._begin(other, root, turn)))
        return chunk


def with_care(chunk: Written, root: Path, turn: int) -> None:
    """Work on a chunk in a process of its own, and find out which record it dies of. Raises EngineError."""
    note = work.at(Places(root).work(turn), chunk.number)
    deaths: dict[int, int] = {}
    idle = 0
    while True:
        lost = frozenset(number for number, count in deaths.items() if count >= DEATHS)
        note.unlink(missing_ok=True)
        with pool(1) as alone:
            try:
                alone.submit(work.work, str(root), turn, chunk.number, True, lost).result()
                return
            except BrokenProcessPool:
                pass
        if note.exists() and (text := note.read_text(encoding="ascii")):
            deaths[int(text)] = deaths.get(int(text), 0) + 1
        else:
            idle += 1
        if idle >= _IDLE_DEATHS:
            raise EngineError("processes that are started end before they do anything; is there too little memory?")


def pool(workers: int) -> ProcessPoolExecutor:
    """Processes that end with this one, however it ends."""
    return ProcessPoolExecutor(workers, mp_context=_context(), initializer=_end_with_parent)


def _context() -> BaseContext:
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([work.__name__, *_NEEDED_SOON])
    return context


def _end_with_parent() -> None:
    """A process that was killed does not tell its workers; they would wait for it forever.

    Being interrupted is the business of the parent alone, which lets the chunks in hand be finished.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
