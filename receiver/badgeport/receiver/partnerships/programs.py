"""Agreements and approvals, for programs: all that the pages do, by the same rules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Request
from pydantic import Field
from sqlmodel import select
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Mistakes
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.web.access import EVERYONE
from badgeport.issuer.web.listing import listed_json, listing
from badgeport.issuer.web.pages import page
from badgeport.issuer.web.programs import Body, body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.office import OfficeDep
from badgeport.receiver.partnerships import agreements, approvals
from badgeport.receiver.partnerships.agreement_pages import newest
from badgeport.receiver.partnerships.tables import Approved, Partnership
from badgeport.receiver.policies import editions
from badgeport.receiver.policies.author_pages import date_writer, told
from badgeport.receiver.policies.programs import PROBLEMS, READ, WRITE, DiscardIn, ExpectedIn, WhyIn
from badgeport.receiver.policies.tables import Edition
from badgeport.verifier.recognition.approval.csv_lists import read_approvals
from badgeport.verifier.recognition.approval.csv_rows import TableError

routes = Routes("partnerships")

_AGREEMENTS = "/api/v1/organizations/{org}/agreements"
_AGREEMENT = f"{_AGREEMENTS}/{{agreement_id}}"
_APPROVALS = "/api/v1/organizations/{org}/approvals"
_NOTHING = {"requestBody": {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}}


class NewAgreementIn(Body):
    """An agreement to begin: its name in addresses and its title."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    title: Annotated[str, Field(min_length=1, max_length=300)]


class AgreementDraftIn(Body):
    """The draft of an agreement, as docs/authority.md has it but for its id, and the ``version`` it was made from."""

    agreement: dict[str, Any]
    version: int


class EditionOut(Body):
    """One edition of an agreement or an approval list."""

    number: int
    state: str
    asked: datetime
    published: datetime | None
    withdrawn: datetime | None
    why: str
    sha256: str


class MemberOut(Body):
    """A member of what is published, and how it stands today."""

    id: str
    name: str
    state: str


class AgreementOut(Body):
    """An agreement: what is published, its members today, its draft and what is wrong with that."""

    id: str
    name: str
    title: str
    address: str
    version: int
    draft: dict[str, Any] | None
    wrong: list[dict[str, str]]
    published: dict[str, Any] | None
    members: list[MemberOut]
    editions: list[EditionOut]


class AgreementsPage(Body):
    """A page of the list."""

    items: list[AgreementOut]
    total: int
    page: int
    pages: int


class ApprovalIn(Body):
    """An approval: an issuer, an achievement, or both; ``area`` may name several, with spaces between them."""

    issuer: str = ""
    achievement: str = ""
    version: str = ""
    area: str = ""
    first: Annotated[date | None, Field(alias="from")] = None
    last: Annotated[date | None, Field(alias="until")] = None
    name: str = ""


class EndIn(Body):
    """The last day of an approval, and why it ends."""

    until: date
    why: Annotated[str, Field(min_length=1, max_length=2000)]


class TableIn(Body):
    """A table of approvals in CSV."""

    csv: Annotated[str, Field(min_length=1)]


class ApprovalOut(Body):
    """An approval and how it stands today."""

    id: str
    issuer: str | None
    achievement: str | None
    version: str | None
    areas: list[str]
    first: Annotated[date | None, Field(alias="from")]
    last: Annotated[date | None, Field(alias="until")]
    name: str | None
    state: str


class ApprovalsPage(Body):
    """A page of the list."""

    items: list[ApprovalOut]
    total: int
    page: int
    pages: int


class TakenOut(Body):
    """How many approvals were new."""

    added: int


class ListOut(Body):
    """The published list: its address, its editions, newest first, and whether it says what stands here now."""

    address: str
    up_to_date: bool
    editions: list[EditionOut]


# ---------------------------------------------------------------- agreements


@routes.get(
    _AGREEMENTS,
    READ,
    summary="The agreements an organization keeps",
    response_model=AgreementsPage,
    responses=PROBLEMS,
)
def list_agreements(visit: VisitDep, org: str) -> dict[str, Any]:  # noqa: ARG001 - the visit knows it
    """``q``, ``page`` and ``size`` as everywhere."""
    with visit.reading() as session:
        statement = select(Partnership).where(Partnership.org_id == visit.here.id)
        found = listing(
            session,
            visit.request,
            statement.order_by(Partnership.title, Partnership.id),
            search=(Partnership.title, Partnership.name),
        )
    return listed_json(found, lambda row: _agreement(visit, row.id))


