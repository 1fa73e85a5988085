"""Results, effort and rubrics in badges of issuers that write them in other ways than ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from badgeport.schemas import pointer
from badgeport.verifier.recognition.conditions import results, statements
from badgeport.verifier.recognition.conditions.candidates import trial_candidate
from badgeport.verifier.recognition.conditions.statements import Stated
from badgeport.verifier.recognition.conditions.units import QUANTITIES, canonical_unit, known_unit, same_unit

HOURS = {"id": "#hours", "type": ["ResultDescription"], "name": "Contact hours", "resultType": "ext:ContactHours"}
UNIT = {"id": "#unit", "type": ["ResultDescription"], "name": "Credit unit", "resultType": "ext:CreditUnit"}


def badge(achievement: Any = None, **subject: Any) -> dict[str, Any]:
    stated = {"id": "https://issuer.example/a", **(achievement or {})}
    return {"type": ["OpenBadgeCredential"], "credentialSubject": {"achievement": stated, **subject}}


def amount(body: dict[str, Any], unit: str) -> Decimal | None:
    candidate = trial_candidate(body)
    found = results.quantity(candidate, unit)
    if found is None:
        return None
    assert found.pointer == "" or pointer.resolve(candidate.document, found.pointer) == found.shown
    return found.value


def of_hours(value: Any, **result: Any) -> dict[str, Any]:
    return badge({"resultDescription": [HOURS]}, result=[{"resultDescription": "#hours", "value": value, **result}])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (of_hours("7.5"), "7.5"),
        (of_hours(7.5), "7.5"),
        (of_hours(["12"]), "12"),
        (badge({"resultDescription": HOURS}, result={"resultDescription": "#hours", "value": "3"}), "3"),
        (badge({"resultDescription": HOURS}, result={"resultDescription": {"id": "#hours"}, "value": "3"}), "3"),
        (badge({}, result={"resultDescription": HOURS, "value": "4"}), "4"),
        (badge({}, result=[{"resultType": "ext:ContactHours", "value": "5"}]), "5"),
        (badge([], result=[]) | {"credentialSubject": [of_hours("6")["credentialSubject"]]}, "6"),
        (badge({"resultDescription": [HOURS]}, result=[{"resultDescription": "#other", "value": "3"}]), None),
        (badge({"resultDescription": [HOURS]}, result=[{"value": "3"}]), None),
        (badge({"resultDescription": [HOURS, HOURS]}, result=[{"resultDescription": "#hours", "value": "3"}]), None),
        (of_hours("ten"), None),
        (of_hours("-3"), None),
        (of_hours("NaN"), None),
        (of_hours("Infinity"), None),
        (of_hours("1e400"), None),
        (of_hours(True), None),
        (of_hours(["3", "4"]), None),
        (of_hours(["3", 3.0]), "3"),
        (of_hours("0"), "0"),
    ],
)
def test_contact_hours(body: dict[str, Any], expected: str | None) -> None:
    assert amount(body, "contact hours") == (None if expected is None else Decimal(expected))


def of_credits(unit: Any, achievement: dict[str, Any] | None = None, **subject: Any) -> dict[str, Any]:
    stated = [] if unit is None else [{"resultDescription": "#unit", "value": unit}]
    return badge({"resultDescription": [UNIT], **(achievement or {})}, result=stated, **subject)


@pytest.mark.parametrize(
    ("body", "unit", "expected"),
    [
        (of_credits("PDP", creditsEarned=15), "PDPs", "15"),
        (of_credits("Professional Development Points", creditsEarned=15), "PDP", "15"),
        (of_credits("PDP", {"creditsAvailable": 10}), "PDP", "10"),
        (of_credits("PDP", {"creditsAvailable": 10}, creditsEarned=4), "PDP", "4"),
        (of_credits("PDP", {"creditsAvailable": 10}, creditsEarned="four"), "PDP", None),
        (of_credits("semester hour", creditsEarned=3), "semester credit", "3"),
        (of_credits("contact hours", creditsEarned=10), "contact hours", "10"),
        (of_credits("Kaneridge credit", creditsEarned=1), "kaneridge credits", "1"),
        (of_credits("PDP", creditsEarned=15), "CEU", None),
        (of_credits(None, creditsEarned=15), "PDP", None),
        (of_credits("PDP"), "PDP", None),
        (of_credits(["PDP", "CEU"], creditsEarned=15), "PDP", None),
        (
            badge(
                {"resultDescription": [{"id": "#r", "name": "CEUs", "resultType": "Result"}]},
                result={"resultDescription": "#r", "value": "1.5"},
            ),
            "CEU",
            "1.5",
        ),
        (
            badge(
                {"resultDescription": [{"id": "#r", "name": "CEUs", "resultType": "Percent"}]},
                result={"resultDescription": "#r", "value": "90"},
            ),
            "CEU",
            None,
        ),
        (badge(), "credentials", "1"),
        (badge(), "micro-credentials", "1"),
    ],
)
def test_credits(body: dict[str, Any], unit: str, expected: str | None) -> None:
    assert amount(body, unit) == (None if expected is None else Decimal(expected))


def test_units_are_one_however_they_are_spelt() -> None:
    assert same_unit("Contact-Hours", "contact  hour")
    assert same_unit("In-district credits", "in district credit")
    assert same_unit("master's-equivalent credit hour", "masters-equivalent hours")
    assert not same_unit("clock hours", "contact hours")
    assert not same_unit("semester credit", "quarter credit")
    assert not same_unit("credits", "in-district credit")
    assert not same_unit("class", "clas")


def test_every_unit_is_its_own_canonical_name() -> None:
    assert [canonical_unit(name) for name in QUANTITIES] == list(QUANTITIES)


def test_a_policy_may_ask_for_known_units_and_its_own() -> None:
    assert known_unit("PDPs")
    assert not known_unit("contct hours")
    assert known_unit("Hours of salary advancement", ["hour of salary advancement"])


LEVELS = [
    {"id": "#m", "name": "Met", "points": "1"},
    {"id": "#n", "name": "Not met", "points": 0},
]


def rubric(result: dict[str, Any], **row: Any) -> results.Criterion:
    description = {
        "id": "#c",
        "name": "Reflection",
        "resultType": "RubricCriterionLevel",
        "rubricCriterionLevel": LEVELS,
        **row,
    }
    (criterion,) = results.rubric(trial_candidate(badge({"resultDescription": description}, result=result)))
    return criterion


@pytest.mark.parametrize(
    "result",
    [
        {"resultDescription": "#c", "achievedLevel": "#m"},
        {"achievedLevel": "#m"},
        {"resultDescription": "#c", "achievedLevel": {"id": "#m"}},
        {"resultDescription": "#c", "value": "met"},
        {"resultDescription": "#c", "value": "1"},
        {"resultDescription": "#c", "value": 1.0},
    ],
)
def test_a_level_is_told_by_its_id_its_name_or_its_points(result: dict[str, Any]) -> None:
    assert [score.level.name for score in rubric(result).achieved] == ["Met"]


@pytest.mark.parametrize("result", [{}, {"resultDescription": "#c", "value": "3"}, {"achievedLevel": "#x"}])
def test_other_scores_tell_no_level(result: dict[str, Any]) -> None:
    assert rubric(result).achieved == ()


def test_ranks_are_the_stated_levels_else_the_points_unless_two_levels_share_them() -> None:
    assert [level.rank for level in rubric({}).levels] == [1, 0]
    stated = [{**level, "level": rank} for rank, level in enumerate(LEVELS, 1)]
    assert [level.rank for level in rubric({}, rubricCriterionLevel=stated).levels] == [1, 2]
    shared = [{**level, "points": "1"} for level in LEVELS]
    assert [level.rank for level in rubric({}, rubricCriterionLevel=shared).levels] == [None, None]


def test_a_rubric_score_without_a_rubric_is_a_score_all_the_same() -> None:
    body = badge({}, result=[{"resultType": "RubricScore", "value": "3"}, {"value": "3"}])
    assert [each.pointer for each in results.loose_scores(trial_candidate(body))] == ["/credentialSubject/result/0"]


def test_evidence_that_says_nothing_is_none() -> None:
    body = badge() | {
        "evidence": [{"type": ["Evidence"]}, {"narrative": "Two lessons."}, "https://e.example/1", "", {"id": ""}]
    }
    shown = statements.evidence(trial_candidate(body))
    assert [each.pointer for each in shown] == ["/evidence/1", "/evidence/2"]


def test_a_member_that_holds_two_values_says_neither() -> None:
    body = badge({"id": ["https://a.example/1", "https://a.example/2"]})
    assert statements.achievement_id(trial_candidate(body)) is None
    one = badge({"id": ["https://a.example/1"]})
    assert statements.achievement_id(trial_candidate(one)) == Stated(
        "https://a.example/1", "/credentialSubject/achievement/id/0", "https://a.example/1"
    )


@pytest.mark.parametrize("text", ["1e41", "9" * 41, "1e-99", "0x10", "", " ", "1,5", None, [], {}])
def test_what_is_no_amount(text: Any) -> None:
    assert statements.number(text) is None
