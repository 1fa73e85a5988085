"""Rules that nobody can meet: what they ask contradicts itself, whoever the educator is and whatever the credential.

Only what is certain is told. A rule of which too many combinations would have to be looked at is taken to be possible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import Any, Final, TypeAlias

from badgeport.keys.did import comparable
from badgeport.verifier.recognition.conditions.kinds import parameters as read
from badgeport.verifier.recognition.conditions.kinds.timing import years_before
from badgeport.verifier.recognition.model import AnyOf, Expression, Period, RecognitionPolicy, Rule, Slot, Test

MAXIMUM_ALTERNATIVES: Final = 64

Subject: TypeAlias = "tuple[str, ...]"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two tests that cannot both be met; without ``other``, one that cannot be met while the policy holds."""

    test: Test
    other: Test | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is asked of one thing: one of ``values`` (None: anything), from ``low`` to ``high`` (None: open).

    ``by`` names the tests that ask for the values, the low and the high bound, where a test does.
    """

    values: frozenset[Any] | None = None
    low: Any = None
    high: Any = None
    by: tuple[Test | None, Test | None, Test | None] = (None, None, None)

    @property
    def possible(self) -> bool:
        if self.values is not None and not self.values:
            return False
        return self.low is None or self.high is None or bool(self.low <= self.high)

    def and_(self, other: _Asked, test: Test) -> _Asked:
        """Both together, where ``other`` is what ``test`` asks."""
        values, low, high = self.values, _chosen(self.low, other.low, max), _chosen(self.high, other.high, min)
        if other.values is not None:
            values = other.values if values is None else values & other.values
        of_values, of_low, of_high = self.by
        return _Asked(
            values,
            low,
            high,
            (
                of_values if values == self.values else test,
                of_low if low == self.low else test,
                of_high if high == self.high else test,
            ),
        )

    def against(self, other: _Asked) -> Test | None:
        """The test that asks for what ``other`` cannot be; None: no test, but the period of the policy does."""
        of_values, of_low, of_high = self.by
        if self.values is not None and other.values is not None and not self.values & other.values:
            return of_values
        return of_high if other.low is not None and self.high is not None and other.low > self.high else of_low


_World: TypeAlias = Mapping[Subject, _Asked]
_AWARD: Final = ("award",)


def conflicts(policy: RecognitionPolicy) -> Iterator[tuple[Rule, Slot | None, Conflict]]:
    """The rules, and slots of rules, that nobody can meet, each with the first conflict in it."""
    for rule in policy.rules:
        for slot in rule.slots or (None,):
            found = _conflict(policy, rule, slot)
            if found is not None:
                yield rule, slot, found
                break


def _conflict(policy: RecognitionPolicy, rule: Rule, slot: Slot | None) -> Conflict | None:
    search = _Search(policy, rule)
    expressions = [rule.who, rule.credential, *([] if slot is None else [slot.credential]), rule.conditions]
    end = _chosen(policy.effective.end, rule.effective.end, min)
    worlds = search.all_of([{_AWARD: _Asked(high=end)}], expressions)
    return None if worlds else search.first


class _Search:
    """Every way in which an expression can be met, as what it then asks of each thing."""

    def __init__(self, policy: RecognitionPolicy, rule: Rule) -> None:
        self._policy, self._rule = policy, rule
        self.first: Conflict | None = None

    def all_of(self, worlds: list[_World], expressions: Iterable[Expression]) -> list[_World]:
        for expression in expressions:
            worlds = self._with(worlds, expression)
        return worlds

    def _with(self, worlds: list[_World], expression: Expression) -> list[_World]:
        if isinstance(expression, Test):
            return self._with_test(worlds, expression)
        if isinstance(expression, AnyOf):
            found = [world for part in expression.parts for world in self._with(worlds, part)]
            return found if len(found) <= MAXIMUM_ALTERNATIVES else worlds
        return self.all_of(worlds, expression.parts)

    def _with_test(self, worlds: list[_World], test: Test) -> list[_World]:
        asked = _READERS.get(test.kind)
        for subject, what in () if asked is None else asked(test, self._policy, self._rule):
            worlds = [after for world in worlds if (after := self._after(world, subject, what, test)) is not None]
        return worlds

    def _after(self, world: _World, subject: Subject, what: _Asked, test: Test) -> _World | None:
        before = world.get(subject, _Asked())
        both = before.and_(what, test)
        if both.possible:
            return {**world, subject: both}
        if self.first is None:
            self.first = Conflict(test, before.against(what) if what.possible else None)
        return None


def _chosen(one: Any, other: Any, choose: Callable[[Any, Any], Any]) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other)


# -- what each kind of test asks of what ----------------------------------------------------------------------------

_Read: TypeAlias = Callable[[Test, RecognitionPolicy, Rule], "tuple[tuple[Subject, _Asked], ...]"]


def _single(test: Test, _policy: RecognitionPolicy, _rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    names = frozenset(_name(text) for text in read.texts(test.parameters, "oneOf"))
    return (((test.kind,), _Asked(names)),)


def _name(text: str) -> str:
    return comparable(text) if text.startswith("did:") else read.plain(text)


def _achievement(test: Test, _policy: RecognitionPolicy, _rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    return ((("achievement",), _Asked(frozenset(read.texts(test.parameters, "oneOf")))),)


def _list(test: Test, policy: RecognitionPolicy, _rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    known = policy.lists.get(test.parameters["list"])
    if known is None:
        return ()
    span = reduce(_hull, (entry.period for entry in known.entries))
    return (
        (("achievement",), _Asked(frozenset(entry.achievement for entry in known.entries))),
        (_AWARD, _Asked(low=span.start, high=span.end)),
    )


def _hull(one: Period, other: Period) -> Period:
    start = None if one.start is None or other.start is None else min(one.start, other.start)
    return Period(start, None if one.end is None or other.end is None else max(one.end, other.end))


def _issuer(test: Test, policy: RecognitionPolicy, _rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    names = read.texts(test.parameters, "oneOf")
    if test.kind == "issuerClass":
        names = tuple(issuer for name in names for issuer in policy.issuer_classes.get(name, ()))
    return ((("issuer",), _Asked(frozenset(map(comparable, names)))),)


def _stack(test: Test, _policy: RecognitionPolicy, _rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    return ((("stack",), _Asked(frozenset({bool(test.parameters["is"])}))),)


def _after(test: Test, _policy: RecognitionPolicy, _rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    return ((_AWARD, _Asked(low=read.day(test.parameters, "date") + timedelta(days=1))),)


def _before(test: Test, _policy: RecognitionPolicy, _rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    return ((_AWARD, _Asked(high=read.day(test.parameters, "date") - timedelta(days=1))),)


def _within(test: Test, policy: RecognitionPolicy, rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    first = _chosen(policy.effective.start, rule.effective.start, max)
    if "years" not in test.parameters or first is None:
        return ()
    return ((_AWARD, _Asked(low=years_before(first, read.count(test.parameters, "years")))),)


def _fact(test: Test, _policy: RecognitionPolicy, _rule: Rule) -> tuple[tuple[Subject, _Asked], ...]:
    asked, subject = test.parameters, ("fact", str(test.parameters["name"]))
    wanted = asked.get("equals")
    if isinstance(wanted, bool):
        return (((*subject, "truth"), _Asked(frozenset({wanted}))),)
    if isinstance(wanted, int | Decimal):
        return ((subject, _Asked(low=read.exact(wanted), high=read.exact(wanted))),)
    low, high = (read.amount(asked, name) if name in asked else None for name in ("atLeast", "atMost"))
    return ((subject, _Asked(low=low, high=high)),)


_READERS: Final[Mapping[str, _Read]] = {
    **dict.fromkeys(("licenceType", "licenceStage", "licenceState", "role", "lane", "degree", "employer"), _single),
    "achievement": _achievement,
    "list": _list,
    "issuer": _issuer,
    "issuerClass": _issuer,
    "stack": _stack,
    "earnedAfter": _after,
    "earnedBefore": _before,
    "earnedWithin": _within,
    "fact": _fact,
}
