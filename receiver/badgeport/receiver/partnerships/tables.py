"""Tables of partnerships: agreements an organisation keeps, and whom it approves."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, json_list, reference, text


class Partnership(SQLModel, table=True):
    """An agreement that an organisation keeps, and the draft of its next edition, if somebody is at one.

    ``name`` stands in its address. ``draft`` is JSON as it was typed, right or wrong; None: nobody is at one.
    ``version`` grows with each change of this row.
    """

    __tablename__ = "recognition_agreement"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    id: str = id_column()
    org_id: str = reference("organization.id")
    name: str = Field(max_length=60)
    title: str
    draft: str | None = text(None)
    created: datetime = instant()
    created_by: str
    changed: datetime = instant()
    version: int = 1


class Approved(SQLModel, table=True):
    """One approval of an authority: an issuer, an achievement, or both, on its days.

    It counts for others once it stands in a published edition of the organisation's approval list.
    """

    __tablename__ = "recognition_approval"

    id: str = id_column()
    org_id: str = reference("organization.id")
    issuer: str | None = None
    achievement: str | None = None
    achievement_version: str | None = None
    areas: list[str] = json_list()
    starts: date | None = None
    ends: date | None = None
    name: str | None = None
    added: datetime = instant()
    added_by: str
