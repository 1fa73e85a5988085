"""Row 12: the achievement, its criteria, results and identities have the form the data model gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """``achievement`` is present with criteria; results, descriptions, identities and source have their types."""
    return structural(CHECK, examination, "achievement", "The achievement, results and identities are well formed.")


CHECK = Check(12, "Achievement and results well formed", run, (MALFORMED_VALUE_ERROR,))
