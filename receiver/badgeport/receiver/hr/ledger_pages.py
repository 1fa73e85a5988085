"""Pages of staff credit: what stands to whose credit, what was handed in, what was put aside, what is exported."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from badgeport.issuer.awards.views import history
from badgeport.issuer.mistakes import Absent, Mistake, Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import names_of
from badgeport.issuer.web.access import members
from badgeport.issuer.web.forms import Form, FormDep
from badgeport.issuer.web.listing import listed, listing
from badgeport.issuer.web.pages import page, see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.hr import imports, rechecks, rooms, settings, views, wording
from badgeport.receiver.hr.tables import HrImport
from badgeport.receiver.office import Office, OfficeDep
from badgeport.schemas.datetimes import parse_datetime
from badgeport.verifier.hr.packing import package_of
from badgeport.verifier.hr.rechecking import open_changes
from badgeport.verifier.hr.roster import Roster

routes = Routes("staff credit")
READERS = members(Role.ADMINISTRATOR, Role.HR, Role.AUDITOR)
WRITERS = members(Role.HR)


def base(visit: Visit) -> str:
    """The address of the room."""
    return f"/o/{visit.here.slug}/hr"


def roster_at_hand(visit: Visit, office: Office) -> Roster | None:
    """The roster of the organisation that is visited."""
    with visit.reading() as session:
        said = settings.settings_of(session, visit.here.id, visit.now).roster
    return rooms.roster_of(office, visit.here.id, said)


def shared(visit: Visit) -> dict[str, Any]:
    """What every template of the room needs."""
    return {"base": base(visit), "words": wording, "instant": parse_datetime}


@routes.page("/o/{org}/hr", READERS)
def overview(visit: VisitDep, office: OfficeDep) -> Response:
    """What there is to do, and how much is credited."""
    with visit.reading() as session:
        row = settings.settings_of(session, visit.here.id, visit.now)
        recent = session.exec(imports.imports_statement(visit.here.id).limit(5)).all()
        last = session.exec(rechecks.rechecks_statement(visit.here.id).limit(1)).first()
    with rooms.ledger_of(office, visit.here.id) as ledger:
        credited = len(ledger.active())
        aside, changes = len(views.put_aside(ledger)), len(open_changes(ledger))
    policy = rooms.policy_of(office, row.policy, visit.now.date())
    return page(
        visit,
        "hr/overview.html",
        settings=row,
        policy=policy,
        recent=recent,
        last=last,
        credited=credited,
        aside=aside,
        changes=changes,
        **shared(visit),
    )


@routes.page("/o/{org}/hr/employees", READERS)
def employees(visit: VisitDep, office: OfficeDep) -> Response:
    """Everybody, with what stands to their credit."""
    roster = roster_at_hand(visit, office)
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = listed(visit.request, views.people(ledger, roster), lambda one: f"{one.employee} {one.name or ''}")
    return page(visit, "hr/employees.html", list=found, roster=roster, **shared(visit))


@routes.page("/o/{org}/hr/employees/{employee:path}", READERS)
def employee_sheet(visit: VisitDep, office: OfficeDep, employee: str) -> Response:
    """All that is kept of one employee."""
    roster = roster_at_hand(visit, office)
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = views.sheet(ledger, roster, employee, visit.now)
    with visit.reading() as session:
        who = views.whose(session, {line.who for line in found.lines}, visit.speech.say)
    return page(visit, "hr/employee.html", sheet=found, who=who, **shared(visit))


@routes.page("/o/{org}/hr/decisions/{number}", READERS)
def decision(visit: VisitDep, office: OfficeDep, number: int) -> Response:
    """The decision behind lines of the ledger."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = views.made(ledger, number)
    return page(visit, "hr/decision.html", made=found, **shared(visit))


