"""The educator's home for programs: the same as its pages, and the signed set of a link."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from badgeport.web.answers import PROBLEM_JSON
from pydantic import Field
from sqlmodel import Session, col, select
from starlette.responses import Response

from badgeport.issuer.awards import services as awards
from badgeport.issuer.catalog.tables import Definition
from badgeport.issuer.home import claims, collections, content, dids, erasing, services, sharing
from badgeport.issuer.home.pages import (
    collection_problem,
    export_of,
    require_own_email,
    stacks_of,
)
from badgeport.issuer.home.tables import Collection, HomeSettings
from badgeport.issuer.mistakes import Absent
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.tables import Identity, Organization
from badgeport.issuer.web.access import ACCOUNT, EVERYONE, members
from badgeport.issuer.web.listing import listed_json, listing
from badgeport.issuer.web.programs import Body, body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep

routes = Routes("home")

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {"schema": {"type": "object"}}}}
    for status, text in (
        (400, "Something in it is wrong; nothing was changed."),
        (401, "Nobody is signed in."),
        (403, "Not allowed."),
        (404, "There is no such thing, or it is not yours."),
        (409, "Somebody was quicker, or it is in a state in which this cannot be done."),
    )
}
_READ = {status: _PROBLEMS[status] for status in (401, 404)}

Visibility = Annotated[str, Field(pattern="^(private|link|public)$", description="private, link or public")]


class CreditOut(Body):
    """An amount of credit and its unit."""

    amount: str
    unit: str


class AwardOut(Body):
    """A badge of mine. ``state`` is active, suspended, revoked, expired or due (being signed)."""

    id: str
    address: str
    name: str
    organization: str
    awarded: datetime
    valid_until: datetime | None
    state: str
    reason: str
    visibility: str
    credit: CreditOut | None
    claimed: bool
    version: int


class EvidenceOut(Body):
    """A piece of evidence that was handed in for a badge."""

    id: str
    title: str
    released: bool
    address: str | None


class AwardDetail(AwardOut):
    """A badge of mine, with what it says about me. ``links`` are the ids of the collections that show it just now."""

    links: list[str]
    shows_name: bool
    did: str | None
    evidence: list[EvidenceOut]


class AwardPage(Body):
    """A page of my badges."""

    items: list[AwardOut]
    total: int
    page: int
    pages: int


class CreditSumOut(CreditOut):
    """What the badges that stand add up to in one unit."""

    badges: int


class SlotOut(Body):
    """A part of a stack."""

    name: str
    need: int
    filled: list[str]


class StackOut(Body):
    """How far I am with a stack; ``filled`` of a slot are ids of micro-credentials.

    Where it is not ``exact``, it can be filled in more ways than were tried, and more may be filled.
    """

    id: str
    name: str
    organization: str
    filled: int
    needed: int
    exact: bool
    award: str | None
    slots: list[SlotOut]


class HomeOut(Body):
    """Everything at a glance."""

    in_progress: list[dict[str, Any]]
    waiting: list[AwardOut]
    credits: list[CreditSumOut]
    stacks: list[StackOut]


class VisibilityIn(Body):
    """Who may see a badge, and whether links that hold it stop showing it; ``version`` is that of the badge as it was
    read."""

    visibility: Visibility
    take_out_of_links: bool = False
    version: int | None = None


class ContentIn(Body):
    """What a badge says about me: the ids of released evidence, my name, my DID."""

    released: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    show_name: bool = False
    use_did: bool = False
    version: int | None = None


class ClaimIn(Body):
    """The secret of the link that came with the badge: what stands in its address after ``/claim/``."""

    secret: Annotated[str, Field(min_length=1, max_length=200)]
    visibility: Visibility = "link"


class TakeIn(Body):
    """Who may see the badge from now on."""

    visibility: Visibility = "link"


class CollectionIn(Body):
    """Badges (their ids) for one link, good for some days."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    awards: Annotated[tuple[str, ...], Field(min_length=1, max_length=collections.MOST_BADGES)]
    days: Annotated[int, Field(ge=1, le=collections.MOST_DAYS)] = collections.DEFAULT_DAYS


