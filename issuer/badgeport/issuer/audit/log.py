"""Writing the audit log, reading its chain."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

import rfc8785
from sqlmodel import Session, col, select

from badgeport.issuer.audit.tables import AuditEntry
from badgeport.schemas.datetimes import format_datetime

GENESIS = "0" * 64
"""What the first entry follows."""

_LAST = "badgeport audit"


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    target: str,
    at: datetime,
    org_id: str | None = None,
    detail: Mapping[str, Any] | None = None,
    why: str = "",
    at_once: bool = True,
) -> AuditEntry:
    """Add an entry, in the transaction of the change itself. ``detail`` is JSON without names of people.

    What the transaction changed so far is written with it, in that order; without ``at_once`` with the rest, as many
    together as there are.
    """
    last = _last(session)
    entry = AuditEntry(
        seq=1 if last is None else last.seq + 1,
        at=at,
        org_id=org_id,
        actor=actor,
        action=action,
        target=target,
        detail=dict(detail or {}),
        why=why,
        previous=GENESIS if last is None else last.hash,
        hash="",
    )
    entry.hash = entry_hash(entry)
    session.add(entry)
    if at_once:
        session.flush()
    session.info[_LAST] = session.get_transaction(), entry
    return entry


def _last(session: Session) -> AuditEntry | None:
    """The entry that the next one follows. One transaction writes at a time: it knows the last of its own."""
    transaction, last = session.info.get(_LAST, (None, None))
    if last is not None and transaction is session.get_transaction():
        return cast("AuditEntry", last)
    return session.exec(select(AuditEntry).order_by(col(AuditEntry.seq).desc()).limit(1)).first()


def entry_hash(entry: AuditEntry) -> str:
    """The hash an entry must have, from what it says and the hash before it."""
    body: dict[str, Any] = {
        "seq": entry.seq,
        "at": format_datetime(entry.at),
        "org": entry.org_id,
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "detail": entry.detail,
        "why": entry.why,
        "previous": entry.previous,
    }
    return hashlib.sha256(rfc8785.dumps(body)).hexdigest()


def first_break(entries: Iterable[AuditEntry], *, previous: str = GENESIS, seq: int = 0) -> int | None:
    """The number of the first entry, in order, that does not follow from the one before; None where all do."""
    for entry in entries:
        if entry.seq != seq + 1 or entry.previous != previous or entry.hash != entry_hash(entry):
            return seq + 1
        previous, seq = entry.hash, entry.seq
    return None
