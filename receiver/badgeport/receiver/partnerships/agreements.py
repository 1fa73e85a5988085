"""Agreements that an organisation keeps: drafts that may be wrong, editions that are signed, members by their days."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from badgeport.web.words import keyed
from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent, Conflict, Mistakes, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.receiver.partnerships.tables import Partnership
from badgeport.receiver.policies import editions
from badgeport.receiver.policies.tables import Edition
from badgeport.schemas import jsontext
from badgeport.verifier.recognition.approval.agreements import Agreement, Member, agreement_of
from badgeport.verifier.recognition.approval.members import MemberError

MOST_MEMBERS = 200
MOST_CHARS = 256 * 1024
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_CHANGED = keyed(
    "Somebody else has changed this draft since you opened it. What you typed is below and is not saved yet."
)


@dataclass(frozen=True, slots=True)
class Membership:
    """A member and how it stands today: ``current``, ``coming``, ``ended`` or ``withdrawn``."""

    member: Member
    state: str


def address_of(desk: IssuerDesk, org: Organization, name: str) -> str:
    """Where an agreement is published: its id."""
    return desk.url(f"/agreements/{org.slug}.{name}")


def partnership_of(session: Session, org: Organization, agreement_id: str) -> Partnership:
    """One agreement of an organisation. Raises Absent."""
    row = session.get(Partnership, agreement_id)
    if row is None or row.org_id != org.id:
        raise Absent
    return row


def create(session: Session, org: Organization, *, name: str, title: str, actor: str, now: datetime) -> Partnership:
    """A new agreement with an empty draft. Raises Mistakes (``name``, ``title``)."""
    mistakes = Mistakes()
    if not _NAME.fullmatch(name) or len(name) > 60:
        mistakes.add("name", "Use small letters, digits and single dashes, at most 60; it begins with a letter.")
    elif session.exec(select(Partnership.id).where(Partnership.org_id == org.id, Partnership.name == name)).first():
        mistakes.add("name", "There is an agreement of this name already.")
    if not title.strip() or len(title) > 300:
        mistakes.add("title", "Give it a title of at most 300 characters.")
    if mistakes:
        raise mistakes
    draft = {"title": title.strip(), "from": now.date().isoformat(), "members": []}
    row = Partnership(
        org_id=org.id,
        name=name,
        title=title.strip(),
        draft=json.dumps(draft, ensure_ascii=False),
        created=now,
        created_by=actor,
        changed=now,
    )
    session.add(row)
    session.flush()
    _record(session, row, "agreement.created", actor, now)
    return row


def draft_of(row: Partnership) -> dict[str, Any]:
    """What is typed so far. Raises Conflict where nobody is at a draft."""
    if row.draft is None:
        raise Conflict("There is no draft.")
    return dict(jsontext.parse_object(row.draft.encode()))


def save(
    session: Session, row: Partnership, body: Mapping[str, Any], *, expected: int, actor: str, now: datetime
) -> None:
    """Keep the draft, right or wrong. Raises Conflict, Mistakes."""
    if row.draft is None:
        raise Conflict("There is no draft of this agreement any more. Begin one from an edition.")
    _expect(row, expected)
    members = body.get("members")
    if isinstance(members, list) and len(members) > MOST_MEMBERS:
        refuse("members", "An agreement has at most {most} members.", most=MOST_MEMBERS)
    text = json.dumps({name: value for name, value in body.items() if name != "id"}, ensure_ascii=False, default=str)
    if len(text) > MOST_CHARS:
        refuse("members", "The agreement is too long.")
    if text == row.draft:
        return
    row.draft, row.changed = text, now
    row.version += 1
    session.add(row)
    _record(session, row, "agreement.draft-saved", actor, now)


def read(body: Mapping[str, Any], address: str) -> Agreement:
    """The agreement of a draft. Raises Mistakes naming the member, as a JSON pointer without its first slash."""
    try:
        return agreement_of({"id": address, **{name: value for name, value in body.items() if name != "id"}})
    except MemberError as error:
        refuse(error.pointer.removeprefix("/"), "{reason}", reason=f"{error.reason[:1].upper()}{error.reason[1:]}.")


def begin(session: Session, row: Partnership, edition: Edition, *, actor: str, now: datetime) -> None:
    """Begin a draft from an edition. Raises Conflict where there is a draft."""
    if row.draft is not None:
        raise Conflict("There is a draft already. Finish it or discard it first.")
    body = jsontext.parse_object(edition.content.encode())
    text = {name: value for name, value in body.items() if name != "id"}
    row.draft, row.changed = json.dumps(text, ensure_ascii=False, default=str), now
    row.version += 1
    session.add(row)
    _record(session, row, "agreement.draft-started", actor, now)


def discard(session: Session, row: Partnership, *, expected: int, why: str, actor: str, now: datetime) -> bool:
    """Throw the draft away; the agreement with it where no edition was ever asked for. Whether it is left.

    Raises Mistakes (``why``), Conflict.
    """
    if not why.strip():
        refuse("why", "Say why; others will ask.")
    draft_of(row)
    _expect(row, expected)
    left = bool(editions.editions_of(session, editions.AGREEMENT, row.id))
    _record(session, row, "agreement.draft-discarded", actor, now, why)
    if left:
        row.draft, row.changed = None, now
        row.version += 1
        session.add(row)
    else:
        session.delete(row)
    session.flush()
    return left


def publish(
    session: Session,
    desk: IssuerDesk,
    org: Organization,
    row: Partnership,
    *,
    expected: int,
    actor: str,
    now: datetime,
) -> Edition:
    """Freeze the draft and have it signed; it takes the place of the edition before it. Raises Conflict, Mistakes."""
    body = draft_of(row)
    _expect(row, expected)
    agreement = read(body, address_of(desk, org, row.name))
    wanted = editions.Wanted(
        editions.AGREEMENT,
        row.id,
        agreement.title,
        json.dumps(agreement.to_json(), ensure_ascii=False),
        starts=agreement.period.start,
        ends=agreement.period.end,
    )
    edition = editions.add(session, org, wanted, actor=actor, now=now)
    row.draft, row.title, row.changed = None, agreement.title, now
    row.version += 1
    session.add(row)
    return edition


def said_by(edition: Edition) -> Agreement:
    """What an edition says."""
    return agreement_of(jsontext.parse_object(edition.content.encode()), source=edition.sha256 or None)


def memberships(agreement: Agreement, today: date) -> Sequence[Membership]:
    """The members as they stand today, in the order of the agreement."""
    return [Membership(each, _state(each, agreement, today)) for each in agreement.members]


def _state(member: Member, agreement: Agreement, today: date) -> str:
    if member.withdrawn is not None and member.withdrawn <= today:
        return "withdrawn"
    if member.belongs(today) and agreement.period.contains(today):
        return "current"
    starts = max(each for each in (member.period.start, agreement.period.start, date.min) if each is not None)
    return "coming" if starts > today else "ended"


def _expect(row: Partnership, expected: int) -> None:
    if row.version != expected:
        raise Conflict(_CHANGED)


def _record(session: Session, row: Partnership, action: str, actor: str, now: datetime, why: str = "") -> None:
    log.record(
        session,
        actor=actor,
        action=action,
        target=f"agreement:{row.id}",
        at=now,
        org_id=row.org_id,
        detail={"name": row.name},
        why=why,
    )
