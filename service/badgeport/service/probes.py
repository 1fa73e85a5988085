"""What those who run the service ask it: is it alive, can it serve, what has it done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from badgeport.web.answers import json_response
from fastapi import APIRouter, Request
from starlette.responses import Response

from badgeport.schemas import contexts
from badgeport.schemas.contexts.urls import CREDENTIALS_V2
from badgeport.schemas.problems import ProblemError

if TYPE_CHECKING:
    from badgeport.issuer.desk import IssuerDesk
    from badgeport.service.metrics import Metrics
    from badgeport.verifier.web.desk import Desk

router = APIRouter(tags=["Operation"])

_READY_SECONDS = 1.0
_T = TypeVar("_T")

_STATE: dict[str, Any] = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"enum": ["ok", "unavailable"]},
        "checks": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def _answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    words = {200: "It does.", 503: "Not now; 'checks' says why."}
    return {
        status: {"description": words[status], "content": {"application/json": {"schema": _STATE}}}
        for status in statuses
    }


@router.get("/healthz", summary="Whether the process answers", response_model=None, responses=_answers(200))
async def health() -> Response:
    """Whether the process answers. Asks nothing else, so that a full disk does not get it killed."""
    return json_response({"status": "ok"})


@router.get("/readyz", summary="Whether it can serve", response_model=None, responses=_answers(200, 503))
async def readiness(request: Request) -> Response:
    """Whether it can serve: its storage can be written to, and its contexts are at hand."""
    probes: Probes = request.app.state.probes
    checks = await probes.readiness()
    ready = set(checks.values()) == {"ok"}
    return json_response({"status": "ok" if ready else "unavailable", "checks": checks}, 200 if ready else 503)


class Probes:
    """Answers those who watch over one application, however many ask and whatever else it does."""

    def __init__(self, desk: Desk, metrics: Metrics, issuer: IssuerDesk | None = None) -> None:
        # Asking whether the storage can be written to writes to it.
        self._readiness = _Shared(lambda: _checks(desk, issuer), _READY_SECONDS)
        self._numbers = _Shared(metrics.page)

    async def readiness(self) -> dict[str, str]:
        """What there is to say of each thing without which it cannot serve: ``ok``, or why not."""
        return await self._readiness.get()

    async def numbers(self) -> tuple[bytes, str]:
        """The counters, and their media type."""
        return await self._numbers.get()


class _Shared(Generic[_T]):
    """One answer for all who ask meanwhile and within ``seconds`` after it, found in a thread of its own."""

    def __init__(self, find: Callable[[], _T], seconds: float = 0.0) -> None:
        self._find = find
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(1, "probe")
        self._asked: Future[_T] | None = None
        self._until = 0.0

    async def get(self) -> _T:
        """The answer; called on an event loop."""
        if self._asked is None or (self._asked.done() and time.monotonic() >= self._until):
            self._asked = self._pool.submit(self._found)
        # Somebody who goes away takes the answer from nobody else.
        return await asyncio.shield(asyncio.wrap_future(self._asked))

    def _found(self) -> _T:
        answer = self._find()
        self._until = time.monotonic() + self._seconds
        return answer


def _checks(desk: Desk, issuer: IssuerDesk | None) -> dict[str, str]:
    """What there is to say of each thing without which the service cannot serve."""
    checks = {"storage": "ok", "contexts": "ok"}
    if issuer is not None:
        from badgeport.issuer.storage.database import DatabaseError

        try:
            issuer.database.check()
            checks["database"] = "ok"
        except DatabaseError as error:
            checks["database"] = str(error)
    try:
        desk.store.check()
        if desk.batches is not None:
            desk.batches.check()
    except ProblemError as error:
        checks["storage"] = error.problem.detail
    try:
        contexts.store().data(CREDENTIALS_V2)
    except (ProblemError, KeyError) as error:
        checks["contexts"] = f"the context of credentials is not at hand ({type(error).__name__})"
    return checks


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_model=None,
    responses={200: {"description": "The counters.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(request: Request) -> Response:
    """The counters of all processes of this service."""
    probes: Probes = request.app.state.probes
    body, kind = await probes.numbers()
    return Response(body, media_type=kind)
