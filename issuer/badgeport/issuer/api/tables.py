"""Tables of what programs issue over VCALM: no award stands behind it, the bytes are kept all the same."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, octets


class IssuedCredential(SQLModel, table=True):
    """A credential issued over VCALM. ``instance`` is the issuer it was asked of: an organisation's slug or a
    conformance instance. ``credential_id`` is its id, where it has one."""

    __tablename__ = "issued_credential"
    __table_args__ = (UniqueConstraint("instance", "credential_id"),)

    id: str = id_column()
    instance: str
    credential_id: str | None = Field(default=None)
    format: str
    body: bytes = octets()
    sha256: str = Field(max_length=64)
    issued: datetime = instant()
