"""The status of a credential: every entry it names, looked up in a list that is itself verified (rows 33 to 38).

Bitstring Status List 1.0 §3.2, its predecessor StatusList2021, and 1EdTech's unsigned revocation list. A list that
could not be had, or of which no copy is valid at the instant in question, leaves the status unknown: neither revoked
nor fine. No list is asked for on the word of a document that its issuer is not shown to have signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from badgeport.proofs.jwt_claims import instant_of
from badgeport.schemas import jsontext
from badgeport.schemas.bitstring import Bitstring, parse_index
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    REFRESH_AVAILABLE,
    REVOKED,
    STATUS_LIST_LENGTH_ERROR,
    STATUS_MALFORMED_VALUE_ERROR,
    STATUS_MESSAGE,
    STATUS_OUTDATED,
    STATUS_RETRIEVAL_ERROR,
    STATUS_UNKNOWN,
    STATUS_VERIFICATION_ERROR,
    SUSPENDED,
    Problem,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.checks.base import PASS, Finding
from badgeport.verifier.proving import signed_since
from badgeport.verifier.remembering import expanded
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
# Ten years in milliseconds; a list that is not to be fetched again before that says nothing sensible.
_MAXIMUM_TTL = 10 * 366 * 86_400_000

_NOT_ASKED = "was not asked for, because nothing shows who wrote the document that names it"
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
    allowed = min(MAXIMUM_ENTRIES, examination.shared.status_entries)
    for index, entry in enumerate(entries[:allowed]):
        examination.shared.status_entries -= 1
        pointer = join("credentialStatus", index) if isinstance(stated, list) else "/credentialStatus"
        states += _examine(examination, entry, pointer)
    if len(entries) > allowed:
        state = StatusState("/credentialStatus", "")
        state.findings[STATUS] = _doubt(
            STATUS_UNKNOWN, f"only the first {allowed} of {len(entries)} status entries were looked at", state.pointer
        )
        states.append(state)
    return tuple(states)


def _examine(examination: Examination, entry: object, pointer: str) -> list[StatusState]:
    """What was found about an entry under each of its types that can be read."""
    if not isinstance(entry, Mapping):
        state = StatusState(pointer, "")
        state.findings[ENCODING] = _failure(STATUS_MALFORMED_VALUE_ERROR, "a status entry is not an object", pointer)
        return [state]
    types = entry.get("type")
    names = types if isinstance(types, list) else [types]
    states = []
    for name, look_up in _READABLE.items():
        # One entry points into one list: of the two forms of it, the newer.
        if name in names and not (name == STATUS_LIST_2021_ENTRY and BITSTRING_ENTRY in names):
            state = StatusState(pointer, name)
            look_up(examination, entry, state)
            states.append(state)
    if not states:
        state = StatusState(pointer, str(next((name for name in names if isinstance(name, str)), "")))
        state.findings[STATUS] = _doubt(
            STATUS_UNKNOWN, f"the status entry is of the type {state.type!r}, which cannot be read", f"{pointer}/type"
        )
        states.append(state)
    return states


# -- bitstring status lists -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    """What an entry of a bitstring list says: which bits of which list, and what they are about."""

    stated: Mapping[str, Any]
    pointer: str
    modern: bool
    url: str
    index: int
    size: int
    purpose: str

    @classmethod
    def read(cls, stated: Mapping[str, Any], state: StatusState) -> _Entry:
        """The entry as stated. Raises ProblemError where it is malformed."""
        modern = state.type == BITSTRING_ENTRY
        index = parse_index(stated.get("statusListIndex"))
        size = _status_size(stated) if modern else 1
        purpose, url = _text(stated, "statusPurpose"), _text(stated, "statusListCredential")
        if "id" in stated and stated["id"] == url:
            raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "the id of a status entry is the list itself", "/id")
        return cls(stated, state.pointer, modern, url, index, size, purpose)


def _look_up_bit(examination: Examination, entry: Mapping[str, Any], state: StatusState) -> None:
    """One entry of a bitstring list; where no status was come by, that is not known."""
    _follow_entry(examination, entry, state)
    state.findings.setdefault(STATUS, _doubt(STATUS_UNKNOWN, "the status could not be looked up", state.pointer))


def _follow_entry(examination: Examination, stated: Mapping[str, Any], state: StatusState) -> None:
    """Each step leaves its finding, and the first that is not passed ends the look-up."""
    try:
        entry = _Entry.read(stated, state)
    except ProblemError as error:
        state.findings[ENCODING] = Finding.failure(_within(error.problem, state.pointer))
        return
    state.evidence.update(statusListCredential=entry.url, statusListIndex=str(entry.index), statusPurpose=entry.purpose)
    copy = _list_copy(examination, entry, state)
    if copy is None:
        return
    value, findings = _value(examination, entry, copy)
    state.findings.update(findings)
    if value is not None:
        state.evidence["status"] = value
        state.findings[STATUS] = _meaning(stated, entry.purpose, value, state.pointer)


def _value(examination: Examination, entry: _Entry, copy: _Copy) -> tuple[int | None, dict[str, Finding]]:
    """What a copy of the list has for an entry, None where that could not be read, and what was found on the way."""
    subject = _subject(copy.examination.document)
    if not subject:
        detail = "the status list does not have one subject"
        return None, {ENCODING: _doubt(STATUS_MALFORMED_VALUE_ERROR, detail, entry.pointer)}
    purposes = subject.get("statusPurpose")
    if entry.purpose not in (purposes if isinstance(purposes, list) else [purposes]):
        detail = f"the status list is not for the purpose {entry.purpose!r}"
        return None, {PURPOSE: _failure(STATUS_VERIFICATION_ERROR, detail, f"{entry.pointer}/statusPurpose")}
    bits = _bits(examination, copy.fetched.url, subject.get("encodedList", ""), entry.modern)
    if bits is None:
        unread = _doubt(STATUS_UNKNOWN, "the status lists are too long all together", entry.pointer)
        return None, {PURPOSE: PASS, ENCODING: unread}
    if isinstance(bits, Problem):
        return None, {PURPOSE: PASS, ENCODING: Finding.doubt(_within(bits, entry.pointer))}
    try:
        value = bits.of_size(entry.size).get(entry.index)
    except ProblemError as error:
        # A list cut short is its publisher's fault, an index beyond a full one that of the credential.
        judged = Finding.doubt if error.problem.type is STATUS_LIST_LENGTH_ERROR else Finding.failure
        return None, {PURPOSE: PASS, ENCODING: judged(_within(error.problem, entry.pointer))}
    return value, {PURPOSE: PASS, ENCODING: PASS}


def _bits(examination: Examination, url: str, encoded: Any, multibase: bool) -> Bitstring | Problem | None:
    """The bits of a list, expanded once for all entries that point into it; None where that would be too much work."""
    shared, limits = examination.shared, examination.settings.limits
    held = shared.status_bits.get((url, multibase))
    if held is None and shared.status_bytes > 0:
        try:
            held = expanded(encoded, multibase=multibase, limits=limits)
            shared.status_bytes -= len(held) // 8
        except ProblemError as error:
            held = error.problem
            shared.status_bytes -= limits.decompressed_bytes
        shared.status_bits[url, multibase] = held
    return held


@dataclass(frozen=True, slots=True)
class _Copy:
    """One copy of a status list: as fetched, examined, and what was found about it."""

    fetched: Fetched
    examination: Examination
    report: VerificationReport


def _list_copy(examination: Examination, entry: _Entry, state: StatusState) -> _Copy | None:
    """The copy of an entry's list that speaks for the instant in question, else None."""
    url, where = entry.url, f"{state.pointer}/statusListCredential"
    if not examination.signed:
        state.findings[RETRIEVAL] = _doubt(STATUS_RETRIEVAL_ERROR, f"the status list {url} {_NOT_ASKED}", where)
        return None
    try:
        copy = _copy(examination, url)
    except FetchError as error:
        detail = f"the status list {url} could not be had: {error.reason}"
        state.findings[RETRIEVAL] = _doubt(STATUS_RETRIEVAL_ERROR, detail, where)
        return None
    if copy.examination.kind != "status-list":
        # An error page in its place is no word of the issuer's, for or against.
        detail = f"what was had from {url} is not a status list"
        state.findings[RETRIEVAL] = _doubt(STATUS_RETRIEVAL_ERROR, detail, where)
        return None
    state.findings[RETRIEVAL] = PASS
    distrust = _distrust(examination, url, copy)
    silence = _silence(examination, entry, copy) if distrust is None else None
    if silence is not None and entry.modern:
        earlier = _copy_of_then(examination, entry, state)
        if earlier is not None:
            copy, silence = earlier, None
    state.evidence.update(_evidence_of(copy.fetched), listVerdict=copy.report.verdict.value)
    problem = distrust or silence
    if problem is not None:
        state.findings[LIST] = _doubt(STATUS_VERIFICATION_ERROR, problem, where)
        return None
    dated = _own_date(copy.examination)
    name = f"the status list {url}"
    state.findings[LIST] = _dated(examination, copy.examination.document, copy.fetched, dated, name, where)
    return copy


