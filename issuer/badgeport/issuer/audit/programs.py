"""The history of an organisation, for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from badgeport.issuer.audit import services
from badgeport.issuer.audit.pages import READERS, SEARCH, entries
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.web.listing import listed_json, listing
from badgeport.issuer.web.programs import Body
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import VisitDep

routes = Routes("audit")


class EntryAnswer(Body):
    """One change. ``hash`` is SHA-256 over the JCS form of the other members; ``previous`` that of the one before,
    which may be another organisation's."""

    seq: int
    at: datetime
    org: str | None
    actor: str
    action: str
    target: str
    detail: dict[str, Any]
    why: str
    previous: str
    hash: str


class EntryPage(Body):
    """Changes, newest first."""

    items: list[EntryAnswer]
    total: int
    page: int
    pages: int


@routes.get("/api/v1/organizations/{org}/audit", READERS, response_model=EntryPage, summary="Read the audit log")
def list_entries(visit: VisitDep, org: str, target: str = "") -> Any:  # noqa: ARG001 - of the path
    """Who changed what, when and why; with ``target`` only what was done to it. Entries about portfolios under
    review that are one's own, or that one scores or could score beside another, are not shown yet: neither to a person,
    nor to a program with a token that they made."""
    statement = entries(visit)
    if target:
        statement = statement.where(AuditEntry.target == target[:200])
    with visit.reading() as session:
        return listed_json(listing(session, visit.request, statement, search=SEARCH), services.as_json)
