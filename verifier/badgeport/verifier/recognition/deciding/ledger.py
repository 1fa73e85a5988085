"""What was credited before, and what room it leaves: under caps, and for combinations that count a number of times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from badgeport.verifier.recognition.conditions.facts import Cycle, current_cycle
from badgeport.verifier.recognition.conditions.units import same_unit
from badgeport.verifier.recognition.deciding.allotment import Limit
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.model import Cap, Credited, Rule

CYCLE_KEY = "facts#/cycle/id"
OTHER_CYCLE = "(another cycle)"

_UNIT = "how much that is in the unit of it"
_CYCLE = "in which cycle the educator is"
_OTHERWISE_CALLED = "whether all of it was given under that cap, in this cycle"


@dataclass(frozen=True, slots=True)
class Room:
    """A cap and what was used of it before; under ``key`` where that is not known, by what it may turn out to be.

    ``doubt``: what is not known, in words.
    """

    cap: Cap
    rules: frozenset[str]
    before: Decimal
    key: str | None = None
    by_value: tuple[tuple[Any, Decimal], ...] = ()
    doubt: str = ""

    def limit(self, value: Any = None) -> Limit:
        """What is left where the unknown is ``value``; where it is none of those known, the least that may be left."""
        before = next((used for known, used in self.by_value if known == value), self.before)
        left = max(Fraction(self.cap.amount) - Fraction(before), Fraction(0))
        return Limit(self.cap.id, self.rules, left, self.cap.partial)

    def limits(self) -> tuple[Limit, ...]:
        """What may be left, in every case there is."""
        return (self.limit(), *(self.limit(value) for value, _ in self.by_value))


@dataclass(frozen=True, slots=True)
class Again:
    """How many times a combination can still count: ``most`` times; ``least`` where what has ``key`` is true."""

    rule: Rule
    most: int
    least: int

    @property
    def key(self) -> str:
        """What is not known: whether lines of the ledger are of this combination, or what is left of one."""
        return f"credited#{self.rule.pointer}"


def rooms(inputs: Inputs) -> tuple[Room, ...]:
    """The caps of the purpose, in the order of the policy, with what was used of each before."""
    rules = {rule.id: rule for rule in inputs.policy.rules_for(inputs.purpose)}
    return tuple(_room(cap, inputs, rules) for cap in inputs.policy.caps if cap.purpose == inputs.purpose)


def again(inputs: Inputs) -> tuple[Again, ...]:
    """The combinations of the purpose, and how many times each can still count.

    Each time before left as many lines as it has places. What is left of one of which a share was taken back may or may
    not be a time; so may lines under a rule that the policy has no more: it may be this one, called otherwise.
    """
    rules = {rule.id: rule for rule in inputs.policy.rules_for(inputs.purpose)}
    lines = Counter(line.rule for line in inputs.credited if line.purpose == inputs.purpose)
    gone = sum(count for name, count in lines.items() if name not in rules)
    found = []
    for rule in rules.values():
        size = sum(slot.count for slot in rule.slots)
        if size:
            surely, perhaps = lines[rule.id] // size, -(-(lines[rule.id] + gone) // size)
            found.append(Again(rule, max(rule.times - surely, 0), max(rule.times - perhaps, 0)))
    return tuple(found)


def _room(cap: Cap, inputs: Inputs, rules: Mapping[str, Rule]) -> Room:
    under = frozenset(rule.id for rule in rules.values() if _is_under(cap, rule.id, rule.category))
    cycle, unit = current_cycle(inputs.facts, inputs.as_of), inputs.policy.purposes[cap.purpose].unit
    lines = [line for line in inputs.credited if line.purpose == cap.purpose]
    if cap.per == "year":
        lines = [line for line in lines if line.on.year == inputs.as_of.year]
    stands = [(line, _stands_under(cap, line, rules)) for line in lines]
    if cap.per == "cycle" and cycle is not None:
        stands = [(line, _both(stood, _is_in(cycle, line))) for line, stood in stands]
    lines = [line for line, stood in stands if stood is not False]
    sure = [line for line, stood in stands if stood and same_unit(line.unit, unit)]
    any_cycle = cap.per == "cycle" and cycle is None
    if len(sure) < len(lines):
        # In another cycle than those of the lines nothing of the cap was used.
        known = Decimal(0) if any_cycle else _sum(sure)
        other_unit = any(not same_unit(line.unit, unit) for line in lines)
        full = max(cap.amount, known) if other_unit else _sum(lines)
        doubt = _UNIT if other_unit else _CYCLE if any_cycle else _OTHERWISE_CALLED
        return Room(cap, under, full, f"credited#{cap.pointer}", ((True, full), (False, known)), doubt)
    if not any_cycle or not lines:
        return Room(cap, under, _sum(lines))
    undated = _sum([line for line in lines if line.cycle is None])
    names = list(dict.fromkeys(line.cycle for line in lines if line.cycle is not None))
    by_name = [(name, undated + _sum([line for line in lines if line.cycle == name])) for name in names]
    by_value = ((OTHER_CYCLE, Decimal(0)), (f"{OTHER_CYCLE} with all days", undated), *by_name)
    return Room(cap, under, max(used for _, used in by_value), CYCLE_KEY, by_value, _CYCLE)


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


def _stands_under(cap: Cap, line: Credited, rules: Mapping[str, Rule]) -> bool | None:
    """Whether a cap counts a line of the ledger. None: the policy has no such rule any more, so that what it has may
    be the same rule under another name."""
    rule = rules.get(line.rule)
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
