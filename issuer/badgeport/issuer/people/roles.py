"""What a person may be in an organisation."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A role in one organisation; a person may have several."""

    ADMINISTRATOR = "administrator"
    """People, roles, keys, settings."""
    AUTHOR = "author"
    """The catalogue."""
    ASSESSOR = "assessor"
    """Scores what is assigned to them, where they are certified."""
    REGISTRAR = "registrar"
    """Awards, corrects, suspends, reinstates, revokes; assigns assessors."""
    AUDITOR = "auditor"
    """Reads everything but evidence and changes nothing."""
    COACH = "coach"
    """Reads the drafts of educators of the organisation who asked for a coach, and comments on them."""
    POLICY_AUTHOR = "policy-author"
    """Recognition policies, agreements and approvals: writes, signs, publishes."""
    CLERK = "clerk"
    """Decides what credentials of others are worth here, and files it."""
    HR = "hr"
    """The credit of employees: imports, ledger, exports."""
    EDUCATOR = "educator"
    """Belongs to the organisation and earns its micro-credentials."""


STAFF = frozenset(Role) - {Role.EDUCATOR}
