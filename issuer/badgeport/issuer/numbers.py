"""Numbers as people write them, in forms and in cells."""

from __future__ import annotations

import re
from decimal import Decimal

_DECIMAL = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,9})?|[.,][0-9]{1,9}")


def decimal_of(text: str) -> Decimal:
    """A number that is not negative: plain digits, with a point or a comma before the decimals.

    Raises ValueError for anything else, also for what only programming languages take for a number (``1_0``, ``1e3``).
    """
    plain = text.strip()
    if not _DECIMAL.fullmatch(plain):
        raise ValueError("not a number")
    return Decimal(plain.replace(",", "."))
