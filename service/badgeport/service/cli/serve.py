"""`badgeport serve`: the issuer and the verifier, with what they use shown before they start."""

from __future__ import annotations

import os
from typing import Any, NoReturn

from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import fail, plain, say, software
from badgeport.service.settings import PREFIX, Settings, SettingsError, unknown_variables

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000
MAXIMUM_PORT = 65_535

_KEEP_ALIVE_SECONDS = 15
_SHUTDOWN_SECONDS = 30


def serve_forever(role: str | None, host: str, port: int, workers: int | None, *, sample: bool = False) -> int:
    """Serve until stopped; returns the exit code. ``role`` and ``workers`` go before the environment.

    ``sample``: with the sample programs, which are made where the database is empty.
    """
    settings = _settings(role, host, port, workers, sample)
    _try_out(settings)
    _announce(settings, host, port)
    if sample:
        from badgeport.service.cli.sample import sample_data

        sample_data(settings)
    return _run(settings, host, port)


def _settings(role: str | None, host: str, port: int, workers: int | None, sample: bool) -> Settings:
    if not 1 <= port <= MAXIMUM_PORT:
        fail(f"--port: a number from 1 to {MAXIMUM_PORT}, not {port}")
    given = dict(os.environ)
    if role is not None:
        given[f"{PREFIX}ROLE"] = role
    if workers is not None:
        given[f"{PREFIX}WORKERS"] = str(workers)
    if sample:
        # A tour should not begin with setting up a second factor for each of the sample people.
        os.environ.setdefault(f"{PREFIX}SECOND_FACTOR", "no")
        given.setdefault(f"{PREFIX}SECOND_FACTOR", "no")
    try:
        settings = Settings.from_environment(given)
        if settings.role == "verifier":
            if sample:
                fail("--sample: the sample programs belong to an issuer")
            return settings
        if sample and _starting().is_production(settings):
            fail("--sample: sample people with a known password have no place where others rely on badges")
        complete: Settings = _starting().prepared(settings, host=host, port=port)
        return complete
    except SettingsError as error:
        fail(str(error))


def _starting() -> Any:
    try:
        from badgeport.service import starting
    except ModuleNotFoundError as error:
        _missing(error)
    return starting


def _missing(error: ModuleNotFoundError) -> NoReturn:
    if (error.name or "").startswith("badgeport"):
        raise error
    fail(f"the service is not installed ({error.name} is missing); install badgeport[service]")


def _try_out(settings: Settings) -> None:
    """Put everything together once, so that what is wrong is said here, plainly, and not by every worker."""
    try:
        from badgeport.service.app import desks
    except ModuleNotFoundError as error:
        _missing(error)
    try:
        made = desks(settings)
        made.desk.store.close()
        if made.issuer is not None:
            done = _starting().require_tables(settings, made.issuer.database)
            _starting().require_own_keys(made.issuer)
            made.issuer.database.close()
            if done:
                say(f"the database was opened: {done}")
    except SettingsError as error:
        fail(str(error))
    except ProblemError as error:
        fail(plain(error))


def _announce(settings: Settings, host: str, port: int) -> None:
    from badgeport.service.app import data_dir_notes

    say(f"{software()}: serving {_WHAT[settings.role]}")
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
    if settings.role != "verifier":
        _announce_issuer(settings)
    shown = f"[{host}]" if ":" in host else host
    page = "/verify" if settings.role == "verifier" else "/"
    say(f"open {settings.public_url or f'http://{shown}:{port}'}{page}")


_WHAT = {"all": "the issuer and the verifier", "issuer": "the issuer", "verifier": "the verifier"}


def _announce_issuer(settings: Settings) -> None:
    if not _starting().is_production(settings):
        say("note: this is for trying it out; an https BADGEPORT_PUBLIC_URL makes it the real thing")
    if settings.smtp_url is None:
        say(f"note: BADGEPORT_SMTP_URL is not set; messages become files in {settings.data_dir / 'outbox'}")
    if not settings.worker:
        say("note: BADGEPORT_WORKER=no; nothing is signed or sent until badgeport worker runs")


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
    if settings.public_url is not None:
        os.environ[f"{PREFIX}PUBLIC_URL"] = settings.public_url
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
