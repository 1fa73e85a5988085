"""What those who run the service ask it: is it alive, can it serve, what has it done."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from badgeport.schemas import contexts
from badgeport.schemas.contexts.urls import CREDENTIALS_V2
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.web.answers import json_response
from badgeport.verifier.web.desk import desk_of

router = APIRouter(tags=["Operation"])

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
def readiness(request: Request) -> Response:
    """Whether it can serve: its storage can be written to, and its contexts are at hand."""
    desk = desk_of(request)
    checks = {"storage": "ok", "contexts": "ok"}
    try:
        desk.store.check()
    except ProblemError as error:
        checks["storage"] = error.problem.detail
    try:
        contexts.store().data(CREDENTIALS_V2)
    except (ProblemError, KeyError) as error:
        checks["contexts"] = f"the context of credentials is not at hand ({type(error).__name__})"
    ready = set(checks.values()) == {"ok"}
    return json_response({"status": "ok" if ready else "unavailable", "checks": checks}, 200 if ready else 503)


@router.get(
    "/metrics",
    summary="Counters for Prometheus",
    response_model=None,
    responses={200: {"description": "The counters.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(request: Request) -> Response:
    """The counters of all processes of this service."""
    body, kind = request.app.state.metrics.page()
    return Response(body, media_type=kind)
