"""The kinds of jobs of hosting."""

from __future__ import annotations

from badgeport.issuer.hosting import transcripts
from badgeport.issuer.hosting.resigning import ResignOwn
from badgeport.issuer.jobs.handling import Handlers
from badgeport.issuer.people.keys import RESIGN_OWN


def handlers() -> Handlers:
    """Handlers by kind."""
    return {**transcripts.handlers(), RESIGN_OWN: ResignOwn()}
