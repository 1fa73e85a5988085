"""A backup: everything the database holds at one moment, and every stored file, in one archive that checks itself.

With them go the files of receiving offices (``offices/…``): ledgers as SQLite itself copies them, others as they are.

The archive is a ZIP file. ``tables/<name>.ndjson`` holds a row a line as an array in the order of the table's columns
in the manifest; bytes are Base64, instants and days RFC 3339. ``files/<digest>`` are stored files as they are.
``manifest.json`` comes last: what every part must hash to, how many rows there are, the form of each table. It is the
same whichever database it was made of, and goes into either.

Private keys are not in it, nor SECRET_KEY and PASSPHRASE: who finds a backup can sign nothing.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from badgeport.issuer.storage.blobs import CHUNK, Blobs
from badgeport.issuer.storage.columns import Instant
from badgeport.issuer.storage.database import Database
from badgeport.receiver.schema import metadata
from badgeport.service.database import migrations, office_files

FORMAT = "badgeport-backup-1"
MANIFEST = "manifest.json"
_MANIFEST_BYTES = 256 * 1024 * 1024
_ROWS = 500
_OWNER_ONLY = 0o600

# What reading a file raises that was cut short, changed, or never was an archive of ours.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, LookupError, TypeError, ValueError)


class ArchiveError(Exception):
    """A backup that cannot be made, or one that cannot be used; nothing was changed. The text is for the operator."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an archive holds: rows by table, stored files and their bytes, the version of the tables.

    ``missing`` are stored files that the database knows and the store did not have, ``damaged`` those whose bytes are
    not what their name, a digest, says: they are in the archive as they were found, and are not brought back.
    """

    version: str
    created: str
    rows: Mapping[str, int]
    files: int
    file_bytes: int
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    offices: int = 0

    def to_json(self) -> dict[str, Any]:
        """For a program."""
        return {
            "tables": self.version,
            "created": self.created,
            "rows": dict(self.rows),
            "files": self.files,
            "fileBytes": self.file_bytes,
            "missing": list(self.missing),
            "damaged": list(self.damaged),
            "officeFiles": self.offices,
        }


def backup(
    database: Database, blobs: Blobs, target: Path, *, now: datetime, software: str, offices: Path | None = None
) -> Summary:
    """Write everything into a new file ``target``, which appears whole or not at all.

    ``offices`` is the folder with the files of receiving offices. Others may write meanwhile: the archive shows the
    moment it was begun. Raises ArchiveError.
    """
    if migrations.form_of(database) is not migrations.Form.CURRENT:
        raise ArchiveError("the database is not of this version of the program; bring it up to date first")
    if target.exists():
        raise ArchiveError(f"{target}: there is something already; name a new file")
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                manifest = _written(archive, database, blobs, now, software, offices)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, target)
    except OSError as error:
        raise ArchiveError(f"{target}: {(error.strerror or 'it cannot be written').lower()}") from None
    except office_files.OfficeFileError as error:
        raise ArchiveError(str(error)) from None
    finally:
        partial.unlink(missing_ok=True)
    return _summary(manifest)


def restore(database: Database, blobs: Blobs, source: Path, *, offices: Path | None = None) -> Summary:
    """Bring an archive into an empty database and its files into the store, after every part of it was checked.

    ``offices`` is the folder for the files of receiving offices, in which there may be none. The database gets the
    tables of the archive's version, its rows in one transaction, and is then brought up to date. Raises ArchiveError,
    DatabaseError.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            manifest = _manifest(archive)
            _check(archive, manifest)
            version = manifest["tables"]
            if not migrations.knows(version):
                raise ArchiveError(f"it was made by a later version of the program (tables {version}); upgrade first")
            _require_empty(database, version)
            held = manifest.get("offices", {})
            if held:
                office_files.require_room(offices, held)
            for name in sorted(set(manifest["files"]) - set(manifest["damaged"])):
                with archive.open(f"files/{name}") as stored:
                    if blobs.put(cast("BinaryIO", stored))[0] != name:
                        raise ArchiveError(f"files/{name} is not what its name says")
            migrations.upgrade(database, version)
            with database.writing() as session:
                _require_no_rows(session, manifest["order"])
                _read(session, archive, manifest)
                if held and offices is not None:
                    # Within the transaction: where they cannot be written, no row is kept either.
                    office_files.bring_back(archive, offices, held)
    except OSError as error:
        raise ArchiveError(f"{source}: {(error.strerror or 'this is not a whole archive').lower()}") from None
    except office_files.OfficeFileError as error:
        raise ArchiveError(str(error)) from None
    except SQLAlchemyError as error:
        # Its text quotes rows.
        raise ArchiveError(f"the rows do not fit this database ({type(error).__name__}); none was kept") from None
    except _DAMAGE:
        raise ArchiveError(f"{source}: this is not a whole archive") from None
    migrations.upgrade(database)
    return _summary(manifest)


