"""Clients of an application in this process."""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import MutableMapping
from functools import cache
from typing import Any
from urllib.parse import unquote

import httpx2
from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.testclient import TestClient


class Client(TestClient):
    """A client whose requests run on one event loop for the whole process, and each of them as one task of it.

    A loop and threads of its own for each request, and word from thread to thread about each part of an answer, as
    Starlette's client has them, cost more than most requests do.
    """

    def __init__(
        self,
        app: Any,
        *,
        client: tuple[str, int] = ("testclient", 50000),
        follow_redirects: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(app, client=client, follow_redirects=follow_redirects, **options)
        self.portal = _portal()
        self._transport = _Whole(app, client)


class _Whole(httpx2.BaseTransport):
    """Asks an application, and answers when it has said all. What it raises is raised here."""

    def __init__(self, app: Any, client: tuple[str, int]) -> None:
        self._app = app
        self._client = client

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = request.url
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.partition(b"?")[0],
            "root_path": "",
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": self._client,
            "server": [url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)],
            "state": {},
        }
        start, body = _portal().call(_answered, self._app, scope, request.read())
        shown = b"" if request.method == "HEAD" else body
        stream = httpx2.ByteStream(shown)
        return httpx2.Response(start["status"], headers=start["headers"], stream=stream, request=request)


async def _answered(app: Any, scope: dict[str, Any], asked: bytes) -> tuple[MutableMapping[str, Any], bytes]:
    """The first message of an application's answer, and the whole body."""
    waiting = [{"type": "http.request", "body": asked, "more_body": False}]
    starts: list[MutableMapping[str, Any]] = []
    parts: list[bytes] = []
    done = asyncio.Event()

    async def receive() -> MutableMapping[str, Any]:
        if waiting:
            return waiting.pop()
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            assert not starts, "an answer began twice"
            starts.append(message)
        elif message["type"] == "http.response.body":
            assert starts, "a body came before its answer began"
            assert not done.is_set(), "a body went on after its end"
            parts.append(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                done.set()

    await app(scope, receive, send)
    assert done.is_set(), "an answer did not end"
    return starts[0], b"".join(parts)


@cache
def _portal() -> BlockingPortal:
    running = start_blocking_portal("asyncio")
    portal = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return portal
