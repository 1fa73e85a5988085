"""The status of a credential: every entry it names, looked up in a list that is itself verified (rows 33 to 38).

Bitstring Status List 1.0 §3.2, its predecessor StatusList2021, and 1EdTech's unsigned revocation list. A list that
could not be had, or of which no copy is valid at the instant in question, leaves the status unknown: neither revoked
nor fine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from badgeport.proofs.jwt_claims import instant_of
from badgeport.schemas import jsontext
from badgeport.schemas.bitstring import MINIMUM_ENTRIES, Bitstring, parse_index
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    PARSING_ERROR,
    REFRESH_AVAILABLE,
    REVOKED,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_MESSAGE,
    STATUS_RETRIEVAL_ERROR,
    STATUS_UNKNOWN,
    STATUS_VERIFICATION_ERROR,
    SUSPENDED,
    Problem,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.checks.base import PASS, Finding
from badgeport.verifier.report import Outcome, Verdict
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import VerificationReport

RETRIEVAL, LIST, PURPOSE, ENCODING, STATUS, REVOCATION_LIST = (
    "status-retrieval",
    "status-list",
    "status-purpose",
    "status-encoding",
    "status",
    "revocation-list",
)
BITSTRING_ENTRY = "BitstringStatusListEntry"
STATUS_LIST_2021_ENTRY = "StatusList2021Entry"
REVOCATION_LIST_ENTRY = "1EdTechRevocationList"
MAXIMUM_ENTRIES = 32
MAXIMUM_STATUS_SIZE = 8

_PURPOSE_PROBLEMS = {"revocation": REVOKED, "suspension": SUSPENDED}
_PURPOSE_WARNINGS = {"message": STATUS_MESSAGE, "refresh": REFRESH_AVAILABLE}


@dataclass(slots=True)
class StatusState:
    """One entry of ``credentialStatus`` and what was found about it, by check id."""

    pointer: str
    type: str
    findings: dict[str, Finding] = field(default_factory=dict)
    evidence: dict[str, Any] = field(default_factory=dict)


def examine_statuses(examination: Examination) -> tuple[StatusState, ...]:
    """What was found about every status entry of a document, in its order."""
    stated = examination.document.get("credentialStatus")
    if stated is None:
        return ()
    entries = stated if isinstance(stated, list) else [stated]
    states = []
    for index, entry in enumerate(entries[:MAXIMUM_ENTRIES]):
        pointer = join("credentialStatus", index) if isinstance(stated, list) else "/credentialStatus"
        states.append(_examine(examination, entry, pointer))
    if len(entries) > MAXIMUM_ENTRIES:
        state = StatusState("/credentialStatus", "")
        state.findings[STATUS] = _doubt(
            STATUS_UNKNOWN,
            f"only the first {MAXIMUM_ENTRIES} of {len(entries)} status entries were looked at",
            state.pointer,
        )
        states.append(state)
    return tuple(states)


def _examine(examination: Examination, entry: object, pointer: str) -> StatusState:
    if not isinstance(entry, Mapping):
        state = StatusState(pointer, "")
        state.findings[ENCODING] = _failure(STATUS_MALFORMED_VALUE_ERROR, "a status entry is not an object", pointer)
        return state
    types = entry.get("type")
    names = types if isinstance(types, list) else [types]
    for name in (BITSTRING_ENTRY, STATUS_LIST_2021_ENTRY):
        if name in names:
            state = StatusState(pointer, name)
            _look_up_bit(examination, entry, state)
            if STATUS not in state.findings:
                state.findings[STATUS] = _doubt(STATUS_UNKNOWN, "the status could not be looked up", pointer)
            return state
    if REVOCATION_LIST_ENTRY in names:
        state = StatusState(pointer, REVOCATION_LIST_ENTRY)
        _look_up_revocation(examination, entry, state)
        return state
    state = StatusState(pointer, str(next((name for name in names if isinstance(name, str)), "")))
    state.findings[STATUS] = _doubt(
        STATUS_UNKNOWN, f"the status entry is of the type {state.type!r}, which cannot be read", f"{pointer}/type"
    )
    return state


# -- bitstring status lists -----------------------------------------------------------------------------------------


def _look_up_bit(examination: Examination, entry: Mapping[str, Any], state: StatusState) -> None:
    """One entry of a bitstring list; each step leaves its finding and the first that is not passed ends the look-up."""
    modern = state.type == BITSTRING_ENTRY
    try:
        index = parse_index(entry.get("statusListIndex"))
        size = _status_size(entry) if modern else 1
        purpose = _text(entry, "statusPurpose")
        url = _text(entry, "statusListCredential")
        if "id" in entry and entry["id"] == url:
            raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "the id of a status entry is the list itself", "/id")
    except ProblemError as error:
        state.findings[ENCODING] = Finding.failure(_within(error.problem, state.pointer))
        return
    state.evidence.update(statusListCredential=url, statusListIndex=str(index), statusPurpose=purpose)
    subject = _list_subject(examination, url, state)
    if subject is None:
        return
    purposes = subject.get("statusPurpose")
    if purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        detail = f"the status list is not for the purpose {purpose!r}"
        state.findings[PURPOSE] = _failure(STATUS_VERIFICATION_ERROR, detail, f"{state.pointer}/statusPurpose")
        return
    state.findings[PURPOSE] = PASS
    try:
        bits = Bitstring.decode(
            subject.get("encodedList", ""),
            status_size=size,
            minimum_entries=MINIMUM_ENTRIES,
            multibase=modern,
            limits=examination.settings.limits,
        )
        value = bits.get(index)
    except ProblemError as error:
        state.findings[ENCODING] = Finding.failure(_within(error.problem, state.pointer))
        return
    state.findings[ENCODING] = PASS
    state.evidence["status"] = value
    state.findings[STATUS] = _meaning(entry, purpose, value, state.pointer)


def _list_subject(examination: Examination, url: str, state: StatusState) -> Mapping[str, Any] | None:
    """The subject of the list credential at ``url`` once it is verified, else None."""
    try:
        fetched = _fetch(examination, url, "status-list")
    except FetchError as error:
        detail = f"the status list {url} could not be had: {error.reason}"
        state.findings[RETRIEVAL] = _doubt(STATUS_RETRIEVAL_ERROR, detail, f"{state.pointer}/statusListCredential")
        return None
    held, report = _verified_list(examination, url, fetched)
    if held.opened is None or not held.found:
        # An error page in its place is no word of the issuer's, for or against.
        detail = f"what was had from {url} is not a status list"
        state.findings[RETRIEVAL] = _doubt(STATUS_RETRIEVAL_ERROR, detail, f"{state.pointer}/statusListCredential")
        return None
    state.findings[RETRIEVAL] = PASS
    finding = _trust_in_list(examination, url, held, report, fetched, state.pointer)
    state.findings[LIST] = finding
    state.evidence["listVerdict"] = report.verdict.value
    if finding.outcome is not Outcome.PASSED:
        return None
    subject = held.document.get("credentialSubject")
    subject = subject[0] if isinstance(subject, list) and len(subject) == 1 else subject
    return subject if isinstance(subject, Mapping) else {}


def _verified_list(examination: Examination, url: str, fetched: Fetched) -> tuple[Examination, VerificationReport]:
    from badgeport.verifier.pipeline import run

    held = examination.shared.status_lists.get(url)
    if held is None:
        child = examination.child(fetched.body, "status-list", None)
        held = examination.shared.status_lists[url] = (child, run(child))
    return held


def _trust_in_list(
    examination: Examination,
    url: str,
    held: Examination,
    report: VerificationReport,
    fetched: Fetched,
    pointer: str,
) -> Finding:
    """Whether a list may be relied on: its proof, who issued it, and whether this copy speaks for the instant."""
    where = f"{pointer}/statusListCredential"
    failed = [result for result in report.checks if result.outcome is Outcome.FAILED]
    serious = [result for result in failed if result.id != "validity-period"]
    if serious:
        causes = "; ".join(f"{problem.detail}" for result in serious for problem in result.problems[:1])
        detail = f"the status list {url} does not verify: {causes or serious[0].message}"
        return _failure(STATUS_VERIFICATION_ERROR, detail, where)
    if held.kind != "status-list":
        return _failure(STATUS_VERIFICATION_ERROR, f"the document at {url} is not a status list", where)
    if held.document.get("id", url) != url:
        return _failure(STATUS_VERIFICATION_ERROR, f"the status list at {url} has another id", where)
    if examination.settings.policy.same_issuer_status_lists and held.owner != examination.owner:
        detail = f"the status list {url} was issued by {held.owner}, not by the issuer of the credential"
        return _failure(STATUS_VERIFICATION_ERROR, detail, where)
    if failed:
        detail = f"this copy of the status list {url} is not valid at {format_datetime(examination.question.as_of)}"
        return _doubt(STATUS_VERIFICATION_ERROR, detail, where)
    if report.verdict is not Verdict.VALID:
        detail = f"the status list {url} could not be verified"
        reasons = [problem.detail for problem in report.problems()]
        return _doubt(STATUS_VERIFICATION_ERROR, f"{detail}: {reasons[0]}" if reasons else detail, where)
    if not _speaks_for(examination, held.document, fetched):
        as_of = format_datetime(examination.question.as_of)
        return _doubt(STATUS_VERIFICATION_ERROR, f"no copy of the status list {url} of {as_of} is at hand", where)
    return PASS


def _speaks_for(examination: Examination, document: Mapping[str, Any], fetched: Fetched) -> bool:
    """Whether a copy inside its own validity period says anything about the instant in question.

    One that does not say from when it holds is taken to hold from when it was obtained; one that does not say until
    when it holds is not taken to foretell.
    """
    question, skew = examination.question, examination.skew
    starts = instant_of(document, "validFrom") or instant_of(document, "issuanceDate")
    ends = instant_of(document, "validUntil") or instant_of(document, "expirationDate")
    if starts is None and question.as_of < (fetched.fetched_at or question.now) - skew:
        return False
    return ends is not None or question.as_of <= question.now + skew


def _meaning(entry: Mapping[str, Any], purpose: str, value: int, pointer: str) -> Finding:
    """What a status value means for its purpose (Bitstring Status List 1.0 §2.2)."""
    if value == 0:
        return PASS
    message = _message(entry, value)
    if purpose in _PURPOSE_PROBLEMS:
        kind = _PURPOSE_PROBLEMS[purpose]
        detail = "the issuer revoked the credential" if kind is REVOKED else "the issuer suspended the credential"
        return _failure(kind, f"{detail}: {message}" if message else detail, pointer)
    if purpose in _PURPOSE_WARNINGS:
        kind = _PURPOSE_WARNINGS[purpose]
        fallback = "the issuer set a message" if kind is STATUS_MESSAGE else "the issuer holds an updated copy"
        return Finding(Outcome.PASSED, warnings=(Problem(kind, message or fallback, pointer),))
    return _doubt(
        STATUS_UNKNOWN, f"the status for the purpose {purpose!r} is set, and its meaning is not known", pointer
    )


def _message(entry: Mapping[str, Any], value: int) -> str | None:
    messages = entry.get("statusMessage")
    for item in messages if isinstance(messages, list) else []:
        if isinstance(item, Mapping) and isinstance(item.get("status"), str):
            try:
                stated = int(item["status"], 16)
            except ValueError:
                continue
            if stated == value and isinstance(item.get("message"), str):
                return str(item["message"])
    return None


def _status_size(entry: Mapping[str, Any]) -> int:
    size = entry.get("statusSize", 1)
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAXIMUM_STATUS_SIZE:
        detail = f"statusSize is not a whole number from 1 to {MAXIMUM_STATUS_SIZE}"
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, detail, "/statusSize")
    messages = entry.get("statusMessage")
    if size > 1 and not (isinstance(messages, list) and len(messages) == 2**size):
        detail = f"a status of {size} bits needs {2**size} status messages"
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, detail, "/statusMessage")
    return size


# -- 1EdTech revocation lists ---------------------------------------------------------------------------------------


def _look_up_revocation(examination: Examination, entry: Mapping[str, Any], state: StatusState) -> None:
    """The credential in an unsigned list of revoked credentials, which only its https address vouches for."""
    where = f"{state.pointer}/id"
    url = entry.get("id")
    if not isinstance(url, str) or not url:
        state.findings[REVOCATION_LIST] = _failure(STATUS_MALFORMED_VALUE_ERROR, "the entry names no list", where)
        return
    state.evidence["revocationList"] = url
    if not url.startswith("https://"):
        state.findings[REVOCATION_LIST] = _doubt(
            STATUS_RETRIEVAL_ERROR, "an unsigned revocation list is only believed over https", where
        )
        return
    try:
        body = _fetch(examination, url, "revocation-list").body
        listed = jsontext.parse_object(body, examination.settings.limits)
        revoked = _revoked_entry(examination, listed)
    except FetchError as error:
        detail = f"the revocation list {url} could not be had: {error.reason}"
        state.findings[REVOCATION_LIST] = _doubt(STATUS_RETRIEVAL_ERROR, detail, where)
        return
    except ProblemError as error:
        detail = f"the revocation list {url} cannot be read: {error.problem.detail}"
        kind = STATUS_RETRIEVAL_ERROR if error.problem.type is PARSING_ERROR else STATUS_VERIFICATION_ERROR
        state.findings[REVOCATION_LIST] = _doubt(kind, detail, where)
        return
    state.findings[REVOCATION_LIST] = _revocation(examination, revoked, state.pointer)


def _revoked_entry(examination: Examination, listed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The entry that revokes this credential, if any. Raises ProblemError for another issuer's or a malformed list."""
    issuer = listed.get("issuer")
    issuer = issuer.get("id") if isinstance(issuer, Mapping) else issuer
    if issuer is not None and issuer != examination.owner:
        raise ProblemError(STATUS_VERIFICATION_ERROR, "it is the list of another issuer", "/issuer")
    entries = listed.get("revokedCredential", listed.get("revokedCredentials", []))
    if not isinstance(entries, list):
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "revokedCredential is not a list", "/revokedCredential")
    credential = examination.document.get("id")
    if not isinstance(credential, str):
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "the credential has no id to look up", "/id")
    named = [item if isinstance(item, Mapping) else {"id": item} for item in entries]
    mine = [item for item in named if isinstance(item.get("id"), str) and same_identifier(item["id"], credential)]
    return next((item for item in mine if item.get("revoked", True) is not False), None)


