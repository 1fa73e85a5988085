"""A rule tried on a credential: the answers put together, what matters of what is unknown, and the worth."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from badgeport.verifier.recognition.conditions.candidates import trial_candidate
from badgeport.verifier.recognition.conditions.evaluation import Evaluated, evaluate, outcome_of
from badgeport.verifier.recognition.conditions.kinds import Case
from badgeport.verifier.recognition.decision import Outcome
from badgeport.verifier.recognition.model import AllOf, AnyOf, Exchange, Fixed, Period, Rule, Slot
from support.conditions import (
    ACHIEVEMENT,
    AS_OF,
    REFUSED,
    asked_test,
    case,
    document,
    facts_without,
    policy,
    rule,
)

MET, NOT_MET, UNKNOWN = Outcome.MET, Outcome.NOT_MET, Outcome.UNKNOWN
BA = asked_test("lane", "/rules/0/who/0/lane", oneOf=["BA+15"])
MA = asked_test("lane", "/rules/0/who/1/lane", oneOf=["MA"])
LISTED = asked_test("list", "/rules/0/credential/0/list", list="approved")
TEN_HOURS = asked_test("effort", "/rules/0/conditions/0/effort", unit="contact hours", atLeast=10)
EVIDENCE = asked_test("evidence", "/rules/0/conditions/1/evidence", atLeast=1)
PDP = asked_test("effort", "/rules/0/conditions/2/effort", unit="PDP", atLeast=5)


def tried(given: Rule, **members: Any) -> Evaluated:
    return evaluate(given, case(rule=given, policy=policy(given), **members))


def test_every_test_is_answered_also_where_the_outcome_is_settled() -> None:
    found = tried(rule(who=AllOf((MA, BA)), credential=LISTED, conditions=AllOf((TEN_HOURS, EVIDENCE))))
    assert found.outcome is NOT_MET
    assert [(each.part, each.id, each.outcome) for each in found.conditions] == [
        ("who", "lane", NOT_MET),
        ("who", "lane", MET),
        ("credential", "list", MET),
        ("conditions", "effort", MET),
        ("conditions", "evidence", MET),
    ]
    effort = found.conditions[3]
    assert (effort.found, effort.asked) == ("10", "The badge states at least 10 contact hours.")
    assert effort.policy_pointer == TEN_HOURS.pointer
    assert effort.pointer is not None
    assert effort.pointer.startswith("/credentialSubject/result/")


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (AllOf(()), MET),
        (AnyOf(()), NOT_MET),
        (AllOf((BA, PDP)), UNKNOWN),
        (AllOf((MA, PDP)), NOT_MET),
        (AnyOf((BA, PDP)), MET),
        (AnyOf((MA, PDP)), UNKNOWN),
        (AnyOf((AllOf((MA, PDP)), AllOf((BA, TEN_HOURS)))), MET),
        (AllOf((AnyOf((BA, PDP)), AnyOf((MA, PDP)))), UNKNOWN),
    ],
)
def test_unknown_only_where_what_is_known_does_not_settle_it(who: Any, expected: Outcome) -> None:
    assert tried(rule(conditions=who)).outcome is expected


def test_only_what_can_change_the_outcome_matters() -> None:
    found = tried(rule(conditions=AnyOf((AllOf((MA, PDP)), AllOf((BA, PDP))))))
    assert found.outcome is UNKNOWN
    assert [answer.trace.policy_pointer for answer in found.open] == [PDP.pointer]
    assert len(found.unknowns) == 1
    settled = tried(rule(who=MA, conditions=PDP))
    assert settled.unknowns == ()
    assert [entry.id for entry in settled.against] == ["lane"]


def test_what_is_missing_is_what_keeps_it_from_being_met() -> None:
    found = tried(rule(who=AnyOf((MA, AllOf((BA, MA)))), conditions=AnyOf((EVIDENCE, MA))))
    assert [entry.policy_pointer for entry in found.against] == [MA.pointer, MA.pointer]
    assert tried(rule(who=BA)).against == ()


def test_what_is_unknown_can_be_filled_in() -> None:
    found = tried(rule(who=AnyOf((BA, MA)), conditions=TEN_HOURS), facts=facts_without("lane"))
    assert found.outcome is UNKNOWN
    assert {unknown.key for unknown in found.unknowns} == {"facts#/lane"}
    assert found.outcome_given({"facts#/lane": "MA"}) is MET
    assert found.outcome_given({"facts#/lane": "BA"}) is NOT_MET
    assert found.outcome_given({"facts#/role": "MA"}) is UNKNOWN
    assert found.outcome_given({}) is UNKNOWN


def test_a_rule_that_is_not_in_effect_is_not_met() -> None:
    past = rule(effective=Period(date(2025, 7, 1), date(2026, 4, 30)))
    found = tried(past)
    assert found.outcome is NOT_MET
    (entry,) = found.conditions
    assert (entry.part, entry.found, entry.policy_pointer) == ("effective", "2026-05-01", "/rules/0/effective")
    assert entry.asked == ("The rule is in effect on the day of this decision (from 1 July 2025 until 30 April 2026).")
    assert found.against == (entry,)
    assert tried(rule(effective=Period(date(2026, 5, 1), date(2026, 5, 1)))).outcome is MET


def test_without_a_credential_only_the_educator_is_asked_about() -> None:
    given = rule(who=BA, conditions=TEN_HOURS, effective=Period(date(2026, 1, 1), None))
    asked: Case = replace(case(), candidate=None)
    found = evaluate(given, asked)
    assert [each.part for each in found.conditions] == ["effective", "who"]
    assert found.outcome is MET
    assert found.trace().credential is None


def test_a_slot_asks_besides() -> None:
    slots = (
        Slot("core", "Core", asked_test("achievement", "/s/0", oneOf=[ACHIEVEMENT])),
        Slot("choice", "Choice", asked_test("achievement", "/s/1", oneOf=[REFUSED])),
    )
    given = rule(who=BA, slots=slots)
    core, choice = (evaluate(given, case(), slot) for slot in slots)
    assert (core.outcome, choice.outcome) == (MET, NOT_MET)
    assert [each.part for each in choice.conditions] == ["who", "slot:choice"]
    assert (core.worth, core.slot) == (None, slots[0])


def test_worth_is_fixed_or_what_the_badge_states_exchanged() -> None:
    assert tried(rule(worth=Fixed(Decimal("0.5")))).worth == Decimal("0.5")
    hours = Exchange("contact hours", Decimal(4), Decimal(1), step=Decimal("0.5"))
    found = tried(rule(worth=hours))
    assert (found.quantity, found.worth) == (Decimal(10), Decimal("2.5"))
    assert found.trace().worth == Decimal("2.5")
    each = tried(rule(worth=Exchange("credentials", Decimal(2), Decimal(10))))
    assert (each.quantity, each.worth) == (Decimal(1), Decimal(5))


def test_a_worth_that_cannot_be_told_has_the_key_of_the_effort() -> None:
    asks = asked_test("effort", unit="pdps", atLeast=5)
    found = tried(rule(conditions=asks, worth=Exchange("PDP", Decimal(10), Decimal(1), at_most=Decimal(3))))
    assert (found.worth, found.quantity) == (None, None)
    assert found.unknown_worth is not None
    assert {unknown.key for unknown in found.unknowns} == {found.unknown_worth.key}
    assert found.unknown_worth.candidates == (Decimal(0), Decimal(10), Decimal(30))
    assert found.worth_given({found.unknown_worth.key: Decimal(25)}) == Decimal("2.5")
    assert found.worth_given({found.unknown_worth.key: Decimal(99)}) == Decimal(3)
    assert found.worth_given({}) is None
    assert found.outcome_given({found.unknown_worth.key: Decimal(25)}) is MET


def test_the_trace_amounts_to_the_outcome() -> None:
    slot = Slot("core", "Core", asked_test("achievement", "/s/0", oneOf=[REFUSED]))
    rules = [
        rule(who=AnyOf((BA, MA)), credential=LISTED, conditions=AllOf((TEN_HOURS, PDP))),
        rule(who=MA, effective=Period(None, date(2030, 1, 1))),
        rule(conditions=AnyOf(())),
        rule(),
    ]
    for given in rules:
        found = tried(given)
        assert outcome_of(given, found.trace().conditions) is found.outcome
    with_slot = rule(who=BA, slots=(slot,))
    found = evaluate(with_slot, case(), slot)
    assert outcome_of(with_slot, found.conditions) is found.outcome is NOT_MET
    alone = evaluate(rules[0], replace(case(), candidate=None))
    assert outcome_of(rules[0], alone.conditions) is MET


def test_a_trace_of_another_rule_is_refused() -> None:
    given = rule(who=BA, conditions=TEN_HOURS)
    trace = tried(given).conditions
    for wrong in (trace[:1] * 2, trace[::-1], (*trace, trace[1]), (replace(trace[0], part="slot:x"),), trace[1:]):
        with pytest.raises(ValueError, match="trace"):
            outcome_of(given, wrong)


def test_the_same_inputs_give_the_same_trace() -> None:
    given = rule(who=AnyOf((BA, MA)), credential=LISTED, conditions=AllOf((TEN_HOURS, PDP)))
    assert tried(given).trace() == tried(given).trace()
    assert tried(given, as_of=AS_OF).conditions == tried(given, candidate=trial_candidate(document())).conditions
