"""The whole site, running: issuer, verifier and worker behind a real HTTP server on loopback."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn

from support.site import Site


@contextmanager
def served_site(folder: Path, **settings: Any) -> Iterator[tuple[Site, str]]:
    """The site and its address. The clock is the real one: badges are looked at as they are signed."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    address = f"http://localhost:{listening.getsockname()[1]}"
    site = Site(folder, public_url=address, allow_loopback_http=True, worker=True, real_clock=True, **settings)
    server = uvicorn.Server(uvicorn.Config(site.app, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 60
        while not server.started:
            if not thread.is_alive() or time.monotonic() > end:
                raise RuntimeError("the server did not start")
            time.sleep(0.02)
        yield site, address
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()
