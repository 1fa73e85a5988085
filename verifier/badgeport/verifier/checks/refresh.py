"""Row 32: whether the issuer offers a newer copy. It is not fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import REFRESH_AVAILABLE, Problem
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """A ``refreshService`` is reported; the credential as received is what is judged."""
    if "refreshService" not in examination.document:
        return CHECK.skipped("The document names no refresh service.")
    detail = "the credential names a refresh service, which was not asked; the issuer may hold a newer copy"
    warning = Problem(REFRESH_AVAILABLE, detail, "/refreshService")
    return CHECK.skipped(
        "A refresh service is named; fetching a newer copy is not done in this release.", warnings=[warning]
    )


CHECK = Check(32, "Refreshed copy", run, (REFRESH_AVAILABLE,))
