"""Row 28: the claims of a JWT say what the credential says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.proofs.jwt_claims import claim_problems
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem
from badgeport.verifier.checks.base import Check

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """iss, sub, jti, nbf and exp repeat issuer, subject, id and dates (OB 3.0 "JSON Web Token Proof Format")."""
    opened = examination.opened
    if opened is None or opened.payload is None:
        return CHECK.skipped("The document is no JWT.")
    lenient = examination.settings.policy.lenient_jwt_sub
    problems = claim_problems(opened, lenient_sub=lenient)
    evidence = {"notes": list(opened.warnings)} if opened.warnings else {}
    if problems:
        return CHECK.failed("The claims of the JWT do not say what the credential says.", problems, evidence=evidence)
    warnings = []
    if opened.form == "vc-jwt" and "sub" not in opened.claims:
        detail = "the JWT has no claim sub, which Open Badges 3.0 demands; the policy lets that pass"
        warnings.append(Problem(MALFORMED_VALUE_ERROR, detail, "/sub"))
    return CHECK.passed("The claims of the JWT say what the credential says.", evidence=evidence, warnings=warnings)


CHECK = Check(28, "JWT claims agree", run, (MALFORMED_VALUE_ERROR,))
