"""What decisions refer to by names, in the language of the reader: conditions, what is missing, amounts, values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.conditions.evaluation import EFFECTIVE, tests_of
from badgeport.verifier.recognition.conditions.kinds.base import OTHER
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.deciding.tracing import SLOTS
from badgeport.verifier.recognition.decision import ConditionTrace, Decision, Kind, Missing
from badgeport.verifier.recognition.model import RecognitionPolicy, Rule, Test
from badgeport.verifier.web.questions import question, slot_words
from badgeport.verifier.web.words import DEFAULT_LANGUAGE, Words, keyed

_FOUND_CHARS = 300

KIND_WORDS: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.ACCEPT: keyed("Accepted"),
        Kind.ACCEPT_WITH_CONDITIONS: keyed("Accepted with conditions"),
        Kind.REFER: keyed("A person has to decide"),
        Kind.NOT_ACCEPTED: keyed("Not accepted"),
    }
)
"""What a decision is called."""

TONES: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.ACCEPT: "valid",
        Kind.ACCEPT_WITH_CONDITIONS: "tolerated",
        Kind.REFER: "undetermined",
        Kind.NOT_ACCEPTED: "invalid",
    }
)
"""The sign and colour of a decision, as those of a verdict."""


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence and the language it is in, where that is not the reader's; None: it is."""

    text: str
    language: str | None = None


def amount_words(amount: Decimal, most: Decimal, open_ended: bool, unit: str, speech: Words) -> str:
    """An amount with its unit; where it is not settled, what stands and what it could become."""
    if open_ended:
        return speech.say(
            "{amount} {unit} now, {most} or more at most", amount=number(amount), unit=unit, most=number(most)
        )
    if most != amount:
        return speech.say("{amount} {unit} now, {most} at most", amount=number(amount), unit=unit, most=number(most))
    return f"{number(amount)} {unit}"


def headline_of(decision: Decision, speech: Words) -> str:
    """What was decided, and how much, in one line."""
    word = speech.say(KIND_WORDS[decision.kind])
    if decision.kind is Kind.NOT_ACCEPTED:
        return word
    return f"{word}: {amount_words(decision.amount, decision.at_most, decision.open_ended, decision.unit, speech)}"


@dataclass(frozen=True, slots=True)
class Teller:
    """Says of a policy in one language what a decision refers to by names."""

    policy: RecognitionPolicy
    agreements: Mapping[str, Agreement]
    speech: Words

    def asked(self, entry: ConditionTrace) -> str:
        """What a condition asked."""
        rule = next((rule for rule in self.policy.rules if entry.policy_pointer.startswith(f"{rule.pointer}/")), None)
        if rule is None:
            return entry.asked
        if entry.kind == SLOTS:
            slot = next((slot for slot in rule.slots if slot.id == entry.id), None)
            return entry.asked if slot is None else slot_words(slot, self.speech)
        test = next((test for test in _tests(rule) if test.pointer == entry.policy_pointer), None)
        return entry.asked if test is None else question(test, self.policy, self.agreements, self.speech)

    def missing(self, each: Missing, *, brief: bool = False) -> Text:
        """What is missing, in a sentence; ``brief``: without the rule that asks it."""
        say = self.speech.say
        rule = next((rule for rule in self.policy.rules if rule.id == each.rule), None)
        if each.kind == "need":
            return Text(say("Needed as well: {what}.", what=each.text.rstrip(".")))
        if each.kind == "room":
            cap = next((cap for cap in self.policy.caps if f"cap:{cap.id}" == each.condition), None)
            if cap is not None:
                return Text(say("The limit “{title}” is used up.", title=cap.title))
        if rule is not None and each.kind == "decision" and rule.office is not None:
            return Text(say("{office} has to decide, under “{rule}”.", office=rule.office, rule=rule.title))
        if rule is not None and each.condition == "worth":
            return Text(say("The badge does not say how much it is for; “{rule}” depends on that.", rule=rule.title))
        asked = None if rule is None else self._condition(rule, each.condition)
        if rule is not None and asked is not None:
            if brief:
                text = keyed("Not so: {asked}")
                if each.kind == "fact":
                    text = keyed("Not known: {asked}")
                return Text(say(text, asked=asked))
            if each.kind == "fact":
                return Text(say("“{rule}” asks this, and it cannot be told: {asked}", rule=rule.title, asked=asked))
            return Text(say("“{rule}” asks this, and it is not so: {asked}", rule=rule.title, asked=asked))
        return Text(each.text, None if self.speech.language == DEFAULT_LANGUAGE else DEFAULT_LANGUAGE)

    def _condition(self, rule: Rule, name: str | None) -> str | None:
        if name == EFFECTIVE:
            return question(Test(EFFECTIVE, EFFECTIVE, {}, ""), self.policy, self.agreements, self.speech)
        slot = next((slot for slot in rule.slots if f"slot:{slot.id}" == name), None)
        if slot is not None:
            return slot_words(slot, self.speech)
        test = next((test for test in _tests(rule) if test.id == name), None)
        return None if test is None else question(test, self.policy, self.agreements, self.speech)


def _tests(rule: Rule) -> Iterator[Test]:
    yield from tests_of(rule.who)
    yield from tests_of(rule.credential)
    yield from tests_of(rule.conditions)
    for slot in rule.slots:
        yield from tests_of(slot.credential)


def found_words(value: Any, speech: Words) -> str:
    """A value of a badge, or of the facts, in one line of bearable length."""
    if isinstance(value, bool):
        return speech.say("Yes") if value else speech.say("No")
    if isinstance(value, list | tuple):
        text = "; ".join(found_words(each, speech) for each in value) or speech.say("Nothing")
    elif isinstance(value, Mapping):
        text = ", ".join(f"{name}: {found_words(each, speech)}" for name, each in value.items())
    elif value == OTHER:
        text = speech.say("none of these")
    else:
        text = str(value)
    text = "".join(symbol if symbol.isprintable() else "\ufffd" for symbol in text)
    return text if len(text) <= _FOUND_CHARS else text[: _FOUND_CHARS - 1] + "…"