def _copy(examination: Examination, url: str) -> _Copy:
    """The list credential at ``url``, examined once for all entries that point into it. Raises FetchError."""
    from badgeport.verifier.pipeline import run

    fetched = _fetch(examination, url, "status-list")
    held = examination.shared.status_lists.get(url)
    if held is None:
        child = examination.child(fetched.body, "status-list", None)
        held = examination.shared.status_lists[url] = (child, run(child))
    # Its publisher may call it otherwise; the copy is told apart by where it was asked for.
    return _Copy(replace(fetched, url=url), *held)


def _copy_of_then(examination: Examination, entry: _Entry, state: StatusState) -> _Copy | None:
    """The copy of an instant in the past, where the publisher keeps old ones (Bitstring Status List 1.0, timestamp).

    It counts only if it is as trustworthy as the list of today, is the list of that URL, and speaks for the instant.
    """
    if not _looks_back(examination):
        return None
    asked = _at_instant(entry.url, examination.question.as_of)
    try:
        copy = _copy(examination, asked)
    except FetchError as error:
        state.evidence["earlierCopy"] = {"url": asked, "reason": error.reason}
        return None
    if copy.examination.kind != "status-list":
        reason: str | None = "what was had is not a status list"
    else:
        reason = _distrust(examination, entry.url, copy) or _silence(examination, entry, copy)
    state.evidence["earlierCopy"] = {"url": asked} if reason is None else {"url": asked, "reason": reason}
    return copy if reason is None else None


