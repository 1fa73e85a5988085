"""Approval lists in CSV: what is taken, and that each other row is told with its line, its reason and its text."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.verifier.recognition.approval import csv_lists as approval_csv
from badgeport.verifier.recognition.approval.approvals import authority_of
from badgeport.verifier.recognition.approval.authority import Approval, Standing
from badgeport.verifier.recognition.approval.csv_lists import COLUMNS, read_approvals
from badgeport.verifier.recognition.approval.csv_rows import TableError
from badgeport.verifier.recognition.model import ListEntry, Period
from support import approving as a

HEADER = "issuer,achievement,area,from,until,name\n"
ROW = f"{a.ISSUER},{a.ACHIEVEMENT},us-ar US-SC,2025-07-01,2027-06-30,Reading Together\n"
TAKEN = Approval(
    a.ISSUER,
    a.ACHIEVEMENT,
    None,
    ("US-AR", "US-SC"),
    Period(date(2025, 7, 1), date(2027, 6, 30)),
    "Reading Together",
)


def read(*rows: str, header: str = HEADER) -> approval_csv.ApprovalTable:
    return read_approvals("".join((header, *rows)).encode())


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_become_approvals(mark: bytes, end: str) -> None:
    table = read_approvals(mark + (HEADER + ROW).replace("\n", end).encode())
    assert table.approvals == (TAKEN,)
    assert table.refused == ()


def test_columns_may_stand_in_any_order_and_some_be_missing() -> None:
    table = read(f" {a.ACHIEVEMENT} ,{a.ISSUER}\n", header="Achievement, ISSUER\n")
    assert table.approvals == (Approval(a.ISSUER, a.ACHIEVEMENT),)


WRONG = [
    (",,,,,\x20x\n", "neither an issuer nor an achievement"),
    (f"{a.ISSUER},{a.ACHIEVEMENT},,2025-13-01,,\n", "from: there is no day 2025-13-01"),
    (f"{a.ISSUER},{a.ACHIEVEMENT},,7/1/2025,,\n", "from: it is not a date of the form YYYY-MM-DD"),
    (f"{a.ISSUER},{a.ACHIEVEMENT},,2026-01-01,2025-12-31,\n", "before the first day"),
    (f"{a.ISSUER},{a.ACHIEVEMENT}\n", "the row has 2 cells, and there are 6 columns"),
    (f"Lakeside District,{a.ACHIEVEMENT},,,,\n", "issuer is not a DID or another URI"),
    (f"{a.ISSUER},reading together,,,,\n", "achievement is not a DID or another URI"),
    (f'"{a.ISSUER}"x,{a.ACHIEVEMENT},,,,\n', "the row cannot be read"),
    (f"{a.ISSUER},{a.ACHIEVEMENT},,,,{'x' * 10_001}\n", "name has more than 10000 characters"),
]


@pytest.mark.parametrize(("row", "reason"), WRONG, ids=[each[1] for each in WRONG])
def test_a_row_that_is_not_right_is_told_and_the_others_are_taken(row: str, reason: str) -> None:
    table = read("\n", row, ROW)
    assert table.approvals == (TAKEN,)
    (refused,) = table.refused
    assert refused.line == 3
    assert reason in refused.reason
    assert refused.original == row


def test_the_line_is_that_on_which_the_row_starts() -> None:
    long = f'{a.ISSUER},{a.ACHIEVEMENT},,,,"two\nlines"\n'
    table = read(long, "a,b\n")
    assert [each.line for each in table.refused] == [4]
    assert table.approvals[0].name == "two\nlines"


def test_a_quotation_mark_that_is_never_closed_swallows_no_row_in_silence() -> None:
    table = read(f'{a.ISSUER},{a.ACHIEVEMENT},,,,"open\n', ROW)
    (refused,) = table.refused
    assert refused.line == 2
    assert refused.original.endswith(ROW)


def test_rows_that_say_the_same_are_told() -> None:
    overlapping = f"{a.ISSUER},{a.ACHIEVEMENT},US-SC US-AR,2026-01-01,2028-06-30,\n"
    renewed = f"{a.ISSUER},{a.ACHIEVEMENT},US-AR US-SC,2027-07-01,,\n"
    table = read(ROW, ROW, overlapping, renewed)
    assert [(each.line, each.reason) for each in table.refused] == [
        (3, "the row repeats line 2"),
        (4, "line 2 says the same with other dates, and the days overlap"),
    ]
    assert len(table.approvals) == 2


@pytest.mark.parametrize(
    ("data", "line", "reason"),
    [
        (b"", 1, "no first line"),
        (b"issuer,licence\n", 1, "there is no column 'licence'"),
        (b"issuer,achievement,issuer\n", 1, "occurs twice"),
        (b"name,from\n", 1, "neither a column"),
        (b"issuer,name\n\xff\n", 2, "not in UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, line: int, reason: str) -> None:
    with pytest.raises(TableError, match=reason) as caught:
        read_approvals(data)
    assert caught.value.line == line


def test_a_table_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(approval_csv, "MAXIMUM_ROWS", 2)
    with pytest.raises(TableError, match="more than 2 rows"):
        read(ROW, ROW, ROW)
    monkeypatch.setattr(approval_csv, "MAXIMUM_BYTES", 10)
    with pytest.raises(TableError, match="larger than 10 bytes"):
        read(ROW)


def test_a_table_becomes_entries_of_a_policy_where_it_can() -> None:
    row = f"{a.ISSUER},{a.ACHIEVEMENT},,2025-07-01,,Reading\n"
    entry = ListEntry(a.ACHIEVEMENT, a.ISSUER, None, Period(date(2025, 7, 1)), "Reading")
    assert read(row).entries() == (entry,)
    for table in (read(ROW), read(f"{a.ISSUER},,,,,\n")):
        with pytest.raises(ValueError, match="a list in a policy names achievements"):
            table.entries()


def test_a_table_counts_once_the_authority_signed_it() -> None:
    authority = authority_of([a.verified(a.signed(a.listing(*read(ROW).approvals)))])
    by = frozenset({a.state().controller})
    answer = authority.authorized(a.ISSUER, a.ACHIEVEMENT, "US-SC", a.AWARDED, by)
    assert answer.standing is Standing.APPROVED
    assert authority.authorized(a.ISSUER, a.ACHIEVEMENT, "US-WY", a.AWARDED, by).standing is Standing.NOT_APPROVED


_CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    [a.ISSUER, a.ACHIEVEMENT, "2026-01-01", "", '"', "a\nb"]
)


@given(st.lists(st.lists(_CELLS, min_size=1, max_size=8), max_size=8))
def test_every_row_is_either_taken_or_told(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([COLUMNS, *rows])
    table = read_approvals(text.getvalue().encode())
    told = len(table.approvals) + len(table.refused)
    assert told == sum(any(cell.strip() for cell in row) for row in rows)


@given(st.binary(max_size=200))
def test_no_bytes_bring_it_down(rest: bytes) -> None:
    try:
        table = read_approvals(b"issuer,achievement\n" + rest)
    except TableError:
        return
    assert all(each.line > 1 for each in table.refused)
