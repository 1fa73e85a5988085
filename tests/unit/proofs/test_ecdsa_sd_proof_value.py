"""Proof values of ecdsa-sd-2023: every part has one type, one length and one place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from badgeport.proofs.selective import cbor
from badgeport.proofs.selective.proof_value import (
    BASE_HEADER,
    DERIVED_HEADER,
    BaseProofValue,
    DerivedProofValue,
    parse_base,
    parse_derived,
    proof_kind,
)
from badgeport.schemas.encoding import multibase_decode, multibase_encode
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, ProblemError

KEY = b"\x80\x24\x02" + b"k" * 32
BASE = BaseProofValue(b"b" * 64, KEY, b"h" * 32, (b"1" * 64, b"2" * 64), ("/issuer", "/a~1b"))
DERIVED = DerivedProofValue(b"b" * 64, KEY, (b"1" * 64,), {0: b"x" * 32, 1: b"y" * 32}, (0, 2, 5))


def refused(action: Any, *arguments: Any, match: str | None = None, **options: Any) -> None:
    with pytest.raises(ProblemError, match=match) as caught:
        action(*arguments, **options)
    assert caught.value.problem.type is PROOF_VERIFICATION_ERROR


def test_base_round_trip() -> None:
    assert parse_base(BASE.encode()) == BASE
    assert multibase_decode(BASE.encode()).startswith(b"\xd9\x5d\x00")
    assert proof_kind({"proofValue": BASE.encode()}) == "base"


def test_derived_round_trip() -> None:
    assert parse_derived(DERIVED.encode()) == DERIVED
    assert multibase_decode(DERIVED.encode()).startswith(b"\xd9\x5d\x01")
    assert proof_kind({"proofValue": DERIVED.encode()}) == "derived"


def test_label_map_order_is_free() -> None:
    parts = [b"b" * 64, KEY, [], {1: b"y" * 32, 0: b"x" * 32}, []]
    assert parse_derived(text(DERIVED_HEADER, parts)).label_map == {0: b"x" * 32, 1: b"y" * 32}


def text(header: bytes, parts: object) -> str:
    return multibase_encode(header + cbor.encode(parts), "u")


@pytest.mark.parametrize("value", [None, 7, b"u2V0A", [], {}, "", "u", "z2V0A", "u2V0A=", "u2V0C", "uAAAA", "\ud800"])
def test_not_a_proof_value(value: object) -> None:
    refused(proof_kind, {"proofValue": value})
    refused(parse_base, value)
    refused(parse_derived, value)


def test_header_alone() -> None:
    assert proof_kind({"proofValue": "u2V0A"}) == "base"
    refused(parse_base, "u2V0A")


@pytest.mark.parametrize("proof", [{}, None, [], "u2V0A"])
def test_not_a_proof(proof: Any) -> None:
    refused(proof_kind, proof)


def test_kinds_are_not_exchangeable() -> None:
    refused(parse_base, DERIVED.encode(), match="not a base proof")
    refused(parse_derived, BASE.encode(), match="not a derived proof")


def test_base58_is_refused() -> None:
    refused(parse_base, multibase_encode(multibase_decode(BASE.encode()), "z"))


def test_length_is_bounded() -> None:
    refused(parse_base, BASE.encode(), limits=Limits(document_bytes=100), match="longer")
    refused(parse_derived, DERIVED.encode(), limits=Limits(document_bytes=100), match="longer")
    refused(parse_base, BASE.encode(), limits=Limits(quads=1), match="at most 1")
    refused(parse_derived, DERIVED.encode(), limits=Limits(quads=1), match="at most 1")


BASE_PARTS: list[Any] = [b"b" * 64, KEY, b"h" * 32, [b"1" * 64], ["/issuer"]]
DERIVED_PARTS: list[Any] = [b"b" * 64, KEY, [b"1" * 64], {0: b"x" * 32}, [0, 1]]

SIGNATURES = [b"b" * 63, b"b" * 65, b"", "b" * 64, 64, [b"b" * 64]]
KEYS = [KEY[2:], KEY + b"\0", KEY[:-1], b"\x81" + KEY[1:], b"\xed\x01" + KEY[2:], KEY.decode("latin-1"), [KEY]]
LISTS = [[b"1" * 63], [b"1" * 64, b"2"], ["1" * 64], [[b"1" * 64]], b"1" * 64, {0: b"1" * 64}, 0]
BAD_BASE = [
    *((0, value) for value in SIGNATURES),
    *((1, value) for value in KEYS),
    *((2, value) for value in (b"h" * 31, b"h" * 33, b"", "h" * 32, 0)),
    *((3, value) for value in LISTS),
    *((4, value) for value in ([b"/issuer"], [0], "/issuer", [["/issuer"]], {0: "/issuer"})),
]
LABELS = [
    [b"x" * 32],
    {0: b"x" * 31},
    {0: b"x" * 33},
    {0: "x" * 32},
    {1: b"x" * 32},
    {0: b"x" * 32, 2: b"y" * 32},
    {0: b"x" * 32, 1: b"x" * 32},
    {0: 7},
    b"",
]
BAD_DERIVED = [
    *((0, value) for value in SIGNATURES),
    *((1, value) for value in KEYS),
    *((2, value) for value in LISTS),
    *((3, value) for value in LABELS),
    *((4, value) for value in ([0, 0], [1, 0], [0, 2, 1], [b"\0"], ["0"], b"\0", {0: 0}, [[0]])),
]


@pytest.mark.parametrize(("place", "value"), BAD_BASE)
def test_base_parts(place: int, value: object) -> None:
    parse_base(text(BASE_HEADER, BASE_PARTS))
    refused(parse_base, text(BASE_HEADER, [*BASE_PARTS[:place], value, *BASE_PARTS[place + 1 :]]))


@pytest.mark.parametrize(("place", "value"), BAD_DERIVED)
def test_derived_parts(place: int, value: object) -> None:
    parse_derived(text(DERIVED_HEADER, DERIVED_PARTS))
    refused(parse_derived, text(DERIVED_HEADER, [*DERIVED_PARTS[:place], value, *DERIVED_PARTS[place + 1 :]]))


@pytest.mark.parametrize("parts", [BASE_PARTS[:4], [*BASE_PARTS, 0], {}, b"", 0, []])
def test_number_of_parts(parts: object) -> None:
    refused(parse_base, text(BASE_HEADER, parts))
    refused(parse_derived, text(DERIVED_HEADER, parts))


def test_every_other_encoding_of_the_same_parts_is_refused() -> None:
    body = multibase_decode(DERIVED.encode())[3:]
    for other in (
        body + b"\0",
        b"\x98\x05" + body[1:],  # the length of the array in two bytes
        b"\x9f" + body[1:] + b"\xff",  # of indefinite length
        b"\xd9\xd9\xf7" + body,  # self-described CBOR
    ):
        refused(parse_derived, multibase_encode(DERIVED_HEADER + other, "u"))


def test_label_that_is_shared_is_refused() -> None:
    shared = replace(DERIVED, label_map={0: b"x" * 32, 1: b"x" * 32})
    refused(parse_derived, shared.encode(), match="two blank nodes")
