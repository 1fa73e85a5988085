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
# What a document of a badge may be, apart from everything that it may contain.
_DOCUMENTS = frozenset({"Assertion", "BadgeClass", "CryptographicKey", "Issuer", "Profile", "RevocationList"})
_VOCABULARY = re.compile(r"(?:obi:|https?://w3id\.org/openbadges#)")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HASH = re.compile(r"(?:md5|sha256)\$[0-9A-Fa-f]+")
_IDENTITY_TYPES = {"email": "emailAddress"}
_LONGEST_DATE = 64
# The clocks of the world: where a date names no zone, it may be any of these.
_EASTERNMOST, _WESTERNMOST = timedelta(hours=14), timedelta(hours=12)


def version_of(award: Mapping[str, Any]) -> Version | None:
    """The version of Open Badges that an award is written in; None where it does not say."""
    stated = award.get("@context")
    contexts = {each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, str)}
    if contexts & _CONTEXTS_2:
        return "2.0"
    if contexts & _CONTEXTS_1:
        return "1.1"
    if contexts or award.get("verification") is not None:
        return None
    if award.get("verify") is not None or award.get("uid") is not None:
        return "1.0"
    return "0.5" if isinstance(award.get("recipient"), str) else None


def types_of(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The types of a document that are texts; those of Open Badges by their short names."""
    stated = document.get("type")
    if stated is None:
        stated = document.get("@type")
    types = (each for each in (stated if isinstance(stated, list) else [stated]) if isinstance(each, str))
    return tuple(_VOCABULARY.sub("", each, count=1) if _VOCABULARY.match(each) else each for each in types)


def is_a(document: Mapping[str, Any], *kinds: str) -> bool | None:
    """Whether a document is of one of these types; None where it does not say, in words known here, what it is."""
    types = set(types_of(document))
    return True if types & set(kinds) else False if types & _DOCUMENTS else None


def id_of(document: Mapping[str, Any]) -> object:
    """What a document calls itself; None for nothing."""
    stated = document.get("id")
    return document.get("@id") if stated is None else stated


def verification_of(award: Mapping[str, Any]) -> Mapping[str, Any]:
    """How the award says that it is verified; empty where it does not say."""
    stated = award.get("verification")
    if stated is None:
        stated = award.get("verify")
    return stated if isinstance(stated, Mapping) else {}


def method_of(award: Mapping[str, Any]) -> Method | None:
    """Whether the award is hosted or signed; None where it says neither, or both."""
    methods = {_METHODS[each] for each in types_of(verification_of(award)) if each in _METHODS}
    return methods.pop() if len(methods) == 1 else None


def malformed(award: Mapping[str, Any]) -> list[Problem]:
    """What an award of Open Badges 2.0 must have and this one lacks, or has in another form.

    A type that is not known here says nothing against it (`is_a`).
    """
    problems = []

    def refuse(detail: str, pointer: str) -> None:
        problems.append(Problem(MALFORMED_VALUE_ERROR, detail, pointer))

    if is_a(award, "Assertion") is False:
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
        identifier = text(id_of(value))
        # An object with nothing but an id is a reference.
        says = {name for name, inner in value.items() if inner is not None}
        bare = identifier and says <= {"id", "@id", "type", "@type", "@context"}
        return Reference(identifier, None if bare else value)
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
    stated = award.get("revoked")
    return False if stated is None else stated if isinstance(stated, bool) else None


@dataclass(frozen=True, slots=True)
class Span:
    """The instants that a date may mean: one, or, where it names a day only, any of that day.

    A date without a time zone may be that of any: ``first`` and ``last`` are as early and as late as it may be
    anywhere, ``local`` are the same by its own clock. It is None for a date with a zone.
    """

    first: datetime
    last: datetime
    local: tuple[datetime, datetime] | None = None

    def may_be(self, other: Span) -> bool:
        """Whether both may mean the same second."""
        return _overlap(*self._beside(other))

    def precedes(self, other: Span) -> bool:
        """Whether this is the earlier one in any case."""
        mine, others = self._beside(other)
        return mine[0] < others[0] and not _overlap(mine, others)

    def _beside(self, other: Span) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
        """Both by one clock. Two dates without a zone are of one zone, that of their issuer."""
        if self.local is not None and other.local is not None:
            return self.local, other.local
        return (self.first, self.last), (other.first, other.last)


def span_of(value: object) -> Span | None:
    """What an ISO 8601 date may mean, None where it cannot be read."""
    if not isinstance(value, str) or len(value) > _LONGEST_DATE:
        return None
    try:
        if _DATE.fullmatch(value):
            day = datetime.fromisoformat(value).replace(tzinfo=UTC)
            return _anywhere(day, _moved(day, timedelta(days=1)))
        instant, has_zone = _instant(value)
    except (ProblemError, ValueError, OverflowError):
        return None
    return Span(instant, instant) if has_zone else _anywhere(instant, instant)


def _anywhere(first: datetime, last: datetime) -> Span:
    return Span(_moved(first, -_EASTERNMOST), _moved(last, _WESTERNMOST), (first, last))


def _moved(instant: datetime, by: timedelta) -> datetime:
    """Another instant; at the ends of the calendar the last there is (some badges end in the year 9999)."""
    try:
        return instant + by
    except OverflowError:
        return (datetime.max if by > timedelta() else datetime.min).replace(tzinfo=UTC)


def _overlap(one: tuple[datetime, datetime], other: tuple[datetime, datetime]) -> bool:
    """Whether two spans have a second in common. The midnight at the end of a day is not of that day."""
    spans = [(first.replace(microsecond=0), last.replace(microsecond=0)) for first, last in (one, other)]
    start = max(first for first, _ in spans)
    return all(start == first or start < last for first, last in spans)


def _instant(value: str) -> tuple[datetime, bool]:
    """The instant of a date and time, and whether it names its zone; without one it is read as UTC.

    Also takes the less usual forms of ISO 8601 (``20200131T120000Z``).
    """
    try:
        instant = parse_datetime(value, require_zone=False)
    except ProblemError:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC), True
        return instant.replace(tzinfo=UTC), False
    try:
        parse_datetime(value)
    except ProblemError:
        return instant, False
    return instant, True


def extensions_of(*documents: Mapping[str, Any] | None) -> list[str]:
    """The names of extension members (``extensions:…``, or any other that is not of Open Badges), each once."""
    found = {name for each in documents if each is not None for name in each if ":" in name}
    return sorted(found)[:50]
