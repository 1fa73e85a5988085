"""The one place that opens connections: the guarded fetcher.

What it is asked for was named by somebody who may mean ill, and so may whoever answers. Per request: the purpose must
be allowed; the address must be one that `addresses` lets pass; its name is looked up once, every network address found
must be public, and the connection goes to one of exactly these, while TLS still checks the name; a redirect goes
through all of it again; one deadline holds for the whole, however slowly the bytes drip; and the answer is cut off at
the bytes its purpose may have. No cookies, no passwords, no proxies, nothing compressed, no connection used twice.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, get_args

import httpcore2

from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier.resolution.addresses import (
    AddressError,
    WebAddress,
    follow,
    is_loopback,
    parse_web_address,
    why_not_public,
)
from badgeport.verifier.resolution.fetching import SAME_HOST, Fetched, FetchError, Purpose
from badgeport.verifier.resolution.http_cache import Held, HttpCache, Missed, hold, renew

USUAL_PURPOSES: frozenset[Purpose] = frozenset(get_args(Purpose)) - {"schema", "resource", "issuer-page"}
"""What is fetched unless a policy allows more: what a verdict cannot do without."""

MAXIMUM_REDIRECTS = 3
MAXIMUM_HEADER_BYTES = 32 * 1024

# What a person handed in is asked for as it is now, and is nothing to be kept in a memory that many people share.
_NEVER_KEPT: frozenset[Purpose] = frozenset({"credential", "refresh"})

_CREDENTIAL = "application/vc+jwt, application/vc+sd-jwt, application/vc, application/vc+ld+json, application/ld+json"
_ACCEPT: dict[Purpose, str] = {
    "credential": f"{_CREDENTIAL}, application/json;q=0.9, image/png;q=0.6, image/svg+xml;q=0.6, "
    "text/html;q=0.3, */*;q=0.1",
    "controller": "application/did+ld+json, application/did+json, application/did, application/cid, "
    "application/ld+json, application/json;q=0.9, */*;q=0.1",
    "key": "application/jwk+json, application/json;q=0.9, application/ld+json;q=0.9, */*;q=0.1",
    "key-set": "application/jwk-set+json, application/json;q=0.9, */*;q=0.1",
    "status-list": f"{_CREDENTIAL}, application/json;q=0.9, */*;q=0.1",
    "revocation-list": "application/json, application/ld+json;q=0.9, */*;q=0.1",
    "refresh": f"{_CREDENTIAL}, application/json;q=0.9, */*;q=0.1",
    "registry": f"application/json, application/entity-statement+jwt, {_CREDENTIAL}, */*;q=0.1",
    "badge": "application/ld+json, application/json;q=0.9, application/jose;q=0.8, */*;q=0.1",
    "schema": "application/schema+json, application/json;q=0.9, */*;q=0.1",
    "resource": "*/*",
    "issuer-page": "text/html, application/ld+json;q=0.9, application/json;q=0.9, */*;q=0.5",
}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,64}/[a-z0-9!#$&^_.+-]{1,64}")
# Statuses by which a server says that it cannot answer, not that there is nothing.
_UNABLE = frozenset({408, 425, 429})
# How long a server on this machine may take to show that it speaks TLS.
_LOOPBACK_TLS_SECONDS = 2.0
_NAMES_OF_LOOPBACK = ("127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a fetch may take, in seconds, and how many go to one host at a time."""

    connect: float = 5.0
    """To connect to one network address and agree on TLS."""
    read: float = 10.0
    """For the next byte to come."""
    total: float = 20.0
    """For everything: look-up, waiting for a turn, redirects, the last byte."""
    per_host: int = 4
    """Requests to one host at the same time; more wait for their turn."""


DEFAULT_TIMEOUTS = Timeouts()


