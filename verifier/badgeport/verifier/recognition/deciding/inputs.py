"""All that a decision is made from, put together once: the badges, the policy, the educator, what was credited before.

`inputs_of` takes verified credentials and nothing else. Copies of one badge are one (Open Badges 3.0, credential
equality: the same issuer and id, else the same bytes); the newest is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from badgeport.keys import did
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.approvals import policy_statements
from badgeport.verifier.recognition.approval.authority import Authority, State, Statement
from badgeport.verifier.recognition.conditions.candidates import (
    Candidate,
    LeftOut,
    asserts_achievement,
    take,
    trial_candidate,
)
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy
from badgeport.verifier.verifier import VerifiedCredential

COPY = "Another copy of this badge was handed in, which is the newer one; a badge counts once."
NO_BADGE = "It asserts no achievement, so there is nothing to recognize in it."


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a decision depends on; the same inputs give the same decision.

    ``candidates`` are in the order of their digests, ``agreements`` those that the policy names, by their id.
    ``credited`` is what stood in the ledger for this educator before the decision: all of it counts, whatever its day.
    ``trial``: nothing was verified.
    """

    candidates: tuple[Candidate, ...]
    left_out: tuple[LeftOut, ...]
    policy: RecognitionPolicy
    purpose: str
    facts: Facts
    as_of: datetime
    authority: Authority
    agreements: Mapping[str, Agreement]
    credited: tuple[Credited, ...]
    software: str
    trial: bool = False


def inputs_of(
    credentials: Sequence[VerifiedCredential],
    policy: RecognitionPolicy,
    purpose: str,
    facts: Facts,
    as_of: datetime,
    *,
    authority: Authority | None = None,
    agreements: Mapping[str, Agreement] | None = None,
    credited: Sequence[Credited] = (),
    software: str,
) -> Inputs:
    """The inputs of a decision about verified credentials.

    Raises ValueError for a purpose that the policy does not know, an instant without a zone, and a credential that was
    verified as of another instant: whether it is in force then is not known.
    """
    candidates: list[Candidate] = []
    left_out: list[LeftOut] = []
    for credential in credentials:
        if credential.report.as_of != as_of:
            then, now = format_datetime(credential.report.as_of), format_datetime(as_of)
            raise ValueError(f"the credential {credential.sha256} was verified as of {then}, not as of {now}")
        taken = take(credential)
        candidates += taken.candidates
        left_out += taken.left_out
    return _inputs(
        candidates, left_out, policy, purpose, facts, as_of, authority, agreements, credited, software, trial=False
    )


def trial_inputs(
    documents: Iterable[Mapping[str, Any]],
    policy: RecognitionPolicy,
    purpose: str,
    facts: Facts,
    as_of: datetime,
    *,
    authority: Authority | None = None,
    agreements: Mapping[str, Agreement] | None = None,
    credited: Sequence[Credited] = (),
    software: str,
) -> Inputs:
    """The inputs to try a policy on documents that nobody verified. Raises ValueError as `inputs_of` does."""
    candidates: list[Candidate] = []
    left_out: list[LeftOut] = []
    for document in documents:
        candidate = trial_candidate(document)
        if asserts_achievement(document):
            candidates.append(candidate)
        else:
            left_out.append(LeftOut(candidate.sha256, None, candidate.id, NO_BADGE))
    return _inputs(
        candidates, left_out, policy, purpose, facts, as_of, authority, agreements, credited, software, trial=True
    )


def same_badge(candidate: Candidate, sha256: str, issuer: str | None, identifier: str | None) -> bool:
    """Whether the candidate is the badge with this issuer and id, or these very bytes."""
    if candidate.sha256 == sha256:
        return True
    if candidate.id is None or candidate.issuer is None or issuer is None:
        return False
    return candidate.id == identifier and did.comparable(candidate.issuer) == did.comparable(issuer)


def _inputs(
    candidates: Sequence[Candidate],
    left_out: Sequence[LeftOut],
    policy: RecognitionPolicy,
    purpose: str,
    facts: Facts,
    as_of: datetime,
    authority: Authority | None,
    agreements: Mapping[str, Agreement] | None,
    credited: Sequence[Credited],
    software: str,
    *,
    trial: bool,
) -> Inputs:
    if purpose not in policy.purposes:
        known = ", ".join(policy.purposes)
        raise ValueError(f"the policy {policy.id} says nothing of the purpose {purpose!r}; it has: {known}")
    if as_of.utcoffset() is None:
        raise ValueError("the instant of the decision has no time zone")
    kept, copies = _newest(candidates)
    shown = {each.sha256 for each in kept}
    out = {(each.sha256, each.place or ""): each for each in (*left_out, *copies) if each.sha256 not in shown}
    return Inputs(
        candidates=kept,
        left_out=tuple(out[key] for key in sorted(out)),
        policy=policy,
        purpose=purpose,
        facts=facts,
        as_of=as_of.astimezone(UTC),
        authority=_with_lists(authority or Authority(), policy),
        agreements={key: agreements[key] for key in sorted(policy.agreements) if agreements and key in agreements},
        credited=tuple(sorted(credited, key=_line)),
        software=software,
        trial=trial,
    )


def _with_lists(authority: Authority, policy: RecognitionPolicy) -> Authority:
    """What authorities said, together with the approved lists of the policy itself, unless all they say is there.

    A copy of the policy that was handed in, too, is no more than what it says: the lists of the policy that is applied
    speak whatever became of the copy.
    """
    said = [_said(each) for each in authority.statements if each.state is State.IN_FORCE]
    own = tuple(each for each in policy_statements(policy) if _said(each) not in said)
    return replace(authority, statements=(*authority.statements, *own))


def _said(statement: Statement) -> tuple[object, ...]:
    name = did.comparable(statement.authority)
    return name, statement.series, statement.title, statement.speaks, statement.approvals


def _newest(candidates: Sequence[Candidate]) -> tuple[tuple[Candidate, ...], tuple[LeftOut, ...]]:
    """One candidate for each badge, in the order of the digests, and the older copies."""
    kept: list[Candidate] = []
    copies: list[LeftOut] = []
    seen: set[tuple[str, str]] = set()
    for each in sorted(candidates, key=_age, reverse=True):
        names = {("sha256", each.sha256)}
        if each.issuer is not None and each.id is not None:
            names.add((did.comparable(each.issuer), each.id))
        if seen.isdisjoint(names):
            kept.append(each)
        else:
            copies.append(LeftOut(each.sha256, each.place, each.id, COPY))
        seen |= names
    return tuple(sorted(kept, key=lambda each: each.sha256)), tuple(copies)


def _age(candidate: Candidate) -> tuple[str, str, str]:
    """What is newer is greater. Of equals, which one is looked at depends on their bytes, never on their order."""
    return (_valid_from(candidate.document), candidate.sha256, candidate.place or "")


def _valid_from(document: Mapping[str, Any]) -> str:
    for name in ("validFrom", "issuanceDate", "issuedOn"):
        value = document.get(name)
        if isinstance(value, str):
            try:
                return parse_datetime(value, require_zone=False).isoformat()
            except ProblemError:
                return ""
    return ""


def _line(credited: Credited) -> tuple[str, ...]:
    return (credited.on.isoformat(), credited.purpose, credited.rule, credited.credential, str(credited.amount))
