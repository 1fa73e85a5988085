"""The rows about the data model share one reading of the document: `badgeport.schemas.structure`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.schemas.problems import Problem
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

FOR_BADGES = "This rule is about Open Badges and endorsements; the document is neither."


def structural(
    check: Check,
    examination: Examination,
    area: str,
    passed: str,
    *,
    badges_only: bool = True,
    warnings: Iterable[Problem] = (),
) -> CheckResult:
    """The result of a row about the data model: the problems of one area of the structure report.

    ``badges_only``: for a document that is neither a badge nor an endorsement the row is skipped, unless that breaks a
    rule of its own data model. The list of a status entry is judged where the entry is looked up.
    """
    if examination.role == "status-list":
        return check.skipped("The members of a status list are checked when a status is looked up.", warnings=warnings)
    problems = examination.structure.by_check[area]
    if problems:
        count = "one place" if len(problems) == 1 else f"{len(problems)} places"
        return check.failed(f"The document departs from its data model in {count}.", problems, warnings=warnings)
    if badges_only and not examination.is_badge:
        return check.skipped(FOR_BADGES, warnings=warnings)
    return check.passed(passed, warnings=warnings)
