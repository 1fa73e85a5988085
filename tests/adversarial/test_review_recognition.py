"""What a hostile reader of the recognition engine found: paid twice, paid on a guess, paid on somebody else's word, and
pay that was lost without a reason."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from badgeport.verifier.recognition.approval.approvals import policy_statements
from badgeport.verifier.recognition.approval.authority import Approval, Authority, State, Statement
from badgeport.verifier.recognition.conditions.candidates import candidates_of, trial_candidate
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.conditions.statements import award_day
from badgeport.verifier.recognition.deciding.inputs import trial_inputs
from badgeport.verifier.recognition.deciding.portfolio import Offer, Problem, Terms, best
from badgeport.verifier.recognition.deciding.record import credited_json, credited_of, record_of, stack_in
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.recognition.engine import recognize
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
)
from support.verifying import NOW, clr, parsed, sign, signer, verifier
from support.verifying import badge as signed_badge

STACK = "https://lakeside.example/achievements/literacy"


def only(name: str) -> list[dict[str, Any]]:
    """A test that one badge meets."""
    return [{"achievement": achievement_id(name)}]


def fact(name: str, value: bool) -> list[dict[str, Any]]:
    return [{"fact": {"name": name, "equals": value}}]


# ---------------------------------------------------------------- the word of whoever made a learner record


def recorded(record_signer: Any, association: dict[str, str], **asked: Any) -> Decision:
    """The decision on a badge of `signer`, in a record that somebody signed with a statement about stacks."""
    inner = parsed(sign(signed_badge()))
    body = clr(inner, issuer=record_signer.controller)
    body["credentialSubject"]["association"] = [{"type": "Association", **association}]
    record = verifier().verify(sign(body, record_signer), now=NOW)
    under = policy(rule("r", credential=[{"issuer": signer().controller}, asked]))
    return recognize([record], under, PURPOSE, read_facts({}), NOW, software=SOFTWARE)


MADE_UP = [
    ({"associationType": "isPartOf", "sourceId": "urn:uuid:1", "targetId": "BADGE"}, {"stack": True}),
    ({"associationType": "isPartOf", "sourceId": "BADGE", "targetId": STACK}, {"memberOf": STACK}),
]


@pytest.mark.parametrize(("association", "asked"), MADE_UP)
def test_a_record_that_the_teacher_signed_makes_no_stack_of_a_badge(
    association: dict[str, str], asked: dict[str, Any]
) -> None:
    own = signed_badge()["credentialSubject"]["achievement"]["id"]
    said = {name: own if value == "BADGE" else value for name, value in association.items()}
    made_up = recorded(signer("teacher"), said, **asked)
    assert made_up.amount == 0
    assert (made_up.kind, made_up.at_most) == (Kind.REFER, 1)
    by_issuer = recorded(signer(), said, **asked)
    assert (by_issuer.kind, by_issuer.amount) == (Kind.ACCEPT, 1)


def test_a_record_of_somebody_else_that_names_a_stack_leaves_open_whether_both_count() -> None:
    stack, part = signed_badge(), signed_badge(id="urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a002")
    part["credentialSubject"]["achievement"]["id"] = STACK
    names = [each["credentialSubject"]["achievement"]["id"] for each in (part, stack)]
    body = clr(parsed(sign(stack)), parsed(sign(part)), issuer=signer("state").controller)
    body["credentialSubject"]["association"] = [
        {"type": "Association", "associationType": "isPartOf", "sourceId": names[0], "targetId": names[1]}
    ]
    record = verifier().verify(sign(body, signer("state")), now=NOW)
    under = policy(rule("r", credential=[{"issuer": signer().controller}]))
    decision = recognize([record], under, PURPOSE, read_facts({}), NOW, software=SOFTWARE)
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 1, 2)


def test_what_a_record_says_of_stacks_is_kept_with_whose_word_it_is() -> None:
    inner = parsed(sign(signed_badge()))
    own = inner["credentialSubject"]["achievement"]["id"]
    body = clr(inner, issuer=signer("teacher").controller)
    body["credentialSubject"]["association"] = [
        {"type": "Association", "associationType": "isPartOf", "sourceId": own, "targetId": STACK}
    ]
    (candidate,) = candidates_of(verifier().verify(sign(body, signer("teacher")), now=NOW))
    assert (candidate.part_of, candidate.parts, candidate.linked) == ((), (), (STACK,))


# ---------------------------------------------------------------- paid on a guess


def test_of_two_badges_of_which_one_counts_neither_is_paid_before_it_is_known_which() -> None:
    under = policy(
        rule("r", who=fact("new", True), credential=only("a")), rule("s", who=fact("new", False), credential=only("b"))
    )
    decision = decided([badge("a"), badge("b")], under)
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 1, 1)
    assert {item(decision, name).kind for name in "ab"} == {Kind.REFER}


def test_a_badge_that_counts_in_the_worst_case_and_the_best_may_not_count_in_another() -> None:
    under = policy(
        rule("r", who=fact("new", True), credential=only("a")),
        rule("s", who=fact("new", False), credential=only("b"), worth={"fixed": "2"}),
        rule("t", who=fact("new", True), credential=only("b"), worth={"fixed": "5"}, decides={"office": "An office"}),
    )
    decision = decided([badge("a"), badge("b")], under)
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 1, 6)
    assert item(decision, "a").kind is Kind.REFER


def test_a_stack_or_its_part_is_not_shared_out_before_it_is_known_which_it_is() -> None:
    """Two credits either way: as a stack, or as two badges of one. Who has the two would be paid for the part."""
    whole = badge("s")
    whole["credentialSubject"]["achievement"]["related"] = [{"type": ["Related"], "id": achievement_id("a")}]
    under = policy(
        rule("r", credential=[{"issuer": ISSUER}, {"stack": True}], worth={"fixed": "2"}),
        rule("q", credential=[{"issuer": ISSUER}, {"stack": False}]),
    )
    decision = decided([whole, badge("a")], under)
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 2, 2)
    assert item(decision, "s").kind is Kind.REFER


@pytest.mark.parametrize(("shown", "there"), [("no", False), ("n/a", False), (0, False), ([], False), (True, True)])
def test_a_need_is_there_where_its_fact_says_yes(shown: Any, there: bool) -> None:
    exam = [{"id": "exam", "kind": "exam", "text": "An exam", "fact": "exam"}]
    decision = decided([badge("a")], policy(rule("r", alsoNeeded=exam)), {"other": {"exam": shown}})
    assert (decision.kind is Kind.ACCEPT) is there


# ---------------------------------------------------------------- paid twice


SLOTS = [{"id": "core", "title": "Core", "count": 2, "credential": [{"issuer": ISSUER}]}]


def test_a_combination_that_is_called_otherwise_by_now_does_not_count_once_more_unasked() -> None:
    under = policy(rule("s", slots=SLOTS, credential=None, worth={"fixed": "5"}))
    before = [credited("x", "2.5", rule="old name"), credited("y", "2.5", rule="old name")]
    decision = decided([badge("a"), badge("b")], under, credited=before)
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 5)
    assert any("combination" in each.text for each in decision.missing)


def test_a_combination_of_which_a_share_was_taken_back_is_neither_used_up_nor_free() -> None:
    under = policy(rule("r", slots=SLOTS, credential=None, worth={"fixed": "5"}))
    decision = decided([badge("a"), badge("b")], under, credited=[credited("x", "2.5")])
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 5)
    whole = [credited("x", "2.5"), credited("y", "2.5")]
    assert decided([badge("a"), badge("b")], under, credited=whole).kind is Kind.NOT_ACCEPTED


def test_credit_for_an_achievement_that_the_ledger_does_not_name_may_be_for_this_one() -> None:
    decision = decided([badge("a")], policy(rule("r")), credited=[credited("x", achievement=None)])
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 1)
    twice = policy(rule("r"), counting={"oncePerAchievement": False})
    assert decided([badge("a")], twice, credited=[credited("x", achievement=None)]).kind is Kind.ACCEPT


def test_a_part_of_a_stack_that_was_credited_before_is_not_paid_when_it_is_handed_in_alone() -> None:
    whole = badge("s")
    whole["credentialSubject"]["achievement"]["related"] = [{"type": ["Related"], "id": achievement_id("a")}]
    whole["evidence"] = [{"id": "urn:example:a", "type": ["Evidence"], "genre": "Open Badge"}]
    under = policy(rule("r"))
    assert decided([whole, badge("a")], under, credited=[credited("s")]).amount == 0
    line = credited("s", parts=(achievement_id("a"),))
    assert decided([badge("a")], under, credited=[line]).kind is Kind.NOT_ACCEPTED
    assert decided([badge("b")], under, credited=[line]).kind is Kind.ACCEPT
    perhaps = decided([badge("a")], under, credited=[credited("s", linked=(achievement_id("a"),))])
    assert (perhaps.kind, perhaps.amount, perhaps.at_most) == (Kind.REFER, 0, 1)


def test_the_record_of_a_decision_tells_what_made_up_a_stack_and_a_line_keeps_it() -> None:
    whole = badge("s")
    whole["credentialSubject"]["achievement"]["related"] = [{"type": ["Related"], "id": achievement_id("a")}]
    inputs = trial_inputs([whole], policy(rule("r")), PURPOSE, read_facts({}), AS_OF, software=SOFTWARE)
    digest = inputs.candidates[0].sha256
    assert stack_in(record_of(inputs), digest) == ((), (achievement_id("a"),))
    assert stack_in(record_of(inputs), "ab" * 32) == ((), ())
    whole["evidence"] = [{"id": "urn:example:a", "type": ["Evidence"], "genre": "Open Badge"}]
    inputs = trial_inputs([whole], policy(rule("r")), PURPOSE, read_facts({}), AS_OF, software=SOFTWARE)
    assert stack_in(record_of(inputs), inputs.candidates[0].sha256) == ((achievement_id("a"),), ())
    line = credited("s", parts=(achievement_id("a"),), linked=(achievement_id("b"),))
    assert credited_of(json.loads(json.dumps(credited_json(line)))) == line


# ---------------------------------------------------------------- another's badge


def test_a_badge_about_another_did_than_the_educators_is_not_hers() -> None:
    facts = {"dids": ["did:web:ines.example"]}
    hers, other = badge("a", id="did:web:ines.example"), badge("b", id="did:web:stranger.example")
    decision = decided([hers, other], policy(rule("r")), facts)
    assert (decision.kind, decision.amount) == (Kind.ACCEPT, 1)
    assert item(decision, "b").why == ("It is about did:web:stranger.example, which is none of the educator's DIDs.",)
    # What names nobody, and an educator of whom no DIDs are known, are matched by other means.
    assert decided([badge("c")], policy(rule("r")), facts).amount == 1
    assert decided([other], policy(rule("r"))).amount == 1


# ---------------------------------------------------------------- cycles


CYCLE = {"id": "2021-2025", "from": "2021-01-01", "until": "2025-12-31"}


def test_a_cycle_that_is_over_is_not_the_educators_current_one() -> None:
    old = badge("a")
    old["validFrom"] = "2024-04-01T09:00:00Z"
    under = policy(rule("r", conditions=[{"earnedWithin": {"cycle": True}}]))
    decision = decided([old], under, {"cycle": CYCLE})
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 1)
    (entry,) = [each for each in decision.trace[0].conditions if each.id == "earnedWithin"]
    assert (
        entry.found
        == "The cycle 2021-2025 is not that of this decision; it is from 1 January 2021 until 31 December 2025."
    )
    # Handed in while it ran, and decided later: that is the cycle it is for.
    in_time = {"cycle": CYCLE, "submitted": {"date": "2025-12-30"}}
    assert decided([old], under, in_time).kind is Kind.ACCEPT


def test_the_room_of_a_cycle_that_is_over_is_not_the_room_of_today() -> None:
    under = policy(rule("r"), caps=[cap("c", "1", per="cycle")])
    decision = decided([badge("a")], under, {"cycle": CYCLE}, credited=[credited("x", cycle="2026-2030")])
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 1)


def test_credit_under_a_rule_that_is_gone_is_not_in_every_cycle() -> None:
    """It is not known in which cycle the educator is: in another than that of the lines there is room."""
    under = policy(rule("r", category="lane"), caps=[cap("c", "1", categories=["lane"], per="cycle")])
    before = [credited("x", cycle="2021-2025"), credited("y", rule="old name", cycle="2021-2025")]
    decision = decided([badge("a")], under, credited=before)
    assert (decision.kind, decision.amount, decision.at_most) == (Kind.REFER, 0, 1)


# ---------------------------------------------------------------- lists and editions


LIST = {"approved": {"title": "Approved", "entries": [{"achievement": achievement_id("a"), "issuer": ISSUER}]}}


@pytest.mark.parametrize(
    "change",
    [
        {"state": State.WITHDRAWN, "trouble": "it was revoked"},
        {"state": State.UNSETTLED, "trouble": "its status is not known"},
        {"approvals": ()},
    ],
)
def test_the_list_of_the_policy_speaks_whatever_copy_of_it_is_handed_in(change: dict[str, Any]) -> None:
    given = policy(rule("r", conditions=[{"issuerAuthorized": {}}]), lists=LIST)
    [own] = policy_statements(given)
    copy = Authority((replace(own, source="ab" * 32, **change),))
    assert decided([badge("a")], given, authority=copy).kind is Kind.ACCEPT


def test_a_later_edition_that_could_not_be_checked_does_not_leave_the_earlier_one_in_its_place() -> None:
    board = "did:web:board.example"
    earlier = Statement(
        board, "The list of 2025", "ab" * 32, (Approval(ISSUER, achievement_id("a")),), complete=True, series="list"
    )
    days = replace(earlier.speaks, start=date(2026, 1, 1))
    later = replace(
        earlier, title="The list of 2026", source="cd" * 32, approvals=(), speaks=days, state=State.UNSETTLED,
        trouble="its status is not known",
    )  # fmt: skip
    given = policy(rule("r", conditions=[{"issuerAuthorized": {"by": board}}]), authorities=[board])
    assert decided([badge("a")], given, authority=Authority((earlier,))).kind is Kind.ACCEPT
    decision = decided([badge("a")], given, authority=Authority((earlier, later)))
    assert (decision.kind, decision.amount) == (Kind.REFER, 0)
    # Of days before the later edition it says nothing.
    before = badge("a")
    before["validFrom"] = "2025-12-31T12:00:00Z"
    assert decided([before], given, authority=Authority((earlier, later))).kind is Kind.ACCEPT


# ---------------------------------------------------------------- what a holder may hide


def test_when_a_badge_is_valid_from_is_not_the_award_day_that_its_holder_may_have_hidden() -> None:
    """Issued anew this year, awarded long ago: with a form that lets members be left out, that would not be seen."""
    shown = replace(trial_candidate(badge("a")), withholdable=True)
    assert award_day(shown) is None
    assert award_day(replace(shown, withholdable=False)) is not None
    stated = replace(trial_candidate({**badge("a"), "awardedDate": "2015-01-01T00:00:00Z"}), withholdable=True)
    found = award_day(stated)
    assert found is not None
    assert found.value == date(2015, 1, 1)


# ---------------------------------------------------------------- numbers and results


@pytest.mark.parametrize("text", ["1e3", "1_0", "\u0661\u0660", "+10", " 1 0", "0x10", "10."])
def test_an_amount_that_is_not_written_in_digits_is_not_stated(text: str) -> None:
    made = badge("a", hours=10)
    made["credentialSubject"]["result"][0]["value"] = text
    worth = {"exchange": {"of": "contact hours", "per": 10, "gives": 1}}
    decision = decided([made], policy(rule("r", worth=worth)))
    assert (decision.kind, decision.amount) == (Kind.REFER, 0)


@pytest.mark.parametrize("status", ["Failed", "InProgress", "Withdrew"])
def test_work_that_was_not_completed_states_no_hours(status: str) -> None:
    made = badge("a", hours=10)
    made["credentialSubject"]["result"][0]["status"] = status
    worth = {"exchange": {"of": "contact hours", "per": 10, "gives": 1}}
    assert decided([made], policy(rule("r", worth=worth))).amount == 0
    made["credentialSubject"]["result"][0]["status"] = "Completed"
    assert decided([made], policy(rule("r", worth=worth))).amount == 1


def test_a_rubric_that_was_failed_is_not_scored_well_enough() -> None:
    made = badge("a")
    described = {"id": "urn:c", "type": ["ResultDescription"], "name": "Craft", "resultType": "RubricCriterionLevel"}
    made["credentialSubject"]["achievement"]["resultDescription"] = [described]
    made["credentialSubject"]["result"] = [{"type": ["Result"], "resultDescription": "urn:c", "status": "Failed"}]
    under = policy(rule("r", conditions=[{"scoredRubric": True}]))
    assert decided([made], under).kind is Kind.NOT_ACCEPTED
    made["credentialSubject"]["result"][0]["status"] = "Completed"
    assert decided([made], under).kind is Kind.ACCEPT


# ---------------------------------------------------------------- what deciding costs


def test_a_policy_made_to_keep_the_engine_busy_is_bounded_and_referred() -> None:
    """Caps that overlap in every way, over amounts that fit nowhere: many times the budget, were it gone through."""
    random = Random(1)
    names = [f"r{n}" for n in range(20)]
    rules = [rule(name, worth={"fixed": f"1.{random.randrange(1, 999983):06}"}) for name in names]
    for each in rules:
        each["conditions"] = fact(each["id"], True)
    caps = [cap(f"c{n}", f"3.{random.randrange(1, 999983):06}", rules=random.sample(names, 10)) for n in range(12)]
    started = time.process_time()
    decision = decided(
        [badge(f"b{n}") for n in range(20)], policy(*rules, caps=caps), {"other": dict.fromkeys(names, True)}
    )
    assert (decision.kind, decision.exact) == (Kind.REFER, False)
    assert decision.amount <= decision.bound
    assert time.process_time() - started < 20


def test_badges_that_all_exclude_each_other_are_told_apart_quickly() -> None:
    hours = {"exchange": {"of": "contact hours", "per": "10", "gives": "1"}}
    badges = [badge(f"b{n}", achievement_id("same"), hours=n + 1) for n in range(60)]
    started = time.process_time()
    decision = decided(badges, policy(rule("r", worth=hours), caps=[cap("c", "500"), cap("d", "300", rules=["r"])]))
    assert (decision.kind, decision.amount, decision.exact) == (Kind.ACCEPT, 6, True)
    assert time.process_time() - started < 10


def test_what_could_not_be_tried_for_is_not_called_exact() -> None:
    choice = best(Problem((Terms("r"),), (Offer("a", "r", Fraction(1)),)), 10)
    assert choice.exact
    assert not replace(choice, sparing=False).exact
