"""Batches: nothing lost, nothing done twice, also when a worker dies or two work at once."""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from badgeport.schemas.problems import ProblemError
from badgeport.verifier.batch import results
from badgeport.verifier.batch import store as batch_store
from badgeport.verifier.batch.reading import rows_of_lines
from badgeport.verifier.batch.runner import BatchRunner
from badgeport.verifier.batch.store import BatchStore, Handed, Row
from badgeport.verifier.verifier import Verifier
from support import verifying as v

NOW = datetime(2026, 5, 1, 9, 0, 0, tzinfo=UTC)
VERIFIERS = {"default": Verifier()}


def clock() -> datetime:
    return NOW


@pytest.fixture
def store(tmp_path: Path) -> BatchStore:
    return BatchStore(tmp_path / "batches.sqlite")


def runner(store: BatchStore) -> BatchRunner:
    return BatchRunner(store, VERIFIERS, clock=clock)


def hand_in(store: BatchStore, *inputs: bytes, now: datetime = NOW) -> str:
    rows = [Handed(f"row {number}", data) for number, data in enumerate(inputs, start=1)]
    return store.create(rows, policy="default", as_of=None, now=now)[0]


def claimed(store: BatchStore, now: datetime = NOW) -> Row:
    row = store.claim(lease=timedelta(minutes=1), now=now)
    assert row is not None
    return row


def answers(store: BatchStore, token: str) -> list[dict[str, object]]:
    return [json.loads(text) for text in store.results(token)]


def work_off(store: BatchStore) -> None:
    worker = runner(store)
    while worker.work_once():
        pass


def test_every_row_gets_its_own_answer(store: BatchStore) -> None:
    good = v.sign(v.badge())
    expired = v.sign(v.badge(validUntil="2026-04-02T00:00:00Z"))
    token = hand_in(store, good, expired, b"not a credential", good.replace(b"Together", b"Tugether"))
    work_off(store)
    batch = store.get(token, now=NOW)
    assert batch is not None
    assert (batch.total, batch.done, batch.finished_at) == (4, 4, NOW)
    assert batch.counts == {"valid": 1, "invalid": 3}
    first, second, third, fourth = answers(store, token)
    assert (first["verdict"], first["codes"], first["error"]) == ("valid", [], None)
    assert first["credential"]["recipient"] == v.RECIPIENT  # type: ignore[index]
    assert second["codes"] == ["EXPIRED"]
    assert third["credential"] is None
    assert third["error"]
    assert "PROOF_VERIFICATION_ERROR" in fourth["codes"]  # type: ignore[operator]


def test_a_row_that_was_refused_is_not_lost(store: BatchStore) -> None:
    rows = [Handed("a.json", v.sign(v.badge())), Handed("b.json", b"", "it is encrypted")]
    token, batch = store.create(rows, policy="default", as_of=None, now=NOW)
    assert batch.counts == {"error": 1}
    work_off(store)
    assert [(each["input"], each["error"]) for each in answers(store, token)] == [
        ("a.json", None),
        ("b.json", "it is encrypted"),
    ]


def test_a_batch_of_refused_rows_is_finished_at_once(store: BatchStore) -> None:
    _, batch = store.create([Handed("a", b"", "unreadable")], policy="default", as_of=None, now=NOW)
    assert batch.finished_at == NOW


def test_rows_wait_for_the_whole_batch(store: BatchStore) -> None:
    seen = []

    def rows() -> object:
        yield Handed("a", b"{}")
        seen.append(store.claim(lease=timedelta(minutes=1), now=NOW))
        yield Handed("b", b"{}")

    store.create(rows(), policy="default", as_of=None, now=NOW)  # type: ignore[arg-type]
    assert seen == [None]
    assert store.claim(lease=timedelta(minutes=1), now=NOW)


