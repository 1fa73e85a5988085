"""Backup and restore: one archive, from either database into either, every byte as it was."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from badgeport.issuer.audit import log
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards.tables import Award, Recipient, SignedCopy
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.hosting.tables import ViewCount
from badgeport.issuer.jobs import queue
from badgeport.issuer.people.tables import Account, Identity, IssuerKey, Organization
from badgeport.issuer.storage.blobs import Blobs, DiskBlobs
from badgeport.issuer.storage.database import Database
from badgeport.issuer.storage.tables import Blob
from badgeport.receiver.schema import metadata
from badgeport.service.database import migrations
from badgeport.service.database.archive import ArchiveError, backup, restore
from service.conftest import Cli
from support import databases
from support.verifying import NOW

SIGNED = '{"id":"https://badges.example/c/1","näme":"É\u2028"}\n'.encode() + bytes(range(256))
STAMP = NOW.replace(microsecond=123_456)


def filled(database: Database, blobs: Blobs) -> None:
    """Rows of every type of column, references within a table both ways round, and stored files."""
    migrations.upgrade(database)
    digest, size = blobs.put(io.BytesIO(b"evidence" * 300_000))
    empty, _ = blobs.put(io.BytesIO(b""))
    with database.writing() as session:
        child = Organization(id="a-child", slug="child", name="Child", did="did:web:a", created=STAMP)
        parent = Organization(
            id="b-parent", slug="parent", name="Größe ✓", did="did:web:b", created=STAMP, profile={"a": [1, 1.5, None]}
        )
        account = Account(id="account", created=STAMP, operator=True)
        session.add_all([parent, account])
        session.flush()
        child.parent_id = parent.id
        definition = Definition(id="d", org_id=child.id, slug="d", name="D", created=STAMP, created_by="account")
        session.add(child)
        session.flush()
        session.add_all([definition, Identity(account_id="account", name="Ana Ruiz", email="a@people.example")])
        session.flush()
        version = DefinitionVersion(
            id="v", definition_id="d", number=1, body={"z": 1, "a": {"ü": False}}, created=STAMP, created_by="account"
        )
        key = IssuerKey(
            id="k",
            uri="file:/k",
            public="z6Mk",
            verification_method="did:web:a#k",
            controller="did:web:a",
            created=STAMP,
        )
        session.add_all([version, key])
        session.flush()
        for number in range(1200):
            session.add(
                Award(
                    id=f"award{number:04}",
                    org_id=child.id,
                    definition_id="d",
                    version_id="v",
                    key=str(number),
                    awarded=STAMP + timedelta(seconds=number),
                    created=STAMP,
                    created_by="account",
                )
            )
        session.flush()
        session.add_all(
            [
                SignedCopy(
                    id="copy",
                    award_id="award0001",
                    edition=1,
                    form="json",
                    format="eddsa-rdfc-2022",
                    media_type="application/vc",
                    body=SIGNED,
                    sha256=hashlib.sha256(SIGNED).hexdigest(),
                    key_id="k",
                    valid_from=STAMP,
                    signed=STAMP,
                ),
                Recipient(award_id="award0001", name="Ana", email="a@people.example", identifiers=[{"type": "x"}]),
                ViewCount(award_id="award0001", day=date(2025, 2, 3), form="html", count=7),
                Blob(digest=digest, size=size, media_type="text/plain", created=STAMP),
                Blob(digest=empty, size=0, media_type="text/plain", created=STAMP),
            ]
        )
        queue.ask(session, "mail", "m", now=STAMP)
        for number in range(3):
            log.record(
                session, actor="account", action="test.done", target=f"test:{number}", at=STAMP, detail={"n": 1.5}
            )


def everything(database: Database) -> dict[str, list[Any]]:
    """Every row of every table."""
    with database.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(table.select().order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


def stored(blobs: Blobs) -> dict[str, bytes]:
    held = {}
    for digest in blobs.digests():
        with blobs.open(digest) as stream:
            held[digest] = stream.read()
    return held


@pytest.mark.parametrize(
    ("source", "target"), [("sqlite", "postgresql"), ("postgresql", "sqlite"), ("sqlite", "sqlite")]
)
def test_what_comes_back_is_what_was_there(source: str, target: str, tmp_path: Path) -> None:
    first = Database.at(databases.url_of(source, tmp_path))
    blobs = DiskBlobs(tmp_path / "blobs")
    filled(first, blobs)
    made = backup(first, blobs, tmp_path / "b.zip", now=NOW, software="badgeport 0")
    assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
    second = Database.at(databases.url_of(target, tmp_path))
    other = DiskBlobs(tmp_path / "other")
    back = restore(second, other, tmp_path / "b.zip")
    assert back == made
    assert (back.rows["award"], back.files, back.missing) == (1200, 2, ())
    before = everything(first)
    assert everything(second) == before
    assert sum(len(rows) for rows in before.values()) > 1200
    assert stored(other) == stored(blobs)
    assert migrations.form_of(second) is migrations.Form.CURRENT
    with second.writing() as session:
        assert session.exec(select(SignedCopy)).one().body == SIGNED
        assert log.first_break(session.exec(select(AuditEntry).order_by(text("seq")))) is None
        assert session.get(Organization, "a-child").parent_id == "b-parent"  # type: ignore[union-attr]
        log.record(session, actor="system", action="database.restored", target="database:1", at=NOW)
    # And once more, from there: the same archive but for when it was made.
    again = backup(second, other, tmp_path / "again.zip", now=NOW, software="badgeport 0")
    assert again.rows["audit_entry"] == 4
    for database in (first, second):
        database.close()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    database = Database.at(databases.url_of("sqlite", tmp_path))
    blobs = DiskBlobs(tmp_path / "blobs")
    filled(database, blobs)
    backup(database, blobs, tmp_path / "b.zip", now=NOW, software="badgeport 0")
    database.close()
    return tmp_path / "b.zip"


def _changed(source: Path, **parts: bytes | None) -> Path:
    """The archive with parts replaced or left out; a name is a part's beginning."""
    target = source.with_name("changed.zip")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            body: bytes | None = old.read(name)
            for begin, other in parts.items():
                if name.startswith(begin):
                    body = other
            if body is not None:
                new.writestr(name, body)
    return target


