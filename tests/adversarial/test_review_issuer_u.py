"""What a review of the platform found: backups, search, the audit log's guards, exports, trial setups."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
import sqlalchemy as sa

from badgeport.issuer.audit import log
from badgeport.issuer.people.roles import Role
from badgeport.issuer.storage.blobs import DiskBlobs
from badgeport.issuer.storage.database import Database
from badgeport.issuer.storage.tables import Blob
from badgeport.issuer.web import listing
from badgeport.service.database import archive, migrations
from badgeport.service.settings import Settings, SettingsError
from badgeport.service.starting import prepared
from support import databases
from support.site import Site, json_of
from support.verifying import NOW


def test_a_backup_tells_of_a_damaged_file_and_everything_else_comes_back(tmp_path: Path) -> None:
    database = Database.at(f"sqlite:///{tmp_path / 'a.sqlite'}")
    migrations.upgrade(database)
    blobs = DiskBlobs(tmp_path / "files")
    digests = {}
    for name in (b"evidence", b"picture"):
        digest, size = blobs.put(io.BytesIO(name))
        digests[name] = digest
        with database.writing() as session:
            session.add(Blob(digest=digest, size=size, media_type="text/plain", created=NOW))
    damaged = digests[b"evidence"]
    (tmp_path / "files" / damaged[:2] / damaged).write_bytes(b"evidXnce")
    summary = archive.backup(database, blobs, tmp_path / "b.zip", now=NOW, software="test")
    assert summary.damaged == (damaged,)

    copy, files = Database.at(f"sqlite:///{tmp_path / 'c.sqlite'}"), DiskBlobs(tmp_path / "other")
    again = archive.restore(copy, files, tmp_path / "b.zip")
    assert again.damaged == (damaged,)
    assert list(files.digests()) == [digests[b"picture"]]
    with copy.reading() as session:
        assert session.execute(sa.text("SELECT count(*) FROM blob")).scalar_one() == 2


@pytest.mark.parametrize("kind", databases.KINDS)
def test_people_are_found_by_letters_beyond_ascii(tmp_path: Path, kind: str) -> None:
    site = Site(tmp_path, database_url=databases.made(kind, tmp_path))
    site.organization()
    admin = site.person("Ana", {"prairie": [Role.ADMINISTRATOR]})
    site.person("Ángel Núñez", {"prairie": [Role.EDUCATOR]}, email="angel@people.example")
    for wanted in ("Ángel", "ángel", "NÚÑEZ"):
        found = site.browser(admin).get("/api/v1/organizations/prairie/members", params={"q": wanted})
        assert json_of(found)["total"] == 1, wanted
    site.close()


def test_an_entry_of_the_history_cannot_be_replaced(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.desk.database.writing() as session:
        log.record(session, actor="system", action="a.b", target="c:1", at=NOW)
    with (
        pytest.raises(sa.exc.IntegrityError, match="only grows"),
        site.desk.database.writing() as session,
    ):
        session.execute(
            sa.text(
                "INSERT OR REPLACE INTO audit_entry SELECT seq, at, org_id, 'else', action, target, detail, why, "
                "previous, hash FROM audit_entry WHERE seq = 1"
            )
        )
    site.close()


def test_an_export_that_would_end_early_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(tmp_path)
    site.organization()
    admin = site.person("Ana", {"prairie": [Role.ADMINISTRATOR]})
    for number in range(3):
        site.person(f"Person{number}", {"prairie": [Role.EDUCATOR]})
    browser = site.browser(admin)
    assert len(browser.get("/o/prairie/people?format=csv").text.splitlines()) == 5
    monkeypatch.setattr(listing, "MOST_EXPORTED", 3)
    refused = browser.get("/o/prairie/people?format=csv", headers={"Accept": "text/html"})
    assert refused.status_code == 413
    site.close()


def test_a_trial_setup_is_not_served_to_others(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, public_url="http://localhost:8000", second_factor=False)
    with pytest.raises(SettingsError, match="this machine alone"):
        prepared(settings, host="0.0.0.0")


def test_a_changed_caption_is_kept_without_a_new_picture(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.organization(profile={"image": {"id": "https://badges.example/issuers/prairie/image/0", "caption": "old"}})
    admin = site.person("Ana", {"prairie": [Role.ADMINISTRATOR]})
    browser = site.browser(admin)
    given = {"name": "Prairie", "kind": "district", "image_caption": "A prairie in bloom", "version": "1"}
    answer = browser.submit("/o/prairie/settings/profile", given)
    assert answer.status_code == 303, answer.text
    page = browser.get("/o/prairie/settings", headers={"Accept": "text/html"})
    assert "A prairie in bloom" in page.text
    site.close()


def test_a_picture_that_claims_to_be_huge_is_refused_in_words(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10)) + chunk(b"IEND", b"")
    )
    site = Site(tmp_path)
    site.organization()
    admin = site.person("Ana", {"prairie": [Role.ADMINISTRATOR]})
    given = {"name": "Prairie", "kind": "district", "version": "1"}
    answer = site.browser(admin).submit(
        "/o/prairie/settings/profile", given, files={"image": ("a.png", bomb, "image/png")}
    )
    assert answer.status_code == 422
    assert "picture" in answer.text
    site.close()
