"""A problem as RFC 9457 states it, in the profile of VCDM 2.0 section 7.2."""

from __future__ import annotations

from badgeport.schemas.models.base import Maybe, Node, Uri


class ProblemDetails(Node):
    """One problem: its type, a title for people, what happened this time, and the member it is about."""

    type: Uri
    title: Maybe[str] = None
    detail: Maybe[str] = None
    status: Maybe[int] = None
    instance: Maybe[str] = None
    pointer: Maybe[str] = None
