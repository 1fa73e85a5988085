"""Web addresses as Open Badges 2.0 uses them: what a document is called, and where an issuer keeps its badges.

``http`` and ``https`` are one here. Many old badges were named with ``http`` and are served with ``https`` today, and
only the latter is ever asked for (loopback in development apart).
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

MAXIMUM_ADDRESS = 2_048
MAXIMUM_SCOPES = 64

SHARED_HOSTS = frozenset(
    {
        "1drv.ms",
        "api.allorigins.win",
        "api.jsonbin.io",
        "api.npoint.io",
        "api.onedrive.com",
        "app.box.com",
        "arweave.net",
        "bitbucket.org",
        "cdn.glitch.global",
        "cdn.glitch.me",
        "cdn.rawgit.com",
        "cdn.statically.io",
        "cf-ipfs.com",
        "cloudflare-ipfs.com",
        "codeberg.org",
        "content.dropboxapi.com",
        "corsproxy.io",
        "docs.google.com",
        "dpaste.com",
        "dpaste.org",
        "drive.google.com",
        "drive.usercontent.google.com",
        "dweb.link",
        "firebasestorage.googleapis.com",
        "gateway.ipfs.io",
        "gateway.pinata.cloud",
        "git.sr.ht",
        "gitea.com",
        "gist.github.com",
        "github.com",
        "gitlab.com",
        "hastebin.com",
        "huggingface.co",
        "ipfs.infura.io",
        "ipfs.io",
        "jsonblob.com",
        "jsonkeeper.com",
        "mega.nz",
        "nftstorage.link",
        "onedrive.live.com",
        "osf.io",
        "pastebin.com",
        "paste.ee",
        "raw.github.com",
        "rawgit.com",
        "rentry.co",
        "res.cloudinary.com",
        "script.google.com",
        "sites.google.com",
        "transfer.sh",
        "unpkg.com",
        "w3s.link",
        "zenodo.org",
    }
)
SHARED_FAMILIES = frozenset(
    {
        "archive.org",
        "boxcloud.com",
        "catbox.moe",
        "discordapp.com",
        "discordapp.net",
        "dropbox.com",
        "dropboxusercontent.com",
        "githack.com",
        "githubusercontent.com",
        "googleusercontent.com",
        "jsdelivr.net",
        "mediafire.com",
        "storjshare.io",
    }
)
"""Hosts where anyone may publish: that a badge stands at one of them says nothing of who put it there.

