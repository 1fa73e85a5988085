"""Batches under attack: a row, a batch or a client that takes the service away from the others."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import multiprocessing
import sqlite3
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from badgeport.schemas.problems import SERVICE_UNAVAILABLE, STORE_FULL, ProblemError
from badgeport.verifier.batch import results
from badgeport.verifier.batch import store as batch_store
from badgeport.verifier.batch.reading import rows_of_lines
from badgeport.verifier.batch.runner import LEASE, BatchRunner
from badgeport.verifier.batch.store import BatchStore, Handed
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.verifier import Verifier
from support import serving
from support import verifying as v

NOW = datetime(2026, 5, 1, 9, 0, 0, tzinfo=UTC)
GOOD = v.sign(v.badge())


class Clock:
    """A clock that stands until it is put forward."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Judge:
    """A verifier that does something of the test's before it judges."""

    def __init__(self, before: Callable[[bytes], None]) -> None:
        self._before = before
        self.seen: list[bytes] = []

    def inspect(self, data: bytes, **asked: Any) -> VerificationReport:
        self.seen.append(data)
        self._before(data)
        return Verifier().inspect(data, **asked)


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    return BatchStore(tmp_path / "batches.sqlite")


def hand_in(store: BatchStore, *inputs: bytes, now: datetime = NOW) -> str:
    rows = [Handed(f"row {number}", data) for number, data in enumerate(inputs, start=1)]
    return store.create(rows, policy="default", as_of=None, now=now)[0]


def answers(store: BatchStore, token: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in store.results(token)]


def runner(store: BatchStore, judge: object, clock: Callable[[], datetime], **options: Any) -> BatchRunner:
    return BatchRunner(store, {"default": judge}, clock=clock, **options)  # type: ignore[dict-item]


def file_bytes(store: BatchStore) -> int:
    return store._storage.path.stat().st_size


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(600):
        if holds():
            return
        threading.Event().wait(0.05)
    pytest.fail("it did not come about")


# -- 4: a poison row ------------------------------------------------------------------------------------------------


def test_a_row_that_kills_the_process_takes_no_other_with_it(store: BatchStore) -> None:
    def killed(data: bytes) -> None:
        if data == b"POISON":
            raise SystemExit

    clock = Clock()
    bad = hand_in(store, b"POISON", GOOD)
    clock.now += timedelta(seconds=1)
    token = hand_in(store, GOOD, GOOD, GOOD, now=clock.now)
    for _ in range(6):
        worker = runner(store, Judge(killed), clock)
        with contextlib.suppress(SystemExit):
            while worker.work_once():
                pass
        clock.now += LEASE + timedelta(seconds=1)
    batch = store.get(token, now=clock.now)
    assert batch is not None
    assert batch.counts == {"valid": 3}
    assert [answer["verdict"] for answer in answers(store, bad)] == [None, "valid"]


def test_a_row_that_raises_takes_no_other_with_it_and_is_given_up(store: BatchStore) -> None:
    lost: list[Exception] = []

    def broken(data: bytes) -> None:
        if data == b"POISON":
            raise MemoryError

    token = hand_in(store, b"POISON", GOOD, GOOD)
    judge = Judge(broken)
    worker = runner(store, judge, Clock(), lost=lost.append)
    for _ in range(20):
        worker.work_once()
    assert [answer["verdict"] for answer in answers(store, token)] == [None, "valid", "valid"]
    assert judge.seen.count(b"POISON") == len(lost) == batch_store.MAXIMUM_ATTEMPTS
    assert judge.seen.count(GOOD) == 2


def test_orderly_stops_cost_a_row_nothing(store: BatchStore) -> None:
    """A service that is started anew again and again goes on with the same row as often as it needs to."""
    token = hand_in(store, GOOD, GOOD)
    for _ in range(batch_store.MAXIMUM_ATTEMPTS + 2):
        entered, leave = threading.Event(), threading.Event()

        def hang(data: bytes, entered: threading.Event = entered, leave: threading.Event = leave) -> None:
            entered.set()
            leave.wait(30)

        worker = runner(store, Judge(hang), lambda: NOW)
        worker.start()
        assert entered.wait(30)
        worker.stop(timeout=0.01)
        leave.set()
    worker = runner(store, Verifier(), lambda: NOW)
    while worker.work_once():
        pass
    batch = store.get(token, now=NOW)
    assert batch is not None
    assert batch.counts == {"valid": 2}


