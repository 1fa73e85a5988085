"""Stacks that somebody completed: proposed to a registrar, who awards or declines."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.tables import StackProposal
from badgeport.issuer.catalog import stacks


def propose(
    session: Session, org_id: str, account_id: str, now: datetime, *, naming: str | None = None
) -> list[StackProposal]:
    """Propose the stacks that somebody has completed and that were not proposed before.

    ``naming``, the definition that was just earned, saves looking at stacks without it.
    """
    made = []
    for state in stacks.completed(session, org_id, account_id, now=now, naming=naming):
        statement = select(StackProposal.id).where(
            StackProposal.definition_id == state.definition.id, StackProposal.account_id == account_id
        )
        if session.exec(statement).first() is not None:
            continue
        proposal = StackProposal(
            org_id=org_id,
            definition_id=state.definition.id,
            version_id=state.version.id,
            account_id=account_id,
            members=list(state.progress.members),
            created=now,
        )
        session.add(proposal)
        session.flush()
        log.record(
            session,
            actor="system",
            action="stack.completed",
            target=f"stack-proposal:{proposal.id}",
            at=now,
            org_id=org_id,
            detail={"definition": proposal.definition_id, "account": account_id, "awards": list(proposal.members)},
        )
        made.append(proposal)
    return made
