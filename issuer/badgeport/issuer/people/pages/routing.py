"""The addresses of these pages, and what several of them share."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode

from badgeport.web.words import keyed
from starlette.responses import Response

from badgeport.issuer.mistakes import Conflict, Forbidden, Mistakes
from badgeport.issuer.people.providers import is_entrusted
from badgeport.issuer.people.roles import Role
from badgeport.issuer.web.access import members
from badgeport.issuer.web.pages import see
from badgeport.issuer.web.routes import Routes
from badgeport.issuer.web.visits import Visit

routes = Routes("people")

READERS = members(Role.ADMINISTRATOR, Role.REGISTRAR, Role.AUDITOR, scope="people:read")
"""Who sees who is who in an organisation."""
CERTIFIERS = members(Role.ADMINISTRATOR, Role.REGISTRAR)
"""No program: a certification says which person vouches for an assessor."""
ADMINISTRATORS = members(Role.ADMINISTRATOR, scope="people:write")
SETTINGS = members(Role.ADMINISTRATOR, Role.AUDITOR, scope="people:read")
OWNERS = members(Role.ADMINISTRATOR)
"""For what no program may do: keys, tokens, how people sign in."""

FRESH = timedelta(minutes=15)
"""How lately somebody must have signed in to change how they sign in."""
OWN_WAY = keyed(
    "You have roles beyond the organization whose account you signed in with. Sign in by a link in your mail for this."
)


def stale(visit: Visit, path: str) -> Response | None:
    """Where to send who signed in too long ago to change how they sign in."""
    query = urlencode({"next": path})
    if not _is_own(visit):
        return see(visit, f"/sign-in?{query}", OWN_WAY)
    if _is_fresh(visit):
        return None
    return see(visit, f"/sign-in?{query}", "Sign in once more; then you can change how you sign in.")


def require_fresh(visit: Visit) -> None:
    """The same for programs. Raises Forbidden."""
    if not _is_own(visit):
        raise Forbidden(OWN_WAY)
    if not _is_fresh(visit):
        raise Forbidden("This asks for a recent sign-in. Sign in once more.")


def _is_fresh(visit: Visit) -> bool:
    return visit.sign_in is not None and visit.now - visit.sign_in.created <= FRESH


def _is_own(visit: Visit) -> bool:
    """Whether who is signed in may change how: a provider's word alone is not enough for what others entrusted them."""
    if visit.sign_in is None or visit.sign_in.org_id is None:
        return True
    with visit.reading() as session:
        return not is_entrusted(session, visit.me, visit.sign_in.org_id)


def version_of(text: str) -> int | None:
    """The version that a form was made from."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Conflict("This form is not whole. Load the page again.")
    return int(text)


def day_of(text: str, field: str, mistakes: Mistakes) -> date | None:
    """The day that was typed; None where none was."""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        mistakes.add(field, "Write the day as 2027-06-30.")
        return None


def instant_of(text: str, field: str, mistakes: Mistakes) -> datetime | None:
    """The moment in UTC that was typed; None where none was."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        mistakes.add(field, "Write the moment as 2027-06-30T15:00, in UTC.")
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def whole_of(text: str, field: str, mistakes: Mistakes) -> int | None:
    """The whole number that was typed; None where none was."""
    plain = re.sub(r"[ ,.'\u00a0\u202f]", "", text)
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        mistakes.add(field, "Write a whole number.")
        return None
    return int(plain)


def roles_of_form(values: tuple[str, ...]) -> list[Role]:
    """The roles that were ticked."""
    known = {role.value for role in Role}
    return [Role(value) for value in values if value in known]
