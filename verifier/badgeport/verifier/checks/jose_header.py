"""Row 26: the header of a JWT names the key's own algorithm and nothing it must not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import CRYPTOGRAPHIC_SECURITY_ERROR, INVALID_VERIFICATION_METHOD, PRIVATE_KEY_EXPOSED
from badgeport.verifier.checks.base import Check, Wording, combine

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult

_WORDING = Wording(
    passed="The header of the JWT is acceptable.",
    failed="The header of the JWT is not acceptable.",
    unknown="The header of the JWT could not be judged.",
    skipped="The document is no JWT.",
)


def run(examination: Examination) -> CheckResult:
    """No ``none``, no HMAC, no ``crit``; the algorithm is bound to the type of the key (RFC 8725 §3.1)."""
    problem = examination.opening_problem
    if problem is not None:
        return CHECK.failed(_WORDING.failed, [problem])
    return combine(CHECK, examination.proof_findings(CHECK.id), _WORDING)


CHECK = Check(
    26,
    "JWT header acceptable",
    run,
    (
        CRYPTOGRAPHIC_SECURITY_ERROR,
        INVALID_VERIFICATION_METHOD,
        PRIVATE_KEY_EXPOSED,
    ),
)
