"""Row 31: the credential is in force at the instant in question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.proofs.jwt_claims import instant_of
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import EXPIRED, MALFORMED_VALUE_ERROR, NOT_YET_VALID, SIGNED_LATER, Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.proving import signed_since
from badgeport.verifier.refreshing import told_of_dates

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_STARTS = ("validFrom", "issuanceDate")
_ENDS = ("validUntil", "expirationDate")


def run(examination: Examination) -> CheckResult:
    """The start has come and the end has not passed, give or take the clock skew (VCDM 2.0 §4.9).

    An issuer may sign later than the start it states (an award entered late, a copy signed again): that stays in force
    by its dates, with a warning. Of a credential that its issuer renewed the dates of the newer copy count.
    """
    return told_of_dates(examination, _within(examination.current, examination.current_place))


def _within(examination: Examination, place: str) -> CheckResult:
    """The result for one document, which stands at ``place`` in the one that was asked about."""
    document, as_of, skew = examination.document, examination.question.as_of, examination.skew
    stated = [member for member in (*_STARTS, *_ENDS) if member in document]
    if not stated:
        return CHECK.skipped("The document states no dates.")
    evidence = {"asOf": format_datetime(as_of), "clockSkewSeconds": int(skew.total_seconds())}
    problems, unread = [], []
    for member in stated:
        instant = instant_of(document, member)
        if instant is None:
            unread.append(
                Problem(MALFORMED_VALUE_ERROR, f"{member} is not a date that can be read", f"{place}/{member}")
            )
        elif member in _STARTS and instant - as_of > skew:
            problems.append(Problem(NOT_YET_VALID, f"it is valid from {format_datetime(instant)}", f"{place}/{member}"))
        elif member in _ENDS and as_of - instant > skew:
            problems.append(Problem(EXPIRED, f"it was valid until {format_datetime(instant)}", f"{place}/{member}"))
    if problems:
        expired = any(problem.type is EXPIRED for problem in problems)
        message = "The credential has expired." if expired else "The credential is not valid yet."
        return CHECK.failed(message, problems, evidence=evidence)
    if unread:
        return CHECK.unknown("The dates could not be read.", unread, evidence=evidence)
    warnings = []
    signed = signed_since(examination)
    if signed is not None and signed - as_of > skew:
        detail = f"the proof was made at {format_datetime(signed)}, later than the instant asked about"
        warnings.append(Problem(SIGNED_LATER, detail))
    return CHECK.passed("The credential is within its validity period.", evidence=evidence, warnings=warnings)


CHECK = Check(31, "Within its validity period", run, (EXPIRED, MALFORMED_VALUE_ERROR, NOT_YET_VALID, SIGNED_LATER))
