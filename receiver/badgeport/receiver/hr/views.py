"""What pages and programs show of a ledger."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlmodel import Session

from badgeport.issuer.audit.wording import ACTORS
from badgeport.issuer.mistakes import Absent, Mistakes
from badgeport.issuer.people.services import names_of
from badgeport.receiver.hr import wording
from badgeport.schemas import jsontext
from badgeport.verifier.hr.exporting import ExportError, Row, as_csv, as_parquet, rows_of
from badgeport.verifier.hr.ledger import IMPORTER, LARGEST, Entry, Ledger
from badgeport.verifier.hr.reconciling import Balance, balances
from badgeport.verifier.hr.roster import Roster
from badgeport.verifier.hr.standards import ed_fi, ler_rs
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.decision import Decision


@dataclass(frozen=True, slots=True)
class Amount:
    """What stands to somebody's credit for a purpose."""

    purpose: str
    amount: str
    unit: str


@dataclass(frozen=True, slots=True)
class Person:
    """An employee in a list. ``name`` is that of the roster; ``on_roster``: they are on it."""

    employee: str
    name: str | None
    on_roster: bool
    amounts: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that is kept of an employee: balances with what is left under caps, badges, lines, decisions."""

    person: Person
    balances: tuple[Balance, ...]
    badges: tuple[Row, ...]
    lines: tuple[Entry, ...]
    decisions: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Made:
    """A decision as the ledger keeps it: its number, whose it is, when and in which import it was made, its text."""

    number: int
    employee: str
    run: int
    made: str
    decision: Decision
    body: str
    record: str
    lines: tuple[Entry, ...]


def people(ledger: Ledger, roster: Roster | None) -> list[Person]:
    """Everybody on the roster or in the ledger, by employee id."""
    sums: dict[str, dict[tuple[str, str], Decimal]] = {}
    for entry in ledger.active():
        own = sums.setdefault(entry.employee, {})
        own[entry.purpose, entry.unit] = own.get((entry.purpose, entry.unit), Decimal(0)) + entry.amount
    decided = {row["employee"] for row in ledger.rows("SELECT DISTINCT employee FROM badge")}
    known = {} if roster is None else roster.by_id
    return [
        Person(
            employee,
            known[employee].name if employee in known else None,
            employee in known,
            tuple(Amount(purpose, number(sum_), unit) for (purpose, unit), sum_ in sums.get(employee, {}).items()),
        )
        for employee in sorted({*sums, *decided, *known})
    ]


def sheet(ledger: Ledger, roster: Roster | None, employee: str, now: datetime) -> Sheet:
    """All that is kept of an employee. Raises Absent."""
    person = next((one for one in people(ledger, roster) if one.employee == employee), None)
    if person is None:
        raise Absent
    query = (
        "SELECT id AS number, run, purpose, policy, version, kind, amount, unit, made FROM decision"
        " WHERE employee = ? ORDER BY id DESC"
    )
    return Sheet(
        person,
        balances(ledger, employee, as_of=now, roster=roster),
        rows_of(ledger, employee),
        ledger.entries(employee),
        tuple(ledger.rows(query, (employee,))),
    )


def made(ledger: Ledger, decision: int) -> Made:
    """A decision by its number. Raises Absent."""
    row = None if decision > LARGEST else next(ledger.rows("SELECT * FROM decision WHERE id = ?", (decision,)), None)
    if row is None:
        raise Absent
    lines = tuple(entry for entry in ledger.entries(row["employee"]) if entry.decision == decision)
    said = from_json(json.loads(row["body"]))
    return Made(row["id"], row["employee"], row["run"], row["made"], said, row["body"], row["record"], lines)


def put_aside(ledger: Ledger) -> list[dict[str, Any]]:
    """What was put aside and waits for a person, newest first."""
    query = (
        "SELECT id AS number, run, name, place, original, code, reason FROM quarantine"
        " WHERE released IS NULL ORDER BY id DESC"
    )
    return list(ledger.rows(query))


def aside(ledger: Ledger, aside_number: int) -> tuple[str, bytes]:
    """The name and the bytes of what was put aside, also of what was taken in since. Raises Absent."""
    query = "SELECT name, original FROM quarantine WHERE id = ?"
    row = None if aside_number > LARGEST else next(ledger.rows(query, (aside_number,)), None)
    if row is None:
        raise Absent
    return row["name"], ledger.original(row["original"])


def export(ledger: Ledger, format: str, *, state: str, namespace: str, roster: Roster | None) -> tuple[bytes, str, str]:
    """The ledger in a format: bytes, media type, and the ending of its file. Raises Absent, Mistakes (``format``)."""
    rows = rows_of(ledger)
    try:
        if format == "csv":
            return as_csv(rows), "text/csv; charset=utf-8", "csv"
        if format == "parquet":
            return as_parquet(rows), "application/vnd.apache.parquet", "parquet"
        if format == "ed-fi":
            body = ed_fi(ledger, rows, state=state, namespace=namespace)
        elif format == "ler-rs":
            body = ler_rs(ledger, rows, roster)
        else:
            raise Absent
    except ExportError as error:
        mistakes = Mistakes()
        mistakes.add("format", "It cannot be exported in this form: {reason}.", reason=str(error).rstrip("."))
        raise mistakes from None
    return jsontext.dump_pretty(body), "application/json", f"{format}.json"


def whose(session: Session, actors: set[str], say: Callable[[str], str]) -> Mapping[str, str]:
    """The names of those who did something, for people."""
    names = names_of(session, actors)
    fixed = {IMPORTER: wording.IMPORTER, "system": ACTORS["system"]}
    return {
        actor: names.get(actor)
        or say(fixed.get(actor) or (wording.PROGRAM if actor.startswith("token:") else wording.NOBODY))
        for actor in actors
    }
