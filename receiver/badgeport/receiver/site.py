"""Every address of the receiver, and every kind of job it has done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter

from badgeport.issuer.home import elsewhere
from badgeport.issuer.jobs.handling import Handler
from badgeport.issuer.web.site import module_of
from badgeport.receiver.office import Office

ROOM = "badgeport.receiver"
DOMAINS = ("policies", "partnerships", "decisions", "hr")
"""The packages of the room.

Each may have ``programs`` and ``pages`` with ``routes``, ``jobs`` with ``handlers``, and ``personal`` with a ``ROOM``:
what it keeps of people with accounts.
"""

for _personal in (module_of(f"{ROOM}.{domain}.personal") for domain in DOMAINS):
    if _personal is not None:
        elsewhere.register(_personal.ROOM)


def routers() -> tuple[APIRouter, ...]:
    """Every router, in the order in which addresses are matched."""
    found = [module_of(f"{ROOM}.{domain}.{part}") for domain in DOMAINS for part in ("programs", "pages")]
    return tuple(module.routes.router for module in found if module is not None)


def handlers(office: Office) -> Mapping[str, Handler]:
    """Who does which kind of job."""
    made: dict[str, Any] = {}
    for domain in DOMAINS:
        module = module_of(f"{ROOM}.{domain}.jobs")
        for kind, handler in ({} if module is None else module.handlers(office)).items():
            if kind in made:
                raise ValueError(f"two domains do jobs of the kind {kind}")
            made[kind] = handler
    return made
