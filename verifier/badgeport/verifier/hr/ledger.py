"""The ledger: what was imported, decided and credited, in a SQLite file of its own.

Credit is only ever added: what turns out wrong is reversed by a further entry. A badge counts once for a purpose, by
the equality of Open Badges (same issuer and id, else the same bytes). Methods that take a connection belong into one
`transaction`, so that a decision and its entries are there together or not at all.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from badgeport.keys import did
from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.hr.tables import SCHEMA, VERSION
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.deciding.plain import number
from badgeport.verifier.recognition.deciding.record import stack_in
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy
from badgeport.verifier.storage import Storage

FILE = "hr.sqlite"
"""The name of the ledger in the data directory."""

LARGEST = 2**63 - 1
"""No row has a larger number."""

IMPORTER = "import"
"""Who made the entries that an import made by itself."""


@dataclass(frozen=True, slots=True)
class Badge:
    """A badge that was imported. ``identity`` is what makes copies of it the same one (`identity_of`)."""

    identity: str
    employee: str
    credential_id: str | None
    issuer: str | None
    achievement: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of a badge: SHA-256 of its text, the file it is in, and where it stands there (empty: it is the file)."""

    sha256: str
    place: str
    original: str
    identity: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the ledger. The amount of a reversal is what it takes back, of a reinstatement zero."""

    id: int
    kind: str
    reverses: int | None
    decision: int
    employee: str
    purpose: str
    identity: str
    credential: str
    rule: str
    category: str | None
    lane: str | None
    cycle: str | None
    amount: Decimal
    unit: str
    day: date
    at: str
    who: str
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one badge of an import, or of a piece in which none could be told apart.

    ``outcome``: ``new``, ``known`` (this very copy was imported before), ``copy`` (another copy of a badge that is
    known) or ``quarantined``. ``position`` counts the pieces of the import from 1.
    """

    position: int
    place: str
    name: str
    original: str
    outcome: str
    code: str | None = None
    reason: str | None = None
    employee: str | None = None
    identity: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A verification: its verdict, its codes and its proof package. ``keep``: a decision rests on it."""

    verdict: str
    codes: tuple[str, ...]
    package: bytes
    keep: bool = False


def identity_of(candidate: Candidate) -> str:
    """What makes copies of a badge the same one: its issuer and id (Open Badges 3.0, credential equality), else its
    bytes."""
    if candidate.issuer is not None and candidate.id is not None:
        return json.dumps([did.comparable(candidate.issuer), candidate.id], ensure_ascii=False)
    return f"sha256:{candidate.sha256}"


class Ledger:
    """The ledger in one file, made where there is none. Safe between threads and processes.

    Every method may raise ProblemError (SERVICE_UNAVAILABLE) where the file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        # What was credited must still be there after the power failed.
        self._storage = Storage(path, SCHEMA, version=VERSION, durable=True)

    def close(self) -> None:
        """Close the file."""
        self._storage.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A connection that alone may write until the block ends; undone where it ends with an exception."""
        with self._storage.transaction() as connection:
            yield connection

    # -- imports ------------------------------------------------------------------------------------------------------

    def begin(self, policy: RecognitionPolicy, purpose: str, software: str, now: datetime) -> int:
        """Begin an import; its number."""
        row = {"started": format_datetime(now), "policy": policy.id, "version": policy.version}
        row |= {"policy_sha256": policy.sha256, "purpose": purpose, "software": software}
        with self.transaction() as connection:
            return _insert(connection, "run", row)

    def finish(self, run: int, summary: Mapping[str, Any], now: datetime) -> None:
        """Note that an import came to its end."""
        with self.transaction() as connection:
            values = (format_datetime(now), json.dumps(summary, ensure_ascii=False), run)
            connection.execute("UPDATE run SET finished = ?, summary = ? WHERE id = ?", values)

    def keep(self, connection: sqlite3.Connection, body: bytes) -> str:
        """Keep bytes; their SHA-256."""
        sha256 = hashlib.sha256(body).hexdigest()
        connection.execute("INSERT INTO original VALUES (?, ?) ON CONFLICT DO NOTHING", (sha256, body))
        return sha256

    def note_check(
        self, connection: sqlite3.Connection, sha256: str, at: datetime, check: Check, run: int | None = None
    ) -> None:
        """Note a verification of a file, with its proof package, where it is the first or found other than the last,
        or is to be kept in any case."""
        codes = " ".join(check.codes)
        query = "SELECT verdict, codes, run FROM checked WHERE sha256 = ? ORDER BY id DESC LIMIT 1"
        last = connection.execute(query, (sha256,)).fetchone()
        if last is not None and tuple(last)[:2] == (check.verdict, codes) and (not check.keep or last[2] == run):
            return
        row = {"sha256": sha256, "at": format_datetime(at), "verdict": check.verdict, "codes": codes, "run": run}
        _insert(connection, "checked", {**row, "package": check.package})

    def note(self, connection: sqlite3.Connection, run: int, outcome: Outcome) -> None:
        """Note what became of a piece; what is put aside is put aside once for one reason."""
        each = outcome
        values = (run, each.position, each.place, each.name, each.original, each.outcome)
        rest = (each.code, each.reason, each.employee, each.identity)
        connection.execute("INSERT INTO outcome VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*values, *rest))
        if each.outcome == "quarantined":
            connection.execute(
                "INSERT INTO quarantine (run, name, place, original, code, reason) VALUES (?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO NOTHING",
                (run, each.name, each.place, each.original, each.code, each.reason),
            )
        else:
            connection.execute(
                "UPDATE quarantine SET released = ? WHERE original = ? AND place IN ('', ?) AND released IS NULL",
                (run, each.original, each.place),
            )

    # -- badges -------------------------------------------------------------------------------------------------------

    def badge(self, connection: sqlite3.Connection, identity: str) -> Badge | None:
        """The badge with this identity."""
        row = connection.execute("SELECT * FROM badge WHERE identity = ?", (identity,)).fetchone()
        return None if row is None else Badge(*row)

    def copy(self, connection: sqlite3.Connection, original: str, place: str) -> Copy | None:
        """The copy at a place in a file."""
        query = "SELECT sha256, place, original, identity FROM copy WHERE original = ? AND place = ?"
        row = connection.execute(query, (original, place)).fetchone()
        return None if row is None else Copy(*row)

    def add_badge(self, connection: sqlite3.Connection, badge: Badge) -> None:
        """Add a badge that is not known yet."""
        values = (badge.identity, badge.employee, badge.credential_id, badge.issuer, badge.achievement, badge.name)
        connection.execute("INSERT INTO badge VALUES (?, ?, ?, ?, ?, ?)", values)

    def add_copy(self, connection: sqlite3.Connection, copy: Copy) -> None:
        """Add a copy of a badge that is known."""
        values = (copy.sha256, copy.place, copy.original, copy.identity)
        connection.execute("INSERT INTO copy (sha256, place, original, identity) VALUES (?, ?, ?, ?)", values)

    def open_copies(self, connection: sqlite3.Connection, employee: str, purpose: str) -> tuple[Copy, ...]:
        """The copies of the employee's badges that may still be credited for a purpose.

        Those are badges that were never credited for it, and those whose credit was reversed and then reinstated.
        """
        query = (
            "SELECT copy.sha256, copy.place, copy.original, copy.identity FROM copy JOIN badge USING (identity)"
            " WHERE badge.employee = ? AND coalesce((SELECT kind FROM entry WHERE entry.identity = badge.identity"
            " AND entry.purpose = ? ORDER BY id DESC LIMIT 1), 'reinstatement') = 'reinstatement'"
            " ORDER BY copy.original, copy.place"
        )
        return tuple(Copy(*row) for row in connection.execute(query, (employee, purpose)))

    def original(self, sha256: str) -> bytes:
        """The bytes that were kept. Raises KeyError where there are none."""
        with self._storage.connection() as connection:
            row = connection.execute("SELECT body FROM original WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise KeyError(sha256)
        return bytes(row[0])

    # -- decisions and entries ----------------------------------------------------------------------------------------

    def last_change(self, connection: sqlite3.Connection, employee: str) -> int:
        """The number of the last line by which a person changed the employee's credit; 0 where there is none."""
        query = "SELECT coalesce(max(id), 0) FROM entry WHERE employee = ? AND kind <> 'credit'"
        return int(connection.execute(query, (employee,)).fetchone()[0])

    def last_basis(self, connection: sqlite3.Connection, employee: str, purpose: str) -> str | None:
        """What the last decision for the employee was based on, besides the badges."""
        query = "SELECT basis FROM decision WHERE employee = ? AND purpose = ? ORDER BY id DESC LIMIT 1"
        row = connection.execute(query, (employee, purpose)).fetchone()
        return None if row is None else str(row[0])

    def credited(self, connection: sqlite3.Connection, employee: str) -> tuple[Credited, ...]:
        """What stands to the employee's credit, for every purpose, as decisions take it into account."""
        query = (
            "SELECT entry.*, badge.credential_id, badge.issuer, badge.achievement, decision.record FROM entry"
            " JOIN badge USING (identity) JOIN decision ON decision.id = entry.decision"
            " WHERE entry.employee = ? AND entry.kind = 'credit'"
            " AND NOT EXISTS (SELECT 1 FROM entry AS later WHERE later.reverses = entry.id) ORDER BY entry.id"
        )
        lines = []
        for row in connection.execute(query, (employee,)):
            entry, (credential_id, issuer, achievement, record) = _entry(row[:18]), row[18:]
            parts, linked = stack_in(json.loads(record), entry.credential)
            lines.append(
                Credited(
                    entry.credential,
                    credential_id,
                    issuer,
                    achievement,
                    entry.purpose,
                    entry.rule,
                    entry.category,
                    entry.amount,
                    entry.unit,
                    entry.day,
                    entry.cycle,
                    parts,
                    linked,
                )
            )
        return tuple(lines)

    def add_decision(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> int:
        """Add a decision by its columns; its number."""
        return _insert(connection, "decision", values)

    def add_entry(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> int:
        """Add a line by its columns, the amount as a decimal; its number."""
        return _insert(connection, "entry", {**values, "amount": number(values["amount"])})

    def entries(self, employee: str | None = None, purpose: str | None = None) -> tuple[Entry, ...]:
        """The lines of the ledger, all of them or those of an employee or purpose, in the order they were made."""
        query = "SELECT * FROM entry WHERE (? IS NULL OR employee = ?) AND (? IS NULL OR purpose = ?) ORDER BY id"
        with self._storage.connection() as connection:
            rows = connection.execute(query, (employee, employee, purpose, purpose)).fetchall()
        return tuple(_entry(row) for row in rows)

    def entries_in(self, connection: sqlite3.Connection) -> tuple[Entry, ...]:
        """All lines of the ledger as a transaction sees them."""
        return tuple(_entry(row) for row in connection.execute("SELECT * FROM entry ORDER BY id").fetchall())

    def file_of(self, identity: str, sha256: str) -> str:
        """SHA-256 of the file in which a copy of a badge came first. Raises KeyError where there is none."""
        return str(self._copy_of(identity, sha256)["original"])

    def place_of(self, identity: str, sha256: str) -> str:
        """Where that copy stands in its file; empty where it is the file. Raises KeyError where there is none."""
        return str(self._copy_of(identity, sha256)["place"])

    def _copy_of(self, identity: str, sha256: str) -> dict[str, Any]:
        query = "SELECT original, place FROM copy WHERE identity = ? AND sha256 = ? ORDER BY length(place), original"
        found = next(self.rows(query, (identity, sha256)), None)
        if found is None:
            raise KeyError(sha256)
        return found

    def active(self) -> tuple[Entry, ...]:
        """The credits that were not reversed, in the order they were made."""
        entries = self.entries()
        reversed_ones = {entry.reverses for entry in entries}
        return tuple(entry for entry in entries if entry.kind == "credit" and entry.id not in reversed_ones)

    def rows(self, query: str, values: Iterable[Any] = ()) -> Iterator[dict[str, Any]]:
        """The rows that a query of this package reads, by column."""
        with self._storage.connection() as connection:
            found = connection.execute(query, tuple(values))
            columns = [column[0] for column in found.description]
            rows = found.fetchall()
        for row in rows:
            yield dict(zip(columns, row, strict=True))


def _insert(connection: sqlite3.Connection, table: str, values: Mapping[str, Any]) -> int:
    columns, marks = ", ".join(values), ", ".join("?" for _ in values)
    made = connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
    return int(made.lastrowid or 0)


def _entry(row: Sequence[Any]) -> Entry:
    body = list(row)
    # In SELECT * with USING the shared column stands where the first table has it.
    body[12], body[14] = Decimal(body[12]), date.fromisoformat(body[14])
    return Entry(*body)
