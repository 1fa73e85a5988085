"""A line of results for a program, a row of them for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
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
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
            "id": credential.id,
            "name": credential.name,
            "issuer": credential.issuer,
            "issuerName": credential.issuer_name,
            "recipient": credential.recipient,
            "validUntil": credential.valid_until,
        },
        "recognizedBy": [match["registry"] for match in _matching(report)],
        "checkedAt": format_datetime(report.checked_at),
        "error": nothing[0] if nothing else None,
    }


def failure(number: int, name: str, why: str) -> dict[str, Any]:
    """The result of one row that could not be verified at all."""
    empty = dict.fromkeys(("sha256", "verdict", "credential", "checkedAt"))
    return {"row": number, "input": name, **empty, "codes": [], "recognizedBy": [], "error": why}


def as_text(result: dict[str, Any]) -> str:
    """A result as one line of NDJSON, without the line break."""
    return jsontext.dump(result).decode()


def as_csv(results: Iterable[str]) -> Iterator[str]:
    """CSV (RFC 4180, with a header) of results as `as_text` makes them, in pieces.

    A cell that a spreadsheet would take for a formula gets an apostrophe before it: what a badge says is never run.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
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
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _matching(report: VerificationReport) -> list[dict[str, Any]]:
    for result in report.checks:
        if result.id == "issuer-recognition":
            return list(result.evidence.get("matchingIssuers", ()))
    return []
