"""Changing the e-mail address of an account: a link goes to the new one, and its owner opens it, signed in.

Until then the old address stands. Both are asked for, the mailbox and the account: a link that went to a mistyped
address gives nobody the account.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from badgeport.web.words import words
from sqlmodel import Session, col, select, update

from badgeport.issuer.audit import log
from badgeport.issuer.awards.mail import post
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, refuse
from badgeport.issuer.people import attempts
from badgeport.issuer.people.links import make_link, peek_link, use_link, withdraw_links
from badgeport.issuer.people.services import find_account, normal_email
from badgeport.issuer.people.signing_in import SECOND_FACTOR, SIGN_IN_LINK, end_sessions
from badgeport.issuer.people.tables import Account, Identity, OneTimeLink
from badgeport.issuer.submissions.tables import Comment, Peer
from badgeport.issuer.web.visits import TEXTS

CHANGE = "e-mail"
"""The purpose of the link; also the kind of mail whose number to one address is limited."""
LIVES = timedelta(hours=1)


def ask(session: Session, desk: IssuerDesk, account: Account, typed: str, now: datetime) -> str:
    """Send a link to a new address, and answer it; an earlier link works no more, unless too many were sent.

    What is answered does not tell whether somebody has the address; whoever reads it is told.
    Raises Mistakes (``email``), Absent where the account was erased.
    """
    who, address = _identity(session, account), normal_email(typed)
    if address == who.email:
        refuse("email", "This is the address of your account already.")
    if not attempts.may_mail(session, desk, CHANGE, address, now):
        return address
    withdraw_links(session, purpose=CHANGE, account_id=account.id)
    secret = make_link(
        session, desk, purpose=CHANGE, now=now, lives=LIVES, subject=account.id, account_id=account.id, email=address
    )
    say = words(account.language, *TEXTS).say
    if find_account(session, address) is None:
        subject = say("Confirm your new e-mail address")
        body = say(
            "To use this address for your account at {site}, open this link within {minutes} minutes, on a device on "
            "which you are signed in:\n\n{link}\n\nIf you did not ask for it, do nothing.",
            site=desk.public_url,
            minutes=int(LIVES.total_seconds()) // 60,
            link=desk.url(f"/account/e-mail/{secret}"),
        )
    else:
        subject = say("This address has an account already")
        body = say(
            "Somebody asked to use this address for another account at {site}. It has an account of its own, so "
            "nothing was changed.\n\nIf it was you, sign in with this address. If not, do nothing.",
            site=desk.public_url,
        )
    post(session, address=address, subject=subject, body=body, now=now)
    return address


def offered(session: Session, account: Account, secret: str, now: datetime) -> str:
    """The new address that a link confirms. Raises Absent where it works no more, or not for this account."""
    return _address(peek_link(session, secret, CHANGE, now), account)


def confirm(
    session: Session, desk: IssuerDesk, account: Account, secret: str, *, session_id: str | None, now: datetime
) -> str:
    """Take the new address, and answer it; every session but ``session_id`` ends, and the old address is told.

    Links to sign in that were sent to the old address open nothing any more. What an organisation made to it stays
    made to it: badges that nobody claimed are claimed by the link in their message.
    Raises Absent, Conflict where another account has the address by now.
    """
    address = offered(session, account, secret, now)
    use_link(session, secret, CHANGE, now)
    if find_account(session, address) is not None:
        raise Conflict("Another account has this address by now. Yours was not changed.")
    who = _identity(session, account)
    old = who.email
    _remember_help(session, account, old)
    who.email, who.email_proven = address, now
    session.add(who)
    for purpose in (SIGN_IN_LINK, SECOND_FACTOR):
        withdraw_links(session, purpose=purpose, account_id=account.id)
    end_sessions(session, account.id, but=session_id)
    say = words(account.language, *TEXTS).say
    post(
        session,
        address=old,
        subject=say("The e-mail address of your account was changed"),
        body=say(
            "Your account at {site} has another e-mail address now; this one does not open it any more.\n\n"
            "If that was not you, tell the operator of the site at once.",
            site=desk.public_url,
        ),
        now=now,
    )
    target = f"account:{account.id}"
    log.record(session, actor=account.id, action="account.e-mail-changed", target=target, at=now)
    return address


def _address(link: OneTimeLink | None, account: Account) -> str:
    if link is None or link.account_id != account.id or link.email is None:
        raise Absent
    return link.email


def _identity(session: Session, account: Account) -> Identity:
    who = session.get(Identity, account.id)
    if who is None:
        raise Absent
    return who


def _remember_help(session: Session, account: Account, old: str) -> None:
    """Note who commented by an invitation to the old address: whoever helped does not score under a new one either."""
    wrote = select(Comment.peer_id).where(col(Comment.peer_id).is_not(None))
    asked = update(Peer).where(col(Peer.email) == old, col(Peer.account_id).is_(None), col(Peer.id).in_(wrote))
    session.exec(asked.values(account_id=account.id))
