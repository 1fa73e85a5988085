"""Row 44: a presentation comes from the person its credentials are about, and answers this reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from badgeport.schemas.problems import (
    INVALID_CHALLENGE_ERROR,
    INVALID_DOMAIN_ERROR,
    RECIPIENT_MISMATCH,
    Problem,
)
from badgeport.verifier.checks.base import Check
from badgeport.verifier.proving import replay_problems
from badgeport.verifier.report import Outcome

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
    others = list(_not_about(examination.signer, examination, ""))
    strangers = [problem for outcome, problem in others if outcome is Outcome.FAILED]
    if others and not examination.settings.policy.holder_must_be_subject:
        return CHECK.passed("The presentation comes from its holder.", warnings=[problem for _, problem in others])
    if strangers:
        return CHECK.failed("The presentation comes from someone its credentials are not about.", strangers)
    if others:
        return CHECK.unknown(
            "It could not be told whether the presentation comes from the person its credentials are about.",
            [problem for _, problem in others],
        )
    return CHECK.passed("The presentation comes from its holder.")


def _not_about(holder: str | None, examination: Examination, base: str) -> Iterator[tuple[Outcome, Problem]]:
    """What is shown, at any depth, and is not about the holder, or does not say that it is.

    A record that someone makes of other people's credentials, or a presentation inside this one, hides nobody.
    """
    for each in examination.members:
        shown, pointer = each.examination, base + each.pointer
        if shown is None or shown.opened is None:
            continue
        subjects = shown.subjects()
        named = [subject["id"] for subject in subjects if isinstance(subject.get("id"), str)]
        if not shown.is_presentation and (holder is None or holder not in named):
            presents = f"{holder or 'no one that is known'} presents it"
            if named:
                detail = f"the credential is about {named[0]}, and {presents}"
                yield Outcome.FAILED, Problem(RECIPIENT_MISMATCH, detail, pointer)
            else:
                detail = f"the credential does not name the person it is about by an id, and {presents}"
                yield Outcome.UNKNOWN, Problem(RECIPIENT_MISMATCH, detail, pointer)
        yield from _not_about(holder, shown, pointer)


CHECK = Check(44, "Presented by its holder", run, (INVALID_CHALLENGE_ERROR, INVALID_DOMAIN_ERROR, RECIPIENT_MISMATCH))
