"""``python -m bench.bulk``: thousands of awards from one CSV file, while the workers are killed again and again.

Workers are processes of their own, killed with SIGKILL at random moments and begun anew. At the end everything is
counted: each row one award, each award one badge in both forms, each badge valid to the verifier, nothing left to do.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlmodel import Session, col, func, select

from badgeport.issuer.audit import log
from badgeport.issuer.audit.tables import AuditEntry
from badgeport.issuer.awards import batches
from badgeport.issuer.awards.tables import Award, AwardBatch, BatchRow, Mail, SignedCopy
from badgeport.issuer.awards.worker import Worker
from badgeport.issuer.catalog.tables import Definition, DefinitionVersion
from badgeport.issuer.desk import IssuerDesk
from badgeport.issuer.jobs.tables import Job
from badgeport.issuer.people import keys
from badgeport.issuer.people.tables import Organization
from badgeport.issuer.status.tables import StatusListRow, StatusPlace
from badgeport.receiver.schema import metadata
from badgeport.service.issuing import make_issuer_desk
from badgeport.service.settings import Settings
from badgeport.verifier.report import Verdict
from badgeport.verifier.resolution.fetching import Fetcher
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from bench import record

ROWS, KILLS = 10_000, 20
LEASE_SECONDS = 5.0
"""How long a worker has its jobs here; in service it is longer, and what a dead worker held waits longer."""
PATIENCE_SECONDS = 2.0
"""How long a kill waits for a worker that has jobs in hand."""
KILLED_SHARE = 0.8
"""The part of the work over which the kills are spread; what is left is done in peace, to look at memory."""
TURN_SECONDS = (0.03, 0.3)
"""How often the run is looked at: while it is small, and when looking costs something."""
SMALL_ROWS = 1000
LOOK_SECONDS = 1.0
GIVE_UP_SECONDS = 3600.0
PUBLIC_URL = "https://badges.example"

_BODY = {
    "name": "Checking for Understanding",
    "competency": "Uses quick evidence from every student to decide what to teach next.",
    "requirements": "Five experiences of at most two hours each, a demonstration and a reflection.",
    "pathway": [{"key": f"e{number}", "title": f"Experience {number}", "hours": 2} for number in range(1, 6)],
    "rubric": {
        "criteria": [
            {
                "name": name,
                "levels": [
                    {"name": level, "points": rank} for rank, level in enumerate(("Developing", "Proficient"), 1)
                ],
                "requiredLevel": "Proficient",
            }
            for name in ("Evidence of learning", "Use of evidence", "Reflection")
        ]
    },
    "credit": {"amount": 1, "unit": "in-district credit"},
    "alignments": [
        {"targetName": "Assessment", "targetUrl": "https://standards.example/6", "targetFramework": "InTASC"}
    ],
    "validity": {"months": 60},
}


@dataclass(slots=True)
class Counted:
    """What a run left. ``faults`` says in words what is not as it must be; empty where all is."""

    rows: int
    kills: int = 0
    struck: int = 0
    """How many kills hit a worker that had jobs in hand."""
    awards: int = 0
    copies: int = 0
    valid: int = 0
    mails: int = 0
    sent: int = 0
    seconds: float = 0.0
    reading: float = 0.0
    """Seconds the file took to be read and checked."""
    memory: tuple[int, int] | None = None
    """Resident bytes of the worker that lived longest: after its first tenth, and at its end."""
    faults: list[str] = field(default_factory=list)


# ---------------------------------------------------------------- the installation


def desk_of(settings: Settings) -> IssuerDesk:
    """An issuer without a web server; nothing leaves the machine."""

    def verifier(own: Fetcher) -> Verifier:
        return Verifier(fetcher=own)

    from badgeport.issuer.desk import utc_now

    return make_issuer_desk(settings, verifier, ReplayResolver({}), clock=utc_now)


def environment(folder: Path, database_url: str | None) -> dict[str, str]:
    """The settings of a run, for its processes."""
    given = {
        "DATA_DIR": str(folder),
        "PUBLIC_URL": PUBLIC_URL,
        "SECRET_KEY": "the secret key of a bench, long enough",
        "PASSPHRASE": "the passphrase of a bench",
        **({"DATABASE_URL": database_url} if database_url else {}),
    }
    return {f"BADGEPORT_{name}": value for name, value in given.items()}


def prepare(desk: IssuerDesk) -> tuple[Organization, Definition]:
    """An organisation with keys and a published micro-credential."""
    metadata.create_all(desk.database.engine)
    now = desk.clock()
    org = Organization(slug="prairie", name="Prairie Lakes", did=keys.issuer_did(desk, "prairie"), created=now)
    definition = Definition(
        org_id=org.id,
        slug="checking",
        name=_BODY["name"],
        state="published",
        current=1,
        created=now,
        created_by="system",
    )
    with desk.database.writing() as session:
        session.add(org)
        session.flush()
        keys.make_keys(session, desk, org, actor="system", now=now)
        session.add(definition)
        session.flush()
        version = DefinitionVersion(definition_id=definition.id, number=1, body=_BODY, created=now, created_by="system")
        version.published = now
        session.add(version)
    return org, definition


def sheet(rows: int) -> bytes:
    """A CSV file of so many people."""
    target = io.StringIO()
    target.write("email,name,awarded,level: Evidence of learning,level: Use of evidence,level: Reflection\n")
    for number in range(rows):
        target.write(f"teacher{number}@people.example,Teacher {number},2026-01-15,Proficient,Proficient,Proficient\n")
    return target.getvalue().encode()


# ---------------------------------------------------------------- workers and their killer


def work(settings: Mapping[str, str], lease: float, ready: Connection) -> None:
    """A worker process: says that it is ready, then works until it is killed or told to stop."""
    desk = desk_of(Settings.from_environment(settings))
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    worker = Worker(desk, f"bench:{os.getpid()}", lease=timedelta(seconds=lease))
    ready.send(True)
    worker.run(stop, idle=0.2)


@dataclass(slots=True)
class _Slot:
    """Where one worker after another runs. ``looks`` are its resident bytes, second by second."""

    process: ForkServerProcess
    looks: list[int] = field(default_factory=list)


class Run:
    """One run: workers are killed at random points of the work until there were enough kills, then left to finish."""

    def __init__(
        self,
        desk: IssuerDesk,
        settings: Mapping[str, str],
        *,
        rows: int,
        kills: int,
        workers: int,
        seed: int,
        lease: float,
        tell: Callable[[str], None],
    ) -> None:
        self._desk, self._workers, self._tell = desk, workers, tell
        self._given = (dict(settings), lease)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["bench.bulk"])
        self._random = random.Random(seed)
        self._turn = TURN_SECONDS[rows > SMALL_ROWS]
        # Each row is entered, signed and told of.
        self._steps = 3 * rows
        self._points = [
            (number + self._random.random()) / kills * KILLED_SHARE * self._steps for number in range(kills)
        ]
        self.counted = Counted(rows)

    def finish(self, batch_id: str) -> Counted:
        """Work the batch off; raises TimeoutError where that does not end."""
        began = looked = time.monotonic()
        slots = [self._begin() for _ in range(self._workers)]
        try:
            while (done := self._done(batch_id)) < self._steps or self._points:
                time.sleep(self._turn)
                if self._points and done >= self._points[0]:
                    self._points.pop(0)
                    time.sleep(self._random.uniform(0.0, 2 * self._turn))
                    at = self._random.randrange(len(slots))
                    # Of short work few moments have jobs in hand: every second kill waits for one.
                    if self.counted.kills % 2:
                        at = self._busy(slots, at)
                    self._kill(slots[at])
                    slots[at] = self._begin()
                now = time.monotonic()
                if now - looked > LOOK_SECONDS:
                    looked = now
                    self._tell(f"{done:,} of {self._steps:,} steps, {self.counted.kills} kills")
                    for slot in slots:
                        slot.looks.append(resident(slot.process.pid))
                for slot in slots:
                    if slot.process.exitcode is not None:
                        raise RuntimeError(f"a worker ended by itself with {slot.process.exitcode}")
                if now - began > GIVE_UP_SECONDS:
                    raise TimeoutError("the work does not end")
            self.counted.seconds = time.monotonic() - began
        finally:
            _stop([slot.process for slot in slots])
        longest = max(slots, key=lambda slot: len(slot.looks))
        if len(longest.looks) > 10:
            self.counted.memory = (longest.looks[len(longest.looks) // 10], longest.looks[-1])
        return self.counted

    def _begin(self) -> _Slot:
        here, there = self._context.Pipe(duplex=False)
        process = self._context.Process(target=work, args=(*self._given, there), daemon=True)
        process.start()
        there.close()
        try:
            here.recv()
        except EOFError:
            raise RuntimeError("a worker did not start") from None
        return _Slot(process)

    def _busy(self, slots: Sequence[_Slot], otherwise: int) -> int:
        """A worker that has jobs in hand, as soon as one has; the one given where none comes to have any."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            for at, slot in enumerate(slots):
                if self._holds(slot):
                    return at
        return otherwise

    def _holds(self, slot: _Slot) -> bool:
        with self._desk.database.reading() as session:
            held = session.exec(select(Job.id).where(Job.leased_by == f"bench:{slot.process.pid}")).first()
        return held is not None

    def _kill(self, slot: _Slot) -> None:
        slot.process.kill()
        slot.process.join()
        self.counted.kills += 1
        self.counted.struck += self._holds(slot)

    def _done(self, batch_id: str) -> int:
        with self._desk.database.reading() as session:
            batch = session.get_one(AwardBatch, batch_id)
            sent = session.exec(select(func.count()).where(col(Mail.sent).is_not(None))).one()
            return batch.entered + batches.published_count(session, batch_id) + sent


