"""The web application: puts the verifier, its store and its page together and stands what bounds them around."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
from badgeport.web import assets
from badgeport.web.answers import Refusal, problem_response, status_of, type_of
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse, Response

from badgeport.schemas import contexts as bundled_contexts
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.contexts.directory import has_manifest
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import INVALID_REQUEST, NOT_FOUND, Problem, ProblemError
from badgeport.service import documentation, probes
from badgeport.service.cli.console import software
from badgeport.service.direct import DirectRoutes, Handlers
from badgeport.service.logs import logger, where
from badgeport.service.metrics import CountingFetcher, Metrics
from badgeport.service.settings import DATABASE_NAME, Role, Settings, SettingsError
from badgeport.service.shell import BoundedBody, Frame, Gate
from badgeport.verifier.batch.runner import BatchRunner
from badgeport.verifier.batch.store import MAXIMUM_BYTES, BatchStore
from badgeport.verifier.policy import BUILT_IN, Policy
from badgeport.verifier.resolution.fetching import Fetcher
from badgeport.verifier.shelf import Shelf, ShelfError, read_shelf
from badgeport.verifier.trust.registries import Trust, trust_from_files
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web import api, batches, openapi, page, recognition, recognition_openapi
from badgeport.verifier.web.desk import Desk, utc_now
from badgeport.verifier.web.policy_pages import wants_page
from badgeport.verifier.web.store import Store

if TYPE_CHECKING:
    from badgeport.issuer.desk import IssuerDesk
    from badgeport.receiver.office import Office
    from badgeport.service.working import Background

THREADS = 40
"""Verifications one process works on at once. Most of their time is spent waiting for other servers."""

SWEEP_SECONDS = 60.0
STORE_NAME = "verifier.sqlite"
BATCHES_NAME = "batches.sqlite"
OFFICES_NAME = "offices"
BATCH_THREADS = 4
"""Rows of batches one process works on at once. Batches are worked off beside what somebody waits for, so by few."""

BATCH_FETCH_SECONDS = 20.0
"""How long all that is asked for on behalf of one row may take, beside the last of it: others wait behind it."""

_COMMON = (probes.router, documentation.router)
_VERIFIER = (api.router, recognition.router, batches.router, page.router)
_POLICY_BYTES = 256 * 1024
_SMALL_BODY = 64 * 1024
_FORM_ROOM = 1024 * 1024
_PAGES = ("/verify",)
"""Pages of the verifier that take files."""
_ALWAYS_SHOWN = ("/verify", "/recognize", "/where")
_SHOWN = (*_ALWAYS_SHOWN, "/policies", "/agreements")
"""Where the verifier has pages; below the last two programs find documents."""

_DESCRIPTION = """
Awards, hosts and verifies educator micro-credentials as Open Badges 3.0 and W3C Verifiable Credentials.

Verifying takes Open Badges 3.0, W3C Verifiable Credentials and Open Badges 2.0: anything in, one honest answer out.

