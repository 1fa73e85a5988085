"""Policies, for programs: all that the pages do, by the same rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from badgeport.web.answers import PROBLEM_JSON
from pydantic import Field
from sqlmodel import select
from starlette.responses import Response

from badgeport.issuer.mistakes import Absent, Conflict, Mistake, Mistakes
from badgeport.issuer.web.access import members
from badgeport.issuer.web.listing import listed_json, listing
from badgeport.issuer.web.programs import Body, body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.receiver.office import OfficeDep
from badgeport.receiver.policies import editions, services, trial, writing
from badgeport.receiver.policies.author_pages import READERS, WRITERS, edition_in, told
from badgeport.receiver.policies.effects import effect_of
from badgeport.receiver.policies.tables import Edition, Policy
from badgeport.receiver.policies.trial_pages import said_in
from badgeport.schemas import jsontext
from badgeport.verifier.recognition.authoring.comparison import compare
from badgeport.verifier.recognition.authoring.findings import Finding
from badgeport.verifier.recognition.conditions.facts import Facts, FactsError, read_facts

routes = Routes("policies")

READ, WRITE = members(*READERS, scope="policies:read"), members(*WRITERS, scope="policies:write")
_ALL = "/api/v1/organizations/{org}/policies"
_ONE = f"{_ALL}/{{policy_id}}"
_VERSION = f"{_ONE}/versions/{{edition_id}}"

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {PROBLEM_JSON: {"schema": {"type": "object"}}}}
    for status, text in (
        (400, "Something in it is wrong; nothing was changed."),
        (401, "Nobody is signed in."),
        (403, "Not allowed."),
        (404, "There is no such thing."),
        (409, "It is in a state in which this cannot be done."),
    )
}


class NewPolicyIn(Body):
    """A policy to begin: its name in addresses, its title, and the text of its first draft."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    title: Annotated[str, Field(min_length=1, max_length=300)]
    text: Annotated[str, Field(min_length=1)]


class DraftIn(Body):
    """The text of a draft, and the ``version`` of the policy it was made from."""

    text: Annotated[str, Field(min_length=1)]
    version: int


class ExpectedIn(Body):
    """The ``version`` of the policy that was looked at."""

    version: int


class WhyIn(Body):
    """Why; it stands in the history."""

    why: Annotated[str, Field(min_length=1, max_length=2000)]


class DiscardIn(ExpectedIn):
    """Why a draft is thrown away, and the ``version`` of the policy that was looked at."""

    why: Annotated[str, Field(min_length=1, max_length=2000)]


class TrialIn(Body):
    """What to try a policy on: examples of this program by name, badges as JSON objects or texts."""

    examples: list[str] = Field(default_factory=list, max_length=trial.MOST_BADGES)
    credentials: list[dict[str, Any] | str] = Field(default_factory=list, max_length=trial.MOST_BADGES)
    purpose: str | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
    as_of: datetime | None = None


class FindingOut(Body):
    """One thing that is wrong with a text."""

    line: int | None
    pointer: str
    code: str
    message: str


class VersionOut(Body):
    """One version of a policy."""

    id: str
    number: int
    version: str
    title: str
    state: str
    first: Annotated[date | None, Field(alias="from")]
    last: Annotated[date | None, Field(alias="until")]
    asked: datetime
    published: datetime | None
    withdrawn: datetime | None
    why: str
    sha256: str
    address: str


class PolicyOut(Body):
    """A policy with its versions, newest first. ``version`` is to be sent back with a change."""

    id: str
    name: str
    title: str
    state: str
    address: str
    version: int
    draft: str | None
    findings: list[FindingOut]
    versions: list[VersionOut]


class PoliciesPage(Body):
    """A page of the list."""

    items: list[PolicyOut]
    total: int
    page: int
    pages: int


class AlteredOut(Body):
    """A filed decision that would become another, and how."""

    decision: str
    how: list[str]


class ComparisonOut(Body):
    """What a draft changes of the version in force, and of the decisions filed under it."""

    changes: list[dict[str, Any]]
    decisions_tried: int
    more_decisions: bool
    decisions_altered: list[AlteredOut]


@routes.get(_ALL, READ, summary="The policies of an organization", response_model=PoliciesPage, responses=PROBLEMS)
def policies(visit: VisitDep, org: str) -> dict[str, Any]:  # noqa: ARG001 - the visit knows it
    """``q``, ``page`` and ``size`` as everywhere; drafts without their text and findings."""
    with visit.reading() as session:
        statement = select(Policy).where(Policy.org_id == visit.here.id).order_by(Policy.title, Policy.id)
        found = listing(session, visit.request, statement, search=(Policy.title, Policy.name))
        return listed_json(
            found, lambda row: _policy(visit, services.standing_of(session, row, visit.now.date()), None)
        )


