"""A SQLite file of ours: safe between threads and processes, with errors that say what a caller can do about them."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from badgeport.schemas.problems import SERVICE_UNAVAILABLE, ProblemError

_BUSY_SECONDS = 10.0
_EMPTYING_SECONDS = 0.5
_RETRY_SECONDS = 0.05
_VACUUM_PAGES = 2_000


class Storage:
    """One file, made where there is none, readable by its owner only.

    ``schema`` are statements that change nothing where they ran before. ``durable``: what was written is there also
    after the power failed; otherwise the last of it may be lost then. Every method may raise ProblemError
    (SERVICE_UNAVAILABLE) where the file cannot be used, or was written by a newer release.
    """

    def __init__(self, path: Path | str, schema: str, *, version: int, durable: bool = False) -> None:
        self.path = Path(path)
        self._durable = durable
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        with self.connection() as connection:
            _set_up(connection, schema, version)

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection nobody else uses meanwhile, outside a transaction. One that failed is not used again."""
        with self._lock:
            connection = self._idle.pop() if self._idle else None
        try:
            if connection is None:
                connection = _connect(self.path, durable=self._durable)
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

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection that alone may write, until the block ends; undone where it ends with an exception."""
        with self.connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def shrink(self) -> None:
        """Give the room of what was deleted back to the disk, in steps, so that nobody waits long to write.

        Then as `empty_log`.
        """
        with self.connection() as connection:
            before, free = -1, _free_pages(connection)
            while free and free != before:
                # As a script: stepped through a cursor, it gives back one page and stops.
                connection.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES});")
                before, free = free, _free_pages(connection)
        self.empty_log()

    def empty_log(self) -> None:
        """Leave nothing of what was deleted in the write-ahead log, where pages stand as they were before.

        Where others are reading or writing for long, that is left to the next time.
        """
        with self.connection() as connection:
            connection.execute(f"PRAGMA busy_timeout = {int(_EMPTYING_SECONDS * 1000)}")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute(f"PRAGMA busy_timeout = {int(_BUSY_SECONDS * 1000)}")

    def close(self) -> None:
        """Close the file. It may be used again; it is then opened anew."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _connect(path: Path, *, durable: bool) -> sqlite3.Connection:
    with suppress(FileExistsError):
        # Made by us and not by SQLite, so that nobody else on the machine can read it for a moment.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    connection.execute("PRAGMA foreign_keys = ON")
    # What was forgotten may have named a person: it is overwritten, not only unlinked.
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])


def _set_up(connection: sqlite3.Connection, schema: str, version: int) -> None:
    """Several processes may come here at once, on a file that has nothing in it yet."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found == version:
        # The number was written with the tables: nobody is kept waiting for a lock to find them there.
        return
    if found > version:
        raise ProblemError(SERVICE_UNAVAILABLE, "the storage was written by a newer release of this program")
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    end = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:
            # For this change of mode SQLite does not always wait for others by itself.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() >= end:
                raise
            time.sleep(_RETRY_SECONDS)
    connection.executescript(f"BEGIN IMMEDIATE;{schema}PRAGMA user_version = {version};COMMIT;")