@routes.post(
    _AGREEMENTS,
    WRITE,
    summary="Begin an agreement",
    status_code=201,
    response_model=AgreementOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(NewAgreementIn),
)
def create_agreement(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    given: Annotated[NewAgreementIn, body_of(NewAgreementIn)],
) -> dict[str, Any]:
    """Its draft is empty."""
    with visit.writing() as session:
        row = agreements.create(
            session, visit.here, name=given.name, title=given.title, actor=visit.actor, now=visit.now
        )
    return _agreement(visit, row.id)


@routes.get(_AGREEMENT, READ, summary="One agreement", response_model=AgreementOut, responses=PROBLEMS)
def one_agreement(visit: VisitDep, org: str, agreement_id: str) -> dict[str, Any]:  # noqa: ARG001
    """With its members as they stand today."""
    return _agreement(visit, agreement_id)


@routes.put(
    f"{_AGREEMENT}/draft",
    WRITE,
    summary="Keep the draft of an agreement",
    response_model=AgreementOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(AgreementDraftIn),
)
def save_agreement(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    agreement_id: str,
    given: Annotated[AgreementDraftIn, body_of(AgreementDraftIn)],
) -> dict[str, Any]:
    """Right or wrong; the answer says how."""
    with visit.writing() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        agreements.save(session, row, given.agreement, expected=given.version, actor=visit.actor, now=visit.now)
    return _agreement(visit, agreement_id)


@routes.post(
    f"{_AGREEMENT}/draft",
    WRITE,
    summary="Begin the next edition of an agreement",
    status_code=201,
    response_model=AgreementOut,
    responses=PROBLEMS,
    openapi_extra=_NOTHING,
)
def begin_agreement(visit: VisitDep, org: str, agreement_id: str) -> dict[str, Any]:  # noqa: ARG001
    """From the newest one, where there is no draft."""
    with visit.writing() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        agreements.begin(session, row, newest(session, row), actor=visit.actor, now=visit.now)
    return _agreement(visit, agreement_id)


@routes.post(
    f"{_AGREEMENT}/draft/discard",
    WRITE,
    summary="Throw the draft of an agreement away",
    status_code=204,
    response_class=Response,
    responses=PROBLEMS,
    openapi_extra=body_schema(DiscardIn),
)
def discard_agreement(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    agreement_id: str,
    given: Annotated[DiscardIn, body_of(DiscardIn)],
) -> Response:
    """The agreement goes with it where it has no edition."""
    with visit.writing() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        agreements.discard(session, row, expected=given.version, why=given.why, actor=visit.actor, now=visit.now)
    return Response(status_code=204)


@routes.post(
    f"{_AGREEMENT}/publish",
    WRITE,
    summary="Have an agreement signed and published",
    status_code=202,
    response_model=AgreementOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(ExpectedIn),
)
def publish_agreement(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    agreement_id: str,
    given: Annotated[ExpectedIn, body_of(ExpectedIn)],
) -> dict[str, Any]:
    """It is published as soon as a worker has signed it, in place of the edition before it."""
    with visit.writing() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        agreements.publish(
            session, visit.desk, visit.here, row, expected=given.version, actor=visit.actor, now=visit.now
        )
    visit.desk.wake()
    return _agreement(visit, agreement_id)


@routes.post(
    f"{_AGREEMENT}/withdraw",
    WRITE,
    summary="Take an agreement back",
    response_model=AgreementOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(WhyIn),
)
def withdraw_agreement(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001
    agreement_id: str,
    given: Annotated[WhyIn, body_of(WhyIn)],
) -> dict[str, Any]:
    """No edition of it comes into force again."""
    with visit.writing() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        editions.take_back(session, editions.AGREEMENT, row.id, why=given.why, actor=visit.actor, now=visit.now)
    told(office)
    return _agreement(visit, agreement_id)


# ---------------------------------------------------------------- approvals