@routes.post(
    _ALL,
    WRITE,
    summary="Begin a policy",
    status_code=201,
    response_model=PolicyOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(NewPolicyIn),
)
def create(visit: VisitDep, org: str, given: Annotated[NewPolicyIn, body_of(NewPolicyIn)]) -> dict[str, Any]:  # noqa: ARG001
    """The text may be wrong; the answer says how."""
    with visit.writing() as session:
        row = services.create(
            session,
            visit.here,
            name=given.name,
            title=given.title,
            text=given.text,
            actor=visit.actor,
            now=visit.now,
        )
    return _shown(visit, row.id)


@routes.get(_ONE, READ, summary="One policy", response_model=PolicyOut, responses=PROBLEMS)
def policy(visit: VisitDep, org: str, policy_id: str) -> dict[str, Any]:  # noqa: ARG001
    """With its draft and what is wrong with that."""
    return _shown(visit, policy_id)


@routes.put(
    f"{_ONE}/draft",
    WRITE,
    summary="Keep the text of a draft",
    response_model=PolicyOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(DraftIn),
)
def save(visit: VisitDep, org: str, policy_id: str, given: Annotated[DraftIn, body_of(DraftIn)]) -> dict[str, Any]:  # noqa: ARG001
    """Right or wrong; the answer says how."""
    with visit.writing() as session:
        row = services.policy_of(session, visit.here, policy_id)
        services.save(session, row, given.text, expected=given.version, actor=visit.actor, now=visit.now)
    return _shown(visit, policy_id)


@routes.post(
    f"{_ONE}/draft/discard",
    WRITE,
    summary="Throw a draft away",
    status_code=204,
    response_class=Response,
    responses=PROBLEMS,
    openapi_extra=body_schema(DiscardIn),
)
def discard(visit: VisitDep, org: str, policy_id: str, given: Annotated[DiscardIn, body_of(DiscardIn)]) -> Response:  # noqa: ARG001
    """The policy goes with it where it has no version."""
    with visit.writing() as session:
        row = services.policy_of(session, visit.here, policy_id)
        services.discard(session, row, expected=given.version, why=given.why, actor=visit.actor, now=visit.now)
    return Response(status_code=204)


