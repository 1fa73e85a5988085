"""Program figures against numbers worked out by hand, and what may be published of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgeport.issuer.reports import figures
from badgeport.issuer.reports.figures import SMALL, Figures, Path, published, published_total, spread

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def path(educator: str, **members: object) -> Path:
    given: dict[str, object] = {"definition": "d", "school": None, "started": START, **members}
    return Path(educator=educator, **given)  # type: ignore[arg-type]


def test_quartiles_are_those_of_a_spreadsheet() -> None:
    assert spread([7, 15, 36, 39, 40, 41]) == figures.Spread(6, 20.25, 37.5, 39.75)
    assert spread([3.0]) == figures.Spread(1, 3.0, 3.0, 3.0)
    assert spread([]) is None


def test_figures_count_people_once_and_portfolios_each() -> None:
    done = START + timedelta(days=10)
    group = [
        path("a", first_submitted=START, demonstrated=done, attempts=2, waits=(2.0, 4.0)),
        path("a", first_submitted=START, attempts=1, waits=(9.0,)),
        path("b", withdrawn=True),
        path("c"),
    ]
    found = figures.figures(group, eligible=12)
    assert (found.educators, found.started, found.handed_in, found.again, found.demonstrated) == (3, 4, 2, 1, 1)
    assert (found.uptake, found.completion, found.resubmission) == (0.25, 0.25, 0.5)
    assert found.wait is not None
    assert found.wait.median == 4.0
    assert found.duration == figures.Spread(1, 10.0, 10.0, 10.0)


def test_nothing_is_no_share() -> None:
    found = figures.figures([], eligible=0)
    assert (found.uptake, found.completion, found.resubmission, found.wait) == (None, None, None, None)


@pytest.mark.parametrize(
    ("enrolment", "label"),
    [
        (None, "Enrollment not given"),
        (0, "Fewer than 250 students"),
        (249, "Fewer than 250 students"),
        (250, "250 to 499 students"),
        (999, "500 to 999 students"),
        (1000, "1,000 students or more"),
    ],
)
def test_sizes_of_schools(enrolment: int | None, label: str) -> None:
    assert figures.size_of(enrolment) == label


def group(label: str, started: int, demonstrated: int, eligible: int | None = None) -> Figures:
    members = [
        path(
            f"{label}{number}",
            first_submitted=START if number < demonstrated else None,
            demonstrated=START + timedelta(days=number) if number < demonstrated else None,
            attempts=1 if number < demonstrated else 0,
            waits=(1.0,) if number < demonstrated else (),
        )
        for number in range(started)
    ]
    return figures.figures(members, label=label, key=label, eligible=eligible)


def test_a_small_group_shows_nothing_and_the_next_one_hides_it() -> None:
    rows = published([group("small", 3, 3), group("next", 10, 5), group("large", 40, 20)])
    assert rows[0].started == 0
    assert {"educators", "started", "demonstrated", "completion", "wait"} <= rows[0].hidden
    assert "started" in rows[1].hidden
    assert (rows[2].started, rows[2].demonstrated, rows[2].hidden) == (40, 20, frozenset())


def test_what_few_are_left_out_of_is_hidden() -> None:
    # 19 of 20 demonstrated: the one who did not would be known.
    found = published_total(group("all", 20, 19))
    assert {"demonstrated", "completion"} <= found.hidden
    assert found.started == 20
    # 20 could begin and 18 did: the two who did not would be known.
    found = published_total(group("all", 18, 9, eligible=20))
    assert found.eligible is None
    assert "uptake" in found.hidden
    assert found.educators == 18


def test_rates_never_stand_beside_a_hidden_part() -> None:
    for row in published([group("a", 6, 2), group("b", 7, 7), group("c", 50, 25)]):
        if "demonstrated" in row.hidden:
            assert "completion" in row.hidden


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=2, max_size=6))
def test_no_small_number_follows_from_the_total_and_the_other_rows(counts: list[tuple[int, int]]) -> None:
    rows = [group(str(place), started, min(started, done)) for place, (started, done) in enumerate(counts)]
    shown = published(rows)
    for name in ("started", "demonstrated", "handed_in", "withdrawn"):
        hidden = [place for place, row in enumerate(shown) if name in row.hidden]
        visible = [getattr(row, name) for row in shown if name not in row.hidden]
        assert all(getattr(row, name) == 0 for row in shown if name in row.hidden)
        assert not any(0 < value < SMALL for value in visible)
        real = [getattr(rows[place], name) for place in hidden if getattr(rows[place], name)]
        # What is hidden can only be told in sum: never of one row alone while another could have hidden it.
        if len(real) == 1:
            assert not any(visible)
