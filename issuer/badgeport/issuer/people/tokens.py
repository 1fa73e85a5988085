"""API tokens of an organisation: shown once, good for what they are said to be good for, for a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.tables import ApiToken, Organization
from badgeport.issuer.storage.secrets import new_token, token_hash
from badgeport.issuer.web.access import SCOPES

PREFIX = "bp_"
"""How a token begins, so that it is recognised where it was left lying about."""
LONGEST_DAYS = 730
MOST_NAME = 80
MAKER_LEFT = "who made it is no administrator any more"


def make_token(
    session: Session,
    org: Organization,
    *,
    name: str,
    scopes: Iterable[str],
    days: int | None,
    actor: str,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which is kept nowhere. ``days`` is how long it is good for (None: until withdrawn).

    Raises Mistakes (``name``, ``scopes``, ``days``).
    """
    wanted, mistakes = sorted(set(scopes)), Mistakes()
    if not 1 <= len(name.strip()) <= MOST_NAME:
        mistakes.add("name", "Write what the token is for, in at most {most} characters.", most=MOST_NAME)
    if not wanted or not set(wanted) <= set(SCOPES):
        mistakes.add("scopes", "Choose what the token may do.")
    if days is not None and not 1 <= days <= LONGEST_DAYS:
        mistakes.add("days", "Choose from 1 to {most} days.", most=LONGEST_DAYS)
    if mistakes:
        raise mistakes
    secret = PREFIX + new_token()
    row = ApiToken(
        org_id=org.id,
        name=name.strip(),
        token_hash=token_hash(secret),
        scopes=wanted,
        created=now,
        created_by=actor,
        expires=None if days is None else now + timedelta(days=days),
    )
    session.add(row)
    session.flush()
    log.record(
        session,
        actor=actor,
        action="token.made",
        target=f"token:{row.id}",
        at=now,
        org_id=org.id,
        detail={"scopes": wanted, "days": days},
    )
    return row, secret


def tokens_of(session: Session, org: Organization) -> Sequence[ApiToken]:
    """The tokens of an organisation, newest first."""
    statement = select(ApiToken).where(ApiToken.org_id == org.id)
    return session.exec(statement.order_by(col(ApiToken.created).desc(), col(ApiToken.id))).all()


def token_of(session: Session, org: Organization, token_id: str) -> ApiToken:
    """One token of an organisation. Raises Absent."""
    row = session.get(ApiToken, token_id)
    if row is None or row.org_id != org.id:
        raise Absent
    return row


def good_tokens_of(session: Session, account_id: str, org: Organization | None = None) -> Sequence[ApiToken]:
    """The tokens that somebody made and that were not withdrawn, of one organisation or of all."""
    statement = select(ApiToken).where(ApiToken.created_by == account_id, col(ApiToken.revoked).is_(None))
    if org is not None:
        statement = statement.where(ApiToken.org_id == org.id)
    return session.exec(statement.order_by(col(ApiToken.created), col(ApiToken.id))).all()


def withdraw_tokens_of(
    session: Session, account_id: str, org: Organization | None = None, *, actor: str, now: datetime, why: str
) -> None:
    """Withdraw what somebody made who is no administrator any more: they know the secrets."""
    for row in good_tokens_of(session, account_id, org):
        withdraw_token(session, row, actor=actor, now=now, why=why.strip() or MAKER_LEFT)


def withdraw_token(session: Session, row: ApiToken, *, actor: str, now: datetime, why: str) -> None:
    """Let a token be good for nothing any more. Raises Conflict where it is so already, Mistakes (``why``)."""
    if row.revoked is not None:
        raise Conflict("This token was withdrawn already.")
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    row.revoked = now
    session.add(row)
    log.record(
        session,
        actor=actor,
        action="token.withdrawn",
        target=f"token:{row.id}",
        at=now,
        org_id=row.org_id,
        why=why,
    )