@routes.post(
    f"{_ONE}/publish",
    WRITE,
    summary="Have a draft signed and published",
    status_code=202,
    response_model=PolicyOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(ExpectedIn),
)
def publish(
    visit: VisitDep,
    org: str,  # noqa: ARG001
    policy_id: str,
    given: Annotated[ExpectedIn, body_of(ExpectedIn)],
) -> dict[str, Any]:
    """It is published as soon as a worker has signed it, and never changes from now on."""
    with visit.writing() as session:
        row = services.policy_of(session, visit.here, policy_id)
        services.publish(session, visit.desk, visit.here, row, expected=given.version, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return _shown(visit, policy_id)


@routes.post(
    f"{_ONE}/test",
    WRITE,
    summary="Try a policy on example badges",
    responses={**PROBLEMS, 200: {"description": "A decision that is a trial: nobody verified its badges."}},
    openapi_extra=body_schema(TrialIn),
)
def try_it(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001
    policy_id: str,
    given: Annotated[TrialIn, body_of(TrialIn)],
) -> dict[str, Any]:
    """The draft where it is sound, else the version published last. Nothing of it is kept."""
    with visit.reading() as session:
        said = said_in(visit, session, services.policy_of(session, visit.here, policy_id))
    if said is None:
        raise Conflict("There is nothing to try: the draft has mistakes, and nothing is published.")
    purpose = given.purpose or next(iter(said.purposes))
    if purpose not in said.purposes:
        raise Mistakes(Mistake("purpose", "The policy has no such purpose."))
    named = [name for name in given.examples if name not in trial.EXAMPLES]
    if named:
        raise Mistakes(Mistake("examples", "There is no example {name}.", {"name": named[0]}))
    handed = [
        (f"credentials/{index}", each.encode("utf-8") if isinstance(each, str) else jsontext.dump(each))
        for index, each in enumerate(given.credentials)
    ]
    documents = trial.documents_of(given.examples, handed)
    as_of = (given.as_of or visit.now).replace(microsecond=0)
    if as_of.utcoffset() is None:
        raise Mistakes(Mistake("asOf", "The instant has no time zone."))
    asked = trial.Trial(documents, purpose, _facts(given.facts), as_of)
    decision = trial.tried(said, asked, office.verifier.shelf.agreements, software=visit.desk.software)
    return decision.to_json()


@routes.get(
    f"{_ONE}/comparison",
    READ,
    summary="What a draft changes",
    response_model=ComparisonOut,
    responses=PROBLEMS,
)
def comparison(visit: VisitDep, org: str, policy_id: str) -> dict[str, Any]:  # noqa: ARG001
    """Of the version in force, and of the decisions filed under it, which are decided again under both."""
    with visit.reading() as session:
        row = services.policy_of(session, visit.here, policy_id)
        standing = services.standing_of(session, row, visit.now.date())
        before = standing.current or editions.newest_published(session, editions.POLICY, row.id)
        if row.draft is None or before is None:
            raise Absent
        after = writing.examined(row.draft, services.place_of(visit.desk, visit.here, row.name)).policy
        if after is None:
            raise Conflict("The draft has mistakes; nothing can be decided by it.")
        old = services.said_by(before)
        effect = effect_of(session, visit.desk.blobs, visit.here, old, after)
    return {
        "changes": [each.to_json() for each in compare(old, after)],
        "decisionsTried": effect.tried,
        "moreDecisions": effect.more,
        "decisionsAltered": [{"decision": filed.id, "how": list(each.how)} for filed, each in effect.altered],
    }


@routes.post(
    f"{_VERSION}/draft",
    WRITE,
    summary="Begin the next version from this one",
    status_code=201,
    response_model=PolicyOut,
    responses=PROBLEMS,
    openapi_extra={"requestBody": {"required": False, "content": {"application/json": {"schema": {"type": "object"}}}}},
)
def begin(visit: VisitDep, org: str, policy_id: str, edition_id: str) -> dict[str, Any]:  # noqa: ARG001
    """Where there is no draft."""
    with visit.writing() as session:
        row, edition = edition_in(session, visit, policy_id, edition_id)
        services.begin(session, row, edition, actor=visit.actor, now=visit.now)
    return _shown(visit, policy_id)


@routes.post(
    f"{_VERSION}/withdraw",
    WRITE,
    summary="Take a version back",
    response_model=PolicyOut,
    responses=PROBLEMS,
    openapi_extra=body_schema(WhyIn),
)
def withdraw(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001
    policy_id: str,
    edition_id: str,
    given: Annotated[WhyIn, body_of(WhyIn)],
) -> dict[str, Any]:
    """It can still be read, and says that it was withdrawn; nothing is decided by it any more."""
    with visit.writing() as session:
        _, edition = edition_in(session, visit, policy_id, edition_id)
        editions.withdraw(session, edition, why=given.why, actor=visit.actor, now=visit.now)
    told(office)
    return _shown(visit, policy_id)


def _shown(visit: Visit, policy_id: str) -> dict[str, Any]:
    with visit.reading() as session:
        row = services.policy_of(session, visit.here, policy_id)
        standing = services.standing_of(session, row, visit.now.date())
        findings: Sequence[Finding] = ()
        if row.draft is not None:
            found, more = services.examined(session, visit.desk, visit.here, row)
            findings = (*found.findings, *more)
        return _policy(visit, standing, row.draft, findings)


def _policy(
    visit: Visit, standing: services.Standing, draft: str | None, findings: Sequence[Finding] = ()
) -> dict[str, Any]:
    row = standing.policy
    address = services.place_of(visit.desk, visit.here, row.name).address
    return {
        "id": row.id,
        "name": row.name,
        "title": row.title,
        "state": standing.state,
        "address": address,
        "version": row.version,
        "draft": draft,
        "findings": [
            {"line": each.line, "pointer": each.pointer, "code": each.code, "message": each.message}
            for each in findings
        ],
        "versions": [_version(standing, each, address) for each in standing.editions],
    }


def _version(standing: services.Standing, edition: Edition, address: str) -> dict[str, Any]:
    return {
        "id": edition.id,
        "number": edition.number,
        "version": edition.label,
        "title": edition.title,
        "state": standing.state_of(edition),
        "from": edition.starts,
        "until": edition.ends,
        "asked": edition.asked,
        "published": edition.published,
        "withdrawn": edition.withdrawn,
        "why": edition.why,
        "sha256": edition.sha256,
        "address": f"{address}.{edition.number}",
    }


def _facts(given: dict[str, Any]) -> Facts:
    try:
        return read_facts(given)
    except FactsError as error:
        raise Mistakes(Mistake(f"facts{error.pointer}", "{reason}", {"reason": error.detail})) from None
