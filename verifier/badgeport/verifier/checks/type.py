"""Row 7: the document says that it is a verifiable credential and which kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_CONTAINERS = frozenset({"clr2", "status-list"})


def run(examination: Examination) -> CheckResult:
    """``type`` has VerifiableCredential and AchievementCredential or OpenBadgeCredential (or EndorsementCredential)."""
    wanted = examination.settings.policy.badge_required
    container = examination.is_presentation or examination.kind in _CONTAINERS
    if wanted and not examination.is_badge and not container:
        problem = Problem(MALFORMED_VALUE_ERROR, "the policy asks for an Open Badge, and the document is none", "/type")
        return CHECK.failed("The document is not an Open Badge.", [problem])
    if examination.role == "endorsement" and not examination.kind.startswith("endorsement"):
        problem = Problem(MALFORMED_VALUE_ERROR, "what stands as an endorsement is no EndorsementCredential", "/type")
        return CHECK.failed("The document is not an endorsement.", [problem])
    return structural(CHECK, examination, "type", "The types are those of an Open Badge or endorsement.")


CHECK = Check(7, "Types of an Open Badge", run, (MALFORMED_VALUE_ERROR,))
