"""The verifier's HTTP interface: VCALM's three addresses (SPEC R) and ``/api/v1/verify``, which answers with reports.

Bodies are read here, on the event loop, within bounds; the verification itself runs in a thread of a bounded pool.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from badgeport.web.answers import PROBLEM_JSON, Refusal, json_response, refused, status_of
from badgeport.web.bodies import (
    JsonBody,
    encoded,
    instant_member,
    is_json,
    json_body,
    media_type,
    only,
    read_body,
    read_form,
    text_member,
)
from badgeport.web.threads import in_thread
from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from badgeport.schemas import carrier, jsontext, structure
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    INVALID_CHALLENGE_ERROR,
    INVALID_REQUEST,
    MALFORMED_VALUE_ERROR,
    REQUEST_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
)
from badgeport.verifier.intake import Allowance, Piece, unpack
from badgeport.verifier.package import is_package
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web import openapi, vcalm
from badgeport.verifier.web.desk import Desk, desk_of, network_of
from badgeport.verifier.web.store import TIME_TO_LIVE

CHALLENGE_PREFIX = "bp1-"
"""How a challenge of ours begins, so that one that was used or has lapsed is told apart from a caller's own."""

MAXIMUM_CREDENTIALS = 100
"""Credentials verified for one request; more go into a batch."""

REQUEST_SECONDS = 90.0
"""After this long no further credential of one request is begun."""

_QUESTION = frozenset({"asOf", "recipient", "policy"})
_SOURCES = frozenset({"credential", "url"})
_FORM_SOURCES = frozenset({"text", "url"})
_PACKAGE = (
    "this is a proof package: it brings its own documents, so that only who keeps it can rely on it; repeat it with "
    "'badgeport verify FILE --offline', or send the credential in it"
)
_NO_TIME = "there was no time left for it; send fewer at once"
_BODY_ROOM = 64 * 1024
_WITH_CONTEXT = re.compile(rb'[ \t\r\n]*\{[ \t\r\n]*"@context"[ \t\r\n]*:')
"""How a text begins that is either a JSON object with an ``@context`` or no JSON at all."""
_FORM = "multipart/form-data"


class Direct(APIRoute):
    """A route whose endpoint takes the request alone and answers it: there is nothing to be worked out for each.

    Its path has no parameters, so that it can be found by the path alone.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        return cast("Callable[[Request], Coroutine[Any, Any, Response]]", self.endpoint)


router = APIRouter()
_direct = APIRouter(route_class=Direct)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What ``/api/v1/verify`` is asked: the inputs, and the question about each."""

    inputs: tuple[tuple[str | None, bytes], ...]
    verifier: Verifier
    as_of: datetime | None
    recipient: str | None


# -- VCALM ----------------------------------------------------------------------------------------------------------


@_direct.post("/credentials/verify", **openapi.VERIFY_CREDENTIAL)
async def verify_credential(request: Request) -> Response:
    """Verify one credential, as VCALM states it."""
    return await _vcalm_answer(request, _about_credential)


@_direct.post("/presentations/verify", **openapi.VERIFY_PRESENTATION)
async def verify_presentation(request: Request) -> Response:
    """Verify a presentation and every credential in it, as VCALM states it."""
    return await _vcalm_answer(request, _about_presentation)


@router.post("/challenges", **openapi.CHALLENGES)
def create_challenge(request: Request) -> Response:
    """A challenge for a presentation; it can be answered once, within ten minutes."""
    desk = desk_of(request)
    network = network_of(request)
    token = desk.store.put("challenge", b"", TIME_TO_LIVE["challenge"], now=desk.clock(), network=network)
    return json_response({"challenge": CHALLENGE_PREFIX + token})


async def _vcalm_answer(request: Request, about: Callable[[Desk, JsonBody], Response]) -> Response:
    """The answer about a JSON body, which is parsed in the thread too: that takes its time."""
    desk, kind = desk_of(request), media_type(request)

    def answer(data: bytes) -> Response:
        try:
            return about(desk, json_body(kind, data, _room_for_wrapping(desk.limits)))
        except Refusal as refusal:
            return _refused(refusal)

    try:
        data = await read_body(request)
    except Refusal as refusal:
        return _refused(refusal)
    return await in_thread(lambda: answer(data))


def _about_credential(desk: Desk, body: JsonBody) -> Response:
    only(body.members, frozenset({"verifiableCredential", "options"}), "member of this request")
    options = vcalm.options_of(body.members, vcalm.CREDENTIAL_OPTIONS)
    data = _secured(body, "verifiableCredential")
    return _credential_answer(desk, data, body.members["verifiableCredential"], options)


