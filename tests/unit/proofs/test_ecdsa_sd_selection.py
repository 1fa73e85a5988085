"""Choosing parts of a document by JSON pointers."""

from __future__ import annotations

from typing import Any

import pytest

from badgeport.proofs.selective.selection import copy_json, select
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

DOCUMENT: dict[str, Any] = {
    "@context": ["https://a.example"],
    "id": "urn:x",
    "type": ["A", "B"],
    "name": "n",
    "a/b": {"~": 1, "0": "zero"},
    "items": [
        {"type": "I", "id": "urn:0", "v": 0},
        {"type": "I", "v": 1, "w": {"deep": True, "other": None}},
        "text",
    ],
}
HEAD = {name: DOCUMENT[name] for name in ("@context", "id", "type")}


@pytest.mark.parametrize(
    ("pointers", "expected"),
    [
        (["/name"], {**HEAD, "name": "n"}),
        (["/id"], HEAD),
        (["/type"], HEAD),
        (["/type/1"], HEAD),
        (["/@context"], HEAD),
        (["/@context/0"], HEAD),
        (["/a~1b/~0"], {**HEAD, "a/b": {"~": 1}}),
        (["/a~1b/0"], {**HEAD, "a/b": {"0": "zero"}}),
        (["/items"], {**HEAD, "items": DOCUMENT["items"]}),
        (["/items/2"], {**HEAD, "items": ["text"]}),
        (["/items/2", "/items/0/v"], {**HEAD, "items": [DOCUMENT["items"][0], "text"]}),
        (["/items/1/w/deep"], {**HEAD, "items": [{"type": "I", "w": {"deep": True}}]}),
        (["/items/1/w/other"], {**HEAD, "items": [{"type": "I", "w": {"other": None}}]}),
        (["/items/0/id"], {**HEAD, "items": [{"type": "I", "id": "urn:0"}]}),
        (["/items/1", "/items/1/v"], {**HEAD, "items": [DOCUMENT["items"][1]]}),
        ([""], DOCUMENT),
        (["", "/name"], DOCUMENT),
    ],
)
def test_select(pointers: list[str], expected: dict[str, Any]) -> None:
    assert select(DOCUMENT, pointers) == expected
    assert select(DOCUMENT, [*reversed(pointers), *pointers]) == expected


def test_nothing_selected() -> None:
    assert select(DOCUMENT, []) is None


@pytest.mark.parametrize(
    "pointer",
    [
        "name",
        "/nothing",
        "/name/0",
        "/name/length",
        "/items/3",
        "/items/-",
        "/items/-1",
        "/items/00",
        "/items/01",
        "/items/1e0",
        "/items/٣",
        "/items/99999999999999999999999",
        "/items/v",
        "/items/1/w/other/x",
        "/a~1b/~",
        "/a~1b/~2",
        "/",
        "//",
        "/name/",
        "/proof",
    ],
)
def test_pointers_that_reach_nothing(pointer: str) -> None:
    with pytest.raises(ProblemError) as caught:
        select(DOCUMENT, ["/name", pointer])
    assert caught.value.problem.type is MALFORMED_VALUE_ERROR
    assert caught.value.problem.pointer == pointer
    assert repr(pointer) in caught.value.problem.detail


@pytest.mark.parametrize("pointer", [None, 0, b"/name", ["/name"], {}])
def test_pointers_that_are_not_text(pointer: Any) -> None:
    with pytest.raises(ProblemError):
        select(DOCUMENT, [pointer])


def test_an_embedded_document_keeps_its_context() -> None:
    document = {"@context": "a", "endorsement": [{"@context": "b", "type": "E", "name": "n", "x": 1}]}
    assert select(document, ["/endorsement/0/name"]) == {
        "@context": "a",
        "endorsement": [{"@context": "b", "type": "E", "name": "n"}],
    }


def test_the_selection_shares_nothing_with_the_document() -> None:
    selected = select(DOCUMENT, ["/items/0", "/type"])
    assert selected is not None
    selected["items"][0]["v"] = "changed"
    selected["type"].append("C")
    assert DOCUMENT["items"][0]["v"] == 0
    assert DOCUMENT["type"] == ["A", "B"]


def test_nesting_beyond_reach() -> None:
    deep: Any = 0
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(ProblemError):
        copy_json(deep)
    with pytest.raises(ProblemError):
        select(deep, ["/a"])
    with pytest.raises(ProblemError):
        select(deep, ["/a" * 50_000])
    with pytest.raises(ProblemError):
        select(deep, ["/a" * 200_000])
