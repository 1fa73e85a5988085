"""Web addresses as Open Badges 2.0 uses them: what a document is called, and where an issuer keeps its badges.

``http`` and ``https`` are one here. Many old badges were named with ``http`` and are served with ``https`` today, and
only the latter is ever asked for (loopback in development apart).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

MAXIMUM_ADDRESS = 2_048
MAXIMUM_SCOPES = 64

SHARED_HOSTS = frozenset(
    {
        "bitbucket.org",
        "cdn.jsdelivr.net",
        "dl.dropboxusercontent.com",
        "docs.google.com",
        "drive.google.com",
        "firebasestorage.googleapis.com",
        "gist.githubusercontent.com",
        "gitlab.com",
        "ipfs.io",
        "pastebin.com",
        "raw.githubusercontent.com",
        "s3.amazonaws.com",
        "sites.google.com",
        "storage.googleapis.com",
        "web.archive.org",
    }
)
"""Hosts where anyone may publish: that a badge stands at one of them says nothing of who put it there."""

# No user name, no backslash and no control character: programs disagree on the host of such an address.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\\\[\]\x00-\x1f\x7f]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:[/?#][^\s\\\x00-\x1f\x7f]*)?)",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\\\[\]\x00-\x1f\x7f]+)(?::(?P<port>[0-9]{1,5}))?/?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Address:
    """A web address in the form it is compared in: host, port (empty for the scheme's own), and all that follows."""

    host: str
    port: str
    rest: str

    @property
    def origin(self) -> tuple[str, str]:
        """Host and port."""
        return self.host, self.port


def parse(value: object) -> Address | None:
    """The address of a text, None where it is no plain http or https address (one with ``..`` in its path is not)."""
    if not isinstance(value, str) or len(value) > MAXIMUM_ADDRESS:
        return None
    match = _ADDRESS.fullmatch(value)
    if match is None:
        return None
    scheme, port, rest = match["scheme"].lower(), match["port"] or "", match["rest"]
    path = re.split("[?#]", rest, maxsplit=1)[0]
    if not {".", ".."}.isdisjoint(re.split(r"[/\\]", unquote(path))):
        return None
    return Address(_host(match["host"]), "" if port == _DEFAULT_PORTS[scheme] else port, _absolute(rest))


def same(one: object, other: object) -> bool:
    """Whether two identifiers are the same: as written, or as web addresses."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    parsed = parse(one)
    return one == other or (parsed is not None and parsed == parse(other))


def secure_form(url: str) -> str | None:
    """The https address of an http one on the usual port; None for any other."""
    address = parse(url)
    if address is None or not url.lower().startswith("http://") or address.port:
        return None
    return f"https://{address.host}{address.rest}"


def speaks_for(location: str, url: str) -> bool:
    """Whether a document that was found at ``location``, after redirects, may speak for ``url``.

    Only the same host may (with or without ``www.``): a page that sends its visitors on to any address they name would
    otherwise let anyone publish in the name of its host.
    """
    found, asked = parse(location), parse(url)
    if found is None or asked is None:
        return False
    return (found.host.removeprefix("www."), found.port) == (asked.host.removeprefix("www."), asked.port)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an issuer keeps its badges: prefixes of addresses, and hosts. ``stated``: by its own word."""

    starts_with: tuple[str, ...]
    origins: tuple[str, ...]
    stated: bool

    def to_json(self) -> dict[str, Any]:
        """The scope as evidence of a check."""
        body = {"startsWith": list(self.starts_with), "allowedOrigins": list(self.origins), "stated": self.stated}
        return {name: value for name, value in body.items() if value != []}

    def is_open_to_all(self, url: str) -> bool:
        """Whether the address lies in the scope only because of its host, and anyone may publish at that."""
        address = parse(url)
        return (
            address is not None
            and address.host in SHARED_HOSTS
            and not any(start.rest != "/" for start in map(parse, self.starts_with) if start is not None)
        )

    def holds(self, url: str) -> bool:
        """Whether an address lies in the scope: under one of the prefixes, and at one of the hosts, where stated."""
        address = parse(url)
        if address is None or not (self.starts_with or self.origins):
            return False
        under = not self.starts_with or any(_under(address, prefix) for prefix in self.starts_with)
        return under and (not self.origins or any(_at(address, origin) for origin in self.origins))


def scope_of(issuer: Mapping[str, Any], issuer_id: str) -> Scope | None:
    """Where the issuer keeps its badges: by its ``verification`` member, else at the origin of its own address.

    None where that cannot be read (Open Badges 2.0 "VerificationObject").
    """
    stated = issuer.get("verification", issuer.get("verify"))
    if stated is not None and not isinstance(stated, Mapping):
        return None
    rules = stated or {}
    starts, origins = _texts(rules.get("startsWith")), _texts(rules.get("allowedOrigins"))
    if starts is None or origins is None or rules.get("verificationProperty", "id") not in ("id", "@id"):
        return None
    if starts or origins:
        return Scope(starts, origins, stated=True)
    address = parse(issuer_id)
    if address is None:
        return None
    return Scope((), (address.host + (f":{address.port}" if address.port else ""),), stated=False)


def _under(address: Address, prefix: str) -> bool:
    """Begins with the prefix, at the very host of the prefix: ``https://a.example`` is not ``https://a.example.net``."""
    start = parse(prefix)
    return start is not None and start.origin == address.origin and address.rest.startswith(start.rest)


def _at(address: Address, origin: str) -> bool:
    """At a host, given as such, with its port, or as an origin."""
    if "://" in origin:
        parsed = parse(origin)
        return parsed is not None and parsed.rest == "/" and parsed.origin == address.origin
    match = _AUTHORITY.fullmatch(origin)
    if match is None:
        return False
    port = match["port"] or ""
    return (_host(match["host"]), "" if port in _DEFAULT_PORTS.values() else port) == address.origin


def _texts(value: object) -> tuple[str, ...] | None:
    items = value if isinstance(value, list) else [] if value is None else [value]
    texts = tuple(item for item in items if isinstance(item, str) and item)
    return texts if len(texts) == len(items) <= MAXIMUM_SCOPES else None


def _host(text: str) -> str:
    return text.lower().removesuffix(".")


def _absolute(rest: str) -> str:
    return rest if rest.startswith("/") else f"/{rest}"
