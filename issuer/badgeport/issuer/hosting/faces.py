"""One address, many faces: which form of a badge is given, by suffix or by what is accepted (RFC 9110 12.5.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

MEDIA_TYPES: tuple[tuple[str, str], ...] = (
    ("text/html", "html"),
    ("application/vc", "json"),
    ("application/vc+ld+json", "json"),
    ("application/ld+json", "json"),
    ("application/json", "json"),
    ("application/vc+jwt", "jwt"),
    ("application/jwt", "jwt"),
    ("image/png", "png"),
    ("image/svg+xml", "svg"),
    ("application/pdf", "pdf"),
    ("application/xhtml+xml", "html"),
)
"""What may be asked for, in the order in which it is given where several would do alike. A page comes first: programs
that show a link in a message or a post accept anything and look for a page."""

SUFFIXES = {
    "json": ("json", "application/vc"),
    "jwt": ("jwt", "application/vc+jwt"),
    "png": ("png", "image/png"),
    "svg": ("svg", "image/svg+xml"),
    "pdf": ("pdf", "application/pdf"),
    "qr.svg": ("qr.svg", "image/svg+xml"),
    "qr.png": ("qr.png", "image/png"),
}
"""The face of each suffix and what it is served as."""

_MOST_RANGES = 50


@dataclass(frozen=True, slots=True)
class Face:
    """A form of a badge, and the media type it is served as."""

    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class _Range:
    type: str
    subtype: str
    quality: float

    def specificity(self, media_type: str) -> int:
        """How closely it names a media type: 3 exactly, 2 its kind, 1 anything, 0 not at all."""
        kind, _, subtype = media_type.partition("/")
        if (self.type, self.subtype) == (kind, subtype):
            return 3
        if (self.type, self.subtype) == (kind, "*"):
            return 2
        return 1 if (self.type, self.subtype) == ("*", "*") else 0


def by_suffix(suffix: str) -> Face | None:
    """The face of an address that ends with ``.suffix``."""
    found = SUFFIXES.get(suffix)
    return Face(*found) if found else None


def chosen(accept: str, offered: Collection[str]) -> Face:
    """The face for an ``Accept`` header among those ``offered`` (names); the page where nothing fits or nothing is
    said."""
    ranges = tuple(_ranges(accept))
    best, best_rank = Face("html", "text/html"), (0.0, 0)
    for media_type, name in MEDIA_TYPES:
        if name not in offered:
            continue
        rank = _rank(media_type, ranges)
        if rank > best_rank:
            best, best_rank = Face(name, media_type), rank
    return Face("html", "text/html") if best.name == "html" else best


def _rank(media_type: str, ranges: Collection[_Range]) -> tuple[float, int]:
    """The quality of a media type by the range that names it most closely, and how closely."""
    closest, quality = 0, 0.0
    for each in ranges:
        specificity = each.specificity(media_type)
        if specificity > closest:
            closest, quality = specificity, each.quality
    return (quality, closest) if quality > 0 else (0.0, 0)


def _ranges(accept: str) -> Iterator[_Range]:
    for part in accept[:4000].split(",")[:_MOST_RANGES]:
        media, *parameters = part.split(";")
        kind, slash, subtype = media.strip().lower().partition("/")
        if not slash or not kind or not subtype:
            continue
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "q":
                quality = _quality(value.strip())
        yield _Range(kind, subtype, quality)


def _quality(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return min(1.0, max(0.0, value)) if value == value else 0.0
