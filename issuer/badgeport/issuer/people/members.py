"""Who is what in an organisation: invitations, roles, schools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from badgeport.web.words import Words
from sqlmodel import Session, col, func, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards.mail import post
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Forbidden, Mistakes, refuse
from badgeport.issuer.people.links import make_link, peek_link, use_link
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import (
    CHANGED_MEANWHILE,
    MOST_NAME,
    check_version,
    ensure_account,
    find_account,
    normal_email,
    prove_email,
    roles_of,
    school_of,
)
from badgeport.issuer.people.tables import Account, ApiToken, Membership, OneTimeLink, Organization, School
from badgeport.issuer.people.tokens import withdraw_tokens_of
from badgeport.issuer.people.wording import speech_for

INVITATION = "invitation"
INVITATION_LIVES = timedelta(days=14)
MOST_AT_ONCE = 200
SERVER = "operator"
"""How the audit log names who works on the server itself."""
FOR_PROGRAMS = frozenset({Role.EDUCATOR, Role.COACH, Role.ASSESSOR})
"""The roles a program may give: a token must not become more than it is by way of a person it invites."""


def invite(
    session: Session,
    desk: IssuerDesk,
    org: Organization,
    *,
    emails: Iterable[str],
    roles: Iterable[Role],
    school_id: str | None,
    actor: str,
    now: datetime,
    speech: Words,
    name: str = "",
    by_program: bool = False,
) -> list[OneTimeLink]:
    """Mail an invitation to each address. One who is invited again gets a new link; the older one works no more.

    ``speech`` is in whose words the mail is written where the person has no account. Raises Mistakes (``emails``,
    ``roles``, ``school``), Forbidden for a program that gives more than it may.
    """
    wanted = sorted(set(roles))
    addresses, mistakes = _addresses(emails), Mistakes()
    if not addresses:
        mistakes.add("emails", "Write at least one e-mail address.")
    if len(addresses) > MOST_AT_ONCE:
        mistakes.add("emails", "Invite at most {most} people at once.", most=MOST_AT_ONCE)
    for address in addresses[:MOST_AT_ONCE]:
        try:
            normal_email(address)
        except Mistakes:
            mistakes.add("emails", "This is no e-mail address: {address}", address=address[:80])
    if not wanted:
        mistakes.add("roles", "Choose at least one role.")
    if school_id:
        _check_school(session, org, school_id, mistakes)
    if mistakes:
        raise mistakes
    if by_program and not FOR_PROGRAMS.issuperset(wanted):
        raise Forbidden("A program may invite educators, coaches and assessors; others are invited by a person.")
    return [
        _invite_one(
            session, desk, org, address, wanted, school_id, actor, now, speech, name if len(addresses) == 1 else ""
        )
        for address in dict.fromkeys(address.lower() for address in addresses)
    ]


def _invite_one(
    session: Session,
    desk: IssuerDesk,
    org: Organization,
    address: str,
    roles: Sequence[Role],
    school_id: str | None,
    actor: str,
    now: datetime,
    speech: Words,
    name: str,
) -> OneTimeLink:
    for old in invitations(session, org):
        if old.email == address:
            session.delete(old)
    session.flush()
    secret = make_link(
        session,
        desk,
        purpose=INVITATION,
        now=now,
        lives=INVITATION_LIVES,
        subject=org.id,
        email=address,
        detail={
            "roles": [role.value for role in roles],
            "school": school_id or "",
            "name": name[:MOST_NAME],
            "by": actor,
        },
    )
    say = speech_for(find_account(session, address), speech).say
    post(
        session,
        address=address,
        subject=say("{org} invites you", org=org.name),
        body=say(
            "{org} invites you to its micro-credentials.\n\nTo accept, open this link within {days} days:\n\n{link}\n\n"
            "If you do not know what this is about, do nothing: nothing happens without you.",
            org=org.name,
            days=INVITATION_LIVES.days,
            link=desk.url(f"/invitations/{secret}"),
        ),
        now=now,
        org_id=org.id,
    )
    link = session.exec(
        select(OneTimeLink).where(
            OneTimeLink.purpose == INVITATION,
            OneTimeLink.subject == org.id,
            OneTimeLink.email == address,
            col(OneTimeLink.used).is_(None),
        )
    ).one()
    log.record(
        session,
        actor=actor,
        action="invitation.sent",
        target=f"invitation:{link.id}",
        at=now,
        org_id=org.id,
        detail={"roles": [role.value for role in roles]},
    )
    return link


def invitations(session: Session, org: Organization) -> Sequence[OneTimeLink]:
    """The invitations of an organisation that nobody accepted, newest first; also those whose time is over."""
    statement = select(OneTimeLink).where(
        OneTimeLink.purpose == INVITATION, OneTimeLink.subject == org.id, col(OneTimeLink.used).is_(None)
    )
    return session.exec(statement.order_by(col(OneTimeLink.created).desc(), col(OneTimeLink.id))).all()


def invitation_of(session: Session, org: Organization, link_id: str) -> OneTimeLink:
    """One invitation of an organisation. Raises Absent."""
    link = session.get(OneTimeLink, link_id)
    if link is None or link.purpose != INVITATION or link.subject != org.id or link.used is not None:
        raise Absent
    return link


def is_backed(session: Session, link: OneTimeLink) -> bool:
    """Whether an invitation still counts. One to more than educator does as long as who sent it may still send it:
    whoever is removed comes not back by a link they sent to themselves."""
    if set(link.detail["roles"]) <= {Role.EDUCATOR.value}:
        return True
    sender = str(link.detail.get("by", ""))
    if sender == SERVER:
        return True
    if sender.startswith("token:"):
        token = session.get(ApiToken, sender.removeprefix("token:"))
        return token is not None and token.revoked is None
    account = session.get(Account, sender)
    if account is None or account.state != "active":
        return False
    return account.operator or Role.ADMINISTRATOR in roles_of(session, link.subject, account.id)


def withdraw_invitation(session: Session, org: Organization, link_id: str, *, actor: str, now: datetime) -> None:
    """Let an invitation work no more. Raises Absent."""
    link = invitation_of(session, org, link_id)
    session.delete(link)
    log.record(
        session, actor=actor, action="invitation.withdrawn", target=f"invitation:{link.id}", at=now, org_id=org.id
    )


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation offers, to whom; ``known`` says whether an account has the address."""

    org: Organization
    email: str
    name: str
    roles: tuple[Role, ...]
    known: bool


