"""What programs read: key documents, key sets, status lists, revocation lists, and the newest edition of a badge."""

from __future__ import annotations

from datetime import datetime

from badgeport.web.answers import problem_response
from starlette.responses import Response

from badgeport.issuer.hosting import documents, transcripts
from badgeport.issuer.hosting.answers import answer, described, published
from badgeport.issuer.hosting.documents import Document, Gone
from badgeport.issuer.hosting.tables import Transcript
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.web.access import ACCOUNT
from badgeport.issuer.web.programs import Body
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas.problems import GONE, NOT_FOUND, Problem

routes = Routes("hosting")


@published(
    routes,
    "/.well-known/did.json",
    summary="The keys of this installation, or of the organization whose own domain leads here",
    responses=described("A DID document.", documents.JSON),
    response_class=Response,
)
def well_known_did(visit: VisitDep) -> Response:
    """The DID document of the host that was asked."""
    host = visit.request.headers.get("host", "")
    with visit.reading() as session:
        return answer(visit.request, documents.host_document(session, visit.desk, host), {"Vary": "Host"})


@published(
    routes,
    "/.well-known/jwks.json",
    summary="Every key of this installation's issuers that is not revoked",
    responses=described("A JWK set (RFC 7517).", documents.JWK_SET),
    response_class=Response,
)
def key_set(visit: VisitDep) -> Response:
    """The JWK set of the host."""
    with visit.reading() as session:
        return answer(visit.request, documents.key_set(session, visit.desk))


@published(
    routes,
    "/issuers/{name}/did.json",
    summary="The DID document of an organization",
    responses=described("A DID document with every key, also retired and revoked ones.", documents.JSON),
    response_class=Response,
)
def did_document(visit: VisitDep, name: str) -> Response:
    """What the did:web of an organisation leads to."""
    with visit.reading() as session:
        return answer(visit.request, documents.did_document(session, visit.desk, name))


@published(
    routes,
    "/issuers/{name}/keys/{kid}",
    summary="One key of an organization as a JWK",
    responses=described("A JWK (RFC 7517).", documents.JWK),
    response_class=Response,
)
def key(visit: VisitDep, name: str, kid: str) -> Response:
    """What the kid of a token leads to."""
    with visit.reading() as session:
        return answer(visit.request, documents.key(session, visit.desk, name, kid))


@published(
    routes,
    "/issuers/{name}/revocations",
    summary="The 1EdTech revocation list of an organization",
    responses=described("A RevocationList; it is unsigned.", documents.JSON),
    response_class=Response,
)
def revocations(visit: VisitDep, name: str) -> Response:
    """The badges that were revoked for good."""
    with visit.reading() as session:
        return answer(visit.request, documents.revocations(session, visit.desk, name))


@published(
    routes,
    "/status/{list_id}",
    summary="A signed status list, as it is or as it was",
    responses=described("A BitstringStatusListCredential.", documents.VC),
    response_class=Response,
)
def status_list(visit: VisitDep, list_id: str, timestamp: str | None = None) -> Response:
    """The newest copy, or the one that was in force at ``timestamp`` (RFC 3339)."""
    with visit.reading() as session:
        document = documents.status_list(session, visit.desk, list_id, timestamp)
    return answer(visit.request, document)


@published(
    routes,
    "/c/{award_id}/refresh",
    summary="The newest edition of a badge",
    responses=described("The signed badge, stored bytes exactly.", documents.VC, documents.VC_JWT),
    response_class=Response,
)
def refresh(visit: VisitDep, award_id: str, form: str = "json") -> Response:
    """What a badge's refresh service answers (1EdTechCredentialRefresh): to whoever may see the badge."""
    return _of_badge(visit, award_id, form)


def _of_badge(visit: Visit, award_id: str, form: str) -> Response:
    try:
        with visit.reading() as session:
            found: Document = documents.credential(session, visit.desk, award_id, form)
    except Gone:
        problem = Problem(GONE, "this badge was erased, with what it said about its earner; it does not come back")
        return problem_response(problem, headers={"Access-Control-Allow-Origin": "*"})
    except Absent:
        return problem_response(
            Problem(NOT_FOUND, "there is no badge at this address, or it is kept private"),
            headers={"Access-Control-Allow-Origin": "*"},
        )
    return answer(visit.request, found)


# -- learner records -------------------------------------------------------------------------------------------------


class TranscriptState(Body):
    """An educator's learner record: ``state`` is ``being signed`` or ``signed``."""

    state: str
    asked: datetime
    made: datetime | None = None
    sha256: str | None = None
    awards: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@routes.get("/api/v1/me/transcript", ACCOUNT, summary="My learner record", response_model=TranscriptState)
def transcript(visit: VisitDep) -> Response:
    """What was asked for last."""
    with visit.reading() as session:
        row = transcripts.transcript_of(session, visit.me.id)
    if row is None:
        raise Absent
    return _state(row, 200)


@routes.post(
    "/api/v1/me/transcript",
    ACCOUNT,
    summary="Have a learner record of all my badges signed",
    status_code=202,
    response_model=TranscriptState,
)
def make_transcript(visit: VisitDep) -> Response:
    """It takes the place of the one before."""
    with visit.writing() as session:
        row = transcripts.ask(session, visit.me.id, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return _state(row, 202, {"Location": "/api/v1/me/transcript"})


@routes.get(
    "/api/v1/me/transcript/credential",
    ACCOUNT,
    summary="My signed learner record (CLR 2.0)",
    responses={200: {"description": "A ClrCredential.", "content": {documents.VC: {"schema": {"type": "object"}}}}},
    response_class=Response,
)
def transcript_credential(visit: VisitDep) -> Response:
    """The signed bytes."""
    with visit.reading() as session:
        return Response(transcripts.signed_transcript(session, visit.me.id), 200, media_type=documents.VC)


@routes.delete(
    "/api/v1/me/transcript",
    ACCOUNT,
    summary="Delete my learner record",
    status_code=204,
    response_class=Response,
)
def delete_transcript(visit: VisitDep) -> Response:
    """The file is deleted here; the badges stay."""
    with visit.writing() as session:
        transcripts.delete(session, visit.me.id, actor=visit.actor, now=visit.now)
    return Response(status_code=204)


def _state(row: Transcript, status: int, headers: dict[str, str] | None = None) -> Response:
    state = TranscriptState(
        state="being signed" if row.body is None else "signed",
        asked=row.asked,
        made=row.made,
        sha256=row.sha256,
        awards=tuple(row.awards),
        left_out=tuple(row.left_out),
    )
    return Response(state.model_dump_json(by_alias=True), status, headers, "application/json")
