"""Badges that are handed in: a file is kept, and a worker imports it into the ledger, some of it at a time.

Each part is an import of the ledger by itself, with its own proof package. A worker that dies loses nothing: what it
did stands in the ledger, and done again it is known there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

from badgeport.web.words import keyed
from sqlmodel import Session, col, select

from badgeport.issuer.audit import log
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue
from badgeport.issuer.jobs.handling import Trouble
from badgeport.issuer.mistakes import Absent, Conflict, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.storage.columns import new_id
from badgeport.receiver.hr import rooms
from badgeport.receiver.hr.settings import settings_of
from badgeport.receiver.hr.tables import HrImport, HrSettings
from badgeport.receiver.office import Office
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.hr.importing import BAD_PIECE, BAD_ROW, Summary, run_import
from badgeport.verifier.hr.ledger import Ledger
from badgeport.verifier.hr.sources import Piece, pieces
from badgeport.verifier.recognition.deciding.plain import number

KIND = "hr-import"
FILE_BYTES = 63 * 1024 * 1024
"""The most one file may hold."""
TOGETHER = 250
"""How many pieces are imported at a time at most."""
SECONDS = 30.0
"""For how long pieces are taken at a time; what was taken is then decided on."""

NO_POLICY = keyed("The policy that was chosen for it is not there any more. Choose another one and hand it in again.")
NO_ROSTER = keyed("There is no roster to match employees by. Upload one and hand it in again.")
GONE = keyed("The file is not where it was kept. Hand it in again.")

_STRANGE = re.compile(r"[^\w .()-]+")
_NAME_BYTES = 200
"""With what is added while it is written, it is no longer than names of files may be."""
_DONE = ("done", "stopped")


# ---------------------------------------------------------------- asking


def take_file(office: Office, org: Organization, file: BinaryIO, name: str, *, actor: str, now: datetime) -> HrImport:
    """Keep a file and have it imported. It has a transaction of its own.

    Raises Mistakes (``file``), Conflict where no policy was chosen or there is no roster.
    """
    file.seek(0)
    data = file.read(FILE_BYTES + 1)
    if not data:
        refuse("file", "This file is empty. Choose another one.")
    if len(data) > FILE_BYTES:
        refuse("file", "This file is larger than {most} MB. Divide it.", most=FILE_BYTES // (1024 * 1024))
    with office.issuer.database.reading() as session:
        settings = ready(session, org, now)
    plain = _safe_name(name)
    row = _row(org, settings, plain, actor, now)
    row.sha256, row.size = rooms.digest_of(data), len(data)
    rooms.keep_whole(rooms.handed_in(office, org.id, row.id, plain), data)
    with office.issuer.database.writing() as session:
        _ask(session, row, actor, now)
    return row


def try_again(office: Office, org: Organization, *, actor: str, now: datetime) -> HrImport:
    """Have everything imported again that was put aside. It has a transaction of its own.

    Raises Conflict where nothing was, where no policy was chosen or there is no roster.
    """
    with rooms.ledger_of(office, org.id) as ledger:
        if next(iter(_aside(ledger, 0)), None) is None:
            raise Conflict("Nothing that was put aside can be tried again.")
    with office.issuer.database.writing() as session:
        row = _row(org, ready(session, org, now), "", actor, now)
        row.again = True
        _ask(session, row, actor, now)
    return row


def ready(session: Session, org: Organization, now: datetime) -> HrSettings:
    """The settings of an organisation that can import. Raises Conflict."""
    settings = settings_of(session, org.id, now)
    if not settings.policy or not settings.roster:
        raise Conflict("Choose a policy and upload a roster first, in the settings of staff credit.")
    return settings


def import_of(session: Session, org_id: str, import_id: str) -> HrImport:
    """An import of an organisation. Raises Absent."""
    row = session.get(HrImport, import_id)
    if row is None or row.org_id != org_id:
        raise Absent
    return row


def imports_statement(org_id: str) -> Any:
    """The statement that lists the imports of an organisation, newest first."""
    statement = select(HrImport).where(HrImport.org_id == org_id)
    return statement.order_by(col(HrImport.created).desc(), col(HrImport.id))


def _row(org: Organization, settings: HrSettings, name: str, actor: str, now: datetime) -> HrImport:
    return HrImport(
        id=new_id(),
        org_id=org.id,
        name=name,
        policy=settings.policy,
        purpose=settings.purpose,
        created=now,
        created_by=actor,
    )


def _ask(session: Session, row: HrImport, actor: str, now: datetime) -> None:
    session.add(row)
    session.flush()
    queue.ask(session, KIND, row.id, now=now, org_id=row.org_id)
    detail = {"sha256": row.sha256, "bytes": row.size} if row.sha256 else {"again": True}
    log.record(
        session,
        actor=actor,
        action="hr-import.asked",
        target=f"hr-import:{row.id}",
        at=now,
        org_id=row.org_id,
        detail={**detail, "policy": row.policy, "purpose": row.purpose},
    )


def _safe_name(name: str) -> str:
    """A name to keep a file by. Its ending says how it is read."""
    plain = " ".join(_STRANGE.sub(" ", name.replace("\\", "/").rpartition("/")[2]).split()).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        return _cut(plain, _NAME_BYTES) or "badges"
    kept = _cut(ending, 20)
    return f"{_cut(stem, _NAME_BYTES - len(kept.encode()) - 1)}.{kept}"


def _cut(text: str, most: int) -> str:
    """The beginning of a text that takes up no more bytes."""
    return text.encode()[:most].decode(errors="ignore")


# ---------------------------------------------------------------- working


@dataclass(frozen=True, slots=True)
class _Work:
    row: HrImport
    roster: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Came:
    """What came of a part: where it ended, whether there is more, what it did.

    ``trouble``: why it stops for good. ``roster``: the digest of the roster that was not there any more.
    """

    position: int = 0
    more: bool = False
    summary: Summary | None = None
    trouble: str = ""
    roster: str = ""


class Importing:
    """Imports one file, part after part."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> _Work | None:
        """The import as it stands; None where it is over."""
        row = session.get(HrImport, key)
        if row is None or row.state in _DONE:
            return None
        return _Work(row, dict(settings_of(session, row.org_id, desk.clock()).roster))

    def work(self, desk: IssuerDesk, prepared: _Work | None) -> _Came | None:
        """Import the next part."""
        if prepared is None:
            return None
        office, row, now = self._office, prepared.row, desk.clock().replace(microsecond=0)
        terms = rooms.terms_of(office, row.policy, row.purpose, now)
        if terms is None:
            return _Came(trouble=NO_POLICY)
        roster = rooms.roster_of(office, row.org_id, prepared.roster)
        if roster is None:
            return _Came(trouble=NO_ROSTER, roster=prepared.roster.get("sha256", ""))
        if row.position:
            # What is wrong with the roster was put aside with the first part.
            roster = replace(roster, refused=())
        path = None if row.again else rooms.handed_in(office, row.org_id, row.id, row.name)
        if path is not None and not path.is_file():
            return _Came(trouble=GONE)
        try:
            with rooms.ledger_of(office, row.org_id) as ledger:
                part = _Part(_source(ledger, path, row.position), row.position)
                examiner, begun = rooms.examiner_of(office), partial(_note_run, desk, row.id)
                summary = run_import(ledger, part, roster, terms, examiner, now, begun=begun)
        except ProblemError as error:
            raise Trouble(error.problem.detail) from None
        return _Came(part.position, part.more, summary)

    def settle(
        self, session: Session, desk: IssuerDesk, key: str, result: _Came | None, now: datetime
    ) -> timedelta | None:
        """Note how far it is."""
        del desk
        row = session.get(HrImport, key)
        if row is None or result is None:
            return None
        if result.trouble == NO_ROSTER:
            now_there = settings_of(session, row.org_id, now).roster.get("sha256", "")
            if now_there != result.roster:
                # It was replaced after it was looked up: the next attempt finds the other one.
                return timedelta(0)
        if result.summary is not None:
            row.position = result.position
            row.summary = _added(row.summary, result.summary)
        if result.more:
            row.state = "running"
            session.add(row)
            return timedelta(0)
        row.state, row.trouble, row.finished = ("stopped" if result.trouble else "done"), result.trouble, now
        session.add(row)
        log.record(
            session,
            actor=row.created_by,
            action="hr-import.stopped" if result.trouble else "hr-import.done",
            target=f"hr-import:{row.id}",
            at=now,
            org_id=row.org_id,
            detail={"runs": row.runs, **{name: row.summary[name] for name in _COUNTED if name in row.summary}},
        )
        return None


