"""What single example policies are there to show: approval before, choice, caps, agreements, who decides."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.approval.agreements import agreement_of
from badgeport.verifier.recognition.approval.authority import Approval, Authority, Statement
from badgeport.verifier.recognition.decision import Kind
from badgeport.verifier.recognition.model import Credited
from support import example_badge
from support.example_decisions import ACCEPT, ARKANSAS, CONDITIONS, FACTS, NOT, REFER, against, badge, decide


def test_with_everything_that_is_also_needed_nothing_is_left_open() -> None:
    other = {"licensed staff member": True, "badge link submitted": True, "evidence approved": True}
    for policy in ("aurora-colorado", "troy-illinois"):
        decision = decide(policy, "salary-lane", facts={**FACTS, "other": other})
        assert decision.kind is ACCEPT
        assert decision.conditions == ()
    assert decide("troy-illinois", "salary-lane").conditions


@pytest.mark.parametrize(
    ("member", "value", "test"),
    [
        ("priorApprovals", [], "priorApproval"),
        ("priorApprovals", [{"achievement": example_badge.ACHIEVEMENT, "on": "2026-09-02"}], "priorApproval"),
        ("submitted", {"date": "2026-12-15"}, "submittedWithin"),
        ("other", {"licensed staff member": False}, "fact"),
    ],
)
def test_a_district_that_asks_for_approval_before_and_evidence_in_time_means_it(
    member: str, value: Any, test: str
) -> None:
    decision = decide("troy-illinois", "salary-lane", facts={**FACTS, member: value})
    assert decision.kind is NOT
    assert against(decision) == {"board-credit": (f"{test}: not_met",)}


def test_a_district_that_asks_for_the_scored_rubric_gives_nothing_without_scores() -> None:
    unscored = example_badge.verified(results=[])
    decision = decide("troy-illinois", "salary-lane", unscored)
    assert decision.kind is NOT
    assert against(decision) == {"board-credit": ("scoredRubric: not_met",)}
    assert decide("aurora-colorado", "salary-lane", unscored).amount == 10


def test_two_badges_give_ten_points_in_massachusetts() -> None:
    assert decide("massachusetts", "licence-renewal", badge(), example_badge.other("second")).amount == 10


def test_an_initial_licence_needs_no_points_in_massachusetts() -> None:
    facts = {**FACTS, "licence": {"stage": "initial"}}
    assert decide("massachusetts", "licence-renewal", facts=facts).kind is NOT


def test_hours_of_several_badges_add_up_to_whole_credits_in_wyoming_and_not_in_georgia() -> None:
    short = tuple(example_badge.other(name, contactHours=12) for name in ("first", "second", "third"))
    approved = [
        {"achievement": each.document["credentialSubject"]["achievement"]["id"], "on": "2026-08-20"} for each in short
    ]
    facts = {**FACTS, "priorApprovals": approved}
    assert decide("wyoming", "licence-renewal", *short, facts=facts).amount == 2  # 36 hours are two times 14
    assert decide("georgia", "licence-renewal", *short, facts=facts).amount == 3  # no parts of a unit: 1 for each 12
    assert decide("wyoming", "licence-renewal", short[0], facts=facts).amount == 0


def test_a_micro_credential_gives_six_points_in_tennessee_whatever_its_hours() -> None:
    long = example_badge.verified(contactHours=60)
    assert decide("tennessee", "licence-renewal", long).at_most == 6


def test_exams_are_replaced_in_arkansas_only_where_the_licensing_office_says_so() -> None:
    provisional = {**FACTS, "licence": {"stage": "provisional"}}
    decision = decide("arkansas", "initial-certification", facts=provisional)
    assert decision.kind is REFER
    assert (decision.amount, decision.at_most) == (Decimal(0), Decimal(1))
    assert any("Office of educator licensure" in text for text in (each.text for each in decision.missing))


@pytest.mark.parametrize(("errors", "kind"), [(2, REFER), (2.5, NOT)])
def test_the_content_exam_is_replaced_within_two_standard_errors(errors: float, kind: Kind) -> None:
    mathematics = "https://arkansas-agency.example/micro-credentials/middle-school-mathematics"
    facts = {**FACTS, "other": {"standard errors below the passing score of the content exam": errors}}
    decision = decide("arkansas", "initial-certification", example_badge.other("mathematics", mathematics), facts=facts)
    assert decision.kind is kind


def test_a_designation_needs_every_place_filled_one_of_them_by_choice() -> None:
    ids = {
        name: f"https://arkansas-agency.example/micro-credentials/{name}"
        for name in (
            "coaching-a-colleague",
            "leading-a-team",
            "structuring-the-classroom",
            "upholding-academic-standards",
        )
    }
    made = {name: example_badge.other(name, id) for name, id in ids.items()}
    core = (badge(), made["coaching-a-colleague"], made["leading-a-team"])
    assert decide("arkansas", "designation", *core).kind is NOT
    for choice in ("structuring-the-classroom", "upholding-academic-standards"):
        decision = decide("arkansas", "designation", *core, made[choice])
        assert decision.kind is REFER
        assert decision.at_most == 1
    both = decide(
        "arkansas", "designation", *core[1:], made["structuring-the-classroom"], made["upholding-academic-standards"]
    )
    assert both.kind is NOT


def test_twelve_credits_on_the_bachelors_lanes_leave_twelve_on_the_masters_lanes() -> None:
    before = tuple(
        Credited(
            credential=f"{number:064x}",
            credential_id=f"https://kaneridge.example/badges/{number}",
            issuer="did:web:kaneridge.example",
            achievement=f"https://kaneridge.example/achievements/{number}",
            purpose="salary-lane",
            rule="bachelor-lanes",
            category="bachelor",
            amount=Decimal(1),
            unit="in-district credit",
            on=date(2026, 1, 15),
        )
        for number in range(12)
    )
    full = decide("in-district-credit", "salary-lane", credited=before)
    assert full.kind is NOT
    assert full.amount == 0
    assert next(cap for cap in full.caps if cap.cap == "bachelor").left == 0
    masters = decide("in-district-credit", "salary-lane", facts={**FACTS, "lane": "MA+12"}, credited=before)
    assert masters.kind is ACCEPT
    assert masters.amount == 1
    assert decide("in-district-credit", "salary-lane", credited=before[1:]).amount == 1


def test_stipends_of_a_year_end_at_its_cap() -> None:
    four = tuple(example_badge.other(f"badge-{number}") for number in range(4))
    assert decide("stipend", "stipend", *four).amount == 600
    assert decide("partnership-north-carolina", "stipend", *four).amount == 900


def test_a_stack_of_the_cooperative_gives_the_hours_it_states() -> None:
    decision = decide("micro-endorsement", "salary-lane", example_badge.stack("northwoods-cooperative.example", 3))
    assert decision.kind is CONDITIONS
    assert decision.amount == 3
    assert decision.conditions == ("The district's word that its salary schedule counts masters-equivalent hours",)
    guild = decide("micro-endorsement", "salary-lane", example_badge.stack(example_badge.GUILD_HOST, 3))
    assert guild.kind is NOT
    assert against(guild) == {"micro-endorsement": ("issuerClass: not_met",)}


def test_a_stack_gives_its_own_stipend() -> None:
    decision = decide("stipend", "stipend", example_badge.stack(example_badge.GUILD_HOST, 3))
    assert decision.amount == 600


# -- the partnership --------------------------------------------------------------------------------------------------


def test_outside_the_agreement_the_partnership_gives_nothing() -> None:
    body = examples.agreement().to_json()
    body["members"][0]["withdrawn"] = "2026-09-15"
    without = agreement_of(body)
    for name, purpose in (("partnership-north-carolina", "stipend"), ("partnership-south-carolina", "licence-renewal")):
        assert decide(name, purpose, agreement=without).kind is NOT
        assert decide(name, purpose).kind is ACCEPT


def test_without_the_states_own_approval_its_pathway_gives_nothing() -> None:
    listed = Statement(
        ARKANSAS,
        "Approved micro-credentials",
        "e" * 64,
        (Approval(issuer=example_badge.GUILD, achievement="https://educators-guild.example/achievements/other"),),
        complete=True,
    )
    decision = decide("partnership-arkansas", "designation", authority=Authority((listed,)))
    assert decision.kind is NOT
    assert against(decision) == {"pathway-step": ("issuerAuthorized: not_met",)}


def test_four_states_recognize_for_different_purposes_at_different_rates() -> None:
    named = [name for name in examples.names() if name.startswith("partnership-")]
    terms = [(term.purpose, term.unit) for name in named for term in examples.policy(name).purposes.values()]
    assert len(named) == len(set(terms)) == 4
    for name in named:
        assert examples.policy(name).agreements == (examples.agreement().id,)
        assert examples.policy(name).jurisdiction.id in {member.id for member in examples.agreement().members}


def test_the_agreement_reads_back_from_its_own_json() -> None:
    agreement = examples.agreement()
    assert agreement_of(json.loads(json.dumps(agreement.to_json()))) == agreement
    assert agreement.note is not None
    assert agreement.note.startswith("An example and not law.")
