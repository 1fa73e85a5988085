"""Row 18: every embedded proof uses a cryptosuite that can be verified here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, UNSUPPORTED
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="Every cryptosuite is supported.",
    failed="A cryptosuite is not acceptable.",
    unknown="A proof uses a cryptosuite that cannot be verified here.",
    skipped="The document has no embedded proof.",
)


def run(examination: Examination) -> CheckResult:
    """A set of proofs is verified whole; chains name earlier proofs in ``previousProof``."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(
    18,
    "Cryptosuite supported",
    run,
    (
        PROOF_VERIFICATION_ERROR,
        UNSUPPORTED,
    ),
)
