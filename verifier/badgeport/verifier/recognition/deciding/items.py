"""What became of each credential, and why, in sentences for a clerk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from badgeport.verifier.recognition.conditions import amounts
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.evaluation import Evaluated
from badgeport.verifier.recognition.deciding.counting import SAME_ACHIEVEMENT
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.deciding.missing import found_words, needed
from badgeport.verifier.recognition.deciding.paper import on_paper, on_paper_together
from badgeport.verifier.recognition.deciding.portfolio import Counted
from badgeport.verifier.recognition.deciding.reckoning import Reckoning
from badgeport.verifier.recognition.deciding.situation import Possible, Situation
from badgeport.verifier.recognition.decision import Item, Kind, Outcome
from badgeport.verifier.recognition.model import Exchange, Rule

_REASONS = 3
"""How many conditions that are not met a sentence names."""


def items_of(
    inputs: Inputs, situation: Situation, reckoning: Reckoning, conditional: frozenset[str]
) -> tuple[Item, ...]:
    """One item for each credential, in the order of their digests, then one for each that entered no decision.

    ``conditional``: the rules under which something else is needed. The amounts of the items add up to that of the
    decision. In a decision that is referred, an item is accepted only where it counts alike in the worst and the best
    case, and only where the best way to count was proven.
    """
    writer = _Writer(inputs, situation, reckoning, conditional)
    left_out = (
        Item(each.sha256, each.id, None, Kind.NOT_ACCEPTED, None, Decimal(0), Decimal(0), (each.reason,))
        for each in inputs.left_out
    )
    return (*(writer.item(candidate) for candidate in inputs.candidates), *left_out)


class _Writer:
    def __init__(self, inputs: Inputs, situation: Situation, reckoning: Reckoning, conditional: frozenset[str]) -> None:
        self._unit = inputs.policy.purposes[inputs.purpose].unit
        self._rules = {rule.id: rule for rule in inputs.policy.rules}
        self._situation = situation
        self._reckoning = reckoning
        self._conditional = conditional
        self._names = {each.sha256: each.name or each.id or each.sha256 for each in inputs.candidates}
        self._now = _by_credential(reckoning.stands.counted)
        self._could = self._now if reckoning.settled else _by_credential(reckoning.could.counted)
        # Where the worst case gives as much as the best, they do not tell what counts in those between.
        self._ways_differ = not reckoning.settled and reckoning.stands.total == reckoning.at_most
        self._unsure = frozenset() if reckoning.settled else situation.unsure(reckoning.stands.counted)
        self._tried: dict[str, list[Evaluated]] = {}
        for tried in situation.tried:
            if tried.candidate is not None:
                self._tried.setdefault(tried.candidate.sha256, []).append(tried)

    def item(self, candidate: Candidate) -> Item:
        """What became of a candidate."""
        key = candidate.sha256
        now, could = self._now.get(key), self._could.get(key)
        amount = Decimal(0) if now is None else now[1]
        at_most = max(amount, Decimal(0) if could is None or self._has_no_end(key, could) else could[1])
        kind, shown = self._kind(key, now, could), now or could
        return Item(
            credential=key,
            id=candidate.id,
            name=candidate.name,
            kind=kind,
            rule=None if shown is None else shown[0].rule,
            amount=amount,
            at_most=at_most,
            why=tuple(dict.fromkeys(self._why(key, kind, now, could))),
        )

    def _kind(self, key: str, now: _Part | None, could: _Part | None) -> Kind:
        if now is None and could is None:
            open_ways = self._ways_differ and not all(each.sure for each in self._situation.of(key))
            return Kind.REFER if open_ways else Kind.NOT_ACCEPTED
        if now is None or could is None or (now[0].rule, now[1]) != (could[0].rule, could[1]):
            return Kind.REFER
        if not self._reckoning.exact or now[0].credential in self._unsure:
            return Kind.REFER
        return Kind.ACCEPT_WITH_CONDITIONS if now[0].rule in self._conditional else Kind.ACCEPT

    def _has_no_end(self, key: str, could: _Part) -> bool:
        """Whether what a credential could give is only a stand-in for something of unknown size."""
        possible = self._of(key, could[0])
        return self._reckoning.open_ended and possible is not None and possible.unknown_worth is not None

    def _why(self, key: str, kind: Kind, now: _Part | None, could: _Part | None) -> Iterator[str]:
        if now is not None:
            yield from self._counts(key, now)
        if kind is Kind.REFER:
            yield from self._refers(key, now, could)
        elif kind is Kind.NOT_ACCEPTED:
            yield from self._does_not_count(key)
        elif kind is Kind.ACCEPT_WITH_CONDITIONS:
            yield "Something else is needed, too; it is named with the decision."

    def _counts(self, key: str, now: _Part) -> Iterator[str]:
        counted, amount = now
        rule = self._rules[counted.rule]
        yield f"It counts for {amount:f} {self._unit} under “{rule.title}” ({rule.citation.text})."
        possible = self._of(key, counted)
        if counted.place is not None:
            yield "It counts together with the other badges of the combination."
        elif possible is not None and possible.unknown_worth is None and counted.amount < possible.amount():
            alone = on_paper(possible.amount())
            yield f"By itself it would give {alone:f}; a cap, or rounding, leaves less."
        if self._reckoning.settled and possible is not None and not possible.sure:
            yield "Under which rule it counts depends on what is not known; how much it gives does not."

    def _refers(self, key: str, now: _Part | None, could: _Part | None) -> Iterator[str]:
        if could is not None and (now is None or could[1] > now[1]):
            rule = self._rules[could[0].rule]
            how_much = "" if self._has_no_end(key, could) else f" for {could[1]:f} {self._unit}"
            yield f"It could count{how_much} under “{rule.title}” ({rule.citation.text})."
            possible = self._of(key, could[0])
            if possible is not None:
                yield from self._open(possible)
        elif self._reckoning.exact:
            yield "What is not known, or not decided, may lead to another choice of what counts."
        if not self._reckoning.exact:
            yield "It was not proven that this is the best way to count."

    def _open(self, possible: Possible) -> Iterator[str]:
        rule, evaluated = possible.rule, possible.evaluated
        for answer in evaluated.open[:_REASONS]:
            yield f"It cannot be told whether this is so: {answer.trace.asked}"
        if possible.unknown_worth is not None:
            yield f"The badge does not say how much it is for in {possible.unknown_worth.unit}."
        if rule.office is not None:
            yield f"{rule.office} decides."

    def _does_not_count(self, key: str) -> Iterator[str]:
        bars = [bar for bar in self._situation.barred if bar.credential == key]
        if bars:
            yield bars[0].why
            return
        if self._situation.by_credential.get(key):
            yield from self._beaten(key)
            return
        tried = self._tried.get(key, [])
        if not tried:
            yield "The policy has no rule for this purpose."
            return
        nearest = min(tried, key=_distance)
        yield f"It meets no rule. It comes nearest to “{nearest.rule.title}” ({nearest.rule.citation.text})."
        for entry in [entry for entry in needed(nearest) if entry.outcome is Outcome.NOT_MET][:_REASONS]:
            yield f"This is not so: {entry.asked}{found_words(entry)}"

    def _beaten(self, key: str) -> Iterator[str]:
        """Why a credential that meets a rule, or might, adds nothing."""
        for pair in self._situation.apart:
            other = pair.other if pair.one == key else pair.one if pair.other == key else None
            if other in self._now:
                yield f"{pair.why} That is “{self._names[other]}”." if pair.why == SAME_ACHIEVEMENT else pair.why
                return
        possible = list(self._situation.of(key))
        rules = {each.rule.id: each.rule for each in possible}
        full = [
            room.cap
            for room in self._situation.rooms
            if not room.rules.isdisjoint(rules)
            and Fraction(room.cap.amount) - Fraction(room.before) <= self._reckoning.stands.used[room.cap.id]
        ]
        if full:
            for cap in full:
                yield f"The cap “{cap.title}” of {cap.amount:f} {self._unit} is used up ({cap.citation.text})."
            return
        small = [each for each in possible if each.evaluated.worth == 0]
        if small and len(small) == len(rules) and not self._now:
            for each in small:
                yield self._too_small(each)
            return
        names = ", ".join(f"“{rule.title}”" for rule in _in_order(rules, self._rules))
        if all(rule.slots for rule in rules.values()):
            yield f"It fits a place under {names}, but the combination is not complete, or does not need it."
        else:
            yield f"It meets {names}, or may; it adds nothing to what the other badges give."

    def _too_small(self, possible: Possible) -> str:
        """That what a badge states rounds to nothing, and how much it would take."""
        exchange, stated = possible.rule.worth, possible.evaluated.quantity
        assert isinstance(exchange, Exchange)
        least = amounts.quantity_giving(exchange, exchange.step or exchange.gives)
        enough = "" if least is None else f" It takes {least:f} {exchange.of} for {exchange.step or exchange.gives:f}."
        return f"It states {stated:f} {exchange.of}, which is rounded to 0 under “{possible.rule.title}”.{enough}"

    def _of(self, key: str, counted: Counted) -> Possible | None:
        return next(self._situation.of(key, counted), None)


_Part = tuple[Counted, Decimal]


def _by_credential(counted: Sequence[Counted]) -> dict[str, _Part]:
    """By credential what counts, with the amount as it is written; these add up to the whole as it is written."""
    written = on_paper_together([each.amount for each in counted])
    return {each.credential: (each, amount) for each, amount in zip(counted, written, strict=True)}


def _distance(evaluated: Evaluated) -> tuple[int, int]:
    unmet = [entry for entry in needed(evaluated) if entry.outcome is Outcome.NOT_MET]
    return (sum(entry.part not in ("who", "effective") for entry in unmet), len(unmet))


def _in_order(rules: Mapping[str, Rule], policy: Mapping[str, Rule]) -> list[Rule]:
    return [rule for key, rule in policy.items() if key in rules]
