"""Branch and bound over a portfolio: exact within a number of steps that is counted, not timed, so that it is the same
everywhere.

The credentials are gone through one by one; each takes an offer or none. A branch is left where even the most that the
rest could give, under prices for the room below the caps (`bounds`), does not exceed what was found already, or where
an equal state was seen. Interchangeable credentials are told apart by their order alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from badgeport.verifier.recognition.deciding.allotment import cost, shares_exactly, whole_rules
from badgeport.verifier.recognition.deciding.bounds import Bounds, Item, Option
from badgeport.verifier.recognition.deciding.portfolio import NOTHING, Assignment, Offer, Problem, Terms, by_rule, gives

MAXIMUM_DEPTH = 400
"""The most credentials that are searched; of a larger portfolio only the first choice is tried, with its bound."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best assignment found, and the sum that none exceeds."""

    assignment: Assignment
    bound: Fraction
    steps: int


class Search:
    """One search. `run` may be called once."""

    def __init__(self, problem: Problem, steps: int) -> None:
        self._problem = problem
        self._budget = steps
        self._steps = 0
        self._best = NOTHING
        self._assignment: dict[str, Offer] = {}
        self._items = _items(problem)
        self._whole = whole_rules(problem.limits)
        self._cost = cost(problem.limits)
        self._terms = {terms.rule: terms for terms in problem.terms}
        self._plain = {t.rule for t in problem.terms if t.total is None and not t.places}
        self._taken: dict[str, list[Offer]] = {terms.rule: [] for terms in problem.terms}
        self._chosen: list[Option | None] = []
        self._sums: dict[str, Fraction] = {terms.rule: NOTHING for terms in problem.terms}
        self._class, self._room = _classes(problem)
        self._in_class: dict[int, Fraction] = dict.fromkeys(self._class.values(), NOTHING)
        self._in_place: dict[tuple[str, str | None], int] = {}
        self._most = {(t.rule, place.id): place.count * t.times for t in problem.terms for place in t.places}
        self._seen: set[object] = set()
        self._barred: dict[str, int] = {}

    def run(self) -> Found:
        """The best assignment. Where the steps run out: the best found until then."""
        self._bounds = Bounds(self._problem, self._items)
        self._keep()
        self._descend()
        bound = self._bounds.at_most
        if self._best < bound:
            self._bounds.sharpen(self._best, self._budget - self._steps)
            bound = min(bound, self._bounds.at_most)
        self._steps += self._bounds.work
        if self._best < bound and len(self._items) <= MAXIMUM_DEPTH:
            done = self._visit(0)
            # Under caps that are not shared out exactly, an assignment that was tried may give more than was found.
            bound = self._best if done and shares_exactly(self._problem.limits) else max(bound, self._best)
        return Found(self._assignment, bound, self._steps)

    def _descend(self) -> None:
        """The first choice: each credential takes what is best by itself, where it fits."""
        for place, item in enumerate(self._items):
            self._steps += 1
            for option in (*self._options(place, item), None):
                self._take(item, option)
                if self._fits(option):
                    break
                self._give_back(item)
        self._keep()
        for item in reversed(self._items):
            self._give_back(item)

    def _visit(self, place: int) -> bool:
        """Looks through everything below a state. False where the steps ran out."""
        if self._steps >= self._budget:
            return False
        self._steps += 1
        if place == len(self._items):
            self._keep()
            return True
        if self._bounds.not_above(self._best, place):
            return True
        item = self._items[place]
        state = self._state(place, item)
        if state in self._seen:
            return True
        self._seen.add(state)
        for option in self._options(place, item):
            self._take(item, option)
            done = not self._fits(option) or self._visit(place + 1)
            self._give_back(item)
            if not done:
                return False
        return True

    def _options(self, place: int, item: Item) -> Sequence[Option | None]:
        """What the credential may take, the best first, and at last nothing."""
        if self._barred.get(item.credential):
            return (None,)
        start = 0
        if item.as_before:
            earlier = self._chosen[place - 1]
            if earlier is None:
                return (None,)
            start = earlier.rank
        usable = [option for option in item.options if option.rank >= start and self._is_open(option)]
        if usable and not item.excludes and not any(self._is_in_the_way(option) for option in usable):
            return usable
        return (*usable, None)

    def _is_open(self, option: Option) -> bool:
        offer = option.offer
        if offer.place is not None:
            return self._in_place.get((offer.rule, offer.place), 0) < self._most[offer.rule, offer.place]
        number = self._class.get(offer.rule)
        if number is None or offer.rule in self._whole:
            return True
        room = self._room[number]
        return room is None or self._in_class[number] < room

    def _is_in_the_way(self, option: Option) -> bool:
        """Whether another credential may be worse off for it. Else to take it is never worse than to take nothing."""
        return option.offer.place is not None or option.offer.rule in self._whole

    def _take(self, item: Item, option: Option | None) -> None:
        self._chosen.append(option)
        if option is None:
            return
        self._count(option, 1)
        self._taken[option.offer.rule].append(option.offer)
        for other in item.excludes:
            self._barred[other] = self._barred.get(other, 0) + 1

    def _give_back(self, item: Item) -> None:
        option = self._chosen.pop()
        if option is None:
            return
        self._count(option, -1)
        self._taken[option.offer.rule].pop()
        for other in item.excludes:
            self._barred[other] -= 1

    def _count(self, option: Option, sign: int) -> None:
        offer = option.offer
        self._bounds.move(option, sign)
        if offer.rule in self._plain:
            self._in_class[self._class[offer.rule]] += sign * offer.amount
        if offer.place is not None:
            key = (offer.rule, offer.place)
            self._in_place[key] = self._in_place.get(key, 0) + sign

    def _fits(self, option: Option | None) -> bool:
        """Whether what must count whole fits with this one, too. As offers only add, what does not fit never will."""
        if option is None or option.offer.rule not in self._whole:
            return True
        totals = {rule: gives(self._terms[rule], offers) for rule, offers in self._taken.items() if rule in self._whole}
        return all(
            sum((amount for rule, amount in totals.items() if rule in limit.rules), NOTHING) <= limit.left
            for limit in self._problem.limits
        )

    def _keep(self) -> None:
        """Keeps the assignment where it is the first, or gives more than the best until now."""
        self._steps += self._cost
        assignment = {o.offer.credential: o.offer for o in self._chosen if o is not None}
        given = by_rule(self._problem, assignment)
        if given is None:
            return
        total = sum(given.values(), NOTHING)
        if total > self._best:
            self._best, self._assignment = total, assignment

    def _state(self, place: int, item: Item) -> object:
        """What decides how it can go on: states that are equal in it have the same best ends."""
        classes = []
        for number in sorted(self._in_class):
            amount, room = self._in_class[number], self._room[number]
            classes.append(amount if room is None else min(amount, room))
        others: list[object] = []
        for rule, offers in self._taken.items():
            if self._terms[rule].places:
                others.append(tuple(sorted(offer.place or "" for offer in offers)))
            elif rule not in self._plain:
                others.append(sum((offer.amount for offer in offers), NOTHING))
        last = self._chosen[-1].rank if item.as_before and self._chosen[-1] is not None else None
        stopped = item.as_before and self._chosen[-1] is None
        barred = tuple(key for key in item.component if self._barred.get(key))
        return (place, tuple(classes), tuple(others), last, stopped, barred)


