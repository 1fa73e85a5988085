"""Pages of quality frameworks."""

from __future__ import annotations

import re

from pydantic import ValidationError
from sqlmodel import col, select
from starlette.responses import Response

from badgeport.issuer.catalog import quality
from badgeport.issuer.catalog.author_pages import READ, WRITE, version_in
from badgeport.issuer.catalog.authoring import slug_of
from badgeport.issuer.catalog.tables import QualityFramework
from badgeport.issuer.mistakes import Conflict, Mistake, Mistakes, plain_reason
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("catalog")
_MEMBERS = ("id", "name", "description", "required")
Row = dict[str, str]


@routes.page("/o/{org}/catalog/quality", READ)
def frameworks(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """The quality frameworks of the organisation."""
    statement = select(QualityFramework).where(
        QualityFramework.org_id == visit.here.id, col(QualityFramework.retired).is_(None)
    )
    with visit.reading() as session:
        found = listing(
            session, visit.request, statement.order_by(QualityFramework.name), search=(QualityFramework.name,)
        )
    if wants_csv(visit.request):
        rows = [
            [one.name, part["name"], part.get("description", ""), "yes" if part.get("required") else "no"]
            for one in found.rows
            for part in one.components
        ]
        return csv_response("quality-frameworks", ["framework", "component", "description", "required"], rows)
    return page(visit, "catalog/quality.html", found=found)


@routes.form("/o/{org}/catalog/quality/example", WRITE)
def take_example(visit: VisitDep, form: FormDep, org: str) -> Response:  # noqa: ARG001
    """Begin with the framework that comes with Badgeport."""
    with visit.writing() as session:
        made = quality.create_framework(session, visit.here.id, quality.example(), actor=visit.actor, now=visit.now)
    return see(visit, f"/o/{org}/catalog/quality/{made.id}", "The example is yours now: change it as you need it.")


@routes.page("/o/{org}/catalog/quality/new", WRITE)
def new_framework(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """The form of a new framework."""
    return _framework_page(visit, Form(), [_blank(), _blank(), _blank()])


@routes.form("/o/{org}/catalog/quality/new", WRITE)
def create_framework(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Add or take away a component, or make the framework."""
    rows = _rows(form)
    if _acted(rows, form["do"]):
        return _framework_page(visit, form, rows)
    rows = _tidied(rows)
    try:
        body = _body(form, rows)
        with visit.writing() as session:
            quality.create_framework(session, visit.here.id, body, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _framework_page(visit, form, rows, mistakes=mistakes)
    return see(visit, f"/o/{org}/catalog/quality", "The framework is saved.")


@routes.page("/o/{org}/catalog/quality/{framework_id}", READ)
def framework_page(visit: VisitDep, org: str, framework_id: str) -> Response:  # noqa: ARG001
    """One framework, to read or to change."""
    with visit.reading() as session:
        framework = quality.framework_of(session, visit.here.id, framework_id)
    form = Form.of(
        {"name": framework.name, "source": framework.source, "required": "yes" if framework.required else ""}
    )
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "description": one.description,
            "required": "yes" if one.required else "",
        }
        for one in quality.components_of(framework)
    ]
    return _framework_page(visit, form, rows, framework)


@routes.form("/o/{org}/catalog/quality/{framework_id}", WRITE)
def change_framework(visit: VisitDep, form: FormDep, org: str, framework_id: str) -> Response:
    """Add or take away a component, or save the framework."""
    rows = _rows(form)
    with visit.reading() as session:
        framework = quality.framework_of(session, visit.here.id, framework_id)
    if _acted(rows, form["do"]):
        return _framework_page(visit, form, rows, framework, version=version_in(form))
    rows = _tidied(rows)
    try:
        body = _body(form, rows)
        with visit.writing() as session:
            kept = quality.framework_of(session, visit.here.id, framework_id)
            quality.change_framework(session, kept, body, expected=version_in(form), actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _framework_page(visit, form, rows, framework, mistakes=mistakes, version=version_in(form))
    except Conflict as conflict:
        found = Mistakes(Mistake("", conflict.text, conflict.values))
        return _framework_page(visit, form, rows, framework, mistakes=found, status=409)
    return see(visit, f"/o/{org}/catalog/quality", "The framework is saved.")


@routes.page("/o/{org}/catalog/quality/{framework_id}/retire", WRITE)
def ask_retire(visit: VisitDep, org: str, framework_id: str) -> Response:  # noqa: ARG001
    """What using a framework no more means."""
    return _retire_page(visit, framework_id)


@routes.form("/o/{org}/catalog/quality/{framework_id}/retire", WRITE)
def retire_framework(visit: VisitDep, form: FormDep, org: str, framework_id: str) -> Response:
    """Use a framework no more."""
    try:
        with visit.writing() as session:
            framework = quality.framework_of(session, visit.here.id, framework_id)
            quality.retire_framework(session, framework, reason=form["reason"], actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _retire_page(visit, framework_id, form, mistakes)
    return see(visit, f"/o/{org}/catalog/quality", "The framework is used no more.")


def _retire_page(
    visit: Visit, framework_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        framework = quality.framework_of(session, visit.here.id, framework_id)
    return page(visit, "catalog/quality_retire.html", form=form, mistakes=mistakes, framework=framework)


def _framework_page(
    visit: Visit,
    form: Form,
    rows: list[Row],
    framework: QualityFramework | None = None,
    *,
    mistakes: Mistakes | None = None,
    version: int | None = None,
    status: int | None = None,
) -> Response:
    values = {name: form[name] for name in ("name", "source", "required")}
    values |= {f"component-{n}-{name}": row[name] for n, row in enumerate(rows) for name in _MEMBERS}
    if version is None:
        version = framework.version if framework else 0
    return page(
        visit,
        "catalog/framework.html",
        form=Form.of(values),
        mistakes=mistakes,
        status=status,
        framework=framework,
        rows=rows,
        version=version,
    )


def _blank() -> Row:
    return {"id": "", "name": "", "description": "", "required": "yes"}


def _rows(form: Form) -> list[Row]:
    numbers = sorted({int(match[1]) for name in form if (match := re.match(r"component-(\d{1,3})-", name))})
    return [{name: form[f"component-{number}-{name}"] for name in _MEMBERS} for number in numbers]


def _acted(rows: list[Row], action: str) -> bool:
    if action == "add-component":
        if len(rows) < quality.MOST_COMPONENTS:
            rows.append(_blank())
        return True
    match = re.fullmatch(r"remove-component-(\d{1,3})", action)
    if match is None:
        return False
    if int(match[1]) < len(rows):
        del rows[int(match[1])]
    return True


def _tidied(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["name"] or row["description"]]


def _body(form: Form, rows: list[Row]) -> quality.FrameworkBody:
    found = Mistakes()
    if not form["name"]:
        found.add("name", "Give it a name.")
    if not rows:
        found.add("component-0-name", "A framework has at least one component.")
    taken = {row["id"] for row in rows if row["id"]}
    components = []
    for number, row in enumerate(rows):
        if not row["name"]:
            found.add(f"component-{number}-name", "Give it a name.")
        base = slug_of(row["name"])
        key = row["id"] or next(one for n in range(999) if (one := f"{base}-{n}" if n else base) not in taken)
        taken.add(key)
        components.append({**row, "id": key, "required": bool(row["required"])})
    if found:
        raise found
    try:
        return quality.FrameworkBody.model_validate(
            {
                "name": form["name"],
                "source": form["source"],
                "required": form.on("required"),
                "components": components,
            }
        )
    except ValidationError as error:
        for wrong in error.errors()[:20]:
            place = wrong["loc"]
            field = f"component-{place[1]}-name" if len(place) > 1 else str(place[0] if place else "")
            found.add(field, "{reason}", reason=plain_reason(wrong["msg"]))
        raise found from None
