"""Rows 42 and 43 share how the verdicts of contained credentials become one result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from badgeport.schemas.problems import Problem
from badgeport.verifier.checks.base import Check
from badgeport.verifier.containment import Contained
from badgeport.verifier.report import CheckResult, Outcome, Verdict, VerificationReport


def judged(
    check: Check, contained: Sequence[Contained], noun: str, nothing: str, *, warnings: Iterable[Problem] = ()
) -> CheckResult:
    """Failed where one is invalid or could not be looked at, else unknown where one is undetermined, else passed."""
    if not contained:
        return check.skipped(nothing)
    verdicts = [Verdict.INVALID if each.report is None else each.report.verdict for each in contained]
    counts = {verdict: verdicts.count(verdict) for verdict in Verdict}
    evidence = {verdict.value: count for verdict, count in counts.items()}
    if counts[Verdict.INVALID]:
        problems = [problem for each in contained for problem in _problems(each, Outcome.FAILED, Verdict.INVALID)]
        message = f"{counts[Verdict.INVALID]} of {len(contained)} {noun} did not verify."
        return check.failed(message, problems, evidence=evidence, warnings=warnings)
    if counts[Verdict.UNDETERMINED]:
        problems = [problem for each in contained for problem in _problems(each, Outcome.UNKNOWN, Verdict.UNDETERMINED)]
        message = f"{counts[Verdict.UNDETERMINED]} of {len(contained)} {noun} could not be verified."
        return check.unknown(message, problems, evidence=evidence, warnings=warnings)
    return check.passed(f"All {noun} ({len(contained)}) verify.", evidence=evidence, warnings=warnings)


def _problems(contained: Contained, outcome: Outcome, verdict: Verdict) -> list[Problem]:
    """The problems behind a verdict, their pointers led on from where the contained credential stands."""
    if contained.problem is not None:
        return [contained.problem] if verdict is Verdict.INVALID else []
    report: VerificationReport | None = contained.report
    if report is None or report.verdict is not verdict:
        return []
    return [
        Problem(problem.type, problem.detail, contained.pointer + (problem.pointer or ""))
        for result in report.checks
        if result.outcome is outcome
        for problem in result.problems
    ]
