"""Row 19: the proof is in force and meant for this reader: created, expires, domain, challenge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import INVALID_CHALLENGE_ERROR, INVALID_DOMAIN_ERROR, PROOF_VERIFICATION_ERROR
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The proof is in force and meant for this reader.",
    failed="The proof is not in force, or is meant for another reader or occasion.",
    unknown="It could not be told whether the proof is in force.",
    skipped="The document has no proof.",
)


def run(examination: Examination) -> CheckResult:
    """Instants are compared with the policy's clock skew; domain and challenge only where the reader asked for one."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(
    19,
    "Proof in force and for this reader",
    run,
    (
        INVALID_CHALLENGE_ERROR,
        INVALID_DOMAIN_ERROR,
        PROOF_VERIFICATION_ERROR,
    ),
)
