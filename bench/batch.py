"""``python -m bench.batch``: many mixed records through `badgeport batch verify`, killed again and again.

The process that leads the run is killed with SIGKILL at random moments and the run is taken up again; its workers have
to end by themselves. At the end everything is counted: each record has one result, in order, and it is the one that a
verifier gives that looks at this record alone.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

from badgeport.verifier.batch import results
from badgeport.verifier.batch.sources import Record, records
from badgeport.verifier.batch.terms import Places, Terms
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.verifier import Verifier
from bench import batch_records, record
from bench.batch_records import Corpus

RECORDS, KILLS, WORKERS = 100_000, 20, 2
ALONE = 1_000
"""How many records, spread over all of them, are verified once more, one by one."""

_LOOK_SECONDS = 0.02
_LOOK_AT_PROCESSES_SECONDS = 0.25
_KILLED_SHARE = 0.9
_END_SECONDS = 30.0
_COMMAND = "import sys; from badgeport.service.cli import main; sys.exit(main())"


@dataclass(slots=True)
class Counted:
    """What a run left. ``faults`` says in words what is not as it must be; empty where all is."""

    records: int
    engine: str
    workers: int
    kills: int = 0
    struck: int = 0
    """How many kills hit a run that had chunks in hand."""
    alone: int = 0
    """How many records were verified one by one, too."""
    seconds: float = 0.0
    rate: float = 0.0
    bytes: int = 0
    memory: list[tuple[int, int]] = field(default_factory=list)
    """Resident bytes of the leading process and of all processes together, look by look."""
    peak: int = 0
    """The most resident bytes that the leading process ever had."""
    processor: dict[int, float] = field(default_factory=dict)
    """Processor seconds of every process, as seen last."""
    faults: list[str] = field(default_factory=list)


def batch(
    folder: Path,
    *,
    count: int,
    kills: int,
    workers: int,
    seed: int,
    engine: str = "local",
    alone: int = ALONE,
    chunk: int | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Counted:
    """Make records, run over them while the run is killed ``kills`` times, then count.

    ``chunk`` is how many records a chunk has, where it is not as usual.
    """
    tell("making records")
    made = batch_records.make(folder, count, seed, datetime.now(UTC).replace(microsecond=0))
    out = folder / "out"
    counted = Counted(count, engine, workers)
    command = [
        *(sys.executable, "-c", _COMMAND, "batch", "verify", str(made.inputs), "--out", str(out), "--offline"),
        *("--documents", str(made.documents), "--workers", str(workers), "--engine", engine, "--resume"),
    ]
    if chunk is not None:
        command += ["--chunk", str(chunk)]
    out.mkdir()
    chance = random.Random(seed)
    points = sorted(int((at + chance.random()) / kills * _KILLED_SHARE * count) for at in range(kills))
    _run(command, out, points, counted, tell)
    _count(made, out, counted, alone, tell)
    return counted


# ---------------------------------------------------------------- running and killing


def _run(command: Sequence[str], out: Path, points: list[int], counted: Counted, tell: Callable[[str], None]) -> None:
    """Run the command until it ends by itself, killed whenever so many records are done as ``points`` say."""
    looked = 0.0
    while True:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        try:
            while process.poll() is None:
                time.sleep(_LOOK_SECONDS)
                counted.peak = max(counted.peak, _peak(process.pid))
                if points and _done(out) >= points[0]:
                    points.pop(0)
                    _kill(process, out, counted)
                    tell(f"{_done(out):,} records, {counted.kills} kills")
                elif time.monotonic() - looked > _LOOK_AT_PROCESSES_SECONDS:
                    looked = time.monotonic()
                    family = _family(process.pid)
                    sizes = [_resident(each) for each in family]
                    if sizes[0]:
                        counted.memory.append((sizes[0], sum(sizes)))
                    counted.processor |= {each: spent for each in family if (spent := _processor_seconds(each))}
        finally:
            process.kill()
        said = process.communicate()[1].decode()
        if process.returncode == 0:
            return
        if process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the run ended with {process.returncode}: {said}")


def _kill(process: subprocess.Popen[bytes], out: Path, counted: Counted) -> None:
    """Kill the leading process; those it started have to end with it."""
    family = _family(process.pid)[1:]
    process.kill()
    process.wait()
    counted.kills += 1
    counted.struck += any(out.glob("run/work-*/*.in"))
    end = time.monotonic() + _END_SECONDS
    while left := [each for each in family if _resident(each)]:
        if time.monotonic() > end:
            counted.faults.append(f"{len(left)} processes did not end with the one that was killed")
            return
        time.sleep(_LOOK_SECONDS)


def _done(out: Path) -> int:
    """How many records have a result that is kept."""
    with suppress(OSError, ValueError, IndexError), open(Places(out).journal, "rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 1_000))
        return int(json.loads(stream.read().splitlines()[-1])["records"])
    return 0


def _family(process: int) -> list[int]:
    """A process and all that it started."""
    found = [process]
    for parent in found:
        with suppress(OSError):
            for listed in Path(f"/proc/{parent}/task").glob("*/children"):
                found += [int(child) for child in listed.read_text().split()]
    return found


def _resident(process: int) -> int:
    with suppress(OSError):
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _peak(process: int) -> int:
    """The most resident bytes that a process had so far; 0 where it is gone."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def _processor_seconds(process: int) -> float:
    """User and system time of a process; 0 where it is gone."""
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


