"""The service under attack from its edges: connections, names it is reached by, proxies before it, its neighbours."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio.to_thread
import httpx2
import pytest
import uvicorn
from badgeport.web.answers import Refusal
from starlette.testclient import TestClient

from badgeport.schemas.problems import SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS
from badgeport.service import logs, metrics, shell
from badgeport.service.app import data_dir_notes
from badgeport.service.clients import Client, clients_at
from badgeport.service.connections import MAXIMUM_CONNECTIONS, Connections, bounds, raise_descriptors
from badgeport.service.shell import Gate
from support import served, serving
from support import verifying as v

COMMAND = Path(sys.executable).parent / "badgeport"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HANG = 60.0
GOOD = v.sign(v.badge())

needs_command = pytest.mark.skipif(not COMMAND.exists(), reason="badgeport is not installed beside this Python")


def wait_until(holds: Callable[[], bool], what: str, seconds: float = HANG) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            pytest.fail(f"never happened: {what}")
        time.sleep(0.05)


# -- a service in a process of its own ------------------------------------------------------------------------------


@dataclass
class Running:
    """A service that was started."""

    port: int
    process: subprocess.Popen[bytes]
    errors: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> str:
        return self.errors.read_text(encoding="utf-8")

    def answers(self, source: str = "127.0.0.1", path: str = "/healthz") -> int:
        """The status it answers a client at ``source`` with; 0 where it does not answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10, source_address=(source, 0)) as client:
                client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
                with client.makefile("rb") as stream:
                    said = stream.readline().split()
                return int(said[1]) if len(said) > 1 else 0
        except OSError:
            return 0


