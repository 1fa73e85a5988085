"""Tests about what the badge is for: achievement, type, approved list, alignment, stack, place in a stack, tag.

Where the badge says something of the kind asked for and nothing of it fits, the answer is no. Where it says nothing of
the kind, or its holder may have left out a part, the answer is not known; except that a badge which names no other
achievement is no stack.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from badgeport.keys.did import comparable
from badgeport.verifier.recognition.conditions import statements as badge
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.kinds import parameters as read
from badgeport.verifier.recognition.conditions.kinds.base import (
    CREDENTIAL,
    OTHER,
    Case,
    Judgement,
    KindOfTest,
    Parameters,
    Reference,
    cannot_tell,
    judged,
    yes_or_no,
)
from badgeport.verifier.recognition.model import ListEntry, Period, RecognitionPolicy

AWARD_DAY = "/awardedDate"


def place(candidate: Candidate, pointer: str) -> str:
    """The key of something that one badge does not state."""
    return f"{candidate.sha256}#{pointer}"


# ---------------------------------------------------------------- achievement

_ACHIEVEMENT_SCHEMA = read.schema(
    {
        "oneOf": {
            "anyOf": [
                read.TEXT,
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1000,
                    "items": {
                        "anyOf": [read.TEXT, read.schema({"id": read.TEXT, "version": read.TEXT}, "id")],
                    },
                },
            ]
        }
    },
    "oneOf",
)


def _wanted(parameters: Parameters) -> list[tuple[str, str | None]]:
    """The achievements asked for, each with its version where one is asked for."""
    value = parameters["oneOf"]
    listed = [value] if isinstance(value, str) else value
    return [(each, None) if isinstance(each, str) else (each["id"], each.get("version")) for each in listed]


def _achievement_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    names = [name if version is None else f"{name} (version {version})" for name, version in _wanted(parameters)]
    return f"The badge is for the achievement {read.choice(names)}."


def _achievement(parameters: Parameters, case: Case) -> Judgement:
    wanted = _wanted(parameters)
    candidate = case.credential
    stated = badge.achievement_id(candidate)
    if stated is None:
        return _achievement_not_stated(candidate, [name for name, _ in wanted])
    versions = [version for name, version in wanted if name == stated.value]
    if not versions or None in versions:
        return judged(bool(versions), stated.shown, stated.pointer)
    version = badge.achievement_version(candidate)
    if version is None:
        return _version_not_stated(candidate, versions, stated)
    return judged(version.value in versions, version.shown, version.pointer)


def _achievement_not_stated(candidate: Candidate, names: Sequence[str]) -> Judgement:
    pointer = f"{badge.achievement(candidate).pointer}/id"
    return cannot_tell(place(candidate, pointer), (*names, OTHER), lambda value: value in names, pointer=pointer)


def _version_not_stated(candidate: Candidate, versions: Sequence[str | None], stated: badge.Stated[str]) -> Judgement:
    pointer = f"{badge.achievement(candidate).pointer}/version"
    known = [version for version in versions if version is not None]
    return cannot_tell(
        place(candidate, pointer), (*known, OTHER), lambda value: value in known, found=stated.shown, pointer=pointer
    )


def _type_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge is of the type {read.choice(read.texts(parameters, 'oneOf'))}."


def _type(parameters: Parameters, case: Case) -> Judgement:
    return _one_of(parameters, case.credential, badge.achievement_types(case.credential), "achievementType")


def _tag_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge has the tag {read.choice(read.texts(parameters, 'oneOf'))}."


def _tag(parameters: Parameters, case: Case) -> Judgement:
    return _one_of(parameters, case.credential, badge.tags(case.credential), "tag")


def _one_of(
    parameters: Parameters, candidate: Candidate, stated: Sequence[badge.Stated[str]], member: str
) -> Judgement:
    """Whether one of the texts that the achievement has under a member is one of those asked for."""
    wanted = read.texts(parameters, "oneOf")
    pointer = f"{badge.achievement(candidate).pointer}/{member}"
    for each in stated:
        if read.among(each.value, wanted):
            return judged(True, each.shown, each.pointer)
    found = [each.shown for each in stated]
    if found and not candidate.withholdable:
        return judged(False, found, pointer)
    return yes_or_no(
        f"{place(candidate, pointer)}?{read.fingerprint(parameters)}", found=found or None, pointer=pointer
    )


# ---------------------------------------------------------------- approved lists

_LIST_SCHEMA = read.schema({"list": read.TEXT}, "list")


def _list_words(parameters: Parameters, policy: RecognitionPolicy) -> str:
    known = policy.lists.get(parameters["list"])
    title = parameters["list"] if known is None else known.title
    return f"The badge was on the list “{title}” on the day it was awarded."


def _list_names(parameters: Parameters) -> tuple[Reference, ...]:
    return (Reference("list", str(parameters["list"]), "list"),)


def _list(parameters: Parameters, case: Case) -> Judgement:
    """Whether one line of the list is about the achievement, its version and issuer, and the day of the award."""
    candidate = case.credential
    entries = case.policy.lists[parameters["list"]].entries
    stated, awarded = badge.achievement_id(candidate), badge.award_day(candidate)
    if stated is None:
        possible = [each for each in entries if _issued_by(each, candidate) and _on(each, awarded)]
        if not possible:
            return judged(False, candidate.issuer, badge.issuer_pointer(candidate))
        return _achievement_not_stated(candidate, [each.achievement for each in possible])
    named = [each for each in entries if each.achievement == stated.value and _issued_by(each, candidate)]
    if not named:
        return judged(False, stated.shown, stated.pointer)
    version = badge.achievement_version(candidate)
    if version is not None:
        named = [each for each in named if each.version in (None, version.value)]
        if not named:
            return judged(False, version.shown, version.pointer)
    if awarded is not None:
        on_the_day = [each for each in named if _on(each, awarded)]
        if not on_the_day:
            return judged(False, awarded.shown, awarded.pointer)
        if version is not None or any(each.version is None for each in on_the_day):
            return judged(True, stated.shown, stated.pointer)
        return _version_not_stated(candidate, [each.version for each in on_the_day], stated)
    if version is not None or all(each.version is None for each in named):
        return _day_not_stated(candidate, named)
    key = f"{place(candidate, AWARD_DAY)}?list={parameters['list']}"
    return yes_or_no(key, found=stated.shown, pointer=AWARD_DAY)


def _issued_by(entry: ListEntry, candidate: Candidate) -> bool:
    if entry.issuer is None:
        return True
    return candidate.issuer is not None and comparable(candidate.issuer) == comparable(entry.issuer)


def _on(entry: ListEntry, awarded: badge.Stated[date] | None) -> bool:
    return awarded is None or entry.period.contains(awarded.value)


def _day_not_stated(candidate: Candidate, entries: Sequence[ListEntry]) -> Judgement:
    def listed(value: date) -> bool:
        return any(each.period.contains(value) for each in entries)

    if any(each.period == Period() for each in entries):
        return judged(True, None, AWARD_DAY)
    edges = [edge for each in entries for edge in (each.period.start, each.period.end) if edge is not None]
    days = [day for edge in edges for day in around(edge)]
    return cannot_tell(place(candidate, AWARD_DAY), days, listed, pointer=AWARD_DAY)


def around(edge: date) -> tuple[date, date, date]:
    """A day and its neighbours, one of which lies on the other side of any bound at that day."""
    before = edge if edge == date.min else edge - timedelta(days=1)
    after = edge if edge == date.max else edge + timedelta(days=1)
    return before, edge, after


# ---------------------------------------------------------------- alignment

_ALIGNMENT_SCHEMA = read.schema({"framework": read.TEXT, "version": read.TEXT, "targets": read.TEXTS}, "framework")


def _alignment_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    version = f", version {parameters['version']}" if "version" in parameters else ""
    targets = read.texts(parameters, "targets")
    to = f"{read.choice(targets)} of " if targets else ""
    return f"The badge is aligned with {to}the framework {parameters['framework']}{version}."


def _alignment(parameters: Parameters, case: Case) -> Judgement:
    candidate = case.credential
    pointer = f"{badge.achievement(candidate).pointer}/alignment"
    key = f"{place(candidate, pointer)}?{read.fingerprint(parameters)}"
    stated = badge.alignments(candidate)
    if not stated:
        return yes_or_no(key, pointer=pointer)
    targets, undated = read.texts(parameters, "targets"), None
    for each in stated:
        if not _of_framework(each, parameters["framework"]) or not _has_target(each, targets):
            continue
        version = parameters.get("version")
        if version is None or _names_version(each, version, parameters["framework"]):
            return judged(True, _alignment_shown(each), each.pointer)
        if not _names_some_version(each, parameters["framework"]):
            undated = each
    if undated is not None:
        return yes_or_no(key, found=_alignment_shown(undated), pointer=undated.pointer)
    found = [_alignment_shown(each) for each in stated]
    return yes_or_no(key, found=found, pointer=pointer) if candidate.withholdable else judged(False, found, pointer)


def _value(alignment: badge.Member, name: str) -> str:
    found = alignment.text(name)
    return "" if found is None else found.value


def _of_framework(alignment: badge.Member, framework: str) -> bool:
    """Whether the framework is named so, with or without a version, or the target lies below its address."""
    name, wanted = read.plain(_value(alignment, "targetFramework")), read.plain(framework)
    if name == wanted or name.startswith((f"{wanted} ", f"{wanted},", f"{wanted}:", f"{wanted}(")):
        return True
    address = framework.rstrip("/#")
    return "://" in framework and _value(alignment, "targetUrl").startswith(
        (f"{address}/", f"{address}#", f"{address}?")
    )


def _rest(alignment: badge.Member, framework: str) -> str:
    """What the name of the framework has besides, where a version stands."""
    name = read.plain(_value(alignment, "targetFramework"))
    return name.removeprefix(read.plain(framework)).strip(" ,:()")


def _names_version(alignment: badge.Member, version: str, framework: str) -> bool:
    wanted = read.plain(version)
    rest = _rest(alignment, framework)
    if rest in (wanted, f"v{wanted}", f"version {wanted}"):
        return True
    parts = [part for part in _value(alignment, "targetUrl").casefold().split("/") if part]
    return wanted in parts or f"v{wanted}" in parts


def _names_some_version(alignment: badge.Member, framework: str) -> bool:
    rest = _rest(alignment, framework)
    return rest != "" and any(character.isdigit() for character in rest)


def _has_target(alignment: badge.Member, targets: Sequence[str]) -> bool:
    if not targets:
        return True
    if _value(alignment, "targetUrl") in targets:
        return True
    stated = [_value(alignment, name) for name in ("targetCode", "targetName")]
    return any(text and read.among(text, targets) for text in stated)


def _alignment_shown(alignment: badge.Member) -> Mapping[str, Any]:
    names = ("targetFramework", "targetCode", "targetName", "targetUrl")
    return {name: text for name in names if (text := _value(alignment, name))}


# ---------------------------------------------------------------- stacks

_STACK_SCHEMA = read.schema({"is": {"type": "boolean"}}, "is")


def _stack_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    if parameters["is"]:
        return "The badge is a stack: several micro-credentials make it up."
    return "The badge is no stack of other micro-credentials."


def _stack(parameters: Parameters, case: Case) -> Judgement:
    candidate, wanted = case.credential, bool(parameters["is"])
    pointer = f"{badge.achievement(candidate).pointer}/related"
    members = badge.stack_members(candidate)
    if members:
        return judged(wanted, [each.shown for each in members], pointer)
    linked = badge.linked(candidate)
    if not linked and not candidate.withholdable:
        return judged(not wanted, [], pointer)
    found = [each.shown for each in linked]
    return cannot_tell(
        f"{place(candidate, pointer)}?stack", (True, False), lambda value: value is wanted, found=found, pointer=pointer
    )


_MEMBER_SCHEMA = read.schema({"stack": read.TEXTS}, "stack")


def _member_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return f"The badge is one of those that make up the stack {read.choice(read.texts(parameters, 'stack'))}."


def _member(parameters: Parameters, case: Case) -> Judgement:
    candidate, stacks = case.credential, read.texts(parameters, "stack")
    pointer = f"{badge.achievement(candidate).pointer}/related"
    for stack in candidate.part_of:
        if stack in stacks:
            return judged(True, stack, badge.achievement(candidate).pointer, candidate.record)
    own = badge.achievement_id(candidate)
    if own is not None and own.value in stacks:
        return judged(False, own.shown, own.pointer)
    named = badge.related(candidate)
    parts = {each.value for each in badge.stack_members(candidate)}
    for each in named:
        if each.value in stacks and each.value not in parts:
            return judged(True, each.shown, each.pointer)
    found = [*candidate.part_of, *(each.shown for each in named)]
    said_by_others = [stack for stack in candidate.linked if stack in stacks]
    if found and not candidate.withholdable and not said_by_others:
        return judged(False, found, pointer)
    return yes_or_no(
        f"{place(candidate, pointer)}?{read.fingerprint(parameters)}",
        found=[*found, *said_by_others] or None,
        pointer=pointer,
    )


KINDS: Final[tuple[KindOfTest, ...]] = (
    KindOfTest("achievement", CREDENTIAL, _ACHIEVEMENT_SCHEMA, _achievement_words, _achievement, short="oneOf"),
    KindOfTest("achievementType", CREDENTIAL, read.ONE_OF, _type_words, _type, short="oneOf"),
    KindOfTest("list", CREDENTIAL, _LIST_SCHEMA, _list_words, _list, short="list", refers=_list_names),
    KindOfTest("alignment", CREDENTIAL, _ALIGNMENT_SCHEMA, _alignment_words, _alignment, short="framework"),
    KindOfTest("stack", CREDENTIAL, _STACK_SCHEMA, _stack_words, _stack, short="is"),
    KindOfTest("memberOf", CREDENTIAL, _MEMBER_SCHEMA, _member_words, _member, short="stack"),
    KindOfTest("tag", CREDENTIAL, read.ONE_OF, _tag_words, _tag, short="oneOf"),
)
