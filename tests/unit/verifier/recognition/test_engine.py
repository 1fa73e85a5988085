"""What is decided, about whom, how much, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from badgeport.verifier.recognition.approval.approvals import policy_statements
from badgeport.verifier.recognition.approval.authority import Authority
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.deciding.inputs import COPY
from badgeport.verifier.recognition.deciding.record import credited_json, credited_of
from badgeport.verifier.recognition.deciding.tracing import outcome_again
from badgeport.verifier.recognition.decision import Kind, Outcome
from badgeport.verifier.recognition.engine import recognize
from support import verifying
from support.deciding import (
    AS_OF,
    ISSUER,
    PURPOSE,
    SOFTWARE,
    achievement_id,
    badge,
    cap,
    credited,
    decided,
    item,
    policy,
    rule,
    texts,
)

LANE = {"who": [{"lane": {"oneOf": ["BA"]}}]}
SAME_BY_TYPE = rule("s", credential=[{"achievementType": "MicroCredential"}])


def test_a_badge_that_meets_a_rule_is_accepted_with_amount_unit_and_citation() -> None:
    decision = decided([badge("a")], policy(rule("r")))
    assert (decision.kind, decision.amount, decision.at_most, decision.unit) == (
        Kind.ACCEPT,
        1,
        1,
        "in-district credit",
    )
    assert item(decision, "a").rule == "r"
    assert item(decision, "a").why == ("It counts for 1 in-district credit under “Rule r” (Agreement, section r).",)
    assert decision.exact
    assert decision.trial
    assert decision.missing == ()


def test_the_trace_names_every_rule_and_condition_with_what_was_found_and_where() -> None:
    strict = rule("s", conditions=[{"evidence": {"atLeast": 1}}, {"earnedAfter": {"date": "2026-01-01"}}])
    decision = decided([badge("a")], policy(rule("r"), strict))
    assert [(each.rule, each.outcome) for each in decision.trace] == [("r", Outcome.MET), ("s", Outcome.NOT_MET)]
    entries = {entry.id: entry for entry in decision.trace[1].conditions}
    assert entries["issuer"].found == ISSUER
    assert entries["issuer"].pointer == "/issuer/id"
    assert entries["earnedAfter"].pointer == "/validFrom"
    assert entries["evidence"].outcome is Outcome.NOT_MET
    assert entries["evidence"].policy_pointer == "/rules/1/conditions/0/evidence"
    assert decision.trace[1].citation.text == "Agreement, section s"


def test_nothing_handed_in_is_not_accepted_and_every_rule_is_still_told() -> None:
    decision = decided([], policy(rule("r"), rule("s", credential=[{"stack": True}])))
    assert (decision.kind, decision.amount) == (Kind.NOT_ACCEPTED, 0)
    assert [each.rule for each in decision.trace] == ["r", "s"]


# ---------------------------------------------------------------- what is not known


def test_an_unknown_fact_that_could_change_the_amount_refers_and_says_what_to_find_out() -> None:
    decision = decided([badge("a")], policy(rule("r", **LANE)))
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 1)
    (missing,) = decision.missing
    assert (missing.kind, missing.rule, missing.condition, missing.credential) == ("fact", "r", "lane", None)
    assert missing.gains == 1
    assert "lane" in missing.text
    assert item(decision, "a").kind is Kind.REFER


@pytest.mark.parametrize("lane", ["BA", "MA"])
def test_a_known_fact_decides(lane: str) -> None:
    decision = decided([badge("a")], policy(rule("r", **LANE)), {"lane": lane})
    assert decision.amount == (1 if lane == "BA" else 0)
    assert decision.kind is (Kind.ACCEPT if lane == "BA" else Kind.NOT_ACCEPTED)


def test_an_unknown_fact_that_cannot_change_the_amount_does_not_refer() -> None:
    decision = decided([badge("a")], policy(rule("r"), rule("s", **LANE)))
    assert (decision.kind, decision.amount) == (Kind.ACCEPT, 1)


def test_rules_that_together_cover_every_value_of_an_unknown_accept() -> None:
    """Neither rule is met for sure, and whichever lane it is, one of them is."""
    any_other = {
        "any": [{"lane": {"oneOf": ["MA"]}}, {"lane": {"oneOf": ["BA"]}}, {"fact": {"name": "new", "equals": True}}]
    }
    not_new = {"any": [{"fact": {"name": "new", "equals": False}}]}
    under = policy(rule("r", who=any_other), rule("s", who=not_new))
    decision = decided([badge("a")], under)
    assert (decision.kind, decision.amount) == (Kind.ACCEPT, 1)
    assert (
        "Under which rule it counts depends on what is not known; how much it gives does not."
        in item(decision, "a").why
    )


def test_an_unknown_that_a_full_cap_makes_idle_does_not_refer() -> None:
    under = policy(
        rule("r"), rule("s", **LANE, credential=[{"achievement": achievement_id("b")}]), caps=[cap("c", "1")]
    )
    decision = decided([badge("a"), badge("b")], under)
    assert (decision.kind, decision.amount) == (Kind.ACCEPT, 1)


def test_what_stands_for_sure_is_the_amount_of_a_decision_that_is_referred() -> None:
    doubted = rule("s", conditions=[{"assessorIndependence": {"atLeast": "independent"}}], worth={"fixed": "2"})
    decision = decided([badge("a"), badge("b")], policy(rule("r"), doubted))
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 2, 4)
    assert {each.kind for each in decision.items} == {Kind.REFER}
    assert sum(each.amount for each in decision.items) == 2


def test_unknown_hours_refer_and_where_no_cap_ends_them_it_is_said() -> None:
    exchange = {"exchange": {"of": "contact hours", "per": "10", "gives": "1"}}
    decision = decided([badge("a"), badge("b", hours=25)], policy(rule("r", worth=exchange)))
    assert (decision.kind, decision.amount, decision.at_most, decision.open_ended) == (
        Kind.REFER,
        Decimal("2.5"),
        Decimal("2.5"),
        True,
    )
    assert item(decision, "a").kind is Kind.REFER
    assert item(decision, "b").kind is Kind.ACCEPT
    assert any("does not say how much it is for in contact hours" in text for text in texts(decision))


def test_unknown_hours_under_a_cap_are_bounded_by_it() -> None:
    exchange = {"exchange": {"of": "contact hours", "per": "10", "gives": "1"}}
    under = policy(rule("r", worth=exchange), caps=[cap("c", "4")])
    decision = decided([badge("a"), badge("b", hours=25)], under)
    assert (decision.kind, decision.amount, decision.at_most, decision.open_ended) == (
        Kind.REFER,
        Decimal("2.5"),
        4,
        False,
    )
    known = decided([badge("a"), badge("b", hours=50)], under)
    assert (known.kind, known.amount) == (Kind.ACCEPT, 4)


def test_hours_that_are_unknown_once_for_a_condition_and_once_for_the_worth() -> None:
    exchange = {"exchange": {"of": "contact hours", "per": "10", "gives": "1", "atMost": "3"}}
    under = policy(rule("r", worth=exchange, conditions=[{"effort": {"unit": "contact hours", "atLeast": 15}}]))
    decision = decided([badge("a")], under)
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 3)


# ---------------------------------------------------------------- offices and needs


def test_a_rule_of_an_office_refers_to_it_by_name() -> None:
    under = policy(rule("r", decides={"office": "Licensing office"}, worth={"fixed": "3"}))
    decision = decided([badge("a")], under)
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 3)
    (missing,) = decision.missing
    assert (missing.kind, missing.gains) == ("decision", 3)
    assert missing.text.startswith("Licensing office has to decide")
    assert "Licensing office decides." in item(decision, "a").why


def test_an_office_is_not_asked_where_the_rules_give_as_much_without_it() -> None:
    decision = decided([badge("a")], policy(rule("r", decides={"office": "Licensing office"}), SAME_BY_TYPE))
    assert (decision.kind, decision.amount, item(decision, "a").rule) == (Kind.ACCEPT, 1, "s")


def test_what_else_is_needed_makes_it_conditional_until_a_fact_shows_it() -> None:
    form = {"id": "form", "kind": "form", "text": "Form 5.10B, signed by the principal", "fact": "form510B"}
    under = policy(rule("r", alsoNeeded=[form]))
    decision = decided([badge("a")], under)
    assert decision.kind is Kind.ACCEPT_WITH_CONDITIONS
    assert decision.conditions == ("Form 5.10B, signed by the principal",)
    assert [(each.kind, each.condition) for each in decision.missing] == [("need", "form")]
    assert decided([badge("a")], under, {"other": {"form510B": True}}).kind is Kind.ACCEPT
    assert decided([badge("a")], under, {"other": {"form510B": False}}).kind is Kind.ACCEPT_WITH_CONDITIONS


# ---------------------------------------------------------------- counting


def test_a_cap_cuts_and_the_decision_says_so() -> None:
    under = policy(rule("r", worth={"fixed": "0.75"}), caps=[cap("c", "1")])
    decision = decided([badge("a"), badge("b"), badge("c")], under)
    assert (decision.kind, decision.amount) == (Kind.ACCEPT, 1)
    assert sorted(each.amount for each in decision.items) == [0, Decimal("0.25"), Decimal("0.75")]
    (use,) = decision.caps
    assert (use.before, use.used, use.left) == (0, 1, 0)
    assert [(each.kind, each.gains) for each in decision.missing] == [("room", Decimal("1.25"))]
    idle = next(each for each in decision.items if each.amount == 0)
    assert idle.why == ("The cap “Cap c” of 1 in-district credit is used up (Agreement, cap c).",)


def test_a_cap_that_does_not_cut_leaves_out_what_goes_over() -> None:
    under = policy(rule("r", worth={"fixed": "0.75"}), caps=[cap("c", "1", partial=False)])
    assert decided([badge("a"), badge("b")], under).amount == Decimal("0.75")


def test_credit_given_before_fills_the_cap_and_is_not_given_again() -> None:
    under = policy(rule("r"), caps=[cap("c", "3")])
    decision = decided([badge("a"), badge("b"), badge("c")], under, credited=[credited("a"), credited("x")])
    assert decision.amount == 1
    assert (decision.caps[0].before, decision.caps[0].left) == (2, 0)
    assert item(decision, "a").why == ("It was credited before, on 1 February 2026; a badge counts once.",)


def test_two_badges_for_one_achievement_count_once() -> None:
    twins = [badge("a", "https://guild.example/x"), badge("b", "https://guild.example/x")]
    assert decided(twins, policy(rule("r"))).amount == 1
    assert decided(twins, policy(rule("r"), counting={"oncePerAchievement": False})).amount == 2
    before = [credited("z", achievement="https://guild.example/x")]
    assert decided(twins, policy(rule("r")), credited=before).amount == 0


def stack(name: str, *members: str) -> dict[str, Any]:
    made = badge(name)
    made["credentialSubject"]["achievement"]["related"] = [
        {"type": ["Related"], "id": achievement_id(each)} for each in members
    ]
    made["evidence"] = [{"id": f"urn:example:{each}", "type": ["Evidence"], "genre": "Open Badge"} for each in members]
    return made


def test_a_stack_or_its_members_count_whichever_gives_more() -> None:
    whole = rule("s", worth={"fixed": "2.5"}, credential=[{"stack": True}])
    single = rule("r", credential=[{"stack": False}])
    badges = [stack("s", "a", "b", "c"), badge("a"), badge("b"), badge("c")]
    assert decided(badges, policy(single, whole)).amount == 3
    assert decided(badges[:3], policy(single, whole)).amount == Decimal("2.5")
    assert decided(badges, policy(single, whole, counting={"stacks": "both"})).amount == Decimal("5.5")
    assert decided(badges[:1], policy(single, whole), credited=[credited("a")]).amount == 0
    members_later = decided(badges[:2], policy(single, whole), credited=[credited("s")])
    assert members_later.amount == 0


def test_purposes_that_exclude_each_other_share_a_badge_only_once() -> None:
    purposes = {
        PURPOSE: {"title": "Salary", "unit": "in-district credit"},
        "stipend": {"title": "Stipend", "unit": "USD"},
    }
    paid = rule("p", purpose="stipend", worth={"fixed": "200"})
    under = policy(rule("r"), paid, purposes=purposes, counting={"exclusive": [[PURPOSE, "stipend"]]})
    before = [credited("a", "200", purpose="stipend", unit="USD", rule="p")]
    decision = decided([badge("a")], under, credited=before)
    assert decision.amount == 0
    assert "for stipend" in item(decision, "a").why[0]
    assert decided([badge("a")], policy(rule("r"), paid, purposes=purposes), credited=before).amount == 1


def test_a_combination_counts_when_every_place_is_filled() -> None:
    slots = [
        {
            "id": "core",
            "title": "Core",
            "count": 2,
            "credential": [{"achievement": {"oneOf": [achievement_id(n) for n in "abc"]}}],
        },
        {
            "id": "choice",
            "title": "Choice",
            "credential": [{"achievement": {"oneOf": [achievement_id(n) for n in "cde"]}}],
        },
    ]
    under = policy(rule("r", slots=slots, worth={"fixed": "5"}))
    assert decided([badge("a"), badge("b"), badge("c")], under).amount == 5
    decision = decided([badge("a"), badge("c")], under)
    assert (decision.kind, decision.amount) == (Kind.NOT_ACCEPTED, 0)
    portfolio = decision.trace[0]
    assert portfolio.credential is None
    assert [(entry.id, entry.outcome, entry.found) for entry in portfolio.conditions if entry.part == "slots"] == [
        ("core", Outcome.MET, 2),
        ("choice", Outcome.MET, 1),
    ]
    only_one = decided([badge("a")], under)
    assert [(each.condition, each.gains) for each in only_one.missing] == [("slot:core", 5), ("slot:choice", 5)]
    again = [credited("x"), credited("y"), credited("z")]
    assert decided([badge("a"), badge("b"), badge("c")], under, credited=again).amount == 0


def test_rounding_over_the_total_spends_no_badge_in_vain() -> None:
    exchange = {
        "exchange": {"of": "credentials", "per": 2, "gives": 10, "round": {"to": 10, "mode": "down", "over": "total"}}
    }
    decision = decided([badge("a"), badge("b"), badge("c")], policy(rule("r", worth=exchange)))
    assert decision.amount == 10
    assert sorted(each.amount for each in decision.items) == [0, 5, 5]
    assert sum(each.kind is Kind.ACCEPT for each in decision.items) == 2


def test_amounts_without_an_end_add_up_as_written() -> None:
    exchange = {"exchange": {"of": "contact hours", "per": "15", "gives": "1"}}
    decision = decided([badge(name, hours=10) for name in "abc"], policy(rule("r", worth=exchange)))
    assert decision.amount == 2
    assert sum(each.amount for each in decision.items) == 2
    assert decided([badge("a", hours=10)], policy(rule("r", worth=exchange))).amount == Decimal("0.666666")


# ---------------------------------------------------------------- copies, instants, what is left out


def test_of_copies_of_one_badge_the_newest_is_looked_at() -> None:
    newer = badge("a", hours=20)
    newer["validFrom"] = "2026-06-01T00:00:00Z"
    exchange = {"exchange": {"of": "contact hours", "per": "10", "gives": "1"}}
    for documents in ([newer, badge("a", hours=50)], [badge("a", hours=50), newer]):
        decision = decided(documents, policy(rule("r", worth=exchange)))
        assert decision.amount == 2
        assert [each.why for each in decision.items if each.kind is Kind.NOT_ACCEPTED] == [(COPY,)]


def test_a_policy_that_is_not_in_effect_gives_nothing_and_says_when_it_is() -> None:
    decision = decided([badge("a")], policy(rule("r")), as_of=datetime(2028, 1, 1, tzinfo=UTC))
    assert (decision.kind, decision.amount, decision.trace) == (Kind.NOT_ACCEPTED, 0, ())
    assert texts(decision) == [
        "The policy is in effect from 1 January 2026 until 31 December 2027; this decision is for 1 January 2028."
    ]


def test_a_rule_that_is_not_in_effect_is_tried_and_not_met() -> None:
    decision = decided([badge("a")], policy(rule("r", effective={"from": "2027-01-01"})))
    assert decision.amount == 0
    assert decision.trace[0].conditions[0].part == "effective"
    assert decision.trace[0].conditions[0].outcome is Outcome.NOT_MET


def test_a_purpose_the_policy_does_not_know_is_refused() -> None:
    with pytest.raises(ValueError, match="says nothing of the purpose 'stipend'"):
        decided([badge("a")], policy(rule("r")), purpose="stipend")


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        decided([badge("a")], policy(rule("r")), as_of=datetime(2026, 11, 22))


# ---------------------------------------------------------------- credit of before that cannot be told


def test_a_cap_of_a_cycle_counts_what_was_credited_in_it() -> None:
    under = policy(rule("r"), caps=[cap("c", "1", per="cycle")])
    before = [credited("x", cycle="2021-2025", on=datetime(2025, 2, 1).date())]
    cycle = {"id": "2026-2030", "from": "2026-01-01", "until": "2030-12-31"}
    assert decided([badge("a")], under, {"cycle": cycle}, credited=before).amount == 1
    # Credited in these years, for a cycle of another name: it may be this one, called otherwise.
    renamed = decided([badge("a")], under, {"cycle": cycle}, credited=[credited("x", cycle="cycle of 2026")])
    assert (renamed.kind, renamed.amount, renamed.at_most) == (Kind.REFER, 0, 1)
    old = {"id": "2021-2025", "from": "2021-01-01", "until": "2025-12-31"}
    assert decided([badge("a")], under, {"cycle": old}, credited=before).amount == 0
    unknown = decided([badge("a")], under, credited=before)
    assert (unknown.kind, unknown.amount, unknown.at_most) == (Kind.REFER, 0, 1)
    assert any("in which cycle the educator is" in text for text in texts(unknown))
    assert decided([badge("a")], under).kind is Kind.ACCEPT


def test_a_cap_of_a_year_counts_what_was_credited_in_the_year_of_the_decision() -> None:
    under = policy(rule("r"), caps=[cap("c", "1", per="year")])
    assert decided([badge("a")], under, credited=[credited("x", on=datetime(2025, 12, 31).date())]).amount == 1
    assert decided([badge("a")], under, credited=[credited("x")]).amount == 0


def test_credit_in_another_unit_under_a_cap_refers() -> None:
    under = policy(rule("r"), caps=[cap("c", "2")])
    decision = decided([badge("a")], under, credited=[credited("x", unit="semester credit")])
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 1)


# ---------------------------------------------------------------- verified credentials


def verified(**changes: Any) -> Any:
    return verifying.verifier().verify(verifying.sign(verifying.badge(**changes)), now=verifying.NOW)


def test_verified_credentials_are_recognized_with_their_own_digests() -> None:
    credential = verified()
    issuer = credential.issuer
    under = policy(rule("r", credential=[{"issuer": {"oneOf": [issuer]}}]))
    decision = recognize([credential], under, PURPOSE, read_facts({}), verifying.NOW, software=SOFTWARE)
    assert (decision.kind, decision.amount, decision.trial) == (Kind.ACCEPT, 1, False)
    assert decision.items[0].credential == credential.sha256
    assert decision.inputs["credentials"][0]["sha256"] == credential.sha256


def test_a_credential_verified_as_of_another_instant_is_refused() -> None:
    later = verifying.NOW + timedelta(days=1)
    with pytest.raises(ValueError, match="was verified as of 2026-05-01T09:00:00Z, not as of 2026-05-02T09:00:00Z"):
        recognize([verified()], policy(rule("r")), PURPOSE, read_facts({}), later, software=SOFTWARE)


# ---------------------------------------------------------------- the trace, again


def test_every_entry_of_a_trace_amounts_to_its_outcome_again() -> None:
    slots = [
        {
            "id": "core",
            "title": "Core",
            "count": 2,
            "credential": [{"achievement": {"oneOf": [achievement_id(n) for n in "ab"]}}],
        }
    ]
    rules = (
        rule("r", who={"any": [{"lane": "BA"}, {"role": "teacher"}]}, conditions=[{"evidence": {"atLeast": 1}}]),
        rule("s", slots=slots, worth={"fixed": "2"}, **LANE),
    )
    under = policy(*rules)
    by_id = {each.id: each for each in under.rules}
    for facts in ({}, {"lane": "BA"}, {"role": "principal"}):
        decision = decided([badge("a"), badge("b"), badge("c")], under, facts)
        assert decision.trace
        for entry in decision.trace:
            assert outcome_again(by_id[entry.rule], entry.conditions) is entry.outcome


def test_a_trace_of_another_rule_is_refused() -> None:
    under = policy(rule("r"), rule("s", **LANE))
    entry = decided([badge("a")], under).trace[1]
    with pytest.raises(ValueError, match="not one of the rule 'r'"):
        outcome_again(under.rules[0], entry.conditions)


def test_as_of_is_kept_in_utc() -> None:
    assert decided([], policy(rule("r")), as_of=AS_OF).as_of.utcoffset() == timedelta(0)


def test_the_approved_lists_of_a_policy_are_approvals_of_its_jurisdiction() -> None:
    entries = [{"achievement": achievement_id("a"), "issuer": ISSUER}]
    asked = rule("r", conditions=[{"issuerAuthorized": {}}])
    given = policy(asked, lists={"approved": {"title": "Approved", "entries": entries}})
    assert decided([badge("a")], given).kind is Kind.ACCEPT
    assert decided([badge("b")], given).kind is Kind.NOT_ACCEPTED
    # Without a list nobody said anything, which is not a refusal.
    assert decided([badge("a")], policy(asked)).kind is Kind.REFER


def test_a_badge_that_is_rounded_to_nothing_is_told_what_it_would_take() -> None:
    by_hours = {"exchange": {"of": "contact hours", "per": 14, "gives": 1, "round": {"to": 1, "over": "total"}}}
    given = policy(rule("r", worth=by_hours))
    decision = decided([badge("a", hours=10)], given)
    assert decision.kind is Kind.NOT_ACCEPTED
    assert item(decision, "a").why == (
        "It states 10 contact hours, which is rounded to 0 under “Rule r”. It takes 14 contact hours for 1.",
    )
    assert decided([badge("a", hours=10), badge("b", hours=4)], given).amount == 1


# ---------------------------------------------------------------- what must not be paid on a guess


def test_a_cap_counts_what_a_rule_that_is_called_otherwise_by_now_gave() -> None:
    under = policy(rule("r", category="lane"), caps=[cap("c", "1", categories=["lane"])])
    assert decided([badge("a")], under, credited=[credited("x", rule="r")]).amount == 0
    gone = decided([badge("a")], under, credited=[credited("x", rule="old name")])
    assert (gone.kind, gone.amount, gone.at_most) == (Kind.REFER, 0, 1)


def test_two_lines_that_are_alike_count_twice() -> None:
    under = policy(rule("r"), caps=[cap("c", "3")])
    assert decided([badge("a"), badge("b")], under, credited=[credited("x"), credited("x")]).amount == 1


@pytest.mark.parametrize("turned", [False, True])
def test_it_is_referred_where_the_rule_is_guessed_and_one_of_them_asks_for_more(turned: bool) -> None:
    exam = [{"id": "exam", "kind": "exam", "text": "An exam"}]
    many = rule("many", who=[{"fact": {"name": "years", "atLeast": 5}}])
    few = rule("few", who=[{"fact": {"name": "years", "atMost": 5}}], alsoNeeded=exam)
    under = policy(*((few, many) if turned else (many, few)))
    guessed = decided([badge("a")], under, {"other": {"seen": True}})
    assert guessed.kind is Kind.REFER
    assert item(guessed, "a").kind is Kind.REFER
    assert decided([badge("a")], under, {"other": {"years": 3}}).kind is Kind.ACCEPT_WITH_CONDITIONS
    assert decided([badge("a")], under, {"other": {"years": 9}}).kind is Kind.ACCEPT


def test_a_fact_that_nobody_gave_may_be_no_number() -> None:
    rules = [rule("s", who=[{"fact": {"name": "years", **side}}]) for side in ({"atLeast": 5},)]
    rules.append(rule("t", who=[{"fact": {"name": "years", "atMost": 5}}]))
    assert decided([badge("a")], policy(*rules)).kind is Kind.REFER
    assert decided([badge("a")], policy(*rules), {"other": {"years": "n/a"}}).kind is Kind.NOT_ACCEPTED


@pytest.mark.parametrize("amount", ["-5", "1e30000", "NaN", "Infinity", "1_0", "٣", ""])
def test_an_amount_of_the_ledger_that_is_none_is_refused(amount: str) -> None:
    line = {**credited_json(credited("x")), "amount": amount}
    with pytest.raises(MemberError):
        credited_of(line)


def test_a_list_of_somebody_else_does_not_stand_for_the_one_of_the_policy() -> None:
    entries = [{"achievement": achievement_id("a"), "issuer": ISSUER}]
    given = policy(
        rule("r", conditions=[{"issuerAuthorized": {}}]), lists={"approved": {"title": "Approved", "entries": entries}}
    )
    [own] = policy_statements(given)
    foreign = Authority((replace(own, authority="did:web:evil.example", approvals=()),))
    assert decided([badge("a")], given, authority=foreign).kind is Kind.ACCEPT


def test_a_badge_of_a_place_where_it_is_tomorrow_already_is_within_the_years() -> None:
    under = policy(rule("r", conditions=[{"earnedWithin": {"years": 1}}]))
    made = badge("a")
    made["validFrom"] = (AS_OF + timedelta(hours=13)).strftime("%Y-%m-%dT%H:%M:%S+14:00")
    assert decided([made], under).kind is Kind.ACCEPT
