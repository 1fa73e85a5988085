"""The rows of a batch as they are handed in: NDJSON, one input a line, or an archive of files."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator

from badgeport.schemas import jsontext
from badgeport.schemas.carrier import detect
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, ProblemError
from badgeport.verifier.batch.store import Handed
from badgeport.verifier.intake import unpack

_LINE_BREAKS = b" \t\r\n"
_START = 4


def rows_of_lines(lines: Iterable[bytes], *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Handed]:
    """A name and an input for every line that is not blank: a JSON object, or a JSON string that holds a JWT, an SD-JWT
    or a web address; a bare JWT or address is taken too.

    What a line holds is judged when it is verified: one that holds no credential says so in its result.
    Raises ProblemError(RANGE_ERROR) for a line above ``limits.input_bytes``, and PARSING_ERROR where the lines are
    UTF-16 or UTF-32, as some programs write text unless told otherwise.
    """
    for number, line in enumerate(lines, start=1):
        if number == 1 and _is_wide(line):
            raise ProblemError(PARSING_ERROR, "the lines are not UTF-8 but UTF-16 or UTF-32; send UTF-8")
        text = line.strip(_LINE_BREAKS)
        if len(text) > limits.input_bytes:
            raise ProblemError(RANGE_ERROR, f"line {number} is larger than {limits.input_bytes} bytes")
        if text:
            yield Handed(f"line {number}", _unquoted(text, limits))


def rows_of_archive(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Iterator[Handed]:
    """A row for every file of an archive; one that could not be taken out says why.

    Pictures and PDF files that were not looked into, because there are many, are rows like any other.
    Raises ProblemError(PARSING_ERROR) where what was handed in is no archive.
    """
    if detect(data) != "zip":
        raise ProblemError(PARSING_ERROR, "the batch is no ZIP archive; for one input a line, send NDJSON")
    for piece in unpack(data, limits):
        yield Handed(piece.name or "archive", piece.data, None if piece.problem is None else piece.problem.detail)


def _is_wide(line: bytes) -> bool:
    """Whether a character takes several bytes: no text in UTF-8 begins with such a mark, or holds a zero there."""
    start = line[:_START]
    return start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in start


def _unquoted(text: bytes, limits: Limits) -> bytes:
    """What a JSON string holds; any other text as it is."""
    if not text.startswith(b'"'):
        return text
    try:
        held = jsontext.parse(text, limits)
    except ProblemError:
        return text
    return held.encode("utf-8", "surrogatepass") if isinstance(held, str) else text
