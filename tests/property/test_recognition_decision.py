"""What holds for every decision: against trying every value of what is not known, and against itself."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from badgeport.verifier.recognition.authoring.authoring import PolicyRefused, policy_of
from badgeport.verifier.recognition.conditions.facts import read_facts
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.deciding.inputs import trial_inputs
from badgeport.verifier.recognition.deciding.record import belongs_to, decide_again, record_of
from badgeport.verifier.recognition.deciding.tracing import outcome_again
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.recognition.engine import decide
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy
from support.deciding import AS_OF, PURPOSE, SOFTWARE, achievement_id, badge, cap, credited, decided, policy, rule

LANES = ("BA", "MA", "(none of them)")
HOURS = (0, 10, 20)
NAMES = ("a", "b", "c", "d")
AMOUNTS = st.sampled_from(["0.5", "1", "2", "2.5"])
SLOW = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)

who = st.sampled_from(
    [
        {"lane": {"oneOf": ["BA"]}},
        {"lane": {"oneOf": ["MA"]}},
        {"lane": {"oneOf": ["BA", "MA"]}},
        {"fact": {"name": "new", "equals": True}},
        {"fact": {"name": "new", "equals": False}},
    ]
)
conditions = st.sampled_from([{"effort": {"unit": "contact hours", "atLeast": n}} for n in (5, 15)])
credential = st.sampled_from(
    [
        {"achievementType": "MicroCredential"},
        {"achievement": {"oneOf": [achievement_id("a"), achievement_id("b")]}},
        {"achievement": {"oneOf": [achievement_id("b"), achievement_id("c")]}},
    ]
)


@st.composite
def rules(draw: st.DrawFn, name: str) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "worth": {"fixed": draw(st.sampled_from(["1", "1.5", "2", "0.5"]))},
        "credential": [draw(credential)],
    }
    if draw(st.sampled_from([True, True, False])):
        parts["who"] = {draw(st.sampled_from(["any", "all"])): draw(st.lists(who, min_size=1, max_size=2))}
    if draw(st.sampled_from([True, False, False])):
        parts["conditions"] = [draw(conditions)]
    form = draw(st.sampled_from(["plain", "plain", "plain", "office", "slots", "exchange"]))
    if form == "office":
        parts["decides"] = {"office": "Licensing office"}
    if form == "slots":
        parts["slots"] = [
            {"id": "one", "title": "One", "count": draw(st.integers(1, 2)), "credential": parts.pop("credential")}
        ]
        parts["credential"] = None
    if form == "exchange":
        over = draw(st.sampled_from(["each", "total"]))
        rounded = {"to": 1, "mode": draw(st.sampled_from(["down", "up", "half-up"])), "over": over}
        parts["worth"] = {"exchange": {"of": "credentials", "per": 3, "gives": 4, "round": rounded}}
    return rule(name, **parts)


@st.composite
def policies(draw: st.DrawFn) -> RecognitionPolicy:
    names = ["r", "s", "t"][: draw(st.sampled_from([3, 2, 3, 1]))]
    caps = [
        cap(
            f"c{n}",
            draw(AMOUNTS),
            partial=draw(st.booleans()),
            rules=draw(st.lists(st.sampled_from(names), min_size=1, unique=True)),
        )
        for n in range(draw(st.sampled_from([1, 0, 1, 2])))
    ]
    bodies = [draw(rules(name)) for name in names]
    if len(bodies) > 1 and draw(st.booleans()):
        for body, new in zip(bodies, (True, False), strict=False):
            body["who"] = [{"fact": {"name": "new", "equals": new}}]
    try:
        return policy(*bodies, caps=caps)
    except PolicyRefused:
        assume(False)
        raise


@st.composite
def badges(draw: st.DrawFn) -> list[dict[str, Any]]:
    names = draw(st.sets(st.sampled_from(NAMES), min_size=draw(st.sampled_from([1, 2, 0])), max_size=3))
    return [
        badge(
            name, draw(st.sampled_from([None, achievement_id("b")])), hours=draw(st.sampled_from([None, 20, None, 10]))
        )
        for name in sorted(names)
    ]


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    lane, new = draw(st.sampled_from([None, None, *LANES])), draw(st.sampled_from([None, None, True, False]))
    return ({} if lane is None else {"lane": lane}) | ({} if new is None else {"other": {"new": new}})


ledgers = st.lists(
    st.builds(credited, st.sampled_from(["a", "x", "y"]), AMOUNTS, rule=st.sampled_from(["r", "s"])), max_size=2
)


def without_hours(document: Mapping[str, Any]) -> bool:
    return "result" not in document["credentialSubject"]


def every_case(
    documents: list[dict[str, Any]], known: Mapping[str, Any]
) -> list[tuple[list[dict[str, Any]], dict[str, Any]]]:
    """Every way in which what is not known may turn out: facts and badges without gaps."""
    lanes = [known["lane"]] if "lane" in known else LANES
    news = [known["other"]["new"]] if "other" in known else (True, False)
    hours = [HOURS if without_hours(each) else (None,) for each in documents]
    found = []
    for lane, new, *stated in itertools.product(lanes, news, *hours):
        whole = [
            each
            if number is None
            else badge(each["name"], each["credentialSubject"]["achievement"]["id"], hours=number)
            for each, number in zip(documents, stated, strict=True)
        ]
        found.append((whole, {"lane": lane, "other": {"new": new}}))
    return found


def with_offices(under: RecognitionPolicy, agree: bool) -> RecognitionPolicy:
    """The policy as it is where every office agrees, or where none does."""
    body = json.loads(json.dumps(dict(under.body)))
    for each in body["rules"]:
        if each["decides"] != "automatic":
            each["decides"] = "automatic"
            if not agree:
                each["who"] = [{"role": {"oneOf": ["somebody else"]}}]
    return policy_of(body)


@SLOW
@given(policies(), badges(), facts(), ledgers)
def test_it_is_referred_exactly_where_knowing_more_could_change_the_amount(
    under: RecognitionPolicy, documents: list[dict[str, Any]], known: dict[str, Any], ledger: list[Credited]
) -> None:
    # A line under a rule that the policy has no more stays open, whatever else is known.
    ledger = [line for line in ledger if line.rule in {each.id for each in under.rules}]
    decision = decided(documents, under, known, credited=ledger)
    amounts, ways = set(), set()
    for agree in (False, True):
        try:
            settled = with_offices(under, agree)
        except PolicyRefused:
            assume(False)
        for whole, certain in every_case(documents, known):
            case = decided(whole, settled, {**certain, "role": "teacher"}, credited=ledger)
            assert case.kind is not Kind.REFER
            amounts.add(case.amount)
            ways.add(frozenset((each.id, each.rule) for each in case.items if each.rule is not None))
    assert decision.exact
    assert (decision.amount, decision.at_most) == (min(amounts), max(amounts))
    if decision.kind is Kind.REFER:
        assert len(amounts) > 1 or len(ways) > 1
    else:
        assert len(amounts) == 1


CUT = policy(rule("r", worth={"fixed": "1.5"}), caps=[cap("c", "2", rules=["r"])])


@SLOW
@example(CUT, [badge("a"), badge("b")], {}, [])
@given(policies(), badges(), facts(), ledgers)
def test_a_decision_adds_up_keeps_the_caps_and_can_be_made_again(
    under: RecognitionPolicy, documents: list[dict[str, Any]], known: dict[str, Any], ledger: list[Credited]
) -> None:
    inputs = trial_inputs(documents, under, PURPOSE, read_facts(known), AS_OF, credited=ledger, software=SOFTWARE)
    decision = decide(inputs)
    assert sum((each.amount for each in decision.items), Decimal(0)) == decision.amount <= decision.at_most
    by_id = {each.id: each for each in under.rules}
    for use, terms in zip(decision.caps, under.caps, strict=True):
        counted = sum((each.amount for each in decision.items if each.rule in terms.rules), Decimal(0))
        assert counted == use.used
        assert use.before + use.used <= max(terms.amount, use.before)
        assert use.left == max(terms.amount - use.before, Decimal(0)) - use.used
    for entry in decision.trace:
        assert outcome_again(by_id[entry.rule], entry.conditions) is entry.outcome
    kinds = {each.kind for each in decision.items}
    assert (Kind.REFER in kinds) == (decision.kind is Kind.REFER)
    assert (decision.kind is Kind.REFER) <= any(each.kind in ("fact", "decision") for each in decision.missing)
    record = json.loads(json.dumps(record_of(inputs)))
    assert decide_again(record) == decision
    assert belongs_to(record, decision)
    assert from_json(json.loads(json.dumps(decision.to_json()))) == decision


@SLOW
@given(policies(), badges(), facts(), ledgers, st.sampled_from(NAMES))
def test_a_further_badge_never_lowers_the_amount(
    under: RecognitionPolicy, documents: list[dict[str, Any]], known: dict[str, Any], ledger: list[Credited], name: str
) -> None:
    fewer = [each for each in documents if each["name"] != name]
    less, more = decided(fewer, under, known, credited=ledger), decided(documents, under, known, credited=ledger)
    assert less.amount <= more.amount
    assert less.at_most <= more.at_most


@SLOW
@given(policies(), badges(), facts(), ledgers, st.randoms(use_true_random=False))
def test_the_order_of_badges_and_of_the_ledger_makes_no_difference(
    under: RecognitionPolicy,
    documents: list[dict[str, Any]],
    known: dict[str, Any],
    ledger: list[Credited],
    random: Any,
) -> None:
    def shuffled(items: list[Any]) -> list[Any]:
        return random.sample(items, len(items))

    decision: Decision = decided(documents, under, known, credited=ledger)
    assert decided(shuffled(documents), under, known, credited=shuffled(ledger)) == decision
