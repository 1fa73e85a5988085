"""Program reports for programs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from badgeport.web.answers import PROBLEM_JSON
from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.roles import Role
from badgeport.issuer.reports import services
from badgeport.issuer.reports.pages import BREAKDOWNS, READERS, listed_rows, scope_in
from badgeport.issuer.reports.tables import PublishedReport
from badgeport.issuer.web.access import EVERYONE, members
from badgeport.issuer.web.listing import listed_json
from badgeport.issuer.web.programs import Body, body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import VisitDep

routes = Routes("reports")

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {"schema": {"type": "object"}}}}
    for status, text in (
        (400, "Something in it is wrong; nothing was changed."),
        (401, "Nobody is signed in."),
        (403, "Not allowed."),
        (404, "There is no such thing."),
        (409, "It is in a state in which this cannot be done."),
    )
}
_ASKED = {
    "parameters": [
        {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
        for name, schema, text in (
            ("from", {"type": "string", "format": "date"}, "the first day on which portfolios were begun"),
            ("to", {"type": "string", "format": "date"}, "the last day"),
            ("definition", {"type": "string"}, "the id of one micro-credential"),
        )
    ]
}


class Days(Body):
    """Median and quartiles in days."""

    lower_quartile: float
    median: float
    upper_quartile: float
    count: int | None = None
    """Of how many; not said in what is published."""


class FiguresOut(Body):
    """The figures of a group of portfolios; what is hidden is null and named in ``hidden``."""

    key: str
    label: str
    educators: int | None
    eligible: int | None
    uptake: float | None
    started: int | None
    handed_in: int | None
    handed_in_again: int | None
    demonstrated: int | None
    withdrawn: int | None
    completion_rate: float | None
    resubmission_rate: float | None
    days_to_result: Days | None
    days_to_badge: Days | None
    hidden: list[str]


class ReportOut(Body):
    """A report: of all, and how many badges of any kind were awarded in the period."""

    total: FiguresOut
    badges: int


class FiguresPage(Body):
    """A page of a breakdown."""

    items: list[FiguresOut]
    total: int
    page: int
    pages: int


class PeriodIn(Body):
    """A period that is over, and why its report is published."""

    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    why: Annotated[str, Field(min_length=1, max_length=2000)]


class PublicReport(Body):
    """What an organization published: counted once, small groups hidden."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    organization: str
    first: Annotated[date, Field(alias="from")]
    last: Annotated[date, Field(alias="to")]
    published: datetime
    total: FiguresOut
    micro_credentials: list[FiguresOut]
    schools: list[FiguresOut]
    sizes: list[FiguresOut]


@routes.get(
    "/api/v1/organizations/{org}/reports",
    members(*READERS, scope="reports:read"),
    summary="The program report of an organization",
    response_model=ReportOut,
    responses=_PROBLEMS,
    openapi_extra=_ASKED,
)
def report(visit: VisitDep, org: str) -> dict[str, Any]:  # noqa: ARG001 - the visit knows it
    """Portfolios begun in a period, and what became of them."""
    scope = scope_in(visit)
    with visit.reading() as session:
        found = services.report(session, visit.here, scope)
    return {"total": services.shown(found.total), "badges": found.badges}


@routes.get(
    "/api/v1/organizations/{org}/reports/by/{by}",
    members(*READERS, scope="reports:read"),
    summary="A breakdown: micro-credentials, schools, sizes or months",
    response_model=FiguresPage,
    responses=_PROBLEMS,
    openapi_extra=_ASKED,
)
def breakdown(visit: VisitDep, org: str, by: str) -> dict[str, Any]:  # noqa: ARG001 - the visit knows it
    """``q``, ``page`` and ``size`` as everywhere."""
    if by not in BREAKDOWNS:
        raise Absent
    scope = scope_in(visit)
    with visit.reading() as session:
        found = services.report(session, visit.here, scope)
    return listed_json(listed_rows(visit, found.by[by]), lambda row: row)  # type: ignore[index]


@routes.put(
    "/api/v1/organizations/{org}/reports/published",
    members(Role.ADMINISTRATOR),
    summary="Publish the report of a period, small groups hidden",
    response_model=PublicReport,
    responses=_PROBLEMS,
    openapi_extra=body_schema(PeriodIn),
)
def publish(visit: VisitDep, org: str, given: Annotated[PeriodIn, body_of(PeriodIn)]) -> dict[str, Any]:  # noqa: ARG001
    """It takes the place of one before."""
    scope = services.scope_between(given.first, given.last)
    with visit.writing() as session:
        row = services.publish(session, visit.here, scope, actor=visit.actor, now=visit.now, why=given.why)
    return _public(visit.here.slug, row)


@routes.delete(
    "/api/v1/organizations/{org}/reports/published",
    members(Role.ADMINISTRATOR),
    summary="Take the published report back",
    status_code=204,
    response_class=Response,
    responses=_PROBLEMS,
    openapi_extra={
        "parameters": [{"name": "why", "in": "query", "required": True, "schema": {"type": "string"}}],
    },
)
def unpublish(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - the visit knows it
    """``why`` stands in the history."""
    why = visit.request.query_params.get("why", "")
    with visit.writing() as session:
        services.unpublish(session, visit.here, actor=visit.actor, now=visit.now, why=why)
    return Response(status_code=204)


@routes.get(
    "/api/v1/reports/{slug}",
    EVERYONE,
    summary="The published report of an organization",
    response_model=PublicReport,
    responses={404: _PROBLEMS[404]},
)
def public(visit: VisitDep, slug: str) -> dict[str, Any]:
    """As it was counted when it was published."""
    with visit.reading() as session:
        organization, row = services.public(session, slug)
    return _public(organization.slug, row)


def _public(slug: str, row: PublishedReport) -> dict[str, Any]:
    body = row.body
    return {
        "organization": slug,
        "from": row.first,
        "to": row.last,
        "published": row.published,
        "total": body["total"],
        "microCredentials": body["micro-credentials"],
        "schools": body["schools"],
        "sizes": body["sizes"],
    }
