"""The audit log: only grows, is chained, is told in words, exported and checked by command."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from badgeport.issuer.audit import log, services
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.people.roles import Role
from service.conftest import Cli
from support import databases
from support.site import Site
from support.verifying import NOW


def filled(kind: str, folder: Path, entries: int = 5):
    database = databases.fresh(kind, folder)
    with database.writing() as session:
        for number in range(entries):
            log.record(
                session,
                actor="system",
                action="award.created",
                target=f"award:{number}",
                at=NOW,
                org_id="a" if number % 2 else "b",
                detail={"n": number},
            )
    return database


def unguarded(database) -> None:
    """As somebody with the database's own password would begin."""
    with database.engine.begin() as connection:
        if database.is_sqlite:
            for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type='trigger'")).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))


@pytest.mark.parametrize("kind", databases.KINDS)
@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET why = 'x' WHERE seq = 2", "DELETE FROM audit_entry WHERE seq = 5"]
)
def test_the_database_itself_refuses_to_change_an_entry(kind: str, statement: str, tmp_path: Path) -> None:
    database = filled(kind, tmp_path)
    with pytest.raises(DBAPIError, match="only grows"), database.engine.begin() as connection:
        connection.execute(text(statement))
    with database.reading() as session:
        assert services.check(session).broken is None
    database.close()


@pytest.mark.parametrize("kind", databases.KINDS)
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_entry SET why = 'x' WHERE seq = 2", 2),
        ("UPDATE audit_entry SET actor = 'somebody else' WHERE seq = 5", 5),
        ("UPDATE audit_entry SET org_id = NULL WHERE seq = 1", 1),
        ("DELETE FROM audit_entry WHERE seq = 3", 3),
        ("DELETE FROM audit_entry WHERE seq = 1", 1),
        ("UPDATE audit_entry SET seq = 9 WHERE seq = 5", 5),
        ("UPDATE audit_entry SET seq = 0 WHERE seq = 1", 1),
    ],
)
def test_whoever_changes_it_all_the_same_is_found_out(kind: str, statement: str, broken: int, tmp_path: Path) -> None:
    database = filled(kind, tmp_path)
    unguarded(database)
    with database.engine.begin() as connection:
        connection.execute(text(statement))
    with database.reading() as session:
        assert services.check(session).broken == broken
    database.close()


def test_entries_of_one_transaction_and_of_the_next_follow_each_other(tmp_path: Path) -> None:
    site = Site(tmp_path)

    def add(session: Any, action: str) -> None:
        log.record(session, actor="system", action=action, target="x:1", at=site.clock())

    with site.desk.database.writing() as first:
        add(first, "x.one")
        add(first, "x.two")
        first.commit()
        with site.desk.database.writing() as other:
            add(other, "x.three")
        add(first, "x.four")
    with site.desk.database.reading() as session:
        entries = session.exec(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [entry.action for entry in entries] == ["x.one", "x.two", "x.three", "x.four"]
    assert log.first_break(entries) is None
    site.close()


def test_a_log_that_lost_its_end_shows_by_the_head_noted_before(tmp_path: Path) -> None:
    database = filled("sqlite", tmp_path)
    with database.reading() as session:
        before = services.check(session)
    unguarded(database)
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM audit_entry WHERE seq = 5"))
    with database.reading() as session:
        after = services.check(session)
    assert after.broken is None
    assert (after.entries, after.head) != (before.entries, before.head)
    database.close()


@pytest.mark.parametrize("kind", databases.KINDS)
def test_the_export_can_be_checked_without_this_program(kind: str, tmp_path: Path) -> None:
    database = filled(kind, tmp_path, 1203)
    previous, count = "0" * 64, 0
    with database.reading() as session:
        for line in services.lines(session):
            entry = json.loads(line)
            digest = entry.pop("hash")
            assert entry["previous"] == previous
            assert hashlib.sha256(rfc8785.dumps(entry)).hexdigest() == digest
            previous, count = digest, count + 1
        assert services.check(session) == services.Chain(count, previous, None)
        assert sum(1 for _ in services.lines(session, "a")) == 601
    assert count == 1203
    database.close()


def test_people_read_the_history_of_their_own_organization_alone(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.organization("prairie")
    site.organization("lake-area")
    ada = site.person("Ada Admin", {"prairie": [Role.ADMINISTRATOR], "lake-area": [Role.EDUCATOR]})
    browser = site.browser(ada)
    browser.submit("/o/prairie/settings/schools", {"name": "Elm Street"})
    page = browser.get("/o/prairie/audit").text
    assert "School: added" in page
    assert "Ada Admin" in page
    assert "Elm Street" not in page
    assert browser.get("/o/lake-area/audit").status_code == 403
    listed = browser.get("/api/v1/organizations/prairie/audit").json()
    assert {entry["action"] for entry in listed["items"]} == {"school.added"}
    assert "escuela" in browser.get("/o/prairie/audit", params={"lang": "es"}).text.lower()
    with site.desk.database.writing() as session:
        log.record(session, actor=ada.id, action="x.y", target="x:1", at=site.clock(), why="<script>alert(1)</script>")
    assert len(browser.get("/o/prairie/audit", params={"format": "json"}).text.splitlines()) == 1
    site.close()


def test_the_command_says_whether_the_chain_is_whole(cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BADGEPORT_DATA_DIR", str(tmp_path / "data"))
    made = cli("org", "create", "lake-area", "--name", "Lake Area", "--kind", "cooperative", "--json")
    assert made.json["did"] == "did:web:localhost%3A8000:issuers:lake-area"
    assert cli("org", "create", "lake-area", "--name", "Again").code == 2
    token = cli("token", "create", "lake-area", "--scope", "awards:write", "--name", "HR", "--json").json
    assert token["token"].startswith("bp_")
    assert cli("token", "create", "lake-area", "--scope", "everything", "--name", "HR").code == 2
    assert cli("org", "operator", "olle@x.example").text.startswith("http://localhost:8000/sign-in/link/")
    whole = cli("audit", "verify", "--json")
    assert whole.code == 0
    written = cli("audit", "export").text
    assert whole.json["entries"] == len(written.splitlines()) > 4
    assert token["token"] not in written
    from badgeport.issuer.storage.database import Database

    database = Database.at(f"sqlite:///{tmp_path / 'data' / 'badgeport.sqlite'}")
    unguarded(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE audit_entry SET why = 'x' WHERE seq = 3"))
    database.close()
    # Once as a program of its own, whose exit code a script looks at.
    program = [sys.executable, "-c", "from badgeport.service.cli import main; main()", "audit", "verify", "--json"]
    broken = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert broken.returncode == 1
    assert json.loads(broken.stdout)["firstBroken"] == 3
