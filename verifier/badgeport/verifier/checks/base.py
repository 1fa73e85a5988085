"""What every check is made of: its place in the list, its title, and how it words a result."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from badgeport.schemas.problems import Problem, ProblemType
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.report import NO_EVIDENCE, CheckResult, Outcome

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination

CheckFunction: TypeAlias = "Callable[[Examination], CheckResult]"


@dataclass(frozen=True, slots=True)
class Check:
    """One named check. ``row`` is its row in the list of checks; ``codes`` are the problem types it can report."""

    row: int
    title: str
    run: CheckFunction
    codes: tuple[ProblemType, ...] = ()
    id: str = field(init=False)
    """The stable kebab-case id."""

    def __post_init__(self) -> None:
        """Look the id up in the list of checks."""
        object.__setattr__(self, "id", ROWS[self.row])

    def passed(
        self, message: str, *, evidence: Mapping[str, Any] = NO_EVIDENCE, warnings: Iterable[Problem] = ()
    ) -> CheckResult:
        """A result of this check: it passed."""
        if evidence is NO_EVIDENCE and not warnings:
            return _plain(self.id, self.title, Outcome.PASSED, message, False)
        return CheckResult(self.id, self.title, Outcome.PASSED, message, (), evidence, tuple(warnings))

    def failed(
        self,
        message: str,
        problems: Iterable[Problem],
        *,
        evidence: Mapping[str, Any] = NO_EVIDENCE,
        warnings: Iterable[Problem] = (),
    ) -> CheckResult:
        """A result of this check: it failed."""
        return CheckResult(self.id, self.title, Outcome.FAILED, message, tuple(problems), evidence, tuple(warnings))

    def unknown(
        self,
        message: str,
        problems: Iterable[Problem],
        *,
        evidence: Mapping[str, Any] = NO_EVIDENCE,
        warnings: Iterable[Problem] = (),
    ) -> CheckResult:
        """A result of this check: it was tried and could not be determined."""
        return CheckResult(self.id, self.title, Outcome.UNKNOWN, message, tuple(problems), evidence, tuple(warnings))

    def skipped(
        self,
        reason: str,
        *,
        evidence: Mapping[str, Any] = NO_EVIDENCE,
        warnings: Iterable[Problem] = (),
        withheld: bool = False,
    ) -> CheckResult:
        """A result of this check: it was not done, for this reason. ``withheld``: only because another one failed."""
        if evidence is NO_EVIDENCE and not warnings:
            return _plain(self.id, self.title, Outcome.SKIPPED, reason, withheld)
        return CheckResult(self.id, self.title, Outcome.SKIPPED, reason, (), evidence, tuple(warnings), withheld)


@lru_cache(maxsize=1024)
def _plain(check_id: str, title: str, outcome: Outcome, message: str, withheld: bool) -> CheckResult:
    """A result that says nothing of the document it is about; results do not change, so one serves for all."""
    return CheckResult(check_id, title, outcome, message, (), NO_EVIDENCE, (), withheld)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one proof or one status entry means for one check."""

    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @classmethod
    def failure(cls, *problems: Problem) -> Finding:
        """It fails the check, for these reasons."""
        return cls(Outcome.FAILED, problems)

    @classmethod
    def doubt(cls, *problems: Problem) -> Finding:
        """It leaves the check undetermined, for these reasons."""
        return cls(Outcome.UNKNOWN, problems)

    def below(self, place: str) -> Finding:
        """The same, of a document that stands at ``place`` (a JSON pointer) in another one."""
        if not place:
            return self
        problems, warnings = (
            tuple(replace(problem, pointer=place + (problem.pointer or "")) for problem in each)
            for each in (self.problems, self.warnings)
        )
        return Finding(self.outcome, problems, warnings)


PASS = Finding(Outcome.PASSED)


@dataclass(frozen=True, slots=True)
class Wording:
    """The message for each outcome."""

    passed: str
    failed: str
    unknown: str
    skipped: str


def combine(
    check: Check, findings: Iterable[Finding], wording: Wording, *, evidence: Mapping[str, Any] = NO_EVIDENCE
) -> CheckResult:
    """One result from many findings: failed where one failed, else unknown where one is, else passed; none: skipped."""
    found = tuple(findings)
    if found.count(PASS) == len(found):  # nearly always; the way below leads to the same
        message = wording.passed if found else wording.skipped
        return (check.passed if found else check.skipped)(message, evidence=evidence)
    warnings = tuple(warning for finding in found for warning in finding.warnings)
    for outcome, make, message in (
        (Outcome.FAILED, check.failed, wording.failed),
        (Outcome.UNKNOWN, check.unknown, wording.unknown),
    ):
        if any(finding.outcome is outcome for finding in found):
            problems = [problem for finding in found if finding.outcome is outcome for problem in finding.problems]
            return make(message, problems, evidence=evidence, warnings=warnings)
    if any(finding.outcome is Outcome.PASSED for finding in found):
        return check.passed(wording.passed, evidence=evidence, warnings=warnings)
    return check.skipped(wording.skipped, evidence=evidence, warnings=warnings)
