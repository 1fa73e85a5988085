"""Comments on drafts: by coaches of the organisation, by peers the educator invited with a link, by the educator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from badgeport.web.words import keyed, words
from sqlmodel import Session, col, or_, select

from badgeport.issuer.awards.mail import post
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.links import make_link, peek_link, withdraw_links
from badgeport.issuer.people.services import certified_assessors, find_account, name_of, normal_email
from badgeport.issuer.people.tables import Account, Identity
from badgeport.issuer.submissions.services import Portfolio, note, touch, with_definition
from badgeport.issuer.submissions.tables import Comment, Peer, Submission

PEER_LINK = timedelta(days=90)
PEER_STATES = ("draft",)
"""When a peer's link shows the portfolio: while it is a draft."""
MOST_PEERS = 20
MOST_COMMENTS = 500
COMMENT_CHARS = 10_000
TEXTS = ("badgeport.verifier.web", "badgeport.issuer.web")


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment with who wrote it: a name, and ``educator``, ``coach`` or ``peer``."""

    comment: Comment
    author: str
    role: str


def remarks(session: Session, submission: Submission, peer: Peer | None = None) -> list[Remark]:
    """The comments on a draft, oldest first; for a ``peer`` only their own and the educator's answers."""
    statement = (
        select(Comment)
        .where(Comment.submission_id == submission.id, col(Comment.deleted).is_(None))
        .order_by(col(Comment.at), col(Comment.id))
    )
    if peer is not None:
        answers = col(Comment.peer_id).is_(None) & (col(Comment.account_id) == submission.account_id)
        statement = statement.where(or_(col(Comment.peer_id) == peer.id, answers))
    found = []
    for row in session.exec(statement).all():
        if row.peer_id is not None:
            by = session.get(Peer, row.peer_id)
            found.append(Remark(row, by.name if by else "", "peer"))
        else:
            assert row.account_id is not None
            role = "educator" if row.account_id == submission.account_id else "coach"
            found.append(Remark(row, name_of(session, row.account_id), role))
    return found


def comment(
    session: Session,
    submission: Submission,
    body: str,
    *,
    actor: str,
    now: datetime,
    account_id: str | None = None,
    peer_id: str | None = None,
) -> Comment:
    """Comment on a draft, as an account or as an invited peer, who may have an account too.

    Raises Mistakes, Conflict.
    """
    if submission.state != "draft":
        raise Conflict("This portfolio is no longer a draft: comments are closed.")
    text = body.strip()
    if not text:
        refuse("comment", "Write something first.")
    if len(text) > COMMENT_CHARS:
        refuse("comment", "A comment may have {most} signs at most.", most=COMMENT_CHARS)
    if len(session.exec(select(Comment.id).where(Comment.submission_id == submission.id)).all()) >= MOST_COMMENTS:
        refuse("comment", "A portfolio holds {most} comments at most.", most=MOST_COMMENTS)
    row = Comment(submission_id=submission.id, account_id=account_id, peer_id=peer_id, body=text, at=now)
    session.add(row)
    session.flush()
    note(session, submission, "comment.added", actor, now, {"comment": row.id})
    return row


def is_own(row: Comment, author: Peer | Account) -> bool:
    """Whether a comment is a peer's, or an account's that wrote it as itself."""
    if isinstance(author, Peer):
        return row.peer_id == author.id
    return row.peer_id is None and row.account_id == author.id


def comment_of(session: Session, submission: Submission, comment_id: str, author: Peer | Account) -> Comment:
    """A comment that somebody may delete: their own; the educator may take any off their draft. Raises Absent."""
    row = session.get(Comment, comment_id)
    if row is None or row.submission_id != submission.id or row.deleted is not None:
        raise Absent
    educator = isinstance(author, Account) and author.id == submission.account_id
    if not educator and not is_own(row, author):
        raise Absent
    return row


def delete_comment(
    session: Session, submission: Submission, comment_id: str, *, author: Peer | Account, actor: str, now: datetime
) -> None:
    """Delete a comment, as `comment_of` allows. Raises Absent."""
    row = comment_of(session, submission, comment_id, author)
    row.deleted, row.body = now, ""
    session.add(row)
    note(session, submission, "comment.deleted", actor, now, {"comment": row.id})


# -- coaches -----------------------------------------------------------------------------------------------------------


def asking_for_coach(org_id: str, account_id: str) -> Any:
    """The statement that lists the drafts a coach may read: rows of submission, definition, educator's identity."""
    return (
        select(Submission, Definition, Identity)
        .join(Definition, col(Definition.id) == Submission.definition_id)
        .outerjoin(Identity, col(Identity.account_id) == Submission.account_id)
        .where(Submission.org_id == org_id, Submission.account_id != account_id)
        .where(col(Submission.wants_coach).is_(True), Submission.state == "draft")
        .order_by(col(Submission.due).asc().nulls_last(), col(Submission.changed).desc(), col(Submission.id))
    )