_NEVER_PUBLIC = frozenset({"alt", "example", "internal", "invalid", "local", "onion", "test"})


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The network addresses of a host name, as the operating system finds them. Raises OSError.

    Names that never lead to a public host (RFC 6761, RFC 6762 and their kin) are not looked up.
    """
    if host.rpartition(".")[2] in _NEVER_PUBLIC or host.endswith(".home.arpa"):
        raise socket.gaierror(socket.EAI_NONAME, "the name is reserved and leads to no public host")
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def utc_now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


class _NotHadError(Exception):
    """Internal: no document, and why; ``server_down`` where its server said nothing about the document."""

    def __init__(self, reason: str, *, server_down: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.server_down = server_down


class _BusyError(_NotHadError):
    """Internal: too much was going on here to ask. That says nothing about the server, nor about the document."""


class GuardedFetcher:
    """Fetches documents over HTTPS for those who verify; safe to use from many threads, as a context manager or not.

    ``purposes``: what may be fetched at all. ``allow_loopback_http`` (development): hosts named localhost, 127.x.x.x
    or [::1] may be asked, also by plain http, also where an https address was meant and nothing there speaks TLS.
    ``allow_loopback`` (tests): names may lead to 127.0.0.1 and ::1, over TLS. ``resolve`` gives the network addresses
    of a name and port. ``ssl_context`` replaces the system's trust in certificate authorities. ``clock`` tells what is
    still fresh. ``cache`` is shared by whoever is given the same one; by default each fetcher has its own.
    """

    def __init__(
        self,
        *,
        purposes: frozenset[Purpose] = USUAL_PURPOSES,
        allow_loopback_http: bool = False,
        allow_loopback: bool = False,
        clock: Callable[[], datetime] = utc_now,
        resolve: Callable[[str, int], Sequence[str]] = system_resolver,
        ssl_context: ssl.SSLContext | None = None,
        limits: Limits = DEFAULT_LIMITS,
        timeouts: Timeouts = DEFAULT_TIMEOUTS,
        cache: HttpCache | None = None,
    ) -> None:
        self._purposes = purposes
        self._allow_loopback_http = allow_loopback_http
        self._allow_loopback = allow_loopback
        self._clock = clock
        self._resolve = resolve
        self._ssl_context = ssl_context
        self._limits = limits
        self._timeouts = timeouts
        self._cache = HttpCache() if cache is None else cache
        self._turns = _Turns(timeouts.per_host)
        self._look_ups = _LookUps()
        self._plain_loopback: set[tuple[str, int]] = set()
        self._lock = threading.Lock()
        self._closed = False

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document at ``url``, kept ones included. Raises FetchError, and no other error.

        A copy whose time is over, taken because its server is down, says so in ``stale``.
        """
        if self._closed:
            raise FetchError(url, "the fetcher was closed")
        if purpose not in self._purposes:
            raise FetchError(url, f"the policy does not allow fetching it (purpose {purpose})")
        try:
            address = parse_web_address(url, loopback=self._allow_loopback, loopback_http=self._allow_loopback_http)
            deadline = _Deadline(self._timeouts.total)
            if purpose in _NEVER_KEPT:
                return _as_fetched(url, self._get(address, purpose, deadline, None))
            return self._fetch_kept(url, address, purpose, deadline)
        except (AddressError, _NotHadError) as error:
            raise FetchError(url, error.reason) from None
        except FetchError:
            raise
        except Exception as error:
            # Whatever breaks in here says nothing about the document.
            raise FetchError(url, f"the request broke ({type(error).__name__})") from error

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """The body of the answer 200 to what was sent to ``url``, from its own server and no other. Raises FetchError.

        For what an operator configured (a token endpoint): no verification ever sends anything.
        """
        if self._closed:
            raise FetchError(url, "the fetcher was closed")
        try:
            address = parse_web_address(url, loopback=self._allow_loopback, loopback_http=self._allow_loopback_http)
            deadline = _Deadline(self._timeouts.total)
            sent = {**headers, "Accept": "application/json", "Content-Length": str(len(body))}
            answer = self._exchange(address, "refresh", deadline, sent, body)
        except (AddressError, _NotHadError) as error:
            raise FetchError(url, error.reason) from None
        except Exception as error:
            raise FetchError(url, f"the request broke ({type(error).__name__})") from error
        if answer.status != 200:
            raise FetchError(url, f"the server answered {_status(answer.status)}")
        return answer.body

    def close(self) -> None:
        """Fetch nothing any more, and forget what was kept. Requests on their way end by themselves."""
        self._closed = True
        self._cache.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # -- what is kept -----------------------------------------------------------------------------------------------

    def _fetch_kept(self, url: str, address: WebAddress, purpose: Purpose, deadline: _Deadline) -> Fetched:
        key = (str(address), purpose)
        held, now = self._cache.get(key), self._clock()
        if held is not None and held.fresh(now):
            return _as_fetched(url, held)
        missed = self._cache.missed(key)
        if missed is not None and missed.recent(now):
            return _or_stale(url, missed, held, now)
        flight, mine = self._cache.join(key)
        if mine:
            result: Held | Missed | None = None
            try:
                result = self._get_anew(key, address, purpose, deadline)
            finally:
                self._cache.leave(key, result)
        else:
            result = flight.wait(deadline.left)
        if isinstance(result, Held):
            return _as_fetched(url, result)
        if result is None:
            result = Missed("another request for it did not end in time", False, now)
        return _or_stale(url, result, held, self._clock())

    def _get_anew(
        self, key: tuple[str, str], address: WebAddress, purpose: Purpose, deadline: _Deadline
    ) -> Held | Missed:
        held = self._cache.get(key)
        if held is not None and held.fresh(self._clock()):
            # Another request landed between the look and the join.
            return held
        try:
            result = self._get(address, purpose, deadline, held)
        except AddressError as error:
            missed = Missed(error.reason, False, self._clock())
        except _BusyError as error:
            # Whoever keeps this program busy must not thereby bring an old copy back into use, nor a failure about.
            return Missed(error.reason, False, self._clock())
        except _NotHadError as error:
            missed = Missed(error.reason, error.server_down, self._clock())
        else:
            self._cache.put(key, result)
            return result
        self._cache.miss(key, missed)
        return missed

    # -- requests ---------------------------------------------------------------------------------------------------

    def _get(self, address: WebAddress, purpose: Purpose, deadline: _Deadline, held: Held | None) -> Held:
        """The document, from its server, redirects followed. Raises AddressError and _NotHadError."""
        asked = address
        for step in range(MAXIMUM_REDIRECTS + 1):
            # What is held was found at one address; only there can it be said to be unchanged.
            known = held if held is not None and held.url == str(asked) else None
            answer = self._exchange(asked, purpose, deadline, known.conditions if known is not None else {})
            if answer.status in _REDIRECTS and "location" in answer.headers:
                asked = self._redirected(asked, answer.headers["location"], purpose)
                continue
            now, lists = self._clock(), purpose == "status-list"
            if answer.status == 304 and known is not None:
                return renew(known, answer.headers, now=now, status_list=lists, limits=self._limits)
            if answer.status not in (200, 203):
                unable = answer.status >= 500 or answer.status in _UNABLE
                raise _NotHadError(f"the server answered {_status(answer.status)}", server_down=unable)
            return hold(
                answer.body,
                answer.headers,
                media_type=_media_type(answer.headers.get("content-type", "")),
                url=str(asked),
                redirected=step > 0,
                now=now,
                status_list=lists,
                limits=self._limits,
            )
        raise _NotHadError(f"it was redirected more than {MAXIMUM_REDIRECTS} times")

    def _redirected(self, address: WebAddress, location: str, purpose: Purpose) -> WebAddress:
        following = follow(address, location, loopback=self._allow_loopback, loopback_http=self._allow_loopback_http)
        if purpose in SAME_HOST and following.origin != address.origin:
            raise _NotHadError(f"it redirects to another host, {following.authority}, which cannot speak for this one")
        return following

    def _exchange(
        self,
        address: WebAddress,
        purpose: Purpose,
        deadline: _Deadline,
        conditions: Mapping[str, str],
        content: bytes | None = None,
    ) -> _Answer:
        with self._turns.of(address.host, deadline):
            addresses = self._checked_addresses(address, deadline)
            if not (address.loopback and address.scheme == "https" and self._allow_loopback_http):
                return self._send(address, addresses, purpose, deadline, conditions, content)
            plain = WebAddress("http", address.host, address.port, address.target)
            if address.origin in self._plain_loopback:
                try:
                    return self._send(plain, addresses, purpose, deadline, conditions, content)
                except _NotHadError:
                    # Perhaps another server took the port.
                    self._plain_loopback.discard(address.origin)
                    raise
            try:
                return self._send(address, addresses, purpose, deadline, conditions, content)
            except _NoTlsError:
                answer = self._send(plain, addresses, purpose, deadline, conditions, content)
                if len(self._plain_loopback) < 1000:
                    self._plain_loopback.add(address.origin)
                return answer

    def _send(
        self,
        address: WebAddress,
        addresses: Sequence[str],
        purpose: Purpose,
        deadline: _Deadline,
        conditions: Mapping[str, str],
        content: bytes | None = None,
    ) -> _Answer:
        """One request and its answer: GET, or POST of ``content``.

        Raises _NotHadError, as _NoTlsError where a connection stood and TLS did not.
        """
        cap = _cap(purpose, self._limits)
        network = _Network(self, addresses, deadline, cap)
        headers: dict[bytes | str, bytes | str] = {
            "Host": address.authority,
            "Accept": _ACCEPT[purpose],
            "Accept-Encoding": "identity",
            "User-Agent": "badgeport",
            "Connection": "close",
        }
        headers.update(conditions)
        tls = min(self._timeouts.connect, _LOOPBACK_TLS_SECONDS) if address.loopback else self._timeouts.connect
        timeout = {"connect": tls, "read": self._timeouts.read, "write": self._timeouts.read}
        connection = httpcore2.HTTPConnection(
            origin=httpcore2.Origin(address.scheme.encode(), address.host.encode(), address.port),
            ssl_context=self._tls() if address.scheme == "https" else None,
            network_backend=network,
        )
        url = httpcore2.URL(
            scheme=address.scheme.encode(),
            host=address.host.encode(),
            port=address.port,
            target=address.target.encode("ascii"),
        )
        try:
            method, options = "GET" if content is None else "POST", {"timeout": timeout}
            with connection.stream(method, url, headers=headers, content=content, extensions=options) as response:
                received = _headers(response.headers)
                if response.status not in (200, 203):
                    return _Answer(response.status, received, b"")
                return _Answer(response.status, received, _body(response, received, cap))
        except _NotHadError:
            raise
        except Exception as error:
            raise _explained(error, network, address.scheme == "https", deadline) from error
        finally:
            with contextlib.suppress(Exception):
                connection.close()
            network.close()

    def _tls(self) -> ssl.SSLContext:
        with self._lock:
            if self._ssl_context is None:
                self._ssl_context = httpcore2.default_ssl_context()
            return self._ssl_context

    def _checked_addresses(self, address: WebAddress, deadline: _Deadline) -> Sequence[str]:
        """The network addresses of a host, every one of them checked. Raises _NotHadError."""
        if address.loopback:
            return _NAMES_OF_LOOPBACK if address.host == "localhost" else (address.host,)
        found = self._look_up(address.host, address.port, deadline)
        if not found:
            raise _NotHadError("there is no host of that name", server_down=True)
        for each in found:
            why = why_not_public(each)
            if why is not None and not (self._allow_loopback and is_loopback(each)):
                raise _NotHadError(f"the name of the host leads to {why}, which is not asked")
        return found

    def _look_up(self, host: str, port: int, deadline: _Deadline) -> Sequence[str]:
        """What a name leads to. The system sets no time for that, so it is left alone with it when the time is up."""
        domain = ".".join(host.rsplit(".", 2)[-2:])
        if not self._look_ups.begin(domain, deadline):
            raise _BusyError("too many names are being looked up at the moment")
        found: list[Sequence[str] | Exception] = []
        done = threading.Event()

        def look_up() -> None:
            try:
                found.append(tuple(self._resolve(host, port)))
            except Exception as error:
                found.append(error)
            finally:
                self._look_ups.end(domain)
                done.set()

        try:
            threading.Thread(target=look_up, name="look-up", daemon=True).start()
        except RuntimeError:
            self._look_ups.end(domain)
            raise _BusyError("too many names are being looked up at the moment") from None
        if not done.wait(max(deadline.left, 0.0)):
            raise _NotHadError("the name of the host could not be looked up in time", server_down=True)
        answer = found[0]
        if isinstance(answer, Exception):
            # Apart from a name that does not exist, as far as can be told, this is the resolver's own trouble.
            missing = isinstance(answer, socket.gaierror) and answer.errno == socket.EAI_NONAME
            reason = "there is no host of that name" if missing else "the name of the host could not be looked up"
            raise _NotHadError(reason, server_down=True)
        return answer

    def _dial(self, address: str, port: int, timeout: float) -> httpcore2.NetworkStream:
        """A connection to a network address that was checked."""
        return httpcore2.SyncBackend().connect_tcp(address, port, timeout=timeout)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class _NoTlsError(_NotHadError):
    """Internal: the server is there and does not speak TLS."""


