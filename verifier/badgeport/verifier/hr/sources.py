"""What is handed in for an import, in whatever form: folders, files, ZIP archives, NDJSON, CSV of links, LER-RS.

Everything comes out as pieces that are to be verified one by one, each with a name by which a person finds it again.
What cannot be read is a piece too, with the reason and its bytes as they were.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from badgeport.schemas import carrier, jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.batch.reading import rows_of_lines
from badgeport.verifier.hr.table import read_table
from badgeport.verifier.intake import unpack
from badgeport.verifier.recognition.approval.csv_rows import TableError

LINK_COLUMNS = ("link", "url")
"""The column of a CSV of links that holds the web address of a badge; other columns are not looked at."""

_LINES = frozenset({".ndjson", ".jsonl"})
_CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
_LER_RS = "/LER-RSType.json"
_VERIFICATIONS = "verifications"
_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Piece:
    """One thing to verify. ``problem`` says why there is nothing to verify in it; ``data`` is what there was."""

    name: str
    data: bytes = field(repr=False)
    problem: str | None = None


def pieces(paths: Iterable[str | Path], limits: Limits = DEFAULT_LIMITS) -> Iterator[Piece]:
    """Everything in files and folders, in the order given, folders by name.

    A file named ``.ndjson`` or ``.jsonl`` is read line by line, one named ``.csv`` as a list of links (`LINK_COLUMNS`);
    a ZIP archive is unpacked, and of an LER-RS résumé everything under ``verifications`` is a piece by itself.
    """
    for path in paths:
        given = Path(path)
        if given.is_dir():
            for each in _files(given):
                yield from _file(each, str(each.relative_to(given)), limits)
        else:
            yield from _file(given, given.name, limits)


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder by name, without hidden ones and what file managers leave behind."""
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and name.lower() not in _CLUTTER and path.is_file():
                yield path


def _file(path: Path, name: str, limits: Limits) -> Iterator[Piece]:
    if path.suffix.lower() in _LINES:
        yield from _lines(path, name, limits)
        return
    try:
        with path.open("rb") as stream:
            data = stream.read(limits.input_bytes + 1)
    except OSError as error:
        yield Piece(name, b"", f"The file cannot be read: {(error.strerror or type(error).__name__).lower()}.")
        return
    if len(data) > limits.input_bytes:
        yield Piece(
            name, data[:1024], f"The file is larger than {limits.input_bytes} bytes; only its beginning is kept."
        )
    elif path.suffix.lower() == ".csv":
        yield from _links(data, name)
    else:
        yield from _unpacked(data, name, limits)


def _lines(path: Path, name: str, limits: Limits) -> Iterator[Piece]:
    """The lines of NDJSON. One that is too long is a piece with a problem, and the lines after it are still read."""

    def lines() -> Iterator[tuple[int, bytes]]:
        with path.open("rb") as stream:
            number = 0
            while line := stream.readline(limits.input_bytes + 2):
                number += 1
                whole = line.endswith(b"\n") or len(line) <= limits.input_bytes
                while not whole:
                    whole = not (rest := stream.readline(1 << 20)) or rest.endswith(b"\n")
                yield number, line

    try:
        for number, line in lines():
            try:
                for row in rows_of_lines([line], limits=limits):
                    yield from _opened(row.data, f"{name}:{number}", limits)
            except ProblemError as error:
                yield Piece(f"{name}:{number}", line[:1024], f"The line cannot be read: {error.problem.detail}.")
    except OSError as error:
        yield Piece(name, b"", f"The file cannot be read: {(error.strerror or type(error).__name__).lower()}.")


def _links(data: bytes, name: str) -> Iterator[Piece]:
    """The links of a CSV file; a row without one is a piece with a problem."""
    try:
        columns, rows = read_table(data)
        column = next((each for each in columns if each in LINK_COLUMNS), None)
        if column is None:
            raise TableError(1, f"there is no column {' or '.join(LINK_COLUMNS)}")
    except TableError as error:
        yield Piece(name, data, f"Line {error.line}: {error.reason}.")
        return
    for row in rows:
        where = f"{name}:{row.line}"
        link = row.cells.get(column)
        if row.problem is not None or link is None:
            yield Piece(where, row.original.encode(), f"Line {row.line}: {row.problem or 'the row has no link'}.")
        elif not link.lower().startswith("https://") and not link.lower().startswith("http://"):
            yield Piece(where, row.original.encode(), f"Line {row.line}: a link begins with https://.")
        else:
            yield Piece(where, link.encode())


def _unpacked(data: bytes, name: str, limits: Limits) -> Iterator[Piece]:
    for part in unpack(data, limits):
        inner = name if part.name is None else f"{name}/{part.name}"
        if part.problem is not None:
            yield Piece(inner, part.data, f"It cannot be read: {part.problem.detail}.")
        else:
            yield from _opened(part.data, inner, limits)


def _opened(data: bytes, name: str, limits: Limits) -> Iterator[Piece]:
    """The thing itself, or of an LER-RS résumé what verifies it."""
    resume = _resume(data, limits)
    if resume is None:
        yield Piece(name, data)
        return
    found = list(_verifications(resume, "", 0))
    for pointer, value in found:
        yield Piece(f"{name}#{pointer}", value.encode() if isinstance(value, str) else jsontext.dump(value))
    if not found:
        yield Piece(name, data, "It is a résumé (LER-RS) without any verification in it: nothing in it is signed.")


def _resume(data: bytes, limits: Limits) -> Any | None:
    """The document, where it is an LER-RS résumé, bare or as the subject of a credential; else None."""
    if carrier.detect(data) != "json" or _LER_RS.encode() not in data:
        return None
    try:
        document = jsontext.parse_object(data, limits)
    except ProblemError:
        return None
    subject = document.get("credentialSubject")
    for each in (document, subject):
        if isinstance(each, dict) and isinstance(kind := each.get("type"), str) and kind.endswith(_LER_RS):
            return document
    return None


def _verifications(value: Any, pointer: str, depth: int) -> Iterator[tuple[str, Any]]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            where = pointer + join(name)
            if name == _VERIFICATIONS:
                stated = inner if isinstance(inner, list) else [inner]
                for index, each in enumerate(stated):
                    if isinstance(each, dict | str):
                        yield (f"{where}/{index}" if isinstance(inner, list) else where), each
            else:
                yield from _verifications(inner, where, depth + 1)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _verifications(each, f"{pointer}/{index}", depth + 1)