def _revocation(examination: Examination, revoked: Mapping[str, Any] | None, pointer: str) -> Finding:
    question = examination.question
    if question.as_of > question.now + examination.skew:
        return _doubt(STATUS_UNKNOWN, "no revocation list tells what will be in the future", pointer)
    if revoked is None:
        return PASS
    reason = revoked.get("revocationReason", revoked.get("reason"))
    detail = "the issuer's revocation list names the credential"
    detail = f"{detail}: {reason}" if isinstance(reason, str) and reason else detail
    if question.as_of < question.now - examination.skew:
        detail += "; the list does not say since when"
        return _doubt(STATUS_UNKNOWN, detail, pointer)
    return _failure(REVOKED, detail, pointer)


def same_identifier(one: str, other: str) -> bool:
    """Whether two identifiers are equal after percent-decoding and trimming (OB 3.0 "Equality and Comparison")."""
    from urllib.parse import unquote

    return one == other or unquote(one).strip() == unquote(other).strip()


# -- shared ---------------------------------------------------------------------------------------------------------


def _fetch(examination: Examination, url: str, purpose: Purpose) -> Fetched:
    return examination.shared.documents.fetch(url, purpose)


def _text(entry: Mapping[str, Any], member: str) -> str:
    value = entry.get(member)
    if not isinstance(value, str) or not value:
        raise ProblemError(
            STATUS_MALFORMED_VALUE_ERROR, f"the status entry has no {member} that is a text", f"/{member}"
        )
    return value


def _within(problem: Problem, pointer: str) -> Problem:
    return Problem(problem.type, problem.detail, pointer + (problem.pointer or ""))


def _failure(kind: ProblemType, detail: str, pointer: str) -> Finding:
    return Finding.failure(Problem(kind, detail, pointer))


def _doubt(kind: ProblemType, detail: str, pointer: str) -> Finding:
    return Finding.doubt(Problem(kind, detail, pointer))
