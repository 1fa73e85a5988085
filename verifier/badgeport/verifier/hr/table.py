"""A CSV file row by row, each with its line and its own text, so that a bad one can be shown as it was handed in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from badgeport.verifier.recognition.approval.csv_lists import TableError

MAXIMUM_BYTES = 64 * 1024 * 1024
"""The largest file that is read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it starts on, its cells by column (no blank ones), its text, and what is wrong with it."""

    line: int
    cells: dict[str, str]
    original: str
    problem: str | None = None


def read_table(data: bytes) -> tuple[tuple[str, ...], Iterator[Row]]:
    """The columns and the rows of a CSV file in UTF-8 whose first line names the columns; blank rows are left out.

    Column names are in small letters. Raises TableError for another encoding, a file that is too large, no header, or
    a column that is named twice.
    """
    if len(data) > MAXIMUM_BYTES:
        raise TableError(1, f"the file is larger than {MAXIMUM_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TableError(line, "the file is not in UTF-8; save it as “CSV UTF-8”") from None
    rows = _rows(text)
    header = next(rows, None)
    if header is None or header[3] is not None or not any(cell.strip() for cell in header[1]):
        raise TableError(1, "the file has no first line with the names of the columns")
    columns = tuple(_column(cell) for cell in header[1])
    for index, column in enumerate(columns):
        if column in columns[:index]:
            raise TableError(1, f"the column {column!r} occurs twice")
    return columns, _named(rows, columns)


def _column(cell: str) -> str:
    """A column as it is called: the name of a fact keeps its letters, any other has small ones."""
    name = cell.strip()
    prefix, colon, rest = name.partition(":")
    return f"{prefix.lower()}:{rest.strip()}" if colon else name.lower()


def _named(rows: Iterator[tuple[int, Sequence[str], str, str | None]], columns: tuple[str, ...]) -> Iterator[Row]:
    for line, cells, original, problem in rows:
        if problem is not None:
            yield Row(line, {}, original, problem)
        elif not any(cell.strip() for cell in cells):
            continue
        elif len(cells) != len(columns):
            yield Row(line, {}, original, f"the row has {len(cells)} cells, and there are {len(columns)} columns")
        else:
            named = {column: cell.strip() for column, cell in zip(columns, cells, strict=True) if cell.strip()}
            yield Row(line, named, original)


def _rows(text: str) -> Iterator[tuple[int, Sequence[str], str, str | None]]:
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
        yield start, cells, "".join(taken), problem
        start += len(taken)
        taken.clear()
