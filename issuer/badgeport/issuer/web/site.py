"""Every address of the issuer, and how what goes wrong there is answered."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from badgeport.web.answers import problem_response, status_of
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Conflict, Forbidden, Mistakes
from badgeport.issuer.web.pages import error_page
from badgeport.issuer.web.programs import mistakes_response
from badgeport.schemas.problems import CONFLICT, INVALID_REQUEST, NOT_ALLOWED, NOT_FOUND, Problem

DOMAINS = ("people", "catalog", "submissions", "awards", "hosting", "home", "reports", "audit", "api")
"""The packages with addresses; each may have ``pages`` and ``programs``, modules with ``routes``."""

PROGRAM_PATHS = ("/api/", "/credentials/", "/status/", "/.well-known/", "/c/", "/keys/")
"""Where a refusal is written for a program, unless a browser asks for a page."""

UPLOAD_BYTES = 64 * 1024 * 1024
"""The most one request may bear where files are handed in."""
FORM_BYTES = 2 * 1024 * 1024
BEARING = (
    *("/evidence", "/image", "/batches", "/import", "/profile"),
    *("/decisions", "/decisions/new", "/decisions/preview"),
)
"""How paths end where files are handed in."""


def routers() -> tuple[APIRouter, ...]:
    """Every router, in the order in which addresses are matched."""
    found = [module_of(f"badgeport.issuer.{domain}.{part}") for domain in DOMAINS for part in ("programs", "pages")]
    return tuple(module.routes.router for module in found if module is not None)


def module_of(name: str) -> ModuleType | None:
    """The module with this name; None where there is none."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        return None


def body_bound(path: str) -> int:
    """How many bytes the body of a request to a path of the issuer may hold."""
    return UPLOAD_BYTES if path.endswith(BEARING) else FORM_BYTES


def wants_page(request: Request) -> bool:
    """Whether a refusal is for a person: a browser asks for HTML."""
    path = request.url.path
    if path.startswith(("/api/", "/credentials/")) or path.endswith(("/credentials/issue", "/credentials/status")):
        return False
    if "text/html" in request.headers.get("accept", ""):
        return True
    route = request.scope.get("route")
    # An address in the OpenAPI document is one for programs, whatever it also shows to people.
    described = isinstance(route, APIRoute) and route.include_in_schema
    return not described and not path.startswith(PROGRAM_PATHS)


async def on_mistakes(request: Request, error: Exception) -> Response:
    """Input that no page put beside its fields."""
    assert isinstance(error, Mistakes)
    if not wants_page(request):
        return mistakes_response(error)
    return error_page(request, Problem(INVALID_REQUEST, str(error)), 422)


async def on_trouble(request: Request, error: Exception) -> Response:
    """Conflict, Absent, Forbidden."""
    if isinstance(error, Conflict):
        problem = Problem(CONFLICT, str(error))
    elif isinstance(error, Forbidden):
        problem = Problem(NOT_ALLOWED, str(error))
    else:
        problem = Problem(NOT_FOUND, "there is nothing at this address, or it is not yours to see")
    return error_page(request, problem) if wants_page(request) else problem_response(problem, status=status_of(problem))


TROUBLES = (Conflict, Forbidden, Absent)
