"""What a recognition policy consists of, as data. `reading` makes these from text and refuses what cannot be decided.

All of it is immutable. Amounts are decimals, never floats. Days are calendar days in the jurisdiction; both ends of a
period belong to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

PURPOSES = ("licence-renewal", "added-endorsement", "initial-certification", "salary-lane", "designation", "stipend")
"""What a receiving jurisdiction may recognize a credential for."""

JurisdictionKind = Literal["state-agency", "licensing-board", "district", "cooperative"]
PolicyStatus = Literal["example", "draft", "in-force"]
"""``example``: shipped to show how it is done, never law; its decisions say so."""
Rounding = Literal["down", "up", "half-up"]
RoundedOver = Literal["each", "total"]
CapPeriod = Literal["ever", "cycle", "year"]
StackCounting = Literal["either", "both"]


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``start`` to ``end``, both included; None: open on that side."""

    start: date | None = None
    end: date | None = None

    def contains(self, day: date) -> bool:
        """Whether the day belongs to the period."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a rule is written: ``text`` as a lawyer would cite it, ``url`` and the day it was read there."""

    text: str
    url: str | None = None
    accessed: date | None = None


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """Who decides. ``id``: its DID, which signs the policy. ``area``: ISO 3166 code, such as US-WY."""

    id: str
    name: str
    area: str
    kind: JurisdictionKind


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """What a policy gives for one purpose. There is one unit a purpose, so that amounts can be added up."""

    purpose: str
    title: str
    unit: str


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One line of an approved list: an achievement, of an issuer where one is named, on the days of ``period``."""

    achievement: str
    issuer: str | None = None
    version: str | None = None
    period: Period = Period()
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ListAddress:
    """Where the approval list of an authority is published. Whoever prepares a decision looks it up; the engine not."""

    authority: str
    url: str


@dataclass(frozen=True, slots=True)
class ApprovedList:
    """An approved list of the jurisdiction, part of the policy."""

    id: str
    title: str
    entries: tuple[ListEntry, ...]


@dataclass(frozen=True, slots=True)
class Test:
    """One question about the educator or a credential. ``kind`` names it (`kinds`), ``parameters`` say what is asked.

    ``pointer`` is where it stands in the policy, for the trace; ``id`` is stable within the rule, such as
    ``effort`` or ``effort-2``.
    """

    __test__ = False  # not a test of pytest's
    id: str
    kind: str
    parameters: Mapping[str, Any]
    pointer: str


@dataclass(frozen=True, slots=True)
class AllOf:
    """Met where every part is met. Without parts: met."""

    parts: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Met where one part is met. Without parts: not met."""

    parts: tuple[Expression, ...]


Expression = Test | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Fixed:
    """The same amount for each credential, or for each complete combination of a rule with slots."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class Exchange:
    """``gives`` for every ``per`` of a quantity that the credential states.

    ``of`` is a unit that is read in the credential (`kinds.QUANTITIES`: ``contact hours``, ``credentials`` for the
    number of them, or the name of a credit unit). The product is rounded to multiples of ``step`` in the direction of
    ``rounding``, for each credential or over the total of those that count under this rule. None: not rounded.
    ``at_most`` bounds what one credential gives, after rounding.
    """

    of: str
    per: Decimal
    gives: Decimal
    step: Decimal | None = None
    rounding: Rounding = "down"
    over: RoundedOver = "each"
    at_most: Decimal | None = None


Worth = Fixed | Exchange


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a combination: ``count`` different credentials that each meet ``credential``."""

    id: str
    title: str
    credential: Expression
    count: int = 1


@dataclass(frozen=True, slots=True)
class Need:
    """What is needed besides: an exam, hours, a form. ``fact``: the educator fact that shows it is there, if any."""

    id: str
    kind: str
    text: str
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: for whom, which credentials, under which conditions, how much, who decides, what else is needed.

    ``slots`` make it a rule about several credentials together: its worth is given once for each complete
    combination, at most ``times`` times. ``office``: a person there decides; None: the rule decides by itself.
    ``category`` is what caps may name besides rules, such as a salary lane.
    """

    id: str
    title: str
    purpose: str
    citation: Citation
    pointer: str
    worth: Worth
    effective: Period = Period()
    who: Expression = AllOf()
    credential: Expression = AllOf()
    conditions: Expression = AllOf()
    slots: tuple[Slot, ...] = ()
    times: int = 1
    category: str | None = None
    office: str | None = None
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that the named rules or categories give together (of one purpose; all of it where none is named).

    ``per``: ever, in the educator's renewal or contract cycle, or in the year of the decision. With ``partial`` a
    credential that goes over counts for what is left, otherwise not at all.
    """

    id: str
    title: str
    purpose: str
    amount: Decimal
    citation: Citation
    pointer: str
    rules: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    per: CapPeriod = "ever"
    partial: bool = True


@dataclass(frozen=True, slots=True)
class Counting:
    """What counts twice and what does not.

    A credential counts once for a purpose. ``once_per_achievement``: also another credential for the same achievement
    does not. ``stacks``: of a stack and its members ``either`` the stack or the members count, or ``both``.
    ``exclusive``: purposes of which a credential serves one only, together with what was credited before.
    """

    once_per_achievement: bool = True
    stacks: StackCounting = "either"
    exclusive: tuple[frozenset[str], ...] = ()


@dataclass(frozen=True, slots=True)
class RecognitionPolicy:
    """A jurisdiction's policy in one version. ``sha256`` is the digest of the JCS form of its JSON (`body`)."""

    id: str
    version: str
    title: str
    jurisdiction: Jurisdiction
    effective: Period
    status: PolicyStatus
    purposes: Mapping[str, PurposeTerms]
    rules: tuple[Rule, ...]
    sha256: str
    body: Mapping[str, Any] = field(repr=False)
    note: str | None = None
    language: str = "en"
    supersedes: str | None = None
    lists: Mapping[str, ApprovedList] = field(default_factory=dict)
    issuer_classes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    agreements: tuple[str, ...] = ()
    authorities: tuple[str, ...] = ()
    approval_lists: tuple[ListAddress, ...] = ()
    caps: tuple[Cap, ...] = ()
    counting: Counting = Counting()

    @property
    def approvers(self) -> tuple[str, ...]:
        """Whose approval counts where a rule names nobody: the authorities, else the jurisdiction itself."""
        return self.authorities or (self.jurisdiction.id,)

    def rules_for(self, purpose: str) -> tuple[Rule, ...]:
        """The rules for a purpose, in the order of the policy."""
        return tuple(rule for rule in self.rules if rule.purpose == purpose)


@dataclass(frozen=True, slots=True)
class Credited:
    """What was credited to this educator before: one line of a ledger.

    ``credential``: SHA-256 of its original; ``credential_id`` and ``issuer`` are what makes it the same badge as a
    later copy of it. ``on``: the day of the decision. ``cycle``: the cycle it was credited in, as the facts name it.
    ``parts``: the achievements that make it up, where it is a stack; ``linked``: those of which it is not sure whether
    they belong to it, or it to them.
    """

    credential: str
    credential_id: str | None
    issuer: str | None
    achievement: str | None
    purpose: str
    rule: str
    category: str | None
    amount: Decimal
    unit: str
    on: date
    cycle: str | None = None
    parts: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
