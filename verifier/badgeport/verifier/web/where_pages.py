"""The pages ``/where/…``: a teacher sees in which jurisdictions what was handed in would count, and what is missing.

What was handed in is the result of a check (`page`); the answer is kept beside it for as long. Nothing a teacher states
is needed for it, and each fact that is stated makes it more exact.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from badgeport.web.bodies import read_form
from badgeport.web.origin import require_same_site
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from badgeport.schemas import jsontext
from badgeport.verifier.recognition.conditions.evaluation import questions
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.recognition.what_if import Outlook, where_it_counts
from badgeport.verifier.shelf import Shelved
from badgeport.verifier.web.asking import NONE, Field, facts_of, fields_of
from badgeport.verifier.web.choosing import STATUS_WORDS, area_name
from badgeport.verifier.web.decision_pages import kept_of, refused_json, refused_rows, unpacked
from badgeport.verifier.web.desk import Desk, desk_of, network_of
from badgeport.verifier.web.kept import Kept
from badgeport.verifier.web.portfolio import Portfolio, forget, names_of, portfolio_of, where_note
from badgeport.verifier.web.recognition import MAXIMUM_TRIALS
from badgeport.verifier.web.showing import Mistake, in_words, page, see_other, speech_of
from badgeport.verifier.web.store import TIME_TO_LIVE
from badgeport.verifier.web.telling import KIND_WORDS, TONES, Teller, Text, amount_words
from badgeport.verifier.web.words import Words

DECIDING_SECONDS = 60.0
"""After this long no further policy is tried for one visit."""

_MISSING = 4
"""How much of what is missing a row of the table names."""

_ORDER = (Kind.ACCEPT, Kind.ACCEPT_WITH_CONDITIONS, Kind.REFER, Kind.NOT_ACCEPTED)

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One jurisdiction, policy and purpose: what would be decided, and what is missing."""

    place: str
    jurisdiction: str
    policy: str
    title: str
    language: str
    example: bool
    status: str
    purpose: str
    under: str
    tone: str
    word: str
    amount: str
    for_more: bool
    refused: bool
    missing: tuple[Text, ...]
    more: int


@router.get("/where/{token}")
@in_words
def show_where(request: Request, token: str) -> Response:
    """Where what was handed in would count: the answer that is kept, or else a fresh one."""
    desk = desk_of(request)
    kept, _ = kept_of(desk, token)
    stored = desk.store.get("decision", where_note(token), now=desk.clock())
    body = unpacked(stored.data) if stored is not None else _found(request, token, kept, Facts(), {})
    return _page(request, token, kept, body, None)


@router.post("/where/{token}")
@in_words
async def ask(request: Request, token: str) -> Response:
    """The same with what the teacher states."""
    desk = desk_of(request)
    require_same_site(request, desk.public_url)
    given = (await read_form(request, desk.limits)).fields
    answer = await run_in_threadpool(_refined, request, token, given)
    return answer or see_other(request, f"/where/{token}")


@router.post("/where/{token}/delete")
@in_words
async def delete(request: Request, token: str) -> Response:
    """Forget what was handed in, and the answer, now."""
    desk = desk_of(request)
    require_same_site(request, desk.public_url)
    await run_in_threadpool(forget, desk, token)
    return see_other(request, "/verify/deleted")


def _refined(request: Request, token: str, given: Mapping[str, str]) -> Response | None:
    """Look again with the facts of the form; a page only where something in it cannot be read."""
    desk = desk_of(request)
    kept, _ = kept_of(desk, token)
    try:
        facts = facts_of(_fields(desk), given, {})
    except Mistake as mistake:
        stored = desk.store.get("decision", where_note(token), now=desk.clock())
        body = unpacked(stored.data) if stored is not None else _found(request, token, kept, Facts(), {})
        return _page(request, token, kept, {**body, "given": dict(given)}, mistake)
    _found(request, token, kept, facts, given)
    return None


def _fields(desk: Desk) -> tuple[Field, ...]:
    """What all policies together ask; not what is asked badge by badge, which is for the office that decides."""
    fields = fields_of([(each.policy, None) for each in desk.shelf.policies])
    return tuple(field for field in fields if field.shape != "approvals")