def test_a_row_that_was_in_hand_when_a_process_died_is_tried_again_alone(store: BatchStore) -> None:
    """What is worked on beside it would otherwise share its fate, three times, with several threads in a process."""
    token = hand_in(store, b"SUSPECT")
    clock = Clock()

    def killed(data: bytes) -> None:
        raise SystemExit

    with contextlib.suppress(SystemExit):
        runner(store, Judge(killed), clock).work_once()
    clock.now += LEASE + timedelta(seconds=1)
    others = hand_in(store, *[b"%d" % number for number in range(12)], now=clock.now)
    inside, beside = [0], []
    guard = threading.Lock()

    def watched(data: bytes) -> None:
        with guard:
            inside[0] += 1
        for _ in range(5):
            threading.Event().wait(0.01)
            if data == b"SUSPECT":
                beside.append(inside[0])
        with guard:
            inside[0] -= 1

    worker = runner(store, Judge(watched), clock, threads=4)
    worker.start()
    wait_until(lambda: len(answers(store, token)) == 1 and len(answers(store, others)) == 12)
    worker.stop()
    assert set(beside) == {1}


# -- 5: a slow batch ------------------------------------------------------------------------------------------------


def test_a_slow_batch_does_not_hold_up_the_others(store: BatchStore) -> None:
    clock = Clock()

    def slow(data: bytes) -> None:
        clock.now += timedelta(seconds=80)

    hand_in(store, *[b"https://slow.example/"] * 1000)
    token = hand_in(store, GOOD, now=NOW + timedelta(seconds=1))
    worker = runner(store, Judge(slow), clock)
    for _ in range(10):
        worker.work_once()
    batch = store.get(token, now=clock.now)
    assert batch is not None
    assert batch.done == 1


def test_batches_are_served_in_turn(store: BatchStore) -> None:
    tokens = [hand_in(store, *[GOOD] * size) for size in (9, 3, 3)]
    worker = runner(store, Verifier(), lambda: NOW)
    for _ in range(9):
        worker.work_once()
    assert [len(answers(store, token)) for token in tokens] == [3, 3, 3]


def test_a_batch_that_was_not_finished_in_time_does_not_vanish(store: BatchStore) -> None:
    token = hand_in(store, GOOD, *[b"https://slow.example/"] * 1200)
    runner(store, Verifier(), lambda: NOW).work_once()
    later = NOW + timedelta(days=30)
    store.sweep(later)
    batch = store.get(token, now=later)
    assert batch is not None
    assert batch.finished_at == later
    assert batch.counts == {"valid": 1, "error": 1200}
    found = answers(store, token)
    assert len(found) == 1201
    assert "no time" in found[-1]["error"]
    store.sweep(later + batch_store.TIME_TO_LIVE)
    assert store.get(token, now=later + batch_store.TIME_TO_LIVE) is None


def test_results_are_kept_for_their_time_after_they_are_there(store: BatchStore) -> None:
    token = hand_in(store, GOOD)
    later = NOW + timedelta(days=6, hours=23)
    runner(store, Verifier(), lambda: later).work_once()
    after = later + batch_store.TIME_TO_LIVE - timedelta(seconds=1)
    store.sweep(after)
    assert [answer["verdict"] for answer in answers(store, token)] == ["valid"]
    assert store.get(token, now=after) is not None


def test_only_so_many_batches_are_taken_on_at_once(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_store, "MAXIMUM_UNFINISHED", 2)
    hand_in(store, b"{}")
    hand_in(store, b"{}")
    with pytest.raises(ProblemError, match="try again later") as refused:
        hand_in(store, b"{}")
    assert refused.value.problem.type is STORE_FULL
    runner(store, Verifier(), lambda: NOW).work_once()
    assert hand_in(store, b"{}")


def test_rows_that_wait_for_the_network_are_worked_on_side_by_side(store: BatchStore) -> None:
    together = threading.Barrier(3)
    token = hand_in(store, b"https://a.example/", b"https://b.example/", b"https://c.example/")
    worker = runner(store, Judge(lambda data: void(together.wait(30))), lambda: NOW, threads=3)
    worker.start()
    wait_until(lambda: len(answers(store, token)) == 3)
    worker.stop()
    assert not together.broken


def void(_: object) -> None:
    """Nothing."""


def test_the_service_gives_the_row_of_a_batch_less_time_on_the_network(tmp_path: Path) -> None:
    app = serving.application(tmp_path)
    background = app.state.background
    background.start()
    try:
        for name, verifier in background._runner._verifiers.items():
            usual = app.state.desk.verifiers[name]
            assert verifier.policy is usual.policy
            assert verifier._settings.limits.fetch_seconds == 20.0
            assert usual._settings.limits.fetch_seconds == 60.0
            assert verifier._fetcher is usual._fetcher
        assert len(background._runner._threads) > 1
    finally:
        background.stop()


# -- 9: the cost of a row -------------------------------------------------------------------------------------------