def _about_presentation(desk: Desk, body: JsonBody) -> Response:
    known = frozenset({"verifiablePresentation", "presentation", "options"})
    only(body.members, known, "member of this request")
    options = vcalm.options_of(body.members, vcalm.PRESENTATION_OPTIONS)
    given = [member for member in ("verifiablePresentation", "presentation") if member in body.members]
    if len(given) != 1:
        raise refused("verifiablePresentation", "send either 'verifiablePresentation' or 'presentation'")
    data = _secured(body, given[0])
    value = body.members[given[0]]
    if given[0] == "presentation" and isinstance(value, dict) and not _is_secured(value):
        if {"challenge", "domain"} & options.keys():
            raise refused("options", "a presentation without a proof answers no challenge and names no domain")
        return _unsigned_answer(desk, value, options)
    return _presentation_answer(desk, data, value, options)


def _room_for_wrapping(limits: Limits) -> Limits:
    """The limits of a request that holds a document: it may be written with escapes, one level further in."""
    return replace(
        limits,
        document_bytes=2 * limits.document_bytes + _BODY_ROOM,
        json_depth=limits.json_depth + 1,
        json_members=limits.json_members + 1_000,
    )


def _secured(body: JsonBody, member: str) -> bytes:
    """The bytes of the document to verify. An address is none: here nothing a caller names is looked up."""
    if member not in body.members:
        raise refused(member, f"the request has no '{member}'")
    data = body.object_or_text(member)
    if isinstance(body.members[member], str) and carrier.detect(data) not in ("jws", "sd-jwt"):
        raise refused(member, f"'{member}' is a text, and neither a JWT nor an SD-JWT")
    return data


def _is_secured(document: Mapping[str, Any]) -> bool:
    types = document.get("type")
    enveloped = "EnvelopedVerifiablePresentation" in (types if isinstance(types, list) else [types])
    return "proof" in document or enveloped


def _credential_answer(desk: Desk, data: bytes, sent: Any, options: Mapping[str, Any]) -> Response:
    report = _inspect(desk, desk.verifiers["vcalm"], "vcalm", data)
    answer = vcalm.expecting(report.to_vc_api(), report, "VerifiableCredential")
    answer = vcalm.passing_over(answer, [name for name in ("challenge", "domain") if name in options])

    def results() -> dict[str, Any]:
        return vcalm.credential_results(report, sent if isinstance(sent, dict) else {})

    return _vcalm_response(answer, results, options, "credential", sent)


def _presentation_answer(desk: Desk, data: bytes, sent: Any, options: Mapping[str, Any]) -> Response:
    challenge = options.get("challenge")
    if not _fresh(desk, challenge):
        detail = "the challenge was answered before, or its ten minutes are over; ask for a new one at /challenges"
        problem = Problem(INVALID_CHALLENGE_ERROR, detail, "/options/challenge")
        return json_response(vcalm.failure(problem), 400)
    report = _inspect(desk, desk.verifiers["vcalm"], "vcalm", data, challenge=challenge, domain=options.get("domain"))
    answer = vcalm.expecting(report.to_vc_api(), report, "VerifiablePresentation")

    def results() -> dict[str, Any]:
        return vcalm.presentation_results(report, sent if isinstance(sent, dict) else {}, options)

    return _vcalm_response(answer, results, options, "verifiablePresentation", sent)


def _fresh(desk: Desk, challenge: str | None) -> bool:
    """Whether a challenge may be answered. One of ours is used up by asking, whatever the answer turns out to be."""
    if challenge is None or not challenge.startswith(CHALLENGE_PREFIX):
        return True
    token = challenge.removeprefix(CHALLENGE_PREFIX)
    return desk.store.take("challenge", token, now=desk.clock()) is not None


def _unsigned_answer(desk: Desk, sent: dict[str, Any], options: Mapping[str, Any]) -> Response:
    """The answer about a presentation without a proof: every credential in it is verified by itself."""
    problems = _presentation_problems(sent)
    shown = sent.get("verifiableCredential", [])
    shown = shown if isinstance(shown, list) else [shown]
    answers: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    unread: list[Problem] = []
    started = time.monotonic()
    if len(shown) > MAXIMUM_CREDENTIALS:
        detail = f"the presentation shows more than {MAXIMUM_CREDENTIALS} credentials; send them in parts"
        return _refused(Refusal(REQUEST_TOO_LARGE, detail, pointer="/presentation/verifiableCredential"))
    for index, item in enumerate(shown):
        pointer = f"/verifiableCredential/{index}"
        data = _shown_by(item)
        if data is None:
            detail = "what the presentation shows is neither a JSON object nor a JWT"
            unread.append(Problem(MALFORMED_VALUE_ERROR, detail, pointer))
        elif time.monotonic() - started > REQUEST_SECONDS:
            unread.append(Problem(INVALID_REQUEST, "there was no time left to verify this; send fewer", pointer))
        else:
            report = _inspect(desk, desk.verifiers["vcalm"], "vcalm", data)
            answer = vcalm.expecting(report.to_vc_api(), report, "VerifiableCredential")
            for detail in answer["problemDetails"]:
                detail["pointer"] = pointer + detail.get("pointer", "")
            answers.append(answer)
            own = vcalm.credential_results(report, item if isinstance(item, dict) else {})
            results.append({key: answer[key] for key in ("verified", "problemDetails")} | {"results": own})
    answer = vcalm.unsigned_presentation(answers, problems, unread)
    body = {"presentation": {"proof": []}, "credentials": results}
    return _vcalm_response(answer, lambda: body, options, "verifiablePresentation", sent)


