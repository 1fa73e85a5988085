"""The tables over the years: what the versions make is what the code says, on both databases."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from badgeport.issuer.audit import log
from badgeport.issuer.storage.database import Database, DatabaseError
from badgeport.receiver.schema import metadata
from badgeport.service.database import migrations
from badgeport.service.database.migrations import Form
from support import databases
from support.verifying import NOW


def _migrated(kind: str, folder: Path) -> Database:
    database = Database.at(databases.url_of(kind, folder))
    migrations.upgrade(database)
    return database


def _shape(database: Database) -> dict[str, Any]:
    """What a database says of its own tables: columns, keys, indexes, triggers."""
    seen = inspect(database.engine)
    shape: dict[str, Any] = {}
    for name in sorted(set(seen.get_table_names()) - {"alembic_version"}):
        shape[name] = {
            "columns": [(each["name"], str(each["type"]), each["nullable"]) for each in seen.get_columns(name)],
            "primary": seen.get_pk_constraint(name),
            "foreign": sorted(map(str, seen.get_foreign_keys(name))),
            "unique": sorted(map(str, seen.get_unique_constraints(name))),
            "indexes": sorted(json.dumps(each, default=str) for each in seen.get_indexes(name)),
        }
    triggers = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        if database.is_sqlite
        else "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname"
    )
    with database.engine.connect() as connection:
        shape["triggers"] = [tuple(row) for row in connection.execute(text(triggers))]
    return shape


@pytest.mark.parametrize("kind", databases.KINDS)
def test_the_versions_make_what_the_code_says(kind: str, tmp_path: Path) -> None:
    """If this fails, a table was changed without a version: python tools/migration.py "What changed"."""
    database = _migrated(kind, tmp_path)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []
    made = databases.fresh(kind, tmp_path)
    shape = _shape(database)
    assert shape == _shape(made)
    assert len(shape) > 40
    assert len(shape["triggers"]) >= 2
    for each in (database, made):
        each.close()


@pytest.mark.parametrize("kind", databases.KINDS)
@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET why = 'other'", "DELETE FROM audit_entry"])
def test_the_database_refuses_to_change_the_audit_log(kind: str, statement: str, tmp_path: Path) -> None:
    database = _migrated(kind, tmp_path)
    with database.writing() as session:
        log.record(session, actor="system", action="test.done", target="test:1", at=NOW)
    with pytest.raises(SQLAlchemyError, match="only grows"), database.writing() as session:
        session.execute(text(statement))
    database.close()


def test_every_constraint_has_a_name() -> None:
    """A later version can only change what it can name."""
    assert [
        (table.name, constraint)
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if constraint.name is None
    ] == []


@pytest.mark.parametrize("kind", databases.KINDS)
def test_forms_of_a_database(kind: str, tmp_path: Path) -> None:
    database = Database.at(databases.url_of(kind, tmp_path))
    assert migrations.form_of(database) is Form.EMPTY
    assert migrations.version_of(database) is None
    migrations.upgrade(database)
    assert migrations.form_of(database) is Form.CURRENT
    assert migrations.version_of(database) == migrations.newest()
    migrations.upgrade(database)
    assert migrations.form_of(database) is Form.CURRENT
    _say(database, "UPDATE alembic_version SET version_num = '9999'")
    assert migrations.form_of(database) is Form.NEWER
    with pytest.raises(DatabaseError, match="could not be changed"):
        migrations.upgrade(database)
    _say(database, "DELETE FROM alembic_version")
    assert migrations.form_of(database) is Form.FOREIGN
    with pytest.raises(DatabaseError, match="could not be changed"):
        migrations.upgrade(database)
    database.close()


@pytest.mark.parametrize("kind", databases.KINDS)
def test_several_that_start_at_once_make_the_tables_once(kind: str, tmp_path: Path) -> None:
    url = databases.url_of(kind, tmp_path)
    troubles: list[BaseException] = []

    def start() -> None:
        database = Database.at(url)
        try:
            migrations.upgrade(database)
        except BaseException as error:
            troubles.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database = Database.at(url)
    assert troubles == []
    assert migrations.form_of(database) is Form.CURRENT
    database.close()


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """A table is in the way of the last ones: none of those before it stays."""
    database = Database.at(databases.url_of("sqlite", tmp_path))
    _say(database, "CREATE TABLE view_count (x INTEGER)")
    with pytest.raises(DatabaseError, match="nothing was"):
        migrations.upgrade(database)
    assert inspect(database.engine).get_table_names() == ["view_count"]
    database.close()


def test_a_database_that_cannot_be_reached_is_said_without_its_address(tmp_path: Path) -> None:
    database = Database.at(f"postgresql://user:hush@/none?host={tmp_path}")
    with pytest.raises(DatabaseError, match="cannot be reached") as caught:
        migrations.form_of(database)
    assert "hush" not in str(caught.value)


def _say(database: Database, statement: str) -> None:
    with database.engine.connect().execution_options(begin="IMMEDIATE") as connection:
        connection.execute(text(statement))
        connection.commit()
