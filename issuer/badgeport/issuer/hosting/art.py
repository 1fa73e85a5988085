"""The picture of a badge, with the signed badge inside (Open Badges 3.0 baking), and the QR code of its address."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

from badgeport.issuer import drawing, images
from badgeport.schemas import png, svg

PNG = "image/png"
SVG = "image/svg+xml"

_WRAPPED = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
    'role="img"><title>{title}</title><image href="data:{media_type};base64,{data}" width="{width}" height="{height}"/>'
    "</svg>\n"
)


@dataclass(frozen=True, slots=True)
class Art:
    """A picture as it is stored: its bytes and media type (PNG, SVG or JPEG)."""

    body: bytes
    media_type: str


def baked_png(art: Art, payload: bytes) -> bytes:
    """The picture as a PNG that carries a signed badge. Raises ProblemError where the badge does not fit."""
    return png.bake(as_png(art), payload.decode("utf-8"), overwrite=True)


def baked_svg(art: Art, payload: bytes, title: str) -> bytes:
    """The picture as an SVG that carries a signed badge. Raises ProblemError."""
    return svg.bake(as_svg(art, title), payload.decode("utf-8"), overwrite=True)


def as_png(art: Art) -> bytes:
    """The picture as a PNG."""
    return art.body if art.media_type == PNG else drawn(art)


def drawn(art: Art) -> bytes:
    """The picture as it looks: a PNG of 512 pixels each way that is sound, whatever the picture was.

    One of ours stands in for what cannot be drawn.
    """
    try:
        return drawing.pixels(art.body)
    except drawing.DrawingError:
        return images.badge_png()


def as_svg(art: Art, title: str) -> bytes:
    """The picture as an SVG; one made of pixels stands in it whole."""
    if art.media_type == SVG:
        return art.body
    width, height = _size(art.body)
    data = base64.b64encode(art.body).decode("ascii")
    text = _WRAPPED.format(width=width, height=height, title=_xml(title), media_type=art.media_type, data=data)
    return text.encode()


def _size(picture: bytes) -> tuple[int, int]:
    from PIL import Image

    with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG")) as opened:
        return opened.size


def _xml(text: str) -> str:
    from html import escape

    return escape("".join(sign for sign in text if sign.isprintable()))
