"""What the service keeps between two requests: results, shared reports, decisions and challenges, each for a time.

One SQLite file in the data directory, safe between threads and between processes. Who holds a token can read what was
kept under it, and nobody else: each entry is encrypted under a key made from its token, and of the token the file holds
only the SHA-256. A copy of the file, or of its write-ahead log, opens nothing.

Each kind has so much room. Where it is full the oldest entry goes of the network that holds the most, so that whoever
fills the room loses what is theirs.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from badgeport.schemas.problems import SERVICE_UNAVAILABLE, STORE_FULL, ProblemError
from badgeport.verifier.storage import Storage

Kind: TypeAlias = Literal["result", "shared", "share", "challenge", "decision", "draft"]
"""What is kept: the result of a verification, a report somebody shared, where a result's report was shared, a challenge
for a presentation, a decision on what badges are worth, what a clerk handed in on the way to one that is filed."""

TIME_TO_LIVE: Mapping[Kind, timedelta] = MappingProxyType(
    {
        "result": timedelta(hours=1),
        "shared": timedelta(days=30),
        "share": timedelta(hours=1),
        "challenge": timedelta(minutes=10),
        "decision": timedelta(hours=1),
        "draft": timedelta(hours=1),
    }
)
"""How long each kind is kept at most."""

_MIB = 1024 * 1024
CAPACITY: Mapping[Kind, int] = MappingProxyType(
    {
        "result": 1024 * _MIB,
        "shared": 1024 * _MIB,
        "share": 64 * _MIB,
        "challenge": 64 * _MIB,
        "decision": 512 * _MIB,
        "draft": 512 * _MIB,
    }
)
"""How many bytes of each kind are kept at most. Each kind has its own, so that one cannot crowd out another."""

_ENTRY_OVERHEAD = 256
_TOKEN_BYTES = 24
_TOKEN_CHARS = 128
_NONCE_BYTES = 12
_KEY_PURPOSE = b"badgeport store: key"
_BUCKET_BYTES = 2
_SCHEMA_VERSION = 2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# The counts are kept by triggers, so that they are right whatever process wrote or died.
# The first version kept its entries readable, so they are let go.
_SCHEMA = """
DROP TABLE IF EXISTS entry;
DROP TABLE IF EXISTS held;
CREATE TABLE IF NOT EXISTS sealed (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    digest BLOB NOT NULL,
    bucket INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    data BLOB NOT NULL,
    UNIQUE (kind, digest)
) STRICT;
CREATE INDEX IF NOT EXISTS sealed_expires ON sealed (expires);
CREATE INDEX IF NOT EXISTS sealed_oldest ON sealed (kind, bucket, id);
CREATE TABLE IF NOT EXISTS room (
    kind TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (kind, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS room_most ON room (kind, bytes);
CREATE TABLE IF NOT EXISTS salt (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL) STRICT;
INSERT INTO salt (one, value) VALUES (1, randomblob(32)) ON CONFLICT DO NOTHING;
CREATE TRIGGER IF NOT EXISTS sealed_added AFTER INSERT ON sealed BEGIN
    INSERT INTO room (kind, bucket, bytes) VALUES (new.kind, new.bucket, 0) ON CONFLICT DO NOTHING;
    UPDATE room SET bytes = bytes + new.bytes WHERE kind = new.kind AND bucket = new.bucket;
END;
CREATE TRIGGER IF NOT EXISTS sealed_removed AFTER DELETE ON sealed BEGIN
    UPDATE room SET bytes = bytes - old.bytes WHERE kind = old.kind AND bucket = old.bucket;
    DELETE FROM room WHERE kind = old.kind AND bucket = old.bucket AND bytes = 0;
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
        self._capacity = capacity
        self._storage = Storage(path, _SCHEMA, version=_SCHEMA_VERSION)
        with self._storage.connection() as connection:
            self._salt = bytes(connection.execute("SELECT value FROM salt").fetchone()[0])

    def put(
        self, kind: Kind, data: bytes, ttl: timedelta, *, now: datetime, network: str = "", token: str | None = None
    ) -> str:
        """Keep ``data`` until ``now + ttl``; returns the token that finds it.

        ``network`` is whose room it takes. ``token`` is one the caller made, which must be unguessable; what was kept
        under it is replaced. Raises ProblemError (STORE_FULL) where this alone is more than the room of its kind.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES) if token is None else token
        size = len(data) + _ENTRY_OVERHEAD
        if size > self._capacity[kind]:
            raise ProblemError(STORE_FULL, "this is larger than what is kept here; hand in fewer at a time")
        sealed = _sealed(kind, token, data)
        with self._storage.transaction() as connection:
            connection.execute("DELETE FROM sealed WHERE kind = ? AND digest = ?", (kind, _digest(token)))
            self._make_room(connection, kind, size, now)
            connection.execute(
                "INSERT INTO sealed (kind, digest, bucket, expires, bytes, data) VALUES (?, ?, ?, ?, ?, ?)",
                (kind, _digest(token), self._bucket(network), _ticks(now + ttl), size, sealed),
            )
        return token

    def get(self, kind: Kind, token: str, *, now: datetime) -> Stored | None:
        """What was kept under ``token``; None where there is nothing, or its time is over."""
        if not _is_token(token):
            return None
        with self._storage.connection() as connection:
            found = _found(connection, kind, token, now)
        return _opened(kind, token, found)

    def take(self, kind: Kind, token: str, *, now: datetime) -> Stored | None:
        """As `get`, and gone: of all that ask for one token at once, one gets it."""
        if not _is_token(token):
            return None
        with self._storage.transaction() as connection:
            found = _found(connection, kind, token, now)
            connection.execute("DELETE FROM sealed WHERE kind = ? AND digest = ?", (kind, _digest(token)))
        return _opened(kind, token, found)

    def delete(self, kind: Kind, token: str) -> bool:
        """Forget what was kept under ``token``; whether there was anything."""
        if not _is_token(token):
            return False
        with self._storage.transaction() as connection:
            gone = connection.execute("DELETE FROM sealed WHERE kind = ? AND digest = ?", (kind, _digest(token)))
        if not gone.rowcount:
            return False
        self._storage.empty_log()
        return True

    def sweep(self, now: datetime) -> int:
        """Forget everything whose time is over and give its room back to the disk; returns how much it was."""
        with self._storage.transaction() as connection:
            gone = connection.execute("DELETE FROM sealed WHERE expires <= ?", (_ticks(now),)).rowcount
        self._storage.shrink()
        return gone

    def check(self) -> None:
        """Raises ProblemError where nothing can be written: asked by the readiness probe."""
        with self._storage.transaction() as connection:
            connection.execute("UPDATE salt SET value = value")

    def held_bytes(self, kind: Kind) -> int:
        """How many bytes of this kind are kept."""
        with self._storage.connection() as connection:
            return _held(connection, kind)

    def close(self) -> None:
        """Close the file. It may be used again; it is then opened anew."""
        self._storage.close()

    def _make_room(self, connection: sqlite3.Connection, kind: Kind, size: int, now: datetime) -> None:
        most = self._capacity[kind] - size
        if _held(connection, kind) <= most:
            return
        connection.execute("DELETE FROM sealed WHERE kind = ? AND expires <= ?", (kind, _ticks(now)))
        held = _held(connection, kind)
        while held > most:
            oldest, freed = connection.execute(
                "SELECT id, bytes FROM sealed WHERE kind = ? AND bucket ="
                " (SELECT bucket FROM room WHERE kind = ? ORDER BY bytes DESC LIMIT 1) ORDER BY id LIMIT 1",
                (kind, kind),
            ).fetchone()
            connection.execute("DELETE FROM sealed WHERE id = ?", (oldest,))
            held -= freed

    def _bucket(self, network: str) -> int:
        """One of 65,536 buckets. So many networks share one that the file does not tell who kept something."""
        return int.from_bytes(hashlib.sha256(self._salt + network.encode("utf-8")).digest()[:_BUCKET_BYTES])


def _held(connection: sqlite3.Connection, kind: Kind) -> int:
    row = connection.execute("SELECT coalesce(sum(bytes), 0) FROM room WHERE kind = ?", (kind,)).fetchone()
    return int(row[0])


def _found(connection: sqlite3.Connection, kind: Kind, token: str, now: datetime) -> tuple[bytes, int] | None:
    row = connection.execute(
        "SELECT data, expires FROM sealed WHERE kind = ? AND digest = ? AND expires > ?",
        (kind, _digest(token), _ticks(now)),
    ).fetchone()
    return None if row is None else (bytes(row[0]), int(row[1]))


def _sealed(kind: Kind, token: str, data: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(token).encrypt(nonce, data, kind.encode())


def _opened(kind: Kind, token: str, found: tuple[bytes, int] | None) -> Stored | None:
    if found is None:
        return None
    sealed, expires = found
    try:
        data = _cipher(token).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], kind.encode())
    except (InvalidTag, ValueError):
        raise ProblemError(SERVICE_UNAVAILABLE, "what was kept here is damaged and cannot be shown") from None
    return Stored(data, _EPOCH + timedelta(microseconds=expires))


def _cipher(token: str) -> ChaCha20Poly1305:
    """The token is random and as long as it should be, so that nothing need make its guessing slow."""
    return ChaCha20Poly1305(hmac.digest(token.encode("ascii"), _KEY_PURPOSE, "sha256"))


def _is_token(token: str) -> bool:
    return 0 < len(token) <= _TOKEN_CHARS and token.isascii()


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("ascii")).digest()


def _ticks(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
