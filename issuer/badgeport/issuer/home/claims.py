"""A badge becomes somebody's: by the link that was mailed with it, or because their address is proven already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from badgeport.web.words import keyed, words
from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.awards import proposals
from badgeport.issuer.awards.mail import post
from badgeport.issuer.awards.tables import Award, Recipient
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.home.services import VISIBILITIES, Earned, earned_of, waiting
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people import links, services
from badgeport.issuer.people.tables import Account, OneTimeLink, Organization
from badgeport.issuer.web.visits import TEXTS

PURPOSE = "claim"
OTHER_ADDRESS = "link, other address"
"""How the log says that a badge was claimed by an account without the address that its link was sent to."""
_CLAIMED = keyed("Your badge was claimed: {name}")
_CLAIMED_TEXT = keyed(
    "Hello,\n\nthe badge “{name}” that {organization} made to this address was claimed with its link, by an account "
    "with another e-mail address.\n\nIf that was you, there is nothing to do. If not, tell the organization.\n"
)
MOST_NAME = 200


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link lets somebody claim. ``email`` is where it was sent; ``known`` whether an account has the address."""

    badge: Earned
    email: str
    name: str
    known: bool


def claim_of(session: Session, secret: str, now: datetime) -> Claim:
    """What a link is good for.

    Raises Absent where it is unknown, used or over, its badge was erased, or is made to another address by now.
    """
    link = links.peek_link(session, secret, PURPOSE, now)
    if link is None:
        raise Absent
    badge = _badge(session, link.subject)
    recipient = session.get(Recipient, link.subject)
    email = _sent_to(link, recipient)
    name = recipient.name if recipient else ""
    return Claim(badge, email, name, services.find_account(session, email) is not None)


def take(session: Session, secret: str, account: Account, visibility: str, *, now: datetime) -> Award:
    """Claim by the link: the badge is the account's from here on, the link works no more. Raises Absent, Conflict.

    Whoever was passed the link can do so. Where the account has another address than the one the link was sent to, who
    reads that one is told, and the history says so to the organisation.
    """
    link = links.use_link(session, secret, PURPOSE, now)
    if link is None:
        raise Absent
    badge = _badge(session, link.subject)
    recipient, who = session.get(Recipient, link.subject), services.identity(session, account.id)
    sent_to = _sent_to(link, recipient)
    own = who is not None and who.email_proven is not None and who.email == sent_to
    _give(session, badge.award, account, visibility, by="link" if own else OTHER_ADDRESS, now=now)
    if not own and sent_to:
        speech = words("en", *TEXTS)
        values = {"name": badge.name, "organization": badge.organization.name}
        post(
            session,
            address=sent_to,
            subject=speech.say(_CLAIMED, **values),
            body=speech.say(_CLAIMED_TEXT, **values),
            now=now,
            org_id=badge.award.org_id,
            about=badge.award.id,
        )
    return badge.award


def _sent_to(link: OneTimeLink, recipient: Recipient | None) -> str:
    """The address a link was sent to. Raises Absent where its badge is made to another one by now."""
    made_to = recipient.email.lower() if recipient else ""
    if link.email and link.email.lower() != made_to:
        raise Absent
    return made_to


def open_account(session: Session, secret: str, name: str, *, now: datetime) -> Account:
    """An account for who holds the link, whose address it proves.

    Raises Absent, Mistakes, Conflict where an account has the address: its owner signs in as ever, for a link in an old
    message opens no account that is there already.
    """
    found = claim_of(session, secret, now)
    mistakes = Mistakes()
    if not name.strip() or len(name) > MOST_NAME:
        mistakes.add("name", "Write your name, in at most {most} characters.", most=MOST_NAME)
    if not found.email:
        mistakes.add("", "This badge was made without an e-mail address. Sign in first, then open the link again.")
    if mistakes:
        raise mistakes
    if found.known:
        raise Conflict("There is an account with this e-mail address. Sign in, and claim the badge then.")
    account = services.ensure_account(session, email=found.email, name=name, now=now)
    services.prove_email(session, account.id, now)
    return account


def take_waiting(session: Session, account: Account, award_id: str, visibility: str, *, now: datetime) -> Award:
    """Claim a badge that was made to the account's own proven address. Raises Absent, Conflict."""
    identity = services.identity(session, account.id)
    if identity is None or identity.email_proven is None:
        raise Absent
    for one in waiting(session, identity.email):
        if one.award.id == award_id:
            _give(session, one.award, account, visibility, by="address", now=now)
            links.withdraw_links(session, purpose=PURPOSE, subject=award_id)
            return one.award
    raise Absent


def _give(session: Session, award: Award, account: Account, visibility: str, *, by: str, now: datetime) -> None:
    if award.account_id not in (None, account.id):
        raise Conflict("This badge is in another account already. If that is not yours, tell the organization.")
    if visibility not in VISIBILITIES:
        refuse("visibility", "Choose who may see the badge.")
    if award.claimed is not None and award.account_id == account.id:
        return
    award.account_id, award.claimed, award.visibility = account.id, now, visibility
    award.version += 1
    session.add(award)
    log.record(
        session,
        actor=account.id,
        action="award.claimed",
        target=f"award:{award.id}",
        at=now,
        org_id=award.org_id,
        detail={"by": by, "visibility": visibility},
    )
    if award.state == "published":
        proposals.look_again(session, award.org_id, account.id, now)


def _badge(session: Session, award_id: str) -> Earned:
    statement = select(Award, Definition, DefinitionVersion, Organization).where(
        Award.id == award_id,
        Award.state != "erased",
        Award.definition_id == Definition.id,
        Award.version_id == DefinitionVersion.id,
        Award.org_id == Organization.id,
    )
    row = session.exec(statement).first()
    if row is None:
        raise Absent
    return earned_of(row)
