"""Which accounts an organisation's OpenID provider opens, and the links by which it does."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, select

from badgeport.issuer.audit import log
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Account, FederatedIdentity, Membership, Organization, SignIn


def is_entrusted(session: Session, account: Account, org_id: str) -> bool:
    """Whether an account runs the installation, or works for another organisation than this one."""
    if account.operator:
        return True
    elsewhere = select(Membership.id).where(
        Membership.account_id == account.id, Membership.org_id != org_id, Membership.role != Role.EDUCATOR.value
    )
    return session.exec(elsewhere).first() is not None


def opens(session: Session, account: Account, org: Organization) -> bool:
    """Whether the word of an organisation's provider is enough for an account as it is now.

    One organisation's provider does not open what another one, or the installation, has entrusted to somebody, unless
    they linked it themselves.
    """
    if not is_entrusted(session, account, org.id):
        return True
    link = session.exec(
        select(FederatedIdentity.id).where(
            FederatedIdentity.account_id == account.id,
            FederatedIdentity.issuer == org.sign_in.get("issuer", ""),
            col(FederatedIdentity.confirmed).is_not(None),
        )
    )
    return link.first() is not None


def links_of(account_id: str) -> Any:
    """The links of an account, oldest first, to be listed."""
    return (
        select(FederatedIdentity)
        .where(FederatedIdentity.account_id == account_id)
        .order_by(col(FederatedIdentity.created), col(FederatedIdentity.id))
    )


def confirm(session: Session, link: FederatedIdentity, org: Organization, now: datetime) -> None:
    """Note that the owner of an account, signed in to it in another way, came from the provider."""
    if link.confirmed is not None:
        return
    link.confirmed = now
    session.add(link)
    log.record(
        session,
        actor=link.account_id,
        action="account.provider-confirmed",
        target=f"account:{link.account_id}",
        at=now,
        org_id=org.id,
        detail={"issuer": link.issuer},
    )


def unlink(session: Session, account: Account, link_id: str, now: datetime) -> None:
    """Let a provider open an account no more; sessions that one began end. Raises Absent."""
    link = session.get(FederatedIdentity, link_id)
    if link is None or link.account_id != account.id:
        raise Absent
    session.delete(link)
    session.exec(delete(SignIn).where(col(SignIn.account_id) == account.id, col(SignIn.org_id).is_not(None)))
    log.record(
        session,
        actor=account.id,
        action="account.provider-unlinked",
        target=f"account:{account.id}",
        at=now,
        detail={"issuer": link.issuer},
    )
