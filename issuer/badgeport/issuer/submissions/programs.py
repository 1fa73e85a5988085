"""The management API of portfolios and reviews: what the pages do, by the same services."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Annotated, Any, BinaryIO, cast

from badgeport.web.bodies import open_file
from fastapi import Depends, Query, Request, Response
from sqlmodel import Session, col, select

from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.mistakes import Absent, Conflict, Forbidden
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import name_of
from badgeport.issuer.people.tables import Identity, Organization
from badgeport.issuer.submissions import calibration, comments, evidence, reviews, services
from badgeport.issuer.submissions import shapes as s
from badgeport.issuer.submissions.downloads import answer
from badgeport.issuer.submissions.review_pages import ASSESSORS, ASSIGNERS, REGISTRARS, assigned_to, viewer_of
from badgeport.issuer.submissions.sheets import sheet
from badgeport.issuer.submissions.tables import Review, SavedText, Submission
from badgeport.issuer.web.access import ACCOUNT, members
from badgeport.issuer.web.listing import listing
from badgeport.issuer.web.programs import body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("portfolios and reviews")

MINE = "/api/v1/me/portfolios"
REVIEWS = "/api/v1/organizations/{org}/reviews"
COACHING = "/api/v1/organizations/{org}/coaching"
READERS = members(Role.ASSESSOR, Role.REGISTRAR, Role.AUDITOR, scope="submissions:read")
COACHES = members(Role.COACH)
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, as a download.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The bytes of the file, at most 50 MB. What it is, is told from them.",
        "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def _own(visit: Visit, session: Session, portfolio: str) -> services.Portfolio:
    return services.portfolio_of(session, visit.me.id, portfolio)


def _read(visit: Visit, portfolio: str) -> s.PortfolioOut:
    with visit.reading() as session:
        return s.PortfolioOut.read(session, _own(visit, session, portfolio))


def _by(visit: Visit) -> dict[str, Any]:
    return {"actor": visit.actor, "now": visit.now}


# -- the educator's portfolios -----------------------------------------------------------------------------------------


@routes.get(MINE, ACCOUNT, summary="List my portfolios", response_model=s.PortfolioList)
def portfolios(
    visit: VisitDep,
    q: Annotated[str | None, Query(description="Search")] = None,  # noqa: ARG001 - read by `listing`
    page: Annotated[int, Query(ge=1)] = 1,  # noqa: ARG001
    size: Annotated[int, Query(ge=1, le=200)] = 25,  # noqa: ARG001
) -> Any:
    """The portfolios of who is signed in, changed last first."""
    with visit.reading() as session:
        statement = (
            select(Submission, Definition, Organization, DefinitionVersion)
            .where(Submission.definition_id == Definition.id, Submission.org_id == Organization.id)
            .where(Submission.version_id == DefinitionVersion.id, Submission.account_id == visit.me.id)
            .order_by(col(Submission.changed).desc(), col(Submission.id))
        )
        found = listing(session, visit.request, statement, search=(Definition.name, Organization.name))
        # What a portfolio is about was read with it, and is not read again.
        items = [s.item_of(services.with_definition(session, row)) for row, *_ in found.rows]
    return s.PortfolioList(items=items, total=found.total, page=found.number, pages=found.pages)


@routes.post(
    MINE,
    ACCOUNT,
    summary="Start a portfolio",
    status_code=201,
    response_model=s.PortfolioOut,
    openapi_extra=body_schema(s.Start),
)
def start(visit: VisitDep, given: Annotated[s.Start, body_of(s.Start)], response: Response) -> Any:
    """Start a portfolio for a published micro-credential; the one that is open already is answered as it is."""
    with visit.writing() as session:
        row = services.start(session, account_id=visit.me.id, definition_id=given.definition, **_by(visit))
    response.headers["Location"] = f"{MINE}/{row.id}"
    return _read(visit, row.id)


@routes.get(f"{MINE}/{{portfolio}}", ACCOUNT, summary="Read a portfolio of mine", response_model=s.PortfolioOut)
def portfolio(visit: VisitDep, portfolio: str) -> Any:
    """One portfolio with its evidence, comments, attempts and results."""
    return _read(visit, portfolio)


@routes.put(
    f"{MINE}/{{portfolio}}/reflection",
    ACCOUNT,
    summary="Save the reflection",
    response_model=s.PortfolioOut,
    responses={
        409: {"description": "Another window saved a newer text; this one is kept aside among the saved texts."}
    },
    openapi_extra=body_schema(s.Reflection),
)
def reflection(visit: VisitDep, portfolio: str, given: Annotated[s.Reflection, body_of(s.Reflection)]) -> Any:
    """Save the reflection. Every save is kept; one from an older text is kept aside and answered as a conflict."""
    with visit.writing() as session:
        mine = _own(visit, session, portfolio)
        saved = services.save_reflection(
            session, mine.submission, given.reflection, text_version=given.text_version, **_by(visit)
        )
    if saved.kept_aside is not None:
        raise Conflict("Another window saved a newer text, or the portfolio is no draft: yours is kept aside.")
    return _read(visit, portfolio)


@routes.get(f"{MINE}/{{portfolio}}/texts", ACCOUNT, summary="List the saved reflections", response_model=s.SavedList)
def texts(
    visit: VisitDep,
    portfolio: str,
    q: Annotated[str | None, Query(description="Search")] = None,  # noqa: ARG001
    page: Annotated[int, Query(ge=1)] = 1,  # noqa: ARG001
    size: Annotated[int, Query(ge=1, le=200)] = 25,  # noqa: ARG001
) -> Any:
    """Every reflection that was saved, newest first."""
    with visit.reading() as session:
        _own(visit, session, portfolio)
        statement = (
            select(SavedText)
            .where(SavedText.submission_id == portfolio)
            .order_by(col(SavedText.at).desc(), col(SavedText.id))
        )
        found = listing(session, visit.request, statement, search=(SavedText.body,))
    items = [s.SavedOut.of(row) for row in found.rows]
    return s.SavedList(items=items, total=found.total, page=found.number, pages=found.pages)


@routes.post(
    f"{MINE}/{{portfolio}}/texts/{{text}}/use",
    ACCOUNT,
    summary="Make a saved text the reflection again",
    response_model=s.PortfolioOut,
)
def use_text(visit: VisitDep, portfolio: str, text: str) -> Any:
    """The text before stays among those saved."""
    with visit.writing() as session:
        services.use_saved(session, _own(visit, session, portfolio).submission, text, **_by(visit))
    return _read(visit, portfolio)


@routes.post(
    f"{MINE}/{{portfolio}}/experiences",
    ACCOUNT,
    summary="Log hours",
    status_code=201,
    response_model=s.HoursOut,
    openapi_extra=body_schema(s.Hours),
)
def log_hours(visit: VisitDep, portfolio: str, given: Annotated[s.Hours, body_of(s.Hours)], response: Response) -> Any:
    """Log hours for an experience of the pathway: no more than its limit counts."""
    with visit.writing() as session:
        mine = _own(visit, session, portfolio)
        row = services.log_hours(
            session,
            mine.submission,
            mine.body,
            key=given.experience,
            hours=f"{given.hours:f}",
            done_on=given.done_on.isoformat(),
            words=given.note,
            **_by(visit),
        )
    response.headers["Location"] = f"{MINE}/{portfolio}/experiences/{row.id}"
    return s.HoursOut.of(row)


@routes.delete(f"{MINE}/{{portfolio}}/experiences/{{entry}}", ACCOUNT, summary="Remove logged hours", status_code=204)
def remove_hours(visit: VisitDep, portfolio: str, entry: str) -> None:
    """Delete an entry of hours."""
    with visit.writing() as session:
        services.remove_hours(session, _own(visit, session, portfolio).submission, entry, **_by(visit))


async def _upload(request: Request, _visit: VisitDep) -> AsyncIterator[BinaryIO]:
    async with open_file(request, evidence.FILE_BYTES) as file:
        yield cast(BinaryIO, file)


@routes.post(
    f"{MINE}/{{portfolio}}/evidence",
    ACCOUNT,
    summary="Upload a file as evidence",
    status_code=201,
    response_model=s.EvidenceOut,
    openapi_extra=_UPLOAD,
)
def upload(
    visit: VisitDep,
    portfolio: str,
    file: Annotated[BinaryIO, Depends(_upload)],
    response: Response,
    file_name: Annotated[str, Query(alias="fileName", max_length=300)] = "",
    title: Annotated[str, Query(max_length=300)] = "",
    requirement: Annotated[str, Query(max_length=100)] = "",
    description: Annotated[str, Query(max_length=2000)] = "",
) -> Any:
    """Add a file to the draft."""
    said = {"title": title, "requirement": requirement, "description": description}
    size = file.seek(0, os.SEEK_END)
    with visit.reading() as session:
        mine = _own(visit, session, portfolio)
        services.check_file(session, mine.submission, mine.body, size=size, now=visit.now, **said)
    stored = evidence.store(visit.desk, file, file_name)
    with visit.writing() as session:
        mine = _own(visit, session, portfolio)
        item = services.add_file(
            session,
            mine.submission,
            mine.body,
            file=stored,
            title=title,
            requirement=requirement,
            description=description,
            **_by(visit),
        )
    response.headers["Location"] = f"{MINE}/{portfolio}/evidence/{item.id}"
    return s.EvidenceOut.of(item)


@routes.post(
    f"{MINE}/{{portfolio}}/links",
    ACCOUNT,
    summary="Add a link as evidence",
    status_code=201,
    response_model=s.EvidenceOut,
    openapi_extra=body_schema(s.Link),
)
def link(visit: VisitDep, portfolio: str, given: Annotated[s.Link, body_of(s.Link)], response: Response) -> Any:
    """Add a web address to the draft; nothing is fetched from it."""
    with visit.writing() as session:
        mine = _own(visit, session, portfolio)
        item = services.add_link(session, mine.submission, mine.body, **given.model_dump(), **_by(visit))
    response.headers["Location"] = f"{MINE}/{portfolio}/evidence/{item.id}"
    return s.EvidenceOut.of(item)


@routes.get(
    f"{MINE}/{{portfolio}}/evidence/{{item}}",
    ACCOUNT,
    summary="Download a file of mine",
    response_class=Response,
    responses=_FILE,
)
def download(visit: VisitDep, portfolio: str, item: str) -> Any:
    """The file of a piece of evidence."""
    with visit.reading() as session:
        _own(visit, session, portfolio)
        found = services.evidence_item(session, portfolio, item)
    return answer(visit.desk, found)


@routes.delete(
    f"{MINE}/{{portfolio}}/evidence/{{item}}", ACCOUNT, summary="Remove evidence from the draft", status_code=204
)
def remove_evidence(visit: VisitDep, portfolio: str, item: str) -> None:
    """Take evidence out of the draft; what was handed in stays as it was."""
    with visit.writing() as session:
        services.remove_evidence(session, _own(visit, session, portfolio).submission, item, **_by(visit))


@routes.put(
    f"{MINE}/{{portfolio}}/coach",
    ACCOUNT,
    summary="Ask for a coach, or no longer",
    response_model=s.PortfolioOut,
    openapi_extra=body_schema(s.Coach),
)
def coach(visit: VisitDep, portfolio: str, given: Annotated[s.Coach, body_of(s.Coach)]) -> Any:
    """Let the organization's coaches read the draft, or no longer."""
    with visit.writing() as session:
        services.ask_coach(session, _own(visit, session, portfolio).submission, given.wanted, **_by(visit))
    return _read(visit, portfolio)


