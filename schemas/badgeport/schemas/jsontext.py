"""Strict JSON (RFC 8259 held to RFC 7493, I-JSON): what two parsers could read differently is refused.

Duplicate members, byte order marks, NaN and Infinity, lone surrogates, numbers no double can hold and unbounded nesting
each let a signature cover one document while a reader shows another, or bring a reader down.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate
from typing import Any, TypeAlias

import orjson

from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, RANGE_ERROR, ProblemError

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"

_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOT_MARKS = bytes(set(range(256)) - set(b'[]{},"'))
_NOT_BRACKETS = _NOT_MARKS + b","
_AS_ONE_KIND = bytes.maketrans(b"{}", b"[]")
_STEP = {ord("["): 1, ord("]"): -1}
_ROUNDS = 8
# The greatest integer that the quick writer writes when it is told to be strict.
_STRICT_INTEGER = 2**53 - 1
# A name with a space after its colon comes first: the text was not written without spaces.
_SPACED = re.compile(rb'[^"]*+"[^"]*+": ').match
# Digits that a number text may have: enough for every double written out in full.
_NUMBER_CHARS = 1200


def parse(data: bytes | str, limits: Limits = DEFAULT_LIMITS) -> JsonValue:
    """The value of a JSON text (UTF-8 when bytes), read strictly and within ``limits``.

    Raises ProblemError(PARSING_ERROR) when the text is not JSON or is ambiguous: invalid UTF-8, a byte order mark,
    duplicate members, NaN or Infinity, lone surrogates, text after the value. Raises ProblemError(RANGE_ERROR) when a
    bound is passed: size, depth, number of members, an integer beyond 2**53 - 1, a number beyond double precision.
    """
    octets = _octets(data, limits)
    _check_shape(octets, limits)
    try:
        return _read_back(octets, limits)
    except ValueError:
        return _read(octets, limits)


def _read_back(octets: bytes, limits: Limits) -> JsonValue:
    """The value of a JSON text by a reader that is many times as fast and not strict at all.

    What it read counts only where a writer makes the same text of it, byte for byte: no member occurs twice in that,
    and every number, string and space has the one form that the writer knows. Raises ValueError for any other text.
    """
    if limits.json_integer < _STRICT_INTEGER:
        raise ValueError
    option = orjson.OPT_STRICT_INTEGER
    if octets[1:2] == b"\n":
        option |= orjson.OPT_INDENT_2
    elif _SPACED(octets):
        raise ValueError
    value: JsonValue = orjson.loads(octets)
    try:
        written = orjson.dumps(value, option=option)
    except TypeError:
        raise ValueError from None
    if written != octets:
        raise ValueError
    return value


def _read(octets: bytes, limits: Limits) -> JsonValue:
    text = _text(octets)
    try:
        value: JsonValue = _decoder(limits.json_integer).decode(text)
    except json.JSONDecodeError as error:
        raise ProblemError(
            PARSING_ERROR, f"the text is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
        ) from None
    except RecursionError:
        raise ProblemError(RANGE_ERROR, "the JSON text is nested too deeply") from None
    if "\\u" in text and _SURROGATE_ESCAPE.search(text):
        _refuse_surrogates(value)
    return value


def parse_object(data: bytes | str, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """As `parse`, for a text that must be a JSON object; any other value is a ProblemError(PARSING_ERROR)."""
    value = parse(data, limits)
    if not isinstance(value, dict):
        raise ProblemError(PARSING_ERROR, "the JSON text is not an object")
    return value


def dump(value: Any) -> bytes:
    """A JSON value as compact UTF-8, members in their given order.

    Raises ProblemError(MALFORMED_VALUE_ERROR) when the value is no JSON value (NaN, a lone surrogate, an unknown type).
    """
    return _encode(value, indent=None, separators=(",", ":"))


def dump_pretty(value: Any) -> bytes:
    """A JSON value as UTF-8 for people: two spaces of indent, a newline at the end. Raises as `dump`."""
    return _encode(value, indent=2, separators=(",", ": ")) + b"\n"


def _encode(value: Any, *, indent: int | None, separators: tuple[str, str]) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent, separators=separators).encode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        # UnicodeEncodeError, raised for a lone surrogate, is a ValueError.
        raise ProblemError(MALFORMED_VALUE_ERROR, "the value cannot be written as JSON") from None


def _octets(data: bytes | str, limits: Limits) -> bytes:
    if len(data) > limits.document_bytes:
        raise _too_large(limits)
    if isinstance(data, str):
        try:
            data = data.encode()
        except UnicodeEncodeError:
            raise ProblemError(PARSING_ERROR, "the JSON text holds a lone surrogate") from None
        if len(data) > limits.document_bytes:
            raise _too_large(limits)
    return data


def _text(data: bytes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        raise ProblemError(PARSING_ERROR, "the JSON text starts with a byte order mark")
    try:
        return str(data, "utf-8")
    except UnicodeDecodeError as error:
        raise ProblemError(PARSING_ERROR, f"the JSON text is not UTF-8 (byte {error.start})") from None


def _check_shape(data: bytes, limits: Limits) -> None:
    """Bound depth and member count before the decoder allocates or recurses, from what stands outside strings."""
    data = without_escapes(data)
    if len(data) > limits.json_members:
        structure = _outside_strings(data.translate(_AS_ONE_KIND, _NOT_MARKS))
        # Each comma adds a member or item to the first one of its container.
        if len(structure) - structure.count(b"]") > limits.json_members:
            raise ProblemError(RANGE_ERROR, f"the JSON text has more than {limits.json_members} members and items")
        brackets = structure.translate(None, b",")
    else:
        brackets = _outside_strings(data.translate(_AS_ONE_KIND, _NOT_BRACKETS))
    if _is_deeper(brackets, limits.json_depth):
        raise ProblemError(RANGE_ERROR, f"the JSON text is nested deeper than {limits.json_depth} levels")


def without_escapes(data: bytes) -> bytes:
    """A JSON text without its escaped quotation marks, so that each mark that is left begins or ends a string."""
    if b"\\" not in data:
        return data
    # Escaped backslashes go first, so that what remains of \" is an escaped quotation mark.
    return data.replace(b"\\\\", b"").replace(b'\\"', b"")


def _outside_strings(marks: bytes) -> bytes:
    """What stands outside strings, of some characters of a JSON text with its quotation marks."""
    # Taking out an even number of neighbouring quotation marks leaves every other character as much inside or outside
    # as it was; eight at once are found sooner.
    marks = marks.replace(b'""""""""', b"").replace(b'""', b"")
    return b"".join(marks.split(b'"')[::2])


def _is_deeper(brackets: bytes, most: int) -> bool:
    """Whether square brackets are nested deeper than so many levels."""
    left = brackets
    for rounds in range(_ROUNDS):
        if rounds + len(left) <= most:
            return False
        # Without its innermost pairs a text is nested one level less, or as deep as it was where it breaks off.
        left = left.replace(b"[]", b"")
    return max(accumulate(map(_STEP.__getitem__, brackets))) > most


@lru_cache(maxsize=8)
def _decoder(greatest_integer: int) -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object,
        parse_int=_integer_reader(greatest_integer),
        parse_float=_number,
        parse_constant=_refuse_constant,
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise ProblemError(PARSING_ERROR, f"the member {_quoted(name)} occurs twice in one object")
            seen.add(name)
    return members


def _integer_reader(greatest: int) -> Callable[[str], int]:
    digits = len(str(greatest)) + 1  # and a sign

    def read(text: str) -> int:
        # The length comes first: turning millions of digits into a number takes quadratic time.
        if len(text) > digits or abs(value := int(text)) > greatest:
            raise ProblemError(RANGE_ERROR, f"an integer is greater than {greatest} in magnitude")
        return value

    return read


def _number(text: str) -> float:
    if len(text) > _NUMBER_CHARS:
        raise ProblemError(RANGE_ERROR, f"a number has more than {_NUMBER_CHARS} characters")
    value = float(text)
    if math.isinf(value):
        raise ProblemError(RANGE_ERROR, "a number is too great for double precision")
    return value


def _refuse_constant(name: str) -> Any:
    raise ProblemError(PARSING_ERROR, f"{name} is not a JSON value")


def _refuse_surrogates(root: JsonValue) -> None:
    pending: list[tuple[tuple[str | int, ...], JsonValue]] = [((), root)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, str):
            if _SURROGATE.search(value):
                raise ProblemError(PARSING_ERROR, "a string holds a lone surrogate", join(*path))
        elif isinstance(value, list):
            pending.extend(((*path, index), item) for index, item in enumerate(value))
        elif isinstance(value, dict):
            if any(_SURROGATE.search(name) for name in value):
                raise ProblemError(PARSING_ERROR, "a member name holds a lone surrogate", join(*path))
            pending.extend(((*path, name), item) for name, item in value.items())


def _quoted(name: str) -> str:
    """A member name made safe for a message: short, and without lone surrogates or control characters."""
    return json.dumps(name[:60])


def _too_large(limits: Limits) -> ProblemError:
    return ProblemError(RANGE_ERROR, f"the JSON text is larger than {limits.document_bytes} bytes")