def _at_instant(url: str, instant: datetime) -> str:
    """The address of a status list as it was at an instant."""
    address = url.partition("#")[0]
    return f"{address}{'&' if '?' in address else '?'}timestamp={format_datetime(instant)}"


def _evidence_of(fetched: Fetched) -> dict[str, Any]:
    """Which copy of a list an answer rests on."""
    when = None if fetched.fetched_at is None else format_datetime(fetched.fetched_at)
    return {"sha256": fetched.sha256, "fetchedAt": when}


def _subject(document: Mapping[str, Any]) -> Mapping[str, Any]:
    subject = document.get("credentialSubject")
    subject = subject[0] if isinstance(subject, list) and len(subject) == 1 else subject
    return subject if isinstance(subject, Mapping) else {}


def _distrust(examination: Examination, url: str, copy: _Copy) -> str | None:
    """Why a list may not be relied on: its proof, its id, or who issued it; None where it may.

    One that may not leaves the status unknown: it is nobody's word that the credential was revoked, or that it was not.
    """
    held, report = copy.examination, copy.report
    failed = [result for result in report.checks if result.outcome is Outcome.FAILED]
    serious = [result for result in failed if result.id != "validity-period"]
    if serious:
        causes = "; ".join(f"{problem.detail}" for result in serious for problem in result.problems[:1])
        return f"the status list {url} does not verify: {causes or serious[0].message}"
    if held.document.get("id") != url:
        return f"the status list at {url} does not have that URL as its id"
    if examination.settings.policy.same_issuer_status_lists and held.owner != examination.owner:
        return f"the status list {url} was issued by {held.owner}, not by the issuer of the credential"
    if not failed and report.verdict is not Verdict.VALID:
        detail = f"the status list {url} could not be verified"
        reasons = [problem.detail for problem in report.problems()]
        return f"{detail}: {reasons[0]}" if reasons else detail
    return None


