"""What programs can do with organisations and people: the same services as the pages, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from fastapi import Response as FastResponse
from pydantic import Field
from sqlmodel import Session, col, func, select

from badgeport.issuer.hosting.documents import REVOCATION_LIST
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.mistakes import Absent, Mistakes, refuse
from badgeport.issuer.people import certifying, openid, operating, providers, settings, tokens
from badgeport.issuer.people.links import MOST_SECRET_CHARS
from badgeport.issuer.people.members import (
    INVITATION,
    invite,
    remove_school,
    save_school,
    school_here,
    set_roles,
    standing_of,
    withdraw_invitation,
)
from badgeport.issuer.people.pages import address
from badgeport.issuer.people.pages.account import change
from badgeport.issuer.people.pages.installation import make_organization
from badgeport.issuer.people.pages.keys import make_key, revoke_key, statement_of
from badgeport.issuer.people.pages.members import (
    CERTIFICATION_SEARCH,
    MEMBER_SEARCH,
    certification_statement,
    held_roles,
    member_statement,
)
from badgeport.issuer.people.pages.routing import (
    ADMINISTRATORS,
    CERTIFIERS,
    OWNERS,
    READERS,
    SETTINGS,
    require_fresh,
)
from badgeport.issuer.people.roles import Role
from badgeport.issuer.people.services import organization, roles_of
from badgeport.issuer.people.signing_in import end_sessions
from badgeport.issuer.people.tables import (
    Account,
    ApiToken,
    AssessorCertification,
    IssuerKey,
    OneTimeLink,
    Organization,
    School,
    SignIn,
)
from badgeport.issuer.web.access import ACCOUNT, OPERATOR
from badgeport.issuer.web.listing import listed_json, listing
from badgeport.issuer.web.programs import Body, body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import VisitDep

routes = Routes("people")
HERE = "/api/v1/organizations/{org}"
Reason = Annotated[str, Query(max_length=1000, description="Why; kept in the audit log. It has to be given.")]


class Page(Body):
    """One page of a list."""

    total: int
    page: int
    pages: int


class Why(Body):
    """Why something is done; kept in the audit log."""

    why: str = Field(default="", max_length=1000)


# ---------------------------------------------------------------- organisations


class NewOrganization(Body):
    """An organisation to be made."""

    slug: str = Field(max_length=63)
    name: str = Field(max_length=200)
    kind: str
    own_domain: str | None = Field(default=None, max_length=253)
    parent: str | None = Field(default=None, max_length=63)
    administrator: str | None = Field(default=None, max_length=254, description="Gets an invitation by mail.")


class ChangedOrganization(Body):
    """The settings of an organisation, whole. ``version`` is of the one that was read."""

    name: str = Field(max_length=200)
    kind: str
    profile: dict[str, Any] = Field(default_factory=dict)
    same_school_conflict: bool = True
    second_assessor: bool = False
    retention_days: int | None = None
    revocation_list: bool = Field(
        default=False,
        description="Keep a 1EdTech revocation list, too. It makes the ids of revoked badges public, for everyone.",
    )
    version: int


class OrganizationAnswer(Body):
    """An organisation."""

    slug: str
    name: str
    kind: str
    did: str
    profile: dict[str, Any]
    same_school_conflict: bool
    second_assessor: bool
    retention_days: int | None
    revocation_list: bool
    created: datetime
    version: int


class OrganizationPage(Page):
    """Organisations."""

    items: list[OrganizationAnswer]


@routes.get("/api/v1/organizations", OPERATOR, response_model=OrganizationPage, summary="List organizations")
def list_organizations(visit: VisitDep) -> Any:
    """Every organisation of the installation."""
    statement = select(Organization).order_by(func.lower(Organization.name), col(Organization.id))
    with visit.reading() as session:
        found = listing(session, visit.request, statement, search=(Organization.name, Organization.slug))
    return listed_json(found, _organization)


@routes.post(
    "/api/v1/organizations",
    OPERATOR,
    status_code=201,
    response_model=OrganizationAnswer,
    openapi_extra=body_schema(NewOrganization),
    summary="Make an organization",
)
def post_organization(
    visit: VisitDep, given: Annotated[NewOrganization, body_of(NewOrganization)], answer: FastResponse
) -> Any:
    """Make an organisation with its keys."""
    org = make_organization(
        visit,
        slug=given.slug,
        name=given.name,
        kind=given.kind,
        own_domain=given.own_domain,
        parent=given.parent,
        administrator=given.administrator,
    )
    visit.desk.wake()
    answer.headers["Location"] = f"/api/v1/organizations/{org.slug}"
    return _organization(org)


class Domains(Body):
    """E-mail domains, and the issuer of the provider that is believed for them: the one the organization names now."""

    domains: list[str] = Field(max_length=50)
    issuer: str = Field(max_length=500)


@routes.put(
    "/api/v1/operator/organizations/{name}/domains",
    OPERATOR,
    response_model=Domains,
    openapi_extra=body_schema(Domains),
    summary="Say for which e-mail domains an organization's sign-in provider is believed",
)
def put_domains(visit: VisitDep, given: Annotated[Domains, body_of(Domains)], name: str) -> Any:
    """Believe its provider for these domains. Asks for a recent sign-in."""
    require_fresh(visit)
    with visit.writing() as session:
        org = organization(session, name)
        openid.set_domains(session, org, given.domains, issuer=given.issuer, actor=visit.actor, now=visit.now)
    return _believed(visit, name)


@routes.get(
    "/api/v1/operator/organizations/{name}/domains",
    OPERATOR,
    response_model=Domains,
    summary="Read which provider of an organization is believed for which e-mail domains",
)
def get_domains(visit: VisitDep, name: str) -> Any:
    """Its provider, and the domains."""
    return _believed(visit, name)


@routes.get(HERE, SETTINGS, response_model=OrganizationAnswer, summary="Read an organization's settings")
def get_organization(visit: VisitDep, org: str) -> Any:  # noqa: ARG001 - of the path
    """What the organisation says of itself, and its rules."""
    return _organization(visit.here)


@routes.put(
    HERE,
    ADMINISTRATORS,
    response_model=OrganizationAnswer,
    openapi_extra=body_schema(ChangedOrganization),
    summary="Change an organization's settings",
)
def put_organization(
    visit: VisitDep,
    given: Annotated[ChangedOrganization, body_of(ChangedOrganization)],
    org: str,  # noqa: ARG001 - of the path
) -> Any:
    """Write the settings. The picture is changed on the page."""
    if {"name", "id", "image"} & set(given.profile):
        refuse("profile", "The profile holds neither name nor id nor image.")
    with visit.writing() as session:
        row = settings.change_settings(
            session,
            visit.here,
            settings.Settings(
                name=given.name,
                kind=given.kind,
                profile=given.profile,
                same_school_conflict=given.same_school_conflict,
                second_assessor=given.second_assessor,
                retention_days=given.retention_days,
                revocation_list=given.revocation_list,
            ),
            version=given.version,
            actor=visit.actor,
            now=visit.now,
        )
    return _organization(row)


# ---------------------------------------------------------------- schools


class SchoolBody(Body):
    """A school."""

    name: str = Field(max_length=200)
    enrolment: int | None = Field(default=None, ge=0, le=100_000)


class ChangedSchool(SchoolBody):
    """A school, changed. ``version`` is of the one that was read; left out, whatever is there is replaced."""

    version: int | None = None


class SchoolAnswer(SchoolBody):
    """A school on record."""

    id: str
    version: int


class SchoolPage(Page):
    """Schools."""

    items: list[SchoolAnswer]


@routes.get(f"{HERE}/schools", SETTINGS, response_model=SchoolPage, summary="List schools")
def list_schools(visit: VisitDep, org: str) -> Any:  # noqa: ARG001 - of the path
    """The schools of the organisation."""
    statement = select(School).where(School.org_id == visit.here.id).order_by(col(School.name), col(School.id))
    with visit.reading() as session:
        return listed_json(listing(session, visit.request, statement, search=(School.name,)), _school)


@routes.post(
    f"{HERE}/schools",
    ADMINISTRATORS,
    status_code=201,
    response_model=SchoolAnswer,
    openapi_extra=body_schema(SchoolBody),
    summary="Add a school",
)
def post_school(
    visit: VisitDep, given: Annotated[SchoolBody, body_of(SchoolBody)], org: str, answer: FastResponse
) -> Any:
    """Add a school."""
    with visit.writing() as session:
        row = save_school(
            session,
            visit.here,
            None,
            name=given.name,
            enrolment=given.enrolment,
            actor=visit.actor,
            now=visit.now,
        )
    answer.headers["Location"] = f"/api/v1/organizations/{org}/schools/{row.id}"
    return _school(row)


@routes.get(f"{HERE}/schools/{{school_id}}", SETTINGS, response_model=SchoolAnswer, summary="Read a school")
def get_school(visit: VisitDep, org: str, school_id: str) -> Any:  # noqa: ARG001 - of the path
    """One school."""
    with visit.reading() as session:
        return _school(school_here(session, visit.here, school_id))


@routes.put(
    f"{HERE}/schools/{{school_id}}",
    ADMINISTRATORS,
    response_model=SchoolAnswer,
    openapi_extra=body_schema(ChangedSchool),
    summary="Change a school",
)
def put_school(
    visit: VisitDep,
    given: Annotated[ChangedSchool, body_of(ChangedSchool)],
    org: str,  # noqa: ARG001 - of the path
    school_id: str,
) -> Any:
    """Change a school."""
    with visit.writing() as session:
        row = save_school(
            session,
            visit.here,
            school_here(session, visit.here, school_id),
            name=given.name,
            enrolment=given.enrolment,
            actor=visit.actor,
            now=visit.now,
            version=given.version,
        )
    return _school(row)


@routes.delete(f"{HERE}/schools/{{school_id}}", ADMINISTRATORS, status_code=204, summary="Remove a school")
def delete_school(visit: VisitDep, org: str, school_id: str) -> None:  # noqa: ARG001 - of the path
    """Remove a school nobody belongs to."""
    with visit.writing() as session:
        row = school_here(session, visit.here, school_id)
        remove_school(session, visit.here, row, actor=visit.actor, now=visit.now)


# ---------------------------------------------------------------- members


class MemberAnswer(Body):
    """A person in an organisation."""

    id: str
    name: str
    email: str
    state: str
    roles: list[Role]
    school: str | None


class OneMember(MemberAnswer):
    """A person, with what they are in one text, to be sent back with a change."""

    before: str


class MemberPage(Page):
    """Members."""

    items: list[MemberAnswer]


class MemberRoles(Body):
    """What a member is from now on. ``before`` is of the one that was read; left out, whatever is there is replaced."""

    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    school: str | None = Field(default=None, max_length=26)
    why: str = Field(default="", max_length=1000)
    before: str | None = Field(default=None, max_length=200)


@routes.get(f"{HERE}/members", READERS, response_model=MemberPage, summary="List members")
def list_members(visit: VisitDep, org: str, role: str = "") -> Any:  # noqa: ARG001 - of the path
    """The people of the organisation, with ``role`` only those who have it."""
    with visit.reading() as session:
        found = listing(session, visit.request, member_statement(visit.here, role), search=MEMBER_SEARCH)
        held = held_roles(session, visit.here, [account.id for account, _ in found.rows])
    return listed_json(found, lambda row: _member(row, held))


@routes.get(f"{HERE}/members/{{account_id}}", READERS, response_model=OneMember, summary="Read a member")
def get_member(visit: VisitDep, org: str, account_id: str) -> Any:  # noqa: ARG001 - of the path
    """One person of the organisation."""
    with visit.reading() as session:
        return _one_member(session, visit.here, account_id)


@routes.put(
    f"{HERE}/members/{{account_id}}",
    ADMINISTRATORS,
    response_model=OneMember,
    openapi_extra=body_schema(MemberRoles),
    summary="Change a member's roles",
)
def put_member(visit: VisitDep, given: Annotated[MemberRoles, body_of(MemberRoles)], org: str, account_id: str) -> Any:  # noqa: ARG001 - of the path
    """Change what a person is. A token changes educators, coaches and assessors alone."""
    _set_roles(visit, account_id, given.roles, given.school, given.why, given.before)
    with visit.reading() as session:
        return _one_member(session, visit.here, account_id)


@routes.delete(f"{HERE}/members/{{account_id}}", ADMINISTRATORS, status_code=204, summary="Remove a member")
def delete_member(visit: VisitDep, org: str, account_id: str, why: Reason = "") -> None:  # noqa: ARG001 - of the path
    """Take every role away, for a reason that has to be given. What the person did stays."""
    _set_roles(visit, account_id, [], None, why)


class Invitations(Body):
    """People to be invited."""

    emails: list[str] = Field(min_length=1, max_length=200)
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    school: str | None = Field(default=None, max_length=26)
    name: str = Field(default="", max_length=200)


class InvitationAnswer(Body):
    """An invitation; its link is in the mail alone."""

    id: str
    email: str
    roles: list[Role]
    sent: datetime
    expires: datetime


class InvitationPage(Page):
    """Invitations."""

    items: list[InvitationAnswer]


class InvitationsSent(Body):
    """What was sent."""

    items: list[InvitationAnswer]


@routes.get(f"{HERE}/invitations", READERS, response_model=InvitationPage, summary="List open invitations")
def list_invitations(visit: VisitDep, org: str) -> Any:  # noqa: ARG001 - of the path
    """Who was invited and has not come yet."""
    statement = (
        select(OneTimeLink)
        .where(OneTimeLink.purpose == INVITATION, OneTimeLink.subject == visit.here.id, col(OneTimeLink.used).is_(None))
        .order_by(col(OneTimeLink.created).desc(), col(OneTimeLink.id))
    )
    with visit.reading() as session:
        return listed_json(listing(session, visit.request, statement, search=(OneTimeLink.email,)), _invitation)


@routes.post(
    f"{HERE}/invitations",
    ADMINISTRATORS,
    status_code=201,
    response_model=InvitationsSent,
    openapi_extra=body_schema(Invitations),
    summary="Invite people",
)
def post_invitations(
    visit: VisitDep, given: Annotated[Invitations, body_of(Invitations)], org: str, answer: FastResponse
) -> Any:
    """Mail an invitation to each. A token invites educators, coaches and assessors alone."""
    with visit.writing() as session:
        sent = invite(
            session,
            visit.desk,
            visit.here,
            emails=given.emails,
            roles=given.roles,
            school_id=given.school,
            name=given.name,
            actor=visit.actor,
            now=visit.now,
            speech=visit.speech,
            by_program=visit.token is not None,
        )
    visit.desk.wake()
    answer.headers["Location"] = f"/api/v1/organizations/{org}/invitations"
    return {"items": [_invitation(link) for link in sent]}


@routes.delete(f"{HERE}/invitations/{{link_id}}", ADMINISTRATORS, status_code=204, summary="Withdraw an invitation")
def delete_invitation(visit: VisitDep, org: str, link_id: str) -> None:  # noqa: ARG001 - of the path
    """Its link works no more."""
    with visit.writing() as session:
        withdraw_invitation(session, visit.here, link_id, actor=visit.actor, now=visit.now)


# ---------------------------------------------------------------- certifications


class NewCertification(Body):
    """That an assessor may score a micro-credential, both days included."""

    account: str = Field(max_length=26)
    definition: str = Field(max_length=26)
    valid_from: date
    valid_until: date | None = None
    note: str = Field(default="", max_length=1000)


class CertificationAnswer(NewCertification):
    """A certification on record."""

    id: str
    granted: datetime
    withdrawn: datetime | None
    good_today: bool


class CertificationPage(Page):
    """Certifications."""

    items: list[CertificationAnswer]


@routes.get(f"{HERE}/certifications", READERS, response_model=CertificationPage, summary="List certifications")
def list_certifications(visit: VisitDep, org: str) -> Any:  # noqa: ARG001 - of the path
    """Who may score what."""
    with visit.reading() as session:
        found = listing(session, visit.request, certification_statement(visit.here), search=CERTIFICATION_SEARCH)
    return listed_json(found, lambda row: _certification(row[0], visit.now))


@routes.post(
    f"{HERE}/certifications",
    CERTIFIERS,
    status_code=201,
    response_model=CertificationAnswer,
    openapi_extra=body_schema(NewCertification),
    summary="Certify an assessor",
)
def post_certification(
    visit: VisitDep, given: Annotated[NewCertification, body_of(NewCertification)], org: str, answer: FastResponse
) -> Any:
    """Certify an assessor for a micro-credential. No token may: it says which person vouches."""
    with visit.writing() as session:
        row = certifying.certify(
            session,
            visit.here,
            account_id=given.account,
            definition_id=given.definition,
            valid_from=given.valid_from,
            valid_until=given.valid_until,
            note=given.note,
            actor=visit.actor,
            now=visit.now,
        )
    answer.headers["Location"] = f"/api/v1/organizations/{org}/certifications"
    return _certification(row, visit.now)


@routes.post(
    f"{HERE}/certifications/{{certification_id}}/withdraw",
    CERTIFIERS,
    response_model=CertificationAnswer,
    openapi_extra=body_schema(Why),
    summary="Withdraw a certification",
)
def post_withdrawal(visit: VisitDep, given: Annotated[Why, body_of(Why)], org: str, certification_id: str) -> Any:  # noqa: ARG001 - of the path
    """It is good for nothing from now on."""
    with visit.writing() as session:
        row = certifying.certification_of(session, visit.here, certification_id)
        certifying.withdraw_certification(session, row, actor=visit.actor, now=visit.now, why=given.why)
    return _certification(row, visit.now)


# ---------------------------------------------------------------- keys


class NewKey(Body):
    """A key to be made and taken into use; where one is in use, ``why``. ``replaces`` is the id of the key that was
    seen in use (empty: none was); left out, whichever is."""

    purpose: str
    why: str = Field(default="", max_length=1000)
    replaces: str | None = Field(default=None, max_length=26)


class RevokedKey(Body):
    """How a key is revoked: from when on it is not to be believed, and whether its badges are signed anew."""

    at: datetime
    why: str = Field(min_length=1, max_length=1000)
    resign: bool = True


class KeyAnswer(Body):
    """The public side of a key."""

    id: str
    purpose: str
    verification_method: str
    public_key_multibase: str
    state: str
    created: datetime
    retired: datetime | None
    revoked: datetime | None


class KeyPage(Page):
    """Keys."""

    items: list[KeyAnswer]


@routes.get(f"{HERE}/keys", SETTINGS, response_model=KeyPage, summary="List keys")
def list_keys(visit: VisitDep, org: str) -> Any:  # noqa: ARG001 - of the path
    """Every key of the organisation, newest first."""
    return _keys(visit)


@routes.get("/api/v1/operator/keys", OPERATOR, response_model=KeyPage, summary="List the installation's own keys")
def list_own_keys(visit: VisitDep) -> Any:
    """The keys that sign collections and learner records."""
    return _keys(visit)


@routes.post(
    f"{HERE}/keys",
    OWNERS,
    status_code=201,
    response_model=KeyAnswer,
    openapi_extra=body_schema(NewKey),
    summary="Make a key; the one in use is retired",
)
def post_key(visit: VisitDep, given: Annotated[NewKey, body_of(NewKey)], org: str, answer: FastResponse) -> Any:
    """Make a key and take it into use. No token may, and it asks for a recent sign-in."""
    require_fresh(visit)
    new = make_key(visit, given.purpose, given.why, given.replaces)
    answer.headers["Location"] = f"/api/v1/organizations/{org}/keys"
    return _key(new)


@routes.post(
    "/api/v1/operator/keys",
    OPERATOR,
    status_code=201,
    response_model=KeyAnswer,
    openapi_extra=body_schema(NewKey),
    summary="Make a key of the installation itself; the one in use is retired",
)
def post_own_key(visit: VisitDep, given: Annotated[NewKey, body_of(NewKey)], answer: FastResponse) -> Any:
    """Make a key and take it into use. Asks for a recent sign-in."""
    require_fresh(visit)
    new = make_key(visit, given.purpose, given.why, given.replaces)
    answer.headers["Location"] = "/api/v1/operator/keys"
    return _key(new)


@routes.post(
    f"{HERE}/keys/{{key_id}}/revoke",
    OWNERS,
    response_model=KeyAnswer,
    openapi_extra=body_schema(RevokedKey),
    summary="Revoke a key",
)
def post_revocation(visit: VisitDep, given: Annotated[RevokedKey, body_of(RevokedKey)], org: str, key_id: str) -> Any:  # noqa: ARG001 - of the path
    """Publish that it is not to be believed. No token may, and it asks for a recent sign-in."""
    return _revoke(visit, given, key_id)


@routes.post(
    "/api/v1/operator/keys/{key_id}/revoke",
    OPERATOR,
    response_model=KeyAnswer,
    openapi_extra=body_schema(RevokedKey),
    summary="Revoke a key of the installation itself",
)
def post_own_revocation(visit: VisitDep, given: Annotated[RevokedKey, body_of(RevokedKey)], key_id: str) -> Any:
    """Publish that it is not to be believed. Asks for a recent sign-in."""
    return _revoke(visit, given, key_id)


# ---------------------------------------------------------------- tokens and sign-in


class NewToken(Body):
    """A token to be made."""

    name: str = Field(max_length=80)
    scopes: list[str] = Field(min_length=1, max_length=20)
    days: int | None = Field(default=365, ge=1, le=tokens.LONGEST_DAYS)


class TokenAnswer(Body):
    """A token, without its secret."""

    id: str
    name: str
    scopes: list[str]
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    last_used: datetime | None


class MadeToken(TokenAnswer):
    """A new token with its secret, which is told this once."""

    secret: str


class TokenPage(Page):
    """Tokens."""

    items: list[TokenAnswer]


@routes.get(f"{HERE}/tokens", OWNERS, response_model=TokenPage, summary="List tokens")
def list_tokens(visit: VisitDep, org: str) -> Any:  # noqa: ARG001 - of the path
    """The tokens of programs. No token may."""
    statement = (
        select(ApiToken)
        .where(ApiToken.org_id == visit.here.id)
        .order_by(col(ApiToken.created).desc(), col(ApiToken.id))
    )
    with visit.reading() as session:
        return listed_json(listing(session, visit.request, statement, search=(ApiToken.name,)), _token)


@routes.post(
    f"{HERE}/tokens",
    OWNERS,
    status_code=201,
    response_model=MadeToken,
    openapi_extra=body_schema(NewToken),
    summary="Make a token",
)
def post_token(visit: VisitDep, given: Annotated[NewToken, body_of(NewToken)], org: str, answer: FastResponse) -> Any:
    """Make a token. No token may, and it asks for a recent sign-in."""
    require_fresh(visit)
    with visit.writing() as session:
        row, secret = tokens.make_token(
            session,
            visit.here,
            name=given.name,
            scopes=given.scopes,
            days=given.days,
            actor=visit.actor,
            now=visit.now,
        )
    answer.headers["Location"] = f"/api/v1/organizations/{org}/tokens"
    answer.headers["Cache-Control"] = "no-store"
    return {**_token(row), "secret": secret}


@routes.delete(f"{HERE}/tokens/{{token_id}}", OWNERS, status_code=204, summary="Withdraw a token")
def delete_token(visit: VisitDep, org: str, token_id: str, why: Reason = "") -> None:  # noqa: ARG001 - of the path
    """It is good for nothing from now on, for a reason that has to be given."""
    with visit.writing() as session:
        row = tokens.token_of(session, visit.here, token_id)
        tokens.withdraw_token(session, row, actor=visit.actor, now=visit.now, why=why)


class ProviderBody(Body):
    """The OpenID provider of an organisation; empty texts: none."""

    issuer: str = Field(max_length=500)
    client_id: str = Field(max_length=300)


class ChangedProvider(ProviderBody):
    """The provider, changed. ``version`` is of the one that was read; left out, whatever is there is replaced."""

    version: int | None = None


class ProviderAnswer(ProviderBody):
    """The provider, the domains an operator believes it for, and where it sends people back to."""

    version: int
    domains: list[str]
    redirect_uri: str


@routes.get(f"{HERE}/sign-in", OWNERS, response_model=ProviderAnswer, summary="Read the sign-in provider")
def get_provider(visit: VisitDep, org: str) -> Any:
    """The OpenID provider of the organisation."""
    with visit.reading() as session:
        row = organization(session, org)
    held = row.sign_in
    return {
        "version": row.version,
        "issuer": held.get("issuer", ""),
        "clientId": held.get("clientId", ""),
        "domains": held.get("domains", []),
        "redirectUri": visit.desk.url(openid.CALLBACK),
    }


@routes.put(
    f"{HERE}/sign-in",
    OWNERS,
    response_model=ProviderAnswer,
    openapi_extra=body_schema(ChangedProvider),
    summary="Change the sign-in provider",
)
def put_provider(visit: VisitDep, given: Annotated[ChangedProvider, body_of(ChangedProvider)], org: str) -> Any:
    """Change the OpenID provider; another issuer is believed for no domain until an operator confirms it. No token may,
    and it asks for a recent sign-in."""
    require_fresh(visit)
    with visit.writing() as session:
        openid.set_provider(
            session,
            visit.here,
            issuer=given.issuer,
            client_id=given.client_id,
            actor=visit.actor,
            now=visit.now,
            version=given.version,
        )
    return get_provider(visit, org)


# ---------------------------------------------------------------- oneself


class Me(Body):
    """Who is signed in."""

    id: str
    name: str
    email: str
    language: str
    operator: bool
    organizations: dict[str, list[Role]]


class ChangedMe(Body):
    """What one can change about oneself."""

    name: str = Field(max_length=200)
    language: str = Field(max_length=10)


class SessionAnswer(Body):
    """A session of a browser."""

    id: str
    created: datetime
    expires: datetime
    factors: int
    here: bool


class SessionPage(Page):
    """Sessions."""

    items: list[SessionAnswer]


@routes.get("/api/v1/me", ACCOUNT, response_model=Me, summary="Who am I?")
def get_me(visit: VisitDep) -> Any:
    """Who is signed in, and what they are where."""
    who = visit.identity
    return {
        "id": visit.me.id,
        "name": who.name if who else "",
        "email": who.email if who else "",
        "language": visit.me.language,
        "operator": visit.me.operator,
        "organizations": {slug: sorted(held) for slug, (_, held) in visit.organizations.items()},
    }


@routes.put(
    "/api/v1/me", ACCOUNT, response_model=Me, openapi_extra=body_schema(ChangedMe), summary="Change name and language"
)
def put_me(visit: VisitDep, given: Annotated[ChangedMe, body_of(ChangedMe)]) -> Any:
    """Change one's name and language."""
    with visit.writing() as session:
        mistakes = change(session, visit, given.name, given.language)
        if mistakes:
            raise Mistakes(*mistakes.found)
    return {**get_me(visit), "name": " ".join(given.name.split()), "language": given.language}