Of a family the host itself and every host below it. The list cannot be complete.
"""

# Stores that name the customer in the path. Where the customer is a label of the host, the host is the customer's own.
_STORES = re.compile(
    r"s3(?:[.-][a-z0-9-]+)*\.(?:amazonaws\.com(?:\.cn)?|wasabisys\.com|backblazeb2\.com|scw\.cloud|cubbit\.eu|io\.cloud\.ovh\.net"
    r"|cloud-object-storage\.appdomain\.cloud|filebase\.com|ionoscloud\.com|storadera\.com)"
    r"|f[0-9]+\.backblazeb2\.com"
    r"|[a-z0-9-]+\.(?:cdn\.)?digitaloceanspaces\.com"
    r"|[a-z0-9-]+\.(?:linodeobjects\.com|vultrobjects\.com|your-objectstorage\.com)"
    r"|(?:storage|s3)\.[a-z0-9-]+\.cloud\.ovh\.(?:net|us)"
    r"|sos-[a-z0-9-]+\.exo\.io"
    r"|oss-[a-z0-9-]+\.aliyuncs\.com|cos\.[a-z0-9-]+\.myqcloud\.com|obs\.[a-z0-9-]+\.myhuaweicloud\.com"
    r"|(?:swift)?objectstorage\.[a-z0-9-]+\.(?:oci\.)?(?:customer-oci|oraclecloud)\.com"
    r"|(?:(?:content-|commondata)?storage(?:\.mtls)?|www)\.googleapis\.com|storage\.cloud\.google\.com"
    r"|(?:storage|s3)\.yandexcloud\.net"
)
_PATHS_OF_ANYONE = frozenset({"ipfs", "ipns"})
# What stands before the name of a customer in the paths of such hosts.
_WAYS = frozenset(
    {"b", "d", "document", "download", "file", "gh", "n", "npm", "o", "s", "scl", "storage", "v0", "v1", "web"}
)

# No user name, no backslash and no control character: programs disagree on the host of such an address.
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\\\[\]\x00-\x1f\x7f]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<rest>(?:[/?#][^\s\\\x00-\x1f\x7f]*)?)",
    re.IGNORECASE,
)
_AUTHORITY = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s/?#@:\\\[\]\x00-\x1f\x7f]+)(?::(?P<port>[0-9]{1,5}))?/?")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_NEVER_ESCAPED = frozenset(string.ascii_letters + string.digits + "-._~")


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

    @property
    def site(self) -> tuple[str, str]:
        """Host and port, with ``www.`` and without being one."""
        return self.host.removeprefix("www."), self.port

    @property
    def part(self) -> tuple[str, ...]:
        """The part of a shared host that the address lies in: its path down to who publishes there; empty for none."""
        segments = re.split("[?#]", self.rest, maxsplit=1)[0].split("/")[1:]
        for number, segment in enumerate(segments, 1):
            if segment and segment not in _WAYS | _PATHS_OF_ANYONE:
                return tuple(segments[:number])
        return ()

    @property
    def area(self) -> tuple[str, ...]:
        """The part of a host that is not the word of the host: a person's own pages (``/~name``), a file of IPFS."""
        part = self.part
        return part if part and (part[0].startswith("~") or part[0] in _PATHS_OF_ANYONE) else ()


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
    return Address(_host(match["host"]), "" if port == _DEFAULT_PORTS[scheme] else port, _absolute(_plain(rest)))


def same(one: object, other: object) -> bool:
    """Whether two identifiers are the same: as written, or as web addresses."""
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    parsed = parse(one)
    return one == other or (parsed is not None and parsed == parse(other))


def spellings(url: str) -> tuple[str, ...]:
    """An address by https and by http, each with its host in lower case; nothing for what is no address.

    A port of its own stays; a path of nothing but a slash that was not written is not added.
    """
    address = parse(url)
    if address is None:
        return ()
    port = f":{address.port}" if address.port else ""
    rest = "" if address.rest == "/" and not url.endswith("/") else address.rest
    forms = (f"{scheme}://{address.host}{port}{rest}" for scheme in ("https", "http"))
    return tuple(form for form in forms if parse(form) == address)


def same_place(one: object, other: object) -> bool:
    """Whether two addresses are the same but for a slash at the end, which hosts add and leave out as they like."""
    if same(one, other):
        return True
    first, second = parse(one), parse(other)
    return (
        first is not None
        and second is not None
        and first.origin == second.origin
        and first.rest.removesuffix("/") == second.rest.removesuffix("/")
    )


def secure_form(url: str) -> str | None:
    """The https address of an http one on the usual port; None for any other."""
    address, match = parse(url), _ADDRESS.fullmatch(url)
    if address is None or match is None or match["scheme"].lower() != "http" or address.port:
        return None
    return f"https://{match['host']}{_absolute(match['rest'])}"