def test_what_breaks_while_it_is_handed_in_leaves_nothing(store: BatchStore) -> None:
    def rows() -> object:
        for number in range(1_200):
            yield Handed(f"{number}", b"{}")
        raise ProblemError(batch_store.RANGE_ERROR, "the upload broke off")

    with pytest.raises(ProblemError, match="broke off"):
        store.create(rows(), policy="default", as_of=None, now=NOW)  # type: ignore[arg-type]
    assert store.claim(lease=timedelta(minutes=1), now=NOW) is None
    with store._storage.connection() as connection:
        assert connection.execute("SELECT (SELECT count(*) FROM row) + (SELECT count(*) FROM batch)").fetchone() == (0,)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("MAXIMUM_ROWS", 2, "at most 2 inputs"), ("MAXIMUM_BYTES", 5, "bytes"), ("MAXIMUM_STORED_BYTES", 5, "no room")],
)
def test_bounds_are_refused_in_words(
    store: BatchStore, monkeypatch: pytest.MonkeyPatch, name: str, value: int, message: str
) -> None:
    monkeypatch.setattr(batch_store, name, value)
    with pytest.raises(ProblemError, match=message):
        hand_in(store, b"{} ", b"{} ", b"{} ")
    monkeypatch.undo()
    with pytest.raises(ProblemError, match="no input"):
        hand_in(store)


def test_a_claim_keeps_others_off_until_its_lease_is_over(store: BatchStore) -> None:
    token = hand_in(store, b"{}")
    lease = timedelta(minutes=1)
    held = claimed(store)
    assert store.begin(held, lease=lease, now=NOW + lease / 2) == b"{}"
    assert store.claim(lease=lease, now=NOW + lease) is None
    again = claimed(store, NOW + lease * 1.5)
    assert again.attempts == 1
    store.finish(held, "valid", results.as_text({"row": 1, "by": "the first"}), now=NOW)
    store.give_back(held, tried=True, now=NOW)
    assert store.begin(held, lease=lease, now=NOW) is None
    assert answers(store, token) == []
    store.finish(again, "valid", results.as_text({"row": 1, "by": "the second"}), now=NOW)
    store.finish(again, "invalid", results.as_text({"row": 1, "by": "nobody"}), now=NOW)
    assert [each["by"] for each in answers(store, token)] == ["the second"]
    assert store.get(token, now=NOW).counts == {"valid": 1}  # type: ignore[union-attr]


def test_a_row_that_is_given_back_is_taken_up_at_once(store: BatchStore) -> None:
    hand_in(store, b"{}", b"[]")
    lease = timedelta(minutes=1)
    first = claimed(store)
    store.give_back(first, tried=False, now=NOW)
    assert [claimed(store).number for _ in range(2)] == [2, 1], "after those nobody had yet"
    assert store.claim(lease=lease, now=NOW) is None


def test_an_attempt_counts_when_it_begins(store: BatchStore) -> None:
    hand_in(store, b"{}")
    for attempt in range(3):
        assert claimed(store, NOW + timedelta(hours=attempt)).attempts == 0
    row = claimed(store, NOW + timedelta(hours=4))
    store.begin(row, lease=timedelta(minutes=1), now=NOW + timedelta(hours=4))
    assert claimed(store, NOW + timedelta(hours=5)).attempts == 1


def test_a_row_that_brings_workers_down_is_given_up(store: BatchStore) -> None:
    token = hand_in(store, v.sign(v.badge()))
    for attempt in range(batch_store.MAXIMUM_ATTEMPTS):
        later = NOW + timedelta(hours=attempt)
        assert store.begin(claimed(store, later), lease=timedelta(minutes=1), now=later)
    worker = BatchRunner(store, VERIFIERS, clock=lambda: NOW + timedelta(hours=9))
    assert worker.work_once() == 1
    (answer,) = answers(store, token)
    assert (answer["verdict"], answer["credential"]) == (None, None)
    assert "attempts" in str(answer["error"])


def test_a_token_opens_its_own_batch_only_and_for_its_time(store: BatchStore) -> None:
    one, other = hand_in(store, b"{}"), hand_in(store, b"{}", b"[]")
    assert one != other
    assert store.get(other, now=NOW).total == 2  # type: ignore[union-attr]
    assert store.get("x" * 32, now=NOW) is None
    assert store.get("\ud800", now=NOW) is None
    work_off(store)
    over = NOW + batch_store.TIME_TO_LIVE
    assert store.get(one, now=over - timedelta(seconds=1)) is not None
    assert store.get(one, now=over) is None
    assert store.sweep(over) == 2
    assert answers(store, other) == []
    third = hand_in(store, b"{}")
    assert store.delete(third) is True
    assert store.delete(third) is False
    assert one.encode() not in store._storage.path.read_bytes()


