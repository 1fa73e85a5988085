"""A badge on paper: a certificate as PDF/A-3 and PDF/UA-1 with the signed badge attached, set from `certificate.typ`.

Texts are handed over as data and are never read as markup. Nothing is fetched. The same badge, standing and language
give the same bytes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from badgeport.issuer import qr

if TYPE_CHECKING:
    from typst import Fonts, PDFStandard

_ARCHIVABLE: Final[list[PDFStandard]] = ["a-3a", "ua-1"]
_MOST_TEXT = 700
_LONG_RUN = re.compile(r"[^\s\u200b]{30}(?=[^\s\u200b])")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on a certificate, in one language.

    ``labels`` are ``kind``, ``awarded_to``, ``unnamed``, ``scan`` and ``attached``. ``stamp`` says what stands against
    the badge (``tone``: revoked, suspended, expired), ``facts`` are pairs of label and value.
    """

    language: str
    name: str
    issuer: str
    recipient: str
    description: str
    url: str
    art_alt: str
    footer: str
    labels: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    stamp: str = ""
    tone: str = ""


def certificate(sheet: Sheet, drawn: bytes, credential: bytes, made: datetime) -> bytes:
    """The certificate. ``drawn`` is the picture as pixels (`art.drawn`): no file of anybody's is read here.

    ``credential`` is the signed badge to attach, ``made`` the instant it was signed (aware), which
    dates the file. Raises ProblemError where the address is too long for a QR code."""
    import typst

    data: dict[str, Any] = {
        "title": sheet.name,
        "language": sheet.language,
        "name": _breakable(_cut(sheet.name, 200)),
        "size": 26 if len(sheet.name) <= 60 else 20,
        "issuer": sheet.issuer,
        "recipient": _breakable(_cut(sheet.recipient, 200)),
        "description": _breakable(_cut(sheet.description, _MOST_TEXT)),
        "url": sheet.url,
        "shown_url": _breakable(sheet.url),
        "art_alt": sheet.art_alt,
        "art": list(drawn),
        "footer": sheet.footer,
        "labels": dict(sheet.labels),
        "facts": [{"label": label, "value": _breakable(_cut(value, 300))} for label, value in sheet.facts],
        "stamp": sheet.stamp,
        "tone": sheet.tone,
    }
    options: dict[str, Any] = {
        "format": "pdf",
        "sys_inputs": {
            "certificate": json.dumps(data, ensure_ascii=True),
            "credential": credential.decode("utf-8"),
            "qr": qr.svg(sheet.url, title=sheet.url).decode("utf-8"),
        },
        "font_paths": _fonts(),
        # To the second: finer ones typst does not take.
        "timestamp": made.replace(microsecond=0),
    }
    try:
        file = typst.compile(_template(), pdf_standards=_ARCHIVABLE, **options)
    except typst.TypstError:
        # A letter that no font at hand has: such a file may not call itself archivable, and is readable all the same.
        file = typst.compile(_template(), **options)
    if not isinstance(file, bytes):
        raise TypeError("one file was to be made")
    return file


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _breakable(text: str) -> str:
    """The text with places where a very long word may go on in the next line."""
    return _LONG_RUN.sub(lambda run: run[0] + "\u200b", text)


@cache
def _template() -> bytes:
    return files("badgeport.issuer.hosting").joinpath("certificate.typ").read_bytes()


@cache
def _fonts() -> Fonts:
    """The fonts that come with typst; those of the system stand in for letters that these do not have."""
    from typst import Fonts

    return Fonts(include_system_fonts=True, include_embedded_fonts=True)
