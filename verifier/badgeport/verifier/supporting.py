"""From what is handed in with badges to what a decision takes: approvals, agreements, the ledger, the policy itself.

Whatever is signed is verified here first, as of the instant of the decision. The command line and the web ask alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from badgeport.keys.did import comparable
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.approvals import Presented, authority_of
from badgeport.verifier.recognition.approval.authority import Authority, State, Statement
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.approval.received import DocumentError, agreement_from, policy_from
from badgeport.verifier.recognition.deciding.record import credited_of
from badgeport.verifier.recognition.model import Credited, ListAddress, RecognitionPolicy
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.verifier import VerificationError, VerifiedCredential

MAXIMUM_CREDITED = 10_000

Verify = Callable[[bytes], VerifiedCredential]
"""Verifies one document as of the instant of the decision, as `Verifier.verify` does."""


class SupportError(ValueError):
    """Something that was handed in beside the badges cannot be used; the text says why. ``pointer``: where in it."""

    def __init__(self, reason: str, pointer: str = "") -> None:
        super().__init__(reason)
        self.pointer = pointer


def why_not(error: VerificationError) -> str:
    """Why something is not verified, in one line: the verdict and the first reasons of the report."""
    report = error.report
    if report.valid:
        return str(error).rstrip(".")
    if not report.credential_found and report.verdict.value != "undetermined":
        details = list(dict.fromkeys(problem.detail.rstrip(".") for problem in report.problems()))
        return (
            f"no credential was found in it: {'; '.join(details[:2])}" if details else "no credential was found in it"
        )
    return f"it is {report.verdict.value}{_reasons(report)}"


def authority_from(documents: Iterable[bytes], policy: RecognitionPolicy, verify: Verify) -> Authority:
    """What authorities said, from the documents they signed.

    One that does not verify approves nothing; what is known of it is kept, so that the decision can tell it. Raises
    SupportError for a document in which no credential is found.
    """
    found: list[VerifiedCredential] = []
    presented: list[Presented] = []
    for index, data in enumerate(documents):
        try:
            found.append(verify(data))
        except VerificationError as error:
            if not error.report.credential_found:
                raise SupportError(f"approval {index + 1}: {why_not(error)}", f"/{index}") from None
            presented.append(Presented(data, error.report))
    return authority_of(found, presented=presented, believed=policy.approvers)


def with_lists(
    authority: Authority,
    policy: RecognitionPolicy,
    verify: Verify,
    own: Callable[[str], bytes | None] = lambda _: None,
) -> Authority:
    """What authorities said, together with the approval lists whose addresses the policy gives, looked up now.

    ``own`` has the lists that are kept here; others are fetched, by ``verify``. One that cannot be had, or is not of
    the authority it should be of, leaves open whom that authority approves.
    """
    found = dict.fromkeys(authority.statements)
    for place in policy.approval_lists:
        found.update(dict.fromkeys(_list_at(place, verify, own(place.url))))
    ordered = sorted(found, key=lambda each: (each.source or "", each.series or "", each.title))
    return replace(authority, statements=tuple(ordered))


def _list_at(place: ListAddress, verify: Verify, kept: bytes | None) -> tuple[Statement, ...]:
    try:
        credential = verify(kept or place.url.encode())
    except VerificationError as error:
        return (_unsettled(place, why_not(error)),)
    said = authority_of([credential]).statements
    listed = tuple(each for each in said if each.complete and comparable(each.authority) == comparable(place.authority))
    return listed or (_unsettled(place, f"it is no approval list that {place.authority} signed"),)


def _unsettled(place: ListAddress, trouble: str) -> Statement:
    return Statement(
        authority=place.authority,
        title=f"The approval list at {place.url}",
        source=None,
        approvals=(),
        complete=True,
        state=State.UNSETTLED,
        trouble=trouble,
    )


def agreement_in(data: bytes, policy: RecognitionPolicy, verify: Verify) -> Agreement:
    """The agreement of a signed document, kept by who signed it or by the policy's jurisdiction and authorities.

    Raises SupportError where it does not verify, or is none.
    """
    try:
        return agreement_from(verify(data), keepers=(policy.jurisdiction.id, *policy.authorities))
    except VerificationError as error:
        raise SupportError(why_not(error)) from None
    except DocumentError as error:
        raise SupportError(str(error)) from None


def policy_in(data: bytes, verify: Verify) -> RecognitionPolicy:
    """The policy of a document that its jurisdiction signed. Raises SupportError, also where it does not verify."""
    try:
        return policy_from(verify(data))
    except VerificationError as error:
        raise SupportError(why_not(error)) from None
    except DocumentError as error:
        raise SupportError(str(error)) from None


def credited_in(value: Any) -> tuple[Credited, ...]:
    """What was credited before, from a JSON list of lines (docs/command-line.md), or an object with it as ``credited``.

    Raises SupportError naming the line.
    """
    lines = value.get("credited") if isinstance(value, Mapping) else value
    if not isinstance(lines, Sequence) or isinstance(lines, str | bytes):
        raise SupportError("it is not a list of what was credited before")
    if len(lines) > MAXIMUM_CREDITED:
        raise SupportError(f"it has more than {MAXIMUM_CREDITED} lines")
    found = []
    for index, line in enumerate(lines):
        if not isinstance(line, Mapping):
            raise SupportError(f"line {index + 1} is not an object", f"/{index}")
        try:
            found.append(credited_of(line))
        except MemberError as error:
            where = f"line {index + 1}{error.pointer and f', {error.pointer}'}"
            raise SupportError(f"{where}: {error.reason}", f"/{index}{error.pointer}") from None
    return tuple(found)


def json_in(data: bytes) -> Any:
    """A JSON value. Raises SupportError where the text is none."""
    try:
        return jsontext.parse(data)
    except ProblemError as error:
        raise SupportError(error.problem.detail) from None


def _reasons(report: VerificationReport) -> str:
    details = list(dict.fromkeys(problem.detail.rstrip(".") for problem in report.problems()))
    more = f" (and {len(details) - 2} more)" if len(details) > 2 else ""
    return f": {'; '.join(details[:2])}{more}" if details else ""
