"""Tests about the educator: licence, role, lane, degree, subject, grade band, employer and any other stated fact.

A fact that was not given is unknown. Names are compared without regard to case and spacing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from badgeport.keys.did import comparable
from badgeport.schemas.pointer import join
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.conditions.kinds import parameters as read
from badgeport.verifier.recognition.conditions.kinds.base import (
    CONDITIONS,
    OTHER,
    WHO,
    Case,
    Judgement,
    KindOfTest,
    Parameters,
    cannot_tell,
    judged,
)
from badgeport.verifier.recognition.model import AllOf, AnyOf, Expression, RecognitionPolicy, Test

_SMALL: Final = Decimal("0.000000001")
"""Less than any difference that the parameters of a policy can state."""


@dataclass(frozen=True, slots=True)
class _Single:
    """A fact of which an educator has one: asked whether it is one of several names."""

    name: str
    pointer: str
    fact: Callable[[Facts], str | None]
    subject: str

    def kind(self) -> KindOfTest:
        return KindOfTest(self.name, WHO, read.ONE_OF, self.words, self.judge, short="oneOf")

    def words(self, parameters: Parameters, _policy: RecognitionPolicy) -> str:
        return f"{self.subject} is {read.choice(read.texts(parameters, 'oneOf'))}."

    def judge(self, parameters: Parameters, case: Case) -> Judgement:
        wanted = read.texts(parameters, "oneOf")
        stated = self.fact(case.facts)
        if stated is None:
            return cannot_tell(
                self.pointer, (*wanted, OTHER), lambda value: self.matches(value, wanted), pointer=self.pointer
            )
        return judged(self.matches(stated, wanted), stated, self.pointer)

    def matches(self, stated: str, wanted: tuple[str, ...]) -> bool:
        if stated.startswith("did:"):
            return comparable(stated) in {comparable(each) for each in wanted}
        return read.among(stated, wanted)


@dataclass(frozen=True, slots=True)
class _Several:
    """A fact of which an educator may have several: asked whether one of them is one of several names."""

    name: str
    pointer: str
    fact: Callable[[Facts], tuple[str, ...] | None]
    subject: str

    def kind(self) -> KindOfTest:
        return KindOfTest(self.name, WHO, read.ONE_OF, self.words, self.judge, short="oneOf")

    def words(self, parameters: Parameters, _policy: RecognitionPolicy) -> str:
        return f"{self.subject} {read.choice(read.texts(parameters, 'oneOf'))}."

    def judge(self, parameters: Parameters, case: Case) -> Judgement:
        wanted = read.texts(parameters, "oneOf")
        stated = self.fact(case.facts)
        if stated is None:
            # Nothing in a policy is lost by having one more: all that any test names, and none, are the two extremes.
            every = tuple(dict.fromkeys(_mentioned(case.policy, self.name)))
            values: list[Any] = [(), *((each,) for each in wanted), every or wanted]
            return cannot_tell(self.pointer, values, lambda value: _meet(value, wanted), pointer=self.pointer)
        return judged(_meet(stated, wanted), list(stated), self.pointer)


def _meet(stated: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return any(read.among(each, wanted) for each in stated)


def _mentioned(policy: RecognitionPolicy, kind: str) -> Iterator[str]:
    """The names that any test of a kind in the policy asks for, in the order of the policy."""
    for rule in policy.rules:
        for test in _tests(rule.who):
            if test.kind == kind:
                yield from read.texts(test.parameters, "oneOf")


def _tests(expression: Expression) -> Iterator[Test]:
    if isinstance(expression, AllOf | AnyOf):
        for part in expression.parts:
            yield from _tests(part)
    else:
        yield expression


# ---------------------------------------------------------------- the licence without encumbrance

_UNENCUMBERED = "facts#/licence/unencumbered"


def _unencumbered_words(_parameters: Parameters, _policy: RecognitionPolicy) -> str:
    return "The licence is not encumbered (not restricted, suspended or on probation)."


def _unencumbered(_parameters: Parameters, case: Case) -> Judgement:
    stated = case.facts.licence.unencumbered
    if stated is None:
        return cannot_tell(_UNENCUMBERED, (True, False), bool, pointer=_UNENCUMBERED)
    return judged(stated, stated, _UNENCUMBERED)


# ---------------------------------------------------------------- any other fact

_FACT_SCHEMA = read.schema(
    {
        "name": read.TEXT,
        "oneOf": read.TEXTS,
        "equals": {"anyOf": [read.TEXT, {"type": "number"}, {"type": "boolean"}]},
        "atLeast": read.NUMBER,
        "atMost": read.NUMBER,
    },
    "name",
    # One question: of several only the first would be asked.
    oneOf=[
        {"required": ["oneOf"]},
        {"required": ["equals"]},
        {"anyOf": [{"required": ["atLeast"]}, {"required": ["atMost"]}]},
    ],
)


def _fact_words(parameters: Parameters, _policy: RecognitionPolicy) -> str:
    asked = []
    if "oneOf" in parameters:
        asked.append(f"is {read.choice(read.texts(parameters, 'oneOf'))}")
    if "equals" in parameters:
        asked.append(f"is {_shown(parameters['equals'])}")
    if "atLeast" in parameters:
        asked.append(f"is at least {read.number_words(parameters['atLeast'])}")
    if "atMost" in parameters:
        asked.append(f"is at most {read.number_words(parameters['atMost'])}")
    return f"The fact “{parameters['name']}” {' and '.join(asked)}."


def _fact(parameters: Parameters, case: Case) -> Judgement:
    name = str(parameters["name"])
    pointer = f"facts#/other{join(name)}"
    if name not in case.facts.other:
        return cannot_tell(pointer, _fact_values(parameters), lambda value: _fits(value, parameters), pointer=pointer)
    stated = case.facts.other[name]
    return judged(_fits(stated, parameters), _in_json(stated), pointer)


def _in_json(value: Any) -> Any:
    """The fact as a JSON value; a number as its text, which loses nothing."""
    if isinstance(value, Decimal):
        return read.number_words(value)
    return list(value) if isinstance(value, tuple) else value


def _fact_values(parameters: Parameters) -> list[Any]:
    """A value on each side of all that is asked."""
    if "oneOf" in parameters:
        return [*read.texts(parameters, "oneOf"), OTHER]
    if "equals" in parameters:
        wanted = parameters["equals"]
        if isinstance(wanted, bool):
            return [wanted, not wanted]
        if isinstance(wanted, str):
            return [wanted, OTHER]
        return [read.exact(wanted), read.exact(wanted) - _SMALL, read.exact(wanted) + _SMALL, OTHER]
    # What is asked for as a number may be none.
    values: list[Any] = [OTHER]
    if "atLeast" in parameters:
        bound = read.amount(parameters, "atLeast")
        values += [bound, bound - _SMALL]
    if "atMost" in parameters:
        bound = read.amount(parameters, "atMost")
        values += [bound, bound + _SMALL]
    return values


def _fits(value: Any, parameters: Parameters) -> bool:
    several = value if isinstance(value, tuple) else (value,)
    if "oneOf" in parameters:
        return any(isinstance(each, str) and read.among(each, read.texts(parameters, "oneOf")) for each in several)
    if "equals" in parameters:
        return any(_equal(each, parameters["equals"]) for each in several)
    amount = _number(value)
    if amount is None:
        return False
    if "atLeast" in parameters and amount < read.amount(parameters, "atLeast"):
        return False
    return "atMost" not in parameters or amount <= read.amount(parameters, "atMost")


def _equal(value: Any, wanted: Any) -> bool:
    """Whether a fact is the value asked for; a number is one also where a form sent it as a text."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    amount, asked = _number(value), _number(wanted)
    if amount is not None and asked is not None:
        return amount == asked
    return isinstance(value, str) and isinstance(wanted, str) and read.plain(value) == read.plain(wanted)


