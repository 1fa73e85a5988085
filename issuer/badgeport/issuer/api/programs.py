"""VCALM's addresses for issuing (VCALM 0.9 §3.2): issue, derive, status.

An organisation's programs use a token with the scope ``credentials:issue``. Conformance instances need none and answer
requests from this very machine alone.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Any, Literal

from badgeport.web.answers import Refusal
from badgeport.web.bodies import json_body, media_type, read_body
from fastapi import Depends, Request
from pydantic import Field, StrictBool, StrictStr
from sqlmodel import select
from starlette.responses import Response

from badgeport.issuer.api import instances, services
from badgeport.issuer.api.instances import Instance
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.web.access import EVERYONE, INSTANCE
from badgeport.issuer.web.programs import Body, Model, body_schema, checked
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit, VisitDep
from badgeport.schemas import pointer
from badgeport.schemas.problems import NOT_ALLOWED, NOT_FOUND, SIGN_IN_REQUIRED, UNKNOWN_OPTION_PROVIDED

routes = Routes("VCALM")

SCOPE = "credentials:issue"
MOST_POINTERS = 500
_ID_CHARS = 2048
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")

Pointers = Annotated[list[StrictStr], Field(max_length=MOST_POINTERS)]
Identifier = Annotated[StrictStr, Field(min_length=1, max_length=_ID_CHARS)]


class IssueOptions(Body):
    """How a credential is issued."""

    credential_id: Identifier | None = Field(
        None, description="How the issuer speaks of a credential that has no id; it does not become its id."
    )
    mandatory_pointers: Pointers | None = Field(
        None, description="JSON pointers of what a holder can never leave out; of ecdsa-sd-2023 alone."
    )


class IssueRequest(Body):
    """A credential to be issued."""

    credential: dict[str, Any] = Field(description="The credential, unsigned; its issuer is that of the instance.")
    options: IssueOptions | None = None


class DeriveOptions(Body):
    """What is shown."""

    selective_pointers: Pointers = Field(default=[], description="JSON pointers of what is shown beside the mandatory.")


class DeriveRequest(Body):
    """A credential of which a part is to be shown."""

    verifiable_credential: dict[str, Any] = Field(description="A credential with an ecdsa-sd-2023 base proof.")
    options: DeriveOptions | None = None


class StatusEntry(Body):
    """Which status."""

    id: Identifier | None = None
    type: Literal["BitstringStatusListEntry", "BitstringStatusList"]
    status_purpose: Literal["revocation", "suspension"]
    status_list_index: StrictStr | None = None
    status_list_credential: StrictStr | None = None


class StatusRequest(Body):
    """A status to be set."""

    credential_id: Identifier
    credential_status: StatusEntry
    status: StrictBool = Field(description="True: revoked, or suspended.")
    index_allocator: StrictStr | None = Field(None, description="Of other services; without effect here.")


_SECURED: dict[str, Any] = {
    "type": "object",
    "required": ["verifiableCredential"],
    "properties": {
        "verifiableCredential": {
            "type": "object",
            "description": "The signed credential; a JWT comes as an EnvelopedVerifiableCredential.",
        }
    },
}
_ISSUED: dict[int | str, dict[str, Any]] = {
    201: {"description": "It is signed.", "content": {"application/json": {"schema": _SECURED}}}
}
_STATUS_SET: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The status is set, and the list says so.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


def _read(model: type[Model], options: type[Body] | None = None) -> Any:
    """The dependency that reads a VCALM request; an option that is not known is refused as VCALM wants it."""
    known = (
        frozenset[str]() if options is None else frozenset(str(field.alias) for field in options.model_fields.values())
    )

    async def read(request: Request, visit: VisitDep) -> Model:
        members = json_body(media_type(request), await read_body(request), visit.desk.limits).members
        given = members.get("options")
        for name in given if options is not None and isinstance(given, dict) else ():
            if name not in known:
                shown = name if len(name) <= 40 else f"{name[:40]}…"
                detail = f"'{shown}' is no option of this address; known are {', '.join(sorted(known))}"
                raise Refusal(UNKNOWN_OPTION_PROVIDED, detail, pointer=pointer.join("options", shown))
        return checked(model, members)

    return Depends(read)


@routes.post(
    "/credentials/issue",
    INSTANCE,
    summary="Issue a credential (VCALM)",
    operation_id="issueCredential",
    status_code=201,
    response_model=None,
    responses=_ISSUED,
    openapi_extra=body_schema(IssueRequest),
)
def issue(visit: VisitDep, given: Annotated[IssueRequest, _read(IssueRequest, IssueOptions)]) -> Response:
    """Sign a credential: as the token's organization; without a token as the default conformance instance."""
    return _issue(visit, _instance(visit, None), given)


