"""What if: where a portfolio would count, and whose decisions a change of policy would alter. Nothing here is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.authority import Authority
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.recognition.engine import decide, recognize
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy
from badgeport.verifier.verifier import VerifiedCredential


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a portfolio would be worth under one policy for one purpose; what is missing is in the decision."""

    policy: RecognitionPolicy
    purpose: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Altered:
    """A case that a change of policy decides otherwise. None: the policy says nothing of its purpose.

    ``how``: one sentence for each difference.
    """

    case: str
    before: Decision | None
    after: Decision | None
    how: tuple[str, ...]


def where_it_counts(
    credentials: Sequence[VerifiedCredential],
    policies: Iterable[RecognitionPolicy],
    facts: Facts,
    as_of: datetime,
    *,
    authority: Authority | None = None,
    agreements: Mapping[str, Agreement] | None = None,
    credited: Mapping[str, Sequence[Credited]] | None = None,
    software: str,
) -> tuple[Outlook, ...]:
    """What the credentials would be worth under each policy, for each purpose that it has, in their order.

    ``credited`` is what was credited before, by the id of the policy: one jurisdiction's ledger is not another's.
    Raises ValueError as `engine.recognize` does.
    """
    ledgers = {} if credited is None else credited
    return tuple(
        Outlook(
            policy,
            purpose,
            recognize(
                credentials,
                policy,
                purpose,
                facts,
                as_of,
                authority=authority,
                agreements=agreements,
                credited=ledgers.get(policy.id, ()),
                software=software,
            ),
        )
        for policy in policies
        for purpose in policy.purposes
    )


def affected(old: RecognitionPolicy, new: RecognitionPolicy, cases: Mapping[str, Inputs]) -> tuple[Altered, ...]:
    """The cases, by their names, whose decision is another one under ``new`` than under ``old``; in their order.

    A case is the inputs of a decision (`record.inputs_again` has those of one that was made); its own policy is left
    aside. Two decisions are the same where what is decided, the amount, what it could become, what is needed besides
    and what became of each badge are.
    """
    found = []
    for name, case in cases.items():
        before, after = (_under(policy, case) for policy in (old, new))
        how = tuple(_differences(before, after))
        if how:
            found.append(Altered(name, before, after, how))
    return tuple(found)


def _under(policy: RecognitionPolicy, case: Inputs) -> Decision | None:
    return decide(replace(case, policy=policy)) if case.purpose in policy.purposes else None


def _differences(before: Decision | None, after: Decision | None) -> Iterable[str]:
    if before is None and after is None:
        return
    if before is None or after is None:
        yield (
            "The new policy has the purpose, the old one has not."
            if before is None
            else "The new policy drops the purpose."
        )
        return
    if before.kind is not after.kind:
        yield f"{_words(before.kind)} becomes {_words(after.kind)}."
    if (before.amount, before.unit) != (after.amount, after.unit):
        yield f"{before.amount:f} {before.unit} becomes {after.amount:f} {after.unit}."
    if (before.at_most, before.open_ended) != (after.at_most, after.open_ended):
        yield f"At most {_most(before)} becomes at most {_most(after)}."
    if before.conditions != after.conditions:
        yield f"What is needed besides: {_list(before.conditions)} becomes {_list(after.conditions)}."
    then = {item.credential: item for item in before.items}
    for item in after.items:
        other = then.get(item.credential)
        if other is not None and (other.kind, other.rule, other.amount) != (item.kind, item.rule, item.amount):
            name = item.name or item.id or item.credential
            yield f"“{name}”: {_words(other.kind)} ({other.amount:f}) becomes {_words(item.kind)} ({item.amount:f})."


def _words(kind: Kind) -> str:
    return {
        Kind.ACCEPT: "accepted",
        Kind.ACCEPT_WITH_CONDITIONS: "accepted with conditions",
        Kind.REFER: "referred to a person",
        Kind.NOT_ACCEPTED: "not accepted",
    }[kind]


def _most(decision: Decision) -> str:
    return f"{decision.at_most:f} and more" if decision.open_ended else f"{decision.at_most:f}"


def _list(texts: Sequence[str]) -> str:
    return "; ".join(texts) if texts else "nothing"
