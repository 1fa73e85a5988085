"""The files of a ZIP archive of any size, one after the other, without holding it.

Each file is held to the bounds of one input. An archive as a whole is only as large as its directory may be: that has
to be in memory.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from badgeport.schemas.limits import Limits
from badgeport.verifier.intake.archives import harmless, unique

DIRECTORY_BYTES = 64 * 1024 * 1024
"""How large an archive's list of its files may be: about 500,000 files. In memory it takes several times as much."""

_END = b"PK\x05\x06"
_END_BYTES = 22
_COMMENT_BYTES = 0xFFFF
_FREE = 64 * 1024
_PACKAGE = "badgeport-package.json"
_PACKED = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_CLUTTER = frozenset({"__macosx", "thumbs.db", "desktop.ini"})


def files_of(stream: BinaryIO, limits: Limits) -> Iterator[tuple[str | None, bytes, str | None]]:
    """Name, bytes and (or) why there are none, for each file in the order of the archive's list.

    Directories and what file managers leave behind are passed over. An archive that cannot be read as a whole is one
    item without a name.
    """
    if _directory_bytes(stream) > DIRECTORY_BYTES:
        yield None, b"", "the ZIP archive holds too many files; hand in several, or lines of JSON (.ndjson)"
        return
    try:
        archive = zipfile.ZipFile(stream)
        entries = archive.infolist()
    except Exception:
        # The reader raises what comes to it: BadZipFile, struct.error, UnicodeDecodeError, NotImplementedError.
        yield None, b"", "the ZIP archive is damaged or incomplete"
        return
    if any(harmless(entry.filename) == _PACKAGE for entry in entries):
        yield None, b"", "this is the proof package of an earlier verification; hand in the credential in it"
        return
    names: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        if entry.is_dir() or _is_clutter(entry.filename):
            continue
        name = unique(harmless(entry.filename) or f"file {number}", names)
        data, refused = _taken_out(archive, entry, limits)
        yield name, data, refused
    if not names:
        yield None, b"", "the ZIP archive holds no file"


def _taken_out(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> tuple[bytes, str | None]:
    if entry.flag_bits & 0x1:
        return b"", "the file is encrypted; unpack it first"
    if entry.compress_type not in _PACKED:
        return b"", "the file is packed unusually; unpack it first"
    most = min(limits.input_bytes, _FREE + limits.archive_ratio * entry.compress_size)
    try:
        with archive.open(entry) as file:
            # The size that the archive states may be a lie.
            data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        return b"", "the file is damaged in the archive"
    if len(data) <= most:
        return data, None
    if most == limits.input_bytes:
        return b"", f"the file is larger than {most} bytes"
    return b"", "the file expands to many times its packed size"


def _directory_bytes(stream: BinaryIO) -> int:
    """The size of an archive's list of files as its end states it; 0 where there is no end, which the reader tells."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - _END_BYTES - _COMMENT_BYTES))
    tail = stream.read()
    at = tail.rfind(_END)
    stream.seek(0)
    if at < 0 or len(tail) - at < _END_BYTES:
        return 0
    stated: int = struct.unpack_from("<L", tail, at + 12)[0]
    # Of an archive in the larger form this is where the reader begins, too: the list is what stands before the end.
    return stated


def _is_clutter(name: str) -> bool:
    steps = name.replace("\\", "/").split("/")
    return any((step.startswith(".") and step not in (".", "..")) or step.lower() in _CLUTTER for step in steps)
