"""Policies, agreements, approvals, decisions, appeals and overrides as credentials, unsigned.

They are built here, signed by the composition root, and read back by `received`. Every own term is defined inside the
document, and what a document says stands in one JSON value (``@json``), so that any verifier can check the proof with
nothing fetched.
Amounts in it are texts: a number may come out of a signature in another form than it went in.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from badgeport.proofs.canonicalization.jcs import jcs
from badgeport.schemas.contexts import urls
from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.recognition.approval.authority import Approval
from badgeport.verifier.recognition.approval.authority_json import approval_json, period_json
from badgeport.verifier.recognition.approval.members import ALWAYS
from badgeport.verifier.recognition.model import Period

if TYPE_CHECKING:
    from badgeport.verifier.recognition.approval.agreements import Agreement
    from badgeport.verifier.recognition.approval.contests import Appeal, Override
    from badgeport.verifier.recognition.decision import Decision
    from badgeport.verifier.recognition.model import RecognitionPolicy

VOCABULARY = "https://badgeport.org/recognition#"
ENDORSEMENT = "EndorsementCredential"
_OPEN_BADGES = urls.OB_3_0_3


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of document: the type of the credential, the type of its subject, and the member with what it says."""

    credential: str
    subject: str
    member: str


POLICY = DocumentKind("RecognitionPolicyCredential", "RecognitionPolicy", "recognitionPolicy")
AGREEMENT = DocumentKind("RecognitionAgreementCredential", "RecognitionAgreement", "recognitionAgreement")
APPROVAL = DocumentKind("ApprovalCredential", "Approval", "approval")
APPROVAL_LIST = DocumentKind("ApprovalListCredential", "ApprovalList", "approvalList")
DECISION = DocumentKind("RecognitionDecisionCredential", "RecognitionDecision", "recognitionDecision")
APPEAL = DocumentKind("RecognitionAppealCredential", "RecognitionAppeal", "recognitionAppeal")
OVERRIDE = DocumentKind("RecognitionOverrideCredential", "RecognitionOverride", "recognitionOverride")


@dataclass(frozen=True, slots=True)
class Issue:
    """What every document needs besides what it says.

    ``issued``: the instant it is valid from. ``until``: the instant it ends, if it does. ``status``: its entries in
    status lists. ``issuer_name``: what the issuer calls itself.
    """

    issued: datetime
    until: datetime | None = None
    status: Sequence[Mapping[str, Any]] = ()
    issuer_name: str | None = None


def context_of(kind: DocumentKind) -> dict[str, Any]:
    """The definitions of the own terms of one kind of document."""
    return {
        kind.credential: VOCABULARY + kind.credential,
        kind.subject: VOCABULARY + kind.subject,
        kind.member: {"@id": VOCABULARY + kind.member, "@type": "@json"},
    }


# -- building -------------------------------------------------------------------------------------------------------


def policy_document(policy: RecognitionPolicy, issue: Issue) -> dict[str, Any]:
    """The unsigned credential of a policy, which its jurisdiction signs. Raises ValueError for a body with floats."""
    jurisdiction = policy.jurisdiction
    body = _document(POLICY, jurisdiction.id, policy.title, exact(policy.body), issue, subject=policy.id)
    return body | {"issuer": {"id": jurisdiction.id, "name": issue.issuer_name or jurisdiction.name}}


def agreement_document(agreement: Agreement, issuer: str, issue: Issue) -> dict[str, Any]:
    """The unsigned credential of an agreement, signed by its keeper ``issuer``: see `received.keeps`."""
    return _document(AGREEMENT, issuer, agreement.title, exact(agreement.to_json()), issue, subject=agreement.id)


def approval_document(
    approval: Approval, authority: str, issue: Issue, *, title: str, comment: str | None = None
) -> dict[str, Any]:
    """The unsigned endorsement in which ``authority`` approves an achievement, an issuer, or both.

    ``title`` is the name that people see, ``comment`` Markdown. Any Open Badges verifier takes it for an endorsement.
    Raises ValueError where the approval names neither an issuer nor an achievement.
    """
    endorsed = approval.achievement or approval.issuer
    if endorsed is None:
        raise ValueError("an approval names an achievement, an issuer, or both")
    body = _document(APPROVAL, authority, title, exact(approval_json(approval)), issue, subject=endorsed)
    subject = {**body["credentialSubject"], "type": ["EndorsementSubject"]}
    return body | {
        "@context": [urls.CREDENTIALS_V2, _OPEN_BADGES, context_of(APPROVAL)],
        "type": ["VerifiableCredential", ENDORSEMENT, APPROVAL.credential],
        "issuer": {"id": authority, "type": ["Profile"], "name": issue.issuer_name or authority},
        "credentialSubject": subject if comment is None else {**subject, "endorsementComment": comment},
    }


