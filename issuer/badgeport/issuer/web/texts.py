"""Texts that nothing here can keep are refused where a request comes in: in its path, query, cookies and JSON."""

from __future__ import annotations

from typing import Any

from badgeport.web.answers import Refusal
from fastapi import Request

from badgeport.issuer.texts import is_fit, unfit
from badgeport.schemas import pointer
from badgeport.schemas.problems import INVALID_REQUEST, NOT_FOUND

NO_TEXT = "a text in the request holds signs that no text has"


def check_address(request: Request, cookies: str) -> None:
    """Look at the path and the query of a request, and at its cookies whose names begin with ``cookies``.

    Raises Refusal: NOT_FOUND where the path names what cannot be, INVALID_REQUEST for the others.
    """
    if not is_fit(request.url.path) or not all(is_fit(str(value)) for value in request.path_params.values()):
        raise Refusal(NOT_FOUND, "there is nothing at this address")
    asked = [part for pair in request.query_params.multi_items() for part in pair]
    asked += [value for name, value in request.cookies.items() if name.startswith(cookies)]
    if not all(map(is_fit, asked)):
        raise Refusal(INVALID_REQUEST, NO_TEXT)


def check_json(value: Any) -> None:
    """Raises Refusal for the first text of a JSON value that is unfit, naming the member."""
    for path in unfit(value):
        raise Refusal(INVALID_REQUEST, NO_TEXT, pointer=pointer.join(*path) if path else None)
