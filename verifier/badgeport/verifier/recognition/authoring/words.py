"""The parts of a policy in plain English: what a rule asks, what it gives, and when it holds."""

from __future__ import annotations

from datetime import date

from badgeport.verifier.recognition.authoring.form import plain_number
from badgeport.verifier.recognition.conditions.kinds import KINDS
from badgeport.verifier.recognition.conditions.kinds.timing import in_words
from badgeport.verifier.recognition.model import (
    AllOf,
    Cap,
    Citation,
    Expression,
    Fixed,
    Period,
    RecognitionPolicy,
    Rule,
    Slot,
    Test,
    Worth,
)

_ROUNDED = {"down": "rounded down", "up": "rounded up", "half-up": "rounded to the nearest (a half up)"}
_OVER = {"each": "for each credential", "total": "over the total"}
_PER = {"ever": "ever", "cycle": "in a cycle", "year": "in a year"}


def expression_words(expression: Expression, policy: RecognitionPolicy) -> str:
    """What is asked, as one sentence; "Nothing." where nothing is."""
    return f"{_asked(expression, policy, inner=False) or 'Nothing'}."


def _asked(expression: Expression, policy: RecognitionPolicy, *, inner: bool) -> str:
    if isinstance(expression, Test):
        return KINDS[expression.kind].words(expression.parameters, policy).strip().removesuffix(".")
    parts = [words for part in expression.parts if (words := _asked(part, policy, inner=True))]
    joined = ("; and " if isinstance(expression, AllOf) else "; or ").join(parts)
    return f"({joined})" if inner and len(parts) > 1 else joined


def worth_words(worth: Worth, unit: str) -> str:
    """What a rule gives, in the unit of its purpose: "1 PDP for every 2 contact hours, rounded down to …"."""
    if isinstance(worth, Fixed):
        return f"{plain_number(worth.amount)} {unit}"
    told = f"{plain_number(worth.gives)} {unit} for every {plain_number(worth.per)} {worth.of}"
    if worth.step is not None:
        told += f", {_ROUNDED[worth.rounding]} to a multiple of {plain_number(worth.step)} {_OVER[worth.over]}"
    if worth.at_most is not None:
        told += f", at most {plain_number(worth.at_most)} for one credential"
    return told


def period_words(period: Period) -> str:
    """When something holds: "from 1 July 2026 until 30 June 2027"; "always" without bounds."""
    parts = [f"{word} {in_words(day)}" for word, day in (("from", period.start), ("until", period.end)) if day]
    return " ".join(parts) or "always"


def citation_words(citation: Citation) -> str:
    """Where something is laid down, with address and the day it was read there."""
    read = [text for text in (citation.url, _read_on(citation.accessed)) if text]
    return f"{citation.text} ({', '.join(read)})" if read else citation.text


def _read_on(day: date | None) -> str:
    return f"read on {in_words(day)}" if day is not None else ""


def office_words(rule: Rule) -> str:
    """Who decides."""
    return "decided automatically" if rule.office is None else f"decided by {rule.office}"


def slots_words(slots: tuple[Slot, ...], policy: RecognitionPolicy) -> str:
    """The places of a combination: how many credentials, and which."""
    told = [f"{slot.title}: {slot.count} for which: {expression_words(slot.credential, policy)}" for slot in slots]
    return " ".join(told) or "No combination."


def needs_words(rule: Rule) -> str:
    """What else is needed."""
    return "; ".join(need.text for need in rule.needs) or "nothing else is needed"


def cap_words(cap: Cap, policy: RecognitionPolicy) -> str:
    """How much a cap allows, of what, and in which time."""
    names = [f"rule '{name}'" for name in sorted(cap.rules)] + [f"category '{name}'" for name in sorted(cap.categories)]
    unit = policy.purposes[cap.purpose].unit
    what = f" for '{policy.purposes[cap.purpose].title}'" + (f" from {', '.join(names)}" if names else "")
    over = "counts for what is left" if cap.partial else "does not count"
    return f"at most {plain_number(cap.amount)} {unit}{what} {_PER[cap.per]}; a credential that goes over {over}"
