"""Row 37: no status entry says revoked or suspended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import REFRESH_AVAILABLE, REVOKED, STATUS_MESSAGE, STATUS_UNKNOWN, SUSPENDED
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The credential is neither revoked nor suspended.",
    failed="The issuer has revoked or suspended the credential.",
    unknown="Whether the credential was revoked or suspended is not known.",
    skipped="The credential names no status list that could be read.",
)


def run(examination: Examination) -> CheckResult:
    """Every entry and every purpose counts; messages and refresh notices are reported as warnings."""
    return combine(CHECK, examination.status_findings(CHECK.id), _WORDING, evidence=examination.status_evidence)


CHECK = Check(
    37,
    "Not revoked or suspended",
    run,
    (
        REFRESH_AVAILABLE,
        REVOKED,
        STATUS_MESSAGE,
        STATUS_UNKNOWN,
        SUSPENDED,
    ),
)
