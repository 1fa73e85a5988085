"""Approval lists as agencies keep them, in CSV: rows in, approvals out, and each row that is not right with its reason.

The rows are nobody's word yet. Put into a list that the authority signs (`documents.approval_list_document`), or into
its policy, they count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from badgeport.verifier.recognition.approval.authority import Approval
from badgeport.verifier.recognition.approval.csv_rows import BadRow, RawRow, TableError, raw_rows
from badgeport.verifier.recognition.approval.members import MAXIMUM_TEXT, day_of
from badgeport.verifier.recognition.model import ListEntry, Period

COLUMNS = ("issuer", "achievement", "version", "area", "from", "until", "name")
"""The columns there may be, in any order. ``area`` may name several areas, with spaces between them."""
MAXIMUM_BYTES = 16 * 1024 * 1024
MAXIMUM_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class ApprovalTable:
    """The approvals of a table in its order, and the rows that were not taken."""

    approvals: tuple[Approval, ...]
    refused: tuple[BadRow, ...]

    def entries(self) -> tuple[ListEntry, ...]:
        """The approvals as entries of an approved list of a policy.

        Raises ValueError where one is for every achievement of an issuer, or for some areas only: a policy has no entry
        for that.
        """
        entries = []
        for approval in self.approvals:
            if approval.achievement is None or approval.areas:
                raise ValueError("a list in a policy names achievements, and is for the policy's own jurisdiction")
            named = (approval.achievement, approval.issuer, approval.version, approval.period, approval.name)
            entries.append(ListEntry(*named))
        return tuple(entries)


def read_approvals(data: bytes) -> ApprovalTable:
    """The approvals of a CSV file in UTF-8 whose first line names the columns (`COLUMNS`).

    A row needs an ``issuer`` or an ``achievement``. Raises TableError for what is no such table: another encoding, no
    header, a column that is not known or named twice, neither of the two columns, or more than the limits.
    """
    rows = raw_rows(data, MAXIMUM_BYTES)
    columns = _header(next(rows, None))
    approvals: list[tuple[int, Approval]] = []
    refused: list[BadRow] = []
    by_subject: dict[tuple[object, ...], list[tuple[int, Approval]]] = {}
    for count, row in enumerate(rows, 1):
        if count > MAXIMUM_ROWS:
            raise TableError(row.line, f"the file has more than {MAXIMUM_ROWS} rows")
        if row.is_blank:
            continue
        try:
            approval = _approval(row, columns)
            earlier = by_subject.setdefault(_subject(approval), [])
            _refuse_repetition(approval, earlier)
        except ValueError as error:
            refused.append(BadRow(row.line, str(error), row.original))
            continue
        earlier.append((row.line, approval))
        approvals.append((row.line, approval))
    return ApprovalTable(tuple(approval for _, approval in approvals), tuple(refused))


def _header(row: RawRow | None) -> tuple[str, ...]:
    if row is None or row.problem is not None:
        raise TableError(1, "the file has no first line with the names of the columns")
    columns = tuple(cell.strip().lower() for cell in row.cells)
    for index, column in enumerate(columns):
        if column not in COLUMNS:
            raise TableError(1, f"there is no column {column!r}; the columns are {', '.join(COLUMNS)}")
        if column in columns[:index]:
            raise TableError(1, f"the column {column!r} occurs twice")
    if not {"issuer", "achievement"} & set(columns):
        raise TableError(1, "there is neither a column 'issuer' nor a column 'achievement'")
    return columns


def _approval(row: RawRow, columns: tuple[str, ...]) -> Approval:
    """The approval of a row. Raises ValueError with the column and the reason."""
    if row.problem is not None:
        raise ValueError(row.problem)
    if len(row.cells) != len(columns):
        raise ValueError(f"the row has {len(row.cells)} cells, and there are {len(columns)} columns")
    cells = {column: cell.strip() or None for column, cell in zip(columns, row.cells, strict=True)}
    for column, cell in cells.items():
        if cell is not None and len(cell) > MAXIMUM_TEXT:
            raise ValueError(f"{column} has more than {MAXIMUM_TEXT} characters")
    if cells.get("issuer") is None and cells.get("achievement") is None:
        raise ValueError("the row names neither an issuer nor an achievement")
    for column in ("issuer", "achievement"):
        _check_uri(column, cells.get(column))
    period = Period(_day("from", cells.get("from")), _day("until", cells.get("until")))
    if period.start is not None and period.end is not None and period.end < period.start:
        raise ValueError(f"the last day {period.end} is before the first day {period.start}")
    return Approval(
        issuer=cells.get("issuer"),
        achievement=cells.get("achievement"),
        version=cells.get("version"),
        areas=tuple((cells.get("area") or "").upper().split()),
        period=period,
        name=cells.get("name"),
    )


def _check_uri(column: str, cell: str | None) -> None:
    if cell is None:
        return
    scheme, colon, rest = cell.partition(":")
    if not (colon and rest and scheme.isascii() and scheme.isalnum()) or any(sign.isspace() for sign in cell):
        raise ValueError(f"{column} is not a DID or another URI: {cell[:100]}")


def _day(column: str, cell: str | None) -> date | None:
    try:
        return None if cell is None else day_of(cell)
    except ValueError as error:
        raise ValueError(f"{column}: {error}") from None


def _subject(approval: Approval) -> tuple[object, ...]:
    return approval.issuer, approval.achievement, approval.version, tuple(sorted(approval.areas))


def _refuse_repetition(approval: Approval, earlier: Sequence[tuple[int, Approval]]) -> None:
    """Two rows about the same, on the same days: nobody could tell which of them holds. Raises ValueError."""
    for line, other in earlier:
        if other.period == approval.period:
            raise ValueError(f"the row repeats line {line}")
        if _overlap(other.period, approval.period):
            raise ValueError(f"line {line} says the same with other dates, and the days overlap")


def _overlap(one: Period, other: Period) -> bool:
    latest = max(one.start or date.min, other.start or date.min)
    return latest <= min(one.end or date.max, other.end or date.max)
