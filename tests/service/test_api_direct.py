"""The short way of the verifying addresses: the same answers as the long one, and the same words as the encoder's."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio.to_thread
import h11
import pytest
from badgeport.web.bodies import json_body
from badgeport.web.threads import in_thread
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import Response

from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import Problem, ProblemError, ProblemType
from badgeport.service import app as served
from badgeport.service import logs
from badgeport.service.connections import _Wire
from badgeport.service.metrics import Metrics
from badgeport.service.shell import Frame
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.web.desk import Desk
from support import serving
from support import verifying as v
from support.clients import Client

GOOD = v.sign(v.badge())
OLD = v.sign(v.badge(validUntil="2026-04-20T00:00:00Z"))
REPORTS = (
    v.inspect(GOOD),
    v.inspect(GOOD, as_of=v.NOW + timedelta(days=4000)),
    v.inspect(GOOD.replace(b"Reading", b"Heading")),
    v.inspect(v.sign(v.clr(v.parsed(OLD)))),
    v.inspect(v.sign(v.badge("did:web:lakeside.example"), v.web_signer())),
    v.inspect(b"nothing of the kind"),
)


# -- the same answers -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Client, Client]:
    """The application, and the same one without the short way."""
    with pytest.MonkeyPatch.context() as patch:
        short = serving.client(serving.application(tmp_path_factory.mktemp("short")))
        short.get("/healthz")
        patch.setattr(served, "DirectRoutes", lambda app, **_: app)
        long = serving.client(serving.application(tmp_path_factory.mktemp("long")))
        long.get("/healthz")
    return short, long


@pytest.mark.parametrize(
    ("method", "path", "kind", "body"),
    [
        ("POST", "/api/v1/verify", "application/octet-stream", GOOD),
        ("POST", "/api/v1/verify", "application/json", OLD),
        ("POST", "/api/v1/verify?asOf=2026-04-01T00:00:00Z", "application/json", b'{"credential":' + OLD + b"}"),
        ("POST", "/api/v1/verify?asOf=yesterday", "application/json", GOOD),
        ("POST", "/api/v1/verify", "application/json", b""),
        ("POST", "/api/v1/verify", "multipart/form-data; boundary=x", b"--x\r\nnothing"),
        ("POST", "/credentials/verify", "application/json", b'{"verifiableCredential":' + OLD + b"}"),
        ("POST", "/credentials/verify", "application/json", b'{"verifiableCredential":1}'),
        ("POST", "/credentials/verify", "text/plain", GOOD),
        ("POST", "/presentations/verify", "application/json", b'{"presentation":{},"options":{"a":1}}'),
        ("POST", "/api/v1/verify/", "application/json", GOOD),
        ("GET", "/api/v1/verify", "application/json", b""),
        ("HEAD", "/credentials/verify", "application/json", b""),
        ("OPTIONS", "/api/v1/verify", "application/json", b""),
    ],
)
def test_the_short_way_answers_as_the_long_one(
    both: tuple[Client, Client], method: str, path: str, kind: str, body: bytes
) -> None:
    answers = []
    for api in both:
        sent = {"content-type": kind, "x-request-id": "one"}
        answer = api.request(method, path, content=body, headers=sent, follow_redirects=False)
        answers.append((answer.status_code, answer.headers.multi_items(), answer.content))
    assert answers[0] == answers[1]


def test_a_body_that_is_too_large_and_a_mistake_of_ours_are_answered_alike(
    both: tuple[Client, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    large = b"x" * (served.body_bound("/credentials/verify") + 1)
    # Sent in parts, so that its length is not known before it is read.
    answers = [api.post("/credentials/verify", content=iter([large[:9], large[9:]])).content for api in both]
    assert answers[0] == answers[1]
    assert json.loads(answers[0])["status"] == 413

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Desk, "note", broken)
    answers = [api.post("/api/v1/verify", content=GOOD).content for api in both]
    assert answers[0] == answers[1]
    assert json.loads(answers[0])["status"] == 500


def test_a_request_that_took_the_short_way_is_counted_under_its_route(tmp_path: Path) -> None:
    api = serving.client(serving.application(tmp_path))
    api.post("/api/v1/verify", content=b"")
    counted = 'badgeport_http_requests_total{method="POST",route="/api/v1/verify",status="400"} 1.0'
    assert counted in api.get("/metrics").text


@pytest.mark.parametrize("path", ["/static/page.css", "/api/v1/verify", "/verify"])
@pytest.mark.parametrize("own", [{}, {"Cache-Control": "private"}, {"x-request-id": "theirs"}, {"vary": "accept"}])
def test_an_answer_keeps_its_own_headers_and_gets_all_others(path: str, own: dict[str, str]) -> None:
    async def answering(scope: Any, receive: Any, send: Any) -> None:
        await Response(b"x", headers=own)(scope, receive, send)

    async def answered() -> dict[str, str]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            raise AssertionError

        frame = Frame(answering, respond=served.respond, metrics=Metrics(), https=True)
        await frame({"type": "http", "method": "GET", "path": path, "headers": []}, receive, send)
        names = [name for name, _ in sent[0]["headers"]]
        assert len(names) == len(set(names))
        return {name.decode(): value.decode() for name, value in sent[0]["headers"]}

    headers = asyncio.run(answered())
    kept = "public, max-age=3600" if path.startswith("/static/") else "no-store"
    assert headers["cache-control"] == own.get("Cache-Control", kept)
    assert headers["x-request-id"] not in ("", "theirs")
    assert headers.get("vary") == own.get("vary")
    assert headers["strict-transport-security"] == "max-age=31536000"
    assert headers["x-frame-options"] == "DENY"
    assert ("access-control-allow-origin" in headers) is path.startswith("/api/")
    assert ("cross-origin-resource-policy" in headers) is not path.startswith("/api/")


# -- the same words -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_is_written_as_the_encoder_writes_it(report: VerificationReport) -> None:
    assert report.to_line() == jsontext.dump(report.to_json())


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
TEXTS = st.text(st.characters(codec=None), max_size=12)
PROBLEMS = st.builds(Problem, st.builds(ProblemType, TEXTS, TEXTS), TEXTS, st.none() | TEXTS)


@given(VALUES, TEXTS, TEXTS, st.lists(PROBLEMS, max_size=2).map(tuple), st.none() | TEXTS)
def test_whatever_a_report_says_is_written_as_the_encoder_writes_it(
    evidence: Any, message: str, name: str, problems: tuple[Problem, ...], pointer: str | None
) -> None:
    report = REPORTS[0]
    assert report.credential is not None
    first = replace(report.checks[0], message=message, evidence={"found": evidence}, problems=problems)
    report = replace(
        report,
        checks=(first, *report.checks[1:]),
        credential=replace(report.credential, name=name),
        warnings=problems,
        members=(replace(REPORTS[1], pointer=pointer),),
        pointer=pointer,
    )
    # A number has several forms, as 1e-7 has.
    assert _written(report.to_line) == _written(lambda: jsontext.dump(report.to_json()))


def _written(write: Any) -> Any:
    try:
        return json.loads(write())
    except ProblemError as error:
        return error.problem


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=3), st.sampled_from([None, 1]), st.text(" \t\r\n"))
def test_every_member_of_a_request_is_taken_as_it_was_sent(
    members: dict[str, Any], indent: int | None, blank: str
) -> None:
    try:
        whole = jsontext.dump(members)
        jsontext.parse(whole)
    except ProblemError:
        return
    data = blank.encode() + json.dumps(members, indent=indent, ensure_ascii=False).encode() + blank.encode()
    body = json_body("application/json", data, DEFAULT_LIMITS)
    assert body.members == members
    assert {name: json.loads(source) for name, source in body.sources.items()} == members
    assert all(source == source.strip() and source in data for source in body.sources.values())


# -- what else is on the way ----------------------------------------------------------------------------------------


def test_the_head_of_an_answer_goes_with_its_body_and_nothing_waits_for_long() -> None:
    wire, client = _Wire(h11.SERVER), h11.Connection(h11.CLIENT)
    for number in range(2):
        asking = h11.Request(method="POST", target="/", headers=[("Host", "x")])
        wire.receive_data((client.send(asking) or b"") + (client.send(h11.EndOfMessage()) or b""))
        assert [type(wire.next_event()) for _ in range(2)] == [h11.Request, h11.EndOfMessage]
        assert wire.send(h11.Response(status_code=200, headers=[("Content-Length", "4")])) == b""
        sent = wire.send(h11.Data(data=b"ab"))
        assert sent.startswith(b"HTTP/1.1 200")
        assert sent.endswith(b"\r\n\r\nab")
        assert wire.send(h11.Data(data=b"cd")) == b"cd"
        assert wire.send(h11.EndOfMessage()) == b""
        if not number:
            client.receive_data(sent + b"cd")
            assert [type(client.next_event()) for _ in range(3)] == [h11.Response, h11.Data, h11.EndOfMessage]
            client.start_next_cycle()
            wire.start_next_cycle()


def test_an_informational_answer_is_sent_at_once() -> None:
    wire = _Wire(h11.SERVER)
    wire.receive_data(b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n")
    wire.next_event()
    assert wire.send(h11.InformationalResponse(status_code=100, headers=[])).startswith(b"HTTP/1.1 100")


def test_no_more_is_done_in_threads_at_once_than_the_framework_allows() -> None:
    seen: list[int] = []
    working = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal working
        with lock:
            working += 1
            seen.append(working)
        threading.Event().wait(0.005)
        with lock:
            working -= 1

    async def scenario() -> None:
        anyio.to_thread.current_default_thread_limiter().total_tokens = 2
        await asyncio.gather(*(in_thread(work) for _ in range(8)), *(anyio.to_thread.run_sync(work) for _ in range(4)))

    anyio.run(scenario)
    assert len(seen) == 12
    assert max(seen) == 2


def test_what_goes_wrong_in_a_thread_goes_wrong_outside_and_frees_the_place() -> None:
    def work() -> None:
        raise ZeroDivisionError

    async def scenario() -> float:
        with pytest.raises(ZeroDivisionError):
            await in_thread(work)
        return anyio.to_thread.current_default_thread_limiter().borrowed_tokens

    assert anyio.run(scenario) == 0


def test_a_process_that_only_verifies_does_without_the_database(tmp_path: Path) -> None:
    program = (
        "import sys; from badgeport.service.app import from_environment; app = from_environment(); "
        "print(app.title, *{'sqlalchemy', 'alembic', 'badgeport.issuer.desk'} & sys.modules.keys())"
    )
    own = {"BADGEPORT_ROLE": "verifier", "BADGEPORT_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, **own}, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["Badgeport"]


def test_what_is_below_the_level_is_not_put_together(monkeypatch: pytest.MonkeyPatch) -> None:
    import structlog

    monkeypatch.setattr(logging.getLogger("badgeport"), "level", logging.ERROR)
    logging.getLogger("badgeport").manager._clear_cache()  # type: ignore[attr-defined]
    assert logs.tells(logging.INFO) is not structlog.is_configured()
    monkeypatch.setattr(structlog, "is_configured", lambda: True)
    assert not logs.tells(logging.INFO)
    assert logs.tells(logging.ERROR)
