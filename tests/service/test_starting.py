"""What must be so before the issuer starts: development defaults, and what production refuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from badgeport.issuer.storage.database import Database
from badgeport.service.cli.app import run
from badgeport.service.database import migrations
from badgeport.service.settings import Settings, SettingsError
from badgeport.service.starting import is_production, prepared, require_tables
from support import databases

KEY = "b3Zn0kq7Vw2yQm8xT5rJ1uLc9sPdFgHa6EiNoYtR4"
GOOD: dict[str, Any] = {"public_url": "https://badges.example", "secret_key": KEY, "passphrase": KEY[::-1]}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data"
    path.mkdir(mode=0o700)
    return path


# -- production -------------------------------------------------------------------------------------------------------


def test_production_with_all_it_needs(data: Path) -> None:
    settings = Settings(data_dir=data, **GOOD)
    assert prepared(settings, host="0.0.0.0") == settings
    assert is_production(settings)
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("role", ["all", "issuer"])
@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"public_url": "http://badges.example"}, "PUBLIC_URL is https"),
        ({"public_url": "http://192.0.2.7:8000"}, "not by an IP address"),
        ({"public_url": "https://192.0.2.7"}, "not by an IP address"),
        ({"public_url": "http://127.0.0.1:8000"}, "not by an IP address"),
        ({"public_url": "http://[::1]:8000"}, "not by an IP address"),
        ({"public_url": "http://localhost.evil.example"}, "PUBLIC_URL is https"),
        ({"public_url": "https://badges.example/here"}, "without a path"),
        ({"secret_key": None}, "SECRET_KEY is needed"),
        ({"secret_key": KEY[:31]}, "SECRET_KEY can be guessed"),
        ({"secret_key": "a" * 64}, "SECRET_KEY can be guessed"),
        ({"secret_key": "change-me-change-me-change-me-change-me"}, "SECRET_KEY can be guessed"),
        ({"secret_key": "django-insecure-" + KEY}, "SECRET_KEY can be guessed"),
        ({"passphrase": None}, "PASSPHRASE is needed"),
        ({"passphrase": "hunter2"}, "PASSPHRASE can be guessed"),
        ({"second_factor": False}, "SECOND_FACTOR"),
        ({"vc_api_instances": "demo"}, "VC_API_INSTANCES"),
    ],
)
def test_production_refuses(role: str, changed: dict[str, Any], said: str, data: Path) -> None:
    settings = Settings(**{**GOOD, "data_dir": data, "role": role, **changed})
    with pytest.raises(SettingsError, match=said) as caught:
        prepared(settings)
    for value in (settings.secret_key, settings.passphrase):
        assert value is None or value not in str(caught.value)


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701])
def test_production_refuses_a_data_directory_open_to_others(data: Path, mode: int) -> None:
    data.chmod(mode)
    with pytest.raises(SettingsError, match="chmod 700"):
        prepared(Settings(data_dir=data, **GOOD))


def test_production_refuses_a_key_file_open_to_others(data: Path) -> None:
    (data / "keys").mkdir(mode=0o700)
    key = data / "keys" / "prairie-1.json"
    key.write_text("{}")
    key.chmod(0o600)
    prepared(Settings(data_dir=data, **GOOD))
    key.chmod(0o640)
    with pytest.raises(SettingsError, match=r"prairie-1\.json.*chmod 600"):
        prepared(Settings(data_dir=data, **GOOD))


def test_a_verifier_alone_needs_nothing_of_it(data: Path) -> None:
    settings = Settings(data_dir=data, role="verifier", public_url="http://verify.example")
    assert prepared(settings, host="0.0.0.0") is settings


# -- development ------------------------------------------------------------------------------------------------------


def test_trying_it_out_needs_no_setting(tmp_path: Path) -> None:
    first = prepared(Settings(data_dir=tmp_path / "new"), port=8123)
    assert first.public_url == "http://localhost:8123"
    assert first.secret_key
    assert first.passphrase
    assert first.secret_key != first.passphrase
    assert min(len(first.secret_key), len(first.passphrase)) >= 32
    for name in ("secret-key", "passphrase"):
        assert (tmp_path / "new" / name).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["passphrase", "secret-key"]
    assert prepared(Settings(data_dir=tmp_path / "new"), port=8123) == first
    other = prepared(Settings(data_dir=tmp_path / "other"), port=8123)
    assert {other.secret_key, other.passphrase}.isdisjoint({first.secret_key, first.passphrase})


@pytest.mark.parametrize("url", ["http://localhost:8000", "http://localhost", "http://b.localhost:80"])
def test_this_machine_may_be_reached_without_encryption(data: Path, url: str) -> None:
    settings = prepared(Settings(data_dir=data, public_url=url, second_factor=False, vc_api_instances="demo"))
    assert (settings.public_url, is_production(settings)) == (url, False)


def test_what_is_set_is_not_made_up(data: Path) -> None:
    settings = prepared(Settings(data_dir=data, secret_key=KEY, passphrase="mine"))
    assert (settings.secret_key, settings.passphrase) == (KEY, "mine")
    assert list(data.iterdir()) == []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "badges.example"])
def test_who_can_be_reached_by_others_says_where(data: Path, host: str) -> None:
    """A badge names the address for good: it must not be one that only this machine knows."""
    with pytest.raises(SettingsError, match="PUBLIC_URL is needed"):
        prepared(Settings(data_dir=data), host=host)


def test_a_secret_of_development_open_to_others_is_refused(data: Path) -> None:
    prepared(Settings(data_dir=data))
    (data / "secret-key").chmod(0o644)
    with pytest.raises(SettingsError, match="secret-key; run chmod 600"):
        prepared(Settings(data_dir=data))


# -- tables -----------------------------------------------------------------------------------------------------------


def _version(database: Database, number: str) -> None:
    with database.engine.connect().execution_options(begin="IMMEDIATE") as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :number"), {"number": number})
        connection.commit()


@pytest.mark.parametrize("kind", databases.KINDS)
@pytest.mark.parametrize("url", ["https://badges.example", "http://localhost:8000"])
def test_a_new_database_gets_its_tables(kind: str, url: str, data: Path) -> None:
    database = Database.at(databases.url_of(kind, data))
    settings = Settings(data_dir=data, public_url=url)
    assert require_tables(settings, database) == "the tables were made"
    assert require_tables(settings, database) is None
    database.close()


@pytest.mark.parametrize("kind", databases.KINDS)
def test_tables_of_a_later_program_are_refused(kind: str, data: Path) -> None:
    database = Database.at(databases.url_of(kind, data))
    migrations.upgrade(database)
    _version(database, "9999")
    with pytest.raises(SettingsError, match="later version"):
        require_tables(Settings(data_dir=data), database)
    database.close()


@pytest.mark.parametrize(
    ("kind", "url", "changed"),
    [
        ("sqlite", "http://localhost:8000", True),
        ("sqlite", "https://badges.example", False),
        ("postgresql", "http://localhost:8000", False),
        ("postgresql", "https://badges.example", False),
    ],
)
def test_older_tables_wait_for_their_operator(
    kind: str, url: str, changed: bool, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is one version so far: that there is a newer one is said by a further file of versions."""
    database = Database.at(databases.url_of(kind, data))
    migrations.upgrade(database)
    source = Path(migrations.__file__).parent
    folder = data / "database"
    (folder / "versions").mkdir(parents=True)
    for path in [source / "env.py", *sorted((source / "versions").glob("v*.py"))]:
        (folder / path.relative_to(source)).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "versions" / "v9000_next.py").write_text(
        f"from alembic import op\nrevision = '9000'\ndown_revision = '{migrations.newest()}'\n"
        "def upgrade():\n    op.execute('CREATE TABLE added (id INTEGER PRIMARY KEY)')\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(migrations, "_HERE", folder)
    settings = Settings(data_dir=data, public_url=url)
    assert migrations.form_of(database) is migrations.Form.OLDER
    if changed:
        assert require_tables(settings, database) == "the tables were brought up to date"
        assert migrations.version_of(database) == "9000"
    else:
        with pytest.raises(SettingsError, match="badgeport db upgrade"):
            require_tables(settings, database)
        assert migrations.form_of(database) is migrations.Form.OLDER
        migrations.upgrade(database)
        assert migrations.form_of(database) is migrations.Form.CURRENT
    database.close()


def test_a_database_of_something_else_is_left_alone(data: Path) -> None:
    database = Database.at(databases.url_of("sqlite", data))
    with database.engine.connect().execution_options(begin="IMMEDIATE") as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
        connection.commit()
    with pytest.raises(SettingsError, match="something else"):
        require_tables(Settings(data_dir=data), database)
    database.close()


# -- as it is run -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "variables", "said"),
    [
        (["--host", "0.0.0.0"], {}, "BADGEPORT_PUBLIC_URL"),
        ([], {"PUBLIC_URL": "https://badges.example"}, "BADGEPORT_SECRET_KEY"),
        ([], {"PUBLIC_URL": "http://badges.example"}, "BADGEPORT_PUBLIC_URL"),
        ([], {"DATABASE_URL": "mysql://u:hush@db/x"}, "BADGEPORT_DATABASE_URL"),
        ([], {"SMTP_URL": "http://u:hush@mail"}, "BADGEPORT_SMTP_URL"),
        ([], {"FILES": "ftp://files"}, "BADGEPORT_FILES"),
        (["--role", "verifier", "--sample"], {}, "--sample"),
    ],
)
def test_serve_says_what_is_missing(
    arguments: list[str],
    variables: dict[str, str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BADGEPORT_DATA_DIR", str(tmp_path / "data"))
    for name, value in variables.items():
        monkeypatch.setenv(f"BADGEPORT_{name}", value)
    assert run(["serve", *arguments]) == 2
    errors = capsys.readouterr().err
    assert said in errors
    assert "hush" not in errors
    assert not re.search(r"Traceback|mistake in this program", errors)


def test_a_key_that_was_moved_with_the_data_directory_is_found(tmp_path: Path) -> None:
    from badgeport.issuer.people.tables import IssuerKey
    from badgeport.keys.types import KeyType
    from badgeport.service.issuing import KeyRoom
    from support.verifying import NOW

    room = KeyRoom(tmp_path / "old" / "keys", "a passphrase", lambda: NOW)
    uri, public = room.create("one", KeyType.ED25519, verification_method="did:web:a#{key}", controller="did:web:a")
    row = IssuerKey(
        uri=uri,
        public=public.to_multikey(),
        verification_method=f"did:web:a#{public.to_multikey()}",
        controller="did:web:a",
        created=NOW,
    )
    (tmp_path / "old").rename(tmp_path / "new")
    moved = KeyRoom(tmp_path / "new" / "keys", "a passphrase", lambda: NOW)
    assert moved.open(row).public_key == public
