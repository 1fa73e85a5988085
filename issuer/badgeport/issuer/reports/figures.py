"""Program figures from plain facts: how many began, finished, tried again, and how long a result took.

No database here: what is counted is a list of `Path`, one for each portfolio. Numbers that could point to a person are
taken out of what is published (`published`), as education privacy offices advise for small groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from badgeport.web.words import keyed

SMALL = 5
"""Groups of fewer people are not published."""

SIZES: Sequence[tuple[str, int, int | None]] = (
    (keyed("Fewer than 250 students"), 0, 250),
    (keyed("250 to 499 students"), 250, 500),
    (keyed("500 to 999 students"), 500, 1000),
    (keyed("1,000 students or more"), 1000, None),
)
UNKNOWN_SIZE = keyed("Enrollment not given")
NO_SCHOOL = keyed("No school given")


@dataclass(frozen=True, slots=True)
class Path:
    """One educator's way through one micro-credential, as far as figures need it.

    ``waits`` are the days between handing in and the result, one for each attempt that got one. ``withdrawn`` ended
    without a result. Who the educator is, is an opaque id.
    """

    educator: str
    definition: str
    school: str | None
    started: datetime
    first_submitted: datetime | None = None
    demonstrated: datetime | None = None
    withdrawn: bool = False
    attempts: int = 0
    waits: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and quartiles of numbers; ``count`` is how many there are."""

    count: int
    lower: float
    median: float
    upper: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What is reported of a group of portfolios.

    ``educators`` is the number of people who began at least one, ``eligible`` that of people who could have (None where
    nobody knows). ``handed_in`` counts portfolios handed in at least once, ``again`` those handed in more than once.
    ``wait`` is in days from handing in to the result, ``duration`` in days from the start to the badge.
    """

    label: str
    key: str
    educators: int
    eligible: int | None
    started: int
    handed_in: int
    again: int
    demonstrated: int
    withdrawn: int
    wait: Spread | None
    duration: Spread | None
    hidden: frozenset[str] = frozenset()
    """The names of figures that are not shown because the group is small."""

    @property
    def uptake(self) -> float | None:
        """The share of people who could that began."""
        return _share(self.educators, self.eligible)

    @property
    def completion(self) -> float | None:
        """The share of begun portfolios that earned the badge."""
        return _share(self.demonstrated, self.started)

    @property
    def resubmission(self) -> float | None:
        """The share of portfolios handed in that were handed in again."""
        return _share(self.again, self.handed_in)


def figures(paths: Iterable[Path], *, label: str = "", key: str = "", eligible: int | None = None) -> Figures:
    """The figures of a group."""
    group = list(paths)
    return Figures(
        label=label,
        key=key,
        educators=len({path.educator for path in group}),
        eligible=eligible,
        started=len(group),
        handed_in=sum(path.first_submitted is not None for path in group),
        again=sum(path.attempts > 1 for path in group),
        demonstrated=sum(path.demonstrated is not None for path in group),
        withdrawn=sum(path.withdrawn for path in group),
        wait=spread([days for path in group for days in path.waits]),
        duration=spread(
            [days_between(path.started, path.demonstrated) for path in group if path.demonstrated is not None]
        ),
    )


def grouped(
    paths: Iterable[Path], key: Callable[[Path], str], groups: Sequence[tuple[str, str, int | None]]
) -> list[Figures]:
    """The figures of each group: ``groups`` are its key, its label and how many people could have begun."""
    by: dict[str, list[Path]] = {}
    for path in paths:
        by.setdefault(key(path), []).append(path)
    return [figures(by.get(one, ()), label=label, key=one, eligible=eligible) for one, label, eligible in groups]


def spread(values: Sequence[float]) -> Spread | None:
    """Median and quartiles (linear between neighbours, as spreadsheets do it); None for no numbers."""
    if not values:
        return None
    ordered = sorted(values)
    return Spread(len(ordered), *(quantile(ordered, part) for part in (0.25, 0.5, 0.75)))


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value below which ``part`` (0 to 1) of the sorted numbers lie."""
    place = part * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def days_between(start: datetime, end: datetime) -> float:
    """Days from one instant to another, never less than none."""
    return max(0.0, (end - start).total_seconds() / 86400)


def size_of(enrolment: int | None) -> str:
    """The label of the size of a school."""
    if enrolment is None:
        return UNKNOWN_SIZE
    return next(label for label, least, below in SIZES if enrolment >= least and (below is None or enrolment < below))


# ---------------------------------------------------------------- publishing

_COUNTS = ("educators", "eligible", "started", "handed_in", "again", "demonstrated", "withdrawn")
_PARTS = (
    ("handed_in", "started"),
    ("demonstrated", "started"),
    ("withdrawn", "started"),
    ("again", "handed_in"),
    ("educators", "eligible"),
)
"""Counts that are part of another one: what they leave of it is a group, too."""
_DERIVED = {
    "uptake": {"educators", "eligible"},
    "completion": {"demonstrated", "started"},
    "resubmission": {"again", "handed_in"},
}
_ALL = frozenset((*_COUNTS, *_DERIVED, "wait", "duration"))


