"""What was credited before, and what room it leaves: under caps, and for combinations that count a number of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from badgeport.verifier.recognition.conditions.facts import Cycle
from badgeport.verifier.recognition.conditions.units import same_unit
from badgeport.verifier.recognition.deciding.allotment import Limit
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.model import Cap, Credited, RecognitionPolicy, Rule

CYCLE_KEY = "facts#/cycle/id"
OTHER_CYCLE = "(another cycle)"


@dataclass(frozen=True, slots=True)
class Room:
    """A cap and what was used of it before; under ``key`` where that is not known, by what it may turn out to be."""

    cap: Cap
    rules: frozenset[str]
    before: Decimal
    key: str | None = None
    by_value: tuple[tuple[Any, Decimal], ...] = ()

    def limit(self, value: Any = None) -> Limit:
        """What is left where the unknown is ``value``; where it is none of those known, the least that may be left."""
        before = next((used for known, used in self.by_value if known == value), self.before)
        left = max(Fraction(self.cap.amount) - Fraction(before), Fraction(0))
        return Limit(self.cap.id, self.rules, left, self.cap.partial)

    def limits(self) -> tuple[Limit, ...]:
        """What may be left, in every case there is."""
        return (self.limit(), *(self.limit(value) for value, _ in self.by_value))


def rooms(inputs: Inputs) -> tuple[Room, ...]:
    """The caps of the purpose, in the order of the policy, with what was used of each before."""
    return tuple(_room(cap, inputs) for cap in inputs.policy.caps if cap.purpose == inputs.purpose)


def times_left(rule: Rule, credited: Sequence[Credited]) -> int:
    """How many times a combination can still count. Each time before left as many lines as it has places."""
    size = sum(slot.count for slot in rule.slots)
    lines = sum(line.rule == rule.id and line.purpose == rule.purpose for line in credited)
    return max(rule.times - -(-lines // size), 0) if size else rule.times


def _room(cap: Cap, inputs: Inputs) -> Room:
    policy = inputs.policy
    rules = frozenset(rule.id for rule in policy.rules_for(cap.purpose) if _is_under(cap, rule.id, rule.category))
    cycle, unit = inputs.facts.cycle, policy.purposes[cap.purpose].unit
    lines = [line for line in inputs.credited if line.purpose == cap.purpose]
    if cap.per == "year":
        lines = [line for line in lines if line.on.year == inputs.as_of.year]
    stands = [(line, _stands_under(cap, line, policy)) for line in lines]
    if cap.per == "cycle" and cycle is not None:
        stands = [(line, _both(under, _is_in(cycle, line))) for line, under in stands]
    lines = [line for line, under in stands if under is not False]
    sure = [line for line, under in stands if under and same_unit(line.unit, unit)]
    if len(sure) < len(lines):
        known = _sum(sure)
        other_unit = any(not same_unit(line.unit, unit) for line in lines)
        full = max(cap.amount, known) if other_unit else _sum(lines)
        return Room(cap, rules, full, f"credited#{cap.pointer}", ((True, full), (False, known)))
    if cap.per != "cycle" or cycle is not None:
        return Room(cap, rules, _sum(lines))
    if not lines:
        return Room(cap, rules, Decimal(0))
    undated = _sum([line for line in lines if line.cycle is None])
    names = list(dict.fromkeys(line.cycle for line in lines if line.cycle is not None))
    by_name = [(name, undated + _sum([line for line in lines if line.cycle == name])) for name in names]
    by_value = ((OTHER_CYCLE, Decimal(0)), (f"{OTHER_CYCLE} with all days", undated), *by_name)
    return Room(cap, rules, max(used for _, used in by_value), CYCLE_KEY, by_value)


def _is_in(cycle: Cycle, line: Credited) -> bool | None:
    """Whether a line was credited in a cycle. None: on a day of it, but for a cycle that was called otherwise."""
    if line.cycle == cycle.id:
        return True
    inside = cycle.period.contains(line.on)
    return inside if line.cycle is None or not inside else None


def _both(one: bool | None, other: bool | None) -> bool | None:
    if one is False or other is False:
        return False
    return True if one and other else None


def _stands_under(cap: Cap, line: Credited, policy: RecognitionPolicy) -> bool | None:
    """Whether a cap counts a line of the ledger. None: the policy has no such rule any more, so that what it has may
    be the same rule under another name."""
    rule = next((each for each in policy.rules_for(cap.purpose) if each.id == line.rule), None)
    categories = (line.category, None if rule is None else rule.category)
    if any(_is_under(cap, line.rule, category) for category in categories):
        return True
    return None if rule is None else False


def _is_under(cap: Cap, rule: str, category: str | None) -> bool:
    if not cap.rules and not cap.categories:
        return True
    return rule in cap.rules or (category is not None and category in cap.categories)


def _sum(lines: Sequence[Credited]) -> Decimal:
    return sum((line.amount for line in lines), Decimal(0))
