"""JSON pointers, with the examples of RFC 6901 section 5."""

import pytest

from badgeport.schemas.pointer import join, resolve, split
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

DOCUMENT = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
    "~1": 9,
}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/foo", ["bar", "baz"]),
        ("/foo/0", "bar"),
        ("/", 0),
        ("/a~1b", 1),
        ("/c%d", 2),
        ("/e^f", 3),
        ("/g|h", 4),
        ("/i\\j", 5),
        ('/k"l', 6),
        ("/ ", 7),
        ("/m~0n", 8),
        ("/~01", 9),
    ],
)
def test_rfc_6901_examples(pointer: str, value: object) -> None:
    assert resolve(DOCUMENT, pointer) == value


@pytest.mark.parametrize("tokens", [(), ("",), ("a", "b"), ("a/b", "m~n", "~1", "~0", "/"), ("x", 0, 12)])
def test_join_is_undone_by_split(tokens: tuple[str | int, ...]) -> None:
    assert split(join(*tokens)) == tuple(str(token) for token in tokens)


@pytest.mark.parametrize(
    "pointer",
    [
        "foo",
        "#/foo",
        "/nothing",
        "/foo/2",
        "/foo/-",
        "/foo/00",
        "/foo/01",
        "/foo/-1",
        "/foo/1e0",
        "/foo/ 1",
        "/foo/١",
        "/foo/0/0",
        "/a~2b",
        "/a~",
        "/foo/" + "9" * 5000,
        None,
        3,
    ],
)
def test_refuses(pointer: str) -> None:
    with pytest.raises(ProblemError) as error:
        resolve(DOCUMENT, pointer)
    assert error.value.problem.type == MALFORMED_VALUE_ERROR


def test_a_dangling_pointer_is_reported() -> None:
    with pytest.raises(ProblemError) as error:
        resolve(DOCUMENT, "/foo/7")
    assert error.value.problem.pointer == "/foo/7"