def invited(session: Session, secret: str, now: datetime) -> Invited:
    """What an invitation offers. Raises Absent where the link works no more."""
    link = peek_link(session, secret, INVITATION, now)
    org = None if link is None else session.get(Organization, link.subject)
    if link is None or link.email is None or org is None or org.closed is not None or not is_backed(session, link):
        raise Absent
    roles = tuple(Role(role) for role in link.detail["roles"])
    return Invited(org, link.email, link.detail.get("name", ""), roles, find_account(session, link.email) is not None)


def accept_invitation(
    session: Session, secret: str, *, account: Account | None, name: str, now: datetime
) -> tuple[Account, Organization]:
    """Let in who was invited; the link works no more.

    ``account`` is who is signed in. An account that has the address already must be it: a link in an old message opens
    no account. Where none has it, one is made with ``name``. Raises Absent, Mistakes (``name``), Conflict.
    """
    offer = invited(session, secret, now)
    owner = find_account(session, offer.email)
    if owner is not None and (account is None or account.id != owner.id):
        raise Conflict(
            "There is an account with the address this was sent to. Sign in to it, then open the link again."
        )
    if owner is None and account is not None:
        raise Conflict("This was sent to an address without an account. Sign out, then open the link again.")
    if owner is None and not name.strip():
        refuse("name", "Write your name.")
    link = use_link(session, secret, INVITATION, now)
    if link is None:
        raise Absent
    account = owner or ensure_account(session, email=offer.email, name=name, now=now)
    prove_email(session, account.id, now)
    school = session.get(School, link.detail.get("school") or "")
    for role in offer.roles:
        _give(session, offer.org, account.id, role, None if school is None else school.id, now)
    log.record(
        session,
        actor=account.id,
        action="invitation.accepted",
        target=f"account:{account.id}",
        at=now,
        org_id=offer.org.id,
        detail={"roles": [role.value for role in offer.roles], "invitation": link.id},
    )
    return account, offer.org


def join_as_educator(session: Session, org: Organization, account_id: str, now: datetime) -> None:
    """Make a person an educator of an organisation, where they are nothing there yet."""
    if roles_of(session, org.id, account_id):
        return
    _give(session, org, account_id, Role.EDUCATOR, None, now)
    log.record(
        session,
        actor=account_id,
        action="member.joined",
        target=f"account:{account_id}",
        at=now,
        org_id=org.id,
        detail={"roles": [Role.EDUCATOR.value]},
    )


def set_roles(
    session: Session,
    org: Organization,
    account_id: str,
    *,
    roles: Iterable[Role],
    school_id: str | None,
    actor: str,
    now: datetime,
    why: str = "",
    by_program: bool = False,
    before: str | None = None,
) -> None:
    """Say what a member is from now on; without any role they are no member any more. What they did stays.

    The tokens of programs that an administrator made end with that role. ``before`` is what the member was when that
    was looked at (`standing_of`). Raises Absent for who is no member, Mistakes (``school``; ``why``, to remove
    somebody), Forbidden, Conflict for the last administrator and where somebody was quicker.
    """
    held = roles_of(session, org.id, account_id)
    wanted = frozenset(roles)
    if not held:
        raise Absent
    if before is not None and before != standing_of(session, org, account_id):
        raise Conflict(CHANGED_MEANWHILE)
    if by_program and not FOR_PROGRAMS.issuperset(held ^ wanted):
        raise Forbidden("A program may change who is educator, coach and assessor; other roles a person changes.")
    mistakes = Mistakes()
    if not wanted and not why.strip():
        mistakes.add("why", "Say why; others will ask.")
    if school_id:
        _check_school(session, org, school_id, mistakes)
    if mistakes:
        raise mistakes
    if Role.ADMINISTRATOR in held - wanted and administrators(session, org) <= 1:
        raise Conflict("This is the last administrator here. Make somebody else administrator first.")
    rows = session.exec(
        select(Membership).where(Membership.org_id == org.id, Membership.account_id == account_id)
    ).all()
    for row in rows:
        if Role(row.role) not in wanted:
            session.delete(row)
        else:
            row.school_id = school_id or None
            session.add(row)
    for role in wanted - held:
        _give(session, org, account_id, role, school_id or None, now)
    log.record(
        session,
        actor=actor,
        action="member.changed" if wanted else "member.removed",
        target=f"account:{account_id}",
        at=now,
        org_id=org.id,
        detail={
            "before": sorted(role.value for role in held),
            "after": sorted(role.value for role in wanted),
            "school": school_id or None,
        },
        why=why,
    )
    if Role.ADMINISTRATOR in held - wanted:
        withdraw_tokens_of(session, account_id, org, actor=actor, now=now, why=why)


