"""A report in other words: plain text for a clerk, VCALM's answer for a program, and the JSON Schema of the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import (
    ISSUER_NOT_RECOGNIZED,
    OWN,
    PROOF_VERIFICATION_ERROR,
    RECIPIENT_MISMATCH,
    Problem,
)
from badgeport.verifier.checks.ids import CORE, ROWS
from badgeport.verifier.policy import VCALM, only_status_unseen, proven
from badgeport.verifier.report import CONTAINED_BY, CheckResult, Outcome, Verdict, VerificationReport

_MARKS = {Outcome.PASSED: "passed ", Outcome.FAILED: "FAILED ", Outcome.UNKNOWN: "unknown", Outcome.SKIPPED: "skipped"}
_VERDICTS = {
    Verdict.VALID: "VALID{when}: {what} genuine, {in_force}, and from {whom} {recognized}.",
    Verdict.INVALID: "INVALID: do not rely on this credential.",
    Verdict.UNDETERMINED: "UNDETERMINED: this could not be decided; do not rely on it without asking further.",
}
_VALID_FROM_A_STRANGER = (
    "VALID{when}: {what} unchanged and {in_force}. Who {who} was not established: no registry {used} lists {them}."
)
_VALID_WITH_DOUBTS = "VALID: {what} unchanged. The policy does not ask whether that is in force; it may not be."
_VALID_WITH_REMARKS = (
    "VALID by the rules of this policy only: {what} unchanged. It lets pass what does not hold or could not be found "
    "out: {remarks}."
)
_VALID_AND_EMPTY = "VALID: the presentation is unchanged and shows no credential, so it says nothing about any badge."
_VALID_COPY = "VALID: the copy is unchanged, in force, and by the issuer of the credential as received."
_LEGACY = "VALID{when}, as an older badge (Open Badges 2.0): "
_LEGACY_PROOFS = {
    "hosted": "its issuer still publishes it",
    "signed": "its issuer signed it in the older way",
}
_VALID_LEGACY = {
    "known": _LEGACY + "{proof}, it {is_in_force}, and {acknowledged}.",
    "stranger": _LEGACY + "{proof}, and it {is_in_force}. Who the issuer is was not established: no registry {used} "
    "lists it.",
    "doubts": _LEGACY + "{proof}. The policy does not ask whether it is in force; it may not be.",
}
_NEWER_COPY = "Copy from the issuer's refresh service"
_STATUS_CHECKS = (ROWS[31], ROWS[37], ROWS[38])
_IN_FORCE_CHECKS = frozenset(ROWS[row] for row in (31, *range(33, 39)))
_SAME_TIME = timedelta(minutes=1)
_INDENT = "  "


@dataclass(frozen=True, slots=True)
class _Voice:
    """Whose registries and documents a report speaks of: its reader's, or those of whoever made a proof package."""

    valid: str
    recognized: str
    acknowledged: str
    used: str
    listed: str


_READER = _Voice("VALID", "you recognize", "you recognize the issuer", "you use", "listed in")
_MAKER = _Voice(
    "VALID by what is in the package",
    "listed by the registries its maker used",
    "the issuer is listed by the registries its maker used",
    "its maker used",
    "listed, by the registries its maker used, in",
)


def text(report: VerificationReport, *, repeated: bool = False) -> str:
    """The report in plain words: the verdict, who and what, status, then the checks. Ends with a line break.

    ``repeated``: the report is that of a proof package which somebody else may have made, so that nothing in it is
    called known to the reader.
    """
    return "\n".join(_lines(report, "", _MAKER if repeated else _READER)) + "\n"


