"""One link for a chosen set of badges, until a day the educator sets.

The installation signs the set and is its holder. That says who put it together here and that nothing was changed since;
it never says that the educator holds a key (VCDM 2.0 section 4.13: a presentation is its holder's).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.services import MINT
from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home.services import Earned, earned
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.handling import NotYet, Trouble
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.issuer.people import keys
from badgeport.issuer.people.tables import IssuerKey
from badgeport.issuer.presentations import present

JOB = "collection"
MOST_BADGES = 100
MOST_DAYS = 366
DEFAULT_DAYS = 30
FORMAT = "eddsa-rdfc-2022"
MEDIA_TYPE = "application/vp"
_PATIENCE = timedelta(seconds=5)


def make(
    session: Session,
    account_id: str,
    *,
    title: str,
    awards: Sequence[str],
    days: int,
    actor: str,
    now: datetime,
) -> Collection:
    """A new collection of somebody's badges, to be signed by a worker. Raises Mistakes."""
    mistakes = Mistakes()
    if not title or len(title) > 200:
        mistakes.add("title", "Give the collection a name of at most {most} characters.", most=200)
    if not 1 <= days <= MOST_DAYS:
        mistakes.add("days", "Say for how many days the link is good, from 1 to {most}.", most=MOST_DAYS)
    mine = {one.award.id: one for one in earned(session, account_id)}
    chosen = [award_id for award_id in dict.fromkeys(awards) if award_id in mine]
    if not awards:
        mistakes.add("awards", "Choose at least one badge.")
    elif len(chosen) != len(dict.fromkeys(awards)):
        mistakes.add("awards", "One of the badges is not yours, or is there no more. Choose again.")
    elif len(chosen) > MOST_BADGES:
        mistakes.add("awards", "A collection holds at most {most} badges.", most=MOST_BADGES)
    elif any(not mine[award_id].counts(now) for award_id in chosen):
        mistakes.add("awards", "Only badges that stand can be chosen: not revoked, suspended or expired ones.")
    elif any(mine[award_id].award.edition < 1 for award_id in chosen):
        mistakes.add("awards", "One of the badges is still being signed. Try again in a minute.")
    if mistakes:
        raise mistakes
    row = Collection(account_id=account_id, title=title, awards=chosen, created=now, expires=now + timedelta(days=days))
    session.add(row)
    session.flush()
    queue.ask(session, JOB, row.id, now=now)
    detail = {"badges": len(chosen), "days": days}
    log.record(session, actor=actor, action="collection.made", target=f"collection:{row.id}", at=now, detail=detail)
    return row


def mine(session: Session, account_id: str, collection_id: str) -> Collection:
    """One of somebody's collections. Raises Absent."""
    row = session.get(Collection, collection_id)
    if row is None or row.account_id != account_id:
        raise Absent
    return row


def withdraw(
    session: Session, account_id: str, collection_id: str, *, seen: int | None, actor: str, now: datetime
) -> Collection:
    """End a collection before its day: its address shows nothing more. Raises Absent, Conflict."""
    row = mine(session, account_id, collection_id)
    if seen is not None and row.version != seen:
        raise Conflict("The collection was changed in the meantime. Look at it again.")
    if row.withdrawn is not None:
        raise Conflict("The collection was withdrawn already.")
    row.withdrawn, row.body, row.sha256, row.copies = now, None, None, []
    row.version += 1
    session.add(row)
    log.record(session, actor=actor, action="collection.withdrawn", target=f"collection:{row.id}", at=now)
    return row


def is_open(row: Collection, now: datetime) -> bool:
    """Whether its address still shows it."""
    return row.withdrawn is None and row.expires > now


def members(session: Session, row: Collection) -> list[Earned]:
    """The badges it shows, in the order chosen: those that still are the educator's and were not erased."""
    held = {one.award.id: one for one in earned(session, row.account_id)}
    return [held[award_id] for award_id in row.awards if award_id in held]


def renew(session: Session, account_id: str | None, award_id: str, now: datetime) -> None:
    """A badge has another edition: have the collections that show it signed again."""
    if account_id is None:
        return
    rows = session.exec(select(Collection).where(Collection.account_id == account_id, Collection.expires > now))
    for row in rows:
        if award_id in row.awards and row.withdrawn is None:
            queue.ask(session, JOB, row.id, now=now)


def stale(session: Session, now: datetime) -> list[str]:
    """The open collections that hold another edition of a badge than the newest."""
    rows = session.exec(select(Collection).where(Collection.expires > now, col(Collection.withdrawn).is_(None))).all()
    return [row.id for row in rows if list(row.copies) != [copy.id for copy in _copies(session, row)]]


def _copies(session: Session, row: Collection) -> list[SignedCopy]:
    """The newest signed copy of each badge that is shown, as JSON."""
    shown = [one.award for one in members(session, row)]
    found = []
    for award in shown:
        statement = select(SignedCopy).where(
            SignedCopy.award_id == award.id, SignedCopy.edition == award.edition, SignedCopy.form == "json"
        )
        copy = session.exec(statement).first()
        if copy is not None:
            found.append(copy)
    return found


