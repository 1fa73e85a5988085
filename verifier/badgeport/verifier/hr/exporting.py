"""What payroll and other systems are given of the ledger: a table of every badge with its verdict, code and digest.

Only badges that were verified when they were imported are in it. The verdict is that of the last check, so that a row
whose badge was revoked since says so.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from decimal import Decimal
from functools import cache
from typing import Any

from badgeport.verifier.hr.ledger import Entry, Ledger
from badgeport.verifier.recognition.deciding.plain import number

PARQUET_EXTRA = "Parquet needs pyarrow: install badgeport[dask], or export CSV"
"""What is said where the library that writes Parquet is not installed."""

_MARK = "\ufeff"
_FORMULA = re.compile(r"""((?:^|[;,|\t\r\n])[\s"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])""")


class ExportError(RuntimeError):
    """An export that cannot be made here, for the reason given."""


@dataclass(frozen=True, slots=True)
class Row:
    """One badge for one purpose.

    ``standing``: ``credited``, ``reversed`` or ``waiting`` (never credited, or given back for another decision).
    ``verdict`` and ``code`` are those of the last check, at ``checked_at``; ``code`` is empty where nothing stands
    against it. ``sha256`` is of the badge's text, ``original`` of the file it came in. ``decision`` is the kind of
    the last decision about it, ``why`` its sentences.
    """

    employee: str
    purpose: str
    standing: str
    amount: str
    unit: str
    rule: str
    category: str
    lane: str
    cycle: str
    day: str
    badge: str
    credential_id: str
    issuer: str
    achievement: str
    verdict: str
    code: str
    checked_at: str
    sha256: str
    original: str
    decision: str
    why: str
    policy: str
    policy_version: str
    entry: str


COLUMNS = tuple(field.name for field in fields(Row))
"""The columns of the table, in their order."""


def rows_of(ledger: Ledger, employee: str | None = None) -> tuple[Row, ...]:
    """Every badge that was matched to an employee and decided on, by employee, purpose and digest; or those of one."""
    last: dict[tuple[str, str], Entry] = {}
    credits: dict[tuple[str, str], Entry] = {}
    for entry in ledger.entries(employee):
        last[entry.identity, entry.purpose] = entry
        if entry.kind == "credit":
            credits[entry.identity, entry.purpose] = entry
    checks = {row["sha256"]: row for row in ledger.rows("SELECT sha256, at, verdict, codes FROM checked ORDER BY id")}
    decided = _decided(ledger, employee)
    query = (
        "SELECT badge.*, copy.sha256, copy.original FROM badge JOIN copy USING (identity)"
        " WHERE ? IS NULL OR badge.employee = ? ORDER BY badge.employee, copy.sha256, copy.original"
    )
    found: dict[tuple[str, str], Row] = {}
    for badge in ledger.rows(query, (employee, employee)):
        for purpose, about in decided.get(badge["sha256"], {}).items():
            key = (badge["identity"], purpose)
            credit = credits.get(key)
            if credit is not None and credit.credential != badge["sha256"]:
                continue
            found[key] = _row(badge, about, credit, last.get(key), checks.get(badge["original"], {}))
    return tuple(sorted(found.values(), key=lambda row: (row.employee, row.purpose, row.sha256)))


def _decided(ledger: Ledger, employee: str | None) -> dict[str, dict[str, dict[str, Any]]]:
    """By badge and purpose, the last decision in which it is, with its item."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    query = (
        "SELECT employee, purpose, kind, unit, policy, version, body FROM decision"
        " WHERE ? IS NULL OR employee = ? ORDER BY id"
    )
    for row in ledger.rows(query, (employee, employee)):
        for item in json.loads(row["body"])["items"]:
            found.setdefault(item["credential"], {})[row["purpose"]] = {**row, "item": item}
    return found


def _row(
    badge: Mapping[str, Any],
    about: Mapping[str, Any],
    credit: Entry | None,
    last: Entry | None,
    check: Mapping[str, Any],
) -> Row:
    standing = {"credit": "credited", "reversal": "reversed"}.get(last.kind if last else "", "waiting")
    item = about["item"]
    shown = credit if standing == "credited" else None
    return Row(
        employee=badge["employee"],
        purpose=about["purpose"],
        standing=standing,
        amount=number(shown.amount if shown else Decimal(0)),
        unit=about["unit"],
        rule=credit.rule if credit else item.get("rule") or "",
        category=(credit.category if credit else None) or "",
        lane=(credit.lane if credit else None) or "",
        cycle=(credit.cycle if credit else None) or "",
        day=last.day.isoformat() if last else "",
        badge=badge["name"] or "",
        credential_id=badge["credential_id"] or "",
        issuer=badge["issuer"] or "",
        achievement=badge["achievement"] or "",
        verdict=check.get("verdict", ""),
        code=check.get("codes", "").split(" ")[0],
        checked_at=check.get("at", ""),
        sha256=badge["sha256"],
        original=badge["original"],
        decision=item["decision"],
        why=" ".join(item["why"]),
        policy=about["policy"],
        policy_version=about["version"],
        entry=str(credit.id) if credit else "",
    )


def as_csv(rows: Sequence[Row]) -> bytes:
    """The rows as CSV (RFC 4180, UTF-8 with a byte order mark, every cell quoted).

    What a spreadsheet would take for the beginning of a formula gets an apostrophe before it: what a badge says is
    never run.
    """
    buffer = io.StringIO(newline="")
    buffer.write(_MARK)
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_FORMULA.sub(r"\1'", str(value)) for value in asdict(row).values()])
    return buffer.getvalue().encode()


def as_parquet(rows: Sequence[Row]) -> bytes:
    """The rows as Parquet: texts, and the amount as a decimal with six places. Raises ExportError without pyarrow."""
    arrow, parquet = _pyarrow()
    amount = arrow.decimal128(38, 6)
    schema = arrow.schema([(name, amount if name == "amount" else arrow.string()) for name in COLUMNS])
    places = Decimal(1).scaleb(-6)
    columns = {
        name: [Decimal(row.amount).quantize(places) if name == "amount" else getattr(row, name) for row in rows]
        for name in COLUMNS
    }
    buffer = io.BytesIO()
    parquet.write_table(arrow.table(columns, schema=schema), buffer)
    return buffer.getvalue()


@cache
def _pyarrow() -> tuple[Any, Any]:
    from importlib import import_module

    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise ExportError(PARQUET_EXTRA) from None
