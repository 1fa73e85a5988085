"""JCS: what RFC 8785 says about order, numbers and text, and what it has no form for."""

from dataclasses import dataclass
from datetime import date
from importlib import import_module
from typing import Any

import pytest
import rfc8785

from badgeport.proofs.canonicalization import jcs
from badgeport.schemas.problems import PROOF_TRANSFORMATION_ERROR, ProblemError


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        # UTF-16 code unit order puts an astral name before U+FB33.
        ({"\ufb33": 1, "😀": 2, "é": 3, "z": 4}, '{"z":4,"é":3,"😀":2,"\ufb33":1}'),
        (['\x00\x1f\x7f\b\t\n\f\r"\\/é\u2028😀'], '["\\u0000\\u001f\x7f\\b\\t\\n\\f\\r\\"\\\\/é\u2028😀"]'),
        ([0, -0.0, 1.0, -1.5, 0.1, 1e21, 1e20, 1e-6, 1e-7, 333333333.33333329, 5e-324, 4.5], None),
        ([2**53 - 1, -(2**53) + 1], "[9007199254740991,-9007199254740991]"),
        ({}, "{}"),
        ([], "[]"),
        ("a", '"a"'),
        (False, "false"),
    ],
)
def test_canonical_bytes(value: Any, text: str | None) -> None:
    if text is None:
        text = "[0,0,1,-1.5,0.1,1e+21,100000000000000000000,0.000001,1e-7,333333333.3333333,5e-324,4.5]"
    assert jcs(value) == text.encode()


@pytest.mark.parametrize(
    "value",
    [
        2**53,
        -(2**53),
        {"a": 10**400},
        float("nan"),
        float("inf"),
        [-float("inf")],
        "\ud800",
        {"\udfff": 1},
        {1: 2},
        {"a": {None: 1}},
        {"a": object()},
        {"a": {1, 2}},
        b"bytes",
        _nested(100_000),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_has_no_canonical_form(value: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        jcs(value)
    assert caught.value.problem.type == PROOF_TRANSFORMATION_ERROR


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(ProblemError):
        jcs(value)


def test_an_integer_without_canonical_form_is_told_the_bound() -> None:
    with pytest.raises(ProblemError, match="beyond 9007199254740991,"):
        jcs([2**53])


# The quick writer and the reference

_MODULE = import_module("badgeport.proofs.canonicalization.jcs")


@dataclass
class _Record:
    name: str = "x"


class _Text(str):
    pass


@pytest.mark.parametrize(
    "value",
    [
        {"b": [1, True, "é"], "a": ""},
        {"a": "1.5, 2e9, null and 12345678901234567890"},
        ['say "1.5"', "\\", '\\"1.5', "\n"],
        [999_999_999_999_999, -1],
    ],
)
def test_common_values_are_written_without_the_reference(value: Any) -> None:
    assert _MODULE.certain(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [0.5, ["1", 1e22], None, {"a": [None]}, 10**15, "😀", {"😀": 1, "\ufb33": 2}, "\U00100000", ["a\\", 1.0],
     _Text("x"), _Record(), date(2026, 1, 1), object()],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_the_reference_is_asked_wherever_its_form_might_be_another(value: Any) -> None:
    assert _MODULE.certain(value) is None
