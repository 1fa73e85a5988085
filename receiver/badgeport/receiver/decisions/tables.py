"""Tables of decisions that were filed."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, octets, reference, text


class FiledDecision(SQLModel, table=True):
    """A decision of an organisation as it was made; nothing of that changes any more.

    ``package`` is the file with all it was made from (`packages`), ``digest`` the SHA-256 of the decision by which
    appeals name it. ``reference`` is how the organisation finds the person: a case number, an employee id. ``filed_by``
    is who filed it, as the audit log names people. ``receipt`` is the decision as the organisation signed it.
    ``link_hash`` is of the secret in the address that the educator was given. Amounts are decimal texts.
    """

    __tablename__ = "filed_decision"
    __table_args__ = (UniqueConstraint("org_id", "key"),)

    id: str = id_column()
    org_id: str = reference("organization.id")
    key: str
    """What whoever filed it named it by, so that asking twice is filing once."""
    fingerprint: str = Field(default="", max_length=64)
    """Of what a program sent with the key; empty of what a person filed."""
    reference: str = text()
    package: str | None = Field(default=None, foreign_key="blob.digest", index=True, max_length=64)
    """None once it was erased."""
    digest: str = Field(max_length=64)
    policy_id: str = Field(index=True)
    policy_version: str
    policy_sha256: str = Field(max_length=64)
    policy_title: str
    purpose: str
    unit: str
    kind: str
    amount: str
    at_most: str
    as_of: datetime = instant()
    filed: datetime = instant(index=True)
    filed_by: str
    receipt: bytes | None = octets(nullable=True)
    signed: datetime | None = instant(nullable=True)
    link_hash: str | None = Field(default=None, unique=True, max_length=64)
    erased: datetime | None = instant(nullable=True)
    version: int = 1


class DecisionStep(SQLModel, table=True):
    """What came after a decision, in order: an ``appeal``, or that a person ``settled`` it with an outcome of theirs.

    ``actor`` is who did it, as the audit log names people; ``by`` the name that stands in the signed ``document``.
    """

    __tablename__ = "decision_step"
    __table_args__ = (UniqueConstraint("decision_id", "number"),)

    id: str = id_column()
    decision_id: str = reference("filed_decision.id")
    number: int
    deed: str
    at: datetime = instant()
    actor: str = Field(index=True)
    by: str = text()
    reason: str = text()
    office: str | None = None
    kind: str | None = None
    amount: str | None = None
    document: bytes | None = octets(nullable=True)
    signed: datetime | None = instant(nullable=True)


class DecidedBadge(SQLModel, table=True):
    """That a decision was on a badge; ``identity`` is a digest of what makes copies of the badge the same one."""

    __tablename__ = "decided_badge"

    decision_id: str = Field(primary_key=True, foreign_key="filed_decision.id")
    identity: str = Field(primary_key=True, index=True, max_length=64)
