"""Row 3: the document can be turned into the one form that is signed, at a bounded cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import CONTEXT_UNKNOWN, PROOF_TRANSFORMATION_ERROR, RANGE_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.report import NO_EVIDENCE

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """RDF Dataset Canonicalization ended within its budget, for proofs that need it.

    The evidence names the engine that read the document as JSON-LD (`proofs.canonicalization.engines`).
    """
    if not any(state.processes_json_ld for state in examination.proofs):
        return CHECK.skipped("No proof of this document signs its RDF statements.")
    problem = examination.meaning_problem
    if problem is None:
        engine = examination.work.read_by(examination.unsecured)
        evidence = NO_EVIDENCE if engine is None else {"engine": engine}
        return CHECK.passed("The document was canonicalized.", evidence=evidence)
    if problem.type is PROOF_TRANSFORMATION_ERROR:
        return CHECK.failed("The document cannot be canonicalized within the limits.", [problem])
    if problem.type is RANGE_ERROR:
        return CHECK.unknown("The document was not canonicalized; the problem says why.", [problem])
    if problem.type is CONTEXT_UNKNOWN:
        return CHECK.unknown("The document was not canonicalized: a context is not at hand.", [problem])
    return CHECK.skipped("The document was not canonicalized; another check says why.", withheld=True)


CHECK = Check(3, "Document canonicalized", run, (PROOF_TRANSFORMATION_ERROR, RANGE_ERROR, CONTEXT_UNKNOWN))
