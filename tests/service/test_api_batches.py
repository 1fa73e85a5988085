"""Batches through the application: handed in, worked off in the background, taken as lines or as a table."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from support import serving
from support import verifying as v

GOOD = v.sign(v.badge())
FORGED = v.spoiled(GOOD, lambda body: body.update(name="Reading Alone"))
LINES = b"\n".join([GOOD, FORGED, b"not a credential", b""])


@pytest.fixture
def api(tmp_path: Path) -> Iterator[TestClient]:
    with serving.client(serving.application(tmp_path)) as client:
        yield client


def _finished(api: TestClient, address: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        view: dict[str, Any] = api.get(address).json()
        if view["state"] == "finished":
            return view
        time.sleep(0.05)
    pytest.fail("the batch did not end")


def _archive() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("good.json", GOOD)
        archive.writestr("forged.json", FORGED)
    return target.getvalue()


def test_lines_in_lines_and_a_table_out(api: TestClient) -> None:
    taken = api.post("/api/v1/batches", content=LINES, headers={"content-type": "application/x-ndjson"})
    assert taken.status_code == 202
    address = taken.headers["location"]
    view = _finished(api, address)
    assert (view["total"], view["counts"]["valid"]) == (3, 1)
    lines = [json.loads(line) for line in api.get(f"{address}/results.ndjson").text.splitlines()]
    assert [line["verdict"] for line in lines][:2] == ["valid", "invalid"]
    table = list(csv.DictReader(io.StringIO(api.get(f"{address}/results.csv").text)))
    assert [row["verdict"] for row in table][:2] == ["valid", "invalid"]
    assert api.delete(address).status_code == 204
    assert api.get(address).status_code == 404
    assert api.get(f"{address}/results.ndjson").status_code == 404


@pytest.mark.parametrize("as_form", [True, False])
def test_an_archive(api: TestClient, as_form: bool) -> None:
    send: dict[str, Any] = {"files": {"file": ("many.zip", _archive())}} if as_form else {"content": _archive()}
    taken = api.post("/api/v1/batches", params={"policy": "vcalm"}, **send)
    assert taken.status_code == 202, taken.text
    view = _finished(api, taken.headers["location"])
    assert view["policy"] == "vcalm"
    assert view["counts"] == {"valid": 1, "invalid": 1, "undetermined": 0, "error": 0}


@pytest.mark.parametrize(
    "send",
    [
        {"content": b""},
        {"content": GOOD, "params": {"policy": "mine"}},
        {"content": GOOD, "params": {"asOf": "yesterday"}},
        {"content": GOOD, "params": {"colour": "blue"}},
        {"files": {"badge": ("a", GOOD)}},
        {"files": {"policy": (None, "default")}},
        {"content": b"--x", "headers": {"content-type": "multipart/form-data"}},
    ],
)
def test_what_makes_no_sense(api: TestClient, send: dict[str, Any]) -> None:
    answer = api.post("/api/v1/batches", **send)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_unfinished_is_409(tmp_path: Path) -> None:
    """Without its background the application takes a batch and leaves it as it is."""
    api = serving.client(serving.application(tmp_path))
    address = api.post("/api/v1/batches", content=LINES).headers["location"]
    answer = api.get(f"{address}/results.ndjson")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("#BATCH_UNFINISHED")
    assert answer.headers["retry-after"]
    assert api.get(f"{address}/results.ndjson", params={"partial": "true"}).status_code == 200


def test_a_parameter_of_another_form_is_refused(api: TestClient) -> None:
    answer = api.get("/api/v1/batches/x/results.csv", params={"partial": "perhaps"})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["pointer"] == "/partial"