class CollectionOut(Body):
    """A link for chosen badges. ``state`` is waiting (being signed), open, expired or withdrawn."""

    id: str
    title: str
    address: str
    awards: list[str]
    created: datetime
    expires: datetime
    state: str
    version: int


class CollectionPage(Body):
    """A page of my links."""

    items: list[CollectionOut]
    total: int
    page: int
    pages: int


class DidOut(Body):
    """My DID, and the challenge to sign for another one."""

    did: str | None
    challenge: str
    domain: str
    expires: datetime


class DidIn(Body):
    """A presentation that answers the challenge: a VP-JWT, or JSON as text."""

    challenge: Annotated[str, Field(max_length=200)]
    presentation: Annotated[str, Field(max_length=dids.MOST_BYTES)]


class SettingsBody(Body):
    """My choices for all badges."""

    visibility: Visibility
    reminders: bool
    version: int


class EraseMeIn(Body):
    """My own e-mail address, to confirm."""

    email: Annotated[str, Field(max_length=254)]


class EraseIn(Body):
    """Why a badge is erased; the reason stands in the history and names nobody."""

    why: Annotated[str, Field(min_length=1, max_length=2000)]
    version: int | None = None


# ---------------------------------------------------------------- me


@routes.get(
    "/api/v1/me/home", ACCOUNT, summary="My micro-credentials at a glance", response_model=HomeOut, responses=_READ
)
def glance(visit: VisitDep) -> HomeOut:
    """In progress, waiting to be claimed, credits, stacks."""
    with visit.reading() as session:
        badges = services.earned(session, visit.me.id)
        proven = visit.identity is not None and visit.identity.email_proven is not None
        waiting = services.waiting(session, visit.identity.email) if visit.identity and proven else []
        return HomeOut(
            in_progress=[
                {
                    "id": one.submission.id,
                    "name": one.name,
                    "organization": one.organization.slug,
                    "state": one.submission.state,
                    "due": one.submission.due,
                }
                for one in services.underway(session, visit.me.id)
            ],
            waiting=[_award(visit, one) for one in waiting],
            credits=[
                CreditSumOut(amount=one.plain, unit=one.unit, badges=one.badges)
                for one in services.credits_by_unit(badges, visit.now)
            ],
            stacks=[
                StackOut(
                    id=state.definition.id,
                    name=state.body.name,
                    organization=organization.slug,
                    filled=state.progress.filled,
                    needed=state.progress.needed,
                    exact=state.progress.exact,
                    award=state.awarded,
                    slots=[
                        SlotOut(name=slot.name, need=slot.need, filled=[one for one, _ in slot.filled])
                        for slot in state.progress.slots
                    ],
                )
                for organization, state in stacks_of(visit, session, badges)
            ],
        )


@routes.get("/api/v1/me/awards", ACCOUNT, summary="My badges", response_model=AwardPage, responses=_READ)
def my_awards(visit: VisitDep) -> dict[str, Any]:
    """Newest first; ``q``, ``page`` and ``size`` as everywhere."""
    with visit.reading() as session:
        search = [Definition.name, Organization.name]
        found = listing(session, visit.request, services.awards_statement(visit.me.id), search=search)
        return listed_json(found, lambda row: _award(visit, services.earned_of(row)).model_dump(by_alias=True))


@routes.get(
    "/api/v1/me/awards/{award_id}", ACCOUNT, summary="One badge of mine", response_model=AwardDetail, responses=_READ
)
def my_award(visit: VisitDep, award_id: str) -> AwardDetail:
    """With what it says about me."""
    with visit.reading() as session:
        return _detail(visit, session, award_id)


@routes.put(
    "/api/v1/me/awards/{award_id}/visibility",
    ACCOUNT,
    summary="Say who sees a badge of mine",
    response_model=AwardDetail,
    responses=_PROBLEMS,
    openapi_extra=body_schema(VisibilityIn),
)
def put_visibility(
    visit: VisitDep, award_id: str, given: Annotated[VisibilityIn, body_of(VisibilityIn)]
) -> AwardDetail:
    """Takes effect at once; copies that others have stay with them."""
    with visit.writing() as session:
        sharing.set_visibility(
            session,
            visit.me.id,
            award_id,
            given.visibility,
            seen=given.version,
            actor=visit.actor,
            now=visit.now,
            out_of_links=given.take_out_of_links,
        )
    visit.desk.wake()
    with visit.reading() as session:
        return _detail(visit, session, award_id)