def _lines(report: VerificationReport, indent: str, voice: _Voice) -> list[str]:
    lines = [f"{indent}{_verdict(report, voice)}"]
    reason = _reason(report, voice)
    if reason is not None:
        lines.append(f"{indent}Because: {reason}")
    lines.append("")
    lines += [f"{indent}{line}" for line in _facts(report, voice)]
    lines += [indent + _labelled("Note", note) for note in _notes(report)]
    lines.append("")
    lines.append(f"{indent}Checks")
    for result in report.checks:
        if result.outcome is not Outcome.SKIPPED:
            lines += [f"{indent}{line}" for line in _check_lines(result, voice)]
    skipped = [result.id for result in report.checks if result.outcome is Outcome.SKIPPED]
    if skipped:
        lines.append(f"{indent}{_INDENT}skipped  {', '.join(skipped)}")
    for number, member in enumerate(report.members, start=1):
        which = f"Contained {member.role} {number} of {len(report.members)}"
        which = _NEWER_COPY if member.role == "refresh" else which
        lines += ["", f"{indent}{which} ({_clean(member.pointer or '')})"]
        lines += _lines(member, indent + _INDENT, voice)
    return lines


def _verdict(report: VerificationReport, voice: _Voice) -> str:
    """The first line. Nothing is called known to the reader unless everybody is whose word it rests on."""
    if not report.valid:
        return _VERDICTS[report.verdict]
    return voice.valid + _valid(report, voice).removeprefix(_READER.valid)


def _valid(report: VerificationReport, voice: _Voice) -> str:
    if report.role == "refresh":
        return (_VALID_COPY if _in_force(report) else _VALID_WITH_DOUBTS).format(what="the copy is")
    if report.check(ROWS[46]).outcome is not Outcome.SKIPPED:
        return _legacy_verdict(report, voice)
    if not _is_presentation(report):
        what, whom, who, them = "the credential is", "an issuer", "the issuer is", "it"
    elif any(member.role == "member" for member in report.members):
        what, whom, who, them = "the presented credentials are", "issuers", "every issuer is", "all of them"
    else:
        return _VALID_AND_EMPTY
    wording = _VERDICTS[Verdict.VALID] if _all_recognized(report) else _VALID_FROM_A_STRANGER
    remarks = ", ".join(dict.fromkeys(_remarks(report)))
    if not _in_force(report):
        wording = _VALID_WITH_DOUBTS
    elif remarks:
        wording = _VALID_WITH_REMARKS
    words = {"what": what, "whom": whom, "who": who, "them": them, "remarks": remarks, **_when(report)}
    return wording.format(**words, recognized=voice.recognized, used=voice.used)


def _remarks(report: VerificationReport) -> Iterator[str]:
    """What the policy lets pass here and in all it contains. Endorsers need not be found out, nor who the issuer is."""
    passed_by = {ROWS[39]: (Outcome.FAILED, Outcome.UNKNOWN), ROWS[42]: (Outcome.UNKNOWN,)}
    for result in report.checks:
        doubted = result.outcome in (Outcome.FAILED, Outcome.UNKNOWN)
        if doubted and result.outcome not in passed_by.get(result.id, ()):
            yield result.title
        if result.id == ROWS[44] and any(warning.type is RECIPIENT_MISMATCH for warning in report.warnings):
            yield "Presented by the person it is about"
    for member in report.members:
        if member.role == "member":
            yield from _remarks(member)


def _when(report: VerificationReport) -> dict[str, str]:
    """How a line is worded that says what is in force: of another moment than that of the check never as of now."""
    if abs(report.as_of - report.checked_at) <= _SAME_TIME:
        return {"when": "", "in_force": "in force", "is_in_force": "is in force"}
    moment = f" as of {format_datetime(report.as_of)}"
    if report.as_of < report.checked_at:
        then = "was in force then"
        return {"when": f"{moment}, which says nothing of today", "in_force": then, "is_in_force": then}
    then = "would be in force then by its dates"
    withdrawn = ", and nobody can know whether it will be withdrawn before"
    return {"when": moment + withdrawn, "in_force": then, "is_in_force": then}


def _legacy_verdict(report: VerificationReport, voice: _Voice) -> str:
    """The first line for a valid Open Badges 2.0 badge, which says what it rests on."""
    proof = _LEGACY_PROOFS.get(report.check(ROWS[46]).evidence.get("verification", ""), "its issuer vouches for it")
    if not _in_force(report):
        return _VALID_LEGACY["doubts"].format(proof=proof, when="")
    wording = _VALID_LEGACY["known" if _all_recognized(report) else "stranger"]
    return wording.format(proof=proof, acknowledged=voice.acknowledged, used=voice.used, **_when(report))


