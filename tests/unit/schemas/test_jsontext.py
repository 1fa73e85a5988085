"""The strict JSON reader: what parsers disagree on is refused, within bounds and with one error type."""

import json
import math
import sys
from typing import Any

import pytest

from badgeport.schemas import jsontext
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, RANGE_ERROR, ProblemError, ProblemType
from support.shared import shared_path


def problem(data: bytes | str, limits: Limits | None = None) -> Any:
    with pytest.raises(ProblemError) as error:
        jsontext.parse(data, limits or Limits())
    return error.value.problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a":[1,-0,2.5,1E5,true,false,null],"b":{}}', {"a": [1, 0, 2.5, 100000.0, True, False, None], "b": {}}),
        (' \t\r\n"x" ', "x"),
        ("0", 0),
        ("9007199254740991", 2**53 - 1),
        ("-9007199254740991", 1 - 2**53),
        ("1.7976931348623157e308", sys.float_info.max),
        ("5e-324", 5e-324),
        ('"\\ud83d\\ude00 \\u0000 \\/ \\" \\\\"', '😀 \0 / " \\'),
        ('"\\\\ud800"', "\\ud800"),
        ('{"":1,"\\u0061":2}', {"": 1, "a": 2}),
        ('"\x7f\u2028\ufffe"', "\x7f\u2028\ufffe"),
        ('["[[[[", "}{", "a\\"[", "\\\\", "[\\\\\\"{"]', ["[[[[", "}{", 'a"[', "\\", '[\\"{']),
    ],
)
def test_reads(text: str, value: object) -> None:
    assert jsontext.parse(text) == value
    assert jsontext.parse(text.encode()) == value


def test_minus_zero_keeps_its_sign_as_a_float() -> None:
    value = jsontext.parse("-0.0")
    assert isinstance(value, float)
    assert math.copysign(1, value) == -1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"[1,]",
        b'{"a":1,}',
        b"{} {}",
        b"{}x",
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"-",
        b"0x1",
        b"'a'",
        b"{a:1}",
        b'"a',
        b'"\\x"',
        b'"\\u12"',
        b'"\\u+123"',
        b'"\n"',
        b'"\x00"',
        b"tru",
        b"nul",
        b"True",
        b"// c\n1",
        b"\x0b1",
        b"\xc2\xa01",
        b"NaN",
        b"Infinity",
        b"-Infinity",
        b'{"a":NaN}',
        b"\xef\xbb\xbf{}",
        b"\xff\xfe{\x00}\x00",
        b"{\x00}\x00",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b'{"a":1,"a":1}',
        b'{"a":1,"\\u0061":2}',
        b'[{"b":{"x":1,"y":2,"x":3}}]',
        b'"\\ud800"',
        b'"\\udfff x"',
        b'"\\udc00\\ud800"',
        b'["\\ud83d\\u0041"]',
        b'{"\\uDBFF":1}',
        b'{"a":{"b":["\\uD800"]}}',
    ],
)
def test_refuses_what_is_not_unambiguous_json(data: bytes) -> None:
    assert problem(data).type == PARSING_ERROR


@pytest.mark.parametrize("text", ["\ufeff{}", '"\ud800"', "{"])
def test_refuses_bad_texts_given_as_str(text: str) -> None:
    assert problem(text).type == PARSING_ERROR


@pytest.mark.parametrize(
    "data",
    [
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"-" + b"9" * 100000,
        b"1E400",
        b"-1e999",
        b"[1.0e309]",
        b"0." + b"1" * 5000,
    ],
)
def test_numbers_out_of_range(data: bytes) -> None:
    assert problem(data).type == RANGE_ERROR


def test_duplicate_member_is_named() -> None:
    assert '"id"' in problem('{"id":1,"x":2,"id":3}').detail


def test_syntax_errors_say_where() -> None:
    assert "line 3, column 1" in problem('{\n"a": 1\n"b": 2}').detail


