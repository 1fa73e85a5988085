"""What a quantity is worth under an exchange."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from badgeport.verifier.recognition.conditions.amounts import decimal, part, quantity_giving, total, worth_of
from badgeport.verifier.recognition.model import Exchange

D = Decimal


def exchange(per: str, gives: str, step: str | None = None, **more: object) -> Exchange:
    return Exchange("contact hours", D(per), D(gives), None if step is None else D(step), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "quantity", "expected"),
    [
        (exchange("14", "1"), "14", "1"),
        (exchange("14", "1"), "10", "0.714286"),
        (exchange("14", "1", "0.5"), "20", "1"),
        (exchange("14", "1", "0.5"), "21", "1.5"),
        (exchange("14", "1", "0.5", rounding="up"), "15", "1.5"),
        (exchange("14", "1", "0.5", rounding="half-up"), "17.5", "1.5"),
        (exchange("14", "1", "0.5", rounding="half-up"), "17.4", "1"),
        (exchange("14", "1", "1", over="total"), "27", "1"),
        (exchange("1", "20", at_most=D("60")), "4", "60"),
        (exchange("10", "0.1"), "0", "0"),
        (exchange("3", "1"), "3", "1"),
        (exchange("0.1", "0.3"), "0.1", "0.3"),
    ],
)
def test_worth(given: Exchange, quantity: str, expected: str) -> None:
    assert worth_of(given, D(quantity)) == D(expected)
    assert str(worth_of(given, D(quantity))) == expected


def test_thirds_add_up_to_a_whole() -> None:
    given = exchange("3", "1", "1", over="total")
    assert total(given, [part(given, D(1))] * 3) == 1
    assert total(given, [part(given, D(1))] * 2) == 0


def test_the_most_one_credential_gives_bounds_each_part() -> None:
    given = exchange("10", "1", "0.5", over="total", at_most=D("1"))
    assert part(given, D(50)) == 1
    assert total(given, [part(given, D(50)), part(given, D(7))]) == D("1.5")


@pytest.mark.parametrize(
    ("given", "amount", "expected"),
    [
        (exchange("14", "1"), "2", "28"),
        (exchange("14", "1", "1"), "0.5", "14"),
        (exchange("14", "1", at_most=D(2)), "3", None),
        (exchange("14", "1", "1", at_most=D("1.5")), "1.5", "28"),
    ],
)
def test_how_much_it_takes(given: Exchange, amount: str, expected: str | None) -> None:
    assert quantity_giving(given, D(amount)) == (None if expected is None else D(expected))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(5, 2), "2.5"),
        (Fraction(1, 1024), "0.0009765625"),
        (Fraction(100), "100"),
        (Fraction(10**40), "1" + "0" * 40),
        (Fraction(0), "0"),
    ],
)
def test_decimals(amount: Fraction, expected: str) -> None:
    assert str(decimal(amount)) == expected
