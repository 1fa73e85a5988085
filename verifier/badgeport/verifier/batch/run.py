"""A run over any number of records, from its inputs to its results: begun, killed, taken up again, finished.

The inputs are read once, cut into chunks, and each chunk becomes a file; an engine turns it into a file of results,
which is added to the results of the run, in order. Only the chunks in hand are held, on the disk as in memory.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from badgeport.schemas.problems import ProblemError
from badgeport.verifier.batch import chunks, figures, work
from badgeport.verifier.batch.chunks import Chunk
from badgeport.verifier.batch.engines import Engine
from badgeport.verifier.batch.journal import Journal, Mark, chained
from badgeport.verifier.batch.sources import records
from badgeport.verifier.batch.terms import Places, Terms


class RunRefused(Exception):  # noqa: N818 - how a run ends, not a defect
    """The run is not begun, or not taken up; the text says why."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: records done in all, and in this turn; seconds of this turn; whether inputs are gone over that
    were done before."""

    records: int
    fresh: int
    seconds: float
    catching_up: bool = False


Tell = Callable[[Progress], None]


def run(
    terms: Terms, root: Path, engine: Engine, *, resume: bool = False, tell: Tell = lambda _: None
) -> dict[str, Any]:
    """Do all that ``terms`` ask, into the directory ``root``; returns the summary.

    ``resume`` takes up a run that was stopped, which must have asked the same; a run that is over is left as it is.
    Raises RunRefused, `engines.EngineError`, and OSError where results cannot be written.
    """
    places = Places(root)
    root.mkdir(parents=True, exist_ok=True)
    if not resume and any(root.iterdir()):
        raise RunRefused(f"{root} is not empty; continue the run in it with --resume, or name another directory")
    if resume and not places.state.exists() and any(root.iterdir()):
        raise RunRefused(f"{root} holds something else than a run; name another directory")
    places.state.mkdir(exist_ok=True)
    with _alone(places):
        terms = _taken_up(terms, places) if places.terms.exists() else _begun(terms, places)
        if places.summary.exists():
            return figures.read(places)
        if not places.results.exists():
            _results(terms, places, engine, tell)
        return figures.finish(terms, places, engine=engine.name)


def _begun(terms: Terms, places: Places) -> Terms:
    terms.write(places)
    return terms


def _taken_up(terms: Terms, places: Places) -> Terms:
    """The terms as they were when the run began; they hold on."""
    try:
        first = Terms.read(places)
    except (ValueError, KeyError, ProblemError) as error:
        raise RunRefused(f"{places.terms} cannot be read: {error}") from None
    differences = terms.differences(first)
    if differences:
        raise RunRefused(
            f"the run in {places.root} asked something else ({', '.join(differences)}); give the same inputs and "
            "options, or name another directory"
        )
    return first


def _results(terms: Terms, places: Places, engine: Engine, tell: Tell) -> None:
    """Bring the results to their end."""
    began = time.monotonic()
    with Journal(places.growing, places.journal) as journal:
        first = journal.mark
        folder = places.work(first.turns)
        for turn in range(1, first.turns + 1):
            shutil.rmtree(places.work(turn), ignore_errors=True)
        folder.mkdir()
        ahead = _ahead(terms, places, first, lambda done: tell(Progress(done, 0, time.monotonic() - began, True)))
        written = (chunk.write(work.inside(folder, chunk.number)) for chunk in ahead)
        for chunk in engine.done(written, places.root, first.turns):
            text = work.outside(folder, chunk.number).read_bytes()
            if text.count(b"\n") != chunk.count:
                raise RuntimeError(f"chunk {chunk.number} has {chunk.count} records and other results")
            seconds = time.monotonic() - began
            journal.add(text, journal.mark.after(chunk, bytes=len(text), seconds=first.seconds + seconds))
            for path in (work.inside(folder, chunk.number), work.outside(folder, chunk.number)):
                path.unlink(missing_ok=True)
            tell(Progress(chunk.last, chunk.last - first.records, seconds))
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(places.growing, places.results)


def _ahead(terms: Terms, places: Places, mark: Mark, tell: Callable[[int], None]) -> Iterator[Chunk]:
    """The chunks that are still to do. What was done is read once more, to be sure that it is still the same."""
    seen = ""
    every = records(terms.inputs, besides=places.root)
    for chunk in chunks.cut(every, most=terms.chunk_records, most_bytes=terms.chunk_bytes):
        if chunk.number > mark.chunks:
            yield chunk
            continue
        seen = chained(seen, chunk.sha256())
        tell(chunk.last)
        if chunk.number == mark.chunks and (seen, chunk.last) != (mark.inputs, mark.records):
            raise _changed(places)
    if seen != mark.inputs:
        raise _changed(places)


def _changed(places: Places) -> RunRefused:
    return RunRefused(
        f"the inputs are no longer those that the run in {places.root} began with; begin another one elsewhere"
    )


@contextmanager
def _alone(places: Places) -> Iterator[None]:
    """Held by the one process that leads the run. Raises RunRefused where another one does."""
    descriptor = os.open(places.lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunRefused(f"another process is at work in {places.root}") from None
        yield
    finally:
        os.close(descriptor)
