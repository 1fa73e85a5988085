"""Properties of the tests that rules are made of, for any badge, any facts and any expression."""

from __future__ import annotations

import contextlib
import json
import random
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.verifier.recognition.conditions.amounts import decimal, part, quantity_giving, total, worth_of
from badgeport.verifier.recognition.conditions.candidates import trial_candidate
from badgeport.verifier.recognition.conditions.evaluation import evaluate, outcome_of
from badgeport.verifier.recognition.conditions.facts import FactsError, read_facts
from badgeport.verifier.recognition.conditions.kinds import KINDS
from badgeport.verifier.recognition.conditions.units import canonical_unit
from badgeport.verifier.recognition.decision import Outcome
from badgeport.verifier.recognition.model import AllOf, AnyOf, Exchange, Expression
from support.conditions import ACHIEVEMENT, AGENCY, AGREEMENT, ISSUER, STACK, asked_test, case, document, policy, rule
from support.effort import examples

RUN = settings(max_examples=examples(100), deadline=None)

LANES = ["BA", "BA+15", "MA"]
PARAMETERS: dict[str, dict[str, Any]] = {
    "licenceType": {"oneOf": ["standard"]},
    "licenceStage": {"oneOf": ["professional"]},
    "licenceState": {"oneOf": ["US-IL"]},
    "licenceUnencumbered": {"is": True},
    "role": {"oneOf": ["classroom teacher"]},
    "lane": {"oneOf": ["BA"]},
    "degree": {"oneOf": ["bachelor"]},
    "subject": {"oneOf": ["Mathematics"]},
    "gradeBand": {"oneOf": ["6-8"]},
    "employer": {"oneOf": ["did:web:kaneridge.example"]},
    "fact": {"name": "mentorYears", "atLeast": 2, "atMost": 9},
    "achievement": {"oneOf": [{"id": ACHIEVEMENT, "version": "2"}]},
    "achievementType": {"oneOf": ["MicroCredential"]},
    "list": {"list": "version"},
    "issuer": {"oneOf": [ISSUER]},
    "issuerClass": {"oneOf": ["cooperative"]},
    "registry": {"name": "State Board"},
    "agreement": {"id": AGREEMENT, "qualityStandard": True},
    "alignment": {"framework": "InTASC", "version": "2013", "targets": ["6"]},
    "stack": {"is": True},
    "memberOf": {"stack": STACK},
    "tag": {"oneOf": ["inquiry"]},
    "issuerAuthorized": {"by": [AGENCY], "area": "US-AR"},
    "assessorIndependence": {"atLeast": "same-employer"},
    "secondAssessor": {"is": True},
    "assessorCertified": {"is": True},
    "rubric": {"every": "Proficient"},
    "scoredRubric": {"is": True},
    "evidence": {"atLeast": 1},
    "effort": {"unit": "contact hours", "atLeast": 8},
    "earnedAfter": {"date": "2026-01-01"},
    "earnedBefore": {"date": "2026-04-01"},
    "earnedWithin": {"years": 5},
    "submittedWithin": {"days": 90},
    "notExpired": {"is": True},
    "validAtLeast": {"days": 30},
    "priorApproval": {"before": "work"},
    "holderBound": {"is": True},
    "firstSubmission": {"of": "achievement"},
}
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
days = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def test_every_kind_is_among_those_tried() -> None:
    assert set(PARAMETERS) == set(KINDS)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, each in inner for found in ((*path, key), *_places(each, (*path, key)))]


BADGE = document()
PLACES = _places(BADGE)


@RUN
@given(st.lists(st.tuples(st.sampled_from(PLACES), json_values), min_size=1, max_size=4), st.booleans())
def test_any_document_gets_an_answer_that_can_be_written_down(
    changes: list[tuple[tuple[Any, ...], Any]], withholdable: bool
) -> None:
    body = json.loads(json.dumps(BADGE))
    for path, value in changes:
        inner = body
        try:
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue
    candidate = replace(trial_candidate(body), withholdable=withholdable)
    asked = case(candidate)
    for name, parameters in PARAMETERS.items():
        answer = KINDS[name].judge(parameters, asked)
        assert json.loads(json.dumps(answer.found, allow_nan=False)) == answer.found
        assert (answer.unknown is None) == (answer.outcome is not Outcome.UNKNOWN)


