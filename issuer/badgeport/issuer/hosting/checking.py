"""The live check on a badge's page: the verifier's word on the stored bytes, asked anew at most every half minute."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from sqlmodel import Session, select

from badgeport.issuer.awards.tables import Award, SignedCopy
from badgeport.issuer.desk import IssuerDesk, LiveCheck
from badgeport.issuer.status.tables import StatusListRow, StatusPlace
from badgeport.issuer.storage.database import Database

KEPT = timedelta(seconds=30)
_MOST_KEPT = 500

_Key = tuple[str, str, str]
_Kept = OrderedDict[_Key, tuple[datetime, LiveCheck]]

_CHECKS: WeakKeyDictionary[Database, _Kept] = WeakKeyDictionary()
_LOCK = threading.Lock()


def state_of(session: Session, award: Award) -> str:
    """What changes when the standing of a badge was published anew: a check made before it is worth nothing."""
    statement = (
        select(StatusListRow.id, StatusListRow.edition, StatusListRow.wanted)
        .where(StatusPlace.award_id == award.id, StatusPlace.list_id == StatusListRow.id)
        .order_by(StatusListRow.id)
    )
    lists = ",".join(f"{name}:{edition}:{wanted}" for name, edition, wanted in session.exec(statement))
    return f"{award.standing} {award.version} {lists}"


def live(desk: IssuerDesk, copy: SignedCopy, state: str, language: str) -> LiveCheck:
    """What the verifier says of a signed copy, just now or within the last half minute."""
    key, now = (copy.sha256, state, language), desk.clock()
    with _LOCK:
        kept = _CHECKS.setdefault(desk.database, OrderedDict())
        found = kept.get(key)
    if found is not None and timedelta(0) <= now - found[0] < KEPT:
        return found[1]
    made = desk.check(copy.body, language)
    with _LOCK:
        kept[key] = (now, made)
        kept.move_to_end(key)
        while len(kept) > _MOST_KEPT:
            kept.popitem(last=False)
    return made
