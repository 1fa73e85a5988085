"""What a received file is, and the image formats that carry credentials (Open Badges 3.0, document formats)."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from badgeport.schemas import png, svg
from badgeport.schemas.baked import Baked
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import UNSUPPORTED, ProblemError

Carrier: TypeAlias = Literal[
    "png", "svg", "json", "jws", "sd-jwt", "pdf", "zip", "jpeg", "webp", "gif", "html", "text", "unknown"
]

_SPACE = b" \t\r\n"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# What may stand before the root of an XML document, then the name of the root.
_XML_ROOT = re.compile(
    rb"(?:[ \t\r\n]++|<\?(?:[^?]|\?(?!>))*+\?>|<!--(?:[^-]|-(?!->))*+-->"
    rb"|<!DOCTYPE[^\[>]*+(?:\[[^\]]*+\][ \t\r\n]*+)?>)*+"
    rb"<(?:[^ \t\r\n<>/!?:]++:)?svg[ \t\r\n/>]"
)
# The first two symbols of a JOSE header, which is base64url of a JSON object: an opening brace and what may follow it.
_COMPACT = re.compile(rb"(?:ey|ew)[A-Za-z0-9_-]*+\.[A-Za-z0-9_-]*+\.[A-Za-z0-9_-]*+(?P<sd>~[A-Za-z0-9._~-]*+)?")
_HTML_ROOT = re.compile(
    rb"(?:[ \t\r\n]++|<\?(?:[^?]|\?(?!>))*+\?>|<!--(?:[^-]|-(?!->))*+-->)*+"
    rb"<(?:!doctype[ \t\r\n]++)?(?:html|head|body)\b",
    re.IGNORECASE,
)
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r\f")) + b"\x7f"


def detect(data: bytes) -> Carrier:
    """What kind of file the bytes are, from how they begin; ``text`` is other UTF-8 text, such as an address."""
    if data.startswith(png.SIGNATURE):
        return "png"
    if data.startswith(_ZIP):
        return "zip"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data[:1024].lstrip(_SPACE).startswith(b"%PDF-"):
        return "pdf"
    body = data.removeprefix(b"\xef\xbb\xbf").strip(_SPACE)
    if body[:1] in (b"{", b"["):
        return "json"
    if body[:1] == b"<" and _XML_ROOT.match(body):
        return "svg"
    if body[:1] == b"<" and _HTML_ROOT.match(body):
        return "html"
    compact = _COMPACT.fullmatch(body)
    if compact:
        return "sd-jwt" if compact["sd"] is not None else "jws"
    if body[:2] in (b"ey", b"ew") and body.count(b".") >= 2 and len(body.split(maxsplit=1)) == 1:
        # A token with a damaged symbol is still a token, and is to be refused as one.
        return "sd-jwt" if b"~" in body else "jws"
    try:
        body.decode()
    except UnicodeDecodeError:
        return "unknown"
    return "text" if body and len(body.translate(None, _CONTROL)) == len(body) else "unknown"


def bake(image: bytes, payload: str, *, overwrite: bool = False, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Put a credential into a PNG or SVG image; see `png.bake` and `svg.bake`.

    Raises ProblemError: UNSUPPORTED for any other kind of file, else as those.
    """
    kind = detect(image)
    if kind == "png":
        return png.bake(image, payload, overwrite=overwrite, limits=limits)
    if kind == "svg":
        return svg.bake(image, payload, overwrite=overwrite, limits=limits)
    raise ProblemError(UNSUPPORTED, "credentials are baked into PNG and SVG images only")


def unbake(image: bytes, limits: Limits = DEFAULT_LIMITS) -> Baked:
    """The credential that a PNG or SVG image carries; see `png.unbake` and `svg.unbake`.

    Raises ProblemError: UNSUPPORTED for any other kind of file, else as those.
    """
    kind = detect(image)
    if kind == "png":
        return png.unbake(image, limits)
    if kind == "svg":
        return svg.unbake(image, limits)
    raise ProblemError(UNSUPPORTED, "only PNG and SVG images carry baked credentials")
