"""Pictures for badges: PNG or SVG, which can bear a badge inside; told by their bytes, without anything that acts."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from xml.parsers import expat

from sqlmodel import Session

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import refuse
from badgeport.issuer.storage.tables import Blob
from badgeport.schemas import png, svg
from badgeport.schemas.problems import ProblemError

MOST_BYTES = 1024 * 1024
PNG, SVG = "image/png", "image/svg+xml"
_LEAST_PIXELS, _MOST_PIXELS = 90, 4096
_ELEMENTS = frozenset(
    {
        "svg",
        "g",
        "defs",
        "title",
        "desc",
        "metadata",
        "symbol",
        "use",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "textPath",
        "linearGradient",
        "radialGradient",
        "stop",
        "pattern",
        "clipPath",
        "mask",
        "marker",
        "image",
        "filter",
        "feGaussianBlur",
        "feOffset",
        "feBlend",
        "feColorMatrix",
        "feComposite",
        "feFlood",
        "feMerge",
        "feMergeNode",
        "feDropShadow",
        "feTurbulence",
        "feMorphology",
        "switch",
        "style",
    }
)
_DESCRIBING = re.compile(r"https?://(www\.)?(w3\.org|purl\.org|creativecommons\.org|inkscape\.org|sodipodi)", re.ASCII)
_FETCHES = re.compile(r"url\(\s*['\"]?\s*(?!#)|@import|expression\(|javascript:|-moz-binding", re.IGNORECASE)
_INNER_PICTURE = re.compile(r"data:image/(png|jpeg);base64,", re.ASCII)
_XLINK = "http://www.w3.org/1999/xlink"


def kind_of(data: bytes, field: str = "image") -> str:
    """The media type of a picture that may be a badge's. Raises Mistakes that say what is wrong with it."""
    if len(data) > MOST_BYTES:
        refuse(field, "The picture is larger than 1 MB. Save it smaller and choose it again.")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_png(data, field)
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        refuse(
            field, "This is a JPEG. A badge is kept inside its picture, which only PNG and SVG allow: save it as PNG."
        )
    if b"<svg" not in data[:4096]:
        refuse(field, "This is neither a PNG nor an SVG picture.")
    _check_svg(data, field)
    return SVG


def keep(session: Session, digest: str, size: int, kind: str, now: datetime) -> str:
    """Note a picture whose bytes are stored; its digest."""
    if session.get(Blob, digest) is None:
        session.add(Blob(digest=digest, size=size, media_type=kind, created=now))
        session.flush()
    return digest


def store(desk: IssuerDesk, data: bytes, field: str = "image") -> tuple[str, int, str]:
    """Check a picture and store its bytes, before the transaction that uses it: digest, size, media type.

    Raises Mistakes.
    """
    kind = kind_of(data, field)
    digest, size = desk.blobs.put(BytesIO(data))
    return digest, size, kind


def _check_png(data: bytes, field: str) -> None:
    from PIL import Image, UnidentifiedImageError

    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if not (_LEAST_PIXELS <= width <= _MOST_PIXELS and _LEAST_PIXELS <= height <= _MOST_PIXELS):
        refuse(
            field,
            "The picture has {width} by {height} pixels; it needs 90 to 4096 each way.",
            width=width,
            height=height,
        )
    try:
        with Image.open(BytesIO(data), formats=("PNG",)) as image:
            image.verify()
        png.bake(data, "{}")
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError):
        refuse(field, "The picture is damaged; save it again.")
    except ProblemError as error:
        refuse(field, "The picture cannot bear a badge: {reason}.", reason=error.problem.detail)


def _check_svg(data: bytes, field: str) -> None:
    try:
        svg.bake(data, "{}")  # well-formed, UTF-8, no document type, bounded
    except ProblemError as error:
        refuse(field, "The picture cannot bear a badge: {reason}.", reason=error.problem.detail)
    found = _active(data)
    if found is not None:
        refuse(
            field,
            "The picture holds {what}, which could act or fetch something when it is shown. Save it as plain SVG.",
            what=found,
        )


def _active(data: bytes) -> str | None:
    """What in a well-formed SVG could run, fetch or hide something; None where there is nothing."""
    parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
    found: list[str] = []
    inside: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        inside.append(local)
        if namespace == svg.SVG_NAMESPACE:
            if local not in _ELEMENTS:
                found.append(f"<{local}>")
        elif not _DESCRIBING.match(namespace):
            found.append(f"<{local}>")
        for key, value in attributes.items():
            reason = _active_attribute(local, key, value)
            if reason is not None:
                found.append(reason)

    def text(content: str) -> None:
        if inside and inside[-1] == "style" and (_FETCHES.search(content) or "\\" in content):
            found.append("a style that fetches")

    def end(_name: str) -> None:
        inside.pop()

    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.ProcessingInstructionHandler = lambda target, _content: found.append(f"<?{target}?>")
    parser.Parse(data, True)
    return found[0] if found else None


def _active_attribute(element: str, key: str, value: str) -> str | None:
    namespace, _, local = key.rpartition(" ")
    if local.lower().startswith("on"):
        return local
    if local == "href" and namespace in ("", _XLINK):
        inner = element == "image" and _INNER_PICTURE.match(value)
        return None if value.startswith("#") or inner else f"href={value[:40]}"
    if local in ("src", "base"):
        return local
    if _FETCHES.search(value) or ("\\" in value and local == "style"):
        return local
    return None