@routes.put(
    "/api/v1/me/awards/{award_id}/content",
    ACCOUNT,
    summary="Have a badge of mine signed again with what I choose",
    response_model=AwardDetail,
    responses=_PROBLEMS,
    openapi_extra=body_schema(ContentIn),
)
def put_content(visit: VisitDep, award_id: str, given: Annotated[ContentIn, body_of(ContentIn)]) -> AwardDetail:
    """Released evidence, name and DID, all as they are to be from now on."""
    with visit.writing() as session:
        choice = content.Choice(given.released, given.show_name, given.use_did)
        content.change(
            session,
            visit.desk,
            visit.me.id,
            award_id,
            choice,
            seen=given.version,
            actor=visit.actor,
            now=visit.now,
        )
    visit.desk.wake()
    with visit.reading() as session:
        return _detail(visit, session, award_id)


@routes.post(
    "/api/v1/me/awards/{award_id}/claim",
    ACCOUNT,
    summary="Take a badge that was made to my proven address",
    response_model=AwardDetail,
    responses=_PROBLEMS,
    openapi_extra=body_schema(TakeIn),
)
def take_waiting(visit: VisitDep, award_id: str, given: Annotated[TakeIn, body_of(TakeIn)]) -> AwardDetail:
    """It is mine from then on."""
    with visit.writing() as session:
        claims.take_waiting(session, visit.me, award_id, given.visibility, now=visit.now)
    with visit.reading() as session:
        return _detail(visit, session, award_id)


@routes.post(
    "/api/v1/me/claims",
    ACCOUNT,
    summary="Take a badge by the link that came with it",
    response_model=AwardDetail,
    responses=_PROBLEMS,
    openapi_extra=body_schema(ClaimIn),
)
def take_by_link(visit: VisitDep, given: Annotated[ClaimIn, body_of(ClaimIn)]) -> AwardDetail:
    """The link works once."""
    with visit.writing() as session:
        award = claims.take(session, given.secret, visit.me, given.visibility, now=visit.now)
    with visit.reading() as session:
        return _detail(visit, session, award.id)


@routes.get("/api/v1/me/collections", ACCOUNT, summary="My links", response_model=CollectionPage, responses=_READ)
def my_collections(visit: VisitDep) -> dict[str, Any]:
    """Newest first."""
    with visit.reading() as session:
        statement = (
            select(Collection)
            .where(Collection.account_id == visit.me.id)
            .order_by(col(Collection.created).desc(), Collection.id)
        )
        found = listing(session, visit.request, statement, search=[Collection.title])
        return listed_json(found, lambda row: _collection(visit, row).model_dump(by_alias=True))


@routes.post(
    "/api/v1/me/collections",
    ACCOUNT,
    summary="Make a link for chosen badges",
    status_code=201,
    response_model=CollectionOut,
    responses=_PROBLEMS,
    openapi_extra=body_schema(CollectionIn),
)
def make_collection(
    visit: VisitDep, response: Response, given: Annotated[CollectionIn, body_of(CollectionIn)]
) -> CollectionOut:
    """It is signed in a moment, and good until its day."""
    with visit.writing() as session:
        row = collections.make(
            session,
            visit.me.id,
            title=given.title.strip(),
            awards=given.awards,
            days=given.days,
            actor=visit.actor,
            now=visit.now,
        )
    visit.desk.wake()
    response.headers["Location"] = f"/api/v1/me/collections/{row.id}"
    return _collection(visit, row)


@routes.get(
    "/api/v1/me/collections/{collection_id}",
    ACCOUNT,
    summary="One of my links",
    response_model=CollectionOut,
    responses=_READ,
)
def my_collection(visit: VisitDep, collection_id: str) -> CollectionOut:
    """What it shows and until when."""
    with visit.reading() as session:
        return _collection(visit, collections.mine(session, visit.me.id, collection_id))


