"""Minting: an award, a signer and an instant in; signed bytes that already verified out.

``build -> validate -> serialise once -> secure -> verify own proof -> release``. Pure: the clock, the randomness, the
contexts and the signer are arguments.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from badgeport.issuer.award import Award
from badgeport.issuer.build import build
from badgeport.issuer.endorsements import as_members
from badgeport.issuer.randomness import Randomness, random_urn
from badgeport.issuer.release import DEFAULT_FORMAT, DEFAULT_FORMATS, Minted, release
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import PROOF_GENERATION_ERROR, ProblemError

__all__ = ["DEFAULT_FORMAT", "DEFAULT_FORMATS", "Minted", "build", "mint"]


def mint(
    award: Award,
    signer: Signer,
    format: str = DEFAULT_FORMAT,
    *,
    now: datetime,
    contexts: ContextStore | None = None,
    randomness: Randomness = secrets.token_bytes,
    credential_id: str | None = None,
    status_entries: Sequence[Mapping[str, Any]] = (),
    endorsements: Sequence[bytes] = (),
    mandatory_pointers: Sequence[str] | None = None,
    disclosable: Sequence[str] | None = None,
    holder: PublicKey | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Minted:
    """The signed badge of an award.

    ``format`` is one of ``proofs.secured.FORMATS``. ``now`` is the instant of issue. ``randomness`` gives salts and
    ids. ``credential_id`` is used where the award has no id, otherwise a random ``urn:uuid:``. ``status_entries`` are
    credentialStatus objects (`status_lists.entry`). ``endorsements`` are signed endorsements, as bytes.
    ``mandatory_pointers``, ``disclosable`` and ``holder`` are as in `release.release`.

    Raises ``ProblemError``: PROOF_GENERATION_ERROR where the award's issuer is not the signer's controller, and as
    `build.build` and `release.release`.
    """
    issuer_id = award.issuer.id or signer.controller
    if issuer_id != signer.controller:
        raise ProblemError(
            PROOF_GENERATION_ERROR,
            f"The award's issuer is {issuer_id}, but the key belongs to {signer.controller}; nobody signs in another's "
            "name. Leave issuer.id out to use the key's.",
            "/issuer/id",
        )
    subject_id = None
    if format == "vc-jwt" and award.recipient.id is None:
        # The sub claim is required there; a random name says nothing about the person (OB 3.0, VC-JWT).
        subject_id = random_urn(randomness)
    credential = build(
        award,
        issuer_id=issuer_id,
        credential_id=credential_id or random_urn(randomness),
        now=now,
        randomness=randomness,
        subject_id=subject_id,
        status_entries=status_entries,
        endorsements=as_members(endorsements, limits),
    )
    return release(
        credential,
        signer,
        format,
        now=now,
        contexts=contexts,
        limits=limits,
        mandatory_pointers=mandatory_pointers,
        disclosable=disclosable,
        holder=holder,
        randomness=randomness,
    )
