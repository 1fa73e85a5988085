"""The page ``/verify``: anything in by a form, one answer out that a person can read.

Works without JavaScript. A question is answered with an address that holds the answer for an hour; whoever has the
address can read it, and nobody else. A report may be shared under another address, which shows the report alone.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from badgeport.web.answers import Refusal
from badgeport.web.bodies import read_form
from badgeport.web.origin import own_origin, require_same_site
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.problems import (
    NOT_FOUND,
    PARSING_ERROR,
    REQUEST_REFUSED,
    REQUEST_TOO_LARGE,
    Problem,
    ProblemError,
)
from badgeport.verifier.intake import Allowance, Piece, unpack
from badgeport.verifier.package import Package, build_package, is_package, read_package
from badgeport.verifier.recording import Recording
from badgeport.verifier.repetition import recount
from badgeport.verifier.verifier import Verifier
from badgeport.verifier.web import decision_pages, policy_pages, where_pages
from badgeport.verifier.web.choosing import grouped
from badgeport.verifier.web.desk import Desk, desk_of, network_of
from badgeport.verifier.web.kept import Item, Kept, pack
from badgeport.verifier.web.portfolio import forget
from badgeport.verifier.web.showing import (
    Mistake,
    download,
    error_page,
    instant_of,
    page,
    problem_words,
    see_other,
    shown,
    speech_of,
)
from badgeport.verifier.web.store import TIME_TO_LIVE
from badgeport.verifier.web.views import TONE_WORDS, VERDICT_WORDS, ReportView, report_view
from badgeport.verifier.web.wording import RULES
from badgeport.verifier.web.words import Words, keyed

MAXIMUM_CREDENTIALS = 50
"""Credentials looked at for one visit; more go into a batch."""

REQUEST_SECONDS = 90.0
"""After this long no further credential of one visit is begun."""

FILE_TYPES = (
    ".json,.jsonld,.jwt,.sd-jwt,.txt,.png,.svg,.jpg,.jpeg,.webp,.gif,.pdf,.zip,image/*,application/pdf,application/json"
)
"""What the file chooser offers first; anything may be chosen."""

_FIELDS = frozenset({"text", "as_of", "recipient", "policy", "for", "under"})
_AIMS: Mapping[str, str] = {"": "form.html", "recognize": "recognize.html", "where": "where.html"}
"""The forms, by what comes after the check: nothing, a decision, or where the badges count."""
_RECIPIENT_CHARS = 2048

__all__ = ["error_page", "router"]

router = APIRouter(include_in_schema=False)
for _beside in (decision_pages, where_pages, policy_pages):
    router.routes.extend(_beside.router.routes)


@dataclass(frozen=True, slots=True)
class _Question:
    """What a visitor asks: the inputs with their file names, and the question about each."""

    inputs: tuple[tuple[str | None, bytes], ...]
    verifier: Verifier
    as_of: datetime | None
    recipient: str | None


# -- the form -------------------------------------------------------------------------------------------------------


@router.get("/verify")
def show_form(request: Request) -> Response:
    """The box."""
    return _form(request, {}, None)


@router.get("/recognize")
def show_recognize_form(request: Request) -> Response:
    """The box of who decides what badges are worth."""
    return _form(request, {"for": "recognize", "under": request.query_params.get("under", "")}, None)


@router.get("/where")
def show_where_form(request: Request) -> Response:
    """The box of who asks where badges count."""
    return _form(request, {"for": "where"}, None)


@router.post("/verify")
async def ask(request: Request) -> Response:
    """Verify what was handed in; answers with the address of the result, or of what the visitor came for."""
    desk = desk_of(request)
    require_same_site(request, desk_of(request).public_url)
    form = await read_form(request, desk.limits)
    fields = {name: value for name, value in form.fields.items() if name in _FIELDS}
    try:
        question = _question(desk, fields, form.files)
    except Mistake as mistake:
        return _form(request, fields, mistake)
    token = await run_in_threadpool(_answer, desk, question, network_of(request))
    aim, under = fields.get("for", ""), fields.get("under", "")
    if aim and aim in _AIMS:
        return see_other(request, f"/{aim}/{token}", **({"under": under} if under else {}))
    return see_other(request, f"/verify/results/{token}")


def _question(desk: Desk, fields: Mapping[str, str], files: Iterable[tuple[str | None, bytes]]) -> _Question:
    text = fields.get("text", "").strip()
    inputs = tuple(files)
    if text:
        inputs += ((None, text.encode("utf-8", "surrogateescape")),)
    if not inputs:
        raise Mistake("text", keyed("Nothing was handed in yet. Paste a link or a text, or choose a file."))
    verifier = desk.verifier(fields.get("policy") or None)
    if verifier is None:
        raise Mistake("policy", keyed("There are no such rules here. Choose others."))
    recipient = fields.get("recipient", "").strip()
    if len(recipient) > _RECIPIENT_CHARS:
        raise Mistake("recipient", keyed("This is too long for an e-mail address or an identifier."))
    return _Question(inputs, verifier, instant_of(fields.get("as_of", ""), desk.clock()), recipient or None)


def _form(request: Request, fields: Mapping[str, str], mistake: Mistake | None) -> Response:
    desk = desk_of(request)
    speech = speech_of(request)
    policies = [(name, speech.say(RULES[name]) if name in RULES else name) for name in desk.policies]
    values = {"fields": dict(fields), "mistake": mistake, "policies": policies, "types": FILE_TYPES}
    limits = {"largest": speech.size(desk.limits.input_bytes), "most": MAXIMUM_CREDENTIALS, "network": desk.has_network}
    template = _AIMS.get(fields.get("for", ""), "form.html")
    choices = grouped(desk.shelf, speech)
    return page(request, template, {**values, **limits, "choices": choices}, status=200 if mistake is None else 400)


# -- looking --------------------------------------------------------------------------------------------------------


def _answer(desk: Desk, question: _Question, network: str) -> str:
    """Look at everything that was handed in and keep the answer in the room of ``network``; returns its token."""
    items: list[Item] = []
    with Allowance.of(desk.limits, REQUEST_SECONDS) as allowance:

        def is_over() -> bool:
            return len(items) >= MAXIMUM_CREDENTIALS or allowance.is_over

        for name, data in question.inputs:
            for piece in (Piece(None, data),) if is_over() else unpack(data, desk.limits, allowance):
                full = "/".join(part for part in (name, piece.name) if part) or None
                packed = is_package(piece.data)
                problem = None if packed else piece.problem
                if problem is None and is_over():
                    detail = "this was not looked at: hand in fewer at a time, or use a batch"
                    problem = Problem(REQUEST_TOO_LARGE, detail)
                if problem is not None:
                    items.append(Item(full, problem=problem.to_json()))
                elif packed:
                    items.append(_unpacked(desk, question, full, piece.data, allowance))
                else:
                    items.append(_looked_at(desk, question, full, piece.data, None, allowance))
    kept = pack(tuple(items))
    return desk.store.put("result", kept, TIME_TO_LIVE["result"], now=desk.clock(), network=network)


def _unpacked(desk: Desk, question: _Question, name: str | None, data: bytes, allowance: Allowance) -> Item:
    """The answer about the credential in a proof package, with what is to be said of the package."""
    try:
        package = read_package(data, desk.limits)
    except ProblemError as error:
        return Item(name, problem=error.problem.to_json())
    credential = package.original
    if credential is None:
        detail = f"the proof package holds no credential: {'; '.join(package.damaged)}"
        return Item(name, problem=Problem(PARSING_ERROR, detail).to_json())
    return _looked_at(desk, question, name, credential, _earlier(desk, package, allowance), allowance)


def _earlier(desk: Desk, package: Package, allowance: Allowance) -> Mapping[str, Any]:
    """What the report in a proof package says, and whether repeating it with its own documents gives the same.

    The package brings its own documents, so that this never decides anything: the credential in it is verified anew.
    """
    # A receipt is verified by the usual policy, whatever is asked of the badge.
    repeated = recount(package, now=desk.clock(), verifier=desk.verifier(), limits=desk.limits, allowance=allowance)
    if repeated is None:
        return {"state": "unreadable"}
    if repeated.report is None:
        return {"state": "changed"}
    return {
        "state": "same" if repeated.reproduced else "equivalent" if repeated.equivalent else "different",
        "verdict": None if repeated.recorded is None else repeated.recorded.value,
        "checkedAt": None if repeated.recorded_at is None else format_datetime(repeated.recorded_at),
        "voucher": None if repeated.voucher is None else repeated.voucher.to_json(),
    }


def _looked_at(
    desk: Desk,
    question: _Question,
    name: str | None,
    data: bytes,
    earlier: Mapping[str, Any] | None,
    allowance: Allowance,
) -> Item:
    started = time.monotonic()
    recording = question.verifier.record(
        data, now=desk.clock(), as_of=question.as_of, recipient=question.recipient, allowance=allowance
    )
    desk.note("page", recording.report, time.monotonic() - started)
    return Item(name, recording.report.to_bytes(), _package(desk, recording), earlier=earlier)


def _package(desk: Desk, recording: Recording) -> bytes | None:
    """The proof package; none of what holds no credential, of which there is nothing to prove and much to keep."""
    if not recording.report.credential_found:
        return None
    return build_package(recording, desk.receipts(recording) if desk.receipts is not None else {})


# -- results --------------------------------------------------------------------------------------------------------


@router.get("/verify/results/{token}")
def show_results(request: Request, token: str) -> Response:
    """The answer; of several, the list of them."""
    kept, expires_at = _kept(request, token)
    if len(kept) == 1:
        return _result(request, token, kept, 1, expires_at)
    speech, now = speech_of(request), desk_of(request).clock()
    rows = []
    for number in range(1, len(kept) + 1):
        item = kept.item(number)
        assert item is not None
        view = report_view(item.parsed(), speech.language, now=now) if item.report is not None else None
        rows.append({"number": number, "name": shown(item.name), "view": view, "problem": item.problem})
    tones = [row["view"].tone if row["view"] else "nothing" for row in rows]  # type: ignore[attr-defined]
    counted = {tone: tones.count(tone) for tone in TONE_WORDS if tone in tones}
    values = {"rows": rows, "counted": counted, "token": token, "expires_at": speech.moment(expires_at)}
    return page(request, "results.html", values)


@router.get("/verify/results/{token}/{number}")
def show_result(request: Request, token: str, number: int) -> Response:
    """One answer of several."""
    kept, expires_at = _kept(request, token)
    return _result(request, token, kept, number, expires_at)


@router.get("/verify/results/{token}/{number}/report.json")
def result_json(request: Request, token: str, number: int) -> Response:
    """The report of one answer, for programs."""
    return _json_download(_report_of(_kept(request, token)[0], number))


@router.get("/verify/results/{token}/{number}/report.pdf")
def result_pdf(request: Request, token: str, number: int) -> Response:
    """The report of one answer, printed."""
    return _pdf_download(request, _report_of(_kept(request, token)[0], number))


@router.get("/verify/results/{token}/{number}/package.zip")
def result_package(request: Request, token: str, number: int) -> Response:
    """The proof package of one answer."""
    item = _kept(request, token)[0].item(number, package=True)
    if item is None or item.package is None:
        raise _gone()
    return download(item.package, "application/zip", "badgeport-proof-package.zip")


@router.post("/verify/results/{token}/delete")
async def delete_results(request: Request, token: str) -> Response:
    """Forget an answer now."""
    desk = desk_of(request)
    require_same_site(request, desk_of(request).public_url)
    await run_in_threadpool(forget, desk, token)
    return see_other(request, "/verify/deleted")


@router.get("/verify/deleted")
def show_deleted(request: Request) -> Response:
    """What follows a deletion."""
    return page(request, "deleted.html", {})


def _kept(request: Request, token: str) -> tuple[Kept, datetime]:
    desk = desk_of(request)
    stored = desk.store.get("result", token, now=desk.clock())
    if stored is None:
        raise _gone()
    return Kept(stored.data), stored.expires_at


def _gone() -> Refusal:
    return Refusal(NOT_FOUND, "there is no result at this address, or its time is over")


def _report_of(kept: Kept, number: int) -> bytes:
    item = kept.item(number)
    if item is None or item.report is None:
        raise _gone()
    return item.report


def _result(request: Request, token: str, kept: Kept, number: int, expires_at: datetime) -> Response:
    item = kept.item(number)
    if item is None:
        raise _gone()
    speech, now = speech_of(request), desk_of(request).clock()
    where = {
        "name": shown(item.name),
        "several": len(kept) > 1,
        "token": token,
        "base": f"/verify/results/{token}/{number}",
        "expires_at": speech.moment(expires_at),
    }
    if item.report is None:
        problem = item.problem or {}
        return page(request, "unread.html", {**where, "problem": problem_words(problem, speech)})
    view = report_view(item.parsed(), speech.language, now=now)
    values = {"view": view, "earlier": _earlier_words(item.earlier, speech)}
    package = {"packed": kept.packed(number), "left_out": kept.left_out(number)}
    return page(request, "result.html", {**where, **values, **package})


_EARLIER = {
    "same": keyed("Repeating it with the documents in the package gives exactly the same report."),
    "equivalent": keyed("Repeating it with the documents in the package gives the same findings."),
    "different": keyed("Repeating it with the documents in the package gives something else: do not rely on it."),
    "changed": keyed("The package was changed after it was made: do not rely on the earlier report in it."),
    "unreadable": keyed("The earlier report in the package cannot be read."),
}


def _earlier_words(earlier: Mapping[str, Any] | None, speech: Words) -> list[str]:
    """What is to be said of the report in a proof package."""
    if earlier is None:
        return []
    said = [speech.say("You handed in a proof package. The credential in it was checked anew, and this is the answer.")]
    state = earlier["state"]
    if earlier.get("checkedAt") and earlier.get("verdict"):
        moment = speech.moment(parse_datetime(earlier["checkedAt"]))
        word = VERDICT_WORDS[earlier["verdict"]]
        text = keyed("The earlier report in the package is of {moment}; its verdict was: {verdict}.")
        said.append(speech.say(text, moment=moment, verdict=speech.say(word)))
    said.append(speech.say(_EARLIER[state]))
    if voucher := earlier.get("voucher"):
        text = keyed("{who}, listed as an issuer in {registry}, signed a receipt for it.")
        said.append(speech.say(text, who=shown(voucher["issuer"]), registry=shown(", ".join(voucher["registries"]))))
    return said


# -- sharing --------------------------------------------------------------------------------------------------------


@router.post("/verify/results/{token}/{number}/share")
async def share(request: Request, token: str, number: int) -> Response:
    """Keep one report under an address of its own, for thirty days. Asked again it answers with the same address."""
    require_same_site(request, desk_of(request).public_url)
    shared, secret = await run_in_threadpool(_share, request, token, number)
    return see_other(request, f"/verify/shared/{shared}/yours/{secret}")


def _share(request: Request, token: str, number: int) -> tuple[str, str]:
    """Where a report is shared, and the secret that takes it back: as before, where it is shared already."""
    desk, network = desk_of(request), network_of(request)
    kept, _ = _kept(request, token)
    report = _report_of(kept, number)
    now = desk.clock()
    # Known to whoever knows the result, and to nobody who knows the shared report.
    note = hmac.digest(token.encode("ascii"), f"share {number}".encode("ascii"), "sha256").hex()
    noted = desk.store.get("share", note, now=now)
    if noted is not None:
        shared, secret = noted.data.decode("ascii").split()
        if desk.store.get("shared", shared, now=now) is not None:
            return shared, secret
    secret = secrets.token_urlsafe(24)
    body = {"sharedAt": format_datetime(now), "secret": _digest(secret), "report": report.decode("utf-8")}
    data = zlib.compress(jsontext.dump(body))
    shared = desk.store.put("shared", data, TIME_TO_LIVE["shared"], now=now, network=network)
    names = f"{shared} {secret}".encode("ascii")
    desk.store.put("share", names, TIME_TO_LIVE["share"], now=now, network=network, token=note)
    return shared, secret


@router.get("/verify/shared/{token}/yours/{secret}")
def show_own_share(request: Request, token: str, secret: str) -> Response:
    """What whoever shared a report sees: the address to pass on, and how to take it back."""
    body, expires_at = _shared(request, token)
    if not hmac.compare_digest(_digest(secret), body["secret"]):
        raise _gone()
    speech = speech_of(request)
    address = f"{own_origin(request, desk_of(request).public_url)}/verify/shared/{token}"
    values = {"address": address, "token": token, "secret": secret, "expires_at": speech.moment(expires_at)}
    return page(request, "share.html", values)


@router.get("/verify/shared/{token}")
def show_shared(request: Request, token: str) -> Response:
    """A shared report: the report, and that it is no more than that."""
    body, expires_at = _shared(request, token)
    speech, now = speech_of(request), desk_of(request).clock()
    view = report_view(_report(body), speech.language, now=now, passed_on=True)
    values = {
        "view": view,
        "base": f"/verify/shared/{token}",
        "shared_at": speech.day(parse_datetime(body["sharedAt"])),
        "expires_at": speech.moment(expires_at),
        "host": urlsplit(own_origin(request, desk_of(request).public_url)).netloc,
    }
    return page(request, "shared.html", values)


@router.get("/verify/shared/{token}/report.json")
def shared_json(request: Request, token: str) -> Response:
    """A shared report, for programs."""
    return _json_download(_shared(request, token)[0]["report"].encode("utf-8"))


@router.get("/verify/shared/{token}/report.pdf")
def shared_pdf(request: Request, token: str) -> Response:
    """A shared report, printed."""
    return _pdf_download(request, _shared(request, token)[0]["report"].encode("utf-8"))


@router.post("/verify/shared/{token}/delete")
async def delete_shared(request: Request, token: str) -> Response:
    """Take a shared report back; only with the secret that whoever shared it got."""
    desk = desk_of(request)
    require_same_site(request, desk_of(request).public_url)
    form = await read_form(request, desk.limits)
    body, _ = await run_in_threadpool(_shared, request, token)
    if not hmac.compare_digest(_digest(form.fields.get("secret", "")), body["secret"]):
        raise Refusal(REQUEST_REFUSED, "only whoever shared a report can take it back")
    await run_in_threadpool(desk.store.delete, "shared", token)
    return see_other(request, "/verify/deleted")


def _shared(request: Request, token: str) -> tuple[dict[str, Any], datetime]:
    desk = desk_of(request)
    stored = desk.store.get("shared", token, now=desk.clock())
    if stored is None:
        raise _gone()
    return _loaded(zlib.decompress(stored.data)), stored.expires_at


def _report(body: Mapping[str, Any]) -> dict[str, Any]:
    return _loaded(body["report"].encode("utf-8"))


def _loaded(data: bytes) -> dict[str, Any]:
    import json

    # Written by ourselves, so that the limits for what others write do not apply.
    body = json.loads(data)
    assert isinstance(body, dict)
    return body


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


# -- answers --------------------------------------------------------------------------------------------------------


def _json_download(report: bytes) -> Response:
    return download(report, "application/json", "verification-report.json")


def _pdf_download(request: Request, report: bytes) -> Response:
    from badgeport.verifier.web.pdf import report_pdf

    speech = speech_of(request)
    # Paper goes from hand to hand.
    view: ReportView = report_view(_loaded(report), speech.language, now=desk_of(request).clock(), passed_on=True)
    return download(report_pdf(view, language=speech.language), "application/pdf", "verification-report.pdf")
