"""The record of a decision, its JSON, and what a change of policy or of place would make of it."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema
import pytest

from badgeport.verifier.recognition.approval.agreements import agreement_of
from badgeport.verifier.recognition.approval.authority import Approval, Authority, Statement
from badgeport.verifier.recognition.approval.documents import exact
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.deciding.decision_json import DecisionFormError, decision_schema, from_json
from badgeport.verifier.recognition.deciding.inputs import Inputs, inputs_of, trial_inputs
from badgeport.verifier.recognition.deciding.items import items_of
from badgeport.verifier.recognition.deciding.paper import on_paper, on_paper_together
from badgeport.verifier.recognition.deciding.plain import number, plain
from badgeport.verifier.recognition.deciding.reckoning import Reckoner
from badgeport.verifier.recognition.deciding.record import (
    RecordError,
    belongs_to,
    credited_json,
    credited_of,
    decide_again,
    inputs_again,
    named,
    record_of,
)
from badgeport.verifier.recognition.deciding.situation import situation_of
from badgeport.verifier.recognition.decision import Kind
from badgeport.verifier.recognition.engine import decide
from badgeport.verifier.recognition.what_if import affected, where_it_counts
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
    policy,
    rule,
)

AGREEMENT = "https://partnership.example/agreement"


def whole_inputs() -> Inputs:
    """Inputs in which every kind of thing is present."""
    statement = Statement("did:web:agency.example", "List", "ab" * 32, (Approval(ISSUER, achievement_id("a")),))
    agreement = agreement_of(
        {
            "id": AGREEMENT,
            "title": "Partnership",
            "from": "2026-01-01",
            "members": [{"id": ISSUER, "name": "Guild"}],
            "qualityStandard": {"name": "Standard"},
        },
        source="cd" * 32,
        known_until=date(2027, 1, 1),
    )
    under = policy(
        rule(
            "r",
            credential=[{"agreement": AGREEMENT}],
            conditions=[{"issuerAuthorized": {"by": ["did:web:agency.example"]}}],
        ),
        rule("s", who=[{"fact": {"name": "years", "atLeast": "2.5"}}], decides={"office": "Licensing office"}),
        agreements=[AGREEMENT],
        authorities=["did:web:agency.example"],
        caps=[cap("c", "3", per="cycle")],
    )
    facts = read_facts({"other": {"years": 3.25}, "cycle": {"id": "now", "from": "2026-01-01", "until": "2030-12-31"}})
    return trial_inputs(
        [badge("a"), badge("b", hours=7.5), {"type": ["VerifiableCredential"], "name": "no badge"}],
        under,
        PURPOSE,
        facts,
        AS_OF.replace(microsecond=125),
        authority=Authority((statement,), frozenset({"did:web:agency.example"})),
        agreements={AGREEMENT: agreement},
        credited=[credited("z", "0.5", cycle="now")],
        software=SOFTWARE,
    )


def test_a_decision_is_made_again_from_its_record_alone() -> None:
    inputs = whole_inputs()
    decision = decide(inputs)
    assert decision.kind is Kind.REFER
    assert decision.amount == 1
    record = json.loads(json.dumps(record_of(inputs)))
    assert decide_again(record) == decision
    assert belongs_to(record, decision)
    assert record_of(inputs_again(record)) == record


def test_a_record_of_verified_credentials_is_made_again_as_verified() -> None:
    credential = verifying.verifier().verify(verifying.sign(verifying.badge()), now=verifying.NOW)
    under = policy(rule("r", credential=[{"issuer": {"oneOf": [credential.issuer]}}]))
    inputs = inputs_of([credential], under, PURPOSE, read_facts({}), verifying.NOW, software=SOFTWARE)
    again = inputs_again(json.loads(json.dumps(record_of(inputs))))
    assert again.candidates[0].verified
    assert again.candidates[0].as_of == verifying.NOW
    assert decide(again) == decide(inputs)
    assert not decide(again).trial


@pytest.mark.parametrize("member", ["facts", "policy", "credited", "candidates", "authority", "agreements"])
def test_a_record_that_was_changed_is_not_that_of_the_decision(member: str) -> None:
    inputs = whole_inputs()
    decision = decide(inputs)
    record = record_of(inputs)
    record[member] = {} if isinstance(record[member], dict) else []
    assert not belongs_to(record, decision)


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        ({"form": "another"}, RecordError, "has the form 'another'"),
        ({"purpose": "stipend"}, RecordError, "says nothing of the purpose 'stipend'"),
        ({"asOf": "yesterday"}, MemberError, "/asOf"),
        ({"asOf": "2026-01-01T00:00:00"}, MemberError, "no time zone"),
        ({"candidates": [{}]}, MemberError, "/candidates/0"),
        ({"credited": [{"amount": "much"}]}, MemberError, "/credited/0"),
        ({"trial": "no"}, MemberError, "/trial"),
        ({"leftOut": {}}, MemberError, "/leftOut"),
    ],
)
def test_a_record_that_cannot_be_read_names_the_member(
    change: dict[str, Any], error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        inputs_again({**record_of(whole_inputs()), **change})


def test_a_line_of_the_ledger_is_the_same_after_its_json() -> None:
    line = credited("a", "0.25", category="bachelor", cycle="now")
    assert credited_of(json.loads(json.dumps(credited_json(line)))) == line


def test_a_decision_names_its_inputs_in_a_form_that_can_be_signed() -> None:
    inputs = whole_inputs()
    stated = named(inputs)
    assert exact(stated) == stated
    assert stated["facts"]["other"]["years"] == "3.25"
    assert stated["authority"]["sources"] == ["ab" * 32]
    assert [each["source"] for each in stated["agreements"]] == ["cd" * 32]
    assert len(stated["credentials"]) == 2
    assert len(stated["leftOut"]) == 1


# ---------------------------------------------------------------- JSON


def test_the_json_of_a_decision_is_as_its_schema_says_and_can_be_signed() -> None:
    body = json.loads(json.dumps(decide(whole_inputs()).to_json()))
    jsonschema.Draft202012Validator(decision_schema()).validate(body)
    assert exact(body) == body
    assert body["decision"] == "refer"
    assert (body["amount"], body["atMost"], body["unit"], body["purpose"]) == ("1", "2", "in-district credit", PURPOSE)
    assert set(body["policy"]) >= {"id", "version", "sha256"}
    assert body["asOf"] == "2026-11-22T12:00:00.000125Z"
    assert set(body["trace"][0]["conditions"][0]) >= {"id", "outcome", "found", "pointer"}
    assert from_json(body) == decide(whole_inputs())


def test_json_that_is_no_decision_is_refused() -> None:
    body = decide(whole_inputs()).to_json()
    for change in ({"decision": "maybe"}, {"amount": "much"}, {"items": 3}, {"asOf": "soon"}, {"policy": {}}):
        with pytest.raises(DecisionFormError):
            from_json({**body, **change})


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1E+2", "100"), ("0.50", "0.5"), ("0", "0"), ("0.000", "0"), ("12", "12"), ("1E-7", "0.0000001")],
)
def test_a_number_is_written_in_one_way(amount: str, text: str) -> None:
    assert number(Decimal(amount)) == text


def test_a_value_that_has_no_json_is_refused() -> None:
    with pytest.raises(ValueError, match="no form in JSON"):
        plain(float("nan"))
    with pytest.raises(ValueError, match="no form in JSON"):
        plain(object())


def test_parts_on_paper_are_together_the_whole_on_paper() -> None:
    thirds = [Fraction(1, 3)] * 4
    assert on_paper(Fraction(4, 3)) == Decimal("1.333333")
    assert sum(on_paper_together(thirds)) == Decimal("1.333333")
    assert on_paper_together(thirds[:3]) == (Decimal("0.333333"), Decimal("0.333333"), Decimal("0.333334"))
    assert str(on_paper(Fraction(100))) == "100"


# ---------------------------------------------------------------- beyond the budget


def test_beyond_the_steps_it_is_bounded_and_not_called_exact() -> None:
    """Weights that no two prices sort out, under a cap where only whole badges count."""
    worth = {"exchange": {"of": "contact hours", "per": "1", "gives": "1"}}
    under = policy(rule("r", worth=worth), caps=[cap("c", "100", partial=False)])
    hours = (41, 43, 47, 53, 59, 61)
    documents = [badge(f"b{each}", hours=each) for each in hours]
    inputs = trial_inputs(documents, under, PURPOSE, read_facts({}), AS_OF, software=SOFTWARE)
    found = Reckoner(steps=1).reckon(situation_of(inputs))
    true = Reckoner().reckon(situation_of(inputs))
    assert (found.exact, found.settled) == (False, False)
    assert {each.kind for each in items_of(inputs, situation_of(inputs), found, frozenset()) if each.rule} == {
        Kind.REFER
    }
    assert found.stands.total <= true.stands.total == 100 <= found.bound
    assert (true.exact, true.settled) == (True, True)


def test_too_many_cases_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("badgeport.verifier.recognition.deciding.reckoning.MAXIMUM_CASES", 1)
    new, old = ([{"fact": {"name": "new", "equals": each}}] for each in (True, False))
    decision = decided([badge("a")], policy(rule("r", who=new), rule("s", who=old, worth={"fixed": "2"})))
    assert (decision.kind, decision.amount, decision.at_most, decision.exact) == (Kind.REFER, 0, 2, False)
    assert any("too many ways" in each.text for each in decision.missing)


# ---------------------------------------------------------------- what if


def test_where_a_portfolio_counts_is_told_policy_by_policy() -> None:
    credential = verifying.verifier().verify(verifying.sign(verifying.badge()), now=verifying.NOW)
    here = policy(rule("r", credential=[{"issuer": {"oneOf": [credential.issuer]}}]))
    there = policy(rule("r"), id="https://policies.elsewhere.example/credit")
    found = where_it_counts(
        [credential],
        [here, there],
        read_facts({}),
        verifying.NOW,
        credited={there.id: [credited("x")]},
        software=SOFTWARE,
    )
    assert [(each.policy.id, each.purpose, each.decision.amount) for each in found] == [
        (here.id, PURPOSE, 1),
        (there.id, PURPOSE, 0),
    ]
    assert found[1].decision.missing[0].condition == "issuer"
    assert found[0].decision.inputs["credited"] == []


def test_a_change_of_policy_names_the_cases_it_decides_otherwise() -> None:
    old = policy(rule("r"))
    new = policy(rule("r", worth={"fixed": "2"}, conditions=[{"effort": {"unit": "contact hours", "atLeast": 10}}]))
    cases = {
        name: trial_inputs([badge(name, hours=hours)], old, PURPOSE, read_facts({}), AS_OF, software=SOFTWARE)
        for name, hours in (("short", 5), ("long", 20))
    }
    cases["empty"] = trial_inputs([], old, PURPOSE, read_facts({}), AS_OF, software=SOFTWARE)
    found = {each.case: each.how for each in affected(old, new, cases)}
    assert list(found) == ["short", "long"]
    assert found["short"][:2] == (
        "accepted becomes not accepted.",
        "1 in-district credit becomes 0 in-district credit.",
    )
    assert found["long"][0] == "1 in-district credit becomes 2 in-district credit."
    assert affected(old, old, cases) == ()


def test_a_purpose_that_a_policy_drops_is_told() -> None:
    old = policy(rule("r"))
    new = policy(rule("r", purpose="stipend"), purposes={"stipend": {"title": "Stipend", "unit": "USD"}})
    case = {"a": trial_inputs([badge("a")], old, PURPOSE, read_facts({}), AS_OF, software=SOFTWARE)}
    (found,) = affected(old, new, case)
    assert (found.after, found.how) == (None, ("The new policy drops the purpose.",))
