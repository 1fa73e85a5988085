"""Batches on disk: every row that was handed in, and its result once there is one.

One SQLite file, shared by all threads and processes of a service. A row is claimed under a lease before it is worked
on, and its result is written once, by whoever holds the claim; after a crash the lease runs out and another takes the
row up. A batch is known by an unguessable token, of which only the digest is kept.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, ProblemError
from badgeport.verifier.batch.results import as_text, failure

TIME_TO_LIVE = timedelta(days=7)
"""How long a batch and its results are kept after it was handed in."""

MAXIMUM_ROWS = 100_000
MAXIMUM_BYTES = 512 * 1024 * 1024
"""What the rows of one batch may hold together."""

MAXIMUM_STORED_BYTES = 4 * 1024 * 1024 * 1024
"""What the rows of all batches may hold together."""

MAXIMUM_ATTEMPTS = 3
"""How often a row is taken up before it is given up: one that brings the process down must not do so for ever."""

_CHUNK = 500
"""Rows written or read at once."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batch (
    id TEXT PRIMARY KEY,
    created_at REAL NOT NULL,
    expires_at REAL NOT NULL,
    finished_at REAL,
    policy TEXT NOT NULL,
    as_of TEXT,
    total INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS row (
    batch TEXT NOT NULL REFERENCES batch (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    data BLOB,
    attempts INTEGER NOT NULL DEFAULT 0,
    claim TEXT,
    claimed_until REAL NOT NULL DEFAULT 0,
    verdict TEXT,
    result TEXT,
    PRIMARY KEY (batch, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS row_open ON row (claimed_until, batch, number) WHERE result IS NULL;
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

    ``counts`` are the rows done so far by verdict; a row without one is counted under ``error``.
    """

    id: str
    created_at: datetime
    expires_at: datetime
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
    """One row that was claimed: what to verify, and how."""

    batch: str
    number: int
    name: str
    data: bytes
    attempts: int
    policy: str
    as_of: str | None
    claim: str


class BatchStore:
    """The batches of one data directory. May be shared between threads, and the file between processes."""

    def __init__(self, path: Path | str) -> None:
        """``path``: the SQLite file, created where there is none, readable by its owner only."""
        self._path = str(path)
        self._local = threading.local()
        Path(path).touch(mode=0o600, exist_ok=True)
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_SCHEMA)

    # -- handing in ---------------------------------------------------------------------------------------------

    def create(self, rows: Iterable[Handed], *, policy: str, as_of: str | None, now: datetime) -> tuple[str, Batch]:
        """Keep every row of a new batch; returns its token and the batch. Work on it starts when all rows are kept.

        A row that was refused has its result at once: what is handed in is never lost. Raises ProblemError(RANGE_ERROR)
        where the rows are none, too many or too large, for this batch or with all others, and whatever ``rows`` raises;
        nothing is kept then.
        """
        token = secrets.token_urlsafe(24)
        batch = _digest(token)
        instants = (now.timestamp(), (now + TIME_TO_LIVE).timestamp())
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO batch (id, created_at, expires_at, policy, as_of) VALUES (?, ?, ?, ?, ?)",
                (batch, *instants, policy, as_of),
            )
        try:
            total, size = self._keep(batch, rows)
            if total == 0:
                raise ProblemError(PARSING_ERROR, "the batch holds no input")
        except BaseException:
            self._remove(batch)
            raise
        with self._transaction() as connection:
            connection.execute("UPDATE batch SET total = ?, bytes = ?, complete = 1 WHERE id = ?", (total, size, batch))
            _close(connection, batch, now)
        found = self.get(token, now=now)
        if found is None:
            raise ProblemError(RANGE_ERROR, "the batch could not be kept")
        return token, found

    def _keep(self, batch: str, rows: Iterable[Handed]) -> tuple[int, int]:
        total = size = 0
        stored = self._stored_bytes()
        chunk: list[tuple[str, int, str, bytes | None, str | None]] = []
        for row in rows:
            total += 1
            size += len(row.data)
            if total > MAXIMUM_ROWS:
                raise ProblemError(RANGE_ERROR, f"a batch holds at most {MAXIMUM_ROWS} inputs; hand in several")
            if size > MAXIMUM_BYTES:
                raise ProblemError(RANGE_ERROR, f"a batch holds at most {MAXIMUM_BYTES} bytes; hand in several")
            if stored + size > MAXIMUM_STORED_BYTES:
                raise ProblemError(RANGE_ERROR, "this service has no room for another batch now; try again later")
            refused = None if row.refused is None else as_text(failure(total, row.name, row.refused))
            chunk.append((batch, total, row.name[:1024], row.data if refused is None else None, refused))
            if len(chunk) == _CHUNK:
                self._insert(chunk)
                chunk.clear()
        self._insert(chunk)
        return total, size

    def _insert(self, chunk: list[tuple[str, int, str, bytes | None, str | None]]) -> None:
        if chunk:
            with self._transaction() as connection:
                connection.executemany(
                    "INSERT INTO row (batch, number, name, data, result) VALUES (?, ?, ?, ?, ?)", chunk
                )

    def _stored_bytes(self) -> int:
        with self._connection() as connection:
            return int(connection.execute("SELECT coalesce(sum(bytes), 0) FROM batch").fetchone()[0])

    # -- asking -------------------------------------------------------------------------------------------------

    def get(self, token: str, *, now: datetime) -> Batch | None:
        """The batch of a token, or None where there is none, it is not handed in completely, or its time is over."""
        batch = _digest(token)
        with self._connection() as connection:
            held = connection.execute(
                "SELECT created_at, expires_at, finished_at, policy, as_of, total FROM batch"
                " WHERE id = ? AND complete = 1 AND expires_at > ?",
                (batch, now.timestamp()),
            ).fetchone()
            if held is None:
                return None
            counts = dict(
                connection.execute(
                    "SELECT coalesce(verdict, 'error'), count(*) FROM row"
                    " WHERE batch = ? AND result IS NOT NULL GROUP BY 1",
                    (batch,),
                )
            )
        created, expires, finished, policy, as_of, total = held
        zone = now.tzinfo
        return Batch(
            batch,
            datetime.fromtimestamp(created, zone),
            datetime.fromtimestamp(expires, zone),
            None if finished is None else datetime.fromtimestamp(finished, zone),
            policy,
            as_of,
            total,
            counts,
        )

    def results(self, token: str) -> Iterator[str]:
        """The result of every row that has one, a JSON text each, in the order the rows were handed in."""
        batch, after = _digest(token), 0
        while True:
            with self._connection() as connection:
                page = connection.execute(
                    "SELECT number, result FROM row WHERE batch = ? AND number > ? AND result IS NOT NULL"
                    " ORDER BY number LIMIT ?",
                    (batch, after, _CHUNK),
                ).fetchall()
            if not page:
                return
            for number, result in page:
                after = number
                yield result

    def delete(self, token: str) -> bool:
        """Forget a batch with all its rows; returns whether there was one."""
        return self._remove(_digest(token))

    def sweep(self, now: datetime) -> int:
        """Forget batches whose time is over, and those that were never handed in completely; returns how many."""
        with self._connection() as connection:
            over = [
                batch
                for (batch,) in connection.execute(
                    "SELECT id FROM batch WHERE expires_at <= ? OR (complete = 0 AND created_at <= ?)",
                    (now.timestamp(), (now - timedelta(days=1)).timestamp()),
                )
            ]
        return sum(self._remove(batch) for batch in over)

    def _remove(self, batch: str) -> bool:
        with self._transaction() as connection:
            connection.execute("DELETE FROM row WHERE batch = ?", (batch,))
            return connection.execute("DELETE FROM batch WHERE id = ?", (batch,)).rowcount > 0

    # -- working ------------------------------------------------------------------------------------------------

    def claim(self, count: int, *, lease: timedelta, now: datetime) -> list[Row]:
        """Up to ``count`` rows that nobody works on, ours until ``lease`` runs out, the oldest batch first."""
        claim = secrets.token_hex(8)
        instant = now.timestamp()
        with self._transaction() as connection:
            waiting = connection.execute(
                "SELECT row.batch, row.number, row.name, row.data, row.attempts + 1, batch.policy, batch.as_of"
                " FROM row JOIN batch ON batch.id = row.batch"
                " WHERE row.result IS NULL AND row.claimed_until <= ? AND batch.complete = 1 AND batch.expires_at > ?"
                " ORDER BY batch.created_at, row.batch, row.number LIMIT ?",
                (instant, instant, count),
            ).fetchall()
            connection.executemany(
                "UPDATE row SET claim = ?, claimed_until = ?, attempts = attempts + 1 WHERE batch = ? AND number = ?",
                [(claim, (now + lease).timestamp(), batch, number) for batch, number, *_ in waiting],
            )
        return [
            Row(batch, number, name, data or b"", attempts, policy, as_of, claim)
            for batch, number, name, data, attempts, policy, as_of in waiting
        ]

    def finish(self, done: Iterable[tuple[Row, str | None, str]], *, now: datetime) -> None:
        """Write results: a row, its verdict (None: there is none) and a JSON text, each. The input itself is let go.

        A row that another has claimed since is left to it.
        """
        results = list(done)
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE row SET verdict = ?, result = ?, data = NULL WHERE batch = ? AND number = ? AND claim = ?"
                " AND result IS NULL",
                [(verdict, result, row.batch, row.number, row.claim) for row, verdict, result in results],
            )
            for batch in {row.batch for row, _, _ in results}:
                _close(connection, batch, now)

    # -- connections --------------------------------------------------------------------------------------------

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self._path, timeout=30, isolation_level=None)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
        yield connection


def _close(connection: sqlite3.Connection, batch: str, now: datetime) -> None:
    """Note when a batch was finished, once every row of it has a result."""
    connection.execute(
        "UPDATE batch SET finished_at = ?, bytes = 0 WHERE id = ? AND finished_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM row WHERE row.batch = batch.id AND row.result IS NULL)",
        (now.timestamp(), batch),
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
