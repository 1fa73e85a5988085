"""Staff credit for programs: what is handed in, and what was put aside."""

from __future__ import annotations

from typing import Annotated, BinaryIO

from fastapi import Depends, Query
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent
from badgeport.issuer.web.listing import listed, listed_json, listing
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import VisitDep
from badgeport.receiver.hr import imports, rooms, views, wire
from badgeport.receiver.hr.answers import (
    AT,
    LISTED,
    PROBLEMS,
    READ,
    WRITE,
    answered,
    aside_state,
    file_body,
    import_state,
    sent_file,
)
from badgeport.receiver.hr.ledger_pages import file
from badgeport.receiver.hr.tables import HrImport
from badgeport.receiver.office import OfficeDep
from badgeport.verifier.hr.packing import package_of

routes = Routes("staff credit")


@routes.post(
    AT + "/import",
    WRITE,
    summary="Hand in badges of employees",
    status_code=202,
    responses=PROBLEMS,
    openapi_extra=file_body(
        "Badges in any form, a ZIP archive, NDJSON, a CSV of links, a learner record. The ending of `name` says which.",
        "application/octet-stream",
    ),
    response_model=wire.ImportState,
)
def hand_in(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001
    sent: Annotated[BinaryIO, Depends(sent_file)],
    name: Annotated[str, Query(min_length=1, max_length=200, description="The name of the file, with its ending.")],
) -> Response:
    """A worker imports it. The same again credits nothing twice."""
    row = imports.take_file(office, visit.here, sent, name, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return answered(import_state(row), 202, f"/api/v1/organizations/{visit.here.slug}/hr/imports/{row.id}")


@routes.get(
    AT + "/imports",
    READ,
    summary="What was handed in",
    responses=PROBLEMS,
    openapi_extra=LISTED,
    response_model=wire.ImportPage,
)
def list_imports(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """Newest first."""
    with visit.reading() as session:
        statement = imports.imports_statement(visit.here.id)
        return answered(listed_json(listing(session, visit.request, statement, search=(HrImport.name,)), import_state))


@routes.get(
    AT + "/imports/{import_id}",
    READ,
    summary="An import",
    responses=PROBLEMS,
    response_model=wire.ImportState,
)
def show_import(visit: VisitDep, org: str, import_id: str) -> Response:  # noqa: ARG001
    """How far it is, what was credited and what put aside."""
    with visit.reading() as session:
        return answered(import_state(imports.import_of(session, visit.here.id, import_id)))


@routes.get(
    AT + "/packages/{number}",
    READ,
    summary="The proof package of an import of the ledger",
    response_class=Response,
    responses={
        **PROBLEMS,
        200: {
            "description": "The file.",
            "content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
def package(visit: VisitDep, office: OfficeDep, org: str, number: int) -> Response:
    """``number`` is one of an import's ``runs``."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        try:
            return file(package_of(ledger, number), f"{org}-import-{number}.zip", "application/zip")
        except KeyError:
            raise Absent from None


@routes.get(
    AT + "/put-aside",
    READ,
    summary="What was put aside",
    responses=PROBLEMS,
    openapi_extra=LISTED,
    response_model=wire.AsidePage,
)
def put_aside(visit: VisitDep, office: OfficeDep, org: str) -> Response:  # noqa: ARG001
    """With a stable code and the reason; newest first."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        rows = views.put_aside(ledger)
    found = listed(visit.request, rows, lambda row: f"{row['name']} {row['code']} {row['reason']}")
    return answered(listed_json(found, aside_state))


@routes.get(
    AT + "/put-aside/{number}/original",
    READ,
    summary="What was put aside, byte for byte",
    response_class=Response,
    responses={
        **PROBLEMS,
        200: {
            "description": "The file.",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
def original(visit: VisitDep, office: OfficeDep, org: str, number: int) -> Response:  # noqa: ARG001
    """As it came."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        _, data = views.aside(ledger, number)
    return file(data, f"put-aside-{number}.bin", "application/octet-stream")


@routes.post(
    AT + "/put-aside/again",
    WRITE,
    summary="Import again what was put aside",
    status_code=202,
    responses=PROBLEMS,
    response_model=wire.ImportState,
)
def try_again(visit: VisitDep, office: OfficeDep, org: str) -> Response:  # noqa: ARG001
    """After the roster was corrected, or a badge reinstated."""
    row = imports.try_again(office, visit.here, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return answered(import_state(row), 202, f"/api/v1/organizations/{visit.here.slug}/hr/imports/{row.id}")
