"""What every page of the verifier is made with: the language of a reader, links, templates, downloads, error pages."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from datetime import time as clock_time
from functools import cache, wraps
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from badgeport.web.answers import status_of
from badgeport.web.assets import asset
from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import Problem, ProblemError
from badgeport.verifier.web.desk import desk_of
from badgeport.verifier.web.views import OUTCOME_WORDS, TONE_WORDS
from badgeport.verifier.web.wording import PROBLEMS
from badgeport.verifier.web.words import LANGUAGES, Words, keyed, language_for, words

_HERE = Path(__file__).parent
_FORMS = {"/verify": "/verify", "/recognize": "/recognize", "/where": "/where"}
_NAME_CHARS = 120
_END_OF_DAY = clock_time(23, 59, 59, tzinfo=UTC)

HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    # Other sites are told nothing; ourselves we are, or browsers would not say where our own forms come from.
    "Referrer-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}
"""The headers of every page: what it shows is for whoever asked."""


class Mistake(Exception):  # noqa: N818 - a visitor's, not a defect
    """Something in a form that the visitor can put right: the field and what is wrong (a key of the catalogue)."""

    def __init__(self, field: str, text: str, **values: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text
        self.values = values


def instant_of(text: str, now: datetime) -> datetime | None:
    """The instant a date stands for: its end, or now for today's. An instant (RFC 3339) stands for itself.

    None for now. Raises Mistake.
    """
    text = text.strip()
    if not text:
        return None
    try:
        if "T" in text:
            return parse_datetime(text)
        day = date.fromisoformat(text)
    except (ProblemError, ValueError):
        raise Mistake("as_of", keyed("This is not a date like 2026-03-02.")) from None
    return None if day == now.astimezone(UTC).date() else datetime.combine(day, _END_OF_DAY)


def speech_of(request: Request) -> Words:
    """The words in the language of whoever asks."""
    wanted = request.query_params.get("lang")
    return words(language_for(wanted, request.headers.get("accept-language", "")))


def linked(request: Request, path: str, language: str | None = None, **query: str) -> str:
    """A path that keeps the language a visitor chose; nothing is kept in the browser for that."""
    chosen = language or request.query_params.get("lang")
    parts = {**query, **({"lang": chosen} if chosen in LANGUAGES else {})}
    return f"{path}?{urlencode(parts)}" if parts else path


def page(
    request: Request,
    template: str,
    values: Mapping[str, Any],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A page from a template. ``headers`` replace those of `HEADERS` with the same names."""
    said = speech_of(request)
    shared: dict[str, Any] = {
        "_": said.say,
        "count": said.count,
        "number": said.number,
        "language": said.language,
        "languages": [(code, name, _here(request, code)) for code, name in LANGUAGES.items()],
        "link": lambda path, **query: linked(request, path, **query),
        "outcome_words": {key: said.say(text) for key, text in OUTCOME_WORDS.items()},
        "tone_words": {key: said.say(text) for key, text in TONE_WORDS.items()},
        "software": desk_of(request).software,
        "asset": asset,
    }
    body = _templates().get_template(template).render({**shared, **values})
    own = {**HEADERS, "Content-Language": said.language, **(headers or {})}
    return Response(body, status, own, "text/html; charset=utf-8")


def error_page(request: Request, problem: Problem, *, status: int | None = None) -> Response:
    """The page for a request that was not served. The service uses it for every address below ``/verify``."""
    code = status_of(problem) if status is None else status
    values = {"problem": problem_words(problem.to_json(), speech_of(request)), "status": code}
    return page(request, "error.html", values, status=code)


def in_words(serve: Callable[..., Any]) -> Callable[..., Any]:
    """An endpoint whose refusals are pages. For pages beside ``/verify``, whose refusals the service shows."""
    if inspect.iscoroutinefunction(serve):

        @wraps(serve)
        async def waiting(request: Request, **parameters: Any) -> Response:
            try:
                return cast("Response", await serve(request, **parameters))
            except ProblemError as error:
                return error_page(request, error.problem)

        return waiting

    @wraps(serve)
    def at_once(request: Request, **parameters: Any) -> Response:
        try:
            return cast("Response", serve(request, **parameters))
        except ProblemError as error:
            return error_page(request, error.problem)

    return at_once


def problem_words(problem: Mapping[str, Any], said: Words) -> dict[str, str]:
    """A problem as people read it: what it is called and means, what to do next, and its own words."""
    known = PROBLEMS.get(str(problem["type"]))
    return {
        "title": said.say(str(problem["title"])),
        "meaning": said.say(known.meaning) if known else "",
        "next_step": said.say(known.next_step) if known else "",
        "detail": str(problem["detail"]),
        "code": str(problem["type"]).rpartition("#")[2],
    }


def see_other(request: Request, path: str, **query: str) -> Response:
    """What follows a form: go and get this."""
    return RedirectResponse(linked(request, path, **query), 303, headers=dict(HEADERS))


def download(data: bytes, media_type: str, name: str) -> Response:
    """A file to keep, under a name of ours."""
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(data, 200, headers, media_type)


def shown(name: str | None) -> str:
    """A file name as shown: one line of bearable length without characters that control or turn text."""
    text = "".join(symbol if symbol.isprintable() else "\ufffd" for symbol in name or "")
    return text if len(text) <= _NAME_CHARS else text[: _NAME_CHARS - 1] + "…"


def _here(request: Request, language: str) -> str:
    """The address a language link leads to: this one, where it can be asked for again."""
    path = request.url.path
    if request.method == "GET":
        query = {name: value for name, value in request.query_params.items() if name == "under"}
        return linked(request, path, language, **query)
    form = next((form for start, form in _FORMS.items() if path.startswith(start)), "/verify")
    return linked(request, form, language)


@cache
def _templates() -> Environment:
    loader = FileSystemLoader(_HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
