"""Batches on disk: every row that was handed in, and its result once there is one.

One SQLite file, shared by all threads and processes of a service. A row is claimed under a lease before it is worked
on, and its result is written once, by whoever holds the claim; after a crash the lease runs out and another takes the
row up. Batches are served in turn, a row each, so that none waits for another to end. A batch is known by an
unguessable token, of which only the digest is kept.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, STORE_FULL, ProblemError
from badgeport.verifier.batch.results import as_text, failure
from badgeport.verifier.storage import Storage

TIME_TO_WORK = timedelta(days=7)
"""How long a batch is worked on after it was handed in; a row that has no result by then is told so."""

TIME_TO_LIVE = timedelta(days=7)
"""How long a batch and its results are kept after the last of them was there."""

MAXIMUM_ROWS = 100_000
MAXIMUM_BYTES = 512 * 1024 * 1024
"""What the rows of one batch may hold together."""

MAXIMUM_STORED_BYTES = 4 * 1024 * 1024 * 1024
"""What all batches may hold together: inputs, names and results, with what it costs to keep them."""

MAXIMUM_UNFINISHED = 64
"""How many batches are taken on before one of them is finished."""

MAXIMUM_ATTEMPTS = 3
"""How often a row is begun before it is given up: one that brings the process down must not do so for ever."""

_CHUNK = 500
"""Rows written or read at once."""
_CHUNK_BYTES = 8 * 1024 * 1024
_REMOVED = 100
"""Rows forgotten at once, which may be large."""

_BATCH_BYTES = 1024
_ROW_BYTES = 256
"""What it costs to keep a batch, or a row, beside what is in it."""
_RESULT_BYTES = 2048
"""The room kept for the result of a row that has none yet: always enough to say why there is none."""

_NAME_CHARS = 240
_TIME_TO_HAND_IN = timedelta(hours=1)

_SCHEMA_VERSION = 1

# Inputs stand apart from their rows: a row is written several times, its input once.
# ``bytes`` of a batch is what it costs in all; a trigger keeps the sum of them, whatever process wrote or died.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest BLOB UNIQUE,
    created_at REAL NOT NULL,
    expires_at REAL,
    finished_at REAL,
    policy TEXT NOT NULL,
    as_of TEXT,
    complete INTEGER NOT NULL DEFAULT 0,
    turn INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    valid INTEGER NOT NULL DEFAULT 0,
    invalid INTEGER NOT NULL DEFAULT 0,
    undetermined INTEGER NOT NULL DEFAULT 0,
    error INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX IF NOT EXISTS batch_turn ON batch (turn) WHERE complete = 1 AND finished_at IS NULL;
CREATE INDEX IF NOT EXISTS batch_unfinished ON batch (created_at) WHERE finished_at IS NULL;
CREATE INDEX IF NOT EXISTS batch_expires ON batch (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS row (
    batch INTEGER NOT NULL REFERENCES batch (id),
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    claim TEXT,
    claimed_until REAL NOT NULL DEFAULT 0,
    result TEXT,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS row_open ON row (batch, claimed_until, number) WHERE result IS NULL;
CREATE TABLE IF NOT EXISTS input (
    batch INTEGER NOT NULL REFERENCES batch (id),
    number INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (batch, number)
) STRICT;
CREATE TABLE IF NOT EXISTS held (one INTEGER PRIMARY KEY CHECK (one = 1), bytes INTEGER NOT NULL) STRICT;
INSERT INTO held (one, bytes) VALUES (1, 0) ON CONFLICT DO NOTHING;
CREATE TRIGGER IF NOT EXISTS batch_added AFTER INSERT ON batch BEGIN
    UPDATE held SET bytes = bytes + new.bytes;
END;
CREATE TRIGGER IF NOT EXISTS batch_changed AFTER UPDATE OF bytes ON batch BEGIN
    UPDATE held SET bytes = bytes + new.bytes - old.bytes;
END;
CREATE TRIGGER IF NOT EXISTS batch_removed AFTER DELETE ON batch BEGIN
    UPDATE held SET bytes = bytes - old.bytes;
END;
"""


