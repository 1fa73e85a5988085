"""Clients of an application in this process."""

from __future__ import annotations

import atexit
from functools import cache
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal
from starlette.testclient import TestClient


class Client(TestClient):
    """A client whose requests run on one event loop for the whole process.

    A loop and threads of its own for each request, as Starlette's client has them outside of a ``with``, cost more than
    most requests do.
    """

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self.portal = _portal()


@cache
def _portal() -> BlockingPortal:
    running = start_blocking_portal("asyncio")
    portal = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return portal
