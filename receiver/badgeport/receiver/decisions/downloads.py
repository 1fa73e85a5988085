"""The files of a filed decision, each under its name."""

from __future__ import annotations

import re

from starlette.responses import Response

from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.mistakes import Absent
from badgeport.receiver.decisions import packages
from badgeport.receiver.decisions.services import file_of, filed_of
from badgeport.receiver.decisions.tables import DecisionStep, FiledDecision

RECEIPT = "receipt.json"
PACKAGE = "package.zip"
DECISION, RECORD = "decision.json", "record.json"
CREDENTIAL = "application/vc"
_STEP = re.compile(r"step-([1-9][0-9]?)\.json", re.ASCII)


def step_file(number: int) -> str:
    """The name of the signed document of a step."""
    return f"step-{number}.json"


def file_answer(desk: IssuerDesk, row: FiledDecision, steps: list[DecisionStep], name: str) -> Response:
    """A file as a download. Raises Absent for another name and for what is not signed, Conflict for what was erased."""
    if name == RECEIPT and row.receipt is not None:
        return download(row.receipt, CREDENTIAL, f"decision-{row.id}.json")
    found = _STEP.fullmatch(name)
    step = None if found is None else next((one for one in steps if one.number == int(found[1])), None)
    if step is not None and step.document is not None:
        return download(step.document, CREDENTIAL, f"decision-{row.id}-{name}")
    if name == PACKAGE:
        return download(file_of(desk.blobs, row), packages.MEDIA_TYPE, f"decision-{row.id}.zip")
    if name in (DECISION, RECORD):
        filed = filed_of(desk.blobs, row)
        data = filed.decision_bytes if name == DECISION else filed.record_bytes
        return download(data, "application/json", f"{row.id}-{name}")
    raise Absent


def download(data: bytes, media_type: str, name: str) -> Response:
    """Bytes to keep, shown nowhere in place."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, 200, headers, media_type)
