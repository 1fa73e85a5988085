"""What stands around every request: ids, headers, bounds, rates, refusals, logs and counters."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from badgeport.schemas.problems import PARSING_ERROR, ProblemError
from badgeport.service import logs
from badgeport.service.app import body_bound
from badgeport.service.shell import BoundedBody, clients_of
from support import serving
from support import verifying as v

GOOD = v.sign(v.badge())


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return serving.application(tmp_path)


@pytest.fixture
def api(app: FastAPI) -> TestClient:
    return serving.client(app)


# -- ids and headers ------------------------------------------------------------------------------------------------


def test_a_sane_request_id_is_echoed_and_any_other_replaced(api: TestClient) -> None:
    assert api.get("/healthz", headers={"x-request-id": "abc-1.2_Z"}).headers["x-request-id"] == "abc-1.2_Z"
    for given in ("a b", "x" * 65, "<script>", "", "-x"):
        made = api.get("/healthz", headers={"x-request-id": given}).headers["x-request-id"]
        assert made != given
        assert len(made) == 32


@pytest.mark.parametrize("path", ["/healthz", "/nothing", "/docs", "/openapi.json", "/api/v1/verify"])
def test_every_answer_has_the_security_headers(api: TestClient, path: str) -> None:
    headers = api.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers
    assert "set-cookie" not in headers


def test_https_is_insisted_on_where_it_is_used(tmp_path: Path) -> None:
    api = serving.client(serving.application(tmp_path, public_url="https://verify.example"))
    assert "strict-transport-security" in api.get("/healthz").headers


def test_any_site_may_ask_the_interface_but_not_the_page(api: TestClient) -> None:
    origin = {"origin": "https://hr.example"}
    answer = api.post("/api/v1/verify", content=GOOD, headers=origin)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    asking = api.options("/credentials/verify", headers={**origin, "access-control-request-method": "POST"})
    assert asking.status_code == 204
    assert "POST" in asking.headers["access-control-allow-methods"]
    assert "Content-Type" in asking.headers["access-control-allow-headers"]
    for path in ("/verify", "/", "/metrics", "/healthz"):
        assert "access-control-allow-origin" not in api.get(path, headers=origin, follow_redirects=False).headers


# -- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "NOT_FOUND"),
        ("GET", "/static/nothing.css", 404, "NOT_FOUND"),
        ("GET", "/static/../store.py", 404, "NOT_FOUND"),
        ("GET", "/api/v1/verify", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/credentials/verify", 405, "METHOD_NOT_ALLOWED"),
        ("BREW", "/healthz", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_refusals_are_problems(api: TestClient, method: str, path: str, status: int, code: str) -> None:
    answer = api.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"https://badgeport.org/problems#{code}"
    assert problem["status"] == status
    if status == 405:
        assert answer.headers["allow"]


def test_a_defect_is_a_plain_500_without_a_traceback(app: FastAPI, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/broken")
    def broken() -> None:
        raise RuntimeError("secret-in-the-exception")

    with caplog.at_level(logging.INFO):
        answer = serving.client(app).get("/broken")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("#INTERNAL_ERROR")
    assert "x-request-id" in answer.headers
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert "secret" not in caplog.text


def test_a_problem_that_escapes_is_a_400(app: FastAPI) -> None:
    @app.get("/unread")
    def unread() -> None:
        raise ProblemError(PARSING_ERROR, "this could not be read")

    answer = serving.client(app).get("/unread")
    assert (answer.status_code, answer.json()["detail"]) == (400, "this could not be read")


def test_a_storage_that_cannot_be_used_is_503(app: FastAPI) -> None:
    api = serving.client(app)
    app.state.desk.store.close()
    app.state.desk.store._storage.path.write_bytes(b"no database" * 500)
    answer = api.post("/challenges")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert answer.json()["type"].endswith("#SERVICE_UNAVAILABLE")
    ready = api.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["status"] == "unavailable"
    assert api.get("/healthz").status_code == 200


# -- sizes and times ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/api/v1/verify", "/credentials/verify", "/challenges", "/nothing", "/verify"])
def test_what_is_too_large_is_refused_before_it_is_read(api: TestClient, path: str) -> None:
    stated = api.post(path, content=b"", headers={"content-length": str(body_bound(path) + 1)})
    assert stated.status_code == 413
    assert stated.headers["connection"] == "close"


@pytest.mark.parametrize("path", ["/api/v1/verify", "/credentials/verify", "/presentations/verify"])
def test_what_grows_too_large_is_refused_while_it_is_read(api: TestClient, path: str) -> None:
    def chunks() -> Any:
        for _ in range(body_bound(path) // 65536 + 2):
            yield b"x" * 65536

    assert api.post(path, content=chunks()).status_code == 413


@pytest.mark.parametrize("stated", ["9" * 400, "99999999999999999999"])
def test_absurd_lengths(api: TestClient, stated: str) -> None:
    assert api.post("/api/v1/verify", content=b"", headers={"content-length": stated}).status_code == 413


def test_a_body_that_does_not_come_is_408() -> None:
    sent: list[dict[str, Any]] = []

    async def reads(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass

    async def drips() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def sends(message: Any) -> None:
        sent.append(message)

    async def respond(request: Any, problem: Any, status: int, headers: Any) -> Any:
        from badgeport.web.answers import problem_response

        return problem_response(problem, status=status, headers=headers)

    bounded = BoundedBody(reads, respond=respond, bound=lambda path: 10_000, seconds=0.2)
    scope = {"type": "http", "method": "POST", "path": "/api/v1/verify", "headers": []}
    asyncio.run(asyncio.wait_for(bounded(scope, drips, sends), 30))
    assert sent[0]["status"] == 408
    assert json.loads(sent[1]["body"])["type"].endswith("#REQUEST_TIMEOUT")


# -- rates ----------------------------------------------------------------------------------------------------------


def test_who_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    api = serving.client(serving.application(tmp_path, rate_limit="5/minute"))
    assert [api.post("/challenges").status_code for _ in range(7)] == [200] * 5 + [429] * 2
    answer = api.post("/api/v1/verify", content=GOOD)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 120
    assert answer.json()["type"].endswith("#TOO_MANY_REQUESTS")
    # Those who watch over the service, and those who only read, are not shut out.
    assert api.get("/healthz").status_code == 200
    assert api.get("/metrics").status_code == 200
    assert api.get("/openapi.json").status_code == 200


def test_each_client_behind_a_trusted_proxy_has_its_own_rate(tmp_path: Path) -> None:
    api = serving.client(serving.application(tmp_path, rate_limit="2/minute", trusted_proxies=1))

    def ask(forwarded: str) -> int:
        return api.post("/challenges", headers={"x-forwarded-for": forwarded}).status_code

    assert [ask("203.0.113.7") for _ in range(3)] == [200, 200, 429]
    assert ask("203.0.113.8") == 200
    # What a client writes itself stands further left, and buys it nothing.
    assert ask("198.51.100.1, 203.0.113.7") == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "client"),
    [
        ("192.0.2.1", None, 0, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.7", 0, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.7", 1, "203.0.113.7"),
        ("192.0.2.1", "1.1.1.1, 203.0.113.7", 1, "203.0.113.7"),
        ("192.0.2.1", "203.0.113.7, 10.0.0.1", 2, "203.0.113.7"),
        ("192.0.2.1", "203.0.113.7", 2, "192.0.2.1"),
        ("192.0.2.1", None, 1, "192.0.2.1"),
        ("192.0.2.1", "203.0.113.7:4711", 1, "203.0.113.7"),
        ("192.0.2.1", "[2001:db8:1:2:3::1]:99", 1, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", None, 0, "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", None, 0, "192.0.2.1"),
        ("192.0.2.1", "nonsense", 1, "unknown"),
    ],
)
def test_whom_a_request_counts_for(peer: str, forwarded: str | None, proxies: int, client: str) -> None:
    headers = [] if forwarded is None else [(b"x-forwarded-for", forwarded.encode())]
    counted = clients_of({"type": "http", "client": (peer, 1), "headers": headers}, proxies)
    assert counted[0].network == client


# -- logs and counters ----------------------------------------------------------------------------------------------


def test_the_log_names_the_route_and_nothing_that_was_handed_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import structlog

    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    try:
        logs.set_up("info")
        api = serving.client(serving.application(tmp_path))
        api.post(
            "/api/v1/verify", params={"recipient": "maria@example.org"}, content=GOOD, headers={"x-request-id": "r1"}
        )
        api.get("/verify/results/secret-token-in-the-path")
    finally:
        root.handlers[:] = before
        structlog.reset_defaults()
    written = capsys.readouterr().err
    lines = [json.loads(line) for line in written.splitlines()]
    assert {"request"} <= {line["event"] for line in lines}
    first = next(line for line in lines if line.get("request_id") == "r1")
    assert (first["method"], first["route"], first["status"]) == ("POST", "/api/v1/verify", 200)
    for secret in ("maria", "secret-token", "Reading Together", v.RECIPIENT):
        assert secret not in written


def test_a_traceback_of_a_library_is_reduced_to_its_places(capsys: pytest.CaptureFixture[str]) -> None:
    import structlog

    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    try:
        logs.set_up("info")
        try:
            raise ValueError("holds a credential")
        except ValueError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    finally:
        root.handlers[:] = before
        structlog.reset_defaults()
    line = json.loads(capsys.readouterr().err)
    assert line["error"] == "ValueError"
    assert line["where"]
    assert "holds a credential" not in json.dumps(line)


def test_counters(api: TestClient) -> None:
    api.post("/api/v1/verify", content=GOOD)
    api.post("/api/v1/verify", content=v.sign(v.badge(validUntil="2026-04-20T00:00:00Z")))
    api.post("/credentials/verify", json={"verifiableCredential": {**v.parsed(GOOD), "name": "x"}})
    api.post("/api/v1/verify", json={"url": "https://lakeside.example/nothing"})
    api.get("/nothing/that-holds-a-token")
    page = api.get("/metrics").text
    for line in (
        'badgeport_verifications_total{surface="api",verdict="valid"} 1.0',
        'badgeport_verifications_total{surface="api",verdict="invalid"} 1.0',
        'badgeport_verifications_total{surface="vcalm",verdict="invalid"} 1.0',
        'badgeport_rejections_total{code="EXPIRED"} 1.0',
        'badgeport_verification_seconds_count{surface="api"} 3.0',
        'badgeport_fetches_total{outcome="failed",purpose="credential"} 1.0',
        'badgeport_http_requests_total{method="GET",route="(none)",status="404"} 1.0',
    ):
        assert line in page
    assert "token" not in page
    assert "lakeside" not in page


# -- documentation --------------------------------------------------------------------------------------------------


def test_docs_load_nothing_from_elsewhere(api: TestClient) -> None:
    import re

    page = api.get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert " style=" not in page.text
    sources = re.findall(r'(?:src|href)="([^"]*)"', page.text)
    assert sources
    assert all(source.startswith("/") for source in sources)
    assert api.get("/docs/style.css").headers["content-type"].startswith("text/css")
    for path in ("/credentials/verify", "/presentations/verify", "/challenges", "/api/v1/verify", "/readyz"):
        assert path in page.text


def test_home_leads_to_the_page(api: TestClient) -> None:
    answer = api.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/verify")
