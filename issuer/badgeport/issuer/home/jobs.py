"""The kinds of jobs of the educator's home."""

from __future__ import annotations

from badgeport.issuer.home import collections, erasing, sweeping
from badgeport.issuer.jobs.handling import Handlers
from badgeport.issuer.storage.keeping import FILE


def handlers() -> Handlers:
    """Handlers by kind."""
    return {
        collections.JOB: collections.Signing(),
        sweeping.JOB: sweeping.Sweeping(),
        "stray-files": sweeping.Strays(),
        FILE: erasing.Files(),
        erasing.OUTBOX: erasing.Outboxes(),
    }
