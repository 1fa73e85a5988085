"""Program reports: for the organization in full, and what it publishes with small groups hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from babel.numbers import format_decimal, format_percent
from badgeport.web.words import keyed
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.reports import services
from badgeport.issuer.reports.figures import SMALL, Figures
from badgeport.issuer.reports.services import Scope
from badgeport.issuer.reports.tables import PublishedReport
from badgeport.issuer.web.access import EVERYONE, members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import Listing, csv_response, listed, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("reports")

READERS = (Role.ADMINISTRATOR, Role.AUTHOR, Role.REGISTRAR, Role.AUDITOR)
BREAKDOWNS: Mapping[str, str] = {
    "micro-credentials": keyed("By micro-credential"),
    "schools": keyed("By school"),
    "sizes": keyed("By size of school"),
    "months": keyed("By month of the start"),
}
COLUMNS = (
    ("label", "name"),
    ("educators", "educators"),
    ("eligible", "could begin"),
    ("uptake", "uptake"),
    ("started", "begun"),
    ("handedIn", "handed in"),
    ("handedInAgain", "handed in again"),
    ("resubmissionRate", "resubmission rate"),
    ("demonstrated", "demonstrated"),
    ("completionRate", "completion rate"),
    ("withdrawn", "withdrawn"),
)
SPREADS = (("daysToResult", "days to result"), ("daysToBadge", "days to badge"))


@routes.page("/o/{org}/reports", members(*READERS))
def overview(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - the visit knows it
    """The figures of a period and where to look closer."""
    mistakes, scope = None, Scope()
    try:
        scope = scope_in(visit)
    except Mistakes as found:
        mistakes = found
    with visit.reading() as session:
        found_report = services.report(session, visit.here, scope)
        return page(
            visit,
            "reports/overview.html",
            form=_scope_form(visit),
            mistakes=mistakes,
            report=found_report,
            total=services.shown(found_report.total),
            parts_of={name: [services.shown(row) for row in rows[:8]] for name, rows in found_report.by.items()},
            choices=services.choices(session, visit.here.id),
            published=session.get(PublishedReport, visit.here.id),
            **_shared(visit),
        )


@routes.page("/o/{org}/reports/by/{by}", members(*READERS))
def breakdown(visit: VisitDep, org: str, by: str) -> Response:  # noqa: ARG001 - the visit knows it
    """One breakdown: searched, paged, exported."""
    if by not in BREAKDOWNS:
        raise Absent
    scope = scope_in(visit)
    with visit.reading() as session:
        found = services.report(session, visit.here, scope)
        listed = listed_rows(visit, found.by[by])  # type: ignore[index]
        if wants_csv(visit.request):
            return csv_of(visit, by, listed.rows)
        return page(visit, "reports/breakdown.html", form=_scope_form(visit), list=listed, by=by, **_shared(visit))


@routes.page("/o/{org}/reports/publish", members(Role.ADMINISTRATOR))
def publish_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """What publishing does."""
    return _publish_page(visit)


def _publish_page(visit: Visit, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        row = session.get(PublishedReport, visit.here.id)
        return page(
            visit,
            "reports/publish.html",
            form=form or _scope_form(visit),
            mistakes=mistakes,
            published=row,
            **_shared(visit),
        )


@routes.form("/o/{org}/reports/publish", members(Role.ADMINISTRATOR))
def publish(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Publish a period."""
    try:
        scope = services.scope_of(form["from"], form["to"])
        with visit.writing() as session:
            services.publish(session, visit.here, scope, actor=visit.actor, now=visit.now, why=form["why"])
    except Mistakes as mistakes:
        return _publish_page(visit, form, mistakes)
    return see(visit, f"/reports/{org}", "The report is published.")


@routes.page("/o/{org}/reports/withdraw", members(Role.ADMINISTRATOR))
def withdraw_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """What taking it back does."""
    return page(visit, "reports/withdraw.html")


@routes.form("/o/{org}/reports/withdraw", members(Role.ADMINISTRATOR))
def withdraw(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Take the published report back."""
    try:
        with visit.writing() as session:
            services.unpublish(session, visit.here, actor=visit.actor, now=visit.now, why=form["why"])
    except Mistakes as mistakes:
        return page(visit, "reports/withdraw.html", form=form, mistakes=mistakes)
    return see(visit, f"/o/{org}/reports", "The report is no longer published.")


@routes.page("/reports/{slug}", EVERYONE)
def public(visit: VisitDep, slug: str) -> Response:
    """The published report of an organization."""
    with visit.reading() as session:
        organization, row = services.public(session, slug)
    by = visit.request.query_params.get("by", "")
    if wants_csv(visit.request) and by in services.PUBLIC:
        return csv_of(visit, by, row.body[by])
    return page(visit, "reports/public.html", organization=organization, row=row, **_shared(visit))


# ---------------------------------------------------------------- shared with programs


def scope_in(visit: Visit) -> Scope:
    """The scope that the address asks for. Raises Mistakes."""
    asked = visit.request.query_params
    return services.scope_of(asked.get("from", ""), asked.get("to", ""), asked.get("definition", ""))


def listed_rows(visit: Visit, figures: Sequence[Figures]) -> Listing[dict[str, Any]]:
    """The page of a breakdown that the address asks for."""
    rows = [services.shown(row) for row in figures]
    for row in rows:
        row["label"] = visit.speech.say(str(row["label"]))
    return listed(visit.request, rows, lambda row: str(row["label"]))


def csv_of(visit: Visit, by: str, rows: Sequence[Mapping[str, Any]]) -> Response:
    """A breakdown as CSV; what is hidden is an empty cell."""
    spreads = [f"{name}, {part}" for _, name in SPREADS for part in ("lower quartile", "median", "upper quartile")]
    return csv_response(
        f"{visit.request.path_params.get('org') or visit.request.path_params.get('slug')}-{by}",
        [*(name for _, name in COLUMNS), *spreads],
        ([*(row[key] for key, _ in COLUMNS), *_days(row)] for row in rows),
    )


def _days(row: Mapping[str, Any]) -> list[Any]:
    return [
        (row[key] or {}).get(part, "") for key, _ in SPREADS for part in ("lowerQuartile", "median", "upperQuartile")
    ]


def _scope_form(visit: Visit) -> Form:
    asked = visit.request.query_params
    return Form.of({name: asked.get(name, "") for name in ("from", "to", "definition")})


def _shared(visit: Visit) -> dict[str, Any]:
    locale = visit.speech.locale
    asked = visit.request.query_params
    kept = {name: asked[name] for name in ("from", "to", "definition") if asked.get(name)}

    def percent(value: float | None) -> str:
        return "–" if value is None else format_percent(round(value, 3), locale=locale, format="#,##0 %")

    def days(value: Mapping[str, Any] | None) -> str:
        return "–" if value is None else format_decimal(round(value["median"], 1), locale=locale)

    def quartiles(value: Mapping[str, Any]) -> str:
        ends = (format_decimal(round(value[part], 1), locale=locale) for part in ("lowerQuartile", "upperQuartile"))
        return " – ".join(ends)

    return {
        "breakdowns": BREAKDOWNS,
        "percent": percent,
        "days": days,
        "quartiles": quartiles,
        "small": SMALL,
        "query_string": urlencode(kept),
        "keep": kept,
    }