def test_lone_surrogates_are_pointed_at() -> None:
    assert problem('{"a/b":[0,"\\ud800"]}').pointer == "/a~1b/1"
    assert problem('[{"\\ud800":0}]').pointer == "/0"


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
@pytest.mark.parametrize("levels", [10, 100, 100_000])
def test_depth_is_bounded(opening: str, closing: str, levels: int) -> None:
    times = levels // len([c for c in opening if c in "[{"])
    text = opening * times + "1" + closing * times
    if levels > 10:
        assert problem(text).type == RANGE_ERROR
        assert problem(opening * times).type == RANGE_ERROR
    assert problem(text, Limits(json_depth=9)).type == RANGE_ERROR
    if levels == 10:
        jsontext.parse(text, Limits(json_depth=10))


def test_depth_beyond_the_interpreter_is_an_ordinary_error() -> None:
    assert problem("[" * 200_000, Limits(json_depth=10**9, json_members=10**9)).type == RANGE_ERROR


def test_brackets_in_strings_do_not_count() -> None:
    text = json.dumps(['{[\\"', "[" * 5000, {'"{': '\\"[' * 500}])
    assert jsontext.parse(text) == json.loads(text)


@pytest.mark.parametrize("string", ['""', r'"\\"', r'"\""', r'"\\\""', r'"a\\\\"', r'"\u0022"', '"]]]"', '"," , "x"'])
def test_strings_do_not_hide_what_follows_them(string: str) -> None:
    deep = "[" * 70 + "]" * 70
    assert problem(f"[{string},{deep}]").type == RANGE_ERROR
    assert problem(f"[{string},{deep},{string}]").type == RANGE_ERROR
    jsontext.parse(f"[{string},[],{string}]", Limits(json_depth=2))


def test_members_are_bounded() -> None:
    limits = Limits(json_members=10)
    jsontext.parse("[" + ",".join("1" * 10) + "]", limits)
    jsontext.parse(json.dumps(["," * 50]), limits)
    assert problem("[" + ",".join("1" * 11) + "]", limits).type == RANGE_ERROR
    assert problem(json.dumps({str(i): i for i in range(11)}), limits).type == RANGE_ERROR
    assert problem("[" + ",".join(["[]"] * 9) + ",{}]", limits).type == RANGE_ERROR


def test_size_is_bounded_in_bytes() -> None:
    limits = Limits(document_bytes=6)
    assert jsontext.parse('"éé"', limits) == "éé"
    assert problem('"ééé"', limits).type == RANGE_ERROR
    assert problem(b'"12345"', limits).type == RANGE_ERROR
    assert problem('"12345"', limits).type == RANGE_ERROR


def test_parse_object() -> None:
    assert jsontext.parse_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(ProblemError) as error:
        jsontext.parse_object(b"[]")
    assert error.value.problem.type == PARSING_ERROR


def test_dump_keeps_order_and_is_compact_utf8() -> None:
    value = {"b": [1, 2.5, None, True], "a": "é\n😀"}
    assert jsontext.dump(value) == '{"b":[1,2.5,null,true],"a":"é\\n😀"}'.encode()
    assert jsontext.dump_pretty({"a": [1]}) == b'{\n  "a": [\n    1\n  ]\n}\n'


def _cycle() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    "value",
    [float("nan"), math.inf, "\ud800", object(), {1, 2}, b"x", pytest.param(10**5000, id="huge"), _cycle(), {(1,): 2}],
)
def test_dump_refuses_what_is_not_json(value: object) -> None:
    expected: ProblemType = MALFORMED_VALUE_ERROR
    for write in (jsontext.dump, jsontext.dump_pretty):
        with pytest.raises(ProblemError) as error:
            write(value)
        assert error.value.problem.type == expected


@pytest.mark.parametrize("name", ["vectors/vc-di-eddsa", "vectors/vc-di-ecdsa", "vectors/oid4vci-1.0", "contexts"])
def test_reads_official_documents_as_the_standard_library_does(name: str) -> None:
    read = 0
    for path in sorted(shared_path(name).rglob("*.json*")):
        try:
            expected = json.loads(path.read_bytes())
        except ValueError:
            continue  # some published examples are excerpts, not whole JSON texts
        assert jsontext.parse(path.read_bytes()) == expected
        read += 1
    assert read > 0
