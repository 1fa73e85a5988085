"""The roster: who is employed, by what a badge may name them, and what is known of them. A CSV file, one row a person.

A cell that is blank is not known. Lists within a cell are separated by semicolons. A row with a mistake is refused with
its line and the reason; the other rows are used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from badgeport.keys import did
from badgeport.verifier.hr.table import Row, read_table
from badgeport.verifier.recognition.approval.csv_rows import BadRow, TableError
from badgeport.verifier.recognition.conditions.facts import Facts, FactsError, read_facts

COLUMNS = (
    "employee",
    "name",
    "emails",
    "dids",
    "educator_ids",
    "licence_type",
    "licence_stage",
    "licence_state",
    "licence_unencumbered",
    "licence_expires",
    "role",
    "lane",
    "degree",
    "subjects",
    "grade_bands",
    "employer",
    "cycle",
    "cycle_from",
    "cycle_until",
    "prior_approvals",
    "submitted",
)
"""The columns that are known, besides any ``fact:NAME``."""

STATE_EDUCATOR_ID = "ext:stateEducatorId"
"""The identity type under which badges state a state's number for an educator (docs/award.md)."""

_FACT = "fact:"
_TEXTS = ("role", "lane", "degree", "employer")
_LISTS = {"subjects": "subjects", "grade_bands": "gradeBands", "dids": "dids"}
_LICENCE = {"licence_type": "type", "licence_stage": "stage", "licence_state": "state", "licence_expires": "expires"}
_TRUTHS = {"yes": True, "true": True, "no": False, "false": False}
_EMAIL = re.compile(r"[^\s@;,<>]+@[^\s@;,<>]+")
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class EducatorId:
    """A number by which badges may name an educator. ``issuer``: only badges of this issuer mean this number by it."""

    type: str
    value: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Employee:
    """One employee. ``line`` is the row's in the roster; ``facts`` go into decisions."""

    id: str
    name: str | None
    emails: tuple[str, ...]
    dids: tuple[str, ...]
    educator_ids: tuple[EducatorId, ...]
    facts: Facts
    line: int


@dataclass(frozen=True, slots=True)
class Roster:
    """The employees in the order of the file, and the rows that were refused."""

    employees: tuple[Employee, ...]
    refused: tuple[BadRow, ...] = ()
    by_id: Mapping[str, Employee] = field(default_factory=dict)


def read_roster(data: bytes) -> Roster:
    """The roster in a CSV file (UTF-8, the first line names the columns: `COLUMNS` and ``fact:NAME``).

    Every row needs an ``employee`` id. Of rows with the same id all are refused, since nobody could tell which holds.
    Raises TableError for what is no such table: another encoding, no header, a column that is not known.
    """
    columns, rows = read_table(data)
    for column in columns:
        if column not in COLUMNS and not (column.startswith(_FACT) and len(column) > len(_FACT)):
            raise TableError(1, f"there is no column {column!r}; the columns are {', '.join(COLUMNS)}, fact:NAME")
    if "employee" not in columns:
        raise TableError(1, "there is no column 'employee'")
    if not {"emails", "dids", "educator_ids"} & set(columns):
        raise TableError(1, "there is no column by which a badge could be matched: emails, dids or educator_ids")
    refused: list[BadRow] = []
    read: list[tuple[Row, Employee]] = []
    for row in rows:
        try:
            read.append((row, _employee(row)))
        except ValueError as error:
            refused.append(BadRow(row.line, str(error), row.original))
    lines: dict[str, list[int]] = {}
    for row, employee in read:
        lines.setdefault(employee.id, []).append(row.line)
    kept: list[Employee] = []
    for row, employee in read:
        same = [str(line) for line in lines[employee.id] if line != row.line]
        if same:
            refused.append(BadRow(row.line, f"the employee id {employee.id} is also on line {same[0]}", row.original))
        else:
            kept.append(employee)
    refused.sort(key=lambda each: each.line)
    return Roster(tuple(kept), tuple(refused), {each.id: each for each in kept})


