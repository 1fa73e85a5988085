"""Badge pictures of our own design: an SVG that names the achievement and its issuer, and a plain PNG rosette."""

from __future__ import annotations

import math
import unicodedata
import zlib
from functools import lru_cache
from html import escape
from typing import NamedTuple

from badgeport.issuer import raster


class Palette(NamedTuple):
    """The colours of a badge, as red, green, blue."""

    rim: tuple[int, int, int]
    face: tuple[int, int, int]
    ribbon: tuple[int, int, int]
    mark: tuple[int, int, int]


PALETTES = (
    Palette((15, 76, 92), (27, 120, 135), (226, 149, 54), (255, 255, 255)),
    Palette((69, 43, 107), (110, 74, 163), (236, 186, 84), (255, 255, 255)),
    Palette((20, 83, 45), (42, 130, 76), (232, 170, 66), (255, 255, 255)),
    Palette((124, 45, 18), (181, 83, 36), (250, 204, 112), (255, 255, 255)),
    Palette((30, 58, 108), (52, 98, 168), (240, 180, 70), (255, 255, 255)),
)

PNG_SIZE = 240
_CENTRE_Y = 106
_SCALLOPS = 20


def palette(name: str) -> Palette:
    """The palette that goes with a name: always the same one."""
    return PALETTES[zlib.crc32(name.encode("utf-8", "replace")) % len(PALETTES)]


def badge_svg(achievement: str, issuer: str, *, caption: str | None = None) -> bytes:
    """A square badge with the achievement's and the issuer's name, wrapped to fit; any text is safe to pass.

    ``caption`` replaces the description read aloud by screen readers.
    """
    colours = palette(achievement)
    rim, face, ribbon, mark = (_hex(colour) for colour in colours)
    lines, size = _fitted(achievement)
    issuer_lines = _wrapped(issuer, 34)
    if len(issuer_lines) > 1:
        issuer_lines = [issuer_lines[0], _shortened(" ".join(issuer_lines[1:]), 28)]
    top = 254 + size * 0.35 - (len(lines) - 1) * size * 0.6
    title_text = "".join(
        f'<text x="256" y="{top + index * size * 1.2:.1f}" font-size="{size}" font-weight="700">{_xml(line)}</text>'
        for index, line in enumerate(lines)
    )
    issuer_text = "".join(
        f'<text x="256" y="{350 + index * 19}" font-size="15" fill-opacity=".9">{_xml(line)}</text>'
        for index, line in enumerate(issuer_lines)
    )
    spoken = caption or f"Badge: {achievement}, awarded by {issuer}"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512" width="512" height="512" role="img" '
        f'aria-labelledby="badge-title badge-description"><title id="badge-title">{_xml(achievement)}</title>'
        f'<desc id="badge-description">{_xml(spoken)}</desc>'
        f'<path fill="{ribbon}" d="M150 372 96 500l64-18 38 30 46-112zM362 372l54 128-64-18-38 30-46-112z"/>'
        f'<path fill="{rim}" d="{_scalloped_path(256, 232, 222, 8, 24)}"/>'
        f'<circle cx="256" cy="232" r="190" fill="{face}"/>'
        f'<circle cx="256" cy="232" r="178" fill="none" stroke="{mark}" stroke-opacity=".55" stroke-width="2.5"/>'
        f'<path fill="{ribbon}" d="{_star_path(256, 128, 44, 19)}"/>'
        f'<g fill="{mark}" text-anchor="middle" font-family="system-ui,-apple-system,Segoe UI,Roboto,Helvetica,'
        f'Arial,sans-serif">{title_text}{issuer_text}</g></svg>\n'
    ).encode()


def badge_png(name: str = "") -> bytes:
    """A rosette without text, 240 by 240 pixels on a transparent ground, in the colours that go with ``name``."""
    return _rosette(palette(name))


@lru_cache(maxsize=len(PALETTES))
def _rosette(colours: Palette) -> bytes:
    half = PNG_SIZE // 2
    rows = []
    for y in range(PNG_SIZE):
        right = [_pixel(x + 0.5, y + 0.5 - _CENTRE_Y, colours) for x in range(half)]
        # The rosette is its own mirror image; the check mark, which is not, goes on top.
        row = [*reversed(right), *right]
        if abs(y - _CENTRE_Y) < 20:
            for x in range(half - 20, half + 20):
                tick = _cover(_tick(x + 0.5 - half, y + 0.5 - _CENTRE_Y))
                row[x] = (*_over(colours.mark, tick, row[x][:3], 1.0)[0], 255)
        rows.append(b"".join(map(bytes, row)))
    return raster.rgba(PNG_SIZE, PNG_SIZE, b"".join(rows))


