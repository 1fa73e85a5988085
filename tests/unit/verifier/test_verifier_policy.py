"""Policies: what they may say, and how outcomes become a verdict."""

from __future__ import annotations

from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.schemas import jsontext
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    NOTHING_REQUIRED,
    PARSING_ERROR,
    RANGE_ERROR,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.checks.ids import CHECK_IDS, CORE, ROWS
from badgeport.verifier.policy import BUILT_IN, DEFAULT, VCALM, Policy, decide, schema
from badgeport.verifier.report import CheckResult, Outcome, Verdict
from support.effort import examples


def results(**outcomes: str) -> tuple[CheckResult, ...]:
    """Every check passed, except those named (with underscores for hyphens)."""
    named = {name.replace("_", "-"): Outcome(value) for name, value in outcomes.items()}
    assert set(named) <= CHECK_IDS
    return tuple(
        CheckResult(check_id, "title", named.get(check_id, Outcome.PASSED), "message.") for check_id in ROWS.values()
    )


def test_a_policy_that_requires_nothing_is_refused() -> None:
    for text in ('{"name":"none","require":[]}', '{"name":"none"}'):
        with pytest.raises(ProblemError) as caught:
            Policy.from_json(text)
        assert caught.value.problem.type is NOTHING_REQUIRED
    with pytest.raises(ProblemError):
        Policy("none", frozenset())


@pytest.mark.parametrize(
    ("body", "kind", "pointer"),
    [
        ({"require": ["status"], "name": "x", "requires": []}, MALFORMED_VALUE_ERROR, "/requires"),
        ({"require": ["status"]}, MALFORMED_VALUE_ERROR, "/name"),
        ({"require": ["statuses"], "name": "x"}, MALFORMED_VALUE_ERROR, "/require"),
        ({"require": "status", "name": "x"}, MALFORMED_VALUE_ERROR, "/require"),
        ({"require": [1], "name": "x"}, MALFORMED_VALUE_ERROR, "/require"),
        ({"require": ["status"], "name": ""}, MALFORMED_VALUE_ERROR, "/name"),
        ({"require": ["status"], "name": "x", "warnOnly": ["signature"]}, MALFORMED_VALUE_ERROR, "/warnOnly"),
        (
            {"require": ["signature"], "name": "x", "allowUnknown": ["signature"]},
            MALFORMED_VALUE_ERROR,
            "/allowUnknown",
        ),
        ({"require": ["status"], "name": "x", "warnOnly": ["refresh"]}, MALFORMED_VALUE_ERROR, "/warnOnly"),
        (
            {"require": ["status"], "name": "x", "recognizedIssuersOnly": 1},
            MALFORMED_VALUE_ERROR,
            "/recognizedIssuersOnly",
        ),
        ({"require": ["status"], "name": "x", "clockSkewSeconds": -1}, RANGE_ERROR, "/clockSkewSeconds"),
        ({"require": ["status"], "name": "x", "clockSkewSeconds": 10**9}, RANGE_ERROR, "/clockSkewSeconds"),
        ({"require": ["status"], "name": "x", "clockSkewSeconds": True}, MALFORMED_VALUE_ERROR, "/clockSkewSeconds"),
    ],
)
def test_a_mistake_in_a_policy_file_is_named(body: dict[str, Any], kind: ProblemType, pointer: str) -> None:
    with pytest.raises(ProblemError) as caught:
        Policy.from_json(jsontext.dump(body))
    assert caught.value.problem.type is kind
    assert caught.value.problem.pointer == pointer
    assert caught.value.problem.detail


@pytest.mark.parametrize("text", ["", "[]", "{", '{"name":"a","name":"b"}'])
def test_a_policy_file_that_is_no_json_object_is_refused(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        Policy.from_json(text)
    assert caught.value.problem.type is PARSING_ERROR


@pytest.mark.parametrize("policy", BUILT_IN.values())
def test_built_in_policies_survive_being_written_and_read(policy: Policy) -> None:
    text = jsontext.dump(policy.to_json())
    assert Policy.from_json(text) == policy
    assert Policy.from_json(text).sha256 == policy.sha256
    jsonschema.validate(policy.to_json(), schema())


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    validator = jsonschema.Draft202012Validator(schema())
    validator.check_schema(schema())
    for body in (
        {"name": "x", "require": []},
        {"require": ["status"]},
        {"name": "x", "require": ["status"], "more": 1},
    ):
        assert list(validator.iter_errors(body))


def test_every_required_check_decides() -> None:
    assert decide(DEFAULT, results()) is Verdict.VALID
    for check_id in CHECK_IDS:
        name = check_id.replace("-", "_")
        assert decide(DEFAULT, results(**{name: "failed"})) is Verdict.INVALID
        unknown = decide(DEFAULT, results(**{name: "unknown"}))
        assert unknown is (Verdict.VALID if check_id in DEFAULT.allow_unknown else Verdict.UNDETERMINED)
        assert decide(DEFAULT, results(**{name: "skipped"})) is Verdict.VALID


def test_a_failure_outweighs_an_unknown() -> None:
    assert decide(DEFAULT, results(status="unknown", validity_period="failed")) is Verdict.INVALID


def test_no_policy_waives_the_core() -> None:
    narrow = Policy("narrow", frozenset({"recipient"}))
    for check_id in CORE:
        name = check_id.replace("-", "_")
        assert decide(narrow, results(**{name: "failed"})) is Verdict.INVALID
        assert decide(narrow, results(**{name: "unknown"})) is Verdict.UNDETERMINED
    assert decide(narrow, results(validity_period="failed")) is Verdict.VALID
    assert decide(narrow, results(recipient="failed")) is Verdict.INVALID


def test_a_check_that_is_missing_or_withheld_is_not_taken_as_passed() -> None:
    assert decide(DEFAULT, results()[1:]) is Verdict.UNDETERMINED
    assert decide(DEFAULT, ()) is Verdict.UNDETERMINED
    withheld = [
        CheckResult(each.id, each.title, Outcome.SKIPPED, "message.", withheld=True) if each.id == "status" else each
        for each in results()
    ]
    assert decide(DEFAULT, withheld) is Verdict.UNDETERMINED


def test_vcalm_warns_of_dates_and_status() -> None:
    for name in ("validity_period", "status", "revocation_list"):
        assert decide(VCALM, results(**{name: "failed"})) is Verdict.VALID
    for name in ("status_retrieval", "status"):
        assert decide(VCALM, results(**{name: "unknown"})) is Verdict.VALID
    for name in ("signature", "data_model", "context", "status_encoding"):
        assert decide(VCALM, results(**{name: "failed"})) is Verdict.INVALID


@settings(max_examples=examples(150), deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(CHECK_IDS)), st.sampled_from(list(Outcome))))
def test_making_an_outcome_worse_never_makes_a_verdict_better(changes: dict[str, Outcome]) -> None:
    rank = {Verdict.VALID: 0, Verdict.UNDETERMINED: 1, Verdict.INVALID: 2}
    before = [CheckResult(each.id, "t", changes.get(each.id, each.outcome), "m.") for each in results()]
    verdict = decide(DEFAULT, before)
    for index, each in enumerate(before):
        worse = [*before]
        worse[index] = CheckResult(each.id, "t", Outcome.FAILED, "m.")
        assert rank[decide(DEFAULT, worse)] >= rank[verdict]
