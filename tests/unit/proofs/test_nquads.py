"""Canonical N-Quads terms: escapes, and what a text may not smuggle in."""

import pytest

from badgeport.proofs.canonicalization.nquads import (
    Quad,
    is_absolute_iri,
    is_blank,
    is_language_tag,
    literal,
    parse,
    serialize,
)
from badgeport.schemas.problems import PARSING_ERROR, ProblemError

_INTEGER = "http://www.w3.org/2001/XMLSchema#integer"


def test_literals_escape_exactly_what_canonical_n_quads_says() -> None:
    assert literal("\b\t\n\f\r\"\\'") == '"\\b\\t\\n\\f\\r\\"\\\\\'"'
    assert literal("\x00\x07\x0b\x1f\x7f") == '"\\u0000\\u0007\\u000B\\u001F\\u007F"'
    assert literal("\ufffe\uffff") == '"\\uFFFE\\uFFFF"'
    assert literal("\x80\x85é\u2028😀") == '"\x80\x85é\u2028😀"'


def test_literals_carry_a_datatype_or_a_language() -> None:
    assert literal("a") == '"a"'
    assert literal("1", _INTEGER) == f'"1"^^<{_INTEGER}>'
    assert literal("a", language="en-us") == '"a"@en-us'


@pytest.mark.parametrize(
    "value", ["https://a.example/é", "urn:x", "did:key:z6Mk", "data:text/plain;base64,AA==", "a+b-c.1:"]
)
def test_absolute_iris(value: str) -> None:
    assert is_absolute_iri(value)


@pytest.mark.parametrize(
    "value", ["", "a", "/a", "//a/b", "#a", "1a:b", ":a", "_:a", "https://a> <https://b", 'a:"', "a:\\", "a: b", "a:\n"]
)
def test_what_is_no_absolute_iri(value: str) -> None:
    assert not is_absolute_iri(value)


def test_language_tags() -> None:
    assert is_language_tag("en")
    assert is_language_tag("zh-Hant-1996")
    assert not any(map(is_language_tag, ["", "e n", "en_US", "toolonglanguage", "en-", "1n", "en\n"]))


def test_lines_are_written_and_read_back() -> None:
    quads = [
        Quad("<a:s>", "<a:p>", "<a:o>"),
        Quad("_:s", "<a:p>", "_:o", "_:g"),
        Quad("_:s.1", "<a:p>", literal('a"\\\n\x01😀'), "<a:g>"),
        Quad("_:s", "<a:p>", literal("a", language="en")),
        Quad("_:s", "<a:p>", literal("1", _INTEGER)),
    ]
    assert parse("".join(map(serialize, quads))) == quads
    assert is_blank(quads[1].s)
    assert not is_blank(quads[0].s)


def test_reading_brings_terms_to_canonical_form() -> None:
    text = '# note\n\n<a:s>\t<a:p> "\\u0041\\U0001F600\\t"^^<http://www.w3.org/2001/XMLSchema#string> . # end\r\n'
    assert parse(text) == [Quad("<a:s>", "<a:p>", '"A😀\\t"')]
    assert parse("<a:s><a:p><a:o>.") == [Quad("<a:s>", "<a:p>", "<a:o>")]
    assert parse("<a:\\u00e9> <a:p> _:o <a:g> .") == [Quad("<a:é>", "<a:p>", "_:o", "<a:g>")]


@pytest.mark.parametrize(
    "line",
    [
        "<a:s> <a:p> <a:o>",
        "<a:s> <a:p> .",
        "<s> <a:p> <a:o> .",
        '"s" <a:p> <a:o> .',
        "<a:s> _:p <a:o> .",
        '<a:s> <a:p> "\\x" .',
        '<a:s> <a:p> "\\uD800" .',
        '<a:s> <a:p> "\\UFFFFFFFF" .',
        "<a:\\u0020> <a:p> <a:o> .",
        '<a:s> <a:p> "a"@ .',
        '<a:s> <a:p> "a" "g" .',
    ],
)
def test_what_is_no_statement(line: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse("<a:s> <a:p> <a:o> .\n" + line)
    assert caught.value.problem.type == PARSING_ERROR
    assert "line 2" in caught.value.problem.detail
