"""Editions: frozen, signed by a worker, published, withdrawn. Whatever is signed here goes this one way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from badgeport.issuer.audit import log
from badgeport.issuer.jobs import queue
from badgeport.issuer.mistakes import Absent, Conflict, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.status.lists import REVOCATION, place_for, set_value
from badgeport.receiver.policies.tables import Edition, ShelfMark

POLICY, AGREEMENT, APPROVALS = "policy", "agreement", "approval-list"
JOB = "recognition-document"
"""The kind of the job that signs an edition; its key is the edition's id."""

SIGNING, PUBLISHED, WITHDRAWN, CANCELLED = "signing", "published", "withdrawn", "cancelled"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be signed: its kind, what it is an edition of, and what it says."""

    kind: str
    thing_id: str
    title: str
    text: str
    label: str = ""
    starts: date | None = None
    ends: date | None = None


def add(session: Session, org: Organization, wanted: Wanted, *, actor: str, now: datetime) -> Edition:
    """Freeze an edition and have it signed and published.

    It gets places in the status lists, so that it can be withdrawn for every reader. Raises Conflict while another
    edition of the same thing is being signed.
    """
    waiting = select(Edition.id).where(
        Edition.kind == wanted.kind, Edition.thing_id == wanted.thing_id, Edition.state == SIGNING
    )
    if session.exec(waiting).first() is not None:
        raise Conflict("An edition of it is being signed just now. Wait until it is published.")
    number = session.exec(
        select(func.max(Edition.number)).where(Edition.kind == wanted.kind, Edition.thing_id == wanted.thing_id)
    ).one()
    row = Edition(
        org_id=org.id,
        kind=wanted.kind,
        thing_id=wanted.thing_id,
        number=(number or 0) + 1,
        label=wanted.label,
        title=wanted.title,
        content=wanted.text,
        starts=wanted.starts,
        ends=wanted.ends,
        asked=now,
        asked_by=actor,
    )
    session.add(row)
    session.flush()
    place_for(session, org, row.id, now)
    queue.ask(session, JOB, row.id, now=now, org_id=org.id)
    _record(session, row, "asked", actor, now)
    return row


def editions_of(session: Session, kind: str, thing_id: str) -> Sequence[Edition]:
    """The editions of a thing, newest first."""
    statement = select(Edition).where(Edition.kind == kind, Edition.thing_id == thing_id)
    return session.exec(statement.order_by(col(Edition.number).desc())).all()


def edition_of(session: Session, org: Organization, kind: str, edition_id: str) -> Edition:
    """One edition of an organisation. Raises Absent."""
    row = session.get(Edition, edition_id)
    if row is None or row.org_id != org.id or row.kind != kind:
        raise Absent
    return row


def newest_published(session: Session, kind: str, thing_id: str) -> Edition | None:
    """The edition published last that was not withdrawn."""
    return next((each for each in editions_of(session, kind, thing_id) if each.state == PUBLISHED), None)


def settle(session: Session, row: Edition, body: bytes, sha256: str, media_type: str, *, now: datetime) -> None:
    """Publish what was signed."""
    row.body, row.sha256, row.media_type = body, sha256, media_type
    row.state, row.published = PUBLISHED, now
    session.add(row)
    mark(session)
    _record(session, row, "published", "system", now)


def withdraw(session: Session, row: Edition, *, why: str, actor: str, now: datetime) -> None:
    """Take a published edition back, or call off one that is not signed yet. It stays readable, and its status says so.

    Raises Mistakes (``why``), Conflict.
    """
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    if row.state == SIGNING:
        row.state, row.why = CANCELLED, why
        session.add(row)
        _record(session, row, "cancelled", actor, now, why)
        return
    if row.state != PUBLISHED:
        raise Conflict("It was withdrawn already.")
    row.state, row.withdrawn, row.why = WITHDRAWN, now, why
    session.add(row)
    set_value(session, row.id, REVOCATION, True, now=now)
    mark(session)
    _record(session, row, "withdrawn", actor, now, why)


def take_back(session: Session, kind: str, thing_id: str, *, why: str, actor: str, now: datetime) -> None:
    """Let no edition of a thing stand: one that is not signed yet is called off, and every published one withdrawn.

    What was signed before says so to whoever kept it. Raises Absent where there is no edition at all, Mistakes
    (``why``), Conflict where none stands.
    """
    rows = editions_of(session, kind, thing_id)
    if not rows:
        raise Absent
    standing = [row for row in rows if row.state in (SIGNING, PUBLISHED)]
    for row in standing or rows[:1]:
        withdraw(session, row, why=why, actor=actor, now=now)


def mark(session: Session) -> None:
    """Have every process read anew what is published."""
    row = session.get(ShelfMark, 1) or ShelfMark(id=1)
    row.generation += 1
    session.add(row)


def _record(session: Session, row: Edition, deed: str, actor: str, now: datetime, why: str = "") -> None:
    log.record(
        session,
        actor=actor,
        action=f"{row.kind}.{deed}",
        target=f"{row.kind}:{row.thing_id}",
        at=now,
        org_id=row.org_id,
        detail={"edition": row.number, **({"version": row.label} if row.label else {})},
        why=why,
    )
