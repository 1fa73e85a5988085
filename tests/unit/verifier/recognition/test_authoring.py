"""What an author is told: every policy that could not be decided is refused, with the line and the reason."""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from badgeport.verifier.recognition.authoring.authoring import (
    PolicyRefused,
    asked_by,
    findings_of,
    policy_of,
    read_policy,
)
from badgeport.verifier.recognition.authoring.findings import CODES
from badgeport.verifier.recognition.model import (
    AllOf,
    AnyOf,
    Citation,
    Counting,
    Exchange,
    Fixed,
    Jurisdiction,
    ListEntry,
    Need,
    Period,
    PurposeTerms,
    Test,
)
from support.policies import POLICY, edited, line_of

PACKAGE = Path(__file__).resolve().parents[4] / "verifier" / "badgeport" / "verifier" / "recognition" / "authoring"
DOCUMENTATION = Path(__file__).resolve().parents[4] / "docs" / "policy.md"


# -- what a policy becomes ------------------------------------------------------------------------------------------


def test_the_head_of_a_policy() -> None:
    policy = read_policy(POLICY)
    assert policy.id == "https://policies.kaneridge.example/credit"
    assert (policy.version, policy.supersedes, policy.status, policy.language) == ("2026-1", "2025-1", "example", "en")
    assert policy.jurisdiction == Jurisdiction("did:web:kaneridge.example", "Kaneridge District", "US-IL", "district")
    assert policy.effective == Period(date(2026, 7, 1), date(2027, 6, 30))
    assert policy.note == "Modelled on a district's page; an example and not law."
    assert policy.purposes["salary-lane"] == PurposeTerms("salary-lane", "Salary schedule", "in-district credit")
    assert policy.lists["approved"].entries == (
        ListEntry("https://guild.example/a/thinking", "did:web:guild.example", period=Period(date(2025, 1, 1))),
        ListEntry("https://guild.example/a/asking", None, "2", Period(None, date(2027, 12, 31)), "Asking"),
    )
    assert policy.issuer_classes == {"cooperative": {"did:web:coop.example", "did:web:guild.example"}}
    assert policy.agreements == ("https://partnership.example/agreements/quality",)
    assert policy.authorities == ("did:web:agency.example",)
    assert policy.counting == Counting(True, "either", (frozenset({"salary-lane", "stipend"}),))


def test_a_rule_with_an_exchange() -> None:
    rule = read_policy(POLICY).rules[0]
    assert (rule.id, rule.category, rule.purpose, rule.office) == ("bachelor", "bachelor", "salary-lane", None)
    assert rule.effective == Period(date(2026, 8, 1))
    assert rule.citation == Citation(
        "Agreement, section 5.10B", "https://kaneridge.example/agreement", date(2026, 1, 15)
    )
    assert rule.worth == Exchange("contact hours", Decimal(14), Decimal(1), Decimal("0.5"), "down", "each", Decimal(2))
    assert rule.needs == (Need("form", "form", "Form 5.10B, signed by the principal", "form510B"),)
    assert rule.who == AllOf(
        (
            Test("lane", "lane", {"oneOf": ["BA", "BA+15"]}, "/rules/0/who/0/lane"),
            AnyOf(
                (
                    Test(
                        "fact",
                        "fact",
                        {"name": "yearsInDistrict", "atLeast": Decimal("2.5")},
                        "/rules/0/who/1/any/0/fact",
                    ),
                    Test("role", "role", {"oneOf": "teacher"}, "/rules/0/who/1/any/1/role"),
                )
            ),
        )
    )
    assert isinstance(rule.credential, AnyOf)
    assert [test.pointer for test in asked_by(rule)][-2:] == [
        "/rules/0/conditions/1/evidence",
        "/rules/0/conditions/2/issuerAuthorized",
    ]


