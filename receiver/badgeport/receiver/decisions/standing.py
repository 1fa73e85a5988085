"""What holds of a decision: itself, or what the last person put in its place. Derived from its steps, never stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from badgeport.issuer.people.tables import ApiToken
from badgeport.receiver.decisions.tables import DecisionStep, FiledDecision
from badgeport.verifier.recognition.decision import Kind

APPEAL, SETTLED = "appeal", "settled"
"""The deeds of steps."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds now: the decision as it was made, or what the last person put in its place. ``step`` is theirs.

    ``appealed``: whether an appeal waits for an answer.
    """

    kind: Kind
    amount: str
    step: DecisionStep | None
    appealed: bool


def steps_of(session: Session, decision_id: str) -> Sequence[DecisionStep]:
    """What came after a decision, in order."""
    statement = select(DecisionStep).where(DecisionStep.decision_id == decision_id)
    return session.exec(statement.order_by(col(DecisionStep.number))).all()


def standing_of(row: FiledDecision, steps: Sequence[DecisionStep]) -> Standing:
    """What holds now, from the decision and all that came after it."""
    last = next((step for step in reversed(steps) if step.deed == SETTLED), None)
    appealed = bool(steps) and steps[-1].deed == APPEAL
    if last is None or last.kind is None or last.amount is None:
        return Standing(Kind(row.kind), row.amount, None, appealed)
    return Standing(Kind(last.kind), last.amount, last, appealed)


def standing_kind() -> ColumnElement[str]:
    """The outcome that holds now, for statements on `FiledDecision`."""
    return func.coalesce(_last(DecisionStep.kind, DecisionStep.deed == SETTLED), FiledDecision.kind)


def standing_amount() -> ColumnElement[str]:
    """The amount that holds now."""
    return func.coalesce(_last(DecisionStep.amount, DecisionStep.deed == SETTLED), FiledDecision.amount)


def is_appealed() -> ColumnElement[bool]:
    """Whether an appeal waits for an answer: it is the last step."""
    return func.coalesce(_last(DecisionStep.deed), "") == APPEAL


def _last(column: Any, *conditions: Any) -> Any:
    statement = select(column).where(col(DecisionStep.decision_id) == col(FiledDecision.id), *conditions)
    return statement.order_by(col(DecisionStep.number).desc()).limit(1).correlate(FiledDecision).scalar_subquery()


def listed(org_id: str, *, outcome: str = "", policy: str = "", appealed: bool = False) -> Any:
    """The decisions of an organisation, newest first, each with its outcome, amount and whether an appeal is open."""
    statement = select(FiledDecision, standing_kind(), standing_amount(), is_appealed())
    statement = statement.where(FiledDecision.org_id == org_id)
    if outcome:
        statement = statement.where(standing_kind() == outcome)
    if policy:
        statement = statement.where(FiledDecision.policy_id == policy)
    if appealed:
        statement = statement.where(is_appealed())
    return statement.order_by(col(FiledDecision.filed).desc(), col(FiledDecision.id))


def policies_decided_by(session: Session, org_id: str) -> list[tuple[str, str]]:
    """The policies under which an organisation filed decisions: ids and titles, the newest title of each."""
    statement = select(FiledDecision.policy_id, FiledDecision.policy_title).where(FiledDecision.org_id == org_id)
    return sorted(
        dict(session.exec(statement.order_by(col(FiledDecision.filed))).all()).items(), key=lambda one: one[1]
    )


def may_settle(session: Session, row: FiledDecision, steps: Sequence[DecisionStep], actor: str) -> bool:
    """Whether somebody is another person than who filed the decision and than who settled it last.

    For what a program filed answers who made its token: they know the secret.
    """
    last = next((step.actor for step in reversed(steps) if step.deed == SETTLED), None)
    return actor not in (row.filed_by, _maker(session, row.filed_by), last)


def _maker(session: Session, filed_by: str) -> str | None:
    """Who made the token by which something was filed; None where a person filed it."""
    kind, _, token_id = filed_by.partition(":")
    token = session.get(ApiToken, token_id) if kind == "token" else None
    return None if token is None else token.created_by
