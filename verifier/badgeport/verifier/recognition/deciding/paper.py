"""Amounts as a decision writes them: decimals with at most six places, each number in one way only."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final

PLACES: Final = 6
"""Decimal places of an amount in a decision. What is smaller is left off: two thirds are 0.666666."""


def on_paper(amount: Fraction) -> Decimal:
    """An amount that is not negative with at most six places, rounded down, without exponent or zeros at its end."""
    units = amount * 10**PLACES
    whole, rest = divmod(units.numerator // units.denominator, 10**PLACES)
    digits = f"{rest:0{PLACES}d}".rstrip("0")
    return Decimal(f"{whole}.{digits}" if digits else str(whole))


def on_paper_together(amounts: Sequence[Fraction]) -> tuple[Decimal, ...]:
    """Each amount so written that together they are their sum as it is written: what one leaves off the next gets."""
    running, before = Fraction(0), Decimal(0)
    written: list[Decimal] = []
    for amount in amounts:
        running += amount
        now = on_paper(running)
        written.append(on_paper(Fraction(now) - Fraction(before)))
        before = now
    return tuple(written)