def _found(request: Request, token: str, kept: Kept, facts: Facts, given: Mapping[str, str]) -> dict[str, Any]:
    """Decide under every policy, and keep the answer as long as what was handed in."""
    desk = desk_of(request)
    portfolio = portfolio_of(desk, kept, None)
    policies = desk.shelf.deciding(portfolio.as_of.date())
    rows = list(_outlooks(desk, policies, portfolio, facts))
    tried = {name for name, _ in rows}
    body = {
        "rows": [
            {"policy": name, "sha256": outlook.policy.sha256, "decision": _brief(outlook.decision)}
            for name, outlook in rows
        ],
        "untried": [each.name for each in policies if each.name not in tried] if portfolio.verified else [],
        "refused": refused_json(portfolio.refused),
        "given": dict(given),
    }
    data = zlib.compress(jsontext.dump(body))
    now = desk.clock()
    lifetime = TIME_TO_LIVE["decision"]
    desk.store.put("decision", data, lifetime, now=now, network=network_of(request), token=where_note(token))
    return body


def _outlooks(
    desk: Desk, policies: Sequence[Shelved], portfolio: Portfolio, facts: Facts
) -> Iterator[tuple[str, Outlook]]:
    """What the portfolio would be worth under each policy, as far as there is time."""
    if not portfolio.verified:
        return
    ends = time.monotonic() + DECIDING_SECONDS
    for shelved in policies:
        policy = shelved.policy
        if time.monotonic() > ends or questions(policy.rules) * len(portfolio.verified) > MAXIMUM_TRIALS:
            continue
        at_hand = {name: desk.shelf.agreements[name] for name in policy.agreements if name in desk.shelf.agreements}
        for outlook in where_it_counts(
            portfolio.credentials,
            [policy],
            facts,
            portfolio.as_of,
            authority=portfolio.authority(policy, desk),
            agreements=at_hand,
            software=desk.software,
        ):
            yield shelved.name, outlook


def _brief(decision: Decision) -> dict[str, Any]:
    """A decision without its trace and its inputs, which the table does not show."""
    return replace(decision, trace=(), inputs={}).to_json()


def _page(request: Request, token: str, kept: Kept, body: Mapping[str, Any], mistake: Mistake | None) -> Response:
    desk, speech = desk_of(request), speech_of(request)
    rows = sorted(_rows(desk, body, speech), key=lambda row: (row[0], row[1].place, row[1].jurisdiction, row[1].title))
    shown = [row for _, row in rows]
    _, expires_at = kept_of(desk, token)
    values = {
        "token": token,
        "rows": names_of(kept, speech.language, desk.clock()),
        "refused": refused_rows(body["refused"], speech, desk.clock()),
        "table": shown,
        "counts": [
            (TONES[kind], speech.say(KIND_WORDS[kind]), sum(place == index for place, _ in rows))
            for index, kind in enumerate(_ORDER)
        ],
        "untried": len(body["untried"]),
        "fields": _fields(desk),
        "given": body["given"],
        "another": NONE,
        "mistake": mistake,
        "speech": speech,
        "expires_at": speech.moment(expires_at),
    }
    return page(request, "where_table.html", values, status=200 if mistake is None else 400)


def _rows(desk: Desk, body: Mapping[str, Any], speech: Words) -> Iterator[tuple[int, Row]]:
    for each in body["rows"]:
        shelved = desk.shelf.get(each["policy"])
        # Of a policy that was withdrawn or replaced since, there is nothing to say.
        if shelved is not None and shelved.withdrawn is None and shelved.policy.sha256 == each["sha256"]:
            decision = from_json(each["decision"])
            yield _ORDER.index(decision.kind), _row(desk, shelved, decision, speech)


def _row(desk: Desk, shelved: Shelved, decision: Decision, speech: Words) -> Row:
    policy = shelved.policy
    teller = Teller(policy, desk.shelf.agreements, speech)
    missing = tuple(dict.fromkeys(teller.missing(each, brief=True) for each in decision.missing))
    given = decision.kind is not Kind.NOT_ACCEPTED
    amount = amount_words(decision.amount, decision.at_most, decision.open_ended, decision.unit, speech)
    return Row(
        place=area_name(policy.jurisdiction.area, speech),
        jurisdiction=policy.jurisdiction.name,
        policy=shelved.name,
        title=policy.title,
        language=policy.language,
        example=shelved.is_example,
        status=speech.say(STATUS_WORDS[policy.status]),
        purpose=policy.purposes[decision.purpose].title,
        under=f"{shelved.name}/{decision.purpose}",
        tone=TONES[decision.kind],
        word=speech.say(KIND_WORDS[decision.kind]),
        amount=amount if given else "",
        for_more=decision.kind is Kind.ACCEPT,
        refused=not given,
        missing=missing[:_MISSING],
        more=max(0, len(missing) - _MISSING),
    )
