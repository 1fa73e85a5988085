"""Pages: templates in the reader's language, mistakes beside their fields, a word after what was done."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode

from badgeport.web.answers import status_of
from badgeport.web.assets import asset
from badgeport.web.words import LANGUAGES, Words, language_for, words
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from badgeport.issuer.mistakes import Mistakes
from badgeport.issuer.people.roles import Role
from badgeport.issuer.web.forms import Form
from badgeport.issuer.web.visits import LANGUAGE_COOKIE, TEXTS, VISIT_COOKIE, Visit, desk_of
from badgeport.schemas.problems import Problem

HTML = "text/html; charset=utf-8"
SAID_COOKIE = "badgeport-said"
ROOMS = ("badgeport.issuer.web", "badgeport.receiver.web")
"""The packages whose ``templates`` pages are made of; one room's may build on another's."""
_SAID_SECONDS = 60


def page(
    visit: Visit,
    template: str,
    /,
    *,
    form: Form | None = None,
    mistakes: Mistakes | None = None,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """A page from ``templates/<template>``.

    ``form`` is what its fields show: what is stored, or what was typed. ``mistakes`` stand beside the fields; a page
    with mistakes is answered 422. Templates get ``visit``, ``form``, ``mistakes``, ``_``, ``count``, ``number``,
    ``day``, ``moment``, ``link``, ``asset``, ``markdown``, ``Role`` and ``values``.
    """
    if not visit.request.cookies.get(VISIT_COOKIE) and visit.sign_in is None and visit.fresh_cookie is None:
        visit.fresh_cookie = secrets.token_urlsafe(24)
    said = _said(visit)
    body = render(
        visit.request,
        visit.speech,
        template,
        visit=visit,
        form=form or Form(),
        mistakes=mistakes or Mistakes(),
        said=said,
        **values,
    )
    answer = Response(body, status or (422 if mistakes else 200), dict(headers or {}), HTML)
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("Content-Language", visit.speech.language)
    answer.headers.append("Vary", "Accept-Language, Cookie")
    secure = visit.desk.public_url.startswith("https://")
    if visit.fresh_cookie:
        answer.set_cookie(VISIT_COOKIE, visit.fresh_cookie, httponly=True, samesite="lax", secure=secure, path="/")
    if said:
        answer.delete_cookie(SAID_COOKIE, path="/")
    wanted = visit.request.query_params.get("lang")
    if wanted is not None and wanted in LANGUAGES:
        answer.set_cookie(
            LANGUAGE_COOKIE, wanted, max_age=365 * 86400, httponly=True, samesite="lax", secure=secure, path="/"
        )
    return answer


def see(visit: Visit, path: str, text: str | None = None, **values: Any) -> Response:
    """Send the browser on after something was done; the next page says ``text`` (an English key) once."""
    answer = RedirectResponse(path, 303, headers={"Cache-Control": "no-store"})
    if text:
        content = json.dumps({"text": text, "values": values}, default=str)
        packed = base64.urlsafe_b64encode(content.encode()).decode("ascii").rstrip("=")
        signed = f"{packed}.{visit.desk.secrets.mac('said', packed)}"
        answer.set_cookie(
            SAID_COOKIE,
            signed,
            max_age=_SAID_SECONDS,
            httponly=True,
            samesite="lax",
            secure=visit.desk.public_url.startswith("https://"),
            path="/",
        )
    return answer


def error_page(request: Request, problem: Problem, status: int | None = None) -> Response:
    """The page for a request that was not served. Who is asked to sign in is sent on to do so."""
    code = status_of(problem) if status is None else status
    if code == 401 and request.method in ("GET", "HEAD"):
        return RedirectResponse(f"/sign-in?{urlencode({'next': local_path(str(request.url.path))})}", 303)
    wanted = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    speech = words(language_for(wanted, request.headers.get("accept-language", "")), *TEXTS)
    body = render(
        request,
        speech,
        "error.html",
        visit=None,
        form=Form(),
        mistakes=Mistakes(),
        said=None,
        problem=problem,
        status=code,
    )
    return Response(body, code, {"Cache-Control": "no-store", "Content-Language": speech.language}, HTML)


def render(request: Request, speech: Words, template: str, **values: Any) -> str:
    """A template as text."""
    desk = desk_of(request)
    shared = {
        "_": speech.say,
        "count": speech.count,
        "number": speech.number,
        "size": speech.size,
        "day": speech.day,
        "moment": speech.moment,
        "speech": speech,
        "language": speech.language,
        "languages": [(code, name, _in_language(request, code)) for code, name in LANGUAGES.items()],
        "asset": asset,
        "desk": desk,
        "path": request.url.path,
        "query": request.query_params,
        "Role": Role,
        "markdown": markdown,
    }
    return _templates().get_template(template).render({**shared, **values})


def local_path(path: str) -> str:
    """A path of this site to go on to; the home page where the text could lead elsewhere."""
    plain = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if plain and path.isprintable() else "/"


def markdown(text: str | None) -> Markup:
    """Text that people wrote, with paragraphs, lists, emphasis and links; nothing else of HTML survives."""
    import mistune
    import nh3

    html = str(mistune.html(text or ""))
    tags = {"p", "ul", "ol", "li", "em", "strong", "a", "br", "blockquote", "code", "h3", "h4"}
    clean = nh3.clean(html, tags=tags, attributes={"a": {"href"}}, url_schemes={"https", "http", "mailto"})
    return Markup(clean)  # noqa: S704 - cleaned just now


def _in_language(request: Request, code: str) -> str:
    query = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    where = request.url.path if request.method in ("GET", "HEAD") else "/"
    return f"{where}?{urlencode([*query, ('lang', code)])}"


def _said(visit: Visit) -> str | None:
    packed, _, mac = visit.request.cookies.get(SAID_COOKIE, "").partition(".")
    if not packed or not secrets.compare_digest(mac.encode(), visit.desk.secrets.mac("said", packed).encode()):
        return None
    content = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    return visit.speech.say(content["text"], **content["values"])


@cache
def _templates() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader(room) for room in ROOMS]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