def published(rows: Sequence[Figures]) -> list[Figures]:
    """The rows of one breakdown as they may be published beside their total.

    A row about fewer than `SMALL` people shows nothing. In the other rows a figure is hidden where it, or what it
    leaves of the whole, is about fewer than `SMALL` but not none. Where the total would give away what is hidden (one
    row alone, or fewer than `SMALL` in all), the next smallest figure of that kind is hidden with it.
    """
    hidden = [set(_hidden(row)) for row in rows]
    for name in _COUNTS:
        held = {place for place, names in enumerate(hidden) if name in names}
        _cover(_numbers(rows, name), held, range(len(rows)))
        _note(hidden, held, name)
    return [_without(row, names) for row, names in zip(rows, hidden, strict=True)]


def published_places(
    schools: Sequence[Figures], sizes: Sequence[Figures], within: Mapping[str, str]
) -> tuple[list[Figures], list[Figures]]:
    """The rows of schools and of sizes of schools, as both may be published side by side, beside their total.

    ``within`` is the key of a school's size by the key of the school. As `published`, and beyond it: the hidden schools
    of a size that is shown can be told in sum, and so can those of all sizes that are not shown. In each of these
    groups there is none, or there are at least two that are about `SMALL` people together; else more is hidden, a
    school of the group or the next smallest size.
    """
    hidden_schools, hidden_sizes = [set(_hidden(row)) for row in schools], [set(_hidden(row)) for row in sizes]
    of_size = [[place for place, row in enumerate(schools) if within[row.key] == size.key] for size in sizes]
    for name in _COUNTS:
        numbers, sums = _numbers(schools, name), _numbers(sizes, name)
        held = {place for place, names in enumerate(hidden_schools) if name in names}
        closed = {size for size, names in enumerate(hidden_sizes) if name in names}
        while True:
            closed |= {
                size
                for size, members in enumerate(of_size)
                if size not in closed and not _cover(numbers, held, members)
            }
            if _cover(numbers, held, [place for size in closed for place in of_size[size]]):
                break
            open_ = [size for size, number in enumerate(sums) if number and size not in closed]
            if not open_:
                break
            # A size that is not shown while all its schools are would be no secret: its smallest goes with it.
            size = min(open_, key=sums.__getitem__)
            closed.add(size)
            shown = [place for place in of_size[size] if numbers[place] and place not in held]
            held |= {min(shown, key=numbers.__getitem__)} if shown else set()
        _note(hidden_schools, held, name)
        _note(hidden_sizes, closed, name)
    return (
        [_without(row, names) for row, names in zip(schools, hidden_schools, strict=True)],
        [_without(row, names) for row, names in zip(sizes, hidden_sizes, strict=True)],
    )


def _cover(numbers: Sequence[int], held: set[int], group: Iterable[int]) -> bool:
    """Hide more of a group whose sum is known, the smallest first, until no small number follows from it; whether that
    was possible. ``held`` are the places of what is hidden."""
    places = [place for place in group if numbers[place]]
    while True:
        dark = [place for place in places if place in held]
        if not dark or (len(dark) > 1 and sum(numbers[place] for place in dark) >= SMALL):
            return True
        shown = [place for place in places if place not in held]
        if not shown:
            return False
        held.add(min(shown, key=numbers.__getitem__))


def _numbers(rows: Sequence[Figures], name: str) -> list[int]:
    return [getattr(row, name) or 0 for row in rows]


def _note(hidden: Sequence[set[str]], places: Iterable[int], name: str) -> None:
    for place in places:
        hidden[place].add(name)


def published_total(total: Figures) -> Figures:
    """The figures of all, as they may be published."""
    return _without(total, _hidden(total))


def _hidden(row: Figures) -> frozenset[str]:
    if 0 < row.educators < SMALL:
        return _ALL
    hidden = {
        name
        for name, whole in _PARTS
        if _is_small(getattr(row, name)) or _is_small((getattr(row, whole) or 0) - getattr(row, name))
    }
    if "educators" in hidden:
        # Enough people began; what is small is the rest. The whole is hidden instead of the part.
        hidden = hidden - {"educators"} | {"eligible"}
    hidden |= {
        name for name in ("wait", "duration") if _is_small(0 if (one := getattr(row, name)) is None else one.count)
    }
    return frozenset(hidden)


def _is_small(number: int) -> bool:
    return 0 < number < SMALL


def _without(row: Figures, names: Iterable[str]) -> Figures:
    hidden = set(names)
    hidden |= {name for name, sources in _DERIVED.items() if hidden & sources}
    emptied: dict[str, Any] = {
        name: None if name in ("eligible", "wait", "duration") else 0 for name in hidden if name not in _DERIVED
    }
    return replace(row, **emptied, hidden=frozenset(hidden))


def _share(part: int, whole: int | None) -> float | None:
    return None if not whole else part / whole
