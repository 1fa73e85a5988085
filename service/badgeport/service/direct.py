"""The short way to the addresses that programs ask by the million: past the framework's search for a route."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from badgeport.verifier.web.api import Direct

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

Handler: TypeAlias = Callable[[Request, Any], Coroutine[Any, Any, Response]]
Handlers: TypeAlias = Mapping[int | type[Exception], Handler]
"""How each kind of exception is answered; the nearest kind counts."""


class DirectRoutes:
    """The innermost layer: serves requests for direct routes itself and leaves all others to the framework.

    What such a request meets is what it would meet there: the same endpoint, and the same answer to an exception.
    """

    def __init__(self, app: ASGIApp, *, routes: Iterable[BaseRoute], handlers: Handlers) -> None:
        self._app = app
        self._handlers = handlers
        self._routes = {
            (method, route.path): route
            for route in routes
            if isinstance(route, Direct)
            for method in route.methods or ()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        route = None
        if scope["type"] == "http" and not scope.get("root_path"):
            route = self._routes.get((scope["method"], scope["path"]))
        if route is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = route
        request = Request(scope, receive, send)
        try:
            answer = await route.endpoint(request)
        except Exception as error:
            answer = await self._handler(error)(request, error)
        await answer(scope, receive, send)

    def _handler(self, error: Exception) -> Handler:
        """How this exception is answered. Raises it where nobody says how."""
        for kind in type(error).__mro__:
            if issubclass(kind, Exception) and kind in self._handlers:
                return self._handlers[kind]
        raise error
