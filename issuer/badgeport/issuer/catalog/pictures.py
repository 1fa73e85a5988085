"""Pictures for badges: PNG or SVG, which can bear a badge inside; told by their bytes, without anything that acts.

What is taken here is published for good and drawn for whoever asks: it is drawn once before, by a process that is
bounded, and is refused where it asks for more than a badge may.
"""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from xml.parsers import expat

from badgeport.web.words import keyed
from sqlmodel import Session

from badgeport.issuer import drawing
from badgeport.issuer.catalog import drawing_cost
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import refuse
from badgeport.issuer.storage import keeping
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
_DESCRIBING = frozenset(
    {
        "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "http://purl.org/dc/elements/1.1/",
        "http://purl.org/dc/terms/",
        "http://creativecommons.org/ns#",
        "http://web.resource.org/cc/",
        "http://www.inkscape.org/namespaces/inkscape",
        "http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd",
    }
)
"""Namespaces of elements that describe a picture; whoever shows it makes nothing of them."""
_FETCHES = re.compile(r"url\(\s*+['\"]?+\s*+(?!#)|@import|expression\(|javascript:|-moz-binding", re.IGNORECASE)
_STYLE_FETCHES = re.compile(r"(?:image|image-set|src|cross-fade)\(|//", re.IGNORECASE)
"""What fetches in a style alone; elsewhere it may stand in a name."""
_INNER_PICTURE = re.compile(r"data:image/(png|jpeg);base64,", re.ASCII)
_XLINK = "http://www.w3.org/1999/xlink"
_STYLING = re.compile(r"style|fill|stroke|marker|marker-\w+|clip-path|mask|filter", re.ASCII)
_EXCESS: dict[drawing_cost.Excess, str] = {
    "work": keyed(
        "The picture takes more work to draw than a badge may: too many shapes, patterns or effects, or too many "
        "inside each other. Save it simpler."
    ),
    "circle": keyed("A part of the picture uses itself. Save it as plain SVG."),
    "size": keyed("The picture states a size that cannot be drawn: width, height or viewBox."),
    "inner": keyed("A picture inside the picture is damaged, or larger than {most} pixels. Save it smaller."),
}


def kind_of(data: bytes, field: str = "image") -> str:
    """The media type of a picture that may be a badge's. Raises Mistakes that say what is wrong with it.

    It is drawn for that; no database session may be open.
    """
    if len(data) > MOST_BYTES:
        refuse(field, "The picture is larger than 1 MB. Save it smaller and choose it again.")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        _check_png(data, field)
        _check_drawing(data, field)
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        refuse(
            field, "This is a JPEG. A badge is kept inside its picture, which only PNG and SVG allow: save it as PNG."
        )
    if b"<svg" not in data[:4096]:
        refuse(field, "This is neither a PNG nor an SVG picture.")
    _check_svg(data, field)
    _check_drawing(data, field)
    return SVG


def keep(session: Session, digest: str, size: int, kind: str, now: datetime) -> str:
    """Note a picture whose bytes are stored; its digest. Raises Mistakes."""
    keeping.keep(session, digest, size, kind, now, field="image")
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
    try:
        drawing_cost.check(data)
    except drawing_cost.CostError as error:
        refuse(field, _EXCESS[error.excess], most=_MOST_PIXELS)


def _check_drawing(data: bytes, field: str) -> None:
    try:
        drawing.pixels(data)
    except drawing.DrawingError as error:
        if error.busy:
            refuse(field, "There was no time to look at the picture just now. Choose it again in a minute.")
        refuse(field, "The picture cannot be drawn, or only with more work than a badge may take. Save it simpler.")


def _active(data: bytes) -> str | None:
    """What in a well-formed SVG could run, fetch or hide something; None where there is nothing."""
    parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
    found: list[str] = []
    inside: list[str] = []
    styles: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        # An element in a style joins the texts around it to one, and is no style itself.
        in_style = bool(inside) and inside[-1] == "style"
        inside.append(local)
        known = local in _ELEMENTS if namespace == svg.SVG_NAMESPACE else namespace in _DESCRIBING
        if in_style or not known:
            found.append(f"<{local}>")
        for key, value in attributes.items():
            reason = _active_attribute(local, key, value)
            if reason is not None:
                found.append(reason)

    def text(content: str) -> None:
        if inside and inside[-1] == "style":
            styles.append(content)

    def end(_name: str) -> None:
        if inside.pop() == "style":
            # Text comes in pieces; what it says is in the whole.
            if _fetches("".join(styles)):
                found.append("a style that fetches")
            styles.clear()

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
    if _fetches(value) if _STYLING.fullmatch(local) else _FETCHES.search(value):
        return local
    return None


def _fetches(style: str) -> bool:
    """Whether a style could fetch something, or hides what it says behind escapes."""
    return bool(_FETCHES.search(style) or _STYLE_FETCHES.search(style)) or "\\" in style
