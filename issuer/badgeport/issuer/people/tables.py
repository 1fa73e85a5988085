"""Tables of organisations and people. Who a person is stands in `Identity` alone, which can be erased."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlmodel import Field, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, json_list, json_object, octets, reference, text


class Organization(SQLModel, table=True):
    """A state agency, district, cooperative or school that defines and awards micro-credentials.

    ``slug`` is its name in addresses. ``did`` is its issuer id: ``did:web`` of this installation, or of its own domain.
    ``profile`` holds the members of an award's issuer (`issuer.award.IssuerProfile`) beside name and id.
    ``kind`` is ``state``, ``district``, ``cooperative``, ``school`` or ``other``. ``sign_in`` holds the OpenID Connect
    settings (issuer, client id, the *name* of the environment variable with the client secret, e-mail domains).
    ``retention_days`` is how long evidence and feedback are kept after a decision (None: until erased).
    """

    __tablename__ = "organization"

    id: str = id_column()
    slug: str = Field(unique=True, max_length=63)
    name: str
    kind: str = "district"
    parent_id: str | None = reference("organization.id", nullable=True)
    did: str = Field(unique=True)
    profile: dict[str, Any] = json_object()
    formats: list[str] = json_list()
    same_school_conflict: bool = True
    second_assessor: bool = False
    retention_days: int | None = None
    sign_in: dict[str, Any] = json_object()
    created: datetime = instant()
    closed: datetime | None = instant(nullable=True)
    version: int = 1


class OrganizationImage(SQLModel, table=True):
    """A picture an organisation has or had in its profile: badges refer to it by its digest, so it is kept."""

    __tablename__ = "organization_image"

    org_id: str = Field(primary_key=True, foreign_key="organization.id")
    digest: str = Field(primary_key=True, foreign_key="blob.digest", max_length=64)
    created: datetime = instant()


class School(SQLModel, table=True):
    """A school of an organisation; ``enrolment`` is its number of pupils, for reports by size."""

    __tablename__ = "school"
    __table_args__ = (UniqueConstraint("org_id", "name"),)

    id: str = id_column()
    org_id: str = reference("organization.id")
    name: str
    enrolment: int | None = None
    version: int = 1


class Account(SQLModel, table=True):
    """A person's account: an opaque id. ``state`` is ``active``, ``disabled`` or ``erased``."""

    __tablename__ = "account"

    id: str = id_column()
    state: str = "active"
    language: str = "en"
    created: datetime = instant()
    operator: bool = False
    """Whether the person runs the installation: makes organisations, sees to jobs. Gives no role in any."""


class Identity(SQLModel, table=True):
    """Who an account is. Erasing a person deletes this row and what else names them; nothing refers to it."""

    __tablename__ = "identity"

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    name: str
    email: str = Field(unique=True)
    """In lower case."""
    email_proven: datetime | None = instant(nullable=True)
    did: str | None = None
    """A DID the educator showed to control; badges awarded from then on bear it, and it is erased with the rest."""


class Membership(SQLModel, table=True):
    """A role of a person in an organisation; an educator's also says at which school."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("org_id", "account_id", "role"),)

    id: str = id_column()
    org_id: str = reference("organization.id")
    account_id: str = reference("account.id")
    role: str
    school_id: str | None = reference("school.id", nullable=True)
    since: datetime = instant()


class AssessorCertification(SQLModel, table=True):
    """That an assessor may score one micro-credential, from one day to another (both included)."""

    __tablename__ = "assessor_certification"

    id: str = id_column()
    org_id: str = reference("organization.id")
    account_id: str = reference("account.id")
    definition_id: str = reference("definition.id")
    valid_from: date
    valid_until: date | None = None
    note: str = text()
    granted_by: str
    granted: datetime = instant()
    withdrawn: datetime | None = instant(nullable=True)


class IssuerKey(SQLModel, table=True):
    """A key of an organisation, or of the installation (``org_id`` None); never the private key, only where it is.

    ``uri`` says where (`badgeport.keys.custody`). ``purpose`` is ``embedded`` or ``token``: the proof it makes.
    The other members are those of `badgeport.keys.lifecycle.KeyRecord`; ``public`` is a Multikey.
    """

    __tablename__ = "issuer_key"

    id: str = id_column()
    org_id: str | None = reference("organization.id", nullable=True)
    purpose: str = "embedded"
    uri: str = Field(unique=True)
    public: str = text()
    verification_method: str = Field(unique=True)
    controller: str = Field(index=True)
    state: str = "active"
    created: datetime = instant()
    retired: datetime | None = instant(nullable=True)
    expires: datetime | None = instant(nullable=True)
    revoked: datetime | None = instant(nullable=True)


class Password(SQLModel, table=True):
    """The argon2 hash of an account's password."""

    __tablename__ = "password"

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    hash: str
    changed: datetime = instant()