def _shown_by(item: Any) -> bytes | None:
    """The bytes of a credential in an unsigned presentation: an object, or a JWT as data model 1.1 allows."""
    if isinstance(item, dict):
        return jsontext.dump(item)
    data = item.encode("utf-8", "surrogatepass") if isinstance(item, str) else b""
    return data if carrier.detect(data) in ("jws", "sd-jwt") else None


def _presentation_problems(sent: dict[str, Any]) -> list[Problem]:
    """What is wrong with the form of a presentation itself."""
    found = structure.check(sent)
    if not found.kind.startswith("vp"):
        return [Problem(MALFORMED_VALUE_ERROR, "the document is no VerifiablePresentation", "/type")]
    return list(found.problems)


def _vcalm_response(
    answer: Mapping[str, Any],
    results: Callable[[], Mapping[str, Any]],
    options: Mapping[str, Any],
    member: str,
    sent: Any,
) -> Response:
    body: dict[str, Any] = {"verified": answer["verified"]}
    wanted = "returnCredential" if member == "credential" else "returnPresentation"
    if options.get(wanted):
        body[member] = sent
    if options.get("returnProblemDetails", True):
        body["problemDetails"] = answer["problemDetails"]
    if options.get("returnResults"):
        body["results"] = results()
    if "checks" in options:
        # Older clients read these. Whatever they asked for, every check was made.
        body["checks"] = options["checks"]
        for name, severity in (("errors", vcalm.ERROR), ("warnings", vcalm.WARNING)):
            found = [detail for detail in answer["problemDetails"] if detail["severity"] == severity]
            body[name] = [detail["detail"] for detail in found]
    return _json(body, 200 if answer["verified"] else 400)


def _refused(refusal: Refusal) -> Response:
    """A request that cannot be served, in VCALM's terms and in those of RFC 9457 at once."""
    status = status_of(refusal.problem)
    body = {**refusal.problem.to_json(), "status": status, **vcalm.failure(refusal.problem)}
    return Response(jsontext.dump_pretty(body), status, dict(refusal.headers), PROBLEM_JSON)


# -- Reports --------------------------------------------------------------------------------------------------------


@_direct.post("/api/v1/verify", **openapi.VERIFY)
async def verify(request: Request) -> Response:
    """Verify anything that may hold a credential; the answer is the report, whatever the verdict."""
    desk = desk_of(request)
    kind = media_type(request)
    if kind == _FORM:
        asked = await _asked_by_form(request, desk)
        return await in_thread(lambda: _reports(desk, asked))
    data = await read_body(request)
    # A body is parsed in the thread too: that takes its time.
    return await in_thread(lambda: _reports(desk, _asked_by_body(request, desk, kind, data)))


async def _asked_by_form(request: Request, desk: Desk) -> _Asked:
    form = await read_form(request, desk.limits)
    only(form.fields, _QUESTION | _FORM_SOURCES, "field of this form; a file is named 'file'")
    inputs = list(form.files)
    if "text" in form.fields:
        inputs.append((None, encoded(form.fields["text"])))
    if "url" in form.fields:
        inputs.append((None, _address(form.fields["url"])))
    kinds = bool(form.files) + ("text" in form.fields) + ("url" in form.fields)
    if kinds != 1:
        raise Refusal(INVALID_REQUEST, "send one of the parts 'file' (as often as you like), 'text' and 'url'")
    return _asked(request, desk, inputs, form.fields)


def _asked_by_body(request: Request, desk: Desk, kind: str, data: bytes) -> _Asked:
    if not data:
        raise Refusal(INVALID_REQUEST, "the request is empty; send the credential as its body")
    wrapped = _wrapped(kind, data, desk.limits)
    if wrapped is None:
        return _asked(request, desk, [(None, data)], {})
    only(wrapped.members, _QUESTION | _SOURCES, "member of this request")
    if len(_SOURCES & wrapped.members.keys()) != 1:
        raise Refusal(INVALID_REQUEST, "send either 'credential' or 'url'")
    if "credential" in wrapped.members:
        source = wrapped.object_or_text("credential")
    else:
        source = _address(text_member(wrapped.members, "url") or "")
    return _asked(request, desk, [(None, source)], wrapped.members)


