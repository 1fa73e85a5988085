"""The audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from badgeport.issuer.storage.columns import instant, json_object, text


class AuditEntry(SQLModel, table=True):
    """One change. It names people by opaque account ids alone; who they are stands in a table that can be erased.

    ``actor`` is an account id, ``token:<id>``, ``system`` or ``operator``. ``action`` is a dotted name
    (``award.revoked``), ``target`` ``<kind>:<id>``. ``hash`` is SHA-256 over the entry's JCS form with ``previous``.
    """

    __tablename__ = "audit_entry"

    seq: int = Field(primary_key=True)
    at: datetime = instant(index=True)
    org_id: str | None = Field(default=None, index=True)
    actor: str = Field(index=True)
    action: str = Field(index=True)
    target: str = Field(index=True)
    detail: dict[str, Any] = json_object()
    why: str = text()
    previous: str = Field(max_length=64)
    hash: str = Field(max_length=64)