def test_a_rule_about_several_credentials_together() -> None:
    rule = read_policy(POLICY).rules[1]
    assert [(slot.id, slot.count) for slot in rule.slots] == [("core", 2), ("choice", 1)]
    assert (rule.times, rule.office, rule.worth) == (2, "Personnel office", Fixed(Decimal(3)))


def test_caps_are_limits_on_categories_rules_or_a_purpose() -> None:
    first, second = read_policy(POLICY).caps
    assert (first.categories, first.rules, first.amount, first.per, first.partial) == (
        {"bachelor"},
        frozenset(),
        Decimal(12),
        "ever",
        False,
    )
    assert (second.rules, second.per, second.partial) == ({"pay"}, "year", True)


def test_asked_by_one_kind_have_ids_of_their_own_within_the_rule() -> None:
    text = edited(("- evidence: 1", "- effort: {unit: PDP, atLeast: 1}\n      - effort: {unit: CEU, atLeast: 1}"))
    ids = [test.id for test in asked_by(read_policy(text).rules[0])]
    assert [name for name in ids if name.startswith("effort")] == ["effort", "effort-2", "effort-3"]
    assert len(ids) == len(set(ids))


def test_amounts_stay_exact_however_they_are_written() -> None:
    written = [edited(("fixed: 3.00", f"fixed: {text}")) for text in ("0.1", "0.10", '"0.1"', "1e-1", ".1")]
    policies = [read_policy(text) for text in written]
    assert {policy.rules[1].worth for policy in policies} == {Fixed(Decimal("0.1"))}
    assert len({policy.sha256 for policy in policies}) == 1
    assert policies[0].body["rules"][1]["worth"] == {"fixed": "0.1"}


def test_yaml_and_json_of_the_same_policy_are_the_same_policy() -> None:
    policy = read_policy(POLICY)
    again = read_policy(json.dumps(policy.body))
    assert again == policy
    assert policy_of(json.loads(json.dumps(policy.body))) == policy
    assert read_policy(json.dumps(policy.body, indent=2, sort_keys=True).encode()).sha256 == policy.sha256


def test_the_digest_is_that_of_the_canonical_json() -> None:
    import hashlib

    from badgeport.proofs.canonicalization.jcs import jcs

    policy = read_policy(POLICY)
    assert policy.sha256 == hashlib.sha256(jcs(dict(policy.body))).hexdigest()


def test_comments_and_layout_make_no_difference_and_any_word_does() -> None:
    policy = read_policy(POLICY)
    assert read_policy("# more\n\n" + POLICY.replace("title: A year,", "title:  A year ,")).sha256 == policy.sha256
    assert read_policy(edited(("title: A year,", "title: One year,"))).sha256 != policy.sha256


def test_what_may_be_left_out() -> None:
    text = """
id: https://policies.kaneridge.example/credit
version: "1"
title: Credit
jurisdiction: {id: "did:web:kaneridge.example", name: Kaneridge, area: US, kind: cooperative}
effective: {from: 2026-07-01}
status: in-force
purposes: {designation: {title: Designation, unit: designation}}
rules:
  - id: one
    title: One
    purpose: designation
    citation: {text: Section 1}
    conditions: [{holderBound: true}]
    worth: {fixed: 1}
    decides: automatic
"""
    policy = read_policy(text)
    assert policy.counting == Counting()
    assert (policy.caps, policy.lists, policy.note, policy.language) == ((), {}, None, "en")
    assert policy.rules[0].credential == AllOf()


# -- what is refused ------------------------------------------------------------------------------------------------

EITHER = "{any: [{list: approved}, {issuerClass: cooperative}]}"
CLASS = '["did:web:coop.example", "did:web:guild.example"]'
APPROVED = 'issuerAuthorized: {by: ["did:web:agency.example"]}'
LANES = "    purpose: salary-lane\n    categories: [bachelor]"
TWELVE = '    partial: false\n    citation: {text: "Agreement, section 5.10B"}'

