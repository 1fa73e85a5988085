"""Stacks: how far somebody is, and what completes one. An award fills one place only, and the best use is found."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from badgeport.issuer.awards.tables import Award, StackProposal
from badgeport.issuer.catalog.definition import DefinitionBody, StackRule
from badgeport.issuer.catalog.services import body_of
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.desk import utc_now


@dataclass(frozen=True, slots=True)
class SlotProgress:
    """One part of a stack: ``filled`` are the definitions that fill its places, each with the award that does."""

    name: str
    need: int
    of: tuple[str, ...]
    filled: tuple[tuple[str, str], ...]

    @property
    def missing(self) -> int:
        """How many places are empty."""
        return self.need - len(self.filled)


@dataclass(frozen=True, slots=True)
class StackProgress:
    """How far somebody is with a stack."""

    slots: tuple[SlotProgress, ...]

    @property
    def needed(self) -> int:
        """How many places there are in all."""
        return sum(slot.need for slot in self.slots)

    @property
    def filled(self) -> int:
        """How many of them are filled."""
        return sum(len(slot.filled) for slot in self.slots)

    @property
    def complete(self) -> bool:
        """Whether every place is filled."""
        return self.filled == self.needed

    @property
    def members(self) -> tuple[str, ...]:
        """The ids of the awards that fill the places, in the order of the rule."""
        return tuple(award for slot in self.slots for _, award in slot.filled)


def progress(
    rule: StackRule,
    earned: Mapping[str, Sequence[str]],
    *,
    rests_on: Mapping[str, Collection[str]] | None = None,
) -> StackProgress:
    """How many places of a stack can be filled at best with what was earned, and by which awards.

    ``earned`` gives the awards of each definition, the one to count first. A definition fills one place, however often
    it was earned: a renewal is not a second micro-credential. ``rests_on`` gives, for an award of a stack, the awards
    that completed that stack: none of them counts a second time beside it.
    """
    candidates = {one: earned[one][0] for one in rule.members() if earned.get(one)}
    spent = {one: _spent(award, rests_on or {}) for one, award in candidates.items()}
    return StackProgress(
        tuple(
            SlotProgress(slot.name, slot.need, slot.of, tuple((one, candidates[one]) for one in chosen))
            for slot, chosen in zip(rule.slots, _best(rule, spent), strict=True)
        )
    )


def _spent(award: str, rests_on: Mapping[str, Collection[str]]) -> frozenset[str]:
    """An award and all that it rests on."""
    found: set[str] = set()
    waiting = [award]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(rests_on.get(one, ()))
    return frozenset(found)


Choice = tuple[tuple[str, ...], ...]
"""For each slot the definitions that fill it."""


def _best(rule: StackRule, spent: Mapping[str, frozenset[str]]) -> Choice:
    """The choice that fills most places without using one award twice.

    What is matched without regard to double use is a bound; where it uses an award twice, one of the two is left out.
    """
    choice = _matched(rule, list(spent))
    used = [one for chosen in choice for one in chosen]
    for place, one in enumerate(used):
        for other in used[place + 1 :]:
            if not spent[one].isdisjoint(spent[other]):
                bound = len(used)
                # The simpler award is kept first: without the stack that rests on it.
                first, second = sorted((one, other), key=lambda each: -len(spent[each]))
                left = _best(rule, {each: award for each, award in spent.items() if each != first})
                if _size(left) == bound:
                    return left
                right = _best(rule, {each: award for each, award in spent.items() if each != second})
                return left if _size(left) >= _size(right) else right
    return choice


def _size(choice: Choice) -> int:
    return sum(map(len, choice))


def _matched(rule: StackRule, candidates: Sequence[str]) -> Choice:
    """A maximum matching of definitions to places, by augmenting paths."""
    place_of: dict[str, int] = {}

    def fill(slot: int, seen: set[str]) -> bool:
        for one in rule.slots[slot].of:
            if one in candidates and one not in seen:
                seen.add(one)
                if one not in place_of or fill(place_of[one], seen):
                    place_of[one] = slot
                    return True
        return False

    for slot, part in enumerate(rule.slots):
        for _ in range(part.need):
            if not fill(slot, set()):
                break
    return tuple(tuple(one for one in part.of if place_of.get(one) == slot) for slot, part in enumerate(rule.slots))


# ---------------------------------------------------------------- of somebody


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack as somebody stands to it. ``awarded`` is the id of the award they hold of it."""

    definition: Definition
    version: DefinitionVersion
    body: DefinitionBody
    progress: StackProgress
    awarded: str | None = None


def earned_by(session: Session, org_id: str, account_id: str, now: datetime) -> dict[str, list[str]]:
    """The awards that count towards stacks, newest first, by definition: neither suspended, revoked nor expired."""
    statement = (
        select(Award.definition_id, Award.id)
        .where(Award.org_id == org_id, Award.account_id == account_id, Award.standing == "active")
        .where(Award.state != "erased", or_(col(Award.valid_until).is_(None), col(Award.valid_until) > now))
        .order_by(col(Award.awarded).desc(), col(Award.id))
    )
    found: dict[str, list[str]] = {}
    for definition_id, award_id in session.exec(statement):
        found.setdefault(definition_id, []).append(award_id)
    return found


def standing(
    session: Session, org_id: str, account_id: str, *, now: datetime, naming: str | None = None
) -> list[StackState]:
    """The published stacks of an organisation as somebody stands to them, those begun first.

    ``naming`` restricts them to stacks that name one definition.
    """
    earned = earned_by(session, org_id, account_id, now)
    if not earned:
        return []
    rests_on = _rests_on(session, org_id, account_id)
    statement = (
        select(Definition, DefinitionVersion)
        .where(Definition.org_id == org_id, Definition.kind == "stack", Definition.state == "published")
        .where(DefinitionVersion.definition_id == Definition.id, DefinitionVersion.number == Definition.current)
        .order_by(Definition.name)
    )
    states = []
    for definition, version in session.exec(statement):
        body = body_of(version)
        if body.stack is None or (naming is not None and naming not in body.stack.members()):
            continue
        awarded = next(iter(earned.get(definition.id, ())), None)
        found = progress(body.stack, earned, rests_on=rests_on)
        states.append(StackState(definition, version, body, found, awarded))
    return sorted(states, key=lambda one: one.progress.filled == 0)


def completed(
    session: Session, org_id: str, account_id: str, *, now: datetime | None = None, naming: str | None = None
) -> list[StackState]:
    """The stacks that somebody has completed and holds no award of: those to propose.

    ``naming``, the definition that was just earned, saves looking at stacks without it.
    """
    states = standing(session, org_id, account_id, now=now or utc_now(), naming=naming)
    return [one for one in states if one.progress.complete and one.awarded is None]


def _rests_on(session: Session, org_id: str, account_id: str) -> dict[str, list[str]]:
    statement = select(StackProposal).where(
        StackProposal.org_id == org_id, StackProposal.account_id == account_id, col(StackProposal.award_id).is_not(None)
    )
    return {str(one.award_id): list(one.members) for one in session.exec(statement)}
