"""Answers that are no report: a request that could not be served, as RFC 9457 states it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from badgeport.schemas import jsontext
from badgeport.schemas.problems import (
    BATCH_UNFINISHED,
    CONFLICT,
    GONE,
    INTERNAL_ERROR,
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    NOT_ALLOWED,
    NOT_FOUND,
    REQUEST_REFUSED,
    REQUEST_TIMEOUT,
    REQUEST_TOO_LARGE,
    SERVICE_UNAVAILABLE,
    SIGN_IN_REQUIRED,
    STORE_FULL,
    TOO_MANY_REQUESTS,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    ProblemError,
    ProblemType,
)

PROBLEM_JSON = "application/problem+json"

STATUS_OF: Mapping[ProblemType, int] = {
    SIGN_IN_REQUIRED: 401,
    NOT_ALLOWED: 403,
    NOT_FOUND: 404,
    METHOD_NOT_ALLOWED: 405,
    CONFLICT: 409,
    BATCH_UNFINISHED: 409,
    GONE: 410,
    REQUEST_REFUSED: 403,
    REQUEST_TIMEOUT: 408,
    REQUEST_TOO_LARGE: 413,
    UNSUPPORTED_MEDIA_TYPE: 415,
    TOO_MANY_REQUESTS: 429,
    INTERNAL_ERROR: 500,
    SERVICE_UNAVAILABLE: 503,
    STORE_FULL: 503,
}
"""The status of the answer to each kind of request that is not served; of every other kind it is 400."""

_SPECIAL = (STORE_FULL, NOT_ALLOWED, BATCH_UNFINISHED)
_TYPE_OF: Mapping[int, ProblemType] = {status: kind for kind, status in STATUS_OF.items() if kind not in _SPECIAL}


class Refusal(ProblemError):  # noqa: N818 - an answer, not a defect
    """A request that is not served: what is wrong with it, and headers that say more (``Retry-After``)."""

    def __init__(
        self,
        type: ProblemType,
        detail: str,
        *,
        pointer: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(type, detail, pointer)
        self.headers: Mapping[str, str] = headers or {}


def refused(member: str, detail: str) -> Refusal:
    """A refusal of a request because of one member of it, named by its JSON pointer."""
    return Refusal(INVALID_REQUEST, detail, pointer=f"/{member}")


def status_of(problem: Problem) -> int:
    """The HTTP status of the answer to a request with this problem."""
    return STATUS_OF.get(problem.type, 400)


def type_of(status: int) -> ProblemType:
    """The problem type of an answer that has no more than its HTTP status."""
    return _TYPE_OF.get(status, INVALID_REQUEST if status < 500 else INTERNAL_ERROR)


def problem_response(
    problem: Problem, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer ``application/problem+json`` that states a problem."""
    code = status_of(problem) if status is None else status
    body = {**problem.to_json(), "status": code}
    return Response(jsontext.dump_pretty(body), code, dict(headers or {}), PROBLEM_JSON)


def json_response(body: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON answer."""
    return Response(jsontext.dump_pretty(body), status, media_type="application/json")