def test_work_on_a_row_costs_no_more_in_a_larger_batch(tmp_path: Path) -> None:
    steps: list[int] = []
    for size in (150, 1500):
        store = BatchStore(tmp_path / f"{size}.sqlite")
        first = hand_in(store, *[b"{}"] * size)
        hand_in(store, *[b"{}"] * size)
        # Most rows of a batch have their answers: those must not be gone through again either.
        for number in range(size):
            row = store.claim(lease=LEASE, now=NOW)
            assert row is not None
            store.finish(row, "valid", results.as_text({"row": number}), now=NOW)
        worker = runner(store, Verifier(), lambda: NOW)
        connection = _only_connection(store)
        count = [0]

        def counted(count: list[int] = count) -> int:
            count[0] += 1
            return 0

        connection.set_progress_handler(counted, 1)
        worker.work_once()
        store.get(first, now=NOW)
        connection.set_progress_handler(None, 0)
        steps.append(count[0])
    small, large = steps
    assert small > 50
    assert large < small * 1.5


def _only_connection(store: BatchStore) -> sqlite3.Connection:
    with store._storage.connection() as connection:
        return connection


# -- 10: storage that cannot be used --------------------------------------------------------------------------------


@pytest.fixture
def locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The application, after which another program took hold of the file of batches."""
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: connect(*a, **{**k, "timeout": 0.05}))
    app = serving.application(tmp_path)
    other = connect(tmp_path / "batches.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield serving.client(app)
    other.execute("ROLLBACK")
    other.close()


def test_storage_that_cannot_be_used_is_503_and_not_a_mistake(locked: Any) -> None:
    answer = locked.post("/api/v1/batches", content=GOOD)
    assert answer.status_code == 503, answer.text
    assert answer.json()["type"] == SERVICE_UNAVAILABLE.uri
    assert answer.headers["retry-after"]


def test_a_service_whose_batches_cannot_be_written_is_not_ready(locked: Any) -> None:
    ready = locked.get("/readyz")
    assert ready.status_code == 503
    assert "storage" in ready.json()["checks"]["storage"]


def test_a_damaged_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "batches.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(ProblemError) as refused:
        BatchStore(tmp_path / "batches.sqlite")
    assert refused.value.problem.type is SERVICE_UNAVAILABLE


def _open_at_once(path: str, gate: Any, ended: Any) -> None:
    gate.wait(60)
    try:
        BatchStore(path)
        ended.put("ok")
    except BaseException as error:
        ended.put(repr(error))


def test_processes_that_start_together_all_come_up(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for turn in range(12):
        gate, ended = context.Barrier(4), context.SimpleQueue()
        path = str(tmp_path / f"{turn}.sqlite")
        started = [context.Process(target=_open_at_once, args=(path, gate, ended)) for _ in range(4)]
        for each in started:
            each.start()
        assert [ended.get() for _ in started] == ["ok"] * 4
        for each in started:
            each.join(60)


# -- 11: the quota --------------------------------------------------------------------------------------------------


def test_batches_handed_in_side_by_side_share_one_quota(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    empty = 100_000
    monkeypatch.setattr(batch_store, "MAXIMUM_STORED_BYTES", empty)
    monkeypatch.setattr(batch_store, "_CHUNK", 1)
    nested: list[str] = []

    def rows(depth: int) -> Iterator[Handed]:
        for number in range(9):
            yield Handed(f"{number}", bytes(2_000))
            if number == 4 and depth:
                with contextlib.suppress(ProblemError):
                    nested.append(
                        store.create(rows(depth - 1), policy="default", as_of=None, now=NOW)[0],
                    )

    with contextlib.suppress(ProblemError):
        store.create(rows(5), policy="default", as_of=None, now=NOW)
    with store._storage.connection() as connection:
        kept = [text for text in connection.iterdump() if text.startswith("INSERT INTO")]
    assert 0 < len(nested) < 5
    # A dump writes every byte of a BLOB as two characters.
    assert sum(len(text) for text in kept) / 2 < empty


def test_answers_count_as_well_as_questions(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_store, "MAXIMUM_STORED_BYTES", 1_000_000)
    taken = 0
    with contextlib.suppress(ProblemError):
        for _ in range(12):
            hand_in(store, *[b"{}"] * 300)
            taken += 1
            worker = runner(store, Verifier(), lambda: NOW)
            while worker.work_once():
                pass
    assert 1 <= taken < 12
    with store._storage.connection() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert file_bytes(store) < 1_000_000


def test_what_is_counted_is_what_is_kept(store: BatchStore) -> None:
    """Nothing is left over once everything was forgotten, whatever happened to it."""
    nothing = held_bytes(store)
    tokens = [hand_in(store, *[GOOD] * 3), hand_in(store, b"{}", b"", b"[]")]
    tokens.append(store.create([Handed("r", b"", "no")], policy="default", as_of=None, now=NOW)[0])
    with pytest.raises(ProblemError):
        hand_in(store)
    handed_in = held_bytes(store)
    worker = runner(store, Verifier(), lambda: NOW)
    for _ in range(4):
        worker.work_once()
    assert nothing < held_bytes(store) < handed_in
    for token in tokens:
        assert store.delete(token)
    assert held_bytes(store) == nothing


def held_bytes(store: BatchStore) -> int:
    with store._storage.connection() as connection:
        return int(connection.execute("SELECT bytes FROM held").fetchone()[0])


def test_where_there_is_no_room_for_an_answer_that_is_the_answer(
    store: BatchStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that is longer than what was kept free for it does not break the quota; any other has its place."""
    long = Verifier().inspect(v.sign(v.badge(name="N" * 2_000, issuer=_issuer("D" * 2_000))), now=NOW)

    class Long:
        def inspect(self, data: bytes, **asked: Any) -> VerificationReport:
            return long if data == b"long" else Verifier().inspect(data, **asked)

    token = hand_in(store, b"long", GOOD)
    quota = held_bytes(store)
    monkeypatch.setattr(batch_store, "MAXIMUM_STORED_BYTES", quota)
    worker = runner(store, Long(), lambda: NOW)
    while worker.work_once():
        assert held_bytes(store) <= quota
    first, second = answers(store, token)
    assert "no room" in first["error"]
    assert second["verdict"] == "valid"


