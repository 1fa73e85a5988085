"""VCALM's answers (SPEC R; VCALM 0.9 §3.3): ``verified``, ``problemDetails`` and ``results`` of a report.

``verified`` is false for a failed proof, a malformed document or lost data, and where the issuer's key could not be
had: what could not be checked is not verified, and the problem says that it could not be checked. A credential that is
expired, revoked or suspended is verified, with warnings; the report of ``/api/v1/verify`` calls it invalid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from badgeport.web.answers import Refusal, refused

from badgeport.schemas.problems import (
    EXPIRED,
    MALFORMED_VALUE_ERROR,
    NOT_YET_VALID,
    OPTION_WITHOUT_EFFECT,
    UNKNOWN_OPTION_PROVIDED,
    UNSIGNED,
    Problem,
)
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.report import CheckResult, Outcome, VerificationReport

ERROR, WARNING = "error", "warning"

CREDENTIAL_OPTIONS = frozenset(
    {"returnCredential", "returnProblemDetails", "returnResults", "checks", "challenge", "domain"}
)
"""Options of ``/credentials/verify``. ``checks``, ``challenge`` and ``domain`` are of older clients (SPEC R3)."""

PRESENTATION_OPTIONS = frozenset(
    {"challenge", "domain", "returnPresentation", "returnProblemDetails", "returnResults", "checks"}
)
"""Options of ``/presentations/verify``."""

_PROOF_ROWS = frozenset(ROWS[row] for row in (3, 5, 6, *range(16, 31)))
_STATUS_ROWS = frozenset(ROWS[row] for row in range(33, 39))


def options_of(members: Mapping[str, Any], known: frozenset[str]) -> Mapping[str, Any]:
    """The options of a request. Raises Refusal for one that is not known or has the wrong form."""
    options = members.get("options")
    if options is None:
        return {}
    if not isinstance(options, dict):
        raise refused("options", "'options' is not an object")
    for name, value in options.items():
        shown = name if len(name) <= 40 else f"{name[:40]}…"
        pointer = f"/options/{shown.replace('~', '~0').replace('/', '~1')}"
        if name not in known:
            detail = f"'{shown}' is no option of this address; known are {', '.join(sorted(known))}"
            raise Refusal(UNKNOWN_OPTION_PROVIDED, detail, pointer=pointer)
        if name.startswith("return"):
            if not isinstance(value, bool):
                raise refused(pointer[1:], f"'{name}' is neither true nor false")
        elif name == "checks":
            if not (isinstance(value, list) and all(isinstance(item, str) for item in value)):
                raise refused(pointer[1:], "'checks' is not a list of texts")
        elif not (isinstance(value, str) and value):
            raise refused(pointer[1:], f"'{name}' is not a text")
    return options


def expecting(answer: dict[str, Any], report: VerificationReport, kind: str) -> dict[str, Any]:
    """The answer, not verified where the document is of another kind than the one asked about."""
    types = () if report.credential is None else report.credential.types
    if kind in types or not report.credential_found:
        return answer
    elsewhere = {
        "VerifiableCredential": "; a presentation is verified at /presentations/verify",
        "VerifiablePresentation": "; a credential is verified at /credentials/verify",
    }
    problem = Problem(MALFORMED_VALUE_ERROR, f"the document is no {kind}{elsewhere[kind]}", "/type")
    details = [{**problem.to_json(), "severity": ERROR}, *answer["problemDetails"]]
    return {**answer, "verified": False, "problemDetails": details}


def passing_over(answer: dict[str, Any], options: Iterable[str]) -> dict[str, Any]:
    """The answer, which says of each of these options that it was not asked of the document."""
    problems = [
        Problem(OPTION_WITHOUT_EFFECT, f"'{name}' was not asked: only a presentation answers it", f"/options/{name}")
        for name in options
    ]
    added = [{**problem.to_json(), "severity": WARNING} for problem in problems]
    return {**answer, "problemDetails": [*answer["problemDetails"], *added]}


def failure(problem: Problem) -> dict[str, Any]:
    """The answer that nothing was verified because of one problem."""
    return {"verified": False, "problemDetails": [{**problem.to_json(), "severity": ERROR}]}


def credential_results(report: VerificationReport, document: Mapping[str, Any]) -> dict[str, Any]:
    """The ``results`` of a credential by the members of the data model.

    ``document`` is the credential as it was sent; empty where it came as a JWT, whose members are not repeated then.
    """
    checks = {result.id: result for result in report.checks}
    results: dict[str, Any] = {}
    dates = checks["validity-period"]
    against = {problem.type for problem in dates.problems}
    summary = report.credential
    for member, value, kind in (
        ("validFrom", summary and summary.valid_from, NOT_YET_VALID),
        ("validUntil", summary and summary.valid_until, EXPIRED),
    ):
        if value:
            judged = dates.outcome in (Outcome.PASSED, Outcome.FAILED) and kind not in against
            results[member] = {"verified": judged, "input": value}
    if items := _items(document.get("credentialSchema")):
        good = checks["credential-schema"].outcome is Outcome.PASSED
        results["credentialSchema"] = [{"verified": good, "input": item} for item in items]
    if items := _items(document.get("credentialStatus")):
        many = isinstance(document.get("credentialStatus"), list)
        results["credentialStatus"] = [
            _status(checks, item, index if many else None) for index, item in enumerate(items)
        ]
    results["proof"] = _proofs(checks, document)
    return results


def presentation_results(
    report: VerificationReport, document: Mapping[str, Any], options: Mapping[str, Any]
) -> dict[str, Any]:
    """The ``results`` of a presentation: its own, and those of every credential in it."""
    checks = {result.id: result for result in report.checks}
    presented = checks["presentation"]
    pointers = [problem.pointer or "" for problem in presented.problems]
    own: dict[str, Any] = {}
    for member in ("challenge", "domain"):
        if member in options:
            asked = presented.outcome is not Outcome.SKIPPED
            own[member] = {
                "verified": asked and not any(pointer.endswith(f"/{member}") for pointer in pointers),
                "input": options[member],
            }
    if report.credential is not None and report.credential.holder is not None:
        good = checks["issuer-key"].outcome is Outcome.PASSED or checks["jwt-key"].outcome is Outcome.PASSED
        own["holder"] = {"verified": good, "input": report.credential.holder}
    own["proof"] = _proofs(checks, document)
    return {
        "presentation": own,
        "credentials": [_member(member) for member in report.members if member.role == "member"],
    }


def unsigned_presentation(
    answers: Sequence[dict[str, Any]], problems: Iterable[Problem], unread: Sequence[Problem]
) -> dict[str, Any]:
    """The answer about a presentation that nothing signs: as good as the credentials in it, and nobody presents them.

    ``problems`` are of the presentation's own form, ``unread`` of credentials in it that could not be judged.
    """
    details = [{**problem.to_json(), "severity": ERROR} for problem in (*problems, *unread)]
    details += [detail for answer in answers for detail in answer["problemDetails"]]
    notice = Problem(UNSIGNED, "the presentation is not signed: who presents these credentials is not shown")
    details.append({**notice.to_json(), "severity": WARNING})
    verified = bool(answers) and all(answer["verified"] for answer in answers) and not list(problems) and not unread
    if not answers and not unread:
        nothing = Problem(MALFORMED_VALUE_ERROR, "the presentation shows no credential", "/verifiableCredential")
        details.insert(0, {**nothing.to_json(), "severity": ERROR})
    return {"verified": verified, "problemDetails": details}


def _member(report: VerificationReport) -> dict[str, Any]:
    answer = report.to_vc_api()
    return {
        "verified": answer["verified"],
        "problemDetails": answer["problemDetails"],
        "results": credential_results(report, {}),
    }


def _proofs(checks: Mapping[str, CheckResult], document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One result for each proof. They hold together: of several proofs every one must verify."""
    outcomes = {checks[check_id].outcome for check_id in _PROOF_ROWS}
    good = checks["signature"].outcome is Outcome.PASSED and outcomes <= {Outcome.PASSED, Outcome.SKIPPED}
    items = _items(document.get("proof"))
    if not items:
        return [] if checks["proof-present"].outcome is Outcome.FAILED else [{"verified": good}]
    return [{"verified": good, "input": item} for item in items]


def _status(checks: Mapping[str, CheckResult], entry: Any, index: int | None) -> dict[str, Any]:
    pointer = "/credentialStatus" if index is None else f"/credentialStatus/{index}"
    results = [checks[check_id] for check_id in _STATUS_ROWS]
    against = any(
        problem.pointer is None or f"{problem.pointer}/".startswith(f"{pointer}/")
        for result in results
        for problem in result.problems
    )
    judged = any(result.outcome is not Outcome.SKIPPED for result in results)
    body: dict[str, Any] = {"verified": judged and not against, "input": entry}
    for held in checks["status"].evidence.get("entries", ()):
        same = isinstance(entry, Mapping) and all(
            held.get(member) == entry.get(member)
            for member in ("statusListCredential", "statusListIndex", "statusPurpose")
        )
        if same and isinstance(held.get("status"), int):
            body["value"] = held["status"]
    return body


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
