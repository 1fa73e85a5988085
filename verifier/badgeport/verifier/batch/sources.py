"""The records of a run over files: read one after the other, in an order that is the same each time.

A file is a record, but for NDJSON (a record a line), ZIP archives (a record a file) and directories (their files by
name). Nothing that was handed in is left out: what cannot be read is a record that says why.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from badgeport.schemas.carrier import detect
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.batch.archives import files_of
from badgeport.verifier.batch.reading import rows_of_lines

LINES = frozenset({".ndjson", ".jsonl"})
"""The endings of files that hold a record a line."""

_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
_NAME_CHARS = 1_000


@dataclass(frozen=True, slots=True)
class Record:
    """One input: its number from 1, its name for people, its bytes, or why there are none (``refused``)."""

    number: int
    name: str
    data: bytes = field(repr=False)
    refused: str | None = None


def records(paths: Mapping[str, str], *, besides: Path, limits: Limits = DEFAULT_LIMITS) -> Iterator[Record]:
    """Every record of these files and directories, in their order, by what they are called.

    ``besides`` is a directory that is passed over. Never raises for what a file holds, or that it cannot be read.
    """
    number = 0
    passed = os.path.realpath(besides)
    for called, path in paths.items():
        for file in _files(path, passed):
            for name, data, refused in _of_file(file, limits):
                number += 1
                yield Record(number, _writable(called + name.removeprefix(path)), data, refused)


def _files(path: str, passed: str) -> Iterator[str]:
    """A file itself; below a directory the files by name, without hidden ones and what file managers leave behind."""
    if not os.path.isdir(path):
        yield path
        return
    # Each folder is read when its turn comes, so that only the names of the folders on the way are held.
    try:
        entries = sorted(os.scandir(path), key=lambda entry: entry.name)
    except OSError:
        yield path
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name.lower() in _CLUTTER:
            continue
        if entry.is_dir(follow_symlinks=False):
            if os.path.realpath(entry.path) != passed:
                yield from _files(entry.path, passed)
        elif entry.is_file():
            yield entry.path


_Found = tuple[str, bytes, str | None]


def _of_file(path: str, limits: Limits) -> Iterator[_Found]:
    try:
        with open(path, "rb") as stream:
            if Path(path).suffix.lower() in LINES:
                yield from _of_lines(path, stream, limits)
                return
            start = stream.read(4)
            stream.seek(0)
            if detect(start) == "zip":
                for name, data, refused in files_of(stream, limits):
                    yield (path if name is None else f"{path}/{name}", data, refused)
                return
            data = stream.read(limits.input_bytes + 1)
    except OSError as error:
        yield path, b"", f"it cannot be read: {(error.strerror or type(error).__name__).lower()}"
        return
    if len(data) > limits.input_bytes:
        yield path, b"", f"it is larger than {limits.input_bytes} bytes"
        return
    yield path, data, None


def _of_lines(path: str, stream: BinaryIO, limits: Limits) -> Iterator[_Found]:
    """A record for every line that is not blank; one that is too long, or not UTF-8, says so."""
    number = 0
    while line := stream.readline(limits.input_bytes + 2):
        number += 1
        name = f"{path} line {number}"
        if len(line) > limits.input_bytes + 1 and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(limits.input_bytes)
            yield name, b"", f"the line is larger than {limits.input_bytes} bytes"
            continue
        try:
            for row in rows_of_lines([line], limits=limits):
                yield name, row.data, row.refused
        except ProblemError as error:
            yield name, b"", error.problem.detail


def _writable(name: str) -> str:
    """A name that can be written down, cut at its beginning: the end tells files apart."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text if len(text) <= _NAME_CHARS else f"…{text[1 - _NAME_CHARS :]}"
