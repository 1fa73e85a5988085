"""How large a document is: what walking through it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SCALARS = frozenset({str, int, float, bool, type(None)})


def size(document: Mapping[str, Any] | list[Any]) -> int:
    """How many members and items a document, or a part of one, has at all depths."""
    found = 0
    pending: list[Any] = [document]
    for value in pending:
        found += len(value)
        for item in value if type(value) is list else value.values():
            kind = type(item)
            if kind is dict or kind is list or (kind not in _SCALARS and isinstance(item, Mapping)):
                pending.append(item)
    return found
