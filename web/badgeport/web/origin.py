"""Whether a request was sent by a page of our own: half of the protection against forged forms."""

from __future__ import annotations

from urllib.parse import urlsplit

from badgeport.web.answers import Refusal
from starlette.requests import Request

from badgeport.schemas.problems import REQUEST_REFUSED


def require_same_site(request: Request, public_url: str | None) -> None:
    """Raises Refusal for a form that another site's page sent. Programs that are no browsers send neither header."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site in {"same-origin", "none"}:
        return
    if site is None and (origin is None or origin == own_origin(request, public_url) or _is_host(origin, request)):
        return
    raise Refusal(REQUEST_REFUSED, "the request came from another site's page; open this page itself and try again")


def own_origin(request: Request, public_url: str | None) -> str:
    """The address this service is known by."""
    return public_url or f"{request.url.scheme}://{request.url.netloc}"


def _is_host(origin: str, request: Request) -> bool:
    try:
        host = urlsplit(origin).netloc
    except ValueError:
        return False
    return bool(host) and host == request.headers.get("host", "")
