"""Row 46: what vouches for an Open Badges 2.0 badge: that its issuer publishes it, or a signature by its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    BADGE_DIFFERS,
    BADGE_OUT_OF_SCOPE,
    BADGE_UNAVAILABLE,
    CRYPTOGRAPHIC_SECURITY_ERROR,
    INVALID_VERIFICATION_METHOD,
    ISSUER_KEY_MISMATCH,
    KEY_REVOKED,
    KEY_UNAVAILABLE,
    LEGACY_BADGE,
    MALFORMED_VALUE_ERROR,
    PRIVATE_KEY_EXPOSED,
    UNSIGNED,
    UNSUPPORTED,
)
from badgeport.verifier.checks.base import Check
from badgeport.verifier.open_badges_2 import rows

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """Hosted: the badge stands at its own address, within its issuer's scope; signed: by a key its issuer lists."""
    if not examination.is_open_badges_2:
        return CHECK.skipped("The document is not an Open Badges 2.0 badge.")
    return rows.proof(examination, CHECK)


CHECK = Check(
    46,
    "Open Badges 2.0",
    run,
    (
        BADGE_DIFFERS,
        BADGE_OUT_OF_SCOPE,
        BADGE_UNAVAILABLE,
        CRYPTOGRAPHIC_SECURITY_ERROR,
        INVALID_VERIFICATION_METHOD,
        ISSUER_KEY_MISMATCH,
        KEY_REVOKED,
        KEY_UNAVAILABLE,
        LEGACY_BADGE,
        MALFORMED_VALUE_ERROR,
        PRIVATE_KEY_EXPOSED,
        UNSIGNED,
        UNSUPPORTED,
    ),
)
