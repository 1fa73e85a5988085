"""Which web addresses may be asked at all, and which network addresses are public.

A credential names the hosts that are asked about it, and so does whoever made it. Without this a forged one could make
the verifier ask the inside of the network it stands in: another service on the same machine, a router, the metadata
service of a cloud. So the host must be a name, and every network address behind that name a public one.

Names are read as strictly as they can be: what two programs might read differently (IP addresses written as one number,
a trailing dot, a percent sign in the host, a backslash) is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Literal
from urllib.parse import quote, urljoin

MAXIMUM_URL_CHARS = 8192
_MAXIMUM_HOST_CHARS = 253

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#.*)?", re.IGNORECASE
)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMERIC_LABEL = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PORT = re.compile(r"[0-9]{1,5}")
_LOOPBACK_V4 = re.compile(r"127(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}")
# What may stand in the path and the query of a request; the rest is percent-encoded.
_TARGET_SYMBOLS = "/:@!$&'()*+,;=~%-._?[]"
# Ports of services that are not the web, which a browser does not connect to either (WHATWG Fetch, "bad port").
# fmt: off
_PORTS_OF_OTHERS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531,
    532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
    5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
})
# fmt: on

_V4_NOT_PUBLIC = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "an address of a provider's own network"),
        ("127.0.0.0/8", "the verifying machine itself"),
        ("168.63.129.16/32", "a service of the verifying machine's host"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "an address for documentation"),
        ("192.31.196.0/24", "a reserved address"),
        ("192.52.193.0/24", "a reserved address"),
        ("192.88.99.0/24", "an address of a tunnel"),
        ("192.168.0.0/16", "a private address"),
        ("192.175.48.0/24", "a reserved address"),
        ("198.18.0.0/15", "an address for measurements"),
        ("198.51.100.0/24", "an address for documentation"),
        ("203.0.113.0/24", "an address for documentation"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)
# Only 2000::/3 is given out to hosts; these parts of it are not, and neither is anything outside it.
_V6_PUBLIC = IPv6Network("2000::/3")
_V6_NOT_PUBLIC = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("2001::/32", "an address of a Teredo tunnel"),
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "an address for documentation"),
        ("2002::/16", "an address of a 6to4 tunnel"),
        ("2620:4f:8000::/48", "a reserved address"),
        ("3ffe::/16", "a reserved address"),
        ("3fff::/20", "an address for documentation"),
    )
)
_V6_NAMED = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("::/128", "an unspecified address"),
        ("::1/128", "the verifying machine itself"),
        ("::ffff:0:0/96", "an IPv4 address in disguise"),
        ("::/96", "an IPv4 address in disguise"),
        ("64:ff9b:1::/48", "an address of a local translation"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private address"),
        ("ff00::/8", "a multicast address"),
    )
)
# RFC 6052: the well-known prefix of NAT64, the last four bytes of which are the IPv4 address that is really meant. On a
# network of IPv6 alone, every host that has only an IPv4 address is found under it.
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressError(Exception):
    """A web address that is not asked. ``reason`` is a plain phrase."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A web address in the parts that a request is made of. ``host`` is in lower case, an IPv6 one without brackets."""

    scheme: Literal["https", "http"]
    host: str
    port: int
    target: str

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine by its very name."""
        return self.host in ("localhost", "::1") or _LOOPBACK_V4.fullmatch(self.host) is not None

    @property
    def authority(self) -> str:
        """The host, and the port where it is not the scheme's own: what the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _port_of(self.scheme) else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[str, int]:
        """Host and port."""
        return self.host, self.port

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_web_address(url: str, *, loopback: bool = False, loopback_http: bool = False) -> WebAddress:
    """The parts of a web address that may be asked; a fragment is left off.

    ``loopback`` allows this machine's own names (localhost, 127.x.x.x, [::1]); ``loopback_http`` allows them too, and
    plain http for them, and for them alone. Raises AddressError.
    """
    if not isinstance(url, str) or len(url) > MAXIMUM_URL_CHARS:
        raise AddressError(f"a web address may have at most {MAXIMUM_URL_CHARS} characters")
    if any(symbol.isspace() or not symbol.isprintable() or symbol == "\\" for symbol in url):
        raise AddressError("the web address holds white space, a backslash or an invisible character")
    parts = _URL.fullmatch(url)
    if parts is None:
        raise AddressError("only web addresses that start with https:// are asked")
    scheme: Literal["https", "http"] = "https" if parts["scheme"].lower() == "https" else "http"
    host, port = _host_and_port(parts["authority"], scheme)
    address = WebAddress(scheme, host, port, _target(parts["path"], parts["query"] or ""))
    if address.loopback:
        if not (loopback or loopback_http):
            raise AddressError("the host is the verifying machine itself")
        if scheme == "http" and not loopback_http:
            raise AddressError("only web addresses that start with https:// are asked")
    elif scheme == "http":
        raise AddressError("only web addresses that start with https:// are asked")
    elif ":" in host or _NUMERIC_LABEL.fullmatch(host.rpartition(".")[2]):
        raise AddressError("the host is a number, not a name")
    elif "." not in host:
        raise AddressError("the host is not the full name of a public host")
    if port in _PORTS_OF_OTHERS:
        raise AddressError(f"the port {port} is not one of web servers")
    return address


