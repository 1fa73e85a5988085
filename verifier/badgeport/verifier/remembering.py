"""What need not be worked out again from one input to the next: the signatures and the bits of status lists.

Thousands of credentials point into one list. Whether its bytes carry a key's signature, and what its encoded list
expands to, follows from the bytes alone: not from the instant, the policy, or who the key belongs to, which are asked
anew each time. Only signatures that held are remembered, and what was saved is charged all the same.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar

from badgeport.schemas.bitstring import Bitstring
from badgeport.schemas.limits import Limits

_T = TypeVar("_T")
MOST_SIGNATURES = 1_024
MOST_BYTES = 16 * 1024 * 1024
"""Of expanded lists, together."""


class Remembered(Generic[_T]):
    """The latest results by what they follow from, up to ``most`` of their sizes together. Threads may share it."""

    def __init__(self, most: int, size: Callable[[_T], int]) -> None:
        self._most = most
        self._size = size
        self._held: OrderedDict[Hashable, _T] = OrderedDict()
        self._sum = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> _T | None:
        """What was remembered, or None."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: Hashable, value: _T) -> None:
        """Remember a result; the oldest make room. One that is too large by itself is not remembered."""
        size = self._size(value)
        if size > self._most:
            return
        with self._lock:
            if key in self._held:
                return
            self._held[key] = value
            self._sum += size
            while self._sum > self._most:
                _, dropped = self._held.popitem(last=False)
                self._sum -= self._size(dropped)


SIGNATURES: Remembered[int] = Remembered(MOST_SIGNATURES, lambda _: 1)
"""The steps that verifying a signature took which held, by all that it followed from."""

_bits: Remembered[Bitstring] = Remembered(MOST_BYTES, lambda bits: len(bits) // 8 + 1)


def expanded(encoded: Any, *, multibase: bool, limits: Limits) -> Bitstring:
    """The bits of an ``encodedList``, which nobody changes. Raises ProblemError as `Bitstring.decode`."""
    if not isinstance(encoded, str):
        return Bitstring.decode(encoded, minimum_entries=0, multibase=multibase, limits=limits)
    key = hashlib.sha256(encoded.encode("utf-8", "surrogatepass")).digest(), multibase, limits
    held = _bits.get(key)
    if held is None:
        held = Bitstring.decode(encoded, minimum_entries=0, multibase=multibase, limits=limits)
        _bits.put(key, held)
    return held
