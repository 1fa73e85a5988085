"""Signing status lists: when a status changed, and again before a copy runs out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, or_, select

from badgeport.issuer import status_lists
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.handling import Trouble
from badgeport.issuer.people.keys import EMBEDDED, all_active, signing_key
from badgeport.issuer.people.tables import IssuerKey, Organization
from badgeport.issuer.release import DEFAULT_FORMATS, Minted
from badgeport.issuer.status.lists import KIND, list_url, want
from badgeport.issuer.status.tables import StatusCopy, StatusListRow, StatusPlace

TTL = timedelta(minutes=5)
"""How long a reader may keep a copy before asking again."""
VALID_FOR = timedelta(hours=24)
"""How long a copy holds: after that a reader that cannot get a newer one knows nothing."""
RENEW_BEFORE = timedelta(hours=12)
"""How long before its end a copy is signed anew."""
LOOK_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Material:
    list_id: str
    purpose: str
    entries: int
    wanted: int
    set_places: tuple[int, ...]
    key: IssuerKey


@dataclass(frozen=True, slots=True)
class _Signed:
    edition: int
    minted: Minted
    valid_from: datetime
    keys: tuple[str, ...]
    """The id of the key that signed; none of a conformance instance, whose key stays."""


class StatusListHandler:
    """Signs one list as it is; every copy is kept."""

    together = 4

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:
        """The statuses and the key; None where the newest copy says all already. Raises Trouble."""
        row = session.get(StatusListRow, key)
        if row is None or row.edition >= row.wanted:
            return None
        signer = _key_of(session, desk, row)
        if signer is None:
            raise Trouble("the issuer has no key to sign its status lists with")
        statement = select(StatusPlace.place).where(StatusPlace.list_id == row.id, col(StatusPlace.value) != 0)
        places = tuple(session.exec(statement))
        return _Material(row.id, row.purpose, row.entries, row.wanted, places, signer)

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        """Sign."""
        if prepared is None:
            return None
        url = list_url(desk, prepared.list_id)
        made = status_lists.with_statuses(
            status_lists.new_list(url, prepared.purpose, entries=prepared.entries),
            dict.fromkeys(prepared.set_places, 1),
        )
        signer = desk.custody.open(prepared.key)
        now = desk.clock().replace(microsecond=0)
        minted = status_lists.issue(
            made,
            signer,
            DEFAULT_FORMATS[signer.public_key.key_type],
            now=now,
            valid_for=VALID_FOR,
            ttl=TTL,
            contexts=desk.contexts,
            limits=desk.limits,
        )
        keys = () if prepared.key.org_id is None else (prepared.key.id,)
        return _Signed(prepared.wanted, minted, now, keys)

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:  # noqa: ARG002
        """Keep the copy, unless its key was taken out of use meanwhile: then it is signed with another at once.

        Where a status changed meanwhile, the job goes on at once: what was signed is newer than what was there.
        """
        row = session.get(StatusListRow, key)
        if row is None:
            return None
        if result is not None and row.edition < result.edition and all_active(session, result.keys):
            _keep(session, row, result, now)
        return timedelta(0) if row.edition < row.wanted else None


class RenewHandler:
    """Has the lists signed anew whose newest copy is in the second half of its life."""

    every = LOOK_EVERY

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:  # noqa: ARG002 - the interface's
        """Which lists."""
        soon = desk.clock() + RENEW_BEFORE
        statement = select(StatusListRow.id).where(
            or_(col(StatusListRow.valid_until) < soon, col(StatusListRow.edition) == 0),
        )
        return list(session.exec(statement))

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:  # noqa: ARG002 - the interface's
        """Nothing outside."""
        return prepared

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> None:  # noqa: ARG002
        """Ask for each that is not asked for already."""
        for row in session.exec(select(StatusListRow).where(col(StatusListRow.id).in_(result))):
            if not queue.is_under_way(session, KIND, row.id):
                want(session, row, now=now)


def _keep(session: Session, row: StatusListRow, signed: _Signed, now: datetime) -> None:
    valid_until = signed.valid_from + VALID_FOR
    session.add(
        StatusCopy(
            list_id=row.id,
            edition=signed.edition,
            body=signed.minted.bytes,
            sha256=signed.minted.sha256,
            valid_from=signed.valid_from,
            valid_until=valid_until,
        )
    )
    row.edition, row.signed, row.valid_until = signed.edition, now, valid_until
    session.add(row)


def _key_of(session: Session, desk: IssuerDesk, row: StatusListRow) -> IssuerKey | None:
    """The key of the organisation, or of the conformance instance, whose list it is."""
    if row.org_id is None:
        from badgeport.issuer.api.instances import key_on_record

        return key_on_record(session, row.instance)
    org = session.get_one(Organization, row.org_id)
    return signing_key(session, org.did, EMBEDDED, desk.clock())