@routes.get(
    _APPROVALS,
    READ,
    summary="Whom an organization approves",
    response_model=ApprovalsPage,
    responses=PROBLEMS,
    openapi_extra={
        "parameters": [
            {
                "name": "state",
                "in": "query",
                "required": False,
                "schema": {"type": "string", "enum": list(approvals.STATES)},
                "description": "those of one state alone",
            }
        ]
    },
)
def list_approvals(visit: VisitDep, org: str) -> dict[str, Any]:  # noqa: ARG001
    """``q``, ``page`` and ``size`` as everywhere."""
    asked, today = visit.request.query_params.get("state", ""), visit.now.date()
    with visit.reading() as session:
        statement = approvals.listed(visit.here, asked if asked in approvals.STATES else "", today)
        search = (Approved.name, Approved.issuer, Approved.achievement)
        found = listing(session, visit.request, statement, search=search)
    return listed_json(found, lambda row: _approval(row, today))


@routes.post(
    _APPROVALS,
    WRITE,
    summary="Approve an issuer, an achievement, or both",
    status_code=201,
    response_model=ApprovalOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(ApprovalIn),
)
def approve(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    given: Annotated[ApprovalIn, body_of(ApprovalIn)],
) -> dict[str, Any]:
    """Others see it in the next edition of the list."""
    stated = given.model_dump(exclude={"first", "last"})
    days = {"from": given.first, "until": given.last}
    approval = approvals.typed({**stated, **{name: "" if day is None else str(day) for name, day in days.items()}})
    with visit.writing() as session:
        row = approvals.add(session, visit.here, approval, actor=visit.actor, now=visit.now)
    return _approval(row, visit.now.date())


@routes.post(
    f"{_APPROVALS}/import",
    WRITE,
    summary="Take over a table of approvals",
    response_model=TakenOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(TableIn),
)
def take_over(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    given: Annotated[TableIn, body_of(TableIn)],
) -> dict[str, Any]:
    """Whole or not at all: every row that is not right is an error that names its line."""
    mistakes = Mistakes()
    try:
        table = read_approvals(given.csv.encode())
    except TableError as error:
        mistakes.add("csv", "Line {line}: {reason}.", line=error.line, reason=error.reason)
        raise mistakes from None
    for row in table.refused:
        mistakes.add("csv", "Line {line}: {reason}.", line=row.line, reason=row.reason)
    if mistakes:
        raise mistakes
    with visit.writing() as session:
        count = approvals.take_over(session, visit.here, table, actor=visit.actor, now=visit.now)
    return {"added": count}


@routes.get(
    f"{_APPROVALS}/list", READ, summary="The published approval list", response_model=ListOut, responses=PROBLEMS
)
def the_list(visit: VisitDep, org: str) -> dict[str, Any]:  # noqa: ARG001
    """Where it is, and its editions."""
    return _list(visit)


