"""How published documents are answered: cached by their digest, open to pages of every site, GET and HEAD."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from badgeport.issuer.hosting.documents import Document
from badgeport.issuer.web.access import EVERYONE
from badgeport.issuer.web.routes import Endpoint, Routes
from badgeport.issuer.web.visits import visit_of

OPEN: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Any site may read and show it: what is published is the same for everyone."""

INERT = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""The policy of a picture or a paper that is opened by itself: it runs nothing and asks for nothing."""


def published(routes: Routes, path: str, **openapi: Any) -> Callable[[Endpoint], Endpoint]:
    """An address that everyone may read: GET, in the OpenAPI document, and HEAD."""

    def decorate(endpoint: Endpoint) -> Endpoint:
        routes.get(path, EVERYONE, **openapi)(endpoint)
        routes.router.add_api_route(
            path, endpoint, methods=["HEAD"], dependencies=[Depends(visit_of)], include_in_schema=False
        )
        return endpoint

    return decorate


def answer(
    request: Request, document: Document, headers: Mapping[str, str] | None = None, *, private: bool = False
) -> Response:
    """A published document, or 304 where the asker has it already. ``private``: what only some may see, never kept."""
    fields: dict[str, str] = {"ETag": document.etag, "Cache-Control": _kept(document, private), **(headers or {})}
    if not private:
        fields |= OPEN
    if document.media_type.startswith(("image/", "application/pdf")):
        fields["Content-Security-Policy"] = INERT
    if _has(request, document.etag):
        return Response(None, 304, fields)
    return Response(document.body, 200, fields, document.media_type)


def described(description: str, *media_types: str) -> dict[int | str, dict[str, Any]]:
    """The answer 200 in the OpenAPI document: bytes of these media types; and 304."""
    content = {name: {"schema": _schema(name)} for name in media_types}
    return {200: {"description": description, "content": content}, 304: {"description": "It did not change."}}


def _schema(media_type: str) -> dict[str, str]:
    if media_type.endswith("json") or media_type == "application/vc":
        return {"type": "object"}
    return (
        {"type": "string", "format": "binary"}
        if media_type.startswith(("image/", "application/"))
        else {"type": "string"}
    )


def _kept(document: Document, private: bool) -> str:
    if private:
        return "private, no-store"
    if document.fixed:
        return "public, max-age=31536000, immutable"
    return f"public, max-age={document.seconds}" if document.seconds else "public, no-cache"


def _has(request: Request, etag: str) -> bool:
    given = request.headers.get("if-none-match", "")
    return given.strip() == "*" or etag in {one.strip().removeprefix("W/") for one in given.split(",")}
