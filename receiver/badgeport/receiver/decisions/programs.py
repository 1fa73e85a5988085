"""Filed decisions for programs: everything the clerks' pages do, as JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from badgeport.web.answers import refused
from badgeport.web.bodies import JsonBody, json_body, media_type, read_body
from fastapi import Depends, Header, Query, Request
from starlette.responses import Response

from badgeport.issuer.people.roles import Role
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.web.access import members
from badgeport.issuer.web.listing import listed_json, listing
from badgeport.issuer.web.programs import body_of, body_schema, checked
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.decisions import again, filing, handed, packages, services, views
from badgeport.receiver.decisions.downloads import file_answer
from badgeport.receiver.decisions.filing import Case, Reckoned
from badgeport.receiver.decisions.handed import Handed
from badgeport.receiver.decisions.making import may_file
from badgeport.receiver.decisions.pages import LINKED, SEARCHED, asked_for, who_settles
from badgeport.receiver.decisions.standing import steps_of
from badgeport.receiver.decisions.wire import (
    AgainOut,
    AppealIn,
    DecideIn,
    LinkOut,
    Outcome,
    PageOut,
    PreviewOut,
    ReferenceIn,
    SettlementIn,
    TodayOut,
    WholeOut,
)
from badgeport.receiver.office import Office, OfficeDep
from badgeport.verifier.recognition.conditions.facts import FactsError, read_facts
from badgeport.verifier.recognition.decision import Kind
from badgeport.verifier.supporting import SupportError, credited_in
from badgeport.verifier.web.choosing import Choice
from badgeport.verifier.web.recognition import MAXIMUM_BYTES, MAXIMUM_CREDENTIALS

routes = Routes("decisions")
READ = members(Role.ADMINISTRATOR, Role.CLERK, Role.AUDITOR, scope="decisions:read")
WRITE = members(Role.ADMINISTRATOR, Role.CLERK, scope="decisions:write")
BY_NAME = members(Role.ADMINISTRATOR, Role.CLERK)
"""What a person does in their own name: no token may."""
_AT = "/api/v1/organizations/{org}/decisions"
_ONE = _AT + "/{decision_id}"

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=150,
        description="A name of the caller's for this request. Sent again with the same content it answers with what "
        "was filed before; with another content it is refused.",
    ),
]


# -- deciding and filing --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request to decide, with its badges byte for byte. ``fingerprint`` is of the whole body."""

    given: DecideIn
    credentials: tuple[bytes, ...]
    fingerprint: str


async def _asked(request: Request, visit: VisitDep) -> _Asked:
    data = await read_body(request)
    limits = visit.desk.limits
    room = replace(
        limits,
        document_bytes=MAXIMUM_BYTES,
        json_depth=limits.json_depth + 2,
        json_members=4 * limits.json_members,
    )
    body: JsonBody = json_body(media_type(request), data, room)
    given = checked(DecideIn, body.members)
    credentials = body.objects_or_texts("credentials", MAXIMUM_CREDENTIALS)
    return _Asked(given, credentials, hashlib.sha256(data).hexdigest())


AskedDep = Annotated[_Asked, Depends(_asked)]


def _reckoned(visit: Visit, office: Office, asked: _Asked) -> Reckoned:
    given, desk = asked.given, office.verifier
    now = visit.now.replace(microsecond=0)
    as_of = filing.instant_of("" if given.as_of is None else given.as_of.isoformat(), now)
    choice = _choice(office, given, as_of.date())
    try:
        facts = read_facts(given.facts)
    except FactsError as error:
        raise refused(f"facts{error.pointer}", error.detail) from None
    try:
        credited = credited_in(given.credited)
    except SupportError as error:
        raise refused(f"credited{error.pointer}", str(error)) from None
    pieces = tuple(Handed(f"credentials/{index}", data) for index, data in enumerate(asked.credentials))
    examined = handed.examined(desk, pieces, as_of)
    return filing.reckon(office, visit.here, Case(choice, facts, examined, given.reference, credited))


def _choice(office: Office, given: DecideIn, on: Any) -> Choice:
    shelf = office.verifier.shelf
    shelved = shelf.find(given.policy, on)
    if shelved is None:
        raise refused("policy", "there is no such policy here; /policies lists those there are")
    purposes = shelved.policy.purposes
    purpose = given.purpose or (next(iter(purposes)) if len(purposes) == 1 else "")
    if purpose not in purposes:
        raise refused("purpose", f"the policy has these purposes: {', '.join(purposes)}")
    return Choice(f"{shelved.name}/{purpose}", shelved, purpose)


