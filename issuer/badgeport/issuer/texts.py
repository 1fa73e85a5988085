"""What no text has and no database keeps alike: a NUL, and half of a sign (a lone surrogate).

PostgreSQL takes neither; SQLite would keep a NUL, and a backup could not be restored elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_UNFIT = re.compile("[\0\ud800-\udfff]")


def is_fit(text: str) -> bool:
    """Whether a text holds neither."""
    return _UNFIT.search(text) is None


def unfit(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where in a JSON value a text is unfit, by the names and places that lead there."""
    if isinstance(value, str):
        if not is_fit(value):
            yield path
    elif isinstance(value, Mapping):
        for name, member in value.items():
            if not is_fit(name):
                yield path
            yield from unfit(member, (*path, name))
    elif isinstance(value, list | tuple):
        for place, member in enumerate(value):
            yield from unfit(member, (*path, place))
