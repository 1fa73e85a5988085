"""Awards by the thousand: a file is read and shown first, then entered by a worker, some rows at a time.

Each row becomes one award, whatever happens in between: its award's key is the row. Reading writes rows in short
transactions and can begin again; entering writes awards and the mark on their rows in one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any, BinaryIO

from badgeport.web.words import keyed
from sqlalchemy import String, cast
from sqlmodel import Session, col, delete, func, or_, select, true

from badgeport.issuer.audit import log
from badgeport.issuer.awards import sheets
from badgeport.issuer.awards.content import AwardBody, RecipientData
from badgeport.issuer.awards.services import (
    KEY_CHARS,
    NAME_CHARS,
    Draft,
    Frame,
    check_draft,
    checked_reason,
    create_awards,
    require_keys,
)
from badgeport.issuer.awards.sheets import Line
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, Recipient
from badgeport.issuer.catalog.services import published
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs import queue
from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes, refuse
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.storage.blobs import CHUNK

KIND = "enter-batch"
READ_TOGETHER = 500
ENTER_TOGETHER = 50
SHOWN_PROBLEMS = 1000
"""How many rows with problems a dry run answers with."""


@dataclass(frozen=True, slots=True)
class DryRun:
    """What would come of a file: how many rows, how many of them bad, and the first of those."""

    rows: int
    bad: int
    problems: tuple[tuple[int, tuple[Mistake, ...]], ...]


# ---------------------------------------------------------------- reading a file


def dry_run(desk: IssuerDesk, org: Organization, definition_id: str, file: BinaryIO, *, now: datetime) -> DryRun:
    """Look at a file and write nothing. Raises Mistakes for the whole file, Absent."""
    frame = _frame(desk, org, definition_id, now)
    rows = bad = 0
    problems: list[tuple[int, tuple[Mistake, ...]]] = []
    with closing(_checked(desk, frame, file, now)) as chunks:
        for line in chain.from_iterable(chunks):
            rows += 1
            bad += bool(line.mistakes)
            if line.mistakes and len(problems) < SHOWN_PROBLEMS:
                problems.append((line.line, line.mistakes))
    return DryRun(rows, bad, tuple(problems))


def take_file(
    desk: IssuerDesk,
    org: Organization,
    definition_id: str,
    file: BinaryIO,
    *,
    key: str,
    name: str,
    actor: str,
    now: datetime,
    notify: bool = True,
) -> AwardBatch:
    """Read a file into a batch to be looked at; the same file under the same key is the batch it was before.

    It has its own transactions, short ones. Raises Mistakes, Absent, Conflict where the key stands for another file.
    """
    if not 0 < len(key) <= KEY_CHARS:
        refuse("key", "A key has 1 to {most} characters.", most=KEY_CHARS)
    digest = _digest(file)
    with desk.database.reading() as session:
        before = _sent_before(session, org.id, key, digest, definition_id)
    if before is not None and before.state != "reading":
        return before
    frame = _frame(desk, org, definition_id, now)
    # What is wrong with the head of the file is found before anything is written.
    sheets.check_head(file, frame.said)
    batch = _begun(desk, frame, key=key, digest=digest, name=name, actor=actor, now=now, notify=notify)
    if batch.state != "reading":
        return batch
    turn, rows = batch.version, 0
    try:
        with closing(_checked(desk, frame, file, now)) as chunks:
            for chunk in chunks:
                rows += len(chunk)
                _keep(desk, batch.id, turn, chunk)
        if not rows:
            refuse("file", "This file has no rows below its first line.")
    except Mistakes:
        with desk.database.writing() as session:
            _still(session, batch.id, turn)
            _forget_rows(session, batch.id)
            session.exec(delete(AwardBatch).where(col(AwardBatch.id) == batch.id))
        raise
    with desk.database.writing() as session:
        batch = _still(session, batch.id, turn)
        wrong = select(func.count()).where(BatchRow.batch_id == batch.id, col(BatchRow.good).is_(False))
        batch.rows, batch.bad, batch.state = rows, session.exec(wrong).one(), "preview"
        batch.version += 1
        session.add(batch)
        detail = {"definition": definition_id, "rows": rows, "bad": batch.bad, "sha256": batch.digest}
        _record(session, batch, "batch.read", actor, now, detail=detail)
    return batch


def _frame(desk: IssuerDesk, org: Organization, definition_id: str, now: datetime) -> Frame:
    with desk.database.reading() as session:
        definition, version, _ = published(session, org.id, definition_id)
        require_keys(session, org, now)
        return Frame.of(session, desk, org, definition, version)


def _checked(desk: IssuerDesk, frame: Frame, file: BinaryIO, now: datetime) -> Generator[list[Line], None, None]:
    """The rows in chunks, each row with all that is wrong with it."""
    lines = sheets.read(file, frame.said)
    while chunk := list(islice(lines, READ_TOGETHER)):
        with desk.database.reading() as session:
            held = _holders(session, frame, (line.recipient.email for line in chunk), now)
        yield [_checked_line(desk, frame, line, held, now) for line in chunk]


def _checked_line(desk: IssuerDesk, frame: Frame, line: Line, held: Mapping[str, datetime], now: datetime) -> Line:
    found = list(line.mistakes)
    if line.body is not None and not found:
        try:
            check_draft(desk, frame, _draft("new", line), now)
        except Mistakes as mistakes:
            found += [replace(one, field=sheets.column_of(one.field)) for one in mistakes.found]
    since = held.get(line.recipient.email)
    if since is not None:
        found.append(_held(since))
    return replace(line, mistakes=tuple(found))


def _held(since: datetime) -> Mistake:
    text = keyed("Somebody with this e-mail address has this micro-credential already, since {day}.")
    return Mistake("email", text, {"day": since.date().isoformat()})


def _holders(
    session: Session, frame: Frame, addresses: Iterable[str], now: datetime, *, batch_id: str | None = None
) -> dict[str, datetime]:
    """Who of these has the micro-credential already, not revoked and not expired: since when, by e-mail address.

    What the batch ``batch_id`` awarded does not count.
    """
    rows = session.exec(
        select(Recipient.email, Award.awarded)
        .join(Award, col(Award.id) == col(Recipient.award_id))
        .where(
            col(Recipient.email).in_([address for address in addresses if address]),
            Award.definition_id == frame.definition.id,
            Award.standing != "revoked",
            Award.state != "erased",
            or_(col(Award.valid_until).is_(None), col(Award.valid_until) > now),
            or_(col(Award.batch_id).is_(None), Award.batch_id != batch_id) if batch_id else true(),
        )
    )
    return dict(rows.all())


def _draft(batch_id: str, line: Line) -> Draft:
    assert line.body is not None
    return Draft(line.recipient, line.body, f"batch:{batch_id}:{line.number}", line.awarded, line.valid_until)


def _digest(file: BinaryIO) -> str:
    hashed = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(CHUNK):
        hashed.update(chunk)
    return hashed.hexdigest()


def _sent_before(session: Session, org_id: str, key: str, digest: str, definition_id: str) -> AwardBatch | None:
    """The batch of a key. Raises Conflict where it is of another file or another definition."""
    batch = session.exec(select(AwardBatch).where(AwardBatch.org_id == org_id, AwardBatch.key == key)).first()
    if batch is not None and (batch.digest, batch.definition_id) != (digest, definition_id):
        raise Conflict("Another file was sent under this key before. Use a new key for a new file.")
    return batch


def _begun(
    desk: IssuerDesk,
    frame: Frame,
    *,
    key: str,
    digest: str,
    name: str,
    actor: str,
    now: datetime,
    notify: bool,
) -> AwardBatch:
    """The batch of a key: a new one, the one it was, or one whose reading broke off, empty again. Raises Conflict."""
    with desk.database.writing() as session:
        batch = _sent_before(session, frame.org.id, key, digest, frame.definition.id)
        if batch is None:
            batch = AwardBatch(
                org_id=frame.org.id,
                definition_id=frame.definition.id,
                version_id=frame.version.id,
                key=key,
                name=name.strip()[:NAME_CHARS] or frame.said.name,
                digest=digest,
                state="reading",
                notify=notify,
                created=now,
                created_by=actor,
            )
        elif batch.state == "reading":
            # Whoever read it before finds that it is no longer their turn.
            batch.version_id = frame.version.id
            batch.version += 1
            _forget_rows(session, batch.id)
        session.add(batch)
    return batch


def _keep(desk: IssuerDesk, batch_id: str, turn: int, chunk: Sequence[Line]) -> None:
    """Write rows."""
    with desk.database.writing() as session:
        _still(session, batch_id, turn)
        session.add_all(
            [
                BatchRow(
                    batch_id=batch_id,
                    number=line.number,
                    line=line.line,
                    data=line.to_json(),
                    problems=[problem_json(one) for one in line.mistakes],
                    good=not line.mistakes,
                )
                for line in chunk
            ]
        )


def problem_json(mistake: Mistake) -> dict[str, Any]:
    """A mistake as it is stored and answered."""
    return {"column": mistake.field, "message": str(mistake), "text": mistake.text, "values": dict(mistake.values)}


def _still(session: Session, batch_id: str, turn: int) -> AwardBatch:
    batch = session.get(AwardBatch, batch_id)
    if batch is None or batch.state != "reading" or batch.version != turn:
        raise Conflict("This file is being read a second time in another window.")
    return batch


# ---------------------------------------------------------------- what is done with it


def batch_of(session: Session, org_id: str, batch_id: str) -> AwardBatch:
    """A batch of an organisation. Raises Absent."""
    batch = session.get(AwardBatch, batch_id)
    if batch is None or batch.org_id != org_id:
        raise Absent
    return batch


def start(
    session: Session, batch: AwardBatch, *, proceed: bool, actor: str, now: datetime, seen: int | None = None
) -> None:
    """Have the good rows awarded. ``proceed``: although others are bad. Raises Mistakes (``proceed``), Conflict."""
    _unchanged(batch, seen)
    if batch.state in ("running", "done"):
        return
    if batch.state != "preview":
        raise Conflict("This file is not ready to be awarded: it is being read, or it was put away.")
    if batch.bad and not proceed:
        refuse("proceed", "Some rows cannot be awarded. Say that the others are to go ahead, or send a corrected file.")
    if batch.bad == batch.rows:
        refuse("proceed", "None of the rows can be awarded. Send a corrected file.")
    batch.state, batch.started, batch.proceed_with_good = "running", now, proceed
    batch.version += 1
    session.add(batch)
    queue.ask(session, KIND, batch.id, now=now, org_id=batch.org_id)
    detail = {"rows": batch.rows, "bad": batch.bad}
    _record(session, batch, "batch.started", actor, now, detail=detail)


def cancel(
    session: Session, batch: AwardBatch, reason: str, *, actor: str, now: datetime, seen: int | None = None
) -> None:
    """Put a file away: what became awards stays, the other rows are deleted. Raises Mistakes (``reason``), Conflict."""
    _unchanged(batch, seen)
    if batch.state not in ("reading", "preview", "running"):
        raise Conflict("This file is finished; nothing of it is left to be put away.")
    why = checked_reason(reason)
    _forget_rows(session, batch.id, entered=False)
    batch.state, batch.finished = "cancelled", now
    batch.version += 1
    session.add(batch)
    _record(session, batch, "batch.cancelled", actor, now, why=why, detail={"entered": batch.entered})


def forget_person(session: Session, email: str) -> None:
    """Somebody was erased: rows that are no awards yet say nothing of them any more, and become none."""
    waiting = select(AwardBatch.id).where(col(AwardBatch.state).in_(("reading", "preview", "running")))
    told = func.lower(cast(BatchRow.data, String))
    escaped = json.dumps(email)[1:-1]
    statement = select(BatchRow).where(
        col(BatchRow.batch_id).in_(waiting),
        col(BatchRow.award_id).is_(None),
        or_(*(told.contains(text, autoescape=True) for text in {email, escaped})),
    )
    why = Mistake("email", keyed("This person had their account erased; the row is left out."))
    for row in session.exec(statement).all():
        if row.data.get("recipient", {}).get("email", "").strip().lower() != email:
            continue
        batch = session.get_one(AwardBatch, row.batch_id)
        if row.good and batch.state != "reading":
            batch.bad += 1
            batch.version += 1
        row.data, row.good, row.problems = {}, False, [problem_json(why)]
        session.add_all([batch, row])


def published_count(session: Session, batch_id: str) -> int:
    """How many badges of a batch are signed."""
    return published_counts(session, [batch_id]).get(batch_id, 0)


def published_counts(session: Session, batch_ids: Sequence[str]) -> Mapping[str, int]:
    """How many badges of each of these batches are signed; one that is not in it has none."""
    statement = select(col(Award.batch_id), func.count()).where(
        col(Award.batch_id).in_(batch_ids), col(Award.edition) > 0
    )
    return {batch_id: count for batch_id, count in session.exec(statement.group_by(col(Award.batch_id))) if batch_id}


class EnterHandler:
    """Makes rows into awards, some at a time. The key of its job is the batch."""

    def prepare(self, desk: IssuerDesk, session: Session, key: str) -> Any:
        """The next rows that are no awards yet; None where the batch does not run."""
        batch = session.get(AwardBatch, key)
        if batch is None or batch.state != "running":
            return None
        org = session.get_one(Organization, batch.org_id)
        definition = session.get_one(Definition, batch.definition_id)
        version = session.get_one(DefinitionVersion, batch.version_id)
        statement = select(BatchRow).where(
            BatchRow.batch_id == key, col(BatchRow.good).is_(True), col(BatchRow.award_id).is_(None)
        )
        rows = session.exec(statement.order_by(col(BatchRow.number)).limit(ENTER_TOGETHER)).all()
        return Frame.of(session, desk, org, definition, version), rows

    def work(self, desk: IssuerDesk, prepared: Any) -> Any:
        """Look at each once more: a day may have passed since it was read."""
        if prepared is None:
            return None
        frame, rows = prepared
        good: dict[str, Draft] = {}
        bad: dict[str, tuple[Mistake, ...]] = {}
        for row in rows:
            draft = _draft(row.batch_id, _stored(row))
            try:
                check_draft(desk, frame, draft, desk.clock())
                good[row.id] = draft
            except Mistakes as mistakes:
                bad[row.id] = tuple(replace(one, field=sheets.column_of(one.field)) for one in mistakes.found)
        return frame, good, bad

    def settle(self, session: Session, desk: IssuerDesk, key: str, result: Any, now: datetime) -> timedelta | None:
        """Write the awards and mark their rows, in one."""
        batch = session.get(AwardBatch, key)
        if result is None or batch is None or batch.state != "running":
            return None
        frame, good, bad = result
        statement = select(BatchRow).where(
            col(BatchRow.id).in_([*good, *bad]), col(BatchRow.award_id).is_(None), col(BatchRow.good).is_(True)
        )
        rows = {row.id: row for row in session.exec(statement)}
        # Another file may have awarded somebody since this one was read.
        address = {row_id: draft.recipient.tidy().email for row_id, draft in good.items()}
        held = _holders(session, frame, address.values(), now, batch_id=batch.id)
        bad = {**bad, **{row_id: (_held(held[one]),) for row_id, one in address.items() if one in held}}
        entering = [row_id for row_id in good if row_id in rows and row_id not in bad]
        awards = create_awards(
            session,
            desk,
            frame,
            [good[row_id] for row_id in entering],
            source="batch",
            actor=batch.created_by,
            now=now,
            batch_id=batch.id,
            notify=batch.notify,
        )
        for row_id, award in zip(entering, awards, strict=True):
            rows[row_id].award_id, rows[row_id].data = award.id, {}
        for row_id in bad.keys() & rows.keys():
            rows[row_id].good, rows[row_id].problems = False, [problem_json(one) for one in bad[row_id]]
            batch.bad += 1
        batch.entered += len(entering)
        session.add_all([batch, *rows.values()])
        # Rows may have been voided since this turn began; what counts is whether others are left.
        left = select(BatchRow.id).where(
            BatchRow.batch_id == key, col(BatchRow.good).is_(True), col(BatchRow.award_id).is_(None)
        )
        if session.exec(left.limit(1)).first() is not None:
            return timedelta(0)
        # What stands in rows that were not taken is about people; what was wrong with them stays.
        for row in session.exec(select(BatchRow).where(BatchRow.batch_id == key, col(BatchRow.good).is_(False))):
            row.data = {}
            session.add(row)
        batch.state, batch.finished = "done", now
        _record(session, batch, "batch.done", "system", now, detail={"entered": batch.entered, "bad": batch.bad})
        return None


def _stored(row: BatchRow) -> Line:
    data = row.data
    return Line(
        row.number,
        row.line,
        RecipientData.from_json(data["recipient"]),
        AwardBody.from_json(data["body"]),
        None if data["awarded"] is None else datetime.fromisoformat(data["awarded"]),
        None if data["validUntil"] is None else datetime.fromisoformat(data["validUntil"]),
    )


def _forget_rows(session: Session, batch_id: str, *, entered: bool = True) -> None:
    statement = delete(BatchRow).where(col(BatchRow.batch_id) == batch_id)
    session.exec(statement if entered else statement.where(col(BatchRow.award_id).is_(None)))


def _unchanged(batch: AwardBatch, seen: int | None) -> None:
    if seen is not None and seen != batch.version:
        raise Conflict("Somebody else changed this in the meantime. Look at it again before you go on.")


def _record(
    session: Session,
    batch: AwardBatch,
    action: str,
    actor: str,
    now: datetime,
    *,
    why: str = "",
    detail: Mapping[str, Any] | None = None,
) -> None:
    log.record(
        session,
        actor=actor,
        action=action,
        target=f"batch:{batch.id}",
        at=now,
        org_id=batch.org_id,
        detail=detail,
        why=why,
    )
