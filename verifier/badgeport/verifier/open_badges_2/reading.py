"""The members of Open Badges 2.0 documents, read under the names of the Open Badges 2.0 context."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem, ProblemError

Version: TypeAlias = Literal["2.0", "1.1", "1.0", "0.5"]
Method: TypeAlias = Literal["hosted", "signed"]

_CONTEXTS_2 = frozenset(
    {
        "https://w3id.org/openbadges/v2",
        "http://w3id.org/openbadges/v2",
        # Open Badges 2.1 (Badge Connect) kept the badges of 2.0.
        "https://purl.imsglobal.org/spec/ob/v2p1/ob_v2p1.jsonld",
        "https://purl.imsglobal.org/spec/ob/v2p0/context.json",
    }
)
_CONTEXTS_1 = frozenset({"https://w3id.org/openbadges/v1", "http://w3id.org/openbadges/v1"})
_METHODS: dict[str, Method] = {
    "hosted": "hosted",
    "HostedBadge": "hosted",
    "signed": "signed",
    "SignedBadge": "signed",
}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HASH = re.compile(r"(?:md5|sha256)\$[0-9A-Fa-f]+")
_IDENTITY_TYPES = {"email": "emailAddress"}
_LONGEST_DATE = 64


def version_of(award: Mapping[str, Any]) -> Version | None:
    """The version of Open Badges that an award is written in; None where it does not say."""
    stated = award.get("@context")
    contexts = {each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, str)}
    if contexts & _CONTEXTS_2:
        return "2.0"
    if contexts & _CONTEXTS_1:
        return "1.1"
    if contexts or "verification" in award:
        return None
    if "verify" in award or "uid" in award:
        return "1.0"
    return "0.5" if isinstance(award.get("recipient"), str) else None


def types_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The types of a document that are texts."""
    stated = document.get("type")
    return tuple(each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, str))


def verification_of(award: Mapping[str, Any]) -> Mapping[str, Any]:
    """How the award says that it is verified; empty where it does not say."""
    stated = award.get("verification", award.get("verify"))
    return stated if isinstance(stated, Mapping) else {}


def method_of(award: Mapping[str, Any]) -> Method | None:
    """Whether the award is hosted or signed; None where it says neither, or both."""
    methods = {_METHODS[each] for each in types_of(verification_of(award)) if each in _METHODS}
    return methods.pop() if len(methods) == 1 else None


def malformed(award: Mapping[str, Any]) -> list[Problem]:
    """What an award of Open Badges 2.0 must have and this one lacks, or has in another form."""
    problems = []

    def refuse(detail: str, pointer: str) -> None:
        problems.append(Problem(MALFORMED_VALUE_ERROR, detail, pointer))

    if "Assertion" not in types_of(award):
        refuse("the document is not an award of a badge: its type is not Assertion", "/type")
    if identity_of(award) is None:
        refuse("the award has no recipient with an identity", "/recipient")
    if reference(award.get("badge")) is None:
        refuse("the award does not say which badge it is of", "/badge")
    if not isinstance(award.get("issuedOn"), str):
        refuse("the award does not say when it was issued", "/issuedOn")
    if not verification_of(award):
        refuse("the award does not say how it is verified", "/verification")
    return problems


@dataclass(frozen=True, slots=True)
class Reference:
    """A document that another one refers to: by its identifier, or with the document itself in place."""

    id: str | None
    document: Mapping[str, Any] | None


def reference(value: object) -> Reference | None:
    """The reference that a member holds; None where it holds none."""
    if isinstance(value, str) and value:
        return Reference(value, None)
    if isinstance(value, Mapping) and value:
        identifier = text(value.get("id"))
        # An object with nothing but an id is a reference.
        return Reference(identifier, None if identifier and set(value) <= {"id", "@id", "type", "@context"} else value)
    return None


def references(value: object) -> list[Reference]:
    """The references of a member that may hold several."""
    found = [reference(each) for each in (value if isinstance(value, list) else [value])]
    return [each for each in found if each is not None]


def text(value: object) -> str | None:
    """A text that is not empty."""
    return value if isinstance(value, str) and value else None


def name_of(document: Mapping[str, Any] | None) -> str | None:
    """The name of a badge or an issuer."""
    return None if document is None else text(document.get("name"))


def identity_of(award: Mapping[str, Any]) -> dict[str, Any] | None:
    """The recipient as an IdentityObject of Open Badges 3.0, which is compared alike; None where there is none."""
    stated = award.get("recipient")
    if not isinstance(stated, Mapping) or text(stated.get("identity")) is None:
        return None
    identity, hashed, salt = stated["identity"], stated.get("hashed"), stated.get("salt")
    if not isinstance(hashed, bool):
        hashed = _HASH.fullmatch(identity) is not None
    kind = next(iter(types_of(stated)), "")
    return {
        "identityType": _IDENTITY_TYPES.get(kind, kind),
        "identityHash": identity,
        "hashed": hashed,
        "salt": salt if isinstance(salt, str) else "",
    }


def is_revoked(award: Mapping[str, Any]) -> bool | None:
    """Whether an award says of itself that it was revoked; None where what it says cannot be read."""
    stated = award.get("revoked", False)
    return stated if isinstance(stated, bool) else None


@dataclass(frozen=True, slots=True)
class Span:
    """The instants that a date may mean: one, or, where it names a day only, any of that day."""

    first: datetime
    last: datetime


def span_of(value: object) -> Span | None:
    """The instant of an ISO 8601 date, None where it cannot be read. Without a time zone it is read as UTC."""
    if not isinstance(value, str) or len(value) > _LONGEST_DATE:
        return None
    try:
        if _DATE.fullmatch(value):
            day = datetime.fromisoformat(value).replace(tzinfo=UTC)
            return Span(day, day + timedelta(days=1))
        instant = _instant(value)
    except (ProblemError, ValueError, OverflowError):
        return None
    return Span(instant, instant)


def _instant(value: str) -> datetime:
    """The instant of a date and time, also in the less usual forms of ISO 8601 (``20200131T120000Z``)."""
    try:
        return parse_datetime(value, require_zone=False)
    except ProblemError:
        instant = datetime.fromisoformat(value)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def extensions_of(*documents: Mapping[str, Any] | None) -> list[str]:
    """The names of extension members (``extensions:…``, or any other that is not of Open Badges), each once."""
    found = {name for each in documents if each is not None for name in each if ":" in name}
    return sorted(found)[:50]
