"""The quick ways of reading and of checking the structure give the answers of the plain ones, whatever is read."""

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from badgeport.schemas import jsontext, structure
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import RANGE_ERROR, ProblemError
from badgeport.schemas.structure import rules
from badgeport.schemas.structure.fitting import fits
from badgeport.schemas.structure.shapes import shapes
from badgeport.schemas.structure.walk import Full, Shape, Walk, instant
from support import sample_documents as samples
from support.effort import examples

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bench.documents import changed  # noqa: E402

DEPTH = DEFAULT_LIMITS.json_depth
SHAPES = [shape for version in (1, 2) for shape in shapes(version).by_family.values()]


def is_sound(shape: Shape, document: dict[str, Any]) -> bool:
    """Whether the walk that notes findings notes none."""
    walk = Walk(1, DEPTH)
    try:
        shape(walk, document, None)
    except Full:
        return False
    return not walk.findings


def noted(document: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> structure.StructureReport:
    """The report of the plain way alone."""
    with monkeypatch.context() as patch:
        patch.setattr(structure, "fits", lambda *_: False)
        return structure.check(document)


# Structure


def test_the_quick_way_is_the_plain_one_on_changed_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random("quick structure 1")
    sound = wrong = 0
    for _ in range(500):
        document = changed(chance)
        quick, plain = structure.check(document), noted(document, monkeypatch)
        assert quick == plain, document
        sound, wrong = sound + plain.ok, wrong + (not plain.ok)
        for shape in (chance.choice(SHAPES), chance.choice(SHAPES)):
            assert fits(shape, document, DEPTH) == is_sound(shape, document), (shape.name, document)
    assert min(sound, wrong) > 50


@pytest.mark.parametrize("kind", samples.BY_KIND)
def test_a_document_with_nothing_wrong_is_told_quickly(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(structure, "_noted", None)
    assert structure.check(samples.BY_KIND[kind]()).ok


def deeper(shape: Shape, levels: int) -> dict[str, Any]:
    issuer: dict[str, Any] = samples.small_profile()
    for _ in range(levels - 2):
        issuer = samples.small_profile() | {"parentOrg": issuer}
    document = samples.small_badge() | {"issuer": issuer}
    assert is_sound(shape, document) == (levels <= DEPTH)
    return document


@pytest.mark.parametrize("levels", [DEPTH - 1, DEPTH, DEPTH + 1])
def test_nesting_is_bounded_alike(levels: int) -> None:
    shape = shapes(2).by_family["ob3"]
    document = deeper(shape, levels)
    assert fits(shape, document, DEPTH) == is_sound(shape, document)


def test_what_is_kept_of_documents_is_bounded() -> None:
    shape = shapes(2).classes["Evidence"]
    for number in range(100):
        assert fits(shape, {"type": "Evidence", f"own{number}": 1}, DEPTH)
    assert fits(shape, {"type": "Evidence", "x" * 100_000: 1}, DEPTH)
    assert fits(shape, {"type": "Evidence"} | dict.fromkeys(map(chr, range(0x4E00, 0x4E00 + 880)), 1), DEPTH)
    assert 0 < len(shape.plans) <= 64
    assert max(map(len, shape.plans)) <= 64
    assert max(sum(map(len, names)) for names in shape.plans) <= 1_000


def test_a_document_whose_objects_all_differ_is_walked_instead() -> None:
    entries = [{"type": "Evidence", f"another{number}": 1} for number in range(500)]
    document = samples.small_badge() | {"evidence": entries}
    assert not fits(shapes(2).by_family["ob3"], document, DEPTH)
    assert structure.check(document).ok
    entries[400]["type"] = "Proof"
    assert [each.pointer for each in structure.problems(document)] == ["/evidence/400/type"]


@pytest.mark.parametrize("address", ["https://a b", "urn:a<b", "did:e\n", "urn:\x7f", "https://\ud800", "urn:x\u2028"])
def test_an_address_with_a_symbol_that_none_may_hold_is_not_passed_over(address: str) -> None:
    document = {"type": "Result", "achievedLevel": address}
    assert not fits(shapes(2).classes["Result"], document, DEPTH)
    assert not is_sound(shapes(2).classes["Result"], document)


def test_a_member_that_a_closed_class_does_not_know_is_not_passed_over() -> None:
    picture = {"id": "https://school.example/a.png", "type": "Image"}
    assert fits(shapes(2).classes["Image"], picture, DEPTH)
    assert not fits(shapes(2).classes["Image"], picture | {"own": 1}, DEPTH)


ADDRESSES = st.text(st.sampled_from("ahtps:/?#.-% \n<é\u2028\ud800"), max_size=14) | st.sampled_from(
    ["https://a", "http://?x", "HTTP://a", "https:a", "http:", "urn:", "did:e", "s+x:y", "1a:b", "a\x7f:b", "a:\xa0"]
)


@settings(max_examples=examples(200), deadline=None)
@given(addresses=st.lists(ADDRESSES | st.none() | st.integers(), min_size=1, max_size=3))
def test_addresses_are_judged_alike_together(addresses: list[Any]) -> None:
    shape = shapes(2).classes["Result"]
    document = dict(zip(("achievedLevel", "resultDescription"), addresses, strict=False)) | {
        "type": ["Result"],
        "alignment": [{"type": "Alignment", "targetName": "a", "targetUrl": each} for each in addresses],
    }
    assert fits(shape, document, DEPTH) == is_sound(shape, document)


NUMBERS = st.sampled_from(
    ["00", "01", "02", "12", "13", "23", "24", "28", "29", "30", "31", "32", "59", "60", "7", "٣٤"]
)
INSTANTS = st.builds(
    "{}-{}-{}T{}:{}:{}{}".format,
    st.sampled_from(["0000", "0001", "1900", "2024", "2025", "9999", "12345"]),
    NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS,
    st.sampled_from(["Z", "Z", "Z", "z", "", "+00:00", ".5Z", "-14:30", "\n", "Z\n"]),
)  # fmt: skip
COMMON = st.builds("2025-{}-{}T{}:00:00Z".format, NUMBERS, NUMBERS, NUMBERS)


def read(text: Any) -> Any:
    try:
        return parse_datetime(text)
    except ProblemError:
        return None


@settings(max_examples=examples(200), deadline=None)
@given(start=INSTANTS | COMMON, end=INSTANTS | COMMON | st.integers())
@example(start="2025-02-29T00:00:00Z", end="2025-03-01T00:00:00Z")
@example(start="0000-01-01T00:00:00Z", end="2025-03-01T00:00:00Z")
@example(start="2025-01-01T00:00:00A", end="2025-03-01T00:00:00Z")
def test_instants_are_judged_by_the_full_reader_s_measure(start: Any, end: Any) -> None:
    for text in (start, end):
        walk = Walk(5, DEPTH)
        instant(walk, text, (None, "validFrom"))
        assert bool(walk.findings) == (read(text) is None), text
    starts, ends = read(start), read(end)
    for may_be_empty in (True, False):
        walk = Walk(5, DEPTH)
        rule = rules.period("validFrom", "validUntil", may_be_empty=may_be_empty)
        rule(walk, {"validFrom": start, "validUntil": end}, None)
        ends_too_soon = starts and ends and (ends < starts or (ends == starts and not may_be_empty))
        assert bool(walk.findings) == bool(ends_too_soon)


# JSON texts


def outcome(reader: Callable[[bytes, Limits], Any], data: bytes, limits: Limits) -> str:
    """What came of reading: the value with its types and order, or the problem in full."""
    try:
        return repr(reader(data, limits))
    except ProblemError as error:
        return f"{error.problem!r}"


def plainly(data: bytes, limits: Limits) -> Any:
    """The text read by the strict reader alone, bounded by counting character by character."""
    depth = deepest = members = 0
    inside = escaped = False
    for symbol in data:
        mark = chr(symbol)
        # An escape is one also where none may stand; such a text is refused either way.
        if escaped and mark in '"\\':
            escaped = False
            continue
        escaped = mark == "\\"
        if inside or mark == '"':
            inside ^= mark == '"'
            continue
        depth += (mark in "[{") - (mark in "]}")
        deepest = max(deepest, depth)
        members += mark in "[{,"
    if len(data) <= limits.document_bytes and max(deepest - limits.json_depth, members - limits.json_members) > 0:
        kind = f"nested deeper than {limits.json_depth} levels"
        if members > limits.json_members:
            kind = f"has more than {limits.json_members} members and items"
        raise ProblemError(RANGE_ERROR, f"the JSON text {'is ' * (kind[0] == 'n')}{kind}")
    return jsontext._read(data, limits)


WRITERS: tuple[Callable[[Any], str], ...] = (
    lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    lambda value: json.dumps(value, ensure_ascii=False, indent=2),
    json.dumps,
    lambda value: json.dumps(value, separators=(",", ":")),
)
PIECES = (
    '"', "\\", '\\"', "\\\\", "{", "}", "[", "]", ",", ":", " ", "\n", '"a":1,', '"id":"x",', "[]", "{}", "-", "0",
    "-0", "1e5", ".5", "1E400", "NaN", "9007199254740991", "9007199254740992", "18446744073709551616", "1.0", "null",
    "\\u0061", "\\ud800", "\ufeff", "\x00", "é", '"":""', "[" * 40, "]" * 40, '""' * 5,
)  # fmt: skip


def text_of(chance: random.Random) -> bytes:
    """A badge as different programs write it, sometimes with something put in or taken out anywhere."""
    while True:
        try:
            text = chance.choice(WRITERS)(changed(chance)).encode()
        except UnicodeEncodeError:
            continue
        break
    for _ in range(chance.choice([0, 1, 1, 2])):
        place = chance.randrange(len(text) + 1)
        piece = chance.choice(PIECES).encode() * chance.randint(0, 1)
        text = text[:place] + piece + text[place + chance.randint(0, 2) :]
    return text


def test_texts_of_badges_are_read_as_by_the_strict_reader_alone() -> None:
    chance = random.Random("quick text 1")
    quick = 0
    for _ in range(300):
        data = text_of(chance)
        limits = chance.choice([DEFAULT_LIMITS, Limits(json_depth=chance.randint(1, 9)), Limits(json_members=60)])
        assert outcome(jsontext.parse, data, limits) == outcome(plainly, data, limits), data
        quick += not isinstance(read_back(data), ValueError)
    assert quick > 50


def read_back(data: bytes) -> Any:
    try:
        return jsontext._read_back(data, DEFAULT_LIMITS)
    except ValueError as error:
        return error


SMALL = st.lists(st.sampled_from(PIECES), max_size=8).map(lambda parts: "".join(parts).encode())
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.floats(width=16),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=examples(200), deadline=None)
@given(data=SMALL | VALUES.map(WRITERS[0]).map(str.encode), limits=st.builds(Limits, json_depth=st.integers(1, 20)))
@example(data=b"[]" * 100 + b"[" * 60, limits=DEFAULT_LIMITS)
@example(data=b"[" * 64 + b"]" * 64, limits=DEFAULT_LIMITS)
@example(data=b"[" * 65 + b"]" * 65, limits=DEFAULT_LIMITS)
@example(data=b'{"a":1,"a":1}', limits=DEFAULT_LIMITS)
@example(data=b'{"a":9007199254740993}', limits=DEFAULT_LIMITS)
@example(data=b'{"a":1001}', limits=Limits(json_integer=1000))
def test_small_texts_are_read_as_by_the_strict_reader_alone(data: bytes, limits: Limits) -> None:
    assert outcome(jsontext.parse, data, limits) == outcome(plainly, data, limits)


def test_what_is_read_quickly() -> None:
    badge = samples.complete_badge()
    for data in (jsontext.dump(badge), jsontext.dump_pretty(badge).strip()):
        assert read_back(data) == badge
    for data in (json.dumps(badge).encode(), jsontext.dump(badge) + b" ", jsontext.dump(badge).replace(b":", b" :", 1)):
        assert isinstance(read_back(data), ValueError)
        assert jsontext.parse(data) == badge
