"""Row 23: the key is in the document, fits the cryptosuite, and is listed for the purpose of the proof."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD,
    INVALID_VERIFICATION_METHOD,
    PRIVATE_KEY_EXPOSED,
)
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The key is listed for this purpose and fits.",
    failed="The key is not usable for this purpose.",
    unknown="It could not be told whether the key is listed for this purpose.",
    skipped="No key was had.",
)


def run(examination: Examination) -> CheckResult:
    """Listed under assertionMethod (authentication for presentations); type and curve are those of the suite."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(
    23,
    "Key authorised for the purpose",
    run,
    (
        INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD,
        INVALID_VERIFICATION_METHOD,
        PRIVATE_KEY_EXPOSED,
    ),
)
