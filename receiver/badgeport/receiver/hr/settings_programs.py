"""Staff credit for programs: settings, the roster, who is told of changes."""

from __future__ import annotations

from typing import Annotated, BinaryIO

from fastapi import Depends, Query
from pydantic import Field
from starlette.responses import Response

from badgeport.issuer.web.programs import Body, body_of, body_schema
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import VisitDep
from badgeport.receiver.hr import settings, wire
from badgeport.receiver.hr.answers import (
    ADMINISTRATOR,
    AT,
    MANAGE,
    PERSON,
    PROBLEMS,
    READ,
    WRITE,
    answered,
    file_body,
    roster_state,
    sent_file,
    settings_state,
)
from badgeport.receiver.hr.ledger_pages import roster_at_hand
from badgeport.receiver.office import OfficeDep

routes = Routes("staff credit")


class SettingsIn(Body):
    """By which policy and purpose badges are credited, and what exports name."""

    policy: Annotated[str, Field(max_length=2000, description="The address of a recognition policy.")]
    purpose: Annotated[str, Field(max_length=200)]
    every_days: Annotated[int, Field(ge=0, le=settings.MOST_DAYS)] = 7
    state: Annotated[str, Field(max_length=2)] = ""
    namespace: Annotated[str, Field(max_length=2000)] = ""


class WebhookIn(Body):
    """Where reports of changes are posted."""

    url: Annotated[str, Field(min_length=1, max_length=2000)]


class MessagesIn(Body):
    """Whether who asks wants messages."""

    wanted: bool


@routes.get(
    AT + "/settings",
    READ,
    summary="How staff are credited",
    responses=PROBLEMS,
    response_model=wire.CreditSettings,
)
def show_settings(visit: VisitDep, org: str) -> Response:  # noqa: ARG001 - the visit knows it
    """Policy, purpose, roster, address of reports."""
    with visit.reading() as session:
        return answered(settings_state(settings.settings_of(session, visit.here.id, visit.now)))


@routes.put(
    AT + "/settings",
    MANAGE,
    summary="Choose how staff are credited",
    responses=PROBLEMS,
    openapi_extra=body_schema(SettingsIn),
    response_model=wire.CreditSettings,
)
def save_settings(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001
    given: Annotated[SettingsIn, body_of(SettingsIn)],
) -> Response:
    """The policy is one of the organization's published ones, or of the shelf."""
    with visit.writing() as session:
        row = settings.choose(session, office, visit.here, **given.model_dump(), actor=visit.actor, now=visit.now)
        answer = settings_state(row)
    return answered(answer)


@routes.get(
    AT + "/policies",
    READ,
    summary="What staff can be credited under",
    responses=PROBLEMS,
    response_model=wire.CreditPolicies,
)
def list_policies(visit: VisitDep, office: OfficeDep, org: str) -> Response:  # noqa: ARG001
    """Policies with their purposes, the organization's own first."""
    return answered(
        {
            "items": [
                {
                    "policy": one.policy,
                    "purpose": one.purpose,
                    "title": one.title,
                    "purposeTitle": one.purpose_title,
                    "unit": one.unit,
                    "own": one.own,
                    "example": one.example,
                }
                for one in settings.choices(office, visit.here)
            ]
        }
    )


@routes.get(
    AT + "/roster",
    READ,
    summary="The roster, and rows that were not taken",
    responses=PROBLEMS,
    response_model=wire.RosterState,
)
def show_roster(visit: VisitDep, office: OfficeDep, org: str) -> Response:  # noqa: ARG001
    """How many employees are on it; each bad row with its line and the reason."""
    return answered(roster_state(roster_at_hand(visit, office)))


@routes.put(
    AT + "/roster/import",
    WRITE,
    summary="Put a roster in the place of the one before",
    responses=PROBLEMS,
    openapi_extra=file_body("CSV in UTF-8; the columns are in docs/hr.md.", "text/csv"),
    response_model=wire.RosterState,
)
def replace_roster(
    visit: VisitDep,
    office: OfficeDep,
    org: str,  # noqa: ARG001
    sent: Annotated[BinaryIO, Depends(sent_file)],
    name: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Rows that are not right are left out and named."""
    return answered(
        roster_state(settings.take_roster(office, visit.here, sent, name, actor=visit.actor, now=visit.now))
    )


@routes.put(
    AT + "/webhook",
    ADMINISTRATOR,
    summary="Have reports of changes posted to an address",
    responses=PROBLEMS,
    openapi_extra=body_schema(WebhookIn),
    response_model=wire.WebhookState,
)
def set_webhook(visit: VisitDep, org: str, given: Annotated[WebhookIn, body_of(WebhookIn)]) -> Response:  # noqa: ARG001
    """The answer has the secret they are signed with, this once."""
    with visit.writing() as session:
        secret = settings.set_webhook(session, visit.desk, visit.here, given.url, actor=visit.actor, now=visit.now)
    return answered({"url": given.url.strip(), "secret": secret})


@routes.delete(
    AT + "/webhook",
    ADMINISTRATOR,
    summary="Have them posted nowhere",
    status_code=204,
    response_class=Response,
    responses=PROBLEMS,
)
def drop_webhook(visit: VisitDep, org: str) -> Response:  # noqa: ARG001
    """The secret is forgotten."""
    with visit.writing() as session:
        settings.drop_webhook(session, visit.here, actor=visit.actor, now=visit.now)
    return Response(status_code=204)


@routes.put(
    AT + "/messages",
    PERSON,
    summary="Be written to when something changed, or not",
    responses=PROBLEMS,
    openapi_extra=body_schema(MessagesIn),
    response_model=wire.MessagesState,
)
def messages(visit: VisitDep, org: str, given: Annotated[MessagesIn, body_of(MessagesIn)]) -> Response:  # noqa: ARG001
    """For the person who asks."""
    with visit.writing() as session:
        settings.ask_for_messages(session, visit.here, visit.me.id, wanted=given.wanted, now=visit.now)
    return answered({"wanted": given.wanted})