`/api/v1/verify` answers with the whole report, check by check: valid, invalid or undetermined. The addresses of VCALM
answer with `verified`; there an expired, revoked or suspended credential is verified, with a warning. What could not be
checked is never called valid, and never called invalid.
"""


@dataclass(frozen=True)
class Desks:
    """What settings ask for, put together: all of the application but its addresses."""

    desk: Desk
    issuer: IssuerDesk | None
    jobs: Background | None
    metrics: Metrics
    batches: BatchStore


def desks(
    settings: Settings,
    *,
    fetcher: Fetcher | None = None,
    clock: Callable[[], datetime] = utc_now,
    limits: Limits = DEFAULT_LIMITS,
) -> Desks:
    """What serves these settings. Arguments and errors as `create_app`."""
    metrics = Metrics()
    _data_dir(settings.data_dir)
    jobs: Background | None = None
    issuer: IssuerDesk | None = None
    if settings.role != "verifier":
        from badgeport.service.working import Background

        jobs = Background(settings.data_dir)
        issuer = make_issuer(settings, metrics, fetcher, clock, limits, jobs.wake)
    desk = make_desk(settings, metrics, fetcher=fetcher, clock=clock, limits=limits, issuer=issuer)
    metrics.watch(issuer)
    return Desks(desk, issuer, jobs, metrics, BatchStore(settings.data_dir / BATCHES_NAME))


def create_app(
    settings: Settings,
    *,
    fetcher: Fetcher | None = None,
    clock: Callable[[], datetime] = utc_now,
    limits: Limits = DEFAULT_LIMITS,
) -> FastAPI:
    """The application that serves these settings.

    ``fetcher`` replaces the network (tests, the simulator). Raises SettingsError where a file that a setting names
    cannot be used, and ProblemError where the storage cannot.
    """
    made = desks(settings, fetcher=fetcher, clock=clock, limits=limits)
    issuer, metrics = made.issuer, made.metrics
    background = _Background(made.batches, made.desk)
    desk = replace(made.desk, batches=made.batches, work_waiting=background.wake)
    https = (settings.public_url or "").startswith("https://")
    bound: Callable[[str], int] = partial(body_bound, limits=limits)
    handlers: Handlers = {
        ProblemError: _on_problem,
        HTTPException: _on_http_exception,
        RequestValidationError: _on_validation_error,
    }
    if issuer is not None:
        from badgeport.service import rooms

        bound = rooms.body_bounds(bound, _SMALL_BODY)
        handlers = {**rooms.HANDLERS, **handlers}
    routes = [route for router in _routers(settings.role) for route in router.routes]
    app = FastAPI(
        title="Badgeport",
        version=software().rpartition(" ")[2],
        summary="Educator micro-credentials: awarded, hosted, verified",
        description=_DESCRIPTION.strip(),
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        # What a request held must not leave by way of an exporter that somebody set up for another program.
        telemetry={
            "tracing": False,
            "metrics": False,
            "logs": False,
            "operation_spans": False,
            "auto_configure": False,
        },
        # Outermost first.
        middleware=[
            Middleware(Frame, respond=respond, metrics=metrics, https=https),
            Middleware(Gate, rate=settings.rate_limit, proxies=settings.trusted_proxies),
            Middleware(BoundedBody, respond=respond, bound=bound),
            Middleware(DirectRoutes, routes=routes, handlers=handlers),
        ],
        exception_handlers={**handlers},
    )
    app.state.desk = desk
    app.state.metrics = metrics
    app.state.background = background
    app.state.jobs = made.jobs if settings.worker else None
    app.state.probes = probes.Probes(desk, metrics, issuer)
    # As they were declared: `include_router` would work all of them out anew for each application.
    app.router.routes.extend(routes)
    if issuer is None:
        app.add_api_route("/", _home, include_in_schema=False)
    else:
        app.state.issuer = issuer
        app.state.office = make_office(settings, issuer, desk)
    app.mount("/static", StaticFiles(packages=[(room, "static") for room in assets.ROOMS]), name="static")
    app.openapi = lambda: _openapi(app, settings)  # type: ignore[method-assign]
    return app


def _routers(role: Role) -> tuple[APIRouter, ...]:
    if role == "verifier":
        return (*_COMMON, *_VERIFIER)
    from badgeport.service import rooms

    return (*_COMMON, *(() if role == "issuer" else _VERIFIER), *rooms.routers())


def make_issuer(
    settings: Settings,
    metrics: Metrics,
    fetcher: Fetcher | None = None,
    clock: Callable[[], datetime] = utc_now,
    limits: Limits = DEFAULT_LIMITS,
    wake: Callable[[], None] = lambda: None,
) -> IssuerDesk:
    """The issuer's desk, with a verifier of its own for live checks. Raises as `create_app`."""
    from badgeport.service.issuing import make_issuer_desk

    contexts, trust = _contexts(settings), _trust(settings)

    def verifier(own: Fetcher) -> Verifier:
        return Verifier(fetcher=own, trust=trust, contexts=contexts, limits=limits, software=software())

    return make_issuer_desk(
        settings,
        verifier,
        _Network(settings, metrics, fetcher).of(BUILT_IN["default"]),
        clock=clock,
        contexts=contexts,
        software=software(),
        roles_served=("issuer",) if settings.role == "issuer" else ("issuer", "verifier"),
        wake=wake,
    )


def make_office(settings: Settings, issuer: IssuerDesk, desk: Desk) -> Office:
    """The receiver's office, beside the issuer and the verifier it works with."""
    from badgeport.receiver.office import Office
    from badgeport.service.outbound import GuardedOutbound

    outbound = GuardedOutbound(allow_loopback_http=settings.allow_loopback_http)
    return Office(issuer, desk, settings.data_dir.absolute() / OFFICES_NAME, outbound.post_signed)


