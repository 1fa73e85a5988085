"""Everything that may count, with what it hangs on: from this the problem for any state of knowledge is made.

What is not known has a key. Given a value for every key, the problem is settled (`Situation.problem`); without any, it
is bounded from below and from above (`Situation.worst`, `Situation.best`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from badgeport.verifier.recognition.conditions import amounts
from badgeport.verifier.recognition.conditions.evaluation import Evaluated, UnknownWorth, evaluate
from badgeport.verifier.recognition.conditions.kinds.base import Case
from badgeport.verifier.recognition.deciding.allotment import Limit, whole_rules
from badgeport.verifier.recognition.deciding.counting import Apart, Barred, apart, barred
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.deciding.ledger import Again, Room, again, rooms
from badgeport.verifier.recognition.deciding.portfolio import NOTHING, Counted, Offer, Place, Problem, Terms
from badgeport.verifier.recognition.decision import Outcome
from badgeport.verifier.recognition.model import Exchange, Fixed, Rule

WITHOUT_END: Final = Decimal(1_000_000_000)
"""Stands for a quantity of which it is not known how large it is."""

Values = Mapping[str, Any]
"""By key, what something unknown is taken to be."""
Aspect = Callable[[Any], Fraction]
"""What a value of a key does in one respect: more is better for the educator."""


@dataclass(frozen=True, slots=True)
class Possible:
    """A credential under a rule (in a place of it, for a rule with slots), that may give something.

    ``gates`` are keys that have to be true besides: an office that has to agree.
    """

    evaluated: Evaluated
    gates: tuple[str, ...]

    @property
    def credential(self) -> str:
        """The digest of the credential."""
        assert self.evaluated.candidate is not None
        return self.evaluated.candidate.sha256

    @property
    def rule(self) -> Rule:
        """The rule."""
        return self.evaluated.rule

    @property
    def place(self) -> str | None:
        """The slot, for a rule with slots."""
        return None if self.evaluated.slot is None else self.evaluated.slot.id

    @property
    def unknown_worth(self) -> UnknownWorth | None:
        """What is not known of its worth."""
        return self.evaluated.unknown_worth

    @property
    def sure(self) -> bool:
        """Whether it is there whatever is not known, apart from how much it gives."""
        return self.evaluated.outcome is Outcome.MET and not self.gates

    def amount(self, quantity: Decimal | None = None) -> Fraction:
        """What the credential brings; ``quantity`` where the badge does not say how much it is for."""
        worth = self.rule.worth
        if self.place is not None:
            return NOTHING
        if isinstance(worth, Fixed):
            return Fraction(worth.amount)
        stated = self.evaluated.quantity if self.evaluated.quantity is not None else quantity
        return NOTHING if stated is None else max(amounts.part(worth, stated), NOTHING)

    def offer(self, quantity: Decimal | None = None) -> Offer:
        """The offer it is where all that it hangs on turns out well."""
        return Offer(self.credential, self.rule.id, self.amount(quantity), self.place)


@dataclass(frozen=True, slots=True)
class Situation:
    """What may count, what excludes what, and what room there is. Made by `situation_of`.

    ``tried``: every rule on every credential, in the order of the policy, then of the credentials. ``by_credential``
    are the ``possible`` by the digest of their credential.
    """

    tried: tuple[Evaluated, ...]
    possible: tuple[Possible, ...]
    by_credential: Mapping[str, Sequence[Possible]]
    rules: Mapping[str, Rule]
    terms: tuple[Terms, ...]
    apart: tuple[Apart, ...]
    barred: tuple[Barred, ...]
    rooms: tuple[Room, ...]
    again: tuple[Again, ...]

    def problem(self, values: Values) -> Problem:
        """The problem where every key has a value."""
        offers = [
            each.offer(_quantity(each, values))
            for each in self.possible
            if each.evaluated.outcome_given(values) is Outcome.MET and all(values[gate] is True for gate in each.gates)
        ]
        pairs = [(each.one, each.other) for each in self.apart if each.key is None or values[each.key] is True]
        out = {each.credential for each in self.barred if each.key is not None and values[each.key] is True}
        limits = [room.limit(values.get(room.key or "")) for room in self.rooms]
        fewer = [each for each in self.again if each.most == each.least or values[each.key] is True]
        return self._problem([offer for offer in offers if offer.credential not in out], pairs, limits, fewer)

    def worst(self) -> Problem:
        """The problem where only what is sure counts. No value of any key gives less."""
        out = {each.credential for each in self.barred}
        offers = [each.offer() for each in self.possible if each.sure and each.credential not in out]
        pairs = [(each.one, each.other) for each in self.apart]
        limits = [min(room.limits(), key=lambda limit: limit.left) for room in self.rooms]
        return self._problem(offers, pairs, limits, self.again)

    def best(self, quantity: Decimal = WITHOUT_END) -> Problem:
        """The problem where everything turns out well. No values of the keys give more.

        ``quantity`` stands for what badges do not say. How much of it fits under a cap where only whole credentials
        count is not known either: such a cap cuts here.
        """
        offers = [each.offer(quantity) for each in self.possible]
        pairs = [(each.one, each.other) for each in self.apart if each.key is None]
        limits = [max(room.limits(), key=lambda limit: limit.left) for room in self.rooms]
        return self._problem(offers, pairs, self.loosened(limits), ())

    def loosened(self, limits: Sequence[Limit]) -> list[Limit]:
        """The caps, cutting where something of unknown size stands under one of those that do not."""
        whole = whole_rules(limits)
        if not any(each.unknown_worth is not None and each.rule.id in whole for each in self.possible):
            return list(limits)
        return [replace(limit, partial=True) for limit in limits]

    def of(self, credential: str, counted: Counted | None = None) -> Iterator[Possible]:
        """What may come of a credential, in the order of the policy; only as it is ``counted``, where that is given."""
        for each in self.by_credential.get(credential, ()):
            if counted is None or (each.rule.id, each.place) == (counted.rule, counted.place):
                yield each

    def unsure(self, counted: Sequence[Counted]) -> frozenset[str]:
        """The credentials of a choice that may not count so: their rule may not be met, or they may be kept out."""
        keys = {each.credential for each in counted}
        found = {each.credential for each in self.barred}
        for pair in self.apart:
            if pair.key is not None and pair.one in keys and pair.other in keys:
                found |= {pair.one, pair.other}
        found |= {each.credential for each in counted if not any(o.sure for o in self.of(each.credential, each))}
        return frozenset(found & keys)

    def allows(self, counted: Sequence[Counted], problem: Problem, other: Problem) -> bool:
        """Whether what counts in one case counts alike in another: under the same rules, or others that are as good.

        A rule is as good where it gives as much, asks for nothing else besides and stands under the same caps.
        """
        keys = {each.credential for each in counted}
        if any(one in keys and two in keys for one, two in other.exclusions):
            return False
        amounts_here = {(offer.credential, offer.rule, offer.place): offer.amount for offer in problem.offers}
        there: dict[str, list[Offer]] = {}
        for offer in other.offers:
            there.setdefault(offer.credential, []).append(offer)
        rules = {terms.rule: self._consequence(terms.rule) for terms in self.terms}

        def as_good(offer: Offer, each: Counted) -> bool:
            amount = amounts_here[each.credential, each.rule, each.place]
            if (offer.rule, offer.place) == (each.rule, each.place):
                return offer.amount >= amount
            return offer.amount == amount and rules[offer.rule] == rules[each.rule]

        return all(any(as_good(offer, each) for offer in there.get(each.credential, ())) for each in counted)

    def _consequence(self, name: str) -> tuple[Any, ...]:
        """What a rule entails besides its amount; what several badges give together is like nothing else."""
        rule = self.rules[name]
        caps = tuple(room.cap.id for room in self.rooms if name in room.rules)
        together = name if rule.slots or (isinstance(rule.worth, Exchange) and rule.worth.over == "total") else None
        return rule.category, rule.needs, rule.office, caps, together

    def aspects(self) -> dict[str, tuple[list[Any], list[Aspect]]]:
        """By key, the values that make a difference, and what each value does, in every respect there is."""
        found: dict[str, tuple[list[Any], list[Aspect]]] = {}
        for key, values, aspect in self._aspects():
            known, aspects = found.setdefault(key, ([], []))
            known += values
            aspects.append(aspect)
        return {key: (_once(values), aspects) for key, (values, aspects) in found.items()}

    def _aspects(self) -> Iterator[tuple[str, Sequence[Any], Aspect]]:
        for possible in self.possible:
            for unknown in possible.evaluated.unknowns:
                yield unknown.key, unknown.candidates, _met(unknown.when)
            for gate in possible.gates:
                yield gate, (False, True), _true
            worth = possible.unknown_worth
            if worth is not None:
                yield worth.key, (*worth.candidates, WITHOUT_END), _worth(possible)
        for key in (*(pair.key for pair in self.apart), *(bar.key for bar in self.barred)):
            if key is not None:
                yield key, (True, False), _untrue
        for each in self.again:
            if each.least < each.most:
                yield each.key, (True, False), _untrue
        for room in self.rooms:
            if room.key is not None:
                yield room.key, tuple(value for value, _ in room.by_value), _left(room)

    def _problem(
        self,
        offers: Sequence[Offer],
        pairs: Sequence[tuple[str, str]],
        limits: Sequence[Limit],
        fewer: Sequence[Again],
    ) -> Problem:
        """A problem; the combinations among ``fewer`` count as often as they surely can, the others as they may."""
        times = {each.rule.id: each.most for each in self.again} | {each.rule.id: each.least for each in fewer}
        terms = (
            tuple(replace(each, times=times.get(each.rule, each.times)) for each in self.terms) if times else self.terms
        )
        return Problem(terms, tuple(offers), tuple(pairs), tuple(limits))


def situation_of(inputs: Inputs) -> Situation:
    """Every rule for the purpose tried on every credential, and what may come of it."""
    rules = inputs.policy.rules_for(inputs.purpose)
    bars = barred(inputs)
    out = {each.credential for each in bars if each.key is None}
    tried = tuple(each for rule in rules for each in _tried(rule, inputs))
    gates = {rule.id: () if rule.office is None else (office_key(rule),) for rule in rules}
    possible = tuple(
        Possible(each, gates[each.rule.id])
        for each in tried
        if each.candidate is not None and each.outcome is not Outcome.NOT_MET and each.candidate.sha256 not in out
    )
    by_credential: dict[str, list[Possible]] = {}
    for each in possible:
        by_credential.setdefault(each.credential, []).append(each)
    return Situation(
        tried=tried,
        possible=possible,
        by_credential=by_credential,
        rules={rule.id: rule for rule in rules},
        terms=tuple(_terms(rule) for rule in rules),
        apart=apart(inputs),
        barred=bars,
        rooms=rooms(inputs),
        again=again(inputs),
    )


def office_key(rule: Rule) -> str:
    """The key of what an office decides under a rule."""
    return f"office:{rule.id}"


def _tried(rule: Rule, inputs: Inputs) -> Iterator[Evaluated]:
    """A rule on each credential, in each of its slots; with slots, or without credentials, also on the educator."""

    def case(number: int | None) -> Case:
        return Case(
            candidate=None if number is None else inputs.candidates[number],
            facts=inputs.facts,
            policy=inputs.policy,
            rule=rule,
            as_of=inputs.as_of,
            authority=inputs.authority,
            agreements=inputs.agreements,
            credited=inputs.credited,
        )

    if rule.slots or not inputs.candidates:
        yield evaluate(rule, case(None))
    for number in range(len(inputs.candidates)):
        for slot in rule.slots or (None,):
            yield evaluate(rule, case(number), slot)


def _terms(rule: Rule) -> Terms:
    worth = rule.worth
    if rule.slots:
        together = Fraction(worth.amount) if isinstance(worth, Fixed) else NOTHING
        return Terms(rule.id, None, tuple(Place(slot.id, slot.count) for slot in rule.slots), together, rule.times)
    rounds = isinstance(worth, Exchange) and worth.over == "total" and worth.step is not None
    return Terms(rule.id, worth if rounds and isinstance(worth, Exchange) else None)


def _quantity(possible: Possible, values: Values) -> Decimal | None:
    worth = possible.unknown_worth
    if worth is None:
        return None
    value = values[worth.key]
    return value if isinstance(value, Decimal) else None


def _once(values: Sequence[Any]) -> list[Any]:
    """Each value once; true is not one."""
    return list({(type(value), value): value for value in values}.values())


def _met(when: Callable[[Any], Outcome]) -> Aspect:
    return lambda value: Fraction(when(value) is Outcome.MET)


def _true(value: Any) -> Fraction:
    return Fraction(value is True)


def _untrue(value: Any) -> Fraction:
    return Fraction(value is not True)


def _worth(possible: Possible) -> Aspect:
    return lambda value: possible.amount(value if isinstance(value, Decimal) else None)


def _left(room: Room) -> Aspect:
    return lambda value: room.limit(value).left
