"""The few forms of CBOR that a selective disclosure proof value is made of, and no others (RFC 8949).

A general decoder acts on tags: it compiles regular expressions, builds dates, rationals and huge integers from what a
stranger sent. A proof value has no tags (VC DI ECDSA 1.0 sections 3.5.2 and 3.5.7), so the reader here knows unsigned
integers, byte strings, text strings, arrays and maps with integer keys, each of definite length and in its shortest
form. Maps may come in any order, because the suite does not ask for deterministic encoding.
"""

from __future__ import annotations

import cbor2

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

_FOREIGN = {1: "a negative integer", 6: "a tag", 7: "a float or simple value"}

_UINT, _BYTES, _TEXT, _ARRAY, _MAP = 0, 2, 3, 4, 5
# The argument follows in 1, 2, 4 or 8 bytes; anything smaller than this has a shorter form.
_SMALLEST = {24: 24, 25: 1 << 8, 26: 1 << 16, 27: 1 << 32}

CborItem = int | bytes | str | list["CborItem"] | dict[int, "CborItem"]


def encode(value: object) -> bytes:
    """Encode integers, byte strings, text, lists and dictionaries, each in its shortest form (RFC 8949 section 4.1)."""
    return cbor2.dumps(value)


def decode(data: bytes, *, depth: int = 3) -> CborItem:
    """Decode exactly one item that fills ``data``; arrays and maps may nest ``depth`` deep.

    Raises ProblemError(MALFORMED_VALUE_ERROR) for anything that ``encode`` could not have written (map order apart).
    """
    item, end = _read(data, 0, depth)
    if end != len(data):
        raise _malformed("bytes follow the CBOR item")
    return item


def _read(data: bytes, start: int, depth: int) -> tuple[CborItem, int]:
    major, argument, position = _head(data, start)
    if major == _UINT:
        return argument, position
    if major in (_BYTES, _TEXT):
        end = position + argument
        if end > len(data):
            raise _malformed("a CBOR string is longer than the data")
        content = data[position:end]
        return (content if major == _BYTES else _text(content)), end
    if depth == 0:
        raise _malformed("the CBOR data is nested too deeply")
    # Every item takes at least one byte, so a count beyond the data is refused before any work is done for it.
    if argument > len(data) - position:
        raise _malformed("a CBOR array or map has more items than the data holds")
    if major == _ARRAY:
        items: list[CborItem] = []
        for _ in range(argument):
            item, position = _read(data, position, depth - 1)
            items.append(item)
        return items, position
    entries: dict[int, CborItem] = {}
    for _ in range(argument):
        key_major, key, position = _head(data, position)
        if key_major != _UINT:
            raise _malformed("a CBOR map key is not an unsigned integer")
        if key in entries:
            raise _malformed("a CBOR map has a key twice")
        entries[key], position = _read(data, position, depth - 1)
    return entries, position


def _head(data: bytes, position: int) -> tuple[int, int, int]:
    if position >= len(data):
        raise _malformed("the CBOR data ends too soon")
    major, info = data[position] >> 5, data[position] & 0x1F
    position += 1
    if major not in (_UINT, _BYTES, _TEXT, _ARRAY, _MAP):
        raise _malformed(f"the CBOR data holds {_FOREIGN[major]}")
    if info < 24:
        return major, info, position
    if info not in _SMALLEST:
        raise _malformed("the CBOR data holds an item of indefinite or reserved length")
    end = position + (1 << (info - 24))
    if end > len(data):
        raise _malformed("the CBOR data ends too soon")
    argument = int.from_bytes(data[position:end], "big")
    if argument < _SMALLEST[info]:
        raise _malformed("a CBOR number is not in its shortest form")
    return major, argument, end


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise _malformed("a CBOR text string is not UTF-8") from None


def _malformed(detail: str) -> ProblemError:
    return ProblemError(MALFORMED_VALUE_ERROR, detail)