@routes.delete(
    "/api/v1/me/collections/{collection_id}",
    ACCOUNT,
    summary="Withdraw a link",
    response_model=CollectionOut,
    responses=_PROBLEMS,
)
def withdraw_collection(visit: VisitDep, collection_id: str) -> CollectionOut:
    """Its address shows nothing from then on."""
    with visit.writing() as session:
        row = collections.withdraw(session, visit.me.id, collection_id, seen=None, actor=visit.actor, now=visit.now)
    return _collection(visit, row)


@routes.get(
    "/api/v1/me/did", ACCOUNT, summary="My DID, and a challenge to sign", response_model=DidOut, responses=_READ
)
def my_did(visit: VisitDep) -> DidOut:
    """The challenge is good for half an hour."""
    with visit.reading() as session:
        return _did(visit, session)


@routes.put(
    "/api/v1/me/did",
    ACCOUNT,
    summary="Bind the DID whose key signed the challenge",
    response_model=DidOut,
    responses=_PROBLEMS,
    openapi_extra=body_schema(DidIn),
)
def put_did(visit: VisitDep, given: Annotated[DidIn, body_of(DidIn)]) -> DidOut:
    """did:key and did:jwk."""
    with visit.reading() as session:
        did = dids.prove(session, visit.desk, visit.me.id, given.challenge, given.presentation, visit.now)
    with visit.writing() as session:
        dids.bind(session, visit.me.id, did, actor=visit.actor, now=visit.now)
    with visit.reading() as session:
        return _did(visit, session)


@routes.delete(
    "/api/v1/me/did", ACCOUNT, summary="Remove my DID from my account", response_model=DidOut, responses=_PROBLEMS
)
def delete_did(visit: VisitDep) -> DidOut:
    """Badges that bear it keep it."""
    with visit.writing() as session:
        dids.unbind(session, visit.me.id, actor=visit.actor, now=visit.now)
    with visit.reading() as session:
        return _did(visit, session)


@routes.get("/api/v1/me/settings", ACCOUNT, summary="My choices", response_model=SettingsBody, responses=_READ)
def my_settings(visit: VisitDep) -> SettingsBody:
    """For all badges."""
    with visit.reading() as session:
        return _settings(services.settings_of(session, visit.me.id))


@routes.put(
    "/api/v1/me/settings",
    ACCOUNT,
    summary="Change my choices",
    response_model=SettingsBody,
    responses=_PROBLEMS,
    openapi_extra=body_schema(SettingsBody),
)
def put_settings(visit: VisitDep, given: Annotated[SettingsBody, body_of(SettingsBody)]) -> SettingsBody:
    """``version`` is that which was read."""
    with visit.writing() as session:
        kept = services.change_settings(
            session,
            visit.me.id,
            visibility=given.visibility,
            reminders=given.reminders,
            seen=given.version,
            actor=visit.actor,
            now=visit.now,
        )
    return _settings(kept)


@routes.get(
    "/api/v1/me/export",
    ACCOUNT,
    summary="Everything about me, as a ZIP file",
    response_class=Response,
    responses={200: {"description": "The file.", "content": {"application/zip": {}}}, **_READ},
)
def my_export(visit: VisitDep) -> Response:
    """Its README says what is in it."""
    return export_of(visit)


@routes.post(
    "/api/v1/me/erasure",
    ACCOUNT,
    summary="Erase my account",
    status_code=204,
    response_class=Response,
    responses=_PROBLEMS,
    openapi_extra=body_schema(EraseMeIn),
)
def erase_me(visit: VisitDep, given: Annotated[EraseMeIn, body_of(EraseMeIn)]) -> Response:
    """With portfolios and badges; it cannot be undone."""
    require_own_email(visit, given.email)
    with visit.writing() as session:
        erasing.erase_account(
            session, visit.desk, visit.me.id, actor=visit.actor, now=visit.now, why="asked for by the person"
        )
    visit.desk.wake()
    return Response(status_code=204)


