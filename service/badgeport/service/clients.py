"""Whom a limit applies to: an address, or the networks one subscriber may have all addresses of."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

SITE_WEIGHT = 8
"""How many clients a /48 of IPv6, which is what a site is given, may be at once."""

_REMEMBERED = 1024
_LONGEST = 64
"""Characters of an address that is remembered; what is longer is none, and would only take room."""

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Client:
    """One whom limits apply to: a network, and how many times what one client may have is allowed it."""

    network: str
    weight: int = 1


def clients_at(text: str) -> tuple[Client, ...]:
    """Whom an address counts for, the narrowest first.

    That is an IPv4 address, also where it stands in one of IPv6; else the /64 of an IPv6 address, which is what one
    connection to the Internet is given, and its /48.
    """
    return _known(text) if len(text) <= _LONGEST else _clients_at(text)


def _clients_at(text: str) -> tuple[Client, ...]:
    host = text.removeprefix("[").partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return (Client("unknown"),)
    if isinstance(address, ipaddress.IPv4Address):
        return (Client(str(address)),)
    inside = address.ipv4_mapped or address.sixtofour
    if inside is None and address in _NAT64:
        inside = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if inside is not None:
        return (Client(str(inside)),)
    return (Client(_network(address, 64)), Client(_network(address, 48), SITE_WEIGHT))


_known = lru_cache(maxsize=_REMEMBERED)(_clients_at)


def _network(address: ipaddress.IPv6Address, length: int) -> str:
    rest = 128 - length
    return str(ipaddress.IPv6Network((int(address) >> rest << rest, length)))
