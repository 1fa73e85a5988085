"""Readers and writers of schemas: what is written reads back, and nothing but ProblemError escapes."""

import json
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from badgeport.schemas import carrier, contexts, encoding, identity, jsontext, png, pointer, svg
from badgeport.schemas.bitstring import Bitstring
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import ProblemError
from support.effort import examples

settings.register_profile("schemas", max_examples=examples(100), deadline=None)
SCHEMAS = settings.get_profile("schemas")

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
ASCII = st.characters(codec="ascii")
json_objects = st.dictionaries(st.text(), json_values, max_size=4)
json_like = st.text(alphabet='{}[]",:\\ \n0123456789.eE+-utrfalsnd8NI', max_size=60)
jws = st.from_regex(
    r"ey[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{1,20}(~[A-Za-z0-9_-]{0,9}){0,3}", fullmatch=True
)
payloads = jws | json_objects.map(lambda value: json.dumps(value, ensure_ascii=False))


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")


PNG_START = png.SIGNATURE + chunk(b"IHDR", bytes(13))
PNG = PNG_START + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><g/></svg>'


@SCHEMAS
@given(st.binary(max_size=200))
def test_encodings_read_back(data: bytes) -> None:
    assert encoding.b64url_decode(encoding.b64url_encode(data)) == data
    assert encoding.base58_decode(encoding.base58_encode(data)) == data
    assert encoding.multibase_decode(encoding.multibase_encode(data, "z")) == data
    assert encoding.multibase_decode(encoding.multibase_encode(data, "u")) == data


@SCHEMAS
@given(st.text(max_size=40) | st.text(alphabet="AQgwzu1_-+/=239", max_size=12))
def test_what_an_encoding_reads_it_would_write(text: str) -> None:
    """Strictness: no byte string has two accepted texts."""
    pairs: list[tuple[Callable[[str], bytes], Callable[[bytes], str]]] = [
        (encoding.b64url_decode, encoding.b64url_encode),
        (encoding.base58_decode, encoding.base58_encode),
    ]
    for decode, encode in pairs:
        try:
            data = decode(text)
        except ProblemError:
            continue
        assert encode(data) == text
    try:
        data = encoding.b64_decode(text)
    except ProblemError:
        return
    assert encoding.b64url_encode(data) == text.translate(str.maketrans("+/", "-_")).rstrip("=")


@SCHEMAS
@given(json_values)
def test_json_reads_back(value: Any) -> None:
    for written in (jsontext.dump(value), jsontext.dump_pretty(value), json.dumps(value).encode()):
        assert jsontext.parse(written) == value


@SCHEMAS
@given(json_like | json_values.map(json.dumps), st.integers(0, 60), st.text(max_size=3))
def test_json_is_read_as_the_standard_library_reads_it_or_refused(text: str, position: int, inserted: str) -> None:
    text = text[:position] + inserted + text[position:]
    try:
        value = jsontext.parse(text)
    except ProblemError:
        return
    assert value == json.loads(text)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _members(value: Any) -> int:
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return max(len(value), 1) + sum(map(_members, items))
    return 0