@RUN
@given(st.randoms(use_true_random=False))
def test_the_order_of_arrays_makes_no_difference(order: random.Random) -> None:
    """JSON-LD arrays are sets: nothing signs their order."""

    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shuffled(each) for name, each in value.items()}
        if isinstance(value, list):
            items = [shuffled(each) for each in value]
            order.shuffle(items)
            return items
        return value

    body = shuffled(BADGE)
    for name, parameters in PARAMETERS.items():
        judge = KINDS[name].judge
        assert judge(parameters, case(body)).outcome is judge(parameters, case(BADGE)).outcome


# -- what is unknown, filled in, is what would have been known --------------------------------------------------------


@RUN
@given(st.sampled_from([*LANES, "PhD"]), st.lists(st.sampled_from(LANES), min_size=1, unique=True))
def test_a_lane_filled_in_is_a_lane_stated(lane: str, wanted: list[str]) -> None:
    unknown = KINDS["lane"].judge({"oneOf": wanted}, case(facts={})).unknown
    assert unknown is not None
    assert unknown.when(lane) is KINDS["lane"].judge({"oneOf": wanted}, case(facts={"lane": lane})).outcome


@RUN
@given(st.lists(st.sampled_from(["Art", "Science", "Latin"]), unique=True), st.sampled_from(["Art", "Science"]))
def test_subjects_filled_in_are_subjects_stated(subjects: list[str], wanted: str) -> None:
    unknown = KINDS["subject"].judge({"oneOf": wanted}, case(facts={})).unknown
    assert unknown is not None
    stated = case(facts={"subjects": subjects})
    assert unknown.when(tuple(subjects)) is KINDS["subject"].judge({"oneOf": wanted}, stated).outcome


@RUN
@given(
    st.one_of(st.integers(-5, 20), st.booleans(), st.sampled_from(["3", "three", "Residency"])),
    st.sampled_from(
        [
            {"atLeast": 3},
            {"atMost": "7.5"},
            {"atLeast": 2, "atMost": 4},
            {"equals": 3},
            {"equals": "residency"},
            {"oneOf": ["three", "four"]},
            {"equals": True},
        ]
    ),
)
def test_a_fact_filled_in_is_a_fact_stated(value: Any, asked: dict[str, Any]) -> None:
    parameters = {"name": "x", **asked}
    unknown = KINDS["fact"].judge(parameters, case(facts={})).unknown
    stated = case(facts={"other": {"x": value}})
    assert unknown is not None
    assert unknown.when(stated.facts.other["x"]) is KINDS["fact"].judge(parameters, stated).outcome


@RUN
@given(
    days,
    st.sampled_from(
        [
            ("earnedAfter", {"date": "2024-02-29"}),
            ("earnedBefore", {"date": "2024-02-29"}),
            ("earnedWithin", {"years": 3}),
            ("earnedWithin", {"cycle": True}),
            ("submittedWithin", {"days": 90}),
            ("list", {"list": "approved"}),
        ]
    ),
)
def test_an_award_day_filled_in_is_an_award_day_stated(day: date, asked: tuple[str, dict[str, Any]]) -> None:
    kind, parameters = asked
    absent = {name: value for name, value in BADGE.items() if name not in ("awardedDate", "validFrom")}
    unknown = KINDS[kind].judge(parameters, case(absent)).unknown
    stated = case({**absent, "awardedDate": f"{day.isoformat()}T12:00:00Z"})
    assert unknown is not None
    assert unknown.when(day) is KINDS[kind].judge(parameters, stated).outcome


@RUN
@given(days, st.integers(1, 400))
def test_a_day_of_handing_in_filled_in_is_one_stated(day: date, limit: int) -> None:
    unknown = KINDS["submittedWithin"].judge({"days": limit}, case(facts={})).unknown
    stated = case(facts={"submitted": {"date": day.isoformat()}})
    assert unknown is not None
    assert unknown.when(day) is KINDS["submittedWithin"].judge({"days": limit}, stated).outcome


@RUN
@given(st.decimals(0, 100, places=2), st.decimals("0.01", 50, places=2))
def test_hours_filled_in_are_hours_stated(hours: Decimal, least: Decimal) -> None:
    parameters = {"unit": "contact hours", "atLeast": least}
    unknown = KINDS["effort"].judge(parameters, case(document(contactHours=None))).unknown
    stated = case(document(contactHours=float(hours)))
    assert unknown is not None
    assert unknown.when(hours) is KINDS["effort"].judge(parameters, stated).outcome


# -- expressions ----------------------------------------------------------------------------------------------------

