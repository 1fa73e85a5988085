"""What recipients are told: that a badge is theirs, with the link by which they claim it."""

from __future__ import annotations

from datetime import datetime, timedelta

from badgeport.web.words import keyed, words
from sqlmodel import Session

from badgeport.issuer.awards.mail import post
from badgeport.issuer.awards.tables import Award, Recipient
from badgeport.issuer.catalog.tables import DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.people import links
from badgeport.issuer.people.tables import Account, Organization
from badgeport.issuer.web.visits import TEXTS

CLAIM = "claim"
CLAIM_LIVES = timedelta(days=180)

_SUBJECT = keyed("{organization} awarded you “{name}”")
_CLAIM = keyed(
    "Hello,\n\n{organization} awarded you the micro-credential “{name}”.\n\n"
    "It is signed and has an address of its own, which you can show to anyone:\n{address}\n\n"
    "To have it in an account of yours, to choose who sees it and to download it, open this link until {day}:\n"
    "{link}\n\nThe link is for you alone; do not pass it on.\n"
)
_YOURS = keyed(
    "Hello,\n\n{organization} awarded you the micro-credential “{name}”.\n\n"
    "It is in your account, where you choose who sees it and download it:\n{home}\n\n"
    "It has an address of its own, which you can show to anyone:\n{address}\n"
)


def tell_awarded(session: Session, desk: IssuerDesk, award: Award, now: datetime) -> bool:
    """Write to the recipient, in this transaction; False where there is no e-mail address.

    Of an award that was told of before, only the new link works.
    """
    recipient = session.get(Recipient, award.id)
    if recipient is None or not recipient.email:
        return False
    account = None if award.account_id is None else session.get(Account, award.account_id)
    speech = words("en" if account is None else account.language, *TEXTS)
    org = session.get_one(Organization, award.org_id)
    version = session.get_one(DefinitionVersion, award.version_id)
    values = {
        "organization": org.name,
        "name": str(version.body.get("name", "")),
        "address": desk.url(f"/c/{award.id}"),
        "home": desk.url("/home"),
    }
    text = _YOURS
    if award.claimed is None:
        secret = claim_link(session, desk, award, recipient.email, now)
        values |= {"link": desk.url(f"/claim/{secret}"), "day": speech.day(now + CLAIM_LIVES)}
        text = _CLAIM
    subject, body = speech.say(_SUBJECT, **values), speech.say(text, **values)
    post(session, address=recipient.email, subject=subject, body=body, now=now, org_id=award.org_id, about=award.id)
    return True


def claim_link(session: Session, desk: IssuerDesk, award: Award, email: str, now: datetime) -> str:
    """The secret of a new link that claims an award; an older one works no more."""
    if award.published != now:
        links.withdraw_links(session, purpose=CLAIM, subject=award.id)
    return links.make_link(
        session, desk, purpose=CLAIM, now=now, lives=CLAIM_LIVES, subject=award.id, email=email.lower(), at_once=False
    )
