"""Reading the audit log: in words, as lines, and whether its chain is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, literal
from sqlmodel import Session, col, select

from badgeport.issuer.audit.log import GENESIS, first_break
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.people.services import names_of
from badgeport.issuer.people.tables import ApiToken
from badgeport.schemas.datetimes import format_datetime

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Chain:
    """What became of a check: how many entries there are, the hash of the last one, and the first broken one."""

    entries: int
    head: str
    broken: int | None


def check(session: Session) -> Chain:
    """Go through the whole log. The head, noted elsewhere, shows later whether the end was cut off."""
    previous, count = GENESIS, 0
    while True:
        rows = session.exec(
            select(AuditEntry).where(AuditEntry.seq > count).order_by(col(AuditEntry.seq)).limit(_AT_ONCE)
        ).all()
        if not rows:
            # An entry with a number below one would be passed over.
            early = session.exec(select(AuditEntry.seq).where(AuditEntry.seq < 1)).first()
            return Chain(count, previous, None if early is None else early)
        broken = first_break(rows, previous=previous, seq=count)
        if broken is not None:
            return Chain(count, previous, broken)
        previous, count = rows[-1].hash, rows[-1].seq
        session.expunge_all()


def about(submissions: Any) -> ColumnElement[bool]:
    """The condition that an entry is about one of the portfolios whose ids a statement selects."""
    rows = submissions.subquery()
    return col(AuditEntry.target).in_(select(literal("submission:") + rows.c.id))


def lines(
    session: Session, org_id: str | None = None, *, without: ColumnElement[bool] | None = None
) -> Iterator[bytes]:
    """Every entry as one line of JSON with its hashes, oldest first; of one organisation, or of all; but for those
    ``without`` names."""
    seq = 0
    while True:
        statement = select(AuditEntry).where(AuditEntry.seq > seq).order_by(col(AuditEntry.seq)).limit(_AT_ONCE)
        if org_id is not None:
            statement = statement.where(AuditEntry.org_id == org_id)
        if without is not None:
            statement = statement.where(~without)
        rows = session.exec(statement).all()
        if not rows:
            return
        for row in rows:
            yield json.dumps(as_json(row), ensure_ascii=False).encode() + b"\n"
        seq = rows[-1].seq
        session.expunge_all()


def as_json(row: AuditEntry) -> dict[str, Any]:
    """An entry with everything its hash is made of (RFC 8785 over all members but ``hash``)."""
    return {
        "seq": row.seq,
        "at": format_datetime(row.at),
        "org": row.org_id,
        "actor": row.actor,
        "action": row.action,
        "target": row.target,
        "detail": row.detail,
        "why": row.why,
        "previous": row.previous,
        "hash": row.hash,
    }


def actors(session: Session, rows: list[AuditEntry]) -> dict[str, str]:
    """Who the actors of entries are, as far as that is still known: names of people, of programs' tokens."""
    found = names_of(session, [row.actor for row in rows])
    tokens = {row.actor.removeprefix("token:") for row in rows if row.actor.startswith("token:")}
    if tokens:
        for token in session.exec(select(ApiToken).where(col(ApiToken.id).in_(tokens))):
            found[f"token:{token.id}"] = token.name
    return found
