"""`badgeport batch`: any number of records from files into files, in several processes, taken up again after a kill."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import VALID, about, fail, named, print_json, read_input, say, show, software
from badgeport.service.cli.contexts import DIRECTORY_VARIABLE
from badgeport.service.cli.verifying import instant, loopback_allowed, verifiers
from badgeport.verifier.batch import tables
from badgeport.verifier.batch.chunks import CHUNK_RECORDS
from badgeport.verifier.batch.dask import DaskCluster
from badgeport.verifier.batch.engines import EngineError, LocalProcesses
from badgeport.verifier.batch.run import Progress, RunRefused, run
from badgeport.verifier.batch.terms import Places, Terms, paths_of
from badgeport.verifier.policy import BUILT_IN, DEFAULT, Policy
from badgeport.verifier.trust.registries import Trust, trust_from_files
from badgeport.verifier.verifier import VerifiedCredential

ENGINES = ("local", "dask")

_TOLD_SECONDS = 5.0
_CODES_SHOWN = 10
_MOST_A_CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What `badgeport batch` is asked, as the options have it. ``recognition``: None where badges are verified only."""

    inputs: list[str]
    out: str
    workers: int | None = None
    engine: str = "local"
    scheduler: str | None = None
    resume: bool = False
    chunk: int | None = None
    as_of: str | None = None
    offline: bool = False
    policy: str | None = None
    trust: str | None = None
    documents: str | None = None
    as_json: bool = False
    recognition: Recognition | None = None


@dataclass(frozen=True, slots=True)
class Recognition:
    """What `badgeport batch recognize` is asked beside: a recognition policy, a purpose, facts, approvals."""

    policy: str
    purpose: str | None = None
    facts: str | None = None
    approvals: list[str] = field(default_factory=list)


def run_batch(asked: Asked) -> int:
    """Do it, telling how far it is; returns the exit code, 0 once every record has a result, whatever that is."""
    engine = _engine(asked)
    terms = _terms(asked)
    try:
        with engine:
            summary = run(terms, Path(asked.out), engine, resume=asked.resume, tell=_Teller())
    except (RunRefused, EngineError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        say("badgeport: stopped; the same command with --resume goes on from here")
        raise
    if not tables.available():
        say("note: results.parquet was not written: pyarrow is not installed (badgeport[dask])")
    if asked.as_json:
        print_json(summary)
    else:
        _show(summary, Path(asked.out))
    return VALID


def _engine(asked: Asked) -> LocalProcesses | DaskCluster:
    workers = _processors() if asked.workers is None else asked.workers
    if workers < 1:
        fail("--workers: a number from 1 on")
    if asked.engine not in ENGINES:
        fail(f"--engine: {' or '.join(ENGINES)}, not {asked.engine!r}")
    if asked.engine == "dask":
        return DaskCluster(workers, asked.scheduler)
    if asked.scheduler is not None:
        fail("--scheduler: the address of a Dask scheduler; it goes with --engine dask")
    return LocalProcesses(workers)


def _processors() -> int:
    """How many processors this process may use, as far as the system tells."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _terms(asked: Asked) -> Terms:
    for name in asked.inputs:
        if not os.path.exists(name):
            fail(f"{name}: there is no such file or directory; web addresses go into a file, one a line (.ndjson)")
    if asked.chunk is not None and not 1 <= asked.chunk <= _MOST_A_CHUNK:
        fail(f"--chunk: a number from 1 to {_MOST_A_CHUNK}")
    now = _began(asked) or datetime.now(UTC).replace(microsecond=0)
    as_of = now if asked.as_of is None else instant(asked.as_of)
    contexts = os.environ.get(DIRECTORY_VARIABLE) or None
    return Terms(
        inputs=paths_of(asked.inputs),
        now=now,
        as_of=as_of,
        policy=_policy(asked.policy),
        trust=Trust() if asked.trust is None else trust_from_files([asked.trust]),
        offline=asked.offline,
        loopback=loopback_allowed(),
        documents=None if asked.documents is None else os.path.abspath(asked.documents),
        contexts=None if contexts is None else os.path.abspath(contexts),
        recognition=_recognition(asked, now, as_of),
        software=software(),
        chunk_records=CHUNK_RECORDS if asked.chunk is None else asked.chunk,
    )


def _began(asked: Asked) -> datetime | None:
    """The instant at which the run began that is to be taken up."""
    if not asked.resume:
        return None
    try:
        return Terms.read(Places(Path(asked.out))).now
    except (OSError, ValueError, KeyError, ProblemError):
        # What is wrong with it is said when it is taken up.
        return None


def _policy(name: str | None) -> Policy:
    if name is None:
        return DEFAULT
    if name in BUILT_IN:
        return BUILT_IN[name]
    with about(name):
        return Policy.from_json(read_input(name))


def _recognition(asked: Asked, now: datetime, as_of: datetime) -> Mapping[str, Any] | None:
    """The record of a decision about no badge: the policy and all that is known beside the badges."""
    # Says what is wrong with the registries and the documents, also where nothing is to be decided.
    verifier, _ = verifiers(DEFAULT, asked.trust, asked.documents, offline=asked.offline)
    wanted = asked.recognition
    if wanted is None:
        return None
    from badgeport.service.cli.policies import policy_at, shelf_at_hand
    from badgeport.service.cli.recognize import purpose_of, read_facts_file
    from badgeport.verifier.recognition.deciding.inputs import inputs_of
    from badgeport.verifier.recognition.deciding.record import record_of
    from badgeport.verifier.supporting import SupportError, authority_from, with_lists

    def verify(data: bytes) -> VerifiedCredential:
        return verifier.verify(data, now=now, as_of=as_of)

    shelf = shelf_at_hand()
    policy = policy_at(wanted.policy, shelf, verify, as_of.date(), offline=asked.offline)
    try:
        authority = authority_from([read_input(path) for path in wanted.approvals], policy, verify)
        authority = with_lists(authority, policy, verify)
    except SupportError as error:
        fail(f"--approvals: {named(wanted.approvals[int(error.pointer[1:])])}: {str(error).partition(': ')[2]}")
    given = inputs_of(
        [],
        policy,
        purpose_of(wanted.purpose, policy),
        read_facts_file(wanted.facts),
        as_of,
        authority=authority,
        agreements={name: shelf.agreements[name] for name in policy.agreements if name in shelf.agreements},
        software=software(),
    )
    return record_of(given)


class _Teller:
    """Says on standard error how far the run is, every few seconds."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._told < _TOLD_SECONDS:
            return
        self._told = now
        if progress.catching_up:
            say(f"{progress.records:,} records were done before")
        else:
            say(f"{progress.records:,} records, {progress.fresh / progress.seconds:,.0f} a second")


def _show(summary: Mapping[str, Any], out: Path) -> None:
    records, rate = summary["records"], summary["recordsPerSecond"]
    show(f"{records:,} records in {summary['seconds']:,.0f} s" + (f", {rate:,.0f} a second" if rate else ""))
    for title, counts in (("verdict", summary["verdicts"]), ("decision", summary.get("decisions", {}))):
        for name, count in counts.items():
            show(f"{count:>12,}  {title} {name}")
    for code, count in list(summary["codes"].items())[:_CODES_SHOWN]:
        show(f"{count:>12,}  {code}")
    show(f"{summary['duplicates']:>12,}  repeat an earlier record")
    show(f"results: {out / 'results.ndjson'}")
