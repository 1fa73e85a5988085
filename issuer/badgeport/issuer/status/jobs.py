"""The kinds of jobs of status lists."""

from __future__ import annotations

from badgeport.issuer.jobs.handling import Handlers
from badgeport.issuer.status.signing import RenewHandler, StatusListHandler


def handlers() -> Handlers:
    """Handlers by kind."""
    return {"status-list": StatusListHandler(), "status-renewal": RenewHandler()}
