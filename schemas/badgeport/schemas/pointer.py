"""JSON pointers (RFC 6901): how a problem names the member it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

_TOKEN = re.compile(r"(?:[^~/]|~[01])*+")
# An index of more digits than this is beyond any list that fits in memory.
_INDEX = re.compile(r"0|[1-9][0-9]{0,14}")


def join(*tokens: str | int) -> str:
    """The pointer that reaches a value through these member names and array indexes; no tokens: the whole document."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


def split(pointer: str) -> tuple[str, ...]:
    """The unescaped reference tokens of a pointer. Raises ProblemError(MALFORMED_VALUE_ERROR) when it is not one."""
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise ProblemError(MALFORMED_VALUE_ERROR, "a JSON pointer is empty or starts with a slash")
    tokens = pointer.split("/")[1:]
    if not all(_TOKEN.fullmatch(token) for token in tokens):
        raise ProblemError(MALFORMED_VALUE_ERROR, "a tilde in a JSON pointer is followed by 0 or 1")
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in tokens)


def resolve(document: Any, pointer: str) -> Any:
    """The value that a pointer names in a parsed JSON document.

    Raises ProblemError(MALFORMED_VALUE_ERROR) with the pointer when it is malformed or names nothing.
    """
    value = document
    for token in split(pointer):
        if isinstance(value, Mapping):
            if token not in value:
                raise ProblemError(MALFORMED_VALUE_ERROR, "the document has no such member", pointer)
            value = value[token]
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
            if not _INDEX.fullmatch(token) or int(token) >= len(value):
                raise ProblemError(MALFORMED_VALUE_ERROR, "the document has no such array item", pointer)
            value = value[int(token)]
        else:
            raise ProblemError(MALFORMED_VALUE_ERROR, "the pointer goes below a value that has no members", pointer)
    return value
