"""Signing everything anew that a lost key signed: each badge becomes a new edition under the same address.

The older copies stay on record with their digests, and so does the audit log's entry of what was published when:
whoever holds an old copy can be told whether this installation ever published it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, and_, case, col, func, or_, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.minting import KIND as MINT
from badgeport.issuer.awards.services import checked_reason, require_keys, want_edition
from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue
from badgeport.issuer.mistakes import Conflict
from badgeport.issuer.people.tables import IssuerKey, Organization

KIND = "resign"
CHUNK = 100
KEY_REPLACED = keyed("The key that signed it was replaced.")


def ask_resign(session: Session, org: Organization, key: IssuerKey, reason: str, actor: str, now: datetime) -> None:
    """Have every badge signed anew whose newest copy a key signed.

    Raises Mistakes (``reason``), Conflict where the organisation would sign with the same key again.
    """
    why = checked_reason(reason)
    require_keys(session, org, now)
    if key.state == "active":
        raise Conflict("This key is in use. Replace or revoke it first; then its badges are signed with the new one.")
    queue.ask(session, KIND, f"{org.id}:{key.id}", now=now, org_id=org.id)
    log.record(
        session,
        actor=actor,
        action="awards.resigned",
        target=f"key:{key.id}",
        at=now,
        org_id=org.id,
        detail={"badges": count_signed(session, org.id, key.id, now).lasting},
        why=why,
    )


@dataclass(frozen=True, slots=True)
class Count:
    """How many badges there are whose newest copy a key signed. Those that have expired stay as they are."""

    lasting: int = 0
    expired: int = 0


def count_signed(session: Session, org_id: str, key_id: str, now: datetime) -> Count:
    """How much a key signed."""
    return counts_signed(session, org_id, now).get(key_id, Count())


def counts_signed(session: Session, org_id: str, now: datetime) -> dict[str, Count]:
    """The same for every key of an organisation that signed anything."""
    badge = case((_lasting(now), col(SignedCopy.award_id)))
    statement = (
        select(
            SignedCopy.key_id,
            func.count(func.distinct(badge)),
            func.count(func.distinct(col(SignedCopy.award_id))),
        )
        .join(Award, _newest())
        .where(Award.org_id == org_id, Award.state == "published")
        .group_by(col(SignedCopy.key_id))
    )
    return {key_id: Count(lasting, every - lasting) for key_id, lasting, every in session.exec(statement)}


class ResignHandler:
    """Asks for the next edition of so many badges at a time. The key of its job is ``<organisation>:<key>``."""

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:  # noqa: ARG002 - the interface's
        """Which organisation and key."""
        org_id, _, key_id = key.partition(":")
        return org_id, key_id

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:  # noqa: ARG002 - the interface's
        """Nothing outside."""
        return prepared

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:  # noqa: ARG002
        """Ask for some; those asked for are found no more, so that beginning again does nothing twice."""
        org_id, key_id = result
        statement = _signed(org_id, key_id).where(col(Award.wanted) == col(Award.edition), _lasting(now))
        found = session.exec(statement.order_by(col(Award.id)).limit(CHUNK)).all()
        for award in session.exec(select(Award).where(col(Award.id).in_(found))):
            want_edition(session, award, KEY_REPLACED, now=now)
        if len(found) == CHUNK:
            return timedelta(0)
        # The others were asked for before, and may have been given up.
        queue.ask_again(session, (MINT,), org_id=org_id, now=now)
        return None


def _signed(org_id: str, key_id: str) -> Any:
    return (
        select(Award.id)
        .join(SignedCopy, _newest())
        .where(Award.org_id == org_id, Award.state == "published", SignedCopy.key_id == key_id)
        .distinct()
    )


def _lasting(now: datetime) -> Any:
    return or_(col(Award.valid_until).is_(None), col(Award.valid_until) > now)


def _newest() -> Any:
    return and_(col(SignedCopy.award_id) == col(Award.id), col(SignedCopy.edition) == col(Award.edition))
