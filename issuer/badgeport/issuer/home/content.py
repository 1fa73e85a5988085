"""What a badge says about its earner beyond what was achieved: evidence, a name, a DID. The earner chooses.

A signed badge cannot be changed, so that each choice has it signed anew under its address; the editions before stay on
record, and copies of them that somebody has keep saying what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.award import Evidence
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import AwardBody, RecipientData
from badgeport.issuer.awards.tables import Award, Recipient
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home import collections
from badgeport.issuer.home.services import my_award, visible
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.issuer.people.tables import Account, Identity
from badgeport.issuer.submissions.tables import Attempt, EvidenceItem

_WHY = "The earner chose what the badge shows."


@dataclass(frozen=True, slots=True)
class Said:
    """What a badge says about its earner, and what it could say. ``own_did`` is the one of the account.

    ``items`` are the pieces of evidence handed in for it, ``released`` the ids of those it shows.
    """

    items: tuple[EvidenceItem, ...]
    released: tuple[str, ...]
    name: str
    shows_name: bool
    did: str | None
    own_did: str | None
    changeable: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What the earner wants it to say."""

    released: Sequence[str]
    show_name: bool
    use_did: bool


def said(session: Session, award: Award) -> Said:
    """What a badge says about its earner just now."""
    recipient = session.get(Recipient, award.id)
    identity = None if award.account_id is None else session.get(Identity, award.account_id)
    items = handed_in(session, award)
    return Said(
        items=tuple(items),
        released=tuple(item.id for item in items if item.released is not None),
        name=(recipient.name if recipient else "") or (identity.name if identity else ""),
        shows_name=recipient is not None and recipient.show_name,
        did=recipient.did if recipient else None,
        own_did=identity.did if identity else None,
        changeable=recipient is not None and award.standing != "revoked" and award.state != "erased",
    )


def handed_in(session: Session, award: Award) -> list[EvidenceItem]:
    """The evidence that was handed in and led to a badge, and is still kept."""
    if award.submission_id is None:
        return []
    attempt = session.exec(
        select(Attempt).where(Attempt.submission_id == award.submission_id).order_by(col(Attempt.number).desc())
    ).first()
    if attempt is None:
        return []
    rows = session.exec(select(EvidenceItem).where(EvidenceItem.submission_id == award.submission_id))
    kept = {row.id: row for row in rows if row.removed is None and (row.digest or row.url)}
    return [kept[one] for one in attempt.evidence if one in kept]


def change(
    session: Session,
    desk: IssuerDesk,
    account_id: str,
    award_id: str,
    choice: Choice,
    *,
    seen: int | None,
    actor: str,
    now: datetime,
) -> bool:
    """Have a badge say what its earner chose; False where it does already. Raises Absent, Mistakes, Conflict."""
    award = my_award(session, account_id, award_id).award
    if seen is not None and seen != award.version:
        raise Conflict("The badge was changed in the meantime. Look at it again before you change it.")
    before = said(session, award)
    _check(before, choice)
    wanted = set(choice.released)
    did = (before.did or before.own_did) if choice.use_did else None
    same = wanted == set(before.released) and choice.show_name == before.shows_name and did == before.did
    if same:
        return False
    for item in before.items:
        if (item.released is not None) != (item.id in wanted):
            item.released = now if item.id in wanted else None
            session.add(item)
    session.flush()
    recipient = awards.recipient_of(session, award)
    if recipient is None:
        raise Absent
    body = AwardBody.from_json(award.body)
    awards.correct(
        session,
        desk,
        award,
        reason=_WHY,
        actor=actor,
        now=now,
        body=body.model_copy(update={"evidence": _evidence(desk, award, body, before.items)}),
        recipient=RecipientData(
            name=before.name,
            email=recipient.email,
            did=did,
            identifiers=recipient.identifiers,
            show_name=choice.show_name,
        ),
    )
    log.record(
        session,
        actor=actor,
        action="award.content-chosen",
        target=f"award:{award.id}",
        at=now,
        org_id=award.org_id,
        detail={"released": sorted(wanted), "name": choice.show_name, "did": did is not None},
    )
    collections.renew(session, account_id, award.id, now)
    return True


def released_item(session: Session, award_id: str, item_id: str, account: Account | None) -> EvidenceItem:
    """A piece of evidence that a badge shows, for somebody who may see the badge. Raises Absent."""
    award, item = session.get(Award, award_id), session.get(EvidenceItem, item_id)
    shown = (
        award is not None
        and item is not None
        and award.state == "published"
        and award.standing != "revoked"
        and award.submission_id == item.submission_id
        and item.released is not None
        and item.removed is None
    )
    if not shown or award is None or item is None or not visible(session, award, account):
        raise Absent
    return item


def name_of(session: Session, award: Award) -> str:
    """Whom a badge was made to, for the organisation that made it; empty where it does not know."""
    recipient = session.get(Recipient, award.id)
    return "" if recipient is None else recipient.name or recipient.email


def address_of(desk: IssuerDesk, award: Award, item: EvidenceItem) -> str:
    """Where a released piece of evidence is to be had."""
    return item.url or desk.url(f"/c/{award.id}/evidence/{item.id}")


def _check(before: Said, choice: Choice) -> None:
    mistakes = Mistakes()
    if not before.changeable:
        raise Conflict("This badge was revoked; it is not signed again.")
    if not set(choice.released) <= {item.id for item in before.items}:
        mistakes.add("released", "One of the pieces of evidence is there no more. Choose again.")
    if choice.show_name and not before.name:
        mistakes.add("show_name", "There is no name for the badge to show.")
    if choice.use_did and before.did is None and before.own_did is None:
        mistakes.add("use_did", "Show first that you control a DID, under “My key”.")
    if mistakes:
        raise mistakes


def _evidence(desk: IssuerDesk, award: Award, body: AwardBody, items: Sequence[EvidenceItem]) -> tuple[Evidence, ...]:
    """The evidence the badge is to name: what its organisation stated, and of the earner's what is released."""
    own = {address_of(desk, award, item) for item in items} | {item.title for item in items}
    stated = [one for one in body.evidence if one.id not in own and one.name not in own]
    released = [
        Evidence.model_validate(
            {
                "id": address_of(desk, award, item),
                "name": item.title,
                **{name: value for name, value in (("description", item.description), ("genre", item.genre)) if value},
            }
        )
        for item in items
        if item.released is not None
    ]
    return (*stated, *released)
