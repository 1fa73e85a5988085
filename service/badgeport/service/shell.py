"""What stands around every request: its id, bounds on what it may cost, the headers of its answer, a line in the log.

Plain ASGI, so that a large body is never held twice and an answer is never held at all.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Literal

import structlog
from badgeport.web.answers import Refusal, status_of
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response

from badgeport.schemas.problems import (
    INTERNAL_ERROR,
    REQUEST_TIMEOUT,
    REQUEST_TOO_LARGE,
    SERVICE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
    Problem,
)
from badgeport.service.clients import Client, clients_at
from badgeport.service.logs import logger, tells, where
from badgeport.service.metrics import Metrics

if TYPE_CHECKING:
    from limits import RateLimitItem
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    RawHeaders = list[tuple[bytes, bytes]]

Respond = Callable[[Request, Problem, int, Mapping[str, str]], Awaitable[Response]]
"""How a refusal is written down: for a program as problem+json, for a person on the page as a page."""

REQUEST_ID = "X-Request-ID"
BODY_SECONDS = 120.0
BYTES_A_SECOND = 64 * 1024
"""How long a body may take to arrive: the seconds, and what it takes at this speed beside them."""

MAXIMUM_IN_FLIGHT = 256
"""Requests one process works on at once; more are sent away with a plain answer."""

MAXIMUM_PER_CLIENT = 24
"""Requests of one client that one process works on at once, while less than half of its places are taken."""

CROWDED_PER_CLIENT = 4
"""And when half are taken: a few clients, each with all it may have, leave room for others."""

READING_FACTOR = 10
"""How many requests that only read are allowed for one that asks for work."""

UNCOUNTED = ("/healthz", "/static/")
"""Paths that neither cost anything nor are limited."""

PROBES = ("/readyz", "/metrics")
"""Paths for those who watch over the service: limited by themselves, and answered however busy it is."""

CROSS_ORIGIN = ("/api/", "/credentials/", "/presentations/", "/challenges", "/openapi.json")
"""Paths that the page of any site may ask, without cookies or other credentials: there are none."""

_REQUEST_ID = REQUEST_ID.lower().encode()
_FORWARDED = frozenset({b"x-forwarded-for", b"forwarded"})
_SANE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._\-]{0,63}")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Addresses of results hold tokens: no other site is told them. Ours is: under "no-referrer" browsers do not say
    # where a form of our own comes from either, and over plain http nothing else tells it from a foreign one.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}
_CORS: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": f"{REQUEST_ID}, Retry-After, Location, Content-Disposition",
}
_PREFLIGHT: Mapping[str, str] = {
    **_CORS,
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": f"Content-Type, Accept, Accept-Language, {REQUEST_ID}",
    "Access-Control-Max-Age": "600",
}


class Frame:
    """The outermost layer: gives every request an id, every answer its headers, and lets no exception through."""

    def __init__(self, app: ASGIApp, *, respond: Respond, metrics: Metrics, https: bool) -> None:
        self._app = app
        self._respond = respond
        self._metrics = metrics
        self._headers = dict(_SECURITY_HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"
        # What is added to an answer that states none of them itself, which nearly all are: worked out once.
        self._usual = {path: self._all_for(path) for path in ("/static/", CROSS_ORIGIN[0], "/")}
        self._names = {_REQUEST_ID, *(name for headers in self._usual.values() for name, _ in headers)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = header(scope, _REQUEST_ID)
        # It tells requests apart and keeps nothing secret: no call to the system for it.
        request_id = given if _SANE_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        path, started, status = str(scope["path"]), time.monotonic(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(message, path, request_id)
            await send(message)

        try:
            if _is_preflight(scope):
                await Response(status_code=204, headers=dict(_PREFLIGHT))(scope, receive, sending)
            else:
                await self._app(scope, receive, sending)
        except Refusal as refusal:
            # Raised by a layer around the routes.
            if status:
                raise
            answer = await self._respond(
                Request(scope), refusal.problem, status_of(refusal.problem), dict(refusal.headers)
            )
            await answer(scope, receive, sending)
        except Exception as error:
            logger().error("defect", **where(error))
            if status:
                # Too late for another answer: the connection ends, so that half of one is not taken for the whole.
                raise _Broken from None
            problem = Problem(INTERNAL_ERROR, "a mistake in this program stopped it; nothing was decided")
            answer = await self._respond(Request(scope), problem, 500, {})
            await answer(scope, receive, sending)
        finally:
            self._account(scope, status or 499, time.monotonic() - started)

    def _dress(self, message: Message, path: str, request_id: str) -> None:
        """Give an answer its headers; what it states itself stays, but for its id and who may ask for it."""
        stated: RawHeaders = message["headers"]
        if self._names.isdisjoint([name.lower() for name, _ in stated]):
            kind = "/static/" if path.startswith("/static/") else "/"
            kind = CROSS_ORIGIN[0] if path.startswith(CROSS_ORIGIN) else kind
            message["headers"] = [*stated, (_REQUEST_ID, request_id.encode("latin-1")), *self._usual[kind]]
            return
        headers = MutableHeaders(scope=message)
        headers[REQUEST_ID] = request_id
        self._add(headers, path)

    def _all_for(self, path: str) -> RawHeaders:
        """What `_add` adds to an answer without any header."""
        headers = MutableHeaders(raw=[])
        self._add(headers, path)
        return headers.raw

    def _add(self, headers: MutableHeaders, path: str) -> None:
        for name, value in self._headers.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "public, max-age=3600" if path.startswith("/static/") else "no-store")
        if path.startswith(CROSS_ORIGIN):
            headers.update(_CORS)
        else:
            headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")

    def _account(self, scope: Scope, status: int, seconds: float) -> None:
        # The route, not the path: paths of results hold tokens.
        route = getattr(scope.get("route"), "path", None) or "(none)"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.answered(method, route, status, seconds)
        if tells(logging.INFO) and not scope["path"].startswith(UNCOUNTED + PROBES):
            logger().info("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))


class Gate:
    """Sends away what is too much: of one client, or of all together."""

    def __init__(self, app: ASGIApp, *, rate: str | None, proxies: int) -> None:
        from limits import parse
        from limits.storage import MemoryStorage
        from limits.strategies import SlidingWindowCounterRateLimiter

        self._app = app
        self._proxies = proxies
        self._rate = None if rate is None else parse(rate)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._in_flight = 0
        self._by_client: dict[str, int] = {}
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or raise Refusal."""
        if scope["type"] != "http" or scope["path"].startswith(UNCOUNTED):
            await self._app(scope, receive, send)
            return
        self._notice_proxy(scope)
        clients = clients_of(scope, self._proxies)
        if scope["path"].startswith(PROBES):
            self._count("probe", clients)
            await self._app(scope, receive, send)
            return
        if self._in_flight >= MAXIMUM_IN_FLIGHT:
            detail = "the service is too busy; ask again in a few seconds"
            raise Refusal(SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "5"})
        # Whose room it takes, where there is room for each: the widest.
        scope.setdefault("state", {})["network"] = clients[-1].network
        if self._rate is not None:
            self._admit(clients)
            self._count("read" if scope["method"] in ("GET", "HEAD", "OPTIONS") else "work", clients)
        self._in_flight += 1
        for client in clients:
            self._by_client[client.network] = self._by_client.get(client.network, 0) + 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._in_flight -= 1
            for client in clients:
                self._by_client[client.network] -= 1
                if not self._by_client[client.network]:
                    del self._by_client[client.network]

    def _notice_proxy(self, scope: Scope) -> None:
        """Say, once, that a proxy nobody told us of may stand before the service: who come by it are one client."""
        if self._proxies or self._warned:
            return
        if any(name in _FORWARDED for name, _ in scope["headers"]):
            self._warned = True
            logger().warning(
                "a request came with X-Forwarded-For or Forwarded: if a proxy of yours sent it, set "
                "BADGEPORT_TRUSTED_PROXIES, or all visitors share one rate limit, and BADGEPORT_PUBLIC_URL"
            )

    def _admit(self, clients: tuple[Client, ...]) -> None:
        crowded = self._in_flight >= MAXIMUM_IN_FLIGHT // 2
        for client in clients:
            most = (CROWDED_PER_CLIENT if crowded else MAXIMUM_PER_CLIENT) * client.weight
            if self._by_client.get(client.network, 0) >= most:
                detail = f"more than {most} requests at once; wait for an answer before you ask again"
                raise Refusal(TOO_MANY_REQUESTS, detail, headers={"Retry-After": "1"})

    def _count(self, kind: Literal["work", "read", "probe"], clients: tuple[Client, ...]) -> None:
        if self._rate is None:
            return
        for client in clients:
            self._hit(self._rate, kind, client)

    def _hit(self, usual: RateLimitItem, kind: str, client: Client) -> None:
        amount = usual.amount * client.weight * (1 if kind == "work" else READING_FACTOR)
        rate, key = type(usual)(amount, usual.multiples), (kind, client.network)
        if not self._limiter.hit(rate, *key):
            seconds = max(1, round(self._limiter.get_window_stats(rate, *key).reset_time - time.time()))
            raise Refusal(
                TOO_MANY_REQUESTS,
                f"more than {rate.amount} requests in one {rate.GRANULARITY.name}; wait {seconds} seconds",
                headers={"Retry-After": str(seconds)},
            )


