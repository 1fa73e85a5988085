"""The picture of a badge, with the signed badge inside (Open Badges 3.0 baking), and the QR code of its address."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from functools import lru_cache

from badgeport.issuer import images
from badgeport.schemas import png, svg

PNG = "image/png"
SVG = "image/svg+xml"
PIXELS = 512
_MOST_PIXELS = 40_000_000

_DRAWN = b"""#set page(width: 512pt, height: 512pt, margin: 0pt, fill: none)
#align(center + horizon, image(bytes(sys.inputs.svg), format: "svg", width: 512pt, height: 512pt, fit: "contain"))
"""
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
    if art.media_type == PNG:
        return art.body
    return _drawn(art.body) if art.media_type == SVG else _converted(art.body)


def as_svg(art: Art, title: str) -> bytes:
    """The picture as an SVG; one made of pixels stands in it whole."""
    if art.media_type == SVG:
        return art.body
    width, height = _size(art.body)
    data = base64.b64encode(art.body).decode("ascii")
    text = _WRAPPED.format(width=width, height=height, title=_xml(title), media_type=art.media_type, data=data)
    return text.encode()


@lru_cache(maxsize=64)
def _drawn(picture: bytes) -> bytes:
    """An SVG as pixels. Nothing but the picture and fonts is read: typst opens no file and no address for an SVG."""
    import typst

    try:
        made = typst.compile(_DRAWN, format="png", ppi=72.0, sys_inputs={"svg": picture.decode("utf-8")})
    except (typst.TypstError, UnicodeDecodeError):
        return images.badge_png()
    return made if isinstance(made, bytes) else images.badge_png()


@lru_cache(maxsize=64)
def _converted(picture: bytes) -> bytes:
    """A JPEG as a PNG."""
    from PIL import Image

    with Image.open(io.BytesIO(picture), formats=("JPEG",)) as opened:
        if opened.width * opened.height > _MOST_PIXELS:
            return images.badge_png()
        opened.thumbnail((2 * PIXELS, 2 * PIXELS))
        target = io.BytesIO()
        opened.convert("RGB").save(target, "PNG")
    return target.getvalue()


def _size(picture: bytes) -> tuple[int, int]:
    from PIL import Image

    with Image.open(io.BytesIO(picture), formats=("PNG", "JPEG")) as opened:
        return opened.size


def _xml(text: str) -> str:
    from html import escape

    return escape("".join(sign for sign in text if sign.isprintable()))
