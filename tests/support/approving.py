"""A state and a cooperative that approve micro-credentials: their signed documents, each open to one change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from badgeport.keys.signer import Signer
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.recognition.approval import documents
from badgeport.verifier.recognition.approval.approvals import Presented
from badgeport.verifier.recognition.approval.authority import Approval
from badgeport.verifier.recognition.approval.documents import Issue
from badgeport.verifier.recognition.model import Period
from badgeport.verifier.verifier import VerifiedCredential
from support import verifying as v

ISSUER = "did:web:badges.lakeside.example"
ACHIEVEMENT = "https://lakeside.example/achievements/reading-together"
OTHER_ACHIEVEMENT = "https://lakeside.example/achievements/other"
LIST_ID = "https://state.example/approvals/micro-credentials"
STATUS = "https://state.example/status/1"
ISSUED = datetime(2026, 1, 10, 12, 0, 0, tzinfo=UTC)
AWARDED = date(2026, 4, 1)
BOTH = Approval(ISSUER, ACHIEVEMENT)
WAIVING = replace(DEFAULT, name="waiving", warn_only=frozenset({"validity-period", "status", "endorsements"}))
"""A policy of a reader who is told of the end, the revocation and bad endorsements of a badge, and goes on."""


def state() -> Signer:
    """Who signs for the state."""
    return v.signer("state")


def cooperative() -> Signer:
    """Who signs for the cooperative."""
    return v.signer("cooperative")


def issue(**changes: Any) -> Issue:
    """What a document needs besides what it says."""
    return replace(Issue(ISSUED), **changes)


def status_entry() -> dict[str, Any]:
    """The state's status entry for a document."""
    return v.status_entry(statusListCredential=STATUS)


def statuses(*revoked: int) -> dict[str, bytes]:
    """The state's status list, by its address."""
    return {STATUS: v.status_list(*revoked, by=state(), url=STATUS)}


def approval(said: Approval = BOTH, by: Signer | None = None, **changes: Any) -> dict[str, Any]:
    """An unsigned approval; ``changes`` are those of `Issue`."""
    signer = by or state()
    return documents.approval_document(said, signer.controller, issue(**changes), title="Approved", comment="Approved.")


def listing(*said: Approval, by: Signer | None = None, period: Period | None = None, **changes: Any) -> dict[str, Any]:
    """An unsigned approval list; ``changes`` are those of `Issue`."""
    signer = by or state()
    stated = {} if period is None else {"period": period}
    return documents.approval_list_document(
        LIST_ID, "Approved micro-credentials", said, signer.controller, issue(**changes), **stated
    )


def signed(body: Mapping[str, Any], by: Signer | None = None, format: str = "eddsa-rdfc-2022") -> bytes:
    """A document signed by the state unless told, when it was issued."""
    return v.sign(body, by or state(), format, created=ISSUED)


def verified(
    data: bytes, held: Mapping[str, Any] | None = None, *, policy: Policy = DEFAULT, **question: Any
) -> VerifiedCredential:
    """The verified credential, offline, with these documents at hand."""
    question.setdefault("now", v.NOW)
    return v.verifier(held, policy=policy).verify(data, **question)


def presented(data: bytes, held: Mapping[str, Any] | None = None, **question: Any) -> Presented:
    """A document with the report on it, whatever that says."""
    return Presented(data, v.inspect(data, held, **question))
