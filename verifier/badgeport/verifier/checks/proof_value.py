"""Row 20: the proof value is encoded as its cryptosuite says and has the right length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The proof value is well formed.",
    failed="The proof value is not what the cryptosuite makes.",
    unknown="The proof value could not be read.",
    skipped="There was no embedded proof value to look at.",
)


def run(examination: Examination) -> CheckResult:
    """Looked at only where the key was had."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(20, "Proof value well formed", run, (PROOF_VERIFICATION_ERROR,))