def _stop(processes: Sequence[ForkServerProcess]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(30)
        process.kill()
        process.join()


def resident(pid: int | None) -> int:
    """The resident memory of a process in bytes; 0 where it is gone."""
    try:
        fields = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


# ---------------------------------------------------------------- counting


def count(desk: IssuerDesk, counted: Counted, batch_id: str) -> None:
    """Look at everything a run left and note what is not as it must be."""
    faults = counted.faults
    with desk.database.reading() as session:
        batch = session.get_one(AwardBatch, batch_id)
        counted.awards = _number(session, Award.id)
        counted.copies = _number(session, SignedCopy.id)
        counted.mails = _number(session, Mail.id)
        if (batch.state, batch.entered, counted.awards) != ("done", counted.rows, counted.rows):
            faults.append(f"{counted.awards} awards, {batch.entered} entered, state {batch.state}: not {counted.rows}")
        rows = session.exec(select(BatchRow.award_id).where(BatchRow.batch_id == batch_id)).all()
        if len(set(rows)) != counted.rows or None in rows:
            faults.append("the rows do not have one award each")
        forms = Counter(session.exec(select(SignedCopy.award_id, SignedCopy.edition, SignedCopy.form)).all())
        wanted = {(award, 1, form) for award in rows for form in ("json", "jwt")}
        if forms.keys() != wanted or max(forms.values(), default=0) > 1:
            faults.append("the awards do not have one badge in two forms each")
        places = Counter(session.exec(select(StatusPlace.award_id)).all())
        if places != dict.fromkeys(rows, 2):
            faults.append("the awards do not have two places each")
        taken = session.exec(select(func.sum(StatusListRow.taken))).one()
        if taken != 2 * counted.rows:
            faults.append(f"the lists count {taken} places")
        if counted.mails != counted.rows:
            faults.append(f"{counted.mails} messages for {counted.rows} awards")
        left = session.exec(select(Job.kind, Job.error).where(col(Job.key) != "")).all()
        if left:
            faults.append(f"{len(left)} jobs are left, such as {left[0]}")
        _count_history(session, counted)


def _count_history(session: Session, counted: Counted) -> None:
    entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.seq))).all()
    broken = log.first_break(entries)
    if broken is not None:
        counted.faults.append(f"the audit log breaks at {broken}")
    for action in ("award.created", "award.published"):
        targets = Counter(entry.target for entry in entries if entry.action == action)
        if len(targets) != counted.rows or max(targets.values(), default=0) > 1:
            counted.faults.append(f"{action} is not in the history once for each award")


