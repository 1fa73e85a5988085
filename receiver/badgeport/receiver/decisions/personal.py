"""What filed decisions keep of the people of an organisation who have an account here."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from badgeport.issuer.home.elsewhere import Room
from badgeport.issuer.jobs import queue
from badgeport.receiver.decisions.services import JOB
from badgeport.receiver.decisions.tables import DecisionStep, FiledDecision


def erase(session: Session, account_id: str, now: datetime) -> None:
    """Take the name out of what somebody settled or appealed; the documents with it are signed anew without it.

    The decisions are the organisation's, and so are the reasons: the educator goes by them.
    """
    rows = session.exec(select(DecisionStep).where(DecisionStep.actor == account_id)).all()
    for step in rows:
        step.by, step.document, step.signed = "", None, None
        session.add(step)
    for decision_id in {step.decision_id for step in rows}:
        row = session.get_one(FiledDecision, decision_id)
        queue.ask(session, JOB, decision_id, now=now, org_id=row.org_id)


def export(session: Session, account_id: str) -> list[dict[str, Any]]:
    """What somebody filed, appealed or settled; of whom it is about nothing is said."""
    steps = select(DecisionStep.decision_id).where(DecisionStep.actor == account_id)
    statement = select(FiledDecision).where(or_(FiledDecision.filed_by == account_id, col(FiledDecision.id).in_(steps)))
    own = session.exec(statement.order_by(col(FiledDecision.filed), col(FiledDecision.id))).all()
    return [
        {
            "decision": row.id,
            "policy": row.policy_title,
            "filed": row.filed if row.filed_by == account_id else None,
            "steps": [
                {"deed": step.deed, "at": step.at, "by": step.by, "reason": step.reason, "outcome": step.kind}
                for step in session.exec(
                    select(DecisionStep)
                    .where(DecisionStep.decision_id == row.id, DecisionStep.actor == account_id)
                    .order_by(col(DecisionStep.number))
                )
            ],
        }
        for row in own
    ]


ROOM = Room("decisions", "decisions on credit that you filed, appealed or settled", erase, export)
