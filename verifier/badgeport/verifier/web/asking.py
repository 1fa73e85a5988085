"""What a form asks about the educator: the facts that the rules of policies really look at, as fields and back again.

A field that is left empty is a fact that nobody stated; it is unknown, never "no".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from badgeport.verifier.recognition.conditions.evaluation import tests_of
from badgeport.verifier.recognition.conditions.facts import Facts, FactsError, read_facts
from badgeport.verifier.recognition.conditions.kinds.base import OTHER
from badgeport.verifier.recognition.conditions.kinds.parameters import texts
from badgeport.verifier.recognition.model import RecognitionPolicy, Rule, Test
from badgeport.verifier.web.showing import Mistake
from badgeport.verifier.web.words import Words, keyed

Shape: TypeAlias = Literal["choice", "several", "truth", "number", "text", "day", "cycle", "identifiers", "approvals"]
"""How a fact is asked for."""

UNKNOWN = ""
YES, NO = "yes", "no"
NONE = OTHER
"""The choice that stands for everything that no rule names."""

_PLACES: Mapping[str, tuple[str, Shape]] = MappingProxyType(
    {
        "licenceType": ("licence/type", "choice"),
        "licenceStage": ("licence/stage", "choice"),
        "licenceState": ("licence/state", "choice"),
        "licenceUnencumbered": ("licence/unencumbered", "truth"),
        "role": ("role", "choice"),
        "lane": ("lane", "choice"),
        "degree": ("degree", "choice"),
        "employer": ("employer", "choice"),
        "subject": ("subjects", "several"),
        "gradeBand": ("gradeBands", "several"),
        "holderBound": ("dids", "identifiers"),
        "priorApproval": ("priorApprovals", "approvals"),
        "submittedWithin": ("submitted/date", "day"),
    }
)
"""By kind of test, where in the facts it looks and how that is asked for."""

_LABELS: Mapping[str, str] = MappingProxyType(
    {
        "licence/type": keyed("Type of licence"),
        "licence/stage": keyed("Stage of the licence"),
        "licence/state": keyed("State that issued the licence"),
        "licence/unencumbered": keyed("Is the licence free of restrictions?"),
        "role": keyed("Role"),
        "lane": keyed("Lane on the salary schedule"),
        "degree": keyed("Degree"),
        "employer": keyed("Employer"),
        "subjects": keyed("Subjects taught"),
        "gradeBands": keyed("Grades taught"),
        "dids": keyed("The educator's own identifiers"),
        "priorApprovals": keyed("Was the work approved before it began?"),
        "submitted/date": keyed("Day on which the badges were handed in"),
        "cycle": keyed("Current renewal or contract cycle"),
    }
)
_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "licence/unencumbered": keyed("Not restricted, not suspended and not on probation."),
        "dids": keyed("One in each line. They begin with “did:”."),
        "priorApprovals": keyed("Give the day of the approval for each badge that has one. The others then have none."),
        "cycle": keyed("Its first and its last day."),
    }
)
_ORDER = tuple(_LABELS)
_NUMBER = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
_PREFIX = "fact:"
_TEXT_CHARS = 2_048


@dataclass(frozen=True, slots=True)
class Field:
    """One fact to ask for. ``place``: where it stands in the facts, such as ``licence/type`` or ``other/{name}``."""

    place: str
    shape: Shape
    choices: tuple[str, ...] = ()
    help: str = ""
    """What a policy itself says of it, in the policy's own language."""

    @property
    def name(self) -> str:
        """The name of the form's field; those of a fact in several parts begin with it."""
        return _PREFIX + self.place

    @property
    def own_name(self) -> str | None:
        """What a policy calls a fact that only policies name."""
        return self.place.removeprefix("other/") if self.place.startswith("other/") else None

    def label(self, speech: Words) -> str:
        """What the fact is called; a name that a policy made up stands as the policy has it."""
        return self.own_name or speech.say(_LABELS[self.place])

    def hint(self, speech: Words) -> str:
        """What else helps to answer; empty where nothing does."""
        return speech.say(_HINTS[self.place]) if self.place in _HINTS else self.help


# -- from policies to fields ----------------------------------------------------------------------------------------


def fields_of(policies: Iterable[tuple[RecognitionPolicy, str | None]]) -> tuple[Field, ...]:
    """The facts that the rules of these policies ask for, each once; with a purpose, its rules alone."""
    tests: dict[str, list[Test]] = {}
    for policy, purpose in policies:
        for rule in policy.rules if purpose is None else policy.rules_for(purpose):
            for place, test in _asked(rule):
                tests.setdefault(place, []).append(test)
    fields = [_field(place, found) for place, found in tests.items()]
    return tuple(sorted(fields, key=lambda each: _ORDER.index(each.place) if each.place in _ORDER else len(_ORDER)))


def _asked(rule: Rule) -> Iterator[tuple[str, Test]]:
    for test in (*tests_of(rule.who), *tests_of(rule.conditions)):
        if test.kind in _PLACES:
            yield _PLACES[test.kind][0], test
        elif test.kind == "earnedWithin" and "cycle" in test.parameters:
            yield "cycle", test
        elif test.kind == "fact":
            yield f"other/{test.parameters['name']}", test
    for need in rule.needs:
        if need.fact is not None:
            yield f"other/{need.fact}", Test(need.id, "need", {"equals": True, "text": need.text}, rule.pointer)


