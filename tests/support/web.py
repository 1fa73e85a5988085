"""A web of invented hosts on loopback: a real HTTPS (or HTTP) server, and fetchers whose every connection ends there.

    with Web() as web:
        web.put("https://ed.sc.example/did.json", {"id": …})
        web.behave("https://slow.example/list", "hang")
        fetcher = web.fetcher()

The fetchers are the real ones with every guard in place: each host has an invented public address (`Web.host` gives
it others), and only the very last step, the dialling of a checked address, leads to the server instead.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import httpcore2
import trustme

from badgeport.verifier.resolution.network import GuardedFetcher

Behaviour = Literal[
    "slow",  # answers after `seconds`
    "drip",  # one byte of the body each `seconds`, without end
    "drip-headers",  # one byte of the headers each `seconds`, without end
    "hang",  # takes the request, never answers
    "close",  # closes without an answer
    "reset",  # breaks the connection off
    "truncate",  # announces more than it sends
    "huge",  # a body without end, of no stated length
    "huge-announced",  # states a length beyond every limit
    "huge-headers",  # headers beyond every limit
    "redirect",  # to `to`, with `status` (302)
    "gzip",  # the body compressed, although it was not asked for
    "garbage",  # not HTTP at all
    "informational",  # 100 Continue without end
]


@dataclass(frozen=True, slots=True)
class Seen:
    """A request as it came in. Header names are in lower case."""

    url: str
    method: str
    headers: Mapping[str, str] = field(repr=False)

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> str:
        return urlsplit(self.url).query


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent for a URL."""

    body: bytes = b""
    media_type: str | None = "application/json"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Host:
    addresses: tuple[str, ...]
    down: str | None = None
    certificate: str | None = None


Body = bytes | str | Mapping[str, Any] | list[Any]


