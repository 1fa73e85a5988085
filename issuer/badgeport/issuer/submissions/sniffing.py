"""What a file is, told from its bytes and not from its name; and which kinds are taken as evidence.

Taken: PDF, pictures, sound, film, office documents without macros, plain text. Not taken: what runs (programs,
scripts, pages with active content, documents with macros), archives (nobody can see what is in them before they are
unpacked) and the old office formats, in which macros cannot be told from text.
"""

from __future__ import annotations

import codecs
import re
import zipfile
from typing import BinaryIO

HEAD = 4096
_DIRECTORY_BYTES = 4 * 1024 * 1024
"""The most a list of an office document's parts may take: reading it costs many times its size."""
_END, _END_BYTES, _COMMENT_BYTES = b"PK\x05\x06", 22, 65_535
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_OPEN_DOCUMENT = {
    f"application/vnd.oasis.opendocument.{kind}": end
    for kind, end in (("text", "odt"), ("spreadsheet", "ods"), ("presentation", "odp"), ("graphics", "odg"))
}
_ENDINGS = {
    "application/pdf": "pdf",
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/avif": "avif",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/ogg": "ogg",
    "audio/flac": "flac",
    "audio/mp4": "m4a",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "text/plain": "txt",
    **dict(zip(_OFFICE.values(), ("docx", "pptx", "xlsx"), strict=True)),
    **_OPEN_DOCUMENT,
}
_MARKUP = re.compile(rb"(?i)<(?:!doctype|html|head|body|script|svg|iframe|\?xml|!--|object|embed|meta)")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
"""Signs that no text has; in UTF-8 these bytes are nothing else."""
_BRANDS = {
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"avif": "image/avif",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"qt  ": "video/quicktime",
}


def kind_of(file: BinaryIO) -> str | None:
    """The media type of a file that is taken as evidence; None for any other. The file is left at its beginning."""
    file.seek(0)
    head = file.read(HEAD)
    found = _by_signature(head)
    if found is None and head.startswith(b"PK\x03\x04"):
        found = _office(file)
    elif found is None and _is_text(file, head):
        found = "text/plain"
    file.seek(0)
    return found


def ending_of(media_type: str) -> str:
    """How the name of a file of this kind ends, without the dot."""
    return _ENDINGS[media_type]


def _by_signature(head: bytes) -> str | None:
    for start, kind in (
        (b"%PDF-", "application/pdf"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"fLaC", "audio/flac"),
        (b"OggS", "audio/ogg"),
        (b"ID3", "audio/mpeg"),
    ):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] in (b"WEBP", b"WAVE"):
        return "image/webp" if head[8:12] == b"WEBP" else "audio/wav"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    if _is_mpeg_frame(head):
        return "audio/mpeg"
    return None


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether it begins with the header of an MPEG audio frame, layer III, with a possible bit rate and sampling."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3


def _office(file: BinaryIO) -> str | None:
    if not _has_short_directory(file):
        return None
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if any(_runs(name) for name in names):
                return None
            if members and members[0].filename == "mimetype":
                first = members[0]
                stored = first.compress_type == zipfile.ZIP_STORED and first.file_size < 100
                kind = archive.read(first).decode("ascii", "replace") if stored else ""
                return kind if kind in _OPEN_DOCUMENT else None
            if "[Content_Types].xml" not in names:
                return None
            return next((kind for part, kind in _OFFICE.items() if part in names), None)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return None


def _has_short_directory(file: BinaryIO) -> bool:
    size = file.seek(0, 2)
    file.seek(max(0, size - _END_BYTES - _COMMENT_BYTES))
    tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < _END_BYTES or b"PK\x06\x07" in tail[max(0, end - 20) : end]:
        return False
    return int.from_bytes(tail[end + 12 : end + 16], "little") <= _DIRECTORY_BYTES


def _runs(name: str) -> bool:
    """Whether a part of an office document holds macros, controls or scripts."""
    low = name.lower()
    return "vbaproject" in low or "activex" in low or low.startswith(("basic/", "scripts/")) or low.endswith(".exe")


def _is_text(file: BinaryIO, head: bytes) -> bool:
    """Whether all of it is text in UTF-8 that no program takes for something to run or to show as a page."""
    if (
        not head
        or head.startswith((b"#!", b"MZ", b"{\\rtf"))
        or _MARKUP.match(head.removeprefix(b"\xef\xbb\xbf").lstrip())
    ):
        return False
    reader = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    while True:
        chunk = file.read(1024 * 1024)
        try:
            reader.decode(chunk, final=not chunk)
        except UnicodeDecodeError:
            return False
        if _CONTROL.search(chunk):
            return False
        if not chunk:
            return True