LEAVES = [
    asked_test("lane", "/0", oneOf=["BA"]),
    asked_test("lane", "/1", oneOf=["MA", "BA+15"]),
    asked_test("subject", "/2", oneOf=["Mathematics"]),
    asked_test("effort", "/3", unit="contact hours", atLeast=10),
    asked_test("effort", "/4", unit="PDP", atLeast=5),
    asked_test("effort", "/5", unit="PDP", atLeast=15),
    asked_test("evidence", "/6", atLeast=2),
]
expressions: st.SearchStrategy[Expression] = st.recursive(
    st.sampled_from(LEAVES),
    lambda inner: (
        st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
some_facts = st.fixed_dictionaries({}, optional={"lane": st.sampled_from(LANES), "subjects": st.just(["Mathematics"])})


@RUN
@given(expressions, expressions, some_facts, st.data())
def test_filling_in_never_changes_a_settled_outcome_and_settles_every_other(
    who: Expression, conditions: Expression, facts: dict[str, Any], data: st.DataObject
) -> None:
    tried = rule(who=who, conditions=conditions)
    found = evaluate(tried, case(facts=facts, rule=tried, policy=policy(tried)))
    assert outcome_of(tried, found.conditions) is found.outcome
    everything: dict[str, list[Any]] = {}
    for _, answers in found.parts:
        for answer in answers:
            if answer.unknown is not None:
                everything.setdefault(answer.unknown.key, []).extend(answer.unknown.candidates)
    values = {key: data.draw(st.sampled_from(candidates)) for key, candidates in everything.items()}
    filled = found.outcome_given(values)
    assert filled is not Outcome.UNKNOWN
    if found.outcome is not Outcome.UNKNOWN:
        assert filled is found.outcome
        assert found.unknowns == ()
    else:
        matters = {unknown.key for unknown in found.unknowns}
        assert matters
        assert found.outcome_given({key: values[key] for key in matters}) is filled


@RUN
@given(expressions)
def test_what_stands_against_it_is_there_exactly_where_it_is_not_met(who: Expression) -> None:
    found = evaluate(rule(who=who), case(facts={}))
    assert all(entry.outcome is Outcome.NOT_MET for entry in found.against)
    assert found.outcome is Outcome.NOT_MET or found.against == ()


# -- amounts --------------------------------------------------------------------------------------------------------

positive = st.decimals("0.01", 1000, places=2)
exchanges = st.builds(
    Exchange,
    of=st.just("contact hours"),
    per=positive,
    gives=positive,
    step=st.none() | st.sampled_from([Decimal("0.25"), Decimal("0.5"), Decimal(1), Decimal(20)]),
    rounding=st.sampled_from(["down", "up", "half-up"]),
    over=st.sampled_from(["each", "total"]),
    at_most=st.none() | positive,
)


@RUN
@given(exchanges, positive, positive)
def test_more_is_never_worth_less(exchange: Exchange, one: Decimal, other: Decimal) -> None:
    low, high = sorted((one, other))
    assert worth_of(exchange, low) <= worth_of(exchange, high)


@RUN
@given(exchanges, positive)
def test_a_quantity_that_gives_so_much_does(exchange: Exchange, amount: Decimal) -> None:
    found = quantity_giving(exchange, amount)
    assert found is None or worth_of(exchange, found) >= amount


@RUN
@given(exchanges, st.lists(positive, max_size=6), st.randoms(use_true_random=False))
def test_a_total_does_not_depend_on_the_order(
    exchange: Exchange, quantities: list[Decimal], order: random.Random
) -> None:
    parts = [part(exchange, each) for each in quantities]
    before = total(exchange, parts)
    order.shuffle(parts)
    assert total(exchange, parts) == before


@RUN
@given(st.integers(0, 10**9), st.sampled_from([1, 2, 4, 5, 8, 10, 25, 1000]))
def test_an_amount_with_an_end_is_written_exactly(numerator: int, denominator: int) -> None:
    amount = Fraction(numerator, denominator)
    assert Fraction(decimal(amount)) == amount


# -- facts and units ------------------------------------------------------------------------------------------------


@RUN
@given(
    json_values
    | st.dictionaries(
        st.sampled_from(
            ["licence", "role", "lane", "cycle", "dids", "other", "subjects", "submitted", "priorApprovals"]
        ),
        json_values,
        max_size=4,
    )
)
def test_facts_are_read_or_refused_with_a_reason(body: Any) -> None:
    with contextlib.suppress(FactsError):
        facts = read_facts(body)
        assert read_facts(facts.body) == facts


@RUN
@given(st.text(max_size=30))
def test_a_canonical_unit_stays_what_it_is(text: str) -> None:
    assert canonical_unit(canonical_unit(text)) == canonical_unit(text)
