"""How often badges are looked at: counts by day and form, nothing about who.

Counts are gathered in memory and written now and then: a page is not to wait for the one writer. What a process that
is killed has not written yet is lost; a count is no record.
"""

from __future__ import annotations

import threading
from collections import Counter
from datetime import date, datetime, timedelta
from weakref import WeakKeyDictionary

from sqlmodel import Session, func, select

from badgeport.issuer.awards.tables import Award
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.hosting.tables import ViewCount
from badgeport.issuer.storage.database import Database

WRITTEN_EVERY = timedelta(seconds=30)
_MOST_KEPT = 5000

_Key = tuple[str, date, str]


class _Gathered:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.counts: Counter[_Key] = Counter()
        self.since: datetime | None = None


_GATHERED: WeakKeyDictionary[Database, _Gathered] = WeakKeyDictionary()
_LOCK = threading.Lock()


def count(desk: IssuerDesk, award_id: str, form: str, now: datetime) -> None:
    """Count one look at a form (``html``, ``json``, ``pdf`` …) of a badge."""
    gathered = _of(desk)
    with gathered.lock:
        gathered.counts[(award_id, now.date(), form)] += 1
        gathered.since = gathered.since or now
        due = now - gathered.since >= WRITTEN_EVERY or len(gathered.counts) >= _MOST_KEPT
    if due:
        write(desk)


def write(desk: IssuerDesk) -> None:
    """Write what was counted since the last time."""
    gathered = _of(desk)
    with gathered.lock:
        counts, gathered.counts, gathered.since = gathered.counts, Counter(), None
    if not counts:
        return
    with desk.database.writing() as session:
        for (award_id, day, form), number in sorted(counts.items()):
            row = session.get(ViewCount, (award_id, day, form))
            if row is None:
                if session.get(Award, award_id) is None:
                    continue
                row = ViewCount(award_id=award_id, day=day, form=form)
            row.count += number
            session.add(row)


def views(session: Session, award_id: str) -> int:
    """How often the page and files of a badge were looked at, by anybody but its earner."""
    statement = select(func.coalesce(func.sum(ViewCount.count), 0)).where(ViewCount.award_id == award_id)
    return int(session.exec(statement).one())


def _of(desk: IssuerDesk) -> _Gathered:
    with _LOCK:
        found = _GATHERED.get(desk.database)
        if found is None:
            found = _GATHERED[desk.database] = _Gathered()
        return found
