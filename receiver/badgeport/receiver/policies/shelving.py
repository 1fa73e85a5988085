"""What organisations published here, as a shelf: read once, and again only when something was published or withdrawn.

A process asks the database for one number, at most every `SECONDS`; what it reads anew is parsed once, for an edition
never changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from badgeport.issuer.people.tables import Organization
from badgeport.issuer.storage.database import Database
from badgeport.receiver.policies import editions
from badgeport.receiver.policies.tables import Edition, Policy, ShelfMark
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.approval.agreements import Agreement, agreement_of
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.authoring.authoring import PolicyRefused, read_policy
from badgeport.verifier.shelf import Shelf, Shelved, Signed, in_effect

SECONDS = 2.0
"""For so long a process may not see what another has published."""

_READABLE = (editions.PUBLISHED, editions.WITHDRAWN)


class PublishedShelf:
    """The shelf of a database. Safe to use from several threads."""

    def __init__(
        self,
        database: Database,
        public_url: str,
        clock: Callable[[], datetime],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._public_url = public_url
        self._clock = clock
        self._ticks = ticks
        self._lock = threading.Lock()
        self._parsed: dict[str, Shelved | Agreement] = {}
        self._shelf = Shelf(with_examples=False)
        self._seen: tuple[int, date] | None = None
        self._asked: float | None = None

    def forget(self) -> None:
        """Something was published or withdrawn in this process."""
        with self._lock:
            self._asked = None

    def now(self) -> Shelf:
        """What is published."""
        with self._lock:
            ticks, today = self._ticks(), self._clock().date()
            fresh = self._asked is not None and ticks - self._asked < SECONDS
            if fresh and self._seen is not None and self._seen[1] == today:
                return self._shelf
            with self._database.reading() as session:
                mark = session.get(ShelfMark, 1)
                seen = (0 if mark is None else mark.generation, today)
                if seen != self._seen:
                    self._shelf, self._seen = self._read(session, today), seen
            self._asked = ticks
            return self._shelf

    def _read(self, session: Session, today: date) -> Shelf:
        statement = select(Edition, Organization.slug).where(
            Edition.org_id == Organization.id, col(Edition.state).in_(_READABLE)
        )
        rows = session.exec(statement.order_by(col(Edition.number))).all()
        names = dict(session.exec(select(Policy.id, Policy.name)).all())
        policies: dict[str, list[tuple[int, Shelved]]] = {}
        agreements: dict[str, Agreement] = {}
        signed: dict[str, Signed] = {}
        lists: dict[str, bytes] = {}
        for row, slug in rows:
            try:
                found = self._said(row)
            except (PolicyRefused, MemberError, ProblemError):
                # What this program does not read any more decides nothing, and hides nothing else.
                continue
            form = Signed(row.body or b"", row.media_type)
            if isinstance(found, Shelved):
                withdrawn = None if row.withdrawn is None else row.withdrawn.date()
                name = f"{slug}.{names[row.thing_id]}"
                each = replace(found, signed=form, withdrawn=withdrawn)
                policies.setdefault(name, []).append((row.number, each))
            elif isinstance(found, Agreement):
                agreements[found.id], signed[found.id] = found, form
                if row.state != editions.PUBLISHED:
                    # The edition before it does not come back.
                    del agreements[found.id], signed[found.id]
            else:
                address = f"{self._public_url}/approvals/{slug}"
                lists[address] = form.data
                if row.state != editions.PUBLISHED:
                    del lists[address]
        own, readable = _named(policies.items(), today)
        return Shelf(
            own,
            agreements,
            with_examples=False,
            readable=readable,
            signed_agreements=signed,
            approval_lists=lists,
        )

    def _said(self, row: Edition) -> Shelved | Agreement | None:
        """What an edition says; None for an approval list, which is handed on as it is."""
        if row.id not in self._parsed and row.kind == editions.POLICY:
            self._parsed[row.id] = Shelved("", read_policy(row.content), row.content)
        elif row.id not in self._parsed and row.kind == editions.AGREEMENT:
            self._parsed[row.id] = agreement_of(jsontext.parse_object(row.content.encode()), source=row.sha256)
        return self._parsed.get(row.id)


def _named(
    policies: Iterable[tuple[str, list[tuple[int, Shelved]]]], today: date
) -> tuple[list[Shelved], dict[str, Shelved]]:
    """Those that decide, each under one name, and what else can be read.

    The one in effect has the plain name of its policy, the others have the number of their edition behind it.
    """
    own: list[Shelved] = []
    readable: dict[str, Shelved] = {}
    for name, versions in policies:
        standing = [(number, each) for number, each in versions if each.withdrawn is None]
        current = in_effect((each for _, each in standing), today)
        for number, each in versions:
            numbered = f"{name}.{number}"
            if each is current:
                own.append(replace(each, name=name))
                readable[numbered] = replace(each, name=numbered)
            elif each.withdrawn is None:
                own.append(replace(each, name=numbered))
            else:
                readable[numbered] = replace(each, name=numbered)
        if current is None:
            readable[name] = replace(versions[-1][1], name=name)
    return own, readable
