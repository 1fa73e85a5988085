"""One rule tried on one credential: every test answered, the answers put together, and what the credential is worth.

Three values: a rule is unknown only where the known answers do not settle it (strong Kleene logic). What is unknown can
be filled in afterwards (`Evaluated.outcome_given`), so that whoever decides can see whether knowing it would change
anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from badgeport.verifier.recognition.conditions import amounts, results
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.kinds import KINDS
from badgeport.verifier.recognition.conditions.kinds.assessment import quantity_key
from badgeport.verifier.recognition.conditions.kinds.base import Case, Unknown, judged
from badgeport.verifier.recognition.conditions.kinds.timing import in_words
from badgeport.verifier.recognition.decision import ConditionTrace, Outcome, RuleTrace
from badgeport.verifier.recognition.model import AllOf, AnyOf, Exchange, Expression, Fixed, Period, Rule, Slot, Test

EFFECTIVE = "effective"
"""The part, id and kind of the question whether a rule is in effect on the day of the decision."""


@dataclass(frozen=True, slots=True)
class UnknownWorth:
    """How much of a unit a badge is for, which it does not say, and what it would give.

    ``key`` is that of the effort in this unit. ``candidates`` are quantities that make a difference, ``given`` tells
    what any quantity gives, ``at_most`` bounds it; None: it has no bound.
    """

    key: str
    unit: str
    candidates: tuple[Decimal, ...]
    given: Callable[[Decimal], Decimal]
    at_most: Decimal | None


@dataclass(frozen=True, slots=True)
class Answer:
    """One test with its answer. ``unknown`` is there exactly where the outcome is UNKNOWN."""

    trace: ConditionTrace
    unknown: Unknown | None = None

    def given(self, values: Mapping[str, Any]) -> Outcome:
        """The outcome where some of what is unknown is known."""
        if self.unknown is None or self.unknown.key not in values:
            return self.trace.outcome
        return self.unknown.when(values[self.unknown.key])


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What came of a rule on a credential (or, with ``candidate`` None, on the educator alone).

    ``parts``: the answers by part of the rule, in the order of its tests. ``quantity``: what the badge states in the
    unit of the rule's exchange. ``worth``: what the credential gives by itself, in the purpose's unit, where the rule
    is met; None where that cannot be told (`unknown_worth`) or nothing is asked of a single credential.
    """

    rule: Rule
    slot: Slot | None
    candidate: Candidate | None
    outcome: Outcome
    parts: tuple[tuple[str, tuple[Answer, ...]], ...]
    quantity: Decimal | None = None
    worth: Decimal | None = None
    unknown_worth: UnknownWorth | None = None

    @property
    def conditions(self) -> tuple[ConditionTrace, ...]:
        """Every test with its answer, for the trace."""
        return tuple(answer.trace for _, answers in self.parts for answer in answers)

    @property
    def open(self) -> tuple[Answer, ...]:
        """The tests that cannot be answered and on whose answers the outcome depends."""
        return tuple(self._told(Outcome.UNKNOWN))

    @property
    def unknowns(self) -> tuple[Unknown, ...]:
        """What is not known and matters to the outcome, one for each test; tests may share a key."""
        return tuple(answer.unknown for answer in self.open if answer.unknown is not None)

    @property
    def against(self) -> tuple[ConditionTrace, ...]:
        """The tests whose answer "no" keeps the rule from being met: what is missing."""
        return tuple(answer.trace for answer in self._told(Outcome.NOT_MET))

    def outcome_given(self, values: Mapping[str, Any]) -> Outcome:
        """The outcome where some of what is unknown is known, by its keys. Other keys make no difference."""
        return _combined(self.rule, self.slot, self.parts, lambda answer: answer.given(values))

    def worth_given(self, values: Mapping[str, Any]) -> Decimal | None:
        """What the credential gives by itself where some of what is unknown is known; None: still not known."""
        unknown = self.unknown_worth
        if unknown is None or unknown.key not in values:
            return self.worth
        return unknown.given(values[unknown.key])

    def trace(self) -> RuleTrace:
        """The entry of a decision's trace."""
        rule = self.rule
        credential = None if self.candidate is None else self.candidate.sha256
        return RuleTrace(
            rule.id, rule.title, rule.citation, credential, self.outcome, self.conditions, self.worth, rule.office
        )

    def _told(self, wanted: Outcome) -> Iterator[Answer]:
        if self.outcome is not wanted:
            return
        for name, answers in self.parts:
            yield from _decisive(_expression(self.rule, self.slot, name), iter(answers), wanted)[1]