REFUSED = [
    # undated, periods
    ("effective: {from: 2026-07-01, until: 2027-06-30}", "effective: {until: 2027-06-30}", "undated", "'from'"),
    ("effective: {from: 2026-07-01, until: 2027-06-30}", "effective: {from: , until: 2027-06-30}", "undated", "'from'"),
    ("effective: {from: 2026-07-01, until: 2027-06-30}", "effective: {from: 2027-02-29}", "no-such-day", "2027-02-29"),
    ("effective: {from: 2026-07-01, until: 2027-06-30}", "effective: {from: 01/07/2026}", "malformed", "01/07/2026"),
    ("effective: {from: 2026-07-01, until: 2027-06-30}", "effective: {from: 20260701}", "malformed", "2026-07-01"),
    ("until: 2027-06-30}", "until: 2026-06-30}", "empty-period", "before it starts"),
    ("    effective: {from: 2026-08-01}", "    effective: {from: 2025-08-01}", "outside-period", "2025-08-01"),
    ("    effective: {from: 2026-08-01}", "    effective: {until: 2027-07-01}", "outside-period", "2027-07-01"),
    ("    effective: {from: 2026-08-01}", "    effective: {}", "empty-member", "'effective'"),
    ("from: 2025-01-01}", "from: 2025-01-01, until: 2024-12-31}", "empty-period", "2024-12-31"),
    # citations
    ('    citation: {text: "Agreement, section 5.11"}\n', "", "missing-citation", "'citation'"),
    ('    citation: {text: "Agreement, section 5.11"}\n', "    citation:\n", "missing-citation", "empty 'citation'"),
    ('citation: {text: "Agreement, section 5.11"}', "citation: {accessed: 2026-01-01}", "missing-citation", "'text'"),
    (
        '    partial: false\n    citation: {text: "Agreement, section 5.10B"}',
        "    partial: false",
        "missing-citation",
        "",
    ),
    ('url: "https://kaneridge.example/agreement"', "url: kaneridge.example", "malformed", "'url'"),
    # units
    ("        of: contact hours", "        of: contact days", "unknown-unit", "'contact days'"),
    ("effort: {unit: contact hours,", "effort: {unit: parsecs,", "unknown-unit", "'parsecs'"),
    # names
    ("{list: approved}, {", "{list: aproved}, {", "unknown-name", "was 'approved' meant"),
    ("{issuerClass: cooperative}", "{issuerClass: cooperatives}", "unknown-name", "'cooperatives'"),
    ('{agreement: "https://partnership.example/agreements/quality"}', '{agreement: "urn:x"}', "unknown-name", "urn:x"),
    (
        'issuerAuthorized: {by: ["did:web:agency.example"]}',
        "issuerAuthorized: {by: did:web:b.example}",
        "unknown-name",
        "",
    ),
    ("    purpose: stipend\n    citation: {text", "    purpose: wages\n    citation: {text", "unknown-name", "'wages'"),
    ("    categories: [bachelor]", "    categories: [bachelors]", "unknown-name", "was 'bachelor' meant"),
    ("rules: [pay]", "rules: [pays]", "unknown-name", "was 'pay' meant"),
    ("exclusive: [[salary-lane, stipend]]", "exclusive: [[salary-lane, designation]]", "unknown-name", "designation"),
    ("  stipend: {title: Stipend, unit: USD}", "  wages: {title: Stipend, unit: USD}", "unknown-purpose", "'wages'"),
    ("evidence: 1", "evidences: 1", "unknown-test", "was 'evidence' meant"),
    ("evidence: 1", "gravity: 1", "unknown-test", "earnedAfter"),
    ("evidence: 1", "lane: BA", "misplaced-test", "'who'"),
    ("language: en", "langauge: en", "unknown-member", "was 'language' meant"),
    ("language: en", "language: English", "malformed", "'language'"),
    ("language: en", "language:", "empty-member", "'language'"),
    # caps of nothing, purposes of nothing
    (
        "    purpose: salary-lane\n    categories: [bachelor]",
        "    purpose: stipend\n    rules: [path]",
        "cap-of-nothing",
        "",
    ),
    ("    amount: 12", "    amount: 0.5\n    rules: [path]\n    title2: x", "unknown-member", "'title2'"),
    (
        "  stipend: {title",
        "  designation: {title: Lead, unit: title}\n  stipend: {title",
        "idle-purpose",
        "'designation'",
    ),
    # amounts
    ("fixed: 3.00", "fixed: 0", "amount", "more than 0"),
    ("fixed: 3.00", "fixed: -3", "amount", "-3"),
    ("fixed: 3.00", "fixed: three", "malformed", "a number"),
    ("fixed: 3.00", "fixed: 0.1234567", "amount", "6 digits"),
    ("fixed: 3.00", "fixed: .inf", "number", ".inf"),
    ("fixed: 3.00", "fixed: 3, exchange: {of: PDP, per: 1, gives: 1}", "malformed", "either"),
    ("    worth: {fixed: 3.00}", "    worth: {exchange: {of: PDP, per: 1, gives: 1}}", "combination-worth", "'slots'"),
    ("        per: 14", "        per: 0", "amount", "'per'"),
    ("mode: down,", "mode: nearest,", "malformed", "half-up"),
    ("amount: 600", "amount: -600", "amount", "-600"),
    ("amount: 600, per: year", "amount: 600, per: month", "malformed", "cycle"),
    ("atLeast: 7.5", "atLeast: 0", "parameter", "above 0"),
    ("atLeast: 7.5", "atLeast: much", "parameter", "a number"),
    ("atLeast: 7.5", "atLest: 7.5", "parameter", "was 'atLeast' meant"),
    ("effort: {unit: contact hours, atLeast: 7.5}", "effort: 7.5", "malformed", "{unit: …}"),
    ("oneOf: [BA, BA+15]", "oneOf: [BA, 15]", "parameter", "texts"),
    ("oneOf: [BA, BA+15]", "oneOf: 15", "parameter", "quotes"),
    ("oneOf: [BA, BA+15]", "oneOf: [BA, BA]", "parameter", "'oneOf'"),
    ("- evidence: 1", "- fact: {name: x, oneOf: [a], atLeast: 1}", "parameter", ""),
    ("- evidence: 1", "- fact: {name: x, equals: 1, atMost: 2}", "parameter", ""),
    # texts, lists, forms
    ('version: "2026-1"', "version: 2026", "malformed", "quotes"),
    ('supersedes: "2025-1"', 'supersedes: "2026-1"', "contradictory", "its own version"),
    ('version: "2026-1"', "", "missing", "'version'"),
    ("title: A whole path", f"title: {'x' * 301}", "malformed", "300"),
    ("id: path", "id: whole path", "malformed", "'whole path'"),
    ("id: path", "id: bachelor", "duplicate", "'bachelor'"),
    ("{id: choice,", "{id: core,", "duplicate", "'core'"),
    ("count: 2", "count: 0", "malformed", "whole number"),
    ("times: 2", "times: 1.5", "malformed", "whole number"),
    ("area: US-IL", "area: Illinois", "malformed", "ISO 3166"),
    ("kind: district}", "kind: school}", "malformed", "licensing-board"),
    ('id: "did:web:kaneridge.example"', 'id: "https://kaneridge.example"', "malformed", "DID"),
    ("status: example", "status: law", "malformed", "in-force"),
    ("decides: {office: Personnel office}", "decides: personnel", "malformed", "'decides'"),
    ("    decides: {office: Personnel office}\n", "", "missing", "'decides'"),
    ("    times: 2\n", "    times: 2\n    who: teacher\n", "malformed", "no test"),
    ("partial: false", "partial: no", "malformed", "true or false"),
    (CLASS, "[]", "count", "no entry"),
    (
        '["did:web:coop.example", "did:web:guild.example"]',
        '["did:web:a.example", "did:web:a.example"]',
        "duplicate",
        "",
    ),
    ('authorities: ["did:web:agency.example"]', 'authorities: "did:web:agency.example"', "malformed", "a list"),
    (
        "credential: {any: [{list: approved}, {issuerClass: cooperative}]}",
        "credential: {any: []}",
        "malformed",
        "'any'",
    ),
    (EITHER, "{list: approved, tag: x}", "several-tests", "'- '"),
    ("[{tag: inquiry}]", "[]", "missing", "'credential'"),
    ("[{tag: inquiry}]", "[[]]", "malformed", "without a test"),
]


