"""A person is forgotten: what names them is deleted, what counts without a name stays.

What stays is said to them first (the texts in `KEPT`): opaque ids in the audit log, whose chain must not break, and the
steps of their portfolios without a word of what stood in them, so that a program's figures stay true. The address of an
erased badge says that it was erased. A copy of the badge that somebody downloaded is theirs; it cannot be called back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from badgeport.web.words import keyed
from sqlalchemy import String, cast
from sqlmodel import Session, col, delete, func, or_, select, update

from badgeport.issuer.audit import log
from badgeport.issuer.awards import batches
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.tables import Award, AwardBatch, Mail, Recipient, StackProposal
from badgeport.issuer.catalog.tables import DefinitionVersion, Proposal
from badgeport.issuer.desk import IssuerDesk, outbox_name
from badgeport.issuer.home import collections, elsewhere
from badgeport.issuer.home.tables import Collection, HomeSettings
from badgeport.issuer.hosting.tables import Transcript
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Absent, Conflict
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import (
    Account,
    AssessorCertification,
    FederatedIdentity,
    Identity,
    Membership,
    OneTimeLink,
    Organization,
    Passkey,
    Password,
    RecoveryCode,
    SignIn,
    Totp,
)
from badgeport.issuer.people.tokens import withdraw_tokens_of
from badgeport.issuer.storage.keeping import FILE, is_referred_to
from badgeport.issuer.storage.tables import Blob
from badgeport.issuer.submissions.tables import (
    Attempt,
    Comment,
    EvidenceItem,
    Experience,
    Peer,
    Review,
    SavedText,
    Submission,
)

RESTS = timedelta(hours=1)
"""How long the job of a file that was deleted is kept: longer than any request that stored it before takes."""
OUTBOX = "outbox"
"""The kind of job that deletes the messages to an address where they are kept as files; its key is `outbox_name`."""

ERASED = (
    keyed("Your name, your e-mail address, your DID, and every way to sign in."),
    keyed("Your portfolios: evidence, reflections, hours, comments on them, and the feedback of assessors."),
    keyed("Your badges: the signed files are deleted, and their addresses say that they were erased."),
    keyed("Your collections and the messages that were sent to you."),
)
"""What erasing an account deletes, in words."""
KEPT = (
    keyed("The history of changes keeps a random number in place of your name. Nobody can tell from it who you were."),
    keyed("Counts for reports: that a portfolio was begun, and how it ended, without anything that stood in it."),
    keyed("Reviews that you wrote as an assessor and comments that you wrote on others' drafts: they are theirs."),
    keyed(
        "Decisions on credit that you filed or settled for an organization: they are its own. Your name goes from them."
    ),
    keyed("Copies of badges that you or others downloaded. Nobody can call them back, and they can still be checked."),
)
"""What it leaves, in words."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much would be erased with an account."""

    badges: int
    portfolios: int
    files: int
    collections: int
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an account cannot be erased yet; ``text`` is a key of the catalogues."""

    text: str
    values: dict[str, Any]


def extent(session: Session, account_id: str) -> Extent:
    """What erasing an account would take."""
    submissions = select(Submission.id).where(Submission.account_id == account_id)
    files = select(func.count()).select_from(EvidenceItem).where(col(EvidenceItem.submission_id).in_(submissions))
    return Extent(
        badges=len(_badges(session, account_id)),
        portfolios=session.exec(select(func.count()).select_from(submissions.subquery())).one(),
        files=session.exec(files).one(),
        collections=session.exec(
            select(func.count()).select_from(Collection).where(Collection.account_id == account_id)
        ).one(),
        obstacle=_obstacle(session, account_id),
    )


def erase_account(session: Session, desk: IssuerDesk, account_id: str, *, actor: str, now: datetime, why: str) -> None:
    """Erase a person; a worker deletes the files that nobody refers to any more.

    Raises Absent, Conflict where an organisation or the installation would be left without anybody to run it.
    """
    account = session.get(Account, account_id)
    if account is None or account.state == "erased":
        raise Absent
    obstacle = _obstacle(session, account_id)
    if obstacle is not None:
        raise Conflict(obstacle.text, **obstacle.values)
    identity = session.get(Identity, account_id)
    for award in _badges(session, account_id):
        erase_award(session, desk, award, actor=actor, now=now, why=why)
    digests = _erase_portfolios(session, select(Submission.id).where(Submission.account_id == account_id))
    for row in session.exec(select(Proposal).where(Proposal.account_id == account_id)).all():
        # What was adopted is the organisation's by now.
        if row.state != "adopted":
            session.delete(row)
    if identity is not None:
        queue.ask(session, OUTBOX, outbox_name(identity.email), now=now)
        if identity.email_proven is not None:
            batches.forget_person(session, identity.email)
    _forget_ways_in(session, account_id, identity)
    withdraw_tokens_of(session, account_id, actor=actor, now=now, why=why)
    account.state, account.operator = "erased", False
    session.add(account)
    log.record(session, actor=actor, action="account.erased", target=f"account:{account_id}", at=now, why=why)
    for room in elsewhere.ROOMS.values():
        room.erase(session, account_id, now)
    let_go(session, digests, now)


def erase_award(session: Session, desk: IssuerDesk, award: Award, *, actor: str, now: datetime, why: str) -> None:
    """Erase one badge: its signed copies, and who it was made to."""
    collections.drop_award(session, award, now)
    # A learner record holds the badge's bytes; its educator asks for a new one.
    session.exec(delete(Transcript).where(col(Transcript.account_id) == award.account_id))
    if award.submission_id is not None:
        shown = update(EvidenceItem).where(col(EvidenceItem.submission_id) == award.submission_id)
        session.exec(shown.values(released=None))
    awards.erase(session, desk, award, why, actor, now)
    session.exec(delete(OneTimeLink).where(col(OneTimeLink.purpose) == "claim", col(OneTimeLink.subject) == award.id))


def erase_recipient(
    session: Session,
    desk: IssuerDesk,
    org_id: str,
    award_id: str,
    *,
    seen: int | None,
    actor: str,
    now: datetime,
    why: str,
) -> None:
    """The organisation erases a badge it awarded, when its earner asks it to. Raises Absent, Conflict, Mistakes."""
    award = awards.award_of(session, org_id, award_id)
    if award.state == "erased":
        raise Conflict("This badge was erased already.")
    if seen is not None and award.version != seen:
        raise Conflict("The badge was changed in the meantime. Look at it again before you erase it.")
    erase_award(session, desk, award, actor=actor, now=now, why=why)


class Files:
    """The worker's part: deletes a file that nobody refers to any more, after the transaction that let go of it.

    No writer waits for the store: while a worker has this job, and for files that were stored before it was done,
    `keep` makes no row. So the job goes on for a while, until it finds nothing to delete.
    """

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> str | None:  # noqa: ARG002 - the interface's
        """The key is the file's digest; None where somebody wants it again."""
        return key if session.get(Blob, key) is None else None

    def work(self, desk: IssuerDesk, prepared: str | None) -> bool:
        """Delete it. Answers whether there was anything."""
        if prepared is None or not desk.blobs.has(prepared):
            return False
        desk.blobs.delete(prepared)
        return True

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: bool, now: datetime) -> timedelta | None:  # noqa: ARG002
        """Note when it was deleted."""
        if not result:
            return None
        session.exec(update(Job).where(col(Job.kind) == FILE, col(Job.key) == key).values(created=now))
        return RESTS