def _wrapped(kind: str, data: bytes, limits: Limits) -> JsonBody | None:
    """The request, where the body is one; None where it is itself what is to be verified.

    A credential has an ``@context`` and a request none, so that neither is ever taken for the other.
    """
    if not is_json(kind) or _WITH_CONTEXT.match(data):
        return None
    try:
        body = json_body(kind, data, _room_for_wrapping(limits))
    except Refusal:
        # Whatever it is, the report will say.
        return None
    return body if _SOURCES & body.members.keys() and "@context" not in body.members else None


def _address(text: str) -> bytes:
    address = text.strip()
    if not address.lower().startswith(("https://", "http://")) or any(sign.isspace() for sign in address):
        raise refused("url", "'url' is not a web address that begins with https://")
    return encoded(address)


def _asked(
    request: Request, desk: Desk, inputs: Iterable[tuple[str | None, bytes]], members: Mapping[str, Any]
) -> _Asked:
    """The question, whose parts stand in the query or in the body, each in one of them."""
    query = dict(request.query_params)
    only(query, _QUESTION, "parameter of this address")
    if len(query) != len(request.query_params.multi_items()):
        raise Refusal(INVALID_REQUEST, "a parameter comes more than once")
    for name in query.keys() & members.keys():
        raise refused(name, f"'{name}' stands in the address and in the body")
    stated = {**{name: members[name] for name in _QUESTION & members.keys()}, **query}
    policy = text_member(stated, "policy")
    verifier = desk.verifier(policy)
    if verifier is None:
        raise refused("policy", f"there is no such policy here; there are {', '.join(desk.policies)}")
    return _Asked(tuple(inputs), verifier, instant_member(stated, "asOf"), text_member(stated, "recipient"))


def _reports(desk: Desk, asked: _Asked) -> Response:
    """Every report. Of several inputs none is lost: what could not be verified is named, with the reason."""
    if len(asked.inputs) == 1 and is_package(asked.inputs[0][1]):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, _PACKAGE)
    with Allowance.of(desk.limits, REQUEST_SECONDS) as allowance:
        pieces = _pieces(desk, asked, allowance)
        alone = len(pieces) == 1
        unread: list[dict[str, Any]] = []
        reports: list[dict[str, Any]] = []
        for piece in pieces:
            if piece.problem is not None:
                unread.append({"file": piece.name, "reason": piece.problem.detail})
                continue
            if allowance.is_over:
                unread.append({"file": piece.name, "reason": _NO_TIME})
                continue
            question = {"as_of": asked.as_of, "recipient": asked.recipient, "allowance": allowance}
            report = _inspect(desk, asked.verifier, "api", piece.data, **question)
            if alone:
                return Response(report.to_line(), media_type="application/json")
            reports.append({**report.to_json(), "file": piece.name})
    body: dict[str, Any] = {"reports": reports}
    return _json({**body, "unread": unread} if unread else body)


def _pieces(desk: Desk, asked: _Asked, allowance: Allowance) -> list[Piece]:
    """Everything that was sent, under its full name. Raises Refusal where that is too much to wait for."""
    pieces: list[Piece] = []
    for name, data in asked.inputs:
        if is_package(data):
            pieces.append(Piece(name, b"", Problem(UNSUPPORTED_MEDIA_TYPE, _PACKAGE)))
            continue
        for piece in (Piece(None, data),) if allowance.is_over else unpack(data, desk.limits, allowance):
            full = "/".join(part for part in (name, piece.name) if part) or None
            pieces.append(replace(piece, name=full))
        if sum(piece.problem is None for piece in pieces) > MAXIMUM_CREDENTIALS:
            detail = f"more than {MAXIMUM_CREDENTIALS} credentials were sent, which are verified while you wait"
            raise Refusal(REQUEST_TOO_LARGE, f"{detail}; send them in parts, or as a batch")
    return pieces


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    """The answer about a document, on one line: indented text comes from an encoder that is many times slower."""
    return Response(jsontext.dump(body), status, media_type="application/json")


def _inspect(desk: Desk, verifier: Verifier, surface: str, data: bytes, **question: Any) -> VerificationReport:
    started = time.monotonic()
    report = verifier.inspect(data, now=desk.clock(), **question)
    desk.note(surface, report, time.monotonic() - started)
    return report


router.routes.extend(_direct.routes)
