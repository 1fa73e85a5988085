"""Signing anew what a lost key of the installation signed: collections and learner records.

What it signed is taken out of service first: nobody can tell it from what somebody else signed with that key.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.home import collections
from badgeport.issuer.home.tables import Collection
from badgeport.issuer.hosting import transcripts
from badgeport.issuer.hosting.tables import Transcript
from badgeport.issuer.jobs import queue
from badgeport.issuer.people.tables import IssuerKey

CHUNK = 100


class ResignOwn:
    """Asks for another signature of so many at a time. The key of its job is the id of the key that is lost."""

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> bytes | None:  # noqa: ARG002 - the interface's
        """How the lost key is named in what it signed."""
        row = session.get(IssuerKey, key)
        return None if row is None else row.verification_method.encode()

    def work(self, desk: IssuerDesk, prepared: bytes | None) -> bytes | None:  # noqa: ARG002 - the interface's
        """Nothing outside."""
        return prepared

    def settle(
        self,
        session: Session,
        desk: IssuerDesk,  # noqa: ARG002 - the interface's
        key: str,  # noqa: ARG002
        result: bytes | None,
        now: datetime,
    ) -> timedelta | None:
        """Take some out of service and ask for them; they are found no more, so that it is done once."""
        if result is None:
            return None
        signed = collections_of(session, result)
        for row in signed:
            row.body, row.sha256, row.copies = None, None, []
            row.version += 1
            session.add(row)
            if collections.is_open(row, now):
                queue.ask(session, collections.JOB, row.id, now=now)
        records = transcripts_of(session, result)
        for record in records:
            record.asked, record.made, record.body, record.sha256 = now, None, None, None
            session.add(record)
            queue.ask(session, transcripts.JOB, record.account_id, now=now)
        return timedelta(0) if signed or records else None


def collections_of(session: Session, method: bytes) -> list[Collection]:
    """Some collections that a key signed."""
    return _signed(session, select(Collection).order_by(col(Collection.id)), col(Collection.body), method)


def transcripts_of(session: Session, method: bytes) -> list[Transcript]:
    """Some learner records that a key signed."""
    statement = select(Transcript).order_by(col(Transcript.account_id))
    return _signed(session, statement, col(Transcript.body), method)


def _signed(session: Session, statement: Any, body: Any, method: bytes) -> list[Any]:
    found = []
    # One at a time: each holds whole badges.
    for row in session.exec(statement.where(body.is_not(None)).execution_options(yield_per=1)):
        if method in row.body:
            found.append(row)
        if len(found) == CHUNK:
            break
    return found
