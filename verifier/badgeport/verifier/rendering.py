"""A report in other words: plain text for a clerk, VCALM's answer for a program, and the JSON Schema of the report."""

from __future__ import annotations

from typing import Any

from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import ISSUER_NOT_RECOGNIZED, PROOF_VERIFICATION_ERROR, Problem
from badgeport.verifier.checks.ids import CORE, ROWS
from badgeport.verifier.policy import VCALM, proven
from badgeport.verifier.report import CheckResult, Outcome, Verdict, VerificationReport

_MARKS = {Outcome.PASSED: "passed ", Outcome.FAILED: "FAILED ", Outcome.UNKNOWN: "unknown", Outcome.SKIPPED: "skipped"}
_VERDICTS = {
    Verdict.VALID: "VALID: {what} genuine, in force, and from {whom} you recognize.",
    Verdict.INVALID: "INVALID: do not rely on this credential.",
    Verdict.UNDETERMINED: "UNDETERMINED: this could not be decided; do not rely on it without asking further.",
}
_VALID_FROM_A_STRANGER = (
    "VALID: {what} unchanged and in force. Who {who} was not established: no registry you use lists {them}."
)
_VALID_WITH_DOUBTS = "VALID: {what} unchanged. The policy does not ask whether that is in force; it may not be."
_VALID_AND_EMPTY = "VALID: the presentation is unchanged and shows no credential, so it says nothing about any badge."
_VALID_COPY = "VALID: the copy is unchanged, in force, and by the issuer of the credential as received."
_LEGACY = "VALID, as an older badge (Open Badges 2.0): "
_LEGACY_PROOFS = {
    "hosted": "its issuer still publishes it",
    "signed": "its issuer signed it in the older way",
}
_VALID_LEGACY = {
    "known": _LEGACY + "{proof}, it is in force, and you recognize the issuer.",
    "stranger": _LEGACY + "{proof}, and it is in force. Who the issuer is was not established: no registry you use "
    "lists it.",
    "doubts": _LEGACY + "{proof}. The policy does not ask whether it is in force; it may not be.",
}
_NEWER_COPY = "Copy from the issuer's refresh service"
_STATUS_CHECKS = (ROWS[31], ROWS[37], ROWS[38])
_INDENT = "  "


def text(report: VerificationReport) -> str:
    """The report in plain words: the verdict, who and what, status, then the checks. Ends with a line break."""
    return "\n".join(_lines(report, "")) + "\n"


def _lines(report: VerificationReport, indent: str) -> list[str]:
    lines = [f"{indent}{_verdict(report)}"]
    reason = _reason(report)
    if reason is not None:
        lines.append(f"{indent}Because: {reason}")
    lines.append("")
    lines += [f"{indent}{line}" for line in _facts(report)]
    for warning in report.warnings:
        lines.append(indent + _labelled("Note", f"{warning.type.title}: {warning.detail}"))
    lines.append("")
    lines.append(f"{indent}Checks")
    for result in report.checks:
        if result.outcome is not Outcome.SKIPPED:
            lines += [f"{indent}{line}" for line in _check_lines(result)]
    skipped = [result.id for result in report.checks if result.outcome is Outcome.SKIPPED]
    if skipped:
        lines.append(f"{indent}{_INDENT}skipped  {', '.join(skipped)}")
    for number, member in enumerate(report.members, start=1):
        which = f"Contained {member.role} {number} of {len(report.members)}"
        which = _NEWER_COPY if member.role == "refresh" else which
        lines += ["", f"{indent}{which} ({_clean(member.pointer or '')})"]
        lines += _lines(member, indent + _INDENT)
    return lines


def _verdict(report: VerificationReport) -> str:
    """The first line. Nothing is called known to the reader unless everybody is whose word it rests on."""
    if not report.valid:
        return _VERDICTS[report.verdict]
    if report.role == "refresh":
        return (_VALID_COPY if _in_force(report) else _VALID_WITH_DOUBTS).format(what="the copy is")
    if report.check(ROWS[46]).outcome is not Outcome.SKIPPED:
        return _legacy_verdict(report)
    if not _is_presentation(report):
        what, whom, who, them = "the credential is", "an issuer", "the issuer is", "it"
    elif any(member.role == "member" for member in report.members):
        what, whom, who, them = "the presented credentials are", "issuers", "every issuer is", "all of them"
    else:
        return _VALID_AND_EMPTY
    wording = _VERDICTS[Verdict.VALID] if _all_recognized(report) else _VALID_FROM_A_STRANGER
    if not _in_force(report):
        wording = _VALID_WITH_DOUBTS
    return wording.format(what=what, whom=whom, who=who, them=them)


