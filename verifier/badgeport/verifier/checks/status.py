"""Row 37: no status entry says revoked or suspended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from badgeport.schemas.problems import REFRESH_AVAILABLE, REVOKED, STATUS_MESSAGE, STATUS_UNKNOWN, SUSPENDED
from badgeport.verifier.checks.base import Check, Wording, combine
from badgeport.verifier.refreshing import told_of_status

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The credential is neither revoked nor suspended.",
    failed="The issuer has revoked or suspended the credential.",
    unknown="Whether the credential was revoked or suspended is not known.",
    skipped="The credential names no status list that could be read.",
)

_DEEDS = {REVOKED: "revoked", SUSPENDED: "suspended"}


def run(examination: Examination) -> CheckResult:
    """Every entry and every purpose counts; messages and refresh notices are reported as warnings."""
    findings = examination.status_findings(CHECK.id)
    against = {problem.type for finding in findings for problem in finding.problems}
    deeds = [deed for kind, deed in _DEEDS.items() if kind in against]
    wording = _WORDING
    if deeds:
        wording = replace(_WORDING, failed=f"The issuer has {' and '.join(deeds)} the credential.")
    result = combine(CHECK, findings, wording, evidence=examination.status_evidence)
    return told_of_status(examination, result)


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
