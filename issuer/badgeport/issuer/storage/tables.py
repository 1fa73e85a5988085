"""Tables of the storage itself."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

from badgeport.issuer.storage.columns import instant


class Writer(SQLModel, table=True):
    """Never holds anything: its lock is what makes one writer at a time (PostgreSQL)."""

    __tablename__ = "writer"

    id: int = Field(primary_key=True)


class Blob(SQLModel, table=True):
    """A stored file: its SHA-256 is its name, wherever its bytes are. ``media_type`` is what it was found to be."""

    __tablename__ = "blob"

    digest: str = Field(primary_key=True, max_length=64)
    size: int
    media_type: str
    created: datetime = instant()