# -- writing ----------------------------------------------------------------------------------------------------------


def _written(
    archive: zipfile.ZipFile, database: Database, blobs: Blobs, now: datetime, software: str, offices: Path | None
) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    with database.reading() as session:
        for table in metadata.sorted_tables:
            rows = session.execute(
                sa.select(table).order_by(*table.primary_key), execution_options={"yield_per": _ROWS}
            )
            tables[table.name] = {"columns": _columns(table), "within": _within(table)}
            tables[table.name] |= _entry(archive, f"tables/{table.name}.ndjson", _lines(table, rows))
        wanted = set(session.execute(sa.text("SELECT digest FROM blob")).scalars())
    files: dict[str, Any] = {}
    missing, damaged = [], []
    for digest in sorted(wanted | set(blobs.digests())):
        try:
            with blobs.open(digest) as stored:
                entry = _entry(archive, f"files/{digest}", _pieces(stored))
            files[digest] = entry
            if entry["sha256"] != digest:
                damaged.append(digest)
        except KeyError:
            if digest in wanted and _is_known(database, digest):
                missing.append(digest)
    manifest = {
        "format": FORMAT,
        "tables": migrations.newest(),
        "created": now.isoformat(),
        "software": software,
        "order": [table.name for table in metadata.sorted_tables],
        "rows": tables,
        "files": files,
        "missing": missing,
        "damaged": damaged,
    }
    if offices is not None:
        # After the rows: what they tell of is in the files, and what is only in the files is done again.
        manifest["offices"] = {
            name: _entry(archive, f"offices/{name}", chunks) for name, chunks in office_files.parts(offices)
        }
    archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
    return manifest


def _is_known(database: Database, digest: str) -> bool:
    """Whether a stored file is still known: one that was erased while the backup ran is rightly gone."""
    with database.reading() as session:
        found = session.execute(sa.text("SELECT digest FROM blob WHERE digest = :digest"), {"digest": digest})
        return found.first() is not None


def _entry(archive: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> dict[str, Any]:
    hashed, size, count = hashlib.sha256(), 0, 0
    with archive.open(name, "w", force_zip64=True) as target:
        for chunk in chunks:
            hashed.update(chunk)
            size += len(chunk)
            count += 1
            target.write(chunk)
    return {"sha256": hashed.hexdigest(), "size": size, "count": count}


def _pieces(stored: BinaryIO) -> Iterator[bytes]:
    while chunk := stored.read(CHUNK):
        yield chunk


def _lines(table: sa.Table, rows: Iterable[Any]) -> Iterator[bytes]:
    kinds = [_kind(column) for column in table.columns]
    for row in rows:
        values = [_plain(kind, value) for kind, value in zip(kinds, row, strict=True)]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def _plain(kind: str, value: Any) -> Any:
    if value is None or kind in ("text", "integer", "number", "boolean", "json"):
        return value
    if kind == "octets":
        return base64.b64encode(value).decode("ascii")
    written: str = value.isoformat()
    return written


_KINDS: tuple[tuple[type[sa.types.TypeEngine[Any]], str], ...] = (
    (Instant, "instant"),
    (sa.Boolean, "boolean"),
    (sa.Date, "day"),
    (sa.JSON, "json"),
    (sa.LargeBinary, "octets"),
    (sa.Integer, "integer"),
    (sa.Float, "number"),
    (sa.String, "text"),
)


def _kind(column: sa.Column[Any]) -> str:
    kind: Any = column.type
    if not isinstance(kind, Instant) and isinstance(kind, sa.types.TypeDecorator):
        kind = kind.impl_instance
    for known, name in _KINDS:
        if isinstance(kind, known):
            return name
    raise ArchiveError(f"{column.table.name}.{column.name}: a backup does not know this type")


def _columns(table: sa.Table) -> dict[str, str]:
    return {column.name: _kind(column) for column in table.columns}


def _within(table: sa.Table) -> list[str]:
    """The columns that refer to another row of the same table."""
    return [
        column.name
        for column in table.columns
        if any(reference.column.table is table for reference in column.foreign_keys)
    ]


# -- reading ----------------------------------------------------------------------------------------------------------


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        if archive.getinfo(MANIFEST).file_size > _MANIFEST_BYTES:
            raise ArchiveError("its manifest is larger than any of ours")
        manifest = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError):
        raise ArchiveError("this is not a backup of Badgeport: it has no manifest") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ArchiveError("this is not a backup of Badgeport, or one of a later version of the program")
    return manifest


