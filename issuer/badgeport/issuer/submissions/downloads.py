"""Evidence as it is sent to those who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from starlette.responses import StreamingResponse

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.storage.blobs import CHUNK
from badgeport.issuer.submissions.tables import EvidenceItem


def answer(desk: IssuerDesk, item: EvidenceItem) -> StreamingResponse:
    """A stored file as a download: never shown in place, so that nothing in it can act as a page of ours.

    Raises Absent where it is a link, or its bytes are gone.
    """
    if item.digest is None:
        raise Absent
    try:
        file = desk.blobs.open(item.digest)
    except KeyError:
        raise Absent from None

    def parts() -> Iterator[bytes]:
        with file:
            while chunk := file.read(CHUNK):
                yield chunk

    exact = quote(item.file_name, safe="")
    plain = item.file_name.encode("ascii", "replace").decode("ascii").replace("?", "_").replace('"', "_")
    return StreamingResponse(
        parts(),
        200,
        {
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{exact}",
            "Content-Length": str(item.size),
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
            "Cross-Origin-Resource-Policy": "same-origin",
        },
        item.media_type,
    )
