"""The CBOR of proof values: one encoding for one value, and nothing that a proof value has no use for."""

import cbor2
import pytest

from badgeport.proofs.selective import cbor
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

ACCEPTED = [
    0,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    2**32 - 1,
    2**32,
    2**64 - 1,
    b"",
    b"x" * 300,
    "",
    "/credentialSubject/é",
    [],
    [1, b"2", "3", [4]],
    {},
    {0: b"a", 300: [1], 7: {1: 2}},
]


@pytest.mark.parametrize("value", ACCEPTED, ids=repr)
def test_what_is_written_is_read(value: object) -> None:
    assert cbor.decode(cbor.encode(value)) == value


def test_map_order_is_free_and_kept() -> None:
    data = bytes.fromhex("a2 01 41 61 00 41 62")
    assert list(cbor.decode(data).items()) == [(1, b"a"), (0, b"b")]  # type: ignore[union-attr]


REFUSED = {
    "nothing": "",
    "trailing bytes": "00 00",
    "uint in too many bytes": "18 17",
    "uint16 for a byte": "19 00 ff",
    "uint32 for two bytes": "1a 00 00 ff ff",
    "uint64 for four bytes": "1b 00 00 00 00 ff ff ff ff",
    "cut uint": "19 01",
    "negative integer": "20",
    "tag": "c1 00",
    "bignum": "c2 41 01",
    "regular expression": "d8 23 61 61",
    "false": "f4",
    "null": "f6",
    "half float": "f9 3c 00",
    "indefinite bytes": "5f 41 00 ff",
    "indefinite text": "7f 61 61 ff",
    "indefinite array": "9f 00 ff",
    "indefinite map": "bf 00 00 ff",
    "break": "ff",
    "reserved length": "1c",
    "bytes longer than the data": "42 00",
    "bytes of 2**64-1": "5b ff ff ff ff ff ff ff ff",
    "array of 2**64-1": "9b ff ff ff ff ff ff ff ff 00",
    "map of 2**63": "bb 80 00 00 00 00 00 00 00 00",
    "array one short": "82 00",
    "map without a value": "a1 00",
    "key twice": "a2 00 00 00 01",
    "text key": "a1 61 61 00",
    "bytes key": "a1 41 61 00",
    "length of bytes in too many bytes": "58 01 00",
    "text that is not UTF-8": "61 ff",
    "half of a surrogate pair": "63 ed a0 80",
    "nesting beyond the depth": "81 81 81 81 00",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_refused(data: str) -> None:
    with pytest.raises(ProblemError) as caught:
        cbor.decode(bytes.fromhex(data))
    assert caught.value.problem.type is MALFORMED_VALUE_ERROR


def test_depth_is_an_argument() -> None:
    with pytest.raises(ProblemError):
        cbor.decode(cbor.encode([[0]]), depth=1)
    assert cbor.decode(cbor.encode([[0]]), depth=2) == [[0]]


def test_nesting_costs_no_stack() -> None:
    with pytest.raises(ProblemError):
        cbor.decode(b"\x81" * 100_000 + b"\x00")


def test_agrees_with_a_general_decoder() -> None:
    value = [b"s" * 64, b"k" * 35, [b"t" * 64], {0: b"l" * 32}, [0, 24, 256]]
    data = cbor.encode(value)
    assert cbor.decode(data) == cbor2.loads(data) == value
