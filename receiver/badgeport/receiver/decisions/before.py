"""What an educator was credited before, as far as the organisation's own filed decisions say so.

A decision counts where it is on one of the same badges, or bears the same reference, under the same policy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, or_, select

from badgeport.issuer.storage.blobs import Blobs
from badgeport.receiver.decisions.services import filed_of
from badgeport.receiver.decisions.standing import Standing, standing_of, steps_of
from badgeport.receiver.decisions.tables import DecidedBadge, FiledDecision
from badgeport.verifier.recognition.conditions.statements import achievement_id
from badgeport.verifier.recognition.deciding.inputs import Inputs
from badgeport.verifier.recognition.decision import Decision, Item, Kind
from badgeport.verifier.recognition.model import Credited

SETTLED_RULE = "(settled by a person)"
"""What stands for the rule of a badge that a person credited and no rule did."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier decision and the lines of credit that follow from how it stands."""

    row: FiledDecision
    standing: Standing
    lines: tuple[Credited, ...]


def earlier(
    session: Session, blobs: Blobs, org_id: str, policy_id: str, *, identities: Sequence[str], reference: str
) -> tuple[Earlier, ...]:
    """The earlier decisions that gave credit, oldest first. ``identities``: as `making.identities_of` says."""
    badges = select(DecidedBadge.decision_id).where(col(DecidedBadge.identity).in_(identities))
    same: list[ColumnElement[bool]] = [col(FiledDecision.id).in_(badges)]
    if reference.strip():
        same.append(col(FiledDecision.reference) == reference.strip())
    statement = select(FiledDecision).where(
        FiledDecision.org_id == org_id,
        FiledDecision.policy_id == policy_id,
        col(FiledDecision.package).is_not(None),
        or_(*same),
    )
    found = []
    for row in session.exec(statement.order_by(col(FiledDecision.filed), col(FiledDecision.id))).all():
        standing = standing_of(row, steps_of(session, row.id))
        filed = filed_of(blobs, row)
        lines = lines_of(standing, filed.decision, filed.inputs())
        if lines:
            found.append(Earlier(row, standing, lines))
    return tuple(found)


def lines_of(standing: Standing, decision: Decision, inputs: Inputs) -> tuple[Credited, ...]:
    """The lines of credit of a decision as it stands.

    Where a person settled it with another amount, that stands on its first badge: how they shared it out is not known.
    """
    if standing.kind is Kind.NOT_ACCEPTED:
        return ()
    counted = [item for item in decision.items if item.amount > 0]
    amount = Decimal(standing.amount)
    if standing.step is None or (standing.kind is decision.kind and amount == decision.amount):
        return tuple(_line(item, item.amount, decision, inputs) for item in counted)
    first, *others = counted or decision.items[:1]
    return (_line(first, amount, decision, inputs), *(_line(item, Decimal(0), decision, inputs) for item in others))


def _line(item: Item, amount: Decimal, decision: Decision, inputs: Inputs) -> Credited:
    candidate = next(each for each in inputs.candidates if each.sha256 == item.credential)
    rule = next((each for each in inputs.policy.rules if each.id == item.rule), None)
    stated, cycle = achievement_id(candidate), inputs.facts.cycle
    return Credited(
        credential=candidate.sha256,
        credential_id=candidate.id,
        issuer=candidate.issuer,
        achievement=None if stated is None else stated.value,
        purpose=decision.purpose,
        rule=SETTLED_RULE if rule is None else rule.id,
        category=None if rule is None else rule.category,
        amount=amount,
        unit=decision.unit,
        on=decision.as_of.date(),
        cycle=None if cycle is None else cycle.id,
    )
