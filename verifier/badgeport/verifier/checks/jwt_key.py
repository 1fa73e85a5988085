"""Row 25: the key of a JWT belongs to the issuer (to the holder, for a presentation)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from badgeport.schemas.problems import CRYPTOGRAPHIC_SECURITY_ERROR, ISSUER_KEY_MISMATCH, KEY_UNAVAILABLE
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The key of the JWT is the {name}'s own.",
    failed="The key of the JWT is not the {name}'s: someone else signed this.",
    unknown="It could not be shown that the key of the JWT is the {name}'s own.",
    skipped="The document is no JWT.",
)


def run(examination: Examination) -> CheckResult:
    """The issuer's document, its host's key set or its identifier has the key; a header's own ``jwk`` shows nothing."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _wording(examination.owner_member))


@cache
def _wording(name: str) -> Wording:
    texts = (_WORDING.passed, _WORDING.failed, _WORDING.unknown, _WORDING.skipped)
    return Wording(*(text.format(name=name) for text in texts))


CHECK = Check(
    25, "JWT key belongs to the issuer", run, (CRYPTOGRAPHIC_SECURITY_ERROR, ISSUER_KEY_MISMATCH, KEY_UNAVAILABLE)
)