def _check(archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    """Raises ArchiveError unless the archive holds every part of the manifest as it was written, and no other."""
    parts = {f"tables/{name}.ndjson": entry for name, entry in manifest["rows"].items()}
    parts |= {f"files/{name}": entry for name, entry in manifest["files"].items()}
    parts |= {f"offices/{name}": entry for name, entry in manifest.get("offices", {}).items()}
    names = archive.namelist()
    if len(names) != len(set(names)) or set(names) != {*parts, MANIFEST}:
        raise ArchiveError("it does not hold the parts that its manifest names")
    for name, entry in parts.items():
        hashed, size = hashlib.sha256(), 0
        with archive.open(name) as part:
            while chunk := part.read(CHUNK):
                hashed.update(chunk)
                size += len(chunk)
                if size > entry["size"]:
                    break
        if size != entry["size"] or hashed.hexdigest() != entry["sha256"]:
            raise ArchiveError(f"{name} is not what it was when the backup was made")


def _require_empty(database: Database, version: str) -> None:
    if migrations.form_of(database) is migrations.Form.EMPTY:
        return
    with database.reading() as session:
        names = sa.inspect(session.connection()).get_table_names()
        _require_no_rows(session, [name for name in names if name != "alembic_version"])
    if migrations.version_of(database) != version:
        raise ArchiveError("the database has tables of another version than the backup; name a new database")


def _require_no_rows(session: Session, names: Iterable[str]) -> None:
    for name in names:
        if session.execute(sa.select(sa.literal(1)).select_from(sa.table(name)).limit(1)).first() is not None:
            raise ArchiveError("the database is not empty; a backup is restored into an empty one")


def _read(session: Session, archive: zipfile.ZipFile, manifest: Mapping[str, Any]) -> None:
    for name in manifest["order"]:
        entry = manifest["rows"][name]
        columns, within = entry["columns"], entry["within"]
        table = sa.table(name, *(sa.column(column, _types()[kind]) for column, kind in columns.items()))
        references: list[dict[str, Any]] = []
        count = 0
        with archive.open(f"tables/{name}.ndjson") as part:
            for rows in _chunks(part, columns):
                for row in rows:
                    held = {column: row[column] for column in within if row[column] is not None}
                    if held:
                        # What it refers to may come later: it is put in when all rows are there.
                        references.append({"which": row["id"], **held})
                        row.update(dict.fromkeys(held))
                session.execute(sa.insert(table), rows)
                count += len(rows)
        for held in references:
            changed = {column: value for column, value in held.items() if column != "which"}
            session.execute(sa.update(table).where(table.c.id == held["which"]).values(**changed))
        if count != entry["count"]:
            raise ArchiveError(f"tables/{name}.ndjson has not as many rows as it should")


def _chunks(part: Any, columns: Mapping[str, str]) -> Iterator[list[dict[str, Any]]]:
    held: list[dict[str, Any]] = []
    for line in part:
        values = json.loads(line)
        held.append({name: _typed(kind, value) for (name, kind), value in zip(columns.items(), values, strict=True)})
        if len(held) == _ROWS:
            yield held
            held = []
    if held:
        yield held


def _typed(kind: str, value: Any) -> Any:
    if value is None or kind in ("text", "integer", "number", "boolean", "json"):
        return value
    if kind == "octets":
        return base64.b64decode(value, validate=True)
    return date.fromisoformat(value) if kind == "day" else datetime.fromisoformat(value)


def _types() -> dict[str, sa.types.TypeEngine[Any]]:
    return {
        "text": sa.String(),
        "integer": sa.Integer(),
        "number": sa.Float(),
        "boolean": sa.Boolean(),
        "json": sa.JSON(none_as_null=True),
        "octets": sa.LargeBinary(),
        "day": sa.Date(),
        "instant": Instant(),
    }


def _summary(manifest: Mapping[str, Any]) -> Summary:
    return Summary(
        version=manifest["tables"],
        created=manifest["created"],
        rows={name: entry["count"] for name, entry in manifest["rows"].items()},
        files=len(manifest["files"]),
        file_bytes=sum(entry["size"] for entry in manifest["files"].values()),
        missing=tuple(manifest["missing"]),
        damaged=tuple(manifest["damaged"]),
        offices=len(manifest.get("offices", {})),
    )
