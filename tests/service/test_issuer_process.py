"""The issuer as it is run: real processes, the embedded worker, one beside it, and how they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx2
import pytest
from sqlmodel import select

from badgeport.issuer.awards.mail import post
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.storage.database import Database
from badgeport.service.database import migrations
from support import databases

COMMAND = Path(sys.executable).parent / "badgeport"
SECONDS = 120.0

pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="badgeport is not installed beside this Python")


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(folder: Path, **variables: str) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("BADGEPORT_")}
    named = {"DATA_DIR": str(folder / "data"), "RATE_LIMIT": "off", **variables}
    return given | {f"BADGEPORT_{name}": value for name, value in named.items()}


@contextmanager
def running(folder: Path, arguments: list[str], **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """A command that runs until the end of the block; its standard error is in ``folder/errors``."""
    with (folder / "errors").open("ab") as stream:
        process = subprocess.Popen(
            [COMMAND, *arguments], env=_environment(folder, **variables), stdout=subprocess.DEVNULL, stderr=stream
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(30)


def until(found: Callable[[], bool], process: subprocess.Popen[bytes] | None, folder: Path) -> None:
    end = time.monotonic() + SECONDS
    while not found():
        if process is not None and process.poll() is not None:
            pytest.fail(f"it ended with {process.returncode}: {(folder / 'errors').read_text()}")
        if time.monotonic() > end:
            pytest.fail(f"it did not happen: {(folder / 'errors').read_text()}")
        time.sleep(0.1)


def is_ready(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/readyz", timeout=10).status_code == 200
    except httpx2.HTTPError:
        return False


def send(url: str, *names: str) -> None:
    database = Database.at(url)
    with database.writing() as session:
        for name in names:
            post(session, address=f"{name}@people.example", subject="Hello", body=name, now=datetime.now(UTC))
    database.close()


def outbox(folder: Path) -> list[str]:
    """To whom messages lie in the outbox."""
    lines = [path.read_text().splitlines() for path in (folder / "data" / "outbox").glob("*.eml")]
    return sorted(line.removeprefix("To: ") for text in lines for line in text if line.startswith("To: "))


def test_nothing_set_is_enough_to_try_it_out(tmp_path: Path) -> None:
    port = _free_port()
    address = f"http://localhost:{port}"
    with running(tmp_path, ["serve", "--port", str(port), "--workers", "2"]) as process:
        until(lambda: is_ready(address), process, tmp_path)
        checks = httpx2.get(f"{address}/readyz", timeout=30).json()["checks"]
        assert checks == {"storage": "ok", "contexts": "ok", "database": "ok"}
        send(f"sqlite:///{tmp_path / 'data' / 'badgeport.sqlite'}", "ana", "ben")
        until(lambda: len(outbox(tmp_path)) == 2, process, tmp_path)
        page = httpx2.get(f"{address}/", headers={"Accept": "text/html"}, timeout=30, follow_redirects=True)
        assert page.status_code == 200
        assert "badgeport_jobs{" in httpx2.get(f"{address}/metrics", timeout=30).text
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    said = (tmp_path / "errors").read_text()
    assert f"open {address}/" in said
    assert "this is for trying it out" in said
    for name in ("secret-key", "passphrase"):
        assert (tmp_path / "data" / name).read_text().strip() not in said
    assert outbox(tmp_path) == ["ana@people.example", "ben@people.example"]


def listens(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has said what it does when it is told to end."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize("kind", databases.KINDS)
def test_a_worker_beside_it(kind: str, tmp_path: Path) -> None:
    """One that only serves signs and sends nothing; a worker does, and ends when it is told to."""
    url = databases.url_of(kind, tmp_path)
    port = _free_port()
    given: Mapping[str, str] = {"DATABASE_URL": url, "PUBLIC_URL": f"http://localhost:{port}"}
    with running(tmp_path, ["serve", "--role", "issuer", "--port", str(port)], WORKER="no", **given) as serving:
        until(lambda: is_ready(f"http://localhost:{port}"), serving, tmp_path)
        assert httpx2.get(f"http://localhost:{port}/verify", timeout=30).status_code == 404
        send(url, "ana")
        with running(tmp_path, ["worker"], **given) as first, running(tmp_path, ["worker"], **given) as second:
            until(lambda: len(outbox(tmp_path)) == 1, first, tmp_path)
            send(url, *(f"person{number}" for number in range(40)))
            until(lambda: len(outbox(tmp_path)) == 41, second, tmp_path)
            for worker in (first, second):
                # The other may have done all the work before this one was ready to be told anything.
                until(partial(listens, worker), worker, tmp_path)
                worker.send_signal(signal.SIGTERM)
            assert (first.wait(60), second.wait(60)) == (0, 0)
        assert serving.poll() is None
    assert len(set(outbox(tmp_path))) == len(outbox(tmp_path)) == 41


def test_a_worker_that_ends_when_nothing_is_due(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"
    database = Database.at(url)
    migrations.upgrade(database)
    send(url, "ana")
    ran = subprocess.run(
        [COMMAND, "worker", "--once"],
        env=_environment(tmp_path, DATABASE_URL=url),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert outbox(tmp_path) == ["ana@people.example"]
    with database.reading() as session:
        assert session.exec(select(Job).where(Job.kind == "mail")).all() == []
    database.close()


def test_an_issuer_whose_database_is_gone_is_not_ready(tmp_path: Path) -> None:
    from support.site import Site

    site = Site(tmp_path)
    assert site.browser().get("/readyz").json()["checks"]["database"] == "ok"
    with site.desk.database.engine.connect().execution_options(begin="IMMEDIATE") as connection:
        connection.exec_driver_sql("DROP TABLE writer")
        connection.commit()
    time.sleep(1.1)
    answer = site.browser().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "the database cannot be used (OperationalError)"
    site.close()


def test_the_queue_is_told_in_numbers(tmp_path: Path) -> None:
    from badgeport.issuer.jobs import queue
    from support.site import Site

    site = Site(tmp_path)
    now = site.clock()
    with site.desk.database.writing() as session:
        for number in range(3):
            queue.ask(session, "mint", f"a{number}", now=now)
        queue.ask(session, "mail", "m", now=now, due=site.clock.now.replace(year=2099))
        broken = queue.ask(session, "mail", "broken", now=now)
        broken.failed = True
        session.flush()
        assert len(queue.take(session, "w", now=now, most=1, kinds={"mint"})) == 1
    site.clock.forward(seconds=60)
    page = site.browser().get("/metrics").text
    for line in (
        'badgeport_jobs{kind="mint",state="due"} 2.0',
        'badgeport_jobs{kind="mint",state="taken"} 1.0',
        'badgeport_jobs{kind="mail",state="later"} 1.0',
        'badgeport_jobs{kind="mail",state="failed"} 1.0',
        'badgeport_jobs_overdue_seconds{kind="mint"} 60.0',
    ):
        assert line in page
    site.close()
