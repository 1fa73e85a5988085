"""RDF terms and quads in canonical N-Quads form (RDFC-1.0 section 5; RDF 1.1 N-Quads).

A term is kept as the text that stands for it in canonical N-Quads: ``<iri>``, ``_:label`` or a literal. Two terms are
the same exactly when their texts are, so canonicalization compares, hashes and joins plain strings.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from badgeport.schemas.problems import PARSING_ERROR, ProblemError

XSD = "http://www.w3.org/2001/XMLSchema#"
XSD_STRING = XSD + "string"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDF_LANG_STRING = RDF + "langString"


Statement: TypeAlias = tuple[str, str, str, str]
"""Subject, predicate, object and graph, as a `Quad` or a plain tuple."""


class Quad(NamedTuple):
    """One RDF statement. ``g`` is the empty string for the default graph."""

    s: str
    p: str
    o: str
    g: str = ""


# Canonical N-Quads escapes exactly these: the named escapes, the other control characters, and what XML 1.1 excludes.
_ESCAPES = {codepoint: f"\\u{codepoint:04X}" for codepoint in (*range(0x20), 0x7F, 0xFFFE, 0xFFFF)}
_ESCAPES |= {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
_NEEDS_ESCAPE = re.compile('[\x00-\x1f"\\\\\x7f\ufffe\uffff]')

_BAD_IN_IRI = re.compile(r'[\x00-\x20<>"{}|^`\\\ud800-\udfff]')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")


def is_absolute_iri(value: str) -> bool:
    """Whether ``value`` has a scheme and holds only characters an N-Quads IRIREF may hold (so it cannot end early)."""
    return _SCHEME.match(value) is not None and _BAD_IN_IRI.search(value) is None


def is_language_tag(value: str) -> bool:
    """Whether ``value`` has the shape of a BCP 47 language tag."""
    return _LANGUAGE.fullmatch(value) is not None


def is_blank(term: str) -> bool:
    """Whether a term is a blank node."""
    return term.startswith("_:")


def iri(value: str) -> str:
    """The term of an absolute IRI; the caller has checked it with ``is_absolute_iri``."""
    return f"<{value}>"


def literal(value: str, datatype: str = XSD_STRING, language: str | None = None) -> str:
    """The term of a literal: its lexical form, its datatype IRI, or its language tag."""
    if _NEEDS_ESCAPE.search(value):
        value = value.translate(_ESCAPES)
    if language is not None:
        return f'"{value}"@{language}'
    if datatype == XSD_STRING:
        return f'"{value}"'
    return f'"{value}"^^<{datatype}>'


def serialize(quad: Quad) -> str:
    """One quad as its canonical N-Quads line, with the line feed."""
    s, p, o, g = quad
    return f"{s} {p} {o} {g} .\n" if g else f"{s} {p} {o} .\n"


def chars(quad: Quad) -> int:
    """The length of a quad's canonical N-Quads line with the blank labels it has now."""
    s, p, o, g = quad
    return len(s) + len(p) + len(o) + (len(g) + 1 if g else 0) + 5


_IRIREF = r"<((?:[^\x00-\x20<>\"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*)>"
_BLANK = r"(_:[\w:](?:[\w:.·‿⁀-]*[\w:·‿⁀-])?)"
_LITERAL = (
    r"\"((?:[^\"\\\n\r]|\\[tbnrf\"'\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*)\""
    rf"(?:\^\^{_IRIREF}|@([A-Za-z]+(?:-[A-Za-z0-9]+)*))?"
)
_WS = r"[ \t]*"
_LINE = re.compile(
    rf"{_WS}(?:(?:{_IRIREF}|{_BLANK}){_WS}{_IRIREF}{_WS}(?:{_IRIREF}|{_BLANK}|{_LITERAL}){_WS}"
    rf"(?:(?:{_IRIREF}|{_BLANK}){_WS})?\.{_WS})?(?:#.*)?"
)
_ESCAPED = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_NAMED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


def parse(text: str) -> list[Quad]:
    """The quads of an N-Quads document, in order, terms brought to canonical form; duplicates are kept.

    Raises ``ProblemError`` (PARSING_ERROR) with the line number where a line is not a statement, blank or a comment.
    """
    quads = []
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ProblemError(PARSING_ERROR, f"line {number} is not an N-Quads statement")
        s_iri, s_blank, p_iri, o_iri, o_blank, lexical, datatype, language, g_iri, g_blank = match.groups()
        if p_iri is None:
            continue
        subject = s_blank or _iri(s_iri, number)
        if lexical is not None:
            chosen = XSD_STRING if datatype is None else _iri(datatype, number)[1:-1]
            target = literal(_unescape(lexical, number), chosen, language)
        else:
            target = o_blank or _iri(o_iri, number)
        graph = g_blank or ("" if g_iri is None else _iri(g_iri, number))
        quads.append(Quad(subject, _iri(p_iri, number), target, graph))
    return quads


def _iri(text: str, number: int) -> str:
    value = _unescape(text, number)
    if not is_absolute_iri(value):
        raise ProblemError(PARSING_ERROR, f"line {number} holds an IRI that is not absolute or not well-formed")
    return iri(value)


def _unescape(text: str, number: int) -> str:
    if "\\" not in text:
        return text

    def replace(match: re.Match[str]) -> str:
        short, long, named = match.groups()
        if named is not None:
            return _NAMED[named]
        codepoint = int(short or long, 16)
        if codepoint > 0x10FFFF or 0xD800 <= codepoint <= 0xDFFF:
            raise ProblemError(PARSING_ERROR, f"line {number} escapes something that is not a character")
        return chr(codepoint)

    return _ESCAPED.sub(replace, text)
