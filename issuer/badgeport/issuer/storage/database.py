"""The database, SQLite or PostgreSQL, and its one way to write.

At any moment one transaction writes, on both kinds of database (ADR 0016): what a writer reads is what is there until
it commits. So "is this still so, then change it" needs no more than to be written down in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, column, event, select, table, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlmodel import Session, create_engine

WAIT_SECONDS = 30
"""How long a writer waits for the one before it."""

WRITER = "writer"
"""The table whose lock PostgreSQL gives to one writer at a time; it has one row or none, and nobody reads it."""


class DatabaseError(Exception):
    """The database cannot be used. The text never holds its address, which may hold a password."""


class Database:
    """One database. `writing` and `reading` give a session for one transaction; both may be used from any thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def at(cls, url: str) -> Database:
        """The database at an SQLAlchemy address (``sqlite:///…``, ``postgresql://…``). Raises DatabaseError."""
        try:
            address = make_url(url)
        except ArgumentError:
            raise DatabaseError("the address of the database is none") from None
        if address.get_backend_name() == "sqlite":
            return cls(_sqlite(url))
        if address.get_backend_name() == "postgresql":
            if address.drivername == "postgresql":
                address = address.set(drivername="postgresql+psycopg")
            try:
                return cls(create_engine(address, pool_pre_ping=True, pool_size=10, max_overflow=30))
            except ModuleNotFoundError:
                raise DatabaseError("PostgreSQL needs the extra badgeport[postgres]") from None
        raise DatabaseError("the database is SQLite or PostgreSQL")

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of this machine."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session of the one writer: commits at the end, rolls back on any exception."""
        with Session(self.engine, expire_on_commit=False) as session:
            if self.is_sqlite:
                session.connection(execution_options={"begin": "IMMEDIATE"})
            else:
                session.connection()
                session.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                # Before anything is read: what is read afterwards is what the writer before it left.
                session.execute(text(f"LOCK TABLE {WRITER} IN EXCLUSIVE MODE"))
            yield session
            session.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one moment of the database and changes nothing: it never commits."""
        with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
            session.connection(execution_options=options)
            yield session
            # What was read can be read on: a rollback empties all that is still in the session.
            session.expunge_all()
            session.rollback()

    def check(self) -> None:
        """Raises DatabaseError unless the database answers, with tables that are ours."""
        try:
            with self.reading() as session:
                session.execute(select(column("id")).select_from(table(WRITER))).first()
        except SQLAlchemyError as error:
            raise DatabaseError(f"the database cannot be used ({type(error).__name__})") from None

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        # The driver is kept from beginning transactions by itself: it would begin them too late.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()
        # Its own knows no letters beyond ASCII: nobody would find Ángel.
        connection.create_function("lower", 1, _lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        kind = connection.get_execution_options().get("begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {kind}")

    return engine
