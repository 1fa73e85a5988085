"""Properties of reading recognition policies: whatever the text, an answer; whatever the policy, the same one again."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.verifier.recognition import examples as shipped
from badgeport.verifier.recognition.authoring.authoring import PolicyRefused, policy_of, read_policy
from badgeport.verifier.recognition.authoring.comparison import compare
from badgeport.verifier.recognition.authoring.findings import CODES
from badgeport.verifier.recognition.authoring.text import policy_text
from badgeport.verifier.recognition.model import Exchange, Fixed, RecognitionPolicy
from support.effort import examples
from support.policies import POLICY

SHIPPED = shipped.policy(shipped.names()[0])
TEXTS = (POLICY, *map(shipped.text, shipped.names()))
PIECES = (
    *(
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "? ",
        ", ",
        "&a ",
        "*a",
        "!t ",
        "|",
        ">",
        "%",
        "#",
        "'",
        '"',
        "\t",
        "\n",
        "---\n",
    ),
    *(
        "null",
        "~",
        ".nan",
        "1e999",
        "-0",
        "0x",
        "\\ud800",
        "\\U00110000",
        "\x85",
        "\u2028",
        "\ud800",
        "é",
        "any",
        "all",
    ),
    *(" " * 7, "id", "from", "slots", "rules", "2026-02-30", "<<: ", "{any: []}", "{fixed: 1}", "''"),
)


def answer(data: bytes | str) -> RecognitionPolicy | None:
    """The policy of a text, or None where it is refused in the way that is promised."""
    try:
        return read_policy(data)
    except PolicyRefused as refused:
        findings = refused.findings
    assert findings
    text = data if isinstance(data, str) else data.decode("utf-8", "replace")
    for finding in findings:
        assert finding.code in CODES
        assert finding.message.endswith(".")
        assert finding.message.isprintable()
        assert finding.line is None or 1 <= finding.line <= len(text.split("\n")) + 1
        assert finding.pointer == "" or finding.pointer.startswith("/")
    return None


@given(st.one_of(st.text(max_size=200), st.binary(max_size=200), st.lists(st.sampled_from(PIECES)).map("".join)))
@settings(max_examples=examples(400), deadline=None)
def test_any_text_is_answered(data: bytes | str) -> None:
    answer(data)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A policy with some of its text cut out, repeated or replaced."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 40)))
        text = text[:start] + draw(st.one_of(st.sampled_from(PIECES), st.just(text[start:end] * 2))) + text[end:]
    return text


@given(damaged())
@settings(max_examples=examples(250), deadline=None)
def test_a_damaged_policy_is_refused_or_another_policy(text: str) -> None:
    policy = answer(text)
    if policy is not None:
        assert read_policy(policy_text(policy.body)).sha256 == policy.sha256
        assert policy_of(policy.body) == policy


@given(damaged())
@settings(max_examples=examples(60), deadline=None)
def test_a_text_is_read_alike_each_time(text: str) -> None:
    def said() -> Any:
        try:
            return read_policy(text)
        except PolicyRefused as refused:
            return refused.findings

    assert said() == said()


# -- policies that are made up --------------------------------------------------------------------------------------

NAMES = st.from_regex(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,6}[A-Za-z0-9])?", fullmatch=True)
WORD = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
WORDS = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
AMOUNTS = st.decimals("0.000001", "99999", places=6).map(lambda value: format(value, "f"))
DAYS = st.dates(date(1900, 1, 1)).map(lambda day: day.isoformat())
TESTS = {
    "who": st.one_of(
        st.builds(lambda name: {"subject": name}, WORDS),
        st.builds(lambda name, least: {"fact": {"name": name, "atLeast": least}}, WORDS, AMOUNTS),
        st.builds(lambda name, value: {"fact": {"name": name, "equals": value}}, WORDS, st.integers(-99, 99)),
    ),
    "credential": st.one_of(
        st.builds(lambda tags: {"tag": {"oneOf": tags}}, st.lists(WORDS, min_size=1, max_size=3, unique=True)),
        st.just({"list": "approved"}),
    ),
    "conditions": st.one_of(
        st.builds(lambda count: {"evidence": count}, st.integers(1, 9)),
        st.builds(lambda least: {"effort": {"unit": "contact hours", "atLeast": least}}, AMOUNTS),
        st.just({"holderBound": True}),
    ),
}


def expressions(part: str) -> st.SearchStrategy[Any]:
    """One test, or several in ``all``, ``any`` or a list."""
    return st.recursive(
        TESTS[part],
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        ),
        max_leaves=3,
    )


WORTHS = st.one_of(
    st.builds(lambda amount: {"fixed": amount}, AMOUNTS),
    st.builds(
        lambda per, gives, step: {
            "exchange": {"of": "contact hours", "per": per, "gives": gives, "round": {"to": step, "over": "total"}}
        },
        AMOUNTS,
        AMOUNTS,
        AMOUNTS,
    ),
)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """The JSON of a policy that can be decided."""
    body: dict[str, Any] = {name: SHIPPED.body[name] for name in ("id", "jurisdiction")}
    body |= {"version": draw(WORDS), "title": draw(WORDS), "effective": {"from": draw(DAYS)}, "status": "draft"}
    body["purposes"] = {"stipend": {"title": draw(WORDS), "unit": draw(WORDS)}}
    body["lists"] = {"approved": {"title": draw(WORDS), "entries": [{"achievement": "urn:a", "name": draw(WORDS)}]}}
    rules = []
    for name in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        rule = {"id": name, "title": draw(WORDS), "purpose": "stipend", "citation": {"text": draw(WORDS)}}
        rule |= {"worth": draw(WORTHS), "decides": draw(st.one_of(st.just("automatic"), st.builds(_office, WORDS)))}
        # The name makes each rule ask for something of its own, so that no two contradict each other.
        rule["who"] = [{"fact": {"name": f"only {name}", "equals": True}}, draw(expressions("who"))]
        rule |= {part: draw(expressions(part)) for part in ("credential", "conditions")}
        rules.append(rule)
    body["rules"] = rules
    return body


def _office(name: str) -> dict[str, str]:
    return {"office": name}


@given(bodies())
@settings(max_examples=examples(40), deadline=None)
def test_a_policy_is_the_same_again_from_its_json_and_from_its_text(body: dict[str, Any]) -> None:
    policy = policy_of(body)
    assert policy_of(json.loads(json.dumps(policy.body))) == policy
    assert read_policy(json.dumps(policy.body)) == policy
    again = read_policy(policy_text(policy.body))
    assert again.sha256 == policy.sha256
    assert again.rules == policy.rules
    assert policy_text(again.body) == policy_text(policy.body)
    for rule, written in zip(policy.rules, body["rules"], strict=True):
        if isinstance(rule.worth, Fixed):
            assert rule.worth.amount == Decimal(written["worth"]["fixed"])
        else:
            assert isinstance(rule.worth, Exchange)
            assert rule.worth.per == Decimal(written["worth"]["exchange"]["per"])


@given(bodies(), bodies())
@settings(max_examples=examples(20), deadline=None)
def test_every_change_has_words_and_what_it_was_before_and_after(one: dict[str, Any], other: dict[str, Any]) -> None:
    old, new = policy_of(one), policy_of(other)
    assert compare(old, old) == ()
    found = compare(old, new)
    assert found or (old.version, old.title, [rule.id for rule in old.rules]) == (
        new.version,
        new.title,
        [rule.id for rule in new.rules],
    )
    for change in found:
        assert change.words.endswith(".")
        assert (change.before is None, change.after is None) in {
            "added": {(True, False)},
            "removed": {(False, True)},
            "changed": {(False, False), (True, False), (False, True)},
        }[change.kind]
