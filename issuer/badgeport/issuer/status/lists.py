"""Places in status lists: given out at random, once for each award; statuses set and cleared; copies by instant.

A place tells nothing about when or to whom a badge was given: it is random, and a list is never more than half full, so
that many places belong to nobody. Reading and writing rows only; `status.signing` signs.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from badgeport.issuer import status_lists
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue
from badgeport.issuer.mistakes import Absent, Conflict
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.randomness import below
from badgeport.issuer.status.tables import StatusCopy, StatusListRow, StatusPlace

REVOCATION, SUSPENSION = "revocation", "suspension"
PURPOSES = (REVOCATION, SUSPENSION)
ENTRIES = status_lists.MINIMUM_ENTRIES
KIND = "status-list"
_BEFORE_BADGES = timedelta(minutes=1)


def place_for(
    session: Session, org: Organization | None, award_id: str, now: datetime, *, instance: str | None = None
) -> tuple[StatusPlace, ...]:
    """The places of an award, one of each purpose; given out now where it has none yet.

    ``org`` is None for a conformance ``instance``. `entries_of` makes them into credentialStatus objects.
    """
    return places_for(session, org, [award_id], now, instance=instance)[award_id]


def places_for(
    session: Session, org: Organization | None, award_ids: Sequence[str], now: datetime, *, instance: str | None = None
) -> Mapping[str, tuple[StatusPlace, ...]]:
    """As `place_for`, for many awards of one issuer at once."""
    found: dict[str, dict[str, StatusPlace]] = defaultdict(dict)
    for place in session.exec(select(StatusPlace).where(col(StatusPlace.award_id).in_(award_ids))):
        found[place.award_id][place.purpose] = place
    for purpose in PURPOSES:
        lacking = [award_id for award_id in award_ids if purpose not in found[award_id]]
        while lacking:
            row = _open_list(session, org, instance, purpose, now)
            some = lacking[: row.entries // 2 - row.taken]
            for award_id, number in zip(some, _free_places(session, row, len(some)), strict=True):
                place = StatusPlace(list_id=row.id, place=number, award_id=award_id, purpose=purpose)
                session.add(place)
                found[award_id][purpose] = place
            row.taken += len(some)
            session.add(row)
            lacking = lacking[len(some) :]
    session.flush()
    return {award_id: tuple(found[award_id][purpose] for purpose in PURPOSES) for award_id in award_ids}


def entries_of(desk: IssuerDesk, places: Iterable[StatusPlace]) -> list[dict[str, Any]]:
    """Places as the credentialStatus objects of a credential (Bitstring Status List 1.0 section 2.1)."""
    return [status_lists.entry(list_url(desk, one.list_id), one.purpose, one.place) for one in places]


def list_url(desk: IssuerDesk, list_id: str) -> str:
    """The address of a list: its credential's id."""
    return desk.url(f"/status/{list_id}")


def set_value(
    session: Session, award_id: str, purpose: str, value: int | bool, *, now: datetime
) -> StatusListRow | None:
    """Set (1) or clear (0) a status and have the list signed anew; the list, or None where it was so already.

    Raises Absent where the award has no place of the purpose, Conflict for a revocation that is to be taken back.
    """
    statement = select(StatusPlace).where(StatusPlace.award_id == award_id, StatusPlace.purpose == purpose)
    place = session.exec(statement).first()
    if place is None:
        raise Absent
    if place.value == int(value):
        return None
    if purpose == REVOCATION and not value:
        raise Conflict("A revocation cannot be taken back.")
    place.value = int(value)
    row = session.get_one(StatusListRow, place.list_id)
    session.add(place)
    want(session, row, now=now)
    return row


def want(session: Session, row: StatusListRow, *, now: datetime) -> None:
    """Have a list signed anew; a copy that is being signed is published first, so that one follows the other."""
    row.wanted += 1
    session.add(row)
    queue.ask(session, KIND, row.id, now=now, org_id=row.org_id, beside=True)


def want_all(session: Session, org_id: str, *, now: datetime) -> None:
    """Have every list of an organisation signed anew, before any badge."""
    for row in session.exec(select(StatusListRow).where(StatusListRow.org_id == org_id)):
        want(session, row, now=now - _BEFORE_BADGES)


def copy_at(session: Session, list_id: str, instant: datetime | None) -> StatusCopy | None:
    """The newest signed copy of a list, or the one that was in force at an instant; None where there was none."""
    statement = select(StatusCopy).where(StatusCopy.list_id == list_id).order_by(col(StatusCopy.edition).desc())
    if instant is not None:
        statement = statement.where(StatusCopy.valid_from <= instant, StatusCopy.valid_until > instant)
    return session.exec(statement.limit(1)).first()


def _open_list(
    session: Session, org: Organization | None, instance: str | None, purpose: str, now: datetime
) -> StatusListRow:
    """The list that still gives out places, a new one where all are half full."""
    org_id = None if org is None else org.id
    statement = select(StatusListRow).where(
        StatusListRow.org_id == org_id,
        StatusListRow.instance == instance,
        StatusListRow.purpose == purpose,
        StatusListRow.taken < col(StatusListRow.entries) / 2,
    )
    row = session.exec(statement.order_by(col(StatusListRow.created), col(StatusListRow.id))).first()
    if row is None:
        row = StatusListRow(org_id=org_id, instance=instance, purpose=purpose, entries=ENTRIES, created=now)
        session.add(row)
        session.flush()
        # Before the badges that name it: they wait for its first copy.
        queue.ask_new(session, KIND, [row.id], now=now, due=now - _BEFORE_BADGES, org_id=org_id)
    return row


def _free_places(session: Session, row: StatusListRow, count: int) -> list[int]:
    """So many random places of a list that nobody has; it is at most half full, so about two tries each find one."""
    chosen: list[int] = []
    while len(chosen) < count:
        drawn = {below(row.entries, secrets.token_bytes) for _ in range(count - len(chosen))} - set(chosen)
        taken = select(StatusPlace.place).where(StatusPlace.list_id == row.id, col(StatusPlace.place).in_(drawn))
        held = set(session.exec(taken).all())
        chosen.extend(drawn - held)
    return chosen