# ---------------------------------------------------------------- counting


def _count(made: Corpus, out: Path, counted: Counted, alone: int, tell: Callable[[str], None]) -> None:
    """Look at everything the run left and note what is not as it must be."""
    tell("counting")
    faults, places = counted.faults, Places(out)
    summary: dict[str, Any] = json.loads(places.summary.read_bytes())
    counted.seconds, counted.rate = summary["seconds"], summary["recordsPerSecond"]
    counted.bytes = places.results.stat().st_size
    if summary["records"] != counted.records:
        faults.append(f"{summary['records']} records are counted, and there are {counted.records}")
    if summary["verdicts"] != dict(made.verdicts):
        faults.append(f"the verdicts are {summary['verdicts']}, and should be {dict(made.verdicts)}")
    if summary["duplicates"] != made.kinds["repeated"]:
        faults.append(f"{summary['duplicates']} duplicates are counted, of {made.kinds['repeated']}")
    if summary["resumed"] < counted.kills:
        faults.append(f"the run was taken up {summary['resumed']} times after {counted.kills} kills")
    terms = Terms.read(places)
    step = max(1, counted.records // alone) if alone else 0
    chosen: list[tuple[Record, dict[str, Any]]] = []
    with open(places.results, "rb") as stream:
        for given, line in zip_longest(records(terms.inputs, besides=out), stream):
            result = json.loads(line) if line else None
            if given is None or result is None or (given.number, given.name) != (result["row"], result["input"]):
                faults.append("the results are not those of the records, one each and in their order")
                break
            if step and given.number % step == 0:
                chosen.append((given, result))
    tell("verifying one by one")
    for wrong in _alone(chosen, terms):
        faults.append(f"{wrong}: another result when verified alone")
    counted.alone = len(chosen)
    _look_at_table(places, counted)


def _alone(chosen: Sequence[tuple[Record, dict[str, Any]]], terms: Terms) -> Iterator[str]:
    """The names of the records on which a verifier by itself gives another result."""
    directory = DocumentDirectory(terms.documents or "")
    verifier = Verifier(policy=terms.policy, fetcher=directory, trust=terms.trust, software=terms.software)
    for given, result in chosen:
        report = verifier.inspect(given.data, now=terms.now, as_of=terms.as_of)
        if results.line(given.number, given.name, report) != result:
            yield given.name


def _look_at_table(places: Places, counted: Counted) -> None:
    """The table has the same rows as the lines."""
    if not places.table.exists():
        return
    from pyarrow import compute, parquet

    table = parquet.read_table(places.table, columns=["row", "verdict"])
    verdicts = Counter(table.column("verdict").to_pylist())
    with open(places.results, "rb") as stream:
        lines = Counter(json.loads(line)["verdict"] for line in stream)
    if (
        verdicts != lines
        or table.num_rows != counted.records
        or compute.max(table.column("row")).as_py() != table.num_rows
    ):
        counted.faults.append("the table has other rows than the lines")


def figures(counted: Counted) -> str:
    """What a run gave, for people."""
    mebi = 1024 * 1024
    lines = [
        f"- {counted.records:,} records, engine {counted.engine}, {counted.workers} workers, {counted.kills} kills "
        f"({counted.struck} of them with chunks in hand)",
        f"- {counted.seconds:,.0f} s of work, without starting and what the kills cost: {counted.rate:,.0f} records a "
        "second",
        f"- Every record has one result, in order; {counted.alone:,} of them, verified one by one, gave the same",
        f"- Results: {counted.bytes / mebi:,.0f} MiB of lines",
    ]
    if len(counted.memory) > 10:
        tenth, last = counted.memory[len(counted.memory) // 10], counted.memory[-1]
        most = max(each for _, each in counted.memory)
        lines.append(
            f"- Memory of the leading process: {tenth[0] / mebi:.0f} MiB after a tenth of the time, "
            f"{last[0] / mebi:.0f} MiB at the end; of all processes together {most / mebi:.0f} MiB at most"
        )
    return "\n".join(lines + [f"- FAULT: {fault}" for fault in counted.faults[:20]])


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m bench.batch", description="Verify many records while being killed.")
    made.add_argument("--records", type=int, default=RECORDS, metavar="N", help="records (default: %(default)s)")
    made.add_argument("--kills", type=int, default=KILLS, metavar="N", help="SIGKILLs (default: %(default)s)")
    made.add_argument("--workers", type=int, default=WORKERS, metavar="N", help="processes (default: %(default)s)")
    made.add_argument("--engine", choices=("local", "dask"), default="local")
    made.add_argument("--seed", type=int, default=2026, metavar="N", help="of the records and of the kills")
    made.add_argument("--record", metavar="FILE", help="add the figures to this file")
    return made


def main(arguments: Sequence[str]) -> int:
    """Run with these arguments; 1 where a record is lost, doubled or judged otherwise than alone."""
    options = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        counted = batch(
            Path(name),
            count=options.records,
            kills=options.kills,
            workers=options.workers,
            seed=options.seed,
            engine=options.engine,
            tell=lambda text: print(text, file=sys.stderr, flush=True),
        )
    text = figures(counted)
    print(text)
    if options.record:
        facts = record.run_facts(arguments, program="bench.batch")
        record.add_to_section(Path(options.record), "\n".join([*facts, text, ""]), record.BATCH_HEADING)
    return 1 if counted.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
