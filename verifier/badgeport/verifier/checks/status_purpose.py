"""Row 35: the status list serves the purpose that the entry names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import STATUS_VERIFICATION_ERROR
from badgeport.verifier.checks.base import Check, Wording, combine
from badgeport.verifier.refreshing import told_of_status

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The lists serve the purposes of the entries.",
    failed="A status list serves another purpose.",
    unknown="The purpose of a status list could not be told.",
    skipped="No status list was had.",
)


def run(examination: Examination) -> CheckResult:
    """The entry's ``statusPurpose`` is one of the list's."""
    return told_of_status(examination, combine(CHECK, examination.status_findings(CHECK.id), _WORDING))


CHECK = Check(35, "Status purpose matches", run, (STATUS_VERIFICATION_ERROR,))
