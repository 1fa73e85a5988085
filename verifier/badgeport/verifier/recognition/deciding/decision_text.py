"""A decision in plain words, for a terminal or a file: what was decided, then why, badge by badge and rule by rule."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.decision import Decision, Item, Kind, Outcome, RuleTrace
from badgeport.verifier.recognition.model import Citation

HEADINGS: Final = {
    Kind.ACCEPT: "ACCEPTED",
    Kind.ACCEPT_WITH_CONDITIONS: "ACCEPTED WITH CONDITIONS",
    Kind.REFER: "REFERRED TO A PERSON",
    Kind.NOT_ACCEPTED: "NOT ACCEPTED",
}
_ITEMS: Final = {
    Kind.ACCEPT: "accepted",
    Kind.ACCEPT_WITH_CONDITIONS: "accepted with conditions",
    Kind.REFER: "referred to a person",
    Kind.NOT_ACCEPTED: "not accepted",
}
_OUTCOMES: Final = {Outcome.MET: "met", Outcome.NOT_MET: "not met", Outcome.UNKNOWN: "not known"}
_FACTS: Final = "facts#/"
_WIDTH: Final = 100
_TRACE: Final = 4
_ASIDE: Final = 14
_ASKED: Final = tuple(f"{word:<9} " for word in _OUTCOMES.values())
_FOUND: Final = 120
"""Characters of a value found that are shown."""


def decision_text(decision: Decision) -> str:
    """The whole decision in plain words, wrapped; lines end with a line feed."""
    return "\n".join(_wrapped(line) for line in _lines(decision)) + "\n"


def facts_wanting(decision: Decision) -> tuple[str, ...]:
    """The educator facts that rules asked for and nobody gave, as JSON pointers without the slash at the start."""
    asked = (
        condition.pointer.removeprefix(_FACTS)
        for rule in decision.trace
        for condition in rule.conditions
        if condition.outcome is Outcome.UNKNOWN and condition.pointer and condition.pointer.startswith(_FACTS)
    )
    return tuple(dict.fromkeys(asked))


def _wrapped(line: str) -> str:
    """A line in several where it is long; those after the first stand further in. Addresses stay whole."""
    indent = len(line) - len(line.lstrip(" "))
    if line[indent:].startswith(_ASKED):
        indent = _ASIDE
    elif indent == _TRACE or line[indent:].startswith("- "):
        indent += 2
    further = " " * indent
    parts = textwrap.wrap(line, _WIDTH, subsequent_indent=further, break_long_words=False, break_on_hyphens=False)
    return "\n".join(parts)


def _lines(decision: Decision) -> Iterator[str]:
    nothing = decision.kind is Kind.NOT_ACCEPTED
    yield HEADINGS[decision.kind] if nothing else f"{HEADINGS[decision.kind]}: {amount_words(decision)}"
    policy = decision.policy
    yield f"{policy.title}, version {policy.version}"
    yield f"of {policy.jurisdiction}, for {decision.purpose}, as of {format_datetime(decision.as_of)}"
    if decision.trial:
        yield "This is a trial: nothing was verified, and nobody may rely on it."
    if policy.status == "example":
        yield "The policy is an example and not law."
    elif policy.status == "draft":
        yield "The policy is a draft and not in force."
    names = {item.credential: _name(item) for item in decision.items}
    if not decision.items:
        yield from ("", "No badge was handed in.")
    for item in decision.items:
        yield from ("", f"{_name(item)}: {_ITEMS[item.kind]}{_gives(item, decision.unit)}")
        yield from (f"  {sentence}" for sentence in item.why)
    yield from _listed("Also needed:", decision.conditions)
    open_points = [each for each in decision.missing if each.kind != "need"]
    yield from _listed(
        "What is missing:",
        [
            each.text + ("" if each.gains is None else f" It could add {number(each.gains)} {decision.unit}.")
            for each in open_points
        ],
    )
    yield from _listed(
        "Limits:",
        [
            f"{cap.title}: {number(cap.before)} used before, {number(cap.used)} now, {number(cap.left)} left"
            for cap in decision.caps
        ],
    )
    if decision.trace:
        yield from ("", "Rules tried:")
    for rule in decision.trace:
        yield from _rule(rule, names)
    yield from ("", f"Policy {policy.id}, sha256 {policy.sha256}")
    yield f"Record {decision.inputs.get('record', '')}, decided by {decision.software}"


def amount_words(decision: Decision) -> str:
    """The amount and unit; in a referral what it could become."""
    amount, most = number(decision.amount), number(decision.at_most)
    if decision.open_ended:
        return f"{amount} {decision.unit} now, {most} or more at most"
    if most != amount:
        return f"{amount} {decision.unit} now, {most} at most"
    return f"{amount} {decision.unit}"


def _rule(trace: RuleTrace, names: dict[str, str]) -> Iterator[str]:
    about = f" for {names[trace.credential]}" if trace.credential in names else ""
    yield f"  {trace.title}{about}: {_OUTCOMES[trace.outcome]}"
    yield f"    {_citation(trace.citation)}"
    if trace.office is not None:
        yield f"    decided by: {trace.office}"
    for each in trace.conditions:
        yield f"    {_OUTCOMES[each.outcome]:<9} {each.asked}"
        if each.found is not None:
            where = "" if each.pointer is None else f", at {each.pointer}"
            yield f"              found: {_shown(each.found)}{where}"


def _citation(citation: Citation) -> str:
    return citation.text if citation.url is None else f"{citation.text} <{citation.url}>"


def _name(item: Item) -> str:
    return item.name or item.id or item.credential


def _gives(item: Item, unit: str) -> str:
    if item.at_most > item.amount:
        return f", {number(item.amount)} {unit} now, {number(item.at_most)} at most"
    return f", {number(item.amount)} {unit}" if item.amount else ""


def _listed(heading: str, sentences: Sequence[str]) -> Iterator[str]:
    if sentences:
        yield from ("", heading)
        yield from (f"  - {sentence}" for sentence in sentences)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, list | tuple):
        text = ", ".join(_shown(each) for each in value) or "none"
    elif isinstance(value, dict):
        text = ", ".join(f"{name} {_shown(each)}" for name, each in value.items())
    else:
        text = str(value)
    return text if len(text) <= _FOUND else f"{text[: _FOUND - 1]}…"
