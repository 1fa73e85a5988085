"""The documents of a run: whatever an issuer or a registry publishes is asked for once, and all workers share it.

They are files in a directory that all workers see. Who needs a document first gets it while the others wait for it,
and from then on everybody has the same bytes, also when the run is taken up again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.verifier.batch.chunks import write_whole
from badgeport.verifier.resolution.fetching import SAME_HOST, Fetched, Fetcher, FetchError, Purpose

SHARED: frozenset[Purpose] = SAME_HOST | {"schema"}
"""What many badges rest on. What is one badge's own (its newer copy, the page it stands on) is asked for each time."""

FAILURE_SECONDS = 600.0
"""How long a document that could not be had is not asked for again."""
MEMORY_BYTES = 64 * 1024 * 1024
"""What one worker holds of the documents in memory."""


class SharedDocuments:
    """A fetcher that keeps in a directory what it got from another one, for itself and for other processes."""

    def __init__(self, directory: Path, source: Fetcher, *, clock: Callable[[], float] = time.time) -> None:
        """``clock`` gives seconds since 1970."""
        self._directory = directory
        self._source = source
        self._clock = clock
        self._held: OrderedDict[tuple[str, Purpose], Fetched] = OrderedDict()
        self._size = 0

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document, the same bytes in every process of the run. Raises FetchError."""
        if purpose not in SHARED:
            return self._source.fetch(url, purpose)
        held = self._held.get((url, purpose))
        if held is not None:
            self._held.move_to_end((url, purpose))
            return held
        path = self._path(url, purpose)
        answer = self._read(path, url)
        if answer is None:
            with _alone(path.parent):
                answer = self._read(path, url) or self._ask(path, url, purpose)
        if isinstance(answer, str):
            raise FetchError(url, answer)
        self._hold(url, purpose, answer)
        return answer

    def _path(self, url: str, purpose: Purpose) -> Path:
        name = hashlib.sha256(f"{purpose} {url}".encode("utf-8", "surrogatepass")).hexdigest()
        return self._directory / name[:2] / name[2:]

    def _ask(self, path: Path, url: str, purpose: Purpose) -> Fetched | str:
        head: dict[str, Any] = {"url": url, "purpose": purpose}
        try:
            got = self._source.fetch(url, purpose)
        except FetchError as error:
            head |= {"failed": error.reason, "at": self._clock()}
            write_whole(path, [json.dumps(head).encode() + b"\n"])
            return error.reason
        head |= {
            "mediaType": got.media_type,
            "fetchedAt": None if got.fetched_at is None else format_datetime(got.fetched_at),
            "stale": got.stale,
            "location": got.location,
        }
        write_whole(path, [json.dumps(head).encode() + b"\n", got.body])
        # As it is read back, so that the first to have it has what all others have.
        return self._read(path, url) or got

    def _read(self, path: Path, url: str) -> Fetched | str | None:
        """The document, why it could not be had, or None where it is to be asked for."""
        try:
            with open(path, "rb") as stream:
                head, body = json.loads(stream.readline()), stream.read()
        except FileNotFoundError:
            return None
        if "failed" in head:
            return str(head["failed"]) if self._clock() - head["at"] < FAILURE_SECONDS else None
        fetched_at = None if head["fetchedAt"] is None else parse_datetime(head["fetchedAt"])
        return Fetched(url, body, head["mediaType"], fetched_at, head["stale"], head["location"])

    def _hold(self, url: str, purpose: Purpose, answer: Fetched) -> None:
        self._held[url, purpose] = answer
        self._size += len(answer.body)
        while self._size > MEMORY_BYTES and len(self._held) > 1:
            _, dropped = self._held.popitem(last=False)
            self._size -= len(dropped.body)


def count(directory: Path) -> tuple[int, int]:
    """How many documents a run has got, and how many could not be had."""
    got = failed = 0
    for path in directory.glob("??/*"):
        if path.name == _LOCK or path.name.startswith("."):
            continue
        with open(path, "rb") as stream:
            if "failed" in json.loads(stream.readline()):
                failed += 1
            else:
                got += 1
    return got, failed


_LOCK = "lock"


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Held by one process at a time; a process that dies lets go of it."""
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
