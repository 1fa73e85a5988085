"""The store of the service: tokens, times, bounds, and many at once."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sqlite3
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from badgeport.schemas.problems import SERVICE_UNAVAILABLE, STORE_FULL, ProblemError
from badgeport.verifier.web.store import CAPACITY, TIME_TO_LIVE, Store
from support.verifying import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verifier.sqlite"


@pytest.fixture
def store(path: Path) -> Store:
    return Store(path)


def test_what_is_put_is_had_back_until_its_time_is_over(store: Store) -> None:
    token = store.put("result", b"the report", HOUR, now=NOW)
    stored = store.get("result", token, now=NOW + HOUR - timedelta(microseconds=1))
    assert stored is not None
    assert stored.data == b"the report"
    assert stored.expires_at == NOW + HOUR
    assert store.get("result", token, now=NOW + HOUR) is None


def test_a_token_opens_one_kind_only(store: Store) -> None:
    token = store.put("result", b"x", HOUR, now=NOW)
    assert store.get("shared", token, now=NOW) is None
    assert store.take("challenge", token, now=NOW) is None
    assert not store.delete("shared", token)
    assert store.get("result", token, now=NOW) is not None


@pytest.mark.parametrize("token", ["", "x", "é" * 32, "a" * 129, "\ud800", "' OR 1=1 --", "%"])
def test_other_tokens_find_nothing(store: Store, token: str) -> None:
    store.put("result", b"x", HOUR, now=NOW)
    assert store.get("result", token, now=NOW) is None
    assert store.take("result", token, now=NOW) is None
    assert not store.delete("result", token)


def test_delete(store: Store) -> None:
    token = store.put("shared", b"x", HOUR, now=NOW)
    assert store.delete("shared", token)
    assert not store.delete("shared", token)
    assert store.get("shared", token, now=NOW) is None


def test_take_is_once(store: Store) -> None:
    token = store.put("challenge", b"", HOUR, now=NOW)
    assert store.take("challenge", token, now=NOW) is not None
    assert store.take("challenge", token, now=NOW) is None


def test_what_is_past_its_time_is_not_taken(store: Store) -> None:
    token = store.put("challenge", b"", HOUR, now=NOW)
    assert store.take("challenge", token, now=NOW + HOUR) is None


def test_of_many_threads_one_takes(store: Store) -> None:
    start = threading.Barrier(8)

    def take(token: str) -> bool:
        start.wait(timeout=30)
        return store.take("challenge", token, now=NOW) is not None

    for _ in range(10):
        token = store.put("challenge", b"", HOUR, now=NOW)
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(take, [token] * 8)) == 1


def _take_all(path: str, tokens: list[str], gate: object, answers: object) -> None:
    store = Store(Path(path))
    gate.wait(timeout=60)  # type: ignore[attr-defined]
    answers.put([token for token in tokens if store.take("challenge", token, now=NOW)])  # type: ignore[attr-defined]


def test_of_several_processes_one_takes(path: Path, store: Store) -> None:
    tokens = [store.put("challenge", b"", HOUR, now=NOW) for _ in range(30)]
    spawn = multiprocessing.get_context("spawn")
    gate, answers = spawn.Barrier(2), spawn.Queue()
    processes = [spawn.Process(target=_take_all, args=(str(path), tokens, gate, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    taken = [token for _ in processes for token in answers.get(timeout=120)]
    for process in processes:
        process.join(timeout=60)
    assert sorted(taken) == sorted(tokens)


def test_the_file_holds_no_token_and_nothing_readable_and_is_its_owners(path: Path, store: Store) -> None:
    token = store.put("shared", b"a report", HOUR, now=NOW)
    everything = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"a report" not in everything
    assert token.encode() not in everything
    assert hashlib.sha256(token.encode()).digest() in everything
    assert {stat.S_IMODE(os.stat(file).st_mode) for file in path.parent.iterdir()} == {0o600}


def test_what_was_forgotten_is_not_left_in_the_file(path: Path, store: Store) -> None:
    token = store.put("shared", b"Maria Okafor, teacher" * 40, HOUR, now=NOW)
    digest = hashlib.sha256(token.encode()).digest()
    assert digest in b"".join(file.read_bytes() for file in path.parent.iterdir())
    store.delete("shared", token)
    assert digest not in b"".join(file.read_bytes() for file in path.parent.iterdir())


def small(path: Path, size: int = 4096) -> Store:
    return Store(path, capacity=dict.fromkeys(CAPACITY, size))


def test_what_alone_is_more_than_the_capacity_is_refused_and_costs_nobody_anything(path: Path) -> None:
    store = small(path)
    kept = store.put("result", b"x" * 3000, HOUR, now=NOW)
    with pytest.raises(ProblemError) as caught:
        store.put("result", b"x" * 4096, HOUR, now=NOW)
    assert caught.value.problem.type is STORE_FULL
    assert store.get("result", kept, now=NOW) is not None


def test_no_more_than_the_capacity_is_kept_and_the_oldest_goes(path: Path) -> None:
    store = small(path)
    other = store.put("shared", b"x" * 3000, HOUR, now=NOW)
    tokens = [store.put("result", b"x" * 1000, HOUR, now=NOW) for _ in range(9)]
    assert store.held_bytes("result") <= 4096
    assert [store.get("result", token, now=NOW) is not None for token in tokens] == [False] * 6 + [True] * 3
    assert store.get("shared", other, now=NOW) is not None


def test_what_is_past_its_time_goes_before_anything_else(path: Path) -> None:
    store = small(path)
    first = store.put("result", b"x" * 1000, 2 * HOUR, now=NOW, network="a")
    store.put("result", b"x" * 2000, HOUR, now=NOW, network="b")
    last = store.put("result", b"x" * 2000, HOUR, now=NOW + HOUR, network="a")
    assert [store.get("result", token, now=NOW + HOUR) is not None for token in (first, last)] == [True, True]


def test_whoever_holds_the_most_loses_the_oldest_and_nobody_else_anything(path: Path) -> None:
    store = small(path, 20_000)
    quiet = [store.put("shared", b"x" * 1000, HOUR, now=NOW, network=f"192.0.2.{number}") for number in range(4)]
    loud = [store.put("shared", b"x" * 1500, HOUR, now=NOW, network="198.51.100.1") for _ in range(30)]
    late = store.put("shared", b"x" * 4000, HOUR, now=NOW, network="192.0.2.200")
    held = [store.get("shared", token, now=NOW) is not None for token in loud]
    assert held == sorted(held)
    assert sum(held) == 6
    assert all(store.get("shared", token, now=NOW) is not None for token in (*quiet, late))


def test_many_small_entries_make_room_for_a_large_one(path: Path) -> None:
    store = small(path, 300_000)
    for number in range(1000):
        store.put("result", b"", HOUR, now=NOW, network=str(number % 7))
    assert store.get("result", store.put("result", b"x" * 290_000, HOUR, now=NOW), now=NOW) is not None
    assert store.held_bytes("result") <= 300_000


def test_what_is_put_under_a_token_again_is_replaced(store: Store) -> None:
    token = store.put("share", b"first", HOUR, now=NOW, token="a-token-of-the-caller")
    before = store.held_bytes("share")
    assert store.put("share", b"later", HOUR, now=NOW, token=token) == token
    found = store.get("share", token, now=NOW)
    assert found is not None
    assert found.data == b"later"
    assert store.held_bytes("share") == before


def test_counts_stay_right(path: Path) -> None:
    store = Store(path)
    tokens = [store.put("result", b"x" * 100, HOUR, now=NOW) for _ in range(20)]
    full = store.held_bytes("result")
    store.delete("result", tokens[0])
    store.take("result", tokens[1], now=NOW)
    assert store.held_bytes("result") == full * 18 // 20
    assert store.sweep(NOW + HOUR) == 18
    assert store.held_bytes("result") == 0


def test_sweep_gives_room_back_and_leaves_the_rest(path: Path, store: Store) -> None:
    store.put("result", os.urandom(2_000_000), HOUR, now=NOW)
    kept = store.put("shared", b"x", TIME_TO_LIVE["shared"], now=NOW)
    store.close()
    before = path.stat().st_size
    assert store.sweep(NOW + HOUR) == 1
    store.close()
    assert path.stat().st_size < before / 4
    assert store.get("shared", kept, now=NOW + HOUR) is not None
    assert store.sweep(NOW + HOUR) == 0


def test_it_outlives_the_process(path: Path, store: Store) -> None:
    token = store.put("shared", b"x", HOUR, now=NOW)
    store.close()
    assert Store(path).get("shared", token, now=NOW) is not None


def test_a_file_that_is_no_store_is_refused_plainly(path: Path) -> None:
    path.write_bytes(b"something else entirely" * 1000)
    with pytest.raises(ProblemError) as caught:
        Store(path)
    assert caught.value.problem.type is SERVICE_UNAVAILABLE


def test_a_newer_file_is_refused_plainly(path: Path, store: Store) -> None:
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(ProblemError, match="newer release"):
        Store(path)


def test_an_interrupted_write_leaves_nothing(store: Store) -> None:
    with pytest.raises(TypeError):
        store.put("result", 7, HOUR, now=NOW)  # type: ignore[arg-type]
    assert store.held_bytes("result") == 0
    assert store.put("result", b"x", HOUR, now=NOW)


def test_readiness_asks_whether_it_can_be_written(path: Path, store: Store) -> None:
    store.check()
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("DROP TABLE salt")
    blocker.close()
    with pytest.raises(ProblemError):
        store.check()
