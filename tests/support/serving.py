"""The verification service in memory: the real application on documents that are at hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.service.app import create_app
from badgeport.service.settings import Settings
from badgeport.verifier.resolution.fetching import Fetched
from badgeport.verifier.resolution.replay import ReplayResolver
from support.clients import Client
from support.verifying import NOW


def application(
    data_dir: Path,
    documents: Mapping[str, bytes | dict[str, Any] | Fetched] | None = None,
    *,
    clock: Callable[[], datetime] = lambda: NOW,
    limits: Limits = DEFAULT_LIMITS,
    **settings: Any,
) -> FastAPI:
    """The application with these documents in place of a network. No rate limit unless ``rate_limit`` sets one."""
    held = {url: jsontext.dump(body) if isinstance(body, dict) else body for url, body in (documents or {}).items()}
    chosen = Settings(**{"data_dir": data_dir, "role": "verifier", "rate_limit": None, **settings})
    return create_app(chosen, fetcher=ReplayResolver(held), clock=clock, limits=limits)


def client(app: FastAPI) -> Client:
    """A client of an application. An exception that reaches the server fails the test."""
    return Client(app, base_url="http://verify.example")
