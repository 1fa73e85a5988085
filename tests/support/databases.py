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
from badgeport.issuer.storage.schema import metadata

KINDS = ("sqlite", "postgresql")


def url_of(kind: str, folder: Path) -> str:
    """The address of a new, empty database. Skips the test where there is no PostgreSQL."""
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
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.close()
    return _address(socket, name)


def fresh(kind: str, folder: Path) -> Database:
    """A new database with every table."""
    database = Database.at(url_of(kind, folder))
    metadata.create_all(database.engine)
    return database


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
    options = f"-c listen_addresses='' -c unix_socket_directories={socket} -c fsync=off -c max_connections=200"
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
