"""Endorsements: a third party's signed word about an achievement, an issuer or a badge (OB 3.0)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from badgeport.issuer.award import IssuerProfile
from badgeport.issuer.build import CONTEXTS, ENDORSEMENT_SCHEMA, SCHEMA_TYPE, issuer_profile
from badgeport.issuer.randomness import Randomness, random_urn
from badgeport.issuer.release import DEFAULT_FORMAT, Minted, release
from badgeport.keys.signer import Signer
from badgeport.proofs.secured import open_secured
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError


def build_endorsement(
    endorsed_id: str,
    comment: str,
    *,
    name: str,
    issuer: Mapping[str, Any],
    credential_id: str,
    valid_from: datetime,
    valid_until: datetime | None = None,
    status_entries: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """An EndorsementCredential, unsigned.

    ``endorsed_id`` is the id of what is endorsed, ``comment`` Markdown, ``name`` the title people see (required by
    Open Badges), ``issuer`` a Profile object.
    Raises ``ProblemError`` (MALFORMED_VALUE_ERROR) where the validity ends before it begins.
    """
    if valid_until is not None and valid_until <= valid_from:
        raise ProblemError(MALFORMED_VALUE_ERROR, "An endorsement must be valid until after it becomes valid.")
    body: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": credential_id,
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "issuer": dict(issuer),
        "validFrom": format_datetime(valid_from),
    }
    if valid_until is not None:
        body["validUntil"] = format_datetime(valid_until)
    body |= {
        "name": name,
        "awardedDate": format_datetime(valid_from),
        "credentialSubject": {"id": endorsed_id, "type": ["EndorsementSubject"], "endorsementComment": comment},
        "credentialSchema": [{"id": ENDORSEMENT_SCHEMA, "type": SCHEMA_TYPE}],
    }
    if status_entries:
        entries = [dict(entry) for entry in status_entries]
        body["credentialStatus"] = entries[0] if len(entries) == 1 else entries
    return body


def endorse(
    endorsed_id: str,
    comment: str,
    signer: Signer,
    format: str = DEFAULT_FORMAT,
    *,
    name: str,
    issuer: IssuerProfile,
    now: datetime,
    valid_until: datetime | None = None,
    credential_id: str | None = None,
    status_entries: Sequence[Mapping[str, Any]] = (),
    contexts: ContextStore | None = None,
    randomness: Randomness = secrets.token_bytes,
    limits: Limits = DEFAULT_LIMITS,
) -> Minted:
    """A signed endorsement; arguments as in `build_endorsement` and `mint.mint`. Raises as `release.release`."""
    body = build_endorsement(
        endorsed_id,
        comment,
        name=name,
        issuer=issuer_profile(issuer, issuer.id or signer.controller),
        credential_id=credential_id or random_urn(randomness),
        valid_from=now.replace(microsecond=0),
        valid_until=valid_until,
        status_entries=status_entries,
    )
    return release(body, signer, format, now=now, contexts=contexts, limits=limits)


def as_members(endorsements: Sequence[bytes], limits: Limits = DEFAULT_LIMITS) -> tuple[dict[str, Any] | str, ...]:
    """Signed endorsements as they stand in a badge: embedded proofs as objects, VC-JWTs as compact JWS texts.

    Raises ``ProblemError``: MALFORMED_VALUE_ERROR where one is no signed endorsement, and what reading it raises.
    """
    members: list[dict[str, Any] | str] = []
    for number, data in enumerate(endorsements, 1):
        opened = open_secured(data, limits=limits)
        types = opened.document.get("type")
        if "EndorsementCredential" not in (types if isinstance(types, list) else [types]):
            raise ProblemError(MALFORMED_VALUE_ERROR, f"Endorsement {number} is not an EndorsementCredential.")
        if opened.form == "data-integrity":
            members.append(opened.document)
        elif opened.form in ("vc-jwt", "vc+jwt"):
            members.append(data.decode("ascii").strip())
        else:
            raise ProblemError(MALFORMED_VALUE_ERROR, f"Endorsement {number} is not signed in a form a badge can hold.")
    return tuple(members)
