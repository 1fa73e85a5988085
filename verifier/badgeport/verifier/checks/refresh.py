"""Row 32: whether the issuer holds a newer copy, on which dates and status are then judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    REFRESH_AVAILABLE,
    REFRESH_CHANGED,
    REFRESH_REFUSED,
    REFRESH_ROLLBACK,
    REFRESH_UNDATED,
)
from badgeport.verifier.checks.base import Check
from badgeport.verifier.refreshing import Answer, evidence

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_SAME = "The issuer's refresh service holds the credential as received."
_NEWER = "The issuer's refresh service holds a newer copy, on which the dates and the status were judged."
_LONGER = (
    "The issuer's refresh service holds another copy, which may be newer or older. It ends later, and the dates were "
    "judged on it; the status of both was judged."
)
_RECEIVED = "the credential as received was judged"
_SKIPPED: dict[Answer, str] = {
    "none": "The document names no refresh service.",
    "not-asked": f"The refresh service that is named was not asked; {_RECEIVED}.",
    "unavailable": f"The refresh service did not answer; {_RECEIVED}.",
    "later": f"The refresh service holds a copy that is only valid later; {_RECEIVED}.",
    "undated": (
        "The refresh service holds another copy, which may be newer or older; the credential as received was judged, "
        "and the status of both."
    ),
    "refused": f"What the refresh service holds was not accepted; {_RECEIVED}.",
}


def run(examination: Examination) -> CheckResult:
    """Asked once, after the proof. What it answers never counts against the credential as received (SPEC F3)."""
    asked = examination.refresh
    warnings = () if asked.problem is None else (asked.problem,)
    found = {} if asked.answer == "none" else evidence(asked)
    if asked.answer in _SKIPPED and asked.in_force is None:
        return CHECK.skipped(_SKIPPED[asked.answer], evidence=found, warnings=warnings)
    messages: dict[Answer, str] = {"same": _SAME, "newer": _NEWER, "undated": _LONGER}
    return CHECK.passed(messages[asked.answer], evidence=found, warnings=warnings)


CHECK = Check(
    32,
    "Newer copy",
    run,
    (REFRESH_AVAILABLE, REFRESH_CHANGED, REFRESH_REFUSED, REFRESH_ROLLBACK, REFRESH_UNDATED),
)