def _is_in_hand(session: Session, shown: Sequence[Earned]) -> bool:
    """Whether a badge will have another edition at once: the set is signed once, after all of them.

    One that cannot be signed for now is not waited for; the set is signed again after it was.
    """
    behind = [one.award.id for one in shown if one.award.edition < one.award.wanted]
    signing = select(Job.id).where(Job.kind == MINT, col(Job.key).in_(behind), Job.attempts == 0)
    return session.exec(signing.where(col(Job.failed).is_(False)).limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class Due:
    """What a collection's signature needs; ``key`` is None where the installation has none."""

    id: str
    expires: datetime
    key: IssuerKey | None
    copies: tuple[str, ...]
    badges: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A signed presentation, and the ids of the copies in it."""

    body: bytes
    copies: tuple[str, ...]


class Signing:
    """The worker's part: reads, signs outside of any transaction, stores what was signed."""

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Due | None:
        """What is to be signed; None where there is nothing more to do. Raises NotYet."""
        row, now = session.get(Collection, key), desk.clock()
        if row is None or not is_open(row, now):
            return None
        copies = _copies(session, row)
        if row.body is not None:
            if _is_in_hand(session, members(session, row)):
                raise NotYet("a badge of the collection is being signed", _PATIENCE)
            if [copy.id for copy in copies] == list(row.copies):
                return None
        signing = keys.signing_key(session, keys.installation_did(desk), "embedded", now)
        return Due(row.id, row.expires, signing, tuple(one.id for one in copies), tuple(one.body for one in copies))

    def work(self, desk: IssuerDesk, prepared: Due | None) -> Signed | None:
        """The signed presentation. Raises Trouble."""
        if prepared is None or not prepared.badges:
            return None
        if prepared.key is None:
            raise Trouble("the installation has no active key; an operator makes one")
        body = present(
            prepared.badges,
            desk.custody.open(prepared.key),
            FORMAT,
            now=desk.clock(),
            expires=prepared.expires.replace(microsecond=0),
            presentation_id=desk.url(f"/s/{prepared.id}"),
            contexts=desk.contexts,
            limits=desk.limits,
        )
        return Signed(body, prepared.copies)

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Signed | None, now: datetime) -> None:  # noqa: ARG002
        """Store the signature, unless the collection ended or a badge of it changed meanwhile."""
        row = session.get(Collection, key)
        if row is None or result is None or not is_open(row, now):
            return
        if tuple(copy.id for copy in _copies(session, row)) != result.copies:
            # A badge was corrected or erased while this was signed; whoever did that asked for another signature.
            return
        row.body, row.sha256 = result.body, hashlib.sha256(result.body).hexdigest()
        row.signed, row.copies = now, list(result.copies)
        session.add(row)


def holding(session: Session, award: Award, now: datetime) -> list[Collection]:
    """The collections that show a badge just now, the one that ends first on top."""
    statement = select(Collection).where(
        Collection.account_id == award.account_id, Collection.expires > now, col(Collection.withdrawn).is_(None)
    )
    rows = session.exec(statement.order_by(col(Collection.expires), col(Collection.id)))
    return [row for row in rows if award.id in row.awards]


def take_out(session: Session, award: Award, *, actor: str, now: datetime) -> None:
    """The earner takes a badge out of every collection that shows it; one that holds no other is withdrawn."""
    for row in holding(session, award, now):
        _leave_out(session, row, award, now)
        action = "collection.changed" if row.awards else "collection.withdrawn"
        detail = {"badges": len(row.awards)}
        log.record(session, actor=actor, action=action, target=f"collection:{row.id}", at=now, detail=detail)


def drop_award(session: Session, award: Award, now: datetime) -> None:
    """A badge is erased: no collection holds its bytes from here on."""
    rows = session.exec(select(Collection).where(Collection.account_id == award.account_id)).all()
    for row in rows:
        if award.id in row.awards:
            _leave_out(session, row, award, now)


def _leave_out(session: Session, row: Collection, award: Award, now: datetime) -> None:
    """The collection without a badge; without any it shows nothing more."""
    row.awards = [one for one in row.awards if one != award.id]
    row.body, row.sha256, row.copies = None, None, []
    row.version += 1
    if not row.awards and row.withdrawn is None:
        row.withdrawn = now
    session.add(row)
    if is_open(row, now):
        queue.ask(session, JOB, row.id, now=now)


def state(row: Collection, now: datetime) -> str:
    """``open``, ``waiting`` (not signed yet), ``expired`` or ``withdrawn``."""
    if row.withdrawn is not None:
        return "withdrawn"
    if row.expires <= now:
        return "expired"
    return "open" if row.body is not None else "waiting"


def is_behind(session: Session, row: Collection) -> bool:
    """Whether the signed file holds an older edition of a badge than the newest, or is not signed yet."""
    return row.body is None or list(row.copies) != [copy.id for copy in _copies(session, row)]
