"""The history of an organisation, for people: who changed what, when and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement
from sqlmodel import col, select
from starlette.responses import Response, StreamingResponse

from badgeport.issuer.audit import services
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.audit.wording import ACTORS, action_words
from badgeport.issuer.people.roles import Role
from badgeport.issuer.submissions import reviews
from badgeport.issuer.submissions.review_pages import viewer_of
from badgeport.issuer.web.access import members
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas.datetimes import format_datetime

routes = Routes("audit")
READERS = members(Role.ADMINISTRATOR, Role.AUDITOR, scope="audit:read")
SEARCH = (AuditEntry.action, AuditEntry.target, AuditEntry.why, AuditEntry.actor)


@routes.page("/o/{org}/audit", READERS)
def audit_page(visit: VisitDep, org: str) -> Response:
    """What was changed, newest first."""
    if visit.request.query_params.get("format") == "json":
        return _export(visit, org)
    statement = entries(visit)
    target = visit.request.query_params.get("target", "")[:200]
    if target:
        statement = statement.where(AuditEntry.target == target)
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=SEARCH)
        known = services.actors(session, list(found.rows))
        kept = select(AuditEntry.seq).where(AuditEntry.org_id == visit.here.id, withheld(visit))
        withholds = session.exec(kept.limit(1)).first() is not None
    if wants_csv(visit.request):
        columns = ("number", "at", "actor", "who", "action", "target", "detail", "why", "previous", "hash")
        rows = [
            (
                row.seq,
                format_datetime(row.at),
                row.actor,
                known.get(row.actor, ""),
                row.action,
                row.target,
                json.dumps(row.detail),
                row.why,
                row.previous,
                row.hash,
            )
            for row in found.rows
        ]
        return csv_response(f"{org}-history", columns, rows)
    say = visit.speech.say
    return page(
        visit,
        "audit/log.html",
        list=found,
        target=target,
        withholds=withholds,
        who={row.seq: known.get(row.actor) or say(ACTORS.get(row.actor, ACTORS["?"])) for row in found.rows},
        what={row.seq: action_words(row.action, visit.speech) for row in found.rows},
        detail={row.seq: _detail(row) for row in found.rows},
    )


def withheld(visit: Visit) -> ColumnElement[bool]:
    """The condition that an entry is not for who asks yet: it tells of a review that they must not know of."""
    return services.about(reviews.kept_from(visit.here.id, viewer_of(visit), visit.now))


def entries(visit: Visit) -> Any:
    """The statement that lists the entries for who asks, newest first."""
    statement = select(AuditEntry).where(AuditEntry.org_id == visit.here.id, ~withheld(visit))
    return statement.order_by(col(AuditEntry.seq).desc())


def _detail(row: AuditEntry) -> list[tuple[str, str]]:
    return [(name, _plain(value)) for name, value in row.detail.items() if value not in (None, "", [], {})]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _export(visit: VisitDep, org: str) -> Response:
    def body() -> Iterator[bytes]:
        with visit.reading() as session:
            yield from services.lines(session, visit.here.id, without=withheld(visit))

    headers = {"Content-Disposition": f'attachment; filename="{org}-history.ndjson"', "Cache-Control": "no-store"}
    return StreamingResponse(body(), 200, headers, "application/x-ndjson")
