"""What is missing for credit, or for more of it, in plain words, from the rules that came nearest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from badgeport.verifier.recognition.conditions.evaluation import Evaluated, outcome_of
from badgeport.verifier.recognition.deciding.paper import on_paper
from badgeport.verifier.recognition.deciding.portfolio import NOTHING, Offer, Problem
from badgeport.verifier.recognition.deciding.reckoning import Reckoner, Reckoning
from badgeport.verifier.recognition.deciding.situation import Possible, Situation
from badgeport.verifier.recognition.deciding.tracing import fitting, slot_words
from badgeport.verifier.recognition.decision import ConditionTrace, Item, Kind, Missing, Outcome
from badgeport.verifier.recognition.model import Rule

STEPS: Final = 10_000
"""The most steps that are spent on finding out what would be gained."""
_NEAREST: Final = 3
_EDUCATOR: Final = ("effective", "who")


@dataclass(frozen=True, slots=True)
class Account:
    """What the sentences are made from. ``problem`` is that of what stands, ``items`` are by credential."""

    situation: Situation
    reckoning: Reckoning
    problem: Problem
    items: Mapping[str, Item]


class Finder:
    """Finds what is missing in one account, within one budget of steps."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._reckoner = Reckoner(STEPS)
        self._barred = {each.credential for each in account.situation.barred}
        self._fitting = {each.credential for each in account.situation.possible if each.place is not None}
        self._gains: dict[object, Decimal] = {}
        self._excluding = {key for pair in account.problem.exclusions for key in pair}
        self._have = {(offer.credential, offer.rule, offer.place) for offer in account.problem.offers}
        self._offers: dict[str, list[Offer]] = {}
        for offer in account.problem.offers:
            self._offers.setdefault(offer.credential, []).append(offer)
        self._needed = {id(each): needed(each) for each in account.situation.tried if each.outcome is not Outcome.MET}

    def find(self) -> tuple[Missing, ...]:
        """Everything, each once: facts, offices, conditions, then room; the same for the same account."""
        found = (*self._open(), *self._unmet(), *self._combinations(), *self._room())
        order = ("fact", "decision", "condition", "room")
        merged: dict[tuple[str, str | None, str | None, str | None, str], Missing] = {}
        for each in found:
            key = (each.kind, each.credential, each.rule, each.condition, each.text)
            before = merged.get(key)
            if before is None or (before.gains or Decimal(0)) < (each.gains or Decimal(0)):
                merged[key] = each
        return tuple(sorted(merged.values(), key=lambda each: order.index(each.kind)))

    def _open(self) -> Iterator[Missing]:
        """What would have to be known or decided, where that could change the amount."""
        situation, reckoning = self._account.situation, self._account.reckoning
        if reckoning.settled:
            return
        uncertain = {key for key, item in self._account.items.items() if item.kind is Kind.REFER}
        for possible in situation.possible:
            if possible.credential in uncertain and (not possible.sure or possible.unknown_worth is not None):
                yield from self._to_be_known(possible)
        for bar in situation.barred:
            if bar.key is not None and bar.credential in uncertain:
                yield Missing("fact", bar.why, bar.credential)
        for pair in situation.apart:
            if pair.key is not None and not uncertain.isdisjoint((pair.one, pair.other)):
                yield Missing("fact", pair.why, pair.one)
        for room in situation.rooms:
            if room.key is not None:
                text = f"Credit was given before under the cap “{room.cap.title}”, and it is not known {room.doubt}."
                yield Missing("fact", text, condition=f"cap:{room.cap.id}")
        for each in situation.again:
            if each.least < each.most:
                for_it = f"for the combination “{each.rule.title}”"
                text = f"Credit was given before, and it is not known whether it was {for_it}."
                yield Missing("fact", text, None, each.rule.id)
        if not reckoning.exact:
            text = "There are too many ways to count these badges to be sure of the best one. A person has to decide."
            yield Missing("decision", text)

    def _to_be_known(self, possible: Possible) -> Iterator[Missing]:
        rule, evaluated = possible.rule, possible.evaluated
        gains = self._gain([evaluated]) or None
        if gains is None and possible.unknown_worth is None and not self._counts_in_best(possible):
            return
        for answer in evaluated.open:
            yield self._of_condition(answer.trace, evaluated, gains)
        if possible.unknown_worth is not None:
            unit = possible.unknown_worth.unit
            text = f"The badge does not say how much it is for in {unit}; “{rule.title}” depends on that."
            yield Missing("fact", text, possible.credential, rule.id, "worth", gains)
        if rule.office is not None:
            yield self._office(rule)

    def _counts_in_best(self, possible: Possible) -> bool:
        return any(
            (each.credential, each.rule) == (possible.credential, possible.rule.id)
            for each in self._account.reckoning.could.counted
        )

    def _unmet(self) -> Iterator[Missing]:
        """For each credential, what keeps it from the nearest rule under which there would be more."""
        tried: dict[str, list[Evaluated]] = {}
        for each in self._account.situation.tried:
            if each.candidate is not None and each.slot is None and each.outcome is Outcome.NOT_MET:
                tried.setdefault(each.candidate.sha256, []).append(each)
        for credential, item in self._account.items.items():
            if credential in self._barred or credential in self._fitting or item.kind is Kind.REFER:
                continue
            for each in sorted(tried.get(credential, ()), key=self._distance)[:_NEAREST]:
                gains = self._gain([each])
                if gains == 0 or (gains is None and item.kind is not Kind.NOT_ACCEPTED):
                    continue
                for entry in self._needed[id(each)]:
                    yield self._of_condition(entry, each, gains)
                if each.rule.office is not None:
                    yield self._office(each.rule)
                break

    def _distance(self, evaluated: Evaluated) -> tuple[int, int, int]:
        """How far a rule is from being met: what the badge does not meet, then the educator, then what is open."""
        entries = self._needed[id(evaluated)]
        unmet = [entry for entry in entries if entry.outcome is Outcome.NOT_MET]
        return (sum(entry.part not in _EDUCATOR for entry in unmet), len(unmet), len(entries))

    def _combinations(self) -> Iterator[Missing]:
        """For each rule with slots that does not count, the slots that too few badges fit."""
        situation = self._account.situation
        counted = {each.rule for each in self._account.reckoning.stands.counted}
        for educator in situation.tried:
            rule = educator.rule
            if educator.candidate is not None or not rule.slots or rule.id in counted:
                continue
            tried = [each for each in situation.tried if each.rule.id == rule.id and each.candidate is not None]
            short = [(slot, *fitting(slot, tried)) for slot in rule.slots]
            if all(sure >= slot.count for slot, sure, _ in short) and educator.outcome is not Outcome.NOT_MET:
                continue
            if not any(most for _, _, most in short):
                continue
            gains = self._gain_of_combination(rule, [(slot.id, slot.count - sure) for slot, sure, _ in short])
            if gains == 0:
                continue
            if educator.outcome is Outcome.NOT_MET:
                for entry in educator.against:
                    yield self._of_condition(entry, educator, gains)
            for slot, sure, _ in short:
                if sure < slot.count:
                    there = (
                        "none is there"
                        if sure == 0
                        else f"{sure} of them is there"
                        if sure == 1
                        else f"{sure} are there"
                    )
                    text = f"“{rule.title}” needs this: {slot_words(slot)} So far {there}."
                    yield Missing("condition", text, None, rule.id, f"slot:{slot.id}", gains)

    def _room(self) -> Iterator[Missing]:
        """The caps that are full, where a badge that meets a rule under them would count without them."""
        situation, stands = self._account.situation, self._account.reckoning.stands
        wide = Problem(self._account.problem.terms, self._account.problem.offers, self._account.problem.exclusions, ())
        for room in situation.rooms:
            limits = tuple(each for each in self._account.problem.limits if each.id != room.cap.id)
            if self._reckoner.exhausted:
                return
            without = self._reckoner.total(replace(wide, limits=limits))
            if without > stands.total:
                cap = room.cap
                text = f"The cap “{cap.title}” allows {cap.amount:f} ({cap.citation.text}), and that is used up."
                yield Missing("room", text, None, None, f"cap:{cap.id}", on_paper(without - stands.total))

    def _of_condition(self, entry: ConditionTrace, evaluated: Evaluated, gains: Decimal | None) -> Missing:
        rule = evaluated.rule
        credential = None if evaluated.candidate is None else evaluated.candidate.sha256
        if entry.part in _EDUCATOR:
            credential = None
            gains = self._gain_of_rule(rule) or gains
        if entry.outcome is Outcome.UNKNOWN:
            text = f"“{rule.title}” asks this, and it cannot be told: {entry.asked}"
            kind = "fact"
        else:
            text = f"“{rule.title}” asks this, and it is not so: {entry.asked}{found_words(entry)}"
            kind = "condition"
        return Missing(kind, text, credential, rule.id, entry.id, gains)

    def _office(self, rule: Rule) -> Missing:
        text = f"{rule.office} has to decide under “{rule.title}” ({rule.citation.text})."
        return Missing("decision", text, None, rule.id, None, self._gain_of_rule(rule) or None)

    def _gain_of_rule(self, rule: Rule) -> Decimal | None:
        """What would be gained where its office agreed, and all that it asks of the educator turned out well."""
        ready = [
            each
            for each in self._account.situation.tried
            if each.rule.id == rule.id and each.candidate is not None
            if all(entry.part in _EDUCATOR for entry in self._needed.get(id(each), ()))
        ]
        return self._gain(ready)

    def _gain(self, tried: Sequence[Evaluated]) -> Decimal | None:
        """How much more there would be if these were met; None where that is not known, or would take too long."""
        if any(each.unknown_worth is not None for each in tried):
            return None
        offers = [Possible(each, ()).offer() for each in tried if each.candidate is not None]
        return self._gain_of([offer for offer in offers if offer.credential not in self._barred])

    def _gain_of_combination(self, rule: Rule, short: Sequence[tuple[str, int]]) -> Decimal | None:
        """What a combination would add if the badges that it lacks were there."""
        there = [
            Possible(each, ()).offer()
            for each in self._account.situation.tried
            if each.rule.id == rule.id and each.slot is not None
            if all(entry.part in _EDUCATOR for entry in self._needed.get(id(each), ()))
        ]
        lacking = [
            Offer(f"(badge {number} for {place})", rule.id, NOTHING, place)
            for place, count in short
            for number in range(count)
        ]
        return self._gain_of([*(offer for offer in there if offer.credential not in self._barred), *lacking])

    def _gain_of(self, offers: Sequence[Offer]) -> Decimal | None:
        problem = self._account.problem
        if self._reckoner.exhausted:
            return None
        new = [offer for offer in offers if (offer.credential, offer.rule, offer.place) not in self._have]
        if not new:
            return Decimal(0)
        alike = self._looks(new[0]) if len(new) == 1 else None
        if alike is None or alike not in self._gains:
            total = self._reckoner.total(replace(problem, offers=(*problem.offers, *new)))
            gain = on_paper(max(total - self._account.reckoning.stands.total, NOTHING))
            if alike is None:
                return gain
            self._gains[alike] = gain
        return self._gains[alike]

    def _looks(self, offer: Offer) -> object | None:
        """What the gain of one offer depends on, but for which credential it is; None: it depends on that, too."""
        if offer.credential in self._excluding:
            return None
        own = self._offers.get(offer.credential, ())
        return (offer.rule, offer.amount, tuple(sorted((each.rule, each.place or "", each.amount) for each in own)))


def needed(evaluated: Evaluated) -> tuple[ConditionTrace, ...]:
    """The fewest conditions, one by one, that would have to be met so that the rule is met, in their order.

    Of alternatives one is named: one that is not known before one that is known not to be met, then the first.
    """
    entries = list(evaluated.conditions)
    met = [replace(entry, outcome=Outcome.MET) for entry in entries]
    places = [place for place, entry in enumerate(entries) if entry.outcome is not Outcome.MET]
    for place in sorted(places, key=lambda place: (entries[place].outcome is Outcome.UNKNOWN, -place)):
        met[place], before = entries[place], met[place]
        if outcome_of(evaluated.rule, met) is not Outcome.MET:
            met[place] = before
    return tuple(entries[place] for place in places if met[place].outcome is Outcome.MET)


def found_words(entry: ConditionTrace) -> str:
    """What was found instead, where it can be said shortly."""
    found = entry.found
    if isinstance(found, bool):
        return " Found: yes." if found else " Found: no."
    if isinstance(found, str | int | float | Decimal):
        return f" Found: {str(found)[:200]}."
    if isinstance(found, list | tuple) and all(isinstance(each, str) for each in found):
        return f" Found: {', '.join(found)[:200]}." if found else " Found: none."
    return ""