@SCHEMAS
@given(json_values, st.booleans())
def test_depth_and_members_are_counted_as_the_value_has_them(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    depth, members = _depth(value), _members(value)
    jsontext.parse(text, Limits(json_depth=depth, json_members=members))
    for limits in (Limits(json_depth=depth - 1), Limits(json_members=members - 1)):
        if depth:
            with pytest.raises(ProblemError):
                jsontext.parse(text, limits)


@SCHEMAS
@given(st.lists(st.text() | st.integers(min_value=0), max_size=5))
def test_pointers_read_back(tokens: list[str | int]) -> None:
    assert pointer.split(pointer.join(*tokens)) == tuple(map(str, tokens))


@SCHEMAS
@given(st.datetimes(), st.integers(-14 * 60, 14 * 60))
def test_datetimes_agree_with_the_standard_library(local: datetime, minutes: int) -> None:
    sign = "-" if minutes < 0 else "+"
    text = f"{local.isoformat()}{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    expected = datetime.fromisoformat(text)
    try:
        expected.astimezone(UTC)
    except OverflowError:
        with pytest.raises(ProblemError):
            parse_datetime(text)
        return
    parsed = parse_datetime(text)
    assert parsed == expected
    assert parse_datetime(format_datetime(parsed)) == parsed.replace(microsecond=0)


@SCHEMAS
@given(
    st.integers(1, 9).flatmap(
        lambda size: st.tuples(
            st.just(size), st.dictionaries(st.integers(0, 499), st.integers(0, 2**size - 1), max_size=30)
        )
    )
)
def test_a_bitstring_is_a_list_of_numbers(case: tuple[int, dict[int, int]]) -> None:
    size, statuses = case
    bitstring = Bitstring.zeros(500, size)
    for index, value in statuses.items():
        bitstring.set(index, value)
    decoded = Bitstring.decode(bitstring.encode(), status_size=size, minimum_entries=500)
    assert decoded == bitstring
    assert [decoded.get(index) for index in range(500)] == [statuses.get(index, 0) for index in range(500)]


@SCHEMAS
@given(payloads)
@example('{"a":"]]>"}')
@example('{"a":"]]]]>>","b":"\ufffe\uffff\x7f\u2028\x85"}')
def test_what_is_baked_is_unbaked(payload: str) -> None:
    assert png.unbake(png.bake(PNG, payload)) == png.Baked(payload, "ob3")
    unbaked = svg.unbake(svg.bake(SVG, payload))
    assert unbaked.standard == "ob3"
    if payload.startswith("{"):
        assert jsontext.parse(unbaked.payload) == jsontext.parse(payload)
    else:
        assert unbaked.payload == payload
    if "]]>" not in payload and "\ufffe" not in payload and "\uffff" not in payload:
        assert unbaked.payload == payload


@SCHEMAS
@given(st.text(min_size=1), st.text(), st.sampled_from(["sha256", "md5"]))
def test_an_identity_matches_its_own_hash(identifier: str, salt: str, algorithm: str) -> None:
    stated = identity.hash_identity(identifier, salt, algorithm)
    entry = {"hashed": True, "identityHash": stated, "identityType": "userName", "salt": salt}
    assert identity.identity_matches(entry, identifier)
    assert not identity.identity_matches(entry, identifier + "x")
    assert not identity.identity_matches({**entry, "salt": salt + "x"}, identifier)


READERS: list[Callable[[bytes], object]] = [
    jsontext.parse,
    lambda data: jsontext.parse(data.decode("utf-8", "surrogateescape")),
    png.unbake,
    svg.unbake,
    carrier.unbake,
    lambda data: png.bake(data, "{}", overwrite=True),
    lambda data: svg.bake(data, "{}", overwrite=True),
    lambda data: Bitstring.decode("u" + encoding.b64url_encode(data), minimum_entries=0),
    lambda data: parse_datetime(data.decode("latin-1")),
    lambda data: encoding.multibase_decode(data.decode("latin-1")),
    lambda data: pointer.resolve({"a": [{"b": 1}]}, data.decode("latin-1")),
    lambda data: contexts.store().with_documents({"https://a.example/": data}),
    lambda data: contexts.store().get(data.decode("latin-1")),
]
hostile = (
    st.binary(max_size=200)
    | json_like.map(str.encode)
    | st.binary(max_size=60).map(lambda data: PNG_START + chunk(b"iTXt", b"openbadgecredential\0" + data))
    | st.tuples(st.integers(0, len(PNG)), st.binary(max_size=5)).map(lambda at: PNG[: at[0]] + at[1] + PNG[at[0] :])
    | st.tuples(st.integers(0, len(SVG)), st.text(alphabet="<>&;!/[]?-'\" ax=:", max_size=12)).map(
        lambda at: SVG[: at[0]] + at[1].encode() + SVG[at[0] :]
    )
    | st.tuples(st.binary(max_size=40), st.integers(0, 60)).map(lambda at: zlib.compress(at[0], wbits=31)[: at[1]])
)


@settings(SCHEMAS, max_examples=examples(200))
@given(hostile)
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"1" * 100_000)
@example(b"<" * 10_000)
@example(b"<svg " + b"a='" * 10_000)
@example(b"<!--" + b"-" * 100_000)
@example(b"<?" + b"?" * 100_000)
@example(b"ey" + b"." * 100_000)
@example(b"GIF87a")
def test_only_problems_escape(data: bytes) -> None:
    assert carrier.detect(data) in get_args(carrier.Carrier)
    for read in READERS:
        try:
            read(data)
        except ProblemError as error:
            json.dumps(error.problem.to_json()).encode()
            str(error).encode()


@settings(SCHEMAS, max_examples=examples(200))
@given(st.integers(0, len(SVG)), st.text(alphabet="<>&;!/[]?-'\" ax=:", max_size=12), payloads)
def test_a_changed_svg_that_bakes_unbakes(position: int, inserted: str, payload: str) -> None:
    """Whatever the parser takes, the offsets found in it are right."""
    image = SVG[:position] + inserted.encode() + SVG[position:]
    try:
        baked = svg.bake(image, payload)
    except ProblemError:
        return
    assert svg.unbake(baked).standard == "ob3"
    assert svg.bake(svg.bake(image, "{}"), payload, overwrite=True) == baked
