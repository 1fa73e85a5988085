"""Tables of awards and their signed copies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text as sql_text
from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, json_list, json_object, octets, reference, text


class Award(SQLModel, table=True):
    """One award. Its id is that of its public address ``/c/{id}`` for good.

    ``state``: ``due`` (a worker has yet to sign), ``published``, ``lapsed`` (its end had passed before it could be
    signed: there is no badge), ``erased``. ``standing``: ``active``, ``suspended``,
    ``revoked``; with ``standing_reason`` in words for everyone. ``key`` makes it unique in its organisation: the
    submission, the row of a batch, or what the caller of the API said (idempotency). ``body`` is what the worker needs
    to build the award beside the definition and the recipient: results, evidence, credits, dates, assessment, story.
    ``edition`` grows with each correction; ``wanted`` is the edition asked for, ``edition`` the one published last.
    ``visibility``: ``private`` (the earner alone), ``link`` (whoever has the address), ``public`` (also listed).
    """

    __tablename__ = "award"
    __table_args__ = (UniqueConstraint("org_id", "key"), Index("award_by_org", "org_id", "created"))

    id: str = id_column()
    org_id: str = reference("organization.id")
    definition_id: str = reference("definition.id")
    version_id: str = reference("definition_version.id")
    account_id: str | None = reference("account.id", nullable=True)
    submission_id: str | None = reference("submission.id", nullable=True)
    batch_id: str | None = reference("award_batch.id", nullable=True)
    key: str
    fingerprint: str = Field(default="", max_length=64)
    """A keyed hash of what was asked under ``key``: something else under the same key is a mistake."""
    source: str = "single"
    """``review``, ``single``, ``batch``, ``stack``, ``api``."""
    state: str = Field(default="due", index=True)
    standing: str = Field(default="active", index=True)
    standing_reason: str = text()
    standing_since: datetime | None = instant(nullable=True)
    visibility: str = "link"
    notify: bool = True
    """Whether the recipient gets a message once the badge is published and holds."""
    body: dict[str, Any] = json_object()
    awarded: datetime = instant()
    valid_until: datetime | None = instant(nullable=True)
    wanted: int = 1
    edition: int = 0
    correction: str = text()
    """Why the edition that is wanted differs from the one before."""
    created: datetime = instant()
    created_by: str
    published: datetime | None = instant(nullable=True)
    claimed: datetime | None = instant(nullable=True)
    erased: datetime | None = instant(nullable=True)
    version: int = 1


class Recipient(SQLModel, table=True):
    """Whom an award was made to, as the organisation knows them; erased with the person, the award stays.

    ``show_name``: whether the badge says the name; by default it holds only a salted hash of the e-mail address.
    ``show_did``: whether it says the DID; an earner can take it out and put it back.
    """

    __tablename__ = "recipient"

    award_id: str = Field(primary_key=True, foreign_key="award.id")
    name: str = ""
    email: str = Field(default="", index=True)
    did: str | None = None
    identifiers: list[Any] = json_list()
    """Further identifiers, as in an award file: ``{"type", "value", "hashed"}``."""
    show_name: bool = False
    show_did: bool = True
    salt: str = ""
    """Of the identity hash: the same in every edition, so that a holder's other copies match."""


class SignedCopy(SQLModel, table=True):
    """The signed bytes of one edition of an award in one form: the record. Never changed; erased with the person.

    ``form`` is ``json`` (embedded proof) or ``jwt``. ``media_type`` is what it is served as.
    """

    __tablename__ = "signed_copy"
    __table_args__ = (UniqueConstraint("award_id", "edition", "form"),)

    id: str = id_column()
    award_id: str = reference("award.id")
    edition: int
    form: str
    format: str
    media_type: str
    body: bytes = octets()
    sha256: str = Field(max_length=64, index=True)
    key_id: str = reference("issuer_key.id")
    signed: datetime = instant()
    valid_from: datetime = instant()
    """The badge's ``validFrom``: later in each edition, by which a reader tells the newer one."""
    why: str = text()


class AwardBatch(SQLModel, table=True):
    """A file of awards. ``state``: ``reading`` (its rows are still being checked), ``preview``, ``running``, ``done``
    (every good row is an award), ``cancelled``.

    ``key`` is the idempotency key: the same file sent twice with one key is one batch.
    """

    __tablename__ = "award_batch"
    __table_args__ = (UniqueConstraint("org_id", "key"),)

    id: str = id_column()
    org_id: str = reference("organization.id")
    definition_id: str = reference("definition.id")
    version_id: str = reference("definition_version.id")
    key: str
    name: str = ""
    digest: str = Field(max_length=64)
    state: str = Field(default="preview", index=True)
    rows: int = 0
    bad: int = 0
    entered: int = 0
    """How many good rows have become awards."""
    proceed_with_good: bool = False
    notify: bool = True
    created: datetime = instant()
    created_by: str
    started: datetime | None = instant(nullable=True)
    finished: datetime | None = instant(nullable=True)
    version: int = 1


class BatchRow(SQLModel, table=True):
    """One row. ``line`` is its line in the file; ``data`` what it says (deleted when it became an award)."""

    __tablename__ = "batch_row"
    __table_args__ = (
        UniqueConstraint("batch_id", "number"),
        Index("batch_row_open", "batch_id", "good", "award_id", "number"),
    )

    id: str = id_column()
    batch_id: str = reference("award_batch.id")
    number: int
    line: int
    data: dict[str, Any] = json_object()
    problems: list[Any] = json_list()
    """Each ``{"column", "message"}``, the message in English; its ``text`` and ``values`` for other languages."""
    good: bool = True
    """Whether it becomes an award."""
    award_id: str | None = reference("award.id", nullable=True)


class Mail(SQLModel, table=True):
    """A message to one person. Deleted some weeks later, sent or not; ``address`` and ``body`` are erased with them.

    ``about`` is the award that it tells of, with which it is erased.
    """

    __tablename__ = "mail"

    id: str = id_column()
    org_id: str | None = reference("organization.id", nullable=True)
    about: str | None = reference("award.id", nullable=True)
    address: str = Field(index=True)
    subject: str
    body: str = text()
    created: datetime = instant()
    sent: datetime | None = instant(nullable=True)


class StackProposal(SQLModel, table=True):
    """That somebody completed a stack: a registrar awards it or declines. ``state``: open, awarded, declined, lapsed
    (a badge that completed it does not stand any more, and no other takes its place; or they got the stack otherwise).

    One of a stack is open for somebody at a time; those answered before stay.
    """

    __tablename__ = "stack_proposal"
    __table_args__ = (
        Index(
            "stack_proposal_open",
            "definition_id",
            "account_id",
            unique=True,
            sqlite_where=sql_text("state = 'open'"),
            postgresql_where=sql_text("state = 'open'"),
        ),
    )

    id: str = id_column()
    org_id: str = reference("organization.id")
    definition_id: str = reference("definition.id")
    version_id: str = reference("definition_version.id")
    account_id: str = reference("account.id")
    members: list[Any] = json_list()
    """The ids of the awards that complete it."""
    state: str = Field(default="open", index=True)
    award_id: str | None = reference("award.id", nullable=True)
    created: datetime = instant()
    answered: datetime | None = instant(nullable=True)
    version: int = 1
