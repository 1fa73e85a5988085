"""How the issuer's addresses are declared: each with its rule, checked before anything of it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter, Depends

from badgeport.issuer.web.access import Access
from badgeport.issuer.web.forms import form_of
from badgeport.issuer.web.openapi import described
from badgeport.issuer.web.visits import CSRF_HEADER, VisitDep, visit_of

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


class Routes:
    """The addresses of one domain. ``router`` is what the application includes."""

    def __init__(self, tag: str) -> None:
        self.router = APIRouter(tags=[tag])

    def page(self, path: str, access: Access) -> Callable[[Endpoint], Endpoint]:
        """A page for people: GET (and HEAD), not in the OpenAPI document."""
        return self._add(path, ["GET", "HEAD"], access, [Depends(visit_of)], include_in_schema=False)

    def form(self, path: str, access: Access) -> Callable[[Endpoint], Endpoint]:
        """What a form of ours is sent to: POST, its token checked."""
        return self._add(path, ["POST"], access, [Depends(visit_of), Depends(form_of)], include_in_schema=False)

    def get(self, path: str, access: Access, **openapi: Any) -> Callable[[Endpoint], Endpoint]:
        """What programs read."""
        return self._add(path, ["GET"], access, [Depends(visit_of)], **openapi)

    def post(self, path: str, access: Access, **openapi: Any) -> Callable[[Endpoint], Endpoint]:
        """What programs ask to be made or done."""
        return self._add(path, ["POST"], access, [Depends(visit_of), Depends(_program)], **openapi)

    def put(self, path: str, access: Access, **openapi: Any) -> Callable[[Endpoint], Endpoint]:
        """What programs write whole."""
        return self._add(path, ["PUT"], access, [Depends(visit_of), Depends(_program)], **openapi)

    def delete(self, path: str, access: Access, **openapi: Any) -> Callable[[Endpoint], Endpoint]:
        """What programs take away."""
        return self._add(path, ["DELETE"], access, [Depends(visit_of), Depends(_program)], **openapi)

    def _add(
        self, path: str, methods: list[str], access: Access, dependencies: list[Any], **openapi: Any
    ) -> Callable[[Endpoint], Endpoint]:
        if openapi.get("include_in_schema", True):
            openapi = described(path, methods, access, openapi)

        def decorate(endpoint: Endpoint) -> Endpoint:
            # The rule is found by the endpoint: with two of them, the later one would open the earlier address.
            if getattr(endpoint, "badgeport_access", access) != access:
                raise ValueError(f"{path}: this endpoint has another rule of access at another address")
            endpoint.badgeport_access = access  # type: ignore[attr-defined]
            self.router.add_api_route(path, endpoint, methods=methods, dependencies=dependencies, **openapi)
            return endpoint

        return decorate


def _program(visit: VisitDep) -> None:
    """A program that uses a browser's session shows that our own page told it to."""
    if visit.token is None and visit.sign_in is not None:
        visit.check_csrf(visit.request.headers.get(CSRF_HEADER, ""))
