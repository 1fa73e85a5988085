"""Stacks: how far somebody is, and what completes one. An award fills one place only, and the best use is found."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, or_, select

from badgeport.issuer.awards.tables import Award, StackProposal
from badgeport.issuer.catalog.definition import DefinitionBody, StackRule
from badgeport.issuer.catalog.services import body_of
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion

MOST_STEPS = 200_000
"""How many looks at a place or a candidate a search for the best use of stacks that share something may take: less than
half a second. Twenty stacks that share members at random, each named beside them, take a fifth of it."""

Filled = dict[str, int]
"""The place (the number of its slot) of each definition that fills one."""


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
    """How far somebody is with a stack. Where it is not ``exact``, more places may be filled than were found."""

    slots: tuple[SlotProgress, ...]
    exact: bool = True

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
    most_steps: int = MOST_STEPS,
) -> StackProgress:
    """How many places of a stack can be filled at best with what was earned, and by which awards.

    ``earned`` gives the awards of each definition, the one to count first; where there are more definitions than
    places, those that come first in it are used. A definition fills one place, however often it was earned: a renewal
    is not a second micro-credential. ``rests_on`` gives, for a stack that was earned, the definitions that completed
    it: none of them counts a second time beside it, nor what they rest on.

    Without stacks that share something, the answer is exact and takes polynomial time. With them the question is as
    hard as any (set packing): after ``most_steps`` looks at a place the best use found by then is the answer, which
    counts nothing twice either, and ``exact`` says so.
    """
    members = set(rule.members())
    uses = {one: _uses(one, rests_on or {}) for one, awards in earned.items() if awards and one in members}
    found = _Search(rule, uses, most_steps)
    filled = found.best
    return StackProgress(
        tuple(
            SlotProgress(
                part.name,
                part.need,
                part.of,
                tuple((one, earned[one][0]) for one in part.of if filled.get(one) == slot),
            )
            for slot, part in enumerate(rule.slots)
        ),
        found.exact,
    )


def _uses(definition: str, rests_on: Mapping[str, Collection[str]]) -> frozenset[str]:
    """A definition and all that the award of it rests on."""
    found: set[str] = set()
    waiting = [definition]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(rests_on.get(one, ()))
    return frozenset(found)


class _Search:
    """Looks for the choice that fills most places and uses nothing twice: branch and bound.

    What is matched without regard to double use is where it begins; of two in it that share something one is left out,
    either way is tried. Of those that all share one thing only one can be used: a matching of such groups to places is
    the bound above which nothing is worth trying.
    """

    def __init__(self, rule: StackRule, uses: Mapping[str, frozenset[str]], most_steps: int) -> None:
        self._needs = [part.need for part in rule.slots]
        self._slots: dict[str, list[int]] = {one: [] for one in uses}
        for slot, part in enumerate(rule.slots):
            for one in part.of:
                if one in uses:
                    self._slots[one].append(slot)
        self._uses = uses
        self._users: dict[str, list[str]] = {}
        # What is simpler comes first: a micro-credential before a stack that rests on it.
        for one in sorted(uses, key=lambda each: len(uses[each])):
            for used in sorted(uses[one]):
                self._users.setdefault(used, []).append(one)
        self._rivals = {one: {other for used in uses[one] for other in self._users[used]} - {one} for one in uses}
        self._left = most_steps
        self.exact = True
        everything = sorted(uses, key=lambda each: len(uses[each]))
        self.best = self._greedy(everything)
        self._try(everything)

    def _greedy(self, candidates: Sequence[str]) -> Filled:
        """A choice to begin with: each that fits, unless something used already shares with it."""
        used: set[str] = set()
        matching = _Matching(self._needs)
        for one in candidates:
            if self._uses[one].isdisjoint(used) and matching.fit(one, self._slots[one]):
                used |= self._uses[one]
        return matching.place_of

    def _try(self, everything: Sequence[str]) -> None:
        # A list in place of recursion: the deepest branch leaves out one after the other of all there are.
        waiting = [everything]
        while waiting:
            candidates = waiting.pop()
            if self._bound(candidates) <= len(self.best):
                continue
            if self._left < 0:
                self.exact = False
                return
            choice = self._matched({one: self._slots[one] for one in candidates})
            rivals = {one: sum(other in choice for other in self._rivals[one]) for one in choice}
            worst = max(rivals, key=lambda one: (rivals[one], len(self._uses[one])), default=None)
            if worst is None or not rivals[worst]:
                if len(choice) > len(self.best):
                    self.best = choice
                continue
            waiting.append([one for one in candidates if one not in self._rivals[worst]])
            waiting.append([one for one in candidates if one != worst])

    def _bound(self, candidates: Sequence[str]) -> int:
        left = dict.fromkeys(candidates)
        groups: dict[str, list[int]] = {}
        shared = {used: users for used, users in self._users.items() if len(users) > 1}
        counts = {used: sum(one in left for one in users) for used, users in shared.items()}
        self._left -= sum(map(len, shared.values()))
        for used in sorted(counts, key=lambda each: -counts[each]):
            group = [one for one in self._users[used] if one in left]
            if len(group) > 1:
                groups[used] = sorted({slot for one in group for slot in self._slots[one]})
                for one in group:
                    del left[one]
        return len(self._matched({**groups, **{f"={one}": self._slots[one] for one in left}}))

    def _matched(self, options: Mapping[str, Sequence[int]]) -> Filled:
        matching = _Matching(self._needs)
        for one, slots in options.items():
            matching.fit(one, slots)
        self._left -= matching.steps
        return matching.place_of


class _Matching:
    """A maximum matching to places with room for several, by augmenting paths: what is in it once stays in it."""

    def __init__(self, needs: Sequence[int]) -> None:
        self._room = list(needs)
        self._in: list[list[str]] = [[] for _ in needs]
        self._slots: dict[str, Sequence[int]] = {}
        self.place_of: Filled = {}
        self.steps = 0

    def fit(self, one: str, slots: Sequence[int]) -> bool:
        """Find a place for one more, moving others where they have another; whether there is one."""
        self._slots[one] = slots
        came: dict[int, tuple[str, int | None]] = {}
        waiting: list[tuple[str, int | None]] = [(one, None)]
        for mover, before in waiting:  # breadth first; the list grows while it is gone through
            for slot in self._slots[mover]:
                self.steps += 1
                if slot in came:
                    continue
                came[slot] = (mover, before)
                if self._room[slot]:
                    self._room[slot] -= 1
                    self._move(slot, came)
                    return True
                waiting.extend((other, slot) for other in self._in[slot])
        return False

    def _move(self, slot: int | None, came: Mapping[int, tuple[str, int | None]]) -> None:
        while slot is not None:
            mover, before = came[slot]
            if before is not None:
                self._in[before].remove(mover)
            self._in[slot].append(mover)
            self.place_of[mover] = slot
            slot = before


# ---------------------------------------------------------------- of somebody


@dataclass(frozen=True, slots=True)
class StackState:
    """A stack as somebody stands to it. ``awarded`` is the id of the award they hold of it."""

    definition: Definition
    version: DefinitionVersion
    body: DefinitionBody
    progress: StackProgress
    awarded: str | None = None


@dataclass(frozen=True, slots=True)
class Holdings:
    """What somebody holds in an organisation that counts towards stacks.

    ``earned``: the awards of each definition, newest first; the definition that was earned first comes first.
    ``rests_on``: for each stack among them the definitions that completed it. ``suspended``: of which definitions they
    hold awards that are suspended. ``ends``: when each award that ends does.
    """

    earned: Mapping[str, Sequence[str]]
    rests_on: Mapping[str, Collection[str]]
    suspended: Collection[str]
    ends: Mapping[str, datetime]

    @property
    def standing(self) -> frozenset[str]:
        """The ids of all awards that count."""
        return frozenset(one for awards in self.earned.values() for one in awards)


def earned_by(session: Session, org_id: str, account_id: str, now: datetime) -> dict[str, list[str]]:
    """The awards that count towards stacks, newest first, by definition: neither suspended, revoked nor expired."""
    return _earned(row for row in _awards(session, org_id, account_id, now) if row.standing == "active")


def holdings(session: Session, org_id: str, account_id: str, now: datetime) -> Holdings:
    """What somebody holds just now, and what the stacks among it rest on."""
    rows = _awards(session, org_id, account_id, now)
    active = [row for row in rows if row.standing == "active"]
    earned = _earned(active)
    return Holdings(
        earned,
        _rests_on(session, earned, {row.id: row.version_id for row in active}),
        {row.definition_id for row in rows if row.standing == "suspended"},
        {row.id: row.valid_until for row in active if row.valid_until is not None},
    )


def _awards(session: Session, org_id: str, account_id: str, now: datetime) -> Sequence[Award]:
    statement = (
        select(Award)
        .where(Award.org_id == org_id, Award.account_id == account_id, Award.state != "erased")
        .where(col(Award.standing).in_(("active", "suspended")))
        .where(or_(col(Award.valid_until).is_(None), col(Award.valid_until) > now))
        .order_by(col(Award.awarded), col(Award.id).desc())
    )
    return session.exec(statement).all()


def _earned(rows: Iterable[Award]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.definition_id, []).insert(0, row.id)
    return found


def standing(
    session: Session, org_id: str, account_id: str, *, now: datetime, held: Holdings | None = None
) -> list[StackState]:
    """The published stacks of an organisation as somebody stands to them, those begun first.

    ``held`` is what they hold, where it was read already.
    """
    held = held or holdings(session, org_id, account_id, now)
    if not held.earned:
        return []
    statement = (
        select(Definition, DefinitionVersion)
        .where(Definition.org_id == org_id, Definition.kind == "stack", Definition.state == "published")
        .where(DefinitionVersion.definition_id == Definition.id, DefinitionVersion.number == Definition.current)
        .order_by(Definition.name)
    )
    states = []
    for definition, version in session.exec(statement):
        body = body_of(version)
        if body.stack is not None:
            awarded = next(iter(held.earned.get(definition.id, ())), None)
            found = progress(body.stack, held.earned, rests_on=held.rests_on)
            states.append(StackState(definition, version, body, found, awarded))
    return sorted(states, key=lambda one: one.progress.filled == 0)


def _rests_on(
    session: Session, earned: Mapping[str, Sequence[str]], version_ids: Mapping[str, str]
) -> dict[str, frozenset[str]]:
    """For each stack that was earned, the definitions that completed it.

    Those of its proposal. A stack that was awarded by hand says nothing of the kind: it rests on what of the rest fills
    its rule, what was earned first before all other.
    """
    counted = {awards[0]: definition for definition, awards in earned.items()}
    statement = select(Definition.id).where(col(Definition.id).in_(earned), Definition.kind == "stack")
    kinds = set(session.exec(statement))
    proposals = {
        counted[str(one.award_id)]: list(one.members)
        for one in session.exec(select(StackProposal).where(col(StackProposal.award_id).in_(counted)))
    }
    named = {one for members in proposals.values() for one in members}
    of = dict(session.exec(select(Award.id, Award.definition_id).where(col(Award.id).in_(named))).all())
    found = {stack: frozenset(of[one] for one in members if one in of) for stack, members in proposals.items()}
    by_hand = kinds - found.keys()
    versions = select(DefinitionVersion).where(
        col(DefinitionVersion.id).in_({version_ids[earned[one][0]] for one in by_hand})
    )
    rules = {one.definition_id: body_of(one).stack for one in session.exec(versions)}

    def settle(stack: str, outer: frozenset[str]) -> None:
        rule = rules[stack]
        outer |= {stack}
        for one in () if rule is None else rule.members():
            for below in sorted(_uses(one, found) & by_hand - found.keys() - outer):
                settle(below, outer)
        rest = {one: awards for one, awards in earned.items() if one not in outer}
        chosen = () if rule is None else progress(rule, rest, rests_on=found).slots
        found[stack] = frozenset(one for slot in chosen for one, _ in slot.filled)

    for stack in sorted(by_hand):
        if stack not in found:
            settle(stack, frozenset())
    return found