@routes.page("/o/{org}/hr/decisions/{number}/record", READERS)
def record(visit: VisitDep, office: OfficeDep, org: str, number: int) -> Response:
    """Everything the decision was made from: with it anybody can decide again."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = views.made(ledger, number)
    return file(found.record.encode(), f"{org}-decision-{number}-record.json", "application/json")


# ---------------------------------------------------------------- imports


@routes.page("/o/{org}/hr/imports", READERS)
def import_list(visit: VisitDep) -> Response:
    """What was handed in, and a form to hand in more."""
    return _import_list(visit)


def _import_list(visit: Visit, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        statement = imports.imports_statement(visit.here.id)
        found = listing(session, visit.request, statement, search=(HrImport.name,))
        row = settings.settings_of(session, visit.here.id, visit.now)
    return page(
        visit,
        "hr/imports.html",
        mistakes=mistakes,
        list=found,
        ready=bool(row.policy and row.roster),
        most=imports.FILE_BYTES,
        **shared(visit),
    )


@routes.form("/o/{org}/hr/import", WRITERS)
def hand_in(visit: VisitDep, office: OfficeDep, form: FormDep) -> Response:
    """Keep a file; a worker imports it."""
    upload = form.file("file")
    if upload is None:
        return _import_list(visit, Mistakes(Mistake("file", "Choose a file.")))
    try:
        row = imports.take_file(office, visit.here, upload.file, upload.name, actor=visit.actor, now=visit.now)
    except Mistakes as mistakes:
        return _import_list(visit, mistakes)
    visit.desk.wake()
    return see(visit, f"{base(visit)}/imports/{row.id}", "The file is being imported. You can leave this page.")


@routes.page("/o/{org}/hr/imports/{import_id}", READERS)
def show_import(visit: VisitDep, import_id: str) -> Response:
    """How far an import is, and what came of it."""
    with visit.reading() as session:
        row = imports.import_of(session, visit.here.id, import_id)
        names = names_of(session, {row.created_by})
        events = history(session, visit.here.id, f"hr-import:{row.id}")
    return page(visit, "hr/import.html", row=row, names=names, history=events, **shared(visit))


@routes.page("/o/{org}/hr/packages/{number}", READERS)
def package(visit: VisitDep, office: OfficeDep, org: str, number: int) -> Response:
    """The proof package of an import of the ledger."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        try:
            data = package_of(ledger, number)
        except KeyError:
            raise Absent from None
    return file(data, f"{org}-import-{number}.zip", "application/zip")


# ---------------------------------------------------------------- what was put aside


@routes.page("/o/{org}/hr/put-aside", READERS)
def put_aside(visit: VisitDep, office: OfficeDep) -> Response:
    """What is nobody's yet, or is not valid, with the reason."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        rows = views.put_aside(ledger)
    found = listed(visit.request, rows, lambda row: f"{row['name']} {row['code']} {row['reason']}")
    return page(visit, "hr/put_aside.html", list=found, **shared(visit))


@routes.page("/o/{org}/hr/put-aside/{number}/original", READERS)
def original(visit: VisitDep, office: OfficeDep, number: int) -> Response:
    """The bytes of what was put aside, as they came."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        _, data = views.aside(ledger, number)
    return file(data, f"put-aside-{number}.bin", "application/octet-stream")


@routes.form("/o/{org}/hr/put-aside/again", WRITERS)
def try_again(visit: VisitDep, office: OfficeDep, form: FormDep) -> Response:
    """Import again what was put aside."""
    del form
    row = imports.try_again(office, visit.here, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return see(visit, f"{base(visit)}/imports/{row.id}", "It is being imported again. You can leave this page.")


# ---------------------------------------------------------------- exports


@routes.page("/o/{org}/hr/export", READERS)
def exports(visit: VisitDep) -> Response:
    """The forms in which the ledger can be had."""
    return _exports(visit)


def _exports(visit: Visit, mistakes: Mistakes | None = None) -> Response:
    with visit.reading() as session:
        row = settings.settings_of(session, visit.here.id, visit.now)
    form = Form.of({"state": row.state, "namespace": row.namespace})
    return page(visit, "hr/export.html", form=form, mistakes=mistakes, **shared(visit))


@routes.page("/o/{org}/hr/export/file", READERS)
def export(visit: VisitDep, office: OfficeDep, org: str) -> Response:
    """The ledger in one of them: ``format`` of the address, the table where it names none."""
    try:
        data, media_type, ending = exported(visit, office)
    except Mistakes as mistakes:
        return _exports(visit, mistakes)
    return file(data, f"{org}-staff-credit.{ending}", media_type)


def exported(visit: Visit, office: Office) -> tuple[bytes, str, str]:
    """The ledger in the format that the address asks for. Raises as `views.export`."""
    asked = visit.request.query_params
    with visit.reading() as session:
        row = settings.settings_of(session, visit.here.id, visit.now)
    roster = rooms.roster_of(office, visit.here.id, row.roster)
    with rooms.ledger_of(office, visit.here.id) as ledger:
        return views.export(
            ledger,
            asked.get("format", "csv"),
            state=asked.get("state") or row.state,
            namespace=asked.get("namespace") or row.namespace,
            roster=roster,
        )


def file(data: bytes, name: str, media_type: str) -> Response:
    """A download that nobody keeps on the way."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, 200, headers, media_type)