class Outboxes:
    """The worker's part: deletes the messages to who was erased, where no mail server took them."""

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> str:  # noqa: ARG002 - the interface's
        """The key is the name of the address."""
        return key

    def work(self, desk: IssuerDesk, prepared: str) -> None:
        """Delete them."""
        if desk.outbox is not None:
            desk.outbox.forget_to(prepared)

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> None:
        """Nothing is kept of it."""


def _badges(session: Session, account_id: str) -> list[Award]:
    """The badges of an account, and those made to its proven address that nobody claimed."""
    held = or_(Award.account_id == account_id)
    identity = session.get(Identity, account_id)
    if identity is not None and identity.email_proven is not None:
        sent = select(Recipient.award_id).where(Recipient.email == identity.email)
        held = or_(held, col(Award.account_id).is_(None) & col(Award.id).in_(sent))
    return list(session.exec(select(Award).where(held, Award.state != "erased").order_by(Award.id)))


def _obstacle(session: Session, account_id: str) -> Obstacle | None:
    administers = select(Membership.org_id).where(
        Membership.account_id == account_id, Membership.role == Role.ADMINISTRATOR.value
    )
    for org in session.exec(select(Organization).where(col(Organization.id).in_(administers))):
        others = (
            select(Membership.id)
            .join(Account, col(Account.id) == col(Membership.account_id))
            .where(
                Membership.org_id == org.id,
                Membership.role == Role.ADMINISTRATOR.value,
                Membership.account_id != account_id,
                Account.state == "active",
            )
        )
        if org.closed is None and session.exec(others).first() is None:
            return Obstacle(
                keyed("You are the only administrator of {name}. Name another one first."), {"name": org.name}
            )
    account = session.get(Account, account_id)
    if account is not None and account.operator:
        others_ = select(Account.id).where(
            col(Account.operator).is_(True), Account.state == "active", Account.id != account_id
        )
        if session.exec(others_).first() is None:
            return Obstacle(keyed("You are the only operator of this installation. Name another one first."), {})
    return None


