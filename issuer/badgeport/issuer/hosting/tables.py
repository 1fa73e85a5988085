"""Tables of hosting: how often badges were looked at, never by whom; learner records."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel

from badgeport.issuer.storage.columns import instant, json_list, octets


class ViewCount(SQLModel, table=True):
    """How often a badge was looked at on one day, in one form. Nothing about who."""

    __tablename__ = "view_count"

    award_id: str = Field(primary_key=True, foreign_key="award.id")
    day: date = Field(primary_key=True)
    form: str = Field(primary_key=True, max_length=16)
    count: int = 0


class Transcript(SQLModel, table=True):
    """An educator's learner record (CLR 2.0), signed by the installation: the one made last.

    ``asked`` is when they asked for it; ``body`` is None until a worker signed it. ``awards`` are the ids of the badges
    in it, ``left_out`` of those that name the educator by another DID or were more than one record holds.
    """

    __tablename__ = "transcript"

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    asked: datetime = instant()
    made: datetime | None = instant(nullable=True)
    body: bytes | None = octets(nullable=True)
    sha256: str | None = Field(default=None, max_length=64)
    awards: list[Any] = json_list()
    left_out: list[Any] = json_list()
