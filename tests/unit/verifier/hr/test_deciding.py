"""What of a decision is credited without a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from badgeport.verifier.hr.deciding import creditable
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.recognition.model import RecognitionPolicy
from support import deciding

TOTAL = {"exchange": {"of": "credentials", "per": 2, "gives": 1, "round": {"to": 1, "mode": "down", "over": "total"}}}


def decision(**members: Any) -> tuple[Decision, RecognitionPolicy]:
    """The decision on two badges under one rule, as if they had been verified."""
    under = deciding.policy(deciding.rule("r", **members))
    made = deciding.decided([deciding.badge("a"), deciding.badge("b")], under)
    return replace(made, trial=False), under


def second_referred(made: Decision) -> Decision:
    first, second = made.items
    return replace(made, kind=Kind.REFER, items=(first, replace(second, kind=Kind.REFER)))


def test_what_is_accepted_is_credited() -> None:
    made, under = decision()
    assert creditable(made, under) == made.items


def test_of_badges_that_count_by_themselves_the_settled_ones_are() -> None:
    made, under = decision()
    assert creditable(second_referred(made), under) == made.items[:1]


def test_a_rounded_total_is_credited_whole_or_not_at_all() -> None:
    made, under = decision(worth=TOTAL)
    assert creditable(made, under) == made.items
    assert creditable(second_referred(made), under) == ()


@pytest.mark.parametrize("changes", [{"trial": True}, {"exact": False}])
def test_a_trial_and_a_choice_that_was_not_proven_credit_nothing(changes: dict[str, Any]) -> None:
    made, under = decision()
    assert creditable(replace(made, **changes), under) == ()


def test_what_hangs_on_a_condition_waits() -> None:
    need = [{"id": "form", "kind": "form", "text": "Form 5.10B", "fact": "form510B"}]
    made, under = decision(alsoNeeded=need)
    assert made.kind is Kind.ACCEPT_WITH_CONDITIONS
    assert creditable(made, under) == ()


def test_what_is_not_accepted_is_not_credited() -> None:
    made, under = decision(credential=[{"issuer": {"oneOf": ["did:web:else.example"]}}])
    assert creditable(made, under) == ()
