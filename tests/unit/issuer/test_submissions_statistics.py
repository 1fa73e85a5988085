"""Agreement and kappa against values that were published or worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.issuer.submissions.statistics import Agreement, agreement, weighted_kappa

LEVELS = ("low", "middle", "high")


def table(**cells: int) -> list[tuple[str, str]]:
    """Pairs from counts: ``yes_no=5`` is five times ("yes", "no")."""
    return [(name.split("_")[0], name.split("_")[1]) for name, times in cells.items() for _ in range(times)]


def test_kappa_of_fifty_proposals() -> None:
    # The example most textbooks give: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: p_o 0.70, p_e 0.50, kappa 0.40.
    found = agreement(table(yes_yes=20, yes_no=5, no_yes=10, no_no=15))
    assert (found.pairs, found.agreed, found.percent) == (50, 35, 70)
    assert found.kappa == pytest.approx(0.4)


def test_the_same_agreement_can_be_worth_less() -> None:
    # Both agree in 60 of 100, and chance differs: 0.13 and 0.26.
    even = agreement(table(yes_yes=45, yes_no=15, no_yes=25, no_no=15))
    uneven = agreement(table(yes_yes=25, yes_no=35, no_yes=5, no_no=35))
    assert even.percent == uneven.percent == 60
    assert even.kappa == pytest.approx(0.1304, abs=1e-4)
    assert uneven.kappa == pytest.approx(0.2593, abs=1e-4)


def test_three_levels_by_hand() -> None:
    pairs = table(low_low=2, low_middle=1, middle_middle=3, middle_high=1, high_high=2, high_low=1)
    # p_o = 7/10; rows 3,4,3; columns 3,4,3: p_e = (9 + 16 + 9) / 100 = 0.34.
    assert agreement(pairs).kappa == pytest.approx((0.7 - 0.34) / 0.66)
    # Linear weights: observed disagreement (1 + 1 + 2) / 10 = 0.4; expected (12+18+12+12+18+12)/100 = 0.84.
    assert weighted_kappa(pairs, LEVELS) == pytest.approx(1 - 0.4 / 0.84)


def test_a_near_miss_weighs_less_than_a_far_one() -> None:
    near = table(low_low=3, middle_middle=3, high_high=3, low_middle=1)
    far = table(low_low=3, middle_middle=3, high_high=3, low_high=1)
    assert (weighted_kappa(near, LEVELS) or 0) > (weighted_kappa(far, LEVELS) or 0)


@pytest.mark.parametrize("pairs", [[], table(yes_yes=8)])
def test_where_chance_is_certain_kappa_says_nothing(pairs: list[tuple[str, str]]) -> None:
    assert agreement(pairs).kappa is None
    assert weighted_kappa(pairs, ("yes", "no")) is None


def test_no_pairs_no_percent() -> None:
    assert agreement([]) == Agreement(0, 0, None)
    assert agreement([]).percent is None


def test_always_disagreeing_is_minus_one() -> None:
    assert agreement(table(yes_no=5, no_yes=5)).kappa == pytest.approx(-1)


def test_a_level_that_is_not_listed_is_refused() -> None:
    with pytest.raises(ValueError):
        weighted_kappa([("low", "elsewhere")], LEVELS)


@given(st.lists(st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)), max_size=40))
def test_kappa_is_between_minus_one_and_one_and_does_not_care_who_is_first(pairs: list[tuple[str, str]]) -> None:
    found, turned = agreement(pairs), agreement([(other, one) for one, other in pairs])
    assert found == turned
    if found.kappa is not None:
        assert -1 <= found.kappa <= 1
        assert (found.kappa == 1) == (found.agreed == found.pairs)
    with_two = [pair for pair in pairs if "middle" not in pair]
    plain, weighted = agreement(with_two).kappa, weighted_kappa(with_two, ("low", "high"))
    # Of two levels every miss is as far as any other.
    assert (plain is None) == (weighted is None)
    if plain is not None:
        assert weighted == pytest.approx(plain)
