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

LEDGER = ".sqlite"
"""The ending of what is a database."""
_BESIDE = ("-wal", "-shm", "-journal", ".part")
_CHUNK = 1024 * 1024
_SEGMENT = re.compile(r"[^/\\\x00-\x1f]{1,255}")


class OfficeFileError(Exception):
    """Files of offices that cannot be copied or brought back; the text is for the operator."""


def parts(folder: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Every file below a folder by its path in it, with its bytes. Raises OfficeFileError, OSError."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.is_symlink()):
        name = path.relative_to(folder).as_posix()
        if path.name.endswith(_BESIDE):
            continue
        yield name, _copied(path) if path.suffix == LEDGER else _read(path)


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


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
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
        yield from _read(copy)
