"""A line of results for a program, a row of them for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.verifier.report import VerificationReport

_COLUMNS = (
    "row",
    "input",
    "verdict",
    "codes",
    "name",
    "credentialId",
    "issuer",
    "issuerName",
    "recipient",
    "validUntil",
    "recognizedBy",
    "checkedAt",
    "sha256",
    "error",
)
_TEXT_CHARS = 1_000
"""Characters of one text in a result. Names and identifiers are shorter; a text that is cut ends in an ellipsis."""
_REASON_CHARS = 300

_MARK = "\ufeff"
_FORMULA = re.compile(r"""((?:^|[;,|\t\r\n])[\s"]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])""")
"""Where a cell could begin as a formula, also for a program that separates cells at another character than we do."""


def line(number: int, name: str, report: VerificationReport) -> dict[str, Any]:
    """The result of one row whose input was verified. ``error`` is set where no credential was found in it."""
    credential = report.credential
    nothing = [problem.detail for problem in report.problems()] if not report.credential_found else []
    return {
        "row": number,
        "input": name,
        "sha256": report.input.sha256,
        "verdict": report.verdict.value,
        "codes": list(report.codes),
        "credential": None
        if credential is None
        else {
            "id": _cut(credential.id),
            "name": _cut(credential.name),
            "issuer": _cut(credential.issuer),
            "issuerName": _cut(credential.issuer_name),
            "recipient": _cut(credential.recipient),
            "validUntil": _cut(credential.valid_until),
        },
        "recognizedBy": [match["registry"] for match in _matching(report)],
        "checkedAt": format_datetime(report.checked_at),
        "error": _cut(nothing[0]) if nothing else None,
    }


def failure(number: int, name: str, why: str) -> dict[str, Any]:
    """The result of one row that could not be verified at all."""
    empty = dict.fromkeys(("sha256", "verdict", "credential", "checkedAt"))
    return {"row": number, "input": name, **empty, "codes": [], "recognizedBy": [], "error": _cut(why, _REASON_CHARS)}


def as_text(result: dict[str, Any]) -> str:
    """A result as one line of NDJSON, without the line break."""
    return jsontext.dump(result).decode()


def as_csv(results: Iterable[str]) -> Iterator[str]:
    """CSV (RFC 4180, with a header, every cell quoted) of results as `as_text` makes them, in pieces.

    It begins with a byte order mark, without which spreadsheets do not know that it is UTF-8. What a spreadsheet would
    take for the beginning of a formula gets an apostrophe before it: what a badge says is never run.
    """
    buffer = io.StringIO()
    buffer.write(_MARK)
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    for text in results:
        writer.writerow([_cell(value) for value in _values(json.loads(text))])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def _values(result: dict[str, Any]) -> Iterator[Any]:
    credential = result["credential"] or {}
    for column in _COLUMNS:
        if column in ("codes", "recognizedBy"):
            yield " ".join(result[column]) if column == "codes" else "; ".join(result[column])
        elif column == "credentialId":
            yield credential.get("id")
        else:
            yield result.get(column, credential.get(column))


def _cell(value: object) -> str:
    return "" if value is None else _FORMULA.sub(r"\1'", str(value))


def _cut(text: str | None, most: int = _TEXT_CHARS) -> str | None:
    return text if text is None or len(text) <= most else f"{text[: most - 1]}…"


def _matching(report: VerificationReport) -> list[dict[str, Any]]:
    for result in report.checks:
        if result.id == "issuer-recognition":
            return list(result.evidence.get("matchingIssuers", ()))
    return []