def from_environment() -> FastAPI:
    """The application of this process's environment; what a server process is started with."""
    from badgeport.service import logs

    settings = Settings.from_environment(os.environ)
    if settings.role == "verifier":
        logs.set_up(settings.log_level)
        return create_app(settings)
    from badgeport.service.starting import prepared, require_tables

    settings = prepared(settings)
    logs.set_up(settings.log_level)
    app = create_app(settings)
    require_tables(settings, app.state.issuer.database)
    return app


def make_desk(
    settings: Settings,
    metrics: Metrics,
    *,
    fetcher: Fetcher | None = None,
    clock: Callable[[], datetime] = utc_now,
    limits: Limits = DEFAULT_LIMITS,
    issuer: IssuerDesk | None = None,
) -> Desk:
    """The verifiers of every policy, the store and the signer of receipts; no batches. Raises as `create_app`.

    ``issuer`` is the issuer that is served beside it: what it publishes is read where it is kept.
    """
    contexts = _contexts(settings)
    trust = _trust(settings)
    fetchers = _Network(settings, metrics, fetcher, issuer)
    verifiers = {
        name: Verifier(
            policy=policy,
            fetcher=fetchers.of(policy),
            trust=trust,
            contexts=contexts,
            limits=limits,
            software=software(),
        )
        for name, policy in _policies(settings).items()
    }
    return Desk(
        verifiers=verifiers,
        store=Store(_data_dir(settings.data_dir) / STORE_NAME),
        public_url=settings.public_url,
        receipts=_receipts(settings, contexts),
        clock=clock,
        limits=limits,
        software=software(),
        has_network=True,
        observe=metrics.verified,
        shelf=_shelf(settings) if issuer is None else _live(_shelf(settings), issuer),
    )


def body_bound(path: str, limits: Limits = DEFAULT_LIMITS) -> int:
    """How many bytes the body of a request to this path may hold."""
    if path.startswith(("/credentials/", "/presentations/")):
        return 2 * limits.document_bytes + _SMALL_BODY
    if path == recognition.PATH:
        return recognition.MAXIMUM_BYTES
    if path == batches.PATH:
        return MAXIMUM_BYTES + _FORM_ROOM
    if path == "/api/v1/verify" or path in _PAGES:
        return limits.input_bytes + _FORM_ROOM
    return _SMALL_BODY


async def respond(request: Request, problem: Problem, status: int, headers: Mapping[str, str]) -> Response:
    """A refusal: as a page for a person on the page, as problem+json for everybody else."""
    if _wants_page_of_the_rooms(request):
        from badgeport.service import rooms

        try:
            answer = rooms.refusal_page(request, problem, status)
            answer.headers.update(headers)
            return answer
        except Exception as error:
            logger().error("defect", **where(error))
    elif _wants_verifier_page(request):
        try:
            answer = page.error_page(request, problem, status=status)
            answer.headers.update(headers)
            return answer
        except Exception as error:
            logger().error("defect", **where(error))
    return problem_response(problem, status=status, headers=headers)


def _wants_page_of_the_rooms(request: Request) -> bool:
    if not hasattr(request.app.state, "issuer") or request.url.path.startswith(_SHOWN):
        return False
    from badgeport.service import rooms

    return rooms.wants_page(request)


def _wants_verifier_page(request: Request) -> bool:
    path = request.url.path
    return path == "/" or path.startswith(_ALWAYS_SHOWN) or (path.startswith(_SHOWN) and wants_page(request))


class _Network:
    """One fetcher for each set of purposes that policies allow, with one cache for all of them."""

    def __init__(
        self, settings: Settings, metrics: Metrics, given: Fetcher | None, issuer: IssuerDesk | None = None
    ) -> None:
        from badgeport.verifier.resolution.http_cache import HttpCache

        self._issuer = issuer
        self._settings = settings
        self._metrics = metrics
        self._given = given
        self._cache = HttpCache()
        self._made: dict[frozenset[str], Fetcher] = {}

    def of(self, policy: Policy) -> Fetcher:
        """The fetcher of a policy."""
        from badgeport.verifier.resolution.network import USUAL_PURPOSES, GuardedFetcher

        purposes = USUAL_PURPOSES | policy.fetch
        if purposes not in self._made:
            network = self._given or GuardedFetcher(
                purposes=purposes, allow_loopback_http=self._settings.allow_loopback_http, cache=self._cache
            )
            issuer = self._issuer
            if issuer is not None:
                from badgeport.service.issuing import OwnFirst

                network = OwnFirst(network, lambda: issuer, purposes)
            self._made[purposes] = CountingFetcher(network, self._metrics)
        return self._made[purposes]


