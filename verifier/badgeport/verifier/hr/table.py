"""A CSV file row by row, each with its line and its own text, so that a bad one can be shown as it was handed in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from badgeport.verifier.recognition.approval.csv_rows import RawRow, TableError, raw_rows

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
    rows = raw_rows(data, MAXIMUM_BYTES)
    header = next(rows, None)
    if header is None or header.problem is not None or header.is_blank:
        raise TableError(1, "the file has no first line with the names of the columns")
    columns = tuple(_column(cell) for cell in header.cells)
    for index, column in enumerate(columns):
        if column in columns[:index]:
            raise TableError(1, f"the column {column!r} occurs twice")
    return columns, _named(rows, columns)


def _column(cell: str) -> str:
    """A column as it is called: the name of a fact keeps its letters, any other has small ones."""
    name = cell.strip()
    prefix, colon, rest = name.partition(":")
    return f"{prefix.lower()}:{rest.strip()}" if colon else name.lower()


def _named(rows: Iterator[RawRow], columns: tuple[str, ...]) -> Iterator[Row]:
    for row in rows:
        if row.problem is not None:
            yield Row(row.line, {}, row.original, row.problem)
        elif row.is_blank:
            continue
        elif len(row.cells) != len(columns):
            problem = f"the row has {len(row.cells)} cells, and there are {len(columns)} columns"
            yield Row(row.line, {}, row.original, problem)
        else:
            named = {column: cell.strip() for column, cell in zip(columns, row.cells, strict=True) if cell.strip()}
            yield Row(row.line, named, row.original)
