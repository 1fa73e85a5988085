"""Tables of reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel

from badgeport.issuer.storage.columns import instant, json_object


class PublishedReport(SQLModel, table=True):
    """The report an organisation published: one period, counted once, small groups hidden (``body``)."""

    __tablename__ = "published_report"

    org_id: str = Field(primary_key=True, foreign_key="organization.id")
    first: date
    last: date
    published: datetime = instant()
    body: dict[str, Any] = json_object()
    version: int = 1