def _note_run(desk: IssuerDesk, import_id: str, run: int) -> None:
    """Note which import of the ledger a part is, before it does anything: a worker that dies leaves its proof there."""
    with desk.database.writing() as session:
        row = session.get_one(HrImport, import_id)
        row.runs = [*row.runs, run]
        session.add(row)


_COUNTED = ("pieces", "credits", "amount", "unit")


class _Part:
    """Some of the pieces: those after a position, until there are many or it took long."""

    def __init__(self, marked: Iterable[tuple[int, Piece]], position: int) -> None:
        self._marked = marked
        self.position = position
        self.more = False

    def __iter__(self) -> Iterator[Piece]:
        end = monotonic() + SECONDS
        for taken, (mark, piece) in enumerate(self._marked):
            if taken >= TOGETHER or (taken and monotonic() > end):
                self.more = True
                return
            self.position = mark
            yield piece


def _source(ledger: Ledger, path: Path | None, position: int) -> Iterator[tuple[int, Piece]]:
    """The pieces after a position, each with its own."""
    if path is None:
        yield from _aside(ledger, position)
        return
    for mark, piece in enumerate(pieces([path]), start=1):
        if mark > position:
            yield mark, piece


def _aside(ledger: Ledger, position: int) -> Iterator[tuple[int, Piece]]:
    """What was put aside and can be verified, by its number in the list, each file once."""
    query = (
        "SELECT max(id) AS id, name, original FROM quarantine WHERE released IS NULL AND code NOT IN (?, ?)"
        " GROUP BY original HAVING max(id) > ? ORDER BY max(id)"
    )
    for row in list(ledger.rows(query, (BAD_ROW, BAD_PIECE, position))):
        yield row["id"], Piece(row["name"], ledger.original(row["original"]))


def _added(before: Mapping[str, Any], part: Summary) -> dict[str, Any]:
    """The sums of all parts."""
    said = part.to_json()
    added: dict[str, Any] = {"unit": part.unit}
    for name in ("pieces", "credits", "rosterRowsRefused"):
        added[name] = before.get(name, 0) + said[name]
    for name in ("outcomes", "quarantined", "decisions"):
        counts = dict(before.get(name, {}))
        for word, count in said[name].items():
            counts[word] = counts.get(word, 0) + count
        added[name] = counts
    added["amount"] = number(Decimal(before.get("amount", "0")) + Decimal(part.amount))
    return added
