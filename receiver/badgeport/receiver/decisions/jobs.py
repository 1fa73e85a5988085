"""The kinds of jobs of decisions."""

from __future__ import annotations

from badgeport.issuer.jobs.handling import Handlers
from badgeport.receiver.decisions.services import JOB
from badgeport.receiver.decisions.signing import SigningHandler
from badgeport.receiver.office import Office


def handlers(office: Office) -> Handlers:  # noqa: ARG001 - signing needs the worker's desk alone
    """Handlers by kind."""
    return {JOB: SigningHandler()}
