"""The kinds of jobs of awards."""

from __future__ import annotations

from badgeport.issuer.awards import proposals
from badgeport.issuer.awards.batches import EnterHandler
from badgeport.issuer.awards.mail import MailHandler
from badgeport.issuer.awards.minting import MintHandler
from badgeport.issuer.awards.resigning import ResignHandler
from badgeport.issuer.jobs.handling import Handlers


def handlers() -> Handlers:
    """Handlers by kind."""
    return {
        "mint": MintHandler(),
        "mail": MailHandler(),
        "enter-batch": EnterHandler(),
        "resign": ResignHandler(),
        proposals.PERSON: proposals.PersonHandler(),
        proposals.HOLDERS: proposals.HoldersHandler(),
    }
