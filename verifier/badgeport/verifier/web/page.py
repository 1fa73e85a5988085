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
from datetime import UTC, date, datetime
from datetime import time as clock_time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from badgeport.web.answers import Refusal, status_of
from badgeport.web.assets import asset
from badgeport.web.bodies import read_form
from badgeport.web.origin import own_origin, require_same_site
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

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
from badgeport.verifier.web.desk import Desk, desk_of, network_of
from badgeport.verifier.web.kept import Item, Kept, pack
from badgeport.verifier.web.store import TIME_TO_LIVE
from badgeport.verifier.web.views import OUTCOME_WORDS, TONE_WORDS, VERDICT_WORDS, ReportView, report_view
from badgeport.verifier.web.wording import PROBLEMS, RULES
from badgeport.verifier.web.words import LANGUAGES, Words, keyed, language_for, words

MAXIMUM_CREDENTIALS = 50
"""Credentials looked at for one visit; more go into a batch."""

REQUEST_SECONDS = 90.0
"""After this long no further credential of one visit is begun."""

FILE_TYPES = (
    ".json,.jsonld,.jwt,.sd-jwt,.txt,.png,.svg,.jpg,.jpeg,.webp,.gif,.pdf,.zip,image/*,application/pdf,application/json"
)
"""What the file chooser offers first; anything may be chosen."""

