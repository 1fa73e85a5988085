"""The decision: what verified credentials are worth under a policy, for a purpose, as of an instant.

Pure and deterministic: the same inputs give the same decision, and `record` keeps the inputs so that it can be made
again. Only verified credentials enter (`recognize`); `try_policy` is for authors, and its decisions say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.authority import Authority
from badgeport.verifier.recognition.conditions.facts import Facts, says_yes
from badgeport.verifier.recognition.conditions.kinds.timing import in_words
from badgeport.verifier.recognition.deciding import record
from badgeport.verifier.recognition.deciding.inputs import Inputs, inputs_of, trial_inputs
from badgeport.verifier.recognition.deciding.items import items_of
from badgeport.verifier.recognition.deciding.missing import Account, Finder
from badgeport.verifier.recognition.deciding.paper import on_paper
from badgeport.verifier.recognition.deciding.reckoning import Reckoner, Reckoning
from badgeport.verifier.recognition.deciding.situation import Situation, situation_of
from badgeport.verifier.recognition.deciding.tracing import traced
from badgeport.verifier.recognition.decision import (
    CapUse,
    Decision,
    Item,
    Kind,
    Missing,
    PolicyReference,
    RuleTrace,
)
from badgeport.verifier.recognition.model import Credited, Need, RecognitionPolicy, Rule
from badgeport.verifier.verifier import VerifiedCredential


def recognize(
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
) -> Decision:
    """What the credentials are worth together under a policy for one purpose.

    ``as_of`` is the instant (aware) for which all of them were verified. ``authority`` is what authorities said of who
    may issue what, ``agreements`` are those at hand by their id, ``credited`` is what stood in the ledger for this
    educator before. ``software`` names what decides. Raises ValueError for a purpose that the policy does not know, an
    instant without a zone, and a credential that was verified as of another instant.
    """
    return decide(
        inputs_of(
            credentials,
            policy,
            purpose,
            facts,
            as_of,
            authority=authority,
            agreements=agreements,
            credited=credited,
            software=software,
        )
    )


def try_policy(
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
) -> Decision:
    """What documents that nobody verified would be worth: a trial, never kept or signed. Raises as `recognize`."""
    return decide(
        trial_inputs(
            documents,
            policy,
            purpose,
            facts,
            as_of,
            authority=authority,
            agreements=agreements,
            credited=credited,
            software=software,
        )
    )


def decide(inputs: Inputs) -> Decision:
    """The decision for inputs."""
    if not inputs.policy.effective.contains(inputs.as_of.date()):
        return _not_in_effect(inputs)
    situation = situation_of(inputs)
    reckoning = Reckoner().reckon(situation)
    problem = situation.worst() if reckoning.case is None else situation.problem(reckoning.case)
    rules = {rule.id: rule for rule in inputs.policy.rules}
    outstanding = _outstanding(inputs, reckoning, rules)
    conditional = frozenset(rule for rule, _ in outstanding)
    items = items_of(inputs, situation, reckoning, conditional)
    missing = Finder(Account(situation, reckoning, problem, {item.credential: item for item in items})).find()
    needs = tuple(Missing("need", need.text, None, rule, need.id) for rule, need in outstanding)
    amount = on_paper(reckoning.stands.total)
    return _decision(
        inputs,
        kind=_kind(reckoning, bool(outstanding)),
        amount=amount,
        at_most=amount if reckoning.settled else max(amount, on_paper(reckoning.at_most)),
        items=items,
        caps=_caps(situation, reckoning),
        trace=tuple(traced(situation.tried)),
        missing=(*missing, *needs),
        conditions=tuple(dict.fromkeys(need.text for _, need in outstanding)),
        exact=reckoning.exact,
        bound=on_paper(reckoning.stands.total if reckoning.exact else reckoning.bound),
        open_ended=reckoning.open_ended,
    )


def _kind(reckoning: Reckoning, conditional: bool) -> Kind:
    if not reckoning.settled:
        return Kind.REFER
    if reckoning.stands.total == 0:
        return Kind.NOT_ACCEPTED
    return Kind.ACCEPT_WITH_CONDITIONS if conditional else Kind.ACCEPT


def _not_in_effect(inputs: Inputs) -> Decision:
    """No rule of a policy is tried on a day for which it is not in effect: that is told, and nothing counts."""
    policy = inputs.policy
    start, end = policy.effective.start, policy.effective.end
    days = [f"from {in_words(start)}" if start else "", f"until {in_words(end)}" if end else ""]
    text = (
        f"The policy is in effect {' '.join(day for day in days if day)}; "
        f"this decision is for {in_words(inputs.as_of.date())}."
    )
    items = tuple(
        Item(each.sha256, each.id, each.name, Kind.NOT_ACCEPTED, None, Decimal(0), Decimal(0), (text,))
        for each in inputs.candidates
    )
    missing = (Missing("condition", text, condition="effective"),)
    return _decision(inputs, kind=Kind.NOT_ACCEPTED, items=items, missing=missing)


def _decision(
    inputs: Inputs,
    *,
    kind: Kind,
    items: tuple[Item, ...],
    missing: tuple[Missing, ...],
    amount: Decimal = Decimal(0),
    at_most: Decimal = Decimal(0),
    caps: tuple[CapUse, ...] = (),
    trace: tuple[RuleTrace, ...] = (),
    conditions: tuple[str, ...] = (),
    exact: bool = True,
    bound: Decimal = Decimal(0),
    open_ended: bool = False,
) -> Decision:
    policy = inputs.policy
    return Decision(
        kind=kind,
        amount=amount,
        at_most=at_most,
        unit=policy.purposes[inputs.purpose].unit,
        purpose=inputs.purpose,
        policy=PolicyReference(
            policy.id, policy.version, policy.sha256, policy.title, policy.status, policy.jurisdiction.id
        ),
        as_of=inputs.as_of,
        items=items,
        caps=caps,
        trace=trace,
        missing=missing,
        conditions=conditions,
        exact=exact,
        bound=bound,
        inputs=record.named(inputs),
        software=inputs.software,
        trial=inputs.trial,
        open_ended=open_ended,
    )


def _outstanding(inputs: Inputs, reckoning: Reckoning, rules: Mapping[str, Rule]) -> tuple[tuple[str, Need], ...]:
    """What else is needed under the rules that count, and is not known to be there; in the order of the policy."""
    counted = {each.rule for each in reckoning.stands.counted}
    return tuple(
        (rule.id, need)
        for rule in rules.values()
        if rule.id in counted
        for need in rule.needs
        if need.fact is None or not says_yes(inputs.facts.other.get(need.fact))
    )


def _caps(situation: Situation, reckoning: Reckoning) -> tuple[CapUse, ...]:
    """What of each cap was used before, is used now and is left; where the former is not known, the most it may be."""
    found = []
    for room in situation.rooms:
        limit = room.limit() if reckoning.case is None else room.limit(reckoning.case.get(room.key or ""))
        used = reckoning.stands.used[room.cap.id]
        before = Fraction(room.cap.amount) - limit.left
        if room.key is None:
            before = Fraction(room.before)
        left = on_paper(limit.left - used)
        found.append(
            CapUse(
                room.cap.id, room.cap.title, room.cap.citation, room.cap.amount, on_paper(before), on_paper(used), left
            )
        )
    return tuple(found)
