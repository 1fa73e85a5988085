"""Files and links that educators hand in: checked, and stored by digest."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import BinaryIO
from urllib.parse import urlsplit

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Mistakes, refuse
from badgeport.issuer.submissions import sniffing

FILE_BYTES = 50 * 1024 * 1024
"""The most one file may hold."""
_STRANGE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that lies in the store, not yet in a portfolio. ``name`` is what it was called, made harmless."""

    digest: str
    size: int
    media_type: str
    name: str


def store(desk: IssuerDesk, file: BinaryIO, name: str) -> StoredFile:
    """Check a file and put it into the store; outside of any transaction. Raises Mistakes."""
    file.seek(0, os.SEEK_END)
    size = file.tell()
    if not size:
        refuse("file", "This file is empty. Choose another one.")
    if size > FILE_BYTES:
        refuse("file", "This file is larger than 50 MB. Make it smaller, or give a link to it.")
    kind = sniffing.kind_of(file)
    if kind is None:
        refuse(
            "file",
            "This kind of file is not taken. Taken are PDF, pictures, sound, film, plain text and office documents "
            "without macros (.docx, .pptx, .xlsx, .odt, .ods, .odp); hand in what an archive holds one by one.",
        )
    digest, size = desk.blobs.put(file)
    return StoredFile(digest, size, kind, safe_name(name, kind))


def safe_name(name: str, media_type: str) -> str:
    """A name to save a file by: no path, no signs that mislead, ending as its kind does."""
    plain = " ".join(_STRANGE.sub(" ", name.replace("\\", "/").rpartition("/")[2]).split()).strip(" .")
    stem = plain.rpartition(".")[0] or plain
    return f"{stem.strip(' .')[:100] or 'evidence'}.{sniffing.ending_of(media_type)}"


def checked_link(url: str, mistakes: Mistakes) -> str:
    """A web address as evidence. Notes a mistake where it is none; nothing is fetched."""
    text = url.strip()
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        sound = False
    if not sound or len(text) > 2000 or not text.isprintable() or " " in text:
        mistakes.add("url", "Give a web address that begins with https:// or http://, without a user name in it.")
    return text