# ---------------------------------------------------------------- others


@routes.post(
    "/api/v1/organizations/{org}/awards/{award_id}/erasure",
    members(Role.REGISTRAR, scope="awards:write"),
    summary="Erase a badge and whom it was made to",
    status_code=204,
    response_class=Response,
    responses=_PROBLEMS,
    openapi_extra=body_schema(EraseIn),
)
def erase_badge(
    visit: VisitDep,
    org: str,  # noqa: ARG001 - the visit knows it
    award_id: str,
    given: Annotated[EraseIn, body_of(EraseIn)],
) -> Response:
    """Its address says so afterwards."""
    with visit.writing() as session:
        erasing.erase_recipient(
            session,
            visit.desk,
            visit.here.id,
            award_id,
            seen=given.version,
            actor=visit.actor,
            now=visit.now,
            why=given.why,
        )
    return Response(status_code=204)


@routes.get(
    "/s/{collection_id}.json",
    EVERYONE,
    summary="The signed set of a link",
    response_class=Response,
    responses={
        200: {
            "description": "A verifiable presentation by this installation.",
            "content": {collections.MEDIA_TYPE: {"schema": {"type": "object"}}},
        },
        404: _PROBLEMS[404],
        410: {**_PROBLEMS[404], "description": "It has expired or was withdrawn."},
    },
)
def signed_set(visit: VisitDep, collection_id: str) -> Response:
    """Signed by this installation, which is its holder: no proof that anybody else holds a key."""
    with visit.reading() as session:
        row = session.get(Collection, collection_id)
    if row is None:
        raise Absent
    if not collections.is_open(row, visit.now) or row.body is None:
        return collection_problem(collections.is_open(row, visit.now))
    headers = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Access-Control-Allow-Origin": "*"}
    return Response(row.body, 200, headers, collections.MEDIA_TYPE)


# ---------------------------------------------------------------- answers


def _award(visit: Visit, one: services.Earned) -> AwardOut:
    return AwardOut(**_award_members(visit, one))


def _award_members(visit: Visit, one: services.Earned) -> dict[str, Any]:
    credit = one.credit()
    return {
        "id": one.award.id,
        "address": awards.credential_id(visit.desk, one.award),
        "name": one.name,
        "organization": one.organization.slug,
        "awarded": one.award.awarded,
        "valid_until": one.award.valid_until,
        "state": one.shown(visit.now),
        "reason": one.award.standing_reason,
        "visibility": one.award.visibility,
        "credit": None if credit is None else CreditOut(amount=f"{credit[0]:f}", unit=credit[1]),
        "claimed": one.award.claimed is not None,
        "version": one.award.version,
    }


def _detail(visit: Visit, session: Session, award_id: str) -> AwardDetail:
    one = services.my_award(session, visit.me.id, award_id)
    said = content.said(session, one.award, visit.now)
    return AwardDetail(
        **_award_members(visit, one),
        links=[row.id for row in collections.holding(session, one.award, visit.now)],
        shows_name=said.shows_name,
        did=said.did,
        evidence=[
            EvidenceOut(
                id=item.id,
                title=item.title,
                released=item.id in said.released,
                address=content.address_of(visit.desk, one.award, item) if item.id in said.released else None,
            )
            for item in said.items
        ],
    )


def _collection(visit: Visit, row: Collection) -> CollectionOut:
    return CollectionOut(
        id=row.id,
        title=row.title,
        address=visit.desk.url(f"/s/{row.id}"),
        awards=list(row.awards),
        created=row.created,
        expires=row.expires,
        state=collections.state(row, visit.now),
        version=row.version,
    )


def _did(visit: Visit, session: Session) -> DidOut:
    asked = dids.ask(session, visit.desk, visit.me.id, visit.now)
    identity = session.get(Identity, visit.me.id)
    return DidOut(
        did=identity.did if identity else None,
        challenge=asked.challenge,
        domain=asked.domain,
        expires=asked.expires,
    )


def _settings(kept: HomeSettings) -> SettingsBody:
    return SettingsBody(visibility=kept.visibility, reminders=kept.reminders, version=kept.version)