@routes.post(
    f"{_AT}/preview",
    WRITE,
    summary="Decide on badges without filing it",
    response_model=PreviewOut,
    openapi_extra=body_schema(DecideIn),
)
def preview(visit: VisitDep, office: OfficeDep, org: str, asked: AskedDep) -> dict[str, Any]:  # noqa: ARG001
    """The decision with its reasons, under any policy of this service. ``refused`` is what entered no decision."""
    found = _reckoned(visit, office, asked)
    return {
        "decision": found.made.decision.to_json(),
        "digest": found.made.digest,
        "mayFile": may_file(office.verifier.shelf, found.made.shelved, visit.here, found.made.decision.as_of.date()),
        "before": views.before_json(found.before),
        "refused": [{"number": each.number, "report": each.report} for each in found.case.examined.portfolio.refused],
    }


@routes.post(
    _AT,
    WRITE,
    summary="Decide on badges and file the decision",
    status_code=201,
    response_model=WholeOut,
    openapi_extra=body_schema(DecideIn),
)
def file_decision(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001 - the visit knows it
    asked: AskedDep,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Only what verifies enters it; everything it was made from is kept, and a worker signs the receipt."""
    key = f"program:{idempotency_key or new_id()}"
    with visit.reading() as session:
        row = services.filed_as(session, visit.here.id, key, asked.fingerprint)
    if row is None:
        row = filing.put_on_file(
            office,
            visit.here,
            _reckoned(visit, office, asked),
            key=key,
            fingerprint=asked.fingerprint,
            actor=visit.actor,
            now=visit.now,
        )
    return _whole(visit, row.id)


# -- reading --------------------------------------------------------------------------------------------------------


@routes.get(_AT, READ, summary="The filed decisions of an organization", response_model=PageOut)
def overview(
    visit: VisitDep,
    org: str,  # noqa: ARG001 - the visit knows it
    outcome: Annotated[Outcome | None, Query(description="The outcome that holds now.")] = None,  # noqa: ARG001
    policy: Annotated[str, Query(max_length=2048, description="The id of a policy.")] = "",  # noqa: ARG001
    appeals: Annotated[Literal["open"] | None, Query(description="Those with an open appeal.")] = None,  # noqa: ARG001
) -> dict[str, Any]:
    """Newest first; ``q``, ``page`` and ``size`` as everywhere."""
    with visit.reading() as session:
        found = listing(session, visit.request, asked_for(visit), search=SEARCHED)
        return listed_json(found, lambda one: views.row_json(*one))


@routes.get(_ONE, READ, summary="A filed decision with all that came after it", response_model=WholeOut)
def show(visit: VisitDep, org: str, decision_id: str) -> dict[str, Any]:  # noqa: ARG001 - the visit knows it
    """What it was decided, what holds now, and each step between."""
    return _whole(visit, decision_id)


@routes.get(
    f"{_ONE}/files/{{file}}",
    READ,
    summary="A file of a decision",
    response_class=Response,
    responses={
        200: {
            "description": "`receipt.json` and `step-N.json` as they were signed, `decision.json`, `record.json`, or "
            "`package.zip` with everything it was made from.",
            "content": {
                "application/vc": {"schema": {"type": "object"}},
                "application/json": {"schema": {"type": "object"}},
                "application/zip": {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)
def show_file(visit: VisitDep, org: str, decision_id: str, file: str) -> Response:  # noqa: ARG001
    """Byte for byte."""
    with visit.reading() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        steps = list(steps_of(session, row.id))
    return file_answer(visit.desk, row, steps, file)


@routes.get(f"{_ONE}/again", READ, summary="Decide again from the record", response_model=AgainOut)
def make_again(visit: VisitDep, office: OfficeDep, org: str, decision_id: str) -> dict[str, Any]:  # noqa: ARG001
    """From what is on file alone, without a network."""
    found = again.reproduced(_filed(visit, office, decision_id))
    return {"same": found.same, "decision": found.decision.to_json()}


@routes.get(f"{_ONE}/today", READ, summary="The badges of a decision as they stand today", response_model=TodayOut)
def look_today(visit: VisitDep, office: OfficeDep, org: str, decision_id: str) -> dict[str, Any]:  # noqa: ARG001
    """What was revoked since, and what the same policy says now. Nothing is changed."""
    return views.today_json(again.today(office.verifier, _filed(visit, office, decision_id)))


# -- what comes after it --------------------------------------------------------------------------------------------


@routes.post(
    f"{_ONE}/appeals",
    WRITE,
    summary="Record an appeal",
    status_code=201,
    response_model=WholeOut,
    openapi_extra=body_schema(AppealIn),
)
def appeal(
    visit: VisitDep,
    org: str,  # noqa: ARG001 - the visit knows it
    decision_id: str,
    given: Annotated[AppealIn, body_of(AppealIn)],
) -> dict[str, Any]:
    """For somebody who does not agree; one at a time."""
    with visit.writing() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        services.appeal(session, row, by=given.by, reason=given.reason, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return _whole(visit, decision_id)


@routes.post(
    f"{_ONE}/settlements",
    BY_NAME,
    summary="Decide in person",
    status_code=201,
    response_model=WholeOut,
    openapi_extra=body_schema(SettlementIn),
)
def settle(
    visit: VisitDep,
    org: str,  # noqa: ARG001 - the visit knows it
    decision_id: str,
    given: Annotated[SettlementIn, body_of(SettlementIn)],
) -> dict[str, Any]:
    """By a signed-in person who neither filed the decision nor settled it last. The first decision stays on file."""
    with visit.writing() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        services.settle(
            session,
            row,
            outcome=Kind(given.decision).value,
            amount=given.amount,
            reason=given.reason,
            actor=visit.actor,
            now=visit.now,
            seen=given.version,
            **who_settles(session, visit),
        )
    visit.desk.wake()
    return _whole(visit, decision_id)


@routes.post(f"{_ONE}/link", WRITE, summary="Make the educator's link", status_code=201, response_model=LinkOut)
def make_link(visit: VisitDep, org: str, decision_id: str) -> Mapping[str, str]:  # noqa: ARG001
    """An earlier one opens nothing any more."""
    with visit.writing() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        secret = services.make_link(session, row, actor=visit.actor, now=visit.now)
    return {"address": visit.desk.url(LINKED.format(secret=secret))}


@routes.delete(f"{_ONE}/link", WRITE, summary="Withdraw the educator's link", status_code=204, response_class=Response)
def withdraw_link(visit: VisitDep, org: str, decision_id: str) -> Response:  # noqa: ARG001
    """It opens nothing any more."""
    with visit.writing() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        services.withdraw_link(session, row, actor=visit.actor, now=visit.now)
    return Response(status_code=204)


@routes.put(
    f"{_ONE}/reference",
    WRITE,
    summary="Change or take away the reference",
    response_model=WholeOut,
    openapi_extra=body_schema(ReferenceIn),
)
def refer(
    visit: VisitDep,
    org: str,  # noqa: ARG001 - the visit knows it
    decision_id: str,
    given: Annotated[ReferenceIn, body_of(ReferenceIn)],
) -> dict[str, Any]:
    """It stands nowhere but in the list."""
    with visit.writing() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        services.refer(session, row, given.reference, actor=visit.actor, now=visit.now)
    return _whole(visit, decision_id)


@routes.delete(
    _ONE,
    members(Role.ADMINISTRATOR),
    summary="Erase what names the person",
    status_code=204,
    response_class=Response,
    openapi_extra={
        "parameters": [{"name": "why", "in": "query", "required": True, "schema": {"type": "string"}}],
    },
)
def erase(visit: VisitDep, org: str, decision_id: str) -> Response:  # noqa: ARG001 - the visit knows it
    """What was decided stays, with its date, policy and digests. ``why`` stands in the history."""
    why = visit.request.query_params.get("why", "")
    with visit.writing() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        services.erase(session, row, actor=visit.actor, now=visit.now, why=why)
    visit.desk.wake()
    return Response(status_code=204)


def _whole(visit: Visit, decision_id: str) -> dict[str, Any]:
    with visit.reading() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
        return views.whole_json(session, row, steps_of(session, row.id), visit.actor)


def _filed(visit: Visit, office: Office, decision_id: str) -> packages.Filed:
    with visit.reading() as session:
        row = services.decision_of(session, visit.here.id, decision_id)
    return services.filed_of(office.issuer.blobs, row)
