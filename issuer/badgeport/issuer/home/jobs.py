"""The kinds of jobs of the educator's home."""

from __future__ import annotations

from badgeport.issuer.home import collections, erasing, sweeping
from badgeport.issuer.jobs.handling import Handlers


def handlers() -> Handlers:
    """Handlers by kind."""
    return {
        collections.JOB: collections.Signing(),
        sweeping.JOB: sweeping.Sweeping(),
        "stray-files": sweeping.Strays(),
        erasing.FILE: erasing.Files(),
        erasing.OUTBOX: erasing.Outboxes(),
    }
