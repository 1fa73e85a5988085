"""Reading an award: what is accepted, what is refused, and how the refusal reads."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from badgeport.issuer.award import award_problems, award_schema, parse_award, parse_issuer_profile, read_awards
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, ProblemError

Json = dict[str, Any]


def test_a_plain_award_is_read(award_json: Json) -> None:
    award = parse_award(award_json)
    assert award.achievement.achievement_type == "MicroCredential"
    assert award.achievement.criteria.narrative == "Submit a portfolio."
    assert award.achievement.rubric is not None
    assert [level.points for level in award.achievement.rubric.criteria[0].levels] == ["1", "2", "3.5"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-06-30", datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)),
        ("2026-06-30T10:00:00+02:00", datetime(2026, 6, 30, 8, 0, 0, tzinfo=UTC)),
        ("2026-06-30T10:00:00.987Z", datetime(2026, 6, 30, 10, 0, 0, tzinfo=UTC)),
    ],
)
def test_an_end_day_means_its_last_second(award_json: Json, text: str, expected: datetime) -> None:
    assert parse_award({**award_json, "validUntil": text}).valid_until == expected


def test_a_start_day_means_its_first_second(award_json: Json) -> None:
    award = parse_award({**award_json, "awardedDate": "2026-06-30"})
    assert award.awarded_date == datetime(2026, 6, 30, tzinfo=UTC)


def _set(*path: str | int, to: Any) -> Callable[[Json], None]:
    def change(award: Json) -> None:
        target: Any = award
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = to

    return change


REFUSED = [
    (_set("recipent", to={}), "/recipent", "did you mean 'recipient'"),
    (_set("achievement", "tag", to=["x"]), "/achievement/tag", "did you mean 'tags'"),
    (
        _set("achievement", "rubric", "criteria", 0, "levels", 0, "pionts", to=1),
        "/achievement/rubric/criteria/0/levels/0/pionts",
        "did you mean 'points'",
    ),
    (_set("qqqqqq", to=1), "/qqqqqq", "known here: achievement"),
    (_set("achievement", "name", to=" "), "/achievement/name", "must not be empty"),
    (_set("achievement", "name", to="a\x00b"), "/achievement/name", "control characters"),
    (_set("achievement", "name", to=5), "/achievement/name", "must be a text"),
    (_set("achievement", "criteria", to={}), "/achievement/criteria", "needs a narrative"),
    (_set("achievement", "image", to="pic.png"), "/achievement/image/id", "https URL"),
    (_set("achievement", "achievementType", to="Microcredential"), "/achievement/achievementType", "MicroCredential"),
    (_set("achievement", "inLanguage", to="English"), "/achievement/inLanguage", "language code"),
    (_set("achievement", "rubric", "criteria", to=[]), "/achievement/rubric/criteria", "must not be an empty list"),
    (
        _set("achievement", "rubric", "criteria", 0, "requiredLevel", to="Great"),
        "/achievement/rubric/criteria/0",
        "not one of its levels: Developing, Proficient, Exemplary",
    ),
    (
        _set("achievement", "rubric", "criteria", 0, "levels", 0, "points", to=9),
        "/achievement/rubric/criteria/0",
        "from lowest to highest",
    ),
    (
        _set("achievement", "rubric", "criteria", 0, "levels", 1, "name", to="Developing"),
        "/achievement/rubric/criteria/0",
        "two levels of the same name",
    ),
    (
        _set("achievement", "resultDescriptions", 0, "resultType", to="ext:CreditUnit"),
        "/achievement/resultDescriptions/0",
        "member of its own",
    ),
    (
        _set("achievement", "resultDescriptions", 0, "requiredValue", to=101),
        "/achievement/resultDescriptions/0",
        "not at most 100",
    ),
    (
        _set("achievement", "resultDescriptions", 0, "valueMin", to=101),
        "/achievement/resultDescriptions/0",
        "valueMin is greater",
    ),
    (_set("recipient", to={}), "/recipient", "needs an id"),
    (_set("recipient", to={"id": "mailto:a@b.example"}), "/recipient/id", "write it as 'email'"),
    (_set("recipient", to={"id": "someone"}), "/recipient/id", "absolute URI"),
    (_set("recipient", to={"email": "nobody"}), "/recipient/email", "e-mail address"),
    (_set("results", 0, to={"criterion": "Reflection"}), "/results/0", "both criterion and level"),
    (_set("results", 0, "criterion", to="Reflektion"), "/results/0/criterion", "did you mean 'Reflection'"),
    (_set("results", 0, "level", to="Exemplery"), "/results/0/level", "did you mean 'Exemplary'"),
    (_set("results", 0, "level", to="Developing"), "/results/0/level", "below the level 'Proficient'"),
    (_set("results", 0, to={"resultDescription": "Score", "value": 69.9}), "/results/0", "below the value '70'"),
    (_set("results", 0, to={"resultDescription": "Score", "value": "many"}), "/results/0", "not at least 0"),
    (_set("results", 0, to={"resultDescription": "Letter", "value": "C"}), "/results/0", "below the value 'B'"),
    (_set("results", 0, to={"resultDescription": "Letter", "value": "D"}), "/results/0", "allowed values: C, B, A"),
    (_set("results", 0, to={"resultDescription": "Completion", "value": "x"}), "/results/0", "needs a status"),
    (_set("results", 0, to={"resultDescription": "Skore", "value": 80}), "/results/0/resultDescription", "'Score'"),
    (_set("results", 0, to={"status": "Failed"}), "/results/0/status", "not awarded for that"),
    (_set("results", 0, to={"status": "Done"}), "/results/0/status", "must be one of"),
    (_set("results", 0, "value", to="x"), "/results/0", "write two results"),
    (_set("evidence", 0, to={}), "/evidence/0", "says nothing"),
    (_set("evidence", to={}), "/evidence", "must be a list"),
    (_set("credits", to=1.5), "/credits", "more than the 1"),
    (
        _set("id", to="https://badges.prairie-crossing.example/achievements/questioning"),
        "/id",
        "also the id of the achievement",
    ),
    (_set("contactHours", to=1 / 3), "/contactHours", "at most six decimals"),
    (_set("credits", to="1"), "/credits", "must be a number"),
    (_set("credits", to=-1), "/credits", "greater than or equal to 0"),
    (_set("validUntil", to="soon"), "/validUntil", "2026-06-30"),
    (_set("validFrom", to="2026-06-30T10:00:00"), "/validFrom", "with a zone"),
    (_set("assessment", to={"assessorIndependence": "high"}), "/assessment/assessorIndependence", "'same-school'"),
    (_set("stack", to={"members": []}), "/stack/members", "must not be an empty list"),
    (_set("status", to={}), "/status", "names no status list"),
    (
        _set("status", to={"revocation": {"list": "https://x.example/1", "index": -1}}),
        "/status/revocation/index",
        "greater than or equal to 0",
    ),
]


@pytest.mark.parametrize(("change", "pointer", "words"), REFUSED)
def test_a_mistake_is_named_with_its_place(
    award_json: Json, change: Callable[[Json], None], pointer: str, words: str
) -> None:
    broken = copy.deepcopy(award_json)
    change(broken)
    with pytest.raises(ProblemError) as caught:
        parse_award(broken)
    problem = caught.value.problem
    assert problem.type is MALFORMED_VALUE_ERROR
    assert (problem.pointer, words in problem.detail) == (pointer, True), problem.detail


def test_dates_that_contradict_are_refused(award_json: Json) -> None:
    with pytest.raises(ProblemError, match="must be after validFrom"):
        parse_award({**award_json, "validFrom": "2026-06-30", "validUntil": "2026-06-29"})
    with pytest.raises(ProblemError, match="must not be before activityStart"):
        parse_award({**award_json, "activityStart": "2026-06-30", "activityEnd": "2026-06-29"})


def test_an_award_scored_in_part_is_refused(award_json: Json) -> None:
    criteria = award_json["achievement"]["rubric"]["criteria"]
    criteria.append({**criteria[0], "id": "practice", "name": "Practice"})
    with pytest.raises(ProblemError, match="lack a level for 'Practice'"):
        parse_award(award_json)
    award_json["results"] *= 2
    with pytest.raises(ProblemError, match="a second time"):
        parse_award(award_json)
    award_json["results"] = []
    assert parse_award(award_json).results == ()


def test_criteria_and_levels_are_found_by_id(award_json: Json) -> None:
    award_json["achievement"]["rubric"]["criteria"][0]["levels"][2]["id"] = "top"
    award_json["results"] = [{"criterion": "reflection", "level": "top"}]
    assert parse_award(award_json).results[0].level == "top"


def test_the_first_problem_says_how_many_more_there_are(award_json: Json) -> None:
    del award_json["issuer"]
    award_json["nickname"] = award_json["colour"] = "x"
    assert len(award_problems(award_json)) == 3
    with pytest.raises(ProblemError, match=r"'issuer' is missing\. \(2 more problems in this award\.\)"):
        parse_award(award_json)


@pytest.mark.parametrize(
    "value", [None, True, 3, "award", [], {}, {"a": float("nan")}, {"a": "\ud800"}, {"a": object()}]
)
def test_what_is_no_award_is_a_problem_and_no_crash(value: object) -> None:
    assert award_problems(value)


def test_an_issuer_profile_is_read_by_itself() -> None:
    assert parse_issuer_profile({"name": "District", "id": "did:web:district.example"}).name == "District"
    with pytest.raises(ProblemError, match="The profile must be a JSON object"):
        parse_issuer_profile([])


class TestReadAwards:
    def test_one_a_list_and_ndjson_are_read_alike(self, award_json: Json) -> None:
        one = json.dumps(award_json)
        assert len(read_awards(one)) == 1
        assert len(read_awards(json.dumps(award_json, indent=2).encode())) == 1
        assert read_awards(f"[{one},{one}]") == read_awards(f"{one}\n\n{one}\r\n".encode())

    def test_the_place_in_a_list_or_line_is_named(self, award_json: Json) -> None:
        good, bad = json.dumps(award_json), json.dumps({**award_json, "credits": "x"})
        with pytest.raises(ProblemError) as caught:
            read_awards(f"[{good},{bad}]")
        assert caught.value.problem.pointer == "/1/credits"
        with pytest.raises(ProblemError, match=r"Line 3: 'credits' must be a number"):
            read_awards(f"{good}\n\n{bad}")
        with pytest.raises(ProblemError, match="Line 2: ") as caught:
            read_awards(good + "\n{")
        assert caught.value.problem.type is PARSING_ERROR

    @pytest.mark.parametrize("data", [b"", b"\xff", b"[]", b"[1]", b"{", b"{}{}", b"{}\n{}", b"nul", b'{"a":1,"a":2}'])
    def test_what_is_no_award_file_is_refused(self, data: bytes) -> None:
        with pytest.raises(ProblemError):
            read_awards(data)

    def test_a_file_beyond_the_limits_is_refused(self, award_json: Json) -> None:
        with pytest.raises(ProblemError):
            read_awards(json.dumps(award_json), Limits(input_bytes=10))


def test_the_schema_knows_every_member_and_no_other() -> None:
    schema = award_schema()
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["additionalProperties"] is False
    assert {"issuer", "achievement", "recipient", "creditUnit", "validUntil"} <= schema["properties"].keys()
    assert schema["required"] == ["issuer", "achievement", "recipient"]
