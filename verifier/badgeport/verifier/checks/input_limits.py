"""Row 2: the input stays within the limits that hostile input is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import RANGE_ERROR
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """Size, depth, number of members, numbers: whatever the reader refuses with a range error."""
    problem = examination.opening_problem
    if problem is not None and examination.opening_check == CHECK.id:
        return CHECK.failed("The input is larger, deeper or more intricate than is accepted.", [problem])
    if examination.opened is None:
        return CHECK.skipped("The input could not be read.", withheld=True)
    return CHECK.passed("The input stays within the limits.")


CHECK = Check(2, "Input within the limits", run, (RANGE_ERROR,))
