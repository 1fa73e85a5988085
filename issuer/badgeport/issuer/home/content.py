"""What a badge says about its earner beyond what was achieved: evidence, a name, a DID. The earner chooses.

A signed badge cannot be changed, so that each choice has it signed anew under its address; the editions before stay on
record, and copies of them that somebody has keep saying what they say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from badgeport.web.words import keyed
from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.award import Evidence
from badgeport.issuer.awards import services as awards
from badgeport.issuer.awards.content import AwardBody, RecipientData
from badgeport.issuer.awards.tables import Award, Recipient
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home.services import my_award, standing, visible
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes
from badgeport.issuer.people.tables import Account, Identity
from badgeport.issuer.submissions.tables import Attempt, EvidenceItem

_WHY = "The earner chose what the badge shows."
_OVER = keyed(
    "This badge was revoked or has expired and is not signed again: evidence can be taken back, nothing else."
)
Outcome = Literal["same", "signing", "taken-back"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a badge says about its earner, and what it could say.

    ``items`` are the pieces of evidence handed in for it, ``released`` the ids of those it shows. ``name`` is what its
    organisation calls the earner: what somebody calls themselves, nobody else signs. It is empty where the badge does
    not show it and was made to another address than the account's. ``own_did`` is the one it can show: the account's,
    where the badge was made to the account's address, or the one that stands in the award. ``over`` says why the badge
    is signed no more, ``revoked`` or ``expired``: then evidence can still be taken back, and nothing else changed.
    """

    items: tuple[EvidenceItem, ...]
    released: tuple[str, ...]
    name: str
    shows_name: bool
    did: str | None
    own_did: str | None
    over: str | None

    @property
    def changeable(self) -> bool:
        """Whether anything of it can be changed."""
        return self.over is None or bool(self.released)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the earner wants it to say."""

    released: Sequence[str]
    show_name: bool
    use_did: bool


def said(session: Session, award: Award, now: datetime) -> Said:
    """What a badge that is not erased says about its earner just now."""
    recipient = session.get(Recipient, award.id)
    identity = None if award.account_id is None else session.get(Identity, award.account_id)
    items = handed_in(session, award)
    own = identity is not None and _is_made_to(award, recipient, identity)
    proven = identity.did if identity is not None and own else None
    return Said(
        items=tuple(items),
        released=tuple(item.id for item in items if item.released is not None),
        name=recipient.name if recipient and (own or recipient.show_name) else "",
        shows_name=recipient is not None and recipient.show_name,
        did=RecipientData.of(recipient).shown_did if recipient else None,
        own_did=proven or (recipient.did if recipient else None),
        over=over if (over := standing(award, now)) in ("revoked", "expired") else None,
    )


def _is_made_to(award: Award, recipient: Recipient | None, identity: Identity) -> bool:
    """Whether the organisation awarded to this very account, or to an address that it showed to be its own: a link can
    be passed on, and whoever opened it is not whom the organisation meant."""
    if award.source in ("review", "stack"):
        return True
    return recipient is not None and identity.email_proven is not None and identity.email == recipient.email


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
) -> Outcome:
    """Have a badge say what its earner chose: ``signing``; ``same`` where it does already.

    What is taken back is shown no more at once. ``taken-back``: that is all, for the badge is over and not signed
    again; its signed file goes on naming what was taken back. Raises Absent, Mistakes, Conflict.
    """
    award = my_award(session, account_id, award_id).award
    if seen is not None and seen != award.version:
        raise Conflict("The badge was changed in the meantime. Look at it again before you change it.")
    before = said(session, award, now)
    _check(before, choice)
    wanted = set(choice.released)
    shown = (choice.show_name, choice.use_did) == (before.shows_name, before.did is not None)
    if shown and wanted == set(before.released):
        return "same"
    for item in before.items:
        if (item.released is not None) != (item.id in wanted):
            item.released = now if item.id in wanted else None
            session.add(item)
    session.flush()
    body = AwardBody.from_json(award.body)
    body = body.model_copy(update={"evidence": _evidence(desk, award, body, before.items)})
    if before.over is None:
        recipient = awards.recipient_of(session, award)
        if recipient is None:
            raise Absent
        # What is not shown stays on record, to be shown again.
        did = (before.did or before.own_did) if choice.use_did else recipient.did
        awards.correct(
            session,
            desk,
            award,
            reason=_WHY,
            actor=actor,
            now=now,
            body=body,
            recipient=replace(recipient, did=did, show_name=choice.show_name),
            show_did=choice.use_did or did is None,
        )
    else:
        award.body = body.to_json()
        award.version += 1
        session.add(award)
    log.record(
        session,
        actor=actor,
        action="award.content-chosen",
        target=f"award:{award.id}",
        at=now,
        org_id=award.org_id,
        detail={"released": sorted(wanted), "name": choice.show_name, "did": choice.use_did},
    )
    return "signing" if before.over is None else "taken-back"


def released_item(
    session: Session, award_id: str, item_id: str, account: Account | None, *, as_staff: bool = False
) -> EvidenceItem:
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
    if not shown or award is None or item is None or not visible(session, award, account, as_staff=as_staff):
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
    if before.over is not None:
        _check_withdrawal(before, choice)
    if not set(choice.released) <= {item.id for item in before.items}:
        mistakes.add("released", "One of the pieces of evidence is there no more. Choose again.")
    if choice.show_name and not before.name:
        mistakes.add(
            "show_name",
            "The organization wrote no name into this award, or made it to another e-mail address than that of your "
            "account. Ask it to add yours.",
        )
    if choice.use_did and before.did is None and before.own_did is None:
        mistakes.add(
            "use_did",
            "Show first that you control a DID, under “My key”. If you did: this badge was made to another e-mail "
            "address than that of your account; ask the organization to put your DID into it.",
        )
    if mistakes:
        raise mistakes


def _check_withdrawal(before: Said, choice: Choice) -> None:
    """Raises Mistakes for anything but taking evidence back."""
    mistakes = Mistakes()
    if not set(choice.released) <= set(before.released):
        mistakes.add("released", _OVER)
    if choice.show_name != before.shows_name:
        mistakes.add("show_name", _OVER)
    if choice.use_did != (before.did is not None):
        mistakes.add("use_did", _OVER)
    if mistakes:
        raise mistakes


def _evidence(desk: IssuerDesk, award: Award, body: AwardBody, items: Sequence[EvidenceItem]) -> tuple[Evidence, ...]:
    """The evidence the badge is to name: what its organisation stated, and of the earner's what is released.

    What was released stands under its address, and says nothing that an organisation alone says of evidence.
    """
    own = {address_of(desk, award, item) for item in items}
    stated = [one for one in body.evidence if one.id not in own or one.narrative or one.audience]
    there = {one.id for one in stated}
    released = [
        Evidence.model_validate(
            {
                "id": address_of(desk, award, item),
                "name": item.title,
                **{name: value for name, value in (("description", item.description), ("genre", item.genre)) if value},
            }
        )
        for item in items
        # Nothing stands in a badge twice under one address.
        if item.released is not None and address_of(desk, award, item) not in there
    ]
    return (*stated, *released)