class BoundedBody:
    """Reads no more of a body than its address allows, and no longer than is reasonable."""

    def __init__(
        self, app: ASGIApp, *, respond: Respond, bound: Callable[[str], int], seconds: float = BODY_SECONDS
    ) -> None:
        self._app = app
        self._respond = respond
        self._bound = bound
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or raise Refusal."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bound = self._bound(scope["path"])
        stated = header(scope, b"content-length")
        if stated.isascii() and stated.isdigit() and (len(stated) > 18 or int(stated) > bound):
            raise _too_large(bound)
        began = time.monotonic()
        read, whole, started = 0, False, False
        tripped: Refusal | None = None

        async def reading() -> Message:
            nonlocal read, whole, tripped
            if tripped is not None:
                raise tripped
            if whole:
                return await receive()
            try:
                left = began + self._seconds + read / BYTES_A_SECOND - time.monotonic()
                async with asyncio.timeout(max(left, 0.0)):
                    message = await receive()
            except TimeoutError:
                detail = f"the request came too slowly and was not whole after {time.monotonic() - began:.0f} seconds"
                tripped = Refusal(REQUEST_TIMEOUT, detail, headers={"Connection": "close"})
                raise tripped from None
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                whole = not message.get("more_body", False)
                if read > bound:
                    tripped = _too_large(bound)
                    raise tripped
            return message

        async def sending(message: Message) -> None:
            nonlocal started
            if tripped is not None and not started:
                # Whoever read the body made something else of the refusal.
                return
            started = True
            await send(message)

        try:
            await self._app(scope, reading, sending)
        except Refusal:
            if tripped is None:
                raise
        if tripped is not None and not started:
            problem = tripped.problem
            answer = await self._respond(Request(scope), problem, status_of(problem), dict(tripped.headers))
            await answer(scope, receive, send)


