"""Row 1: a credential was found in the input and could be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import ADDRESS_UNAVAILABLE, PARSING_ERROR, READER_UNAVAILABLE, UNSUPPORTED, Problem
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """The input holds exactly one document that is meant as a credential or as a presentation, not both."""
    problem = examination.opening_problem
    if problem is not None:
        if problem.type is ADDRESS_UNAVAILABLE:
            return CHECK.unknown("The web address could not be opened, so there was nothing to verify.", [problem])
        if problem.type is READER_UNAVAILABLE:
            return CHECK.unknown("The file could not be looked into just now; hand it in again.", [problem])
        if problem.type is UNSUPPORTED and examination.found:
            return CHECK.unknown("The credential is in a form that is not read in this release.", [problem])
        if examination.opening_check == CHECK.id:
            message = (
                "The input could not be read as a credential." if examination.found else "No credential was found."
            )
            return CHECK.failed(message, [problem])
        return CHECK.skipped("The document was found but not read to its end; another check says why.", withheld=True)
    if not examination.found:
        detail = "the JSON document is not a credential: it has none of a credential's members"
        return CHECK.failed("No credential was found.", [Problem(PARSING_ERROR, detail, "")])
    if examination.is_ambiguous:
        detail = "the document says that it is a credential and that it is a presentation, and cannot be both"
        return CHECK.failed("What the document is cannot be told.", [Problem(PARSING_ERROR, detail, "/type")])
    return CHECK.passed("The input was read.")


CHECK = Check(
    1, "Credential found and read", run, (PARSING_ERROR, UNSUPPORTED, ADDRESS_UNAVAILABLE, READER_UNAVAILABLE)
)
