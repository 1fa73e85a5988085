"""Row 14: the issuer is a profile of the right form. Its web address is not visited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.structural import structural

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """``issuer`` has an id and the type Profile; otherIdentifier and parentOrg have their types."""
    message = "The issuer's profile is well formed; its web address was not visited."
    return structural(CHECK, examination, "issuer", message)


CHECK = Check(14, "Issuer profile well formed", run, (MALFORMED_VALUE_ERROR,))
