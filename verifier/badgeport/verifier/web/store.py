"""What the service keeps between two requests: results, shared reports and challenges, each for a stated time.

One SQLite file in the data directory, safe between threads and between processes. Who holds a token can read what was
kept under it; the file holds only the token's SHA-256, so that a copy of the file opens nothing.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from badgeport.schemas.problems import SERVICE_UNAVAILABLE, STORE_FULL, ProblemError

Kind: TypeAlias = Literal["result", "shared", "challenge"]
"""What is kept: the result of a verification, a report somebody shared, a challenge for a presentation."""

TIME_TO_LIVE: Mapping[Kind, timedelta] = MappingProxyType(
    {"result": timedelta(hours=1), "shared": timedelta(days=30), "challenge": timedelta(minutes=10)}
)
"""How long each kind is kept."""

CAPACITY: Mapping[Kind, int] = MappingProxyType(
    {"result": 1024 * 1024 * 1024, "shared": 1024 * 1024 * 1024, "challenge": 64 * 1024 * 1024}
)
"""How many bytes of each kind are kept at most. Each kind has its own, so that one cannot crowd out another."""

_ENTRY_OVERHEAD = 256
_BUSY_SECONDS = 10.0
_TOKEN_BYTES = 24
_TOKEN_CHARS = 128
_SCHEMA_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The counts are kept by triggers, so that they are right whatever process wrote or died.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    digest BLOB NOT NULL,
    expires INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (kind, digest)
);
CREATE INDEX IF NOT EXISTS entry_expires ON entry (expires);
CREATE TABLE IF NOT EXISTS held (kind TEXT PRIMARY KEY, bytes INTEGER NOT NULL);
CREATE TRIGGER IF NOT EXISTS entry_added AFTER INSERT ON entry BEGIN
    INSERT INTO held (kind, bytes) VALUES (new.kind, 0) ON CONFLICT (kind) DO NOTHING;
    UPDATE held SET bytes = bytes + new.bytes WHERE kind = new.kind;
END;
CREATE TRIGGER IF NOT EXISTS entry_removed AFTER DELETE ON entry BEGIN
    UPDATE held SET bytes = bytes - old.bytes WHERE kind = old.kind;
END;
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was kept, and until when it is."""

    data: bytes = field(repr=False)
    expires_at: datetime


class Store:
    """Keeps bytes under tokens nobody can guess, for a time.

    ``path`` is the file (made, readable by its owner only, where there is none); ``capacity`` bounds the bytes of each
    kind. Every method may raise ProblemError (SERVICE_UNAVAILABLE) where the file cannot be used.
    """

    def __init__(self, path: Path, *, capacity: Mapping[Kind, int] = CAPACITY) -> None:
        self._path = path
        self._capacity = capacity
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        with self._connection() as connection:
            _set_up(connection)

    def put(self, kind: Kind, data: bytes, ttl: timedelta, *, now: datetime) -> str:
        """Keep ``data`` until ``now + ttl``; returns the token that finds it.

        Raises ProblemError (STORE_FULL) where no more of this kind is kept.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        size = len(data) + _ENTRY_OVERHEAD
        with self._connection() as connection, _transaction(connection):
            if self._held(connection, kind) + size > self._capacity[kind]:
                connection.execute("DELETE FROM entry WHERE kind = ? AND expires <= ?", (kind, _ticks(now)))
                if self._held(connection, kind) + size > self._capacity[kind]:
                    raise ProblemError(STORE_FULL, "there is no more room to keep this; try again later")
            connection.execute(
                "INSERT INTO entry (kind, digest, expires, bytes, data) VALUES (?, ?, ?, ?, ?)",
                (kind, _digest(token), _ticks(now + ttl), size, data),
            )
        return token

    def get(self, kind: Kind, token: str, *, now: datetime) -> Stored | None:
        """What was kept under ``token``; None where there is nothing, or its time is over."""
        if not _is_token(token):
            return None
        with self._connection() as connection:
            return _found(connection, kind, token, now)

    def take(self, kind: Kind, token: str, *, now: datetime) -> Stored | None:
        """As `get`, and gone: of all that ask for one token at once, one gets it."""
        if not _is_token(token):
            return None
        with self._connection() as connection, _transaction(connection):
            stored = _found(connection, kind, token, now)
            connection.execute("DELETE FROM entry WHERE kind = ? AND digest = ?", (kind, _digest(token)))
            return stored

    def delete(self, kind: Kind, token: str) -> bool:
        """Forget what was kept under ``token``; whether there was anything."""
        if not _is_token(token):
            return False
        with self._connection() as connection, _transaction(connection):
            gone = connection.execute("DELETE FROM entry WHERE kind = ? AND digest = ?", (kind, _digest(token)))
            return gone.rowcount > 0

    def sweep(self, now: datetime) -> int:
        """Forget everything whose time is over and give its room back to the disk; returns how much it was."""
        with self._connection() as connection:
            with _transaction(connection):
                gone = connection.execute("DELETE FROM entry WHERE expires <= ?", (_ticks(now),)).rowcount
            if gone:
                # As a script: stepped through a cursor, it gives back one page and stops.
                connection.executescript("PRAGMA incremental_vacuum;")
            return gone

    def check(self) -> None:
        """Raises ProblemError where nothing can be written: asked by the readiness probe."""
        with self._connection() as connection, _transaction(connection):
            connection.execute("UPDATE held SET bytes = bytes WHERE kind = ?", ("challenge",))

    def held_bytes(self, kind: Kind) -> int:
        """How many bytes of this kind are kept."""
        with self._connection() as connection:
            return self._held(connection, kind)

    def close(self) -> None:
        """Close the file. It may be used again; it is then opened anew."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _held(self, connection: sqlite3.Connection, kind: Kind) -> int:
        row = connection.execute("SELECT bytes FROM held WHERE kind = ?", (kind,)).fetchone()
        return 0 if row is None else int(row[0])

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection nobody else uses meanwhile. One that failed is not used again."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        try:
            if connection is None:
                connection = _connect(self._path)
            yield connection
        except (sqlite3.Error, OSError) as error:
            if connection is not None:
                connection.close()
            raise ProblemError(
                SERVICE_UNAVAILABLE, f"the service cannot use its own storage at the moment ({type(error).__name__})"
            ) from error
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        with self._lock:
            self._idle.append(connection)


def _connect(path: Path) -> sqlite3.Connection:
    with suppress(FileExistsError):
        # Made by us and not by SQLite, so that nobody else on the machine can read it for a moment.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA synchronous = NORMAL")
    # What was forgotten may have named a person: it is overwritten, not only unlinked.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _set_up(connection: sqlite3.Connection) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > _SCHEMA_VERSION:
        raise ProblemError(SERVICE_UNAVAILABLE, "the storage was written by a newer release of this program")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(f"BEGIN IMMEDIATE;{_SCHEMA}PRAGMA user_version = {_SCHEMA_VERSION};COMMIT;")


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _found(connection: sqlite3.Connection, kind: Kind, token: str, now: datetime) -> Stored | None:
    row = connection.execute(
        "SELECT data, expires FROM entry WHERE kind = ? AND digest = ? AND expires > ?",
        (kind, _digest(token), _ticks(now)),
    ).fetchone()
    return None if row is None else Stored(bytes(row[0]), _EPOCH + timedelta(microseconds=row[1]))


def _is_token(token: str) -> bool:
    return 0 < len(token) <= _TOKEN_CHARS and token.isascii()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("ascii")).digest()


def _ticks(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
