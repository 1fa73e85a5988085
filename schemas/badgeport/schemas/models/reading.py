"""Reading a parsed JSON value as a model, with problems instead of Pydantic's errors."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem, ProblemError
from badgeport.schemas.structure.walk import dotted, shown

M = TypeVar("M", bound=BaseModel)

_MAX_PROBLEMS = 50


def read(model: type[M], value: Any) -> M:
    """The value as a view of ``model``.

    Raises ProblemError(MALFORMED_VALUE_ERROR) that names the first member that does not fit, with its pointer.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = validation_problems(error, value)[0]
    except RecursionError:
        first = Problem(MALFORMED_VALUE_ERROR, "the document is nested too deeply", "")
    raise ProblemError(first.type, first.detail, first.pointer)


def validation_problems(error: ValidationError, value: Any) -> tuple[Problem, ...]:
    """Pydantic's errors about ``value`` as problems, with pointers into it; the first 50 of them.

    Never repeats a value: an input may hold what must not reach a log.
    """
    details = islice(error.errors(include_url=False, include_context=False, include_input=False), _MAX_PROBLEMS)
    found = []
    for each in details:
        foreign = each["type"] == "extra_forbidden"
        location = each["loc"][:-1] if foreign else each["loc"]
        tokens = _tokens(location, value, missing=each["type"] == "missing")
        found.append(Problem(MALFORMED_VALUE_ERROR, f"{dotted(tokens)} {_sentence(each)}", join(*tokens)))
    return tuple(found)


def _tokens(location: tuple[int | str, ...], value: Any, *, missing: bool) -> tuple[int | str, ...]:
    """The part of a Pydantic location that is in the document; tags of unions and list positions of one are not."""
    tokens: list[int | str] = []
    for index, step in enumerate(location):
        inside = isinstance(value, Mapping) and step in value
        if inside or (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            value = value[step]
            tokens.append(step)
        elif missing and index == len(location) - 1:
            tokens.append(step)
    return tuple(tokens)


def _sentence(details: Mapping[str, Any]) -> str:
    if details["type"] == "missing":
        return "is missing"
    if details["type"] == "extra_forbidden":
        return f"has {shown(details['loc'][-1])}, which is not known there"
    message: str = details["msg"]
    return message if message.startswith("must ") else f"is wrong: {message[:1].lower()}{message[1:]}"