@routes.post(
    f"{_APPROVALS}/list/publish",
    WRITE,
    summary="Have the approval list signed and published",
    status_code=202,
    response_model=ListOut,
    responses=PROBLEMS,
    openapi_extra=_NOTHING,
)
def publish_list(visit: VisitDep, org: str) -> dict[str, Any]:  # noqa: ARG001
    """As it stands; it takes the place of the edition before it as soon as a worker has signed it."""
    with visit.writing() as session:
        approvals.publish(session, visit.desk, visit.here, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return _list(visit)


@routes.post(
    f"{_APPROVALS}/list/withdraw",
    WRITE,
    summary="Take the approval list back",
    response_model=ListOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(WhyIn),
)
def withdraw_list(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001
    given: Annotated[WhyIn, body_of(WhyIn)],
) -> dict[str, Any]:
    """Nobody can tell any more who is approved."""
    with visit.writing() as session:
        editions.take_back(session, editions.APPROVALS, visit.here.id, why=given.why, actor=visit.actor, now=visit.now)
    told(office)
    return _list(visit)


@routes.post(
    f"{_APPROVALS}/{{approval_id}}/end",
    WRITE,
    summary="Let an approval end",
    status_code=204,
    response_class=Response,
    responses=PROBLEMS,
    openapi_extra=body_schema(EndIn),
)
def end(visit: VisitDep, org: str, approval_id: str, given: Annotated[EndIn, body_of(EndIn)]) -> Response:  # noqa: ARG001
    """One that has not begun by then goes altogether. Others see it in the next edition of the list."""
    with visit.writing() as session:
        row = approvals.approved_of(session, visit.here, approval_id)
        approvals.end(session, visit.here, row, given.until, why=given.why, actor=visit.actor, now=visit.now)
    return Response(status_code=204)


# ---------------------------------------------------------------- for everyone


@routes.get(
    "/approvals/{name}",
    EVERYONE,
    summary="The approval list of an organization, as it signed it",
    response_class=Response,
    responses={
        200: {
            "description": "A signed credential; a browser gets a page.",
            "content": {
                "application/vc": {"schema": {"type": "object"}},
                "text/html": {"schema": {"type": "string"}},
            },
        },
        404: PROBLEMS[404],
    },
)
def public(visit: VisitDep, name: str, request: Request) -> Response:
    """What it approves, for whoever asks; who is not on it is not approved."""
    with visit.reading() as session:
        org = session.exec(select(Organization).where(Organization.slug == name)).first()
        rows = [] if org is None else editions.editions_of(session, editions.APPROVALS, org.id)
        edition = next((each for each in rows if each.body is not None), None)
    if org is None or edition is None:
        raise Absent
    if "text/html" in request.headers.get("accept", ""):
        return _public_page(visit, org, edition)
    headers = {"Vary": "Accept", "Cache-Control": "public, max-age=300"}
    return Response(edition.body, 200, headers, edition.media_type)


def _public_page(visit: Visit, org: Organization, edition: Edition) -> Response:
    today = visit.now.date()
    found = approvals.said_by(edition)
    rows = [(each, approvals.standing_of(each, today)) for each in found]
    rows.sort(key=lambda row: (approvals.STATES.index(row[1]), row[0].name or row[0].achievement or ""))
    current = sum(state == "current" for _, state in rows)
    return page(
        visit,
        "partnerships/public.html",
        organization=org,
        edition=edition,
        rows=rows[:MOST_SHOWN],
        total=len(rows),
        current=current,
        date_words=date_writer(visit),
        approval_states=approvals.STATE_WORDS,
        approval_signs=approvals.STATE_SIGNS,
        headers={"Vary": "Accept"},
    )


MOST_SHOWN = 500
"""Approvals on the page for everyone; the signed list has all."""


# ---------------------------------------------------------------- answers


def _agreement(visit: Visit, agreement_id: str) -> dict[str, Any]:
    with visit.reading() as session:
        row = agreements.partnership_of(session, visit.here, agreement_id)
        rows = editions.editions_of(session, editions.AGREEMENT, row.id)
        published = editions.newest_published(session, editions.AGREEMENT, row.id)
    address = agreements.address_of(visit.desk, visit.here, row.name)
    draft = None if row.draft is None else agreements.draft_of(row)
    said = None if published is None else agreements.said_by(published)
    wrong = Mistakes()
    if draft is not None:
        try:
            agreements.read(draft, address)
        except Mistakes as mistakes:
            wrong = mistakes
    return {
        "id": row.id,
        "name": row.name,
        "title": row.title,
        "address": address,
        "version": row.version,
        "draft": draft,
        "wrong": [{"pointer": f"/{one.field}" if one.field else "", "detail": str(one)} for one in wrong.found],
        "published": None if said is None else said.to_json(),
        "members": []
        if said is None
        else [
            {"id": each.member.id, "name": each.member.name, "state": each.state}
            for each in agreements.memberships(said, visit.now.date())
        ],
        "editions": [_edition(each) for each in rows],
    }


def _edition(row: Edition) -> dict[str, Any]:
    return {
        "number": row.number,
        "state": row.state,
        "asked": row.asked,
        "published": row.published,
        "withdrawn": row.withdrawn,
        "why": row.why,
        "sha256": row.sha256,
    }


def _approval(row: Approved, today: date) -> dict[str, Any]:
    return {
        "id": row.id,
        "issuer": row.issuer,
        "achievement": row.achievement,
        "version": row.achievement_version,
        "areas": row.areas,
        "from": row.starts,
        "until": row.ends,
        "name": row.name,
        "state": approvals.state_of(row, today),
    }


def _list(visit: Visit) -> dict[str, Any]:
    with visit.reading() as session:
        rows = editions.editions_of(session, editions.APPROVALS, visit.here.id)
        published = editions.newest_published(session, editions.APPROVALS, visit.here.id)
        fresh = approvals.is_up_to_date(session, visit.here, published, visit.now.date())
    return {
        "address": approvals.address_of(visit.desk, visit.here),
        "upToDate": fresh,
        "editions": [_edition(each) for each in rows],
    }
