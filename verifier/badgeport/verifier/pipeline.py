"""One examination from its facts to its report: every check in order, then the verdict.

After a fatal failure nothing more is claimed: of what could not be read no member is judged, and of what failed its
proof neither dates nor status nor issuer are, for they may be an attacker's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from badgeport.schemas.problems import INTERNAL_ERROR, Problem, ProblemError
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.ids import CORE, ROWS
from badgeport.verifier.checks.registry import REGISTRY
from badgeport.verifier.examination import Examination
from badgeport.verifier.policy import judge
from badgeport.verifier.report import CheckResult, InputSummary, Outcome, Verdict, VerificationReport
from badgeport.verifier.summary import summarize

LAST_PROOF_ROW = 30
_ALWAYS_ANSWERED = frozenset({ROWS[40], ROWS[46], ROWS[47]})
_READING = frozenset({ROWS[1], ROWS[2]})
_PROOF_FAILED = "The proof failed, so nothing the document says can be relied on."
_NOT_FOR_LISTS = frozenset(ROWS[row] for row in (10, *range(32, 46)))


def run(examination: Examination) -> VerificationReport:
    """The report of an examination, whatever its input is."""
    reason, answered = _gate(examination)
    results: list[CheckResult] = []
    proof_failed = False
    for check in REGISTRY:
        if reason is not None and check.id not in answered:
            result = check.skipped(reason, withheld=True)
        elif proof_failed and check.row > LAST_PROOF_ROW and check.id not in _ALWAYS_ANSWERED:
            result = check.skipped(_PROOF_FAILED, withheld=True)
        elif examination.role == "status-list" and check.id in _NOT_FOR_LISTS:
            result = check.skipped("This is not asked of a status list.")
        else:
            result = _guarded(examination, check)
        results.append(result)
        if check.row <= LAST_PROOF_ROW and check.id in CORE and result.outcome is Outcome.FAILED:
            proof_failed = True
    return _report(examination, tuple(results))


def internal_error_report(examination: Examination, error: Exception) -> VerificationReport:
    """The report of an examination that a defect stopped: nothing is determined."""
    stopped = _internal_error(REGISTRY[0], error)
    others = (
        check.skipped("The verification was stopped by an internal error.", withheld=True) for check in REGISTRY[1:]
    )
    return _assembled(examination, (stopped, *others), Verdict.UNDETERMINED, None)


def _gate(examination: Examination) -> tuple[str | None, frozenset[str]]:
    """Why most checks are withheld (None: they are not), and the ids of those that are answered all the same."""
    answered = _ALWAYS_ANSWERED | _READING
    if examination.opened is None:
        opening = examination.opening_check
        return "The input could not be read.", answered | {opening} if opening else answered
    if not examination.found:
        return "The input is not a credential.", answered
    if examination.is_ambiguous:
        return "The document says that it is a credential and that it is a presentation.", answered
    if examination.is_open_badges_2:
        return "Open Badges 2.0 badges are not verified in this release.", answered
    return None, answered


def _guarded(examination: Examination, check: Check) -> CheckResult:
    """The result of a check. What it should have caught itself is never a pass."""
    try:
        return check.run(examination)
    except ProblemError as error:
        return check.failed("The check met something it could not read.", [error.problem])
    except Exception as error:
        return _internal_error(check, error)


def _internal_error(check: Check, error: Exception) -> CheckResult:
    problem = Problem(INTERNAL_ERROR, f"the check was stopped by an internal error ({type(error).__name__})")
    return check.unknown("The check could not be done because of an error in this software.", [problem])


def _report(examination: Examination, results: tuple[CheckResult, ...]) -> VerificationReport:
    verdict = judge(examination.settings.policy, results)
    return _assembled(examination, results, verdict, _members(examination, results))


def _members(examination: Examination, results: tuple[CheckResult, ...]) -> tuple[VerificationReport, ...]:
    """The reports of contained credentials, where they were asked for."""
    done = {result.id for result in results if result.outcome is not Outcome.SKIPPED}
    contained = (examination.endorsements if "endorsements" in done else ()) + (
        examination.members if "members" in done else ()
    )
    return tuple(each.report for each in contained if each.report is not None)


def _warnings(examination: Examination, results: tuple[CheckResult, ...]) -> Iterator[Problem]:
    """What the checks warn of, and the problems of checks that the policy does not hold against the credential."""
    policy = examination.settings.policy
    required = policy.require | CORE
    for result in results:
        yield from result.warnings
        if not result.problems:
            continue
        tolerated = policy.allow_unknown if result.outcome is Outcome.UNKNOWN else policy.warn_only
        if result.id in tolerated or result.id not in required:
            yield from result.problems


def _assembled(
    examination: Examination,
    results: tuple[CheckResult, ...],
    verdict: Verdict,
    members: tuple[VerificationReport, ...] | None,
) -> VerificationReport:
    settings, question = examination.settings, examination.question
    usable = members is not None
    return VerificationReport(
        verdict=verdict,
        as_of=question.as_of,
        checked_at=question.now,
        input=examination.input_summary
        if usable
        else InputSummary("unknown", None, hashlib.sha256(examination.data).hexdigest()),
        credential=summarize(examination.document, presentation=examination.is_presentation)
        if usable and examination.found
        else None,
        checks=results,
        warnings=tuple(dict.fromkeys(_warnings(examination, results))),
        documents=examination.shared.documents.documents() if examination.outer is None else (),
        members=members or (),
        policy=settings.policy.name,
        policy_sha256=settings.policy.sha256,
        software=settings.software,
        role=examination.role,
        pointer=examination.pointer,
    )
