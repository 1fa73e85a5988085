"""The choice of what counts, against trying everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgeport.verifier.recognition.deciding.allotment import Limit, allot, nested
from badgeport.verifier.recognition.deciding.portfolio import Choice, Offer, Place, Problem, Terms, best, by_rule
from badgeport.verifier.recognition.model import Exchange

STEPS = 200_000
KEYS = ("a", "b", "c", "d", "e")
RULES = ("r", "s", "t")
AMOUNTS = st.sampled_from([Fraction(n, 2) for n in range(1, 9)] + [Fraction(2, 3)])


def exchange(step: str, rounding: str) -> Exchange:
    return Exchange("contact hours", Decimal(1), Decimal(1), Decimal(step), rounding, "total")  # type: ignore[arg-type]


@st.composite
def terms_of(draw: st.DrawFn, rule: str) -> Terms:
    form = draw(st.sampled_from(["plain", "plain", "total", "places", "places"]))
    if form == "total":
        step, rounding = draw(st.sampled_from(["1", "2", "0.5"])), draw(st.sampled_from(["down", "up", "half-up"]))
        return Terms(rule, exchange(step, rounding))
    if form == "plain":
        return Terms(rule)
    places = tuple(Place(f"p{n}", draw(st.integers(1, 2))) for n in range(draw(st.integers(1, 2))))
    return Terms(
        rule, None, places, draw(st.sampled_from([Fraction(1), Fraction(3), Fraction(5, 2)])), draw(st.integers(1, 2))
    )


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    terms = tuple(draw(terms_of(rule)) for rule in RULES[: draw(st.integers(1, 3))])
    keys = KEYS[: draw(st.integers(1, 5))]
    offers = []
    for each in terms:
        for place in [p.id for p in each.places] or [None]:
            for key in keys:
                if draw(st.booleans()):
                    amount = draw(st.just(Fraction(0)) if each.places else AMOUNTS)
                    offers.append(Offer(key, each.rule, amount, place))
    pairs = list(itertools.combinations(keys, 2))
    exclusions = tuple(draw(st.lists(st.sampled_from(pairs), max_size=3))) if pairs else ()
    limits = tuple(
        Limit(
            f"cap{n}",
            draw(st.frozensets(st.sampled_from(RULES), min_size=1)),
            draw(AMOUNTS) * 2 - 1,
            draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 3)))
    )
    limits = tuple(Limit(each.id, each.rules, max(each.left, Fraction(0)), each.partial) for each in limits)
    return Problem(terms, tuple(draw(st.permutations(offers))), exclusions, limits)


def assignments(problem: Problem) -> Iterator[dict[str, Offer]]:
    """Every way to give each credential one of its offers or none, as the exclusions allow."""
    keys = sorted({offer.credential for offer in problem.offers})
    choices = [[None, *(offer for offer in problem.offers if offer.credential == key)] for key in keys]
    for chosen in itertools.product(*choices):
        taken = {offer.credential: offer for offer in chosen if offer is not None}
        if not any(one in taken and other in taken for one, other in problem.exclusions):
            yield taken


def most(problem: Problem) -> Fraction:
    found = (by_rule(problem, each) for each in assignments(problem))
    return max(sum(each.values(), Fraction(0)) for each in found if each is not None)


def holds(problem: Problem, choice: Choice) -> None:
    """That a choice keeps every rule, by its own account."""
    keys = [each.credential for each in choice.counted]
    assert len(keys) == len(set(keys)), "a credential counts once"
    assert not any(one in keys and other in keys for one, other in problem.exclusions)
    offers = {(o.credential, o.rule, o.place): o for o in problem.offers}
    assert all((each.credential, each.rule, each.place) in offers for each in choice.counted)
    assert sum((each.amount for each in choice.counted), Fraction(0)) == choice.total
    for limit in problem.limits:
        used = sum((each.amount for each in choice.counted if each.rule in limit.rules), Fraction(0))
        assert used == choice.used[limit.id] <= limit.left


@settings(max_examples=400, deadline=None)
@given(problems())
def test_no_other_choice_gives_more(problem: Problem) -> None:
    choice = best(problem, STEPS)
    assert choice.exact
    assert choice.total == most(problem)
    holds(problem, choice)


@settings(max_examples=150, deadline=None)
@given(problems(), st.randoms(use_true_random=False))
def test_the_order_of_the_offers_makes_no_difference(problem: Problem, random: object) -> None:
    shuffled = list(problem.offers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    other = Problem(problem.terms, tuple(shuffled), tuple(reversed(problem.exclusions)), problem.limits)
    assert best(problem, STEPS) == best(other, STEPS)


@settings(max_examples=200, deadline=None)
@given(problems(), st.sampled_from(KEYS))
def test_a_further_credential_never_lowers_the_sum(problem: Problem, key: str) -> None:
    without = Problem(
        problem.terms, tuple(o for o in problem.offers if o.credential != key), problem.exclusions, problem.limits
    )
    assert best(without, STEPS).total <= best(problem, STEPS).total


@settings(max_examples=200, deadline=None)
@given(problems())
def test_every_credential_that_counts_is_needed(problem: Problem) -> None:
    choice = best(problem, STEPS)
    taken = {each.credential: each for each in choice.counted}
    offers = {(o.credential, o.rule, o.place): o for o in problem.offers}
    for key in taken:
        rest = {k: offers[k, each.rule, each.place] for k, each in taken.items() if k != key}
        given = by_rule(problem, rest)
        assert given is None or sum(given.values(), Fraction(0)) < choice.total


@settings(max_examples=200, deadline=None)
@given(problems(), st.integers(0, 12))
def test_where_the_steps_run_out_the_bound_holds(problem: Problem, steps: int) -> None:
    choice = best(problem, steps)
    true = most(problem)
    assert choice.total <= true <= choice.bound
    assert choice.exact == (choice.total == choice.bound)
    holds(problem, choice)


HALVES = st.integers(0, 8).map(lambda n: Fraction(n, 2))


@settings(max_examples=300, deadline=None)
@given(
    st.lists(HALVES, min_size=3, max_size=3),
    st.lists(st.tuples(st.frozensets(st.sampled_from(RULES), min_size=1), st.integers(0, 4)), max_size=4),
)
def test_caps_that_overlap_let_through_the_most_they_can(
    amounts: list[Fraction], caps: list[tuple[frozenset[str], int]]
) -> None:
    """With three rules and whole caps some best share-out is in quarters at the finest: they are all tried."""
    totals = dict(zip(RULES, amounts, strict=True))
    limits = [Limit(str(n), rules, Fraction(left)) for n, (rules, left) in enumerate(caps)]
    given = allot(totals, limits)
    assert given is not None
    assert all(0 <= given[rule] <= totals[rule] for rule in RULES)
    assert all(sum(given[rule] for rule in limit.rules) <= limit.left for limit in limits)
    grid = [[Fraction(n, 4) for n in range(int(total * 4) + 1)] for total in amounts]
    tried = max(
        sum(each, Fraction(0))
        for each in itertools.product(*grid)
        if all(
            sum((a for r, a in zip(RULES, each, strict=True) if r in limit.rules), Fraction(0)) <= limit.left
            for limit in limits
        )
    )
    assert sum(given.values()) == tried


def test_three_caps_over_two_rules_each_are_shared() -> None:
    limits = [
        Limit("rs", frozenset("rs"), Fraction(1)),
        Limit("st", frozenset("st"), Fraction(1)),
        Limit("rt", frozenset("rt"), Fraction(1)),
    ]
    assert not nested(limits)
    assert allot(dict.fromkeys(RULES, Fraction(1)), limits) == dict.fromkeys(RULES, Fraction(1, 2))


def test_two_badges_give_ten_points_and_a_third_is_kept_for_later() -> None:
    terms = Terms("r", Exchange("credentials", Decimal(2), Decimal(10), Decimal(10), "down", "total"))
    choice = best(Problem((terms,), tuple(Offer(key, "r", Fraction(5)) for key in "abc")), STEPS)
    assert choice.total == 10
    assert [(each.credential, each.amount) for each in choice.counted] == [("a", 5), ("b", 5)]


def test_fourteen_credits_fill_a_cap_of_twelve_and_two_are_kept_for_later() -> None:
    offers = tuple(Offer(f"{n:02}", "r", Fraction(1)) for n in range(14))
    choice = best(Problem((Terms("r"),), offers, (), (Limit("cap", frozenset("r"), Fraction(12)),)), STEPS)
    assert (choice.total, choice.exact, len(choice.counted)) == (12, True, 12)
    assert [each.credential for each in choice.counted] == [f"{n:02}" for n in range(12)]


def test_a_stack_or_its_members_whichever_gives_more() -> None:
    offers = [Offer("stack", "r", Fraction(3)), *(Offer(f"m{n}", "s", Fraction(1)) for n in range(4))]
    exclusions = tuple(("stack", f"m{n}") for n in range(4))
    choice = best(Problem((Terms("r"), Terms("s")), tuple(offers), exclusions), STEPS)
    assert choice.total == 4
    choice = best(Problem((Terms("r"), Terms("s")), tuple(offers[:3]), exclusions), STEPS)
    assert [each.credential for each in choice.counted] == ["stack"]


@pytest.mark.parametrize("count", [200, 1000])
def test_a_large_portfolio_under_caps_is_solved_exactly(count: int) -> None:
    """Eighty amounts, two rules with caps, one cap over both: proven in few steps."""
    terms = (Terms("r"), Terms("s"))
    offers = []
    for n in range(count):
        offers += [Offer(f"{n:04}", "r", Fraction(n % 80 + 1, 4)), Offer(f"{n:04}", "s", Fraction(n % 80 + 1, 8))]
    limits = (
        Limit("r", frozenset("r"), Fraction(120)),
        Limit("s", frozenset("s"), Fraction(60)),
        Limit("both", frozenset("rs"), Fraction(150)),
    )
    choice = best(Problem(terms, tuple(offers), (), limits), 20_000)
    assert (choice.total, choice.exact) == (150, True)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (Problem((Terms("r"), Terms("r")), ()), "twice among the terms"),
        (Problem((Terms("r"),), (Offer("a", "s", Fraction(1)),)), "no place None"),
        (Problem((Terms("r"),), (Offer("a", "r", Fraction(1), "p"),)), "no place 'p'"),
        (Problem((Terms("r"),), (Offer("a", "r", Fraction(-1)),)), "less than nothing"),
        (Problem((Terms("r"),), (Offer("a", "r", Fraction(1)), Offer("a", "r", Fraction(2)))), "offered twice"),
        (Problem((Terms("r", None, (Place("p", 1),)),), (Offer("a", "r", Fraction(1), "p"),)), "nothing by itself"),
        (Problem((Terms("r"),), (), (), (Limit("c", frozenset("r"), Fraction(-1)),)), "less than nothing"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused(problem: Problem, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        best(problem, STEPS)
