"""The roster: what is read of a row, and why a row is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from badgeport.verifier.hr.roster import EducatorId, read_roster
from badgeport.verifier.recognition.approval.csv_rows import TableError

HEAD = "employee,emails,dids,educator_ids,licence_type,licence_state,licence_unencumbered,lane,fact:form510B,fact:Years"


def read(*rows: str, head: str = HEAD) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in read_roster("\n".join([head, *rows]).encode()).refused]


def test_a_row_gives_identifiers_and_facts() -> None:
    row = "E-1,a@x.example; b@x.example,did:web:X.example,ext:arId=77@did:web:ar.example,teacher,US-AR,yes,BA,yes,12.5"
    (employee,) = read_roster(f"{HEAD}\n{row}\n".encode()).employees
    assert employee.emails == ("a@x.example", "b@x.example")
    assert employee.educator_ids == (EducatorId("ext:arId", "77", "did:web:ar.example"),)
    facts = employee.facts
    assert (facts.licence.type, facts.licence.state, facts.licence.unencumbered) == ("teacher", "US-AR", True)
    assert (facts.lane, facts.other) == ("BA", {"form510B": True, "Years": Decimal("12.5")})


def test_a_blank_cell_is_not_known() -> None:
    (employee,) = read_roster(f"{HEAD}\nE-1,,,,,,,,,\n".encode()).employees
    assert (employee.facts.lane, employee.facts.dids, employee.facts.licence.unencumbered) == (None, None, None)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",a@x.example,,,,,,,,", "the row has no employee id"),
        ("E-1,no address,,,,,,,,", "emails: no address is not an e-mail address"),
        ("E-1,,ines,,,,,,,", "dids 0: 'ines' is not a DID."),
        ("E-1,,,ext:stateEducatorId=7,,,,,,", "two states may give one number"),
        ("E-1,,,77,,,,,,", "as TYPE=NUMBER@ISSUER"),
        ("E-1,,,,,,perhaps,,,", "licence_unencumbered: write yes or no, not 'perhaps'"),
        ("E-1,,", "the row has 3 cells, and there are 10 columns"),
        ('E-1,"unclosed', "the row cannot be read"),
    ],
)
def test_a_bad_row_is_refused_by_line_and_the_others_are_read(row: str, reason: str) -> None:
    (refused,) = read("E-9,z@x.example,,,,,,,,", row)
    assert refused[0] == 3
    assert reason in refused[1]


def test_two_rows_with_one_id_are_both_refused() -> None:
    assert read("E-1,,,,,,,,,", "E-2,,,,,,,,,", "E-1,,,,,,,,,") == [
        (2, "the employee id E-1 is also on line 4"),
        (4, "the employee id E-1 is also on line 2"),
    ]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no first line"),
        (b"employee,emails,lanes\n", "there is no column 'lanes'"),
        (b"employee,emails,emails\n", "occurs twice"),
        (b"emails\n", "there is no column 'employee'"),
        (b"employee,name\n", "by which a badge could be matched"),
        ("employee,emails\nJürgen,".encode("latin-1"), "not in UTF-8"),
    ],
)
def test_what_is_no_roster_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(TableError, match=reason):
        read_roster(data)


def test_a_cycle_needs_its_days() -> None:
    head = "employee,emails,cycle,cycle_from,cycle_until"
    assert "a cycle needs" in read("E-1,,2026,,", head=head)[0][1]
    assert "ends before it begins" in read("E-1,,2026,2026-12-31,2026-01-01", head=head)[0][1]
