"""A decision: what was decided, how much, and why, rule by rule and condition by condition.

`Decision.to_json` is the form that is kept, signed and shown (docs/decision.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from badgeport.verifier.recognition.model import Citation


class Outcome(StrEnum):
    """Three values; ``unknown`` is neither of the others."""

    MET = "met"
    NOT_MET = "not_met"
    UNKNOWN = "unknown"


class Kind(StrEnum):
    """What was decided."""

    ACCEPT = "accept"
    ACCEPT_WITH_CONDITIONS = "accept_with_conditions"
    REFER = "refer"
    NOT_ACCEPTED = "not_accepted"


@dataclass(frozen=True, slots=True)
class ConditionTrace:
    """One condition: its id in the rule, the outcome, what was found, where, and what was asked, in words.

    ``part``: ``who``, ``credential``, ``conditions``, ``slot:…`` or ``effective``. ``pointer``: into the credential
    (JSON pointer) or into the facts (``facts#/…``); None where the answer stands nowhere in them. ``policy_pointer``:
    where the condition stands in the policy. ``source``: digest or address of a further document that answered.
    """

    id: str
    kind: str
    part: str
    outcome: Outcome
    asked: str
    found: Any
    pointer: str | None
    policy_pointer: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """One rule tried on one credential (or, a rule with slots, on the portfolio: ``credential`` None).

    ``worth``: what it would give where met, in the purpose's unit; None where that cannot be told.
    """

    rule: str
    title: str
    citation: Citation
    credential: str | None
    outcome: Outcome
    conditions: tuple[ConditionTrace, ...]
    worth: Decimal | None
    office: str | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """What became of one credential: ``counted`` under ``rule`` with ``amount``, or why not.

    ``credential``: SHA-256 of its original. ``at_most``: what it could give where the unknown turned out well.
    ``why``: sentences for a clerk.
    """

    credential: str
    id: str | None
    name: str | None
    kind: Kind
    rule: str | None
    amount: Decimal
    at_most: Decimal
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CapUse:
    """A cap: how much of it was used before, is used by this decision, and is left."""

    cap: str
    title: str
    citation: Citation
    amount: Decimal
    before: Decimal
    used: Decimal
    left: Decimal


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is missing for (more) credit. ``kind``: ``fact``, ``condition``, ``need``, ``decision`` (of an
    office) or ``room`` (under a cap). ``gains``: how much more could be given with it, where that is known."""

    kind: str
    text: str
    credential: str | None = None
    rule: str | None = None
    condition: str | None = None
    gains: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PolicyReference:
    """The exact policy that was applied."""

    id: str
    version: str
    sha256: str
    title: str
    status: str
    jurisdiction: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What a portfolio is worth under one policy for one purpose, as of an instant.

    ``amount`` is what stands now, ``at_most`` what it could become where everything unknown, and every office that
    has to be asked, turned out well; they differ only in ``refer``. ``exact``: whether the best choice was proven;
    otherwise ``bound`` is what no choice can exceed, and the decision is ``refer``. ``inputs`` is all that is needed
    to decide again: digests of credentials, the facts, what was credited before, the documents relied on.
    ``trial``: made from credentials that nobody verified, to try a policy; it is never kept or signed.
    ``open_ended``: how much a badge is for is not known, and no cap ends what it could give; ``at_most`` is without it.
    """

    kind: Kind
    amount: Decimal
    at_most: Decimal
    unit: str
    purpose: str
    policy: PolicyReference
    as_of: datetime
    items: tuple[Item, ...]
    caps: tuple[CapUse, ...]
    trace: tuple[RuleTrace, ...]
    missing: tuple[Missing, ...]
    conditions: tuple[str, ...]
    exact: bool
    bound: Decimal
    inputs: Mapping[str, Any]
    software: str
    trial: bool = False
    open_ended: bool = False

    def to_json(self) -> dict[str, Any]:
        """The JSON form; amounts are decimal strings without exponent."""
        from badgeport.verifier.recognition.deciding.decision_json import to_json

        return to_json(self)
