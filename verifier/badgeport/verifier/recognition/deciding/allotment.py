"""How caps share out what the rules give: the most that all caps let through, and how much of it under each rule.

Exact: integers and fractions, never floats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Limit:
    """What is left under one cap for the rules it names. ``partial``: what goes over is cut; else it does not count."""

    id: str
    rules: frozenset[str]
    left: Fraction
    partial: bool = True


def whole_rules(limits: Sequence[Limit]) -> frozenset[str]:
    """The rules under a cap that is not partial. Under such a rule a credential counts whole or not at all.

    That holds for every other cap over the rule, too: nothing is cut to make room under a cap that cuts nothing.
    """
    return frozenset(rule for limit in limits if not limit.partial for rule in limit.rules)


def nested(limits: Sequence[Limit]) -> bool:
    """Whether of any two caps one lies in the other, or they have no rule in common."""
    sets = [limit.rules for limit in limits]
    return all(
        one <= other or other <= one or not one & other for place, one in enumerate(sets) for other in sets[place + 1 :]
    )


def cost(limits: Sequence[Limit]) -> int:
    """About what `allot` costs under these caps, in steps of a search: little where they are nested."""
    if nested(limits):
        return 1
    rules = len(frozenset[str]().union(*(limit.rules for limit in limits)))
    height = rules + len(limits)
    return 1 + height * height * (height + rules) // 25


def allot(totals: Mapping[str, Fraction], limits: Sequence[Limit]) -> dict[str, Fraction] | None:
    """How much each rule gives under all caps, so that the sum is the largest possible.

    ``totals`` are what the rules would give without caps, in the order of the policy, which also says who comes first
    where that makes no difference to the sum. None where what must count whole does not fit.
    """
    whole = whole_rules(limits)
    left = [limit.left for limit in limits]
    given: dict[str, Fraction] = {}
    for rule, total in totals.items():
        if rule in whole:
            given[rule] = total
            for place, limit in enumerate(limits):
                if rule in limit.rules:
                    left[place] -= total
    if any(amount < 0 and not limit.rules.isdisjoint(given) for amount, limit in zip(left, limits, strict=True)):
        return None
    free = {rule: total for rule, total in totals.items() if rule not in whole}
    rest = [
        Limit(limit.id, limit.rules & free.keys(), max(amount, Fraction(0)))
        for amount, limit in zip(left, limits, strict=True)
        if not limit.rules.isdisjoint(free)
    ]
    given.update(_in_turn(free, rest) if nested(rest) else _by_simplex(free, rest))
    return {rule: given[rule] for rule in totals}


def _in_turn(totals: Mapping[str, Fraction], limits: Sequence[Limit]) -> dict[str, Fraction]:
    """Each rule takes what is left. With nested caps every order gives the same, largest sum (a polymatroid)."""
    left = [limit.left for limit in limits]
    given: dict[str, Fraction] = {}
    for rule, total in totals.items():
        over = [place for place, limit in enumerate(limits) if rule in limit.rules]
        given[rule] = min([total, *(left[place] for place in over)])
        for place in over:
            left[place] -= given[rule]
    return given


def _by_simplex(totals: Mapping[str, Fraction], limits: Sequence[Limit]) -> dict[str, Fraction]:
    """The largest sum under caps that overlap: the simplex method with Bland's rule, which always ends."""
    rules = list(totals)
    rows = [[Fraction(rule in limit.rules) for rule in rules] for limit in limits]
    rows += [[Fraction(rule == other) for other in rules] for rule in rules]
    bounds = [*(limit.left for limit in limits), *totals.values()]
    count, height = len(rules), len(rows)
    table = [
        [*row, *(Fraction(place == other) for other in range(height)), Fraction(bound)]
        for place, (row, bound) in enumerate(zip(rows, bounds, strict=True))
    ]
    goal = [Fraction(1)] * count + [Fraction(0)] * (height + 1)
    basis = list(range(count, count + height))
    while (enters := next((column for column in range(count + height) if goal[column] > 0), None)) is not None:
        leaves = min(
            (place for place in range(height) if table[place][enters] > 0),
            key=lambda place: (table[place][-1] / table[place][enters], basis[place]),
        )
        pivot = table[leaves][enters]
        table[leaves] = [value / pivot for value in table[leaves]]
        for row in (*(table[place] for place in range(height) if place != leaves), goal):
            factor = row[enters]
            if factor:
                row[:] = [value - factor * other for value, other in zip(row, table[leaves], strict=True)]
        basis[leaves] = enters
    solution = dict.fromkeys(rules, Fraction(0))
    for place, column in enumerate(basis):
        if column < count:
            solution[rules[column]] = table[place][-1]
    return solution