def _in_force(report: VerificationReport) -> bool:
    """Whether dates and status are in order, which not every policy asks for, here and in all it contains."""
    members = [member for member in report.members if member.role == "member"]
    settled = {Outcome.PASSED, Outcome.SKIPPED}
    # Where a status or an end may have been left out, what is shown does not tell.
    return all(report.check(each).outcome in settled for each in (ROWS[30], *_STATUS_CHECKS)) and all(
        map(_in_force, members)
    )


def _is_presentation(report: VerificationReport) -> bool:
    return report.check(ROWS[44]).outcome is not Outcome.SKIPPED


def _all_recognized(report: VerificationReport) -> bool:
    """Whether a registry lists the issuer, and that of every contained credential; endorsers need not be known."""
    members = [member for member in report.members if member.role == "member"]
    asked = _is_presentation(report) or report.check(ROWS[39]).outcome is Outcome.PASSED
    known = asked and all(warning.type is not ISSUER_NOT_RECOGNIZED for warning in report.warnings)
    return known and all(map(_all_recognized, members))


def _reason(report: VerificationReport, voice: _Voice) -> str | None:
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
    return _clean(_message(ordered[0], voice)) if ordered else None


def _message(result: CheckResult, voice: _Voice) -> str:
    """The sentence of a check. That on the registries speaks of "this reader", who is another for a package."""
    if voice is _READER or result.id != ROWS[39] or result.outcome is Outcome.SKIPPED:
        return result.message
    names = ", ".join(dict.fromkeys(match["registry"] for match in result.evidence.get("matchingIssuers", ())))
    if names:
        return f"The issuer is {voice.listed} {names}."
    which = "that could be read " if result.outcome is Outcome.UNKNOWN else ""
    return f"No registry {which}among those {voice.used} lists the issuer."


def _notes(report: VerificationReport) -> Iterator[str]:
    """The warnings. A standard's name for what is wrong is told only where something was found to be."""
    failed = {problem for result in report.checks if result.outcome is Outcome.FAILED for problem in result.problems}
    own = {(each.detail, each.pointer) for each in report.warnings if each.type.uri.startswith(OWN)}
    for warning in report.warnings:
        if warning.type.uri.startswith(OWN) or warning in failed:
            yield f"{warning.type.title}: {warning.detail}"
        elif (warning.detail, warning.pointer) not in own:
            yield warning.detail


def _facts(report: VerificationReport, voice: _Voice) -> list[str]:
    credential = report.credential
    if credential is None:
        return ["No credential was found in the input."]
    # What a document without a verified proof says of itself may be an attacker's words.
    doubted = {Outcome.FAILED, Outcome.UNKNOWN}
    proved = proven(report.checks) and not any(
        result.outcome in doubted for result in report.checks if result.id in CORE and not only_status_unseen(result)
    )
    issuer = _issuer(report, voice, proved=proved or report.valid)
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
    """The dates of the copy from the issuer's refresh service, where the credential was judged on them."""
    result = report.check(ROWS[32])
    found = result.evidence
    if result.outcome is not Outcome.PASSED or found.get("answer") == "same":
        return []
    named = (("from", "validFrom"), ("until", "validUntil"))
    dates = [f"{word} {found[name]}" for word, name in named if name in found]
    return [" ".join(["valid", *dates]) if dates else "states no dates"]


def _issuer(report: VerificationReport, voice: _Voice, *, proved: bool) -> str | None:
    """The issuer by the name a registry gives it, else by its identifier and the name it gives itself.

    What a registry says is told only of an issuer who is known to stand behind the document.
    """
    credential = report.credential
    if credential is None or credential.issuer is None:
        return None
    for result in report.checks:
        if result.id == ROWS[39] and proved:
            for match in result.evidence.get("matchingIssuers", ()):
                return f"{match['name'] or credential.issuer} ({credential.issuer}), {voice.listed} {match['registry']}"
    own_name = f", which calls itself {credential.issuer_name}" if credential.issuer_name else ""
    return f"{credential.issuer}{own_name}"


def _labelled(label: str, value: str) -> str:
    return f"{label + ':':<14}{_clean(value)}"


