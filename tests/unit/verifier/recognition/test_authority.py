"""How one answer is made of what several documents of several authorities say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.verifier.recognition.approval.authority import (
    Answer,
    Approval,
    Authority,
    Standing,
    State,
    Statement,
    covers_area,
)
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.model import Period

STATE, BOARD = "did:web:state.example", "did:web:board.example"
ISSUER, ACHIEVEMENT = "did:web:badges.example", "https://badges.example/a"
DAY = date(2026, 3, 1)
APPROVED, NOT_APPROVED, EXPIRED, CANNOT_TELL = Standing

GOOD = Approval(ISSUER, ACHIEVEMENT)
ENDED = Approval(ISSUER, ACHIEVEMENT, period=Period(None, DAY - timedelta(days=1)))
LATER = Approval(ISSUER, ACHIEVEMENT, period=Period(DAY + timedelta(days=1)))
OPEN = Approval(ISSUER, ACHIEVEMENT, doubt="it hangs on another list")
ELSEWHERE = Approval(ISSUER, "https://badges.example/b")


def statement(*approvals: Approval, by: str = STATE, complete: bool = False, **changes: object) -> Statement:
    made = Statement(by, f"The word of {by}", f"sha-{by}", approvals, complete=complete)
    return replace(made, **changes)  # type: ignore[arg-type]


def ask(*statements: Statement, by: frozenset[str] | None = frozenset({STATE}), version: str | None = None) -> Answer:
    return Authority(statements).authorized(ISSUER, ACHIEVEMENT, None, DAY, by, version=version)


@pytest.mark.parametrize(
    ("approvals", "complete", "standing"),
    [
        ([GOOD], False, APPROVED),
        ([ENDED], False, EXPIRED),
        ([LATER], False, NOT_APPROVED),
        ([OPEN], False, CANNOT_TELL),
        ([ELSEWHERE], False, CANNOT_TELL),
        ([ELSEWHERE], True, NOT_APPROVED),
        ([], True, NOT_APPROVED),
        ([], False, CANNOT_TELL),
        ([ENDED, GOOD], False, APPROVED),
        ([ENDED, LATER], False, EXPIRED),
        ([ENDED, OPEN], False, CANNOT_TELL),
        ([LATER, OPEN], True, CANNOT_TELL),
    ],
)
def test_the_answer_of_one_authority(approvals: list[Approval], complete: bool, standing: Standing) -> None:
    for order in permutations(approvals):
        assert ask(statement(*order, complete=complete)).standing is standing


def test_one_authority_that_approves_is_enough_and_the_other_is_told() -> None:
    no, yes = statement(complete=True), statement(GOOD, by=BOARD)
    both = ask(no, yes, by=frozenset({STATE, BOARD}))
    assert both.standing is APPROVED
    assert both.source == f"sha-{BOARD}"
    assert f"The word of {STATE} does not name this issuer" in both.reason
    assert ask(no, yes).standing is NOT_APPROVED
    assert ask(yes, by=frozenset({STATE, BOARD})).reason == f"The word of {BOARD} approves it."


def test_a_list_that_does_not_speak_for_the_day_hides_no_other_answer() -> None:
    past = statement(GOOD, complete=True, speaks=Period(None, DAY - timedelta(days=1)))
    assert ask(past).standing is CANNOT_TELL
    assert ask(past, statement(ENDED)).standing is EXPIRED
    assert ask(past, statement(complete=True)).standing is NOT_APPROVED


def test_an_edition_that_was_taken_back_replaces_no_other() -> None:
    earlier = statement(GOOD, complete=True, series="list", speaks=Period(DAY - timedelta(days=9)))
    later = statement(complete=True, series="list", speaks=Period(DAY))
    assert ask(earlier, later).standing is NOT_APPROVED
    assert ask(earlier, replace(later, state=State.WITHDRAWN, trouble="it was revoked")).standing is APPROVED


@pytest.mark.parametrize(
    ("one", "other", "standing"),
    [
        (statement(ENDED), statement(complete=True, by=BOARD), EXPIRED),
        (statement(complete=True), statement(by=BOARD), CANNOT_TELL),
        (statement(complete=True), statement(complete=True, by=BOARD), NOT_APPROVED),
        (statement(ENDED), statement(OPEN, by=BOARD), CANNOT_TELL),
    ],
)
def test_what_one_authority_leaves_open_no_other_denies(one: Statement, other: Statement, standing: Standing) -> None:
    assert ask(one, other, by=frozenset({STATE, BOARD})).standing is standing


def test_without_an_authority_to_believe_nothing_can_be_told() -> None:
    held = (statement(GOOD),)
    unasked = Authority(held).authorized(ISSUER, ACHIEVEMENT, None, DAY, None)
    assert unasked == Answer(CANNOT_TELL, "No authority is named whose approval would count.")
    believing = Authority(held, frozenset({STATE}))
    assert believing.authorized(ISSUER, ACHIEVEMENT, None, DAY, None).standing is APPROVED
    assert believing.authorized(ISSUER, ACHIEVEMENT, None, DAY, frozenset({BOARD})).standing is CANNOT_TELL
    assert believing.authorized(ISSUER, ACHIEVEMENT, None, DAY, frozenset()).standing is CANNOT_TELL


def test_the_host_of_a_did_web_has_no_letter_case() -> None:
    upper = replace(statement(replace(GOOD, issuer="did:web:BADGES.example")), authority="did:web:State.Example")
    assert ask(upper).standing is APPROVED


def test_a_version_that_is_named_must_be_the_badges() -> None:
    second = statement(replace(GOOD, version="2"))
    assert ask(second, version="2").standing is APPROVED
    assert "the badge states none" in ask(second).reason
    assert ask(second).standing is CANNOT_TELL
    assert ask(replace(second, complete=True), version="1").standing is NOT_APPROVED


@pytest.mark.parametrize(
    ("areas", "area", "covered"),
    [
        ((), "US-WY", True),
        (("US-WY",), None, True),
        (("US-WY",), "us-wy", True),
        (("US",), "US-WY", True),
        (("US-WY",), "US", False),
        (("US-W",), "US-WY", False),
        (("US-AR", "US-SC"), "US-SC", True),
    ],
)
def test_an_area_covers_what_lies_in_it(areas: tuple[str, ...], area: str | None, covered: bool) -> None:
    assert covers_area(areas, area) is covered


def test_what_was_taken_back_is_not_approved_from_the_day_that_is_known() -> None:
    back = statement(GOOD, state=State.WITHDRAWN, trouble="it was revoked", known_until=DAY)
    assert ask(back).standing is NOT_APPROVED
    assert ask(replace(back, known_until=DAY + timedelta(days=1))).standing is CANNOT_TELL
    assert ask(back, statement(GOOD)).standing is APPROVED


_APPROVALS = st.sampled_from([GOOD, ENDED, LATER, OPEN, ELSEWHERE, replace(GOOD, issuer=None)])
_STATEMENTS = st.builds(
    Statement,
    authority=st.sampled_from([STATE, BOARD]),
    title=st.just("A word"),
    source=st.sampled_from(["1", "2", "3"]),
    approvals=st.lists(_APPROVALS, max_size=3).map(tuple),
    speaks=st.sampled_from([Period(), Period(DAY), Period(DAY + timedelta(days=1)), Period(None, DAY)]),
    complete=st.booleans(),
    known_until=st.sampled_from([None, DAY, DAY - timedelta(days=1)]),
    state=st.sampled_from(list(State)),
    series=st.sampled_from([None, "a"]),
    trouble=st.just("it was revoked"),
)


@given(st.lists(_STATEMENTS, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_the_documents_does_not_matter(statements: list[Statement], random: object) -> None:
    shuffled = list(statements)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    asked = frozenset({STATE, BOARD})
    assert ask(*statements, by=asked) == ask(*shuffled, by=asked)


@given(st.lists(_STATEMENTS, max_size=4))
def test_only_a_document_in_force_for_the_day_approves(statements: list[Statement]) -> None:
    if ask(*statements).standing is not APPROVED:
        return
    assert any(
        each.state is State.IN_FORCE
        and each.authority == STATE
        and (each.known_until is None or each.known_until >= DAY)
        and {GOOD, replace(GOOD, issuer=None)} & set(each.approvals)
        for each in statements
    )


@given(st.lists(_STATEMENTS, max_size=4), st.frozensets(st.sampled_from([STATE, BOARD])))
def test_all_of_it_is_written_down_and_read_again(statements: list[Statement], believed: frozenset[str]) -> None:
    authority = Authority(tuple(statements), believed)
    assert Authority.from_json(authority.to_json()) == authority


def test_a_record_that_was_tampered_with_is_refused() -> None:
    body = Authority((statement(GOOD),)).to_json()
    body["statements"][0]["state"] = "fine"
    with pytest.raises(MemberError, match="/statements/0/state"):
        Authority.from_json(body)
