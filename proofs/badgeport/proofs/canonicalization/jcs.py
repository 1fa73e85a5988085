"""JSON Canonicalization Scheme, RFC 8785."""

from __future__ import annotations

import json
from typing import Any

import rfc8785

from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, ProblemError

_MAX_INTEGER = 2**53 - 1


def jcs(value: Any) -> bytes:
    """The canonical UTF-8 bytes of a JSON value.

    Raises ``ProblemError`` (PROOF_TRANSFORMATION_ERROR) for what RFC 8785 has no form for: integers beyond 2**53 - 1,
    NaN and infinities, lone surrogates, nesting beyond the interpreter's reach, values that are not JSON.
    """
    try:
        if _is_plain(value):
            # Ten times as fast, and the same bytes for such values.
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
        return bytes(rfc8785.dumps(value))
    except rfc8785.IntegerDomainError:
        raise ProblemError(
            PROOF_TRANSFORMATION_ERROR, f"an integer is beyond {_MAX_INTEGER}, so its canonical form is not certain"
        ) from None
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError, ValueError, TypeError, OverflowError):
        raise ProblemError(PROOF_TRANSFORMATION_ERROR, "a value has no canonical JSON form (RFC 8785)") from None


def _is_plain(value: Any) -> bool:
    """Whether Python's own writer gives the canonical form: its key order and number forms agree with RFC 8785."""
    kind = type(value)
    if kind is dict:
        # By UTF-16 code units (RFC 8785) and by code points, ASCII names sort alike.
        for name in value:
            if type(name) is not str or not name.isascii():
                return False
        inner = value.values()
    elif kind is list:
        inner = value
    else:
        return _is_plain_scalar(value)
    for each in inner:
        kind = type(each)
        if kind is str:
            continue
        if not (_is_plain(each) if kind is dict or kind is list else _is_plain_scalar(each)):
            return False
    return True


def _is_plain_scalar(value: Any) -> bool:
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return True
    if kind is int:
        return bool(-_MAX_INTEGER <= value <= _MAX_INTEGER)
    if kind is float:
        # Python's exponents, trailing ".0", "nan" and "inf" are not ECMAScript's; plain decimals are.
        text = repr(value)
        return not text.endswith(".0") and text.strip("-").replace(".", "", 1).isdigit()
    return False