@routes.post(
    "/issuers/{name}/credentials/issue",
    INSTANCE,
    summary="Issue a credential as one issuer (VCALM)",
    operation_id="issueCredentialAs",
    status_code=201,
    response_model=None,
    responses=_ISSUED,
    openapi_extra=body_schema(IssueRequest),
)
def issue_as(visit: VisitDep, name: str, given: Annotated[IssueRequest, _read(IssueRequest, IssueOptions)]) -> Response:
    """Sign a credential as the issuer of the path, with its key and in its form."""
    return _issue(visit, _instance(visit, name), given)


@routes.post(
    "/credentials/derive",
    EVERYONE,
    summary="Show part of a credential (VCALM)",
    operation_id="deriveCredential",
    status_code=201,
    response_model=None,
    responses=_ISSUED,
    openapi_extra=body_schema(DeriveRequest),
)
def derive(visit: VisitDep, given: Annotated[DeriveRequest, _read(DeriveRequest, DeriveOptions)]) -> Response:
    """Make of an ecdsa-sd-2023 base credential what its holder shows. No key is needed, and nothing is kept."""
    options = given.options or DeriveOptions()
    return _secured(services.derive(visit.desk, given.verifiable_credential, options.selective_pointers))


@routes.post(
    "/credentials/status",
    INSTANCE,
    summary="Revoke, suspend or reinstate a credential (VCALM)",
    operation_id="updateCredentialStatus",
    response_model=None,
    responses=_STATUS_SET,
    openapi_extra=body_schema(StatusRequest),
)
def status(visit: VisitDep, given: Annotated[StatusRequest, _read(StatusRequest)]) -> Response:
    """Set a status of a credential that was issued over this interface; without a token, by `bitstring-status`."""
    return _set_status(visit, _instance(visit, None, instances.STATUS_INSTANCE), given)


@routes.post(
    "/issuers/{name}/credentials/status",
    INSTANCE,
    summary="Revoke, suspend or reinstate a credential as one issuer (VCALM)",
    operation_id="updateCredentialStatusAs",
    response_model=None,
    responses=_STATUS_SET,
    openapi_extra=body_schema(StatusRequest),
)
def status_as(visit: VisitDep, name: str, given: Annotated[StatusRequest, _read(StatusRequest)]) -> Response:
    """Set a status of a credential that the issuer of the path issued over this interface."""
    return _set_status(visit, _instance(visit, name), given)


def _issue(visit: Visit, instance: Instance, given: IssueRequest) -> Response:
    options = given.options or IssueOptions()
    asked = services.Asked(given.credential, options.credential_id, options.mandatory_pointers)
    return _secured(services.issue(visit.desk, instance, asked, actor=visit.actor))


def _set_status(visit: Visit, instance: Instance, given: StatusRequest) -> Response:
    entry = given.credential_status.model_dump(by_alias=True, exclude_none=True)
    services.set_status(visit.desk, instance, given.credential_id, entry, given.status, actor=visit.actor)
    return Response(b"{}", 200, media_type="application/json")


def _secured(value: bytes) -> Response:
    """The answer; the bytes that were signed stand in it as they are."""
    return Response(b'{"verifiableCredential":' + value + b"}", 201, media_type="application/json")


def _instance(visit: Visit, name: str | None, default: str = instances.DEFAULT) -> Instance:
    """The issuer that is asked, once whoever asks may. Raises Refusal."""
    desk = visit.desk
    if visit.token is not None and not (name and instances.is_conformance(desk, name)):
        return _of_token(visit, name)
    wanted = name or default
    found = instances.conformance(desk, wanted) if _is_here(visit.request) else None
    if found is not None:
        return found
    if instances.is_conformance(desk, wanted):
        raise Refusal(NOT_ALLOWED, "conformance instances answer requests from their own machine alone")
    if name is not None and not _is_organization(visit, name):
        raise Refusal(NOT_FOUND, "there is no such issuer")
    raise Refusal(SIGN_IN_REQUIRED, f"send a token with the scope {SCOPE}", headers={"WWW-Authenticate": "Bearer"})


def _of_token(visit: Visit, name: str | None) -> Instance:
    token = visit.token
    assert token is not None
    if SCOPE not in token.scopes:
        raise Refusal(NOT_ALLOWED, f"this token lacks the scope {SCOPE}")
    with visit.reading() as session:
        organization = session.get(Organization, token.org_id)
        if organization is None or organization.closed is not None or name not in (None, organization.slug):
            raise Refusal(NOT_ALLOWED, "this token is not good for this issuer")
        return instances.of_organization(session, visit.desk, organization)


def _is_organization(visit: Visit, name: str) -> bool:
    with visit.reading() as session:
        return session.exec(select(Organization.id).where(Organization.slug == name)).first() is not None


def _is_here(request: Request) -> bool:
    """Whether a request comes from this machine, straight and by a name of it.

    A proxy beside the service is on this machine too, but says for whom it asks; and a page that a browser here shows
    may lead its own name to this machine, but then asks by that name.
    """
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    host = (request.url.hostname or "").lower()
    return _is_loopback(request.client.host) and (host == "localhost" or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
