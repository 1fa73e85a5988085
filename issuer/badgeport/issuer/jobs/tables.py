"""Jobs."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, Index, SQLModel, UniqueConstraint

from badgeport.issuer.storage.columns import id_column, instant, text


class Job(SQLModel, table=True):
    """One piece of work. There is at most one of a kind for each key: asking twice is asking once.

    ``kind`` says what is to be done (``mint``, ``status-list``, ``mail`` …), ``key`` to what. A worker that took it has
    it until ``leased_until``; after that another may take it. It is deleted when it is done, in the transaction that
    did it. One that failed too often stays, with ``failed`` set, until a person asks for it again.

    ``attempts`` counts how often it came to nothing, by which it waits longer each time; ``failures`` those of them
    that were its own fault, ``deaths`` the workers that died at it.
    """

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("kind", "key"), Index("job_due", "failed", "due"))

    id: str = id_column()
    kind: str
    key: str
    due: datetime = instant()
    created: datetime = instant()
    attempts: int = 0
    failures: int = 0
    deaths: int = 0
    leased_by: str | None = None
    leased_until: datetime | None = instant(nullable=True)
    failed: bool = False
    error: str = text()
    org_id: str | None = Field(default=None, index=True)
