"""Appeals and overrides: somebody with a name and a reason against a decision. The decision stays as it was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.approval.members import Members
from badgeport.verifier.recognition.decision import Kind


@dataclass(frozen=True, slots=True)
class Appeal:
    """Somebody does not agree with a decision.

    ``decision``: SHA-256 of the decision's JSON (`documents.digest_of`). ``by``: who appeals. ``on``: when.
    """

    decision: str
    by: str
    reason: str
    on: datetime

    def to_json(self) -> dict[str, Any]:
        """The appeal as it stands in its document."""
        return _contest_json(self)


@dataclass(frozen=True, slots=True)
class Override:
    """A person decided otherwise than the policy did: ``kind`` and ``amount`` of ``unit`` stand in its place.

    ``decision``: SHA-256 of the decision's JSON (`documents.digest_of`). ``by``: who decided, ``office``: as what.
    """

    decision: str
    by: str
    reason: str
    on: datetime
    kind: Kind
    amount: Decimal
    unit: str
    office: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The override as it stands in its document."""
        body = {
            **_contest_json(self),
            "kind": self.kind.value,
            "amount": format(self.amount, "f"),
            "unit": self.unit,
        }
        return body if self.office is None else {**body, "office": self.office}


def appeal_of(body: Mapping[str, Any]) -> Appeal:
    """The appeal that a JSON object states. Raises MemberError."""
    stated = Members(body, "the appeal")
    appeal = Appeal(_digest(stated), stated.text("by"), stated.text("reason"), _instant(stated))
    stated.done()
    return appeal


def override_of(body: Mapping[str, Any]) -> Override:
    """The override that a JSON object states. Raises MemberError, also for an amount that is negative."""
    stated = Members(body, "the override")
    override = Override(
        decision=_digest(stated),
        by=stated.text("by"),
        reason=stated.text("reason"),
        on=_instant(stated),
        kind=_kind(stated),
        amount=_amount(stated),
        unit=stated.text("unit"),
        office=stated.optional_text("office"),
    )
    stated.done()
    return override


def _contest_json(contest: Appeal | Override) -> dict[str, Any]:
    return {
        "decision": contest.decision,
        "by": contest.by,
        "reason": contest.reason,
        "on": format_datetime(contest.on),
    }


def _digest(stated: Members) -> str:
    text = stated.text("decision")
    if len(text) != 64 or not set(text) <= set("0123456789abcdef"):
        raise stated.error("decision", "decision is not a SHA-256 digest in hexadecimal")
    return text


def _instant(stated: Members) -> datetime:
    try:
        return parse_datetime(stated.text("on"))
    except ProblemError as error:
        raise stated.error("on", error.problem.detail) from None


def _kind(stated: Members) -> Kind:
    try:
        return Kind(stated.text("kind"))
    except ValueError:
        raise stated.error("kind", f"kind is none of: {', '.join(Kind)}") from None


def _amount(stated: Members) -> Decimal:
    try:
        amount = Decimal(stated.text("amount"))
    except InvalidOperation:
        raise stated.error("amount", "amount is not a number written as a text, such as 1.5") from None
    if not amount.is_finite() or amount < 0:
        raise stated.error("amount", "amount is not a number from 0 up")
    return amount
