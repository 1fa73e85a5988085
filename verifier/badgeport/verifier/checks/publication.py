"""Row 47: whether what an issuer serves is what it published. That is the publisher's own check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:  # noqa: ARG001
    """Never answered here: only the publisher knows what it meant to serve."""
    return CHECK.skipped("Whether an issuer serves what it published is for the issuer to check.")


CHECK = Check(47, "Publication unchanged", run)