@pytest.mark.parametrize(("old", "new", "code", "words"), REFUSED)
def test_a_policy_that_cannot_be_decided_is_refused_with_line_and_reason(
    old: str, new: str, code: str, words: str
) -> None:
    text = edited((old, new))
    findings = findings_of(text)
    told = [finding for finding in findings if finding.code == code and words in finding.message]
    assert told, f"not told: {[str(finding) for finding in findings]}"
    first = POLICY[: POLICY.index(old)].count("\n") + 1
    # A member that is not there is told where the object starts; everything else on the line on which it stands.
    lines = range(first, first + new.count("\n") + 1)
    start = POLICY[: POLICY.index(old)].rfind("\n  - ")
    block = POLICY[: start + 1].count("\n") + 1 if start >= 0 else 2
    assert told[0].line in (*lines, block), f"line {told[0].line} of {lines}"
    for finding in findings:
        assert finding.line is not None
        assert finding.message.endswith(".")
        assert "\n" not in finding.message


@pytest.mark.parametrize(
    ("edit", "part", "words"),
    [
        (("- lane: {oneOf: [BA, BA+15]}", "- lane: BA\n      - lane: MA"), "- lane: MA", "'lane' and 'lane-2'"),
        (("- evidence: 1", "- earnedAfter: 2027-06-30"), "- earnedAfter: 2027-06-30", "while the policy holds"),
        (
            ("- evidence: 1", "- earnedAfter: 2026-01-01\n      - earnedBefore: 2026-01-02"),
            "- earnedBefore",
            "'earnedAfter' and 'earnedBefore'",
        ),
        (
            ("- evidence: 1", "- earnedWithin: 2\n      - earnedBefore: 2024-08-01"),
            "- earnedBefore",
            "'earnedWithin' and 'earnedBefore'",
        ),
        (("- evidence: 1", "- fact: {name: x, atLeast: 3, atMost: 2}"), "- fact: {name: x", "what cannot be"),
        (
            ("- evidence: 1", "- fact: {name: x, equals: true}\n      - fact: {name: x, equals: false}"),
            "- fact: {name: x, equals: false}",
            "'fact-2' and 'fact-3'",
        ),
        (
            (
                "credential: {any: [{list: approved}, {issuerClass: cooperative}]}",
                'credential: [{list: approved}, {achievement: "urn:x"}]',
            ),
            "credential: [{list",
            "'list' and 'achievement'",
        ),
        (
            ("[{tag: inquiry}]", "[{stack: true}, {stack: false}]"),
            "[{stack: true}",
            "the slot 'choice' of the rule 'path'",
        ),
        (
            (
                "{any: [{list: approved}, {issuerClass: cooperative}]}",
                '[{issuerClass: cooperative}, {issuer: "did:web:x.example"}]',
            ),
            "credential: [{issuerClass",
            "'issuerClass' and 'issuer'",
        ),
    ],
)
def test_a_rule_that_nobody_can_meet_is_refused(edit: tuple[str, str], part: str, words: str) -> None:
    text = edited(edit)
    told = [finding for finding in findings_of(text) if finding.code == "impossible"]
    assert [(finding.line, words in finding.message) for finding in told] == [(line_of(text, part), True)], told


