"""The results of a run as they grow, and the journal that says how far they are known to be whole.

Results are only ever added, chunk by chunk and in order. A chunk counts once its line is in the journal: whatever a
killed process left behind that line is cut off when the run goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from badgeport.verifier.batch.chunks import Written


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a run is: chunks and records done, bytes of results, the chained digest of the inputs, seconds spent.

    ``turns`` is how often the run was begun or taken up.
    """

    chunks: int = 0
    records: int = 0
    bytes: int = 0
    inputs: str = ""
    seconds: float = 0.0
    turns: int = 0

    def after(self, chunk: Written, *, bytes: int, seconds: float) -> Mark:
        """The mark once the next chunk is done, with so many bytes of results, after so many seconds in all."""
        return replace(
            self,
            chunks=chunk.number,
            records=chunk.last,
            bytes=self.bytes + bytes,
            inputs=chained(self.inputs, chunk.sha256),
            seconds=seconds,
        )


def chained(before: str, chunk: bytes) -> str:
    """The digest (hexadecimal) of all inputs up to a chunk, from that of all before it."""
    return hashlib.sha256(before.encode() + chunk).hexdigest()


class Journal:
    """The results and the journal of one run, open for adding. One process has them at a time."""

    def __init__(self, results: Path, journal: Path) -> None:
        """Opens both, made where they are not there, cut back to the last mark. Raises OSError."""
        self._results = _opened(results)
        self._journal = _opened(journal)
        self.mark = self._recovered()
        self.mark = replace(self.mark, turns=self.mark.turns + 1)
        self._note()

    def add(self, text: bytes, mark: Mark) -> None:
        """Add the results of a chunk, then the mark that they are there. Both are on the disk when it returns."""
        self._results.write(text)
        self._results.flush()
        os.fsync(self._results.fileno())
        self.mark = mark
        self._note()

    def close(self) -> None:
        """Close both files."""
        self._results.close()
        self._journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _note(self) -> None:
        mark = {name: getattr(self.mark, name) for name in Mark.__slots__}
        self._journal.write(json.dumps(mark).encode() + b"\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def _recovered(self) -> Mark:
        size = self._results.seek(0, os.SEEK_END)
        mark, kept = Mark(), 0
        self._journal.seek(0)
        for line in self._journal:
            read = _read(line)
            if read is None or read.bytes > size:
                break
            mark, kept = read, kept + len(line)
        self._journal.seek(kept)
        self._journal.truncate()
        self._results.seek(mark.bytes)
        self._results.truncate()
        return mark


def _opened(path: Path) -> BinaryIO:
    return open(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")


def _read(line: bytes) -> Mark | None:
    """The mark of a line; None where the line was not written to its end."""
    if not line.endswith(b"\n"):
        return None
    try:
        body: dict[str, Any] = json.loads(line)
        return Mark(**body)
    except (ValueError, TypeError):
        return None