@routes.post(
    f"{MINE}/{{portfolio}}/peers",
    ACCOUNT,
    summary="Invite a peer to comment",
    status_code=201,
    response_model=s.PeerOut,
    openapi_extra=body_schema(s.Invitation),
)
def invite(
    visit: VisitDep, portfolio: str, given: Annotated[s.Invitation, body_of(s.Invitation)], response: Response
) -> Any:
    """Send somebody a link to the draft by e-mail."""
    with visit.writing() as session:
        mine = _own(visit, session, portfolio)
        row = comments.invite_peer(session, visit.desk, mine, name=given.name, email=given.email, **_by(visit))
    visit.desk.wake()
    response.headers["Location"] = f"{MINE}/{portfolio}/peers/{row.id}"
    return s.PeerOut.of(row)


@routes.delete(f"{MINE}/{{portfolio}}/peers/{{peer}}", ACCOUNT, summary="Withdraw an invitation", status_code=204)
def dismiss(visit: VisitDep, portfolio: str, peer: str) -> None:
    """The link stops working; comments stay."""
    with visit.writing() as session:
        comments.dismiss_peer(session, _own(visit, session, portfolio).submission, peer, **_by(visit))


@routes.post(
    f"{MINE}/{{portfolio}}/comments",
    ACCOUNT,
    summary="Comment on my draft",
    status_code=201,
    response_model=s.PortfolioOut,
    openapi_extra=body_schema(s.Remarking),
)
def comment(visit: VisitDep, portfolio: str, given: Annotated[s.Remarking, body_of(s.Remarking)]) -> Any:
    """Answer in the comments of the draft."""
    with visit.writing() as session:
        row = _own(visit, session, portfolio).submission
        comments.comment(session, row, given.comment, account_id=visit.me.id, **_by(visit))
    return _read(visit, portfolio)


