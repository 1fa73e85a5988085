"""Tables of hosting: how often, never by whom."""

from __future__ import annotations

from datetime import date

from sqlmodel import Field, SQLModel


class ViewCount(SQLModel, table=True):
    """How often a badge was looked at on one day, in one form. Nothing about who."""

    __tablename__ = "view_count"

    award_id: str = Field(primary_key=True, foreign_key="award.id")
    day: date = Field(primary_key=True)
    form: str = Field(primary_key=True, max_length=16)
    count: int = 0
