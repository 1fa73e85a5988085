"""Row 13: evidence says that it is evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """Every ``evidence`` has the type Evidence."""
    if examination.is_badge and "evidence" not in examination.document:
        return CHECK.skipped("The badge carries no evidence.")
    return structural(CHECK, examination, "evidence", "The evidence is well formed.")


CHECK = Check(13, "Evidence well formed", run, (MALFORMED_VALUE_ERROR,))