class NewAddress(Body):
    """Another e-mail address."""

    email: str = Field(max_length=320)


class Asked(Body):
    """Where the link was sent."""

    email: str


class LinkSecret(Body):
    """The last part of the link that was sent."""

    secret: str = Field(max_length=MOST_SECRET_CHARS)


@routes.post(
    "/api/v1/me/e-mail",
    ACCOUNT,
    status_code=202,
    response_model=Asked,
    openapi_extra=body_schema(NewAddress),
    summary="Ask for another e-mail address",
)
def post_address(visit: VisitDep, given: Annotated[NewAddress, body_of(NewAddress)]) -> Any:
    """A link goes there; nothing changes before it is opened. Asks for a recent sign-in.

    The answer does not tell whether somebody has the address already.
    """
    require_fresh(visit)
    return Asked(email=address.ask(visit, given.email))


@routes.post(
    "/api/v1/me/e-mail/confirm",
    ACCOUNT,
    status_code=204,
    openapi_extra=body_schema(LinkSecret),
    summary="Take the e-mail address that a link confirms",
)
def post_confirmed_address(visit: VisitDep, given: Annotated[LinkSecret, body_of(LinkSecret)]) -> None:
    """My other sessions end, and the old address is told."""
    address.confirm(visit, given.secret)


