"""How caps share out what the rules give: the most that all caps let through, and how much of it under each rule.

Exact: integers and fractions, never floats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Final

DEAREST: Final = 2_000
"""The most that sharing out exactly may cost, in steps of a search; caps that overlap more are gone through in turn."""


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


def shares_exactly(limits: Sequence[Limit]) -> bool:
    """Whether `allot` finds the largest sum under these caps: they are nested, or few enough to be gone through."""
    return nested(limits) or _pivoting(limits) <= DEAREST


def cost(limits: Sequence[Limit]) -> int:
    """About what `allot` costs under these caps, in steps of a search: little where they are nested."""
    if nested(limits):
        return 1
    pivoting = _pivoting(limits)
    return pivoting if pivoting <= DEAREST else 1 + len(limits) * len(_under(limits)) // 40


def _pivoting(limits: Sequence[Limit]) -> int:
    rules = len(_under(limits))
    height = rules + len(limits)
    return 1 + height * height * (height + rules) // 100


def _under(limits: Sequence[Limit]) -> frozenset[str]:
    return frozenset[str]().union(*(limit.rules for limit in limits))


def allot(totals: Mapping[str, Fraction], limits: Sequence[Limit]) -> dict[str, Fraction] | None:
    """How much each rule gives under all caps, so that the sum is the largest possible.

    ``totals`` are what the rules would give without caps, in the order of the policy, which also says who comes first
    where that makes no difference to the sum. None where what must count whole does not fit. Under more caps that
    overlap than can be gone through (`DEAREST`) the sum may be less than the largest.
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
    given.update(_cut({rule: total for rule, total in totals.items() if rule not in whole}, limits, left))
    return {rule: given[rule] for rule in totals}


def _cut(totals: Mapping[str, Fraction], limits: Sequence[Limit], left: Sequence[Fraction]) -> dict[str, Fraction]:
    """What caps that cut let through. Only those are looked at that have to cut, and the rules under them."""
    rest = []
    for amount, limit in zip(left, limits, strict=True):
        under = frozenset(rule for rule in limit.rules & totals.keys() if totals[rule])
        if sum((totals[rule] for rule in under), Fraction(0)) > amount:
            rest.append(Limit(limit.id, under, max(amount, Fraction(0))))
    held = frozenset[str]().union(*(limit.rules for limit in rest))
    free = {rule: total for rule, total in totals.items() if rule in held}
    in_turn = nested(rest) or not shares_exactly(rest)
    return {**totals, **(_in_turn(free, rest) if in_turn else _by_simplex(free, rest))}


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
    """The largest sum under caps that overlap: the simplex method with Bland's rule, which always ends.

    In whole numbers: all amounts are multiples of one unit, and the table has one common denominator, the last pivot
    (Edmonds 1967), by which everything can be divided.
    """
    rules = list(totals)
    bounds = [*(limit.left for limit in limits), *totals.values()]
    unit = lcm(*(bound.denominator for bound in bounds))
    rows = [[int(rule in limit.rules) for rule in rules] for limit in limits]
    rows += [[int(rule == other) for other in rules] for rule in rules]
    count, height = len(rules), len(rows)
    table = [
        [*row, *(int(place == other) for other in range(height)), int(bound * unit)]
        for place, (row, bound) in enumerate(zip(rows, bounds, strict=True))
    ]
    table.append([1] * count + [0] * (height + 1))
    basis = list(range(count, count + height))
    whole = 1
    while (enters := next((column for column in range(count + height) if table[-1][column] > 0), None)) is not None:
        leaves = min(
            (place for place in range(height) if table[place][enters] > 0),
            key=lambda place: (Fraction(table[place][-1], table[place][enters]), basis[place]),
        )
        chosen = table[leaves]
        pivot = chosen[enters]
        for place, row in enumerate(table):
            factor = row[enters]
            if place != leaves and (factor or pivot != whole):
                row[:] = [(pivot * value - factor * other) // whole for value, other in zip(row, chosen, strict=True)]
        basis[leaves], whole = enters, pivot
    solution = dict.fromkeys(rules, Fraction(0))
    for place, column in enumerate(basis):
        if column < count:
            solution[rules[column]] = Fraction(table[place][-1], whole * unit)
    return solution