def evaluate(rule: Rule, case: Case, slot: Slot | None = None) -> Evaluated:
    """Try a rule on the credential of a case: all of it, and for a rule with slots also what ``slot`` asks.

    Without a credential only what the rule asks of the educator is answered, and whether it is in effect. Every test is
    answered, also where the outcome is settled already, so that the trace is whole.
    """
    names = _parts(rule, slot, case.candidate is not None)
    told = tuple((name, tuple(_answers(_expression(rule, slot, name), name, case))) for name in names)
    outcome = _combined(rule, slot, told, lambda answer: answer.trace.outcome)
    quantity, worth, unknown = (None, None, None) if slot is not None else _worth(rule, case.candidate)
    return Evaluated(rule, slot, case.candidate, outcome, told, quantity, worth, unknown)


def outcome_of(rule: Rule, conditions: Sequence[ConditionTrace]) -> Outcome:
    """The outcome that the entries of a trace amount to, by the rule that they are of.

    Without an answer to what the rule asks of a credential they are those about the educator alone. Raises ValueError
    where they are not those of this rule, each once and in its order.
    """
    stated = {entry.part for entry in conditions}
    slot = next((each for each in rule.slots if _slot_part(each) in stated), None)
    asked = any(next(tests_of(each), None) for each in (rule.credential, rule.conditions))
    about_credential = slot is not None or not asked or not stated.isdisjoint({"credential", "conditions"})
    names = _parts(rule, slot, about_credential)
    parts = tuple((name, tuple(Answer(entry) for entry in conditions if entry.part == name)) for name in names)
    expected = [(name, test.id) for name in names for test in tests_of(_expression(rule, slot, name))]
    if [(entry.part, entry.id) for entry in conditions] != expected:
        raise ValueError(f"the trace is not one of the rule {rule.id!r}")
    return _combined(rule, slot, parts, lambda answer: answer.trace.outcome)


def questions(rules: Iterable[Rule]) -> int:
    """How many questions rules ask of one credential and its holder, one at least each."""
    return sum(
        max(1, sum(1 for part in (rule.who, rule.credential, rule.conditions) for _ in tests_of(part)))
        * max(1, len(rule.slots))
        for rule in rules
    )


def tests_of(expression: Expression) -> Iterator[Test]:
    """The tests of an expression, in the order of the policy."""
    if isinstance(expression, Test):
        yield expression
    else:
        for each in expression.parts:
            yield from tests_of(each)


def _parts(rule: Rule, slot: Slot | None, about_credential: bool) -> list[str]:
    """The parts of a rule that are asked, in the order of the trace."""
    names = [EFFECTIVE] if rule.effective != Period() else []
    names += ["who", "credential", "conditions"] if about_credential else ["who"]
    return names + ([_slot_part(slot)] if slot is not None and about_credential else [])


def _slot_part(slot: Slot) -> str:
    return f"slot:{slot.id}"


def _expression(rule: Rule, slot: Slot | None, name: str) -> Expression:
    if name == EFFECTIVE:
        return Test(EFFECTIVE, EFFECTIVE, {}, f"{rule.pointer}/effective")
    if name == "who":
        return rule.who
    if name == "credential":
        return rule.credential
    if name == "conditions":
        return rule.conditions
    return AllOf() if slot is None else slot.credential


