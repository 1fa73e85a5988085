"""Every kind of test: one case that meets it, one that does not, and one in which nobody can tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from badgeport.schemas import pointer as json_pointer
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.approval.agreements import Member
from badgeport.verifier.recognition.approval.authority import Approval, Authority
from badgeport.verifier.recognition.conditions.candidates import Candidate, trial_candidate
from badgeport.verifier.recognition.conditions.kinds import KINDS, QUANTITIES, Case, Judgement
from badgeport.verifier.recognition.decision import Outcome
from badgeport.verifier.recognition.model import ApprovedList, ListEntry, Period
from support.conditions import (
    ACHIEVEMENT,
    AGENCY,
    AGREEMENT,
    AS_OF,
    ISSUER,
    REFUSED,
    STACK,
    TEACHER,
    agreement,
    all_tests,
    approving,
    asked_test,
    case,
    credited,
    document,
    facts_without,
    policy,
    replaced,
    results_without,
    rule,
    without,
)

MET, NOT_MET, UNKNOWN = Outcome.MET, Outcome.NOT_MET, Outcome.UNKNOWN
BADGE = document()
NO_AWARD_DAY = without(without(BADGE, "awardedDate"), "validFrom")
NO_ALIGNMENT = without(BADGE, "credentialSubject", "achievement", "alignment")
NO_ACHIEVEMENT_ID = without(BADGE, "credentialSubject", "achievement", "id")
SUBJECT = "/credentialSubject"
RUBRIC_TYPE = "RubricCriterionLevel"


def _withholdable(**members: Any) -> Candidate:
    return replace(trial_candidate(BADGE), withholdable=True, **members)


def _in_registries(*, listed: tuple[str, ...] = (), read: tuple[str, ...] = ()) -> Candidate:
    return replace(trial_candidate(BADGE), listed_in=listed, read=read)


def _stack() -> dict[str, Any]:
    return document(
        stack={"members": [{"achievement": ACHIEVEMENT + "-1", "credential": "https://issuer.example/c/1"}]},
        achievement={**BADGE_ACHIEVEMENT, "related": []},
    )


BADGE_ACHIEVEMENT = {
    "id": STACK,
    "name": "Inquiry",
    "description": "A stack.",
    "criteria": "All of its micro-credentials.",
    "creditsAvailable": 1.0,
    "rubric": {
        "criteria": [
            {"id": "routine", "name": "R", "levels": [{"name": "Exemplary"}]},
            {"name": "Reflection", "levels": [{"name": "Proficient"}]},
        ]
    },
}

ROWS: list[tuple[str, dict[str, Any], Case, Outcome]] = [
    # who
    ("licenceType", {"oneOf": ["Standard", "initial"]}, case(), MET),
    ("licenceType", {"oneOf": ["initial"]}, case(), NOT_MET),
    ("licenceType", {"oneOf": ["initial"]}, case(facts=facts_without("licence", "type")), UNKNOWN),
    ("licenceStage", {"oneOf": "professional"}, case(), MET),
    ("licenceStage", {"oneOf": "provisional"}, case(), NOT_MET),
    ("licenceStage", {"oneOf": "provisional"}, case(facts={}), UNKNOWN),
    ("licenceState", {"oneOf": ["US-IL"]}, case(), MET),
    ("licenceState", {"oneOf": ["US-WY"]}, case(), NOT_MET),
    ("licenceState", {"oneOf": ["US-WY"]}, case(facts={}), UNKNOWN),
    ("licenceUnencumbered", {"is": True}, case(), MET),
    ("licenceUnencumbered", {"is": True}, case(facts={"licence": {"unencumbered": False}}), NOT_MET),
    ("licenceUnencumbered", {"is": True}, case(facts={}), UNKNOWN),
    ("role", {"oneOf": ["Classroom  Teacher"]}, case(), MET),
    ("role", {"oneOf": ["principal"]}, case(), NOT_MET),
    ("role", {"oneOf": ["principal"]}, case(facts={}), UNKNOWN),
    ("lane", {"oneOf": ["BA", "BA+15"]}, case(), MET),
    ("lane", {"oneOf": ["MA"]}, case(), NOT_MET),
    ("lane", {"oneOf": ["MA"]}, case(facts={}), UNKNOWN),
    ("degree", {"oneOf": ["bachelor"]}, case(), MET),
    ("degree", {"oneOf": ["master"]}, case(), NOT_MET),
    ("degree", {"oneOf": ["master"]}, case(facts={}), UNKNOWN),
    ("subject", {"oneOf": ["mathematics", "Science"]}, case(), MET),
    ("subject", {"oneOf": ["Science"]}, case(), NOT_MET),
    ("subject", {"oneOf": ["Science"]}, case(facts={}), UNKNOWN),
    ("gradeBand", {"oneOf": ["6-8"]}, case(), MET),
    ("gradeBand", {"oneOf": ["K-2"]}, case(facts={"gradeBands": []}), NOT_MET),
    ("gradeBand", {"oneOf": ["K-2"]}, case(facts={}), UNKNOWN),
    ("employer", {"oneOf": ["did:web:Kaneridge.example"]}, case(), MET),
    ("employer", {"oneOf": ["did:web:lakeside.example"]}, case(), NOT_MET),
    ("employer", {"oneOf": ["did:web:lakeside.example"]}, case(facts={}), UNKNOWN),
    ("fact", {"name": "mentorYears", "atLeast": 3}, case(), MET),
    ("fact", {"name": "mentorYears", "atLeast": "3.5"}, case(), NOT_MET),
    ("fact", {"name": "mentorYears", "atMost": 2}, case(), NOT_MET),
    ("fact", {"name": "coach", "equals": True}, case(), MET),
    ("fact", {"name": "coach", "equals": False}, case(), NOT_MET),
    ("fact", {"name": "program", "oneOf": ["residency"]}, case(), MET),
    ("fact", {"name": "program", "equals": "Fellowship"}, case(), NOT_MET),
    ("fact", {"name": "hired", "equals": "2025"}, case(), UNKNOWN),
    # credential
    ("achievement", {"oneOf": [ACHIEVEMENT]}, case(), MET),
    ("achievement", {"oneOf": [{"id": ACHIEVEMENT, "version": "2"}]}, case(), MET),
    ("achievement", {"oneOf": [{"id": ACHIEVEMENT, "version": "3"}]}, case(), NOT_MET),
    ("achievement", {"oneOf": REFUSED}, case(), NOT_MET),
    ("achievement", {"oneOf": REFUSED}, case(NO_ACHIEVEMENT_ID), UNKNOWN),
    (
        "achievement",
        {"oneOf": [{"id": ACHIEVEMENT, "version": "2"}]},
        case(without(BADGE, "credentialSubject", "achievement", "version")),
        UNKNOWN,
    ),
    ("achievementType", {"oneOf": ["MicroCredential"]}, case(), MET),
    ("achievementType", {"oneOf": ["Course"]}, case(), NOT_MET),
    (
        "achievementType",
        {"oneOf": ["Course"]},
        case(without(BADGE, "credentialSubject", "achievement", "achievementType")),
        UNKNOWN,
    ),
    ("list", {"list": "approved"}, case(), MET),
    ("list", {"list": "version"}, case(), MET),
    ("list", {"list": "earlier"}, case(), NOT_MET),
    ("list", {"list": "approved"}, case(replaced(BADGE, "did:web:elsewhere.example", "issuer", "id")), NOT_MET),
    ("list", {"list": "approved"}, case(NO_ACHIEVEMENT_ID), UNKNOWN),
    ("list", {"list": "approved"}, case(NO_AWARD_DAY), UNKNOWN),
    (
        "list",
        {"list": "version"},
        case(without(BADGE, "credentialSubject", "achievement", "version")),
        UNKNOWN,
    ),
    ("issuer", {"oneOf": ["did:web:Badges.Prairie-Crossing.example"]}, case(), MET),
    ("issuer", {"oneOf": [AGENCY]}, case(), NOT_MET),
    ("issuer", {"oneOf": [AGENCY]}, case(without(BADGE, "issuer", "id")), UNKNOWN),
    ("issuerClass", {"oneOf": ["university", "cooperative"]}, case(), MET),
    ("issuerClass", {"oneOf": "university"}, case(), NOT_MET),
    ("issuerClass", {"oneOf": "university"}, case(without(BADGE, "issuer", "id")), UNKNOWN),
    ("registry", {"name": "State Board"}, case(_in_registries(listed=("State Board",))), MET),
    ("registry", {"name": "State Board"}, case(_in_registries(read=("State Board",))), NOT_MET),
    ("registry", {"name": "State Board"}, case(_in_registries(read=("Members",))), UNKNOWN),
    ("agreement", {"id": AGREEMENT}, case(), MET),
    ("agreement", {"id": AGREEMENT, "qualityStandard": True}, case(), MET),
    (
        "agreement",
        {"id": AGREEMENT, "qualityStandard": True},
        case(agreements={AGREEMENT: agreement(quality_standard="Another standard")}),
        NOT_MET,
    ),
    (
        "agreement",
        {"id": AGREEMENT},
        case(agreements={AGREEMENT: agreement(period=Period(date(2026, 3, 1), None))}),
        NOT_MET,
    ),
    ("agreement", {"id": AGREEMENT}, case(agreements={}), UNKNOWN),
    (
        "agreement",
        {"id": AGREEMENT},
        case(agreements={AGREEMENT: agreement(members=(Member(AGENCY, "Agency"),))}),
        UNKNOWN,
    ),
    ("alignment", {"framework": "InTASC"}, case(), MET),
    ("alignment", {"framework": "intasc", "version": "2013", "targets": ["6"]}, case(), MET),
    ("alignment", {"framework": "https://standards.example/intasc"}, case(), MET),
    ("alignment", {"framework": "InTASC", "version": "2020"}, case(), NOT_MET),
    ("alignment", {"framework": "InTASC", "targets": ["7"]}, case(), NOT_MET),
    (
        "alignment",
        {"framework": "InTASC"},
        case(without(BADGE, "credentialSubject", "achievement", "alignment")),
        UNKNOWN,
    ),
    ("stack", {"is": True}, case(_stack()), MET),
    ("stack", {"is": False}, case(_stack()), NOT_MET),
    ("stack", {"is": True}, case(without(BADGE, "credentialSubject", "achievement", "related")), NOT_MET),
    ("stack", {"is": True}, case(), UNKNOWN),
    ("memberOf", {"stack": STACK}, case(), MET),
    ("memberOf", {"stack": "https://other.example/stack"}, case(), NOT_MET),
    ("memberOf", {"stack": STACK}, case(without(BADGE, "credentialSubject", "achievement", "related")), UNKNOWN),
    ("tag", {"oneOf": ["Inquiry"]}, case(), MET),
    ("tag", {"oneOf": ["phonics"]}, case(), NOT_MET),
    ("tag", {"oneOf": ["phonics"]}, case(_withholdable()), UNKNOWN),
    # conditions
    ("issuerAuthorized", {"is": True}, case(), MET),
    ("issuerAuthorized", {"is": True}, case(authority=approving()), NOT_MET),
    (
        "issuerAuthorized",
        {"is": True},
        case(authority=approving(Approval(ISSUER, ACHIEVEMENT, period=Period(None, date(2025, 12, 31))))),
        NOT_MET,
    ),
    ("issuerAuthorized", {"by": [AGENCY], "area": "US-AR"}, case(authority=Authority()), UNKNOWN),
    ("assessorIndependence", {"atLeast": "same-employer"}, case(), MET),
    ("assessorIndependence", {"atLeast": "independent"}, case(), NOT_MET),
    ("assessorIndependence", {"atLeast": "independent"}, case(document(assessment=None)), UNKNOWN),
    ("secondAssessor", {"is": True}, case(), MET),
    ("secondAssessor", {"is": True}, case(document(assessment={"secondAssessor": False})), NOT_MET),
    ("secondAssessor", {"is": True}, case(document(assessment=None)), UNKNOWN),
    ("assessorCertified", {"is": True}, case(), MET),
    ("assessorCertified", {"oneOf": ["Certified by the state"]}, case(), NOT_MET),
    ("assessorCertified", {"is": True}, case(document(assessment={"assessorCertification": "None."})), NOT_MET),
    ("assessorCertified", {"is": True}, case(document(assessment=None)), UNKNOWN),
    ("rubric", {"every": "Proficient"}, case(), MET),
    ("rubric", {"every": "Exemplary"}, case(), NOT_MET),
    ("rubric", {"every": "Distinguished"}, case(), UNKNOWN),
    ("rubric", {"every": "Proficient"}, case(results_without(BADGE, RUBRIC_TYPE)), UNKNOWN),
    ("rubric", {"every": "Proficient"}, case(_withholdable()), UNKNOWN),
    ("rubric", {"criteria": [{"id": "routine", "atLeast": "Exemplary"}]}, case(), MET),
    ("rubric", {"criteria": [{"name": "reflection", "atLeast": "Exemplary"}]}, case(), NOT_MET),
    ("rubric", {"criteria": [{"name": "Feedback", "atLeast": "Proficient"}]}, case(), UNKNOWN),
    ("scoredRubric", {"is": True}, case(), MET),
    ("scoredRubric", {"is": True}, case(results_without(BADGE, RUBRIC_TYPE)), NOT_MET),
    (
        "scoredRubric",
        {"is": True},
        case(replace(trial_candidate(results_without(BADGE, RUBRIC_TYPE)), withholdable=True)),
        UNKNOWN,
    ),
    ("evidence", {"atLeast": 1}, case(), MET),
    ("evidence", {"atLeast": 2}, case(), NOT_MET),
    ("evidence", {"atLeast": 1}, case(document(evidence=None)), NOT_MET),
    ("evidence", {"atLeast": 2}, case(_withholdable()), UNKNOWN),
    ("effort", {"unit": "contact hours", "atLeast": 10}, case(), MET),
    ("effort", {"unit": "contact hours", "atLeast": "10.5"}, case(), NOT_MET),
    ("effort", {"unit": "contact hours", "atLeast": 1}, case(document(contactHours=None)), UNKNOWN),
    ("effort", {"unit": "In-district credits", "atLeast": 1}, case(), MET),
    ("effort", {"unit": "PDP", "atLeast": 1}, case(), UNKNOWN),
    ("earnedAfter", {"date": "2026-02-26"}, case(), MET),
    ("earnedAfter", {"date": "2026-02-27"}, case(), NOT_MET),
    ("earnedAfter", {"date": "2026-02-27"}, case(NO_AWARD_DAY), UNKNOWN),
    ("earnedBefore", {"date": "2026-02-28"}, case(), MET),
    ("earnedBefore", {"date": "2026-02-27"}, case(), NOT_MET),
    ("earnedBefore", {"date": "2026-02-27"}, case(NO_AWARD_DAY), UNKNOWN),
    ("earnedWithin", {"years": 5}, case(), MET),
    ("earnedWithin", {"years": 1}, case(document(awardedDate="2025-04-30")), NOT_MET),
    ("earnedWithin", {"years": 1}, case(NO_AWARD_DAY), UNKNOWN),
    ("earnedWithin", {"cycle": True}, case(), MET),
    ("earnedWithin", {"cycle": True}, case(document(awardedDate="2025-06-30")), NOT_MET),
    ("earnedWithin", {"cycle": True}, case(facts=facts_without("cycle")), UNKNOWN),
    ("submittedWithin", {"days": 33}, case(), MET),
    ("submittedWithin", {"days": 32}, case(), NOT_MET),
    ("submittedWithin", {"days": 33}, case(facts={}), UNKNOWN),
    ("submittedWithin", {"days": 33}, case(NO_AWARD_DAY), UNKNOWN),
    ("notExpired", {"is": True}, case(), MET),
    ("notExpired", {"is": True}, case(without(BADGE, "validUntil")), MET),
    ("notExpired", {"is": True}, case(as_of=datetime(2031, 2, 27, 15, 0, 1, tzinfo=UTC)), NOT_MET),
    ("notExpired", {"is": True}, case(replaced(BADGE, "next summer", "validUntil")), UNKNOWN),
    ("validAtLeast", {"days": 365}, case(), MET),
    ("validAtLeast", {"days": 5000}, case(), NOT_MET),
    ("validAtLeast", {"days": 365}, case(replaced(BADGE, "next summer", "validUntil")), UNKNOWN),
    ("holderBound", {"is": True}, case(), MET),
    ("holderBound", {"is": True}, case(facts={"dids": ["did:example:somebody-else"]}), NOT_MET),
    ("holderBound", {"is": True}, case(without(BADGE, "credentialSubject", "id")), NOT_MET),
    ("holderBound", {"is": True}, case(facts={}), UNKNOWN),
    ("firstSubmission", {"of": "credential"}, case(credited=[credited()]), MET),
    ("firstSubmission", {"of": "credential"}, case(credited=[credited(credential_id=BADGE["id"])]), NOT_MET),
    (
        "firstSubmission",
        {"of": "credential"},
        case(credited=[credited(credential=trial_candidate(BADGE).sha256)]),
        NOT_MET,
    ),
    ("firstSubmission", {"of": "credential"}, case(_withholdable(id=None), credited=[credited()]), UNKNOWN),
    ("firstSubmission", {"of": "achievement"}, case(credited=[credited()]), MET),
    ("firstSubmission", {"of": "achievement"}, case(credited=[credited(achievement=ACHIEVEMENT)]), NOT_MET),
    ("firstSubmission", {"of": "achievement"}, case(NO_ACHIEVEMENT_ID, credited=[credited()]), UNKNOWN),
    ("priorApproval", {"is": True}, case(), MET),
    ("priorApproval", {"before": "work"}, case(), MET),
    ("priorApproval", {"before": "work"}, case(document(activityStart="2026-01-05")), MET),
    ("priorApproval", {"before": "work"}, case(document(activityStart="2026-01-04")), NOT_MET),
    ("priorApproval", {"is": True}, case(facts={"priorApprovals": []}), NOT_MET),
    ("priorApproval", {"is": True}, case(facts={}), UNKNOWN),
    ("priorApproval", {"before": "work"}, case(document(activityStart=None)), UNKNOWN),
]


def _judge(kind: str, parameters: dict[str, Any], given: Case) -> Judgement:
    return KINDS[kind].judge(parameters, given)


@pytest.mark.parametrize(
    ("kind", "parameters", "given", "expected"),
    ROWS,
    ids=[f"{index}-{kind}-{expected.value}" for index, (kind, _, _, expected) in enumerate(ROWS)],
)
def test_outcome(kind: str, parameters: dict[str, Any], given: Case, expected: Outcome) -> None:
    answer = _judge(kind, parameters, given)
    assert answer.outcome is expected
    assert (answer.unknown is not None) is (expected is UNKNOWN)
    assert answer.pointer is not None


@pytest.mark.parametrize("kind", list(KINDS))
def test_each_kind_has_all_three_outcomes_in_the_table(kind: str) -> None:
    assert {expected for name, _, _, expected in ROWS if name == kind} == set(Outcome)


@pytest.mark.parametrize(("kind", "parameters", "given", "expected"), ROWS)
def test_parameters_fit_the_schema_of_the_kind(
    kind: str, parameters: dict[str, Any], given: Case, expected: Outcome
) -> None:
    schema = dict(KINDS[kind].schema)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(parameters)
    assert not Draft202012Validator(schema).is_valid({**parameters, "unheardOf": 1})


@pytest.mark.parametrize(("kind", "parameters", "given", "expected"), ROWS)
def test_what_is_not_known_could_go_either_way(
    kind: str, parameters: dict[str, Any], given: Case, expected: Outcome
) -> None:
    unknown = _judge(kind, parameters, given).unknown
    if unknown is not None:
        assert {unknown.when(value) for value in unknown.candidates} == {MET, NOT_MET}


@pytest.mark.parametrize(("kind", "parameters", "given", "expected"), ROWS)
def test_what_was_found_stands_where_the_pointer_says(
    kind: str, parameters: dict[str, Any], given: Case, expected: Outcome
) -> None:
    """A pointer leads to what is told as found, or to a place where the badge says nothing."""
    answer = _judge(kind, parameters, given)
    assert answer.pointer is not None
    if answer.pointer.startswith("facts#"):
        return
    assert given.candidate is not None
    try:
        there = json_pointer.resolve(given.candidate.document, answer.pointer)
    except ProblemError:
        return
    if kind in ("achievement", "achievementType", "tag", "effort", "secondAssessor", "earnedAfter") and expected is MET:
        assert there == answer.found


@pytest.mark.parametrize(("kind", "parameters", "given", "expected"), ROWS)
def test_words_are_one_plain_sentence(kind: str, parameters: dict[str, Any], given: Case, expected: Outcome) -> None:
    words = KINDS[kind].words(parameters, given.policy)
    assert words[0].isupper()
    assert words.endswith(".")
    assert "{" not in words
    assert "None" not in words


def test_an_unknown_fact_has_one_key_in_all_tests_that_ask_for_it() -> None:
    one = _judge("lane", {"oneOf": ["BA"]}, case(facts={})).unknown
    other = _judge("lane", {"oneOf": ["MA", "MA+15"]}, case(facts={})).unknown
    assert one is not None
    assert other is not None
    assert one.key == other.key == "facts#/lane"
    for value in {*one.candidates, *other.candidates}:
        assert one.when(value) in (MET, NOT_MET)
        assert [one.when(value), other.when(value)].count(MET) <= 1


def test_a_number_that_a_form_sends_as_a_text_is_a_number() -> None:
    facts = {"other": {"mentorYears": "3"}}
    assert _judge("fact", {"name": "mentorYears", "atLeast": 3}, case(facts=facts)).outcome is MET
    assert _judge("fact", {"name": "mentorYears", "equals": 3}, case(facts=facts)).outcome is MET
    assert _judge("fact", {"name": "mentorYears", "equals": "3"}, case()).outcome is MET
    assert _judge("fact", {"name": "coach", "equals": 1}, case()).outcome is NOT_MET


def test_subjects_that_are_not_known_may_be_several_at_once() -> None:
    asked = [asked_test("subject", "/a", oneOf=["Science"]), asked_test("subject", "/b", oneOf=["Art"])]
    given = case(facts={}, policy=policy(rule(who=all_tests(*asked))))
    answers = [_judge("subject", dict(each.parameters), given).unknown for each in asked]
    both = [value for value in answers[0].candidates if all(each.when(value) is MET for each in answers)]  # type: ignore[union-attr]
    assert both == [("Science", "Art")]


def test_a_level_is_not_compared_by_its_place_in_the_array() -> None:
    """The order of a JSON-LD array is not signed: whoever holds the badge may turn it around."""
    body = document()
    for row in body["credentialSubject"]["achievement"]["resultDescription"]:
        for level in row.get("rubricCriterionLevel", ()):
            level.pop("level")
    assert _judge("rubric", {"every": "Developing"}, case(body)).outcome is UNKNOWN
    named = {"criteria": [{"name": "Reflection", "atLeast": "Proficient"}]}
    assert _judge("rubric", named, case(body)).outcome is MET


def test_rubric_levels_turned_around_are_still_in_their_order() -> None:
    body = document()
    for row in body["credentialSubject"]["achievement"]["resultDescription"]:
        if "rubricCriterionLevel" in row:
            row["rubricCriterionLevel"].reverse()
    assert _judge("rubric", {"every": "Proficient"}, case(body)).outcome is MET
    assert _judge("rubric", {"every": "Exemplary"}, case(body)).outcome is NOT_MET


def test_rubric_levels_are_ordered_by_points_where_they_have_no_rank() -> None:
    body = document()
    for row in body["credentialSubject"]["achievement"]["resultDescription"]:
        for level in row.get("rubricCriterionLevel", ()):
            level["points"] = str(int(level.pop("level")) * 10)
    assert _judge("rubric", {"every": "Proficient"}, case(body)).outcome is MET
    assert _judge("rubric", {"every": "Exemplary"}, case(body)).outcome is NOT_MET


def test_a_score_below_what_the_rubric_requires_is_no_passing_score() -> None:
    body = document()
    routine = body["credentialSubject"]["achievement"]["resultDescription"][0]
    body["credentialSubject"]["result"][0]["achievedLevel"] = routine["rubricCriterionLevel"][0]["id"]
    assert _judge("scoredRubric", {"is": True}, case(body)).outcome is NOT_MET


def test_the_award_day_is_the_day_the_issuer_wrote() -> None:
    late = replaced(BADGE, "2026-02-27T23:30:00-06:00", "awardedDate")
    assert _judge("earnedBefore", {"date": "2026-02-28"}, case(late)).outcome is MET
    assert _judge("earnedAfter", {"date": "2026-02-26"}, case(late)).found == "2026-02-27T23:30:00-06:00"


def test_without_an_award_date_it_is_from_when_the_badge_is_valid() -> None:
    answer = _judge("earnedBefore", {"date": "2026-02-28"}, case(without(BADGE, "awardedDate")))
    assert (answer.outcome, answer.pointer) == (MET, "/validFrom")


def test_years_count_back_to_the_same_day() -> None:
    on_the_day = document(awardedDate="2025-05-01")
    assert _judge("earnedWithin", {"years": 1}, case(on_the_day)).outcome is MET
    assert (
        _judge("earnedWithin", {"years": 1}, case(on_the_day, as_of=datetime(2026, 5, 2, tzinfo=UTC))).outcome
        is NOT_MET
    )
    leap = case(document(awardedDate="2023-02-28"), as_of=datetime(2024, 2, 29, tzinfo=UTC))
    assert _judge("earnedWithin", {"years": 1}, leap).outcome is MET
    later = case(document(awardedDate="2026-05-02"))
    assert _judge("earnedWithin", {"years": 1}, later).outcome is NOT_MET


def test_dates_are_judged_on_the_issuers_newer_copy() -> None:
    renewed = replace(trial_candidate(BADGE), renewed=True, valid_until="2035-01-01T00:00:00Z")
    answer = _judge("validAtLeast", {"days": 3000}, case(renewed))
    assert (answer.outcome, answer.found) == (MET, "2035-01-01T00:00:00Z")
    endless = replace(trial_candidate(BADGE), renewed=True, valid_until=None)
    assert _judge("validAtLeast", {"days": 5000}, case(endless)).outcome is MET


def test_a_list_entry_for_another_version_does_not_count() -> None:
    lists = {"l": ApprovedList("l", "L", (ListEntry(ACHIEVEMENT, version="1"), ListEntry(ACHIEVEMENT, version="3")))}
    answer = _judge("list", {"list": "l"}, case(policy=policy(lists=lists)))
    assert (answer.outcome, answer.found) == (NOT_MET, "2")


def test_a_list_of_others_does_not_count_whatever_the_achievement() -> None:
    lists = {"l": ApprovedList("l", "L", (ListEntry(ACHIEVEMENT, "did:web:elsewhere.example"),))}
    answer = _judge("list", {"list": "l"}, case(NO_ACHIEVEMENT_ID, policy=policy(lists=lists)))
    assert (answer.outcome, answer.found) == (NOT_MET, ISSUER)


def test_a_list_of_another_day_does_not_count_whatever_the_version() -> None:
    past = Period(None, date(2025, 12, 31))
    lists = {"l": ApprovedList("l", "L", (ListEntry(ACHIEVEMENT, version="2", period=past), ListEntry(REFUSED)))}
    badge = without(BADGE, "credentialSubject", "achievement", "version")
    assert _judge("list", {"list": "l"}, case(badge, policy=policy(lists=lists))).outcome is NOT_MET


def test_a_list_without_dates_needs_no_award_day() -> None:
    lists = {"l": ApprovedList("l", "L", (ListEntry(ACHIEVEMENT),))}
    assert _judge("list", {"list": "l"}, case(NO_AWARD_DAY, policy=policy(lists=lists))).outcome is MET


def test_the_policys_authorities_are_asked_where_none_is_named_else_the_jurisdiction_itself() -> None:
    own = policy(authorities=())
    answer = _judge("issuerAuthorized", {"is": True}, case(policy=own))
    assert answer.outcome is UNKNOWN
    assert "did:web:kaneridge.example" in KINDS["issuerAuthorized"].words({"is": True}, own)
    assert AGENCY in KINDS["issuerAuthorized"].words({"is": True}, policy())


def test_an_approval_is_asked_for_the_day_of_the_award() -> None:
    later = approving(Approval(ISSUER, ACHIEVEMENT, period=Period(date(2026, 3, 1), None)))
    answer = _judge("issuerAuthorized", {"is": True}, case(authority=later))
    assert (answer.outcome, answer.source) == (NOT_MET, "5" * 64)
    assert "2026-02-27" in answer.found


def test_credit_in_another_unit_is_shown_to_whoever_is_asked() -> None:
    answer = _judge("effort", {"unit": "PDP", "atLeast": 5}, case())
    assert answer.found == {"credits": 1, "unit": "in-district credit"}
    assert answer.unknown is not None
    assert answer.unknown.key.endswith("#/credentialSubject/creditsEarned?unit=PDP")


def test_a_record_says_what_a_badge_belongs_to() -> None:
    member = replace(trial_candidate(document(achievement={**BADGE_ACHIEVEMENT, "id": ACHIEVEMENT})), part_of=(STACK,))
    assert _judge("memberOf", {"stack": STACK}, case(member)).outcome is MET
    whole = replace(trial_candidate(document(achievement=BADGE_ACHIEVEMENT)), parts=(ACHIEVEMENT,))
    answer = _judge("stack", {"is": True}, case(whole))
    assert (answer.outcome, answer.found) == (MET, [ACHIEVEMENT])


def test_a_stack_is_no_member_of_its_own_members() -> None:
    """Its badge names them as related, as theirs may name it."""
    assert _judge("memberOf", {"stack": ACHIEVEMENT + "-1"}, case(_stack())).outcome is NOT_MET


def test_a_hidden_subject_may_be_anybodys() -> None:
    hidden = replace(trial_candidate(without(BADGE, "credentialSubject", "id")), withholdable=True)
    assert _judge("holderBound", {"is": True}, case(hidden)).outcome is UNKNOWN


def test_a_badge_about_an_address_is_bound_to_no_key() -> None:
    mailed = replaced(BADGE, "mailto:ines@lakeside.example", "credentialSubject", "id")
    assert _judge("holderBound", {"is": True}, case(mailed, facts={"dids": [TEACHER]})).outcome is NOT_MET


def test_as_of_is_the_instant_and_not_the_day() -> None:
    ends = replaced(BADGE, "2026-05-01T09:00:00Z", "validUntil")
    assert _judge("notExpired", {"is": True}, case(ends)).outcome is MET
    after = AS_OF.replace(second=1)
    assert _judge("notExpired", {"is": True}, case(ends, as_of=after)).outcome is NOT_MET


def test_names_that_must_be_known_in_the_policy() -> None:
    named = {
        "list": {"list": "approved"},
        "issuerClass": {"oneOf": ["a", "b"]},
        "agreement": {"id": AGREEMENT},
        "issuerAuthorized": {"by": AGENCY},
    }
    found = {kind: [each.name for each in KINDS[kind].refers(parameters)] for kind, parameters in named.items()}
    assert found == {
        "list": ["approved"],
        "issuerClass": ["a", "b"],
        "agreement": [AGREEMENT],
        "issuerAuthorized": [AGENCY],
    }
    assert KINDS["effort"].refers({"unit": "PDP", "atLeast": 1}) == ()


def test_the_documentation_names_every_kind_parameter_and_unit() -> None:
    text = (Path(__file__).parents[4] / "docs" / "recognition.md").read_text(encoding="utf-8")
    for name, kind in KINDS.items():
        (row, *_) = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
        assert all(f"`{parameter}" in row for parameter in kind.schema["properties"] if parameter != "is"), name
    plain = " ".join(text.split())
    assert [unit for unit in QUANTITIES if unit not in plain] == []
