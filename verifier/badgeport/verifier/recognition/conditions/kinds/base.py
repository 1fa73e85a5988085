"""What every kind of test is made of, and what a test may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from badgeport.verifier.recognition.conditions.candidates import Candidate
from badgeport.verifier.recognition.conditions.facts import Facts
from badgeport.verifier.recognition.decision import Outcome
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy, Rule

if TYPE_CHECKING:
    from badgeport.verifier.recognition.approval.agreements import Agreement
    from badgeport.verifier.recognition.approval.authority import Authority

Parameters: TypeAlias = "Mapping[str, Any]"
Named: TypeAlias = Literal["list", "issuerClass", "agreement", "authority"]

OTHER = "(another value)"
"""Stands, among the values that something unknown may have, for each one that no test names."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The one fact that a test could not learn.

    ``key`` names it, alike in every test that asks for it: ``facts#/licence/type``, ``<sha256>#/credentialSubject/…``,
    ``approval:…``. ``candidates`` are the values of it that can make a difference to this test. ``when`` tells the
    outcome for a value, and answers MET or NOT_MET for every candidate of every test with the same key.
    """

    key: str
    candidates: tuple[Any, ...]
    when: Callable[[Any], Outcome]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer of one test: the outcome, what was found (a JSON value; None: nothing) and where it was looked for.

    ``pointer``: a JSON pointer into the credential, or ``facts#/…``. ``source``: the digest or address of a further
    document that answered. ``unknown`` is there exactly where the outcome is UNKNOWN.
    """

    outcome: Outcome
    found: Any
    pointer: str | None
    source: str | None = None
    unknown: Unknown | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """All that a test may look at. ``candidate`` is None for a test that asks about the educator only.

    ``as_of`` is the instant of the decision (aware), ``agreements`` are those at hand by their id, ``credited`` is what
    this educator was credited before.
    """

    candidate: Candidate | None
    facts: Facts
    policy: RecognitionPolicy
    rule: Rule
    as_of: datetime
    authority: Authority
    agreements: Mapping[str, Agreement] = field(default_factory=dict)
    credited: Sequence[Credited] = ()

    @property
    def credential(self) -> Candidate:
        """The credential in question. Raises ValueError where there is none."""
        if self.candidate is None:
            raise ValueError("this test asks about a credential, and there is none here")
        return self.candidate

    @property
    def day(self) -> date:
        """The calendar day of the decision, in UTC."""
        return self.as_of.astimezone(UTC).date()


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in the parameters that something else must be called by: ``name`` at the parameter ``parameter``.

    ``what``: a ``list`` or an ``issuerClass`` of the policy, an ``agreement`` or an ``authority`` that it names.
    """

    what: Named
    name: str
    parameter: str


def _refers_to_nothing(_parameters: Parameters) -> tuple[Reference, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class KindOfTest:
    """One kind of test.

    ``parts``: where in a rule it may stand (``who``, ``credential``, ``conditions``; a slot asks as ``credential``
    does). ``schema``: the JSON Schema of its parameters, an object. ``words`` says what is asked, in one plain
    sentence; ``judge`` answers it. ``short``: the parameter that a single text, number or truth value stands for.
    ``refers``: the names in the parameters that must be known in the policy.
    """

    name: str
    parts: frozenset[str]
    schema: Mapping[str, Any]
    words: Callable[[Parameters, RecognitionPolicy], str]
    judge: Callable[[Parameters, Case], Judgement]
    short: str | None = None
    refers: Callable[[Parameters], tuple[Reference, ...]] = _refers_to_nothing


WHO = frozenset({"who"})
CREDENTIAL = frozenset({"credential"})
CONDITIONS = frozenset({"conditions"})


def outcome(answer: bool) -> Outcome:
    """MET or NOT_MET."""
    return Outcome.MET if answer else Outcome.NOT_MET


def judged(answer: bool, found: Any, pointer: str | None, source: str | None = None) -> Judgement:
    """The answer to a question that could be answered."""
    return Judgement(outcome(answer), found, pointer, source)


def cannot_tell(
    key: str,
    candidates: Sequence[Any],
    when: Callable[[Any], bool],
    *,
    found: Any = None,
    pointer: str | None = None,
    source: str | None = None,
) -> Judgement:
    """The answer to a question that cannot be answered, and what would answer it. Candidates are kept once each."""
    values = tuple(dict.fromkeys(candidates))
    return Judgement(Outcome.UNKNOWN, found, pointer, source, Unknown(key, values, lambda value: outcome(when(value))))


def yes_or_no(key: str, *, found: Any = None, pointer: str | None = None, source: str | None = None) -> Judgement:
    """As `cannot_tell`, where what is not known is the answer itself: a truth value under a key of its own."""
    return cannot_tell(key, (True, False), bool, found=found, pointer=pointer, source=source)
