"""Row 40: whether the issuer may award this here. That is the recognition engine's question, not this verifier's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:  # noqa: ARG001
    """Never answered here: what a credential is worth is decided by the receiving jurisdiction's own policy."""
    return CHECK.skipped(
        "What the credential is worth in a jurisdiction is decided by its recognition policy, apart from this."
    )


CHECK = Check(40, "Issuer authorised for this achievement", run)