def _refused(archive: Path, tmp_path: Path, words: str) -> None:
    database = Database.at(databases.url_of("sqlite", tmp_path))
    blobs = DiskBlobs(tmp_path / "none")
    with pytest.raises(ArchiveError, match=words):
        restore(database, blobs, archive)
    assert migrations.form_of(database) is migrations.Form.EMPTY
    assert stored(blobs) == {}
    database.close()


def test_an_archive_that_was_changed_is_refused(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as held:
        rows = held.read("tables/organization.ndjson").replace(b'"Child"', b'"Other"')
    _refused(_changed(archive, **{"tables/organization": rows}), tmp_path, "tables/organization.ndjson is not what")
    _refused(_changed(archive, **{"files/": b"other"}), tmp_path, "files/[0-9a-f]{64} is not what")
    _refused(_changed(archive, **{"tables/award.": None}), tmp_path, "does not hold the parts")
    _refused(_changed(archive, manifest=None), tmp_path, "no manifest")
    _refused(_changed(archive, manifest=b'{"format": "badgeport-backup-2"}'), tmp_path, "later version")
    _refused(_changed(archive, manifest=b'{"format": "badgeport-backup-1"}'), tmp_path, "not a whole archive")


@pytest.mark.parametrize("keep", [0, 100, 5_000, -100])
def test_an_archive_that_was_cut_short_is_refused(archive: Path, tmp_path: Path, keep: int) -> None:
    short = tmp_path / "short.zip"
    short.write_bytes(archive.read_bytes()[:keep])
    _refused(short, tmp_path, "not a whole archive")


def test_every_damaged_byte_is_noticed(archive: Path, tmp_path: Path) -> None:
    """One byte is changed in turn, all over the archive: what is restored nevertheless is what was backed up."""
    whole = archive.read_bytes()
    wanted = None
    for place in range(17, len(whole), len(whole) // 40):
        damaged = tmp_path / "damaged.zip"
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        database = Database.at(databases.url_of("sqlite", tmp_path))
        try:
            restore(database, DiskBlobs(tmp_path / "d"), damaged)
        except ArchiveError:
            assert migrations.form_of(database) is migrations.Form.EMPTY
        else:
            found = everything(database)
            wanted = wanted or found
            assert found == wanted
        database.close()


def test_an_archive_of_a_later_program_is_refused(archive: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(archive) as held:
        manifest = json.loads(held.read("manifest.json"))
    manifest["tables"] = "9999"
    _refused(_changed(archive, manifest=json.dumps(manifest).encode()), tmp_path, "later version of the program")


@pytest.mark.parametrize("kind", databases.KINDS)
def test_nothing_is_restored_over_something(kind: str, archive: Path, tmp_path: Path) -> None:
    database = Database.at(databases.url_of(kind, tmp_path))
    migrations.upgrade(database)
    with database.writing() as session:
        session.add(Account(id="here", created=NOW))
    with pytest.raises(ArchiveError, match="not empty"):
        restore(database, DiskBlobs(tmp_path / "none"), archive)
    assert [row[0] for row in everything(database)["account"]] == ["here"]
    database.close()


def test_rows_that_do_not_fit_leave_nothing(archive: Path, tmp_path: Path) -> None:
    """A copy that refers to no award: the whole is refused by the database, in one transaction."""
    with zipfile.ZipFile(archive) as held:
        manifest = json.loads(held.read("manifest.json"))
    entry = manifest["rows"]["award"]
    entry |= {"sha256": hashlib.sha256(b"").hexdigest(), "size": 0, "count": 0}
    changed = _changed(archive, **{"manifest": json.dumps(manifest).encode(), "tables/award.": b""})
    database = Database.at(databases.url_of("sqlite", tmp_path))
    with pytest.raises(ArchiveError, match="do not fit"):
        restore(database, DiskBlobs(tmp_path / "none"), changed)
    assert {name: rows for name, rows in everything(database).items() if rows} == {}
    database.close()


def test_a_file_that_is_gone_is_named_and_one_erased_meanwhile_is_not(tmp_path: Path) -> None:
    database = Database.at(databases.url_of("sqlite", tmp_path))
    kept = DiskBlobs(tmp_path / "blobs")
    filled(database, kept)
    lost = hashlib.sha256(b"").hexdigest()
    kept.delete(lost)
    made = backup(database, kept, tmp_path / "b.zip", now=NOW, software="badgeport 0")
    assert (made.missing, made.files) == ((lost,), 1)

    class Erasing(DiskBlobs):
        """A store in which a file is erased, as the law asks, right before it is read."""

        def open(self, digest: str) -> Any:
            with database.writing() as session:
                session.execute(text("DELETE FROM blob"))
            self.delete(digest)
            return super().open(digest)

    made = backup(database, Erasing(tmp_path / "blobs"), tmp_path / "c.zip", now=NOW, software="badgeport 0")
    assert (made.missing, made.files) == ((), 0)
    database.close()


def test_others_may_write_while_a_backup_is_made(tmp_path: Path) -> None:
    """The archive shows one moment, whatever is written while it is made."""
    database = Database.at(databases.url_of("sqlite", tmp_path))

    class Meanwhile(DiskBlobs):
        def digests(self) -> Any:
            with database.writing() as session:
                session.add(Account(id="later", created=NOW))
            return super().digests()

    kept = Meanwhile(tmp_path / "blobs")
    filled(database, kept)
    made = backup(database, kept, tmp_path / "b.zip", now=NOW, software="badgeport 0")
    assert made.rows["account"] == 1
    assert len(everything(database)["account"]) == 2
    database.close()


# -- the commands -----------------------------------------------------------------------------------------------------


def test_the_commands(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BADGEPORT_DATA_DIR", str(tmp_path / "one"))
    assert cli("db", "backup", tmp_path / "none.zip").code == 2
    ran = cli("db", "upgrade", "--json")
    assert (ran.code, ran.json) == (0, {"from": None, "to": migrations.newest(), "changed": True})
    assert cli("db", "upgrade", "--json").json["changed"] is False
    database = Database.at(f"sqlite:///{tmp_path / 'one' / 'badgeport.sqlite'}")
    filled(database, DiskBlobs(tmp_path / "one" / "files"))
    wanted = everything(database)
    database.close()
    ran = cli("db", "backup", tmp_path / "b.zip", "--json")
    assert (ran.code, ran.json["rows"]["award"], ran.json["missing"]) == (0, 1200, [])
    assert "no private key" in ran.err
    again = cli("db", "backup", tmp_path / "b.zip")
    assert (again.code, "something already" in again.err) == (2, True)
    monkeypatch.setenv("BADGEPORT_DATA_DIR", str(tmp_path / "two"))
    ran = cli("db", "restore", tmp_path / "b.zip", "--json")
    assert (ran.code, ran.json["files"]) == (0, 2)
    database = Database.at(f"sqlite:///{tmp_path / 'two' / 'badgeport.sqlite'}")
    assert everything(database) == wanted
    database.close()
    over = cli("db", "restore", tmp_path / "b.zip")
    assert (over.code, "not empty" in over.err) == (2, True)
    assert cli("db", "restore", tmp_path / "there-is-none.zip").code == 2
    monkeypatch.setenv("BADGEPORT_DATABASE_URL", "mysql://user:hush@db/x")
    refused = cli("db", "upgrade")
    assert refused.code == 2
    assert "hush" not in refused.err