@routes.delete(f"{MINE}/{{portfolio}}/comments/{{entry}}", ACCOUNT, summary="Delete a comment", status_code=204)
def delete_comment(visit: VisitDep, portfolio: str, entry: str) -> None:
    """Delete a comment on my draft."""
    with visit.writing() as session:
        row = _own(visit, session, portfolio).submission
        comments.delete_comment(session, row, entry, author=visit.me, **_by(visit))


@routes.post(
    f"{MINE}/{{portfolio}}/submit",
    ACCOUNT,
    summary="Hand a portfolio in",
    response_model=s.PortfolioOut,
    openapi_extra=body_schema(s.Handing),
)
def submit(visit: VisitDep, portfolio: str, given: Annotated[s.Handing, body_of(s.Handing)]) -> Any:
    """Hand in what is in the portfolio now; what is missing is said."""
    with visit.writing() as session:
        mine = _own(visit, session, portfolio)
        services.submit(session, mine, own_work=given.own, version=given.version, **_by(visit))
    return _read(visit, portfolio)


@routes.post(
    f"{MINE}/{{portfolio}}/take-back",
    ACCOUNT,
    summary="Take back what was handed in",
    response_model=s.PortfolioOut,
    openapi_extra=body_schema(s.Versioned),
)
def take_back(visit: VisitDep, portfolio: str, given: Annotated[s.Versioned, body_of(s.Versioned)]) -> Any:
    """Make a draft of it again, as long as no assessor has begun."""
    with visit.writing() as session:
        row = _own(visit, session, portfolio).submission
        services.take_back(session, row, version=given.version, **_by(visit))
    return _read(visit, portfolio)


