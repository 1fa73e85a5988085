"""A CSV file of awards, read row by row: what each says, and what is wrong with it, by line and column.

The file is never held whole. A row that cannot be taken does not end the others; a file that is no CSV file, or has a
column nobody knows, is refused before any row is read.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Any, BinaryIO, NoReturn

from badgeport.web.words import keyed
from pydantic import ValidationError

from badgeport.issuer.awards.content import AwardBody, RecipientData, default_body
from badgeport.issuer.catalog.definition import DefinitionBody
from badgeport.issuer.mistakes import Mistake, Mistakes, plain_reason, refuse
from badgeport.issuer.numbers import decimal_of
from badgeport.issuer.texts import is_fit

MOST_ROWS = 50_000
MOST_LINE_CHARS = 100_000
MOST_CELL_CHARS = 20_000
LOCAL_ID = "identifier"
LEVEL = "level:"
"""What the name of a column begins with that bears the level of a criterion, whose name follows."""

COLUMNS: Mapping[str, str] = {
    "email": keyed("The recipient's e-mail address. The badge bears a salted hash of it."),
    "name": keyed("The recipient's name. It stands in the badge only where show_name is yes."),
    "show_name": keyed("yes or no: whether everyone who sees the badge may read the name."),
    "id": keyed("The recipient's DID or other URI."),
    "local_id": keyed("The recipient's number in your systems. The badge bears a salted hash of it."),
    "awarded": keyed("The day of the award, as 2026-06-30 or 6/30/2026; left out, the day the file is taken."),
    "valid_until": keyed("The last day it is valid; left out, what the micro-credential says."),
    "credits": keyed("The amount of credit; left out, what the micro-credential offers."),
    "term": keyed("A term, such as Fall 2026."),
    "narrative": keyed("A text about how it was earned."),
    "evidence": keyed("The address of evidence that everyone may see."),
}
"""The columns of a file, in words. Beside them there may be one for each criterion of the rubric."""

_SAME = {
    "e-mail": "email",
    "e_mail": "email",
    "email_address": "email",
    "e-mail_address": "email",
    "full_name": "name",
    "did": "id",
    "date": "awarded",
    "awarded_date": "awarded",
    "expires": "valid_until",
}
_YES, _NO = frozenset({"yes", "y", "true", "1", "x", "si", "sí"}), frozenset({"", "no", "n", "false", "0"})
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MEMBERS = {
    "recipient/email": "email",
    "recipient/name": "name",
    "recipient/id": "id",
    "recipient/identifiers": "local_id",
    "awardedDate": "awarded",
    "validUntil": "valid_until",
    "credits": "credits",
    "creditUnit": "credits",
    "term": "term",
    "narrative": "narrative",
    "evidence": "evidence",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number among the rows, its line in the file, what it says, and what is wrong with it."""

    number: int
    line: int
    recipient: RecipientData = field(default_factory=RecipientData)
    body: AwardBody | None = None
    awarded: datetime | None = None
    valid_until: datetime | None = None
    mistakes: tuple[Mistake, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What is stored of a row until it becomes an award."""
        return {
            "recipient": self.recipient.to_json(),
            "body": None if self.body is None else self.body.to_json(),
            "awarded": None if self.awarded is None else self.awarded.isoformat(),
            "validUntil": None if self.valid_until is None else self.valid_until.isoformat(),
        }


def check_head(file: BinaryIO, said: DefinitionBody) -> None:
    """Look at the first line of a file. Raises Mistakes (``file``) where it does not name columns that are known."""
    with _opened(file) as text:
        _head(text, said)


def read(file: BinaryIO, said: DefinitionBody) -> Iterator[Line]:
    """The rows of a file. Raises Mistakes (``file``) where its head is wrong, and later where its form breaks.

    Close the iterator before the file.
    """
    with _opened(file) as text:
        rows, columns = _head(text, said)
        yield from _lines(rows, columns, said)


@contextmanager
def _opened(file: BinaryIO) -> Iterator[io.TextIOWrapper]:
    file.seek(0)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        yield text
    finally:
        # The file is the caller's to close.
        text.detach()


def _head(text: io.TextIOWrapper, said: DefinitionBody) -> tuple[Any, list[str]]:
    lines = _bounded(text)
    try:
        head = next(lines, "")
    except UnicodeDecodeError:
        _not_utf8()
    delimiter = max((",", ";", "\t"), key=head.count)
    rows = csv.reader(_again(head, lines), delimiter=delimiter, strict=True)
    return rows, _columns(next(_records(rows), (1, []))[1], said)


def _lines(rows: Any, columns: Sequence[str], said: DefinitionBody) -> Iterator[Line]:
    seen: dict[str, int] = {}
    number = 0
    for line, cells in _records(rows):
        if not any(cell.strip() for cell in cells):
            continue
        number += 1
        if number > MOST_ROWS:
            refuse("file", "A file has at most {most} rows. Split it.", most=MOST_ROWS)
        found = _line(number, line, cells, columns, said)
        for key in filter(None, (found.recipient.email, found.recipient.did or "")):
            first = seen.setdefault(key, line)
            if first != line:
                same = Mistake("email", "Line {line} is about the same person.", {"line": first})
                found = Line(number, line, found.recipient, mistakes=(*found.mistakes, same))
        yield found


def _line(number: int, line: int, cells: Sequence[str], columns: Sequence[str], said: DefinitionBody) -> Line:
    found = line_of(dict(zip(columns, cells, strict=False)), said, number=number, line=line)
    if len(cells) <= len(columns):
        return found
    many = Mistake("", "This row has more cells than the first one has names.")
    return replace(found, mistakes=(many, *found.mistakes))


def line_of(
    values: Mapping[str, str], said: DefinitionBody, *, number: int = 1, line: int = 1, base: AwardBody | None = None
) -> Line:
    """What cells say, by the names of their columns: of a row, or of a form with the same names.

    ``base`` is what the award says where the cells are silent: by default what every award of the definition does.
    """
    mistakes = Mistakes()
    tidy = {name: value.strip() for name, value in values.items()}
    for name, value in tidy.items():
        if len(value) > MOST_CELL_CHARS:
            mistakes.add(name, "This holds more than {most} characters.", most=MOST_CELL_CHARS)
        if not is_fit(value):
            mistakes.add(name, "This holds signs that no text has.")
    local_id = tidy.get("local_id", "")
    recipient = RecipientData(
        name=tidy.get("name", ""),
        email=tidy.get("email", ""),
        did=tidy.get("id") or None,
        identifiers=({"type": LOCAL_ID, "value": local_id, "hashed": True},) if local_id else (),
        show_name=_switch(tidy.get("show_name", ""), mistakes),
    ).tidy()
    awarded = day(tidy.get("awarded", ""), "awarded", mistakes, last=False)
    valid_until = day(tidy.get("valid_until", ""), "valid_until", mistakes, last=True)
    body = None if mistakes else _body(tidy, base or default_body(said), mistakes)
    return Line(number, line, recipient, body, awarded, valid_until, tuple(mistakes.found))


def _body(values: Mapping[str, str], base: AwardBody, mistakes: Mistakes) -> AwardBody | None:
    given: dict[str, Any] = {name: values[name] for name in ("term", "narrative") if values.get(name)}
    if values.get("credits"):
        try:
            given["credits"] = float(decimal_of(values["credits"]))
        except ValueError:
            mistakes.add("credits", "This is no number.")
    if values.get("evidence"):
        given["evidence"] = [{"id": values["evidence"]}]
    levels = {name: value for name, value in values.items() if name.startswith(LEVEL) and value}
    if levels:
        given["results"] = [{"criterion": name[len(LEVEL) :], "level": level} for name, level in levels.items()]
    try:
        return AwardBody.from_json({**base.to_json(), **given})
    except (ValidationError, ValueError) as error:
        for one in error.errors() if isinstance(error, ValidationError) else []:
            place = str(one["loc"][0]) if one["loc"] else ""
            mistakes.add(_MEMBERS.get(place, place), "{reason}", reason=plain_reason(one["msg"]))
        if not mistakes:
            mistakes.add("", "This row cannot be read.")
        return None


def column_of(member: str) -> str:
    """The column that a mistake in a member of an award is about; empty where it is about the row."""
    parts = member.split("/")
    for length in range(len(parts), 0, -1):
        known = _MEMBERS.get("/".join(parts[:length]))
        if known is not None:
            return known
    return ""


def day(text: str, column: str, mistakes: Mistakes, *, last: bool) -> datetime | None:
    """A day as people write it, at its first or ``last`` second in UTC; None for an empty text."""
    if not text:
        return None
    american = _AMERICAN.fullmatch(text)
    try:
        iso = f"{american[3]}-{american[1]:0>2}-{american[2]:0>2}" if american else text
        found = date.fromisoformat(iso)
    except ValueError:
        mistakes.add(column, "Write the day as 2026-06-30 or 6/30/2026.")
        return None
    if not 1970 <= found.year < 2200:
        mistakes.add(column, "This day is too far away.")
        return None
    return datetime.combine(found, time(23, 59, 59) if last else time(), UTC)


def _switch(text: str, mistakes: Mistakes) -> bool:
    if text.lower() not in _YES | _NO:
        mistakes.add("show_name", "Write yes or no.")
    return text.lower() in _YES


def _columns(names: Sequence[str], said: DefinitionBody) -> list[str]:
    """The columns by their own names. Raises Mistakes for unknown, repeated and missing ones."""
    criteria = [criterion.name for criterion in said.rubric.criteria] if said.rubric else []
    columns, mistakes = [], Mistakes()
    for name in names:
        plain = name.strip()
        column = _SAME.get(plain.lower().replace(" ", "_"), plain.lower().replace(" ", "_"))
        if plain.lower().startswith(LEVEL):
            wanted = plain[len(LEVEL) :].strip()
            column = next((LEVEL + one for one in criteria if one.lower() == wanted.lower()), "")
            if not column:
                mistakes.add("file", "The rubric has no criterion “{name}”.", name=wanted[:100])
                continue
        elif column not in COLUMNS:
            mistakes.add("file", "The column “{name}” is not known.", name=plain[:100])
            continue
        if column in columns:
            mistakes.add("file", "The column “{name}” is there twice.", name=plain[:100])
        columns.append(column)
    if not mistakes and not {"email", "id", "local_id"} & set(columns):
        mistakes.add("file", "The first line must name the columns, and one of them must be email.")
    if mistakes:
        raise mistakes
    return columns


def _records(rows: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on."""
    while True:
        line = rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except UnicodeDecodeError:
            _not_utf8()
        except csv.Error:
            refuse("file", "Line {line} is not CSV: look at its quotation marks.", line=line)
        yield line, cells


def _not_utf8() -> NoReturn:
    refuse("file", "This file is not in UTF-8. Save it as “CSV UTF-8” and send it again.")


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(MOST_LINE_CHARS + 1):
        if len(line) > MOST_LINE_CHARS:
            refuse("file", "A line of this file holds more than {most} characters.", most=MOST_LINE_CHARS)
        yield line


def _again(head: str, lines: Iterator[str]) -> Iterator[str]:
    yield head
    yield from lines