def _too_large(bound: int) -> Refusal:
    return Refusal(REQUEST_TOO_LARGE, f"the request is larger than {bound} bytes", headers={"Connection": "close"})


def header(scope: Scope, name: bytes) -> str:
    """The first header of a request with this name, which is given in lower case; empty where there is none."""
    for each, value in scope["headers"]:
        if each == name:
            return str(value, "latin-1")
    return ""


def clients_of(scope: Scope, proxies: int) -> tuple[Client, ...]:
    """Whom a request counts for, as far as limits are concerned, the narrowest first.

    Behind ``proxies`` trusted proxies it is what the outermost of them saw. What stands further left in
    ``X-Forwarded-For`` anybody could have written.
    """
    peer = scope.get("client")
    shown = peer[0] if peer else ""
    if proxies:
        stated = [
            part.strip() for value in Headers(scope=scope).getlist("x-forwarded-for") for part in value.split(",")
        ]
        if len(stated) >= proxies:
            shown = stated[-proxies]
    return clients_at(shown)


def _is_preflight(scope: Scope) -> bool:
    return (
        scope["method"] == "OPTIONS"
        and scope["path"].startswith(CROSS_ORIGIN)
        and "access-control-request-method" in Headers(scope=scope)
    )


class _Broken(Exception):  # noqa: N818 - ends a connection; what went wrong is in the log
    """An answer that could not be finished."""


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
