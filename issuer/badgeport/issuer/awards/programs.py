"""Awards for programs: everything the registrars' pages do, as JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, BinaryIO, Literal, cast

from badgeport.web.answers import Refusal
from badgeport.web.bodies import media_type, open_file
from fastapi import Depends, Header, Query, Request
from pydantic import AwareDatetime, Field
from sqlmodel import Session
from starlette.responses import Response

from badgeport.issuer.awards import batches, resigning, services, sheets, telling, views
from badgeport.issuer.awards.content import AwardBody, RecipientData, default_body
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, Recipient, SignedCopy, StackProposal
from badgeport.issuer.catalog.services import published
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.mistakes import Conflict
from badgeport.issuer.people.keys import key_of, keys_of
from badgeport.issuer.people.roles import Role
from badgeport.issuer.storage.columns import new_id
from badgeport.issuer.web.access import members
from badgeport.issuer.web.listing import Listing, listing
from badgeport.issuer.web.programs import Body, body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas.problems import UNSUPPORTED_MEDIA_TYPE

routes = Routes("awards")
READ = members(Role.ADMINISTRATOR, Role.REGISTRAR, Role.AUDITOR, scope="awards:read")
WRITE = members(Role.REGISTRAR, scope="awards:write")
_AT = "/api/v1/organizations/{org}"
_ONE = _AT + "/awards/{award_id}"
_BATCH = _AT + "/batches/{batch_id}"
_STACK = _AT + "/completed-stacks/{proposal_id}"

Text = Annotated[str, Field(max_length=2000)]
Visibility = Literal["private", "link", "public"]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=150,
        description="A name of the caller's for this request. Sent again with the same content it answers with what "
        "was made before; with another content it is refused.",
    ),
]


# ---------------------------------------------------------------- what is said


class IdentifierState(Body):
    """A fact by which a recipient can be recognised; its salted hash stands in the badge unless ``hashed`` is false."""

    type: Annotated[str, Field(max_length=200)]
    value: Annotated[str, Field(min_length=1, max_length=500)]
    hashed: bool = True


class RecipientState(Body):
    """Whom an award is made to."""

    name: Annotated[str, Field(max_length=services.NAME_CHARS)] = ""
    email: Annotated[str, Field(max_length=320)] = ""
    id: Annotated[str, Field(max_length=2000)] | None = Field(None, description="A DID or other URI.")
    identifiers: Annotated[tuple[IdentifierState, ...], Field(max_length=10)] = ()
    show_name: bool = Field(False, description="Whether everyone who sees the badge may read the name.")

    def data(self) -> RecipientData:
        """For the services."""
        identifiers = tuple(one.model_dump() for one in self.identifiers)
        return RecipientData(self.name, self.email, self.id, identifiers, self.show_name)


class NewAward(Body):
    """An award to be made."""

    definition: str = Field(description="The id of a published definition.")
    recipient: RecipientState
    content: AwardBody | None = Field(None, description="What it states; what the definition says is added.")
    awarded: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    visibility: Visibility = "link"
    notify: bool = Field(True, description="Whether the recipient gets a message with a link to claim the badge.")


class Correction(Body):
    """What is to be different; what is left out stays. ``version`` is that of the award as it was read."""

    reason: Text
    version: int | None = None
    recipient: RecipientState | None = None
    content: AwardBody | None = Field(None, description="All that it states; it goes over what it stated before.")
    awarded: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    unlimited: bool = Field(False, description="Whether it is to have no end of validity.")
    newest_definition: bool = Field(False, description="Whether it is to state the newest version of the definition.")


class Reason(Body):
    """Why, for who asks later. ``version`` is that of the thing as it was read."""

    reason: Text
    version: int | None = None


class Start(Body):
    """``proceed``: award the good rows although others are bad."""

    proceed: bool = False
    version: int | None = None


class Seen(Body):
    """``version`` is that of the thing as it was read."""

    version: int | None = None


# ---------------------------------------------------------------- what is answered


class EditionState(Body):
    """One signed copy."""

    edition: int
    form: str
    format: str
    sha256: str
    key_id: str
    signed: datetime
    reason: str


class EventState(Body):
    """One entry of the history."""

    at: datetime
    action: str
    by: str
    reason: str


class AwardState(Body):
    """An award."""

    id: str
    credential: str = Field(description="The badge's address, which is its id.")
    definition: str
    state: Literal["due", "published", "erased"]
    standing: Literal["active", "suspended", "revoked"]
    standing_reason: str
    visibility: Visibility
    recipient: RecipientState | None
    content: dict[str, Any]
    awarded: datetime
    valid_until: datetime | None
    edition: int = Field(description="The edition published last; 0 before the first.")
    wanted: int = Field(description="The edition that is asked for.")
    source: str
    batch: str | None
    created: datetime
    published: datetime | None
    claimed: datetime | None
    version: int


class AwardDetail(AwardState):
    """An award with its signed copies and its history."""

    editions: tuple[EditionState, ...]
    history: tuple[EventState, ...]


class Awards(Body):
    """A page of awards."""

    items: tuple[AwardState, ...]
    total: int
    page: int
    pages: int


class ProblemState(Body):
    """What is wrong with a cell; ``column`` is empty for the whole row."""

    column: str
    message: str


class RowState(Body):
    """One row of a file."""

    number: int
    line: int
    good: bool
    problems: tuple[ProblemState, ...]
    award: str | None


class Rows(Body):
    """A page of rows."""

    items: tuple[RowState, ...]
    total: int
    page: int
    pages: int


class BatchState(Body):
    """A file of awards. ``entered`` is how many rows are awards, ``signed`` how many of those are signed."""

    id: str
    name: str
    definition: str
    state: Literal["reading", "preview", "running", "done", "cancelled"]
    rows: int
    bad: int
    entered: int
    signed: int
    sha256: str
    created: datetime
    started: datetime | None
    finished: datetime | None
    version: int


class Batches(Body):
    """A page of files."""

    items: tuple[BatchState, ...]
    total: int
    page: int
    pages: int


class DryRow(Body):
    """A row that could not be awarded."""

    line: int
    problems: tuple[ProblemState, ...]


class DryRunState(Body):
    """What would come of a file."""

    rows: int
    bad: int
    problems: tuple[DryRow, ...]


class StackState(Body):
    """A stack that somebody completed."""

    id: str
    definition: str
    account: str
    awards: tuple[str, ...]
    state: Literal["open", "awarded", "declined", "lapsed"]
    award: str | None
    created: datetime
    version: int


class Stacks(Body):
    """A page of completed stacks."""

    items: tuple[StackState, ...]
    total: int
    page: int
    pages: int


class SigningKey(Body):
    """A key, and how many badges there are whose newest copy it signed.

    ``expired`` ones are not among ``badges``; they stay as they are.
    """

    id: str
    verification_method: str
    state: str
    badges: int
    expired: int


class SigningKeys(Body):
    """The keys of an organisation."""

    items: tuple[SigningKey, ...]


def _json(answer: Body, status: int = 200, location: str | None = None) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Location": location} if location else {})
    return Response(answer.model_dump_json(by_alias=True), status, headers, "application/json")


def _paged(found: Listing[Any], items: Sequence[Body]) -> dict[str, Any]:
    return {"items": tuple(items), "total": found.total, "page": found.number, "pages": found.pages}


def _listed(*extra: tuple[str, str, Sequence[str] | None]) -> dict[str, Any]:
    """The parameters of a list, as the OpenAPI document states them."""
    known = (("q", "Search for this text.", None), *extra)
    numbers = (("page", "Which page, from 1."), ("size", "How many on a page, at most 200."))
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": description,
                "schema": {"type": "string"} | ({"enum": list(choices)} if choices else {}),
            }
            for name, description, choices in known
        ]
        + [
            {"name": name, "in": "query", "required": False, "description": description, "schema": {"type": "integer"}}
            for name, description in numbers
        ]
    }


# ---------------------------------------------------------------- awards


@routes.get(
    _AT + "/awards",
    READ,
    summary="The awards of an organization",
    response_model=Awards,
    openapi_extra=_listed(
        ("show", "Only those that stand so.", list(views.SHOWN)),
        ("definition", "Only those of a definition.", None),
        ("batch", "Only those of a file.", None),
    ),
)
def list_awards(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """Newest first."""
    params = visit.request.query_params
    with visit.reading() as session:
        statement = views.awards_statement(
            visit.here.id,
            now=visit.now,
            show=params.get("show", "all"),
            definition_id=params.get("definition") or None,
            batch_id=params.get("batch") or None,
        )
        found = listing(session, visit.request, statement, search=views.SEARCHED)
        items = [AwardState(**_award(visit, award, recipient)) for award, _, recipient in found.rows]
    return _json(Awards(**_paged(found, items)))


@routes.post(
    _AT + "/awards",
    WRITE,
    summary="Make an award",
    status_code=201,
    response_model=AwardDetail,
    openapi_extra=body_schema(NewAward),
)
def make_award(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    given: Annotated[NewAward, body_of(NewAward)],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """A worker signs it soon after; ``state`` is ``due`` until then.

    Where what was made under the same key was erased meanwhile, the answer is 200 and nothing is made.
    """
    key, asked = f"api:{idempotency_key or new_id()}", given.content or AwardBody()
    with visit.writing() as session:
        definition, version, said = services.asked_for(session, visit.desk, visit.here, given.definition, key)
        award = services.create_award(
            session,
            visit.desk,
            org=visit.here,
            definition=definition,
            version=version,
            recipient=given.recipient.data(),
            body=AwardBody.from_json({**default_body(said).to_json(), **asked.to_json()}),
            asked=asked,
            key=key,
            source="api",
            actor=visit.actor,
            now=visit.now,
            visibility=given.visibility,
            awarded=given.awarded,
            valid_until=given.valid_until,
            notify=given.notify,
        )
        answer = _detail(session, visit, award.id)
    visit.desk.wake()
    return _json(answer, 200 if award.state == "erased" else 201, _path(visit, "awards", award.id))


@routes.get(_ONE, READ, summary="An award with its signed copies and its history", response_model=AwardDetail)
def show_award(visit: VisitDep, org: str, award_id: str) -> Response:  # noqa: ARG001
    """All that is known of it."""
    with visit.reading() as session:
        return _json(_detail(session, visit, award_id))


@routes.post(
    _ONE + "/suspend", WRITE, summary="Suspend an award", response_model=AwardDetail, openapi_extra=body_schema(Reason)
)
def suspend(visit: VisitDep, org: str, award_id: str, given: Annotated[Reason, body_of(Reason)]) -> Response:  # noqa: ARG001
    """It does not hold until it is reinstated."""
    return _stand(visit, award_id, given, services.suspend)


@routes.post(
    _ONE + "/reinstate",
    WRITE,
    summary="Reinstate a suspended award",
    response_model=AwardDetail,
    openapi_extra=body_schema(Reason),
)
def reinstate(visit: VisitDep, org: str, award_id: str, given: Annotated[Reason, body_of(Reason)]) -> Response:  # noqa: ARG001
    """It holds again."""
    return _stand(visit, award_id, given, services.reinstate)


@routes.post(
    _ONE + "/revoke",
    WRITE,
    summary="Revoke an award for good",
    response_model=AwardDetail,
    openapi_extra=body_schema(Reason),
)
def revoke(visit: VisitDep, org: str, award_id: str, given: Annotated[Reason, body_of(Reason)]) -> Response:  # noqa: ARG001
    """This cannot be taken back."""
    return _stand(visit, award_id, given, services.revoke)


def _stand(visit: Visit, award_id: str, given: Reason, change: Any) -> Response:
    with visit.writing() as session:
        award = services.award_of(session, visit.here.id, award_id)
        _require_seen(award.version, given.version)
        change(session, visit.desk, award, given.reason, visit.actor, visit.now)
        answer = _detail(session, visit, award_id)
    visit.desk.wake()
    return _json(answer)


@routes.post(
    _ONE + "/correct",
    WRITE,
    summary="Correct an award and have it signed anew",
    response_model=AwardDetail,
    openapi_extra=body_schema(Correction),
)
def correct(visit: VisitDep, org: str, award_id: str, given: Annotated[Correction, body_of(Correction)]) -> Response:  # noqa: ARG001
    """The badge keeps its address; its older copies stay on record."""
    with visit.writing() as session:
        award = services.award_of(session, visit.here.id, award_id)
        _require_seen(award.version, given.version)
        version = published(session, visit.here.id, award.definition_id)[1] if given.newest_definition else None
        services.correct(
            session,
            visit.desk,
            award,
            reason=given.reason,
            actor=visit.actor,
            now=visit.now,
            body=given.content,
            recipient=None if given.recipient is None else given.recipient.data(),
            version=version,
            awarded=given.awarded,
            valid_until=given.valid_until,
            unlimited=given.unlimited,
        )
        answer = _detail(session, visit, award_id)
    visit.desk.wake()
    return _json(answer)


@routes.post(
    _ONE + "/tell",
    WRITE,
    summary="Send the recipient of an award the message again",
    status_code=202,
    response_model=AwardDetail,
)
def tell(visit: VisitDep, org: str, award_id: str) -> Response:  # noqa: ARG001
    """With a new link; the one before works no more."""
    with visit.writing() as session:
        award = services.award_of(session, visit.here.id, award_id)
        if award.state != "published" or not telling.tell_awarded(session, visit.desk, award, visit.now):
            raise Conflict("There is nobody to write to: the award has no e-mail address, or is not signed yet.")
        visit.record(session, "award.told", f"award:{award.id}")
        answer = _detail(session, visit, award_id)
    visit.desk.wake()
    return _json(answer, 202)


def _require_seen(version: int, seen: int | None) -> None:
    if seen is not None and seen != version:
        raise Conflict("Somebody else changed this in the meantime. Look at it again before you go on.")


def _path(visit: Visit, kind: str, thing_id: str) -> str:
    return f"/api/v1/organizations/{visit.here.slug}/{kind}/{thing_id}"


def _award(visit: Visit, award: Award, recipient: Recipient | None) -> dict[str, Any]:
    return {
        "id": award.id,
        "credential": services.credential_id(visit.desk, award),
        "definition": award.definition_id,
        "state": award.state,
        "standing": award.standing,
        "standing_reason": award.standing_reason,
        "visibility": award.visibility,
        "recipient": None
        if recipient is None
        else RecipientState(
            name=recipient.name,
            email=recipient.email,
            id=recipient.did,
            identifiers=tuple(IdentifierState(**one) for one in recipient.identifiers),
            show_name=recipient.show_name,
        ),
        "content": award.body,
        "awarded": award.awarded,
        "valid_until": award.valid_until,
        "edition": award.edition,
        "wanted": award.wanted,
        "source": award.source,
        "batch": award.batch_id,
        "created": award.created,
        "published": award.published,
        "claimed": award.claimed,
        "version": award.version,
    }


def _detail(session: Session, visit: Visit, award_id: str) -> AwardDetail:
    found = views.shown(session, visit.here.id, award_id)
    return AwardDetail(
        **_award(visit, found.award, found.recipient),
        editions=tuple(_edition(copy) for copy in found.copies),
        history=tuple(EventState(at=one.at, action=one.action, by=one.by, reason=one.why) for one in found.history),
    )


def _edition(copy: SignedCopy) -> EditionState:
    return EditionState(
        edition=copy.edition,
        form=copy.form,
        format=copy.format,
        sha256=copy.sha256,
        key_id=copy.key_id,
        signed=copy.signed,
        reason=copy.why,
    )


# ---------------------------------------------------------------- files


async def _csv(request: Request, _visit: VisitDep) -> AsyncIterator[BinaryIO]:
    """The body of a request as a file."""
    if media_type(request) not in ("text/csv", "application/csv"):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "send the file as text/csv")
    async with open_file(request) as file:
        yield cast("BinaryIO", file)


_CSV_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The first line names the columns: "
        + ", ".join(sheets.COLUMNS)
        + ", and `level: …` for a criterion of the rubric. One of email, id and local_id is needed.",
        "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@routes.get(_AT + "/batches", READ, summary="The files of awards", response_model=Batches, openapi_extra=_listed())
def list_batches(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """Newest first."""
    with visit.reading() as session:
        statement = views.batches_statement(visit.here.id)
        found = listing(session, visit.request, statement, search=(AwardBatch.name, Definition.name))
        signed = batches.published_counts(session, [batch.id for batch, _ in found.rows])
        items = [_batch(batch, signed.get(batch.id, 0)) for batch, _ in found.rows]
    return _json(Batches(**_paged(found, items)))


@routes.post(
    _AT + "/batches",
    WRITE,
    summary="Send a file of awards",
    status_code=201,
    response_model=BatchState,
    responses={200: {"model": DryRunState, "description": "With dryRun: what would come of the file."}},
    openapi_extra=_CSV_BODY,
)
def send_batch(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    file: Annotated[BinaryIO, Depends(_csv)],
    definition: Annotated[str, Query(description="The id of a published definition.")],
    name: Annotated[str, Query(max_length=services.NAME_CHARS)] = "",
    notify: Annotated[bool, Query(description="Whether the recipients get messages.")] = True,
    dry_run: Annotated[bool, Query(alias="dryRun", description="Look at the file and write nothing.")] = False,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """It is read and can be looked at; nothing is awarded before it is started."""
    if dry_run:
        looked = batches.dry_run(visit.desk, visit.here, definition, file, now=visit.now)
        rows = tuple(
            DryRow(line=line, problems=tuple(_problem(batches.problem_json(one)) for one in found))
            for line, found in looked.problems
        )
        return _json(DryRunState(rows=looked.rows, bad=looked.bad, problems=rows))
    batch = batches.take_file(
        visit.desk,
        visit.here,
        definition,
        file,
        key=f"api:{idempotency_key or new_id()}",
        name=name,
        actor=visit.actor,
        now=visit.now,
        notify=notify,
    )
    with visit.reading() as session:
        answer = _counted(session, batch)
    return _json(answer, 201, _path(visit, "batches", batch.id))


@routes.get(_BATCH, READ, summary="A file of awards", response_model=BatchState)
def show_batch(visit: VisitDep, org: str, batch_id: str) -> Response:  # noqa: ARG001
    """How far it is."""
    with visit.reading() as session:
        return _json(_counted(session, batches.batch_of(session, visit.here.id, batch_id)))


@routes.get(
    _BATCH + "/rows",
    READ,
    summary="The rows of a file of awards",
    response_model=Rows,
    openapi_extra=_listed(("show", "Only those with problems.", ["bad", "all"])),
)
def list_rows(visit: VisitDep, org: str, batch_id: str) -> Response:  # noqa: ARG001
    """In the order of the file."""
    with visit.reading() as session:
        batch = batches.batch_of(session, visit.here.id, batch_id)
        statement = views.rows_statement(batch.id, bad=visit.request.query_params.get("show") == "bad")
        found = listing(session, visit.request, statement)
    return _json(Rows(**_paged(found, [_row(row) for row in found.rows])))


@routes.post(
    _BATCH + "/start",
    WRITE,
    summary="Award the rows of a file",
    response_model=BatchState,
    openapi_extra=body_schema(Start),
)
def start_batch(visit: VisitDep, org: str, batch_id: str, given: Annotated[Start, body_of(Start)]) -> Response:  # noqa: ARG001
    """Asking again changes nothing."""
    with visit.writing() as session:
        batch = batches.batch_of(session, visit.here.id, batch_id)
        batches.start(session, batch, proceed=given.proceed, actor=visit.actor, now=visit.now, seen=given.version)
        answer = _counted(session, batch)
    visit.desk.wake()
    return _json(answer)


@routes.post(
    _BATCH + "/cancel",
    WRITE,
    summary="Put a file of awards away",
    response_model=BatchState,
    openapi_extra=body_schema(Reason),
)
def cancel_batch(visit: VisitDep, org: str, batch_id: str, given: Annotated[Reason, body_of(Reason)]) -> Response:  # noqa: ARG001
    """What became awards stays."""
    with visit.writing() as session:
        batch = batches.batch_of(session, visit.here.id, batch_id)
        batches.cancel(session, batch, given.reason, actor=visit.actor, now=visit.now, seen=given.version)
        answer = _counted(session, batch)
    return _json(answer)


def _counted(session: Session, batch: AwardBatch) -> BatchState:
    return _batch(batch, batches.published_count(session, batch.id))


def _batch(batch: AwardBatch, signed: int) -> BatchState:
    return BatchState(
        id=batch.id,
        name=batch.name,
        definition=batch.definition_id,
        state=cast("Any", batch.state),
        rows=batch.rows,
        bad=batch.bad,
        entered=batch.entered,
        signed=signed,
        sha256=batch.digest,
        created=batch.created,
        started=batch.started,
        finished=batch.finished,
        version=batch.version,
    )


def _row(row: BatchRow) -> RowState:
    problems = tuple(_problem(one) for one in row.problems)
    return RowState(number=row.number, line=row.line, good=row.good, problems=problems, award=row.award_id)


def _problem(stored: Mapping[str, Any]) -> ProblemState:
    return ProblemState(column=stored["column"], message=stored["message"])


# ---------------------------------------------------------------- completed stacks


@routes.get(
    _AT + "/completed-stacks",
    READ,
    summary="Stacks that educators completed",
    response_model=Stacks,
    openapi_extra=_listed(("show", "Only those that wait for an answer.", ["open", "all"])),
)
def list_stacks(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """Newest first."""
    with visit.reading() as session:
        waiting = visit.request.query_params.get("show") == "open"
        statement = views.proposals_statement(visit.here.id, waiting=waiting)
        found = listing(session, visit.request, statement, search=(Definition.name,))
    return _json(Stacks(**_paged(found, [_stack(one) for one, _, _ in found.rows])))


@routes.get(_STACK, READ, summary="A stack that an educator completed", response_model=StackState)
def show_stack(visit: VisitDep, org: str, proposal_id: str) -> Response:  # noqa: ARG001
    """With the awards that complete it."""
    with visit.reading() as session:
        return _json(_stack(services.proposal_of(session, visit.here.id, proposal_id)))


@routes.post(
    _STACK + "/award",
    WRITE,
    summary="Award a completed stack",
    status_code=201,
    response_model=AwardDetail,
    openapi_extra=body_schema(Seen),
)
def award_stack(visit: VisitDep, org: str, proposal_id: str, given: Annotated[Seen, body_of(Seen)]) -> Response:  # noqa: ARG001
    """A worker signs it soon after."""
    with visit.writing() as session:
        proposal = services.proposal_of(session, visit.here.id, proposal_id)
        _require_seen(proposal.version, given.version)
        award = services.award_stack(session, visit.desk, proposal, visit.actor, visit.now)
        answer = _detail(session, visit, award.id)
    visit.desk.wake()
    return _json(answer, 201, _path(visit, "awards", award.id))


@routes.post(
    _STACK + "/decline",
    WRITE,
    summary="Decline a completed stack",
    response_model=StackState,
    openapi_extra=body_schema(Reason),
)
def decline_stack(visit: VisitDep, org: str, proposal_id: str, given: Annotated[Reason, body_of(Reason)]) -> Response:  # noqa: ARG001
    """It is not proposed again for these badges of the educator."""
    with visit.writing() as session:
        proposal = services.proposal_of(session, visit.here.id, proposal_id)
        _require_seen(proposal.version, given.version)
        services.decline_stack(session, proposal, given.reason, visit.actor, visit.now)
    return _json(_stack(proposal))


def _stack(proposal: StackProposal) -> StackState:
    return StackState(
        id=proposal.id,
        definition=proposal.definition_id,
        account=proposal.account_id,
        awards=tuple(proposal.members),
        state=cast("Any", proposal.state),
        award=proposal.award_id,
        created=proposal.created,
        version=proposal.version,
    )


# ---------------------------------------------------------------- signing anew


@routes.get(
    _AT + "/signatures", READ, summary="How many badges each key of an organization signed", response_model=SigningKeys
)
def list_signatures(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """By the newest copy of each badge."""
    with visit.reading() as session:
        counts = resigning.counts_signed(session, visit.here.id, visit.now)
        keys = keys_of(session, visit.here)
    return _json(
        SigningKeys(
            items=tuple(
                SigningKey(
                    id=key.id,
                    verification_method=key.verification_method,
                    state=key.state,
                    badges=counts.get(key.id, resigning.Count()).lasting,
                    expired=counts.get(key.id, resigning.Count()).expired,
                )
                for key in keys
            )
        )
    )


@routes.post(
    _AT + "/signatures/{key_id}/sign-again",
    WRITE,
    summary="Have every badge signed anew that a key signed",
    status_code=202,
    response_model=SigningKey,
    openapi_extra=body_schema(Reason),
)
def sign_again(visit: VisitDep, org: str, key_id: str, given: Annotated[Reason, body_of(Reason)]) -> Response:  # noqa: ARG001
    """With the key that is in use now; each badge keeps its address."""
    with visit.writing() as session:
        key = key_of(session, visit.here, key_id)
        resigning.ask_resign(session, visit.here, key, given.reason, visit.actor, visit.now)
        count = resigning.count_signed(session, visit.here.id, key.id, visit.now)
    visit.desk.wake()
    answer = SigningKey(
        id=key.id,
        verification_method=key.verification_method,
        state=key.state,
        badges=count.lasting,
        expired=count.expired,
    )
    return _json(answer, 202)
