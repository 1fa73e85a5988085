"""A CSV file row by row, each with its first line and its own text, so that a bad one can be shown as it came."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


class TableError(ValueError):
    """The file is no such table at all. ``line`` is where, counted from 1; ``reason`` says why."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not taken: the line it starts on, counted from 1, why, and its text as it stood in the file."""

    line: int
    reason: str
    original: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it stands in the file: where, its cells, its text, and why it cannot be read as a row, if so."""

    line: int
    cells: Sequence[str]
    original: str
    problem: str | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing stands in it."""
        return self.problem is None and not any(cell.strip() for cell in self.cells)


def raw_rows(data: bytes, maximum_bytes: int) -> Iterator[RawRow]:
    """Every row of a CSV file in UTF-8, blank ones too.

    Raises TableError, at once, for a file that is too large or in another encoding.
    """
    if len(data) > maximum_bytes:
        raise TableError(1, f"the file is larger than {maximum_bytes} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError(line, "the file is not in UTF-8; save it as “CSV UTF-8”") from None
    return _rows(text)


def _rows(text: str) -> Iterator[RawRow]:
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    reader = csv.reader(lines(), strict=True)
    start = 1
    while True:
        cells: Sequence[str] = ()
        problem = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"the row cannot be read: {error}"
        yield RawRow(start, cells, "".join(taken), problem)
        start += len(taken)
        taken.clear()
