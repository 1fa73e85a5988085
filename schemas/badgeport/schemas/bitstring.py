"""The compressed bit array of a status list (Bitstring Status List 1.0 section 3; StatusList2021 before it)."""

from __future__ import annotations

import re
import zlib

from badgeport.schemas.encoding import b64url_decode, b64url_encode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    STATUS_LIST_LENGTH_ERROR,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_RANGE_ERROR,
    ProblemError,
)

MINIMUM_ENTRIES = 131_072
"""The fewest entries of a list, so that one entry does not single out its credential (section 3.2)."""

_GZIP = 16 + zlib.MAX_WBITS
_INDEX = re.compile(r"[0-9]{1,18}")


class Bitstring:
    """Status values of ``status_size`` bits each, packed; entry 0 starts at the left-most (highest) bit of byte 0."""

    __slots__ = ("_bits", "_status_size")

    def __init__(self, bits: bytearray, status_size: int) -> None:
        """Take ``bits`` as they are; `zeros` and `decode` are the usual ways to one."""
        self._bits = bits
        self._status_size = _checked_size(status_size)

    @classmethod
    def zeros(cls, entries: int = MINIMUM_ENTRIES, status_size: int = 1) -> Bitstring:
        """A list with every status 0 and room for at least ``entries`` (a last byte is filled up).

        Raises ProblemError(STATUS_LIST_LENGTH_ERROR) for no entries at all, and
        ProblemError(STATUS_MALFORMED_VALUE_ERROR) for a status size that is not positive.
        """
        if entries < 1:
            raise ProblemError(STATUS_LIST_LENGTH_ERROR, "a status list has at least one entry")
        return cls(bytearray((entries * _checked_size(status_size) + 7) // 8), status_size)

    @classmethod
    def decode(
        cls,
        text: str,
        *,
        status_size: int = 1,
        minimum_entries: int = MINIMUM_ENTRIES,
        multibase: bool = True,
        limits: Limits = DEFAULT_LIMITS,
    ) -> Bitstring:
        """Expand an ``encodedList``: unpadded base64url of one gzip member, with the multibase prefix ``u``.

        ``multibase=False`` reads the StatusList2021 form, which has no prefix. Raises
        ProblemError(STATUS_MALFORMED_VALUE_ERROR) when the text is not such an encoding or expands beyond
        ``limits.decompressed_bytes``, and ProblemError(STATUS_LIST_LENGTH_ERROR) when it holds fewer than
        ``minimum_entries`` entries (section 3.2, step 11).
        """
        _checked_size(status_size)
        if not isinstance(text, str):
            raise _malformed("the encoded list is not a text")
        if multibase:
            if not text.startswith("u"):
                raise _malformed("the encoded list does not start with the multibase prefix u")
            text = text[1:]
        try:
            compressed = b64url_decode(text)
        except ProblemError as error:
            raise _malformed(f"the encoded list: {error.problem.detail}") from None
        decoded = cls(bytearray(_expand(compressed, limits.decompressed_bytes)), status_size)
        decoded._require(minimum_entries)
        return decoded

    def of_size(self, status_size: int, *, minimum_entries: int = MINIMUM_ENTRIES) -> Bitstring:
        """The same bits read as entries of another size; both views share them. Raises as `decode`."""
        view = Bitstring(self._bits, status_size)
        view._require(minimum_entries)
        return view

    @property
    def status_size(self) -> int:
        """Bits for each entry."""
        return self._status_size

    def __len__(self) -> int:
        """The number of entries."""
        return len(self._bits) * 8 // self._status_size

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Bitstring):
            return NotImplemented
        return self._status_size == other._status_size and self._bits == other._bits

    __hash__ = None  # type: ignore[assignment]  # it changes

    def get(self, index: int) -> int:
        """The status at ``index``. Raises ProblemError(STATUS_RANGE_ERROR) when the list has no such entry."""
        first, last, shift = self._place(index)
        window = int.from_bytes(self._bits[first:last], "big")
        return (window >> shift) & ((1 << self._status_size) - 1)

    def set(self, index: int, value: int) -> None:
        """Set the status at ``index``.

        Raises ProblemError(STATUS_RANGE_ERROR) when the list has no such entry, and
        ProblemError(STATUS_MALFORMED_VALUE_ERROR) when the value does not fit the status size.
        """
        first, last, shift = self._place(index)
        if value < 0 or value.bit_length() > self._status_size:
            raise _malformed(f"the status does not fit {self._status_size} bits")
        mask = ((1 << self._status_size) - 1) << shift
        window = int.from_bytes(self._bits[first:last], "big") & ~mask | value << shift
        self._bits[first:last] = window.to_bytes(last - first, "big")

    def encode(self) -> str:
        """The ``encodedList``: ``u``, then unpadded base64url of the gzip form, the same bytes each time."""
        compressor = zlib.compressobj(level=9, wbits=_GZIP)
        return "u" + b64url_encode(compressor.compress(bytes(self._bits)) + compressor.flush())

    def _require(self, minimum_entries: int) -> None:
        if len(self) < minimum_entries:
            raise ProblemError(
                STATUS_LIST_LENGTH_ERROR, f"the status list has {len(self)} entries, fewer than {minimum_entries}"
            )

    def _place(self, index: int) -> tuple[int, int, int]:
        """The bytes that hold an entry, from and up to, and how far its lowest bit is from the end of the last."""
        if not 0 <= index < len(self):
            raise ProblemError(STATUS_RANGE_ERROR, f"the list has no entry {_shown(index)}; it has {len(self)} entries")
        start = index * self._status_size
        end = start + self._status_size
        last = (end + 7) // 8
        return start // 8, last, last * 8 - end


def parse_index(value: object) -> int:
    """A ``statusListIndex``: decimal digits in a string, or a JSON integer as some issuers write.

    Raises ProblemError(STATUS_MALFORMED_VALUE_ERROR).
    """
    if isinstance(value, str) and _INDEX.fullmatch(value):
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise _malformed("the status list index is not a decimal number")


def _expand(compressed: bytes, most: int) -> bytes:
    expander = zlib.decompressobj(wbits=_GZIP)
    try:
        data = expander.decompress(compressed, most + 1)
    except zlib.error:
        raise _malformed("the encoded list is not in gzip form") from None
    if len(data) > most:
        raise _malformed(f"the status list expands to more than {most} bytes")
    if not expander.eof:
        raise _malformed("the gzip form of the status list is cut off")
    if expander.unused_data:
        raise _malformed("something follows the gzip form of the status list")
    return data


def _checked_size(status_size: int) -> int:
    if not isinstance(status_size, int) or isinstance(status_size, bool) or status_size < 1:
        raise _malformed("the status size is not a positive whole number")
    return status_size


def _shown(index: int) -> str:
    return str(index) if abs(index) < 10**18 else "so high"


def _malformed(detail: str) -> ProblemError:
    return ProblemError(STATUS_MALFORMED_VALUE_ERROR, detail)
