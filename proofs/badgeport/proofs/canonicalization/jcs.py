"""JSON Canonicalization Scheme, RFC 8785."""

from __future__ import annotations

import re
from typing import Any

import orjson
import rfc8785

from badgeport.schemas import jsontext
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, ProblemError

_MAX_INTEGER = 2**53 - 1
# What is of a subclass of a JSON type, or a date or a record of Python's own, is for the reference, which refuses it.
_STRICTLY = orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_SUBCLASS
# Outside strings: a fraction or an exponent, an integer that may be too long, and null, which NaN is written as.
_UNSURE = re.compile(rb"\.|[0-9][eE]|[0-9]{16}|n")
# Beyond U+FFFF, where the order of code points (UTF-8) is not that of UTF-16 code units.
_ASTRAL = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")


def jcs(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a JSON value.

    Raises ``ProblemError`` (PROOF_TRANSFORMATION_ERROR) for what RFC 8785 has no form for: integers beyond 2**53 - 1,
    NaN and infinities, lone surrogates, nesting beyond the interpreter's reach, values that are not JSON (but for UUIDs
    and enumerations, which are written as their text and value; no JSON text is read as one).
    """
    quick = certain(value)
    return by_reference(value) if quick is None else quick


def certain(value: Any) -> bytes | None:
    """The canonical form by a writer that is many times as fast, or None where its form might be another."""
    try:
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | _STRICTLY)
    except TypeError:
        return None
    if not written.isascii() and any(lead in written for lead in _ASTRAL):
        return None
    outside = b"".join(jsontext.without_escapes(written).split(b'"')[::2])
    return None if _UNSURE.search(outside) else written


def by_reference(value: Any) -> bytes:
    """As `jcs`, by the writer whose form is that of RFC 8785 for every value."""
    try:
        return bytes(rfc8785.dumps(value))
    except rfc8785.IntegerDomainError:
        raise ProblemError(
            PROOF_TRANSFORMATION_ERROR, f"an integer is beyond {_MAX_INTEGER}, so its canonical form is not certain"
        ) from None
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError, ValueError, TypeError, OverflowError):
        raise ProblemError(PROOF_TRANSFORMATION_ERROR, "a value has no canonical JSON form (RFC 8785)") from None