def _number(session: Session, column: object) -> int:
    return session.exec(select(func.count(column))).one()  # type: ignore[arg-type]


def verify_all(desk: IssuerDesk, settings: Mapping[str, str], counted: Counted) -> None:
    """Verify every stored badge with the verifier, as anyone would."""
    with desk.database.reading() as session:
        ids = session.exec(select(SignedCopy.id).order_by(col(SignedCopy.id))).all()
    size = max(1, min(500, -(-len(ids) // 2)))
    parts = [list(ids[at : at + size]) for at in range(0, len(ids), size)]
    with ProcessPoolExecutor(2, initializer=os.environ.update, initargs=(dict(settings),)) as pool:
        for valid, faults in pool.map(_verify, parts):
            counted.valid += valid
            counted.faults.extend(faults)


def _verify(ids: Sequence[str]) -> tuple[int, list[str]]:
    from badgeport.service.issuing import OwnFirst

    desk = desk_of(Settings.from_environment(os.environ))
    verifier = Verifier(fetcher=OwnFirst(ReplayResolver({}), lambda: desk))
    valid, faults = 0, []
    for copy_id in ids:
        with desk.database.reading() as session:
            copy = session.get_one(SignedCopy, copy_id)
        report = verifier.inspect(copy.body, now=desk.clock())
        if report.verdict is Verdict.VALID:
            valid += 1
        else:
            faults.append(f"a badge is {report.verdict.value}: {copy.award_id} as {copy.form}")
    desk.database.close()
    return valid, faults


# ---------------------------------------------------------------- the whole


def bulk(
    folder: Path,
    *,
    rows: int,
    kills: int,
    workers: int,
    seed: int,
    database_url: str | None = None,
    lease: float = LEASE_SECONDS,
    tell: Callable[[str], None] = lambda _: None,
) -> Counted:
    """Award ``rows`` people from a file while workers are killed ``kills`` times, then count and verify everything."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = environment(folder, database_url)
    desk = desk_of(Settings.from_environment(settings))
    try:
        org, definition = prepare(desk)
        now, began = desk.clock(), time.monotonic()
        batch = batches.take_file(
            desk, org, definition.id, io.BytesIO(sheet(rows)), key="bench", name="bench", actor="system", now=now
        )
        reading = time.monotonic() - began
        with desk.database.writing() as session:
            batches.start(session, batches.batch_of(session, org.id, batch.id), proceed=False, actor="system", now=now)
        run = Run(desk, settings, rows=rows, kills=kills, workers=workers, seed=seed, lease=lease, tell=tell)
        counted = run.finish(batch.id)
        counted.reading = reading
        tell("counting")
        count(desk, counted, batch.id)
        counted.sent = sum(1 for _ in (folder / "outbox").glob("*.eml"))
        tell("verifying")
        verify_all(desk, settings, counted)
    finally:
        desk.database.close()
    return counted


def figures(counted: Counted, *, kind: str, workers: int) -> str:
    """What a run gave, for people."""
    lines = [
        f"- {counted.rows:,} rows, {kind}, {workers} worker{'s' if workers > 1 else ''}, {counted.kills} kills "
        f"({counted.struck} of them with jobs in hand)",
        f"- The file was read and checked in {counted.reading:.1f} s; all was signed and told after "
        f"{counted.seconds:.0f} s: {counted.rows / counted.seconds:.0f} awards a second, each signed twice",
        f"- {counted.awards:,} awards, {counted.copies:,} signed copies, {counted.valid:,} of them valid; "
        f"{counted.mails:,} messages, {counted.sent - counted.mails} of them sent once more after a kill",
    ]
    if counted.memory is not None:
        (first, last), mebi = counted.memory, 1024 * 1024
        lines.append(
            f"- Memory of the worker that lived longest: {first / mebi:.0f} MiB after a tenth of its life, "
            f"{last / mebi:.0f} MiB at its end"
        )
    lines += [f"- FAULT: {fault}" for fault in counted.faults[:20]]
    return "\n".join(lines)


@contextlib.contextmanager
def _database(kind: str, folder: Path) -> Iterator[str | None]:
    if kind == "sqlite":
        yield None
        return
    sys.path.insert(0, str(record.ROOT / "tests"))
    from support import databases

    yield databases.url_of(kind, folder)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="python -m bench.bulk", description="Award thousands while workers are killed.")
    made.add_argument("--rows", type=int, default=ROWS, metavar="N", help="awards (default: %(default)s)")
    made.add_argument("--kills", type=int, default=KILLS, metavar="N", help="SIGKILLs (default: %(default)s)")
    made.add_argument("--workers", type=int, default=1, metavar="N", help="worker processes (default: %(default)s)")
    made.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    made.add_argument("--seed", type=int, default=2026, metavar="N", help="of the moments of the kills")
    made.add_argument("--record", metavar="FILE", help="add the figures to this file")
    return made


def main(arguments: Sequence[str]) -> int:
    """Run with these arguments; 1 where something is lost, doubled or not valid."""
    options = parser().parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, _database(options.database, Path(name)) as url:
        counted = bulk(
            Path(name) / "data",
            rows=options.rows,
            kills=options.kills,
            workers=options.workers,
            seed=options.seed,
            database_url=url,
            tell=lambda text: print(text, file=sys.stderr, flush=True),
        )
    text = figures(counted, kind=options.database, workers=options.workers)
    print(text)
    if options.record:
        facts = record.run_facts(arguments, program="bench.bulk")
        record.add_to_section(Path(options.record), "\n".join([*facts, text, ""]), record.BULK_HEADING)
    return 1 if counted.faults else 0


if __name__ == "__main__":
    # Under its own name, by which the processes find it.
    from bench import bulk as itself

    sys.exit(itself.main(sys.argv[1:]))