@pytest.mark.parametrize(
    "edit",
    [
        ("- lane: {oneOf: [BA, BA+15]}", "- lane: {oneOf: [BA, MA]}\n      - lane: ma"),
        ("- lane: {oneOf: [BA, BA+15]}", "- any: [{lane: BA}, {lane: MA}]\n      - lane: MA"),
        ("- lane: {oneOf: [BA, BA+15]}", "- subject: Art\n      - subject: Music"),
        ("- evidence: 1", "- earnedAfter: 2026-01-01\n      - earnedBefore: 2026-01-03"),
        ("- evidence: 1", "- fact: {name: x, atLeast: 2, atMost: 2}"),
        ("- evidence: 1", "- fact: {name: x, oneOf: a}\n      - fact: {name: x, oneOf: b}"),
        ("- evidence: 1", "- earnedWithin: 3\n      - earnedBefore: 2024-08-01"),
    ],
)
def test_what_somebody_can_meet_is_not_refused(edit: tuple[str, str]) -> None:
    assert findings_of(edited(edit)) == ()


def test_a_rule_with_too_many_combinations_to_look_at_is_taken_to_be_possible() -> None:
    choices = "".join(f"      - any: [{{fact: {{name: f{i}, atLeast: 1}}}}, {{role: r{i}}}]\n" for i in range(20))
    text = edited(("    who:\n", "    who:\n" + choices))
    assert "impossible" not in {finding.code for finding in findings_of(text)}


