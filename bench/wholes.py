"""What is more than one operation: the service over HTTP, a batch on one process and on two, awards in bulk.

Each is a short run of what ``bench.http``, ``bench.batch`` and ``bench.bulk`` measure at length.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from badgeport.keys.types import KeyType
from bench import batch, bulk, http
from bench.credentials import sample
from bench.http import PEER, SERVICE, Load
from bench.tables import table

SEED = 2026
PROCESSES = (1, 2)
_BATCH_ROUNDS = 3
COMPARED = 10
"""Memory is compared with that of a batch of one in so many records."""


@dataclass(frozen=True)
class Size:
    """How much of everything: HTTP requests a round and rounds, records of the batch (of which there are at most three
    rounds), rows of the awards."""

    requests: int
    rounds: int
    records: int
    awards: int


FULL = Size(requests=400, rounds=5, records=10_000, awards=1_000)
SMOKE = Size(requests=20, rounds=1, records=20, awards=2)


@dataclass(frozen=True)
class Wholes:
    """What was measured.

    ``http`` is processor seconds of one request by server; ``batch`` is seconds of wall clock of a batch by the
    number of processes; ``growth`` is how much more memory the leading process of a batch takes than that of one with a
    tenth of the records. ``text`` is all of it for people.
    """

    http: Mapping[str, float]
    batch: Mapping[int, float]
    growth: float
    text: str


def measure(size: Size, tell: Callable[[str], None]) -> Wholes:
    """Measure everything. Raises RuntimeError where an answer or a result is wrong."""
    served, http_text = _http(size, tell)
    seconds, growth, batch_text = _batch(size, tell)
    tell("awards in bulk")
    return Wholes(served, seconds, growth, "\n\n".join([http_text, batch_text, _bulk(size)]))


def _http(size: Size, tell: Callable[[str], None]) -> tuple[Mapping[str, float], str]:
    tell("the service over HTTP")
    badge = (sample(http.SIZE, "eddsa-rdfc-2022", KeyType.ED25519).shown,)
    with http.service(1) as ours, http.peer(1) as other:
        turns = [(SERVICE, ours), (PEER, other)]
        for _, server in turns:
            http.check(server, badge)
            http.run(server, Load(badge, min(size.requests, 100), 4))
        runs: dict[str, list[http.Ran]] = {name: [] for name, _ in turns}
        for number in range(size.rounds):
            for name, server in turns[number % 2 :] + turns[: number % 2]:
                runs[name].append(http.run(server, Load(badge, size.requests, 4)))
    cpu = {name: median(run.cpu / run.count for run in each) for name, each in runs.items()}
    body = [
        (
            name,
            f"{cpu[name] * 1e3:.2f}",
            f"{median(run.count / run.seconds for run in each):.0f}",
            f"{cpu[name] / cpu[SERVICE]:.2f}",
            http.mebibytes(each[-1].memory[1]),
        )
        for name, each in runs.items()
    ]
    header = ("one request, one worker", "CPU, ms", "requests/s", "× Badgeport", "memory, MiB")
    return cpu, "### The service over HTTP, in short\n\n" + table(header, body)


def _batch(size: Size, tell: Callable[[str], None]) -> tuple[Mapping[int, float], float, str]:
    tell("a batch on one process and on two")
    tenth = max(size.records // COMPARED, 1)
    places = list(dict.fromkeys([(size.records, 1), (size.records, 2), (tenth, 2)]))
    ran: dict[tuple[int, int], list[batch.Counted]] = {place: [] for place in places}
    for number in range(min(size.rounds, _BATCH_ROUNDS)):
        for place in places[number % 2 :] + places[: number % 2]:
            ran[place].append(_judged(*place))
    wall = {place: median(each.seconds for each in runs) for place, runs in ran.items()}
    memory = {place: max(each.peak for each in runs) for place, runs in ran.items()}
    body = [
        (
            f"{records:,}",
            str(workers),
            f"{wall[records, workers]:.1f}",
            f"{median(each.rate for each in runs):,.0f}",
            f"{median(max(each.processor.values(), default=each.seconds) for each in runs):.1f}",
            http.mebibytes(memory[records, workers]),
            http.mebibytes(max(whole for each in runs for _, whole in [*each.memory, (0, 0)])),
        )
        for (records, workers), runs in ran.items()
    ]
    header = (
        *("records", "processes", "wall, s", "records/s", "CPU of the busiest process, s"),
        *("leading process, at most, MiB", "all, at most, MiB"),
    )
    growth = memory[size.records, 2] / max(memory[tenth, 2], 1)
    seconds = {workers: wall[size.records, workers] for workers in PROCESSES}
    return seconds, growth, f"### A batch of {size.records:,} records\n\n" + table(header, body)


def _judged(records: int, workers: int) -> batch.Counted:
    with tempfile.TemporaryDirectory() as name:
        alone = min(records, 100)
        found = batch.batch(Path(name), count=records, kills=0, workers=workers, seed=SEED, alone=alone)
    _refuse(found.faults)
    return found


def _bulk(size: Size) -> str:
    with tempfile.TemporaryDirectory() as name:
        counted = bulk.bulk(Path(name) / "data", rows=size.awards, kills=0, workers=1, seed=SEED)
    _refuse(counted.faults)
    return "### Awards in bulk, in short\n\n" + bulk.figures(counted, kind="sqlite", workers=1)


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        raise RuntimeError("; ".join(faults[:5]))
