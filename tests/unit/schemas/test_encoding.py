"""Strict base64url, base64, base58btc and multibase: one accepted text for each byte string."""

import base64

import base58
import pytest

from badgeport.schemas import encoding
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

# RFC 4648 section 10; and draft-msporny-base58 test vectors.
BASE64 = [(b"", ""), (b"f", "Zg=="), (b"fo", "Zm8="), (b"foo", "Zm9v"), (b"foobar", "Zm9vYmFy")]
BASE58 = [
    (b"", ""),
    (b"Hello World!", "2NEpo7TZRRrLZSi2U"),
    (b"The quick brown fox jumps over the lazy dog.", "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z"),
    (bytes.fromhex("0000287fb4cd"), "11233QC4"),
]


@pytest.mark.parametrize(("data", "text"), BASE64)
def test_base64_vectors(data: bytes, text: str) -> None:
    assert encoding.b64_decode(text) == data
    assert encoding.b64url_encode(data) == text.rstrip("=")
    assert encoding.b64url_decode(text.rstrip("=")) == data


@pytest.mark.parametrize(("data", "text"), BASE58)
def test_base58_vectors(data: bytes, text: str) -> None:
    assert encoding.base58_encode(data) == text
    assert encoding.base58_decode(text) == data


@pytest.mark.parametrize("length", range(0, 70, 3))
@pytest.mark.parametrize("zeros", [0, 1, 5])
def test_base58_agrees_with_the_base58_library(length: int, zeros: int) -> None:
    data = bytes(zeros) + bytes((7 * i + length) % 256 for i in range(length))
    assert encoding.base58_encode(data).encode() == base58.b58encode(data)
    assert encoding.base58_decode(base58.b58encode(data).decode()) == data


@pytest.mark.parametrize(
    "text", ["A", "AB", "AAB", "AA==", "AA=", "A A", " AA", "AA\n", "A+", "A/", "é", "AAAAA", "=", None, 5, b"AA"]
)
def test_base64url_refuses(text: str) -> None:
    with pytest.raises(ProblemError) as error:
        encoding.b64url_decode(text)
    assert error.value.problem.type == MALFORMED_VALUE_ERROR


@pytest.mark.parametrize("text", ["A", "AA", "AA=", "AB==", "AAA", "AAB=", "AA==\n", "A-A=", "====", "AAAA====", None])
def test_base64_refuses(text: str) -> None:
    with pytest.raises(ProblemError):
        encoding.b64_decode(text)


@pytest.mark.parametrize("last", range(64))
def test_base64url_accepts_only_zero_unused_bits(last: int) -> None:
    """Of the 64 last symbols, exactly those the encoder can write are read."""
    alphabet = base64.urlsafe_b64encode(bytes(range(256)) * 3).decode()
    symbol = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[last]
    assert symbol in alphabet
    for text, unused in (("_" + symbol, 4), ("-_" + symbol, 2)):
        if last % 2**unused == 0:
            assert encoding.b64url_encode(encoding.b64url_decode(text)) == text
        else:
            with pytest.raises(ProblemError):
                encoding.b64url_decode(text)


@pytest.mark.parametrize("text", ["0", "O", "I", "l", "2NEpo7TZRRrLZSi2U ", " 2NEpo7", "2NEp\n", "é", "+", None, 7])
def test_base58_refuses(text: str) -> None:
    with pytest.raises(ProblemError):
        encoding.base58_decode(text)


def test_base58_length_is_bounded_before_decoding() -> None:
    limits = Limits(base58_chars=10)
    assert encoding.base58_decode("1" * 10, limits) == bytes(10)
    with pytest.raises(ProblemError, match="longer than 10"):
        encoding.base58_decode("1" * 11, limits)


def test_multibase() -> None:
    assert encoding.multibase_encode(b"Hello World!") == "z2NEpo7TZRRrLZSi2U"
    assert encoding.multibase_encode(b"\xff\xfe", "u") == "u__4"
    assert encoding.multibase_decode("z2NEpo7TZRRrLZSi2U") == b"Hello World!"
    assert encoding.multibase_decode("u__4") == b"\xff\xfe"
    assert encoding.multibase_decode("z") == b""


@pytest.mark.parametrize(
    ("text", "allowed"),
    [("", "zu"), ("u__4", "z"), ("z2", "u"), ("m//4", "zu"), ("m//4", "mzu"), (None, "zu"), ("Z2", "zu")],
)
def test_multibase_refuses_other_prefixes(text: str, allowed: str) -> None:
    with pytest.raises(ProblemError):
        encoding.multibase_decode(text, allowed=allowed)
