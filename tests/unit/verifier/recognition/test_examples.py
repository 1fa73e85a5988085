"""One and the same badge under every example policy: what is decided, how much in which unit, and why."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import jsonschema_rs
import pytest

from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.authoring.authoring import policy_of, read_policy
from badgeport.verifier.recognition.authoring.schema import policy_schema
from badgeport.verifier.recognition.authoring.text import policy_text
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.recognition.engine import recognize
from support import example_badge
from support.example_decisions import ACCEPT, CONDITIONS, NOT, REFER, against, badge, decide


@dataclass(frozen=True)
class Row:
    """What is expected.

    ``rule``: under which it counts, or could. ``against``: by rule, the tests whose answer is no or not known.
    """

    policy: str
    purpose: str
    kind: Kind
    amount: str
    unit: str
    at_most: str = ""
    rule: str = ""
    against: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.policy}-{self.purpose}"


KNOWN = (
    Row(
        "arkansas",
        "initial-certification",
        NOT,
        "0",
        "exam met",
        against={"pedagogy-exam": ("licenceStage: not_met",), "content-exam": ("fact: unknown", "list: not_met")},
    ),
    Row(
        "arkansas",
        "designation",
        NOT,
        "0",
        "designation",
        against={
            "lead-designation": ("core: not_met", "choice: not_met", "list-2: not_met"),
            "master-designation": ("degree: not_met", "list: not_met", "stack: not_met"),
        },
    ),
    Row("aurora-colorado", "salary-lane", CONDITIONS, "10", "hours of salary advancement", rule="ten-hours"),
    Row("georgia", "licence-renewal", ACCEPT, "1", "PLU", rule="contact-hours"),
    Row(
        "in-district-credit",
        "salary-lane",
        ACCEPT,
        "1",
        "in-district credit",
        rule="bachelor-lanes",
        against={"masters-lanes": ("lane: not_met",)},
    ),
    Row("massachusetts", "licence-renewal", ACCEPT, "5", "PDP", rule="two-badges-ten-points"),
    Row(
        "micro-endorsement",
        "salary-lane",
        NOT,
        "0",
        "masters-equivalent hours",
        against={"micro-endorsement": ("stack: not_met", "issuerClass: not_met")},
    ),
    Row("partnership-arkansas", "designation", ACCEPT, "1", "pathway step", rule="pathway-step"),
    Row("partnership-north-carolina", "stipend", ACCEPT, "300", "USD", rule="retention"),
    Row("partnership-south-carolina", "licence-renewal", ACCEPT, "20", "renewal credit", rule="renewal"),
    Row(
        "partnership-wyoming",
        "added-endorsement",
        NOT,
        "0",
        "endorsement",
        against={"computer-science": ("licenceState: not_met", "computer-science: not_met", "alignment: not_met")},
    ),
    Row(
        "south-carolina",
        "licence-renewal",
        NOT,
        "0",
        "renewal credit",
        against={"college-credit": ("issuerClass: not_met",), "renewal-course": ("list: not_met",)},
    ),
    Row("stipend", "stipend", ACCEPT, "200", "USD", rule="micro-credential", against={"stack": ("stack: not_met",)}),
    Row(
        "tennessee",
        "licence-renewal",
        REFER,
        "0",
        "PDP",
        at_most="6",
        rule="micro-credential",
        against={"clock-hours": ("achievementType: not_met",), "semester-hours": ("achievementType: not_met",)},
    ),
    Row("troy-illinois", "salary-lane", CONDITIONS, "1", "board credit", rule="board-credit"),
    Row("utah", "licence-renewal", ACCEPT, "0.5", "USBE credit", rule="microcredential"),
    Row(
        "utah",
        "added-endorsement",
        NOT,
        "0",
        "endorsement",
        against={"endorsement-bundle": ("list: not_met", "stack: not_met")},
    ),
    Row("wyoming", "licence-renewal", ACCEPT, "1", "PTSB credit", rule="contact-hours"),
    Row(
        "wyoming",
        "added-endorsement",
        NOT,
        "0",
        "endorsement",
        against={"approved-program": ("licenceState: not_met", "list: not_met", "stack: not_met")},
    ),
)
"""The badge with `FACTS`, the agreement and Arkansas's approval at hand."""