@routes.get("/api/v1/me/sessions", ACCOUNT, response_model=SessionPage, summary="List my sessions")
def list_sessions(visit: VisitDep) -> Any:
    """Where one is signed in."""
    statement = (
        select(SignIn)
        .where(SignIn.account_id == visit.me.id, SignIn.expires > visit.now)
        .order_by(col(SignIn.created).desc(), col(SignIn.id))
    )
    here = visit.sign_in.id if visit.sign_in else None
    with visit.reading() as session:
        found = listing(session, visit.request, statement)
    return listed_json(
        found,
        lambda row: {
            "id": row.id,
            "created": row.created,
            "expires": row.expires,
            "factors": row.factors,
            "here": row.id == here,
        },
    )


@routes.delete("/api/v1/me/sessions", ACCOUNT, status_code=204, summary="End my other sessions")
def delete_sessions(visit: VisitDep) -> None:
    """End every session but this."""
    with visit.writing() as session:
        end_sessions(session, visit.me.id, but=visit.sign_in.id if visit.sign_in else None)
        visit.record(session, "account.sessions-ended", f"account:{visit.me.id}")


class LinkedAnswer(Body):
    """An account elsewhere that opens mine. ``confirmed``: since when it opens what others entrusted to me."""

    id: str
    issuer: str
    since: datetime
    confirmed: datetime | None


