"""Tables of what programs issue over VCALM: no award stands behind it, the bytes are kept all the same."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, octets, text


class IssuedCredential(SQLModel, table=True):
    """A credential issued over VCALM. ``instance`` is the issuer it was asked of: an organisation's slug or a
    conformance instance.

    ``credential_id`` is the name by which its issuer speaks of it: ``options.credentialId``, or else its own id. Its
    places in status lists belong to ``id``. ``asked`` is the digest of what was asked for: the same again is answered
    with the same bytes.
    """

    __tablename__ = "issued_credential"
    __table_args__ = (UniqueConstraint("instance", "credential_id"),)

    id: str = id_column()
    instance: str
    credential_id: str | None = Field(default=None)
    format: str
    asked: str = Field(default="", max_length=64)
    key_id: str = Field(default="", index=True)
    """The key it was signed with."""
    body: bytes = octets()
    sha256: str = Field(max_length=64)
    issued: datetime = instant()


class ConformanceKey(SQLModel, table=True):
    """The key of a conformance instance. It is of no organisation and stands in no document: its issuer is a did:key.

    The members are those of `IssuerKey`.
    """

    __tablename__ = "conformance_key"

    instance: str = Field(primary_key=True)
    uri: str = Field(unique=True)
    public: str = text()
    verification_method: str = text()
    controller: str = text()
    created: datetime = instant()
