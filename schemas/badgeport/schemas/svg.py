"""Credentials in SVG images: one element of the Open Badges namespace (Open Badges 3.0, baked badges).

The parser is used only to read; a credential is put in and taken out by byte offsets, so that no other byte of the
image changes. A document type declaration is refused before anything in it is read: it is where XML's attacks live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from badgeport.schemas.baked import Baked, Standard, check_image, check_payload, is_json, sole
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, RANGE_ERROR, ProblemError

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
NAMESPACE = "https://purl.imsglobal.org/ob/v3p0"
PREFIX = "openbadges"

_NAMESPACES: dict[str, Standard] = {
    NAMESPACE: "ob3",
    "https://purl.imsglobal.org/clr/v2p0": "clr2",
    "http://openbadges.org": "ob2",
}
_ELEMENTS = frozenset({"credential", "assertion"})
_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})
_DEEPEST = 256
_MOST_ELEMENTS = 100_000
# More of these signs than any picture has; each may be an attribute, a tag or a comment that the parser builds.
_MOST_SIGNS = {b"=": 100_000, b"<": 3 * _MOST_ELEMENTS}
# A start tag that is known to be well-formed; quoted values may hold anything but their quotation mark.
_START_TAG = re.compile(rb"<(?P<name>[^ \t\r\n/>]++)(?:[^\"'/>]++|\"[^\"]*+\"|'[^']*+'|/(?!>))*+(?P<empty>/?)>")
# What JSON allows inside strings and XML 1.0 nowhere.
_NOT_IN_XML = re.compile("[\ufffe\uffff]")


@dataclass(slots=True)
class _Credential:
    """A credential element: its place in the bytes, and what it holds."""

    start: int
    standard: Standard
    verify: str | None
    end: int = -1
    text: list[str] = field(default_factory=list)
    has_elements: bool = False


def bake(image: bytes, payload: str, *, overwrite: bool = False, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Put a credential (JSON, or a compact JWS) into an SVG image, as the first child of its root.

    A JWS becomes the attribute ``verify``; JSON becomes one CDATA section, in which ``]]>`` and the characters that XML
    lacks are written as JSON escapes and carriage returns between tokens as line feeds: the same JSON value. Raises
    ProblemError: PARSING_ERROR when the image is not sound SVG in UTF-8 without a DOCTYPE, MALFORMED_VALUE_ERROR when
    it carries an Open Badges 3.0 credential already and ``overwrite`` is not set, RANGE_ERROR when image or credential
    is too large.
    """
    check_payload(payload, limits)
    reader = _Reader(image, limits)
    present = [each for each in reader.credentials if each.standard == "ob3"]
    if present and not overwrite:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the image carries a credential already")
    tag = _start_tag(image, reader.root_start)
    declared = reader.root_prefixes.get(PREFIX)
    declaration = f' xmlns:{PREFIX}="{NAMESPACE}"'
    on_root, on_element = (declaration, "") if declared is None else ("", "" if declared == NAMESPACE else declaration)
    element = _element(payload, on_element).encode()
    after_name = tag.end("name")
    edits = [(after_name, after_name, on_root.encode())]
    if tag["empty"]:
        edits.append((tag.end() - 2, tag.end(), b">" + element + b"</" + tag["name"] + b">"))
    else:
        edits.append((tag.end(), tag.end(), element))
    edits += [(each.start, each.end, b"") for each in present]
    baked = _edited(image, edits)
    _check_bounds(baked, limits)
    return baked


def unbake(image: bytes, limits: Limits = DEFAULT_LIMITS) -> Baked:
    """The credential that an SVG image carries: Open Badges 3.0, else CLR 2.0, else Open Badges 2.0.

    Elements are told by namespace, whatever the prefix. Raises ProblemError: PARSING_ERROR when the image is not sound
    SVG in UTF-8 without a DOCTYPE, carries no credential, or carries it twice; RANGE_ERROR when image or credential is
    too large.
    """
    return sole([_baked(each) for each in _Reader(image, limits).credentials], "SVG", limits)


def _check_bounds(image: bytes, limits: Limits) -> None:
    """Refuse, before any of it is parsed, what would cost much to parse. Raises ProblemError(RANGE_ERROR)."""
    check_image(image, limits)
    if len(image) > limits.svg_bytes:
        raise ProblemError(RANGE_ERROR, f"the SVG image is larger than {limits.svg_bytes} bytes")
    for sign, most in _MOST_SIGNS.items():
        if image.count(sign) > most:
            raise ProblemError(RANGE_ERROR, f"the SVG image has the sign {sign.decode()} more than {most} times")


