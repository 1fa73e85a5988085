"""Row 33: the status lists that the credential names could be had."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import STATUS_RETRIEVAL_ERROR
from badgeport.verifier.checks.base import Check, Wording, combine
from badgeport.verifier.refreshing import told_of_status

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="Every status list was had.",
    failed="A status list could not be had.",
    unknown="A status list could not be had, so the status is not known.",
    skipped="The credential names no status list.",
)


def run(examination: Examination) -> CheckResult:
    """A list that cannot be had leaves the status unknown: neither revoked nor fine."""
    return told_of_status(examination, combine(CHECK, examination.status_findings(CHECK.id), _WORDING))


CHECK = Check(33, "Status list retrieved", run, (STATUS_RETRIEVAL_ERROR,))
