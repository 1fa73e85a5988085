"""Organisations, schools, people and what they are there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from badgeport.web.words import keyed
from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.keys import add_keys, issuer_did
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import (
    Account,
    AssessorCertification,
    Identity,
    IssuerKey,
    Membership,
    Organization,
    School,
)

KINDS = ("state", "district", "cooperative", "school", "other")
ERASED = "(erased)"
MOST_NAME = 200
CHANGED_MEANWHILE = keyed(
    "Somebody changed this in the meantime. Load the page again, and make your changes once more."
)

_SLUG = re.compile(r"[a-z][a-z0-9-]{1,61}[a-z0-9]")
_EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?\.[a-z0-9-]{2,63}")
_TAKEN = ("new", "installation", "vc-jwt", "bitstring-status")
_TAKEN_BEGINNINGS = ("eddsa-", "ecdsa-", "ed25519signature", "did-")
"""Names of issuers that the interface for conformance tests has."""


# ---------------------------------------------------------------- organisations


def check_slug(slug: str, mistakes: Mistakes) -> None:
    """Note what is wrong with a short name of an organisation."""
    if not _SLUG.fullmatch(slug) or "--" in slug:
        mistakes.add("slug", "Use 3 to 63 small letters, digits and single hyphens, beginning with a letter.")
    elif slug in _TAKEN or slug.startswith(_TAKEN_BEGINNINGS):
        mistakes.add("slug", "This name is reserved; choose another one.")


def create_organization(
    session: Session,
    desk: IssuerDesk,
    *,
    slug: str,
    name: str,
    kind: str,
    actor: str,
    now: datetime,
    keys: Sequence[IssuerKey] = (),
    parent: Organization | None = None,
    own_domain: str | None = None,
) -> Organization:
    """A new organisation. ``keys`` are its first ones, of `keys.prepare_keys` for `keys.issuer_did`; without any it
    cannot award yet. Raises Mistakes (``slug``, ``name``, ``kind``, ``own_domain``), Conflict where the name is taken.
    """
    mistakes = Mistakes()
    check_slug(slug, mistakes)
    plain = " ".join(name.split())
    if not 1 <= len(plain) <= MOST_NAME:
        mistakes.add("name", "Write the name, in at most {most} characters.", most=MOST_NAME)
    if kind not in KINDS:
        mistakes.add("kind", "Choose what kind of organization it is.")
    if mistakes:
        raise mistakes
    did = issuer_did(desk, slug, own_domain)
    if session.exec(select(Organization.id).where(Organization.slug == slug)).first():
        refuse("slug", "There is an organization with this short name already.")
    if session.exec(select(Organization.id).where(Organization.did == did)).first():
        refuse("own_domain", "Another organization issues from this domain already.")
    org = Organization(
        slug=slug,
        name=plain,
        kind=kind,
        parent_id=None if parent is None else parent.id,
        did=did,
        created=now,
    )
    session.add(org)
    session.flush()
    log.record(
        session,
        actor=actor,
        action="organization.created",
        target=f"organization:{org.id}",
        at=now,
        org_id=org.id,
        detail={"slug": slug, "kind": kind, "did": did},
    )
    for row in keys:
        row.org_id = org.id
    add_keys(session, keys, actor=actor, now=now)
    return org


def organization(session: Session, slug: str) -> Organization:
    """The organisation with a short name. Raises Absent."""
    org = session.exec(select(Organization).where(Organization.slug == slug)).first()
    if org is None:
        raise Absent
    return org


# ---------------------------------------------------------------- accounts


def normal_email(text: str) -> str:
    """An e-mail address as it is compared: in lower case. Raises Mistakes (``email``) for what is none."""
    email = text.strip().lower()
    if len(email) > 254 or not email.isascii() or not _EMAIL.fullmatch(email) or ".." in email:
        refuse("email", "Write an e-mail address, like pat@example.org.")
    return email


def find_account(session: Session, email: str) -> Account | None:
    """The account with an e-mail address."""
    statement = select(Account).join(Identity).where(Identity.email == email.strip().lower(), Account.state != "erased")
    return session.exec(statement).first()


def ensure_account(session: Session, *, email: str, name: str, now: datetime) -> Account:
    """The account with an e-mail address, made where there is none. Raises Mistakes (``email``)."""
    address = normal_email(email)
    account = find_account(session, address)
    if account is not None:
        return account
    account = Account(created=now)
    session.add(account)
    session.flush()
    session.add(Identity(account_id=account.id, name=_plain_name(name) or address.partition("@")[0], email=address))
    session.flush()
    log.record(session, actor="system", action="account.created", target=f"account:{account.id}", at=now)
    return account


def identity(session: Session, account_id: str) -> Identity | None:
    """Who an account is; None where that was erased."""
    return session.get(Identity, account_id)


def name_of(session: Session, account_id: str) -> str:
    """The name of who an account is; "(erased)" where that is gone."""
    found = identity(session, account_id)
    return ERASED if found is None else found.name


def names_of(session: Session, account_ids: Iterable[str]) -> dict[str, str]:
    """The names of many accounts by id; those whose name is gone are left out."""
    wanted = set(account_ids)
    rows = session.exec(select(Identity).where(col(Identity.account_id).in_(wanted))) if wanted else ()
    return {row.account_id: row.name for row in rows}


def prove_email(session: Session, account_id: str, now: datetime) -> None:
    """Note that the person reads mail at their address."""
    found = identity(session, account_id)
    if found is not None and found.email_proven is None:
        found.email_proven = now
        session.add(found)


def _plain_name(text: str) -> str:
    return " ".join(text.split())[:MOST_NAME]


# ---------------------------------------------------------------- what they are


def roles_of(session: Session, org_id: str, account_id: str) -> frozenset[Role]:
    """What a person is in an organisation."""
    statement = select(Membership.role).where(Membership.org_id == org_id, Membership.account_id == account_id)
    return frozenset(Role(role) for role in session.exec(statement))


def school_of(session: Session, org_id: str, account_id: str) -> School | None:
    """The school of a person in an organisation."""
    statement = (
        select(School)
        .join(Membership, col(Membership.school_id) == col(School.id))
        .where(Membership.org_id == org_id, Membership.account_id == account_id)
        .order_by(col(Membership.since))
    )
    return session.exec(statement).first()


def certification(
    session: Session, org_id: str, account_id: str, definition_id: str, on: date
) -> AssessorCertification | None:
    """The certification by which a person may score a micro-credential on a day."""
    statement = (
        select(AssessorCertification)
        .where(
            AssessorCertification.org_id == org_id,
            AssessorCertification.account_id == account_id,
            AssessorCertification.definition_id == definition_id,
            AssessorCertification.valid_from <= on,
            col(AssessorCertification.withdrawn).is_(None),
        )
        .where((col(AssessorCertification.valid_until).is_(None)) | (col(AssessorCertification.valid_until) >= on))
        .order_by(col(AssessorCertification.valid_from), col(AssessorCertification.id))
    )
    return session.exec(statement).first()


def certified_assessors(session: Session, org_id: str, definition_id: str, on: date) -> frozenset[str]:
    """The accounts that may score a micro-credential on a day and are assessors still."""
    statement = (
        select(AssessorCertification.account_id)
        .join(Membership, col(Membership.account_id) == col(AssessorCertification.account_id))
        .where(
            AssessorCertification.org_id == org_id,
            Membership.org_id == org_id,
            Membership.role == Role.ASSESSOR.value,
            AssessorCertification.definition_id == definition_id,
            AssessorCertification.valid_from <= on,
            col(AssessorCertification.withdrawn).is_(None),
        )
        .where((col(AssessorCertification.valid_until).is_(None)) | (col(AssessorCertification.valid_until) >= on))
    )
    return frozenset(session.exec(statement))


def check_version(found: int, given: int | None) -> None:
    """Raises Conflict where what is to be changed was changed since it was read."""
    if given is not None and found != given:
        raise Conflict(CHANGED_MEANWHILE)
