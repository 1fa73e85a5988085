"""From text to a tree: what is read, with its line, and what is refused before anybody could read it in two ways."""

from __future__ import annotations

import contextlib
import json
import time
from decimal import Decimal
from typing import Any

import pytest

from badgeport.verifier.recognition.authoring.findings import PolicyRefused
from badgeport.verifier.recognition.authoring.reading import (
    MAXIMUM_DEPTH,
    MAXIMUM_JSON_NODES,
    MAXIMUM_YAML_BYTES,
    MAXIMUM_YAML_NODES,
    Node,
    find,
    read_tree,
    tree_of,
    with_lines,
)


def plain(node: Node) -> Any:
    """The values of a tree, without places."""
    if isinstance(node.value, dict):
        return {name: plain(member) for name, member in node.value.items()}
    return [plain(item) for item in node.value] if isinstance(node.value, tuple) else node.value


def refused(data: bytes | str) -> tuple[str, int | None]:
    """Code and line of the first thing that is wrong."""
    with pytest.raises(PolicyRefused) as caught:
        read_tree(data)
    first = caught.value.findings[0]
    assert first.message.endswith("."), first.message
    assert first.message[0].isupper() or first.message[0] in "'", first.message
    return first.code, first.line


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", Decimal(1)),
        ("a: 0.10", Decimal("0.10")),
        ("a: -3", Decimal(-3)),
        ("a: 1e3", Decimal(1000)),
        ("a: 0x10", Decimal(16)),
        ("a: 0o17", Decimal(15)),
        ("a: 017", Decimal(17)),
        ("a: true", True),
        ("a: FALSE", False),
        ("a: yes", "yes"),
        ("a: NO", "NO"),
        ("a: 2026-07-01", "2026-07-01"),
        ("a: 12:30:45", "12:30:45"),
        ("a: 1_000", "1_000"),
        ("a: 'true'", "true"),
        ('a: "0.5"', "0.5"),
        ("a:", None),
        ("a: ~", None),
        ("a: null", None),
        ("a: BA+15", "BA+15"),
        ("a: >\n  one\n  two\n\n", "one two"),
        ("a: |\n  one\n  two\n", "one\ntwo"),
        ('a: "\\ud83d\\ude00"', "\U0001f600"),
        ("a: https://x.example/y#z", "https://x.example/y#z"),
    ],
)
def test_scalars_are_what_the_core_schema_of_yaml_1_2_says(text: str, value: object) -> None:
    found = plain(read_tree(text))["a"]
    assert found == value
    assert type(found) is type(value)


def test_every_node_has_the_line_of_its_name_and_a_pointer() -> None:
    root = read_tree("# first\na: 1\nb:\n  - x\n  - c/d: y\n\n  -\n    e: {f:\n      g}\n")
    assert [(find(root, pointer).line, find(root, pointer).value) for pointer in ("/a", "/b/0", "/b/1/c~1d")] == [
        (2, Decimal(1)),
        (4, "x"),
        (5, "y"),
    ]
    assert (find(root, "/b").line, find(root, "/b/2/e").line, find(root, "/b/2/e/f").line) == (3, 8, 8)
    assert find(root, "/b/2/e/f").pointer == "/b/2/e/f"


def test_a_place_that_is_not_there_is_found_in_what_is_above_it() -> None:
    root = read_tree("a:\n  - b: 1\n")
    assert find(root, "/a/0/c/d").pointer == "/a/0"
    assert find(root, "/a/7").pointer == "/a"
    assert find(root, "/nothing") is root


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "empty", 1),
        ("\n \n", "empty", 1),
        ("# only a comment\n", "empty", 1),
        ("a: 1\nb: [1, 2\n", "not-yaml", 3),
        ("a: 1\n  b: 2\n", "not-yaml", 2),
        ("a: x: y\n", "not-yaml", 1),
        ("a:\n\tb: 1\n", "not-yaml", 2),
        ("a: 1\nb: 2\nb: 3\n", "duplicate-member", 3),
        ('{"a": 1,\n "b": 2, "a": 3}', "duplicate-member", 2),
        ("a: &x 1\nb: *x\n", "alias", 1),
        ("a: 1\nb: *x\n", "alias", 2),
        ("a: &x [1]\n", "alias", 1),
        ("a: !!str 1\n", "tag", 1),
        ("a: 1\nb: !python/object:os.system {}\n", "tag", 2),
        ("a: 1\nb: ! c\n", "tag", 2),
        ("a: 1\n---\nb: 2\n", "two-documents", 2),
        ("1: a\n", "member-name", 1),
        ("a: 1\ntrue: b\n", "member-name", 2),
        ("a: 1\n~: b\n", "member-name", 2),
        ("a: 1\n? [b]\n: c\n", "member-name", 2),
        ("a: 1\nb: .nan\n", "number", 2),
        ("a: -.inf\n", "number", 1),
        ("a: 1e99\n", "number", 1),
        ("a: 1e999999999999\n", "number", 1),
        ("a: 1e-99\n", "number", 1),
        ("a: 0.1234567890123456\n", "number", 1),
        ("a: 1000000000000\n", "number", 1),
        (f"a: 1\nb: {'9' * 10_000}\n", "number", 2),
        (f"a: 0x{'f' * 10_000}\n", "number", 1),
        ('a: "x\\u0000"\n', "unseen-character", 1),
        ('a: "x\\ud83d"\n', "unseen-character", 1),
        ("a: 1\nb: \x01\n", "unseen-character", 2),
        ("a: 1\nb: pay\u202eroll\n", "unseen-character", 2),
        ("a: 1\nb: zero\u200bwidth\n", "unseen-character", 2),
        ("a: ' x'\n", "blank", 1),
        ("a: 1\n' b': x\n", "blank", 2),
        (b"a: 1\nb: \xff\n", "not-text", 2),
        ("[" * (MAXIMUM_DEPTH + 2), "too-deep", 1),
        ("a: " + "{b: " * (MAXIMUM_DEPTH + 2), "too-deep", 1),
    ],
)
def test_what_could_be_read_in_two_ways_or_not_at_all_is_refused_with_its_line(
    text: bytes | str, code: str, line: int
) -> None:
    assert refused(text) == (code, line)


