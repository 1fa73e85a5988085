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
    """The signed presentation; None until a worker signed it."""
    sha256: str | None = Field(default=None, max_length=64)
