"""Tables of what an organisation signs for others to decide by: policies, and the editions of every such document."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, octets, reference, text


class Policy(SQLModel, table=True):
    """A recognition policy of an organisation and the text of its next version, if somebody is at one.

    ``name`` stands in its address. ``draft`` is the text as it was typed, right or wrong; None: nobody is at one.
    ``version`` grows with each change of this row, so that nobody writes over what they have not seen.
    """

    __tablename__ = "recognition_policy"
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


class Edition(SQLModel, table=True):
    """One edition of a policy, an agreement or an approval list: frozen when it was to be signed, and never changed.

    ``kind`` is ``policy``, ``agreement`` or ``approval-list``, ``thing_id`` what it is an edition of; ``number`` counts
    them from 1. ``label`` is the version that a policy states; ``starts`` and ``ends`` are its days. ``content`` is
    what its author wrote, ``body`` the signed bytes. ``state`` is ``signing``, ``published``, ``withdrawn``, or
    ``cancelled`` where it was never signed.
    """

    __tablename__ = "recognition_edition"
    __table_args__ = (UniqueConstraint("kind", "thing_id", "number"),)

    id: str = id_column()
    org_id: str = reference("organization.id")
    kind: str
    thing_id: str = Field(index=True, max_length=26)
    number: int
    label: str = ""
    title: str
    content: str = text()
    starts: date | None = None
    ends: date | None = None
    state: str = "signing"
    asked: datetime = instant()
    asked_by: str
    body: bytes | None = octets(nullable=True)
    sha256: str = Field(default="", max_length=64)
    media_type: str = ""
    published: datetime | None = instant(nullable=True)
    withdrawn: datetime | None = instant(nullable=True)
    why: str = text()


class ShelfMark(SQLModel, table=True):
    """One row; its number grows whenever something is published or withdrawn, which tells processes to read anew."""

    __tablename__ = "shelf_mark"

    id: int = Field(primary_key=True)
    generation: int = 0