def _contexts(settings: Settings) -> ContextStore:
    store = bundled_contexts.store()
    if settings.contexts is None:
        return store
    if not has_manifest(settings.contexts):
        raise SettingsError(f"BADGEPORT_CONTEXTS names a directory without a manifest.json: {settings.contexts}")
    try:
        return store.with_directory(settings.contexts)
    except ProblemError as error:
        raise SettingsError(f"BADGEPORT_CONTEXTS: {error.problem.detail}") from None


def _trust(settings: Settings) -> Trust:
    """The registries the operator named. One that cannot be read stops the start: they think it is being used."""
    trust = trust_from_files(settings.trust)
    for unread in trust.unread:
        raise SettingsError(f"BADGEPORT_TRUST: {unread.name}: {unread.reason}")
    return trust


def _policies(settings: Settings) -> dict[str, Policy]:
    policies = dict(BUILT_IN)
    for path in settings.policies:
        try:
            data = _read(path, _POLICY_BYTES)
            policy = Policy.from_json(data)
        except OSError as error:
            raise SettingsError(f"BADGEPORT_POLICY: {path}: {(error.strerror or 'unreadable').lower()}") from None
        except ProblemError as error:
            where_in = f" (at {error.problem.pointer})" if error.problem.pointer else ""
            raise SettingsError(f"BADGEPORT_POLICY: {path}: {error.problem.detail}{where_in}") from None
        if policy.name in policies:
            raise SettingsError(f"BADGEPORT_POLICY: {path}: there is another policy with the name {policy.name!r}")
        policies[policy.name] = policy
    return policies


def _shelf(settings: Settings) -> Shelf:
    """The recognition policies. One in the folder that cannot be used stops the start: people rely on it."""
    if settings.shelf is None:
        return Shelf()
    try:
        return read_shelf(settings.shelf)
    except ShelfError as error:
        raise SettingsError(f"BADGEPORT_POLICIES: {error}") from None


def _live(fixed: Shelf, issuer: IssuerDesk) -> Shelf:
    """The policies of the operator and the examples, with what organisations publish here."""
    from badgeport.service import rooms

    return rooms.live_shelf(fixed, issuer)


def _read(path: Path, most: int) -> bytes:
    with path.open("rb") as stream:
        return stream.read(most)


def _receipts(settings: Settings, contexts: ContextStore) -> Any:
    if settings.receipt_key is None:
        return None
    from badgeport.service.receipts import open_receipts

    passphrase = settings.passphrase

    def ask() -> str:
        if passphrase is None:
            raise SettingsError("BADGEPORT_RECEIPT_KEY names an encrypted key; set BADGEPORT_PASSPHRASE")
        return passphrase

    try:
        return open_receipts(settings.receipt_key, passphrase=ask, name=settings.receipt_name, contexts=contexts)
    except ProblemError as error:
        raise SettingsError(f"BADGEPORT_RECEIPT_KEY: {error.problem.detail}") from None


def _data_dir(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "it cannot be made").lower()
        raise SettingsError(f"BADGEPORT_DATA_DIR: {path}: {reason}") from None
    for file, found in _kept_files(path):
        if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077:
            file.chmod(0o600)
    return path


def data_dir_notes(path: Path) -> tuple[str, ...]:
    """What the operator should know about a data directory that is there: who else can change what is kept in it."""
    notes = []
    if path.is_dir() and stat.S_IMODE(path.stat().st_mode) & 0o022:
        notes.append(
            f"BADGEPORT_DATA_DIR: others can write to {path}, and so replace what is kept and what is shared; "
            "keep it to the user who runs the service (chmod 700)"
        )
    notes += [
        f"BADGEPORT_DATA_DIR: {file} belongs to another user, who can read and write what is kept in it"
        for file, found in _kept_files(path)
        if found.st_uid != os.geteuid()
    ]
    return tuple(notes)


