"""What is more than one operation: the service over HTTP, a batch on one process and on two, awards in bulk.

Each is a short run of what ``bench.http``, ``bench.batch`` and ``bench.bulk`` measure at length.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench import batch, batch_records, bulk, http
from bench.http import PEER, SERVICE, Load
from bench.tables import table

SEED = 2026
PROCESSES = (1, 2)


@dataclass(frozen=True)
class Size:
    """How much of everything: HTTP requests a round and rounds, records of the batch, rows of the awards."""

    requests: int
    rounds: int
    records: int
    awards: int


FULL = Size(requests=400, rounds=5, records=10_000, awards=1_000)
SMOKE = Size(requests=20, rounds=1, records=40, awards=4)


@dataclass(frozen=True)
class Wholes:
    """What was measured.

    ``http`` is processor seconds of one request by server, ``batch`` seconds of work by the number of processes,
    ``memory`` by the same the resident bytes of the leading process after a tenth of the time and at the end, where it
    ran long enough for that. ``text`` is all of it for people.
    """

    http: Mapping[str, float]
    batch: Mapping[int, float]
    memory: Mapping[int, tuple[int, int]]
    text: str


def measure(size: Size, tell: Callable[[str], None]) -> Wholes:
    """Measure everything. Raises RuntimeError where an answer or a result is wrong."""
    served, http_text = _http(size, tell)
    seconds, memory, batch_text = _batch(size, tell)
    tell("awards in bulk")
    return Wholes(served, seconds, memory, "\n\n".join([http_text, batch_text, _bulk(size)]))


def _http(size: Size, tell: Callable[[str], None]) -> tuple[Mapping[str, float], str]:
    tell("the service over HTTP")
    badge = http.badges()[:1]
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


def _batch(size: Size, tell: Callable[[str], None]) -> tuple[Mapping[int, float], Mapping[int, tuple[int, int]], str]:
    tell("a batch on one process and on two")
    ran: dict[int, batch.Counted] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = batch_records.make(folder, size.records, SEED, datetime.now(UTC).replace(microsecond=0))
        for workers in PROCESSES:
            ran[workers] = batch.over(
                made,
                folder / f"out-{workers}",
                count=size.records,
                kills=0,
                workers=workers,
                seed=SEED,
                alone=min(size.records, 100),
            )
    _refuse([fault for each in ran.values() for fault in each.faults])
    memory = {
        workers: (each.memory[len(each.memory) // 10][0], each.memory[-1][0])
        for workers, each in ran.items()
        if len(each.memory) > 10
    }
    body = [
        (
            str(workers),
            f"{each.seconds:.1f}",
            f"{each.rate:,.0f}",
            f"{ran[PROCESSES[0]].seconds / max(each.seconds, 1e-9):.2f}",
            " → ".join(http.mebibytes(value) for value in memory.get(workers, ())) or "–",
            http.mebibytes(max((whole for _, whole in each.memory), default=0)),
        )
        for workers, each in ran.items()
    ]
    header = ("processes", "seconds", "records/s", "times as quick", "leading process, MiB", "all, at most, MiB")
    text = f"### A batch of {size.records:,} records\n\n" + table(header, body)
    return {workers: each.seconds for workers, each in ran.items()}, memory, text


def _bulk(size: Size) -> str:
    with tempfile.TemporaryDirectory() as name:
        counted = bulk.bulk(Path(name) / "data", rows=size.awards, kills=0, workers=1, seed=SEED)
    _refuse(counted.faults)
    return "### Awards in bulk, in short\n\n" + bulk.figures(counted, kind="sqlite", workers=1)


def _refuse(faults: Sequence[str]) -> None:
    if faults:
        raise RuntimeError("; ".join(faults[:5]))
