"""Agreements: who is covered on which day, and what is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.verifier.recognition.approval.agreements import Agreement, Member, agreement_of
from badgeport.verifier.recognition.approval.members import MemberError
from badgeport.verifier.recognition.model import Period

BODY: dict[str, Any] = {
    "id": "https://partnership.example/agreements/quality",
    "title": "Partnership of states",
    "from": "2025-07-01",
    "until": "2028-06-30",
    "qualityStandard": {"name": "Quality standards for micro-credentials", "url": "https://partnership.example/q"},
    "members": [
        {
            "id": "did:web:arkansas.example",
            "name": "Arkansas",
            "area": "US-AR",
            "issuers": ["did:web:badges.arkansas.example"],
            "from": "2025-07-01",
        },
        {
            "id": "did:web:wyoming.example",
            "name": "Wyoming",
            "area": "US-WY",
            "issuers": [],
            "from": "2026-01-01",
            "withdrawn": "2027-01-01",
        },
    ],
    "note": "An example.",
}


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    change(body)
    return body


@pytest.mark.parametrize(
    ("issuer", "on", "covered"),
    [
        ("did:web:badges.arkansas.example", "2025-07-01", True),
        ("did:web:arkansas.example", "2025-07-01", True),
        ("did:web:ARKANSAS.example", "2028-06-30", True),
        ("did:web:arkansas.example", "2025-06-30", False),
        ("did:web:arkansas.example", "2028-07-01", False),
        ("did:web:wyoming.example", "2025-12-31", False),
        ("did:web:wyoming.example", "2026-01-01", True),
        ("did:web:wyoming.example", "2026-12-31", True),
        ("did:web:wyoming.example", "2027-01-01", False),
        ("did:web:stranger.example", "2026-01-01", False),
    ],
)
def test_who_is_covered_on_which_day(issuer: str, on: str, covered: bool) -> None:
    assert agreement_of(BODY).covers(issuer, date.fromisoformat(on)) is covered


def test_a_member_that_does_not_say_who_issues_for_it_leaves_strangers_open() -> None:
    agreement = agreement_of(changed(lambda body: body["members"][1].pop("issuers")))
    assert agreement.covers("did:web:stranger.example", date(2026, 6, 1)) is None
    assert agreement.covers("did:web:stranger.example", date(2027, 6, 1)) is False
    assert agreement.covers("did:web:arkansas.example", date(2026, 6, 1)) is True


def test_of_days_after_it_was_verified_nothing_is_known() -> None:
    agreement = agreement_of(BODY, known_until=date(2026, 3, 1))
    for issuer in ("did:web:arkansas.example", "did:web:stranger.example"):
        assert agreement.covers(issuer, date(2026, 3, 2)) is None
    assert agreement.covers("did:web:arkansas.example", date(2026, 3, 1)) is True
    assert agreement.covers("did:web:arkansas.example", date(2030, 1, 1)) is False


def test_the_members_of_a_day() -> None:
    agreement = agreement_of(BODY)
    assert [each.name for each in agreement.members_on(date(2025, 8, 1))] == ["Arkansas"]
    assert [each.name for each in agreement.members_on(date(2026, 8, 1))] == ["Arkansas", "Wyoming"]
    assert agreement.members_on(date(2029, 1, 1)) == ()
    found = agreement.member_of("did:web:badges.arkansas.example", date(2026, 8, 1))
    assert found is not None
    assert found.area == "US-AR"


def test_an_agreement_is_written_as_it_was_read() -> None:
    assert agreement_of(BODY).to_json() == BODY
    dated = changed(lambda body: body.update({"from": date(2025, 7, 1)}))
    assert agreement_of(dated) == agreement_of(BODY)


WRONG: list[tuple[Callable[[dict[str, Any]], object], str, str]] = [
    (lambda body: body.pop("title"), "/title", "has no member title"),
    (lambda body: body.pop("from"), "/from", "from which day"),
    (lambda body: body.update(members=[]), "/members", "has no members"),
    (lambda body: body.update(members="did:web:a.example"), "/members", "no list members"),
    (lambda body: body.update(untill="2027-01-01"), "/untill", "did you mean until?"),
    (lambda body: body.update(until="2025-06-30"), "/until", "before the first day"),
    (lambda body: body.update(until="2028-02-30"), "/until", "there is no day 2028-02-30"),
    (lambda body: body.update(until="June 2028"), "/until", "not a date"),
    (lambda body: body["members"][0].pop("name"), "/members/0/name", "has no member name"),
    (lambda body: body["members"][1].update(withdrawn="2025-01-01"), "/members/1/withdrawn", "before it joins"),
    (lambda body: body["members"][0].update(issuers="did:web:a.example"), "/members/0/issuers", "not a list"),
    (lambda body: body["members"].append(body["members"][0]), "/members/2/id", "twice on the same days"),
    (lambda body: body.update(qualityStandard={"url": "https://q.example"}), "/qualityStandard/name", "no member"),
    (lambda body: body.update(title="x" * 10_001), "/title", "more than 10000 characters"),
    (lambda body: body.update(members=["did:web:a.example"]), "/members/0", "not an object"),
]


@pytest.mark.parametrize(("change", "pointer", "reason"), WRONG, ids=[f"{each[1]} {each[2]}" for each in WRONG])
def test_what_is_wrong_is_named_with_its_place(
    change: Callable[[dict[str, Any]], object], pointer: str, reason: str
) -> None:
    with pytest.raises(MemberError) as caught:
        agreement_of(changed(change))
    assert caught.value.pointer == pointer
    assert reason in caught.value.reason


def test_who_left_may_join_again() -> None:
    again = {"id": "did:web:wyoming.example", "name": "Wyoming", "from": "2027-07-01"}
    agreement = agreement_of(changed(lambda body: body["members"].append(again)))
    assert agreement.covers("did:web:wyoming.example", date(2027, 3, 1)) is not True
    assert agreement.covers("did:web:wyoming.example", date(2027, 7, 1)) is True


_DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))
_PERIODS = st.tuples(st.none() | _DAYS, st.none() | _DAYS).map(
    lambda days: Period(*days) if None in days else Period(*sorted(days))  # type: ignore[type-var]
)
_MEMBERS = st.builds(
    Member,
    id=st.sampled_from(["did:web:a.example", "did:web:b.example"]),
    name=st.just("A state"),
    issuers=st.none() | st.lists(st.sampled_from(["did:web:x.example", "did:web:y.example"]), max_size=2).map(tuple),
    period=_PERIODS,
    withdrawn=st.none() | _DAYS,
)


@given(st.lists(_MEMBERS, min_size=1, max_size=3), _PERIODS, _DAYS, st.sampled_from("abxyz"))
def test_an_issuer_is_covered_only_by_a_member_of_that_day(
    members: list[Member], period: Period, on: date, letter: str
) -> None:
    agreement = Agreement("https://p.example/a", "An agreement", tuple(members), None, period)
    issuer = f"did:web:{letter}.example"
    answers = {each.answers_for(issuer) for each in agreement.members_on(on)}
    covered = agreement.covers(issuer, on)
    assert covered is (True if True in answers else None if None in answers else False)
    if covered and on > date(2020, 1, 1):
        assert (
            Agreement("a", "b", agreement.members, None, period, known_until=on - timedelta(days=1)).covers(issuer, on)
            is None
        )