@contextlib.contextmanager
def running(folder: Path, *arguments: str, files: tuple[int, int] | None = None, **variables: str) -> Iterator[Running]:
    """`badgeport serve`, ready, with so many descriptors (soft, hard)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    folder.mkdir(parents=True, exist_ok=True)
    errors = folder / f"errors-{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BADGEPORT_")}
    environment |= {"BADGEPORT_DATA_DIR": str(folder / "data"), "BADGEPORT_RATE_LIMIT": "off"}
    environment |= {f"BADGEPORT_{name}": value for name, value in variables.items()}
    limited = [] if files is None else ["prlimit", f"--nofile={files[0]}:{files[1]}"]
    with errors.open("wb") as stream:
        process = subprocess.Popen(
            [*limited, COMMAND, "serve", "--port", str(port), *arguments],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=stream,
        )
    service = Running(port, process, errors)
    try:
        wait_until(lambda: process.poll() is not None or service.answers() == 200, "the start", 120)
        if process.poll() is not None:
            pytest.fail(f"the service ended: {service.said()}")
        yield service
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(30)


def silent(port: int, number: int) -> list[socket.socket]:
    """Connections of one client that say nothing, or half a header."""
    held: list[socket.socket] = []
    for index in range(number):
        with contextlib.suppress(OSError):
            client = socket.create_connection(("127.0.0.1", port), timeout=5)
            held.append(client)
            if index % 2:
                client.sendall(b"GET /verify HTTP/1.1\r\nHost: x\r\nX-A: ")
    return held


@needs_command
@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is not installed")
def test_silent_connections_of_one_client_took_the_service_from_everybody(tmp_path: Path) -> None:
    with running(tmp_path, "--role", "verifier", files=(128, 128)) as service:
        held = silent(service.port, 140)
        try:
            assert [service.answers("127.0.0.2") for _ in range(5)] == [200] * 5
            assert service.answers("127.0.0.2", "/readyz") == 200
        finally:
            for client in held:
                client.close()
        assert "out of system resource" not in service.said()
        lines = [line for line in service.said().splitlines() if "connections refused" in line]
        assert len(lines) == 1
        assert "127.0.0.1" not in lines[0]
        wait_until(lambda: service.answers() == 200, "that the client is served again")


@needs_command
@pytest.mark.skipif(shutil.which("prlimit") is None, reason="prlimit is not installed")
def test_the_service_made_do_with_fewer_descriptors_than_it_may_have(tmp_path: Path) -> None:
    with running(tmp_path, "--role", "verifier", files=(256, 1500)) as service:
        told = Path(f"/proc/{service.process.pid}/limits").read_text()
        assert re.search(r"Max open files +1500 +1500", told)


@pytest.mark.parametrize(
    ("soft", "most"), [(64, 32), (128, 64), (1024, 512), (8192, MAXIMUM_CONNECTIONS), (-1, MAXIMUM_CONNECTIONS)]
)
def test_connections_stay_below_the_descriptors(soft: int, most: int) -> None:
    made = bounds(soft, proxies=0)
    assert made.most == most
    assert 1 <= made.each <= most // 8
    # All connections come from the proxy then.
    assert bounds(soft, proxies=1).each == most


def test_the_number_of_descriptors_is_never_lowered(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda kind, value: made.append((kind, value)))
    for limits in ((1_000_000, 1_000_000), (resource.RLIM_INFINITY, resource.RLIM_INFINITY), (512, 512)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        raise_descriptors()
    assert made == []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (512, resource.RLIM_INFINITY))
    raise_descriptors()
    assert made == [(resource.RLIMIT_NOFILE, (8192, resource.RLIM_INFINITY))]


# -- connections, in this process -----------------------------------------------------------------------------------


async def answering(scope: Any, receive: Any, send: Any) -> None:
    """Answers without reading a body; `/large` with more than a connection holds, `/read` when the body is whole."""
    if scope["type"] != "http":
        return
    more = scope["path"] == "/read"
    while more:
        more = (await receive()).get("more_body", False)
    body = b"x" * (64 * 1024 * 1024 if scope["path"] == "/large" else 2)
    length = str(len(body)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": body})


@contextlib.contextmanager
def listening(connections: Connections) -> Iterator[tuple[int, uvicorn.Server]]:
    """A server whose connections are bounded by these."""
    made: Any = connections
    config = uvicorn.Config(
        answering, host="127.0.0.1", port=0, http=made, log_level="error", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started, "the start")
        yield server.servers[0].sockets[0].getsockname()[1], server
    finally:
        server.should_exit = True
        thread.join(30)


def connect(port: int) -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=HANG)
    client.settimeout(HANG)
    return client


def is_ended(client: socket.socket) -> bool:
    """Whether the server ends a connection; waits until it does."""
    try:
        while client.recv(65536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-A: ",
        # The answer did not wait for the body, which never comes.
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx",
    ],
)
def test_a_connection_without_a_whole_request_was_kept_for_ever(said: bytes) -> None:
    with listening(Connections(most=10, each=10, seconds=0.3)) as (port, server):
        server.config.timeout_keep_alive = 1
        client = connect(port)
        client.sendall(said)
        if said.startswith(b"POST"):
            assert client.recv(4096)
            client.sendall(b"x")
        assert is_ended(client)


@pytest.mark.parametrize("before", [b"", REQUEST])
def test_dripping_a_header_bought_more_time(before: bytes) -> None:
    with listening(Connections(most=10, each=10, seconds=0.5)) as (port, _):
        client = connect(port)
        if before:
            client.sendall(before)
            assert b"200" in client.recv(4096)

        def drip() -> bool:
            try:
                client.sendall(b"X")
            except OSError:
                return True
            return False

        wait_until(drip, "the end of the connection")


def test_a_slow_body_is_not_taken_for_a_slow_header() -> None:
    with listening(Connections(most=10, each=10, seconds=0.3)) as (port, _):
        client = connect(port)
        client.sendall(b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n")
        for _ in range(3):
            time.sleep(0.4)
            client.sendall(b"x")
        assert b" 200 " in client.recv(4096)


def test_an_answer_nobody_takes_was_held_for_ever() -> None:
    with listening(Connections(most=10, each=10, seconds=30, idle=0.3, pace=1 << 40)) as (port, server):
        client = connect(port)
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        wait_until(lambda: bool(server.server_state.connections), "the connection")
        wait_until(lambda: not server.server_state.connections, "the end of the connection")
        client.close()


def test_an_answer_somebody_takes_is_not_cut() -> None:
    with listening(Connections(most=10, each=10, seconds=30, idle=5)) as (port, _), httpx2.Client() as client:
        assert len(client.get(f"http://127.0.0.1:{port}/large", timeout=HANG).content) == 64 * 1024 * 1024


def test_one_client_and_all_together_have_so_many_connections() -> None:
    with listening(Connections(most=6, each=3, seconds=60)) as (port, server):
        held = [connect(port) for _ in range(3)]
        wait_until(lambda: len(server.server_state.connections) == 3, "three connections")
        refused = connect(port)
        assert b"503" in refused.recv(4096)
        assert is_ended(refused)
        other = [socket.create_connection(("127.0.0.1", port), 5, ("127.0.0.2", 0)) for _ in range(3)]
        wait_until(lambda: len(server.server_state.connections) == 6, "six connections")
        assert b"503" in socket.create_connection(("127.0.0.1", port), 5, ("127.0.0.3", 0)).recv(4096)
        for client in (*held, *other):
            client.close()
        wait_until(lambda: not server.server_state.connections, "their end")
        again = connect(port)
        again.sendall(REQUEST)
        assert b"200" in again.recv(4096)


# -- whom limits apply to -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "networks"),
    [
        ("192.0.2.1", ["192.0.2.1"]),
        ("::ffff:192.0.2.1", ["192.0.2.1"]),
        ("2002:c000:0201:1::9", ["192.0.2.1"]),
        ("2002:c000:0201:ffff::9", ["192.0.2.1"]),
        ("64:ff9b::192.0.2.1", ["192.0.2.1"]),
        ("2001:db8:1:2::9", ["2001:db8:1:2::/64", "2001:db8:1::/48"]),
        ("2001:db8:1:3::9", ["2001:db8:1:3::/64", "2001:db8:1::/48"]),
        ("fe80::1%eth0", ["fe80::/64", "fe80::/48"]),
        ("nonsense", ["unknown"]),
    ],
)
def test_one_subscriber_was_65536_clients(address: str, networks: list[str]) -> None:
    assert [client.network for client in clients_at(address)] == networks


def test_a_network_has_no_more_than_a_few_of_its_clients_would(tmp_path: Path) -> None:
    api = serving.client(serving.application(tmp_path, rate_limit="2/day", trusted_proxies=1))

    def ask(address: str) -> int:
        return api.post("/challenges", headers={"x-forwarded-for": address}).status_code

    answers = [ask(f"2001:db8:7:{number:x}::1") for number in range(20)]
    assert answers == [200] * 16 + [429] * 4
    assert ask("2001:db8:8::1") == 200
    assert [ask(f"2002:c000:201:{number:x}::1") for number in range(3)] == [200, 200, 429]


def test_connections_of_one_network_are_counted_together() -> None:
    made = Connections(most=64, each=4)
    admitted = [made.admit(clients_at(f"2001:db8:7:{number:x}::1")) for number in range(64)]
    assert admitted == [True] * 32 + [False] * 32
    assert made.admit(clients_at("192.0.2.1"))
    for number in range(32):
        made.release(clients_at(f"2001:db8:7:{number:x}::1"))
    made.release(clients_at("192.0.2.1"))
    assert made.held == 0
    assert not made._by_client


def test_eleven_clients_with_slow_bodies_took_every_place() -> None:
    async def scenario() -> int:
        inside, leave = 0, asyncio.Event()

        async def works(scope: Any, receive: Any, send: Any) -> None:
            nonlocal inside
            inside += 1
            await leave.wait()

        gate = Gate(works, rate="100000/second", proxies=0)

        async def ask(address: str) -> str:
            scope = {"type": "http", "method": "POST", "path": "/verify", "headers": [], "client": (address, 1)}
            try:
                await gate(scope, None, None)  # type: ignore[arg-type]
            except Refusal as refusal:
                return refusal.problem.type.code
            return "served"

        flood = [asyncio.create_task(ask(f"192.0.2.{number}")) for number in range(11) for _ in range(24)]
        while inside < shell.MAXIMUM_IN_FLIGHT // 2:
            await asyncio.sleep(0)
        others = [asyncio.create_task(ask(f"198.51.100.{number}")) for number in range(20)]
        for _ in range(20):
            await asyncio.sleep(0)
        leave.set()
        asked = await asyncio.gather(*flood)
        assert TOO_MANY_REQUESTS.code in asked
        assert SERVICE_UNAVAILABLE.code not in asked
        return (await asyncio.gather(*others)).count("served")

    assert asyncio.run(scenario()) == 20


# -- the log --------------------------------------------------------------------------------------------------------


def test_what_repeats_itself_filled_the_disk_with_log_lines(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import structlog

    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    # Servers of other tests may have made it say less.
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "level", logging.INFO)
    logging.getLogger("uvicorn.error").manager._clear_cache()  # type: ignore[attr-defined]
    try:
        logs.set_up("info")
        for _ in range(1000):
            logging.getLogger("asyncio").error("socket.accept() out of system resource\nsocket: <fd=7>")
            logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
            logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
        logging.getLogger("asyncio").error("something else")
    finally:
        root.handlers[:] = before
        for name in ("asyncio", "uvicorn.error"):
            logging.getLogger(name).filters.clear()
        structlog.reset_defaults()
    lines = [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    assert sum("out of system resource" in line for line in lines) == 1
    assert lines.count("Invalid HTTP request received.") == 1
    assert lines.count("Started server process [7]") == 1000
    assert lines.count("something else") == 1


# -- the name it is reached by --------------------------------------------------------------------------------------


@pytest.fixture
def page(tmp_path: Path) -> TestClient:
    made = serving.client(serving.application(tmp_path))
    made.follow_redirects = False
    return made


@pytest.mark.parametrize("path", ["/verify", "/verify/results/x", "/verify/shared/x", "/docs", "/healthz"])
def test_browsers_were_told_to_hide_where_our_own_forms_come_from(page: TestClient, path: str) -> None:
    # Under "no-referrer" browsers send `Origin: null` with a form, also to the site it came from.
    assert page.get(path).headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://verify.example", 303),
        ("http://elsewhere.example", 403),
        ("http://verify.example.elsewhere.example", 403),
        ("http://verify.example:81", 403),
        ("null", 403),
        ("", 403),
        ("http://[", 403),
        ("http://[::1", 403),
        ("http://a]b", 403),
        ("//", 403),
    ],
)
def test_a_malformed_origin_was_a_500(page: TestClient, origin: str, status: int) -> None:
    answer = page.post("/verify", data={"text": "x"}, files={"file": b""}, headers={"Origin": origin})
    assert answer.status_code == status


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: install it to run the browser tests")
@pytest.mark.parametrize("script", [True, False])
def test_over_plain_http_on_a_name_of_its_own_the_page_refused_every_browser(tmp_path: Path, script: bool) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    name = "verify.intranet.example"
    with served.served(tmp_path) as base, playwright.sync_playwright() as driver:
        arguments = ["--no-sandbox", f"--host-resolver-rules=MAP {name} 127.0.0.1"]
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=arguments)
        site = base.replace("127.0.0.1", name)
        tab = browser.new_context(java_script_enabled=script, locale="en-US").new_page()
        tab.set_default_timeout(30_000)
        posted: list[dict[str, str]] = []
        tab.on("request", lambda asked: posted.append(asked.all_headers()) if asked.method == "POST" else None)
        tab.goto(f"{site}/verify")
        good = served.credentials()["valid"]
        tab.set_input_files("#file", {"name": "a.json", "mimeType": "application/json", "buffer": good})
        tab.get_by_role("button", name="Check it").click()
        tab.wait_for_url("**/verify/results/**")
        result = tab.url
        assert "Genuine" in tab.get_by_role("heading", level=1).inner_text()
        tab.locator("form[action*='/share'] button").click()
        tab.wait_for_url("**/verify/shared/*/yours/*")
        shared = tab.url.partition("/yours/")[0]
        assert shared in tab.content()
        tab.locator("form[action*='/delete'] button").click()
        tab.wait_for_url("**/verify/deleted")
        assert tab.goto(shared).status == 404
        tab.goto(result)
        tab.locator("form[action*='/delete'] button").click()
        tab.wait_for_url("**/verify/deleted")
        assert tab.goto(result).status == 404
        assert len(posted) == 4
        # The case in question: nothing but the origin tells such a browser's form from a foreign one.
        assert all("sec-fetch-site" not in headers and headers["origin"] == site for headers in posted)
        # A page of another site must not get through by this.
        foreign = (
            f'<form method="post" action="{site}/verify" enctype="multipart/form-data">'
            '<input name="text" value="x"><button>go</button></form>'
        )
        tab.route("http://elsewhere.example/", lambda route: route.fulfill(body=foreign, content_type="text/html"))
        tab.goto("http://elsewhere.example/")
        with tab.expect_navigation() as gone:
            tab.get_by_role("button").click()
        assert gone.value.status == 403
        browser.close()


# -- proxies --------------------------------------------------------------------------------------------------------


@needs_command
def test_behind_a_proxy_on_this_machine_shared_links_led_to_loopback(tmp_path: Path) -> None:
    with running(tmp_path, "--role", "verifier") as service:
        assert "BADGEPORT_PUBLIC_URL is not set" in service.said()
        assert "BADGEPORT_TRUSTED_PROXIES" in service.said().partition("open http")[0]
        headers = {"Host": "verify.example.org", "X-Forwarded-For": "203.0.113.7"}
        with httpx2.Client(base_url=service.address, headers=headers, timeout=HANG) as visitor:
            asked = visitor.post("/verify", files={"file": ("a.json", GOOD)}, follow_redirects=False)
            own = visitor.post(f"{asked.headers['location']}/1/share", follow_redirects=False).headers["location"]
            shown = visitor.get(own).text
        assert f"http://verify.example.org{own.partition('/yours/')[0]}" in shown
        assert "127.0.0.1" not in shown
        # Said once, however often it comes.
        wait_until(lambda: "X-Forwarded-For" in service.said(), "the warning")
        assert sum("X-Forwarded-For" in line for line in service.said().splitlines()) == 1


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
@pytest.mark.parametrize("proxies", [0, 1])
def test_a_proxy_nobody_told_us_of_went_unnoticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, header: str, proxies: int
) -> None:
    said: list[str] = []

    class Log:
        def warning(self, event: str, **more: object) -> None:
            said.append(event)

        def info(self, event: str, **more: object) -> None:
            pass

    monkeypatch.setattr(shell, "logger", Log)
    api = serving.client(serving.application(tmp_path, trusted_proxies=proxies))
    api.get("/verify")
    assert said == []
    for _ in range(3):
        api.get("/verify", headers={header: "for=203.0.113.7"})
    assert len(said) == (0 if proxies else 1)


# -- probes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_probes_waited_for_verifications(tmp_path: Path, path: str) -> None:
    app = serving.application(tmp_path)
    leave, inside = threading.Event(), threading.Semaphore(0)

    def works() -> None:
        inside.release()
        leave.wait(HANG)

    @app.get("/busy")
    async def busy() -> None:
        await anyio.to_thread.run_sync(works)

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    busy_threads: list[threading.Thread] = []
    try:
        wait_until(lambda: server.started, "the start")
        base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        for _ in range(45):
            asked = threading.Thread(target=httpx2.get, args=(f"{base}/busy",), kwargs={"timeout": HANG})
            asked.start()
            busy_threads.append(asked)
        for _ in range(40):
            assert inside.acquire(timeout=HANG)
        assert httpx2.get(f"{base}{path}", timeout=20).status_code == 200
    finally:
        leave.set()
        for asked in busy_threads:
            asked.join(HANG)
        server.should_exit = True
        thread.join(30)


def test_asking_whether_it_is_ready_wrote_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = serving.application(tmp_path)
    kept = app.state.desk.store.check
    asked: list[int] = []

    def check(store: object) -> None:
        asked.append(1)
        kept()

    monkeypatch.setattr(type(app.state.desk.store), "check", check)
    api = serving.client(app)
    assert {api.get("/readyz").status_code for _ in range(50)} == {200}
    assert len(asked) < 10


@pytest.mark.parametrize("path", ["/readyz", "/metrics"])
def test_probes_were_free_of_every_limit(tmp_path: Path, path: str) -> None:
    api = serving.client(serving.application(tmp_path, rate_limit="2/day"))
    assert [api.get(path).status_code for _ in range(21)] == [200] * 20 + [429]
    # Who reads pages has not used up what the probes have, nor the other way round.
    assert api.get("/verify").status_code == 200
    assert api.get("/healthz").status_code == 200


# -- neighbours -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "noted"), [(0o700, False), (0o755, False), (0o775, True), (0o777, True)])
def test_a_data_directory_that_others_can_write_to_was_used_without_a_word(
    tmp_path: Path, mode: int, noted: bool
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(mode)
    notes = data_dir_notes(data)
    assert bool(notes) is noted
    assert all("BADGEPORT_DATA_DIR" in note and "write" in note for note in notes)


def test_files_of_others_in_the_data_directory_are_noted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    serving.application(data)
    assert data_dir_notes(data) == ()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert any("another user" in note for note in data_dir_notes(data))


def test_files_that_others_can_read_become_their_owners(tmp_path: Path) -> None:
    data = tmp_path / "data"
    serving.application(data)
    for name in ("verifier.sqlite", "batches.sqlite"):
        (data / name).chmod(0o666)
    serving.application(data)
    assert {stat.S_IMODE((data / name).stat().st_mode) for name in ("verifier.sqlite", "batches.sqlite")} == {0o600}


@needs_command
def test_a_second_service_wiped_the_counters_of_the_first(tmp_path: Path) -> None:
    line = re.compile(r'badgeport_http_requests_total{method="POST",route="/challenges",status="200"} ([0-9.]+)')

    def counted(service: Running) -> set[str]:
        return set(line.findall(httpx2.get(f"{service.address}/metrics", timeout=HANG).text))

    with running(tmp_path, "--role", "verifier", "--workers", "2") as first:
        for _ in range(12):
            assert httpx2.post(f"{first.address}/challenges", timeout=HANG).status_code == 200
        assert counted(first) == {"12.0"}
        with running(tmp_path, "--role", "verifier", "--workers", "2") as second:
            assert counted(second) == set()
            assert counted(first) == {"12.0"}


def test_counters_of_services_that_have_ended_are_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(metrics.SHARED_DIRECTORY, "")
    run = (
        "import sys, pathlib; from badgeport.service import metrics;"
        "metrics.share_between_processes(pathlib.Path(sys.argv[1]))"
    )
    directory = tmp_path / "metrics"
    for _ in range(3):
        subprocess.run([sys.executable, "-c", run, str(directory)], check=True, timeout=HANG)
    metrics.share_between_processes(directory)
    own = Path(os.environ[metrics.SHARED_DIRECTORY])
    assert [path for path in directory.iterdir() if path.is_dir()] == [own]
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


def test_clients_weigh_what_their_network_is() -> None:
    assert clients_at("192.0.2.1") == (Client("192.0.2.1"),)
    assert [client.weight for client in clients_at("2001:db8::1")] == [1, 8]