def _legacy_verdict(report: VerificationReport) -> str:
    """The first line for a valid Open Badges 2.0 badge, which says what it rests on."""
    proof = _LEGACY_PROOFS.get(report.check(ROWS[46]).evidence.get("verification", ""), "its issuer vouches for it")
    if not _in_force(report):
        return _VALID_LEGACY["doubts"].format(proof=proof)
    return _VALID_LEGACY["known" if _all_recognized(report) else "stranger"].format(proof=proof)


def _in_force(report: VerificationReport) -> bool:
    """Whether dates and status are in order, which not every policy asks for, here and in all it contains."""
    members = [member for member in report.members if member.role == "member"]
    settled = {Outcome.PASSED, Outcome.SKIPPED}
    return all(report.check(each).outcome in settled for each in _STATUS_CHECKS) and all(map(_in_force, members))


def _is_presentation(report: VerificationReport) -> bool:
    return report.check(ROWS[44]).outcome is not Outcome.SKIPPED


def _all_recognized(report: VerificationReport) -> bool:
    """Whether a registry lists the issuer, and that of every contained credential; endorsers need not be known."""
    members = [member for member in report.members if member.role == "member"]
    known = all(warning.type is not ISSUER_NOT_RECOGNIZED for warning in report.warnings)
    return known and all(map(_all_recognized, members))


def _reason(report: VerificationReport) -> str | None:
    """The sentence of the check that settled the verdict."""
    wanted = {Verdict.INVALID: Outcome.FAILED, Verdict.UNDETERMINED: Outcome.UNKNOWN}.get(report.verdict)
    if wanted is None:
        return None
    decisive = [result for result in report.checks if result.outcome is wanted]
    # Of several, the one nearest to what a person asks: the signature says more than the encoding of its value.
    preferred = (ROWS[27], ROWS[24], ROWS[25], ROWS[37], ROWS[31])
    ordered = sorted(
        decisive, key=lambda result: preferred.index(result.id) if result.id in preferred else len(preferred)
    )
    return _clean(ordered[0].message) if ordered else None


def _facts(report: VerificationReport) -> list[str]:
    credential = report.credential
    if credential is None:
        return ["No credential was found in the input."]
    # What a document without a verified proof says of itself may be an attacker's words.
    doubted = {Outcome.FAILED, Outcome.UNKNOWN}
    proved = proven(report.checks) and not any(
        result.outcome in doubted for result in report.checks if result.id in CORE
    )
    issuer = _issuer(report)
    rows = (
        ("Credential", credential.name),
        ("Awarded to", credential.recipient),
        ("Issued by", issuer),
        ("Presented by", credential.holder),
        ("Valid from", credential.valid_from),
        ("Valid until", credential.valid_until),
        ("Identifier", credential.id),
    )
    facts = [_labelled(label, value) for label, value in rows if value]
    if facts and not proved:
        facts.insert(0, "The document says of itself (unproved):")
    facts.append(
        _labelled("Judged as of", f"{format_datetime(report.as_of)} (checked {format_datetime(report.checked_at)})")
    )
    facts += [_labelled("Newer copy", dates) for dates in _newer_dates(report)]
    facts += [_labelled("Status", result.message) for result in report.checks if _tells_status(result)]
    return facts


def _newer_dates(report: VerificationReport) -> list[str]:
    """The dates of the newer copy from the issuer, where there is one that counts."""
    found = report.check(ROWS[32]).evidence
    if found.get("answer") != "newer":
        return []
    named = (("from", "validFrom"), ("until", "validUntil"))
    dates = [f"{word} {found[name]}" for word, name in named if name in found]
    return [" ".join(["valid", *dates]) if dates else "states no dates"]


def _issuer(report: VerificationReport) -> str | None:
    """The issuer by the name a registry gives it, else by its identifier and the name it gives itself."""
    credential = report.credential
    if credential is None or credential.issuer is None:
        return None
    for result in report.checks:
        if result.id == ROWS[39]:
            for match in result.evidence.get("matchingIssuers", ()):
                return f"{match['name'] or credential.issuer} ({credential.issuer}), listed in {match['registry']}"
    own_name = f", which calls itself {credential.issuer_name}" if credential.issuer_name else ""
    return f"{credential.issuer}{own_name}"


def _labelled(label: str, value: str) -> str:
    return f"{label + ':':<14}{_clean(value)}"