class _Deadline:
    """The instant by which everything must be over."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left; below zero when it is over."""
        return self._end - time.monotonic()


class _Network(httpcore2.NetworkBackend):
    """The network as one request sees it: its host's checked addresses, one deadline, a bounded number of bytes."""

    def __init__(self, fetcher: GuardedFetcher, addresses: Sequence[str], deadline: _Deadline, cap: int) -> None:
        self._fetcher = fetcher
        self._addresses = addresses
        self._deadline = deadline
        # Beside the body: headers, and what chunks and the end of a chunked body add to it.
        self._bytes = 2 * cap + 4 * MAXIMUM_HEADER_BYTES
        self._stream: _Stream | None = None

    @property
    def connected(self) -> bool:
        """Whether a connection came about."""
        return self._stream is not None

    def connect_tcp(
        self,
        host: str,  # noqa: ARG002
        port: int,
        timeout: float | None = None,  # noqa: ARG002
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        """A connection to the first checked address that takes one; the name is not looked up again."""
        error: Exception = httpcore2.ConnectError("no address")
        for address in self._addresses:
            seconds = min(self._fetcher._timeouts.connect, self._deadline.left)
            if seconds <= 0:
                raise httpcore2.ConnectTimeout("the deadline is over")
            try:
                stream = self._fetcher._dial(address, port, seconds)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as failure:
                error = failure
                continue
            self._stream = _Stream(stream, self, self._deadline)
            return self._stream
        raise error

    def take(self, count: int) -> None:
        """Count bytes that came in."""
        self._bytes -= count
        if self._bytes < 0:
            raise _NotHadError("the server sent more than the document may hold")

    def close(self) -> None:
        """Close the connection, if one came about."""
        if self._stream is not None:
            with contextlib.suppress(Exception):
                self._stream.close()


class _Stream(httpcore2.NetworkStream):
    """A connection on which every step ends with the deadline of the request."""

    def __init__(self, stream: httpcore2.NetworkStream, network: _Network, deadline: _Deadline) -> None:
        self._stream = stream
        self._network = network
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._seconds(timeout, httpcore2.ReadTimeout))
        self._network.take(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._seconds(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        seconds = self._seconds(timeout, httpcore2.ConnectTimeout)
        self._stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
        return self

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _seconds(self, timeout: float | None, over: type[Exception]) -> float:
        left = self._deadline.left
        if left <= 0:
            raise over("the deadline is over")
        return left if timeout is None else min(timeout, left)


class _LookUps:
    """At most so many look-ups at a time, all together and of the names of one domain.

    A look-up that hangs cannot be stopped and keeps its place until it ends: the names of one domain, whose owner may
    make them hang, must not take all places.
    """

    def __init__(self, together: int = 32, of_domain: int = 8) -> None:
        self._together = together
        self._of_domain = of_domain
        self._running: Counter[str] = Counter()
        self._change = threading.Condition()

    def begin(self, domain: str, deadline: _Deadline) -> bool:
        """Wait for a place; returns whether there was one in time."""
        with self._change:
            free = self._change.wait_for(lambda: self._has_room(domain), max(deadline.left, 0.0))
            if free:
                self._running[domain] += 1
            return free

    def end(self, domain: str) -> None:
        """Give the place back."""
        with self._change:
            self._running[domain] -= 1
            self._running += Counter()
            self._change.notify_all()

    def _has_room(self, domain: str) -> bool:
        return self._running[domain] < self._of_domain and self._running.total() < self._together


class _Turns:
    """At most so many requests to one host at a time."""

    def __init__(self, per_host: int) -> None:
        self._per_host = per_host
        self._lock = threading.Lock()
        self._hosts: dict[str, tuple[threading.Semaphore, int]] = {}

    @contextlib.contextmanager
    def of(self, host: str, deadline: _Deadline) -> Iterator[None]:
        """Wait for a turn, and give it back. Raises _NotHadError where none came in time."""
        with self._lock:
            gate, users = self._hosts.get(host, (threading.Semaphore(self._per_host), 0))
            self._hosts[host] = (gate, users + 1)
        try:
            if not gate.acquire(timeout=max(deadline.left, 0.0)):
                raise _BusyError("too many requests to this server are waiting")
            try:
                if deadline.left < deadline.seconds / 2:
                    # What is left is too little to tell a server that is down from one that was asked too late.
                    raise _BusyError("too many requests to this server are waiting")
                yield
            finally:
                gate.release()
        finally:
            with self._lock:
                gate, users = self._hosts[host]
                if users == 1:
                    del self._hosts[host]
                else:
                    self._hosts[host] = (gate, users - 1)


def _as_fetched(url: str, held: Held, stale: str | None = None) -> Fetched:
    location = held.url if held.redirected else None
    return Fetched(url, held.body, held.media_type, held.fetched_at, stale, location)


def _or_stale(url: str, missed: Missed, held: Held | None, now: datetime) -> Fetched:
    """The copy that is at hand where its server is down and it is not too old. Raises FetchError."""
    if missed.server_down and held is not None and held.usable(now):
        return _as_fetched(url, held, missed.reason)
    raise FetchError(url, missed.reason)


def _cap(purpose: Purpose, limits: Limits) -> int:
    """The bytes that a document of this purpose may have."""
    if purpose in ("credential", "resource"):
        return limits.input_bytes
    return min(4 * limits.document_bytes, limits.input_bytes) if purpose == "status-list" else limits.document_bytes


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers of an answer, names in lower case, of one name joined."""
    if sum(len(name) + len(value) + 4 for name, value in raw) > MAXIMUM_HEADER_BYTES:
        raise _NotHadError("the server's answer has headers beyond all measure")
    found: dict[str, str] = {}
    for name_bytes, value_bytes in raw:
        name, value = name_bytes.decode("latin-1").lower(), _header_text(value_bytes)
        if name not in found:
            found[name] = value
        elif name in ("cache-control", "vary", "content-encoding"):
            found[name] += f", {value}"
        elif found[name] != value and name in ("location", "content-type"):
            raise _NotHadError(f"the server's answer has two headers {name} that differ")
    return found


def _header_text(value: bytes) -> str:
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        return value.decode("latin-1").strip()


def _body(response: httpcore2.Response, headers: Mapping[str, str], cap: int) -> bytes:
    """The body, up to ``cap`` bytes. Raises _NotHadError."""
    too_large = _NotHadError(f"the document is larger than {cap} bytes")
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise _NotHadError("the server sent the document compressed, which it was asked not to do")
    stated = headers.get("content-length", "")
    if stated.isascii() and stated.isdigit() and (len(stated) > 15 or int(stated) > cap):
        raise too_large
    chunks = bytearray()
    for chunk in response.iter_stream():
        if len(chunks) + len(chunk) > cap:
            raise too_large
        chunks += chunk
    return bytes(chunks)


def _media_type(text: str) -> str | None:
    essence = text.partition(";")[0].strip().lower()
    return essence if _MEDIA_TYPE.fullmatch(essence) else None


def _status(code: int) -> str:
    # The phrase is ours, not the server's: what a stranger writes there is not for a report.
    # That 410 is among the reasons matters to Open Badges 2.0: a badge is withdrawn so.
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return str(code)


def _explained(error: Exception, network: _Network, https: bool, deadline: _Deadline) -> _NotHadError:
    """A failure of the connection in plain words."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _NotHadError(f"the server's certificate was not accepted ({cause.verify_message})", server_down=True)
    if isinstance(error, _NotHadError):
        return error
    if isinstance(error, httpcore2.ConnectTimeout | httpcore2.ConnectError) and network.connected and https:
        return _NoTlsError("no secure connection to the server came about", server_down=True)
    if isinstance(error, httpcore2.ConnectTimeout):
        return _NotHadError("no connection to the server came about in time", server_down=True)
    if isinstance(error, httpcore2.ConnectError):
        return _NotHadError("the server could not be reached", server_down=True)
    if isinstance(error, httpcore2.TimeoutException) or deadline.left <= 0:
        return _NotHadError("the server did not answer in time", server_down=True)
    if isinstance(error, httpcore2.LocalProtocolError):
        return _NotHadError("the request could not be made")
    if isinstance(error, httpcore2.ProtocolError | httpcore2.NetworkError | OSError):
        return _NotHadError("the server broke off, or did not answer as a web server does", server_down=True)
    return _NotHadError(f"the request broke ({type(error).__name__})")
