"""Who may use an address. Every route of the issuer states one rule; one without is a defect that a test finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from badgeport.issuer.people.roles import Role

Who = Literal["everyone", "account", "organization", "operator", "link", "instance"]


@dataclass(frozen=True, slots=True)
class Access:
    """One rule.

    ``who``: ``everyone``; ``account``, who is signed in and reaches their own things alone; ``organization``, whoever
    has one of ``roles`` in the organisation that the path names as ``{org}``; ``operator`` of the installation;
    ``link``, who holds a secret that the path bears; ``instance``, a VCALM issuer, whose own rule the route asks.
    ``scope`` is what an API token needs instead of a role; None: no token may. ``factors`` is how strongly a person
    must have signed in.
    """

    who: Who
    roles: frozenset[Role] = frozenset()
    scope: str | None = None
    factors: Literal[1, 2] = 1


EVERYONE = Access("everyone")
ACCOUNT = Access("account")
LINK = Access("link")
INSTANCE = Access("instance")
OPERATOR = Access("operator", factors=2)


def members(*roles: Role, scope: str | None = None) -> Access:
    """People with one of the roles in the organisation ``{org}`` of the path, or its tokens with the scope.

    Who is more than an educator there must have used a second factor, where the installation asks for it.
    """
    return Access("organization", frozenset(roles), scope, 1 if set(roles) <= {Role.EDUCATOR} else 2)


SCOPES = (
    "catalog:read",
    "catalog:write",
    "people:read",
    "people:write",
    "submissions:read",
    "awards:read",
    "awards:write",
    "credentials:issue",
    "reports:read",
    "audit:read",
    "policies:read",
    "policies:write",
    "decisions:read",
    "decisions:write",
    "hr:read",
    "hr:write",
)
"""What an API token may be good for."""
