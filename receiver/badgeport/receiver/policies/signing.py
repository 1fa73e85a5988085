"""What a jurisdiction signs for others to decide by: signed whole, read back, and compared before it leaves.

The command line and the worker sign by the same functions. Each raises ProblemError as `issuer.release.release` does,
and `NotTheSame` where the signed document would not say what was to be signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from badgeport.issuer.release import DEFAULT_FORMATS, Minted, release
from badgeport.keys.did import comparable
from badgeport.keys.signer import Signer
from badgeport.proofs.secured import open_secured
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier.recognition.approval.agreements import Agreement, agreement_of
from badgeport.verifier.recognition.approval.authority import Approval
from badgeport.verifier.recognition.approval.documents import (
    AGREEMENT,
    APPROVAL_LIST,
    Issue,
    agreement_document,
    approval_list_document,
    exact,
    policy_document,
)
from badgeport.verifier.recognition.approval.members import ALWAYS
from badgeport.verifier.recognition.approval.received import policy_said, said_in
from badgeport.verifier.recognition.model import Period, RecognitionPolicy

PARTIAL = "ecdsa-sd-2023"
"""A format in which a part may be held back: readers would not rely on it."""


class NotTheSame(ValueError):  # noqa: N818 - a document that must not leave
    """The signed document does not say what was to be signed, or would be signed by somebody else."""


def format_for(signer: Signer, asked: str | None = None) -> str:
    """The format to sign in: the one asked for, else the most widely verified one of the key."""
    return asked or DEFAULT_FORMATS[signer.public_key.key_type]


def sign_policy(
    policy: RecognitionPolicy,
    signer: Signer,
    issue: Issue,
    *,
    format: str | None = None,
    now: datetime,
    contexts: ContextStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Minted:
    """A policy, signed by its own jurisdiction."""
    if comparable(signer.controller) != comparable(policy.jurisdiction.id):
        raise NotTheSame(
            f"the policy is of {policy.jurisdiction.id}, and the key belongs to {signer.controller}; "
            "a policy is signed by its own jurisdiction"
        )
    made = _signed(policy_document(policy, issue), signer, format, now, contexts, limits)
    if policy_said(_read(made), signer.controller).sha256 != policy.sha256:
        raise NotTheSame("the signed policy does not say the same as the text")
    return made


def sign_agreement(
    agreement: Agreement,
    signer: Signer,
    issue: Issue,
    *,
    format: str | None = None,
    now: datetime,
    contexts: ContextStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Minted:
    """An agreement, signed by its keeper."""
    body = agreement_document(agreement, signer.controller, issue)
    made = _signed(body, signer, format, now, contexts, limits)
    if agreement_of(said_in(_read(made), AGREEMENT)).to_json() != agreement.to_json():
        raise NotTheSame("the signed agreement does not say the same")
    return made


def sign_approvals(
    list_id: str,
    title: str,
    approvals: Sequence[Approval],
    signer: Signer,
    issue: Issue,
    *,
    period: Period = ALWAYS,
    format: str | None = None,
    now: datetime,
    contexts: ContextStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Minted:
    """An approval list, signed by the authority whose approvals they are."""
    body = approval_list_document(list_id, title, approvals, signer.controller, issue, period=period)
    made = _signed(body, signer, format, now, contexts, limits)
    if said_in(_read(made), APPROVAL_LIST) != exact(body["credentialSubject"][APPROVAL_LIST.member]):
        raise NotTheSame("the signed list does not say the same as the table")
    return made


def _signed(
    body: Mapping[str, Any],
    signer: Signer,
    format: str | None,
    now: datetime,
    contexts: ContextStore | None,
    limits: Limits,
) -> Minted:
    chosen = format_for(signer, format)
    return release(body, signer, chosen, now=now, contexts=contexts, limits=limits, disclosable=())


def _read(made: Minted) -> Mapping[str, Any]:
    return open_secured(made.bytes).document
