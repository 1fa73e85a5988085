"""What pages and programs show of awards: lists, one award with its past, batches, completed stacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeport.web.words import keyed
from sqlalchemy import ColumnElement
from sqlmodel import Session, and_, col, or_, select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.mail import KIND as MAIL
from badgeport.issuer.awards.services import award_of, copies_of
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, Mail, Recipient, SignedCopy, StackProposal
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.catalog.services import body_of
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.home.services import STANDINGS, standing
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.people.services import names_of
from badgeport.issuer.people.tables import Identity

__all__ = ["STANDINGS", "standing"]

SHOWN: Mapping[str, str] = {
    "all": keyed("All"),
    "active": keyed("Active"),
    "due": keyed("Being signed"),
    "suspended": keyed("Suspended"),
    "revoked": keyed("Revoked"),
    "expired": keyed("Expired"),
    "erased": keyed("Erased"),
}
"""What of the awards a list can show."""
SOURCES: Mapping[str, str] = {
    "review": keyed("After a review"),
    "single": keyed("By hand"),
    "batch": keyed("From a file"),
    "stack": keyed("For a completed stack"),
    "api": keyed("By a program"),
}
BATCH_STATES: Mapping[str, str] = {
    "reading": keyed("Being read"),
    "preview": keyed("Ready to look at"),
    "running": keyed("Being awarded"),
    "done": keyed("Done"),
    "cancelled": keyed("Put away"),
}
PROPOSAL_STATES: Mapping[str, str] = {
    "open": keyed("Waiting"),
    "awarded": keyed("Awarded"),
    "declined": keyed("Declined"),
    "lapsed": keyed("Lapsed"),
}
ACTIONS: Mapping[str, str] = {
    "award.created": keyed("Awarded"),
    "award.published": keyed("Signed and published"),
    "award.overdue": keyed("Not signed"),
    "award.suspended": keyed("Suspended"),
    "award.reinstated": keyed("Reinstated"),
    "award.revoked": keyed("Revoked"),
    "award.corrected": keyed("Corrected"),
    "award.claimed": keyed("Taken into an account"),
    "award.visibility": keyed("Visibility changed"),
    "award.content-chosen": keyed("Its earner chose what it says"),
    "award.erased": keyed("Erased"),
    "award.told": keyed("Message sent again"),
}
"""What happened to an award, in words."""


def awards_statement(
    org_id: str, *, now: datetime, show: str = "all", definition_id: str | None = None, batch_id: str | None = None
) -> Any:
    """The rows (award, definition, recipient or None) of an organisation, newest first; ``show`` is of `SHOWN`."""
    statement = (
        select(Award, Definition, Recipient)
        .join(Definition, col(Definition.id) == col(Award.definition_id))
        .outerjoin(Recipient, col(Recipient.award_id) == col(Award.id))
        .where(Award.org_id == org_id)
        .order_by(col(Award.created).desc(), col(Award.id))
    )
    lasting = or_(col(Award.valid_until).is_(None), col(Award.valid_until) > now)
    here = col(Award.state) != "erased"
    conditions: dict[str, ColumnElement[bool]] = {
        "active": and_(here, Award.standing == "active", Award.state == "published", lasting),
        "due": and_(here, or_(Award.state == "due", col(Award.edition) < col(Award.wanted))),
        "suspended": and_(here, Award.standing == "suspended"),
        "revoked": and_(here, Award.standing == "revoked"),
        "expired": and_(here, Award.standing != "revoked", ~lasting),
        "erased": col(Award.state) == "erased",
    }
    if show in conditions:
        statement = statement.where(conditions[show])
    if definition_id:
        statement = statement.where(Award.definition_id == definition_id)
    if batch_id:
        statement = statement.where(Award.batch_id == batch_id)
    return statement


SEARCHED = (Recipient.name, Recipient.email, Definition.name, Award.id)
"""The columns that a search looks in."""


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of an award's history."""

    at: datetime
    action: str
    by: str
    why: str
    detail: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What happened, a key of the catalogues."""
        return ACTIONS.get(self.action, self.action)


@dataclass(frozen=True, slots=True)
class Shown:
    """One award with all that belongs to it."""

    award: Award
    definition: Definition
    version: DefinitionVersion
    body: DefinitionBody
    recipient: Recipient | None
    copies: Sequence[SignedCopy]
    history: Sequence[Event]
    message: str | None
    """Of a message to the recipient that could not be sent: ``waiting`` (it is tried again) or ``failed``."""

    @property
    def taken_elsewhere(self) -> bool:
        """Whether it was claimed by an account that did not have the address its link was sent to."""
        claimed = (event.detail for event in self.history if event.action == "award.claimed")
        return next(claimed, {}).get("by") == "link, other address"

    @property
    def newer(self) -> bool:
        """Whether the micro-credential has a newer version than the award states."""
        return self.definition.current is not None and self.definition.current > self.version.number


def shown(session: Session, org_id: str, award_id: str) -> Shown:
    """One award of an organisation. Raises Absent."""
    award = award_of(session, org_id, award_id)
    version = session.get_one(DefinitionVersion, award.version_id)
    recipient = session.get(Recipient, award.id)
    return Shown(
        award=award,
        definition=session.get_one(Definition, award.definition_id),
        version=version,
        body=body_of(version),
        recipient=recipient,
        copies=copies_of(session, award.id),
        history=history(session, org_id, f"award:{award.id}"),
        message=_unsent(session, award.id),
    )


def _unsent(session: Session, award_id: str) -> str | None:
    """What became of the newest message about an award that could not be sent."""
    statement = (
        select(Job.failed)
        .join(Mail, col(Mail.id) == col(Job.key))
        .where(Job.kind == MAIL, Job.attempts > 0, Mail.about == award_id)
    )
    failed = session.exec(statement.order_by(col(Mail.created).desc())).first()
    return None if failed is None else "failed" if failed else "waiting"


def history(session: Session, org_id: str, target: str) -> list[Event]:
    """What the audit log holds of a thing, newest first, with people's names as far as they have one."""
    statement = select(AuditEntry).where(AuditEntry.org_id == org_id, AuditEntry.target == target)
    entries = session.exec(statement.order_by(col(AuditEntry.seq).desc()).limit(200)).all()
    names = names_of(session, {entry.actor for entry in entries})
    return [Event(entry.at, entry.action, _by(entry.actor, names), entry.why, entry.detail) for entry in entries]


