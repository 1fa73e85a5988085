"""Staff credit for programs: the ledger, its exports, and what changed since it was credited."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from badgeport.issuer.web.listing import listed, listed_json
from badgeport.issuer.web.programs import Body, body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import VisitDep
from badgeport.receiver.hr import rechecks, rooms, views, wire
from badgeport.receiver.hr.answers import (
    AT,
    LISTED,
    PERSON,
    PROBLEMS,
    READ,
    WRITE,
    answered,
    badge_state,
    change_state,
    line_state,
    person_state,
    recheck_state,
)
from badgeport.receiver.hr.ledger_pages import exported, file, roster_at_hand
from badgeport.receiver.office import OfficeDep
from badgeport.schemas import jsontext
from badgeport.verifier.hr.rechecking import open_changes
from badgeport.verifier.hr.reconciling import reconcile

routes = Routes("staff credit")


class SettleIn(Body):
    """What a person decides about a change."""

    accept: bool
    why: Annotated[str, Field(min_length=1, max_length=2000)]


@routes.get(
    AT + "/employees",
    READ,
    summary="Credit by employee",
    responses=PROBLEMS,
    openapi_extra=LISTED,
    response_model=wire.EmployeePage,
)
def employees(visit: VisitDep, office: OfficeDep, org: str) -> Response:  # noqa: ARG001
    """Everybody on the roster or in the ledger."""
    roster = roster_at_hand(visit, office)
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = listed(visit.request, views.people(ledger, roster), lambda one: f"{one.employee} {one.name or ''}")
    return answered(listed_json(found, person_state))


@routes.get(
    AT + "/employees/{employee:path}",
    READ,
    summary="The credit of one employee",
    responses=PROBLEMS,
    response_model=wire.EmployeeSheet,
)
def employee_sheet(visit: VisitDep, office: OfficeDep, org: str, employee: str) -> Response:  # noqa: ARG001
    """By lane and cycle, what is left under caps, every line with the decision behind it."""
    roster = roster_at_hand(visit, office)
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = views.sheet(ledger, roster, employee, visit.now)
    return answered(
        {
            **person_state(found.person),
            "balances": [one.to_json() for one in found.balances],
            "badges": [badge_state(one) for one in found.badges],
            "lines": [line_state(one) for one in found.lines],
            "decisions": [dict(one) for one in found.decisions],
        }
    )


@routes.get(
    AT + "/decisions/{number}",
    READ,
    summary="The decision behind lines of the ledger",
    responses=PROBLEMS,
    response_model=wire.DecisionState,
)
def decision(visit: VisitDep, office: OfficeDep, org: str, number: int) -> Response:  # noqa: ARG001
    """The decision with its trace, its lines, and the record from which it can be made again."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = views.made(ledger, number)
    return answered(
        {
            "number": found.number,
            "employee": found.employee,
            "made": found.made,
            "package": found.run,
            "decision": jsontext.parse(found.body),
            "lines": [line_state(one) for one in found.lines],
            "record": jsontext.parse(found.record),
        }
    )


@routes.get(
    AT + "/reconciliation",
    READ,
    summary="Whether the ledger agrees with its decisions",
    responses=PROBLEMS,
    response_model=wire.ReconciliationState,
)
def reconciliation(visit: VisitDep, office: OfficeDep, org: str) -> Response:  # noqa: ARG001
    """Every decision is made again from its record; ``problems`` are the ways in which they differ."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        return answered({"problems": list(reconcile(ledger))})


@routes.get(
    AT + "/export",
    READ,
    summary="The ledger for other systems",
    responses={
        **PROBLEMS,
        200: {
            "description": "The file.",
            "content": {
                "text/csv": {"schema": {"type": "string", "format": "binary"}},
                "application/vnd.apache.parquet": {"schema": {"type": "string", "format": "binary"}},
                "application/json": {"schema": {"type": "object"}},
            },
        },
    },
    openapi_extra={
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": text}
            for name, schema, text in (
                ("format", {"type": "string", "enum": ["csv", "parquet", "ed-fi", "ler-rs"]}, "csv unless given"),
                ("state", {"type": "string"}, "ed-fi: the state of issue to name; that of the settings unless given"),
                ("namespace", {"type": "string"}, "ed-fi: your namespace; that of the settings unless given"),
            )
        ]
    },
    response_class=Response,
)
def export(visit: VisitDep, office: OfficeDep, org: str) -> Response:
    """Made of verified badges alone. ``ed-fi`` and ``ler-rs`` are experimental."""
    data, media_type, ending = exported(visit, office)
    return file(data, f"{org}-staff-credit.{ending}", media_type)


@routes.post(
    AT + "/rechecks",
    WRITE,
    summary="Check everything credited again",
    status_code=202,
    responses=PROBLEMS,
    response_model=wire.RecheckState,
)
def start_recheck(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """A worker does; one that is under way is that."""
    with visit.writing() as session:
        answer = recheck_state(rechecks.start(session, visit.here.id, actor=visit.actor, now=visit.now))
    visit.desk.wake()
    return answered(answer, 202, f"/api/v1/organizations/{visit.here.slug}/hr/rechecks/{answer['id']}")


@routes.get(
    AT + "/rechecks/{recheck_id}",
    READ,
    summary="A check of what is credited",
    responses=PROBLEMS,
    response_model=wire.RecheckState,
)
def show_recheck(visit: VisitDep, org: str, recheck_id: str) -> Response:  # noqa: ARG001
    """How far it is, and its report at the end."""
    with visit.reading() as session:
        return answered(recheck_state(rechecks.recheck_of(session, visit.here.id, recheck_id)))


@routes.get(
    AT + "/changes",
    READ,
    summary="What changed since it was credited",
    responses=PROBLEMS,
    response_model=wire.Changes,
)
def changes(visit: VisitDep, office: OfficeDep, org: str) -> Response:  # noqa: ARG001
    """Every change that stands open, with what is proposed."""
    with rooms.ledger_of(office, visit.here.id) as ledger:
        found = open_changes(ledger)
    return answered({"items": [change_state(one) for one in found]})


@routes.post(
    AT + "/changes/{number}/settle",
    PERSON,
    summary="Accept or decline what is proposed about a change",
    responses=PROBLEMS,
    openapi_extra=body_schema(SettleIn),
    response_model=wire.SettledState,
)
def settle(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001
    number: int,
    given: Annotated[SettleIn, body_of(SettleIn)],
) -> Response:
    """A person does, who is named in the history; no token may."""
    with visit.writing() as session:
        rechecks.settle(
            session, office, visit.here, number, accept=given.accept, why=given.why, actor=visit.actor, now=visit.now
        )
    return answered({"number": number, "state": "accepted" if given.accept else "declined"})
