"""Values as a decision writes them: plain JSON without fractions, which a signature would not keep exactly."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def plain(value: Any) -> Any:
    """A value as JSON: decimals, numbers with a fraction, days and instants as texts.

    Raises ValueError for a value that has no such form.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return number(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    raise ValueError(f"{value!r} has no form in JSON")


def number(value: float | Decimal) -> str:
    """The text of a number, without exponent and without zeros at its end. Raises ValueError for one that is none."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    if not exact.is_finite():
        raise ValueError(f"{value!r} has no form in JSON")
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