SYSTEM, PROGRAM = keyed("The worker"), keyed("A program")


def _by(actor: str, names: Mapping[str, str]) -> str:
    if actor == "system":
        return SYSTEM
    return PROGRAM if actor.startswith("token:") else names.get(actor, actor)


def definitions_of(session: Session, org_id: str, *, published: bool = False) -> Sequence[Definition]:
    """The definitions of an organisation that were published once, or can be earned now, by name."""
    statement = select(Definition).where(Definition.org_id == org_id, col(Definition.current).is_not(None))
    if published:
        statement = statement.where(Definition.state == "published")
    return session.exec(statement.order_by(Definition.name, col(Definition.id))).all()


def batches_statement(org_id: str) -> Any:
    """The rows (batch, definition), newest first."""
    return (
        select(AwardBatch, Definition)
        .join(Definition, col(Definition.id) == col(AwardBatch.definition_id))
        .where(AwardBatch.org_id == org_id)
        .order_by(col(AwardBatch.created).desc(), col(AwardBatch.id))
    )


def rows_statement(batch_id: str, *, bad: bool) -> Any:
    """The rows of a batch in their order; the ``bad`` ones alone where asked."""
    statement = select(BatchRow).where(BatchRow.batch_id == batch_id)
    if bad:
        statement = statement.where(col(BatchRow.good).is_(False))
    return statement.order_by(col(BatchRow.number))


def proposals_statement(org_id: str, *, waiting: bool) -> Any:
    """The rows (proposal, definition, the person's identity or None); those that wait for an answer, or all."""
    statement = (
        select(StackProposal, Definition, Identity)
        .join(Definition, col(Definition.id) == col(StackProposal.definition_id))
        .outerjoin(Identity, col(Identity.account_id) == col(StackProposal.account_id))
        .where(StackProposal.org_id == org_id)
        .order_by(col(StackProposal.created).desc(), col(StackProposal.id))
    )
    return statement.where(StackProposal.state == "open") if waiting else statement
