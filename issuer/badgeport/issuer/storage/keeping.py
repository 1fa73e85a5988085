"""A stored file and its row: a row means that the bytes are there, and that somebody wants them."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from badgeport.issuer.mistakes import refuse
from badgeport.issuer.storage.blobs import Blobs
from badgeport.issuer.storage.tables import Blob


def keep(
    session: Session, blobs: Blobs, digest: str, size: int, media_type: str, now: datetime, *, field: str = "file"
) -> None:
    """Note in the writing transaction that a file, stored before it, is wanted. Raises Mistakes (``field``).

    Between storing and this the last row of the same bytes may have gone, and a worker have deleted them. It deletes in
    a writing transaction too, and only what has no row: what is there now stays.
    """
    if session.get(Blob, digest) is not None:
        return
    if not blobs.has(digest):
        refuse(field, "This file was deleted elsewhere just now. Choose it once more.")
    session.add(Blob(digest=digest, size=size, media_type=media_type, created=now))
    session.flush()
