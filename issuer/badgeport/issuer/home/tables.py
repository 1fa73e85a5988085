"""Tables of the educator's home."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from badgeport.issuer.storage.columns import id_column, instant, json_list, octets, reference


class Collection(SQLModel, table=True):
    """A chosen set of badges under one address ``/s/{id}``, signed by the installation, until ``expires``.

    ``id`` is random and unguessable: whoever has the address can read it until it expires or is withdrawn.
    """

    __tablename__ = "collection"

    id: str = id_column()
    account_id: str = reference("account.id")
    title: str
    awards: list[Any] = json_list()
    created: datetime = instant()
    expires: datetime = instant(index=True)
    withdrawn: datetime | None = instant(nullable=True)
    body: bytes | None = octets(nullable=True)
    """The signed presentation; None until a worker signed it, and again once it is over."""
    sha256: str | None = Field(default=None, max_length=64)
    signed: datetime | None = instant(nullable=True)
    copies: list[Any] = json_list()
    """The ids of the signed copies in ``body``: a badge that was corrected since has a newer one."""
    version: int = 1


class HomeSettings(SQLModel, table=True):
    """What an educator chose for all of their badges; without a row it is as the defaults here say."""

    __tablename__ = "home_settings"

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    visibility: str = "link"
    """Of a badge that is claimed without another choice."""
    reminders: bool = True
    """Whether due dates are brought to mind by e-mail."""
    version: int = 1
