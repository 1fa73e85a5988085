"""Row 36: the status entry and the list are well formed, long enough, and the index lies in the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    STATUS_LIST_LENGTH_ERROR,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_RANGE_ERROR,
    STATUS_UNKNOWN,
)
from badgeport.verifier.checks.base import Check, Wording, combine
from badgeport.verifier.refreshing import told_of_status

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The status entries and lists are well formed.",
    failed="A status entry or list is malformed.",
    unknown="A status list could not be read.",
    skipped="No status list was had.",
)


def run(examination: Examination) -> CheckResult:
    """At least 131,072 entries, a decimal index within them, multibase and gzip as the specification says."""
    return told_of_status(examination, combine(CHECK, examination.status_findings(CHECK.id), _WORDING))


CHECK = Check(
    36,
    "Status well formed",
    run,
    (
        STATUS_LIST_LENGTH_ERROR,
        STATUS_MALFORMED_VALUE_ERROR,
        STATUS_RANGE_ERROR,
        STATUS_UNKNOWN,
    ),
)
