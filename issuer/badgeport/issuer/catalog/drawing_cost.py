"""What an SVG asks of whoever draws it: counted in the file, before anything draws it.

A few lines can ask for a billion shapes: a group used ten times in a group that is used ten times, a pattern filled
with patterns. Each part is counted as often as it is drawn, at most; where it is unclear to which elements a style
belongs, to all of them.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote
from xml.parsers import expat

MOST_WORK = 30_000
"""Elements that are drawn in all; long ones, effects and pictures inside count for several."""
MOST_LEVELS = 64
MOST_PIXELS = 4096
MOST_SIZE = 100_000
"""The largest width, height or viewBox, in whatever unit."""

Excess = Literal["work", "circle", "size", "inner"]

_CHARACTERS = 128
"""So many characters of an element, such as the points of a line, are as much work as one element more."""
_EFFECT = 300
"""How many elements one step of a filter counts for: it works on every pixel."""
_IMAGE_PIXELS = 1000
"""So many pixels of a picture inside count for one element."""

_COLOURS = frozenset({"linearGradient", "radialGradient"})
_ONCE = ("clip-path", "mask", "filter")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_STRING = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
_CLASS = re.compile(r"\s*\.([\w-]+)\s*")
_STYLED = re.compile(r"(?:^|[;{}])\s*(?P<property>[\w-]+)\s*:|url\(\s*(?P<quote>['\"]?)#", re.IGNORECASE)
_LONGEST_ID = 256
_LENGTH = re.compile(
    r"\s*(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?:px|pt|pc|mm|cm|in|em|ex|rem|%)?\s*"
)
_UNREADABLE = (OSError, SyntaxError, ValueError, binascii.Error)
_INNER = re.compile(r"data:image/(?:png|jpeg);base64,", re.ASCII)


class CostError(Exception):
    """A picture asks for too much; ``excess`` says of what."""

    def __init__(self, excess: Excess) -> None:
        super().__init__(excess)
        self.excess: Excess = excess


@dataclass(slots=True)
class _References:
    """What is drawn besides an element, by id.

    ``once`` with it (use, clip-path, mask, filter), ``paints`` for every element in it, ``marks`` at every corner of
    every line in it.
    """

    once: set[str] = field(default_factory=set)
    paints: set[str] = field(default_factory=set)
    marks: set[str] = field(default_factory=set)

    def note(self, property: str, targets: Iterable[str]) -> None:
        """Add what a property refers to. What one of somebody's own (``--x``) is used for is not known here."""
        kept = self.once if property.startswith(_ONCE) else self.paints
        (self.marks if property.startswith(("marker", "--")) else kept).update(targets)

    def read(self, style: str) -> None:
        """Add what declarations refer to."""
        for property, targets in _references(style):
            self.note(property, targets)


