"""Pages of registrars: a file of awards is sent, looked at, started, followed, put away."""

from __future__ import annotations

from starlette.responses import Response

from badgeport.issuer.awards import batches, sheets, views
from badgeport.issuer.awards.award_pages import READERS, WRITERS, base, check_seen
from badgeport.issuer.awards.tables import AwardBatch
from badgeport.issuer.catalog.services import published
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Absent, Mistake, Mistakes, refuse
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("award batches")


@routes.page("/o/{org}/awards/batches", READERS)
def batch_list(visit: VisitDep) -> Response:
    """All files."""
    with visit.reading() as session:
        found = listing(
            session,
            visit.request,
            views.batches_statement(visit.here.id),
            search=(AwardBatch.name, Definition.name),
        )
    if wants_csv(visit.request):
        columns = ("name", "micro_credential", "state", "rows", "bad", "entered", "sent", "sha256")
        return csv_response(
            "award-files",
            columns,
            (
                (one.name, of.name, one.state, one.rows, one.bad, one.entered, one.created.isoformat(), one.digest)
                for one, of in found.rows
            ),
        )
    return page(visit, "awards/batches.html", list=found, states=views.BATCH_STATES, base=base(visit))


@routes.page("/o/{org}/awards/batches/new", WRITERS)
def new_batch(visit: VisitDep) -> Response:
    """Which micro-credential, and which file."""
    chosen = visit.request.query_params.get("definition", "")
    return _new_page(visit, Form.of({"key": new_id(), "notify": "yes", "definition": chosen}))


def _new_page(visit: Visit, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        definitions = views.definitions_of(session, visit.here.id, published=True)
    return page(
        visit,
        "awards/batch_new.html",
        form=form,
        mistakes=mistakes,
        definitions=definitions,
        columns=sheets.COLUMNS,
        most=sheets.MOST_ROWS,
        base=base(visit),
    )


@routes.page("/o/{org}/awards/batches/example", READERS)
def example(visit: VisitDep) -> Response:
    """An empty file with the names of the columns, for a micro-credential."""
    with visit.reading() as session:
        _, _, said = published(session, visit.here.id, visit.request.query_params.get("definition", ""))
    levels = [sheets.LEVEL + criterion.name for criterion in said.rubric.criteria] if said.rubric else []
    return csv_response("awards", [*sheets.COLUMNS, *levels], [])


@routes.form("/o/{org}/awards/batches", WRITERS)
def send_batch(visit: VisitDep, form: FormDep) -> Response:
    """Read a file; nothing is awarded yet."""
    try:
        upload = form.file("file")
        if upload is None:
            refuse("file", "Choose a file.")
        if not form["definition"]:
            refuse("definition", "Choose a micro-credential.")
        batch = batches.take_file(
            visit.desk,
            visit.here,
            form["definition"],
            upload.file,
            key=f"form:{form['key'] or new_id()}",
            name=form["name"] or upload.name[:200],
            actor=visit.actor,
            now=visit.now,
            notify=form.on("notify"),
        )
    except Absent:
        return _new_page(visit, form, Mistakes(Mistake("definition", "Choose a micro-credential.")))
    except Mistakes as mistakes:
        return _new_page(visit, form, mistakes)
    return see(visit, f"{base(visit)}/batches/{batch.id}")


@routes.page("/o/{org}/awards/batches/{batch_id}", READERS)
def show_batch(visit: VisitDep, batch_id: str) -> Response:
    """What a file says, what is wrong with it, how far it is."""
    return _batch_page(visit, batch_id)


def _batch_page(visit: Visit, batch_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        batch = batches.batch_of(session, visit.here.id, batch_id)
        definition = session.get_one(Definition, batch.definition_id)
        bad = visit.request.query_params.get("rows") != "all" and bool(batch.bad)
        found = listing(session, visit.request, views.rows_statement(batch.id, bad=bad))
        signed = batches.published_count(session, batch.id)
        history = views.history(session, visit.here.id, f"batch:{batch.id}")
    if wants_csv(visit.request):
        return csv_response(
            f"rows-{batch.id}",
            ("line", "email", "column", "problem", "award"),
            (
                (
                    row.line,
                    row.data.get("recipient", {}).get("email", ""),
                    one.get("column", ""),
                    one.get("message", ""),
                    row.award_id,
                )
                for row in found.rows
                for one in (row.problems or [{}])
            ),
        )
    return page(
        visit,
        "awards/batch.html",
        form=form or Form.of({"version": batch.version}),
        mistakes=mistakes,
        batch=batch,
        definition=definition,
        list=found,
        bad=bad,
        signed=signed,
        states=views.BATCH_STATES,
        history=history,
        base=base(visit),
    )


@routes.form("/o/{org}/awards/batches/{batch_id}/start", WRITERS)
def start_batch(visit: VisitDep, form: FormDep, batch_id: str) -> Response:
    """Award the good rows."""
    try:
        with visit.writing() as session:
            batch = batches.batch_of(session, visit.here.id, batch_id)
            if batch.state == "preview":
                check_seen(batch.version, form)
            batches.start(session, batch, proceed=form.on("proceed"), actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _batch_page(visit, batch_id, form, mistakes)
    visit.desk.wake()
    return see(visit, f"{base(visit)}/batches/{batch_id}", "The rows are being awarded. You can leave this page.")


@routes.page("/o/{org}/awards/batches/{batch_id}/cancel", WRITERS)
def cancel_page(visit: VisitDep, batch_id: str) -> Response:
    """What putting a file away does."""
    return _cancel_page(visit, batch_id)


def _cancel_page(visit: Visit, batch_id: str, form: Form | None = None, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        batch = batches.batch_of(session, visit.here.id, batch_id)
    return page(
        visit,
        "awards/batch_cancel.html",
        form=form or Form.of({"version": batch.version}),
        mistakes=mistakes,
        batch=batch,
        base=base(visit),
    )


@routes.form("/o/{org}/awards/batches/{batch_id}/cancel", WRITERS)
def cancel_batch(visit: VisitDep, form: FormDep, batch_id: str) -> Response:
    """Put a file away."""
    try:
        with visit.writing() as session:
            batch = batches.batch_of(session, visit.here.id, batch_id)
            batches.cancel(session, batch, form["reason"], actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _cancel_page(visit, batch_id, form, mistakes)
    return see(visit, f"{base(visit)}/batches/{batch_id}", "The file was put away.")