def _pixel(x: float, y: float, colours: Palette) -> tuple[int, int, int, int]:
    """One pixel, by how far it lies inside each shape; the last pixel of an edge is blended, which smooths it."""
    radius = math.hypot(x, y)
    if radius < 70:
        colour, _ = _over(colours.ribbon, _cover(_star(x, y, 58, 26)), colours.face, 1.0)
        return (*colour, 255)
    colour, alpha = colours.ribbon, _cover(_tail(x, y))
    if radius < 106:
        colour, alpha = _over(
            colours.rim, _cover(98 + 5 * math.cos(_SCALLOPS * math.atan2(y, x)) - radius), colour, alpha
        )
        colour, alpha = _over(colours.face, _cover(84 - radius), colour, alpha)
        colour, alpha = _over(colours.mark, _cover(1.2 - abs(radius - 77)) * 0.55, colour, alpha)
    return (*colour, round(alpha * 255))


def _cover(inside: float) -> float:
    return min(1.0, max(0.0, inside + 0.5))


def _over(
    top: tuple[int, int, int], top_alpha: float, below: tuple[int, int, int], below_alpha: float
) -> tuple[tuple[int, int, int], float]:
    alpha = top_alpha + below_alpha * (1 - top_alpha)
    if alpha == 0:
        return below, 0.0
    share = top_alpha / alpha
    red, green, blue = (round(a * share + b * (1 - share)) for a, b in zip(top, below, strict=True))
    return (red, green, blue), alpha


def _tail(x: float, y: float) -> float:
    """How far inside the right-hand ribbon tail: a slanted band with a notched end."""
    along, across = 0.41 * x + 0.91 * y, 0.91 * x - 0.41 * y
    notch = abs(across - 8) * 0.5
    return min(along - 40, 122 + notch - along - 8, 24 - abs(across - 8))


def _star(x: float, y: float, outer: float, inner: float) -> float:
    """How far inside a five-pointed star that points up."""
    sector = math.pi / 5
    angle = math.atan2(x, -y) % (2 * sector)
    angle = min(angle, 2 * sector - angle)
    radius = math.hypot(x, y)
    px, py = radius * math.sin(angle), radius * math.cos(angle)
    ix, iy = inner * math.sin(sector), inner * math.cos(sector)
    # Signed distance from the edge that joins the tip (0, outer) to the inner corner (ix, iy).
    return ((iy - outer) * px - ix * (py - outer)) / math.hypot(ix, iy - outer)


def _tick(x: float, y: float) -> float:
    """How far inside the check mark in the middle."""
    short = _segment(x, y, -11, 2, -3, 10)
    long = _segment(x, y, -3, 10, 12, -8)
    return 3.6 - min(short, long)


def _segment(x: float, y: float, ax: float, ay: float, bx: float, by: float) -> float:
    dx, dy = bx - ax, by - ay
    share = max(0.0, min(1.0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)))
    return math.hypot(x - ax - share * dx, y - ay - share * dy)


def _scalloped_path(cx: float, cy: float, radius: float, depth: float, count: int) -> str:
    points = []
    steps = count * 12
    for step in range(steps):
        angle = 2 * math.pi * step / steps
        reach = radius - depth + depth * math.cos(count * angle)
        points.append(f"{cx + reach * math.cos(angle):.1f} {cy + reach * math.sin(angle):.1f}")
    return "M" + "L".join(points) + "z"


def _star_path(cx: float, cy: float, outer: float, inner: float) -> str:
    points = []
    for corner in range(10):
        reach = inner if corner % 2 else outer
        angle = math.pi * corner / 5
        points.append(f"{cx + reach * math.sin(angle):.1f} {cy - reach * math.cos(angle):.1f}")
    return "M" + "L".join(points) + "z"


def _fitted(text: str) -> tuple[list[str], int]:
    """The lines of a name and the largest font size at which they fit the face."""
    for size, width, count in ((34, 16, 2), (29, 19, 3), (25, 22, 4), (21, 26, 5)):
        lines = _wrapped(text, width)
        if len(lines) <= count:
            return lines, size
    lines = _wrapped(text, 26)
    return [*lines[:4], _shortened(lines[4], 25, always=True)], 21


def _wrapped(text: str, width: int) -> list[str]:
    lines, current = [], ""
    for word in text.split():
        while _width(word) > width:
            if current:
                lines.append(current)
                current = ""
            head = _shortened(word, width, ellipsis="")
            lines.append(head)
            word = word[len(head) :]
        joined = f"{current} {word}".strip()
        if _width(joined) > width:
            lines.append(current)
            joined = word
        current = joined
    return [*lines, current] if current else lines or [""]


def _width(text: str) -> int:
    """The width in Latin letters; East Asian wide characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _shortened(text: str, width: int, *, ellipsis: str = "…", always: bool = False) -> str:
    if _width(text) <= width and not always:
        return text
    kept = ""
    for character in text:
        if kept and _width(kept + character + ellipsis) > width:
            break
        kept += character
    return kept + ellipsis


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _xml(text: str) -> str:
    return escape("".join(character for character in text if character.isprintable()))
