"""Row 17: an embedded proof has the members every proof has, and serves the right purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The proof is complete and made for this purpose.",
    failed="The proof is incomplete or was made for another purpose.",
    unknown="The members of the proof could not be told.",
    skipped="The document has no embedded proof.",
)


def run(examination: Examination) -> CheckResult:
    """``type``, ``verificationMethod``, and ``proofPurpose`` assertionMethod (presentations: authentication)."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(17, "Proof members", run, (PROOF_VERIFICATION_ERROR,))
