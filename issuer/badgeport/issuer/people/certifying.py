"""Certifications: that an assessor may score one micro-credential, from a day to a day."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import roles_of
from badgeport.issuer.people.tables import AssessorCertification, Organization

MOST_NOTE = 1000


def certify(
    session: Session,
    org: Organization,
    *,
    account_id: str,
    definition_id: str,
    valid_from: date,
    valid_until: date | None,
    note: str,
    actor: str,
    now: datetime,
) -> AssessorCertification:
    """Certify an assessor for a micro-credential. Raises Mistakes by form field."""
    mistakes = Mistakes()
    if Role.ASSESSOR not in roles_of(session, org.id, account_id):
        mistakes.add("account", "Choose an assessor of this organization.")
    definition = session.get(Definition, definition_id)
    if definition is None or definition.org_id != org.id:
        mistakes.add("definition", "Choose a micro-credential of this organization.")
    if valid_until is not None and valid_until < valid_from:
        mistakes.add("valid_until", "The last day is before the first.")
    if len(note) > MOST_NOTE:
        mistakes.add("note", "Use at most {most} characters.", most=MOST_NOTE)
    if account_id == actor:
        mistakes.add("account", "Nobody certifies themselves. Ask another administrator or registrar.")
    if mistakes:
        raise mistakes
    row = AssessorCertification(
        org_id=org.id,
        account_id=account_id,
        definition_id=definition_id,
        valid_from=valid_from,
        valid_until=valid_until,
        note=note.strip(),
        granted_by=actor,
        granted=now,
    )
    session.add(row)
    session.flush()
    log.record(
        session,
        actor=actor,
        action="certification.granted",
        target=f"certification:{row.id}",
        at=now,
        org_id=org.id,
        detail={
            "account": account_id,
            "definition": definition_id,
            "from": valid_from.isoformat(),
            "until": None if valid_until is None else valid_until.isoformat(),
        },
    )
    return row


def certification_of(session: Session, org: Organization, certification_id: str) -> AssessorCertification:
    """One certification of an organisation. Raises Absent."""
    row = session.get(AssessorCertification, certification_id)
    if row is None or row.org_id != org.id:
        raise Absent
    return row


def withdraw_certification(
    session: Session, row: AssessorCertification, *, actor: str, now: datetime, why: str
) -> None:
    """Let a certification be good for nothing from now on; what was scored under it stays.

    Raises Conflict, Mistakes (``why``).
    """
    if row.withdrawn is not None:
        raise Conflict("This certification was withdrawn already.")
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    row.withdrawn = now
    session.add(row)
    log.record(
        session,
        actor=actor,
        action="certification.withdrawn",
        target=f"certification:{row.id}",
        at=now,
        org_id=row.org_id,
        detail={"account": row.account_id, "definition": row.definition_id},
        why=why,
    )


def is_good(row: AssessorCertification, on: date) -> bool:
    """Whether a certification is good for scoring on a day."""
    return row.withdrawn is None and row.valid_from <= on and (row.valid_until is None or on <= row.valid_until)


def labels(session: Session, org: Organization) -> list[tuple[str, str]]:
    """The micro-credentials of an organisation that can be certified for: id and name."""
    rows = session.exec(select(Definition).where(Definition.org_id == org.id).order_by(Definition.name)).all()
    return [(row.id, row.name) for row in rows]
