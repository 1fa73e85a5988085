"""What a signed badge says, for its page and its certificate: read from the signed bytes and from nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeport.issuer import vocabulary
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One criterion and the level reached in it."""

    criterion: str
    level: str
    points: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """Something with a name, and an address where it has one."""

    name: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class BadgeView:
    """A badge in the words of its signed copy. ``recipient`` is a name only where the badge itself says one.

    ``facts`` are further statements as pairs of an extension's result type and its value (docs/vocabulary.md).
    """

    name: str
    description: str
    issuer: str
    issuer_id: str
    recipient: str
    awarded: datetime | None
    valid_from: datetime | None
    valid_until: datetime | None
    achievement_id: str
    achievement_name: str
    criteria: str
    criteria_url: str
    credits: str
    credit_unit: str
    narrative: str
    image_alt: str
    results: tuple[ResultLine, ...]
    facts: tuple[tuple[str, str], ...]
    alignments: tuple[Link, ...]
    evidence: tuple[Link, ...]
    members: tuple[Link, ...]
    tags: tuple[str, ...]


def badge_view(body: bytes) -> BadgeView:
    """What a badge with an embedded proof says. Raises ProblemError for what is no JSON object."""
    document = jsontext.parse_object(body)
    subject = _object(document.get("credentialSubject"))
    achievement = _object(subject.get("achievement"))
    issuer = _object(document.get("issuer"))
    criteria = _object(achievement.get("criteria"))
    descriptions = {one["id"]: one for one in _objects(achievement.get("resultDescription")) if _text(one.get("id"))}
    facts = dict(_facts(subject, descriptions))
    # A stack's badge names its members' badges, which are where it is itself; only a stack has related achievements.
    home = _text(document.get("id")).rpartition("/")[0]
    member = re.compile(rf"({re.escape(home)}/[a-z0-9]+)#badge")
    is_stack = bool(_objects(achievement.get("related")))
    evidence, members = [], []
    for one in _objects(document.get("evidence")):
        address = _text(one.get("id"))
        note = _text(one.get("narrative")) or _text(one.get("description"))
        badge = member.fullmatch(address) if is_stack and _text(one.get("genre")) == "Open Badge" else None
        if badge is not None:
            members.append(Link(_text(one.get("name")), badge[1]))
        else:
            evidence.append(Link(_text(one.get("name")), address if _is_web(address) else "", note))
    name = _text(document.get("name")) or _text(achievement.get("name"))
    return BadgeView(
        name=name,
        description=_text(achievement.get("description")),
        issuer=_text(issuer.get("name")),
        issuer_id=_text(issuer.get("id")),
        recipient=next(_names(subject), ""),
        awarded=_instant(document.get("awardedDate")),
        valid_from=_instant(document.get("validFrom")),
        valid_until=_instant(document.get("validUntil")),
        achievement_id=_text(achievement.get("id")),
        achievement_name=_text(achievement.get("name")),
        criteria=_text(criteria.get("narrative")),
        criteria_url=_text(criteria.get("id")) if _is_web(_text(criteria.get("id"))) else "",
        credits=_number(subject.get("creditsEarned")),
        credit_unit=facts.pop(vocabulary.CREDIT_UNIT, ""),
        narrative=_text(subject.get("narrative")),
        image_alt=_text(_object(achievement.get("image")).get("caption")),
        results=tuple(_results(subject, descriptions)),
        facts=tuple(facts.items()),
        alignments=tuple(
            Link(
                _text(one.get("targetName")),
                _text(one.get("targetUrl")),
                " · ".join(part for part in (_text(one.get("targetFramework")), _text(one.get("targetCode"))) if part),
            )
            for one in _objects(achievement.get("alignment"))
        ),
        evidence=tuple(evidence),
        members=tuple(members),
        tags=tuple(one for one in achievement.get("tag", ()) if isinstance(one, str)),
    )


def _names(subject: Mapping[str, Any]) -> Iterator[str]:
    for one in _objects(subject.get("identifier")):
        if one.get("identityType") == "name" and one.get("hashed") is False:
            yield _text(one.get("identityHash"))


def _results(subject: Mapping[str, Any], descriptions: Mapping[str, Mapping[str, Any]]) -> Iterator[ResultLine]:
    for one in _objects(subject.get("result")):
        description = descriptions.get(_text(one.get("resultDescription")), {})
        if description.get("resultType") in vocabulary.EXTENSION_RESULTS:
            continue
        levels = {_text(level.get("id")): level for level in _objects(description.get("rubricCriterionLevel"))}
        level = levels.get(_text(one.get("achievedLevel")), {})
        reached = _text(level.get("name")) or _number(one.get("value")) or _text(one.get("status"))
        yield ResultLine(
            _text(description.get("name")), reached, _number(level.get("points")), _text(level.get("description"))
        )


def _facts(subject: Mapping[str, Any], descriptions: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in _objects(subject.get("result")):
        kind = descriptions.get(_text(one.get("resultDescription")), {}).get("resultType")
        if isinstance(kind, str) and kind in vocabulary.EXTENSION_RESULTS:
            yield kind, _text(one.get("value"))


def _object(value: Any) -> Mapping[str, Any]:
    if isinstance(value, list):
        value = next((one for one in value if isinstance(one, Mapping)), {})
    return value if isinstance(value, Mapping) else {}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, Mapping)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    return f"{value:g}" if isinstance(value, int | float) else _text(value)


def _is_web(address: str) -> bool:
    return address.startswith(("https://", "http://"))


def _instant(value: Any) -> datetime | None:
    try:
        return parse_datetime(value, require_zone=False)
    except ProblemError:
        return None