def _field(place: str, tests: list[Test]) -> Field:
    if place == "cycle":
        return Field(place, "cycle")
    if not place.startswith("other/"):
        shape = _PLACES[tests[0].kind][1]
        return Field(place, shape, _names(tests) if shape in ("choice", "several") else ())
    told = dict.fromkeys(str(test.parameters["text"]) for test in tests if test.kind == "need")
    return Field(place, *_own_shape(tests), help=" ".join(told))


def _own_shape(tests: list[Test]) -> tuple[Shape, tuple[str, ...]]:
    """How a fact is asked for that only policies name: by what its rules compare it with."""
    asked = [test.parameters.get("equals") for test in tests if "equals" in test.parameters]
    if len(asked) == len(tests) and all(isinstance(each, bool) for each in asked):
        return "truth", ()
    named = [test for test in tests if "oneOf" in test.parameters or isinstance(test.parameters.get("equals"), str)]
    if len(named) == len(tests):
        return "choice", _names(tests)
    numbers = (
        all(isinstance(each, int | float | Decimal) and not isinstance(each, bool) for each in asked) and not named
    )
    return ("number" if numbers else "text"), ()


def _names(tests: Iterable[Test]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for test in tests:
        for name in (*texts(test.parameters, "oneOf"), *texts(test.parameters, "equals")):
            found.setdefault(" ".join(name.casefold().split()), name)
    return tuple(found.values())


# -- from a form to facts -------------------------------------------------------------------------------------------


def facts_of(fields: Iterable[Field], given: Mapping[str, str], achievements: Mapping[int, tuple[str, ...]]) -> Facts:
    """The facts that a form states. ``achievements``: the ids of those of each badge, by its number in the form.

    Raises Mistake for a field that cannot be read.
    """
    body: dict[str, Any] = {}
    for field in fields:
        value = _value(field, given, achievements)
        if value is None:
            continue
        if field.own_name is not None:
            body.setdefault("other", {})[field.own_name] = value
            continue
        first, _, second = field.place.partition("/")
        if second:
            body.setdefault(first, {})[second] = value
        else:
            body[first] = value
    try:
        return read_facts(body)
    except FactsError:
        raise Mistake(
            "facts", keyed("Something about the educator cannot be read. Look at each field again.")
        ) from None


def _value(field: Field, given: Mapping[str, str], achievements: Mapping[int, tuple[str, ...]]) -> Any:
    text = given.get(field.name, UNKNOWN).strip()
    if len(text) > _TEXT_CHARS:
        raise Mistake(field.name, keyed("This is too long."))
    match field.shape:
        case "several":
            return _several(field, given)
        case "cycle":
            return _cycle(field, given)
        case "approvals":
            return _approvals(field, given, achievements)
        case "identifiers":
            return _identifiers(field, text)
    if not text:
        return None
    match field.shape:
        case "choice":
            if text not in (*field.choices, NONE):
                raise Mistake(field.name, keyed("There is no such choice here."))
            return text
        case "truth":
            if text not in (YES, NO):
                raise Mistake(field.name, keyed("There is no such choice here."))
            return text == YES
        case "number":
            if not _NUMBER.fullmatch(text):
                raise Mistake(field.name, keyed("This is not a number like 12 or 12.5."))
            return Decimal(text)
        case "day":
            return _day(field.name, text).isoformat()
    return text


def _several(field: Field, given: Mapping[str, str]) -> list[str] | None:
    ticked = [name for index, name in enumerate(field.choices) if given.get(f"{field.name}:{index}") == YES]
    if given.get(f"{field.name}:none") != YES:
        return ticked or None
    if ticked:
        raise Mistake(field.name, keyed("Some are ticked, and “none of these” as well."))
    return []


def _cycle(field: Field, given: Mapping[str, str]) -> dict[str, str] | None:
    texts_given = [given.get(f"{field.name}:{part}", "").strip() for part in ("from", "until")]
    if not any(texts_given):
        return None
    if not all(texts_given):
        raise Mistake(field.name, keyed("A cycle has a first and a last day."))
    start, end = (_day(field.name, text) for text in texts_given)
    if end < start:
        raise Mistake(field.name, keyed("The cycle ends before it begins."))
    return {"id": f"{start}/{end}", "from": start.isoformat(), "until": end.isoformat()}


def _approvals(
    field: Field, given: Mapping[str, str], achievements: Mapping[int, tuple[str, ...]]
) -> list[dict[str, str]] | None:
    days = {
        number: _day(field.name, text)
        for number in achievements
        if (text := given.get(f"{field.name}:{number}", "").strip())
    }
    if given.get(field.name) == NO:
        if days:
            raise Mistake(field.name, keyed("A day of approval is given, and that there was none."))
        return []
    found = [
        {"achievement": achievement, "on": day.isoformat()}
        for number, day in days.items()
        for achievement in achievements[number]
    ]
    return found or None


def _identifiers(field: Field, text: str) -> list[str] | None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if any(not line.startswith("did:") for line in lines):
        raise Mistake(field.name, keyed("An identifier begins with “did:”."))
    return lines or None


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Mistake(name, keyed("This is not a date like 2026-03-02.")) from None
