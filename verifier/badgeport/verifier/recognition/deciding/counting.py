"""What does not count twice: badges that exclude each other, and badges that were credited before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from badgeport.keys import did
from badgeport.verifier.recognition.conditions import statements
from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.conditions.kinds.achievements import place
from badgeport.verifier.recognition.conditions.kinds.timing import in_words
from badgeport.verifier.recognition.deciding.inputs import Inputs, same_badge


@dataclass(frozen=True, slots=True)
class Apart:
    """Two badges of which one counts at most, and why. ``key``: what is not known and would have to be true for it."""

    one: str
    other: str
    why: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Barred:
    """A badge that does not count because of what was credited before. ``key``: as in `Apart`."""

    credential: str
    why: str
    key: str | None = None


SAME_ACHIEVEMENT = "Another badge for the same achievement counts instead; an achievement counts once."
STACK = "Of a stack and the micro-credentials that make it up, one or the other counts; the other counts instead."
HIDDEN = "Its achievement is not shown, so it cannot be told whether another badge for the same one counts already."
UNNAMED = "It was not written down for which achievement credit was given before; it may have been for this one."
PERHAPS_STACK = (
    "It cannot be told whether one of two badges is a stack of which the other is a part; only one would count."
)


@dataclass(frozen=True, slots=True)
class _Badge:
    """A candidate by what it says of achievements."""

    candidate: Candidate
    achievement: str | None
    parts: frozenset[str]
    related: frozenset[str]

    @property
    def key(self) -> str:
        return self.candidate.sha256


def barred(inputs: Inputs) -> tuple[Barred, ...]:
    """The candidates that cannot count any more, each with the first sure reason, else with all that may be."""
    badges = [_badge(candidate) for candidate in inputs.candidates]
    stacks = _stacks(badges)
    found: list[Barred] = []
    for badge in badges:
        reasons = list(dict.fromkeys(_reasons(badge, inputs, stacks)))
        sure = next((each for each in reasons if each.key is None), None)
        found += reasons if sure is None else [sure]
    return tuple(found)


def apart(inputs: Inputs) -> tuple[Apart, ...]:
    """The pairs of candidates of which one counts at most, sure ones and those that cannot be told."""
    badges = [_badge(candidate) for candidate in inputs.candidates]
    pairs = (_apart(badges[one], badges[other], inputs) for one, other in sorted(_pairs(badges)))
    return tuple(pair for pair in pairs if pair is not None)


def _pairs(badges: Sequence[_Badge]) -> set[tuple[int, int]]:
    """The places of those badges that have an achievement in common, or of which one does not show its own."""
    places: dict[str | None, list[int]] = {}
    for at, badge in enumerate(badges):
        places.setdefault(badge.achievement, []).append(at)
    found: set[tuple[int, int]] = set()
    for at, badge in enumerate(badges):
        own = () if badge.achievement is None else (badge.achievement,)
        named = {*own, *badge.parts, *badge.related, *badge.candidate.part_of}
        others = (
            range(len(badges)) if badge.achievement is None else [n for name in named for n in places.get(name, ())]
        )
        found |= {(min(at, other), max(at, other)) for other in others if other != at}
    return found


def _apart(one: _Badge, other: _Badge, inputs: Inputs) -> Apart | None:
    counting = inputs.policy.counting
    perhaps: Apart | None = None
    if counting.once_per_achievement:
        if one.achievement is not None and one.achievement == other.achievement:
            return Apart(one.key, other.key, SAME_ACHIEVEMENT)
        hidden = next((each for each in (one, other) if each.achievement is None), None)
        if hidden is not None:
            perhaps = Apart(one.key, other.key, HIDDEN, _same_key(hidden))
    if counting.stacks == "either":
        for stack, member in ((one, other), (other, one)):
            if _is_part(member, stack):
                return Apart(one.key, other.key, STACK)
            if perhaps is None and member.achievement in stack.related:
                perhaps = Apart(one.key, other.key, PERHAPS_STACK, _stack_key(stack))
    return perhaps


def _is_part(member: _Badge, stack: _Badge) -> bool:
    """Whether a badge is for a part of the stack that the other is for, as one of them or their record says."""
    if member.achievement is not None and member.achievement in stack.parts:
        return True
    return stack.achievement is not None and stack.achievement in member.candidate.part_of


def _reasons(badge: _Badge, inputs: Inputs, stacks: Mapping[str, frozenset[str]]) -> Iterator[Barred]:
    counting, purpose = inputs.policy.counting, inputs.purpose
    another = _another(badge.candidate, inputs.facts)
    if another is not None:
        yield Barred(badge.key, f"It is about {another}, which is none of the educator's DIDs.")
    exclusive = {purpose}.union(*(each for each in counting.exclusive if purpose in each))
    own = badge.parts | stacks.get(badge.achievement or "", frozenset())
    for line in inputs.credited:
        on = in_words(line.on)
        if line.purpose in exclusive and same_badge(badge.candidate, line.credential, line.issuer, line.credential_id):
            if line.purpose == purpose:
                yield Barred(badge.key, f"It was credited before, on {on}; a badge counts once.")
            else:
                why = f"It was credited before, on {on}, for {line.purpose}; it serves one of the two purposes only."
                yield Barred(badge.key, why)
        if line.purpose != purpose:
            continue
        if counting.once_per_achievement:
            if badge.achievement is None:
                yield Barred(badge.key, HIDDEN, _same_key(badge))
            elif line.achievement is None:
                yield Barred(badge.key, UNNAMED, _same_key(badge))
            elif line.achievement == badge.achievement:
                yield Barred(badge.key, f"A badge for the same achievement was credited before, on {on}.")
        if counting.stacks != "either":
            continue
        if line.achievement in own:
            yield Barred(badge.key, f"A part of this stack was credited before, on {on}; one or the other counts.")
        elif line.achievement in badge.candidate.part_of or badge.achievement in (
            *line.parts,
            *stacks.get(line.achievement or "", ()),
        ):
            yield Barred(badge.key, f"The stack it is part of was credited before, on {on}; one or the other counts.")
        elif line.achievement in badge.related:
            yield Barred(badge.key, PERHAPS_STACK, _stack_key(badge))
        elif badge.achievement in line.linked:
            yield Barred(badge.key, PERHAPS_STACK, f"credited:{line.credential}?stack")


def _another(candidate: Candidate, facts: Facts) -> str | None:
    """The DID that a badge is about, where the educator's own are known and it is none of them."""
    stated = statements.subject_id(candidate)
    if facts.dids is None or stated is None or not stated.value.startswith("did:"):
        return None
    own = {did.comparable(each) for each in facts.dids}
    return None if did.comparable(stated.value) in own else stated.value


def _stacks(badges: Sequence[_Badge]) -> dict[str, frozenset[str]]:
    """By achievement, what makes it up as far as the badges at hand say so."""
    found: dict[str, frozenset[str]] = {}
    for each in badges:
        if each.achievement is not None:
            found[each.achievement] = found.get(each.achievement, frozenset()) | each.parts
            for whole in each.candidate.part_of:
                found[whole] = found.get(whole, frozenset()) | {each.achievement}
    return found


def _badge(candidate: Candidate) -> _Badge:
    stated = statements.achievement_id(candidate)
    return _Badge(
        candidate,
        None if stated is None else stated.value,
        frozenset(each.value for each in statements.stack_members(candidate)),
        frozenset(each.value for each in statements.linked(candidate)),
    )


def _same_key(badge: _Badge) -> str:
    return f"{place(badge.candidate, '/credentialSubject/achievement/id')}?counted"


def _stack_key(badge: _Badge) -> str:
    """The key by which the test ``stack`` asks the same."""
    return f"{place(badge.candidate, f'{statements.achievement(badge.candidate).pointer}/related')}?stack"