UNKNOWN = (
    Row(
        "arkansas",
        "initial-certification",
        REFER,
        "0",
        "exam met",
        at_most="1",
        rule="pedagogy-exam",
        against={"pedagogy-exam": ("licenceStage: unknown",), "content-exam": ("fact: unknown", "list: not_met")},
    ),
    Row("aurora-colorado", "salary-lane", CONDITIONS, "10", "hours of salary advancement", rule="ten-hours"),
    Row("georgia", "licence-renewal", ACCEPT, "1", "PLU", rule="contact-hours"),
    Row(
        "in-district-credit",
        "salary-lane",
        REFER,
        "0",
        "in-district credit",
        at_most="1",
        rule="bachelor-lanes",
        against={"bachelor-lanes": ("lane: unknown",), "masters-lanes": ("lane: unknown",)},
    ),
    Row(
        "massachusetts",
        "licence-renewal",
        REFER,
        "0",
        "PDP",
        at_most="5",
        rule="two-badges-ten-points",
        against={"two-badges-ten-points": ("licenceStage: unknown",)},
    ),
    Row(
        "partnership-arkansas",
        "designation",
        REFER,
        "0",
        "pathway step",
        at_most="1",
        rule="pathway-step",
        against={"pathway-step": ("agreement: unknown", "issuerAuthorized: unknown")},
    ),
    Row("stipend", "stipend", ACCEPT, "200", "USD", rule="micro-credential", against={"stack": ("stack: not_met",)}),
    Row(
        "troy-illinois",
        "salary-lane",
        REFER,
        "0",
        "board credit",
        at_most="1",
        rule="board-credit",
        against={"board-credit": ("fact: unknown", "priorApproval: unknown", "submittedWithin: unknown")},
    ),
    Row("utah", "licence-renewal", ACCEPT, "0.5", "USBE credit", rule="microcredential"),
    Row(
        "wyoming",
        "licence-renewal",
        REFER,
        "0",
        "PTSB credit",
        at_most="1",
        rule="contact-hours",
        against={"contact-hours": ("priorApproval: unknown",)},
    ),
    # Nothing that is not known about the educator could make these accept it.
    Row(
        "micro-endorsement",
        "salary-lane",
        NOT,
        "0",
        "masters-equivalent hours",
        against={"micro-endorsement": ("stack: not_met", "issuerClass: not_met")},
    ),
    Row(
        "wyoming",
        "added-endorsement",
        NOT,
        "0",
        "endorsement",
        against={"approved-program": ("licenceState: unknown", "list: not_met", "stack: not_met")},
    ),
)
"""The badge and nothing else: no facts, no agreement, no approval."""


def assert_decided(decision: Decision, row: Row) -> None:
    assert decision.kind is row.kind
    assert str(decision.amount) == row.amount
    assert str(decision.at_most) == (row.at_most or row.amount)
    assert decision.unit == row.unit
    assert decision.exact
    assert against(decision) == row.against
    assert_told_why(decision, row)


def assert_told_why(decision: Decision, row: Row) -> None:
    """The words for a clerk name the rule, its citation and the answers that it turns on."""
    (item,) = decision.items
    assert item.rule == (row.rule or None)
    said = " ".join((*item.why, *(each.text for each in decision.missing)))
    if row.rule:
        rule = next(each for each in examples.policy(row.policy).rules if each.id == row.rule)
        assert rule.title in said
        assert rule.citation.text in said
    else:
        asked = {test.asked for rule in decision.trace for test in rule.conditions if test.outcome != "met"}
        assert any(each in said for each in asked)