def test_two_rules_that_ask_for_the_same_contradict_each_other() -> None:
    rule = POLICY[POLICY.index("  - id: pay\n") : POLICY.index("caps:\n")]
    other = rule.replace("id: pay", "id: pay-2").replace('"200.50"', "300")
    text = edited(("caps:\n", other + "caps:\n"))
    (finding,) = findings_of(text)
    assert (finding.code, finding.line) == ("contradictory", line_of(text, "  - id: pay-2"))
    assert "'pay-2'" in finding.message
    assert "'pay'" in finding.message
    dated = text.replace("    title: Stipend\n", "    title: Stipend\n    effective: {until: 2026-12-31}\n", 1)
    head, tail = dated.split("  - id: pay-2\n")
    dated = head + "  - id: pay-2\n    effective: {from: 2027-01-01}\n" + tail
    assert findings_of(dated) == ()


def test_an_exchange_that_is_rounded_to_nothing_is_refused() -> None:
    worth = "    worth: {exchange: {of: credentials, per: 2, gives: 10, round: {to: 10}}}\n"
    text = edited(('    worth: {fixed: "200.50"}\n', worth))
    (finding,) = findings_of(text)
    assert (finding.code, finding.line) == ("gives-nothing", line_of(text, "of: credentials"))
    assert findings_of(text.replace("round: {to: 10}", "round: {to: 10, over: total}")) == ()


def test_a_cap_under_which_nothing_fits_is_refused() -> None:
    text = edited(("amount: 600, per: year", "amount: 100, partial: false"))
    (finding,) = findings_of(text)
    assert (finding.code, finding.line) == ("cap-of-nothing", line_of(text, "- {id: year"))
    assert (
        findings_of(
            text.replace("partial: false}", "partial: true}").replace("amount: 100, partial: false", "amount: 100")
        )
        == ()
    )


def test_a_list_with_the_same_entry_twice_is_refused() -> None:
    entry = (
        '      - {achievement: "https://guild.example/a/thinking", issuer: "did:web:guild.example", from: 2025-01-01}\n'
    )
    text = edited((entry, entry + entry))
    (finding,) = findings_of(text)
    assert (finding.code, finding.line) == ("duplicate", line_of(POLICY, entry) + 1)


