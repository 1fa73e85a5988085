"""The best way to count a portfolio: which credential under which rule, so that the sum is the most the policy allows.

A problem says what each credential would give under each rule (offers), what rules give for credentials together, which
credentials exclude each other, and what caps leave. A credential counts once, under one rule. `best` finds the largest
sum exactly within a stated number of steps (`search`); beyond it, the best found and a bound that no choice exceeds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from badgeport.verifier.recognition.conditions import amounts
from badgeport.verifier.recognition.deciding.allotment import Limit, allot, cost, whole_rules
from badgeport.verifier.recognition.model import Exchange

NOTHING: Final = Fraction(0)
_SPARE_STEPS: Final = 2_000
"""Steps to find what adds nothing, also where none are left."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a combination that ``count`` different credentials fill."""

    id: str
    count: int


@dataclass(frozen=True, slots=True)
class Terms:
    """How a rule adds up what its credentials give.

    ``total``: the exchange that rounds the sum to its step; None: it is not rounded. With ``places`` only complete
    combinations count, at most ``times`` of them, each for ``together``.
    """

    rule: str
    total: Exchange | None = None
    places: tuple[Place, ...] = ()
    together: Fraction = NOTHING
    times: int = 1

    @property
    def size(self) -> int:
        """How many credentials a combination takes; 0 for a rule without places."""
        return sum(place.count for place in self.places)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a credential would give under a rule; in a place of a combination nothing by itself. Never negative."""

    credential: str
    rule: str
    amount: Fraction
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What there is to choose from.

    ``terms`` are in the order of the policy, which decides between equals, then the credentials' keys do. Of two
    credentials in ``exclusions`` one counts at most.
    """

    terms: tuple[Terms, ...]
    offers: tuple[Offer, ...]
    exclusions: tuple[tuple[str, str], ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """A credential that counts: under which rule, in which place, for how much."""

    credential: str
    rule: str
    amount: Fraction
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """The best found. ``exact``: nothing gives more; otherwise no choice gives more than ``bound``.

    ``used`` is what of each cap is used, by its id. ``steps`` is what the search took. ``sparing``: no credential
    counts that adds nothing; where it would take too long to find those, the choice is not exact, either.
    """

    total: Fraction
    bound: Fraction
    counted: tuple[Counted, ...]
    used: Mapping[str, Fraction]
    steps: int
    sparing: bool = True

    @property
    def exact(self) -> bool:
        """Whether it is proven that nothing gives more, and nothing is spent in vain."""
        return self.total == self.bound and self.sparing


Assignment = Mapping[str, Offer]
"""By credential, the offer that is taken."""


def best(problem: Problem, steps: int) -> Choice:
    """The choice with the largest sum, looked for in at most ``steps`` steps; the same for any order of the offers.

    Raises ValueError for a problem that contradicts itself: an offer under a rule or in a place that is not there, two
    offers for one credential in one place, an amount that is negative or that a place has by itself.
    """
    from badgeport.verifier.recognition.deciding.search import Search

    check(problem)
    found = Search(problem, steps).run()
    dear = cost(problem.limits)
    sparing = len(found.assignment) * dear <= max(steps - found.steps, _SPARE_STEPS)
    needed = _only_needed(problem, found.assignment) if sparing else found.assignment
    given = by_rule(problem, needed)
    assert given is not None
    return Choice(
        total=sum(given.values(), NOTHING),
        bound=found.bound,
        counted=tuple(_counted(problem, needed, given)),
        used={limit.id: sum((given[r] for r in given if r in limit.rules), NOTHING) for limit in problem.limits},
        steps=found.steps + len(found.assignment) * dear,
        sparing=sparing,
    )


def most(problem: Problem, steps: int) -> tuple[Fraction, Fraction, int]:
    """The largest sum found in at most ``steps`` steps, the bound that none exceeds, and the steps that were taken."""
    from badgeport.verifier.recognition.deciding.search import Search

    check(problem)
    found = Search(problem, steps).run()
    given = by_rule(problem, found.assignment)
    assert given is not None
    return sum(given.values(), NOTHING), found.bound, found.steps


def by_rule(problem: Problem, assignment: Assignment) -> dict[str, Fraction] | None:
    """What each rule gives for an assignment, under the caps; None where what must count whole does not fit."""
    taken: dict[str, list[Offer]] = {terms.rule: [] for terms in problem.terms}
    for offer in assignment.values():
        taken[offer.rule].append(offer)
    return allot({terms.rule: gives(terms, taken[terms.rule]) for terms in problem.terms}, problem.limits)


def gives(terms: Terms, offers: Sequence[Offer]) -> Fraction:
    """What a rule gives for the offers taken under it, before caps."""
    if terms.places:
        filled = Counter(offer.place for offer in offers)
        return min(terms.times, *(filled[place.id] // place.count for place in terms.places)) * terms.together
    amount = sum((offer.amount for offer in offers), NOTHING)
    return amount if terms.total is None else Fraction(amounts.total(terms.total, (amount,)))


def check(problem: Problem) -> None:
    """Raises ValueError for a problem that contradicts itself."""
    places: dict[str, set[str | None]] = {
        terms.rule: {place.id for place in terms.places} if terms.places else {None} for terms in problem.terms
    }
    if len(places) != len(problem.terms):
        raise ValueError("a rule stands twice among the terms")
    seen: set[tuple[str, str, str | None]] = set()
    for offer in problem.offers:
        if offer.place not in places.get(offer.rule, ()):
            raise ValueError(f"the rule {offer.rule!r} has no place {offer.place!r} for a credential")
        if offer.amount < 0:
            raise ValueError(f"under the rule {offer.rule!r} a credential would give less than nothing")
        if offer.place is not None and offer.amount:
            raise ValueError(f"in a place of the rule {offer.rule!r} a credential gives nothing by itself")
        if (offer.credential, offer.rule, offer.place) in seen:
            raise ValueError(f"a credential is offered twice under the rule {offer.rule!r}")
        seen.add((offer.credential, offer.rule, offer.place))
    if any(limit.left < 0 for limit in problem.limits):
        raise ValueError("a cap leaves less than nothing")


def _only_needed(problem: Problem, assignment: Assignment) -> Assignment:
    """Without the credentials that add nothing: they are not spent, and can count another time. The last go first."""
    needed = dict(assignment)
    given = by_rule(problem, needed)
    total = sum(given.values(), NOTHING) if given is not None else NOTHING
    for credential in sorted(assignment, reverse=True):
        offer = needed.pop(credential)
        without = by_rule(problem, needed)
        if without is None or sum(without.values(), NOTHING) != total:
            needed[credential] = offer
    return needed


def _counted(problem: Problem, assignment: Assignment, given: Mapping[str, Fraction]) -> Iterable[Counted]:
    whole = whole_rules(problem.limits)
    for terms in problem.terms:
        offers = [assignment[key] for key in sorted(assignment) if assignment[key].rule == terms.rule]
        left = given[terms.rule]
        if terms.total is None and not terms.places:
            for offer in offers:
                amount = offer.amount if terms.rule in whole else min(offer.amount, left)
                left -= amount
                yield Counted(offer.credential, offer.rule, amount)
            continue
        # What several give together is shared out by what each brings: of two badges for ten points each has five.
        brought = [Fraction(1) if terms.places else offer.amount for offer in offers]
        for offer, part in zip(offers, brought, strict=True):
            yield Counted(offer.credential, offer.rule, left * part / sum(brought, NOTHING), offer.place)