def _employee(row: Row) -> Employee:
    if row.problem is not None:
        raise ValueError(row.problem)
    cells = row.cells
    if "employee" not in cells:
        raise ValueError("the row has no employee id")
    emails = _items(cells.get("emails", ""))
    for email in emails:
        if not _EMAIL.fullmatch(email):
            raise ValueError(f"emails: {email[:100]} is not an e-mail address")
    return Employee(
        id=cells["employee"],
        name=cells.get("name"),
        emails=emails,
        dids=_items(cells.get("dids", "")),
        educator_ids=tuple(_educator_id(each) for each in _items(cells.get("educator_ids", ""))),
        facts=_facts(cells),
        line=row.line,
    )


def _educator_id(text: str) -> EducatorId:
    """``TYPE=VALUE`` or ``TYPE=VALUE@ISSUER``. Raises ValueError."""
    kind, equals, rest = text.partition("=")
    value, at, issuer = rest.partition("@")
    kind, value, issuer = kind.strip(), value.strip(), issuer.strip()
    if not (equals and kind and value) or (at and not issuer):
        raise ValueError(f"educator_ids: write {text[:100]!r} as TYPE=NUMBER@ISSUER")
    if kind == STATE_EDUCATOR_ID and not issuer:
        raise ValueError(
            f"educator_ids: write {text[:100]!r} with @ and the issuer that states it; two states may give one number"
        )
    return EducatorId(kind, value, did.comparable(issuer) if issuer else None)


def _facts(cells: Mapping[str, str]) -> Facts:
    """The facts in a row. Raises ValueError naming the column."""
    body: dict[str, Any] = {name: cells[name] for name in _TEXTS if name in cells}
    body |= {member: list(_items(cells[name])) for name, member in _LISTS.items() if name in cells}
    licence: dict[str, Any] = {member: cells[name] for name, member in _LICENCE.items() if name in cells}
    if "licence_unencumbered" in cells:
        licence["unencumbered"] = _truth("licence_unencumbered", cells["licence_unencumbered"])
    if licence:
        body["licence"] = licence
    cycle = [cells.get(name) for name in ("cycle", "cycle_from", "cycle_until")]
    if any(cycle):
        if not all(cycle):
            raise ValueError("cycle: a cycle needs cycle, cycle_from and cycle_until")
        body["cycle"] = dict(zip(("id", "from", "until"), cycle, strict=True))
    if "submitted" in cells:
        body["submitted"] = {"date": cells["submitted"]}
    if "prior_approvals" in cells:
        body["priorApprovals"] = list(_approvals(cells["prior_approvals"]))
    other = {name.removeprefix(_FACT): _other(cell) for name, cell in cells.items() if name.startswith(_FACT)}
    if other:
        body["other"] = other
    try:
        return read_facts(body)
    except FactsError as error:
        raise ValueError(f"{error.pointer.strip('/').replace('/', ' ')}: {error.detail}") from None


def _approvals(cell: str) -> Iterator[dict[str, str]]:
    for each in _items(cell):
        achievement, equals, day = each.rpartition("=")
        if not equals:
            raise ValueError(f"prior_approvals: write {each[:100]!r} as ACHIEVEMENT=2026-08-20")
        yield {"achievement": achievement.strip(), "on": day.strip()}


def _items(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))


def _truth(column: str, cell: str) -> bool:
    if cell.lower() not in _TRUTHS:
        raise ValueError(f"{column}: write yes or no, not {cell[:100]!r}")
    return _TRUTHS[cell.lower()]


def _other(cell: str) -> str | bool | int | float:
    """What a cell of a further fact says: yes or no, a number, else a text."""
    if cell.lower() in _TRUTHS:
        return _TRUTHS[cell.lower()]
    if _NUMBER.fullmatch(cell):
        number = Decimal(cell)
        return int(number) if number == number.to_integral_value() else float(number)
    return cell
