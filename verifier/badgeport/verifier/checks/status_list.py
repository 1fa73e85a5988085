"""Row 34: each status list is verified, by the credential's issuer, and speaks for the instant in question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import STATUS_OUTDATED, STATUS_VERIFICATION_ERROR
from badgeport.verifier.checks.base import Check, Wording, combine
from badgeport.verifier.refreshing import told_of_status

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="Every status list is verified and by the issuer.",
    failed="A status list cannot be trusted.",
    unknown="No status list of this instant can be trusted.",
    skipped="No status list was had.",
)


def run(examination: Examination) -> CheckResult:
    """The list is a credential of its own: proof, issuer, validity period. One that is not trusted says nothing."""
    return told_of_status(examination, combine(CHECK, examination.status_findings(CHECK.id), _WORDING))


CHECK = Check(34, "Status list verified", run, (STATUS_OUTDATED, STATUS_VERIFICATION_ERROR))
