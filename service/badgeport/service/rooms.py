"""The issuer's and the receiver's rooms as the application takes them in.

They bring a database and all that belongs to it: this is imported only where they are served, so that a process that
only verifies does without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.web import openapi, site
from badgeport.issuer.web.pages import error_page
from badgeport.receiver import site as receiver_site
from badgeport.receiver.policies.shelving import PublishedShelf
from badgeport.schemas.problems import Problem
from badgeport.service.direct import Handlers
from badgeport.verifier.shelf import LiveShelf, Shelf

HANDLERS: Handlers = {Mistakes: site.on_mistakes, **dict.fromkeys(site.TROUBLES, site.on_trouble)}
"""How what goes wrong in these rooms is answered."""


def routers() -> tuple[APIRouter, ...]:
    """The addresses of both."""
    return (*site.routers(), *receiver_site.routers())


def body_bounds(others: Callable[[str], int], small: int) -> Callable[[str], int]:
    """How many bytes the body of a request to each path may hold, where ``others`` allow no more than ``small``."""

    def bound(path: str) -> int:
        most = others(path)
        return max(most, site.body_bound(path)) if most == small else most

    return bound


def wants_page(request: Request) -> bool:
    """Whether a person asks, who is answered with a page."""
    return site.wants_page(request)


def refusal_page(request: Request, problem: Problem, status: int) -> Response:
    """A refusal as a page."""
    return error_page(request, problem, status)


def live_shelf(fixed: Shelf, issuer: IssuerDesk) -> Shelf:
    """The policies of the operator and the examples, with what organisations publish here."""
    published = PublishedShelf(issuer.database, issuer.public_url, issuer.clock)
    return LiveShelf(fixed, published.now, published.forget)


def describe(document: dict[str, Any]) -> None:
    """Add to an OpenAPI document what the issuer's addresses refer to."""
    components = document["components"]
    components["schemas"].update(openapi.schemas())
    components.setdefault("securitySchemes", {}).update(openapi.security_schemes())