def _baked(credential: _Credential) -> Baked:
    text = "".join(credential.text)
    if credential.has_elements:
        raise _broken("has elements inside its credential")
    if credential.verify is None:
        return Baked(text, credential.standard)
    # Open Badges 2.0 allowed the assertion beside the address that verifies it.
    if credential.standard != "ob2" and text.strip():
        raise _broken("states its credential twice, as attribute and as content")
    return Baked(credential.verify, credential.standard)


def _element(payload: str, declaration: str) -> str:
    if not is_json(payload):
        value = payload.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        return f'<{PREFIX}:credential{declaration} verify="{value}"></{PREFIX}:credential>'
    text = payload.replace("\r\n", "\n").replace("\r", "\n").replace("]]>", "]]\\u003e")
    text = _NOT_IN_XML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return f"<{PREFIX}:credential{declaration}><![CDATA[{text}]]></{PREFIX}:credential>"


def _edited(data: bytes, edits: list[tuple[int, int, bytes]]) -> bytes:
    """The data with each span replaced; spans do not overlap."""
    pieces: list[bytes] = []
    position = 0
    for start, end, replacement in sorted(edits):
        pieces += [data[position:start], replacement]
        position = end
    return b"".join([*pieces, data[position:]])


def _start_tag(image: bytes, start: int) -> re.Match[bytes]:
    tag = _START_TAG.match(image, start)
    if tag is None:
        raise _broken("has a start tag that could not be read")
    return tag


class _Reader:
    """One pass over an image with a parser that reports byte offsets and resolves namespaces."""

    def __init__(self, image: bytes, limits: Limits) -> None:
        """Raises ProblemError(PARSING_ERROR) when the image is not sound SVG in UTF-8 without a DOCTYPE."""
        _check_bounds(image, limits)
        self.root_start = -1
        self.root_prefixes: dict[str | None, str] = {}
        self.credentials: list[_Credential] = []
        self._image = image
        self._open: _Credential | None = None
        self._depth = 0
        self._elements = 0
        self._open_depth = 0
        self._parse()

    def _parse(self) -> None:
        try:
            self._image.decode()
        except UnicodeDecodeError:
            raise _broken("is not in UTF-8") from None
        if b"\0" in self._image:
            raise _broken("is not in UTF-8")
        # The encoding is given, so that no declaration in the image changes how its bytes are read.
        self._parser = parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declaration
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartNamespaceDeclHandler = self._namespace
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        try:
            parser.Parse(self._image, True)
        except expat.ExpatError as error:
            raise _broken(f"is not well-formed (line {error.lineno}, column {error.offset})") from None
        finally:
            del self._parser  # it refers to this reader; apart, both and the image are freed at once

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise _broken(f"is declared to be in {encoding[:40]}; only UTF-8 is read")

    def _doctype(self, *_: object) -> None:
        raise _broken("has a DOCTYPE, which is not accepted; it can be removed without loss")

    def _namespace(self, prefix: str | None, uri: str | None) -> None:
        if self.root_start < 0:
            self.root_prefixes[prefix] = uri or ""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if self.root_start < 0:
            if (namespace, local) != (SVG_NAMESPACE, "svg"):
                raise _broken("has a root element other than svg in SVG's namespace")
            self.root_start = self._parser.CurrentByteIndex
        self._depth += 1
        self._elements += 1
        if self._depth > _DEEPEST:
            raise ProblemError(RANGE_ERROR, f"the SVG image is nested deeper than {_DEEPEST} levels")
        if self._elements > _MOST_ELEMENTS:
            raise ProblemError(RANGE_ERROR, f"the SVG image has more than {_MOST_ELEMENTS} elements")
        if self._open is not None:
            self._open.has_elements = True
        elif namespace in _NAMESPACES and local in _ELEMENTS:
            start = self._parser.CurrentByteIndex
            self._open = _Credential(start, _NAMESPACES[namespace], attributes.get("verify"))
            self._open_depth = self._depth

    def _characters(self, text: str) -> None:
        if self._open is not None:
            self._open.text.append(text)

    def _end(self, _name: str) -> None:
        if self._open is not None and self._depth == self._open_depth:
            tag = _start_tag(self._image, self._open.start)
            closing = self._parser.CurrentByteIndex
            self._open.end = tag.end() if tag["empty"] else self._image.index(b">", closing) + 1
            self.credentials.append(self._open)
            self._open = None
        self._depth -= 1


def _broken(what: str) -> ProblemError:
    return ProblemError(PARSING_ERROR, f"the SVG image {what}")
