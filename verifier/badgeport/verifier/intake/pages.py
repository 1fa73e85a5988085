"""Web pages that show a credential: one written into the page, or links to its file on the same host.

Only what a page says to programs is looked at, in one pass and without building a tree; nothing in it is run.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from badgeport.schemas import jsontext, structure
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, ProblemError
from badgeport.verifier.intake.forms import NoCredentialError

_TYPES = (
    "application/vc+jwt",
    "application/vc+sd-jwt",
    "application/vc",
    "application/vc+ld+json",
    "application/jwt",
    "application/ld+json",
    "application/json",
)
"""Media types of a credential's file, what is surest first."""
_MOST_TRIED = 4
_MOST_TAGS = 20_000
_TAG = re.compile(r"<!--|<(?P<name>script|style|template|link|base)(?=[\s/>])(?P<rest>[^<>]{0,4096}+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]{1,32}+)\s{0,8}+=\s{0,8}+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'=<>`]++))", re.IGNORECASE)
_CLOSERS = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in ("script", "style", "template")}
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says to programs: documents written into it, and addresses of its other forms, the surest first."""

    documents: tuple[str, ...]
    alternates: tuple[str, ...]
    base: str | None = None

    def credential(self, *, unproved: bool = True) -> bytes | None:
        """The credential written into the page, or None. ``unproved``: also one that shows no proof in itself.

        Raises NoCredentialError where the page shows several.
        """
        found = [text for text in self.documents if unproved or _shows_proof(text)]
        if len(found) > 1:
            raise NoCredentialError(PARSING_ERROR, "the web page shows several credentials; hand in one of their files")
        return found[0].encode() if found else None

    def leads(self, address: str) -> tuple[str, ...]:
        """The addresses of the page's other forms that are on the host of ``address``, where the page came from."""
        resolved: dict[str, None] = {}
        for stated in self.alternates:
            try:
                lead = urljoin(urljoin(address, self.base or ""), stated)
                if _origin(lead) == _origin(address):
                    resolved[lead] = None
            except ValueError:
                continue
        return tuple(resolved)[:_MOST_TRIED]


def read_page(data: bytes, limits: Limits) -> Page:
    """What a page says to programs. Raises NoCredentialError(RANGE_ERROR) where it is too large to look through."""
    if len(data) > limits.document_bytes:
        raise NoCredentialError(RANGE_ERROR, f"the web page is larger than {limits.document_bytes} bytes")
    text = data.decode("utf-8", "replace")
    documents: dict[str, None] = {}
    alternates: list[tuple[int, str]] = []
    base: str | None = None
    position, tags = 0, 0
    while (tag := _TAG.search(text, position)) is not None:
        position = tag.end()
        tags += 1
        if tags > _MOST_TAGS:
            raise NoCredentialError(RANGE_ERROR, "the web page is too intricate to look through")
        if tag["name"] is None:
            position = text.find("-->", position)
            if position < 0:
                break
            continue
        name, stated = tag["name"].lower(), _attributes(tag["rest"])
        if name == "link":
            rank = _rank(stated)
            if rank is not None:
                alternates.append((rank, stated["href"].strip()))
        elif name == "base":
            base = base or stated.get("href")
        else:
            end = _CLOSERS[name].search(text, position)
            if end is None:
                break
            body, position = text[position : end.start()].strip(), end.end()
            if name == "script" and _essence(stated.get("type", "")) in _TYPES and _is_credential(body, limits):
                documents[body] = None
    ordered = [address for _, address in sorted(alternates, key=lambda each: each[0])]
    return Page(tuple(documents), tuple(ordered), base)


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(text):
        found.setdefault(match[1].lower(), html.unescape(match[2] or match[3] or match[4] or ""))
    return found


def _rank(link: dict[str, str]) -> int | None:
    """How sure it is that a link leads to the credential's file; None where it does not."""
    media_type = _essence(link.get("type", ""))
    if "alternate" not in link.get("rel", "").lower().split() or media_type not in _TYPES or not link.get("href"):
        return None
    return _TYPES.index(media_type)


def _essence(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _is_credential(text: str, limits: Limits) -> bool:
    """Whether a text in a page is a credential, as opposed to what pages tell search engines about themselves."""
    try:
        return structure.detect_kind(jsontext.parse_object(text, limits)) != "unknown"
    except ProblemError:
        return False


def _shows_proof(text: str) -> bool:
    document = jsontext.parse_object(text)
    return "proof" in document or str(document.get("id", "")).startswith("data:application/v")


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