def _answers(expression: Expression, name: str, case: Case) -> Iterator[Answer]:
    for test in tests_of(expression):
        if test.kind == EFFECTIVE:
            asked, answer = (
                _effective_words(case.rule),
                judged(case.rule.effective.contains(case.day), case.day.isoformat(), None),
            )
        else:
            kind = KINDS[test.kind]
            asked, answer = kind.words(test.parameters, case.policy), kind.judge(test.parameters, case)
        trace = ConditionTrace(
            id=test.id,
            kind=test.kind,
            part=name,
            outcome=answer.outcome,
            asked=asked,
            found=answer.found,
            pointer=answer.pointer,
            policy_pointer=test.pointer,
            source=answer.source,
        )
        yield Answer(trace, answer.unknown)


def _effective_words(rule: Rule) -> str:
    start, end = rule.effective.start, rule.effective.end
    days = [f"from {in_words(start)}" if start else "", f"until {in_words(end)}" if end else ""]
    return f"The rule is in effect on the day of this decision ({' '.join(day for day in days if day)})."


def _combined(
    rule: Rule,
    slot: Slot | None,
    parts: Sequence[tuple[str, Sequence[Answer]]],
    read: Callable[[Answer], Outcome],
) -> Outcome:
    """All parts together; a part that was not asked says nothing."""
    return all_of([_value(_expression(rule, slot, name), map(read, answers)) for name, answers in parts])


def all_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Not met where one is not met, else unknown where one is unknown, else met."""
    if Outcome.NOT_MET in outcomes:
        return Outcome.NOT_MET
    return Outcome.UNKNOWN if Outcome.UNKNOWN in outcomes else Outcome.MET


def any_of(outcomes: Sequence[Outcome]) -> Outcome:
    """Met where one is met, else unknown where one is unknown, else not met."""
    if Outcome.MET in outcomes:
        return Outcome.MET
    return Outcome.UNKNOWN if Outcome.UNKNOWN in outcomes else Outcome.NOT_MET


def _value(expression: Expression, outcomes: Iterator[Outcome]) -> Outcome:
    """The value of an expression; the outcomes of its tests come in their order, and each is taken."""
    if isinstance(expression, Test):
        return next(outcomes)
    inner = [_value(each, outcomes) for each in expression.parts]
    return any_of(inner) if isinstance(expression, AnyOf) else all_of(inner)


def _decisive(expression: Expression, answers: Iterator[Answer], wanted: Outcome) -> tuple[Outcome, list[Answer]]:
    """The value of an expression and, where that is ``wanted`` (not MET), the answers because of which it is."""
    if isinstance(expression, Test):
        answer = next(answers)
        return answer.trace.outcome, [answer] if answer.trace.outcome is wanted else []
    inner = [_decisive(each, answers, wanted) for each in expression.parts]
    outcomes = [value for value, _ in inner]
    value = any_of(outcomes) if isinstance(expression, AnyOf) else all_of(outcomes)
    return value, [answer for _, found in inner for answer in found] if value is wanted else []


def _worth(rule: Rule, candidate: Candidate | None) -> tuple[Decimal | None, Decimal | None, UnknownWorth | None]:
    """What the badge states in the unit of the exchange, what that gives, and what is unknown of it."""
    worth = rule.worth
    if isinstance(worth, Fixed):
        return None, worth.amount, None
    if candidate is None:
        return None, None, None
    stated = results.quantity(candidate, worth.of)
    if stated is not None:
        return stated.value, amounts.worth_of(worth, stated.value), None
    return None, None, _unknown_worth(worth, candidate)


def _unknown_worth(exchange: Exchange, candidate: Candidate) -> UnknownWorth:
    most = None if exchange.at_most is None else amounts.quantity_giving(exchange, exchange.at_most)
    quantities = (Decimal(0), exchange.per, *(() if most is None else (most,)))
    return UnknownWorth(
        key=quantity_key(candidate, exchange.of),
        unit=exchange.of,
        candidates=tuple(dict.fromkeys(quantities)),
        given=lambda quantity: amounts.worth_of(exchange, quantity),
        at_most=exchange.at_most,
    )
