"""What the OpenAPI document says of every address for programs: who may ask, and each way of being refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from badgeport.web.answers import PROBLEM_JSON

from badgeport.issuer.web.access import Access

BEARER = "token"
"""The name of the security scheme."""

_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "A request that was not served (RFC 9457).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "status": {"type": "integer"},
        "pointer": {"type": "string", "description": "The JSON pointer of the member it is about."},
        "errors": {
            "type": "array",
            "description": "Every member that is wrong.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_NAME = "IssuerProblem"
_RETRY: dict[str, Any] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}

_PROGRAMS_ALONE = ("/api/", "/credentials/", "/issuers/{name}/credentials/")
"""Paths at which nobody is answered with a page."""


def _answer(description: str, **more: Any) -> dict[str, Any]:
    return {
        "description": description,
        "content": {PROBLEM_JSON: {"schema": {"$ref": f"#/components/schemas/{_NAME}"}}},
        **more,
    }


_ALWAYS: dict[int | str, dict[str, Any]] = {
    400: _answer("The request cannot be taken as it is: `errors` says which member and why. Nothing was changed."),
    408: _answer("The body did not arrive in time."),
    429: _answer("More requests came from one client than are answered in that time.", headers=_RETRY),
    500: _answer("A defect of this service. Nothing was changed."),
    503: _answer("The service is too busy, or cannot use its own storage.", headers=_RETRY),
}
_ENTRY: dict[int | str, dict[str, Any]] = {
    401: _answer(
        "Nobody is signed in, or the token is unknown, expired or withdrawn.",
        headers={"WWW-Authenticate": {"description": "How to sign in.", "schema": {"type": "string"}}},
    ),
    403: _answer("Who asks may not do this here."),
}
_ABSENT: dict[int | str, dict[str, Any]] = {404: _answer("There is no such thing, or not for who asks.")}
_GONE: dict[int | str, dict[str, Any]] = {410: _answer("It was here and is gone for good.")}
_CHANGE: dict[int | str, dict[str, Any]] = {
    409: _answer("Somebody else was quicker, or it is in a state in which this cannot be done. Nothing was changed."),
    413: _answer("The body is larger than is read here."),
    415: _answer("The body has a form that is not read here."),
}


def described(path: str, methods: list[str], access: Access, stated: Mapping[str, Any]) -> dict[str, Any]:
    """What a route states of itself, with the refusals that every route of its kind gives added.

    A bearer token is for organisations' programs; a person's browser session serves as well, with the header
    X-CSRF-Token on what is not just read.
    """
    answers: dict[int | str, Any] = {**_ALWAYS, **_ABSENT}
    if access.who not in ("everyone", "link") or methods != ["GET"]:
        answers |= _ENTRY
    if "{" in path:
        answers |= _GONE
    if methods != ["GET"]:
        answers |= _CHANGE
    for status, answer in stated.get("responses", {}).items():
        # A refusal that a route has its own words for is a problem all the same.
        answers[status] = {**_answer(""), **answer} if _is_refusal(status) else answer
    if not path.startswith(_PROGRAMS_ALONE):
        answers = {status: _with_page(answer) if _is_refusal(status) else answer for status, answer in answers.items()}
    whole = {**stated, "responses": answers}
    if access.scope is not None or access.who == "instance":
        extra = dict(stated.get("openapi_extra") or {})
        extra.setdefault("security", [{BEARER: [access.scope] if access.scope else []}])
        whole["openapi_extra"] = extra
    return whole


def _is_refusal(status: int | str) -> bool:
    return str(status).isdigit() and int(status) >= 400


def _with_page(answer: dict[str, Any]) -> dict[str, Any]:
    """A refusal that a browser is shown as a page."""
    return {**answer, "content": {**answer["content"], "text/html": {"schema": {"type": "string"}}}}


def schemas() -> dict[str, Any]:
    """The schemas that `described` refers to."""
    return {_NAME: _SCHEMA}


def security_schemes() -> dict[str, Any]:
    """How programs show who they are."""
    return {
        BEARER: {
            "type": "http",
            "scheme": "bearer",
            "description": "A token that an administrator of an organization made; it is good for that organization.",
        }
    }
