"""The status list's bit array: order of bits, encoding, and every error of Bitstring Status List 1.0."""

import gzip
import zlib

import pytest

from badgeport.schemas.bitstring import MINIMUM_ENTRIES, Bitstring, parse_index
from badgeport.schemas.encoding import b64url_decode, b64url_encode
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    STATUS_LIST_LENGTH_ERROR,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_RANGE_ERROR,
    ProblemError,
)

# The example of the specification: 131,072 entries, none set.
SPECIFICATION_EXAMPLE = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"


def listed(data: bytes, prefix: str = "u") -> str:
    return prefix + b64url_encode(gzip.compress(data, mtime=0))


def bits_of(bitstring: Bitstring) -> bytes:
    return gzip.decompress(b64url_decode(bitstring.encode()[1:]))


def test_the_specification_example() -> None:
    bitstring = Bitstring.decode(SPECIFICATION_EXAMPLE)
    assert len(bitstring) == MINIMUM_ENTRIES == 131_072
    assert bitstring == Bitstring.zeros()
    assert bits_of(bitstring) == bytes(16_384)


@pytest.mark.parametrize(
    ("index", "byte", "value"), [(0, 0, 0x80), (7, 0, 0x01), (8, 1, 0x80), (13, 1, 0x04), (131_071, 16_383, 0x01)]
)
def test_entry_zero_is_the_left_most_bit(index: int, byte: int, value: int) -> None:
    bitstring = Bitstring.zeros()
    bitstring.set(index, 1)
    data = bits_of(bitstring)
    assert data[byte] == value
    assert sum(data) == value
    assert bitstring.get(index) == 1


def test_wider_statuses_are_packed_across_bytes() -> None:
    bitstring = Bitstring.zeros(16, status_size=3)
    for index in range(16):
        bitstring.set(index, index % 8)
    expected = "".join(f"{index % 8:03b}" for index in range(16))
    assert bits_of(bitstring) == int(expected, 2).to_bytes(6, "big")
    assert [bitstring.get(index) for index in range(16)] == [index % 8 for index in range(16)]
    bitstring.set(5, 0)
    assert [bitstring.get(index) for index in (4, 5, 6)] == [4, 0, 6]


def test_encoding_is_repeatable_and_reads_back() -> None:
    bitstring = Bitstring.zeros()
    bitstring.set(94_567, 1)
    assert bitstring.encode() == bitstring.encode()
    assert bitstring.encode().startswith("u")
    assert "=" not in bitstring.encode()
    assert Bitstring.decode(bitstring.encode()) == bitstring


def test_status_list_2021_has_no_prefix() -> None:
    text = listed(bytes(16_384), prefix="")
    assert len(Bitstring.decode(text, multibase=False)) == 131_072
    with pytest.raises(ProblemError):
        Bitstring.decode(text)
    with pytest.raises(ProblemError):
        Bitstring.decode("u" + text, multibase=False)


def test_the_minimum_counts_entries_not_bits() -> None:
    text = listed(bytes(16_384))
    with pytest.raises(ProblemError) as error:
        Bitstring.decode(text, status_size=2)
    assert error.value.problem.type == STATUS_LIST_LENGTH_ERROR
    with pytest.raises(ProblemError) as error:
        Bitstring.decode(listed(bytes(16_383)))
    assert error.value.problem.type == STATUS_LIST_LENGTH_ERROR
    assert len(Bitstring.decode(listed(bytes(32_768)), status_size=2)) == 131_072
    assert len(Bitstring.decode(listed(b"\x01"), minimum_entries=8)) == 8


@pytest.mark.parametrize("index", [-1, 131_072, 2**70, pytest.param(10**5000, id="huge")])
def test_outside_the_list(index: int) -> None:
    for use in (lambda: Bitstring.zeros().get(index), lambda: Bitstring.zeros().set(index, 1)):
        with pytest.raises(ProblemError) as error:
            use()
        assert error.value.problem.type == STATUS_RANGE_ERROR


@pytest.mark.parametrize("value", [-1, 4, 2**70])
def test_a_status_that_does_not_fit(value: int) -> None:
    bitstring = Bitstring.zeros(8, status_size=2)
    with pytest.raises(ProblemError) as error:
        bitstring.set(3, value)
    assert error.value.problem.type == STATUS_MALFORMED_VALUE_ERROR
    assert bits_of(bitstring) == bytes(2)


GZIPPED = gzip.compress(bytes(16_384), mtime=0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        "z" + SPECIFICATION_EXAMPLE[1:],
        SPECIFICATION_EXAMPLE[1:],
        SPECIFICATION_EXAMPLE + "=",
        SPECIFICATION_EXAMPLE + "\n",
        "u" + b64url_encode(b"not gzip at all"),
        "u" + b64url_encode(zlib.compress(bytes(16_384))),
        "u" + b64url_encode(GZIPPED[:-1]),
        "u" + b64url_encode(GZIPPED[:20]),
        "u" + b64url_encode(GZIPPED + b"\0"),
        "u" + b64url_encode(GZIPPED + GZIPPED),
        "u" + b64url_encode(GZIPPED[:-8] + b"\1" + GZIPPED[-7:]),
        "u" + b64url_encode(GZIPPED[:-1] + b"\1"),
        None,
        7,
    ],
)
def test_malformed_lists(text: str) -> None:
    with pytest.raises(ProblemError) as error:
        Bitstring.decode(text)
    assert error.value.problem.type == STATUS_MALFORMED_VALUE_ERROR


def test_expansion_is_bounded() -> None:
    limits = Limits(decompressed_bytes=16_384)
    assert len(Bitstring.decode(listed(bytes(16_384)), limits=limits)) == 131_072
    for size in (16_385, 50_000_000):
        with pytest.raises(ProblemError) as error:
            Bitstring.decode(listed(bytes(size)), limits=limits)
        assert error.value.problem.type == STATUS_MALFORMED_VALUE_ERROR


@pytest.mark.parametrize("size", [0, -1, True, "1", 1.5])
def test_status_size_is_positive(size: int) -> None:
    for use in (
        lambda: Bitstring.zeros(status_size=size),
        lambda: Bitstring.decode(SPECIFICATION_EXAMPLE, status_size=size),
    ):
        with pytest.raises(ProblemError) as error:
            use()
        assert error.value.problem.type == STATUS_MALFORMED_VALUE_ERROR


def test_a_list_has_entries() -> None:
    with pytest.raises(ProblemError) as error:
        Bitstring.zeros(0)
    assert error.value.problem.type == STATUS_LIST_LENGTH_ERROR


def test_lists_of_other_widths_are_not_equal() -> None:
    assert Bitstring.zeros(16, 1) != Bitstring.zeros(8, 2)
    assert Bitstring.zeros(16) != bytes(2)


@pytest.mark.parametrize(("value", "index"), [("0", 0), ("94567", 94567), (94567, 94567), (0, 0), ("007", 7)])
def test_an_index_is_read_from_text_or_number(value: object, index: int) -> None:
    assert parse_index(value) == index


@pytest.mark.parametrize(
    "value", ["", "-1", "+1", "1.0", "1e3", " 1", "1\n", "0x1", "١", "9" * 19, -1, 1.0, True, None, [1]]
)
def test_an_index_is_decimal(value: object) -> None:
    with pytest.raises(ProblemError) as error:
        parse_index(value)
    assert error.value.problem.type == STATUS_MALFORMED_VALUE_ERROR
