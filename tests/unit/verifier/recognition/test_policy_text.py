"""A policy's JSON as text again: the same policy, readable, and always the same text."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ruamel.yaml import YAML

from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.authoring.authoring import read_policy
from badgeport.verifier.recognition.authoring.text import policy_text
from support.policies import POLICY, edited


@pytest.mark.parametrize("text", [POLICY, *map(examples.text, examples.names())], ids=["all", *examples.names()])
def test_the_text_is_read_as_the_same_policy(text: str) -> None:
    policy = read_policy(text)
    written = policy_text(policy.body)
    assert read_policy(written).sha256 == policy.sha256
    assert policy_text(read_policy(written).body) == written


def test_policies_with_the_same_digest_have_the_same_text() -> None:
    policy = read_policy(POLICY)
    turned = json.loads(json.dumps(policy.body), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    assert list(turned) != list(policy.body)
    assert policy_text(turned) == policy_text(policy.body)


def test_another_reader_of_yaml_reads_the_same() -> None:
    body = read_policy(POLICY).body
    found = YAML(typ="safe", pure=True).load(policy_text(body))
    assert found["rules"][0]["who"] == body["rules"][0]["who"]
    assert str(found["rules"][2]["worth"]["fixed"]) == body["rules"][2]["worth"]["fixed"]
    assert found["note"] == body["note"]


def test_members_stand_in_the_order_people_expect_and_short_ones_on_one_line() -> None:
    written = policy_text(read_policy(POLICY).body)
    assert written.startswith('id: https://policies.kaneridge.example/credit\nversion: "2026-1"\ntitle: In-district')
    for line in (
        "effective: {from: 2026-07-01, until: 2027-06-30}",
        "      - lane: {oneOf: [BA, BA+15]}",
        "          - fact: {name: yearsInDistrict, atLeast: 2.5}",
        "      - effort: {unit: contact hours, atLeast: 7.5}",
        "    worth: {exchange: {of: contact hours, per: 14, gives: 1, round: {to: 0.5, mode: down, over: each}, "
        "atMost: 2}}",
        "    worth: {fixed: 3}",
        "    worth: {fixed: 200.5}",
        "    amount: 12",
        "counting: {oncePerAchievement: true, stacks: either, exclusive: [[salary-lane, stipend]]}",
    ):
        assert line in written.splitlines()


@pytest.mark.parametrize(
    "title",
    [
        "yes",
        "null",
        "0.5",
        "2026-07-01",
        "1e3",
        "a: b",
        "a #b",
        "#b",
        "- b",
        "? b",
        "[b]",
        "{b: c}",
        "*b",
        "&b c",
        "!b",
        "%b",
        "@b",
        "`b",
        "it's",
        'say "b"',
        "back\\slash",
        "two\nlines",
        "tab\there",
        "ends with:",
        "Español, ¿qué?",
        "\U0001f600",
        "no\u00a0break",
        "long " * 40 + "end",
        "long  " * 40 + "end",
        "# " * 80 + "end",
        "x" * 290,
        "---",
        "...",
        "<<",
        "=",
        "~",
        "-",
        "a, b",
        "a]",
    ],
)
def test_text_that_yaml_would_take_for_something_else_is_written_so_that_it_does_not(title: str) -> None:
    quoted = json.dumps(title, ensure_ascii=False)
    policy = read_policy(
        edited(
            ("title: A whole path", f"title: {quoted}"),
            ("- lane: {oneOf: [BA, BA+15]}", f"- lane: {{oneOf: [BA, {quoted}]}}"),
        )
    )
    written = policy_text(policy.body)
    again = read_policy(written)
    assert again.rules[1].title == title
    assert again.sha256 == policy.sha256
    plain: Any = YAML(typ="safe", pure=True).load(written)
    assert plain["rules"][1]["title"] == title or title == "2026-07-01"


def test_a_text_and_a_number_stay_what_they_are() -> None:
    text = edited(("- evidence: 1", '- fact: {name: one, equals: "2.5"}\n      - fact: {name: two, equals: 2.5}'))
    written = policy_text(read_policy(text).body)
    assert '- fact: {name: one, equals: "2.5"}' in written
    assert "- fact: {name: two, equals: 2.5}" in written
