"""Row 30: what the holder could leave out decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, Problem, ProblemError
from badgeport.verifier.checks.base import Check
from badgeport.verifier.proving import raw_proof
from badgeport.verifier.report import Outcome

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.proving import ProofState
    from badgeport.verifier.report import CheckResult

_SUITE = "ecdsa-sd-2023"
_DECISIVE = ("credentialStatus", "validUntil")


def run(examination: Examination) -> CheckResult:
    """Issuer, dates and status are among what every presentation must show; an SD-JWT hides no such member."""
    opened = examination.opened
    states = [state for state in examination.proofs if state.info.suite == _SUITE]
    sd_jwt = opened is not None and opened.form.endswith("sd-jwt")
    if not states and not sd_jwt:
        return CHECK.skipped("Nothing in the document can be left out selectively.")
    problems = [problem for state in states for problem in _decisive(examination, state)]
    if problems:
        return CHECK.failed(
            "The holder could have left out something that decides whether the credential holds.", problems
        )
    warnings = []
    if opened is not None and "" in opened.undisclosed:
        hidden = [name for name in _DECISIVE if name not in examination.document]
        if hidden:
            detail = f"something at the top level is withheld, and nothing shows that it is not {' or '.join(hidden)}"
            warnings.append(Problem(PROOF_VERIFICATION_ERROR, detail, ""))
    return CHECK.passed("Nothing that decides whether the credential holds could be left out.", warnings=warnings)


def _decisive(examination: Examination, state: ProofState) -> tuple[Problem, ...]:
    from badgeport.proofs.suites.ecdsa_sd import decisive_problems

    if state.outcome("signature") is not Outcome.PASSED:
        return ()
    document = {name: value for name, value in examination.document.items() if name != "proof"}
    settings = examination.settings
    try:
        return decisive_problems(
            document, raw_proof(examination, state.info), contexts=settings.contexts, limits=settings.limits
        )
    except ProblemError as error:
        return (error.problem,)


CHECK = Check(30, "Nothing decisive withheld", run, (PROOF_VERIFICATION_ERROR,))