def _tells_status(result: CheckResult) -> bool:
    return result.id in _STATUS_CHECKS and result.outcome is not Outcome.SKIPPED


def _check_lines(result: CheckResult) -> list[str]:
    lines = [f"{_INDENT}{_MARKS[result.outcome]}  {result.title}: {_clean(result.message)}"]
    if result.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
        for problem in result.problems:
            where = f" (at {problem.pointer})" if problem.pointer else ""
            lines.append(f"{_INDENT * 6}{problem.type.code}: {_clean(problem.detail)}{_clean(where)}")
    return lines


def _clean(text: str) -> str:
    """One line without control or direction-changing characters: what a document says must not redraw a terminal."""
    return "".join(symbol if symbol.isprintable() else "\ufffd" for symbol in text)[:500]


def vc_api(report: VerificationReport) -> dict[str, Any]:
    """VCALM's answer: ``verified``, ``problemDetails`` (errors before warnings) and ``results`` by check."""
    verified = report.judged_by(VCALM) is Verdict.VALID
    required = VCALM.require | CORE
    errors: list[Problem] = []
    warnings: list[Problem] = list(report.warnings)
    for result in report.checks:
        if result.outcome not in (Outcome.FAILED, Outcome.UNKNOWN):
            continue
        tolerated = VCALM.warn_only if result.outcome is Outcome.FAILED else VCALM.allow_unknown
        is_error = result.id in required and result.id not in tolerated and not verified
        (errors if is_error else warnings).extend(result.problems)
    if not verified and not errors:
        errors.append(Problem(PROOF_VERIFICATION_ERROR, "the credential could not be verified"))
    details = [_detail(problem, "error") for problem in dict.fromkeys(errors)]
    details += [_detail(problem, "warning") for problem in dict.fromkeys(warnings) if problem not in errors]
    return {
        "verified": verified,
        "problemDetails": details,
        "results": [
            {"id": result.id, "valid": result.outcome is Outcome.PASSED}
            for result in report.checks
            if result.outcome is not Outcome.SKIPPED
        ],
    }


def _detail(problem: Problem, severity: str) -> dict[str, Any]:
    return {**problem.to_json(), "severity": severity}


def report_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a report as `VerificationReport.to_json` writes it."""
    text_or_null = {"type": ["string", "null"]}
    sha256 = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    instant = {"type": "string", "format": "date-time"}
    problem = _object(
        {"type": {"type": "string", "format": "uri"}, "title": {"type": "string"}, "detail": {"type": "string"}},
        {"pointer": {"type": "string"}},
    )
    check = _object(
        {
            "id": {"enum": list(ROWS.values())},
            "outcome": {"enum": [outcome.value for outcome in Outcome]},
            "title": {"type": "string"},
            "message": {"type": "string"},
            "problems": {"type": "array", "items": {"$ref": "#/$defs/problem"}},
            "evidence": {"type": "object"},
        }
    )
    credential = _object(
        {
            **dict.fromkeys(
                ("id", "name", "issuer", "issuerName", "holder", "recipient", "validFrom", "validUntil"), text_or_null
            ),
            "types": {"type": "array", "items": {"type": "string"}},
        }
    )
    report = _object(
        {
            "verdict": {"enum": [verdict.value for verdict in Verdict]},
            "asOf": instant,
            "checkedAt": instant,
            "input": _object(
                {"form": {"type": "string"}, "mediaType": text_or_null, "sha256": sha256},
                {"address": {"type": "string"}},
            ),
            "credential": {"anyOf": [{"$ref": "#/$defs/credential"}, {"type": "null"}]},
            "checks": {"type": "array", "items": {"$ref": "#/$defs/check"}},
            "warnings": {"type": "array", "items": {"$ref": "#/$defs/problem"}},
            "documents": {
                "type": "array",
                "items": _object(
                    {"url": {"type": "string"}, "sha256": sha256, "fetchedAt": text_or_null},
                    {"stale": {"type": "string"}, "location": {"type": "string"}},
                ),
            },
            "members": {"type": "array", "items": {"$ref": "#/$defs/report"}},
            "policy": {"type": "string"},
            "policySha256": sha256,
            "software": {"type": "string"},
        },
        {"role": {"enum": ["endorsement", "member", "refresh", "status-list"]}, "pointer": {"type": "string"}},
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Badgeport verification report",
        "$ref": "#/$defs/report",
        "$defs": {"problem": problem, "check": check, "credential": credential, "report": report},
    }


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": {**required, **(optional or {})}}
