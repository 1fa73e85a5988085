"""What a badge says, member by member, each with the JSON pointer where it says so.

Open Badges 3.0 badges of every issuer: a member may be a single value or an array. Of an Open Badges 2.0 badge that is
read which has the same meaning there. Nothing is guessed: what is absent, or is stated in two ways, is not stated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.conditions.candidates import Candidate

T = TypeVar("T")

SUBJECT = "/credentialSubject"
ACHIEVEMENT = f"{SUBJECT}/achievement"
_STACK_EVIDENCE = "open badge"
_MAXIMUM_DIGITS = 40
_DIGITS = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stated(Generic[T]):
    """Something a badge says: its meaning, where it stands, and the JSON value that stands there."""

    value: T
    pointer: str
    shown: Any


@dataclass(frozen=True, slots=True)
class Member:
    """An object in a badge and where it stands."""

    body: Mapping[str, Any]
    pointer: str

    def text(self, name: str) -> Stated[str] | None:
        """The text under a member; of an array its only text."""
        values = [each for each in values_at(self.body, name, self.pointer) if isinstance(each.value, str)]
        if len(values) != 1 or not values[0].value.strip():
            return None
        return values[0]

    def objects(self, name: str) -> Iterator[Member]:
        """The objects under a member that holds one or several."""
        for each in values_at(self.body, name, self.pointer):
            if isinstance(each.value, Mapping):
                yield Member(each.value, each.pointer)


def values_at(body: Mapping[str, Any], name: str, base: str) -> list[Stated[Any]]:
    """The values under a member, one or several, each with its pointer; none where it is absent or null."""
    value = body.get(name)
    where = base + join(name)
    if isinstance(value, list):
        return [Stated(item, f"{where}/{index}", item) for index, item in enumerate(value) if item is not None]
    return [] if value is None else [Stated(value, where, value)]


def root(candidate: Candidate) -> Member:
    """The whole badge."""
    return Member(candidate.document, "")


def is_legacy(candidate: Candidate) -> bool:
    """Whether it is an Open Badges 2.0 assertion."""
    return "credentialSubject" not in candidate.document and "badge" in candidate.document


def subject(candidate: Candidate) -> Member:
    """The subject that has the achievement; an empty one where there is none."""
    subjects = list(root(candidate).objects("credentialSubject"))
    for each in subjects:
        if "achievement" in each.body:
            return each
    return subjects[0] if subjects else Member({}, SUBJECT)


def achievement(candidate: Candidate) -> Member:
    """The achievement; an empty one where there is none."""
    if is_legacy(candidate):
        badge = candidate.document["badge"]
        return Member(badge if isinstance(badge, Mapping) else {"id": badge}, "/badge")
    found = list(subject(candidate).objects("achievement"))
    return found[0] if found else Member({}, f"{subject(candidate).pointer}/achievement")


def achievement_id(candidate: Candidate) -> Stated[str] | None:
    """The identifier of the achievement."""
    found = achievement(candidate).text("id")
    if found is not None and is_legacy(candidate) and isinstance(candidate.document["badge"], str):
        return Stated(found.value, "/badge", found.shown)
    return found


def achievement_version(candidate: Candidate) -> Stated[str] | None:
    """The version of the achievement."""
    return achievement(candidate).text("version")


def achievement_types(candidate: Candidate) -> list[Stated[str]]:
    """The types of the achievement, such as MicroCredential."""
    return _texts(achievement(candidate), "achievementType")


def tags(candidate: Candidate) -> list[Stated[str]]:
    """The tags of the achievement."""
    return _texts(achievement(candidate), "tags" if is_legacy(candidate) else "tag")


def alignments(candidate: Candidate) -> list[Member]:
    """The alignments of the achievement."""
    return list(achievement(candidate).objects("alignment"))


def related(candidate: Candidate) -> list[Stated[str]]:
    """The identifiers of achievements that this one is related with; which way, the badge does not say."""
    found = (each.text("id") for each in achievement(candidate).objects("related"))
    plain = _texts(achievement(candidate), "related")
    return [each for each in found if each is not None] + plain


def linked(candidate: Candidate) -> list[Stated[str]]:
    """The achievements that this one may belong to, or that may belong to it; which way, or whether, is not sure.

    Besides those that the badge names as related, those that a learner record of somebody else names.
    """
    return [*related(candidate), *(Stated(each, ACHIEVEMENT, each) for each in candidate.linked)]


def evidence(candidate: Candidate) -> list[Stated[Any]]:
    """The pieces of evidence that the badge shows; a bare address counts, an empty object does not."""
    shown = values_at(candidate.document, "evidence", "")
    if not is_legacy(candidate):
        own = subject(candidate)
        shown += values_at(own.body, "evidence", own.pointer)
    return [each for each in shown if _says_something(each.value)]


def stack_members(candidate: Candidate) -> list[Stated[str]]:
    """The achievements that surely belong to this one as to a stack: a learner record says so, or the badge does.

    A badge says so where its evidence has badges (genre "Open Badge", docs/award.md); the related achievements are then
    its members.
    """
    stated = [Stated(part, ACHIEVEMENT, part) for part in candidate.parts]
    if any(_is_badge(each.value) for each in evidence(candidate)):
        known = {each.value for each in stated}
        stated += [each for each in related(candidate) if each.value not in known]
    return stated


def subject_id(candidate: Candidate) -> Stated[str] | None:
    """The identifier of the person the badge is about."""
    return subject(candidate).text("id")


def issuer_pointer(candidate: Candidate) -> str:
    """Where the badge names its issuer."""
    if is_legacy(candidate):
        return "/badge"
    return "/issuer/id" if isinstance(candidate.document.get("issuer"), Mapping) else "/issuer"


def award_day(candidate: Candidate) -> Stated[date] | None:
    """The calendar day of the award, as the issuer wrote it: ``awardedDate``, else from when the badge is valid.

    The latter stands for it only where nobody may have left the former out: a badge may be issued anew years later.
    """
    if is_legacy(candidate):
        return _first(root(candidate), ("issuedOn",), _written_day)
    others = () if candidate.withholdable else ("validFrom", "issuanceDate")
    return _first(root(candidate), ("awardedDate", *others), _written_day)


def start_of_work(candidate: Candidate) -> Stated[date] | None:
    """The calendar day on which the educator began, as the issuer wrote it."""
    return _first(subject(candidate), ("activityStartDate",), _written_day)


def end_of_validity(candidate: Candidate) -> Stated[datetime] | None:
    """The instant until which the badge is valid; None: it states no end, or none that can be read (`has_end`)."""
    if candidate.renewed:
        instant = None if candidate.valid_until is None else _instant(candidate.valid_until)
        return None if instant is None else Stated(instant, "/refreshService", candidate.valid_until)
    return _first(root(candidate), _ends(candidate), _instant)


def has_end(candidate: Candidate) -> bool:
    """Whether the badge states an end of its validity, readable or not."""
    if candidate.renewed:
        return candidate.valid_until is not None
    return any(candidate.document.get(name) is not None for name in _ends(candidate))


def number(value: object) -> Decimal | None:
    """A number, or the text of one in digits such as ``7.5``, finite and not negative; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    text = str(value).strip()
    if len(text) > _MAXIMUM_DIGITS or (isinstance(value, str) and not _DIGITS.fullmatch(text)):
        return None
    found = Decimal(text)
    # A number of more than forty digits either way is no amount of anything, however short it is written.
    if not found.is_finite() or found < 0 or abs(found.adjusted()) > _MAXIMUM_DIGITS:
        return None
    return found