_HERE = Path(__file__).parent
_FIELDS = frozenset({"text", "as_of", "recipient", "policy"})
_RECIPIENT_CHARS = 2048
_END_OF_DAY = clock_time(23, 59, 59, tzinfo=UTC)
_HEADERS = {
    "Cache-Control": "no-store",
    # Other sites are told nothing; ourselves we are, or browsers would not say where our own forms come from.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}

router = APIRouter(include_in_schema=False)


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


@router.post("/verify")
async def ask(request: Request) -> Response:
    """Verify what was handed in; answers with the address of the result."""
    desk = desk_of(request)
    require_same_site(request, desk_of(request).public_url)
    form = await read_form(request, desk.limits)
    fields = {name: value for name, value in form.fields.items() if name in _FIELDS}
    try:
        question = _question(desk, fields, form.files)
    except _Mistake as mistake:
        return _form(request, fields, mistake)
    token = await run_in_threadpool(_answer, desk, question, network_of(request))
    return _see_other(request, f"/verify/results/{token}")


class _Mistake(Exception):  # noqa: N818 - a visitor's, not a defect
    """Something in the form that the visitor can put right: the field and what is wrong (a key of the catalogue)."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


def _question(desk: Desk, fields: Mapping[str, str], files: Iterable[tuple[str | None, bytes]]) -> _Question:
    text = fields.get("text", "").strip()
    inputs = tuple(files)
    if text:
        inputs += ((None, text.encode("utf-8", "surrogateescape")),)
    if not inputs:
        raise _Mistake("text", "Nothing was handed in yet. Paste a link or a text, or choose a file.")
    verifier = desk.verifier(fields.get("policy") or None)
    if verifier is None:
        raise _Mistake("policy", "There are no such rules here. Choose others.")
    recipient = fields.get("recipient", "").strip()
    if len(recipient) > _RECIPIENT_CHARS:
        raise _Mistake("recipient", "This is too long for an e-mail address or an identifier.")
    return _Question(inputs, verifier, _as_of(fields.get("as_of", ""), desk.clock()), recipient or None)


def _as_of(text: str, now: datetime) -> datetime | None:
    """The instant a date stands for: its end, or now for today's. An instant (RFC 3339) stands for itself."""
    text = text.strip()
    if not text:
        return None
    try:
        if "T" in text:
            return parse_datetime(text)
        day = date.fromisoformat(text)
    except (ProblemError, ValueError):
        raise _Mistake("as_of", "This is not a date like 2026-03-02.") from None
    return None if day == now.astimezone(UTC).date() else datetime.combine(day, _END_OF_DAY)


def _form(request: Request, fields: Mapping[str, str], mistake: _Mistake | None) -> Response:
    desk = desk_of(request)
    speech = _speech(request)
    policies = [(name, speech.say(RULES[name]) if name in RULES else name) for name in desk.policies]
    values = {"fields": dict(fields), "mistake": mistake, "policies": policies, "types": FILE_TYPES}
    limits = {"largest": speech.size(desk.limits.input_bytes), "most": MAXIMUM_CREDENTIALS, "network": desk.has_network}
    return _page(request, "form.html", {**values, **limits}, status=200 if mistake is None else 400)


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
    speech, now = _speech(request), desk_of(request).clock()
    rows = []
    for number in range(1, len(kept) + 1):
        item = kept.item(number)
        assert item is not None
        view = report_view(item.parsed(), speech.language, now=now) if item.report is not None else None
        rows.append({"number": number, "name": _shown(item.name), "view": view, "problem": item.problem})
    tones = [row["view"].tone if row["view"] else "nothing" for row in rows]  # type: ignore[attr-defined]
    counted = {tone: tones.count(tone) for tone in TONE_WORDS if tone in tones}
    values = {"rows": rows, "counted": counted, "token": token, "expires_at": speech.moment(expires_at)}
    return _page(request, "results.html", values)


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
    return _download(item.package, "application/zip", "badgeport-proof-package.zip")


@router.post("/verify/results/{token}/delete")
async def delete_results(request: Request, token: str) -> Response:
    """Forget an answer now."""
    desk = desk_of(request)
    require_same_site(request, desk_of(request).public_url)
    await run_in_threadpool(desk.store.delete, "result", token)
    return _see_other(request, "/verify/deleted")


@router.get("/verify/deleted")
def show_deleted(request: Request) -> Response:
    """What follows a deletion."""
    return _page(request, "deleted.html", {})


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
    speech, now = _speech(request), desk_of(request).clock()
    where = {
        "name": _shown(item.name),
        "several": len(kept) > 1,
        "token": token,
        "base": f"/verify/results/{token}/{number}",
        "expires_at": speech.moment(expires_at),
    }
    if item.report is None:
        problem = item.problem or {}
        return _page(request, "unread.html", {**where, "problem": _problem(problem, speech)})
    view = report_view(item.parsed(), speech.language, now=now)
    values = {"view": view, "earlier": _earlier_words(item.earlier, speech)}
    package = {"packed": kept.packed(number), "left_out": kept.left_out(number)}
    return _page(request, "result.html", {**where, **values, **package})


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
        said.append(speech.say(text, who=_shown(voucher["issuer"]), registry=_shown(", ".join(voucher["registries"]))))
    return said


# -- sharing --------------------------------------------------------------------------------------------------------


@router.post("/verify/results/{token}/{number}/share")
async def share(request: Request, token: str, number: int) -> Response:
    """Keep one report under an address of its own, for thirty days. Asked again it answers with the same address."""
    require_same_site(request, desk_of(request).public_url)
    shared, secret = await run_in_threadpool(_share, request, token, number)
    return _see_other(request, f"/verify/shared/{shared}/yours/{secret}")


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
    speech = _speech(request)
    address = f"{own_origin(request, desk_of(request).public_url)}/verify/shared/{token}"
    values = {"address": address, "token": token, "secret": secret, "expires_at": speech.moment(expires_at)}
    return _page(request, "share.html", values)


@router.get("/verify/shared/{token}")
def show_shared(request: Request, token: str) -> Response:
    """A shared report: the report, and that it is no more than that."""
    body, expires_at = _shared(request, token)
    speech, now = _speech(request), desk_of(request).clock()
    view = report_view(_report(body), speech.language, now=now, passed_on=True)
    values = {
        "view": view,
        "base": f"/verify/shared/{token}",
        "shared_at": speech.day(parse_datetime(body["sharedAt"])),
        "expires_at": speech.moment(expires_at),
        "host": urlsplit(own_origin(request, desk_of(request).public_url)).netloc,
    }
    return _page(request, "shared.html", values)


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
    return _see_other(request, "/verify/deleted")


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


def error_page(request: Request, problem: Problem, *, status: int | None = None) -> Response:
    """The page for a request that was not served. The service uses it for every address below ``/verify``."""
    speech = _speech(request)
    code = status_of(problem) if status is None else status
    return _page(request, "error.html", {"problem": _problem(problem.to_json(), speech), "status": code}, status=code)


def _problem(problem: Mapping[str, Any], speech: Words) -> dict[str, str]:
    known = PROBLEMS.get(str(problem["type"]))
    return {
        "title": speech.say(str(problem["title"])),
        "meaning": speech.say(known.meaning) if known else "",
        "next_step": speech.say(known.next_step) if known else "",
        "detail": str(problem["detail"]),
        "code": str(problem["type"]).rpartition("#")[2],
    }


def _see_other(request: Request, path: str) -> Response:
    return RedirectResponse(_linked(request, path), 303, headers=dict(_HEADERS))


def _json_download(report: bytes) -> Response:
    return _download(report, "application/json", "verification-report.json")


def _pdf_download(request: Request, report: bytes) -> Response:
    from badgeport.verifier.web.pdf import report_pdf

    speech = _speech(request)
    # Paper goes from hand to hand.
    view: ReportView = report_view(_loaded(report), speech.language, now=desk_of(request).clock(), passed_on=True)
    return _download(report_pdf(view, language=speech.language), "application/pdf", "verification-report.pdf")


def _download(data: bytes, media_type: str, name: str) -> Response:
    headers = {**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, 200, headers, media_type)


def _speech(request: Request) -> Words:
    wanted = request.query_params.get("lang")
    return words(language_for(wanted, request.headers.get("accept-language", "")))


def _linked(request: Request, path: str, language: str | None = None) -> str:
    """A path that keeps the language a visitor chose; nothing is kept in the browser for that."""
    chosen = language or request.query_params.get("lang")
    return f"{path}?{urlencode({'lang': chosen})}" if chosen in LANGUAGES else path


def _page(request: Request, template: str, values: Mapping[str, Any], *, status: int = 200) -> Response:
    speech = _speech(request)
    shared: dict[str, Any] = {
        "_": speech.say,
        "count": speech.count,
        "number": speech.number,
        "language": speech.language,
        "languages": [(code, name, _linked(request, _here(request), code)) for code, name in LANGUAGES.items()],
        "link": lambda path: _linked(request, path),
        "outcome_words": {key: speech.say(text) for key, text in OUTCOME_WORDS.items()},
        "tone_words": {key: speech.say(text) for key, text in TONE_WORDS.items()},
        "software": desk_of(request).software,
        "asset": asset,
    }
    body = _templates().get_template(template).render({**shared, **values})
    headers = {**_HEADERS, "Content-Language": speech.language}
    return Response(body, status, headers, "text/html; charset=utf-8")


def _here(request: Request) -> str:
    """The address a language link leads to: this one, where it can be asked for again."""
    return request.url.path if request.method == "GET" else "/verify"


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(_HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _shown(name: str | None) -> str:
    """A file name as shown: one line of bearable length without characters that control or turn text."""
    text = "".join(symbol if symbol.isprintable() else "\ufffd" for symbol in name or "")
    return text if len(text) <= 120 else text[:119] + "…"
