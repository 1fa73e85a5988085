"""The files in a ZIP archive and those attached to a PDF file, within bounds that are checked before anything expands.

Names are only ever shown, never used as paths; they are made harmless all the same.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable

from badgeport.schemas import pdf
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, READER_UNAVAILABLE, UNSUPPORTED, ProblemError
from badgeport.verifier.intake.allowance import Allowance
from badgeport.verifier.intake.forms import NoCredentialError
from badgeport.verifier.intake.parts import Part

_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER = 30
_FREE = 64 * 1024
"""Expanded bytes up to which no ratio is asked for: a short text of one repeated line packs well."""
_NAME_CHARS = 200
_CLUTTER = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
_PACKAGE_MANIFEST = "badgeport-package.json"
_NOTES = ("readme", "read_me", "leeme", "léame")
_NOTE_ENDINGS = ("", ".txt", ".md", ".html", ".htm", ".rtf")


class ProofPackageError(NoCredentialError):
    """The archive is a proof package: a verification already made, not a collection of credentials."""


def files(data: bytes, limits: Limits, allowance: Allowance) -> tuple[Part, ...]:
    """The files of a ZIP archive, in its order; directories and what file managers and notes leave behind are left out.

    A file that is encrypted, damaged, packed in an unusual way or too large is a part with a problem. Raises
    NoCredentialError for an archive that is damaged as a whole, whose files overlap, or that holds too many, and
    ProofPackageError for a proof package, of which nothing is expanded.
    """
    # Reading the directory of an archive costs memory for each entry, so they are counted first. Entries of stored
    # archives within are counted along, hence the generous factor.
    if data.count(_ENTRY) > 4 * limits.archive_entries + 4:
        raise _too_many(limits)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except Exception:
        # The reader raises what comes to it: BadZipFile, struct.error, UnicodeDecodeError, NotImplementedError.
        raise NoCredentialError(PARSING_ERROR, "the ZIP archive is damaged or incomplete") from None
    allowance.entries -= len(entries)
    if allowance.entries < 0:
        raise _too_many(limits)
    _check_overlap(entries, archive.start_dir)
    if any(harmless(entry.filename) == _PACKAGE_MANIFEST for entry in entries):
        detail = "this is the proof package of an earlier verification, not a badge; hand in the credential in it"
        raise ProofPackageError(UNSUPPORTED, detail)
    parts: list[Part] = []
    names: set[str] = set()
    with archive:
        for number, entry in enumerate(entries, start=1):
            if entry.is_dir() or _is_clutter(entry.filename):
                continue
            name = unique(harmless(entry.filename) or f"file {number}", names)
            parts.append(_extracted(archive, entry, name, limits, allowance))
    return tuple(parts)


def attachments(data: bytes, limits: Limits, allowance: Allowance) -> tuple[Part, ...]:
    """The files attached to a PDF file. Raises NoCredentialError where it cannot be read."""
    try:
        with allowance.looking() as patience:
            found = pdf.attachments(data, limits, total=allowance.expanded, patience=patience)
    except ProblemError as error:
        raise NoCredentialError(error.problem.type, error.problem.detail) from None
    parts: list[Part] = []
    names: set[str] = set()
    for number, each in enumerate(found, start=1):
        allowance.entries -= 1
        if allowance.entries < 0:
            raise _too_many(limits)
        name = unique(harmless(each.name) or f"attachment {number}", names)
        if each.problem is not None:
            parts.append(Part(name, b"", NoCredentialError(each.problem.type, each.problem.detail)))
        else:
            parts.append(_held(name, each.data, allowance))
    return tuple(parts)


def harmless(name: str) -> str:
    """A name for people: relative, without steps upwards, drive letters or characters that cannot be shown."""
    steps = [_shown(step) for step in name.replace("\\", "/").split("/")]
    steps = [step for step in steps if step not in ("", ".", "..")]
    if steps and len(steps[0]) == 2 and steps[0][1] == ":":
        steps = steps[1:]
    return "/".join(steps)[-_NAME_CHARS:]


def unique(name: str, taken: set[str]) -> str:
    """The name, with a number where another file of the container has it already; it is added to ``taken``."""
    chosen, number = name, 1
    while chosen in taken:
        number += 1
        chosen = f"{name} ({number})"
    taken.add(chosen)
    return chosen


def _shown(step: str) -> str:
    return "".join(symbol if symbol.isprintable() else "\ufffd" for symbol in step).strip()


def _is_clutter(name: str) -> bool:
    steps = name.replace("\\", "/").split("/")
    if any((step.startswith(".") and step not in (".", "..")) or step.lower() in _CLUTTER for step in steps):
        return True
    last = steps[-1].lower()
    return any(last.startswith(note) and last.removeprefix(note) in _NOTE_ENDINGS for note in _NOTES)


def _check_overlap(entries: Iterable[zipfile.ZipInfo], directory: int) -> None:
    """Refuse files that share bytes: a way to make a small archive expand without end, and to show two contents."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise NoCredentialError(PARSING_ERROR, "the ZIP archive is damaged: its files overlap")
        end = entry.header_offset + _LOCAL_HEADER + entry.compress_size
    if end > directory and end:
        raise NoCredentialError(PARSING_ERROR, "the ZIP archive is damaged: its files overlap")


def _extracted(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, limits: Limits, allowance: Allowance
) -> Part:
    if allowance.is_over:
        detail = "there was no time left to look into it; hand in fewer files at a time"
        return Part(name, b"", NoCredentialError(READER_UNAVAILABLE, detail))
    if entry.flag_bits & 0x1:
        return Part(name, b"", NoCredentialError(UNSUPPORTED, "the file is encrypted; unpack it first"))
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Part(name, b"", NoCredentialError(UNSUPPORTED, "the file is packed unusually; unpack it first"))
    most = min(limits.input_bytes, allowance.expanded, _FREE + limits.archive_ratio * entry.compress_size)
    try:
        with archive.open(entry) as file:
            # The size that the archive states may be a lie.
            data = file.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
        return Part(name, b"", NoCredentialError(PARSING_ERROR, "the file is damaged in the archive"))
    if len(data) <= most:
        return _held(name, data, allowance)
    if most == limits.input_bytes:
        return Part(name, b"", NoCredentialError(RANGE_ERROR, f"the file is larger than {most} bytes"))
    if most == allowance.expanded:
        return Part(name, b"", allowance.too_large())
    return Part(name, b"", NoCredentialError(RANGE_ERROR, "the file expands to many times its packed size"))


def _held(name: str, data: bytes, allowance: Allowance) -> Part:
    try:
        allowance.hold(len(data))
    except NoCredentialError as error:
        return Part(name, b"", error)
    return Part(name, data)


def _too_many(limits: Limits) -> NoCredentialError:
    return NoCredentialError(RANGE_ERROR, f"more than {limits.archive_entries} files are packed together")
