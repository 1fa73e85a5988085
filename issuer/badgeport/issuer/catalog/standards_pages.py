"""Pages of imported frameworks of standards, and choosing alignments from them."""

from __future__ import annotations

from badgeport.web.words import keyed
from sqlmodel import col, func, select
from starlette.responses import Response

from badgeport.issuer.catalog import authoring, standards
from badgeport.issuer.catalog.author_pages import READ, WRITE, version_in
from badgeport.issuer.catalog.services import body_of, definition_of
from badgeport.issuer.catalog.tables import Competency, CompetencyFramework
from badgeport.issuer.mistakes import Mistakes, refuse
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("catalog")
_ITEMS = (Competency.statement, Competency.code, Competency.kind)


@routes.page("/o/{org}/catalog/standards", READ)
def frameworks(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """The imported frameworks."""
    return _frameworks_page(visit)


def _frameworks_page(visit: Visit, mistakes: Mistakes | None = None) -> Response:
    items = select(func.count()).where(Competency.framework_id == CompetencyFramework.id).scalar_subquery()
    statement = (
        select(CompetencyFramework, items)
        .where(CompetencyFramework.org_id == visit.here.id)
        .order_by(CompetencyFramework.title)
    )
    with visit.reading() as session:
        found = listing(
            session,
            visit.request,
            statement,
            search=(CompetencyFramework.title, CompetencyFramework.publisher, CompetencyFramework.uri),
        )
    if wants_csv(visit.request):
        rows = [[one.title, one.publisher, one.release, one.uri, count] for one, count in found.rows]
        return csv_response("standards", ["title", "publisher", "version", "address", "items"], rows)
    return page(visit, "catalog/standards.html", mistakes=mistakes, found=found)


@routes.form("/o/{org}/catalog/standards/import", WRITE)
def take_in(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Import a CASE framework."""
    try:
        upload = form.file("file")
        if upload is None:
            refuse("file", "Choose a file.")
        package = standards.read_package(upload.file.read(standards.MOST_BYTES + 1))
        with visit.writing() as session:
            made = standards.take(session, visit.here.id, package, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _frameworks_page(visit, mistakes)
    said = keyed("{items} items were imported.")
    if made.left_out:
        said = keyed("{items} items were imported; {left} were left out, the first of them item {first}.")
    return see(
        visit,
        f"/o/{org}/catalog/standards/{made.framework.id}",
        said,
        items=made.items,
        left=len(made.left_out),
        first=made.left_out[0] if made.left_out else "",
    )


@routes.page("/o/{org}/catalog/standards/{framework_id}", READ)
def framework_page(visit: VisitDep, org: str, framework_id: str) -> Response:  # noqa: ARG001
    """The items of a framework."""
    with visit.reading() as session:
        framework = standards.framework_of(session, visit.here.id, framework_id)
        statement = select(Competency).where(Competency.framework_id == framework.id).order_by(col(Competency.position))
        found = listing(session, visit.request, statement, search=_ITEMS)
    if wants_csv(visit.request):
        rows = [[one.code, one.statement, one.kind, one.uri] for one in found.rows]
        return csv_response("standards-items", ["code", "statement", "type", "address"], rows)
    return page(visit, "catalog/standards_items.html", framework=framework, found=found)


@routes.page("/o/{org}/catalog/standards/{framework_id}/remove", WRITE)
def ask_remove(visit: VisitDep, org: str, framework_id: str) -> Response:  # noqa: ARG001
    """What forgetting a framework does."""
    return _remove_page(visit, framework_id)


@routes.form("/o/{org}/catalog/standards/{framework_id}/remove", WRITE)
def remove(visit: VisitDep, form: FormDep, org: str, framework_id: str) -> Response:
    """Forget a framework."""
    try:
        with visit.writing() as session:
            framework = standards.framework_of(session, visit.here.id, framework_id)
            standards.remove(session, framework, reason=form["reason"], actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _remove_page(visit, framework_id, form, mistakes)
    return see(visit, f"/o/{org}/catalog/standards", "The framework is removed. Alignments chosen from it stay.")


def _remove_page(
    visit: Visit, framework_id: str, form: Form | None = None, mistakes: Mistakes | None = None
) -> Response:
    with visit.reading() as session:
        framework = standards.framework_of(session, visit.here.id, framework_id)
    return page(visit, "catalog/standards_remove.html", form=form, mistakes=mistakes, framework=framework)


# ---------------------------------------------------------------- choosing


@routes.page("/o/{org}/catalog/{definition_id}/standards", WRITE)
def choose(visit: VisitDep, org: str, definition_id: str) -> Response:  # noqa: ARG001
    """Items of all imported frameworks, to be ticked."""
    return _choose_page(visit, definition_id)


@routes.form("/o/{org}/catalog/{definition_id}/standards", WRITE)
def chosen(visit: VisitDep, form: FormDep, org: str, definition_id: str) -> Response:
    """Add what was ticked to the draft's alignments."""
    try:
        with visit.writing() as session:
            definition = definition_of(session, visit.here.id, definition_id)
            body = body_of(authoring.draft_of(session, definition))
            found = standards.alignments(session, visit.here.id, form.all("item"))
            if not found:
                refuse("item", "Tick what it is aligned with.")
            there = {one.target_url for one in body.alignments}
            added = tuple(one for one in found if one.target_url not in there)
            if len(body.alignments) + len(added) > 100:
                refuse("item", "A definition has at most 100 alignments.")
            body = body.model_copy(update={"alignments": (*body.alignments, *added)})
            authoring.save_draft(session, definition, body, expected=version_in(form), actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _choose_page(visit, definition_id, mistakes)
    return see(visit, f"/o/{org}/catalog/{definition_id}/edit#alignment-rows", "Alignments added: {n}.", n=len(added))


def _choose_page(visit: Visit, definition_id: str, mistakes: Mistakes | None = None) -> Response:
    framework_id = visit.request.query_params.get("framework", "")
    statement = (
        select(Competency, CompetencyFramework)
        .where(CompetencyFramework.id == Competency.framework_id, CompetencyFramework.org_id == visit.here.id)
        .order_by(CompetencyFramework.title, col(Competency.position))
    )
    if framework_id:
        statement = statement.where(CompetencyFramework.id == framework_id)
    with visit.reading() as session:
        definition = definition_of(session, visit.here.id, definition_id)
        draft = authoring.draft_of(session, definition)
        body = body_of(draft)
        found = listing(session, visit.request, statement, search=(*_ITEMS, CompetencyFramework.title))
        known = standards.frameworks(session, visit.here.id)
    return page(
        visit,
        "catalog/choose.html",
        mistakes=mistakes,
        definition=definition,
        draft=draft,
        found=found,
        frameworks=known,
        framework_id=framework_id,
        there={one.target_url for one in body.alignments},
    )
