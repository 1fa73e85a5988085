"""Comprehensive Learner Records: one signed envelope around the badges of one learner (CLR 2.0)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from badgeport.issuer.award import IssuerProfile
from badgeport.issuer.build import SCHEMA_TYPE, issuer_profile
from badgeport.issuer.randomness import Randomness, random_urn
from badgeport.issuer.release import DEFAULT_FORMAT, Minted, release
from badgeport.keys.signer import Signer
from badgeport.proofs.secured import open_secured
from badgeport.schemas.contexts import ContextStore, urls
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, UNSUPPORTED, ProblemError

CONTEXTS = (urls.CREDENTIALS_V2, urls.CLR_2_0_1, urls.OB_3_0_3, urls.OB_EXTENSIONS)
CLR_SCHEMA = "https://purl.imsglobal.org/spec/clr/v2p0/schema/json/clr_v2p0_clrcredential_schema.json"

ASSOCIATION_TYPES = (
    "exactMatchOf",
    "exemplar",
    "hasSkillLevel",
    "isChildOf",
    "isParentOf",
    "isPartOf",
    "isPeerOf",
    "isRelatedTo",
    "precedes",
    "replacementOf",
)


class Association(NamedTuple):
    """How two achievements of the record belong together: ``source`` is, say, part of ``target``; both are ids."""

    type: str
    source: str
    target: str


def build_clr(
    members: Sequence[bytes],
    *,
    name: str,
    issuer: Mapping[str, Any],
    credential_id: str,
    valid_from: datetime,
    valid_until: datetime | None = None,
    subject_id: str | None = None,
    description: str | None = None,
    achievements: Sequence[Mapping[str, Any]] = (),
    associations: Sequence[Association] = (),
    partial: bool | None = None,
    status_entries: Sequence[Mapping[str, Any]] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Any]:
    """A ClrCredential, unsigned.

    ``members`` are signed badges with embedded proofs. ``achievements`` are those the associations name that no member
    asserts. ``subject_id`` is by default the learner id the members share. ``partial`` says that more exists.
    Raises ``ProblemError``: UNSUPPORTED for a JWT member, which CLR 2.0 has no place for, MALFORMED_VALUE_ERROR for a
    member that is unsigned or about somebody else and for an association of a type or achievement that is not there.
    """
    if not members:
        raise ProblemError(MALFORMED_VALUE_ERROR, "A learner record holds at least one credential.")
    if valid_until is not None and valid_until <= valid_from:
        raise ProblemError(MALFORMED_VALUE_ERROR, "A learner record must be valid until after it becomes valid.")
    documents = [_member(data, number, limits) for number, data in enumerate(members, 1)]
    learner = _learner(documents, subject_id)
    _check_associations(associations, documents, achievements)
    subject: dict[str, Any] = {} if learner is None else {"id": learner}
    subject |= {"type": ["ClrSubject"], "verifiableCredential": documents}
    if achievements:
        subject["achievement"] = [dict(achievement) for achievement in achievements]
    if associations:
        subject["association"] = [
            {"type": "Association", "associationType": kind, "sourceId": source, "targetId": target}
            for kind, source, target in associations
        ]
    body: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": credential_id,
        "type": ["VerifiableCredential", "ClrCredential"],
        "issuer": dict(issuer),
        "validFrom": format_datetime(valid_from),
    }
    if valid_until is not None:
        body["validUntil"] = format_datetime(valid_until)
    body["name"] = name
    if description is not None:
        body["description"] = description
    body["awardedDate"] = format_datetime(valid_from)
    if partial is not None:
        body["partial"] = partial
    body["credentialSubject"] = subject
    if status_entries:
        entries = [dict(entry) for entry in status_entries]
        body["credentialStatus"] = entries[0] if len(entries) == 1 else entries
    body["credentialSchema"] = [{"id": CLR_SCHEMA, "type": SCHEMA_TYPE}]
    return body


def mint_clr(
    members: Sequence[bytes],
    signer: Signer,
    format: str = DEFAULT_FORMAT,
    *,
    name: str,
    issuer: IssuerProfile,
    now: datetime,
    valid_until: datetime | None = None,
    credential_id: str | None = None,
    subject_id: str | None = None,
    description: str | None = None,
    achievements: Sequence[Mapping[str, Any]] = (),
    associations: Sequence[Association] = (),
    partial: bool | None = None,
    status_entries: Sequence[Mapping[str, Any]] = (),
    contexts: ContextStore | None = None,
    randomness: Randomness = secrets.token_bytes,
    limits: Limits = DEFAULT_LIMITS,
) -> Minted:
    """A signed learner record; arguments as in `build_clr` and `mint.mint`. Raises as these and `release.release`."""
    body = build_clr(
        members,
        name=name,
        issuer=issuer_profile(issuer, issuer.id or signer.controller),
        credential_id=credential_id or random_urn(randomness),
        valid_from=now.replace(microsecond=0),
        valid_until=valid_until,
        subject_id=subject_id,
        description=description,
        achievements=achievements,
        associations=associations,
        partial=partial,
        status_entries=status_entries,
        limits=limits,
    )
    return release(body, signer, format, now=now, contexts=contexts, limits=limits)


def _member(data: bytes, number: int, limits: Limits) -> dict[str, Any]:
    opened = open_secured(data, limits=limits)
    if opened.form == "unsecured":
        raise ProblemError(MALFORMED_VALUE_ERROR, f"Credential {number} of the learner record has no proof.")
    if opened.form != "data-integrity":
        raise ProblemError(
            UNSUPPORTED,
            f"Credential {number} is secured as {opened.form}; a learner record holds embedded proofs only.",
        )
    return opened.document


def _learner(documents: Sequence[Mapping[str, Any]], subject_id: str | None) -> str | None:
    known = {subject_id} if subject_id is not None else set()
    for document in documents:
        subject = document.get("credentialSubject")
        if isinstance(subject, Mapping) and isinstance(subject.get("id"), str):
            known.add(subject["id"])
    if len(known) > 1:
        raise ProblemError(MALFORMED_VALUE_ERROR, "The credentials of a learner record are about different people.")
    return next(iter(known), None)


def _check_associations(
    associations: Sequence[Association],
    documents: Sequence[Mapping[str, Any]],
    achievements: Sequence[Mapping[str, Any]],
) -> None:
    known = {achievement.get("id") for achievement in achievements}
    for document in documents:
        subject = document.get("credentialSubject")
        achievement = subject.get("achievement") if isinstance(subject, Mapping) else None
        if isinstance(achievement, Mapping):
            known.add(achievement.get("id"))
    for association in associations:
        if association.type not in ASSOCIATION_TYPES:
            raise ProblemError(MALFORMED_VALUE_ERROR, f"{association.type!r} is not a type of association in CLR 2.0.")
        for end in (association.source, association.target):
            if end not in known:
                raise ProblemError(MALFORMED_VALUE_ERROR, f"The learner record has no achievement {end}.")