@routes.post(
    f"{MINE}/{{portfolio}}/again",
    ACCOUNT,
    summary="Go on after a not yet",
    response_model=s.PortfolioOut,
    openapi_extra=body_schema(s.Versioned),
)
def again(visit: VisitDep, portfolio: str, given: Annotated[s.Versioned, body_of(s.Versioned)]) -> Any:
    """Make a draft of it again; the attempt and its feedback stay."""
    with visit.writing() as session:
        row = _own(visit, session, portfolio).submission
        services.work_again(session, row, version=given.version, **_by(visit))
    return _read(visit, portfolio)


@routes.post(
    f"{MINE}/{{portfolio}}/withdraw",
    ACCOUNT,
    summary="Withdraw a portfolio",
    response_model=s.PortfolioOut,
    openapi_extra=body_schema(s.Withdrawal),
)
def withdraw(visit: VisitDep, portfolio: str, given: Annotated[s.Withdrawal, body_of(s.Withdrawal)]) -> Any:
    """End it for good without a result."""
    with visit.writing() as session:
        row = _own(visit, session, portfolio).submission
        services.withdraw(session, row, version=given.version, reason=given.reason, **_by(visit))
    return _read(visit, portfolio)


# -- coaching ----------------------------------------------------------------------------------------------------------