def _number(value: Any) -> Decimal | None:
    """A number, or the text of one, such as a form sends it."""
    try:
        found = read.exact(value) if isinstance(value, str | int | float | Decimal) else None
    except ArithmeticError:
        return None
    return found if found is not None and found.is_finite() else None


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else read.number_words(value)


KINDS: Final[tuple[KindOfTest, ...]] = (
    _Single("licenceType", "facts#/licence/type", lambda facts: facts.licence.type, "The licence type").kind(),
    _Single("licenceStage", "facts#/licence/stage", lambda facts: facts.licence.stage, "The licence stage").kind(),
    _Single(
        "licenceState", "facts#/licence/state", lambda facts: facts.licence.state, "The state that issued the licence"
    ).kind(),
    KindOfTest("licenceUnencumbered", WHO, read.FLAG, _unencumbered_words, _unencumbered, short="is"),
    _Single("role", "facts#/role", lambda facts: facts.role, "The educator's role").kind(),
    _Single("lane", "facts#/lane", lambda facts: facts.lane, "The educator's lane on the salary schedule").kind(),
    _Single("degree", "facts#/degree", lambda facts: facts.degree, "The educator's degree").kind(),
    _Several("subject", "facts#/subjects", lambda facts: facts.subjects, "The educator teaches").kind(),
    _Several("gradeBand", "facts#/gradeBands", lambda facts: facts.grade_bands, "The educator teaches grades").kind(),
    _Single("employer", "facts#/employer", lambda facts: facts.employer, "The educator's employer").kind(),
    KindOfTest("fact", WHO | CONDITIONS, _FACT_SCHEMA, _fact_words, _fact),
)
