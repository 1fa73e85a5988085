"""Row 29: the key was valid when it signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import KEY_NOT_VALID_AT_SIGNING, KEY_REVOKED, PROOF_VERIFICATION_ERROR
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The key was valid when it signed.",
    failed="The key was not valid when it signed.",
    unknown="It could not be told whether the key was valid when it signed.",
    skipped="No key was had.",
)


def run(examination: Examination) -> CheckResult:
    """For a revoked key the date in the proof is no evidence; an expired key must have signed before it expired."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(
    29,
    "Key valid when it signed",
    run,
    (
        KEY_NOT_VALID_AT_SIGNING,
        KEY_REVOKED,
        PROOF_VERIFICATION_ERROR,
    ),
)
