"""Reading those documents back from verified credentials: only from whom they must come, and only whole."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, urlsplit

from badgeport.keys import did
from badgeport.proofs.secured import open_secured
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.recognition.approval.agreements import Agreement, agreement_of
from badgeport.verifier.recognition.approval.contests import Appeal, Override, appeal_of, override_of
from badgeport.verifier.recognition.approval.documents import (
    AGREEMENT,
    APPEAL,
    DECISION,
    OVERRIDE,
    POLICY,
    DocumentKind,
)
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.authoring.findings import PolicyRefused
from badgeport.verifier.report import Verdict, VerificationReport

if TYPE_CHECKING:
    from badgeport.proofs.opened import Opened
    from badgeport.verifier.recognition.decision import Decision
    from badgeport.verifier.recognition.model import RecognitionPolicy
    from badgeport.verifier.verifier import VerifiedCredential

_T = TypeVar("_T")
_SELECTIVE_SUITE = "ecdsa-sd-2023"
_EASTERNMOST = timedelta(hours=14)


class DocumentError(ValueError):
    """A credential is not the document it should be. ``reason`` says why, ``pointer`` where in what it says."""

    def __init__(self, reason: str, pointer: str | None = None) -> None:
        super().__init__(reason if pointer is None else f"{pointer or 'the document'}: {reason}")
        self.reason = reason
        self.pointer = pointer


def policy_from(credential: VerifiedCredential) -> RecognitionPolicy:
    """The policy of a verified credential, signed by the jurisdiction it names. Raises DocumentError."""
    _stands(credential)
    return policy_said(credential.document, credential.issuer)


def agreement_from(credential: VerifiedCredential, keepers: Collection[str] = ()) -> Agreement:
    """The agreement of a verified credential. Raises DocumentError.

    It must be signed by its keeper: a ``did:web`` on whose own web address its id is (`keeps`), or one of ``keepers``,
    whom the reader knows to keep it. Otherwise anybody could write down an agreement under its id.
    """
    _stands(credential)
    document = credential.document
    try:
        agreement = agreement_of(
            said_in(document, AGREEMENT), source=credential.sha256, known_until=known_until(credential.report)
        )
    except MemberError as error:
        raise DocumentError(error.reason, error.pointer) from None
    _same_subject(document, agreement.id)
    issuer = credential.issuer or ""
    if not keeps(issuer, agreement.id) and did.comparable(issuer) not in {did.comparable(each) for each in keepers}:
        raise DocumentError(f"it is signed by {issuer}, which does not keep the agreement {agreement.id}")
    return agreement


def decision_from(credential: VerifiedCredential) -> Decision:
    """The decision of a verified receipt, signed by the jurisdiction that decided. Raises DocumentError."""
    from badgeport.verifier.recognition.deciding.decision_json import DecisionFormError, from_json

    _stands(credential)
    said = said_in(credential.document, DECISION)
    try:
        decision = from_json(said)
    except DecisionFormError as error:
        raise DocumentError(f"the decision in it cannot be read: {error}") from None
    if decision.trial:
        raise DocumentError("it is the trial of a policy, and no decision")
    _same_issuer(credential.issuer, decision.policy.jurisdiction)
    return decision


def appeal_from(credential: VerifiedCredential, jurisdiction: str) -> Appeal:
    """The appeal of a verified credential that ``jurisdiction`` signed. Raises DocumentError."""
    return _contest(credential, APPEAL, jurisdiction, appeal_of)


def override_from(credential: VerifiedCredential, jurisdiction: str) -> Override:
    """The override of a verified credential that ``jurisdiction`` signed. Raises DocumentError."""
    return _contest(credential, OVERRIDE, jurisdiction, override_of)


def keeps(issuer: str, url: str) -> bool:
    """Whether an https address is one of a ``did:web``: on its host, and below its path where it has one."""
    try:
        home = urlsplit(did.did_web_url(issuer).removesuffix("/did.json").removesuffix("/.well-known"))
        parts = urlsplit(url)
    except (ProblemError, ValueError):
        return False
    if parts.scheme != "https" or parts.netloc.lower() != home.netloc or _climbs(parts.path):
        return False
    return parts.path == home.path or parts.path.startswith(f"{home.path}/")


def _climbs(path: str) -> bool:
    """Whether a path may lead out of where it seems to lie."""
    return "\\" in path or not {".", ".."}.isdisjoint(unquote(path).split("/"))


def policy_said(document: Mapping[str, Any], issuer: str | None) -> RecognitionPolicy:
    """The policy of a document whose issuer is settled. Raises DocumentError."""
    from badgeport.verifier.recognition.authoring.authoring import policy_of

    try:
        policy = policy_of(said_in(document, POLICY))
    except PolicyRefused as error:
        first = error.findings[0]
        raise DocumentError(first.message, first.pointer) from None
    _same_issuer(issuer, policy.jurisdiction.id)
    _same_subject(document, policy.id)
    return policy


def said_in(document: Mapping[str, Any], kind: DocumentKind) -> Mapping[str, Any]:
    """What a document of this kind says. Raises DocumentError where it is of another kind, or says nothing."""
    types = document.get("type")
    if kind.credential not in (types if isinstance(types, list) else [types]):
        raise DocumentError(f"it is no {kind.credential}")
    subject = document.get("credentialSubject")
    said = subject.get(kind.member) if isinstance(subject, Mapping) else None
    if not isinstance(said, Mapping):
        raise DocumentError(f"it has no {kind.member} in its one subject")
    return said


def is_whole(opened: Opened) -> bool:
    """Whether its issuer's signature covers all that a document said, and all of that is here.

    What such a document does not say it leaves open, so nobody but its issuer may have left anything out: an SD-JWT
    with a digest that nothing discloses, or nothing but a proof from which others are derived, may be a part.
    """
    if opened.undisclosed or not opened.proofs:
        return False
    return any(proof.suite != _SELECTIVE_SUITE for proof in opened.proofs)


def known_until(report: VerificationReport) -> date:
    """The last day up to which a verification shows that a document had not been taken back, wherever that day is."""
    return (report.as_of + _EASTERNMOST).date()


def _stands(credential: VerifiedCredential) -> None:
    """Raises DocumentError for what only a laxer policy than the default one found valid, and for a part."""
    report = credential.report
    if report.judged_by(DEFAULT) is not Verdict.VALID:
        details = [problem.detail for problem in report.problems()]
        raise DocumentError(f"it does not stand: {details[0]}" if details else "it does not stand")
    try:
        whole = is_whole(open_secured(credential.original))
    except ProblemError:
        whole = False
    if not whole:
        raise DocumentError("part of it was held back, or may have been")


def _contest(
    credential: VerifiedCredential, kind: DocumentKind, jurisdiction: str, read: Callable[[Mapping[str, Any]], _T]
) -> _T:
    _stands(credential)
    said = said_in(credential.document, kind)
    _same_issuer(credential.issuer, jurisdiction)
    try:
        return read(said)
    except MemberError as error:
        raise DocumentError(error.reason, error.pointer) from None


def _same_issuer(issuer: str | None, jurisdiction: str) -> None:
    if issuer is None or did.comparable(issuer) != did.comparable(jurisdiction):
        raise DocumentError(f"it speaks for {jurisdiction}, and is signed by {issuer}")


def _same_subject(document: Mapping[str, Any], identifier: str) -> None:
    subject = document.get("credentialSubject")
    stated = subject.get("id") if isinstance(subject, Mapping) else None
    if stated != identifier:
        raise DocumentError(f"its subject is {stated}, and what it says is {identifier}")
