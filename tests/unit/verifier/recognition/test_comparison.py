"""What changed between two versions of a policy: every change is told, and two ways to write one thing are none."""

from __future__ import annotations

import pytest

from badgeport.verifier.recognition.authoring.authoring import read_policy
from badgeport.verifier.recognition.authoring.comparison import Change, compare
from support.policies import POLICY, edited

OLD = read_policy(POLICY)


def changes(*edits: tuple[str, str]) -> tuple[Change, ...]:
    return compare(OLD, read_policy(edited(*edits)))


@pytest.mark.parametrize(
    ("edit", "kind", "pointer", "words"),
    [
        (('version: "2026-1"', 'version: "2026-2"'), "changed", "/version", "The version: now 2026-2; before 2026-1."),
        (("title: In-district credit for", "title: Credit for"), "changed", "/title", "now Credit for"),
        (
            ("https://policies.kaneridge.example/credit", "https://b.example/p"),
            "changed",
            "/id",
            "now https://b.example/p",
        ),
        (("name: Kaneridge District", "name: Kaneland"), "changed", "/jurisdiction/name", "now Kaneland"),
        (("area: US-IL", "area: US-WI"), "changed", "/jurisdiction/area", "US-WI"),
        (
            ("until: 2027-06-30}", "until: 2028-06-30}"),
            "changed",
            "/effective",
            "now from 1 July 2026 until 30 June 2028; before from 1 July 2026 until 30 June 2027.",
        ),
        (("status: example", "status: draft"), "changed", "/status", "now draft; before example"),
        (("language: en", "language: es"), "changed", "/language", "now es"),
        (('supersedes: "2025-1"\n', ""), "changed", "/supersedes", "now none; before 2025-1"),
        (("unit: USD", "unit: EUR"), "changed", "/purposes/stipend", "counted in EUR; before Stipend, counted in USD"),
        (("title: Approved micro-cred", "title: Micro-cred"), "changed", "/lists/approved/title", "'approved'"),
        (
            ("until: 2027-12-31", "until: 2028-12-31"),
            "changed",
            "/lists/approved/entries/1",
            "now named 'Asking', until 31 December 2028; before named 'Asking', until 31 December 2027.",
        ),
        (
            ('a/asking", until', 'a/telling", until'),
            "added",
            "/lists/approved/entries/1",
            "List 'approved': new entry 'Asking', named 'Asking', until 31 December 2027.",
        ),
        (
            ('["did:web:coop.example", "did:web:guild.example"]', '["did:web:coop.example", "did:web:new.example"]'),
            "changed",
            "/issuerClasses/cooperative",
            "new is did:web:new.example, gone is did:web:guild.example.",
        ),
        (("oneOf: [BA, BA+15]", "oneOf: [BA]"), "changed", "/rules/0/who", "what is asked of the educator"),
        (("[{tag: inquiry}]", "[{tag: questions}]"), "changed", "/rules/1/slots", "combination"),
        (("times: 2", "times: 3"), "changed", "/rules/1/times", "now 3; before 2"),
        (("atLeast: 7.5", "atLeast: 8"), "changed", "/rules/0/conditions", "8 contact hours"),
        (
            ("        per: 14", "        per: 10"),
            "changed",
            "/rules/0/worth",
            "Rule 'bachelor', worth: now 1 in-district credit for every 10 contact hours, rounded down to a multiple "
            "of 0.5 for each credential, at most 2 for one credential; before 1 in-district credit for every 14",
        ),
        (
            ("decides: {office: Personnel office}", "decides: automatic"),
            "changed",
            "/rules/1/decides",
            "now decided automatically; before decided by Personnel office",
        ),
        (("section 5.11", "section 5.12"), "changed", "/rules/1/citation", "now Agreement, section 5.12"),
        (("from: 2026-08-01", "from: 2026-09-01"), "changed", "/rules/0/effective", "now from 1 September 2026"),
        (("Form 5.10B, signed", "Form 5.10C, signed"), "changed", "/rules/0/alsoNeeded", "now Form 5.10C"),
        (("    category: path\n", ""), "changed", "/rules/1/category", "now none; before path"),
        (("title: A whole path", "title: A path"), "changed", "/rules/1/title", "now A path; before A whole path"),
        (
            ("    amount: 12", "    amount: 10"),
            "changed",
            "/caps/0",
            "Cap 'bachelor': now at most 10 in-district credit for 'Salary schedule' from category 'bachelor' ever; "
            "a credential that goes over does not count; before at most 12",
        ),
        (("per: year,", "per: cycle,"), "changed", "/caps/1", "in a cycle"),
        (("title: A year", "title: One year"), "changed", "/caps/1/title", "now One year"),
        (
            ("citation: {text: Policy 12}", "citation: {text: Policy 13}"),
            "changed",
            "/caps/1/citation",
            "now Policy 13",
        ),
        (("stacks: either", "stacks: both"), "changed", "/counting/stacks", "the stack and its members count"),
        (
            ("oncePerAchievement: true", "oncePerAchievement: false"),
            "changed",
            "/counting/oncePerAchievement",
            "each time",
        ),
        ((", exclusive: [[salary-lane, stipend]]", ""), "changed", "/counting/exclusive", "now none; before"),
        (
            ('authorities: ["did:web:agency.example"', 'authorities: ["did:web:agency.example", "did:web:b.example"'),
            "changed",
            "/authorities",
            "new is did:web:b.example",
        ),
    ],
)
def test_every_change_is_told_with_its_place(edit: tuple[str, str], kind: str, pointer: str, words: str) -> None:
    found = changes(edit)
    first = found[0]
    assert (first.kind, first.pointer) == (kind, pointer), found
    assert words in first.words
    assert first.words.endswith(".")
    assert first.before != first.after
    assert len(found) == (2 if kind == "added" else 1), found


