"""A report as one line of JSON, byte for byte what `jsontext.dump` makes of `VerificationReport.to_json`.

Nearly all of a report are sentences of this program, check by check. They are put together as text here, without a
dictionary for each; only what is rare or nested goes through an encoder.
"""

from __future__ import annotations

from functools import lru_cache
from json import JSONEncoder

from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import Problem
from badgeport.verifier.report import CheckResult, Outcome, VerificationReport

_encode = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def report_line(report: VerificationReport) -> bytes:
    """The report as compact UTF-8. Raises ProblemError(MALFORMED_VALUE_ERROR) where it holds what is no JSON value."""
    try:
        return _report(report).encode()
    except (TypeError, ValueError, RecursionError, OverflowError):
        # It says what is wrong as it does everywhere else.
        return jsontext.dump(report.to_json())


def _report(report: VerificationReport) -> str:
    credential = None if report.credential is None else report.credential.to_json()
    contained = "" if report.pointer is None else f',"role":{_encode(report.role)},"pointer":{_encode(report.pointer)}'
    return (
        f'{{"verdict":"{report.verdict.value}","asOf":"{format_datetime(report.as_of)}"'
        f',"checkedAt":"{format_datetime(report.checked_at)}","input":{_encode(report.input.to_json())}'
        f',"credential":{_encode(credential)},"checks":[{",".join(map(_check, report.checks))}]'
        f',"warnings":{_problems(report.warnings)}'
        f',"documents":{_encode([document.to_json() for document in report.documents])}'
        f',"members":[{",".join(map(_report, report.members))}],"policy":{_encode(report.policy)}'
        f',"policySha256":{_encode(report.policy_sha256)},"software":{_encode(report.software)}{contained}}}'
    )


def _check(result: CheckResult) -> str:
    return (
        f"{_beginning(result.id, result.outcome, result.title)}{_encode(result.message)}"
        f',"problems":{_problems(result.problems)}'
        f',"evidence":{_encode(dict(result.evidence)) if result.evidence else "{}"}}}'
    )


@lru_cache(maxsize=1024)
def _beginning(check_id: str, outcome: Outcome, title: str) -> str:
    """What a check begins with, up to its message: the same words whatever the document is."""
    return f'{{"id":{_encode(check_id)},"outcome":"{outcome.value}","title":{_encode(title)},"message":'


def _problems(problems: tuple[Problem, ...]) -> str:
    return _encode([problem.to_json() for problem in problems]) if problems else "[]"
