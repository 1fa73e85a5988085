"""What the addresses of staff credit for programs share: who may ask, what is sent, how answers are written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO, cast

from badgeport.web.answers import PROBLEM_JSON
from badgeport.web.bodies import open_file
from starlette.requests import Request
from starlette.responses import Response

from badgeport.issuer.people.roles import Role
from badgeport.issuer.web.access import members
from badgeport.issuer.web.visits import VisitDep
from badgeport.receiver.hr import views
from badgeport.receiver.hr.tables import HrImport, HrRecheck, HrSettings
from badgeport.schemas import jsontext
from badgeport.verifier.hr.exporting import Row
from badgeport.verifier.hr.ledger import Entry
from badgeport.verifier.hr.rechecking import Change
from badgeport.verifier.hr.roster import Roster
from badgeport.verifier.recognition.deciding.plain import number as decimal

READ = members(Role.ADMINISTRATOR, Role.HR, Role.AUDITOR, scope="hr:read")
WRITE = members(Role.HR, scope="hr:write")
MANAGE = members(Role.ADMINISTRATOR, Role.HR, scope="hr:write")
PERSON = members(Role.HR)
ADMINISTRATOR = members(Role.ADMINISTRATOR)
AT = "/api/v1/organizations/{org}/hr"
"""Where all addresses begin."""
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {"schema": {"type": "object"}}}}
    for status, text in (
        (400, "Something in it is wrong; nothing was changed."),
        (401, "Nobody is signed in."),
        (403, "Not allowed."),
        (404, "There is no such thing."),
        (409, "It is in a state in which this cannot be done."),
    )
}
"""What may go wrong everywhere, as the OpenAPI document states it."""
LISTED = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
        for name, schema, text in (
            ("q", {"type": "string"}, "what to look for"),
            ("page", {"type": "integer", "minimum": 1}, "which page"),
            ("size", {"type": "integer", "minimum": 1, "maximum": 200}, "how many on a page"),
        )
    ]
}
"""The parameters of lists."""


def file_body(description: str, media_type: str) -> dict[str, Any]:
    """A body that is a file, as the OpenAPI document states it."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {"requestBody": {"required": True, "description": description, "content": content}}


async def sent_file(request: Request, _visit: VisitDep) -> AsyncIterator[BinaryIO]:
    """The body of a request as a file."""
    async with open_file(request) as file:
        yield cast("BinaryIO", file)


def answered(body: Mapping[str, Any], status: int = 200, location: str | None = None) -> Response:
    """A JSON answer that nobody keeps on the way."""
    headers = {"Cache-Control": "no-store", **({} if location is None else {"Location": location})}
    return Response(jsontext.dump_pretty(_plain(body)), status, headers, "application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def settings_state(row: HrSettings) -> dict[str, Any]:
    """Settings as they are answered; the secret never is."""
    return {
        "policy": row.policy,
        "purpose": row.purpose,
        "everyDays": row.every_days,
        "state": row.state,
        "namespace": row.namespace,
        "webhook": row.webhook or None,
        "roster": {name: row.roster[name] for name in ("name", "sha256", "employees", "refused", "at")}
        if row.roster
        else None,
    }


def roster_state(roster: Roster | None) -> dict[str, Any]:
    """A roster as it is answered."""
    if roster is None:
        return {"employees": 0, "refused": []}
    refused = [{"line": one.line, "reason": one.reason} for one in roster.refused]
    return {"employees": len(roster.employees), "refused": refused}


def import_state(row: HrImport) -> dict[str, Any]:
    """An import as it is answered."""
    return {
        "id": row.id,
        "name": row.name,
        "again": row.again,
        "state": row.state,
        "trouble": row.trouble or None,
        "sha256": row.sha256 or None,
        "policy": row.policy,
        "purpose": row.purpose,
        "runs": row.runs,
        "summary": row.summary,
        "created": row.created,
        "finished": row.finished,
    }


def recheck_state(row: HrRecheck) -> dict[str, Any]:
    """A re-check as it is answered."""
    return {
        "id": row.id,
        "state": row.state,
        "checked": row.checked,
        "new": row.found,
        "report": row.report or None,
        "webhook": row.webhook or None,
        "delivered": row.delivered,
        "created": row.created,
        "finished": row.finished,
    }


def aside_state(row: Mapping[str, Any]) -> dict[str, Any]:
    """What was put aside as it is answered."""
    named = {"number": "number", "package": "run", "name": "name", "place": "place", "sha256": "original"}
    return {name: row[key] for name, key in named.items()} | {"code": row["code"], "reason": row["reason"]}


def person_state(one: views.Person) -> dict[str, Any]:
    """An employee as they are answered."""
    amounts = [{"purpose": each.purpose, "amount": each.amount, "unit": each.unit} for each in one.amounts]
    return {"employee": one.employee, "name": one.name, "onRoster": one.on_roster, "credited": amounts}


def badge_state(row: Row) -> dict[str, Any]:
    """A badge as it is answered."""
    names = ("purpose", "standing", "amount", "unit", "badge", "issuer", "achievement", "verdict", "code", "sha256")
    return {name: getattr(row, name) for name in (*names, "original", "decision", "why")} | {
        "credentialId": row.credential_id or None,
        "checkedAt": row.checked_at or None,
        "line": int(row.entry) if row.entry else None,
    }


def line_state(line: Entry) -> dict[str, Any]:
    """A line of the ledger as it is answered."""
    names = ("kind", "reverses", "decision", "purpose", "credential", "rule", "category", "lane", "cycle", "unit")
    return {
        "line": line.id,
        **{name: getattr(line, name) for name in names},
        "amount": decimal(line.amount),
        "on": line.day.isoformat(),
        "at": line.at,
        "by": line.who,
        "why": line.why,
    }


def change_state(one: Change) -> dict[str, Any]:
    """A change as it is answered."""
    names = ("employee", "badge", "credential", "purpose", "amount", "unit", "kind", "code", "detail", "proposal")
    return {"number": one.finding, "line": one.entry, **{name: getattr(one, name) for name in names}}
