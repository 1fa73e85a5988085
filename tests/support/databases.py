"""Databases for tests: SQLite in a file, and a real PostgreSQL where the machine has one."""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from badgeport.issuer.storage.database import Database
from badgeport.receiver.schema import metadata

KINDS = ("sqlite", "postgresql")


def url_of(kind: str, folder: Path, *, like: str = "template1") -> str:
    """The address of a new, empty database (PostgreSQL: a copy of ``like``). Skips the test without PostgreSQL."""
    if kind == "sqlite":
        return f"sqlite:///{folder / f'{uuid.uuid4().hex}.sqlite'}"
    socket = _server()
    if socket is None:
        if os.environ.get("BADGEPORT_CI"):
            pytest.fail("PostgreSQL (initdb, pg_ctl) must be here in CI")
        pytest.skip("PostgreSQL (initdb, pg_ctl) is not installed")
    name = f"t{uuid.uuid4().hex}"
    admin = Database.at(_address(socket, "postgres"))
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {like}"))
    admin.close()
    return _address(socket, name)


def made(kind: str, folder: Path) -> str:
    """The address of a new database with every table and no row. Skips as `url_of`."""
    if kind == "sqlite":
        file = folder / f"{uuid.uuid4().hex}.sqlite"
        file.write_bytes(empty_tables())
        return f"sqlite:///{file}"
    return url_of(kind, folder, like=_template())


def fresh(kind: str, folder: Path) -> Database:
    """A new database with every table."""
    return Database.at(made(kind, folder))


@cache
def empty_tables() -> bytes:
    """A SQLite file with every table and no row: it is copied faster than it is made."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "empty.sqlite"
        _fill(f"sqlite:///{file}")
        return file.read_bytes()


@cache
def _template() -> str:
    """The name of a PostgreSQL database with every table, of which others are copies."""
    address = url_of("postgresql", Path())
    _fill(address)
    return address.partition("@/")[2].partition("?")[0]


def _fill(address: str) -> None:
    database = Database.at(address)
    metadata.create_all(database.engine)
    database.close()


def _address(socket: str, name: str) -> str:
    return f"postgresql+psycopg://badgeport@/{name}?host={socket}"


@cache
def _server() -> str | None:
    """The socket directory of a server of this process, started on first use and stopped at its end."""
    found = _programs()
    if found is None:
        return None
    initdb, control = found
    folder = Path(tempfile.mkdtemp(prefix="bp-pg-"))
    folder.chmod(0o755)
    data, socket = folder / "data", folder / "s"
    for path in (data, socket):
        path.mkdir(mode=0o700)
    as_nobody: list[str] = []
    if os.geteuid() == 0:
        for path in (data, socket):
            shutil.chown(path, "nobody")
        socket.chmod(0o755)
        as_nobody = ["setpriv", "--reuid=nobody", "--clear-groups", "--"]
    run: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder}
    trusting = ["-U", "badgeport", "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run([*as_nobody, initdb, "-D", str(data), *trusting], **run)
    settings = ["listen_addresses=''", f"unix_socket_directories={socket}", "max_connections=200"]
    # That the power of a test's machine fails is not among what is tested.
    settings += ["fsync=off", "full_page_writes=off"]
    options = " ".join(f"-c {each}" for each in settings)
    server = [*as_nobody, control, "-D", str(data)]
    subprocess.run([*server, "-w", "-t", "60", "-o", options, "-l", str(data / "log"), "start"], **run)

    def stop() -> None:
        with contextlib.suppress(subprocess.SubprocessError):
            subprocess.run([*server, "-m", "immediate", "stop"], **run)
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(stop)
    return str(socket)


def _programs() -> tuple[str, str] | None:
    places = [os.environ.get("PATH", ""), *(str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin")))]
    initdb, control = (shutil.which(name, path=os.pathsep.join(places)) for name in ("initdb", "pg_ctl"))
    return (initdb, control) if initdb and control else None
