"""The kinds of jobs of staff credit."""

from __future__ import annotations

from badgeport.issuer.jobs.handling import Handlers
from badgeport.receiver.hr import imports, rechecks
from badgeport.receiver.office import Office


def handlers(office: Office) -> Handlers:
    """Handlers by kind."""
    return {
        imports.KIND: imports.Importing(office),
        rechecks.KIND: rechecks.Rechecking(office),
        rechecks.REGULARLY: rechecks.Regularly(),
        rechecks.TELLING: rechecks.Telling(office),
    }
