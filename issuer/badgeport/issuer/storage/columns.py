"""What columns are made of: opaque ids, instants in UTC, JSON."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, LargeBinary, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

ID_CHARS = 26

# Every constraint has a name, the same on both databases: a later migration can only change what it can name.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def new_id() -> str:
    """A random name of 128 bits, in small letters and digits: it says nothing about when or in what order."""
    return base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()


class Instant(TypeDecorator[datetime]):
    """An instant in UTC, aware on both sides of every database. Whole microseconds."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database. Raises ValueError for a date without a zone."""
        if value is None:
            return None
        if value.utcoffset() is None:
            raise ValueError("an instant needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - the interface's
    ) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def id_column() -> Any:
    """The primary key of most tables."""
    return Field(default_factory=new_id, primary_key=True, max_length=ID_CHARS)


def reference(target: str, *, nullable: bool = False, index: bool = True) -> Any:
    """A foreign key to the column ``table.column``; nothing that is referred to can be deleted."""
    if nullable:
        return Field(default=None, foreign_key=target, nullable=True, index=index)
    return Field(foreign_key=target, index=index)


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    """A column that holds an instant."""
    if nullable:
        return Field(default=None, sa_type=Instant, nullable=True, index=index)
    return Field(sa_type=Instant, index=index)


def text(default: str | None = "") -> Any:
    """A column that holds a text of any length."""
    return Field(default=default, sa_type=Text, nullable=default is None)


def json_object() -> Any:
    """A column that holds a JSON object; given a new dict it is written, changed in place it is not."""
    return Field(default_factory=dict, sa_type=JSON)


def json_list() -> Any:
    """A column that holds a JSON array; given a new list it is written, changed in place it is not."""
    return Field(default_factory=list, sa_type=JSON)


def octets(*, nullable: bool = False) -> Any:
    """A column that holds bytes."""
    if nullable:
        return Field(default=None, sa_type=LargeBinary, nullable=True)
    return Field(sa_type=LargeBinary)
