"""The binary-to-text encodings of credentials and keys: base64url, base64, base58btc and multibase.

Every decoder is strict: one byte string has exactly one accepted text, so that two texts never stand for one key, proof
or list (RFC 4648 sections 3.5 and 5; Controlled Identifiers 1.0 section 2.4). Failures are MALFORMED_VALUE_ERROR.
"""

from __future__ import annotations

import binascii
import re
from operator import mul
from typing import Literal

from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

_BASE64_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_BASE64_TEXT = re.compile(r"[A-Za-z0-9+/]*+={0,2}")
_BASE64URL_TEXT = re.compile(r"[A-Za-z0-9_-]*+")
# The last symbols whose unused low bits are zero, for two symbols (one byte) and three symbols (two bytes).
_CANONICAL_ENDS = {2: frozenset("AQgw"), 3: frozenset((_BASE64_ALPHABET + "+/")[::4] + (_BASE64_ALPHABET + "-_")[::4])}

_BASE58_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NO_DIGIT = 58
_BASE58_DIGITS = bytes(_BASE58_ALPHABET.find(chr(octet)) % 59 for octet in range(256))  # not found: -1 % 59
# Ten base-58 digits fit a machine word, so big-number work is done ten digits at a time.
_GROUP = 10
_GROUP_BASE = 58**_GROUP
_POWERS = [58**place for place in reversed(range(_GROUP))]


def b64url_encode(data: bytes) -> str:
    """Encode bytes as base64url without padding (RFC 4648 section 5; RFC 7515 section 2)."""
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL_SAFE).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Decode unpadded base64url, refusing padding, white space, foreign symbols and nonzero unused bits.

    Raises ProblemError(MALFORMED_VALUE_ERROR).
    """
    if not isinstance(text, str) or not _BASE64URL_TEXT.fullmatch(text):
        raise _malformed("the value is not unpadded base64url text")
    _require_canonical(text, "base64url")
    return binascii.a2b_base64(text.encode("ascii").translate(_FROM_URL_SAFE) + b"=" * (-len(text) % 4))


def b64_decode(text: str) -> bytes:
    """Decode standard base64 with its padding, refusing anything else (RFC 4648 section 4).

    Raises ProblemError(MALFORMED_VALUE_ERROR).
    """
    if not isinstance(text, str) or not _BASE64_TEXT.fullmatch(text):
        raise _malformed("the value is not base64 text")
    symbols = text.rstrip("=")
    if len(text) - len(symbols) != -len(symbols) % 4:
        raise _malformed("the base64 padding is wrong")
    _require_canonical(symbols, "base64")
    return binascii.a2b_base64(text.encode("ascii"))


def base58_encode(data: bytes) -> str:
    """Encode bytes as base58btc; each leading zero byte becomes a leading ``1``."""
    significant = data.lstrip(b"\0")
    number = int.from_bytes(significant, "big")
    symbols: list[str] = []
    while number:
        number, group = divmod(number, _GROUP_BASE)
        for _ in range(_GROUP):
            group, digit = divmod(group, 58)
            symbols.append(_BASE58_ALPHABET[digit])
    text = "".join(reversed(symbols)).lstrip("1")
    return "1" * (len(data) - len(significant)) + text


def base58_decode(text: str, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Decode base58btc text of at most ``limits.base58_chars`` characters; decoding takes quadratic time.

    Raises ProblemError(MALFORMED_VALUE_ERROR) for a longer text or a symbol outside the alphabet.
    """
    if not isinstance(text, str):
        raise _malformed("the value is not base58btc text")
    if len(text) > limits.base58_chars:
        raise _malformed(f"the base58btc text is longer than {limits.base58_chars} characters")
    significant = text.lstrip("1")
    digits = significant.encode("ascii", "replace").translate(_BASE58_DIGITS)
    if _NO_DIGIT in digits:
        raise _malformed("the text holds a character outside the base58btc alphabet")
    number = 0
    for start in range(0, len(digits), _GROUP):
        group = digits[start : start + _GROUP]
        number = number * 58 ** len(group) + sum(map(mul, group, _POWERS[-len(group) :]))
    return bytes(len(text) - len(significant)) + number.to_bytes((number.bit_length() + 7) // 8, "big")


def multibase_encode(data: bytes, base: Literal["z", "u"] = "z") -> str:
    """Encode bytes as multibase: ``z`` is base58btc, ``u`` is unpadded base64url (Controlled Identifiers 1.0 §2.4)."""
    return "z" + base58_encode(data) if base == "z" else "u" + b64url_encode(data)


def multibase_decode(text: str, limits: Limits = DEFAULT_LIMITS, allowed: str = "zu") -> bytes:
    """Decode multibase text whose prefix is one of ``allowed`` (``z`` base58btc, ``u`` unpadded base64url).

    Raises ProblemError(MALFORMED_VALUE_ERROR) for another prefix or a malformed body.
    """
    if not isinstance(text, str) or not text or text[0] not in allowed or text[0] not in "zu":
        raise _malformed(f"the value is not multibase text with the prefix {' or '.join(allowed)}")
    return base58_decode(text[1:], limits) if text[0] == "z" else b64url_decode(text[1:])


def _require_canonical(symbols: str, name: str) -> None:
    remainder = len(symbols) % 4
    if remainder == 1:
        raise _malformed(f"the {name} text has an impossible length")
    if remainder and symbols[-1] not in _CANONICAL_ENDS[remainder]:
        raise _malformed(f"the {name} text ends in unused bits that are not zero")


def _malformed(detail: str) -> ProblemError:
    return ProblemError(MALFORMED_VALUE_ERROR, detail)
