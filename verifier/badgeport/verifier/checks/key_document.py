"""Row 22: the document that describes the key can be had, is well formed and names itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT,
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID,
    KEY_UNAVAILABLE,
)
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The key document was had and names itself.",
    failed="The key document is not usable.",
    unknown="The key document could not be had.",
    skipped="No key document was asked for.",
)


def run(examination: Examination) -> CheckResult:
    """A document that cannot be had leaves the check undetermined, never failed."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(
    22,
    "Key document resolved",
    run,
    (
        INVALID_CONTROLLED_IDENTIFIER_DOCUMENT,
        INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID,
        KEY_UNAVAILABLE,
    ),
)
