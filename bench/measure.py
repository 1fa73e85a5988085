"""Taking times: contenders in turn, round after round, so that whatever disturbs the machine disturbs all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

Role = Literal["ours", "part of ours", "peer", "limit"]
"""``ours`` is the row that ratios refer to: the public function with every check on. ``part of ours`` is a seam below
it; ``limit`` is what no implementation can do without."""


class Timing(NamedTuple):
    """Seconds per operation: of processor time, user and system, and of wall clock."""

    cpu: float
    wall: float


@dataclass(frozen=True)
class Contender:
    """Something that answers a question. ``sample`` repeats it so many times; ``right`` does it once and judges it."""

    name: str
    role: Role
    sample: Callable[[int], Timing]
    right: Callable[[], bool]


@dataclass(frozen=True)
class Missing:
    """A contender that cannot take part, and why; it stays in the table."""

    name: str
    reason: str


@dataclass(frozen=True)
class Question:
    """Contenders that do the same job, in one format, with one credential of that size."""

    job: str
    subject: str
    size: str
    contenders: tuple[Contender | Missing, ...]
    batched: bool = True
    """Whether one sample repeats the operation until it can be timed; False for whole processes."""

    @property
    def present(self) -> tuple[Contender, ...]:
        return tuple(each for each in self.contenders if isinstance(each, Contender))


class Spread(NamedTuple):
    """What the rounds gave, in seconds per operation."""

    median: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class Measured:
    """A contender's processor time and wall clock over all rounds."""

    cpu: Spread
    wall: Spread


Key = tuple[str, str, str, str]
Results = dict[Key, Measured]
"""By `key`."""


def key(question: Question, name: str) -> Key:
    """Where the results hold a contender: job, subject, size, name."""
    return (question.job, question.subject, question.size, name)


def spread(values: Sequence[float]) -> Spread:
    """Median, minimum and maximum. Raises ValueError for no values."""
    if not values:
        raise ValueError("there is nothing to take the median of")
    return Spread(statistics.median(values), min(values), max(values))


def measured(timings: Sequence[Timing]) -> Measured:
    """The spreads of a contender's samples."""
    return Measured(spread([each.cpu for each in timings]), spread([each.wall for each in timings]))


def timed(operation: Callable[[], object]) -> Callable[[int], Timing]:
    """The ``sample`` of an operation in this process."""

    def sample(count: int) -> Timing:
        turns = range(count)
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in turns:
            operation()
        return Timing((time.process_time() - cpu) / count, (time.perf_counter() - wall) / count)

    return sample


def repetitions(seconds_each: float, target: float) -> int:
    """How often to repeat an operation so that one sample takes about ``target`` seconds; at least once."""
    return max(1, round(target / max(seconds_each, 1e-9)))


def rotated(items: Sequence[Contender], by: int) -> list[Contender]:
    """The same contenders, beginning with another one, so that none always runs in another's wake."""
    start = by % len(items) if items else 0
    return [*items[start:], *items[:start]]


def measure(
    questions: Sequence[Question], *, rounds: int, target: float, tell: Callable[[str], None] = lambda _: None
) -> Results:
    """Every contender of every question, once a round, for ``rounds`` rounds of ``target`` seconds a sample.

    Untimed samples of each come first: they fill caches, let a peer compile itself, and say how often to repeat. A
    ``target`` of 0 is for trying out: one operation a sample, and nothing before it.
    """
    counts = {
        key(question, each.name): _repetitions(question, each, target)
        for question in questions
        for each in question.present
    }
    timings: dict[Key, list[Timing]] = {place: [] for place in counts}
    gc.collect()
    gc.freeze()  # what was prepared is no garbage, and collections during a sample need not walk it
    try:
        for number in range(rounds):
            tell(f"round {number + 1} of {rounds}")
            for question in questions:
                for each in rotated(question.present, number):
                    place = key(question, each.name)
                    timings[place].append(each.sample(counts[place]))
    finally:
        gc.unfreeze()
    return {place: measured(samples) for place, samples in timings.items()}


def _repetitions(question: Question, contender: Contender, target: float) -> int:
    if not target:
        return 1
    first = contender.sample(1)
    if not question.batched:
        return 1
    # The first run pays for caches, so a short second look decides.
    again = contender.sample(repetitions(first.wall, target / 4))
    return repetitions(again.wall, target)


def faults(questions: Sequence[Question]) -> dict[Key, str]:
    """The contenders that do not give the right result, and what happened instead."""
    found = {}
    for question in questions:
        for each in question.present:
            try:
                fault = "" if each.right() else "did not give the right result"
            except Exception as error:
                fault = f"{type(error).__name__}: {error}"
            if fault:
                found[key(question, each.name)] = fault
    return found


def fooled(questions: Sequence[Question]) -> list[Key]:
    """The contenders that are satisfied with what nobody may accept."""
    refused = faults(questions)
    places = [key(question, each.name) for question in questions for each in question.present]
    return [place for place in places if place not in refused]


def without_faulty_peers(questions: Sequence[Question], found: Mapping[Key, str]) -> list[Question]:
    """The questions with peers that failed put down as missing, with what they said."""
    return [
        replace(
            question,
            contenders=tuple(
                Missing(each.name, f"failed: {found[key(question, each.name)]}")
                if isinstance(each, Contender) and each.role == "peer" and key(question, each.name) in found
                else each
                for each in question.contenders
            ),
        )
        for question in questions
    ]
