"""Tables of the catalogue."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, json_list, json_object, reference, text


class Definition(SQLModel, table=True):
    """A micro-credential or a stack (``kind``), with all its versions. Its id stands in its public address.

    ``state`` is ``draft`` (nothing published), ``published`` or ``retired`` (earned no more). ``current`` is the number
    of the published version, ``draft`` that of the version being written.
    """

    __tablename__ = "definition"
    __table_args__ = (UniqueConstraint("org_id", "slug"),)

    id: str = id_column()
    org_id: str = reference("organization.id")
    kind: str = "micro-credential"
    slug: str = Field(max_length=80)
    name: str
    """Of the version shown in lists: the published one, else the draft."""
    summary: str = text()
    """What lists are searched by beside the name, in small letters; of the same version."""
    unit: str = ""
    """Of its credit."""
    state: str = Field(default="draft", index=True)
    current: int | None = None
    draft: int | None = None
    created: datetime = instant()
    created_by: str
    proposal_id: str | None = None
    version: int = 1


class DefinitionTag(SQLModel, table=True):
    """A tag of the version shown in lists, in small letters."""

    __tablename__ = "definition_tag"

    definition_id: str = Field(primary_key=True, foreign_key="definition.id")
    tag: str = Field(primary_key=True, max_length=300)


class DefinitionVersion(SQLModel, table=True):
    """One version: ``body`` is a `catalog.definition.DefinitionBody` as JSON. A published one never changes."""

    __tablename__ = "definition_version"
    __table_args__ = (UniqueConstraint("definition_id", "number"),)

    id: str = id_column()
    definition_id: str = reference("definition.id")
    number: int
    body: dict[str, Any] = json_object()
    created: datetime = instant()
    created_by: str
    published: datetime | None = instant(nullable=True)
    published_by: str | None = None
    version: int = 1


class QualityFramework(SQLModel, table=True):
    """Components a definition is to meet before it is published: ``components`` is a list of
    ``{"id", "name", "description", "required"}``."""

    __tablename__ = "quality_framework"

    id: str = id_column()
    org_id: str = reference("organization.id")
    name: str
    source: str = ""
    components: list[Any] = json_list()
    required: bool = False
    """Whether publication needs a passed review against it."""
    created: datetime = instant()
    retired: datetime | None = instant(nullable=True)
    version: int = 1


class QualityReview(SQLModel, table=True):
    """A version reviewed against a framework: ``findings`` maps a component id to ``{"met", "evidence"}``.

    ``edition`` is the ``version`` of what was read and ``framework_version`` that of what it was read against: a draft
    or a framework that was changed afterwards needs another review.
    """

    __tablename__ = "quality_review"

    id: str = id_column()
    version_id: str = reference("definition_version.id")
    framework_id: str = reference("quality_framework.id")
    number: int = 1
    """Which review of the version it is: the last one counts."""
    edition: int = 1
    framework_version: int = 1
    findings: dict[str, Any] = json_object()
    passed: bool = False
    reviewer: str
    at: datetime = instant()


class Proposal(SQLModel, table=True):
    """A micro-credential or pathway that an educator proposes. ``state``: draft, submitted, adopted, declined."""

    __tablename__ = "proposal"

    id: str = id_column()
    org_id: str = reference("organization.id")
    account_id: str = reference("account.id")
    name: str = ""
    """Of its body, for lists."""
    state: str = Field(default="draft", index=True)
    body: dict[str, Any] = json_object()
    """``{"name", "goal", "why", "pathway", …}``: a beginning of a definition's body."""
    answer: str = text()
    definition_id: str | None = reference("definition.id", nullable=True)
    created: datetime = instant()
    submitted: datetime | None = instant(nullable=True)
    answered: datetime | None = instant(nullable=True)
    version: int = 1


class CompetencyFramework(SQLModel, table=True):
    """A CASE framework that was imported, for choosing alignments from."""

    __tablename__ = "competency_framework"
    __table_args__ = (UniqueConstraint("org_id", "uri"),)

    id: str = id_column()
    org_id: str = reference("organization.id")
    uri: str
    title: str
    publisher: str = ""
    release: str = ""
    imported: datetime = instant()


class Competency(SQLModel, table=True):
    """One item of an imported framework."""

    __tablename__ = "competency"
    __table_args__ = (UniqueConstraint("framework_id", "uri"),)

    id: str = id_column()
    framework_id: str = reference("competency_framework.id")
    uri: str
    code: str = ""
    statement: str = text()
    kind: str = ""
    position: int = 0