def test_threads_share_the_work_without_doing_any_twice(store: BatchStore) -> None:
    token = hand_in(store, *[v.sign(v.badge())] * 24)
    workers = [threading.Thread(target=work_off, args=(store,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [each["row"] for each in answers(store, token)] == list(range(1, 25))
    with store._storage.connection() as connection:
        assert connection.execute("SELECT max(attempts), min(attempts) FROM row").fetchone() == (1, 1)


def _work_until_killed(path: str, at_row: int) -> None:
    store = BatchStore(path)
    for _ in range(at_row):
        row = claimed(store)
        store.finish(row, "valid", results.as_text({"row": row.number, "by": os.getpid()}), now=NOW)
    store.begin(claimed(store), lease=timedelta(minutes=1), now=NOW)
    claimed(store)
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("at_row", [0, 3])
def test_a_killed_process_loses_no_row(store: BatchStore, at_row: int) -> None:
    token = hand_in(store, *[b"{}"] * 8)
    process = multiprocessing.get_context("spawn").Process(
        target=_work_until_killed, args=(str(store._storage.path), at_row)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    batch = store.get(token, now=NOW)
    assert batch is not None
    assert batch.done == at_row
    worker = BatchRunner(store, VERIFIERS, clock=lambda: NOW + timedelta(minutes=2))
    while worker.work_once():
        pass
    found = answers(store, token)
    assert [each["row"] for each in found] == list(range(1, 9))
    assert sum("by" in each for each in found) == at_row


def test_the_runner_works_in_the_background_and_stops(store: BatchStore) -> None:
    worker = runner(store)
    worker.start()
    token = hand_in(store, v.sign(v.badge()))
    worker.wake()
    done = threading.Event()
    for _ in range(200):
        if len(answers(store, token)) == 1:
            break
        done.wait(0.05)
    worker.stop()
    assert [each["verdict"] for each in answers(store, token)] == ["valid"]


def test_every_verification_is_told_for_counting(store: BatchStore) -> None:
    told: list[tuple[str, float]] = []
    hand_in(store, v.sign(v.badge()), b"nothing")
    worker = BatchRunner(
        store, VERIFIERS, clock=clock, noted=lambda report, seconds: told.append((report.verdict.value, seconds))
    )
    while worker.work_once():
        pass
    assert [verdict for verdict, _ in told] == ["valid", "invalid"]
    assert all(seconds > 0 for _, seconds in told)


def test_a_defect_costs_a_turn_and_not_the_runner(store: BatchStore, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[Exception] = []
    seen = threading.Event()

    def note(error: Exception) -> None:
        lost.append(error)
        seen.set()

    worker = BatchRunner(store, VERIFIERS, clock=clock, lost=note)
    claims = store.claim
    monkeypatch.setattr(store, "claim", lambda **k: 1 / 0 if not lost else claims(**k))
    worker.start()
    token = hand_in(store, v.sign(v.badge()))
    assert seen.wait(10)
    for _ in range(200):
        if answers(store, token):
            break
        threading.Event().wait(0.05)
    worker.stop()
    assert isinstance(lost[0], ZeroDivisionError)
    assert len(answers(store, token)) == 1


def test_lines_are_objects_strings_and_bare_texts() -> None:
    lines = [b'{"id": 1}\n', b"\n", b'"eyJ.a.b"\n', b"  https://a.example/c/1 \r\n", b'"half\n', b'"\\ud800"\n']
    rows = list(rows_of_lines(lines))
    assert [(row.name, row.data) for row in rows] == [
        ("line 1", b'{"id": 1}'),
        ("line 3", b"eyJ.a.b"),
        ("line 4", b"https://a.example/c/1"),
        ("line 5", b'"half'),
        ("line 6", b'"\\ud800"'),
    ]


def test_csv_never_holds_a_formula() -> None:
    report = Verifier().inspect(v.sign(v.badge(name='=HYPERLINK("https://evil.example")')), now=NOW)
    line = results.line(1, "@SUM(1)", report)
    table = "".join(results.as_csv([results.as_text(line)])).removeprefix("\ufeff")
    (header, row) = csv.reader(io.StringIO(table))
    cells = dict(zip(header, row, strict=True))
    assert cells["name"] == '\'=HYPERLINK("https://evil.example")'
    assert cells["input"] == "'@SUM(1)"
    assert (cells["verdict"], cells["credentialId"], cells["issuerName"]) == (
        "valid",
        "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001",
        "Lakeside District",
    )