def coached(session: Session, org_id: str, account_id: str, submission_id: str) -> Portfolio:
    """A draft whose educator asked for a coach of this organisation; not the coach's own. Raises Absent."""
    submission = session.get(Submission, submission_id)
    if submission is None or submission.org_id != org_id or submission.account_id == account_id:
        raise Absent
    if not submission.wants_coach or submission.state != "draft":
        raise Absent
    return with_definition(session, submission)


# -- peers -------------------------------------------------------------------------------------------------------------


def peers_of(session: Session, submission_id: str) -> Sequence[Peer]:
    """Those who are invited now."""
    return session.exec(
        select(Peer)
        .where(Peer.submission_id == submission_id, col(Peer.revoked).is_(None))
        .order_by(col(Peer.invited), col(Peer.id))
    ).all()


def invite_peer(
    session: Session, desk: IssuerDesk, portfolio: Portfolio, *, name: str, email: str, actor: str, now: datetime
) -> Peer:
    """Invite somebody by e-mail to read and comment on the draft: the link in it is all they need.

    Raises Mistakes, Conflict.
    """
    submission = portfolio.submission
    if submission.state != "draft":
        raise Conflict("This portfolio is no longer a draft: comments are closed.")
    mistakes = Mistakes()
    invited = peers_of(session, submission.id)
    if not name.strip() or len(name) > 200:
        mistakes.add("name", "Say who it is, as you want to see their comments.")
    address = ""
    try:
        address = normal_email(email)
    except Mistakes as found:
        mistakes.found.extend(found.found)
    if address and address in {peer.email for peer in invited}:
        mistakes.add("email", "This person is invited already.")
    assessors = certified_assessors(session, submission.org_id, submission.definition_id, now.date())
    owner = find_account(session, address) if address else None
    if owner is not None and owner.id in assessors:
        mistakes.add("email", "This person scores portfolios for this micro-credential and cannot help with one.")
    if len(session.exec(select(Peer.id).where(Peer.submission_id == submission.id)).all()) >= MOST_PEERS:
        mistakes.add("email", "You can invite {most} people to a portfolio at most.", most=MOST_PEERS)
    if mistakes:
        raise mistakes
    peer = Peer(submission_id=submission.id, name=name.strip(), email=address, invited=now)
    session.add(peer)
    session.flush()
    secret = make_link(session, desk, purpose="peer", now=now, lives=PEER_LINK, subject=peer.id, email=peer.email)
    account = session.get(Account, submission.account_id)
    say = words(account.language if account else "en", *TEXTS).say
    values = {
        "educator": name_of(session, submission.account_id),
        "title": portfolio.body.name,
        "link": desk.url(f"/peers/{secret}"),
        "name": peer.name,
    }
    post(
        session,
        address=peer.email,
        subject=say(keyed("{educator} asks for your comments on a portfolio"), **values),
        body=say(
            keyed(
                "Hello {name},\n\n{educator} is building a portfolio for the micro-credential “{title}” and asks for "
                "your comments on the draft. You can read it and write comments here, without an account:\n\n{link}\n\n"
                "The link is for you alone; please do not pass it on. It ends when {educator} withdraws it."
            ),
            **values,
        ),
        now=now,
        org_id=submission.org_id,
    )
    touch(session, submission, now)
    note(session, submission, "peer.invited", actor, now, {"peer": peer.id})
    return peer


def dismiss_peer(session: Session, submission: Submission, peer_id: str, *, actor: str, now: datetime) -> None:
    """Withdraw a peer's link; their comments stay. Raises Absent."""
    peer = session.get(Peer, peer_id)
    if peer is None or peer.submission_id != submission.id or peer.revoked is not None:
        raise Absent
    peer.revoked = now
    session.add(peer)
    withdraw_links(session, purpose="peer", subject=peer.id)
    touch(session, submission, now)
    note(session, submission, "peer.dismissed", actor, now, {"peer": peer.id})


def opener(session: Session, peer: Peer, account: Account | None) -> str | None:
    """Who opens the link of an invitation: who is signed in, or else whose address it was sent to."""
    found = account or find_account(session, peer.email)
    return None if found is None else found.id


def opened(session: Session, secret: str, account_id: str, now: datetime) -> None:
    """Note on the invitation who opened its link first (`opener`). Raises Absent."""
    peer, portfolio = invited_by(session, secret, now)
    if peer.account_id is None and account_id != portfolio.submission.account_id:
        peer.account_id = account_id
        session.add(peer)


def invited_by(session: Session, secret: str, now: datetime) -> tuple[Peer, Portfolio]:
    """Whom a link was sent to, and the portfolio it is about. Raises Absent where it is withdrawn or too old."""
    link = peek_link(session, secret, "peer", now)
    peer = session.get(Peer, link.subject) if link is not None else None
    if peer is None or peer.revoked is not None:
        raise Absent
    submission = session.get(Submission, peer.submission_id)
    assert submission is not None
    return peer, with_definition(session, submission)
