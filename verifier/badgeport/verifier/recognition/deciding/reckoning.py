"""What a portfolio gives whatever is not known, and what it could give: supervaluation.

Everything unknown is given each value that makes a difference, and the best choice is found each time. Where every case
gives the same, what is not known does not matter; else the least stands and the most is what could become of it. Most
unknowns are plain: one value of theirs is the worst in every respect and one the best, so that no other need be tried.
Within the budgets all of this is exact; beyond them it is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import prod
from typing import Any, Final

from badgeport.verifier.recognition.deciding.portfolio import Choice, Problem, best, most
from badgeport.verifier.recognition.deciding.situation import WITHOUT_END, Situation, Values

MAXIMUM_CASES: Final = 4096
"""The most cases that are gone through, for the least and for the most each."""
MAXIMUM_STEPS: Final = 50_000
"""The most steps that all searches for one decision take together."""
CASE_STEPS: Final = 40
"""What it costs to make the problem of one case, beside what its credentials cost, in steps of a search."""


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What stands and what could become of it.

    ``stands``: the best choice in the worst case, ``case`` that case (None: it rests on what is known alone).
    ``could``: the best choice in the best case. ``settled``: both give the same, and what counts in ``stands`` counts
    alike in every case there is. ``bound``: what nothing exceeds in the worst case. ``exact``: both are proven.
    ``open_ended``: with more of something unknown the most would be more, without end; that is then not in
    ``at_most``, and in ``could`` with a stand-in.
    """

    stands: Choice
    case: Values | None
    could: Choice
    at_most: Fraction
    bound: Fraction
    exact: bool
    settled: bool
    open_ended: bool = False


class Reckoner:
    """Solves problems within one budget of steps, each once."""

    def __init__(self, steps: int = MAXIMUM_STEPS) -> None:
        self._left = steps
        self._solved: dict[Problem, Choice] = {}
        self._totals: dict[Problem, Fraction] = {}

    @property
    def exhausted(self) -> bool:
        """Whether no steps are left."""
        return self._left <= 0

    def solve(self, problem: Problem) -> Choice:
        """The best choice. Where no steps are left, the first choice with its bound."""
        found = self._solved.get(problem)
        if found is None:
            found = best(problem, self._left)
            self._left -= found.steps
            self._solved[problem] = found
        return found

    def total(self, problem: Problem) -> Fraction:
        """The largest sum found, without telling what it comes from."""
        found = self._totals.get(problem)
        if found is None:
            found, _, steps = most(problem, self._left)
            self._left -= steps
            self._totals[problem] = found
        return found

    def reckon(self, situation: Situation) -> Reckoning:
        """What stands in a situation and what could become of it."""
        low, high = self.solve(situation.worst()), self.solve(situation.best())
        if low.total == high.bound:
            return Reckoning(low, None, high, low.total, low.bound, exact=True, settled=True)
        open_ended = self._is_open_ended(situation, high)
        tried = self._cases(situation)
        if tried is None:
            return self._capped(Reckoning(low, None, high, high.bound, low.bound, False, False), situation, open_ended)
        lower, upper = tried
        worst = min(lower, key=lambda found: found.choice.total)
        case: Values | None = worst.values
        stands = worst.choice
        if stands.total == low.total:
            case, stands = None, low
        bound = min(each.choice.bound for each in lower)
        could = max((each.choice for each in upper), key=lambda choice: choice.total)
        at_most = max(each.choice.bound for each in upper)
        exact = all(each.choice.exact for each in (*lower, *upper))
        settled = exact and stands.total == at_most
        if settled and case is not None:
            settled = all(situation.allows(stands.counted, worst.problem, each.problem) for each in lower)
        found = Reckoning(stands, case, could, at_most, max(bound, stands.total), exact, settled)
        return self._capped(found, situation, open_ended)

    def _cases(self, situation: Situation) -> tuple[list[_Case], list[_Case]] | None:
        """The best choices in the cases that may be the worst, and in those that may be the best; None: too many."""
        extremes = {key: _extremes(*each) for key, each in sorted(situation.aspects().items())}
        found = []
        for side in (0, 1):
            sets = {key: each[side] for key, each in extremes.items()}
            if prod(len(values) for values in sets.values()) > MAXIMUM_CASES:
                return None
            solved = []
            for values in _all(sets):
                if self.exhausted:
                    return None
                self._left -= CASE_STEPS + len(situation.possible)
                problem = situation.problem(values)
                if side:
                    loosened = tuple(situation.loosened(problem.limits))
                    problem = Problem(problem.terms, problem.offers, problem.exclusions, loosened)
                solved.append(_Case(values, problem, self.solve(problem)))
            found.append(solved)
        return found[0], found[1]

    def _is_open_ended(self, situation: Situation, high: Choice) -> bool:
        """Whether twice as much of what is not known would give more still."""
        if not any(each.unknown_worth is not None for each in situation.possible):
            return False
        return self.solve(situation.best(WITHOUT_END * 2)).total > high.total

    def _capped(self, found: Reckoning, situation: Situation, open_ended: bool) -> Reckoning:
        """Without what has no end: the most is then what the rest could give, and more is possible."""
        if not open_ended:
            return found
        rest = self.solve(situation.best(WITHOUT_END * 0))
        at_most = max(rest.bound, found.stands.total)
        return replace(found, at_most=at_most, settled=False, open_ended=True)


@dataclass(frozen=True, slots=True)
class _Case:
    """One way in which all that is not known may turn out, and the best choice there."""

    values: Values
    problem: Problem
    choice: Choice


def _extremes(values: Sequence[Any], aspects: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The values that may be the worst, and those that may be the best: none is worse, or better, in every respect."""
    profiles: dict[tuple[Fraction, ...], Any] = {}
    for value in values:
        profiles.setdefault(tuple(aspect(value) for aspect in aspects), value)
    worst = [v for p, v in profiles.items() if not any(_below(other, p) for other in profiles)]
    best_ = [v for p, v in profiles.items() if not any(_below(p, other) for other in profiles)]
    return worst, best_


def _below(one: Sequence[Fraction], other: Sequence[Fraction]) -> bool:
    """Whether the first is nowhere above the second, and not the same."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def _all(sets: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    for values in product(*sets.values()):
        yield dict(zip(sets, values, strict=True))
