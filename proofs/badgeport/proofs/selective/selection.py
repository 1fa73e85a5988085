"""Choosing parts of a JSON-LD document by JSON pointers (VC DI ECDSA 1.0 sections 3.4.11 to 3.4.13).

The pointers are gathered into one tree of choices first, and the document is walked along it once; so neither the order
of the pointers nor their overlaps matter, and the items of a partly chosen array stay in order without holes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from badgeport.schemas.pointer import split
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

# What a node is and what its terms mean goes with every choice below it. The suite speaks of documents with one
# @context at the top; an endorsement inside a badge brings its own.
_ALWAYS = ("@context", "id", "@id", "type", "@type")
_INDEX = re.compile(r"0|[1-9][0-9]{0,14}")


@dataclass(slots=True)
class _Choice:
    whole: bool = False
    below: dict[str | int, _Choice] = field(default_factory=dict)


def select(document: Mapping[str, Any], pointers: Iterable[str]) -> dict[str, Any] | None:
    """The part of ``document`` that the JSON pointers name, with the id, type and @context of every node on the way.

    The empty pointer names everything. No pointers: ``None``, nothing is selected. The result is a copy.
    Raises ProblemError(MALFORMED_VALUE_ERROR) naming the pointer that is malformed or reaches nothing.
    """
    root = _Choice()
    empty = True
    for pointer in pointers:
        _choose(document, pointer, root)
        empty = False
    if empty:
        return None
    try:
        chosen: dict[str, Any] = _copy_chosen(document, root)
    except RecursionError:
        raise _too_deep() from None
    return chosen


def _choose(document: Mapping[str, Any], pointer: str, root: _Choice) -> None:
    value: Any = document
    choice = root
    for token in _split(pointer):
        key: str | int = token
        if isinstance(value, list):
            if not _INDEX.fullmatch(token) or int(token) >= len(value):
                raise _unmatched(pointer, "the document has no such array item")
            key = int(token)
        elif not isinstance(value, Mapping) or token not in value:
            raise _unmatched(pointer, "the document has no such member")
        value = value[key]
        choice = choice.below.setdefault(key, _Choice())
    choice.whole = True


def _split(pointer: object) -> tuple[str, ...]:
    if not isinstance(pointer, str):
        raise ProblemError(MALFORMED_VALUE_ERROR, "a pointer is not text")
    try:
        return split(pointer)
    except ProblemError as error:
        raise _unmatched(pointer, error.problem.detail) from None


def _copy_chosen(value: Any, choice: _Choice) -> Any:
    if choice.whole:
        return _copy(value)
    if isinstance(value, list):
        return [_copy_chosen(item, choice.below[index]) for index, item in enumerate(value) if index in choice.below]
    return {
        key: _copy(member) if key in _ALWAYS else _copy_chosen(member, choice.below[key])
        for key, member in value.items()
        if key in choice.below or key in _ALWAYS
    }


def copy_json(value: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of a JSON object, so that no caller's document is shared with a result.

    Raises ProblemError(MALFORMED_VALUE_ERROR) where it is nested beyond the interpreter's reach.
    """
    try:
        copied: dict[str, Any] = _copy(value)
    except RecursionError:
        raise _too_deep() from None
    return copied


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_copy(item) for item in value]
    return value


def _too_deep() -> ProblemError:
    return ProblemError(MALFORMED_VALUE_ERROR, "the document is nested too deeply")


def _unmatched(pointer: str, reason: str) -> ProblemError:
    return ProblemError(MALFORMED_VALUE_ERROR, f"the pointer {pointer[:200]!r} does not match: {reason}", pointer)