def _ends(candidate: Candidate) -> tuple[str, ...]:
    return ("expires",) if is_legacy(candidate) else ("validUntil", "expirationDate")


def _first(member: Member, names: tuple[str, ...], read: Callable[[str], T | None]) -> Stated[T] | None:
    """The first of the members that can be read."""
    for name in names:
        value = member.body.get(name)
        found = read(value) if isinstance(value, str) else None
        if found is not None:
            return Stated(found, member.pointer + join(name), value)
    return None


def _written_day(text: str) -> date | None:
    """The day in the issuer's own time zone: what a person reads off the badge."""
    if len(text) > 10 and _instant(text) is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _instant(text: str) -> datetime | None:
    try:
        return parse_datetime(text, require_zone=False)
    except ProblemError:
        return None


def _texts(member: Member, name: str) -> list[Stated[str]]:
    found = values_at(member.body, name, member.pointer)
    return [each for each in found if isinstance(each.value, str) and each.value.strip()]


def _says_something(value: object) -> bool:
    if isinstance(value, Mapping):
        return any(
            name not in ("type", "@type") and content not in (None, "", [], {}) for name, content in value.items()
        )
    return isinstance(value, str) and bool(value.strip())


def _is_badge(value: object) -> bool:
    genre = value.get("genre") if isinstance(value, Mapping) else None
    return isinstance(genre, str) and genre.strip().casefold() == _STACK_EVIDENCE