@routes.get(COACHING, COACHES, summary="List drafts that ask for a coach", response_model=s.DraftList)
def drafts(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    q: Annotated[str | None, Query(description="Search")] = None,  # noqa: ARG001
    page: Annotated[int, Query(ge=1)] = 1,  # noqa: ARG001
    size: Annotated[int, Query(ge=1, le=200)] = 25,  # noqa: ARG001
) -> Any:
    """The drafts a coach may read."""
    with visit.reading() as session:
        statement = comments.asking_for_coach(visit.here.id, visit.me.id)
        found = listing(session, visit.request, statement, search=(Definition.name, Identity.name))
    items = [
        s.DraftItem(id=row.id, name=one.name, educator=person.name if person else "", due=row.due, changed=row.changed)
        for row, one, person in found.rows
    ]
    return s.DraftList(items=items, total=found.total, page=found.number, pages=found.pages)


@routes.get(f"{COACHING}/{{portfolio}}", COACHES, summary="Read a draft as a coach", response_model=s.DraftOut)
def draft(visit: VisitDep, org: str, portfolio: str) -> Any:  # noqa: ARG001
    """A draft with its comments."""
    return _draft(visit, portfolio)


def _draft(visit: Visit, portfolio: str) -> s.DraftOut:
    with visit.reading() as session:
        found = comments.coached(session, visit.here.id, visit.me.id, portfolio)
        row = found.submission
        return s.DraftOut(
            id=row.id,
            name=found.body.name,
            educator=name_of(session, row.account_id),
            reflection=row.reflection,
            evidence=[s.EvidenceOut.of(one) for one in services.evidence_of(session, row.id)],
            experiences=[s.HoursOut.of(one) for one in services.experiences_of(session, row.id)],
            comments=[s.RemarkOut.of(one) for one in comments.remarks(session, row)],
        )


@routes.post(
    f"{COACHING}/{{portfolio}}/comments",
    COACHES,
    summary="Comment on a draft as a coach",
    status_code=201,
    response_model=s.DraftOut,
    openapi_extra=body_schema(s.Remarking),
)
def coach_comment(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    portfolio: str,
    given: Annotated[s.Remarking, body_of(s.Remarking)],
) -> Any:
    """Add a comment."""
    with visit.writing() as session:
        row = comments.coached(session, visit.here.id, visit.me.id, portfolio).submission
        comments.comment(session, row, given.comment, account_id=visit.me.id, **_by(visit))
    return _draft(visit, portfolio)


@routes.delete(
    f"{COACHING}/{{portfolio}}/comments/{{entry}}",
    COACHES,
    summary="Delete a comment of mine as a coach",
    status_code=204,
)
def delete_coach_comment(visit: VisitDep, org: str, portfolio: str, entry: str) -> None:  # noqa: ARG001
    """Take a comment of one's own back, as long as it is a draft."""
    with visit.writing() as session:
        row = comments.coached(session, visit.here.id, visit.me.id, portfolio).submission
        comments.delete_comment(session, row, entry, author=visit.me, **_by(visit))


@routes.get(
    f"{COACHING}/{{portfolio}}/evidence/{{item}}",
    COACHES,
    summary="Download a file of a draft as a coach",
    response_class=Response,
    responses=_FILE,
)
def coach_download(visit: VisitDep, org: str, portfolio: str, item: str) -> Any:  # noqa: ARG001
    """A file of a draft."""
    with visit.reading() as session:
        comments.coached(session, visit.here.id, visit.me.id, portfolio)
        found = services.evidence_item(session, portfolio, item)
    if found.removed is not None:
        raise Absent
    return answer(visit.desk, found)


# -- reviews -----------------------------------------------------------------------------------------------------------


