"""Whom an authority approves, for people: the list by state, adding, importing, ending, publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from starlette.responses import Response

from badgeport.issuer.mistakes import Conflict, Mistake, Mistakes
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import csv_response, listing, wants_csv
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.office import OfficeDep
from badgeport.receiver.partnerships import approvals
from badgeport.receiver.partnerships.tables import Approved
from badgeport.receiver.policies import editions
from badgeport.receiver.policies.author_pages import READ, WRITE, shared, told
from badgeport.verifier.recognition.approval.csv_lists import COLUMNS, read_approvals
from badgeport.verifier.recognition.approval.csv_rows import TableError

routes = Routes("partnerships")

MOST_BYTES = 16 * 1024 * 1024


@routes.page("/o/{org}/approvals", READ)
def overview(visit: VisitDep, org: str) -> Response:
    """Whose approvals are current, and all others."""
    asked = visit.request.query_params.get("state", "")
    state = asked if asked in approvals.STATES else ""
    today = visit.now.date()
    with visit.reading() as session:
        statement = approvals.listed(visit.here, state, today)
        search = (Approved.name, Approved.issuer, Approved.achievement)
        found = listing(session, visit.request, statement, search=search)
        if wants_csv(visit.request):
            return csv_response(f"{org}-approvals", COLUMNS, (_cells(row) for row in found.rows))
        published = editions.newest_published(session, editions.APPROVALS, visit.here.id)
        rows = editions.editions_of(session, editions.APPROVALS, visit.here.id)
        return page(
            visit,
            "partnerships/approvals.html",
            list=found,
            counts=approvals.counts(session, visit.here, today),
            state=state,
            state_of=lambda row: approvals.state_of(row, today),
            published=published,
            signing=bool(rows) and rows[0].state == editions.SIGNING,
            up_to_date=approvals.is_up_to_date(session, visit.here, published, today),
            address=approvals.address_of(visit.desk, visit.here),
            **_shared(visit),
        )


def _cells(row: Approved) -> Sequence[Any]:
    said = {"version": row.achievement_version, "area": " ".join(row.areas), "from": row.starts, "until": row.ends}
    said |= {"issuer": row.issuer, "achievement": row.achievement, "name": row.name}
    return [said[column] for column in COLUMNS]


@routes.page("/o/{org}/approvals/new", WRITE)
def new_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - the visit knows it
    """Approve somebody."""
    return page(
        visit, "partnerships/approval_new.html", form=Form.of({"from": visit.now.date().isoformat()}), **_shared(visit)
    )


@routes.form("/o/{org}/approvals/new", WRITE)
def new(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Approve somebody."""
    try:
        approval = approvals.typed({name: form[name] for name in form})
        with visit.writing() as session:
            approvals.add(session, visit.here, approval, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return page(visit, "partnerships/approval_new.html", form=form, mistakes=mistakes, **_shared(visit))
    return see(visit, f"/o/{org}/approvals", "It is on the list. Publish the list, so that others see it.")


@routes.page("/o/{org}/approvals/import", WRITE)
def import_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """Which file, and what it may hold."""
    return _import_page(visit)


def _import_page(
    visit: Visit, mistakes: Mistakes | None = None, refused: Sequence[Mapping[str, Any]] = (), status: int | None = None
) -> Response:
    return page(
        visit,
        "partnerships/approvals_import.html",
        mistakes=mistakes,
        status=status,
        refused=refused,
        columns=COLUMNS,
        **_shared(visit),
    )


@routes.form("/o/{org}/approvals/import", WRITE)
def take_over(visit: VisitDep, form: FormDep, org: str) -> Response:
    """Take over a table, whole or not at all; every row that is not right is named by its line."""
    file = form.file("file")
    if file is None:
        return _import_page(visit, Mistakes(Mistake("file", "Choose the file.")))
    try:
        table = read_approvals(file.file.read(MOST_BYTES + 1))
    except TableError as error:
        reason = {"line": error.line, "reason": error.reason}
        return _import_page(visit, Mistakes(Mistake("file", "Line {line}: {reason}.", reason)))
    if table.refused:
        return _import_page(visit, refused=approvals.bad_rows(table), status=422)
    try:
        with visit.writing() as session:
            count = approvals.take_over(session, visit.here, table, actor=visit.actor, now=visit.now)
    except Conflict as conflict:
        return _import_page(visit, Mistakes(Mistake("file", conflict.text, conflict.values)))
    return see(visit, f"/o/{org}/approvals", "New on the list: {n}. Publish the list, so that others see it.", n=count)


@routes.page("/o/{org}/approvals/publish", WRITE)
def publish_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """What publishing does."""
    with visit.reading() as session:
        counts = approvals.counts(session, visit.here, visit.now.date())
        published = editions.newest_published(session, editions.APPROVALS, visit.here.id)
    return page(
        visit,
        "partnerships/approvals_publish.html",
        address=approvals.address_of(visit.desk, visit.here),
        counts=counts,
        published=published,
        **_shared(visit),
    )


@routes.form("/o/{org}/approvals/publish", WRITE)
def publish(visit: VisitDep, form: FormDep, org: str) -> Response:  # noqa: ARG001
    """Have the list signed."""
    with visit.writing() as session:
        approvals.publish(session, visit.desk, visit.here, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return see(visit, f"/o/{org}/approvals", "It is being signed, and is published as soon as that is done.")


@routes.page("/o/{org}/approvals/withdraw", WRITE)
def withdraw_page(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """What taking the list back does."""
    return page(visit, "partnerships/approvals_withdraw.html", **_shared(visit))


@routes.form("/o/{org}/approvals/withdraw", WRITE)
def withdraw(visit: VisitDep, office: OfficeDep, form: FormDep, org: str) -> Response:
    """Take the list back: nobody can tell any more who is approved."""
    try:
        with visit.writing() as session:
            if not editions.editions_of(session, editions.APPROVALS, visit.here.id):
                raise Conflict("No list of this organization is published.")
            editions.take_back(
                session, editions.APPROVALS, visit.here.id, why=form["why"], actor=visit.actor, now=visit.now
            )
    except Mistakes as mistakes:
        return page(visit, "partnerships/approvals_withdraw.html", form=form, mistakes=mistakes, **_shared(visit))
    told(office)
    return see(visit, f"/o/{org}/approvals", "The list is withdrawn.")


@routes.page("/o/{org}/approvals/{approval_id}/end", WRITE)
def end_page(visit: VisitDep, org: str, approval_id: str) -> Response:  # noqa: ARG001
    """What ending one does."""
    return _end_page(visit, approval_id, Form.of({"until": visit.now.date().isoformat()}))


def _end_page(visit: Visit, approval_id: str, form: Form, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        row = approvals.approved_of(session, visit.here, approval_id)
    return page(visit, "partnerships/approval_end.html", form=form, mistakes=mistakes, row=row, **_shared(visit))


@routes.form("/o/{org}/approvals/{approval_id}/end", WRITE)
def end(visit: VisitDep, form: FormDep, org: str, approval_id: str) -> Response:
    """Let one end."""
    try:
        with visit.writing() as session:
            row = approvals.approved_of(session, visit.here, approval_id)
            approvals.end(
                session, visit.here, row, _day(form["until"]), why=form["why"], actor=visit.actor, now=visit.now
            )
    except Mistakes as mistakes:
        return _end_page(visit, approval_id, form, mistakes)
    return see(visit, f"/o/{org}/approvals", "It ends. Publish the list, so that others see it.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Mistakes(Mistake("until", "Write the day as year, month and day, like 2026-06-30.")) from None


def _shared(visit: Visit) -> dict[str, Any]:
    return {**shared(visit), "approval_states": approvals.STATE_WORDS, "approval_signs": approvals.STATE_SIGNS}
