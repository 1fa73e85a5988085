"""Row 21: the proof names its key by a URL of a known kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import INVALID_VERIFICATION_METHOD_URL
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The key is named by a usable URL.",
    failed="The key is not named by a usable URL.",
    unknown="It could not be told what names the key.",
    skipped="The document has no proof that names a key.",
)


def run(examination: Examination) -> CheckResult:
    """A DID URL or an https URL (Controlled Identifiers 1.0 §3.3 step 1)."""
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(21, "Key named by a usable URL", run, (INVALID_VERIFICATION_METHOD_URL,))