class Web:
    """The server and what it serves. Use it as a context manager, or `close` it.

    ``tls=False`` makes it a plain HTTP server, as a developer's own, at ``web.url("/path")``.
    """

    def __init__(self, *, tls: bool = True) -> None:
        self.log: list[Seen] = []
        """Every request, in the order they came in."""
        self.dialled: list[tuple[str, int]] = []
        """Every address and port that a fetcher tried to connect to."""
        self.looked_up: list[str] = []
        """Every host name a fetcher looked up."""
        self.busiest = 0
        """The most requests that were being answered at one time."""
        self.closing = threading.Event()
        self._tls = tls
        self._lock = threading.Lock()
        self._busy = 0
        self._hosts: dict[str, _Host] = {}
        self._answers: dict[str, Answer] = {}
        self._makers: dict[str, Callable[[Seen], Answer | None]] = {}
        self._behaviours: dict[str, tuple[Behaviour, dict[str, Any]]] = {}
        self._fetchers: list[GuardedFetcher] = []
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    # -- what is served ---------------------------------------------------------------------------------------------

    def put(
        self,
        url: str,
        body: Body = b"",
        *,
        media_type: str | None = "application/json",
        status: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        """Serve ``body`` (an object or list as JSON) at ``url``; with an ``ETag`` among the headers, 304 where due."""
        self._register(url)
        self._behaviours.pop(_key(url), None)
        self._answers[_key(url)] = Answer(_bytes(body), media_type, status, dict(headers or {}))
        return url

    def answer(self, url: str, maker: Callable[[Seen], Answer | None]) -> str:
        """Serve whatever ``maker`` makes of a request to ``url``, whatever its query; None is 404."""
        self._register(url)
        self._makers[_key(url).partition("?")[0]] = maker
        return url

    def behave(self, url: str, how: Behaviour, **details: Any) -> str:
        """Misbehave at ``url``: see `Behaviour`. ``details``: seconds, to, status, headers."""
        self._register(url)
        self._behaviours[_key(url)] = (how, details)
        return url

    def remove(self, url: str) -> None:
        """Answer 404 at ``url`` from now on."""
        self._answers.pop(_key(url), None)
        self._behaviours.pop(_key(url), None)
        self._makers.pop(_key(url).partition("?")[0], None)

    def host(
        self,
        name: str,
        *,
        addresses: tuple[str, ...] | None = None,
        down: Literal["refused", "silent", "no such name"] | None = None,
        certificate: Literal["wrong-name", "expired", "stranger"] | None = None,
    ) -> None:
        """Give a host other addresses, take it down, or give it a bad certificate; without any of it, all is well."""
        with self._lock:
            host = self._host(name.lower())
            host.addresses = addresses or host.addresses
            host.down, host.certificate = down, certificate

    # -- how it is reached ------------------------------------------------------------------------------------------

    def fetcher(self, **options: Any) -> GuardedFetcher:
        """A guarded fetcher in this web, closed with it. ``options`` as of `GuardedFetcher`."""
        options.setdefault("ssl_context", client_context())
        fetcher = _WebFetcher(self, **options)
        self._fetchers.append(fetcher)
        return fetcher

    def url(self, path: str) -> str:
        """The address of ``path`` at the server itself, as localhost."""
        return f"{'https' if self._tls else 'http'}://localhost:{self.port}{path}"

    def asked(self, url: str) -> int:
        """How many requests there were for ``url``."""
        return sum(_key(seen.url) == _key(url) for seen in list(self.log))

    def resolve(self, name: str, port: int) -> tuple[str, ...]:
        """The addresses of a host; fails as the system's resolver does where there is none of that name."""
        self.looked_up.append(name)
        host = self._hosts.get(name)
        if host is None or host.down == "no such name":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return host.addresses

    def close(self) -> None:
        """Stop serving."""
        self.closing.set()
        for fetcher in self._fetchers:
            fetcher.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- inside -----------------------------------------------------------------------------------------------------

    def _register(self, url: str) -> None:
        name = urlsplit(url).hostname
        assert name is not None
        with self._lock:
            self._host(name)

    def _host(self, name: str) -> _Host:
        if name not in self._hosts:
            number = len(self._hosts)
            self._hosts[name] = _Host((f"93.184.{number // 250}.{number % 250 + 1}",))
        return self._hosts[name]

    def _certificate(self, name: str | None) -> ssl.SSLContext:
        host = self._hosts.get(name or "")
        return _server_context(name or "localhost", host.certificate if host else None)

    def _reach(self, address: str) -> None:
        """Fails as a connection to a host that is down."""
        for host in self._hosts.values():
            if address in host.addresses and host.down == "refused":
                raise httpcore2.ConnectError(ConnectionRefusedError(111, "Connection refused"))
            if address in host.addresses and host.down == "silent":
                raise httpcore2.ConnectTimeout("timed out")


class _WebFetcher(GuardedFetcher):
    def __init__(self, web: Web, **options: Any) -> None:
        options.setdefault("resolve", web.resolve)
        super().__init__(**options)
        self._web = web

    def _dial(self, address: str, port: int, timeout: float) -> httpcore2.NetworkStream:
        self._web.dialled.append((address, port))
        self._web._reach(address)
        return super()._dial("127.0.0.1", self._web.port, timeout)


@cache
def _authority(name: str) -> trustme.CA:
    return trustme.CA(organization_name=name)


@cache
def client_context() -> ssl.SSLContext:
    """What trusts the certificates of every `Web`, and no others."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _authority("ours").configure_trust(context)
    return context


@cache
def _server_context(name: str, fault: str | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    names = ("localhost", "127.0.0.1", "::1") if name == "localhost" else (name,)
    if fault == "wrong-name":
        names = ("somebody-else.example",)
    expiry = datetime.now(UTC) - timedelta(days=1) if fault == "expired" else None
    authority = _authority("stranger" if fault == "stranger" else "ours")
    authority.issue_cert(*names, not_after=expiry).configure_cert(context)
    return context


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, web: Web) -> None:
        self.web = web
        self.context: ssl.SSLContext | None = None
        if web._tls:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.sni_callback = self._choose
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # Without the look-up of the machine's own name that http.server makes.
        socket.socket.bind(self.socket, self.server_address)
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up, or did not like the certificate: nothing to tell."""

    def _choose(self, request: ssl.SSLObject | ssl.SSLSocket, name: str | None, context: ssl.SSLContext) -> None:
        request.context = self.web._certificate(name)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def setup(self) -> None:
        if self.server.context is not None:
            self.request.settimeout(10)
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()
        with contextlib.suppress(OSError):
            self.request.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on standard error."""

    def do_GET(self) -> None:
        web = self.server.web
        scheme = "http" if self.server.context is None else "https"
        seen = Seen(
            f"{scheme}://{self.headers.get('Host', '')}{self.path}",
            self.command,
            {name.lower(): value for name, value in self.headers.items()},
        )
        with web._lock:
            web.log.append(seen)
            web._busy += 1
            web.busiest = max(web.busiest, web._busy)
        self.close_connection = True
        self._working = True
        try:
            behaviour = web._behaviours.get(_key(seen.url))
            if behaviour is None:
                self._serve(seen)
            else:
                self._misbehave(seen, *behaviour)
        except OSError:
            pass
        finally:
            self._worked()

    def _worked(self) -> None:
        """Count the request no longer as one that is being answered."""
        with self.server.web._lock:
            self.server.web._busy -= self._working
            self._working = False

    do_POST = do_HEAD = do_PUT = do_GET

    def _serve(self, seen: Seen) -> None:
        web, key = self.server.web, _key(seen.url)
        maker = web._makers.get(key.partition("?")[0])
        found = web._answers.get(key) or (maker(seen) if maker is not None else None)
        answer = found or Answer(b"nothing here", "text/plain", 404)
        tag = next((value for name, value in answer.headers.items() if name.lower() == "etag"), None)
        if answer.status == 200 and tag is not None and seen.headers.get("if-none-match") == tag:
            answer = Answer(b"", None, 304, answer.headers)
        self._head(answer.status, answer.media_type, answer.headers)
        if answer.status not in (204, 304):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body if answer.status not in (204, 304) else b"")

    def _misbehave(self, seen: Seen, how: Behaviour, details: dict[str, Any]) -> None:
        seconds: float = details.get("seconds", 0.05)
        closing = self.server.web.closing
        match how:
            case "slow":
                closing.wait(seconds)
                # Who has the answer may ask on before this thread comes to its end.
                self._worked()
                self._serve(seen)
            case "hang":
                closing.wait(60)
            case "close":
                return
            case "reset":
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            case "drip" | "drip-headers":
                first = b"HTTP/1.1 200 OK\r\n" + (b"Content-Length: 100000\r\n\r\n" if how == "drip" else b"X-Drip: ")
                self.wfile.write(first)
                for _ in range(10_000):
                    self.wfile.write(b"{")
                    if closing.wait(seconds):
                        return
            case "truncate":
                self._head(200, "application/json", {"Content-Length": "100"})
                self.end_headers()
                self.wfile.write(b'{"id":')
            case "huge":
                self._head(200, "application/json", {"Transfer-Encoding": "chunked"})
                self.end_headers()
                block = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
                while not closing.is_set():
                    self.wfile.write(block)
            case "huge-announced":
                self._head(200, "application/json", {"Content-Length": str(10**12)})
                self.end_headers()
                closing.wait(60)
            case "huge-headers":
                self._head(200, "application/json", {f"X-{number}": "x" * 1000 for number in range(80)})
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")
            case "redirect":
                headers = {"Location": details["to"], "Content-Length": "0", **details.get("headers", {})}
                self._head(details.get("status", 302), None, headers)
                self.end_headers()
            case "gzip":
                self._head(200, "application/json", {"Content-Encoding": "gzip", "Content-Length": "4"})
                self.end_headers()
                self.wfile.write(b"\x1f\x8b\x08\x00")
            case "garbage":
                self.wfile.write(b"SSH-2.0-nothing to see\r\n" * 4)
            case "informational":
                while not closing.is_set():
                    self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                    time.sleep(0.001)

    def _head(self, status: int, media_type: str | None, headers: Mapping[str, str]) -> None:
        # No Date of its own: tests have clocks of their own.
        self.send_response_only(status)
        if media_type is not None:
            self.send_header("Content-Type", media_type)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Connection", "close")


def _key(url: str) -> str:
    """The host (with its port, where the URL names one) and what is asked of it."""
    parts = urlsplit(url)
    return f"{parts.netloc.lower()}{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def _bytes(body: Body) -> bytes:
    if isinstance(body, bytes):
        return body
    return (body if isinstance(body, str) else json.dumps(body)).encode()