def _silence(examination: Examination, entry: _Entry, copy: _Copy) -> str | None:
    """Why a copy that may be relied on says nothing about the instant in question; None where it speaks."""
    url, as_of = entry.url, format_datetime(examination.question.as_of)
    if copy.report.check("validity-period").outcome is Outcome.FAILED:
        return f"this copy of the status list {url} is not valid at {as_of}"
    if not _speaks_for(examination, copy.examination.document, copy.fetched):
        return f"no copy of the status list {url} of {as_of} is at hand"
    if _looks_back(examination) and not _made_by_then(examination, copy):
        # Lists are kept under one start, and signed anew with each change.
        value, _ = _value(examination, entry, copy)
        if value is not None and not _was_always(entry.purpose, value):
            return f"no copy of the status list {url} made by {as_of} is at hand, and a later one says nothing of then"
    return None


def _looks_back(examination: Examination) -> bool:
    """Whether the instant in question is one in the past."""
    return examination.question.now - examination.question.as_of > examination.skew


def _made_by_then(examination: Examination, copy: _Copy) -> bool:
    """Whether a copy is known to have been there at the instant in question: signed or had by then."""
    known = (signed_since(copy.examination), copy.fetched.fetched_at)
    latest = examination.question.as_of + examination.skew
    return any(instant is not None and instant <= latest for instant in known)


def _was_always(purpose: str, value: int) -> bool:
    """Whether a status in a later copy tells what it was before, or tells nothing for or against the credential.

    A revocation cannot be undone (Bitstring Status List 1.0 §2.2), so what is not revoked never was; all else may have
    come and gone.
    """
    return purpose in _PURPOSE_WARNINGS or (_PURPOSE_PROBLEMS.get(purpose) is REVOKED and value == 0)


def _speaks_for(examination: Examination, document: Mapping[str, Any], fetched: Fetched) -> bool:
    """Whether a copy inside its own validity period says anything about the instant in question.

    One that does not say from when it holds is taken to hold from when it was obtained.
    """
    question = examination.question
    if starts(document) is None and (fetched.fetched_at or question.now) - question.as_of > examination.skew:
        return False
    return _obtained_by_now(examination, fetched) and (ends(document) is not None or _fresh(examination, fetched))


def _obtained_by_now(examination: Examination, fetched: Fetched) -> bool:
    """Whether a copy was had at an instant that has been; of one from the future nobody knows how old it is."""
    return fetched.fetched_at is None or fetched.fetched_at - examination.question.now <= examination.skew


def _fresh(examination: Examination, fetched: Fetched) -> bool:
    """Whether a copy that does not say until when it holds still speaks at the instant in question.

    It does not foretell, and speaks for as long after it was obtained as the policy says, whatever its ``ttl``. Where
    nobody knows when it was obtained it is taken as supplied, and `_dated` warns.
    """
    question, skew = examination.question, examination.skew
    if question.as_of - question.now > skew or not _obtained_by_now(examination, fetched):
        return False
    longest = timedelta(seconds=examination.settings.policy.status_max_age_seconds)
    return fetched.fetched_at is None or question.as_of - fetched.fetched_at <= longest + skew


def _own_date(held: Examination) -> datetime | None:
    """The date that a signed list without an end gives itself."""
    if ends(held.document) is not None:
        return None
    made = [state.info.created for state in held.proofs if state.info.created is not None]
    return max([*made, *filter(None, [starts(held.document)])], default=None)