def test_the_jurisdiction_believes_itself() -> None:
    text = edited((APPROVED, "issuerAuthorized: {by: did:web:kaneridge.example}"))
    assert findings_of(text) == ()


def test_times_are_of_combinations_only() -> None:
    text = edited(('    worth: {fixed: "200.50"}\n', '    worth: {fixed: "200.50"}\n    times: 2\n'))
    (finding,) = findings_of(text)
    assert (finding.code, finding.line) == ("times-without-slots", line_of(text, "    times: 2\n    decides: auto"))


def test_a_rule_has_to_say_which_credentials_count() -> None:
    text = edited(('    credential: [{agreement: "https://partnership.example/agreements/quality"}]\n', ""))
    (finding,) = findings_of(text)
    assert (finding.code, finding.line) == ("missing", line_of(text, "  - id: pay\n"))


def test_findings_come_in_the_order_of_the_lines_and_are_told_together() -> None:
    text = edited(("amount: 600", "amount: 0"), ("fixed: 3.00", "fixed: 0"), ("status: example", "status: x"))
    findings = findings_of(text)
    assert [finding.code for finding in findings] == ["malformed", "amount", "amount"]
    lines = [finding.line for finding in findings if finding.line is not None]
    assert lines == sorted(lines)
    with pytest.raises(PolicyRefused) as caught:
        read_policy(text)
    assert str(caught.value).splitlines() == [str(finding) for finding in findings]
    assert str(findings[0]).startswith("line 7: ")


def test_a_json_text_is_told_its_lines_too() -> None:
    body = json.loads(json.dumps(read_policy(POLICY).body))
    body["rules"][1]["worth"] = {"fixed": 0}
    body["lists"]["approved"]["entries"] = []
    text = json.dumps(body, indent=1)
    assert [(finding.line, finding.pointer) for finding in findings_of(text)] == [
        (line_of(text, '"entries": []'), "/lists/approved/entries"),
        (line_of(text, '"fixed": 0'), "/rules/1/worth/fixed"),
    ]
    with pytest.raises(PolicyRefused) as caught:
        policy_of(body)
    assert [(each.line, each.pointer) for each in caught.value.findings] == [
        (None, "/lists/approved/entries"),
        (None, "/rules/1/worth/fixed"),
    ]


@pytest.mark.parametrize("text", ["[]", "just text", "1", "null", "{}", "- a\n- b\n"])
def test_what_is_no_policy_at_all_is_refused(text: str) -> None:
    assert findings_of(text)


def test_no_more_findings_than_a_person_would_read() -> None:
    entries = "".join(f"      - {{colour: {number}}}\n" for number in range(300))
    text = edited(("    entries:\n", "    entries:\n" + entries))
    assert len(findings_of(text)) == 100


def test_every_code_is_documented_and_used() -> None:
    sources = "".join(
        (PACKAGE / f"{name}.py").read_text(encoding="utf-8")
        for name in ("reading", "form", "building", "rules", "expressions", "authoring")
    )
    used = set(re.findall(r'"([a-z]+(?:-[a-z]+)*)",? ', sources)) | set(re.findall(r'"([a-z-]+)",\n', sources))
    assert sorted(set(CODES) - used) == []
    said = set(re.findall(r'(?:say|_refuse)\(\s*(?:[\w.\[\]"]+(?: or [\w.]+)?, )?"([a-z-]+)",', sources))
    said |= set(re.findall(r'yield [^\n]*[")a-z], "([a-z-]+)", (?:message|f")', sources))
    assert len(said) > 30
    assert sorted(said - set(CODES)) == []
    documented = DOCUMENTATION.read_text(encoding="utf-8")
    assert [code for code, meaning in CODES.items() if f"| `{code}` | {meaning} |\n" not in documented] == []


def test_the_policy_in_the_documentation_can_be_decided() -> None:
    blocks = re.findall(r"```yaml\n(id: .*?)```", DOCUMENTATION.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        assert findings_of(block) == ()