def _classes(problem: Problem) -> tuple[dict[str, int], list[Fraction | None]]:
    """Rules without rounding or places under the very same caps are one class, by number; and the room of each class.

    None: there is no end to it, or what does not fit is told by `Search._fits`.
    """
    numbers: dict[tuple[int, ...], int] = {}
    found: dict[str, int] = {}
    rooms: list[Fraction | None] = []
    whole = whole_rules(problem.limits)
    for terms in problem.terms:
        if terms.total is not None or terms.places:
            continue
        over = tuple(place for place, limit in enumerate(problem.limits) if terms.rule in limit.rules)
        if over not in numbers:
            numbers[over] = len(numbers)
            lefts = [problem.limits[place].left for place in over]
            rooms.append(None if not lefts or terms.rule in whole else min(lefts))
        found[terms.rule] = numbers[over]
    return found, rooms


def _items(problem: Problem) -> tuple[Item, ...]:
    """The credentials as they are gone through: those that exclude each other together, alike ones together."""
    terms = {each.rule: (rank, each) for rank, each in enumerate(problem.terms)}
    by_key: dict[str, list[Offer]] = {}
    for offer in problem.offers:
        if offer.amount > 0 or terms[offer.rule][1].together > 0:
            by_key.setdefault(offer.credential, []).append(offer)
    excludes: dict[str, set[str]] = {key: set() for key in by_key}
    for one, other in problem.exclusions:
        if one != other and one in by_key and other in by_key:
            excludes[one].add(other)
            excludes[other].add(one)
    options = {key: _ranked(offers, terms) for key, offers in by_key.items()}
    looks = {key: tuple((o.offer.rule, o.offer.place, o.offer.amount) for o in options[key]) for key in options}
    for key in sorted(by_key):
        twin = next((o for o in sorted(excludes[key]) if o < key and _stands_in(o, key, excludes, looks)), None)
        if twin is not None:
            for other in excludes.pop(key):
                excludes[other].discard(key)
            del by_key[key]
    components = _components(excludes)
    components.sort(key=lambda keys: (len(keys) > 1, repr(looks[keys[0]]) if len(keys) == 1 else "", keys[0]))
    items: list[Item] = []
    alone = [keys[0] for keys in components if len(keys) == 1]
    for _, alike in groupby(alone, key=lambda key: looks[key]):
        items += [Item(key, options[key], (), (key,), number > 0) for number, key in enumerate(alike)]
    for keys in components:
        if len(keys) > 1:
            items += [Item(key, options[key], tuple(sorted(excludes[key])), tuple(keys), False) for key in keys]
    return tuple(items)


def _ranked(offers: Sequence[Offer], terms: dict[str, tuple[int, Terms]]) -> tuple[Option, ...]:
    """The offers for one credential, the largest first, then in the order of the policy."""

    def unit(offer: Offer) -> Fraction:
        found = terms[offer.rule][1]
        return found.together / found.size if found.size else offer.amount

    def order(offer: Offer) -> tuple[Fraction, int, str]:
        return (-unit(offer), terms[offer.rule][0], offer.place or "")

    return tuple(Option(offer, rank, unit(offer)) for rank, offer in enumerate(sorted(offers, key=order)))


def _stands_in(
    twin: str, key: str, excludes: dict[str, set[str]], looks: dict[str, tuple[tuple[str, str | None, Fraction], ...]]
) -> bool:
    """Whether of two that exclude each other the first can always take the place of the second."""
    return set(looks[key]) <= set(looks[twin]) and excludes[twin] - {key} <= excludes[key] - {twin}


def _components(excludes: dict[str, set[str]]) -> list[list[str]]:
    """The credentials in groups that have nothing to do with each other, each in the order of the keys."""
    left = set(excludes)
    groups: list[list[str]] = []
    for start in sorted(excludes):
        if start not in left:
            continue
        group, border = {start}, [start]
        while border:
            for other in excludes[border.pop()] - group:
                group.add(other)
                border.append(other)
        left -= group
        groups.append(sorted(group))
    return groups
