"""Row 7: the document says that it is a verifiable credential and which kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural
from badgeport.verifier.containment import contains_members

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """``type`` has VerifiableCredential and AchievementCredential or OpenBadgeCredential (or EndorsementCredential)."""
    wanted = examination.settings.policy.badge_required
    if wanted and not _is_or_holds_a_badge(examination):
        detail = "the policy asks for an Open Badge, and the document neither is nor contains one"
        return CHECK.failed("The document is not an Open Badge.", [Problem(MALFORMED_VALUE_ERROR, detail, "/type")])
    if examination.role == "endorsement" and not examination.kind.startswith("endorsement"):
        problem = Problem(MALFORMED_VALUE_ERROR, "what stands as an endorsement is no EndorsementCredential", "/type")
        return CHECK.failed("The document is not an endorsement.", [problem])
    return structural(CHECK, examination, "type", "The types are those of an Open Badge or endorsement.")


def _is_or_holds_a_badge(examination: Examination) -> bool:
    """Contained credentials are under the same policy, so that one which is no badge fails by itself."""
    if examination.role == "status-list" or examination.is_badge:
        return True
    return (examination.is_presentation or examination.kind == "clr2") and contains_members(examination)


CHECK = Check(7, "Types of an Open Badge", run, (MALFORMED_VALUE_ERROR,))