def _dated(
    examination: Examination,
    document: Mapping[str, Any],
    fetched: Fetched,
    dated: datetime | None,
    name: str,
    where: str,
    *,
    undated: bool = False,
) -> Finding:
    """A pass for a copy that speaks, with a warning where it may be out of date.

    That is one which its publisher wants fetched again by now (``ttl``, milliseconds), and, where nobody knows when it
    was obtained, one that is old by its own date, or that (``undated``) nothing dates.
    """
    question, detail = examination.question, None
    if fetched.fetched_at is not None:
        ttl = _ttl(document) if ends(document) is None else None
        if ttl is not None and question.as_of - fetched.fetched_at > ttl + examination.skew:
            detail = (
                f"{name} was fetched at {format_datetime(fetched.fetched_at)}, and holds only for a time since past"
            )
    elif dated is not None:
        longest, ttl = timedelta(seconds=examination.settings.policy.status_max_age_seconds), _ttl(document)
        if question.as_of - dated > (longest if ttl is None else min(longest, ttl)):
            detail = f"{name} is of {format_datetime(dated)}, and when it was fetched is not known"
    elif undated and ends(document) is None:
        detail = f"when {name} was fetched is not known, and it does not say how old it is"
    if detail is None:
        return PASS
    return Finding(Outcome.PASSED, warnings=(Problem(STATUS_OUTDATED, detail, where),))


def starts(document: Mapping[str, Any]) -> datetime | None:
    """From when a credential is valid by its own word, in either data model; None where it does not say so."""
    return instant_of(document, "validFrom") or instant_of(document, "issuanceDate")


def ends(document: Mapping[str, Any]) -> datetime | None:
    """Until when a credential is valid by its own word, in either data model; None where it does not say so."""
    return instant_of(document, "validUntil") or instant_of(document, "expirationDate")


def _ttl(document: Mapping[str, Any]) -> timedelta | None:
    """How long a list may be kept by its own word, where it says so sensibly."""
    ttl = _subject(document).get("ttl")
    if not isinstance(ttl, int) or isinstance(ttl, bool) or not 0 <= ttl <= _MAXIMUM_TTL:
        return None
    return timedelta(milliseconds=ttl)


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
    if not examination.signed:
        detail = f"the revocation list {url} {_NOT_ASKED}"
        state.findings[REVOCATION_LIST] = _doubt(STATUS_RETRIEVAL_ERROR, detail, where)
        return
    if not _vouched_for_by_address(url):
        state.findings[REVOCATION_LIST] = _doubt(
            STATUS_RETRIEVAL_ERROR, "an unsigned revocation list is only believed over https", where
        )
        return
    try:
        fetched = _fetch(examination, url, "revocation-list")
        state.evidence.update(_evidence_of(fetched))
        listed = jsontext.parse_object(fetched.body, examination.settings.limits)
    except FetchError as error:
        detail = f"the revocation list {url} could not be had: {error.reason}"
        state.findings[REVOCATION_LIST] = _doubt(STATUS_RETRIEVAL_ERROR, detail, where)
        return
    except ProblemError as error:
        detail = f"what was had from {url} is not a revocation list: {error.problem.detail}"
        state.findings[REVOCATION_LIST] = _doubt(STATUS_RETRIEVAL_ERROR, detail, where)
        return
    end = ends(listed)
    ended = end is not None and examination.question.as_of - end > examination.skew
    if ended or not _fresh(examination, fetched):
        detail = f"no copy of the revocation list {url} of {format_datetime(examination.question.as_of)} is at hand"
        state.findings[REVOCATION_LIST] = _doubt(STATUS_UNKNOWN, detail, where)
        return
    try:
        revoked = _revoked_entry(examination, url, listed)
    except ProblemError as error:
        detail = f"the revocation list {url} cannot be relied on: {error.problem.detail}"
        state.findings[REVOCATION_LIST] = _doubt(STATUS_VERIFICATION_ERROR, detail, where)
        return
    finding = _revocation(examination, revoked, state.pointer)
    if finding is PASS:
        dated = None if ends(listed) is not None else starts(listed)
        finding = _dated(examination, listed, fetched, dated, f"the revocation list {url}", where, undated=True)
    state.findings[REVOCATION_LIST] = finding


