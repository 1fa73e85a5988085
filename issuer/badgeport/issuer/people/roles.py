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
    EDUCATOR = "educator"
    """Belongs to the organisation and earns its micro-credentials."""


STAFF = frozenset(Role) - {Role.EDUCATOR}
