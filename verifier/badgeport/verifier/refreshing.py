"""The newer copy of a credential that its issuer offers (checks row 32; Open Badges 3.0 §9.1 step 3, SPEC F3 and G3).

It is asked for once, after the proof of the credential as received, and takes the place of that credential for the
dates and the status only where it is proven to be the issuer's later word on the same credential. A copy as well proven
of which nothing says whether it is the later one stands beside it: the status of both counts, and the one received goes
on for as long as either of them. Nothing else a service answers counts against the credential, or for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from badgeport.keys.did import comparable
from badgeport.schemas import carrier
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    REFRESH_AVAILABLE,
    REFRESH_CHANGED,
    REFRESH_REFUSED,
    REFRESH_ROLLBACK,
    REFRESH_UNDATED,
    REVOKED,
    STATUS_UNKNOWN,
    SUSPENDED,
    Problem,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.checks.base import Finding
from badgeport.verifier.checks.ids import ROWS
from badgeport.verifier.policy import judge
from badgeport.verifier.proving import signed_since
from badgeport.verifier.report import CheckResult, Outcome, Verdict
from badgeport.verifier.resolution.fetching import FetchError
from badgeport.verifier.status import ends, same_identifier, starts

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import VerificationReport

SERVICE = "1EdTechCredentialRefresh"
MEMBER = "refreshService"

Answer: TypeAlias = Literal["none", "not-asked", "unavailable", "same", "newer", "undated", "later", "refused"]
"""What came of a refresh service: there is none; it was not asked; it did not answer; it holds the same; it holds a
newer copy, or one that may be newer or older, or one that only holds from later on; what it holds is not accepted."""

_FORMS = ("json", "jws", "sd-jwt")
_ROLES = ("credential", "endorsement", "member")
_LATER_ROWS = frozenset(ROWS[row] for row in (*range(31, 46), 47))
_MEANT_TO_CHANGE = frozenset(
    {
        "@context",
        "proof",
        "validFrom",
        "validUntil",
        "issuanceDate",
        "expirationDate",
        "credentialStatus",
        MEMBER,
    }
)
_MAXIMUM_DIFFERENCES = 8
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True, slots=True)
class Refresh:
    """What came of asking for a newer copy.

    ``pointer`` is where the service is named and ``url`` its address. ``copy`` is an accepted copy: the status is
    judged on it alone where it is newer, and on both where nothing says so. ``in_force`` is the copy where the dates
    are judged on it, ``report`` what was found about a copy that was examined, ``problem`` what a reader should know.
    """

    answer: Answer
    pointer: str = f"/{MEMBER}"
    url: str | None = None
    sha256: str | None = None
    copy: Examination | None = None
    in_force: Examination | None = None
    report: VerificationReport | None = None
    problem: Problem | None = None


def refresh(examination: Examination) -> Refresh:
    """Ask the refresh service of a document whose proof stands. A copy of a copy is never asked for."""
    if MEMBER not in examination.document or examination.role in ("status-list", "refresh", "registry"):
        return Refresh("none")
    service = _service(examination.document[MEMBER])
    if service is None or examination.is_presentation:
        return _not_asked(Refresh("none"), "its refresh service is of a kind that is not asked")
    pointer, url = service
    named = Refresh("not-asked", pointer, url)
    if not examination.proved:
        return _not_asked(named, "its proof does not stand, so its refresh service was not asked")
    if not isinstance(examination.document.get("id"), str) or examination.owner is None:
        return _not_asked(named, "it has no id, so a newer copy of it could not be told")
    try:
        examination.check_budget()
    except ProblemError as error:
        return _not_asked(named, f"its refresh service was not asked: {error.problem.detail}")
    try:
        fetched = examination.shared.documents.fetch(url, "refresh")
    except FetchError as error:
        detail = f"whether the issuer holds a newer copy could not be asked at {url}: {error.reason}"
        return replace(named, answer="unavailable", problem=Problem(REFRESH_AVAILABLE, detail, pointer))
    return _compared(examination, replace(named, sha256=fetched.sha256), fetched.body)


def told_of_dates(examination: Examination, result: CheckResult) -> CheckResult:
    """The result about the dates, which says so where it is about the copy of the refresh service."""
    asked = examination.refresh
    if asked.in_force is None:
        return result
    return _noted(result, _ON_NEWER if asked.answer == "newer" else "judged on its issuer's copy that ends later")


def told_of_status(examination: Examination, result: CheckResult) -> CheckResult:
    """A result about the status, which says so where the copy of the refresh service counts."""
    asked = examination.refresh
    if asked.copy is None:
        return result
    return _noted(result, _ON_NEWER if asked.answer == "newer" else "judged on this copy and on that of its issuer")


_ON_NEWER = "judged on the newer copy from its issuer"


def _noted(result: CheckResult, note: str) -> CheckResult:
    return replace(result, message=f"{result.message.removesuffix('.')} ({note}).")


def status_findings(examination: Examination, check_id: str) -> tuple[Finding, ...]:
    """What each status entry that counts means for a check; entries that say nothing about it are left out.

    A copy that may be the older one may have been revoked when it was replaced: what stands against it is a doubt.
    """
    asked = examination.refresh
    found: list[Finding] = []
    if asked.answer != "newer":
        found += _of(examination, check_id)
    if asked.copy is not None:
        of_copy = [each.below(asked.pointer) for each in _of(asked.copy, check_id)]
        found += of_copy if asked.answer == "newer" else map(_doubted, of_copy)
    return tuple(found)


def status_evidence(examination: Examination) -> dict[str, Any]:
    """What was looked up for each status entry that counts."""
    asked = examination.refresh
    states = () if asked.answer == "newer" else examination.statuses
    entries = [{"type": state.type, **state.evidence} for state in states]
    if asked.copy is not None:
        entries += [
            {"type": state.type, "pointer": asked.pointer + state.pointer, **state.evidence}
            for state in asked.copy.statuses
        ]
    return {"entries": entries} if entries else {}


def _of(examination: Examination, check_id: str) -> list[Finding]:
    return [state.findings[check_id] for state in examination.statuses if check_id in state.findings]


def _doubted(finding: Finding) -> Finding:
    """What a finding about a copy means where that copy may be the older one."""
    if finding.outcome is not Outcome.FAILED:
        return finding
    problems = [
        replace(
            problem,
            type=STATUS_UNKNOWN if problem.type in (REVOKED, SUSPENDED) else problem.type,
            detail=f"of the copy from the refresh service, which may be newer or older: {problem.detail}",
        )
        for problem in finding.problems
    ]
    return Finding(Outcome.UNKNOWN, tuple(problems), finding.warnings)


def evidence(asked: Refresh) -> dict[str, Any]:
    """What row 32 rests on: where was asked, what came of it, and the dates of the copy where they are judged on it."""
    found: dict[str, Any] = {"answer": asked.answer}
    if asked.url is not None:
        found["refreshService"] = asked.url
    if asked.sha256 is not None:
        found["sha256"] = asked.sha256
    if asked.in_force is not None:
        dates = {"validFrom": starts(asked.in_force.document), "validUntil": ends(asked.in_force.document)}
        found |= {name: format_datetime(instant) for name, instant in dates.items() if instant is not None}
    return found


def _service(stated: Any) -> tuple[str, str] | None:
    """Where the first service of the known type stands, and its address."""
    for index, entry in enumerate(stated if isinstance(stated, list) else [stated]):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("id"), str) or not entry["id"]:
            continue
        types = entry.get("type")
        if SERVICE in (types if isinstance(types, list) else [types]):
            return (join(MEMBER, index) if isinstance(stated, list) else f"/{MEMBER}"), entry["id"]
    return None


def _not_asked(asked: Refresh, why: str) -> Refresh:
    detail = f"the issuer may hold a newer copy of the credential; {why}"
    return replace(asked, answer="not-asked", problem=Problem(REFRESH_AVAILABLE, detail, asked.pointer))


def _refused(asked: Refresh, detail: str, kind: ProblemType = REFRESH_REFUSED) -> Refresh:
    return replace(asked, answer="refused", problem=Problem(kind, detail, asked.pointer))


def _compared(examination: Examination, asked: Refresh, body: bytes) -> Refresh:
    """What the answer of the service is to the credential as received. What it claims is looked at before its proof."""
    from badgeport.verifier.pipeline import run

    if carrier.detect(body) not in _FORMS:
        return _refused(asked, f"what was had from {asked.url} is not a credential in JSON or as a JWT")
    copy = examination.child(body, "refresh", asked.pointer)
    if copy.opening_problem is not None:
        return _refused(asked, f"what was had from {asked.url} could not be read: {copy.opening_problem.detail}")
    if not copy.found:
        return _refused(asked, f"what was had from {asked.url} is not a credential")
    if copy.unsecured == examination.unsecured:
        return replace(asked, answer="same")
    mismatch = _mismatch(examination, copy)
    if mismatch is not None:
        return _refused(asked, f"what was had from {asked.url} {mismatch}")
    begins, began = starts(copy.document), starts(examination.document)
    if began is not None and (begins is None or begins < began):
        since = "does not say from when it is valid" if begins is None else f"is valid from {format_datetime(begins)}"
        detail = f"the copy at {asked.url} {since}, the one received from {format_datetime(began)}"
        return _refused(asked, detail, REFRESH_ROLLBACK)
    if begins is not None and begins - examination.question.as_of > examination.skew:
        # A copy for later says nothing about the instant in question, at which the one received may be in force.
        since = format_datetime(begins)
        detail = f"the issuer's copy at {asked.url} is valid from {since}, after the instant asked about"
        return replace(asked, answer="later", problem=Problem(REFRESH_AVAILABLE, detail, asked.pointer))
    report = run(copy)
    return _accepted(examination, copy, report, replace(asked, report=report))


def _accepted(examination: Examination, copy: Examination, report: VerificationReport, asked: Refresh) -> Refresh:
    """The copy, if it is as well proven as the credential must be and was not signed before it.

    It is newer where it is valid from later on, or was signed later. Editions often have the same start, JWTs often no
    date of signing, and a service may go on giving out the first edition; so without either nothing is made of it.
    """
    if _judged_on_proof(examination, report.checks) is not Verdict.VALID:
        reasons = [problem.detail for problem in report.problems()]
        detail = f"the copy at {asked.url} does not verify"
        return _refused(asked, f"{detail}: {reasons[0]}" if reasons else detail)
    places = _differences(examination.document, copy.document)
    begins, began = starts(copy.document), starts(examination.document)
    if not (begins is not None and began is not None and begins > began):
        signed, first = signed_since(copy), signed_since(examination)
        if signed is None or first is None or signed == first:
            return _beside(examination, copy, asked, places)
        if signed < first:
            detail = f"the copy at {asked.url} was signed at {format_datetime(signed)}, before the one received"
            return _refused(asked, detail, REFRESH_ROLLBACK)
    changed = None
    if places:
        detail = f"the newer copy from the issuer differs from the one received at {', '.join(places)}"
        changed = Problem(REFRESH_CHANGED, detail, asked.pointer)
    return replace(asked, answer="newer", copy=copy, in_force=copy, problem=changed)


def _beside(examination: Examination, copy: Examination, asked: Refresh, places: Sequence[str]) -> Refresh:
    """The copy of which nothing says whether it is newer. The later end counts, where it makes a difference."""
    as_of, skew = examination.question.as_of, examination.skew
    end, last = ends(examination.document), ends(copy.document)
    goes_on = end is not None and as_of - end > skew and (last is None or as_of - last <= skew)
    detail = f"nothing says whether the copy at {asked.url} or the one received is newer; the status of both was judged"
    if places:
        detail += f", and they differ at {', '.join(places)}"
    problem = Problem(REFRESH_UNDATED, detail, asked.pointer)
    return replace(asked, answer="undated", copy=copy, in_force=copy if goes_on else None, problem=problem)


def _judged_on_proof(examination: Examination, results: Sequence[CheckResult]) -> Verdict:
    """The verdict over form and proof alone: whether the copy is in force is then a question about the credential."""
    settled = [
        replace(result, outcome=Outcome.SKIPPED, problems=(), withheld=False) if result.id in _LATER_ROWS else result
        for result in results
    ]
    return judge(examination.settings.policy, settled)


# -- the same credential --------------------------------------------------------------------------------------------


def _mismatch(examination: Examination, copy: Examination) -> str | None:
    """Why the copy is not one of the same credential, by what it says; None where it is (SPEC I)."""
    identifier, owner = copy.document.get("id"), copy.owner
    if not isinstance(identifier, str) or not same_identifier(identifier, str(examination.document["id"])):
        return "is another credential: it has another id"
    if owner is None or _normal(owner) != _normal(str(examination.owner)):
        return "names another issuer"
    if _family(copy.kind) != _family(examination.kind):
        return "is a credential of another kind"
    if not _same_recipient(examination, copy):
        return "was awarded to somebody else"
    if not _achievements(examination) <= _achievements(copy):
        return "is about another achievement"
    return None


def _normal(identifier: str) -> str:
    """An identifier as compared with another. An escape that stands for a delimiter stays one: it may tell tenants."""
    text = _ESCAPE.sub(lambda found: _unescaped(found[0]), identifier.strip())
    return comparable(text)


def _unescaped(escape: str) -> str:
    symbol = chr(int(escape[1:], 16))
    return symbol if symbol in _UNRESERVED else escape.upper()


def _family(kind: str) -> str:
    """The kind without the version of the data model, which a newer copy may raise."""
    return {"vc1": "vc2"}.get(kind, kind.removesuffix("-vcdm11"))


def _same_recipient(examination: Examination, copy: Examination) -> bool:
    """Whether nothing shows that the two are about different people.

    A hash with a new salt cannot be compared, and an id may be stated newly: the issuer's word that it is the same
    credential is then what there is.
    """
    from badgeport.verifier.checks.recipient import matches

    wanted = examination.question.recipient
    if wanted is not None:
        asked_about = [any(matches(each, wanted) for each in side.subjects()) for side in (examination, copy)]
        if asked_about == [True, False]:
            return False
    ids, other_ids = _subject_ids(examination), _subject_ids(copy)
    known = not ids.isdisjoint(other_ids) or not _identities(examination).isdisjoint(_identities(copy))
    return known or not ids or not other_ids


def _subject_ids(examination: Examination) -> set[str]:
    return {subject["id"].strip() for subject in examination.subjects() if isinstance(subject.get("id"), str)}


def _identities(examination: Examination) -> set[tuple[str, str, str]]:
    """What the subjects are identified by beside their id, each with its salt."""
    found = set()
    for subject in examination.subjects():
        stated = subject.get("identifier")
        for each in stated if isinstance(stated, list) else [stated]:
            if isinstance(each, Mapping) and isinstance(each.get("identityHash"), str):
                found.add((str(each.get("identityType")), str(each.get("salt", "")), each["identityHash"]))
    return found


def _achievements(examination: Examination) -> set[str]:
    stated = [subject.get("achievement") for subject in examination.subjects()]
    return {each["id"].strip() for each in stated if isinstance(each, Mapping) and isinstance(each.get("id"), str)}


def _differences(received: Mapping[str, Any], newer: Mapping[str, Any]) -> list[str]:
    """Where the newer copy does not say what the one received says. What it says beyond that is no difference."""
    found: list[str] = []
    for member, value in received.items():
        if member not in _MEANT_TO_CHANGE:
            found += _places(value, newer.get(member), (member,))
    more = len(found) - _MAXIMUM_DIFFERENCES
    return found if more <= 0 else [*found[:_MAXIMUM_DIFFERENCES], f"{more} more places"]


def _places(received: Any, newer: Any, path: tuple[str | int, ...]) -> Iterator[str]:
    """The pointers of what is missing or other in the newer value; documents are only so deep."""
    if isinstance(received, Mapping) and isinstance(newer, Mapping):
        for member, value in received.items():
            yield from _places(value, newer.get(member), (*path, member))
    elif isinstance(received, list) and isinstance(newer, list) and len(received) == len(newer):
        for index, (value, other) in enumerate(zip(received, newer, strict=True)):
            yield from _places(value, other, (*path, index))
    elif received != newer or isinstance(received, bool) != isinstance(newer, bool):
        yield join(*path)