def test_rules_and_caps_that_came_and_went() -> None:
    found = changes(
        ("  - id: pay\n", "  - id: wage\n"), ("rules: [pay]", "rules: [wage]"), ("{id: year,", "{id: years,")
    )
    assert [(change.kind, change.pointer) for change in found] == [
        ("added", "/rules/2"),
        ("removed", "/rules/2"),
        ("added", "/caps/1"),
        ("removed", "/caps/1"),
    ]
    assert found[0].words == "New rule 'wage' (Stipend): 200.5 USD."
    assert found[1].words == "The rule 'pay' (Stipend) is gone."
    assert (found[0].before, found[1].after) == (None, None)
    assert found[0].after["id"] == "wage"


def test_the_order_of_rules_is_told_because_it_decides_between_equal_ones() -> None:
    start, end = POLICY.index("  - id: path\n"), POLICY.index("  - id: pay\n")
    text = (
        POLICY[:start] + POLICY[end : POLICY.index("caps:\n")] + POLICY[start:end] + POLICY[POLICY.index("caps:\n") :]
    )
    (change,) = compare(OLD, read_policy(text))
    assert (change.kind, change.pointer) == ("changed", "/rules")


@pytest.mark.parametrize(
    "edit",
    [
        ("evidence: 1", "evidence: {atLeast: 1}"),
        ("fixed: 3.00", 'fixed: "3"'),
        ("[{tag: inquiry}]", "{tag: inquiry}"),
        ("[{tag: inquiry}]", "{all: [{any: [{tag: {oneOf: inquiry}}]}]}"),
        ("times: 2\n", "times: 2 # twice\n"),
    ],
)
def test_two_ways_to_write_one_thing_are_no_change(edit: tuple[str, str]) -> None:
    assert changes(edit) == ()


def test_a_change_is_data_too() -> None:
    (change,) = changes(("times: 2", "times: 3"))
    assert change.to_json() == {
        "kind": "changed",
        "pointer": "/rules/1/times",
        "words": "Rule 'path', times a combination counts: now 3; before 2.",
        "before": 2,
        "after": 3,
    }


def test_turning_the_comparison_round_turns_every_change_round() -> None:
    new = read_policy(
        edited(("times: 2", "times: 3"), ("  - id: pay\n", "  - id: wage\n"), ("rules: [pay]", "rules: []"))
    )
    there, back = compare(OLD, new), compare(new, OLD)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted((turned[each.kind], str(each.after), str(each.before)) for each in there) == sorted(
        (each.kind, str(each.before), str(each.after)) for each in back
    )