class Totp(SQLModel, table=True):
    """A time-based one-time password; the secret is encrypted with a key derived from SECRET_KEY."""

    __tablename__ = "totp"

    account_id: str = Field(primary_key=True, foreign_key="account.id")
    sealed: str
    confirmed: datetime | None = instant(nullable=True)
    last_step: int = 0


class RecoveryCode(SQLModel, table=True):
    """A code that stands in once for the second factor: its hash."""

    __tablename__ = "recovery_code"

    id: str = id_column()
    account_id: str = reference("account.id")
    hash: str
    used: datetime | None = instant(nullable=True)


class Passkey(SQLModel, table=True):
    """A WebAuthn credential."""

    __tablename__ = "passkey"

    id: str = id_column()
    account_id: str = reference("account.id")
    credential_id: str = Field(unique=True)
    public_key: bytes = octets()
    sign_count: int = 0
    name: str = ""
    created: datetime = instant()
    last_used: datetime | None = instant(nullable=True)


class FederatedIdentity(SQLModel, table=True):
    """Who an account is to an OpenID provider.

    ``confirmed`` is when its owner, signed in another way, linked it: only then it opens what others entrusted to them.
    """

    __tablename__ = "federated_identity"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: str = id_column()
    account_id: str = reference("account.id")
    issuer: str
    subject: str
    created: datetime = instant()
    confirmed: datetime | None = instant(nullable=True)


class SignIn(SQLModel, table=True):
    """A session of a browser; ``token_hash`` is SHA-256 of what its cookie holds. ``factors`` is 1 or 2.

    ``org_id`` is the organisation whose OpenID provider alone began it.
    """

    __tablename__ = "sign_in"

    id: str = id_column()
    token_hash: str = Field(unique=True, max_length=64)
    account_id: str = reference("account.id")
    factors: int = 1
    org_id: str | None = reference("organization.id", nullable=True)
    created: datetime = instant()
    seen: datetime = instant()
    expires: datetime = instant(index=True)


class OneTimeLink(SQLModel, table=True):
    """A link that was sent to somebody; ``token_hash`` is SHA-256 of its secret.

    ``purpose`` is ``sign-in``, ``invitation``, ``claim``, ``peer`` (comments on a draft) or ``e-mail`` (a changed
    address). ``subject`` is the id of what it is about; ``detail`` may name people and goes with them.
    """

    __tablename__ = "one_time_link"

    id: str = id_column()
    token_hash: str = Field(unique=True, max_length=64)
    purpose: str
    subject: str = Field(default="", index=True)
    account_id: str | None = reference("account.id", nullable=True)
    email: str | None = Field(default=None, index=True)
    detail: dict[str, Any] = json_object()
    created: datetime = instant()
    expires: datetime = instant(index=True)
    used: datetime | None = instant(nullable=True)


class ApiToken(SQLModel, table=True):
    """A token of a program: SHA-256 of its secret, what it may do (``scopes``), and for which organisation."""

    __tablename__ = "api_token"

    id: str = id_column()
    org_id: str = reference("organization.id")
    name: str
    token_hash: str = Field(unique=True, max_length=64)
    scopes: list[str] = json_list()
    created: datetime = instant()
    created_by: str
    expires: datetime | None = instant(nullable=True)
    revoked: datetime | None = instant(nullable=True)
    last_used: datetime | None = instant(nullable=True)


class SignInFailure(SQLModel, table=True):
    """A failed attempt, for slowing down guesses: ``subject`` is a keyed hash of what was tried for."""

    __tablename__ = "sign_in_failure"

    id: str = id_column()
    subject: str = Field(index=True)
    at: datetime = instant(index=True)
