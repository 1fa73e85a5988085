"""From the credential text to the document in it, whatever secures it (Data Integrity, JOSE, SD-JWT, envelopes)."""

from __future__ import annotations

from badgeport.proofs.opened import Opened
from badgeport.proofs.secured import open_secured
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import Limits
from badgeport.verifier.intake import Intake


def open_document(taken: Intake, contexts: ContextStore, limits: Limits) -> Opened:
    """The document of a credential text. Raises ProblemError where it cannot be read."""
    return open_secured(taken.payload, limits=limits, contexts=contexts)