def speaks_for(location: str, url: str) -> bool:
    """Whether a document that was found at ``location``, after redirects, may speak for ``url``.

    Only the same host may (with or without ``www.``): a page that sends its visitors on to any address they name would
    otherwise let anyone publish in the name of its host.
    """
    found, asked = parse(location), parse(url)
    return found is not None and asked is not None and found.site == asked.site


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an issuer keeps its badges: prefixes of addresses, and hosts. ``stated``: by its own word."""

    starts_with: tuple[str, ...]
    origins: tuple[str, ...]
    stated: bool
    issuer: Address | None = None

    def to_json(self) -> dict[str, Any]:
        """The scope as evidence of a check."""
        body = {"startsWith": list(self.starts_with), "allowedOrigins": list(self.origins), "stated": self.stated}
        return {name: value for name, value in body.items() if value != []}

    def is_open_to_all(self, url: str) -> bool:
        """Whether the address lies in the scope only because of its host, and anyone may publish there.

        Not so where the issuer names, for this very address, the part of the host that is its own.
        """
        address = parse(url)
        if address is None or any(_names_the_part_of(address, prefix) for prefix in self.starts_with):
            return False
        own = self.issuer.area if self.issuer is not None and self.issuer.site == address.site else ()
        return _is_shared(address.host) or (address.area != () and address.area != own)

    def holds(self, url: str) -> bool | None:
        """Whether an address lies in the scope: under one of the prefixes, and at one of the hosts, where stated.

        None where it is at one of the hosts, but not below the path that the issuer wrote after it, where none belongs.
        """
        address = parse(url)
        if address is None or not (self.starts_with or self.origins):
            return False
        if self.starts_with and not any(_under(address, prefix) for prefix in self.starts_with):
            return False
        at = {_at(address, origin) for origin in self.origins} or {True}
        return True if True in at else None if None in at else False


def scope_of(issuer: Mapping[str, Any], issuer_id: str) -> Scope | None:
    """Where the issuer keeps its badges: by its ``verification`` member, else at the origin of its own address.

    None where that cannot be read (Open Badges 2.0 "VerificationObject").
    """
    stated = issuer.get("verification")
    if stated is None:
        stated = issuer.get("verify")
    if stated is not None and not isinstance(stated, Mapping):
        return None
    rules = stated or {}
    starts, origins = _texts(rules.get("startsWith")), _texts(rules.get("allowedOrigins"))
    if starts is None or origins is None or rules.get("verificationProperty") not in (None, "id", "@id"):
        return None
    address = parse(issuer_id)
    if starts or origins:
        return Scope(starts, origins, True, address)
    if address is None:
        return None
    return Scope((), (address.host + (f":{address.port}" if address.port else ""),), False, address)


def _under(address: Address, prefix: str) -> bool:
    """Begins with the prefix, at the very host of the prefix: ``https://a.example`` is not ``https://a.example.net``."""
    start = parse(prefix)
    return start is not None and start.origin == address.origin and address.rest.startswith(start.rest)


def _names_the_part_of(address: Address, prefix: str) -> bool:
    """Whether a prefix holds the address and says whose part of the host it lies in, to the end of the name."""
    start = parse(prefix)
    return start is not None and _under(address, prefix) and start.part != () and start.part == address.part


def _is_shared(host: str) -> bool:
    labels = host.split(".")
    return (
        host.removeprefix("www.") in SHARED_HOSTS
        or any(".".join(labels[start:]) in SHARED_FAMILIES for start in range(len(labels)))
        or _STORES.fullmatch(host) is not None
    )


def _at(address: Address, origin: str) -> bool | None:
    """At a host, given as such, with its port, or as an origin; None where at the host, but not below a path given."""
    if "://" in origin:
        parsed = parse(origin)
        if parsed is None or parsed.site != address.site:
            return False
        path = parsed.rest.removesuffix("/")
        return True if f"{address.rest}/".startswith(f"{path}/") else None
    match = _AUTHORITY.fullmatch(origin)
    if match is None:
        return False
    port = match["port"] or ""
    given = Address(_host(match["host"]), "" if port in _DEFAULT_PORTS.values() else port, "/")
    return given.site == address.site


def _texts(value: object) -> tuple[str, ...] | None:
    items = value if isinstance(value, list) else [] if value is None else [value]
    texts = tuple(item for item in items if isinstance(item, str) and item)
    return texts if len(texts) == len(items) <= MAXIMUM_SCOPES else None


def _host(text: str) -> str:
    """A host in lower case, and one with letters beyond ASCII as the name system knows it and the fetcher asks it."""
    host = text.lower().removesuffix(".")
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        return host


def _plain(rest: str) -> str:
    """What follows the host with nothing escaped that need not be (RFC 3986 §6.2.2)."""
    return _ESCAPE.sub(_unescaped, rest)


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _NEVER_ESCAPED else escape[0].upper()


def _absolute(rest: str) -> str:
    return rest if rest.startswith("/") else f"/{rest}"
