"""The policies and agreements of this service for people to read: ``/policies`` and ``/agreements`` in a browser.

Programs ask for the same addresses of policies and get JSON (`recognition`); a browser says that it takes HTML.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date

from badgeport.web.answers import Refusal
from fastapi import APIRouter, Request
from starlette.responses import Response

from badgeport.keys.did import comparable
from badgeport.schemas.problems import NOT_FOUND
from badgeport.verifier.recognition.approval.agreements import Agreement, Member
from badgeport.verifier.recognition.approval.approvals import authority_of, policy_statements
from badgeport.verifier.recognition.approval.authority import State, Statement
from badgeport.verifier.shelf import Shelved
from badgeport.verifier.verifier import VerificationError
from badgeport.verifier.web.choosing import STATUS_WORDS, area_name
from badgeport.verifier.web.desk import Desk, desk_of
from badgeport.verifier.web.policy_view import policy_view
from badgeport.verifier.web.questions import day_words, period_words, web_address
from badgeport.verifier.web.showing import in_words, page, speech_of
from badgeport.verifier.web.words import Words

_PUBLIC = {"Cache-Control": "no-cache", "Vary": "Accept, Accept-Language"}
"""What these pages show is for everybody, and differs by who asks in which way."""

_HTML, _PROGRAM = "text/html", ("application/json", "application/vc", "application/*", "*/*")

router = APIRouter(include_in_schema=False)


def wants_page(request: Request) -> bool:
    """Whether a browser asks: it names HTML, and rates nothing that a program reads above it."""
    rated: dict[str, float] = {}
    for part in request.headers.get("accept", "")[:500].split(",")[:20]:
        kind, _, parameters = part.strip().partition(";")
        found = re.search(r"q=([01](?:\.\d{1,3})?)\s*$", parameters)
        rated[kind.strip().lower()] = float(found.group(1)) if found else 1.0
    html = rated.get(_HTML, 0.0)
    return html > 0 and all(rated.get(kind, 0.0) <= html for kind in _PROGRAM)


# -- policies -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Listed:
    """A policy in a list."""

    name: str
    title: str
    language: str
    jurisdiction: str
    place: str
    status: str
    is_example: bool
    purposes: tuple[str, ...]
    version: str
    period: str
    signed: bool


def list_page(request: Request) -> Response:
    """The policies of this service as a page."""
    desk, speech = desk_of(request), speech_of(request)
    rows = [_listed(each, speech) for each in desk.shelf.policies]
    rows.sort(key=lambda row: (row.is_example, row.place, row.jurisdiction, row.title))
    agreements = [(agreement_name(each), each.title) for each in desk.shelf.agreements.values()]
    return page(request, "policies.html", {"rows": rows, "agreements": agreements}, headers=_PUBLIC)


def policy_page(request: Request, found: Shelved) -> Response:
    """One policy as a page, with the other versions at the same address."""
    desk, speech = desk_of(request), speech_of(request)
    versions = [
        _listed(each, speech)
        for each in desk.shelf.policies
        if each.policy.id == found.policy.id and each.name != found.name
    ]
    at_hand = desk.shelf.agreements
    agreements = [(at_hand.get(name), name) for name in found.policy.agreements]
    values = {
        "name": found.name,
        "policy": found.policy,
        "view": policy_view(found.policy, at_hand, speech),
        "versions": versions,
        "agreements": [
            (name if known is None else known.title, None if known is None else agreement_name(known))
            for known, name in agreements
        ],
        "signed": found.signed is not None,
        "withdrawn": None if found.withdrawn is None else day_words(found.withdrawn, speech),
        "first": next(iter(found.policy.purposes)),
    }
    return page(request, "policy.html", values, headers=_PUBLIC)


def _listed(shelved: Shelved, speech: Words) -> _Listed:
    policy = shelved.policy
    return _Listed(
        name=shelved.name,
        title=policy.title,
        language=policy.language,
        jurisdiction=policy.jurisdiction.name,
        place=area_name(policy.jurisdiction.area, speech),
        status=speech.say(STATUS_WORDS[policy.status]),
        is_example=shelved.is_example,
        purposes=tuple(f"{terms.title} ({terms.unit})" for terms in policy.purposes.values()),
        version=policy.version,
        period=period_words(policy.effective, speech),
        signed=shelved.signed is not None,
    )


# -- agreements -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Approvals:
    """A list of what a member approves: where it can be read, and how many of its approvals count today.

    ``current`` None: that cannot be told, and ``trouble`` says why.
    """

    address: str
    title: str
    language: str | None
    current: int | None
    all: int
    is_example: bool = False
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Membership:
    """A member of an agreement as it stands today."""

    name: str
    id: str
    place: str
    tone: str
    word: str
    days: str
    issuers: tuple[str, ...] | None
    approvals: tuple[_Approvals, ...]
    policies: tuple[tuple[str, str, str], ...]


@router.get("/agreements")
@in_words
def show_agreements(request: Request) -> Response:
    """The agreements at hand."""
    desk, speech = desk_of(request), speech_of(request)
    today = desk.clock().astimezone(UTC).date()
    rows = [
        {
            "name": agreement_name(each),
            "title": each.title,
            "period": period_words(each.period, speech),
            "now": len(each.members_on(today)),
            "standard": each.quality_standard or "",
        }
        for each in desk.shelf.agreements.values()
    ]
    return page(request, "agreements.html", {"rows": rows}, headers=_PUBLIC)


@router.get("/agreements/{name}")
@in_words
def show_agreement(request: Request, name: str) -> Response:
    """One agreement: its members today, their dates, and whose approvals count today.

    A program gets it as its keeper signed it, where that is kept here.
    """
    desk, speech = desk_of(request), speech_of(request)
    own = f"{desk.public_url}/agreements/{name}"
    at_hand = desk.shelf.agreements
    found = at_hand.get(own) or next((each for each in at_hand.values() if agreement_name(each) == name), None)
    if found is None:
        raise Refusal(NOT_FOUND, "there is no agreement at this address; /agreements lists those there are")
    signed = desk.shelf.signed_agreement(found.id)
    if signed is not None and not wants_page(request):
        return Response(signed.data, 200, {"Vary": "Accept"}, signed.media_type)
    today = desk.clock().astimezone(UTC).date()
    values = {
        "agreement": found,
        "period": period_words(found.period, speech),
        "standard_address": web_address(found.quality_standard_url),
        "in_force": found.period.contains(today),
        "today": day_words(today, speech),
        "members": [_membership(each, found, desk, speech) for each in found.members],
        "now": len(found.members_on(today)),
        "policies": [
            (each.name, each.policy.title, each.policy.language)
            for each in desk.shelf.policies
            if found.id in each.policy.agreements
        ],
    }
    return page(request, "agreement.html", values, headers=_PUBLIC)


def agreement_name(agreement: Agreement) -> str:
    """The short name of an agreement in addresses: the end of its id, and enough of its digest to tell it apart."""
    end = re.sub(r"[^A-Za-z0-9]+", "-", agreement.id.rstrip("/").rpartition("/")[2]).strip("-")[:60]
    digest = hashlib.sha256(agreement.id.encode("utf-8")).hexdigest()[:8]
    return f"{end}-{digest}" if end else digest


def _membership(member: Member, agreement: Agreement, desk: Desk, speech: Words) -> _Membership:
    today = desk.clock().astimezone(UTC).date()
    tone, word = _standing(member, agreement, today, speech)
    days = [period_words(member.period, speech)]
    if member.withdrawn is not None:
        days.append(speech.say("withdrawn on {day}", day=day_words(member.withdrawn, speech)))
    own = [each for each in desk.shelf.policies if comparable(each.policy.jurisdiction.id) == comparable(member.id)]
    return _Membership(
        name=member.name,
        id=member.id,
        place=area_name(member.area, speech),
        tone=tone,
        word=word,
        days=", ".join(day for day in days if day),
        issuers=member.issuers,
        approvals=(*_in_policies(own, today), *_published(member, desk, today, speech)),
        policies=tuple((each.name, each.policy.title, each.policy.language) for each in own),
    )


def _standing(member: Member, agreement: Agreement, today: date, speech: Words) -> tuple[str, str]:
    if member.withdrawn is not None and member.withdrawn <= today:
        return "failed", speech.say("Withdrawn")
    if member in agreement.members_on(today):
        return "passed", speech.say("Member today")
    start = member.period.start
    if start is not None and start > today:
        return "unknown", speech.say("Not yet a member")
    return "skipped", speech.say("Not a member today")


def _in_policies(own: list[Shelved], today: date) -> Iterator[_Approvals]:
    """The approved lists in the policies of a member: how many of their entries count today."""
    for each in own:
        for statement, listed in zip(policy_statements(each.policy), each.policy.lists.values(), strict=True):
            address, language = f"/policies/{each.name}", each.policy.language
            current, number = _current(statement, today), len(statement.approvals)
            yield _Approvals(address, listed.title, language, current, number, each.is_example)


def _published(member: Member, desk: Desk, today: date, speech: Words) -> Iterator[_Approvals]:
    """The approval lists of a member that policies here give the address of: those kept here are verified."""
    places = [place for each in desk.shelf.policies for place in each.policy.approval_lists]
    for url in dict.fromkeys(each.url for each in places if comparable(each.authority) == comparable(member.id)):
        data = desk.shelf.approval_list(url)
        if data is None:
            yield _Approvals(
                web_address(url), url, None, None, 0, trouble=speech.say("published elsewhere and not looked up here")
            )
            continue
        try:
            said = authority_of([desk.verifiers["default"].verify(data, now=desk.clock())]).statements
        except VerificationError:
            yield _Approvals(
                web_address(url), url, None, None, 0, trouble=speech.say("it could not be confirmed just now")
            )
            continue
        for statement in said:
            if statement.complete and comparable(statement.authority) == comparable(member.id):
                yield _Approvals(web_address(url), url, None, _current(statement, today), len(statement.approvals))


def _current(statement: Statement, today: date) -> int:
    """How many approvals of a statement count on a day."""
    if statement.state is not State.IN_FORCE or not statement.speaks.contains(today):
        return 0
    return sum(approval.doubt is None and approval.period.contains(today) for approval in statement.approvals)
