"""`badgeport serve`: the verification service, with what it uses shown before it starts."""

from __future__ import annotations

import os
from typing import Any

from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import fail, plain, say, software
from badgeport.service.settings import PREFIX, Settings, SettingsError, unknown_variables

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
MAXIMUM_PORT = 65_535

_KEEP_ALIVE_SECONDS = 15
_SHUTDOWN_SECONDS = 30


def serve_forever(role: str | None, host: str, port: int, workers: int | None) -> int:
    """Serve until stopped; returns the exit code. ``role`` and ``workers`` go before the environment."""
    settings = _settings(role, port, workers)
    _try_out(settings)
    _announce(settings, host, port)
    return _run(settings, host, port)


def _settings(role: str | None, port: int, workers: int | None) -> Settings:
    if not 1 <= port <= MAXIMUM_PORT:
        fail(f"--port: a number from 1 to {MAXIMUM_PORT}, not {port}")
    given = dict(os.environ)
    if role is not None:
        given[f"{PREFIX}ROLE"] = role
    if workers is not None:
        given[f"{PREFIX}WORKERS"] = str(workers)
    try:
        return Settings.from_environment(given)
    except SettingsError as error:
        fail(str(error))


def _try_out(settings: Settings) -> None:
    """Put everything together once, so that what is wrong is said here, plainly, and not by every worker."""
    try:
        from badgeport.service.app import create_app
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("badgeport"):
            raise
        fail(f"the service is not installed ({error.name} is missing); install badgeport[service]")
    try:
        create_app(settings).state.desk.store.close()
    except SettingsError as error:
        fail(str(error))
    except ProblemError as error:
        fail(plain(error))


def _announce(settings: Settings, host: str, port: int) -> None:
    from badgeport.service.app import data_dir_notes

    say(f"{software()}: serving the verifier")
    for name, value in settings.lines():
        say(f"  {PREFIX + name:<31} {value}")
    for name in unknown_variables(os.environ):
        say(f"note: {name} means nothing to this program; is it misspelt?")
    if settings.public_url is None:
        say("note: BADGEPORT_PUBLIC_URL is not set; links are made from the address each visitor used")
    if settings.trusted_proxies == 0:
        say("note: if a proxy stands before this service, set BADGEPORT_TRUSTED_PROXIES to how many there are")
    for note in data_dir_notes(settings.data_dir):
        say(f"note: {note}")
    shown = f"[{host}]" if ":" in host else host
    say(f"open {settings.public_url or f'http://{shown}:{port}'}/verify")


def _run(settings: Settings, host: str, port: int) -> int:
    import resource

    import uvicorn

    from badgeport.service.connections import bounds, raise_descriptors
    from badgeport.service.metrics import share_between_processes

    raise_descriptors()
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    connections: Any = bounds(descriptors, proxies=settings.trusted_proxies)
    # Workers are started anew and read their settings where this process did.
    os.environ[f"{PREFIX}ROLE"] = settings.role
    os.environ[f"{PREFIX}WORKERS"] = str(settings.workers)
    if settings.workers > 1:
        share_between_processes(settings.data_dir / "metrics")
    try:
        uvicorn.run(
            "badgeport.service.app:from_environment",
            factory=True,
            host=host,
            port=port,
            workers=settings.workers,
            http=connections,
            # An upgrade would hand the connection to somebody else's limits.
            ws="none",
            backlog=connections.backlog,
            log_config=None,
            access_log=False,
            # Whom to believe about who asks is our own setting; see BADGEPORT_TRUSTED_PROXIES.
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
        )
    except SystemExit as stop:
        if stop.code:
            fail(f"the server could not start: is {host}, port {port}, free and yours to use?")
    return 0