@dataclass(slots=True, eq=False)
class _Part:
    """An element: what it is by itself, what it refers to and what is in it."""

    name: str
    work: int
    corners: int
    refers: _References = field(default_factory=_References)
    classes: tuple[str, ...] = ()
    parts: list[_Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Sum:
    work: int = 0
    elements: int = 0
    corners: int = 0
    levels: int = 0

    def __add__(self, other: _Sum) -> _Sum:
        levels = max(self.levels, other.levels)
        return _Sum(self.work + other.work, self.elements + other.elements, self.corners + other.corners, levels)


def check(svg: bytes) -> None:
    """Raises CostError for a well-formed SVG that asks for too much."""
    picture = _Picture(svg)
    if _Summing(picture).of(picture.root).work > MOST_WORK:
        raise CostError("work")


class _Picture:
    """The elements of an SVG and what each refers to."""

    def __init__(self, svg: bytes) -> None:
        self.by_id: dict[str, list[_Part]] = {}
        self.by_class: dict[str, _References] = {}
        self._open = [_Part("", 0, 0)]
        self._styles: list[str] = []
        parser = expat.ParserCreate(encoding="UTF-8", namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.CharacterDataHandler = self._text
        parser.Parse(svg, True)
        self.root = self._open[0]
        self._apply(_COMMENT.sub(" ", "".join(self._styles)))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        characters = sum(map(len, attributes.values()))
        part = _Part(local, 1 + characters // _CHARACTERS, 1 + characters // 2)
        if local == "svg":
            _check_size(attributes)
        if local.startswith("fe") and local != "feMergeNode":
            part.work += _EFFECT * _times(attributes)
        for key, value in attributes.items():
            attribute = key.rpartition(" ")[2]
            if attribute == "id":
                self.by_id.setdefault(value.strip(), []).append(part)
            elif attribute == "class":
                part.classes = tuple(set(value.split()))
            elif attribute == "href" and value.startswith("#"):
                part.refers.once |= _targets(value[1:])
            elif attribute == "href":
                part.work += _inner_work(value)
            elif attribute == "style":
                part.refers.read(value)
            else:
                for _, targets in _references(value):
                    part.refers.note(attribute, targets)
        self._open[-1].parts.append(part)
        self._open.append(part)

    def _end(self, _name: str) -> None:
        self._open.pop()

    def _text(self, content: str) -> None:
        part = self._open[-1]
        part.work += len(content) // _CHARACTERS
        if part.name == "style":
            self._styles.append(content)

    def _apply(self, styles: str) -> None:
        """Note what style sheets refer to: for classes where a rule is for classes alone, else for every element."""
        clear = not re.search(r"['\"]", _STRING.sub("", styles))
        plain = _STRING.sub(lambda found: found[0].replace("{", "").replace("}", ""), styles)
        tokens = re.split(r"([{}])", plain)
        for place, text in enumerate(tokens):
            if place % 2:
                continue
            found = [_CLASS.fullmatch(one) for one in (tokens[place - 2].split(",") if place > 1 else ())]
            classes = {one[1] for one in found if one is not None}
            is_rule = clear and tokens[place - 1 : place] == ["{"] and tokens[place + 1 : place + 2] == ["}"]
            if is_rule and found and None not in found:
                for name in classes:
                    self.by_class.setdefault(name, _References()).read(text)
            else:
                for property, targets in _references(text):
                    (
                        self.root.refers.marks if property.startswith(("marker", "--")) else self.root.refers.paints
                    ).update(targets)


class _Summing:
    """How much each part comes to with all that it refers to; each is worked out once."""

    def __init__(self, picture: _Picture) -> None:
        self._picture = picture
        self._parts: dict[_Part, _Sum | None] = {}
        self._ids: dict[str, _Sum] = {}
        self._classes: dict[str, tuple[_Sum, _Sum, _Sum]] = {}

    def of(self, part: _Part, level: int = 0) -> _Sum:
        """Raises CostError for a part that refers to itself, or goes too deep."""
        if part not in self._parts:
            if level > MOST_LEVELS:
                raise CostError("work")
            self._parts[part] = None
            self._parts[part] = self._worked_out(part, level)
        known = self._parts[part]
        if known is None:
            raise CostError("circle")
        if level + known.levels > MOST_LEVELS:
            raise CostError("work")
        return known

    def _worked_out(self, part: _Part, level: int) -> _Sum:
        inner = _Sum(part.work, 1, part.corners)
        for one in part.parts:
            inner += self.of(one, level + 1)
        once, paints, marks = self._referred(part.refers, level)
        for name in part.classes:
            if name in self._picture.by_class:
                if name not in self._classes:
                    self._classes[name] = self._referred(self._picture.by_class[name], level)
                more = self._classes[name]
                once, paints, marks = once + more[0], paints + more[1], marks + more[2]
        inner += once
        work = inner.work + inner.elements * paints.work + inner.corners * marks.work
        return _Sum(work, inner.elements, inner.corners, 1 + max(inner.levels, paints.levels, marks.levels))

    def _referred(self, refers: _References, level: int) -> tuple[_Sum, _Sum, _Sum]:
        once, paints, marks = (
            sum((self._named(name, level) for name in names), _Sum())
            for names in (refers.once, refers.paints, refers.marks)
        )
        return once, paints, marks

    def _named(self, name: str, level: int) -> _Sum:
        if name not in self._ids:
            parts = (one for one in self._picture.by_id.get(name, ()) if one.name not in _COLOURS)
            self._ids[name] = sum((self.of(one, level + 1) for one in parts), _Sum())
        return self._ids[name]


def _references(style: str) -> Iterator[tuple[str, set[str]]]:
    """The properties of declarations that refer to something in the picture, and to what.

    Raises CostError for an id that is longer than any honest one.
    """
    property = "--"
    for found in _STYLED.finditer(style):
        if found["property"] is not None:
            property = found["property"].lower()
            continue
        rest = style[found.end() : found.end() + _LONGEST_ID]
        end = rest.find(found["quote"] or ")")
        if end < 0 and len(rest) == _LONGEST_ID:
            raise CostError("work")
        yield property, _targets(rest if end < 0 else rest[:end])


def _targets(fragment: str) -> set[str]:
    """The ids that a fragment may be read as."""
    plain = re.sub(r"[\t\n\r]", "", fragment).strip()
    return {plain, unquote(plain)}


def _times(attributes: dict[str, str]) -> int:
    """How many times the work of one step of a filter is done for one of these."""
    numbers = [attributes.get("numOctaves", "1"), *attributes.get("radius", "1").replace(",", " ").split()]
    found = [_LENGTH.fullmatch(one) for one in numbers]
    return max(1, *(int(min(float(one["number"]), 1e6)) if one else 1 for one in found))


def _inner_work(value: str) -> int:
    """What a picture inside the picture comes to. Raises CostError where it cannot be read or is too large."""
    start = _INNER.match(value)
    if start is None:
        return 0
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(value[start.end() :])), formats=("PNG", "JPEG")) as opened:
            width, height = opened.size
    except (*_UNREADABLE, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise CostError("inner") from None
    if max(width, height) > MOST_PIXELS:
        raise CostError("inner")
    return width * height // _IMAGE_PIXELS


def _check_size(attributes: dict[str, str]) -> None:
    for name in ("width", "height"):
        value = attributes.get(name, "auto").strip()
        length = _LENGTH.fullmatch(value)
        if value != "auto" and (length is None or not 0 < float(length["number"]) <= MOST_SIZE):
            raise CostError("size")
    box = attributes.get("viewBox")
    if box is not None:
        found = [_LENGTH.fullmatch(one) for one in re.split(r"[\s,]+", box.strip())]
        numbers = [float(one["number"]) for one in found if one is not None]
        if len(found) != 4 or len(numbers) != 4 or max(map(abs, numbers)) > MOST_SIZE or min(numbers[2:]) <= 0:
            raise CostError("size")
