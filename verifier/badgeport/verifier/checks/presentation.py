"""Row 44: a presentation comes from the person its credentials are about, and answers this reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    INVALID_CHALLENGE_ERROR,
    INVALID_DOMAIN_ERROR,
    RECIPIENT_MISMATCH,
    Problem,
)
from badgeport.verifier.checks.base import Check
from badgeport.verifier.proving import replay_problems

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import CheckResult


def run(examination: Examination) -> CheckResult:
    """The holder who signed is the subject of every credential; challenge and domain are those asked for."""
    if not examination.is_presentation:
        return CHECK.skipped("The document is not a presentation.")
    replayed = [problem for state in examination.proofs for problem in replay_problems(examination, state.info)]
    if replayed:
        return CHECK.failed("The presentation was made for another reader or occasion.", replayed)
    strangers = list(_strangers(examination))
    if strangers and examination.settings.policy.holder_must_be_subject:
        return CHECK.failed("The presentation comes from someone its credentials are not about.", strangers)
    return CHECK.passed("The presentation comes from its holder.", warnings=strangers)


def _strangers(examination: Examination) -> list[Problem]:
    holder = examination.signer
    problems = []
    for each in examination.members:
        if each.examination is None or each.examination.opened is None:
            continue
        named = [subject["id"] for subject in each.examination.subjects() if isinstance(subject.get("id"), str)]
        if named and holder not in named:
            detail = f"the credential is about {named[0]}, and {holder or 'no one that is known'} presents it"
            problems.append(Problem(RECIPIENT_MISMATCH, detail, each.pointer))
    return problems


CHECK = Check(44, "Presented by its holder", run, (INVALID_CHALLENGE_ERROR, INVALID_DOMAIN_ERROR, RECIPIENT_MISMATCH))
