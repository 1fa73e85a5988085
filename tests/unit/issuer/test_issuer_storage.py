"""The storage: one writer at a time on both databases, instants, secrets, files by digest."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy.exc import StatementError
from sqlmodel import Session, select

from badgeport.issuer.audit import log
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.people.tables import Account
from badgeport.issuer.storage.blobs import DiskBlobs
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.storage.database import Database, DatabaseError
from badgeport.issuer.storage.secrets import Secrets, new_token, token_hash
from support import databases
from support.verifying import NOW

SECRET = "a secret of tests, long enough to be one"


@pytest.fixture(params=databases.KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    made = databases.fresh(request.param, tmp_path)
    yield made
    made.close()


# -- one writer -------------------------------------------------------------------------------------------------------


def test_what_a_writer_reads_is_so_until_it_commits(database: Database) -> None:
    """Read, decide, write, from many threads: nothing is lost, and the chain of the audit log stays whole."""
    with database.writing() as session:
        session.add(Account(id="counter", created=NOW, language="0"))
    troubles: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                with database.writing() as session:
                    row = session.get_one(Account, "counter")
                    row.language = str(int(row.language) + 1)
                    session.add(row)
                    log.record(session, actor="system", action="test.done", target="test:1", at=NOW)
        except BaseException as error:
            troubles.append(error)

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    with database.reading() as session:
        assert session.get_one(Account, "counter").language == "100"
        entries = session.exec(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert len(entries) == 100
    assert log.first_break(entries) is None


def test_a_reader_waits_for_nobody_and_sees_one_moment(database: Database) -> None:
    with database.reading() as reader:
        assert _accounts(reader) == 0
        with database.writing() as session:
            session.add(Account(created=NOW))
            session.flush()
            with database.reading() as another:
                assert _accounts(another) == 0
        assert _accounts(reader) == 0
    with database.reading() as reader:
        assert _accounts(reader) == 1


def test_what_went_wrong_leaves_nothing_and_lets_the_next_one_write(database: Database) -> None:
    class Wrong(Exception):
        pass

    def half() -> None:
        with database.writing() as session:
            session.add(Account(created=NOW))
            session.flush()
            raise Wrong

    with pytest.raises(Wrong):
        half()
    with database.writing() as session:
        assert _accounts(session) == 0


def test_a_reader_writes_nothing(database: Database) -> None:
    with database.reading() as session:
        session.add(Account(created=NOW))
        session.flush()
    with database.reading() as session:
        assert _accounts(session) == 0


def test_what_is_referred_to_cannot_be_lost(database: Database) -> None:
    from sqlalchemy.exc import IntegrityError

    from badgeport.issuer.people.tables import Identity

    with pytest.raises(IntegrityError), database.writing() as session:
        session.add(Identity(account_id="nobody", name="Ana", email="ana@people.example"))


def _accounts(session: Session) -> int:
    return len(session.exec(select(Account.id)).all())


@pytest.mark.parametrize("url", ["mysql://user:hush@db/x", "hush", "://hush", ""])
def test_an_address_that_is_none_is_not_repeated(url: str) -> None:
    with pytest.raises(DatabaseError) as caught:
        Database.at(url)
    assert "hush" not in str(caught.value)


# -- instants ---------------------------------------------------------------------------------------------------------


def test_an_instant_comes_back_as_it_went(database: Database) -> None:
    moment = datetime(2025, 3, 9, 2, 30, 0, 123_456, tzinfo=timezone(timedelta(hours=-6)))
    with database.writing() as session:
        session.add(Account(id="one", created=moment))
    with database.reading() as session:
        found = session.get_one(Account, "one").created
        assert found == moment
        assert found.tzinfo is UTC
        assert session.exec(select(Account.id).where(Account.created <= moment)).all() == ["one"]
        assert session.exec(select(Account.id).where(Account.created < moment)).all() == []


def test_an_instant_without_a_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"), database.writing() as session:
        session.add(Account(created=datetime(2025, 3, 9)))


def test_ids_are_small_and_never_the_same() -> None:
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(each) == 26 and each.isalnum() and each == each.lower() for each in made)


# -- secrets ----------------------------------------------------------------------------------------------------------


def test_what_is_sealed_opens_with_the_same_secret_for_the_same_purpose() -> None:
    box = Secrets(SECRET)
    sealed = box.seal("totp", b"\x00data")
    assert b"data" not in sealed.encode()
    assert box.unseal("totp", sealed) == b"\x00data"
    assert box.unseal("other", sealed) is None
    assert Secrets(SECRET[::-1]).unseal("totp", sealed) is None
    assert box.unseal("totp", sealed[:-2] + "AA") is None
    assert box.unseal("totp", "é") is None


def test_keyed_hashes_differ_by_purpose_and_secret() -> None:
    box = Secrets(SECRET)
    assert box.mac("csrf", "a") == Secrets(SECRET).mac("csrf", "a")
    other = Secrets(SECRET[::-1]).mac("csrf", "a")
    assert len({box.mac("csrf", "a"), box.mac("said", "a"), box.mac("csrf", "b"), other}) == 4


def test_a_secret_is_long_and_never_shown() -> None:
    with pytest.raises(ValueError, match="32"):
        Secrets(SECRET[:31])
    assert SECRET not in repr(Secrets(SECRET))
    token = new_token()
    assert len(token) >= 43
    assert token not in token_hash(token)


# -- files ------------------------------------------------------------------------------------------------------------


def test_files_are_their_owners_and_a_broken_upload_leaves_none(tmp_path: Path) -> None:
    store = DiskBlobs(tmp_path / "files")
    digest, _ = store.put(io.BytesIO(b"evidence"))
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0
    assert (tmp_path / "files" / digest[:2] / digest).stat().st_mode & 0o077 == 0

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(3)
            if not data:
                raise OSError("the connection broke")
            return data

    with pytest.raises(OSError, match="broke"):
        store.put(Broken(b"half of it"))
    assert list(store.digests()) == [digest]
    assert [path.name for path in (tmp_path / "files").iterdir()] == [digest[:2]]
