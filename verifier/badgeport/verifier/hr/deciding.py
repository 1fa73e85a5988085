"""What an import decides for one employee, and which lines of the ledger follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.hr.ledger import IMPORTER, identity_of
from badgeport.verifier.hr.roster import Employee
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.authority import Authority
from badgeport.verifier.recognition.authoring.building import digest
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.deciding.inputs import Inputs, inputs_of
from badgeport.verifier.recognition.deciding.plain import number, plain
from badgeport.verifier.recognition.deciding.record import record_of
from badgeport.verifier.recognition.decision import Decision, Item, Kind
from badgeport.verifier.recognition.engine import decide
from badgeport.verifier.recognition.model import Credited, Exchange, RecognitionPolicy, Worth
from badgeport.verifier.verifier import VerifiedCredential


@dataclass(frozen=True, slots=True)
class Terms:
    """What an import decides by: a policy for one purpose, what authorities said, and the agreements at hand."""

    policy: RecognitionPolicy
    purpose: str
    software: str
    authority: Authority = field(default_factory=Authority)
    agreements: Mapping[str, Agreement] = field(default_factory=dict)

    def basis(self, facts: Facts, last_change: int, day: date) -> str:
        """A digest of all that a decision rests on besides the badges and what an import credited.

        ``last_change`` is the last line of the ledger by which a person changed the educator's credit; ``day`` is that
        of the decision, of which it counts which year and cycle it is in, and whether the policy and its rules hold.
        """
        cycle, rules = facts.cycle, self.policy.rules_for(self.purpose)
        time = {
            "year": day.year,
            "inCycle": cycle is not None and cycle.period.contains(day),
            "policy": self.policy.effective.contains(day),
            "rules": [rule.effective.contains(day) for rule in rules],
        }
        agreements = [each.to_json() for _, each in sorted(self.agreements.items())]
        body = {
            "policy": self.policy.sha256,
            "facts": plain(facts.body),
            "authority": plain(self.authority.to_json()),
            "agreements": plain(agreements),
            "lastChange": last_change,
            "time": time,
        }
        return digest(body)


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision, what it was made from, and the items of it that are credited."""

    decision: Decision
    inputs: Inputs
    items: tuple[Item, ...]


def decide_for(
    facts: Facts,
    credentials: Sequence[VerifiedCredential],
    own: Callable[[Candidate], bool],
    credited: Sequence[Credited],
    terms: Terms,
    now: datetime,
) -> Decided | None:
    """The decision on an employee's badges; None where none of them is left.

    ``credentials`` are the files, verified as of ``now``; of the badges in them only those enter that are the
    employee's ``own``: a record may hold badges of others.
    """
    inputs = inputs_of(
        credentials,
        terms.policy,
        terms.purpose,
        facts,
        now,
        authority=terms.authority,
        agreements=terms.agreements,
        credited=credited,
        software=terms.software,
    )
    kept = tuple(candidate for candidate in inputs.candidates if own(candidate))
    if not kept:
        return None
    inputs = replace(inputs, candidates=kept, left_out=())
    decision = decide(inputs)
    return Decided(decision, inputs, creditable(decision, terms.policy))


def creditable(decision: Decision, policy: RecognitionPolicy) -> tuple[Item, ...]:
    """The items of a decision that are credited without a person.

    Only what is accepted without conditions is; what is referred, or hangs on a form that is not there yet, waits. Of a
    decision that is not proven to be the best nothing is credited, nor of badges that give something only together (a
    combination, or a total that is rounded) where one of them is not settled. Badges that give nothing together are not
    used up.
    """
    if not decision.exact or decision.trial:
        return ()
    together = counted_together(policy)
    by_rule: dict[str, list[Item]] = {}
    for item in decision.items:
        if item.rule is not None and item.kind is not Kind.NOT_ACCEPTED:
            by_rule.setdefault(item.rule, []).append(item)
    settled = {
        rule
        for rule, items in by_rule.items()
        if rule not in together or all(item.kind is Kind.ACCEPT for item in items)
        if sum((item.amount for item in items if item.kind is Kind.ACCEPT), Decimal(0)) > 0
    }
    return tuple(item for item in decision.items if item.kind is Kind.ACCEPT and item.rule in settled)


def counted_together(policy: RecognitionPolicy) -> frozenset[str]:
    """The rules whose badges give something only together: combinations, and totals that are rounded."""
    return frozenset(rule.id for rule in policy.rules if rule.slots or _is_rounded_over_all(rule.worth))


def _is_rounded_over_all(worth: Worth) -> bool:
    return isinstance(worth, Exchange) and worth.over == "total"


def decision_row(
    decided: Decided, employee: Employee, terms: Terms, basis: str, run: int, now: datetime
) -> dict[str, Any]:
    """The columns of a decision in the ledger's file."""
    decision, policy = decided.decision, terms.policy
    return {
        "run": run,
        "employee": employee.id,
        "purpose": terms.purpose,
        "policy": policy.id,
        "version": policy.version,
        "policy_sha256": policy.sha256,
        "basis": basis,
        "kind": decision.kind.value,
        "amount": number(decision.amount),
        "unit": decision.unit,
        "made": format_datetime(now),
        "body": _text(decision.to_json()),
        "record": _text(record_of(decided.inputs)),
    }


def entry_rows(
    decided: Decided, employee: Employee, terms: Terms, decision: int, now: datetime
) -> Iterator[dict[str, Any]]:
    """The columns of the lines that follow from a decision."""
    rules = {rule.id: rule for rule in terms.policy.rules}
    candidates = {candidate.sha256: candidate for candidate in decided.inputs.candidates}
    cycle = employee.facts.cycle
    for item in decided.items:
        assert item.rule is not None
        yield {
            "kind": "credit",
            "decision": decision,
            "employee": employee.id,
            "purpose": terms.purpose,
            "identity": identity_of(candidates[item.credential]),
            "credential": item.credential,
            "rule": item.rule,
            "category": rules[item.rule].category,
            "lane": employee.facts.lane,
            "cycle": None if cycle is None else cycle.id,
            "amount": item.amount,
            "unit": decided.decision.unit,
            "day": decided.decision.as_of.date().isoformat(),
            "at": format_datetime(now),
            "who": IMPORTER,
            "why": f"decision {decision}",
        }


def _text(body: Any) -> str:
    return jsontext.dump(body).decode()
