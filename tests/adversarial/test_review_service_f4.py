"""What the service keeps: one visitor may not take the room of all others, and what is gone is gone from the disk."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from badgeport.schemas import jsontext
from badgeport.schemas.problems import SERVICE_UNAVAILABLE, ProblemError
from badgeport.verifier.batch.store import BatchStore, Handed
from badgeport.verifier.web import kept
from badgeport.verifier.web.api import CHALLENGE_PREFIX
from badgeport.verifier.web.kept import Item, Kept, pack
from badgeport.verifier.web.store import CAPACITY, Store
from support import serving
from support import verifying as v

HOUR = timedelta(hours=1)
MARKER = b"PRIVATE-NAME-ines-marchetti-4711"


class Clock:
    """The time it is for the service."""

    def __init__(self) -> None:
        self.now = v.NOW

    def __call__(self) -> Any:
        return self.now


def visitor(app: FastAPI, address: str = "203.0.113.7") -> TestClient:
    return TestClient(app, base_url="http://verify.example", client=(address, 50000), follow_redirects=False)


def ask(client: TestClient, data: bytes, name: str = "badge.json") -> str:
    answer = client.post("/verify", files={"file": (name, data)})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def share(client: TestClient, location: str) -> str:
    answer = client.post(f"{location}/1/share")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def files_with(directory: Path, text: bytes) -> list[str]:
    return sorted(str(path) for path in directory.rglob("*") if path.is_file() and text in path.read_bytes())


def badges(count: int) -> bytes:
    numbered = [v.badge(id=f"urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0{number:04x}") for number in range(count)]
    return v.sign(v.clr(*numbered))


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    return serving.application(tmp_path / "data")


def small(app: FastAPI, size: int) -> None:
    """Give the store of an application less room."""
    app.state.desk.store._capacity = dict.fromkeys(CAPACITY, size)


@contextmanager
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        yield connection
    finally:
        connection.close()


# -- room -----------------------------------------------------------------------------------------------------------


def test_a_holiday_picture_without_a_credential_is_not_kept(app: FastAPI) -> None:
    client = visitor(app)
    location = ask(client, os.urandom(4 * 2**20), "holiday.bin")
    assert "No credential found" in client.get(location).text
    assert client.get(f"{location}/1/package.zip").status_code == 404
    assert app.state.desk.store.held_bytes("result") < 64 * 1024


def test_one_visitor_does_not_take_the_room_for_everybodys_results(app: FastAPI) -> None:
    small(app, 512 * 1024)
    teacher, flooder = visitor(app), visitor(app, "198.51.100.9")
    first = ask(teacher, v.sign(v.badge()))
    data = badges(3)
    flood = [ask(flooder, data) for _ in range(60)]
    assert flooder.get(flood[0]).status_code == 404, "the room must have been too small for all of them"
    assert flooder.get(flood[-1]).status_code == 200
    assert teacher.get(first).status_code == 200
    assert teacher.get(ask(teacher, v.sign(v.badge()))).status_code == 200


def test_one_visitor_does_not_take_the_room_for_everybodys_shared_reports(app: FastAPI) -> None:
    small(app, 96 * 1024)
    teacher, flooder = visitor(app), visitor(app, "198.51.100.9")
    first = share(teacher, ask(teacher, v.sign(v.badge()))).partition("/yours/")[0]
    flood = [share(flooder, ask(flooder, badges(3))).partition("/yours/")[0] for _ in range(30)]
    assert flooder.get(flood[0]).status_code == 404, "the room must have been too small for all of them"
    assert teacher.get(first).status_code == 200
    assert teacher.get(share(teacher, ask(teacher, v.sign(v.badge()))).partition("/yours/")[0]).status_code == 200


def test_challenges_of_one_client_do_not_crowd_out_those_of_others(app: FastAPI) -> None:
    small(app, 32 * 1024)
    office, flooder = visitor(app), visitor(app, "198.51.100.9")
    challenge = office.post("/challenges").json()["challenge"]
    assert {flooder.post("/challenges").status_code for _ in range(300)} == {200}
    assert app.state.desk.store.take("challenge", challenge.removeprefix(CHALLENGE_PREFIX), now=v.NOW) is not None


def test_a_subscriber_with_many_ipv6_networks_is_one_visitor(app: FastAPI) -> None:
    small(app, 512 * 1024)
    teacher = visitor(app)
    first = ask(teacher, badges(3))
    data = badges(2)
    for number in range(60):
        ask(visitor(app, f"2001:db8:77:{number:x}::1"), data)
    assert app.state.desk.store.held_bytes("result") > 256 * 1024
    assert teacher.get(first).status_code == 200


def test_sharing_one_report_again_gives_the_same_address(app: FastAPI) -> None:
    client = visitor(app)
    location = ask(client, badges(5))
    own = share(client, location)
    held = app.state.desk.store.held_bytes("shared")
    assert [share(client, location) for _ in range(3)] == [own] * 3
    assert app.state.desk.store.held_bytes("shared") == held
    assert share(client, ask(client, badges(5))) != own


def test_a_report_taken_back_and_shared_anew_is_not_at_the_old_address(app: FastAPI) -> None:
    client = visitor(app)
    location = ask(client, v.sign(v.badge()))
    own = share(client, location)
    address, _, secret = own.partition("/yours/")
    assert client.post(f"{address}/delete", files={"secret": (None, secret)}).status_code == 303
    again = share(client, location)
    assert again != own
    assert client.get(address).status_code == 404
    assert client.get(again).status_code == 200


def test_where_a_report_was_shared_is_no_address_of_a_result(app: FastAPI) -> None:
    """What is noted to find a share again is kept beside results, under a token a visitor could work out."""
    client = visitor(app)
    share(client, ask(client, v.sign(v.badge())))
    kinds = {"result", "shared"}
    with raw(app.state.desk.store._storage.path) as connection:
        noted = [kind for (kind,) in connection.execute("SELECT kind FROM sealed") if kind not in kinds]
    assert len(noted) == 1


def test_a_shared_report_takes_little_room(app: FastAPI) -> None:
    client = visitor(app)
    location = ask(client, badges(20))
    size = len(client.get(f"{location}/1/report.json").content)
    share(client, location)
    assert app.state.desk.store.held_bytes("shared") < size / 5


def test_one_answer_takes_a_part_of_the_room_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAXIMUM_PACKAGES_BYTES", 2500, raising=False)
    packed = pack(tuple(Item(f"{n}.json", jsontext.dump({"n": n}), os.urandom(1000)) for n in range(4)))
    assert len(packed) < 5000
    opened = Kept(packed)
    assert [opened.packed(number) for number in range(1, 5)] == [True, True, False, False]
    assert [opened.item(number).parsed() for number in range(1, 5)] == [{"n": n} for n in range(4)]  # type: ignore[union-attr]


def test_a_package_that_is_not_kept_is_said_so(app: FastAPI, monkeypatch: pytest.MonkeyPatch) -> None:
    client = visitor(app)
    whole = client.get(ask(client, v.sign(v.badge()))).text
    monkeypatch.setattr(kept, "MAXIMUM_PACKAGES_BYTES", 100, raising=False)
    without = client.get(ask(client, v.sign(v.badge()))).text
    sentence = "The proof package holds everything this answer rests on"
    assert sentence in whole
    assert "package.zip" in whole
    assert sentence not in without
    assert "package.zip" not in without
    assert "too large to be kept" in without


# -- the disk -------------------------------------------------------------------------------------------------------


def named_file(name: bytes = MARKER) -> bytes:
    body = {**v.badge(), "name": name.decode(), "id": f"urn:x:{name.decode()}"}
    return jsontext.dump(body)


def test_no_file_ever_holds_what_was_handed_in_or_shared_readable(app: FastAPI, tmp_path: Path) -> None:
    client = visitor(app)
    location = ask(client, named_file(), f"{MARKER.decode()}.json")
    own = share(client, location)
    assert MARKER.decode() in client.get(own.partition("/yours/")[0]).text
    assert files_with(tmp_path / "data", MARKER) == []
    assert files_with(tmp_path / "data", b"VerifiableCredential") == []


def test_a_copy_of_the_file_opens_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path / "verifier.sqlite")
    secret = os.urandom(4096)
    tokens = [store.put("shared", secret, HOUR, now=v.NOW) for _ in range(2)]
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret[:64] not in everything
    assert not any(token.encode() in everything for token in tokens)
    with raw(tmp_path / "verifier.sqlite") as connection:
        rows = [bytes(row[0]) for row in connection.execute("SELECT data FROM sealed")]
    assert len(rows) == 2
    assert rows[0][-1024:] != rows[1][-1024:], "what is kept twice is not seen to be the same"
    found = store.get("shared", tokens[0], now=v.NOW)
    assert found is not None
    assert found.data == secret


def test_what_somebody_swapped_in_the_file_is_not_shown(tmp_path: Path) -> None:
    store = Store(tmp_path / "verifier.sqlite")
    tokens = [store.put("shared", text, HOUR, now=v.NOW) for text in (b"genuine", b"forged!")]
    with raw(tmp_path / "verifier.sqlite") as connection:
        connection.execute("UPDATE sealed SET data = (SELECT data FROM sealed WHERE id = 2) WHERE id = 1")
        connection.commit()
    with pytest.raises(ProblemError) as caught:
        store.get("shared", tokens[0], now=v.NOW)
    assert caught.value.problem.type is SERVICE_UNAVAILABLE


def entries(path: Path) -> list[bytes]:
    """What stands in the file for each entry."""
    with raw(path) as connection:
        return [bytes(data) for (data,) in connection.execute("SELECT data FROM sealed")]


def test_what_was_deleted_is_gone_from_the_write_ahead_log_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "verifier.sqlite")
    token = store.put("result", os.urandom(20_000), HOUR, now=v.NOW)
    (data,) = entries(store._storage.path)
    piece = data[5000:5064]
    assert files_with(tmp_path, piece)
    assert store.delete("result", token)
    assert files_with(tmp_path, piece) == []


def test_what_expired_is_gone_from_the_write_ahead_log_with_the_next_sweep(tmp_path: Path) -> None:
    store = Store(tmp_path / "verifier.sqlite")
    store.put("result", os.urandom(20_000), HOUR, now=v.NOW)
    (data,) = entries(store._storage.path)
    assert store.sweep(v.NOW + HOUR) == 1
    assert files_with(tmp_path, data[5000:5064]) == []


def test_what_could_not_be_let_go_while_others_read_goes_with_a_later_sweep(tmp_path: Path) -> None:
    path = tmp_path / "verifier.sqlite"
    store = Store(path)
    token = store.put("result", os.urandom(20_000), HOUR, now=v.NOW)
    (data,) = entries(path)
    with raw(path) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchone()
        assert store.delete("result", token), "whoever reads does not keep others from deleting"
    assert store.sweep(v.NOW) == 0
    assert files_with(tmp_path, data[5000:5064]) == []


def test_a_batch_that_was_deleted_or_is_over_is_gone_from_the_disk(tmp_path: Path) -> None:
    store = BatchStore(tmp_path / "batches.sqlite")
    rows = [Handed(f"{MARKER.decode()}-{number}.json", MARKER + os.urandom(9000)) for number in range(5)]
    deleted, _ = store.create(rows, policy="default", as_of=None, now=v.NOW)
    store.create(rows, policy="default", as_of=None, now=v.NOW)
    assert files_with(tmp_path, MARKER)
    assert store.delete(deleted)
    later = v.NOW + timedelta(days=8)
    store.sweep(later)
    store.sweep(later + timedelta(days=8))
    assert files_with(tmp_path, MARKER) == []


def test_a_batch_that_was_deleted_is_gone_at_once(tmp_path: Path) -> None:
    store = BatchStore(tmp_path / "batches.sqlite")
    token, _ = store.create([Handed("a.json", MARKER * 400)], policy="default", as_of=None, now=v.NOW)
    assert store.delete(token)
    assert files_with(tmp_path, MARKER) == []


def test_delete_it_now_leaves_nothing_and_a_share_neither(app: FastAPI, tmp_path: Path) -> None:
    client = visitor(app)
    location = ask(client, named_file())
    own = share(client, location)
    address, _, secret = own.partition("/yours/")
    pieces = [data[100:164] for data in entries(app.state.desk.store._storage.path) if len(data) > 500]
    assert len(pieces) == 2
    assert client.post(f"{location}/delete").status_code == 303
    assert client.post(f"{address}/delete", files={"secret": (None, secret)}).status_code == 303
    app.state.desk.store.sweep(v.NOW)
    for piece in (*pieces, MARKER):
        assert files_with(tmp_path / "data", piece) == []


def test_no_file_holds_the_address_of_a_visitor(app: FastAPI, tmp_path: Path) -> None:
    client = visitor(app, "203.0.113.77")
    share(client, ask(client, v.sign(v.badge())))
    client.post("/challenges")
    for said in (b"203.0.113.77", bytes([203, 0, 113, 77])):
        assert files_with(tmp_path / "data", said) == []


def test_what_an_earlier_release_kept_readable_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "verifier.sqlite"
    with raw(path) as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL; CREATE TABLE entry (id INTEGER PRIMARY KEY, data BLOB);"
            "CREATE TABLE held (kind TEXT PRIMARY KEY, bytes INTEGER NOT NULL); PRAGMA user_version = 1;"
        )
        connection.execute("INSERT INTO entry (data) VALUES (?)", (MARKER * 500,))
        connection.commit()
    store = Store(path)
    assert store.get("shared", store.put("shared", b"x", HOUR, now=v.NOW), now=v.NOW) is not None
    store.sweep(v.NOW)
    assert files_with(tmp_path, MARKER) == []


# -- words ----------------------------------------------------------------------------------------------------------


def footer(html: str) -> str:
    found = re.search(r"<footer.*</footer>", html, re.DOTALL)
    assert found is not None
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[0])).split())


@pytest.mark.parametrize(("language", "hour", "until"), [("en", "one hour", "June 10"), ("es", "una hora", "junio")])
def test_the_foot_of_a_shared_report_does_not_say_that_it_is_kept_for_an_hour(
    tmp_path: Path, language: str, hour: str, until: str
) -> None:
    clock = Clock()
    clock.now = v.NOW + timedelta(days=10)
    client = visitor(serving.application(tmp_path / "data", clock=clock))
    location = ask(client, v.sign(v.badge()))
    own = share(client, location)
    assert hour in footer(client.get(f"{location}?lang={language}").text)
    for path in (own, own.partition("/yours/")[0]):
        said = footer(client.get(f"{path}?lang={language}").text)
        assert hour not in said
        assert until in said
