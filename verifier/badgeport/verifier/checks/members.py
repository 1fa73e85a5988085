"""Row 43: every credential that a CLR envelope contains or a presentation shows verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.contained_verdicts import judged

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """Each member is verified by itself, with the same policy; its own report is among the members."""
    return judged(CHECK, examination.members, "contained credentials", "The document contains no other credentials.")


CHECK = Check(43, "Contained credentials verified", run)