@pytest.mark.parametrize("row", KNOWN, ids=str)
def test_one_badge_is_decided_by_every_policy_in_its_own_way(row: Row) -> None:
    assert_decided(decide(row.policy, row.purpose), row)


@pytest.mark.parametrize("row", UNKNOWN, ids=str)
def test_what_is_not_known_is_referred_only_where_it_matters(row: Row) -> None:
    decision = recognize(
        (badge(),),
        examples.policy(row.policy),
        row.purpose,
        read_facts({}),
        example_badge.AS_OF,
        software="badgeport test",
    )
    assert_decided(decision, row)


def test_the_table_leaves_out_no_policy_and_no_purpose() -> None:
    tabled = {(row.policy, row.purpose) for row in KNOWN}
    assert tabled == {(name, purpose) for name in examples.names() for purpose in examples.policy(name).purposes}


def test_the_badge_says_hours_and_grants_no_credit() -> None:
    document = badge().document
    assert "creditsEarned" not in document["credentialSubject"]
    assert "creditsAvailable" not in document["credentialSubject"]["achievement"]


# -- marked as examples, dated and cited ------------------------------------------------------------------------------


def test_the_same_badge_has_conflicting_worth() -> None:
    given = {(str(each.amount), each.unit) for each in (decide(row.policy, row.purpose) for row in KNOWN)}
    assert {("10", "hours of salary advancement"), ("1", "board credit"), ("5", "PDP"), ("0.5", "USBE credit")} <= given


@pytest.mark.parametrize("name", examples.names())
def test_an_example_says_that_it_is_none_of_the_law(name: str) -> None:
    policy = examples.policy(name)
    assert policy.status == "example"
    assert "modelled on" in policy.title
    assert "(unverified, secondary source)" in policy.title
    assert policy.jurisdiction.name.endswith("(example)")
    assert policy.note is not None
    assert policy.note.startswith("An example and not law")
    assert policy.effective.start is not None


@pytest.mark.parametrize("name", examples.names())
def test_every_rule_and_cap_says_where_and_when_it_was_read(name: str) -> None:
    policy = examples.policy(name)
    for citation in (*(rule.citation for rule in policy.rules), *(cap.citation for cap in policy.caps)):
        assert citation.text
        assert citation.accessed == date(2026, 11, 22)


def _identifiers(value: object, at: str = "") -> Iterator[str]:
    """Every identifier and address in a policy but those of citations."""
    if isinstance(value, dict):
        for member, inner in value.items():
            if member != "citation":
                yield from _identifiers(inner, member)
    elif isinstance(value, list):
        for inner in value:
            yield from _identifiers(inner, at)
    elif isinstance(value, str) and re.match(r"did:|https?:", value):
        yield value


@pytest.mark.parametrize("name", examples.names())
def test_nobody_real_is_named_by_an_identifier(name: str) -> None:
    found = list(_identifiers(examples.policy(name).body))
    assert found
    for identifier in found:
        assert re.match(r"(did:web:|https://)[a-z0-9.-]+\.example(/|$)", identifier), identifier


def test_the_text_is_what_a_person_wrote_and_other_names_are_refused() -> None:
    assert examples.text("utah").startswith("# An example and not law")
    with pytest.raises(KeyError):
        examples.text("../utah")
    with pytest.raises(KeyError):
        examples.policy("florida")


@pytest.mark.parametrize("name", examples.names())
def test_an_example_is_the_same_policy_after_its_json_and_its_text(name: str) -> None:
    policy = examples.policy(name)
    body = json.loads(json.dumps(policy.body))
    assert jsonschema_rs.Draft202012Validator(policy_schema()).is_valid(body)
    assert policy_of(body) == policy
    assert read_policy(policy_text(policy.body)) == policy


def test_the_documentation_has_every_example() -> None:
    page = (example_badge.ROOT / "docs" / "examples.md").read_text(encoding="utf-8")
    for name in examples.names():
        assert f"`{name}`" in page
