"""A filed decision looked at once more: made again from its record, and held against how its badges stand today."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from badgeport.receiver.decisions.handed import Examined, Handed, examined
from badgeport.receiver.decisions.packages import Filed
from badgeport.schemas import jsontext
from badgeport.verifier.package import read_package
from badgeport.verifier.recognition.deciding.inputs import inputs_of
from badgeport.verifier.recognition.decision import Decision
from badgeport.verifier.recognition.engine import decide
from badgeport.verifier.web.desk import Desk


@dataclass(frozen=True, slots=True)
class Reproduced:
    """What follows from the record today. ``same``: it is the filed decision, byte for byte."""

    decision: Decision
    same: bool


@dataclass(frozen=True, slots=True)
class BadgeToday:
    """A badge of a decision as it stands today: ``verdict`` (valid, invalid, undetermined) with its report."""

    number: int
    name: str
    verdict: str
    codes: tuple[str, ...]
    report: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Today:
    """The badges as of now, and what the same policy would say of those that are still valid; None where none is.

    ``same``: every badge is valid still, and the outcome and the amount are those that were filed.
    """

    at: datetime
    badges: tuple[BadgeToday, ...]
    decision: Decision | None
    same: bool


def reproduced(filed: Filed) -> Reproduced:
    """Make a decision again from its record: no network, no clock, nothing but what was filed."""
    decision = decide(filed.inputs())
    return Reproduced(decision, jsontext.dump(decision.to_json()) == filed.decision_bytes)


def today(desk: Desk, filed: Filed) -> Today:
    """Verify the badges of a decision as of now, and decide on them by the same policy, facts and ledger."""
    inputs = filed.inputs()
    now = desk.clock().replace(microsecond=0)
    numbers = sorted(filed.originals)
    handed = tuple(Handed("", _original(filed.originals[number])) for number in numbers)
    seen: Examined = examined(desk, handed, now)
    reports = {number: credential.report.to_json() for number, credential in seen.portfolio.verified}
    reports |= {each.number: each.report for each in seen.portfolio.refused if each.report is not None}
    badges = tuple(_badge(number, reports[at]) for at, number in enumerate(numbers, 1) if at in reports)
    decision = None
    if seen.portfolio.verified:
        again = inputs_of(
            seen.portfolio.credentials,
            inputs.policy,
            inputs.purpose,
            inputs.facts,
            now,
            authority=inputs.authority,
            agreements=inputs.agreements,
            credited=inputs.credited,
            software=desk.software,
        )
        decision = decide(again)
    same = (
        decision is not None
        and len(seen.portfolio.verified) == len(numbers)
        and (decision.kind, decision.amount) == (filed.decision.kind, filed.decision.amount)
    )
    return Today(now, badges, decision, same)


def _original(package: bytes) -> bytes:
    original = read_package(package).original
    assert original is not None
    return original


def _badge(number: int, report: dict[str, Any]) -> BadgeToday:
    credential = report.get("credential") or {}
    codes = tuple(
        dict.fromkeys(problem["type"].rpartition("#")[2] for check in report["checks"] for problem in check["problems"])
    )
    return BadgeToday(
        number, str(credential.get("name") or credential.get("id") or ""), report["verdict"], codes, report
    )
