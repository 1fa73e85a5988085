"""Row 6: what a reader sees in the JSON is what was signed (context substitution)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    CONTEXT_UNKNOWN,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    RANGE_ERROR,
)
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """No member is redefined, renamed or spelled as an IRI: statements cannot hide from a reader of the JSON."""
    problem = examination.meaning_problem
    if problem is None:
        return CHECK.passed("What is shown is what was signed.")
    if problem.type is PROOF_VERIFICATION_ERROR:
        return CHECK.failed(
            "The document says its statements under other names than its contexts give them.", [problem]
        )
    if problem.type is CONTEXT_UNKNOWN:
        return CHECK.unknown("The meaning of the members is not known: a context is not at hand.", [problem])
    if problem.type is RANGE_ERROR:
        return CHECK.unknown("The meaning of the members was not worked out; the problem says why.", [problem])
    if problem.type is PROOF_TRANSFORMATION_ERROR:
        return CHECK.failed("The document uses JSON-LD that no credential needs and that can mislead.", [problem])
    return CHECK.skipped("The document was not read to its end; another check says why.", withheld=True)


CHECK = Check(
    6,
    "Signed content is the shown content",
    run,
    (PROOF_VERIFICATION_ERROR, PROOF_TRANSFORMATION_ERROR, CONTEXT_UNKNOWN, RANGE_ERROR),
)