def _kept_files(path: Path) -> list[tuple[Path, os.stat_result]]:
    """The files of an earlier run; not what a link leads to."""
    kept = []
    for name in (STORE_NAME, BATCHES_NAME, DATABASE_NAME):
        for file in (path / f"{name}{ending}" for ending in ("", "-wal", "-shm")):
            try:
                found = file.lstat()
            except OSError:
                continue
            if stat.S_ISREG(found.st_mode):
                kept.append((file, found))
    return kept


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS, "work"))
    sweeping = asyncio.create_task(_sweep(app.state.desk))
    app.state.background.start()
    if app.state.jobs is not None:
        app.state.jobs.start(app.state.office)
    try:
        yield
    finally:
        sweeping.cancel()
        await anyio.to_thread.run_sync(app.state.background.stop)
        if app.state.jobs is not None:
            await anyio.to_thread.run_sync(app.state.jobs.stop)
        if hasattr(app.state, "issuer"):
            app.state.issuer.database.close()
        app.state.desk.batches.close()
        app.state.desk.store.close()


async def _sweep(desk: Desk) -> None:
    """Forget, again and again, what is past its time."""
    while True:
        try:
            await anyio.to_thread.run_sync(desk.store.sweep, desk.clock())
        except ProblemError as error:
            logger().warning("sweep", **where(error))
        await asyncio.sleep(SWEEP_SECONDS)


class _Background:
    """Works off batches for as long as the application runs, each time it does."""

    def __init__(self, kept: BatchStore, desk: Desk) -> None:
        self._kept = kept
        self._desk = desk
        self._runner: BatchRunner | None = None

    def start(self) -> None:
        """Begin."""
        desk = self._desk
        limits = replace(desk.limits, fetch_seconds=min(desk.limits.fetch_seconds, BATCH_FETCH_SECONDS))
        self._runner = BatchRunner(
            self._kept,
            {name: verifier.within(limits) for name, verifier in desk.verifiers.items()},
            clock=desk.clock,
            threads=BATCH_THREADS,
            noted=lambda report, seconds: desk.note("batch", report, seconds),
            lost=_lost,
        )
        self._runner.start()

    def wake(self) -> None:
        """There is new work."""
        if self._runner is not None:
            self._runner.wake()

    def stop(self) -> None:
        """End, when what is in hand is done."""
        if self._runner is not None:
            self._runner.stop()
            self._runner = None


def _lost(error: Exception) -> None:
    logger().error("batch", **where(error))


async def _home() -> Response:
    return RedirectResponse("/verify", 303)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    status = status_of(error.problem)
    headers = error.headers if isinstance(error, Refusal) else {"Retry-After": "30"} if status == 503 else {}
    return await respond(request, error.problem, status, headers)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = type_of(error.status_code)
    detail = _DETAILS.get(error.status_code) or str(error.detail)
    return await respond(request, Problem(kind, detail), error.status_code, error.headers or {})


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    if first["loc"][0] == "path":
        return await respond(request, Problem(NOT_FOUND, _DETAILS[404]), 404, {})
    member = "/".join(str(part) for part in first["loc"][1:])[:80]
    problem = Problem(INVALID_REQUEST, f"a part of the request has the wrong form: {first['msg']}", f"/{member}")
    return await respond(request, problem, 400, {})


_DETAILS = {
    404: "there is nothing at this address, or its time is over",
    405: "this address does not answer such a request; the header Allow names those it answers",
}


def _openapi(app: FastAPI, settings: Settings) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            servers=[{"url": settings.public_url}] if settings.public_url else None,
        )
        document.setdefault("components", {}).setdefault("schemas", {}).update(openapi.components())
        document["components"]["schemas"].update(recognition_openapi.components())
        if settings.role != "verifier":
            from badgeport.service import rooms

            rooms.describe(document)
        _restore_examples(document, settings.role)
        _remove_unused(document)
        app.openapi_schema = document
    return app.openapi_schema


def _remove_unused(document: dict[str, Any]) -> None:
    """Take out the answer 422, which the framework states of every address with a parameter: none is answered so."""
    for operations in document["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def _restore_examples(document: dict[str, Any], role: Role) -> None:
    """Put back the contents as the routes state them: on their way they lose every member whose value is null."""
    for found in (one for router in _routers(role) for one in iter_route_contexts(router.routes)):
        route = found.original_route
        if not isinstance(route, APIRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            for status, answer in route.responses.items():
                if "content" in answer:
                    operation["responses"][str(status)]["content"] = answer["content"]
            if route.openapi_extra and "requestBody" in route.openapi_extra:
                operation["requestBody"] = route.openapi_extra["requestBody"]
