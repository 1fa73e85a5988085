"""Row 16: something secures the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import PARSING_ERROR, UNSIGNED, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.report import CONTAINER, Outcome

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """There is a proof, or the document is contained in one that its own issuer has proved (VCDM 2.0 §4.13)."""
    if examination.opening_problem is not None:
        return CHECK.failed("The proof could not be read.", [examination.opening_problem])
    if examination.proofs:
        count = "one proof" if len(examination.proofs) == 1 else f"{len(examination.proofs)} proofs"
        return CHECK.passed(f"The document carries {count}.")
    envelope = examination.securing_envelope
    if envelope is Outcome.PASSED:
        return CHECK.passed(
            "The document has no proof of its own; the one it is contained in is its issuer's and covers it.",
            evidence={"securedBy": CONTAINER},
        )
    detail = "nothing secures the document: it has no proof and is no JWT"
    problems = [Problem(PARSING_ERROR, detail, "/proof"), Problem(UNSIGNED, detail, "/proof")]
    if envelope is Outcome.UNKNOWN:
        return CHECK.unknown(
            "The document has no proof of its own, and what contains it could not be verified.", problems
        )
    return CHECK.failed("Nothing protects this document: anyone could have written it.", problems)


CHECK = Check(16, "Proof present", run, (PARSING_ERROR, UNSIGNED))
