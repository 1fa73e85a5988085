"""Links that are sent to somebody: a secret that works for one purpose, for a time, and mostly once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, select

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.people.tables import OneTimeLink
from badgeport.issuer.storage.secrets import new_token, token_hash

MOST_SECRET_CHARS = 200


def make_link(
    session: Session,
    desk: IssuerDesk,  # noqa: ARG001 - the signature others rely on
    *,
    purpose: str,
    now: datetime,
    lives: timedelta,
    subject: str = "",
    account_id: str | None = None,
    email: str | None = None,
    detail: Mapping[str, Any] | None = None,
    at_once: bool = True,
) -> str:
    """A new link; answers its secret, of which only a hash is kept. ``lives`` is how long it works.

    Without ``at_once`` it is written with the rest of the transaction.
    """
    secret = new_token()
    session.add(
        OneTimeLink(
            token_hash=token_hash(secret),
            purpose=purpose,
            subject=subject,
            account_id=account_id,
            email=email,
            detail=dict(detail or {}),
            created=now,
            expires=now + lives,
        )
    )
    if at_once:
        session.flush()
    return secret


def peek_link(session: Session, secret: str, purpose: str, now: datetime) -> OneTimeLink | None:
    """The link with a secret, where it still works; it goes on working."""
    if not secret or len(secret) > MOST_SECRET_CHARS:
        return None
    statement = select(OneTimeLink).where(
        OneTimeLink.token_hash == token_hash(secret),
        OneTimeLink.purpose == purpose,
        OneTimeLink.expires > now,
        col(OneTimeLink.used).is_(None),
    )
    return session.exec(statement).first()


def use_link(session: Session, secret: str, purpose: str, now: datetime) -> OneTimeLink | None:
    """The link with a secret, which from now on works no more; None where it did not.

    In a writing transaction: of two who come at once, one gets it.
    """
    link = peek_link(session, secret, purpose, now)
    if link is not None:
        link.used = now
        session.add(link)
        session.flush()
    return link


def has_link(session: Session, *, purpose: str, subject: str, now: datetime) -> bool:
    """Whether there is a link of a purpose about a subject that works."""
    statement = select(OneTimeLink.id).where(
        OneTimeLink.purpose == purpose,
        OneTimeLink.subject == subject,
        OneTimeLink.expires > now,
        col(OneTimeLink.used).is_(None),
    )
    return session.exec(statement).first() is not None


def withdraw_links(
    session: Session, *, purpose: str, subject: str | None = None, account_id: str | None = None
) -> None:
    """Let links of a purpose work no more: those about a subject, or of an account."""
    statement = delete(OneTimeLink).where(col(OneTimeLink.purpose) == purpose)
    if subject is not None:
        statement = statement.where(col(OneTimeLink.subject) == subject)
    if account_id is not None:
        statement = statement.where(col(OneTimeLink.account_id) == account_id)
    session.exec(statement)
