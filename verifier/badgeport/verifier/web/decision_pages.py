"""The pages ``/recognize/…``: a receiving office chooses a policy, states what it asks, and gets a decision to file.

What was handed in is the result of a check (`page`), kept under the same token. A decision is kept for an hour under a
token of its own; whoever has its address can read it, and nobody else.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from badgeport.web.answers import Refusal
from badgeport.web.bodies import read_form
from badgeport.web.origin import require_same_site
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from badgeport.schemas import jsontext
from badgeport.schemas.problems import NOT_FOUND
from badgeport.verifier.recognition.conditions.evaluation import questions
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.deciding.inputs import Inputs, inputs_of
from badgeport.verifier.recognition.deciding.record import inputs_again, record_of
from badgeport.verifier.recognition.decision import Decision
from badgeport.verifier.recognition.engine import decide
from badgeport.verifier.web.asking import NONE, Field, facts_of, fields_of
from badgeport.verifier.web.choosing import Choice, chosen, grouped
from badgeport.verifier.web.decision_view import Checked, DecisionView, decision_view
from badgeport.verifier.web.desk import Desk, desk_of, network_of
from badgeport.verifier.web.kept import Kept
from badgeport.verifier.web.portfolio import Portfolio, Refused, forget, names_of, portfolio_of
from badgeport.verifier.web.recognition import MAXIMUM_TRIALS
from badgeport.verifier.web.showing import Mistake, download, in_words, instant_of, page, see_other, speech_of
from badgeport.verifier.web.store import TIME_TO_LIVE
from badgeport.verifier.web.views import report_view
from badgeport.verifier.web.words import Words, keyed

router = APIRouter(include_in_schema=False)


# -- the second form ------------------------------------------------------------------------------------------------


@router.get("/recognize/{token}")
@in_words
def show_facts_form(request: Request, token: str) -> Response:
    """What was handed in, the policy, and what the policy asks about the educator."""
    return _form(request, token, request.query_params.get("under", ""), {}, None)


@router.post("/recognize/{token}")
@in_words
async def ask(request: Request, token: str) -> Response:
    """Decide; answers with the address of the decision."""
    desk = desk_of(request)
    require_same_site(request, desk.public_url)
    given = (await read_form(request, desk.limits)).fields
    under = given.get("under", "")
    try:
        address = await run_in_threadpool(_answer, request, token, under, given)
    except Mistake as mistake:
        return await run_in_threadpool(_form, request, token, under, given, mistake)
    return see_other(request, f"/recognize/decisions/{address}")


def _form(request: Request, token: str, under: str, given: Mapping[str, str], mistake: Mistake | None) -> Response:
    desk, speech = desk_of(request), speech_of(request)
    kept, expires_at = kept_of(desk, token)
    choice = chosen(desk.shelf, under)
    values = {
        "token": token,
        "rows": names_of(kept, speech.language, desk.clock()),
        "choices": grouped(desk.shelf, speech),
        "under": under,
        "choice": choice,
        "fields": [] if choice is None else _fields(choice),
        "given": given,
        "mistake": mistake,
        "speech": speech,
        "another": NONE,
        "expires_at": speech.moment(expires_at),
    }
    return page(request, "facts.html", values, status=200 if mistake is None else 400)


def _fields(choice: Choice) -> tuple[Field, ...]:
    return fields_of([(choice.shelved.policy, choice.purpose)])


# -- deciding -------------------------------------------------------------------------------------------------------


def _answer(request: Request, token: str, under: str, given: Mapping[str, str]) -> str:
    """Verify everything anew and decide; returns the token of the decision. Raises Mistake and Refusal."""
    desk = desk_of(request)
    kept, _ = kept_of(desk, token)
    choice = chosen(desk.shelf, under)
    if choice is None:
        raise Mistake("under", keyed("Choose a policy."))
    fields, instant = _fields(choice), instant_of(given.get("as_of", ""), desk.clock())
    # What cannot be read in the form is said before anything is verified.
    facts_of(fields, given, dict.fromkeys(range(1, len(kept) + 1), ()))
    portfolio = portfolio_of(desk, kept, instant)
    if not portfolio.verified:
        raise Mistake("badges", keyed("Nothing that was handed in is valid as of that day, so nothing was decided."))
    policy = choice.shelved.policy
    if questions(policy.rules) * len(portfolio.verified) > MAXIMUM_TRIALS:
        raise Mistake("badges", keyed("These are too many badges for this policy. Hand in fewer at a time."))
    inputs = inputs_of(
        portfolio.credentials,
        policy,
        choice.purpose,
        facts_of(fields, given, portfolio.achievements()),
        portfolio.as_of,
        authority=portfolio.authority(policy, desk),
        agreements={name: desk.shelf.agreements[name] for name in policy.agreements if name in desk.shelf.agreements},
        software=desk.software,
    )
    data = _pack(inputs, decide(inputs), portfolio, token, choice)
    return desk.store.put("decision", data, TIME_TO_LIVE["decision"], now=desk.clock(), network=network_of(request))


def _pack(inputs: Inputs, decision: Decision, portfolio: Portfolio, token: str, choice: Choice) -> bytes:
    body = {
        "decision": decision.to_json(),
        "record": record_of(inputs),
        "refused": refused_json(portfolio.refused),
        "checked": [
            {"number": number, "report": credential.report.to_json()} for number, credential in portfolio.verified
        ],
        "result": token,
        "policy": choice.shelved.name,
        "under": choice.value,
    }
    return zlib.compress(jsontext.dump(body))


# -- the decision ---------------------------------------------------------------------------------------------------


@router.get("/recognize/decisions/{token}")
@in_words
def show_decision(request: Request, token: str) -> Response:
    """The decision, to read, to print and to file."""
    body, expires_at = _stored(request, token)
    desk, speech = desk_of(request), speech_of(request)
    values = {
        "view": _view(body, speech, desk.clock()),
        "refused": refused_rows(body["refused"], speech, desk.clock()),
        "base": f"/recognize/decisions/{token}",
        "result": body["result"],
        "policy": body["policy"],
        "under": body["under"],
        "expires_at": speech.moment(expires_at),
    }
    return page(request, "decision.html", values)


@router.get("/recognize/decisions/{token}/decision.json")
@in_words
def decision_json(request: Request, token: str) -> Response:
    """The decision, for programs."""
    return download(jsontext.dump_pretty(_stored(request, token)[0]["decision"]), "application/json", "decision.json")


@router.get("/recognize/decisions/{token}/record.json")
@in_words
def record_json(request: Request, token: str) -> Response:
    """All that the decision was made from, to make it again."""
    record = jsontext.dump_pretty(_stored(request, token)[0]["record"])
    return download(record, "application/json", "decision-record.json")


@router.get("/recognize/decisions/{token}/decision.pdf")
@in_words
def decision_file(request: Request, token: str) -> Response:
    """The decision on paper."""
    from badgeport.verifier.web.decision_pdf import decision_pdf

    body, _ = _stored(request, token)
    desk, speech = desk_of(request), speech_of(request)
    refused = refused_rows(body["refused"], speech, desk.clock())
    made = from_json(body["decision"]).as_of
    file = decision_pdf(_view(body, speech, desk.clock()), refused, speech, made=made)
    return download(file, "application/pdf", "decision.pdf")


@router.post("/recognize/decisions/{token}/delete")
@in_words
async def delete_decision(request: Request, token: str) -> Response:
    """Forget a decision, and what was handed in for it, now."""
    desk = desk_of(request)
    require_same_site(request, desk.public_url)
    body, _ = await run_in_threadpool(_stored, request, token)
    await run_in_threadpool(forget, desk, body["result"])
    await run_in_threadpool(desk.store.delete, "decision", token)
    return see_other(request, "/verify/deleted")


def _view(body: Mapping[str, Any], speech: Words, now: datetime) -> DecisionView:
    inputs = inputs_again(body["record"])
    fields = fields_of([(inputs.policy, inputs.purpose)])
    return decision_view(
        from_json(body["decision"]),
        inputs.policy,
        inputs.agreements,
        speech,
        left_out=len(body["refused"]),
        fields=fields,
        checks=dict(_checks(body["checked"], speech, now)),
    )


def _checks(kept: list[Mapping[str, Any]], speech: Words, now: datetime) -> Iterator[tuple[str, Checked]]:
    """What the checks of the badges said, by the digests of what was handed in."""
    issued, awarded = speech.say("Issued by"), speech.say("Awarded to")
    for each in kept:
        view = report_view(each["report"], speech.language, now=now)
        facts = {fact.label: fact for fact in view.facts}
        issuer, recipient = facts.get(issued), facts.get(awarded)
        by = "" if issuer is None else ". ".join(text for text in (issuer.value, issuer.note) if text)
        to = "" if recipient is None else recipient.value
        yield str(each["report"]["input"]["sha256"]), Checked(each["number"], view.headline, by, to)


def refused_rows(refused: list[Mapping[str, Any]], speech: Words, now: datetime) -> list[dict[str, Any]]:
    """What entered no decision, as a list shows it: its name, the headline of its report and why."""
    rows = []
    for each in refused:
        report = each["report"]
        view = None if report is None else report_view(report, speech.language, now=now)
        row = {"number": each["number"], "name": each["name"], "tone": "nothing", "why": ""}
        if view is None:
            row["headline"] = speech.say("It could not be looked at again. Hand in fewer things at a time.")
        elif view.verdict == "valid":
            row |= {"tone": view.tone, "name": view.name}
            row["headline"] = speech.say("It is a presentation. Hand in each credential that it shows.")
        else:
            row |= {"tone": view.tone, "name": view.name if view.facts else each["name"]}
            row |= {"headline": view.headline, "why": view.sentence}
        rows.append(row)
    return rows


def refused_json(refused: tuple[Refused, ...]) -> list[dict[str, Any]]:
    """What entered no decision, as it is kept."""
    return [{"number": each.number, "name": each.name, "report": each.report} for each in refused]


def kept_of(desk: Desk, token: str) -> tuple[Kept, datetime]:
    """What was handed in, and until when it is kept. Raises Refusal (NOT_FOUND)."""
    stored = desk.store.get("result", token, now=desk.clock())
    if stored is None:
        raise _gone()
    return Kept(stored.data), stored.expires_at


def _stored(request: Request, token: str) -> tuple[dict[str, Any], datetime]:
    desk = desk_of(request)
    stored = desk.store.get("decision", token, now=desk.clock())
    if stored is None:
        raise _gone()
    return unpacked(stored.data), stored.expires_at


def unpacked(data: bytes) -> dict[str, Any]:
    """What was kept compressed, as JSON."""
    import json

    # Written by ourselves, so that the limits for what others write do not apply.
    body = json.loads(zlib.decompress(data))
    assert isinstance(body, dict)
    return body


def _gone() -> Refusal:
    return Refusal(NOT_FOUND, "there is no result at this address, or its time is over")
