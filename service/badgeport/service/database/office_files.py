"""The files of receiving offices in a backup: ledgers copied by SQLite itself while others write, the rest as it is."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import tempfile
import zipfile
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO

from badgeport.receiver.hr.rooms import FOLDER
from badgeport.verifier.hr.ledger import FILE

_LEDGER = (FOLDER, FILE)
"""Where in the folder of an office its ledger lies. What people hand in may have any name, also that of a database."""
_CHUNK = 1024 * 1024
_SEGMENT = re.compile(r"[^/\\\x00-\x1f]{1,255}")


class OfficeFileError(Exception):
    """Files of offices that cannot be copied or brought back; the text is for the operator."""


def parts(folder: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every file below a folder by its path in it, with its bytes. Raises OfficeFileError, OSError."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()):
        within = path.relative_to(folder)
        inner = within.parts[1:]
        if inner[:-1] == _LEDGER[:-1] and path.name.startswith(f"{FILE}-"):
            # What SQLite writes beside the ledger: the copy has it.
            continue
        if path.name.startswith(".") and path.name.endswith(".part"):
            # It is being written.
            continue
        if inner == _LEDGER:
            yield within.as_posix(), _copied(path)
            continue
        try:
            stream = path.open("rb")
        except FileNotFoundError:
            # A roster was replaced meanwhile.
            continue
        yield within.as_posix(), _pieces(stream)


def require_room(folder: Path | None, names: Collection[str]) -> None:
    """Raises OfficeFileError where files of these names cannot be brought into the folder."""
    for name in names:
        segments = name.split("/")
        if any(not _SEGMENT.fullmatch(each) or each in (".", "..") for each in segments):
            raise OfficeFileError("it holds files of offices under names that are none of ours")
    if folder is None:
        raise OfficeFileError("it holds files of offices, and there is no folder for them")
    if folder.is_dir() and any(folder.iterdir()):
        raise OfficeFileError(f"{folder}: there are files of offices already; a backup is restored beside none")


def bring_back(archive: zipfile.ZipFile, folder: Path, names: Collection[str]) -> None:
    """Write the files into the folder, for their owner alone: all of them or none. Raises OfficeFileError."""
    partial = folder.with_name(f".{folder.name}.part")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700, parents=True)
        for name in names:
            target = partial / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (
                archive.open(f"offices/{name}") as source,
                os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream,
            ):
                while chunk := source.read(_CHUNK):
                    stream.write(chunk)
                stream.flush()
                os.fsync(stream.fileno())
        os.replace(partial, folder)
    except OSError as error:
        raise OfficeFileError(f"{folder}: {(error.strerror or 'it cannot be written').lower()}") from None


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(_CHUNK):
            yield chunk


def _copied(path: Path) -> Iterator[bytes]:
    """The bytes of a database as it is at one moment, also while others write to it."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "copy")
        try:
            with (
                closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
                target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise OfficeFileError(f"{path}: the ledger cannot be copied ({type(error).__name__})") from None
        yield from _pieces(copy.open("rb"))
