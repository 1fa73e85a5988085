"""Row 24: the key of an embedded proof belongs to the issuer (to the holder, for a presentation)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from badgeport.schemas.problems import ISSUER_KEY_MISMATCH, KEY_UNAVAILABLE, PROOF_VERIFICATION_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.report import Outcome

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """At least one proof is by the issuer's own key, and the issuer's own document says that the key is its own."""
    states = [state for state in examination.proofs if state.embedded]
    findings = [state.findings[CHECK.id] for state in states if CHECK.id in state.findings]
    if examination.is_presentation and examination.owner is None:
        return CHECK.skipped("The presentation names no holder whose key it could be.")
    if not findings:
        return CHECK.skipped("The document has no embedded proof whose key was looked for.")
    # A proof in a cryptosuite that cannot be verified here may be the issuer's.
    findings += [state.findings["cryptosuite"] for state in states if state.outcome("cryptosuite") is Outcome.UNKNOWN]
    name = examination.owner_member
    evidence: dict[str, Any] = {
        name: examination.owner,
        "keys": [
            {"verificationMethod": state.info.verification_method, "controller": state.controller} for state in states
        ],
    }
    signed_around = any(state.outcome("jwt-key") is Outcome.PASSED for state in examination.proofs)
    if signed_around or any(finding.outcome is Outcome.PASSED for finding in findings):
        return CHECK.passed(f"The {name}'s own key made a proof.", evidence=evidence)
    doubts = [problem for finding in findings if finding.outcome is Outcome.UNKNOWN for problem in finding.problems]
    if doubts:
        return CHECK.unknown(f"It could not be shown that the key belongs to the {name}.", doubts, evidence=evidence)
    problems = [problem for finding in findings for problem in finding.problems]
    return CHECK.failed(
        f"The key does not belong to the {name}: someone else signed this.", problems, evidence=evidence
    )


CHECK = Check(24, "Key belongs to the issuer", run, (PROOF_VERIFICATION_ERROR, ISSUER_KEY_MISMATCH, KEY_UNAVAILABLE))
