"""Batches over HTTP: hand in many inputs at once, ask how far they are, take the results as NDJSON or CSV.

Whoever knows the address of a batch may read and delete it; it cannot be guessed. A batch is read to disk first, then
cut into rows, and verified in the background.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any

from badgeport.web.answers import Refusal, json_response, problem_response, refused
from badgeport.web.bodies import media_type, only, open_form
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    BATCH_UNFINISHED,
    NOT_FOUND,
    REQUEST_TIMEOUT,
    REQUEST_TOO_LARGE,
    ProblemError,
)
from badgeport.verifier.batch import results
from badgeport.verifier.batch.reading import rows_of_archive, rows_of_lines
from badgeport.verifier.batch.store import Batch, BatchStore, Handed
from badgeport.verifier.web import openapi
from badgeport.verifier.web.desk import DEFAULT_POLICY, Desk, desk_of

PATH = "/api/v1/batches"
ARCHIVE_BYTES = 64 * 1024 * 1024
"""A ZIP archive is read as a whole; lines are not."""

_FORM = "multipart/form-data"
_OPTIONS = frozenset({"policy", "asOf"})
_MEMORY_BYTES = 1024 * 1024

router = APIRouter(prefix=PATH)


@router.post("", **openapi.CREATE_BATCH)
async def create_batch(request: Request) -> Response:
    """Hand in a batch: NDJSON, one input a line, or a ZIP archive, one input a file."""
    desk = desk_of(request)
    try:
        if media_type(request) == _FORM:
            async with open_form(request, desk.limits) as (fields, upload):
                return await run_in_threadpool(_created, desk, upload, {**_query(request), **fields})
        with tempfile.SpooledTemporaryFile(_MEMORY_BYTES) as held:
            async for piece in request.stream():
                await run_in_threadpool(held.write, piece)
            return await run_in_threadpool(_created, desk, held, _query(request))
    except ClientDisconnect:
        return problem_response(Refusal(REQUEST_TIMEOUT, "the request ended before it was whole").problem)


@router.get("/{token}", **openapi.BATCH)
def show_batch(request: Request, token: str) -> Response:
    """How far a batch is."""
    desk = desk_of(request)
    batch = _batches(desk).get(token, now=desk.clock())
    return _gone() if batch is None else json_response(_view(token, batch))


@router.get("/{token}/results.ndjson", **openapi.BATCH_NDJSON)
def results_as_lines(request: Request, token: str) -> Response:
    """The results of a batch, one JSON object a line, in the order the inputs were handed in."""
    return _results(desk_of(request), token, _partial(request), "application/x-ndjson", _lines)


@router.get("/{token}/results.csv", **openapi.BATCH_CSV)
def results_as_csv(request: Request, token: str) -> Response:
    """The results of a batch as a table (RFC 4180, UTF-8)."""
    return _results(
        desk_of(request), token, _partial(request), "text/csv; charset=utf-8; header=present", results.as_csv
    )


@router.delete("/{token}", **openapi.DELETE_BATCH)
def delete_batch(request: Request, token: str) -> Response:
    """Forget a batch and its results now."""
    return Response(status_code=204) if _batches(desk_of(request)).delete(token) else _gone()


def _created(desk: Desk, held: IO[bytes], asked: dict[str, str]) -> Response:
    policy, as_of = _question(desk, asked)
    held.seek(0)
    rows = _rows(held, desk.limits)
    token, batch = _batches(desk).create(rows, policy=policy, as_of=as_of, now=desk.clock())
    desk.work_waiting()
    answer = json_response(_view(token, batch), 202)
    answer.headers["Location"] = f"{PATH}/{token}"
    return answer


def _rows(held: IO[bytes], limits: Limits) -> Iterator[Handed]:
    start = held.read(4)
    held.seek(0)
    if not start.startswith(b"PK"):
        # A line is read up to a little more than may be taken, so that one without an end is not held whole.
        yield from rows_of_lines(iter(lambda: held.readline(limits.input_bytes + 4), b""), limits=limits)
        return
    data = held.read(ARCHIVE_BYTES + 1)
    if len(data) > ARCHIVE_BYTES:
        raise Refusal(REQUEST_TOO_LARGE, f"an archive may hold {ARCHIVE_BYTES} bytes; send several, or NDJSON")
    yield from rows_of_archive(data, limits=limits)


def _question(desk: Desk, asked: dict[str, str]) -> tuple[str, str | None]:
    for name in asked:
        if name not in _OPTIONS:
            raise refused(name[:80], f"'{name[:40]}' is no option of a batch; known are asOf, policy")
    policy = asked.get("policy") or DEFAULT_POLICY
    if desk.verifier(policy) is None:
        raise refused("policy", f"there is no policy of that name here; known are {', '.join(desk.policies)}")
    as_of: datetime | None = None
    if asked.get("asOf"):
        try:
            as_of = parse_datetime(asked["asOf"])
        except ProblemError:
            raise refused("asOf", "'asOf' is not an instant like 2026-03-02T12:00:00Z") from None
    return policy, None if as_of is None else format_datetime(as_of)


def _query(request: Request) -> dict[str, str]:
    return dict(request.query_params)


def _partial(request: Request) -> bool:
    """Whether what there is so far is asked for."""
    query = request.query_params.multi_items()
    only(dict(query), frozenset({"partial"}), "parameter of this address")
    if not query:
        return False
    stated = query[0][1].lower()
    if len(query) > 1 or stated not in ("true", "false"):
        raise refused("partial", "'partial' is neither true nor false")
    return stated == "true"


def _batches(desk: Desk) -> BatchStore:
    if desk.batches is None:
        raise Refusal(NOT_FOUND, "this service takes no batches")
    return desk.batches


def _view(token: str, batch: Batch) -> dict[str, Any]:
    address = f"{PATH}/{token}"
    finished = batch.finished_at
    return {
        "id": token,
        "state": "finished" if finished is not None else "working",
        "total": batch.total,
        "done": batch.done,
        "counts": {name: batch.counts.get(name, 0) for name in ("valid", "invalid", "undetermined", "error")},
        "policy": batch.policy,
        "asOf": batch.as_of,
        "createdAt": format_datetime(batch.created_at),
        "finishedAt": None if finished is None else format_datetime(finished),
        "expiresAt": None if batch.expires_at is None else format_datetime(batch.expires_at),
        "results": {"ndjson": f"{address}/results.ndjson", "csv": f"{address}/results.csv"},
    }


def _results(desk: Desk, token: str, partial: bool, kind: str, written: Any) -> Response:
    batches = _batches(desk)
    batch = batches.get(token, now=desk.clock())
    if batch is None:
        return _gone()
    if batch.finished_at is None and not partial:
        detail = f"{batch.done} of {batch.total} inputs are done; ask again later, or add ?partial=true"
        return problem_response(Refusal(BATCH_UNFINISHED, detail).problem, status=409, headers={"Retry-After": "5"})
    return StreamingResponse(written(batches.results(token)), media_type=kind)


def _lines(texts: Iterator[str]) -> Iterator[str]:
    return (f"{text}\n" for text in texts)


def _gone() -> Response:
    detail = "there is no batch at this address; batches are kept for seven days after they are finished"
    return problem_response(Refusal(NOT_FOUND, detail).problem)
