"""Row 38: 1EdTech's revocation list does not name the credential."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    REVOKED,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_OUTDATED,
    STATUS_RETRIEVAL_ERROR,
    STATUS_UNKNOWN,
    STATUS_VERIFICATION_ERROR,
)
from badgeport.verifier.checks.base import Check, Wording, combine
from badgeport.verifier.refreshing import told_of_status
from badgeport.verifier.report import NO_EVIDENCE

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The revocation list does not name the credential.",
    failed="The issuer has revoked the credential.",
    unknown="Whether the credential was revoked is not known.",
    skipped="The credential names no 1EdTech revocation list.",
)


def run(examination: Examination) -> CheckResult:
    """The list is unsigned and counts only over https or from this machine; without it the status is unknown."""
    findings = examination.status_findings(CHECK.id)
    evidence = examination.status_evidence if findings else NO_EVIDENCE
    return told_of_status(examination, combine(CHECK, findings, _WORDING, evidence=evidence))


CHECK = Check(
    38,
    "Not on the revocation list",
    run,
    (
        REVOKED,
        STATUS_MALFORMED_VALUE_ERROR,
        STATUS_OUTDATED,
        STATUS_RETRIEVAL_ERROR,
        STATUS_UNKNOWN,
        STATUS_VERIFICATION_ERROR,
    ),
)