def test_several_wrong_values_are_told_at_once() -> None:
    with pytest.raises(PolicyRefused) as caught:
        read_tree("a: .nan\nb: 1\nb: 1e99\nc: ' '\n")
    assert [(each.line, each.code) for each in caught.value.findings] == [
        (1, "number"),
        (3, "duplicate-member"),
        (3, "number"),
        (4, "blank"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        "{a: " * 50_000,
        "- " * 100_000,
        "? " * 100_000,
        "a: &a [" + "*a, " * 100_000 + "]",
        "a: [" + "1, " * 80_000 + "]",
        "\n".join(f"k{i}: 1" for i in range(20_000)),
        '{"a": ' * 100_000,
        "[" * 31 + "x, " * 80_000,
        "a: '" + "x\n\n" * 80_000 + "'",
    ],
    ids=["lists", "objects", "dashes", "questions", "aliases", "items", "members", "json", "wide", "lines"],
)
def test_hostile_text_is_answered_soon(text: str) -> None:
    started = time.process_time()
    with contextlib.suppress(PolicyRefused):
        read_tree(text)
    assert time.process_time() - started < 20


def test_a_bomb_of_aliases_is_refused_at_the_first_one() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    assert refused(bomb) == ("alias", 1)


def test_size_is_bounded_before_anything_is_read() -> None:
    assert refused("#" * (MAXIMUM_YAML_BYTES + 1)) == ("too-large", None)
    assert refused("# " + "é" * (MAXIMUM_YAML_BYTES // 2)) == ("too-large", None)
    assert refused(b" " * (3 * 1024 * 1024)) == ("too-large", None)
    assert refused("a: [" + "1, " * MAXIMUM_YAML_NODES + "]") == ("too-large", 1)


def test_json_is_read_as_the_same_tree_and_longer_than_yaml() -> None:
    body = {"a": [{"b": f"text {number}", "c": number} for number in range(4_000)], "d": True, "e": None, "f": 0.1}
    text = json.dumps(body)
    assert len(text) < MAXIMUM_YAML_BYTES
    long = json.dumps(body, indent=8)
    assert len(long) > MAXIMUM_YAML_BYTES
    assert plain(read_tree(long)) == plain(read_tree(text)) == plain(tree_of(body))
    assert plain(read_tree(text))["f"] == Decimal("0.1")


def test_json_with_tabs_escapes_and_no_spaces_is_read() -> None:
    text = '{\n\t"a\\/b":\t1,"c":"d:e",\n\t"f": "\\ud83d\\ude00"\n}'
    assert plain(read_tree(text)) == {"a/b": Decimal(1), "c": "d:e", "f": "\U0001f600"}


def test_an_object_in_braces_may_be_yaml() -> None:
    assert plain(read_tree("{a: b, c: 1} # as people write it")) == {"a": "b", "c": Decimal(1)}


def test_lines_of_json_are_had_where_they_are_wanted() -> None:
    text = '{\n  "a": 1,\n  "b": [\n    2\n  ]\n}'
    root = read_tree(text)
    assert root.line is None
    lined = with_lines(root, text)
    assert (find(lined, "/a").line, find(lined, "/b/0").line) == (2, 4)
    assert with_lines(lined, text) is lined


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    assert plain(read_tree(b"\xef\xbb\xbfa: 1\n")) == {"a": Decimal(1)}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({1: "a"}, "member-name"),
        ({"a": float("nan")}, "number"),
        ({"a": float("inf")}, "number"),
        ({"a": 10**5000}, "number"),
        ({"a": 0.1 + 0.2}, "number"),
        ({"a": Decimal("NaN")}, "number"),
        ({"a": object()}, "number"),
        ({"a": "\ud800"}, "unseen-character"),
        ({"a": [0] * (MAXIMUM_JSON_NODES + 1)}, "too-large"),
    ],
)
def test_a_parsed_object_is_held_to_the_same(body: Any, code: str) -> None:
    with pytest.raises(PolicyRefused) as caught:
        tree_of(body)
    assert caught.value.findings[0].code == code
    assert caught.value.findings[0].line is None


def test_a_parsed_object_nested_without_end_is_refused() -> None:
    body: dict[str, Any] = {}
    body["a"] = body
    with pytest.raises(PolicyRefused) as caught:
        tree_of(body)
    assert caught.value.findings[0].code == "too-deep"
