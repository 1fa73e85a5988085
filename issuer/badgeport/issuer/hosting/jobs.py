"""The kinds of jobs of hosting."""

from __future__ import annotations

from badgeport.issuer.hosting.transcripts import handlers

__all__ = ["handlers"]
