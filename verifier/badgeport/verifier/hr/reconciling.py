"""Holding the ledger against its decisions, and what stands to each employee's credit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from badgeport.verifier.hr.deciding import creditable
from badgeport.verifier.hr.ledger import Entry, Ledger
from badgeport.verifier.hr.roster import Roster
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.deciding.ledger import rooms
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.deciding.record import decide_again, inputs_again


@dataclass(frozen=True, slots=True)
class CapLeft:
    """A cap as it was decided by last: how much there is, and how much the ledger leaves of it.

    One for each cycle is that of the cycle the employee is in. Where none is known to be going on, it is left out.
    """

    cap: str
    title: str
    amount: str
    left: str


@dataclass(frozen=True, slots=True)
class Balance:
    """What stands to an employee's credit for a purpose, in all and by lane and cycle, and what is left under caps."""

    employee: str
    purpose: str
    unit: str
    amount: str
    by: tuple[tuple[str | None, str | None, str], ...]
    caps: tuple[CapLeft, ...]

    def to_json(self) -> dict[str, Any]:
        """The balance as JSON."""
        return {
            "employee": self.employee,
            "purpose": self.purpose,
            "unit": self.unit,
            "amount": self.amount,
            "by": [{"lane": lane, "cycle": cycle, "amount": amount} for lane, cycle, amount in self.by],
            "caps": [
                {"cap": each.cap, "title": each.title, "amount": each.amount, "left": each.left} for each in self.caps
            ],
        }


def balances(
    ledger: Ledger, employee: str | None = None, *, as_of: datetime | None = None, roster: Roster | None = None
) -> tuple[Balance, ...]:
    """The balances of all employees that were decided on, or of one, in the order of their ids.

    What is left under caps is that of the instant ``as_of`` (aware; the last decision's unless given), with the facts
    of the ``roster`` where it knows the employee, else with those of the last decision.
    """
    query = (
        "SELECT employee, purpose, unit, record FROM decision WHERE id IN"
        " (SELECT max(id) FROM decision GROUP BY employee, purpose) AND (? IS NULL OR employee = ?)"
        " ORDER BY employee, purpose"
    )
    own: dict[tuple[str, str], list[Entry]] = {}
    for entry in ledger.active():
        own.setdefault((entry.employee, entry.purpose), []).append(entry)
    return tuple(
        _balance(ledger, row, own.get((row["employee"], row["purpose"]), []), as_of, roster)
        for row in ledger.rows(query, (employee, employee))
    )


def _balance(
    ledger: Ledger, row: Mapping[str, Any], own: Sequence[Entry], as_of: datetime | None, roster: Roster | None
) -> Balance:
    by: dict[tuple[str | None, str | None], Decimal] = {}
    for entry in own:
        by[entry.lane, entry.cycle] = by.get((entry.lane, entry.cycle), Decimal(0)) + entry.amount
    with ledger.transaction() as connection:
        credited = ledger.credited(connection, row["employee"])
    inputs = inputs_again(json.loads(row["record"]))
    known = None if roster is None else roster.by_id.get(row["employee"])
    facts = inputs.facts if known is None else known.facts
    at = as_of or inputs.as_of
    cycle = facts.cycle
    is_over = cycle is not None and not cycle.period.contains(at.date())
    caps = tuple(
        CapLeft(
            room.cap.id,
            room.cap.title,
            number(room.cap.amount),
            number(max(room.cap.amount - room.before, Decimal(0))),
        )
        for room in rooms(replace(inputs, credited=credited, facts=facts, as_of=at))
        if room.cap.per != "cycle" or not is_over
    )
    amount = number(sum((entry.amount for entry in own), Decimal(0)))
    parts = tuple((lane, cycle_id, number(each)) for (lane, cycle_id), each in by.items())
    return Balance(row["employee"], row["purpose"], row["unit"], amount, parts, caps)


def reconcile(ledger: Ledger) -> tuple[str, ...]:
    """Every way in which the ledger does not agree with its decisions, in sentences; none where it does.

    Each decision is made again from its record and must come out alike; its credits must be the lines of the ledger, no
    more and no fewer; each reversal must take back exactly one of them.
    """
    return tuple(_disagreements(ledger))


def _disagreements(ledger: Ledger) -> Iterator[str]:
    lines: dict[int, dict[tuple[str, str], Decimal]] = {}
    entries = ledger.entries()
    by_id = {entry.id: entry for entry in entries}
    for entry in entries:
        if entry.kind == "credit":
            lines.setdefault(entry.decision, {})[entry.credential, entry.rule] = entry.amount
        elif entry.kind == "reversal":
            taken = by_id.get(entry.reverses or 0)
            if taken is None or (taken.amount, taken.employee) != (entry.amount, entry.employee):
                yield f"The reversal {entry.id} does not take back what line {entry.reverses} gave."
    for row in ledger.rows("SELECT id, employee, body, record FROM decision ORDER BY id"):
        name = f"The decision {row['id']} for {row['employee']}"
        record = json.loads(row["record"])
        decision = from_json(json.loads(row["body"]))
        if decide_again(record).to_json() != decision.to_json():
            yield f"{name} does not follow from its record."
        expected = {
            (item.credential, item.rule or ""): item.amount
            for item in creditable(decision, inputs_again(record).policy)
        }
        if expected != lines.pop(row["id"], {}):
            yield f"{name} gives other credits than the lines of the ledger that name it."
    for decision_id in sorted(lines):
        yield f"There are lines of a decision {decision_id} that is not there."
