"""What a connection may cost: how many there are, how long one may take to ask and to take its answer.

`shell` bounds requests. A connection that never becomes one, or never reads what it is answered, is bounded here.
"""

from __future__ import annotations

import asyncio
import resource
import time
from dataclasses import dataclass, field
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from badgeport.service.clients import Client, clients_at
from badgeport.service.logs import logger

MAXIMUM_CONNECTIONS = 2048
"""Connections one process holds at once, where it may have enough descriptors."""

SHARE = 16
"""One client may hold the sixteenth part of them."""

REQUEST_SECONDS = 15.0
"""How long the request line and headers may take to arrive, from when they are awaited or have begun."""

ANSWER_SECONDS = 60.0
BYTES_A_SECOND = 64 * 1024
"""How long what was written may take to be taken: the seconds, and what it takes at this speed beside them."""

_DESCRIPTORS = 8192
_RESERVE = 512
_BACKLOG = 512
_LOG_SECONDS = 60.0
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 26\r\n"
    b"Retry-After: 15\r\nConnection: close\r\n\r\ntoo many open connections\n"
)


def raise_descriptors() -> None:
    """Allow this process, and those it starts, as many files and connections as it may allow itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def bounds(descriptors: int, *, proxies: int) -> Connections:
    """Bounds for processes with so many descriptors (-1: any number), behind so many proxies of the operator's own.

    Connections leave room for storage, readers of pictures and what is asked of other servers. A proxy brings the
    connections of everybody, so that there is no bound for one client behind it: that is the proxy's to set.
    """
    room = MAXIMUM_CONNECTIONS if descriptors < 0 else descriptors - min(_RESERVE, descriptors // 2)
    most = max(2, min(MAXIMUM_CONNECTIONS, room))
    return Connections(most, most if proxies else max(1, most // SHARE))


@dataclass(slots=True)
class Connections:
    """Makes what serves each connection of a process, for uvicorn's ``http``.

    ``most`` connections at once, ``each`` of one client; a request whole after ``seconds``; an answer taken after
    ``idle`` seconds and what it takes at ``pace`` bytes a second beside them. Used on the event loop only.
    """

    most: int
    each: int
    seconds: float = REQUEST_SECONDS
    idle: float = ANSWER_SECONDS
    pace: int = BYTES_A_SECOND
    held: int = 0
    _by_client: dict[str, int] = field(default_factory=dict, repr=False)
    _refused: int = 0
    _told: float | None = None

    @property
    def backlog(self) -> int:
        """How many more may wait, and be opened at one stroke before they can be refused."""
        return max(1, min(_BACKLOG, self.most // 2))

    def __call__(self, **made_with: Any) -> asyncio.Protocol:
        """The protocol of one more connection."""
        return _Connection(self, **made_with)

    def admit(self, clients: tuple[Client, ...]) -> bool:
        """Whether there is room for one more; it counts from then on, until it is released."""
        if self.held >= self.most or any(
            self._by_client.get(client.network, 0) >= self.each * client.weight for client in clients
        ):
            self._tell()
            return False
        self.held += 1
        for client in clients:
            self._by_client[client.network] = self._by_client.get(client.network, 0) + 1
        return True

    def release(self, clients: tuple[Client, ...]) -> None:
        """One that was admitted has ended."""
        self.held -= 1
        for client in clients:
            self._by_client[client.network] -= 1
            if not self._by_client[client.network]:
                del self._by_client[client.network]

    def _tell(self) -> None:
        self._refused += 1
        now = time.monotonic()
        if self._told is None or now - self._told >= _LOG_SECONDS:
            logger().warning("connections refused", refused=self._refused, held=self.held, most=self.most)
            self._refused, self._told = 0, now


class _Connection(H11Protocol):
    """One connection."""

    def __init__(self, bounds: Connections, **made_with: Any) -> None:
        super().__init__(**made_with)
        most = self.config.h11_max_incomplete_event_size
        self.conn = _Wire(h11.SERVER, *([] if most is None else [most]))
        self._bounds = bounds
        self._admitted: tuple[Client, ...] = ()
        self._asking = _Deadline()
        self._taking = _Deadline()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        clients = clients_at(self.client[0] if self.client else "")
        if not self._bounds.admit(clients):
            transport.write(_BUSY)
            transport.close()
            return
        self._admitted = clients
        # Whatever the system does not take at once counts as not taken.
        transport.set_write_buffer_limits(0)
        self._asking.set(self, self._bounds.seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._asking.lift()
        self._taking.lift()
        if self._admitted:
            self._bounds.release(self._admitted)
            self._admitted = ()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._asking.lift()
        elif not self.transport.is_closing():
            # Half a request, or a body that nobody read. More of the same does not buy more time.
            self._asking.set(self, self._bounds.seconds)

    def on_response_complete(self) -> None:
        # Until something comes, the time limit of an idle connection applies.
        self._asking.lift()
        super().on_response_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking.set(self, self._bounds.idle + self.transport.get_write_buffer_size() / self._bounds.pace)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._taking.lift()


class _Wire(h11.Connection):
    """Gives out the head of an answer with what follows it: handing bytes to the system costs more than they do."""

    def __init__(self, *made_with: Any) -> None:
        super().__init__(*made_with)
        self._head: list[bytes] = []

    def send_with_data_passthrough(self, event: h11.Event) -> list[bytes] | None:
        """The bytes to send for an event, after those that were kept; None where the connection ends."""
        sent = super().send_with_data_passthrough(event)
        if sent is None:
            return None
        sent, self._head = [*self._head, *sent], []
        if isinstance(event, h11.Response):
            sent, self._head = [], sent
        return sent


class _Deadline:
    """An instant at which a connection ends, whatever it holds."""

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None

    def set(self, connection: _Connection, seconds: float) -> None:
        """End it after so many seconds, unless there is an instant already."""
        if self._timer is None:
            self._timer = connection.loop.call_later(seconds, connection.transport.abort)

    def lift(self) -> None:
        """Do not end it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