class LinkedPage(Page):
    """Accounts elsewhere."""

    items: list[LinkedAnswer]


@routes.get("/api/v1/me/providers", ACCOUNT, response_model=LinkedPage, summary="List the accounts that open mine")
def list_providers(visit: VisitDep) -> Any:
    """By an organization's OpenID provider."""
    with visit.reading() as session:
        found = listing(session, visit.request, providers.links_of(visit.me.id))
    return listed_json(
        found,
        lambda row: {"id": row.id, "issuer": row.issuer, "since": row.created, "confirmed": row.confirmed},
    )


@routes.delete("/api/v1/me/providers/{provider_id}", ACCOUNT, status_code=204, summary="Remove such an account")
def delete_provider(visit: VisitDep, provider_id: str) -> None:
    """It opens mine no more; sessions that it began end."""
    require_fresh(visit)
    with visit.writing() as session:
        providers.unlink(session, visit.me, provider_id, visit.now)


# ---------------------------------------------------------------- jobs


class JobAnswer(Body):
    """A piece of work."""

    id: str
    kind: str
    key: str
    failed: bool
    attempts: int
    due: datetime
    error: str


class JobPage(Page):
    """Jobs."""

    items: list[JobAnswer]


@routes.get("/api/v1/operator/jobs", OPERATOR, response_model=JobPage, summary="List jobs")
def list_jobs(visit: VisitDep) -> Any:
    """Jobs, those that failed first."""
    statement = select(Job).order_by(col(Job.failed).desc(), col(Job.due), col(Job.id))
    with visit.reading() as session:
        return listed_json(listing(session, visit.request, statement, search=(Job.kind, Job.error)), _job)


