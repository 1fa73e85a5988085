"""The parameters of tests: their JSON Schemas, how they are read, and how they are put into words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from badgeport.verifier.recognition.conditions.kinds.base import Parameters

TEXT: Final[Mapping[str, Any]] = {"type": "string", "minLength": 1, "maxLength": 4096}
TEXTS: Final[Mapping[str, Any]] = {
    "anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 1000, "uniqueItems": True}]
}
AMOUNT: Final[Mapping[str, Any]] = {
    "anyOf": [{"type": "number", "exclusiveMinimum": 0}, {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,9})?$"}]
}
NUMBER: Final[Mapping[str, Any]] = {
    "anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]{1,12}(\.[0-9]{1,9})?$"}]
}
COUNT: Final[Mapping[str, Any]] = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 100_000},
        {"type": "string", "pattern": "^[1-9][0-9]{0,4}$"},
    ]
}
DAY: Final[Mapping[str, Any]] = {"type": "string", "format": "date", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
TRUE: Final[Mapping[str, Any]] = {"const": True}


def schema(properties: Mapping[str, Any], *required: str, **more: Any) -> dict[str, Any]:
    """The JSON Schema of an object with these members and no others."""
    body = {"type": "object", "additionalProperties": False, "properties": dict(properties)}
    return body | ({"required": list(required)} if required else {}) | more


ONE_OF: Final[Mapping[str, Any]] = schema({"oneOf": TEXTS}, "oneOf")
"""One of these texts."""
FLAG: Final[Mapping[str, Any]] = schema({"is": TRUE}, "is")
"""Only asked for, without further parameters."""


def texts(parameters: Parameters, name: str) -> tuple[str, ...]:
    """The texts of a parameter that holds one or several; none where it is absent."""
    value = parameters.get(name)
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)


def amount(parameters: Parameters, name: str) -> Decimal:
    """A number parameter, exactly as it is written."""
    return exact(parameters[name])


def exact(value: object) -> Decimal:
    """A number or the text of one as a decimal."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def count(parameters: Parameters, name: str) -> int:
    """A whole number."""
    return int(amount(parameters, name))


def day(parameters: Parameters, name: str) -> date:
    """A calendar day."""
    value = parameters[name]
    return value if isinstance(value, date) else date.fromisoformat(value)


def plain(text: str) -> str:
    """A name as it is compared: case and the number of spaces make no difference."""
    return " ".join(text.split()).casefold()


def among(text: str, names: Iterable[str]) -> bool:
    """Whether a name is one of these."""
    wanted = plain(text)
    return any(wanted == plain(name) for name in names)


def choice(names: Iterable[str]) -> str:
    """Several names in words: ``a``, ``a or b``, ``a, b or c``."""
    listed = list(names)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} or {listed[-1]}"


def number_words(value: object) -> str:
    """A number as people write it: no exponent, no zeros at the end."""
    text = format(exact(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(number: object, one: str, several: str) -> str:
    """A number with its noun: ``1 day``, ``90 days``."""
    text = number_words(number)
    return f"{text} {one if text == '1' else several}"


def fingerprint(parameters: Parameters) -> str:
    """A text that is the same for the same parameters and different for others."""

    def written(value: object) -> object:
        return number_words(value) if isinstance(value, Decimal) else str(value)

    return json.dumps(dict(parameters), sort_keys=True, default=written, ensure_ascii=False, separators=(",", ":"))
