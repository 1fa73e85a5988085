"""Verified badges as the rules look at them: the document, and what its verification found about the issuer.

`candidates_of` is the only way in for a decision that counts: it takes what a `Verifier` found valid. A learner record
(CLR) gives the valid badges in it. `trial_candidate` takes any document, to try a policy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeport.keys import did
from badgeport.schemas import jsontext, pointer
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.report import CheckResult, Outcome, Verdict, VerificationReport
from badgeport.verifier.verifier import VerifiedCredential

_BADGES = frozenset({"OpenBadgeCredential", "AchievementCredential", "Assertion"})
_RECORD = "ClrCredential"
_IS_PART = frozenset({"isChildOf", "isPartOf"})
_HAS_PART = frozenset({"isParentOf"})


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One badge that may count, as it was verified.

    ``sha256``: of its file; of a badge in a learner record, of its own text there. ``document``: the badge as shown,
    which nobody may change; every pointer of a trace leads into it. ``issuer``: whose key made the proof. ``verified``
    is False only in a trial. ``as_of``: the instant it was verified for. ``withholdable``: whether its holder may have
    left out members, so that what is absent may only be hidden. ``listed_in``, ``read``, ``unread``: names of the trust
    registries that list the issuer, that answered, and that could not be asked. ``renewed``: dates were judged on a
    newer copy of the issuer's, which ends at ``valid_until`` (text; None: never). ``part_of`` and ``parts``:
    achievements that a learner record of the same issuer says this one belongs to, and that belong to it; ``linked``:
    those of which a record says either that somebody else signed, such as the educator. ``record``: SHA-256 of the
    record's file; ``place``: the pointer there.
    """

    sha256: str
    document: Mapping[str, Any]
    id: str | None = None
    name: str | None = None
    issuer: str | None = None
    verified: bool = False
    as_of: datetime | None = None
    withholdable: bool = False
    listed_in: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    renewed: bool = False
    valid_until: str | None = None
    part_of: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    record: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class _Association:
    """What a learner record says of two achievements. ``by``: who signed the record, as identifiers are compared."""

    by: str | None
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something among what was handed in that enters no decision, and why, in one sentence for a clerk."""

    sha256: str
    place: str | None
    id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken in: the badges that may count, and what was left out."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]


def candidates_of(credential: VerifiedCredential) -> tuple[Candidate, ...]:
    """The badges that a verified credential gives: itself, or the valid members of a learner record."""
    return take(credential).candidates


def take(credential: VerifiedCredential) -> Taken:
    """As `candidates_of`, with what was left out: members that are not valid, and credentials that are no badges."""
    found = list(_walk(credential.document, credential.report, record=None, associations=()))
    return Taken(
        tuple(each for each in found if isinstance(each, Candidate)),
        tuple(each for each in found if isinstance(each, LeftOut)),
    )


def trial_candidate(document: Mapping[str, Any]) -> Candidate:
    """Any document as a candidate, to try a policy on an example: nothing in it was verified.

    Its digest is that of its compact JSON text. Raises ProblemError (MALFORMED_VALUE_ERROR) where it is no JSON object.
    """
    data = jsontext.dump(dict(document))
    issuer = document.get("issuer")
    return Candidate(
        sha256=hashlib.sha256(data).hexdigest(),
        document=jsontext.parse_object(data),
        id=_text(document.get("id")),
        name=_text(document.get("name")) or _achievement_name(document),
        issuer=_text(issuer.get("id") if isinstance(issuer, Mapping) else issuer),
    )


def asserts_achievement(document: Mapping[str, Any]) -> bool:
    """Whether the document is a badge: it says so, or its subject has an achievement, and it is no learner record."""
    types = _texts(document.get("type"))
    if _RECORD in types:
        return False
    if not _BADGES.isdisjoint(types):
        return True
    return any("achievement" in subject for subject in _objects(document.get("credentialSubject")))


def _walk(
    document: Mapping[str, Any],
    report: VerificationReport,
    *,
    record: str | None,
    associations: Sequence[_Association],
) -> Iterator[Candidate | LeftOut]:
    members = [member for member in report.members if member.role == "member"]
    if asserts_achievement(document):
        yield _candidate(document, report, record, associations)
    elif not members:
        reason = "It asserts no achievement, so there is nothing to recognize in it."
        yield LeftOut(report.input.sha256, report.pointer, report.credential.id if report.credential else None, reason)
    links = (*associations, *_associations(document, None if report.credential is None else report.credential.issuer))
    for member in members:
        place = (member.pointer or "").removeprefix(report.pointer or "")
        opened = _opened(document, place)
        if member.verdict is Verdict.VALID and opened is not None:
            yield from _walk(opened, member, record=record or report.input.sha256, associations=links)
        else:
            codes = ", ".join(member.codes)
            reason = f"This member of the record is {member.verdict.value}{f' ({codes})' if codes else ''}."
            known = member.credential.id if member.credential else None
            yield LeftOut(member.input.sha256, member.pointer, known, reason)


def _opened(document: Mapping[str, Any], place: str) -> Mapping[str, Any] | None:
    """The contained credential at a place, out of its envelope; its verification has opened it the same way."""
    from badgeport.proofs.secured import open_member

    try:
        member = pointer.resolve(document, place)
        return open_member(member).document
    except ProblemError:
        return None


def _candidate(
    document: Mapping[str, Any],
    report: VerificationReport,
    record: str | None,
    associations: Sequence[_Association],
) -> Candidate:
    summary = report.credential
    recognition = _evidence(report, "issuer-recognition")
    refresh = _evidence(report, "refresh")
    issuer = None if summary is None else summary.issuer
    name = None if issuer is None else did.comparable(issuer)
    achievement = _achievement_id(document)
    part_of, parts = _places_in_stacks(achievement, [each for each in associations if each.by == name is not None])
    others = _places_in_stacks(achievement, [each for each in associations if each.by != name or name is None])
    return Candidate(
        sha256=report.input.sha256,
        document=document,
        id=None if summary is None else summary.id,
        name=None if summary is None else summary.name,
        issuer=issuer,
        verified=True,
        as_of=report.as_of,
        withholdable=_check(report, "selective-disclosure") is not None,
        listed_in=_names(recognition.get("matchingIssuers"), "registry"),
        read=tuple(dict.fromkeys(_texts(recognition.get("registries")))),
        unread=_names(recognition.get("uncheckedRegistries"), "name"),
        renewed=not {"validFrom", "validUntil"}.isdisjoint(refresh),
        valid_until=_text(refresh.get("validUntil")),
        part_of=part_of,
        parts=parts,
        linked=tuple(dict.fromkeys([*others[0], *others[1]])),
        record=record,
        place=report.pointer,
    )


def _check(report: VerificationReport, check_id: str) -> CheckResult | None:
    """The result of a check that was not skipped."""
    for result in report.checks:
        if result.id == check_id and result.outcome is not Outcome.SKIPPED:
            return result
    return None


def _evidence(report: VerificationReport, check_id: str) -> Mapping[str, Any]:
    for result in report.checks:
        if result.id == check_id:
            return result.evidence
    return {}


def _names(entries: object, member: str) -> tuple[str, ...]:
    names = [entry.get(member) for entry in _objects(entries)]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str)))


def _associations(document: Mapping[str, Any], issuer: str | None) -> list[_Association]:
    """What a learner record says of how achievements belong together (CLR 2.0 Association), and who says it."""
    by = None if issuer is None else did.comparable(issuer)
    return [
        _Association(by, each)
        for subject in _objects(document.get("credentialSubject"))
        for each in _objects(subject.get("association"))
    ]


def _places_in_stacks(
    achievement: str | None, associations: Sequence[_Association]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The achievements that this one is part of, and those that are part of it, in the order they are named."""
    part_of: list[str] = []
    parts: list[str] = []
    for each in (association.body for association in associations):
        kind, source, target = each.get("associationType"), _text(each.get("sourceId")), _text(each.get("targetId"))
        if kind in _HAS_PART:
            source, target = target, source
        if kind not in _IS_PART | _HAS_PART or source is None or target is None or achievement is None:
            continue
        if source == achievement:
            part_of.append(target)
        if target == achievement:
            parts.append(source)
    return tuple(dict.fromkeys(part_of)), tuple(dict.fromkeys(parts))


def _achievement_id(document: Mapping[str, Any]) -> str | None:
    for subject in _objects(document.get("credentialSubject")):
        for achievement in _objects(subject.get("achievement")):
            return _text(achievement.get("id"))
    return None


def _achievement_name(document: Mapping[str, Any]) -> str | None:
    for subject in _objects(document.get("credentialSubject")):
        for achievement in _objects(subject.get("achievement")):
            return _text(achievement.get("name"))
    return None


def _objects(value: object) -> list[Mapping[str, Any]]:
    """The objects under a member that holds one or several."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, Mapping)]


def _texts(value: object) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