@routes.get(REVIEWS, READERS, summary="List portfolios under review", response_model=s.QueueList)
def queue(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    show: Annotated[str, Query(pattern="^(open|mine|decided|drafts|all)$")] = "open",
    definition: Annotated[str | None, Query(max_length=100)] = None,
    q: Annotated[str | None, Query(description="Search")] = None,  # noqa: ARG001
    page: Annotated[int, Query(ge=1)] = 1,  # noqa: ARG001
    size: Annotated[int, Query(ge=1, le=200)] = 25,  # noqa: ARG001
) -> Any:
    """The queue. An assessor sees what they are certified for; registrars, auditors and programs see all
    but their own, a program but those of who made its token."""
    viewer = viewer_of(visit)
    with visit.reading() as session:
        statement = reviews.queue(visit.here.id, viewer, show=show, definition_id=definition, now=visit.now)
        found = listing(session, visit.request, statement, search=reviews.SEARCHED)
    items = [
        s.QueueItem(
            id=row.id,
            definition=row.definition_id,
            name=one.name,
            educator=person.name if person else "",
            school=school.name if school else None,
            state=row.state,
            attempt=row.attempt,
            submitted=row.submitted,
            due=row.due,
            decided=row.decided,
        )
        for row, one, person, school in found.rows
    ]
    return s.QueueList(items=items, total=found.total, page=found.number, pages=found.pages)


@routes.get(
    "/api/v1/organizations/{org}/calibration",
    READERS,
    summary="How assessors agree",
    response_model=s.CalibrationList,
)
def calibrated(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    q: Annotated[str | None, Query(description="Search")] = None,  # noqa: ARG001
    page: Annotated[int, Query(ge=1)] = 1,  # noqa: ARG001
    size: Annotated[int, Query(ge=1, le=200)] = 25,  # noqa: ARG001
) -> Any:
    """Agreement and kappa of portfolios that two assessors scored blindly, by micro-credential and criterion."""
    with visit.reading() as session:
        found = listing(session, visit.request, calibration.double_scored(visit.here.id), search=(Definition.name,))
        items = [s.CalibrationOut.of(one.id, one.name, calibration.figures(session, one)) for one in found.rows]
    return s.CalibrationList(items=items, total=found.total, page=found.number, pages=found.pages)


@routes.get(f"{REVIEWS}/{{portfolio}}", READERS, summary="Read a portfolio under review", response_model=s.SheetOut)
def review(visit: VisitDep, org: str, portfolio: str) -> Any:  # noqa: ARG001
    """What who asks may see: the evidence only those who score it."""
    return _sheet(visit, portfolio)


def _sheet(visit: Visit, portfolio: str) -> s.SheetOut:
    with visit.reading() as session:
        return s.SheetOut.of(sheet(session, visit.here.id, viewer_of(visit), portfolio, visit.now))


def _seen(visit: Visit, session: Session, portfolio: str) -> services.Portfolio:
    return reviews.seen(session, visit.here.id, viewer_of(visit), portfolio, visit.now)


@routes.get(
    f"{REVIEWS}/{{portfolio}}/evidence/{{item}}",
    ASSESSORS,
    summary="Download a file that was handed in",
    response_class=Response,
    responses=_FILE,
)
def review_download(visit: VisitDep, org: str, portfolio: str, item: str) -> Any:  # noqa: ARG001
    """A file, for those who score it."""
    with visit.reading() as session:
        seen = sheet(session, visit.here.id, viewer_of(visit), portfolio, visit.now)
    found = next((one for one in seen.evidence if one.id == item), None)
    if found is None:
        raise Absent
    return answer(visit.desk, found)


@routes.post(
    f"{REVIEWS}/{{portfolio}}/take",
    ASSESSORS,
    summary="Take a review",
    response_model=s.SheetOut,
    openapi_extra=body_schema(s.Versioned),
)
def take(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    portfolio: str,
    given: Annotated[s.Versioned, body_of(s.Versioned)],
) -> Any:
    """Take the part that waits for an assessor. Of two who ask at once, one gets it."""
    with visit.writing() as session:
        found = _seen(visit, session, portfolio)
        reviews.assign(session, visit.desk, found, visit.me.id, version=given.version, **_by(visit))
    return _sheet(visit, portfolio)