@dataclass(frozen=True, slots=True)
class Handed:
    """One input as it is handed in: a name for people, its bytes, or why it could not be read."""

    name: str
    data: bytes = field(repr=False)
    refused: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """One batch: what is asked of every row, and how far it is.

    ``counts`` are the rows done so far by verdict; a row without one is counted under ``error``. ``expires_at`` is
    known once the batch is finished.
    """

    created_at: datetime
    expires_at: datetime | None
    finished_at: datetime | None
    policy: str
    as_of: str | None
    total: int
    counts: dict[str, int]

    @property
    def done(self) -> int:
        """How many rows have a result."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Row:
    """One row that was claimed: how to verify it, and how often it was begun before."""

    batch: int
    number: int
    name: str
    attempts: int
    policy: str
    as_of: str | None
    claim: str


class BatchStore:
    """The batches of one data directory. May be shared between threads, and the file between processes.

    Every method may raise ProblemError (SERVICE_UNAVAILABLE) where the file cannot be used.
    """

    def __init__(self, path: Path | str) -> None:
        """``path``: the SQLite file, created where there is none, readable by its owner only."""
        self._storage = Storage(path, _SCHEMA, version=_SCHEMA_VERSION)

    # -- handing in ---------------------------------------------------------------------------------------------

    def create(self, rows: Iterable[Handed], *, policy: str, as_of: str | None, now: datetime) -> tuple[str, Batch]:
        """Keep every row of a new batch; returns its token and the batch. Work on it starts when all rows are kept.

        A row that was refused has its result at once: what is handed in is never lost. Raises ProblemError(RANGE_ERROR)
        where the rows are too many or too large, PARSING_ERROR where there are none, STORE_FULL where as many batches,
        or bytes, are held as this service takes on, and whatever ``rows`` raises; nothing is kept then.
        """
        token = secrets.token_urlsafe(24)
        batch = self._opened(token, policy, as_of, now)
        try:
            for chunk in _chunks(rows):
                self._add(batch, chunk)
            self._complete(batch, now)
        except BaseException:
            with suppress(ProblemError):
                self._remove(batch)
            raise
        found = self.get(token, now=now)
        if found is None:
            raise ProblemError(RANGE_ERROR, "the batch could not be kept")
        return token, found

    def _opened(self, token: str, policy: str, as_of: str | None, now: datetime) -> int:
        with self._storage.transaction() as connection:
            unfinished = connection.execute("SELECT count(*) FROM batch WHERE finished_at IS NULL").fetchone()[0]
            if unfinished >= MAXIMUM_UNFINISHED:
                raise ProblemError(
                    STORE_FULL, f"this service works on {MAXIMUM_UNFINISHED} batches at a time; try again later"
                )
            made = connection.execute(
                "INSERT INTO batch (digest, created_at, expires_at, policy, as_of, bytes) VALUES (?, ?, ?, ?, ?, ?)",
                (_digest(token), now.timestamp(), (now + _TIME_TO_HAND_IN).timestamp(), policy, as_of, _BATCH_BYTES),
            )
            _bounded(connection)
            return int(made.lastrowid or 0)

    def _add(self, batch: int, chunk: list[tuple[int, Handed]]) -> None:
        """Keep some rows, if there is room for them and for their results."""
        rows = []
        size = 0
        for number, handed in chunk:
            name = _name(handed.name)
            result = None if handed.refused is None else as_text(failure(number, name, handed.refused))
            rows.append((batch, number, name, result))
            size += _ROW_BYTES + len(name.encode())
            size += len(handed.data) + _RESULT_BYTES if result is None else len(result.encode())
        refused = sum(result is not None for *_, result in rows)
        with self._storage.transaction() as connection:
            connection.execute(
                "UPDATE batch SET total = total + ?, error = error + ?, bytes = bytes + ? WHERE id = ?",
                (len(rows), refused, size, batch),
            )
            _bounded(connection)
            connection.executemany("INSERT INTO row (batch, number, name, result) VALUES (?, ?, ?, ?)", rows)
            connection.executemany(
                "INSERT INTO input (batch, number, data) VALUES (?, ?, ?)",
                ((batch, number, handed.data) for number, handed in chunk if handed.refused is None),
            )

    def _complete(self, batch: int, now: datetime) -> None:
        with self._storage.transaction() as connection:
            whole = connection.execute(
                "UPDATE batch SET complete = 1, expires_at = NULL WHERE id = ? AND total > 0", (batch,)
            )
            if not whole.rowcount:
                raise ProblemError(PARSING_ERROR, "the batch holds no input")
            _to_the_end_of_the_line(connection, batch)
            _close(connection, batch, now)

    # -- asking -------------------------------------------------------------------------------------------------

    def get(self, token: str, *, now: datetime) -> Batch | None:
        """The batch of a token, or None where there is none, it is not handed in completely, or its time is over."""
        with self._storage.connection() as connection:
            held = connection.execute(
                "SELECT created_at, expires_at, finished_at, policy, as_of, total, valid, invalid, undetermined, error"
                " FROM batch WHERE digest = ? AND complete = 1 AND (expires_at IS NULL OR expires_at > ?)",
                (_digest(token), now.timestamp()),
            ).fetchone()
        if held is None:
            return None
        created, expires, finished, policy, as_of, total, *numbers = held
        zone = now.tzinfo
        counts = dict(zip(("valid", "invalid", "undetermined", "error"), numbers, strict=True))
        return Batch(
            datetime.fromtimestamp(created, zone),
            None if expires is None else datetime.fromtimestamp(expires, zone),
            None if finished is None else datetime.fromtimestamp(finished, zone),
            policy,
            as_of,
            total,
            {verdict: number for verdict, number in counts.items() if number},
        )

    def results(self, token: str) -> Iterator[str]:
        """The result of every row that has one, a JSON text each, in the order the rows were handed in."""
        after = 0
        while True:
            with self._storage.connection() as connection:
                page = connection.execute(
                    "SELECT number, result FROM row WHERE batch = (SELECT id FROM batch WHERE digest = ?)"
                    " AND number > ? AND result IS NOT NULL ORDER BY number LIMIT ?",
                    (_digest(token), after, _CHUNK),
                ).fetchall()
            if not page:
                return
            for number, result in page:
                after = number
                yield result

    def delete(self, token: str) -> bool:
        """Forget a batch with all its rows; returns whether there was one."""
        with self._storage.connection() as connection:
            found = connection.execute("SELECT id FROM batch WHERE digest = ?", (_digest(token),)).fetchone()
        if found is None or not self._remove(found[0]):
            return False
        self._storage.empty_log()
        return True

    def sweep(self, now: datetime) -> int:
        """Forget batches whose time is over, and give their room back to the disk; returns how many.

        A batch that was worked on for as long as any is gets a result for each row that has none.
        """
        with self._storage.connection() as connection:
            late = connection.execute(
                "SELECT id FROM batch WHERE finished_at IS NULL AND complete = 1 AND created_at <= ?",
                ((now - TIME_TO_WORK).timestamp(),),
            ).fetchall()
            over = connection.execute("SELECT id FROM batch WHERE expires_at <= ?", (now.timestamp(),)).fetchall()
        for (batch,) in late:
            self._give_up(batch, now)
        forgotten = sum(self._remove(batch) for (batch,) in over)
        self._storage.shrink()
        return forgotten

    def check(self) -> None:
        """Raises ProblemError where nothing can be written: asked by the readiness probe."""
        with self._storage.transaction() as connection:
            connection.execute("UPDATE held SET bytes = bytes")

    def close(self) -> None:
        """Close the file. It may be used again; it is then opened anew."""
        self._storage.close()

    def _remove(self, batch: int) -> bool:
        """Forget a batch: at once for whoever asks, and row by row, so that nobody waits long to write."""
        with self._storage.transaction() as connection:
            gone = connection.execute(
                "UPDATE batch SET digest = NULL, complete = 0, expires_at = 0 WHERE id = ?", (batch,)
            )
            if not gone.rowcount:
                return False
        last, more = _REMOVED, True
        while more:
            with self._storage.transaction() as connection:
                connection.execute("DELETE FROM input WHERE batch = ? AND number <= ?", (batch, last))
                connection.execute("DELETE FROM row WHERE batch = ? AND number <= ?", (batch, last))
                more = connection.execute("SELECT 1 FROM row WHERE batch = ? LIMIT 1", (batch,)).fetchone() is not None
            last += _REMOVED
        with self._storage.transaction() as connection:
            connection.execute("DELETE FROM batch WHERE id = ?", (batch,))
        return True

    def _give_up(self, batch: int, now: datetime) -> None:
        open_rows = True
        while open_rows:
            with self._storage.transaction() as connection:
                rows = connection.execute(
                    "SELECT number, name, claim FROM row WHERE batch = ? AND result IS NULL"
                    " ORDER BY claimed_until, number LIMIT ?",
                    (batch, _CHUNK),
                ).fetchall()
                for number, name, claim in rows:
                    why = f"there was no time for this input within {TIME_TO_WORK.days} days; hand it in again"
                    _write(connection, (batch, number, claim), None, as_text(failure(number, name, why)))
                _close(connection, batch, now)
            open_rows = bool(rows)

    # -- working ------------------------------------------------------------------------------------------------

    def claim(self, *, lease: timedelta, now: datetime) -> Row | None:
        """A row that nobody works on, ours until ``lease`` runs out, of the batch that was served longest ago.

        Rows that were begun before come after the others of their batch.
        """
        instant, claim = now.timestamp(), secrets.token_hex(8)
        with self._storage.transaction() as connection:
            chosen = connection.execute(
                "SELECT id, policy, as_of FROM batch WHERE complete = 1 AND finished_at IS NULL AND EXISTS"
                " (SELECT 1 FROM row WHERE row.batch = batch.id AND row.result IS NULL AND row.claimed_until <= ?)"
                " ORDER BY turn LIMIT 1",
                (instant,),
            ).fetchone()
            if chosen is None:
                return None
            batch, policy, as_of = chosen
            number, name, attempts = connection.execute(
                "SELECT number, name, attempts FROM row WHERE batch = ? AND result IS NULL AND claimed_until <= ?"
                " ORDER BY claimed_until, number LIMIT 1",
                (batch, instant),
            ).fetchone()
            connection.execute(
                "UPDATE row SET claim = ?, claimed_until = ? WHERE batch = ? AND number = ?",
                (claim, (now + lease).timestamp(), batch, number),
            )
            _to_the_end_of_the_line(connection, batch)
        return Row(batch, number, name, attempts, policy, as_of, claim)

    def begin(self, row: Row, *, lease: timedelta, now: datetime) -> bytes | None:
        """What to verify, asked for right before it is: the attempt is counted and the lease begins anew.

        None where another has the row now, or it was forgotten.
        """
        with self._storage.transaction() as connection:
            ours = connection.execute(
                "UPDATE row SET attempts = attempts + 1, claimed_until = ?"
                " WHERE batch = ? AND number = ? AND claim = ? AND result IS NULL",
                ((now + lease).timestamp(), row.batch, row.number, row.claim),
            )
            found = connection.execute(
                "SELECT data FROM input WHERE batch = ? AND number = ?", (row.batch, row.number)
            ).fetchone()
        return bytes(found[0]) if ours.rowcount and found is not None else None

    def give_back(self, row: Row, *, tried: bool, now: datetime) -> None:
        """Leave a row to whoever takes it up next. ``tried`` says whether that counts as an attempt."""
        with self._storage.transaction() as connection:
            connection.execute(
                "UPDATE row SET claim = NULL, claimed_until = ?, attempts = ?"
                " WHERE batch = ? AND number = ? AND claim = ? AND result IS NULL",
                (now.timestamp(), row.attempts + tried, row.batch, row.number, row.claim),
            )

    def finish(self, row: Row, verdict: str | None, result: str, *, now: datetime) -> None:
        """Write the result of a row: its verdict (None: there is none) and a JSON text. The input itself is let go.

        A row that another has claimed since is left to it. A result for which there is no room is replaced by one that
        says so.
        """
        with self._storage.transaction() as connection:
            key = (row.batch, row.number, row.claim)
            if not _write(connection, key, verdict, result):
                why = "this service has no room for the result of this input"
                _write(connection, key, None, as_text(failure(row.number, row.name, why)))
            _close(connection, row.batch, now)


def _chunks(rows: Iterable[Handed]) -> Iterator[list[tuple[int, Handed]]]:
    """The rows with their numbers, some at a time. Raises ProblemError(RANGE_ERROR) where they are too many."""
    chunk: list[tuple[int, Handed]] = []
    total = held = 0
    for number, row in enumerate(rows, start=1):
        if number > MAXIMUM_ROWS:
            raise ProblemError(RANGE_ERROR, f"a batch holds at most {MAXIMUM_ROWS} inputs; hand in several")
        total += len(row.data)
        if total > MAXIMUM_BYTES:
            raise ProblemError(RANGE_ERROR, f"a batch holds at most {MAXIMUM_BYTES} bytes; hand in several")
        chunk.append((number, row))
        held += len(row.data)
        if len(chunk) >= _CHUNK or held >= _CHUNK_BYTES:
            yield chunk
            chunk, held = [], 0
    if chunk:
        yield chunk


def _bounded(connection: sqlite3.Connection) -> None:
    """Refuse what this transaction adds where it does not fit."""
    if _held(connection) > MAXIMUM_STORED_BYTES:
        raise ProblemError(STORE_FULL, "this service has no room for another batch now; try again later")


def _held(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT bytes FROM held").fetchone()[0])


def _to_the_end_of_the_line(connection: sqlite3.Connection, batch: int) -> None:
    connection.execute(
        "UPDATE batch SET turn = 1 + (SELECT coalesce(max(turn), 0) FROM batch"
        " WHERE complete = 1 AND finished_at IS NULL) WHERE id = ?",
        (batch,),
    )


def _write(connection: sqlite3.Connection, key: tuple[int, int, str | None], verdict: str | None, result: str) -> bool:
    """Write a result, if the row is still open and ours; returns False where there is no room for it.

    There always is for one of no more than ``_RESULT_BYTES``: that was kept free when the row was handed in.
    """
    batch, number, claim = key
    freed = connection.execute(
        "SELECT length(input.data) FROM row JOIN input USING (batch, number)"
        " WHERE batch = ? AND number = ? AND claim IS ? AND result IS NULL",
        (batch, number, claim),
    ).fetchone()
    if freed is None:
        return True
    size = len(result.encode())
    more = size - freed[0] - _RESULT_BYTES
    if size > _RESULT_BYTES and more > 0 and _held(connection) + more > MAXIMUM_STORED_BYTES:
        return False
    connection.execute(
        "UPDATE row SET result = ?, claim = NULL WHERE batch = ? AND number = ?", (result, batch, number)
    )
    connection.execute("DELETE FROM input WHERE batch = ? AND number = ?", (batch, number))
    connection.execute(
        "UPDATE batch SET bytes = bytes + :more, valid = valid + (:verdict = 'valid'),"
        " invalid = invalid + (:verdict = 'invalid'), undetermined = undetermined + (:verdict = 'undetermined'),"
        " error = error + (:verdict = 'error') WHERE id = :batch",
        {"more": more, "verdict": verdict or "error", "batch": batch},
    )
    return True


def _close(connection: sqlite3.Connection, batch: int, now: datetime) -> None:
    """Note when a batch was finished, once every row of it has a result."""
    connection.execute(
        "UPDATE batch SET finished_at = ?, expires_at = ? WHERE id = ? AND finished_at IS NULL AND complete = 1"
        " AND valid + invalid + undetermined + error = total",
        (now.timestamp(), (now + TIME_TO_LIVE).timestamp(), batch),
    )


def _name(text: str) -> str:
    """A name that can be written down."""
    return text[:_NAME_CHARS].encode("utf-8", "replace").decode()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
