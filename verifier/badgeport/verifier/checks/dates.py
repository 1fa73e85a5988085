"""Row 15: dates are dates with a time zone, and the validity period ends after it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """Every date is an RFC 3339 instant that can be told in UTC; ``validUntil`` is later than ``validFrom``."""
    return structural(CHECK, examination, "dates", "The dates are well formed and in order.", badges_only=False)


CHECK = Check(15, "Dates well formed", run, (MALFORMED_VALUE_ERROR,))
