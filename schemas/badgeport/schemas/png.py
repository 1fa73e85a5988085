"""Credentials in PNG images: one uncompressed ``iTXt`` chunk (Open Badges 3.0, baked badges; PNG 3rd edition)."""

from __future__ import annotations

import zlib
from typing import NamedTuple

from badgeport.schemas.baked import Baked, Standard, check_image, check_payload, sole
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, RANGE_ERROR, ProblemError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
KEYWORD = b"openbadgecredential"

_KEYWORDS: dict[bytes, Standard] = {KEYWORD: "ob3", b"clrcredential": "clr2", b"openbadges": "ob2"}
_MOST_CHUNKS = 65_536
_GREATEST_LENGTH = 2**31 - 1


class _Chunk(NamedTuple):
    kind: bytes
    start: int
    """Where the chunk, beginning with its length, starts in the image."""
    end: int
    data: bytes
    """The data of a text chunk; empty for others, which are not looked at."""


def bake(image: bytes, payload: str, *, overwrite: bool = False, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Put a credential (JSON, or a compact JWS) into a PNG image; no other byte of the image changes.

    Raises ProblemError: PARSING_ERROR when the image is not a sound PNG, MALFORMED_VALUE_ERROR when it carries an Open
    Badges 3.0 credential already and ``overwrite`` is not set, RANGE_ERROR when image or credential is too large.
    """
    check_payload(payload, limits)
    chunks = _chunks(image, limits)
    present = [chunk for chunk in chunks if chunk.kind == b"iTXt" and _keyword(chunk) == KEYWORD]
    if present and not overwrite:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the image carries a credential already")
    first_data = next(chunk.start for chunk in chunks if chunk.kind == b"IDAT")
    # Keyword; not compressed, by method 0; no language tag; no translated keyword; the text.
    body = b"iTXt" + KEYWORD + b"\0" + b"\0\0" + b"\0" + b"\0" + payload.encode()
    credential = (len(body) - 4).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    pieces: list[bytes] = []
    position = 0
    for start, end, piece in sorted(
        [(chunk.start, chunk.end, b"") for chunk in present] + [(first_data,) * 2 + (credential,)]
    ):
        pieces += [image[position:start], piece]
        position = end
    return b"".join([*pieces, image[position:]])


def unbake(image: bytes, limits: Limits = DEFAULT_LIMITS) -> Baked:
    """The credential that a PNG image carries: Open Badges 3.0, else CLR 2.0, else Open Badges 2.0.

    Raises ProblemError: PARSING_ERROR when the image is not a sound PNG, carries none, or carries it twice, compressed
    or not as UTF-8; RANGE_ERROR when image or credential is too large.
    """
    found = []
    for chunk in _chunks(image, limits):
        standard = _KEYWORDS.get(_keyword(chunk)) if chunk.kind in (b"iTXt", b"tEXt") else None
        if standard is not None and chunk.kind == b"iTXt":
            found.append(Baked(_international_text(chunk.data), standard))
        elif standard == "ob2":
            found.append(Baked(chunk.data.partition(b"\0")[2].decode("latin-1"), standard))
    return sole(found, "PNG", limits)


def _chunks(image: bytes, limits: Limits) -> list[_Chunk]:
    """The chunks of an image, each with its length in bounds and its checksum right."""
    check_image(image, limits)
    if not image.startswith(SIGNATURE):
        raise _broken("does not start with the PNG signature")
    view = memoryview(image)
    chunks: list[_Chunk] = []
    position = len(SIGNATURE)
    while position < len(image):
        length = int.from_bytes(view[position : position + 4], "big")
        end = position + 12 + length
        if length > _GREATEST_LENGTH or end > len(image):
            raise _broken("is cut off or states a wrong chunk length")
        kind = bytes(view[position + 4 : position + 8])
        if not kind.isalpha():
            raise _broken("holds a chunk without a name")
        if zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end], "big"):
            raise _broken("holds a chunk whose checksum is wrong")
        if len(chunks) == _MOST_CHUNKS:
            raise ProblemError(RANGE_ERROR, f"the PNG image has more than {_MOST_CHUNKS} chunks")
        if kind == b"IEND" and end != len(image):
            raise _broken("goes on after its end")
        data = bytes(view[position + 8 : end - 4]) if kind in (b"iTXt", b"tEXt") else b""
        chunks.append(_Chunk(kind, position, end, data))
        position = end
    kinds = [chunk.kind for chunk in chunks]
    if kinds[:1] != [b"IHDR"] or kinds[-1] != b"IEND" or b"IDAT" not in kinds:
        raise _broken("lacks its header, its data or its end")
    return chunks


def _keyword(chunk: _Chunk) -> bytes:
    return chunk.data.partition(b"\0")[0]


def _international_text(data: bytes) -> str:
    _, separator, rest = data.partition(b"\0")
    if not separator or len(rest) < 2:
        raise _broken("holds a malformed text chunk")
    if rest[0] != 0:
        raise _broken("holds its credential in compressed form, which Open Badges does not allow")
    parts = rest[2:].split(b"\0", 2)
    if len(parts) != 3:
        raise _broken("holds a malformed text chunk")
    try:
        return parts[2].decode()
    except UnicodeDecodeError:
        raise _broken("holds a credential that is not UTF-8") from None


def _broken(what: str) -> ProblemError:
    return ProblemError(PARSING_ERROR, f"the PNG image {what}")
