"""One examination from its facts to its report: every check in order, then the verdict.

After a fatal failure nothing more is claimed: of what could not be read no member is judged, and of what failed its
proof neither dates nor status nor issuer are, for they may be an attacker's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from badgeport.schemas.datetimes import format_datetime, in_words
from badgeport.schemas.problems import DOCUMENT_OUTDATED, INTERNAL_ERROR, Problem, ProblemError
from badgeport.verifier.checks.base import Check
from badgeport.verifier.checks.ids import CORE, ROWS
from badgeport.verifier.checks.registry import REGISTRY
from badgeport.verifier.examination import Examination, Role
from badgeport.verifier.open_badges_2 import rows as legacy
from badgeport.verifier.policy import judge, only_status_unseen, proven
from badgeport.verifier.report import CheckResult, CredentialSummary, InputSummary, Outcome, Verdict, VerificationReport
from badgeport.verifier.summary import summarize

LAST_PROOF_ROW = 30
_ALWAYS_ANSWERED = frozenset({ROWS[40], ROWS[46], ROWS[47]})
_READING = frozenset({ROWS[1], ROWS[2]})
_CONTAINED = frozenset({"endorsements", "members"})
_PROOF_FAILED = "The proof failed, so nothing the document says can be relied on."


def _skipped(rows: Iterable[int], reason: str) -> dict[str, CheckResult]:
    return {check.id: check.skipped(reason) for check in REGISTRY if check.row in rows}


# What is not asked of a document that was not handed in itself.
_NOT_ASKED: Mapping[Role, Mapping[str, CheckResult]] = {
    "status-list": _skipped({10, *range(32, 46)}, "This is not asked of a status list."),
    "registry": _skipped({10, 32, 39, *range(41, 46)}, "This is not asked of a registry."),
    "refresh": _skipped(
        {32, 39, *range(41, 46)}, "This is asked of the credential as received, not of its newer copy."
    ),
}
_NOTHING: Mapping[str, CheckResult] = {}


def run(examination: Examination) -> VerificationReport:
    """The report of an examination, whatever its input is."""
    reason, answered = _gate(examination)
    is_legacy = examination.is_open_badges_2
    not_asked = _NOTHING if is_legacy else _NOT_ASKED.get(examination.role, _NOTHING)
    answer = _of_legacy_badge if is_legacy else _guarded

    def answers(checks: Iterable[Check], withheld: str | None, answered: frozenset[str]) -> list[CheckResult]:
        if withheld is None:
            return [not_asked.get(check.id) or answer(examination, check) for check in checks]
        return [
            not_asked.get(check.id) or answer(examination, check)
            if check.id in answered
            else check.skipped(withheld, withheld=True)
            for check in checks
        ]

    results = answers(REGISTRY[:LAST_PROOF_ROW], reason, answered)
    core = [result for result in results if result.id in CORE]
    if any(result.outcome is Outcome.FAILED for result in core):
        reason, answered = reason or _PROOF_FAILED, _ALWAYS_ANSWERED
    examination.signed = reason is None and proven(results)
    examination.proved = examination.signed and _all_settled(examination, core)
    results += answers(REGISTRY[LAST_PROOF_ROW:], reason, answered)
    return _report(examination, tuple(results))


def _all_settled(examination: Examination, core: Iterable[CheckResult]) -> bool:
    """Whether everything up to the proof is settled in favour of what is shown, as far as the policy asks."""
    tolerated = examination.settings.policy.allow_unknown
    return all(
        result.outcome is Outcome.PASSED
        or result.outcome is Outcome.SKIPPED
        or result.id in tolerated
        or only_status_unseen(result)
        for result in core
    )


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
        answered |= {opening} if opening else frozenset()
        return "The input could not be read.", answered | legacy.answered_unread(examination)
    if not examination.found:
        return "The input is not a credential.", answered
    if examination.is_ambiguous:
        return "The document says that it is a credential and that it is a presentation.", answered
    return None, answered


def _of_legacy_badge(examination: Examination, check: Check) -> CheckResult:
    """The result of a check on an Open Badges 2.0 badge: most do not apply, some are answered in its own terms."""
    if check.id in legacy.ASKED_ALWAYS:
        return _guarded(examination, check)
    if check.id not in legacy.ABOUT_THE_BADGE:
        return check.skipped(legacy.NOT_ASKED)
    return _guarded(examination, check, legacy.answer)


def _guarded(
    examination: Examination, check: Check, answer: Callable[[Examination, Check], CheckResult] | None = None
) -> CheckResult:
    """The result of a check. What it should have caught itself is never a pass."""
    try:
        return check.run(examination) if answer is None else answer(examination, check)
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
    """The reports of the newer copy of the credential and of contained ones, where they were asked for."""
    asked = [each.id for each in results if each.id in _CONTAINED and each.outcome is not Outcome.SKIPPED]
    contained = (examination.endorsements if "endorsements" in asked else ()) + (
        examination.members if "members" in asked else ()
    )
    reports = tuple(each.report for each in contained if each.report is not None)
    newer = examination.refresh.report if examination.proved else None
    return reports if newer is None else (newer, *reports)


def _warnings(examination: Examination, results: tuple[CheckResult, ...]) -> Iterator[Problem]:
    """What the checks warn of, and the problems of checks that the policy does not hold against the credential."""
    policy = examination.settings.policy
    required = policy.required
    for result in results:
        yield from result.warnings
        if not result.problems:
            continue
        tolerated = policy.allow_unknown if result.outcome is Outcome.UNKNOWN else policy.warn_only
        if result.id in tolerated or result.id not in required:
            yield from result.problems


def _outdated(examination: Examination) -> Iterator[Problem]:
    """A warning for every document of which an older copy was used; once, for the whole input."""
    for each in examination.shared.documents.documents() if examination.outer is None else ():
        if each.stale is None:
            continue
        detail = f"{each.url} could not be fetched anew ({each.stale}); "
        if each.fetched_at is None:
            detail += "an older copy was used, and when that was fetched is not known"
        else:
            age = in_words(examination.question.now - each.fetched_at)
            detail += f"the copy of {format_datetime(each.fetched_at)} was used, which is {age} old"
        yield Problem(DOCUMENT_OUTDATED, detail)


def _summary(examination: Examination) -> CredentialSummary:
    if examination.is_open_badges_2:
        return legacy.summarize(examination.legacy)
    return summarize(examination.document, presentation=examination.is_presentation)


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
        credential=_summary(examination) if usable and examination.found else None,
        checks=results,
        warnings=tuple(dict.fromkeys((*_warnings(examination, results), *(_outdated(examination) if usable else ())))),
        documents=examination.shared.documents.documents() if examination.outer is None else (),
        members=members or (),
        policy=settings.policy.name,
        policy_sha256=settings.policy.sha256,
        software=settings.software,
        role=examination.role,
        pointer=examination.pointer,
    )