@routes.post(
    "/api/v1/operator/jobs/{job_id}/retry", OPERATOR, response_model=JobAnswer, summary="Try a failed job again"
)
def post_retry(visit: VisitDep, job_id: str) -> Any:
    """Have a failed job tried again."""
    with visit.writing() as session:
        job = operating.retry(session, job_id, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return _job(job)


class Retried(Body):
    """How many jobs are tried again."""

    jobs: int


@routes.post("/api/v1/operator/jobs/retry", OPERATOR, response_model=Retried, summary="Try all failed jobs again")
def post_retry_all(visit: VisitDep) -> Any:
    """Have every job that failed tried again, once what they lacked is there."""
    with visit.writing() as session:
        count = operating.retry_all(session, actor=visit.actor, now=visit.now)
    visit.desk.wake()
    return Retried(jobs=count)


class AccountState(Body):
    """What an account is from now on: ``active`` or ``disabled``."""

    state: str
    why: str = Field(min_length=1, max_length=1000)


@routes.put(
    "/api/v1/operator/accounts/{account_id}/state",
    OPERATOR,
    status_code=204,
    openapi_extra=body_schema(AccountState),
    summary="Close an account, or open it again",
)
def put_account_state(visit: VisitDep, given: Annotated[AccountState, body_of(AccountState)], account_id: str) -> None:
    """Close an account, or open it again."""
    if given.state not in ("active", "disabled"):
        refuse("state", "Choose active or disabled.")
    with visit.writing() as session:
        operating.set_state(session, account_id, given.state, actor=visit.actor, now=visit.now, why=given.why)


@routes.post(
    "/api/v1/operator/accounts/{account_id}/second-factor/reset",
    OPERATOR,
    status_code=204,
    openapi_extra=body_schema(Why),
    summary="Take a lost second factor off an account",
)
def post_second_factor_reset(visit: VisitDep, given: Annotated[Why, body_of(Why)], account_id: str) -> None:
    """Code generator, passkeys and recovery codes work no more, and the person is told. Asks for a recent sign-in."""
    require_fresh(visit)
    with visit.writing() as session:
        operating.reset_second_factor(session, visit.desk, account_id, actor=visit.actor, now=visit.now, why=given.why)
    visit.desk.wake()


# ---------------------------------------------------------------- inside


def _believed(visit: VisitDep, name: str) -> dict[str, Any]:
    with visit.reading() as session:
        held = organization(session, name).sign_in
    return {"domains": held.get("domains", []), "issuer": held.get("issuer", "")}


def _keys(visit: VisitDep) -> dict[str, Any]:
    with visit.reading() as session:
        found = listing(session, visit.request, statement_of(visit.org), search=(IssuerKey.verification_method,))
    return listed_json(found, _key)


def _revoke(visit: VisitDep, given: RevokedKey, key_id: str) -> dict[str, Any]:
    require_fresh(visit)
    if given.at.utcoffset() is None:
        refuse("at", "Write the moment as 2027-06-30T15:00:00Z.")
    key = revoke_key(visit, key_id, given.at, given.why, resign=given.resign)
    visit.desk.wake()
    return _key(key)


def _set_roles(
    visit: VisitDep, account_id: str, roles: list[Role], school: str | None, why: str, before: str | None = None
) -> None:
    with visit.writing() as session:
        set_roles(
            session,
            visit.here,
            account_id,
            roles=roles,
            school_id=school,
            actor=visit.actor,
            now=visit.now,
            why=why,
            by_program=visit.token is not None,
            before=before,
        )


def _organization(row: Organization) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "name": row.name,
        "kind": row.kind,
        "did": row.did,
        "profile": row.profile,
        "sameSchoolConflict": row.same_school_conflict,
        "secondAssessor": row.second_assessor,
        "retentionDays": row.retention_days,
        "revocationList": REVOCATION_LIST in row.formats,
        "created": row.created,
        "version": row.version,
    }


