"""Tables of status lists."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, octets, reference


class StatusListRow(SQLModel, table=True):
    """A list of one purpose. Its id stands in its address ``/status/{id}``. ``taken`` counts places given out.

    ``wanted`` grows with each change of a status, ``edition`` is what was signed last.
    """

    __tablename__ = "status_list"

    id: str = id_column()
    org_id: str | None = reference("organization.id", nullable=True)
    instance: str | None = Field(default=None, index=True)
    """The conformance instance it belongs to, where it belongs to no organisation."""
    purpose: str
    entries: int
    taken: int = 0
    wanted: int = 1
    edition: int = 0
    created: datetime = instant()
    signed: datetime | None = instant(nullable=True)
    """When the newest copy was signed, and until when it holds."""
    valid_until: datetime | None = instant(nullable=True, index=True)


class StatusPlace(SQLModel, table=True):
    """One place of a list, given to one award for good. ``value`` 1 means revoked or suspended."""

    __tablename__ = "status_place"
    __table_args__ = (UniqueConstraint("award_id", "purpose"),)

    list_id: str = Field(primary_key=True, foreign_key="status_list.id")
    place: int = Field(primary_key=True)
    award_id: str = Field(index=True)
    """An award's id; a place for a credential issued over VCALM has its credential id here instead."""
    purpose: str
    value: int = 0


class StatusCopy(SQLModel, table=True):
    """A signed copy of a list; old ones answer ``?timestamp=``."""

    __tablename__ = "status_copy"
    __table_args__ = (UniqueConstraint("list_id", "edition"),)

    id: str = id_column()
    list_id: str = reference("status_list.id")
    edition: int
    body: bytes = octets()
    sha256: str = Field(max_length=64)
    valid_from: datetime = instant()
    valid_until: datetime = instant()
