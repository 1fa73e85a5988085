"""The trace of a decision: every rule tried, every condition with what was found; and back from it to the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from badgeport.verifier.recognition.conditions.evaluation import Evaluated, all_of, outcome_of
from badgeport.verifier.recognition.deciding.plain import plain
from badgeport.verifier.recognition.decision import ConditionTrace, Outcome, RuleTrace
from badgeport.verifier.recognition.model import Rule, Slot

SLOTS = "slots"
"""The part, and the kind, of the question whether enough badges are there for a place of a combination."""


def traced(tried: Sequence[Evaluated]) -> Iterator[RuleTrace]:
    """One entry for each rule and credential, and for a rule with slots one on the whole portfolio before them."""
    for each in tried:
        if each.candidate is None and each.rule.slots:
            yield _on_portfolio(each, [other for other in tried if other.rule.id == each.rule.id])
        else:
            trace = each.trace()
            yield replace(trace, conditions=tuple(_plain(entry) for entry in trace.conditions))


def outcome_again(rule: Rule, conditions: Sequence[ConditionTrace]) -> Outcome:
    """The outcome that the conditions of a trace entry amount to under the rule.

    Raises ValueError where they are not those of the rule.
    """
    places = [entry for entry in conditions if entry.part == SLOTS]
    if places and [entry.id for entry in places] != [slot.id for slot in rule.slots]:
        raise ValueError(f"the trace is not one of the rule {rule.id!r}")
    rest = outcome_of(rule, [entry for entry in conditions if entry.part != SLOTS])
    return all_of([rest, *(entry.outcome for entry in places)])


def fitting(slot: Slot, tried: Sequence[Evaluated]) -> tuple[int, int]:
    """How many badges surely fit a slot, and how many may."""
    outcomes = [each.outcome for each in tried if each.slot is not None and each.slot.id == slot.id]
    sure = outcomes.count(Outcome.MET)
    return sure, sure + outcomes.count(Outcome.UNKNOWN)


def slot_words(slot: Slot) -> str:
    """What a slot asks of a portfolio."""
    badges = "One badge fits" if slot.count == 1 else f"{slot.count} different badges fit"
    return f"{badges} “{slot.title}”."


def _on_portfolio(educator: Evaluated, tried: Sequence[Evaluated]) -> RuleTrace:
    """A rule with slots on the portfolio: what it asks of the educator, and how many badges fit each slot."""
    rule = educator.rule
    conditions = (
        *map(_plain, educator.conditions),
        *(_filled(rule, number, tried) for number in range(len(rule.slots))),
    )
    outcome = all_of([educator.outcome, *(entry.outcome for entry in conditions if entry.part == SLOTS)])
    return RuleTrace(rule.id, rule.title, rule.citation, None, outcome, conditions, educator.worth, rule.office)


def _plain(entry: ConditionTrace) -> ConditionTrace:
    """With what was found in the form that a decision is kept and signed in."""
    return replace(entry, found=plain(entry.found))


def _filled(rule: Rule, number: int, tried: Sequence[Evaluated]) -> ConditionTrace:
    slot = rule.slots[number]
    sure, most = fitting(slot, tried)
    outcome = Outcome.MET if sure >= slot.count else Outcome.UNKNOWN if most >= slot.count else Outcome.NOT_MET
    pointer = f"{rule.pointer}/slots/{number}"
    return ConditionTrace(slot.id, SLOTS, SLOTS, outcome, slot_words(slot), sure, None, pointer)
