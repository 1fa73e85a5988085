"""`badgeport serve` as it is run: real processes, a real port, two workers on one data directory."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from badgeport.service.cli.app import run
from support import verifying as v

COMMAND = Path(sys.executable).parent / "badgeport"
START_SECONDS = 120.0

pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="badgeport is not installed beside this Python")


@dataclass
class Running:
    """A service that was started, and what it said before it began."""

    address: str
    process: subprocess.Popen[bytes]
    errors: Path

    def said(self) -> str:
        """What it wrote to standard error so far."""
        return self.errors.read_text(encoding="utf-8")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    port = _free_port()
    errors = folder / "errors"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("BADGEPORT_")},
        "BADGEPORT_DATA_DIR": str(folder / "data"),
        "BADGEPORT_PASSPHRASE": "never to be shown",
        "BADGEPORT_RATE_LIMIT": "off",
        "BADGEPORT_TRSUT": "misspelt",
    }
    with errors.open("wb") as stream:
        process = subprocess.Popen(
            [COMMAND, "serve", "--role", "verifier", "--port", str(port), "--workers", "2"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=stream,
        )
    running = Running(f"http://127.0.0.1:{port}", process, errors)
    try:
        _wait(running)
        yield running
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)


def _wait(running: Running) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if running.process.poll() is not None:
            pytest.fail(f"the service ended: {running.said()}")
        ready = running.said().count("Application startup complete") >= 2
        try:
            if ready and httpx2.get(f"{running.address}/readyz", timeout=5).status_code == 200:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.2)
    pytest.fail(f"the service did not start: {running.said()}")


def test_it_says_what_it_uses_and_shows_no_secret(service: Running) -> None:
    said = service.said()
    assert f"open {service.address}/verify" in said
    assert re.search(r"BADGEPORT_WORKERS +2\n", said)
    assert "BADGEPORT_TRSUT" in said
    assert "never to be shown" not in said


def test_it_verifies(service: Running) -> None:
    good = v.sign(v.badge())
    report = httpx2.post(f"{service.address}/api/v1/verify", content=good, timeout=60).json()
    assert report["verdict"] == "valid"
    answer = httpx2.post(
        f"{service.address}/credentials/verify", json={"verifiableCredential": v.parsed(good)}, timeout=60
    )
    assert answer.json()["verified"] is True


def test_no_address_of_its_own_network_is_asked(service: Running) -> None:
    """Nobody uses the service to reach what only the service can reach, itself first of all."""
    before = service.said().count('"event": "request"')
    for url in (service.address, "https://127.0.0.1/", "http://169.254.169.254/latest/", "https://[::1]/"):
        report = httpx2.post(f"{service.address}/api/v1/verify", json={"url": url}, timeout=60).json()
        assert report["verdict"] == "undetermined"
        assert report["documents"] == []
    after = service.said().count('"event": "request"')
    assert after - before == 4


def test_workers_share_challenges_and_counters(service: Running) -> None:
    """Each request by a connection of its own, so that both workers get some."""
    issued = [httpx2.post(f"{service.address}/challenges", timeout=60).json()["challenge"] for _ in range(24)]
    holder = v.signer("holder")
    uses: list[int] = []
    for challenge in issued[:6]:
        shown = v.parsed(
            v.sign(v.presentation(holder.controller), holder, purpose="authentication", challenge=challenge)
        )
        body = {"verifiablePresentation": shown, "options": {"challenge": challenge}}
        answers = [
            httpx2.post(f"{service.address}/presentations/verify", json=body, timeout=60).json() for _ in range(2)
        ]
        codes = [[each["type"].rpartition("#")[2] for each in answer["problemDetails"]] for answer in answers]
        uses.append(["INVALID_CHALLENGE_ERROR" in found for found in codes].count(False))
    assert uses == [1] * 6
    shown_by = [httpx2.get(f"{service.address}/metrics", timeout=60).text for _ in range(8)]
    counted = {
        re.search(r'badgeport_http_requests_total\{method="POST",route="/challenges",status="200"\} ([0-9.]+)', page)[1]  # type: ignore[index]
        for page in shown_by
    }
    assert counted == {"24.0"}


def test_a_hostile_request_ends_no_worker(service: Running) -> None:
    for data in (b"\x00" * 100_000, b"[" * 200_000, b"PK\x03\x04" + b"\xff" * 5000, b"%PDF-1.7" + b"\xff" * 5000):
        assert httpx2.post(f"{service.address}/api/v1/verify", content=data, timeout=60).status_code == 200
    large = b"x" * 18_000_000
    # It need not read what it refuses to the end, so that the connection may break before the answer is read.
    with contextlib.suppress(httpx2.TransportError):
        assert httpx2.post(f"{service.address}/api/v1/verify", content=large, timeout=60).status_code == 413
    assert httpx2.get(f"{service.address}/healthz", timeout=60).status_code == 200


def test_its_log_is_json_without_what_was_handed_in(service: Running) -> None:
    httpx2.post(f"{service.address}/api/v1/verify?recipient=maria@example.org", content=b"Maria", timeout=60)
    lines = [line for line in service.said().splitlines() if line.startswith("{")]
    assert any(json.loads(line).get("route") == "/api/v1/verify" for line in lines)
    assert not [line for line in lines if "maria" in line.lower()]


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["--role", "both"], {}, "BADGEPORT_ROLE"),
        (["--port", "0"], {}, "--port"),
        (["--port", "70000"], {}, "--port"),
        (["--workers", "0"], {}, "BADGEPORT_WORKERS"),
        ([], {"BADGEPORT_TRUST": "/nonexistent"}, "BADGEPORT_TRUST"),
        ([], {"BADGEPORT_DATA_DIR": "/dev/null/x"}, "BADGEPORT_DATA_DIR"),
        ([], {"BADGEPORT_RECEIPT_KEY": "file:/nonexistent"}, "BADGEPORT_RECEIPT_KEY"),
    ],
)
def test_what_cannot_work_is_said_before_it_starts(
    arguments: list[str],
    variables: dict[str, str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BADGEPORT_DATA_DIR", str(tmp_path / "data"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(["serve", *arguments]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert "Traceback" not in errors


def test_a_port_that_is_taken_is_said_plainly(service: Running, tmp_path: Path) -> None:
    port = service.address.rpartition(":")[2]
    environment = {**os.environ, "BADGEPORT_DATA_DIR": str(tmp_path / "data")}
    ran = subprocess.run(
        [COMMAND, "serve", "--port", port], env=environment, capture_output=True, timeout=120, check=False
    )
    assert ran.returncode == 2
    assert b"could not start" in ran.stderr
    assert b"Traceback" not in ran.stderr
