"""The results in a badge: facts said with extension result types, amounts of effort and credit, and rubric levels.

A result says what it is of by pointing to a result description of the achievement, or to a level of a rubric
criterion; some issuers write the type into the result itself. docs/vocabulary.md lists the extension types.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.statements import Member, Stated, achievement, number, subject, values_at
from badgeport.verifier.recognition.conditions.units import CONTACT_HOURS, CREDENTIALS, canonical_unit, same_unit

CREDIT_UNIT: Final = "ext:CreditUnit"
HOURS: Final = "ext:ContactHours"
INDEPENDENCE: Final = "ext:AssessorIndependence"
SECOND_ASSESSOR: Final = "ext:SecondAssessor"
CERTIFICATION: Final = "ext:AssessorCertification"

INDEPENDENCE_LEVELS: Final = ("same-school", "same-employer", "independent")
"""How far the assessor stands from the earner's work, from least to most independent."""

_RUBRIC_TYPES = frozenset({"RubricCriterionLevel", "RubricCriterion", "RubricScore"})


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a rubric criterion; ``rank`` orders it among the others of that criterion where the badge does."""

    id: str | None
    name: str | None
    points: Decimal | None
    rank: Decimal | None

    def called(self, wanted: str) -> bool:
        """Whether this is its id or its name."""
        return self.id == wanted or (
            self.name is not None and self.name.strip().casefold() == wanted.strip().casefold()
        )


@dataclass(frozen=True, slots=True)
class Achieved:
    """A level that a result states, where it stands and what stands there."""

    level: Level
    pointer: str
    shown: Any


@dataclass(frozen=True, slots=True)
class Criterion:
    """A criterion of the rubric, the level the issuer requires, and the levels that results state for it.

    ``scored``: a result says how it went, ``failed``: one says that it was not completed.
    """

    id: str | None
    name: str | None
    levels: tuple[Level, ...]
    required: Level | None
    achieved: tuple[Achieved, ...]
    scored: bool
    failed: bool
    pointer: str

    def called(self, wanted: str) -> bool:
        """Whether this is its id, the last part of its id, or its name."""
        if self.id is not None and (self.id == wanted or self.id.endswith(f"#{wanted}")):
            return True
        return self.name is not None and self.name.strip().casefold() == wanted.strip().casefold()

    def level(self, wanted: str) -> Level | None:
        """The level of this id or name."""
        return next((level for level in self.levels if level.called(wanted)), None)


def results(candidate: Candidate) -> list[tuple[Member, Member | None]]:
    """Every result with the description it belongs to, where that can be told."""
    descriptions = _descriptions(candidate)
    return [(each, _description_of(each, descriptions)) for each in subject(candidate).objects("result")]


def extension(candidate: Candidate, result_type: str) -> list[Stated[Any]]:
    """The values stated with a result type, each different value once."""
    found: dict[str, Stated[Any]] = {}
    for result, description in results(candidate):
        if is_completed(result) and result_type in _types(result, description):
            for value in values_at(result.body, "value", result.pointer):
                found.setdefault(str(value.value).strip(), value)
    return list(found.values())


def quantity(candidate: Candidate, unit: str) -> Stated[Decimal] | None:
    """How much of a unit the badge states. None where it states none, or two different amounts.

    ``credentials``: one. Contact hours: their own result type. Any other unit: the credits earned (else those the
    achievement offers), where the badge says that they are of this unit. Else a result whose description is called by
    the unit's name.
    """
    name = canonical_unit(unit)
    if name == CREDENTIALS:
        return Stated(Decimal(1), "", 1)
    if name == CONTACT_HOURS:
        hours = extension(candidate, HOURS)
        if hours:
            return _amount(hours)
    units = extension(candidate, CREDIT_UNIT)
    if len(units) == 1 and isinstance(units[0].value, str) and canonical_unit(units[0].value) == name:
        stated = credits_stated(candidate)
        if stated is not None:
            return stated
    return _amount(_named(candidate, name))


def credits_stated(candidate: Candidate) -> Stated[Decimal] | None:
    """The credits earned, else those that the achievement offers; of which unit is another question."""
    for member, name in ((subject(candidate), "creditsEarned"), (achievement(candidate), "creditsAvailable")):
        found = values_at(member.body, name, member.pointer)
        if found:
            return _amount(found)
    return None


def quantity_place(unit: str) -> str:
    """Where a badge that states nothing in a unit would state it."""
    hours = canonical_unit(unit) == CONTACT_HOURS
    return "/credentialSubject/result" if hours else "/credentialSubject/creditsEarned"


def rubric(candidate: Candidate) -> tuple[Criterion, ...]:
    """The criteria of the rubric in the badge, in its order."""
    found = results(candidate)
    return tuple(
        _criterion(
            description, [result for result, of in found if of is not None and of.pointer == description.pointer]
        )
        for description in _descriptions(candidate)
        if _is_criterion(description)
    )


def loose_scores(candidate: Candidate) -> list[Member]:
    """Results that say they are rubric scores although no criterion in the badge tells of which."""
    return [
        result
        for result, description in results(candidate)
        if (description is None or not _is_criterion(description))
        and (not _RUBRIC_TYPES.isdisjoint(_types(result, description)) or result.text("achievedLevel") is not None)
    ]


def _descriptions(candidate: Candidate) -> list[Member]:
    return list(achievement(candidate).objects("resultDescription"))


def _is_criterion(description: Member) -> bool:
    return "rubricCriterionLevel" in description.body or not _RUBRIC_TYPES.isdisjoint(_types(description, None))


def _description_of(result: Member, descriptions: list[Member]) -> Member | None:
    named = result.text("resultDescription")
    if named is None:
        within = list(result.objects("resultDescription"))
        if len(within) == 1:
            inner = within[0].text("id")
            if inner is None or "resultType" in within[0].body:
                return within[0]
            named = inner
    if named is not None:
        return _only(each for each in descriptions if each.body.get("id") == named.value)
    level = result.text("achievedLevel")
    if level is None:
        return None
    return _only(each for each in descriptions if any(inner.id == level.value for inner in _levels(each)))


def _only(members: Iterable[Member]) -> Member | None:
    found = list(members)
    return found[0] if len(found) == 1 else None


def _types(member: Member, description: Member | None) -> frozenset[str]:
    found = values_at(member.body, "resultType", "")
    found += values_at(description.body, "resultType", "") if description is not None else []
    return frozenset(each.value for each in found if isinstance(each.value, str))


def _named(candidate: Candidate, unit: str) -> list[Stated[Any]]:
    found: list[Stated[Any]] = []
    for result, description in results(candidate):
        name = None if description is None else description.text("name")
        plain = is_completed(result) and all(
            each == "Result" or each.startswith("ext:") for each in _types(result, description)
        )
        if name is not None and plain and same_unit(name.value, unit):
            found += values_at(result.body, "value", result.pointer)
    return found


def is_completed(result: Member) -> bool:
    """Whether what a result says was done: work that was failed, left or is still going on counts for nothing."""
    return all(each.value == "Completed" for each in values_at(result.body, "status", result.pointer))


def _amount(found: list[Stated[Any]]) -> Stated[Decimal] | None:
    """The one amount that all of them state."""
    amounts = [number(each.value) for each in found]
    first = amounts[0] if amounts else None
    if first is None or any(amount != first for amount in amounts):
        return None
    return Stated(first, found[0].pointer, found[0].shown)


def _levels(description: Member) -> tuple[Level, ...]:
    """The levels of a criterion; ranked by what they state, since the order of a JSON-LD array is not signed."""
    found = list(description.objects("rubricCriterionLevel"))
    for name in ("level", "points"):
        ranks = [number(each.body.get(name)) for each in found]
        if found and None not in ranks and len(set(ranks)) == len(ranks):
            return tuple(_level(each, rank) for each, rank in zip(found, ranks, strict=True))
    return tuple(_level(each, None) for each in found)


def _level(member: Member, rank: Decimal | None) -> Level:
    identifier, name = member.text("id"), member.text("name")
    return Level(
        None if identifier is None else identifier.value,
        None if name is None else name.value,
        number(member.body.get("points")),
        rank,
    )


def _criterion(description: Member, stated: list[Member]) -> Criterion:
    identifier, name, needed = description.text("id"), description.text("name"), description.text("requiredLevel")
    levels = _levels(description)
    achieved = [found for result in stated for found in _achieved(result, levels)]
    return Criterion(
        id=None if identifier is None else identifier.value,
        name=None if name is None else name.value,
        levels=levels,
        required=None if needed is None else next((each for each in levels if each.called(needed.value)), None),
        achieved=tuple(achieved),
        scored=any({"achievedLevel", "value", "status"} & result.body.keys() for result in stated),
        failed=any(not is_completed(result) for result in stated),
        pointer=description.pointer,
    )


def _achieved(result: Member, levels: tuple[Level, ...]) -> list[Achieved]:
    """The level a result states: by its id or name, else by a value that is the name or the points of one level."""
    for name in ("achievedLevel", "value"):
        for each in values_at(result.body, name, result.pointer):
            stated = each.value.get("id") if isinstance(each.value, dict) else each.value
            matching = [level for level in levels if isinstance(stated, str) and level.called(stated)]
            if not matching and name == "value":
                points = number(stated)
                matching = [level for level in levels if points is not None and level.points == points]
            if len(matching) == 1:
                return [Achieved(matching[0], each.pointer, each.shown)]
    return []