def standing_of(session: Session, org: Organization, account_id: str) -> str:
    """What a member is, as a form holds it until it comes back: the roles, and the school."""
    school = school_of(session, org.id, account_id)
    roles = sorted(role.value for role in roles_of(session, org.id, account_id))
    return " ".join([*roles, *(() if school is None else (f"@{school.id}",))])


def administrators(session: Session, org: Organization) -> int:
    """How many administrators with a working account an organisation has."""
    statement = (
        select(func.count())
        .select_from(Membership)
        .join(Account, col(Account.id) == col(Membership.account_id))
        .where(
            Membership.org_id == org.id,
            Membership.role == Role.ADMINISTRATOR.value,
            Account.state == "active",
        )
    )
    return session.exec(statement).one()


# ---------------------------------------------------------------- schools


def schools_of(session: Session, org: Organization) -> Sequence[School]:
    """The schools of an organisation, by name."""
    return session.exec(select(School).where(School.org_id == org.id).order_by(col(School.name))).all()


def school_here(session: Session, org: Organization, school_id: str) -> School:
    """One school of an organisation. Raises Absent."""
    school = session.get(School, school_id)
    if school is None or school.org_id != org.id:
        raise Absent
    return school


def save_school(
    session: Session,
    org: Organization,
    school: School | None,
    *,
    name: str,
    enrolment: int | None,
    actor: str,
    now: datetime,
    version: int | None = None,
) -> School:
    """Add a school or change one. Raises Mistakes (``name``, ``enrolment``), Conflict where somebody changed it since
    ``version``."""
    if school is not None:
        check_version(school.version, version)
    mistakes, plain = Mistakes(), " ".join(name.split())
    if not 1 <= len(plain) <= MOST_NAME:
        mistakes.add("name", "Write the name, in at most {most} characters.", most=MOST_NAME)
    if enrolment is not None and not 0 <= enrolment <= 100_000:
        mistakes.add("enrolment", "Write the number of students, or leave it out.")
    other = session.exec(select(School.id).where(School.org_id == org.id, School.name == plain)).first()
    if other is not None and (school is None or school.id != other):
        mistakes.add("name", "There is a school with this name already.")
    if mistakes:
        raise mistakes
    verb = "added" if school is None else "changed"
    school = school or School(org_id=org.id, name=plain, version=0)
    school.name, school.enrolment = plain, enrolment
    school.version += 1
    session.add(school)
    session.flush()
    log.record(
        session,
        actor=actor,
        action=f"school.{verb}",
        target=f"school:{school.id}",
        at=now,
        org_id=org.id,
        detail={"enrolment": enrolment},
    )
    return school


def remove_school(session: Session, org: Organization, school: School, *, actor: str, now: datetime) -> None:
    """Take a school out of the list. Raises Conflict while people belong to it."""
    if session.exec(select(Membership.id).where(Membership.school_id == school.id)).first() is not None:
        raise Conflict("People belong to this school. Give them another one first.")
    session.delete(school)
    session.flush()
    log.record(session, actor=actor, action="school.removed", target=f"school:{school.id}", at=now, org_id=org.id)


# ---------------------------------------------------------------- inside


def _give(
    session: Session, org: Organization, account_id: str, role: Role, school_id: str | None, now: datetime
) -> None:
    row = session.exec(
        select(Membership).where(
            Membership.org_id == org.id, Membership.account_id == account_id, Membership.role == role.value
        )
    ).first()
    if row is None:
        row = Membership(org_id=org.id, account_id=account_id, role=role.value, since=now)
    if school_id is not None:
        row.school_id = school_id
    session.add(row)
    session.flush()


def _check_school(session: Session, org: Organization, school_id: str, mistakes: Mistakes) -> None:
    school = session.get(School, school_id)
    if school is None or school.org_id != org.id:
        mistakes.add("school", "Choose a school from the list.")


def _addresses(emails: Iterable[str]) -> list[str]:
    return [part for text in emails for part in text.replace(",", " ").replace(";", " ").split()]
