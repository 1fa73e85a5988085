"""Row 27: the signature fits the content and the key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    CONTEXT_PREVIOUS,
    CONTEXT_UNKNOWN,
    CRYPTOGRAPHIC_SECURITY_ERROR,
    DATA_LOSS_DETECTION_ERROR,
    KEY_UNAVAILABLE,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    RANGE_ERROR,
)
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The signature is good: nothing was changed since it was made.",
    failed="The signature is not good: the content was changed, or another key made it.",
    unknown="The signature could not be checked.",
    skipped="There was no signature that could be checked.",
)


def run(examination: Examination) -> CheckResult:
    """Every proof of a set must verify; one that cannot be checked leaves the check undetermined."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(
    27,
    "Signature verified",
    run,
    (
        CONTEXT_PREVIOUS,
        CONTEXT_UNKNOWN,
        CRYPTOGRAPHIC_SECURITY_ERROR,
        DATA_LOSS_DETECTION_ERROR,
        KEY_UNAVAILABLE,
        PROOF_TRANSFORMATION_ERROR,
        PROOF_VERIFICATION_ERROR,
        RANGE_ERROR,
    ),
)
