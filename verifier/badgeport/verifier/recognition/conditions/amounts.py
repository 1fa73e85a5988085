"""What a quantity is worth under an exchange, in exact arithmetic: nothing is rounded but where the policy says so."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from badgeport.verifier.recognition.model import Exchange, Rounding

_PLACES = 6
"""Decimals that an amount without an end is written with, where the policy does not round it."""


def part(exchange: Exchange, quantity: Decimal) -> Fraction:
    """What one credential with this quantity gives, exactly.

    Rounded where each credential is, and at most ``at_most``. Where the total is rounded, `total` does so.
    """
    given = Fraction(quantity) * Fraction(exchange.gives) / Fraction(exchange.per)
    if exchange.over == "each":
        given = _rounded(exchange, given)
    return given if exchange.at_most is None else min(given, Fraction(exchange.at_most))


def total(exchange: Exchange, parts: Iterable[Fraction]) -> Decimal:
    """What several credentials give together, from the part of each."""
    given = sum(parts, Fraction(0))
    return decimal(_rounded(exchange, given) if exchange.over == "total" else given)


def worth_of(exchange: Exchange, quantity: Decimal) -> Decimal:
    """What one credential gives where it is the only one."""
    return total(exchange, (part(exchange, quantity),))


def quantity_giving(exchange: Exchange, amount: Decimal) -> Decimal | None:
    """A whole quantity with which one credential by itself gives at least ``amount``; None where none does."""
    if exchange.at_most is not None and exchange.at_most < amount:
        return None
    wanted = Fraction(amount)
    if exchange.step is not None:
        wanted = math.ceil(wanted / Fraction(exchange.step)) * Fraction(exchange.step)
    found = Decimal(math.ceil(wanted * Fraction(exchange.per) / Fraction(exchange.gives)))
    return found if worth_of(exchange, found) >= amount else None


def decimal(amount: Fraction) -> Decimal:
    """The decimal of an amount: exact where it has an end, else the nearest with six places. No zeros at its end."""
    places = _places(amount.denominator)
    scaled = _whole(amount * 10**places, "half-up")
    while places and scaled % 10 == 0:
        scaled, places = scaled // 10, places - 1
    return Decimal(f"{scaled}E-{places}") if places else Decimal(scaled)


def _places(denominator: int) -> int:
    """How many decimals a fraction with this denominator has; `_PLACES` where it has no end."""
    counts = []
    for prime in (2, 5):
        count = 0
        while denominator % prime == 0:
            denominator, count = denominator // prime, count + 1
        counts.append(count)
    return max(counts) if denominator == 1 else _PLACES


def _rounded(exchange: Exchange, amount: Fraction) -> Fraction:
    if exchange.step is None:
        return amount
    step = Fraction(exchange.step)
    return _whole(amount / step, exchange.rounding) * step


def _whole(amount: Fraction, direction: Rounding) -> int:
    if direction == "down":
        return math.floor(amount)
    if direction == "up":
        return math.ceil(amount)
    return math.floor(amount + Fraction(1, 2))
