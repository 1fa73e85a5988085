"""Static files: style, script and pictures, from every room that has pages, under one address."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

ROOMS = ("badgeport.web", "badgeport.verifier.web", "badgeport.issuer.web", "badgeport.receiver.web")
"""The packages whose ``static`` folders are served below ``/static``; a name is in one of them only."""


@cache
def asset(name: str) -> str:
    """The address of a static file, which changes with its content. Raises KeyError where there is none."""
    for room in ROOMS:
        file = files(room).joinpath("static", name)
        if file.is_file():
            return f"/static/{name}?v={hashlib.sha256(file.read_bytes()).hexdigest()[:10]}"
    raise KeyError(name)