def _issuer(name: str) -> dict[str, Any]:
    return {"id": v.signer().controller, "type": ["Profile"], "name": name}


@pytest.mark.parametrize("name", ["\x01" * 5_000, "\U0001f4d7" * 5_000, '"' * 5_000, "\ud800"])
def test_a_name_of_any_kind_leaves_room_to_say_why_there_is_no_answer(store: BatchStore, name: str) -> None:
    rows = [Handed(name, b"{}"), Handed(name, b"", "R" * 5_000)]
    token, _ = store.create(rows, policy="default", as_of=None, now=NOW)
    store.sweep(NOW + batch_store.TIME_TO_WORK)
    assert len(answers(store, token)) == 2
    for text in store.results(token):
        assert len(text.encode()) <= batch_store._RESULT_BYTES


def test_an_answer_of_any_length_is_bounded(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short address may lead to a badge with a name of a million letters."""
    long = Verifier().inspect(v.sign(v.badge(name="N" * 200_000)), now=NOW)

    class Long:
        def inspect(self, data: bytes, **asked: Any) -> VerificationReport:
            return long

    token = hand_in(store, b"https://long.example/")
    runner(store, Long(), lambda: NOW).work_once()
    (text,) = store.results(token)
    assert len(text) < 10_000
    answer = json.loads(text)
    assert answer["verdict"] == "valid"
    assert answer["credential"]["name"].endswith("…")


def test_what_is_forgotten_gives_its_room_back(store: BatchStore) -> None:
    token = hand_in(store, *[bytes(50_000)] * 40)
    with store._storage.connection() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = file_bytes(store)
    assert before > 2_000_000
    assert store.delete(token)
    store.sweep(NOW)
    with store._storage.connection() as connection:
        assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert file_bytes(store) < before / 10


# -- 12: the table --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "text",
    [
        "a;=HYPERLINK(1)",
        'a;"=1',
        "a\t+1",
        "a\n=1",
        "\n@SUM(1)",
        "\uff1d1+1",
        "a; \uff0b1",
        "x\r-1",
        "=1",
        "a,=1",
        "; ;=1",
    ],
)
def test_no_part_of_a_text_becomes_a_formula_whatever_separates_the_cells(text: str, delimiter: str) -> None:
    report = Verifier().inspect(v.sign(v.badge(name=text)), now=NOW)
    table = "".join(results.as_csv([results.as_text(results.line(1, "a.json", report))]))
    signs = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
    for row in csv.reader(io.StringIO(table, newline=""), delimiter=delimiter):
        for cell in row:
            for start in (cell, *cell.splitlines()):
                assert not start.lstrip(' \t\r\n"').startswith(signs), cell


def test_a_spreadsheet_is_told_that_the_table_is_utf_8() -> None:
    table = "".join(results.as_csv([])).encode()
    assert table.startswith(b'\xef\xbb\xbf"row","input","verdict"')
    (header,) = csv.reader(io.StringIO(table.decode("utf-8-sig")))
    assert header[:3] == ["row", "input", "verdict"]


# -- 13: UTF-16 -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_lines_in_utf_16_are_refused_with_what_to_do(encoding: str) -> None:
    lines = io.BytesIO((GOOD.decode() + "\r\n" + GOOD.decode() + "\r\n").encode(encoding))
    with pytest.raises(ProblemError, match="UTF-8"):
        list(rows_of_lines(lines))


def test_a_utf_8_byte_order_mark_is_no_obstacle() -> None:
    (row,) = rows_of_lines([b"\xef\xbb\xbf" + GOOD + b"\n"])
    assert Verifier().inspect(row.data, now=NOW).valid
