"""How stacks are completed: the best use of what was earned, each award once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.issuer.catalog.definition import DefinitionBody, StackRule
from badgeport.issuer.catalog.stacks import StackProgress, progress


def rule(*slots: tuple[int, str]) -> StackRule:
    """Slots as (how many, letters of the definitions)."""
    return StackRule.model_validate(
        {"slots": [{"name": str(n), "need": need, "of": list(of)} for n, (need, of) in enumerate(slots)]}
    )


def earned(letters: str) -> dict[str, list[str]]:
    return {one: [one.upper()] for one in letters}


def test_all_of_needs_every_one() -> None:
    assert not progress(rule((3, "abc")), earned("ab")).complete
    assert progress(rule((3, "abc")), earned("abc")).members == ("A", "B", "C")


def test_n_of_needs_that_many() -> None:
    found = progress(rule((2, "abcd")), earned("d"))
    assert (found.filled, found.needed, found.slots[0].missing) == (1, 2, 1)
    assert progress(rule((2, "abcd")), earned("bd")).complete


def test_an_award_fills_one_slot_and_the_best_use_is_found() -> None:
    # Whoever takes the first that fits puts "a" into the first slot and leaves the second empty.
    found = progress(rule((1, "ab"), (1, "a")), earned("ab"))
    assert found.complete
    assert found.members == ("B", "A")
    assert not progress(rule((1, "ab"), (1, "a")), earned("a")).complete


def test_a_renewal_is_no_second_micro_credential() -> None:
    found = progress(rule((1, "a"), (1, "ab")), {"a": ["newer", "older"]})
    assert found.filled == 1
    assert found.members == ("newer",)


def test_what_completed_a_stack_does_not_count_beside_it() -> None:
    wanted = rule((2, "sab"))
    rests_on = {"s": ["a", "c"]}
    assert not progress(wanted, earned("sa"), rests_on=rests_on).complete
    assert progress(wanted, earned("sab"), rests_on=rests_on).members == ("A", "B")
    assert progress(wanted, earned("sb"), rests_on=rests_on).members == ("S", "B")


def test_double_use_is_seen_through_several_stacks() -> None:
    rests_on = {"t": ["s"], "s": ["a"]}
    assert not progress(rule((1, "t"), (1, "a")), earned("ta"), rests_on=rests_on).complete


def test_neither_does_a_renewal_of_it() -> None:
    have = {"a": ["newer", "older"], "s": ["S"]}
    assert not progress(rule((1, "s"), (1, "a")), have, rests_on={"s": ["a"]}).complete


def test_what_was_earned_first_is_used_first() -> None:
    assert progress(rule((2, "abc")), earned("cab")).members == ("A", "C")


def test_two_stacks_that_rest_on_one_award_do_not_both_count() -> None:
    rests_on = {"s": ["a", "b"], "t": ["b", "c"]}
    assert progress(rule((2, "st")), earned("st"), rests_on=rests_on).filled == 1


letters = st.text("abcde", min_size=1, max_size=5).map(lambda text: "".join(sorted(set(text))))


Parts = Mapping[str, Collection[str]]


def by_trying_all(wanted: StackRule, have: str, rests_on: Parts | None = None) -> int:
    """The most places that can be filled, by trying every assignment."""
    best = 0
    for choice in product(range(-1, len(wanted.slots)), repeat=len(have)):
        fits = all(slot < 0 or one in wanted.slots[slot].of for one, slot in zip(have, choice, strict=True))
        if fits and is_once([one for one, slot in zip(have, choice, strict=True) if slot >= 0], rests_on or {}):
            filled = sum(min(part.need, choice.count(number)) for number, part in enumerate(wanted.slots))
            best = max(best, filled)
    return best


def is_once(used: Sequence[str], rests_on: Parts) -> bool:
    """Whether nothing counts twice: neither what fills a place nor what it rests on."""
    spent: list[str] = []
    for one in used:
        below, waiting = {one}, [one]
        while waiting:
            more = [each for each in rests_on.get(waiting.pop(), ()) if each not in below]
            below |= set(more)
            waiting += more
        spent += below
    return len(set(spent)) == len(spent)


slots_of = st.lists(st.tuples(st.integers(1, 3), letters), min_size=1, max_size=3)
rests = st.dictionaries(st.sampled_from("abcde"), st.sets(st.sampled_from("abcdefg"), max_size=3), max_size=4)


@given(slots_of, letters, rests)
def test_no_assignment_is_better(slots: list[tuple[int, str]], have: str, rests_on: Parts) -> None:
    wanted = rule(*((min(need, len(of)), of) for need, of in slots))
    found = progress(wanted, earned(have), rests_on=rests_on)
    assert found.exact
    assert found.filled == by_trying_all(wanted, have, rests_on)
    _check(found, rests_on)


@given(slots_of, letters, rests)
def test_a_search_that_was_cut_short_says_so_and_counts_nothing_twice(
    slots: list[tuple[int, str]], have: str, rests_on: Parts
) -> None:
    wanted = rule(*((min(need, len(of)), of) for need, of in slots))
    found = progress(wanted, earned(have), rests_on=rests_on, most_steps=0)
    best = by_trying_all(wanted, have, rests_on)
    assert found.filled == best if found.exact else found.filled <= best
    _check(found, rests_on)


@given(slots_of, letters)
def test_without_stacks_the_first_matching_is_the_best(slots: list[tuple[int, str]], have: str) -> None:
    wanted = rule(*((min(need, len(of)), of) for need, of in slots))
    found = progress(wanted, earned(have), most_steps=0)
    assert found.exact
    assert found.filled == by_trying_all(wanted, have)


def _check(found: StackProgress, rests_on: Parts) -> None:
    assert is_once([one for slot in found.slots for one, _ in slot.filled], rests_on)
    assert len(set(found.members)) == len(found.members)
    for slot in found.slots:
        assert len(slot.filled) <= slot.need
        assert {one for one, _ in slot.filled} <= set(slot.of)


@pytest.mark.parametrize(
    "slots",
    [
        [],
        [{"name": "one", "need": 2, "of": ["a"]}],
        [{"name": "one", "need": 1, "of": ["a", "a"]}],
        [{"name": "one", "need": 0, "of": ["a"]}],
        [{"name": "one", "need": 1, "of": []}],
    ],
)
def test_a_rule_that_nothing_completes_is_refused(slots: list[object]) -> None:
    with pytest.raises(ValueError, match=r"stack"):
        DefinitionBody.model_validate({"name": "x", "competency": "", "stack": {"slots": slots}})


def test_a_body_comes_back_from_json_as_it_was() -> None:
    body = DefinitionBody.model_validate(
        {
            "name": "x",
            "competency": "y",
            "rubric": {"criteria": [{"name": "c", "levels": [{"name": "l", "points": 1}], "requiredLevel": "l"}]},
            "alignments": [{"targetName": "a", "targetUrl": "https://standards.example/1", "targetType": "CFItem"}],
        }
    )
    assert DefinitionBody.model_validate(body.to_json()) == body


def test_a_wrong_rubric_names_its_place() -> None:
    with pytest.raises(ValueError, match=r"rubric\.criteria\.0\.levels\.0\.name"):
        DefinitionBody.model_validate(
            {"name": "x", "competency": "", "rubric": {"criteria": [{"name": "c", "levels": [{"name": ""}]}]}}
        )