@routes.post(
    f"{REVIEWS}/{{portfolio}}/assignments",
    REGISTRARS,
    summary="Assign an assessor",
    status_code=201,
    response_model=s.SheetOut,
    openapi_extra=body_schema(s.Assignment),
)
def assign(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    portfolio: str,
    given: Annotated[s.Assignment, body_of(s.Assignment)],
) -> Any:
    """Give the part that waits to an assessor who is certified and has no conflict of interest."""
    with visit.writing() as session:
        found = _seen(visit, session, portfolio)
        reviews.check_assigner(session, viewer_of(visit), found)
        reviews.assign(session, visit.desk, found, given.assessor, version=given.version, **_by(visit))
    visit.desk.wake()
    return _sheet(visit, portfolio)


@routes.post(
    f"{REVIEWS}/{{portfolio}}/assignments/{{part}}/withdraw",
    ASSIGNERS,
    summary="Withdraw an assignment, or give it back",
    status_code=204,
    openapi_extra=body_schema(s.Withdrawal),
)
def unassign(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    portfolio: str,
    part: str,
    given: Annotated[s.Withdrawal, body_of(s.Withdrawal)],
) -> None:
    """Take an unfinished review (its id) from its assessor; another may take the part."""
    with visit.writing() as session:
        found = _seen(visit, session, portfolio)
        row = assigned_to(session, found, viewer_of(visit), part)
        reviews.unassign(session, found, row, reason=given.reason, version=given.version, **_by(visit))


@routes.put(
    f"{REVIEWS}/{{portfolio}}/due",
    REGISTRARS,
    summary="Change the due date of a portfolio",
    response_model=s.SheetOut,
    openapi_extra=body_schema(s.Due),
)
def due(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    portfolio: str,
    given: Annotated[s.Due, body_of(s.Due)],
) -> Any:
    """Another due date, or none; the reason stands in the history."""
    with visit.writing() as session:
        row = _seen(visit, session, portfolio).submission
        services.set_due(session, row, given.due, reason=given.reason, **_by(visit))
    return _sheet(visit, portfolio)


def _held(visit: Visit, session: Session, portfolio: str) -> tuple[services.Portfolio, Review]:
    found = _seen(visit, session, portfolio)
    own = reviews.own_review(session, found.submission, visit.me.id)
    if own is None:
        raise Forbidden("You have no part in this review.")
    return found, own


@routes.put(
    f"{REVIEWS}/{{portfolio}}/scores",
    ASSESSORS,
    summary="Keep my scores",
    response_model=s.SheetOut,
    openapi_extra=body_schema(s.Scores),
)
def scores(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    portfolio: str,
    given: Annotated[s.Scores, body_of(s.Scores)],
) -> Any:
    """Keep what was scored so far; nothing needs to be complete. ``version`` is that of the own review."""
    with visit.writing() as session:
        found, own = _held(visit, session, portfolio)
        reviews.save_scores(
            session,
            found,
            own,
            scores={key: one.model_dump() for key, one in given.scores.items()},
            feedback=given.feedback,
            independence=given.independence,
            decision=given.decision,
            version=given.version,
            **_by(visit),
        )
    return _sheet(visit, portfolio)


@routes.post(
    f"{REVIEWS}/{{portfolio}}/decision",
    ASSESSORS,
    summary="Finish my review",
    response_model=s.SheetOut,
    openapi_extra=body_schema(s.Versioned),
)
def decide(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    portfolio: str,
    given: Annotated[s.Versioned, body_of(s.Versioned)],
) -> Any:
    """Close the scores and decide. ``version`` is that of the own review; what is missing is said."""
    with visit.writing() as session:
        found, own = _held(visit, session, portfolio)
        reviews.decide(session, visit.desk, found, own, version=given.version, **_by(visit))
    visit.desk.wake()
    return _sheet(visit, portfolio)
