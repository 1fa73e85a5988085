"""Row 11: the credential says whom it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """``credentialSubject`` is an AchievementSubject with an id or an identifier (OB 3.0 §9.1 step 1)."""
    return structural(CHECK, examination, "subject", "The subject is named and of the right type.")


CHECK = Check(11, "Subject named", run, (MALFORMED_VALUE_ERROR,))
