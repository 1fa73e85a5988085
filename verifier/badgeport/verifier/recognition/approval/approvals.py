"""From verified credentials to what authorities said: approvals, lists, policies and recognition credentials.

A document counts as far as verification shows that its authority said it and has not taken it back. What was found
revoked, suspended or uncheckable is kept as such, so that an answer can tell it, and never approves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from badgeport.proofs.secured import open_member, open_secured
from badgeport.schemas import pointer as json_pointer
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.recognition.approval.authority import Approval, Authority, State, Statement
from badgeport.verifier.recognition.approval.authority_json import approval_of
from badgeport.verifier.recognition.approval.documents import APPROVAL, APPROVAL_LIST, POLICY
from badgeport.verifier.recognition.approval.members import MemberError, Members
from badgeport.verifier.recognition.approval.received import DocumentError, is_whole, known_until, policy_said, said_in
from badgeport.verifier.recognition.model import Period, RecognitionPolicy
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.trust import recognized

if TYPE_CHECKING:
    from badgeport.proofs.opened import Opened
    from badgeport.verifier.verifier import VerifiedCredential

BADGE = "OpenBadgeCredential"

# That a document has come to its end is told by its dates, day by day; that it was taken back is told by its status.
_ENDED = replace(DEFAULT, name="approvals", warn_only=frozenset({"validity-period"}))
_TAKEN_BACK = replace(_ENDED, warn_only=_ENDED.warn_only | {"status", "revocation-list"})
_HELD_BACK = "part of it was held back, or may have been"


@dataclass(frozen=True, slots=True)
class Presented:
    """A document that was looked at and not found valid: its bytes, and the report on them."""

    data: bytes = field(repr=False)
    report: VerificationReport


def authority_of(
    credentials: Iterable[VerifiedCredential],
    *,
    presented: Iterable[Presented] = (),
    believed: Iterable[str] = (),
) -> Authority:
    """All that these credentials say of who is approved for what, and all that the endorsements inside them say.

    ``presented`` are documents that were not found valid: none of them approves anything, and an answer tells that one
    was revoked or could not be checked. ``believed`` are the authorities that count where a question names none, such
    as those of a policy.
    """
    statements: dict[Statement, None] = {}
    for credential in credentials:
        statements.update(dict.fromkeys(_found(credential.original, credential.report, credential.document)))
    for each in presented:
        statements.update(dict.fromkeys(_found(each.data, each.report, None)))
    # In one order, whatever order the documents came in: a record of a decision keeps it.
    ordered = sorted(statements, key=lambda each: (each.source or "", each.series or ""))
    return Authority(tuple(ordered), frozenset(believed))


def policy_statements(
    policy: RecognitionPolicy, *, source: str | None = None, until: date | None = None, end: date | None = None
) -> tuple[Statement, ...]:
    """What the approved lists of a policy say, each in the name of its jurisdiction.

    ``source``: digest of the signed policy. ``until``: the last day up to which it is known not to have been taken
    back. ``end``: the last day of the credential, where it has one.
    """
    effective = policy.effective
    speaks = Period(effective.start, _earlier(effective.end, end))
    return tuple(
        Statement(
            authority=policy.jurisdiction.id,
            title=f"The list “{each.title}” of {policy.jurisdiction.id} (policy version {policy.version})",
            source=source,
            approvals=tuple(
                Approval(entry.issuer, entry.achievement, entry.version, (), entry.period, entry.name)
                for entry in each.entries
            ),
            speaks=speaks,
            complete=True,
            known_until=until,
            series=f"{policy.id}#{each.id}",
        )
        for each in policy.lists.values()
    )


# -- from a report to the documents in it ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Document:
    """One document with the report on it: what it shows, who signed it, and how an answer refers to it."""

    shown: Mapping[str, Any]
    report: VerificationReport
    whole: bool
    source: str

    @property
    def issuer(self) -> str:
        credential = self.report.credential
        return "" if credential is None or credential.issuer is None else credential.issuer

    @property
    def types(self) -> list[str]:
        return recognized.strings(self.shown.get("type"))


def _found(data: bytes, report: VerificationReport, shown: Mapping[str, Any] | None) -> Iterator[Statement]:
    try:
        opened: Opened | None = open_secured(data)
    except ProblemError:
        opened = None  # an image, say; what it carries is shown, and whether that is all of it is not known
    if opened is not None:
        shown = opened.document
    if shown is None:
        return
    digest = report.input.sha256
    whole = opened is not None and is_whole(opened)
    for pointer, each, inside, all_of_it in _with_contained(shown, report, whole):
        source = f"{digest}#{pointer}" if pointer else digest
        yield from _statements(_Document(each, inside, all_of_it, source))


def _with_contained(
    shown: Mapping[str, Any], report: VerificationReport, whole: bool
) -> Iterator[tuple[str, Mapping[str, Any], VerificationReport, bool]]:
    """A document and, at any depth, the credentials inside it: where each stands, its report, whether it is whole.

    One without a proof of its own is its issuer's word where what contains it is (checks row 16), and as whole as that.
    """
    place = report.pointer or ""
    yield place, shown, report, whole
    for member in report.members:
        if member.role not in ("endorsement", "member") or member.pointer is None:
            continue
        try:
            inner = open_member(json_pointer.resolve(shown, member.pointer.removeprefix(place)))
        except ProblemError:
            continue
        yield from _with_contained(inner.document, member, is_whole(inner) if inner.proofs else whole)


# -- what one document says -----------------------------------------------------------------------------------------


def _statements(document: _Document) -> tuple[Statement, ...]:
    """What a document says of approvals; nothing where it is none, or where its authority did not say it."""
    read = next((reader for name, reader in _READERS.items() if name in document.types), None)
    standing = _state(document.report)
    if read is None or standing is None or not document.issuer:
        return ()
    try:
        said = read(document)
    except (DocumentError, MemberError) as error:
        said = (_unreadable(document, error),)
    state, trouble = standing
    if state is State.IN_FORCE and not document.whole:
        state, trouble = State.UNSETTLED, _HELD_BACK
    if state is State.IN_FORCE:
        return said
    return tuple(replace(each, state=state, trouble=each.trouble or trouble) for each in said)


def _state(report: VerificationReport) -> tuple[State, str | None] | None:
    """Whether a document counts, was taken back, or leaves that open; None where its authority never said it."""
    ended, taken_back = report.judged_by(_ENDED), report.judged_by(_TAKEN_BACK)
    if ended is Verdict.VALID:
        return State.IN_FORCE, None
    if taken_back is Verdict.VALID:
        return State.WITHDRAWN, _trouble(report, ("status", "revocation-list"))
    if taken_back is Verdict.UNDETERMINED:
        return State.UNSETTLED, _trouble(report, ())
    return None


def _trouble(report: VerificationReport, checks: tuple[str, ...]) -> str:
    """The first reason among these checks, or among all but the end of its days."""
    for result in report.checks:
        if (result.id in checks) if checks else (result.id not in _ENDED.warn_only | _ENDED.allow_unknown):
            for problem in result.problems:
                return problem.detail.rstrip(".")
    return "it could not be verified"


def _unreadable(document: _Document, error: DocumentError | MemberError) -> Statement:
    """A document that its authority signed, and of which it cannot be told what it says."""
    return Statement(
        authority=document.issuer,
        title=f"A document of {document.issuer}",
        source=document.source,
        approvals=(),
        complete=True,
        state=State.UNSETTLED,
        trouble=f"it cannot be read, {error}",
    )


def _endorsement(document: _Document) -> tuple[Statement, ...]:
    """An endorsement with an approval in it; its days end with those of the credential."""
    stated = approval_of(Members(said_in(document.shown, APPROVAL), "the approval"))
    subject = document.shown["credentialSubject"].get("id")
    if subject not in (stated.issuer, stated.achievement):
        raise DocumentError(f"it endorses {subject}, and its approval is of something else")
    own, days = stated.period, _days(document.shown)
    period = Period(own.start or days.start, _earlier(own.end, days.end))
    title = f"The approval by {document.issuer}"
    return (_statement(document, title, (replace(stated, period=period),)),)


def _approval_list(document: _Document) -> tuple[Statement, ...]:
    stated = Members(said_in(document.shown, APPROVAL_LIST), "the list")
    own, days = stated.period(), _days(document.shown)
    title = stated.text("title")
    approvals = tuple(approval_of(each) for each in stated.items("approvals"))
    stated.done()
    speaks = Period(own.start or days.start, _earlier(own.end, days.end))
    return (_listing(document, f"The list “{title}” of {document.issuer}", approvals, speaks),)


def _policy(document: _Document) -> tuple[Statement, ...]:
    """The approved lists of a policy; those of a draft are nothing that its jurisdiction has decided."""
    policy = policy_said(document.shown, document.issuer)
    if policy.status == "draft":
        return ()
    until = known_until(document.report)
    return policy_statements(policy, source=document.source, until=until, end=_days(document.shown).end)


def _recognition(document: _Document) -> tuple[Statement, ...]:
    """A recognition credential names issuers for all they award; what hangs on more than that leaves it open."""
    approvals = tuple(
        approval for entity in recognized.entities(document.shown) for approval in _recognised(entity, document.issuer)
    )
    title = f"The list of recognised issuers of {document.issuer}"
    return (_listing(document, title, approvals, _days(document.shown)),)


def _recognised(entity: Mapping[str, Any], authority: str) -> Iterator[Approval]:
    issuer = entity.get("id")
    if not isinstance(issuer, str):
        return
    doubts: list[str] = []
    name = recognized.text(entity.get("name"))
    for action in recognized.actions(entity, doubts):
        if recognized.stated_span(action, authority, doubts) is None or not recognized.is_for_types(action, BADGE):
            continue
        schema = "outputValidation" in action
        doubt = "it is for credentials that fit a schema, which is not looked at" if schema else None
        yield Approval(issuer, period=_days(action), name=name, doubt=doubt)
    for doubt in doubts:
        yield Approval(issuer, name=name, doubt=doubt)


def _listing(document: _Document, title: str, approvals: tuple[Approval, ...], speaks: Period) -> Statement:
    """A list: who is not on it is not approved. Its editions are known by the id of its subject, or its own."""
    subject = document.shown.get("credentialSubject")
    stated = subject.get("id") if isinstance(subject, Mapping) else document.shown.get("id")
    series = stated if isinstance(stated, str) else None
    return replace(_statement(document, title, approvals), complete=True, speaks=speaks, series=series)


def _statement(document: _Document, title: str, approvals: tuple[Approval, ...]) -> Statement:
    return Statement(
        authority=document.issuer,
        title=title,
        source=document.source,
        approvals=approvals,
        known_until=known_until(document.report),
    )


_READERS = {
    APPROVAL.credential: _endorsement,
    APPROVAL_LIST.credential: _approval_list,
    POLICY.credential: _policy,
    recognized.CREDENTIAL: _recognition,
}


# -- days -----------------------------------------------------------------------------------------------------------


def _days(holder: Mapping[str, Any]) -> Period:
    """The days of the dates that an object states, as its author wrote them, whose day it was.

    An end at midnight leaves nothing of the day that begins. Raises DocumentError where they cannot be read.
    """
    if recognized.span(holder) is None:
        raise DocumentError("its dates cannot be read")
    start, end = (next((holder[name] for name in names if name in holder), None) for names in recognized.NAMES)
    return Period(None if start is None else date.fromisoformat(start[:10]), None if end is None else _last_day(end))


def _last_day(text: str) -> date:
    day = date.fromisoformat(text[:10])
    midnight = text[11:19] == "00:00:00"
    return day - timedelta(days=1) if midnight and day > date.min else day


def _earlier(one: date | None, other: date | None) -> date | None:
    return min((each for each in (one, other) if each is not None), default=None)