def _erase_portfolios(session: Session, submissions: Any) -> set[str]:
    """Take every word out of portfolios; their steps stay. Answers the digests of the files they had."""
    rows = session.exec(select(Submission).where(col(Submission.id).in_(submissions))).all()
    ids = [row.id for row in rows]
    if not ids:
        return set()
    items = session.exec(select(EvidenceItem).where(col(EvidenceItem.submission_id).in_(ids))).all()
    digests = {item.digest for item in items if item.digest}
    for row in rows:
        row.reflection, row.wants_coach = "", False
        if row.state != "demonstrated":
            row.state = "withdrawn"
        row.open_key = None
        row.version += 1
        session.add(row)
    for attempt in session.exec(select(Attempt).where(col(Attempt.submission_id).in_(ids))):
        attempt.reflection, attempt.evidence, attempt.experiences = "", [], []
        session.add(attempt)
    for review in session.exec(select(Review).where(col(Review.submission_id).in_(ids))):
        review.feedback = ""
        review.scores = {key: {**score, "feedback": ""} for key, score in review.scores.items()}
        if review.state == "assigned":
            review.state = "withdrawn"
        session.add(review)
    session.flush()
    for table in (Comment, Experience, SavedText, EvidenceItem):
        session.exec(delete(table).where(col(table.submission_id).in_(ids)))
    peers = session.exec(select(Peer.id).where(col(Peer.submission_id).in_(ids))).all()
    session.exec(
        delete(OneTimeLink).where(col(OneTimeLink.purpose) == "peer", col(OneTimeLink.subject).in_([*ids, *peers]))
    )
    session.exec(delete(Peer).where(col(Peer.submission_id).in_(ids)))
    return digests


def _forget_ways_in(session: Session, account_id: str, identity: Identity | None) -> None:
    if identity is not None:
        session.exec(delete(Mail).where(func.lower(col(Mail.address)) == identity.email))
        session.exec(delete(OneTimeLink).where(func.lower(col(OneTimeLink.email)) == identity.email))
        # Also those under an address that the account had before.
        own = or_(func.lower(col(Peer.email)) == identity.email, col(Peer.account_id) == account_id)
        session.exec(delete(Peer).where(own, ~_commented()))
        for peer in session.exec(select(Peer).where(own)):
            peer.name, peer.email = "", ""
            session.add(peer)
    for table in (
        Identity,
        Password,
        Totp,
        RecoveryCode,
        Passkey,
        FederatedIdentity,
        SignIn,
        OneTimeLink,
        Membership,
        Collection,
        HomeSettings,
        Transcript,
    ):
        session.exec(delete(table).where(col(table.account_id) == account_id))
    session.exec(
        delete(StackProposal).where(col(StackProposal.account_id) == account_id, col(StackProposal.award_id).is_(None))
    )
    certifications = session.exec(select(AssessorCertification).where(AssessorCertification.account_id == account_id))
    for one in certifications:
        # That a review was allowed stays on record; what was noted about the person does not.
        one.note = ""
        session.add(one)


def _commented() -> Any:
    return col(Peer.id).in_(select(Comment.peer_id).where(col(Comment.peer_id).is_not(None)))


def let_go(session: Session, digests: Iterable[str], now: datetime) -> None:
    """Delete the rows of files that nothing refers to any more, and ask for the files to be deleted."""
    session.flush()
    for digest in sorted(set(digests)):
        pattern = f"%{digest}%"
        used = (
            select(AwardBatch.id).where(AwardBatch.digest == digest),
            select(DefinitionVersion.id).where(cast(DefinitionVersion.body, String).like(pattern)),
            select(Organization.id).where(cast(Organization.profile, String).like(pattern)),
        )
        found = any(session.exec(one.limit(1)).first() is not None for one in used)
        if not found and not is_referred_to(session, digest):
            session.exec(delete(Blob).where(col(Blob.digest) == digest))
            queue.ask(session, FILE, digest, now=now)
