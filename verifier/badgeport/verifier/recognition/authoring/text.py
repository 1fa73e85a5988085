"""A policy's JSON as YAML that people read and edit. Policies with the same digest have the same text.

Members stand in the order of `layout`, names that the author chose in that of the alphabet. Text is quoted only where
YAML would take it for something else, and a long one is wrapped.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from badgeport.verifier.recognition.authoring.expressions import ALL, ANY, PARTS
from badgeport.verifier.recognition.authoring.layout import MEMBERS

_WIDTH: Final = 116
_DECIMAL = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Text that every YAML reader takes for text, between braces and brackets too.
_PLAIN = re.compile(r"(?:[^\W\d_]|/)(?:[\w/.+()@%;=~'?&-]|:(?=[\w/.+-])| (?=[\w/.+(@%-]))*")
_TAKEN_FOR_OTHERS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_WORDS = re.compile(r"\S+(?: \S+)*")

_TEST: Final = "test"
_NAMES: Final = "names of "
"""Before the name of an object: the author chose the names, each is of such an object."""
_INNER: Final[Mapping[str, Mapping[str, str]]] = {
    "policy": {
        "jurisdiction": "jurisdiction",
        "effective": "period",
        "purposes": f"{_NAMES}purpose",
        "lists": f"{_NAMES}list",
        "issuerClasses": _NAMES,
        "rules": "rule",
        "caps": "cap",
        "counting": "counting",
    },
    "list": {"entries": "entry"},
    "rule": {
        "citation": "citation",
        "effective": "period",
        "slots": "slot",
        "worth": "worth",
        "decides": "decides",
        "alsoNeeded": "need",
        **dict.fromkeys(PARTS, _TEST),
    },
    "slot": {"credential": _TEST},
    "worth": {"exchange": "exchange"},
    "exchange": {"round": "round"},
    "cap": {"citation": "citation"},
    _TEST: {ALL: _TEST, ANY: _TEST},
}
"""What object stands, or objects of a list stand, under a member."""
_AMOUNTS: Final[Mapping[str, frozenset[str]]] = {
    "worth": frozenset({"fixed"}),
    "exchange": frozenset({"per", "gives", "atMost"}),
    "round": frozenset({"to"}),
    "cap": frozenset({"amount"}),
}
_ON_LINES_OF_THEIR_OWN: Final = frozenset(
    {"policy", "jurisdiction", "list", "entry", "rule", "citation", "slot", "need", "cap", _TEST}
)


def policy_text(body: Mapping[str, Any]) -> str:
    """The YAML text of a policy's JSON (`RecognitionPolicy.body`). Reading it gives a policy with the same digest."""
    return "\n".join(_members(body, "policy", 0)) + "\n"


def _members(body: Mapping[str, Any], shape: str, indent: int) -> Iterator[str]:
    for name, value in _ordered(body, shape):
        start = f"{' ' * indent}{_scalar(name)}:"
        yield from _value(start, value, _inner(shape, name), indent, name in _AMOUNTS.get(shape, ()))


def _value(start: str, value: Any, shape: str, indent: int, amount: bool = False) -> Iterator[str]:
    """The lines of a value after ``start`` (its name, or the mark of an item), which has an indent of its own."""
    if amount and isinstance(value, str) and _DECIMAL.fullmatch(value):
        yield f"{start} {value}"
    elif isinstance(value, str):
        yield from _text(start, value, indent)
    elif not isinstance(value, Mapping | list):
        yield f"{start} {_scalar(value)}"
    elif (short := _short(value, shape)) is not None and len(start) + len(short) < _WIDTH:
        yield f"{start} {short}"
    elif isinstance(value, Mapping):
        yield start
        yield from _members(value, shape, indent + 2)
    else:
        yield start
        for item in value:
            yield from _item(item, shape, indent + 2)


def _item(value: Any, shape: str, indent: int) -> Iterator[str]:
    mark = f"{' ' * indent}-"
    if isinstance(value, Mapping) and value and shape in _ON_LINES_OF_THEIR_OWN:
        first, *others = _members(value, shape, indent + 2)
        yield f"{mark} {first.lstrip()}"
        yield from others
    else:
        yield from _value(mark, value, shape, indent)


def _text(start: str, value: str, indent: int) -> Iterator[str]:
    short = _scalar(value)
    if len(start) + len(short) < _WIDTH or not _WORDS.fullmatch(value) or " " not in value:
        yield f"{start} {short}"
        return
    yield f"{start} >-"
    space = " " * (indent + 2)
    for line in textwrap.wrap(value, max(_WIDTH - indent, 40), break_long_words=False, break_on_hyphens=False):
        yield space + line


def _short(value: Mapping[str, Any] | Sequence[Any], shape: str) -> str | None:
    """The value on one line, in braces or brackets; None where it belongs on lines of its own."""
    if isinstance(value, Mapping):
        if value and (shape in _ON_LINES_OF_THEIR_OWN or shape.startswith(_NAMES)):
            return None
        parts = []
        for name, member in _ordered(value, shape):
            inner = _one_line(member, _inner(shape, name), name in _AMOUNTS.get(shape, ()))
            if inner is None:
                return None
            parts.append(f"{_scalar(name)}: {inner}")
        return f"{{{', '.join(parts)}}}"
    if value and shape in _ON_LINES_OF_THEIR_OWN:
        return None
    items = [_one_line(item, shape, amount=False) for item in value]
    return None if None in items else f"[{', '.join(item for item in items if item is not None)}]"


def _one_line(value: Any, shape: str, amount: bool) -> str | None:
    if amount and isinstance(value, str) and _DECIMAL.fullmatch(value):
        return value
    return _short(value, shape) if isinstance(value, Mapping | list) else _scalar(value)


def _inner(shape: str, name: str) -> str:
    if shape.startswith(_NAMES):
        return shape.removeprefix(_NAMES)
    known = _INNER.get(shape, {}).get(name)
    if known is None and shape == _TEST:
        return f"{_TEST} {name}"
    return known or ""


def _ordered(body: Mapping[str, Any], shape: str) -> list[tuple[str, Any]]:
    names = _parameters(shape) if shape.startswith(f"{_TEST} ") else MEMBERS.get(shape, ())
    place = {name: index for index, name in enumerate(names)}
    return sorted(body.items(), key=lambda member: (place.get(member[0], len(place)), member[0]))


def _parameters(shape: str) -> tuple[str, ...]:
    from badgeport.verifier.recognition.conditions.kinds import KINDS

    kind = KINDS.get(shape.removeprefix(f"{_TEST} "))
    return () if kind is None else tuple(kind.schema.get("properties", ()))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.casefold() not in _TAKEN_FOR_OTHERS
        return value if plain or _DAY.fullmatch(value) else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)