def _vouched_for_by_address(url: str) -> bool:
    """Whether an unsigned list at this address is its publisher's: over https, or from this machine (development).

    Whether this machine may be asked at all the fetcher decides.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    if parts.scheme != "http":
        return False
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _revoked_entry(examination: Examination, url: str, listed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The entry that revokes this credential, if any.

    Raises ProblemError for another issuer's list, another list than the one at ``url``, and one so malformed that its
    silence means nothing: without entries, or with one that cannot be told apart from this credential's.
    """
    credential, issuer = examination.document.get("id"), listed.get("issuer")
    if not isinstance(credential, str):
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, "the credential has no id to look up", "/id")
    issuer = issuer.get("id", "") if isinstance(issuer, Mapping) else issuer
    if issuer is not None and issuer != examination.owner:
        raise ProblemError(STATUS_VERIFICATION_ERROR, "it is the list of another issuer", "/issuer")
    if listed.get("id", url) != url:
        raise ProblemError(STATUS_VERIFICATION_ERROR, "it has another id", "/id")
    stated = [listed[name] for name in _REVOKED_MEMBERS if name in listed]
    if not stated or not all(isinstance(each, list) for each in stated):
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, f"its {_REVOKED_MEMBERS[0]} is no list")
    named = [item if isinstance(item, Mapping) else {"id": item} for each in stated for item in each]
    sound = [item for item in named if isinstance(item.get("id"), str) and isinstance(item.get("revoked", True), bool)]
    mine = [item for item in sound if item.get("revoked", True) and same_identifier(item["id"], credential)]
    if not mine and len(sound) < len(named):
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, f"an entry of its {_REVOKED_MEMBERS[0]} is malformed")
    elsewhere = {name: value for name, value in listed.items() if name not in _REVOKED_MEMBERS}
    if not mine and _mentions(elsewhere, credential):
        detail = f"it names the credential, but outside its {_REVOKED_MEMBERS[0]}"
        raise ProblemError(STATUS_MALFORMED_VALUE_ERROR, detail)
    return mine[0] if mine else None


def _mentions(value: Any, identifier: str) -> bool:
    """Whether an identifier stands anywhere in a JSON value, which the reader has let be only so deep."""
    if isinstance(value, str):
        return same_identifier(value, identifier)
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return any(_mentions(each, identifier) for each in inner)


def _revocation(examination: Examination, revoked: Mapping[str, Any] | None, pointer: str) -> Finding:
    if revoked is None:
        return PASS
    reason = revoked.get("revocationReason", revoked.get("reason"))
    detail = "the issuer's revocation list names the credential"
    detail = f"{detail}: {reason}" if isinstance(reason, str) and reason else detail
    if _looks_back(examination):
        detail += "; the list does not say since when"
        return _doubt(STATUS_UNKNOWN, detail, pointer)
    return _failure(REVOKED, detail, pointer)


def same_identifier(one: str, other: str) -> bool:
    """Whether two identifiers are equal after percent-decoding and trimming (OB 3.0 "Equality and Comparison").

    A UUID is a number, so letter case is nothing in a ``urn:uuid:`` (RFC 9562 §4).
    """
    return one == other or _compared(one) == _compared(other)


def _compared(identifier: str) -> str:
    decoded = unquote(identifier).strip()
    return decoded.lower() if decoded.lower().startswith("urn:uuid:") else decoded


_REVOKED_MEMBERS = ("revokedCredential", "revokedCredentials")
_READABLE = {
    BITSTRING_ENTRY: _look_up_bit,
    STATUS_LIST_2021_ENTRY: _look_up_bit,
    REVOCATION_LIST_ENTRY: _look_up_revocation,
}


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
