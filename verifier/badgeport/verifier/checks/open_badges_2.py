"""Row 46: Open Badges 2.0 badges are recognised as such. They are not verified here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import LEGACY_BADGE, Problem
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """A 2.0 badge rests on documents at its issuer's host; without fetching them nothing can be said of it."""
    if not examination.is_open_badges_2:
        return CHECK.skipped("The document is not an Open Badges 2.0 badge.")
    detail = "an Open Badges 2.0 badge is proved by what its issuer hosts, which this release does not fetch"
    return CHECK.unknown(
        "This is an Open Badges 2.0 badge, which was not verified.", [Problem(LEGACY_BADGE, detail, "")]
    )


CHECK = Check(46, "Open Badges 2.0", run, (LEGACY_BADGE,))
