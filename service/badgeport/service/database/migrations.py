"""Which form the tables of a database have, and how they get to that of this program."""

from __future__ import annotations

from enum import Enum
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from badgeport.issuer.storage.database import Database, DatabaseError

_HERE = Path(__file__).parent
_TURN = 4_209_771
"""The number PostgreSQL knows our migrations by, so that one is at work at a time."""


class Form(Enum):
    """What the tables of a database are to this program."""

    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"
    FOREIGN = "foreign"
    """There are tables, and none of them says which version they are."""


def newest() -> str:
    """The version of the tables that this program works with."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    assert head is not None
    return head


def version_of(database: Database) -> str | None:
    """The version of a database's tables; None where there is none. Raises DatabaseError."""
    with _reached(database) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def form_of(database: Database) -> Form:
    """What the tables of a database are to this program. Raises DatabaseError where it cannot be reached."""
    with _reached(database) as connection:
        version = MigrationContext.configure(connection).get_current_revision()
        if version is None:
            return Form.FOREIGN if inspect(connection).get_table_names() else Form.EMPTY
    scripts = ScriptDirectory.from_config(_config())
    if version == scripts.get_current_head():
        return Form.CURRENT
    return Form.OLDER if knows(version) else Form.NEWER


def knows(version: str) -> bool:
    """Whether a version is one of this program's."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(version) is not None
    except CommandError:
        return False


def upgrade(database: Database, to: str = "head") -> None:
    """Bring the tables to a version, the newest where none is named; all steps or none. Raises DatabaseError.

    Two that do so at once do it one after the other, and the second finds nothing to do.
    """
    with _reached(database, begin="IMMEDIATE") as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, to)
        except (CommandError, SQLAlchemyError) as error:
            raise DatabaseError(f"the tables could not be changed ({type(error).__name__}); nothing was") from error
        connection.commit()


def _reached(database: Database, **options: str) -> Connection:
    try:
        connection = database.engine.connect().execution_options(**options)
        connection.begin()
    except SQLAlchemyError as error:
        raise DatabaseError(f"the database cannot be reached ({type(error).__name__})") from None
    return connection


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