def approval_list_document(
    list_id: str,
    title: str,
    approvals: Sequence[Approval],
    authority: str,
    issue: Issue,
    *,
    period: Period = ALWAYS,
) -> dict[str, Any]:
    """The unsigned list of all that ``authority`` approves: who is not on it is not approved.

    ``list_id`` is the URI of the list, the same for every edition of it; ``period`` the days this edition is for.
    Raises ValueError for an approval that names neither an issuer nor an achievement.
    """
    if any(each.issuer is None and each.achievement is None for each in approvals):
        raise ValueError("an approval names an achievement, an issuer, or both")
    said = {"title": title, **period_json(period), "approvals": [approval_json(each) for each in approvals]}
    return _document(APPROVAL_LIST, authority, title, exact(said), issue, subject=list_id)


def decision_document(decision: Decision, issue: Issue, *, educator: str | None = None) -> dict[str, Any]:
    """The unsigned receipt of a decision, for the educator (``educator``: their DID) and for HR.

    Its issuer is the jurisdiction that decided. Raises ValueError for a trial, which nobody may sign.
    """
    if decision.trial:
        raise ValueError("a trial of a policy is never signed: nobody verified its credentials")
    said = exact(decision.to_json())
    title = f"Decision under {decision.policy.title}"
    return _document(DECISION, decision.policy.jurisdiction, title, said, issue, subject=educator)


def appeal_document(appeal: Appeal, jurisdiction: str, issue: Issue) -> dict[str, Any]:
    """The unsigned confirmation of ``jurisdiction`` that somebody appealed one of its decisions."""
    return _document(APPEAL, jurisdiction, "Appeal against a decision", exact(appeal.to_json()), issue)


def override_document(override: Override, jurisdiction: str, issue: Issue) -> dict[str, Any]:
    """The unsigned credential in which a named person at ``jurisdiction`` puts another decision in place of one."""
    return _document(OVERRIDE, jurisdiction, "Decision overridden", exact(override.to_json()), issue)


def exact(value: Any) -> Any:
    """A JSON value that a signature keeps as it is: decimals and days become texts.

    Raises ValueError for a float, whose written form is not its own, and for what is no JSON value.
    """
    if isinstance(value, Mapping):
        return {str(name): exact(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [exact(each) for each in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | bool | int):
        return value
    raise ValueError(f"{value!r} cannot be signed exactly; write an amount as a text")


def digest_of(body: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) of the canonical form (RFC 8785) of a JSON object: by it an appeal names a decision.

    Raises ProblemError for what is no JSON value.
    """
    return hashlib.sha256(jcs(exact(body))).hexdigest()


def _document(
    kind: DocumentKind, issuer: str, title: str, said: Mapping[str, Any], issue: Issue, *, subject: str | None = None
) -> dict[str, Any]:
    if issue.until is not None and issue.until <= issue.issued:
        raise ValueError("a document must be valid until after it becomes valid")
    issued = format_datetime(issue.issued)
    about = {"type": kind.subject, kind.member: said}
    body: dict[str, Any] = {
        "@context": [urls.CREDENTIALS_V2, context_of(kind)],
        "id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{issuer} {kind.credential} {issued} {digest_of(said)}')}",
        "type": ["VerifiableCredential", kind.credential],
        "name": title,
        "issuer": issuer if issue.issuer_name is None else {"id": issuer, "name": issue.issuer_name},
        "validFrom": issued,
        "credentialSubject": about if subject is None else {"id": subject, **about},
    }
    if issue.until is not None:
        body["validUntil"] = format_datetime(issue.until)
    if issue.status:
        entries = [dict(entry) for entry in issue.status]
        body["credentialStatus"] = entries[0] if len(entries) == 1 else entries
    return body
