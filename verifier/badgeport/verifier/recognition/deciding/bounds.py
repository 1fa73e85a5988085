"""The most that credentials could still give: bounds for the search, by prices on the room below caps.

Under prices between 0 and 1 an amount counts for what is left of it after paying for the room it takes, and the room
itself counts for its price. Whatever the prices, no choice gives more than the sum of both (weak duality of linear
programs); good prices make that tight. Of credentials that exclude each other the best ones that go together count.

All sums are whole numbers: of a unit that divides every amount, and of sixtieths for the prices.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Final

from badgeport.verifier.recognition.deciding.portfolio import NOTHING, Offer, Problem, Terms

_GRID: Final = 60
"""Prices are multiples of one sixtieth, among which are the ratios that rates commonly have."""
_ROUNDS: Final = 3
_PATIENCE: Final = 20_000
"""Pairs that are looked at to find the best of credentials that exclude each other; beyond them, all are counted."""
_WORK: Final = 40
"""So many looks take about as long as a step of a search."""

Prices = tuple[int, ...]
"""By limit, in sixtieths."""


@dataclass(frozen=True, slots=True)
class Option:
    """An offer as the search sees it: ``rank`` is its place among those of its credential, ``unit`` the most it adds.

    In a combination that is its share of what the whole gives.
    """

    offer: Offer
    rank: int
    unit: Fraction


@dataclass(frozen=True, slots=True)
class Item:
    """A credential as the search sees it.

    ``excludes``: keys of the others that then do not count, ``component``: all that hang together by exclusions.
    ``as_before``: it is like the one before it in everything.
    """

    credential: str
    options: tuple[Option, ...]
    excludes: tuple[str, ...]
    component: tuple[str, ...]
    as_before: bool


@dataclass(slots=True)
class _View:
    """The bound under one set of prices: what is kept of an amount by rule, and the sums."""

    kept: dict[str, int]
    constant: int
    rest: list[int]
    taken: int = 0


class Bounds:
    """Bounds on what a state of the search can still reach. `move` follows the search.

    ``work``: about what it has cost until now, in steps of a search.
    """

    def __init__(self, problem: Problem, items: Sequence[Item]) -> None:
        self._problem = problem
        self._items = items
        self._lost = {terms.rule: _lost_in_rounding(terms) for terms in problem.terms}
        self._unit = lcm(
            *(option.unit.denominator for item in items for option in item.options),
            *(limit.left.denominator for limit in problem.limits),
            *(lost.denominator for lost in self._lost.values()),
        )
        self._offered = {option.offer.rule for item in items for option in item.options}
        self._units = [tuple((o.offer.rule, int(o.unit * self._unit)) for o in item.options) for item in items]
        self._alone = Counter(units for item, units in zip(items, self._units, strict=True) if len(item.component) == 1)
        self._excludes = {item.credential: frozenset(item.excludes) for item in items if len(item.component) > 1}
        self._views: list[_View] = []
        self.work = 0
        self._add((0,) * len(problem.limits))

    @property
    def at_most(self) -> Fraction:
        """What no choice exceeds. Only before the search has taken anything."""
        return Fraction(min(view.constant + view.rest[0] for view in self._views), self._unit * _GRID)

    def sharpen(self, enough: Fraction, work: int) -> None:
        """Looks for prices that give a lower bound, until it is ``enough``, and keeps the best found.

        First each cap alone, and all, at their full price; then cap by cap, within so much ``work`` altogether.
        """
        count = len(self._problem.limits)
        wanted = enough * self._unit * _GRID
        lowest, prices = min((self._bound(each), each) for each in _plain_prices(count))
        for _ in range(_ROUNDS):
            before = lowest
            for place in range(count):
                if lowest > wanted and self.work < work:
                    prices, lowest = self._along(prices, place, lowest)
            if lowest in (before, wanted):
                break
        if any(prices):
            self._add(prices)

    def move(self, option: Option, sign: int) -> None:
        """An offer was taken (1) or given back (-1)."""
        amount = sign * int(option.unit * self._unit)
        for view in self._views:
            view.taken += view.kept[option.offer.rule] * amount

    def not_above(self, best: Fraction, place: int) -> bool:
        """Whether nothing below this state, from the credential at ``place`` on, gives more than ``best``."""
        found = best * self._unit * _GRID
        return any(view.constant + view.taken + view.rest[place] <= found for view in self._views)

    def _along(self, prices: Prices, place: int, lowest: int) -> tuple[Prices, int]:
        """The best price for one cap, the others as they are: the bound is convex in it."""

        def at(price: int) -> int:
            return self._bound((*prices[:place], price, *prices[place + 1 :]))

        low, high = 0, _GRID
        while high - low > 2:
            one, other = low + (high - low) // 3, high - (high - low) // 3
            if at(one) <= at(other):
                high = other
            else:
                low = one
        found, best = min((at(price), price) for price in range(low, high + 1))
        return ((*prices[:place], best, *prices[place + 1 :]), found) if found < lowest else (prices, lowest)

    def _bound(self, prices: Prices) -> int:
        """The bound before anything is taken, without the sums along the way."""
        self.work += 1 + (len(self._alone) + len(prices) * len(self._problem.terms)) // _WORK
        kept = self._kept(prices)
        alone = sum(count * _weight(units, kept) for units, count in self._alone.items())
        return self._constant(prices, kept) + alone + self._together(kept)

    def _together(self, kept: Mapping[str, int]) -> int:
        """What credentials that exclude others give together."""
        found = 0
        done: tuple[str, ...] = ()
        weights = self._weights(kept)
        for item in self._items:
            if len(item.component) > 1 and item.component != done:
                done = item.component
                found += self._best_together([key for key in done if key in weights], weights)
        return found

    def _add(self, prices: Prices) -> None:
        kept = self._kept(prices)
        self._views.append(_View(kept, self._constant(prices, kept), self._rest(kept)))

    def _kept(self, prices: Prices) -> dict[str, int]:
        """By rule, how many sixtieths of an amount are left after paying for room."""
        pairs = list(zip(prices, self._problem.limits, strict=True))
        return {
            terms.rule: max(_GRID - sum(price for price, limit in pairs if terms.rule in limit.rules), 0)
            for terms in self._problem.terms
        }

    def _constant(self, prices: Prices, kept: Mapping[str, int]) -> int:
        room = sum((price * limit.left for price, limit in zip(prices, self._problem.limits, strict=True)), NOTHING)
        lost = sum((kept[rule] * self._lost[rule] for rule in self._offered), NOTHING)
        return int((room + lost) * self._unit)

    def _weights(self, kept: Mapping[str, int]) -> dict[str, int]:
        return {
            item.credential: _weight(units, kept)
            for item, units in zip(self._items, self._units, strict=True)
            if len(item.component) > 1
        }

    def _rest(self, kept: Mapping[str, int]) -> list[int]:
        """For each place the most that the credentials from there on could give."""
        weights = self._weights(kept)
        rest = [0] * (len(self._items) + 1)
        component: tuple[str, ...] = ()
        after = 0
        remaining: list[str] = []
        for place in range(len(self._items) - 1, -1, -1):
            item = self._items[place]
            if len(item.component) == 1:
                rest[place] = rest[place + 1] + _weight(self._units[place], kept)
                continue
            if item.component != component:
                component, after, remaining = item.component, rest[place + 1], []
            remaining.append(item.credential)
            rest[place] = after + self._best_together(remaining, weights)
        return rest

    def _best_together(self, keys: Sequence[str], weights: Mapping[str, int]) -> int:
        found, looked_at = best_together(keys, weights, self._excludes)
        self.work += 1 + looked_at // _WORK
        return found


def best_together(
    keys: Sequence[str], weights: Mapping[str, int], excludes: Mapping[str, frozenset[str]]
) -> tuple[int, int]:
    """The largest weight of keys of which none excludes another, and how many pairs were looked at for it.

    The sum of all of them where more than `_PATIENCE` pairs would have to be.
    """
    looked_at = 0

    def most(left: frozenset[str]) -> int:
        nonlocal looked_at
        if looked_at > _PATIENCE:
            return sum(weights[key] for key in left)
        looked_at += sum(len(excludes[key]) for key in left)
        degrees = {key: len(left & excludes[key]) for key in sorted(left)}
        key = max(degrees, key=degrees.__getitem__, default="")
        if not any(degrees.values()):
            return sum(weights[key] for key in left)
        if min(degrees.values()) == len(left) - 1:
            return max(weights[key] for key in left)
        without = left - {key}
        return max(most(without), weights[key] + most(without - excludes[key]))

    return most(frozenset(keys)), looked_at


def _weight(units: Sequence[tuple[str, int]], kept: Mapping[str, int]) -> int:
    return max((kept[rule] * unit for rule, unit in units), default=0)


def _plain_prices(count: int) -> Iterator[Prices]:
    """No price for any cap, the full price for one, and for all."""
    yield (0,) * count
    for place in range(count):
        yield tuple(_GRID if place == other else 0 for other in range(count))
    if count > 1:
        yield (_GRID,) * count


def _lost_in_rounding(terms: Terms) -> Fraction:
    """The most that rounding a total adds to it."""
    if terms.total is None or terms.total.step is None or terms.total.rounding == "down":
        return NOTHING
    step = Fraction(terms.total.step)
    return step if terms.total.rounding == "up" else step / 2
