"""Tables of portfolios and reviews. What educators and assessors write here is private."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import text as sql
from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, json_list, json_object, reference, text


class Submission(SQLModel, table=True):
    """An educator's way through one micro-credential.

    ``state``: ``draft`` (also while it is worked on again), ``submitted`` (waiting for an assessor), ``in-review``,
    ``adjudication`` (two assessors differ), ``not-yet``, ``demonstrated``, ``withdrawn``. ``attempt`` counts from 1 and
    grows with each resubmission. ``open_key`` is the educator and the micro-credential while it is not over, so that
    there is one open portfolio for each; None afterwards. ``text_version`` is that of the reflection alone, so that
    a file added in another window is no conflict with what is being written. ``second_assessor`` is whether two
    assessors score what was handed in last: it is settled then, whatever becomes of the settings.
    """

    __tablename__ = "submission"

    id: str = id_column()
    org_id: str = reference("organization.id")
    account_id: str = reference("account.id")
    definition_id: str = reference("definition.id")
    version_id: str = reference("definition_version.id")
    school_id: str | None = reference("school.id", nullable=True)
    state: str = Field(default="draft", index=True)
    attempt: int = 1
    open_key: str | None = Field(default=None, unique=True)
    reflection: str = text()
    wants_coach: bool = False
    due: datetime | None = instant(nullable=True)
    started: datetime = instant()
    changed: datetime = instant()
    submitted: datetime | None = instant(nullable=True)
    first_submitted: datetime | None = instant(nullable=True)
    decided: datetime | None = instant(nullable=True)
    reminded: datetime | None = instant(nullable=True)
    second_assessor: bool = False
    warned: datetime | None = instant(nullable=True)
    """When the educator was told last that what is in it will be deleted."""
    purged: datetime | None = instant(nullable=True)
    """When its words were deleted last because they were kept long enough; what changed later is not among them."""
    text_version: int = 1
    version: int = 1


class SavedText(SQLModel, table=True):
    """A reflection as it was saved: every save keeps one, so that no draft is ever lost.

    ``aside`` is one that did not become the reflection, because another window had saved a newer one.
    """

    __tablename__ = "saved_text"

    id: str = id_column()
    submission_id: str = reference("submission.id")
    body: str = text()
    aside: bool = False
    at: datetime = instant()


class Attempt(SQLModel, table=True):
    """What was handed in at one attempt, as it was: ``reflection`` and the ids of the evidence.

    ``outcome``: ``demonstrated``, ``not-yet``, ``withdrawn``, or ``taken-back`` after an assessor had seen it.
    """

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("submission_id", "number"),)

    id: str = id_column()
    submission_id: str = reference("submission.id")
    number: int
    reflection: str = text()
    evidence: list[Any] = json_list()
    experiences: list[Any] = json_list()
    submitted: datetime = instant()
    outcome: str | None = None


class EvidenceItem(SQLModel, table=True):
    """A piece of evidence: a stored file (``digest``) or a link (``url``), for one requirement of the definition.

    Removing it from a draft sets ``removed``; what was handed in stays readable to its assessors.
    ``released`` is the educator's word that the badge may point to it.
    """

    __tablename__ = "evidence_item"

    id: str = id_column()
    submission_id: str = reference("submission.id")
    requirement: str = ""
    title: str
    description: str = text()
    genre: str = ""
    digest: str | None = Field(default=None, foreign_key="blob.digest", index=True)
    file_name: str = ""
    media_type: str = ""
    size: int = 0
    url: str | None = None
    added: datetime = instant()
    removed: datetime | None = instant(nullable=True)
    released: datetime | None = instant(nullable=True)


class Experience(SQLModel, table=True):
    """Hours an educator logs for one experience of the pathway."""

    __tablename__ = "experience"

    id: str = id_column()
    submission_id: str = reference("submission.id")
    key: str
    hours: float
    done_on: date
    note: str = text()


class Comment(SQLModel, table=True):
    """A comment on a draft, by a coach, an invited peer or the educator.

    ``peer_id`` is the invitation by which a peer wrote it; ``account_id`` is then who was signed in, if anybody.
    """

    __tablename__ = "comment"

    id: str = id_column()
    submission_id: str = reference("submission.id")
    account_id: str | None = reference("account.id", nullable=True)
    peer_id: str | None = reference("peer.id", nullable=True)
    body: str = text()
    at: datetime = instant()
    deleted: datetime | None = instant(nullable=True)


class Peer(SQLModel, table=True):
    """Somebody the educator invited to comment on a draft; ``name`` and ``email`` go with the educator.

    ``account_id`` is who was signed in when the link was first opened, or else whose address it was sent to, and empty
    while it was not: whoever helped does not score.
    """

    __tablename__ = "peer"

    id: str = id_column()
    submission_id: str = reference("submission.id")
    name: str = ""
    email: str
    account_id: str | None = reference("account.id", nullable=True)
    invited: datetime = instant()
    revoked: datetime | None = instant(nullable=True)


class Review(SQLModel, table=True):
    """One assessor's scoring of one attempt. ``part``: ``first``, ``second`` (blind), ``adjudicator``.

    ``scores`` maps a criterion id to ``{"level": name, "feedback": text}``. ``certification_id`` is what allowed it.
    ``independence`` is of `issuer.vocabulary.INDEPENDENCE_VALUES`. There is one of each part, beside withdrawn ones.
    """

    __tablename__ = "review"
    __table_args__ = (
        Index(
            "review_part",
            "submission_id",
            "attempt",
            "part",
            unique=True,
            sqlite_where=sql("state <> 'withdrawn'"),
            postgresql_where=sql("state <> 'withdrawn'"),
        ),
    )

    id: str = id_column()
    org_id: str = reference("organization.id")
    submission_id: str = reference("submission.id")
    attempt: int
    part: str = "first"
    assessor_id: str = reference("account.id")
    certification_id: str | None = reference("assessor_certification.id", nullable=True)
    independence: str | None = None
    state: str = Field(default="assigned", index=True)
    """``assigned``, ``done`` or ``withdrawn``."""
    scores: dict[str, Any] = json_object()
    feedback: str = text()
    decision: str | None = None
    """``demonstrated`` or ``not-yet``."""
    assigned: datetime = instant()
    due: datetime | None = instant(nullable=True)
    done: datetime | None = instant(nullable=True)
    reminded: datetime | None = instant(nullable=True)
    version: int = 1
