"""Row 5: every member and type is defined by the contexts, so that nothing is dropped from what is signed or meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import CONTEXT_UNKNOWN, DATA_LOSS_DETECTION_ERROR, RANGE_ERROR
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """No undefined term, relative identifier or null (Data Integrity 1.0 §2.4); for JWT badges too."""
    problem = examination.meaning_problem
    if problem is None:
        return CHECK.passed("Every member and type has a definition.")
    if problem.type is DATA_LOSS_DETECTION_ERROR:
        return CHECK.failed("Part of the document has no defined meaning and would not be signed.", [problem])
    if problem.type is CONTEXT_UNKNOWN:
        return CHECK.unknown("The meaning of the members is not known: a context is not at hand.", [problem])
    if problem.type is RANGE_ERROR:
        return CHECK.unknown("The meaning of the members was not worked out; the problem says why.", [problem])
    return CHECK.skipped("The document was not read to its end; another check says why.", withheld=True)


CHECK = Check(5, "Every term defined", run, (DATA_LOSS_DETECTION_ERROR, CONTEXT_UNKNOWN, RANGE_ERROR))
