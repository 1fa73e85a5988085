"""A stored file and its row: a row means that the bytes are there, and that somebody wants them.

What nobody wants any more has no row, and a job that deletes its bytes, outside of any transaction. The job stays for a
while after that, so that it is known here without asking the store, which may be slow, whether they are there.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, SQLModel, select

from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import refuse
from badgeport.issuer.storage.tables import Blob

FILE = "file"
"""The kind of job that deletes a file; its key is the digest, ``created`` when it was asked for or last deleted."""


def keep(session: Session, digest: str, size: int, media_type: str, now: datetime, *, field: str = "file") -> None:
    """Note in the writing transaction that a file is wanted, which was stored after ``now``.

    Where it was or is being deleted since then, its bytes may be gone: it is to be stored once more. Raises Mistakes
    (``field``).
    """
    if session.get(Blob, digest) is not None:
        return
    going = session.exec(select(Job).where(Job.kind == FILE, Job.key == digest)).first()
    # Of one that came to nothing it is not known what the store made of it.
    if going is not None and (going.leased_by is not None or going.attempts or going.created >= now):
        refuse(field, "This file was deleted elsewhere just now. Choose it once more.")
    session.add(Blob(digest=digest, size=size, media_type=media_type, created=now))
    session.flush()


def is_referred_to(session: Session, digest: str) -> bool:
    """Whether a row of any table, whichever room it is of, refers to a file by a foreign key."""
    blobs = SQLModel.metadata.tables["blob"]
    columns = [
        column
        for table in SQLModel.metadata.tables.values()
        for column in table.columns
        if any(key.references(blobs) for key in column.foreign_keys)
    ]
    return any(session.exec(select(column).where(column == digest).limit(1)).first() is not None for column in columns)
