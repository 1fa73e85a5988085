"""Slowing down guesses: of passwords, codes, and of which addresses get mail.

An attempt is written down before it is looked at, and forgotten when it succeeds: who sends many at once gains nothing.
What is counted is a keyed hash of what was tried for, whether or not there is such an account.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, func, select

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.people.tables import SignInFailure

WINDOW = timedelta(hours=1)
FREE = 5
"""Attempts within `WINDOW` that cost no waiting; each one more doubles the wait."""
LONGEST_WAIT = timedelta(minutes=15)
MAIL_WINDOW = timedelta(minutes=10)
"""Shorter than a mailed link works: whoever is sent no further one has one that works, and whoever else asked for it
keeps nobody from getting another one afterwards."""
MOST_MAILS = 2
"""Mails of one kind to one address within `MAIL_WINDOW`."""


def begin(session: Session, desk: IssuerDesk, kind: str, what: str, now: datetime) -> timedelta | None:
    """Count an attempt; answers how long to wait before the next one where it came too early, else None.

    In a writing transaction of its own, before what was given is looked at.
    """
    subject = _subject(desk, kind, what)
    recent = select(func.count(), func.max(SignInFailure.at)).where(
        SignInFailure.subject == subject, SignInFailure.at > now - WINDOW
    )
    count, last = session.exec(recent).one()
    if count >= FREE and last is not None:
        wait = last + min(LONGEST_WAIT, timedelta(seconds=2 ** min(count - FREE + 1, 20))) - now
        if wait > timedelta(0):
            return wait
    session.add(SignInFailure(subject=subject, at=now))
    return None


def succeeded(session: Session, desk: IssuerDesk, kind: str, what: str) -> None:
    """Forget the attempts that came before the right one."""
    session.exec(delete(SignInFailure).where(col(SignInFailure.subject) == _subject(desk, kind, what)))


def may_mail(session: Session, desk: IssuerDesk, kind: str, address: str, now: datetime) -> bool:
    """Whether an address may be sent one more mail of a kind, which is counted."""
    subject = _subject(desk, f"mail {kind}", address)
    sent = session.exec(
        select(func.count()).where(SignInFailure.subject == subject, SignInFailure.at > now - MAIL_WINDOW)
    ).one()
    if sent >= MOST_MAILS:
        return False
    session.add(SignInFailure(subject=subject, at=now))
    return True


def forget_old(session: Session, now: datetime) -> int:
    """Delete what counts no more; answers how many."""
    return int(session.exec(delete(SignInFailure).where(col(SignInFailure.at) <= now - WINDOW)).rowcount)


def _subject(desk: IssuerDesk, kind: str, what: str) -> str:
    return desk.secrets.mac(f"attempts {kind}", what)