def follow(address: WebAddress, location: str, *, loopback: bool = False, loopback_http: bool = False) -> WebAddress:
    """Where a redirect from ``address`` leads. Raises AddressError as `parse_web_address`.

    One from elsewhere to this machine is refused also where this machine may be asked directly.
    """
    if any(symbol.isspace() or not symbol.isprintable() or symbol == "\\" for symbol in location):
        # urljoin would drop some of these, and join what they kept apart.
        raise AddressError("it redirects to an address with white space, a backslash or an invisible character")
    try:
        joined = urljoin(str(address), location)
    except ValueError:
        raise AddressError("it redirects to what is no web address") from None
    try:
        allowed = {"loopback": loopback and address.loopback, "loopback_http": loopback_http and address.loopback}
        return parse_web_address(joined, **allowed)
    except AddressError as error:
        raise AddressError(f"it redirects to an address that is not asked: {error.reason}") from None


def why_not_public(address: str) -> str | None:
    """What is wrong with connecting to a network address that a name led to; None where it is a public one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "no network address"
    if isinstance(parsed, IPv4Address):
        return _within(parsed, _V4_NOT_PUBLIC)
    if parsed in _NAT64:
        embedded = IPv4Address(int(parsed) & 0xFFFFFFFF)
        found = _within(embedded, _V4_NOT_PUBLIC)
        return None if found is None else f"{found}, translated"
    if parsed in _V6_PUBLIC:
        return _within(parsed, _V6_NOT_PUBLIC)
    return _within(parsed, _V6_NAMED) or "a reserved address"


def is_loopback(address: str) -> bool:
    """Whether a network address is 127.0.0.1 or ::1, written in the plain way."""
    return address in ("127.0.0.1", "::1")


def _within(
    address: IPv4Address | IPv6Address, networks: tuple[tuple[IPv4Network, str] | tuple[IPv6Network, str], ...]
) -> str | None:
    return next((what for network, what in networks if address in network), None)


def _host_and_port(authority: str, scheme: str) -> tuple[str, int]:
    if "@" in authority:
        raise AddressError("the web address holds a user name or password")
    if authority.startswith("["):
        literal, bracket, rest = authority[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise AddressError("the host is not written as a host is")
        return _ip_v6(literal), _port(rest[1:], scheme)
    host, _, port = authority.partition(":")
    return _name(host), _port(port, scheme)


def _ip_v6(literal: str) -> str:
    if literal != "::1":
        raise AddressError("the host is a number, not a name")
    return literal


def _port(text: str, scheme: str) -> int:
    if not text:
        return _port_of(scheme)
    if not (text.isascii() and _PORT.fullmatch(text)) or int(text) > 65535:
        raise AddressError("the port is not a number from 1 to 65535")
    return int(text)


def _port_of(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _name(text: str) -> str:
    """A host name in lower case and ASCII."""
    host = text.lower() if text.isascii() else _in_ascii(text)
    if host.endswith("."):
        raise AddressError("the host ends with a dot")
    if len(host) > _MAXIMUM_HOST_CHARS or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise AddressError("the host is not a host name")
    return host


def _in_ascii(text: str) -> str:
    """A name with letters beyond ASCII in the form the name system knows (IDNA 2008, with the mapping of UTS 46)."""
    import idna

    if len(text) > _MAXIMUM_HOST_CHARS:
        raise AddressError("the host is not a host name")
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise AddressError("the host is not a host name") from None


def _target(path: str, query: str) -> str:
    """Path and query, in characters that a request line may hold."""
    try:
        return quote((path or "/") + query, safe=_TARGET_SYMBOLS)
    except UnicodeEncodeError:
        raise AddressError("the web address holds half a character") from None
