"""Randomness as an argument, so that what is built can be built again."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable

Randomness = Callable[[int], bytes]
"""Gives the asked number of unpredictable bytes; `secrets.token_bytes` unless a test says otherwise."""


def random_urn(randomness: Randomness = secrets.token_bytes) -> str:
    """A random ``urn:uuid:`` (version 4)."""
    return f"urn:uuid:{uuid.UUID(bytes=randomness(16), version=4)}"


def below(bound: int, randomness: Randomness = secrets.token_bytes) -> int:
    """A uniformly distributed whole number from 0 to ``bound - 1``; ``bound`` is at least 1."""
    bits = (bound - 1).bit_length()
    size = (bits + 7) // 8
    while True:
        value = int.from_bytes(randomness(size), "big") >> (size * 8 - bits)
        if value < bound:
            return value
