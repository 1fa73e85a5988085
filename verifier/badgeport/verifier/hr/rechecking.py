"""Looking again at what was credited: is it still valid, and would it still be credited under the policy of today?

What changed is reported, and where credit no longer stands a reversal is proposed. Nothing is reversed by itself: a
person accepts or declines each proposal (`settle`), with a reason, and the ledger keeps both.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.hr.deciding import Terms, counted_together, decide_for
from badgeport.verifier.hr.examining import Examined, Examiner
from badgeport.verifier.hr.ledger import Entry, Ledger, identity_of
from badgeport.verifier.hr.roster import Roster
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.facts import Facts, read_facts
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.deciding.record import inputs_again
from badgeport.verifier.report import Outcome, Verdict, VerificationReport

FORM = "badgeport-hr-recheck-1"
"""The form of a report."""

INVALID, UNKNOWN, RESTORED, POLICY, SHARE = "not-valid", "undetermined", "valid-again", "policy", "share"
REVERSE, REDECIDE, REINSTATE = "reverse", "reverse-and-decide-again", "reinstate"


@dataclass(frozen=True, slots=True)
class Change:
    """Something that is not as it was when it was credited. ``proposal`` is what a person may accept; None: nothing.

    ``new``: no earlier re-check reported it. ``code`` is stable: that of the problem, or ``policy-less`` and the like.
    """

    finding: int
    entry: int
    employee: str
    credential: str
    badge: str | None
    purpose: str
    amount: str
    unit: str
    kind: str
    code: str
    detail: str
    proposal: str | None
    new: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What a re-check found: how many credits it looked at, and every change that stands open."""

    at: str
    checked: int
    changes: tuple[Change, ...]

    @property
    def new(self) -> tuple[Change, ...]:
        """The changes that no earlier re-check reported."""
        return tuple(change for change in self.changes if change.new)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON."""
        changes = [asdict(change) for change in self.changes]
        return {"form": FORM, "at": self.at, "checked": self.checked, "new": len(self.new), "changes": changes}


class SettlementError(ValueError):
    """A proposal that cannot be settled: there is none of this number, or it was settled before."""


@dataclass(frozen=True, slots=True)
class _Found:
    entry: Entry
    kind: str
    code: str
    detail: str
    proposal: str | None


def recheck(
    ledger: Ledger,
    examiner: Examiner,
    now: datetime,
    *,
    terms: Terms | None = None,
    roster: Roster | None = None,
    employees: Collection[str] | None = None,
) -> Report:
    """Verify again everything that stands credited or was reversed for not being valid, as of ``now`` (aware).

    With ``terms`` the credits that another version of the same policy gave are decided again under this one, with the
    facts of the ``roster`` where there is one, else with those of the decision. Run twice, it reports the same once.
    ``employees``: only their credit is looked at; what is open about others stays as it is, and is not in the report.
    """
    examined: dict[str, Examined] = {}
    found: list[_Found] = []
    active = tuple(entry for entry in ledger.active() if employees is None or entry.employee in employees)
    for entry in active:
        found += _checked(ledger, examiner, entry, now, examined)
    found += _shares(ledger, active)
    for entry in _withdrawn(ledger):
        if employees is not None and entry.employee not in employees:
            continue
        if _is_valid(_examined(ledger, examiner, entry, now, examined), entry):
            detail = "The badge is valid again; its credit was taken back because it was not."
            found.append(_Found(entry, RESTORED, RESTORED, detail, REINSTATE))
    if terms is not None:
        found += _under(ledger, examiner, active, terms, roster, now, examined)
    return _noted(ledger, found, examined, len(active), now, _asked_under(ledger, active, terms), employees)


def open_changes(ledger: Ledger) -> tuple[Change, ...]:
    """Every change that stands open, as it was found last; none of them is new."""
    query = "SELECT id, entry, kind, code, detail, proposal FROM finding WHERE state = 'open' ORDER BY id"
    rows = list(ledger.rows(query))
    entries = {entry.id: entry for entry in ledger.entries()} if rows else {}
    with ledger.transaction() as connection:
        return tuple(
            _change(
                ledger,
                connection,
                _Found(entries[row["entry"]], row["kind"], row["code"], row["detail"], row["proposal"]),
                row["id"],
                new=False,
            )
            for row in rows
        )


def settle(ledger: Ledger, finding: int, *, accept: bool, who: str, why: str, now: datetime) -> None:
    """Accept or decline what was proposed about a finding. ``who`` decided it and ``why`` are kept.

    Raises SettlementError where there is nothing open of this number, or who or why is missing.
    """
    if not who.strip() or not why.strip():
        raise SettlementError("who decided it and why has to be said")
    with ledger.transaction() as connection:
        row = connection.execute(
            "SELECT entry, proposal FROM finding WHERE id = ? AND state = 'open'", (finding,)
        ).fetchone()
        if row is None:
            raise SettlementError(f"there is no open finding {finding}")
        number_of, proposal = row
        if accept and proposal is None:
            raise SettlementError(f"finding {finding} proposes nothing that could be accepted; decline it instead")
        if accept:
            entry = next(each for each in ledger.entries_in(connection) if each.id == number_of)
            _carry_out(ledger, connection, entry, proposal, who, why, now)
        state = "accepted" if accept else "declined"
        connection.execute(
            "UPDATE finding SET state = ?, who = ?, why = ?, settled = ? WHERE id = ?",
            (state, who, why, format_datetime(now), finding),
        )
        if accept:
            others = "UPDATE finding SET state = 'overtaken', settled = ? WHERE entry = ? AND state = 'open'"
            connection.execute(others, (format_datetime(now), number_of))


def _carry_out(
    ledger: Ledger, connection: sqlite3.Connection, entry: Entry, proposal: str, who: str, why: str, now: datetime
) -> None:
    row = {name: value for name, value in asdict(entry).items() if name not in ("id", "reverses")}
    row |= {"day": now.date().isoformat(), "at": format_datetime(now), "who": who, "why": why}
    if proposal in (REVERSE, REDECIDE):
        ledger.add_entry(connection, {**row, "kind": "reversal", "reverses": entry.id})
    if proposal in (REDECIDE, REINSTATE):
        ledger.add_entry(connection, {**row, "kind": "reinstatement", "amount": Decimal(0)})


def _checked(
    ledger: Ledger, examiner: Examiner, entry: Entry, now: datetime, examined: dict[str, Examined]
) -> Iterator[_Found]:
    result = _examined(ledger, examiner, entry, now, examined)
    if _is_valid(result, entry):
        return
    verdict, code, detail = result.report.verdict, result.code or UNKNOWN, result.reason or ""
    if not result.report.valid or result.taken is not None:
        against = _against(result.report, ledger.place_of(entry.identity, entry.credential))
        if against is None:
            # Of a record something else is not valid; this badge of it is.
            return
        verdict, code, detail = against
    if verdict is Verdict.INVALID:
        yield _Found(entry, INVALID, code, f"The badge is not valid any more: {detail.rstrip('.')}.", REVERSE)
    else:
        detail = f"Whether the badge is still valid could not be told: {detail.rstrip('.')}."
        yield _Found(entry, UNKNOWN, code, detail, None)


def _examined(
    ledger: Ledger, examiner: Examiner, entry: Entry, now: datetime, examined: dict[str, Examined]
) -> Examined:
    """The verification of the file in which the credited copy is, made once."""
    original = ledger.file_of(entry.identity, entry.credential)
    if original not in examined:
        examined[original] = examiner.examine(ledger.original(original), now)
    return examined[original]


def _is_valid(examined: Examined, entry: Entry) -> bool:
    taken = examined.taken
    return taken is not None and any(each.sha256 == entry.credential for each in taken.candidates)


def _against(report: VerificationReport, place: str) -> tuple[Verdict, str, str] | None:
    """What stands against the badge at a place in what was verified: verdict, code and sentence; None: nothing.

    What stands against a record stands against all in it; what stands against one badge of it, against that one alone.
    """
    results = [each for each in report.checks if each.outcome in (Outcome.FAILED, Outcome.UNKNOWN)]
    results.sort(key=lambda each: each.outcome is Outcome.UNKNOWN)
    at_it = place in ("", report.pointer)
    for result in results:
        for problem in result.problems:
            if problem in report.warnings or (not at_it and report.told_within(result, problem)):
                continue
            verdict = Verdict.INVALID if result.outcome is Outcome.FAILED else Verdict.UNDETERMINED
            return verdict, problem.type.code, problem.detail
    for member in report.members:
        if not at_it and member.pointer is not None and f"{place}/".startswith(f"{member.pointer}/"):
            return _against(member, place)
    return None if report.valid or not at_it else (report.verdict, report.verdict.value, "the reason is not known")


def _withdrawn(ledger: Ledger) -> Iterator[Entry]:
    """Credits that a person took back because the badge was not valid, and that nobody gave back since."""
    last: dict[tuple[str, str], Entry] = {}
    entries = ledger.entries()
    for entry in entries:
        last[entry.identity, entry.purpose] = entry
    query = "SELECT entry FROM finding WHERE kind = ? AND state = 'accepted'"
    taken_back = {row["entry"] for row in ledger.rows(query, (INVALID,))}
    by_id = {entry.id: entry for entry in entries}
    for entry in last.values():
        if entry.kind == "reversal" and entry.reverses is not None and entry.reverses in taken_back:
            yield by_id[entry.reverses]


def _shares(ledger: Ledger, active: Sequence[Entry]) -> Iterator[_Found]:
    """Credits that a badge gave together with others, of which one was taken back: a combination, a rounded total."""
    entries = ledger.entries()
    taken_back = {entry.reverses for entry in entries if entry.kind == "reversal"}
    broken = {(entry.decision, entry.rule) for entry in entries if entry.id in taken_back}
    for entry in active:
        if (entry.decision, entry.rule) not in broken:
            continue
        row = next(ledger.rows("SELECT record FROM decision WHERE id = ?", (entry.decision,)))
        if entry.rule in counted_together(inputs_again(json.loads(row["record"])).policy):
            detail = "It was credited together with another badge, whose credit was taken back since."
            yield _Found(entry, SHARE, SHARE, detail, REDECIDE)


def _under(
    ledger: Ledger,
    examiner: Examiner,
    active: Sequence[Entry],
    terms: Terms,
    roster: Roster | None,
    now: datetime,
    examined: dict[str, Examined],
) -> Iterator[_Found]:
    """Credits that another version of the policy gave, and that this one would not give, or not as much."""
    query = "SELECT * FROM decision WHERE policy = ? AND policy_sha256 <> ? AND purpose = ?"
    earlier = {row["id"]: row for row in ledger.rows(query, (terms.policy.id, terms.policy.sha256, terms.purpose))}
    by_employee: dict[str, list[Entry]] = {}
    for entry in active:
        if entry.decision in earlier and entry.purpose == terms.purpose:
            by_employee.setdefault(entry.employee, []).append(entry)
    for employee, all_entries in sorted(by_employee.items()):
        facts = _facts(employee, roster, json.loads(earlier[all_entries[-1].decision]["record"]))
        # What a cycle gave that is over is done with; it is not asked for again under the policy of today.
        current = None if facts.cycle is None or not facts.cycle.period.contains(now.date()) else facts.cycle.id
        entries = [entry for entry in all_entries if entry.cycle in (None, current)]
        entries = [e for e in entries if _is_valid(_examined(ledger, examiner, e, now, examined), e)]
        if entries:
            yield from _compared(ledger, employee, entries, facts, terms, now, examined)


def _compared(
    ledger: Ledger,
    employee: str,
    entries: Sequence[Entry],
    facts: Facts,
    terms: Terms,
    now: datetime,
    examined: Mapping[str, Examined],
) -> Iterator[_Found]:
    wanted = {(entry.identity, entry.credential): entry for entry in entries}
    files = dict.fromkeys(ledger.file_of(entry.identity, entry.credential) for entry in entries)
    credentials = [each.credential for each in (examined[file] for file in files) if each.credential is not None]

    def own(candidate: Candidate) -> bool:
        return (identity_of(candidate), candidate.sha256) in wanted

    with ledger.transaction() as connection:
        credited = ledger.credited(connection, employee)
    asked = {entry.credential for entry in entries}
    others = [line for line in credited if line.purpose != terms.purpose or line.credential not in asked]
    decided = decide_for(facts, credentials, own, others, replace(terms), now)
    amounts = {} if decided is None else {item.credential: item.amount for item in decided.items}
    if sum(amounts.values(), Decimal(0)) == sum((entry.amount for entry in entries), Decimal(0)):
        return
    version = terms.policy.version
    for entry in entries:
        amount = amounts.get(entry.credential, Decimal(0))
        if amount == entry.amount:
            continue
        less = amount < entry.amount
        given, would = number(entry.amount), number(amount)
        detail = f"Version {version} of the policy gives {would} {entry.unit} for it; {given} was credited."
        proposal = REVERSE if amount == 0 else REDECIDE
        yield _Found(entry, POLICY, f"policy-{'less' if less else 'more'} {version}", detail, proposal)


def _facts(employee: str, roster: Roster | None, record: Mapping[str, Any]) -> Facts:
    known = None if roster is None else roster.by_id.get(employee)
    return read_facts(record["facts"]) if known is None else known.facts


def _asked_under(ledger: Ledger, active: Sequence[Entry], terms: Terms | None) -> frozenset[int]:
    """The entries that the policy of today, in whatever version, was asked about."""
    if terms is None:
        return frozenset()
    query = "SELECT id FROM decision WHERE policy = ? AND purpose = ?"
    decisions = {row["id"] for row in ledger.rows(query, (terms.policy.id, terms.purpose))}
    return frozenset(entry.id for entry in active if entry.decision in decisions)


def _noted(
    ledger: Ledger,
    found: Sequence[_Found],
    examined: Mapping[str, Examined],
    checked: int,
    now: datetime,
    asked: frozenset[int],
    employees: Collection[str] | None,
) -> Report:
    """Keep what was found: a change that is open already is not new, one that is no more is closed.

    What a version of the policy would change is no more where the version of today, which was ``asked``, does not.
    """
    at = format_datetime(now)
    with ledger.transaction() as connection:
        for original, result in examined.items():
            ledger.note_check(connection, original, now, result.check())
        keys = {(each.entry.id, each.kind, each.code) for each in found}
        query = (
            "SELECT finding.id, finding.entry, finding.kind, finding.code, entry.employee FROM finding"
            " JOIN entry ON entry.id = finding.entry WHERE finding.state = 'open'"
        )
        open_ones = {
            (row[1], row[2], row[3]): row[0]
            for row in connection.execute(query).fetchall()
            if employees is None or row[4] in employees
        }
        for key, finding in open_ones.items():
            if key not in keys and (key[1] != POLICY or key[0] in asked):
                connection.execute("UPDATE finding SET state = 'passed', settled = ? WHERE id = ?", (at, finding))
        changes = []
        for each in found:
            if _was_declined(connection, each) or (each.kind != RESTORED and _is_reversed(connection, each.entry)):
                continue
            finding, new = open_ones.get((each.entry.id, each.kind, each.code)), False
            if finding is None:
                new = True
                values = (at, each.entry.id, each.kind, each.code, each.detail, each.proposal)
                made = connection.execute(
                    "INSERT INTO finding (found, entry, kind, code, detail, proposal, state)"
                    " VALUES (?, ?, ?, ?, ?, ?, 'open')",
                    values,
                )
                finding = int(made.lastrowid or 0)
            changes.append(_change(ledger, connection, each, finding, new=new))
    return Report(at, checked, tuple(changes))


def _is_reversed(connection: sqlite3.Connection, entry: Entry) -> bool:
    """Whether a person took the credit back while it was looked at."""
    return connection.execute("SELECT 1 FROM entry WHERE reverses = ?", (entry.id,)).fetchone() is not None


def _was_declined(connection: sqlite3.Connection, found: _Found) -> bool:
    """Whether a person looked at this already and let the credit stand."""
    query = "SELECT 1 FROM finding WHERE entry = ? AND kind = ? AND code = ? AND state = 'declined'"
    return connection.execute(query, (found.entry.id, found.kind, found.code)).fetchone() is not None


def _change(ledger: Ledger, connection: sqlite3.Connection, found: _Found, finding: int, *, new: bool) -> Change:
    entry = found.entry
    badge = ledger.badge(connection, entry.identity)
    return Change(
        finding,
        entry.id,
        entry.employee,
        entry.credential,
        None if badge is None else badge.name,
        entry.purpose,
        number(entry.amount),
        entry.unit,
        found.kind,
        found.code,
        found.detail,
        found.proposal,
        new,
    )