def _tells_status(result: CheckResult) -> bool:
    return result.id in _STATUS_CHECKS and result.outcome is not Outcome.SKIPPED


def _check_lines(result: CheckResult, voice: _Voice) -> list[str]:
    lines = [f"{_INDENT}{_MARKS[result.outcome]}  {result.title}: {_clean(_message(result, voice))}"]
    if result.outcome in (Outcome.FAILED, Outcome.UNKNOWN):
        for problem in result.problems:
            where = f" (at {problem.pointer})" if problem.pointer else ""
            lines.append(f"{_INDENT * 6}{problem.type.code}: {_clean(problem.detail)}{_clean(where)}")
    return lines


def _clean(text: str) -> str:
    """One line without control or direction-changing characters: what a document says must not redraw a terminal."""
    return "".join(symbol if symbol.isprintable() else "\ufffd" for symbol in text)[:500]


def vc_api(report: VerificationReport) -> dict[str, Any]:
    """VCALM's answer: ``verified``, ``problemDetails`` (errors before warnings) and ``results`` by check.

    ``problemDetails`` are those of everything the document contains, too, each with a pointer into the whole.
    """
    verified = report.judged_by(VCALM) is Verdict.VALID
    errors, warnings = _told(report, "", refused=not verified)
    details = [_detail(problem, "error") for problem in errors]
    details += [_detail(problem, "warning") for problem in warnings if problem not in errors]
    return {
        "verified": verified,
        "problemDetails": details,
        "results": [
            {"id": result.id, "valid": result.outcome is Outcome.PASSED}
            for result in report.checks
            if result.outcome is not Outcome.SKIPPED
        ],
    }


def _told(report: VerificationReport, place: str, *, refused: bool) -> tuple[dict[Problem, None], dict[Problem, None]]:
    """The errors and the warnings about a document and all it contains, in order, each once; it stands at ``place``.

    An error makes ``verified`` false; ``refused`` says whether the verdict on this document does.
    """
    required = VCALM.require | CORE
    errors: list[Problem] = []
    warnings: list[Problem] = list(report.warnings)
    for result in report.checks:
        if result.outcome not in (Outcome.FAILED, Outcome.UNKNOWN):
            continue
        tolerated = VCALM.warn_only if result.outcome is Outcome.FAILED else VCALM.allow_unknown
        is_error = refused and result.id in required and result.id not in tolerated
        # What a contained credential is told of is no worse, and no better, for being told of here.
        own = [problem for problem in result.problems if not report.told_within(result, problem)]
        (errors if is_error else warnings).extend(own)
    if report.role == "refresh":
        # The credential as received tells what of a copy's dates and status counts for it, and how far.
        left = {each for check in _IN_FORCE_CHECKS for each in _said(report.check(check))}
        warnings = [problem for problem in warnings if problem not in left]
    all_errors = dict.fromkeys(_placed(problem, place) for problem in errors)
    all_warnings = dict.fromkeys(_placed(problem, place) for problem in warnings)
    for member in report.members:
        within = place + (member.pointer or "").removeprefix(report.pointer or "")
        its_errors, its_warnings = _told(member, within, refused=refused and _counts(member))
        all_errors |= its_errors
        all_warnings |= its_warnings
    if refused and not all_errors:
        unsaid = Problem(PROOF_VERIFICATION_ERROR, "the credential could not be verified")
        all_errors[_placed(unsaid, place)] = None
    return all_errors, all_warnings


def _counts(member: VerificationReport) -> bool:
    """Whether the verdict on a contained credential is one that VCALM's policy does not allow."""
    verdict = member.judged_by(VCALM)
    if verdict is Verdict.VALID:
        return False
    check = next((check for check, role in CONTAINED_BY.items() if role == member.role), None)
    tolerated = VCALM.warn_only if verdict is Verdict.INVALID else VCALM.allow_unknown
    return check is not None and check not in tolerated


def _said(result: CheckResult) -> tuple[Problem, ...]:
    return (*result.problems, *result.warnings)


def _placed(problem: Problem, place: str) -> Problem:
    return replace(problem, pointer=place + (problem.pointer or "")) if place else problem


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