def _school(row: School) -> dict[str, Any]:
    return {"id": row.id, "name": row.name, "enrolment": row.enrolment, "version": row.version}


def _member(row: Any, held: Mapping[str, tuple[list[Role], str]]) -> dict[str, Any]:
    account, who = row
    roles, school = held[account.id]
    return {
        "id": account.id,
        "name": who.name,
        "email": who.email,
        "state": account.state,
        "roles": roles,
        "school": school or None,
    }


def _one_member(session: Session, org: Organization, account_id: str) -> dict[str, Any]:
    if not roles_of(session, org.id, account_id):
        raise Absent
    row = session.exec(member_statement(org).where(col(Account.id) == account_id)).first()
    if row is None:
        raise Absent
    found = _member(row, held_roles(session, org, [account_id]))
    return {**found, "before": standing_of(session, org, account_id)}


def _invitation(row: OneTimeLink) -> dict[str, Any]:
    return {
        "id": row.id,
        "email": row.email,
        "roles": row.detail["roles"],
        "sent": row.created,
        "expires": row.expires,
    }


def _certification(row: AssessorCertification, now: datetime) -> dict[str, Any]:
    return {
        "id": row.id,
        "account": row.account_id,
        "definition": row.definition_id,
        "validFrom": row.valid_from,
        "validUntil": row.valid_until,
        "note": row.note,
        "granted": row.granted,
        "withdrawn": row.withdrawn,
        "goodToday": certifying.is_good(row, now.date()),
    }


def _key(row: IssuerKey) -> dict[str, Any]:
    return {
        "id": row.id,
        "purpose": row.purpose,
        "verificationMethod": row.verification_method,
        "publicKeyMultibase": row.public,
        "state": row.state,
        "created": row.created,
        "retired": row.retired,
        "revoked": row.revoked,
    }


def _token(row: ApiToken) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "scopes": row.scopes,
        "created": row.created,
        "expires": row.expires,
        "revoked": row.revoked,
        "lastUsed": row.last_used,
    }


def _job(row: Job) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "key": row.key,
        "failed": row.failed,
        "attempts": row.attempts,
        "due": row.due,
        "error": row.error,
    }
