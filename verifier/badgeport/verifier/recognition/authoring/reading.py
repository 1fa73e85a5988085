"""From text to a tree that knows the line of everything in it: YAML 1.2 (core schema) or JSON, read strictly.

What two readers could take for different things is refused: a member written twice, an alias, a tag, a second document,
a number that is none or has too many digits, characters that are not seen. Bounds come before the work they bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from badgeport.schemas import jsontext
from badgeport.schemas.pointer import join, split
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.authoring.findings import Finding, PolicyRefused

if TYPE_CHECKING:
    from ruamel.yaml.events import Event

MAXIMUM_YAML_BYTES: Final = 256 * 1024
"""YAML is read at a few hundred kilobytes a second; a policy with a longer list is written in JSON."""
MAXIMUM_JSON_BYTES: Final = 2 * 1024 * 1024
MAXIMUM_YAML_NODES: Final = 25_000
"""Names, values, lists and objects in one policy, counted together."""
MAXIMUM_JSON_NODES: Final = 100_000
MAXIMUM_DEPTH: Final = 32
MAXIMUM_FINDINGS: Final = 100
MAXIMUM_DIGITS: Final = 15
"""As many as every reader of JSON keeps exactly."""
MAXIMUM_MAGNITUDE: Final = 12

Value: TypeAlias = "str | bool | Decimal | tuple[Node, ...] | dict[str, Node] | None"

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_DECIMAL = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASED = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_MAXIMUM_NUMBER = 40
_MAXIMUM_NAME = 2_048
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place: the line (of its name, where it has one; None: not from text) and a JSON pointer."""

    value: Value
    line: int | None
    pointer: str


def read_tree(data: bytes | str) -> Node:
    """The tree of a policy's text. Raises PolicyRefused."""
    text = _text(data)
    if not text.lstrip().startswith("{"):
        return _yaml_tree(text)
    try:
        body = jsontext.parse(text)
    except ProblemError:
        return _yaml_tree(text)  # an object in braces may be YAML, and what is wrong with JSON is told with its line
    try:
        return tree_of(body)
    except PolicyRefused:
        _yaml_tree(text)
        raise


def tree_of(body: Any) -> Node:
    """The tree of a parsed JSON value; nothing in it has a line. Raises PolicyRefused."""
    builder = _Builder(MAXIMUM_JSON_NODES)
    root = builder.of_json(body, "", 0)
    builder.settle()
    return root


def with_lines(root: Node, data: bytes | str) -> Node:
    """The same tree with the lines of its text, where that can be read as YAML, as JSON of ordinary size can."""
    if root.line is not None:
        return root
    try:
        return _yaml_tree(_text(data))
    except PolicyRefused:
        return root


def find(root: Node, pointer: str) -> Node:
    """The node at a pointer, or the closest one above it."""
    node = root
    for token in split(pointer):
        if isinstance(node.value, dict) and token in node.value:
            node = node.value[token]
        elif isinstance(node.value, tuple) and token.isdigit() and int(token) < len(node.value):
            node = node.value[int(token)]
        else:
            break
    return node


def quoted(text: str) -> str:
    """A piece of the policy made safe for a message: short, and without characters that are not seen."""
    shown = "".join(each if each.isprintable() else " " if each.isspace() else "\ufffd" for each in text[: _SHOWN + 1])
    return f"'{shown if len(shown) <= _SHOWN else shown[: _SHOWN - 1] + '…'}'"


def _text(data: bytes | str) -> str:
    if len(data) > MAXIMUM_JSON_BYTES:
        _refuse("too-large", f"The policy is larger than {MAXIMUM_JSON_BYTES // 1024} KiB.", None)
    try:
        text = data if isinstance(data, str) else data.decode()
    except UnicodeDecodeError as error:
        _refuse("not-text", "The policy is not UTF-8 text.", error.object.count(b"\n", 0, error.start) + 1)
    text = text.removeprefix("\ufeff")
    if not text.strip():
        _refuse("empty", "The policy is empty.", 1)
    return text


def _refuse(code: str, message: str, line: int | None, pointer: str = "") -> NoReturn:
    raise PolicyRefused([Finding(line, pointer, code, message)])


class _Builder:
    """Makes nodes, counts them, and gathers what is wrong with single values."""

    def __init__(self, maximum: int) -> None:
        self.findings: list[Finding] = []
        self._left = maximum
        self._maximum = maximum

    def say(self, code: str, message: str, line: int | None, pointer: str) -> None:
        self.findings.append(Finding(line, pointer, code, message))
        if len(self.findings) >= MAXIMUM_FINDINGS:
            self.settle()

    def settle(self) -> None:
        if self.findings:
            raise PolicyRefused(self.findings)

    def count(self, depth: int, line: int | None, pointer: str) -> None:
        self._left -= 1
        if self._left < 0:
            _refuse("too-large", f"The policy has more than {self._maximum} names and values.", line, pointer)
        if depth > MAXIMUM_DEPTH:
            _refuse("too-deep", f"The policy is nested deeper than {MAXIMUM_DEPTH} levels.", line, pointer)

    def check_text(self, text: str, line: int | None, pointer: str) -> None:
        if _UNSEEN.search(text):
            self.say("unseen-character", f"{quoted(text)} has a character that is not seen; remove it.", line, pointer)
        elif text != text.strip():
            self.say("blank", f"{quoted(text)} starts or ends with a space or an empty line.", line, pointer)

    def number(self, text: str, line: int | None, pointer: str) -> Decimal | None:
        """The exact value of a number's text."""
        if len(text) <= _MAXIMUM_NUMBER:
            value = Decimal(int(text, 0)) if _BASED.fullmatch(text) else Decimal(text)
            digits = value.as_tuple().digits
            significant = len("".join(map(str, digits)).rstrip("0"))
            exponent = value.as_tuple().exponent
            if (
                isinstance(exponent, int)
                and significant <= MAXIMUM_DIGITS
                and (not value or -MAXIMUM_MAGNITUDE <= value.adjusted() < MAXIMUM_MAGNITUDE)
            ):
                return value if value else Decimal(0)
        message = (
            f"{quoted(text)} is no number a policy may have: at most {MAXIMUM_DIGITS} digits, and less than a million "
            "millions."
        )
        self.say("number", message, line, pointer)
        return None

    def plain(self, text: str, line: int | None, pointer: str) -> Value:
        """What unquoted text stands for by the core schema of YAML 1.2."""
        if text in _NULL:
            return None
        if text in _TRUTH:
            return _TRUTH[text]
        if _DECIMAL.fullmatch(text) or _BASED.fullmatch(text):
            return self.number(text, line, pointer)
        if _NOT_FINITE.fullmatch(text):
            self.say("number", f"{quoted(text)} is not a number that can be counted with.", line, pointer)
            return None
        return text

    def of_json(self, value: Any, pointer: str, depth: int) -> Node:
        """The node of a JSON value; recursion ends at MAXIMUM_DEPTH."""
        self.count(depth, None, pointer)
        if isinstance(value, Mapping):
            members = {}
            for name, item in value.items():
                if not isinstance(name, str):
                    _refuse("member-name", "The name of a member is not a text.", None, pointer)
                below = pointer + join(name)
                self.check_name(name, None, below)
                members[name] = self.of_json(item, below, depth + 1)
            return Node(members, None, pointer)
        if isinstance(value, list | tuple):
            items = (self.of_json(item, f"{pointer}/{index}", depth + 1) for index, item in enumerate(value))
            return Node(tuple(items), None, pointer)
        return Node(self._json_scalar(value, pointer), None, pointer)

    def _json_scalar(self, value: Any, pointer: str) -> Value:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            self.check_text(value, None, pointer)
            return value
        if isinstance(value, int) and abs(value) < 10**MAXIMUM_MAGNITUDE:
            return Decimal(value)
        if isinstance(value, float | Decimal) and Decimal(value).is_finite():
            return self.number(str(value) if isinstance(value, Decimal) else repr(value), None, pointer)
        self.say("number", "The value is not a number that can be counted with.", None, pointer)
        return None

    def check_name(self, name: str, line: int | None, pointer: str) -> None:
        if len(name) > _MAXIMUM_NAME:
            _refuse("member-name", f"The name {quoted(name)} is too long.", line)
        self.check_text(name, line, pointer)


# -- YAML -----------------------------------------------------------------------------------------------------------


def _yaml_tree(text: str) -> Node:
    if len(text) > MAXIMUM_YAML_BYTES or len(text.encode(errors="replace")) > MAXIMUM_YAML_BYTES:
        size = f"{MAXIMUM_YAML_BYTES // 1024} KiB"
        _refuse("too-large", f"The policy is larger than {size}; one with a long list is written in JSON.", None)
    return _Composer(_events(text)).document()


def _events(text: str) -> Iterator[Event]:
    """The events of the pure reader, one by one, so that bounds are kept as it goes."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        _refuse("unseen-character", "The text has a character that is not seen; remove it.", line)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join(str(error.problem or error.context or "it cannot be read").split())
        if "'\\t'" in problem:
            problem = "a tab stands where spaces belong"
        elif "could not find expected ':'" in problem:
            problem = "a name without ':' and value, or a line that is not indented as the one before"
        elif "mapping values are not allowed" in problem:
            problem = "a ':' in a place where none can be; text with ': ' in it is written in quotes"
        _refuse("not-yaml", f"The text is not YAML here: {problem}.", None if mark is None else mark.line + 1)
    except (YAMLError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError, AssertionError):
        _refuse("not-yaml", "The text is not YAML.", None)


class _Composer:
    """Makes the tree of one document from events, without recursion of the reader's own."""

    def __init__(self, events: Iterator[Event]) -> None:
        self._events = events
        self._builder = _Builder(MAXIMUM_YAML_NODES)

    def document(self) -> Node:
        from ruamel.yaml.events import DocumentStartEvent, StreamEndEvent, StreamStartEvent

        root: Node | None = None
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                if root is not None:
                    _refuse("two-documents", "A second document starts here; a policy is one.", _line(event))
                root = self._value(next(self._events), "", None, 0)
            elif isinstance(event, StreamEndEvent | StreamStartEvent):
                continue
        if root is None:
            _refuse("empty", "The policy is empty.", 1)
        self._builder.settle()
        return root

    def _value(self, event: Event, pointer: str, line: int | None, depth: int) -> Node:
        """The node that starts with an event; ``line``: of the name before it. Recursion ends at MAXIMUM_DEPTH."""
        from ruamel.yaml.events import AliasEvent, MappingStartEvent, ScalarEvent, SequenceStartEvent

        line = line or _line(event)
        self._builder.count(depth, line, pointer)
        if isinstance(event, AliasEvent):
            _refuse("alias", "Aliases ('*name') are not used in a policy; write it out.", line, pointer)
        if getattr(event, "anchor", None) is not None:
            _refuse("alias", "Anchors ('&name') are not used in a policy; remove it.", line, pointer)
        if getattr(event, "tag", None) is not None:
            _refuse("tag", "Tags ('!name') are not used in a policy; remove it.", line, pointer)
        if isinstance(event, MappingStartEvent):
            return self._mapping(pointer, line, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(pointer, line, depth)
        if isinstance(event, ScalarEvent):
            return Node(self._scalar(event, line, pointer), line, pointer)
        _refuse("not-yaml", "The text is not YAML here.", line, pointer)

    def _mapping(self, pointer: str, line: int, depth: int) -> Node:
        from ruamel.yaml.events import MappingEndEvent

        members: dict[str, Node] = {}
        while not isinstance(event := next(self._events), MappingEndEvent):
            at = _line(event)
            name = self._name(event, at, pointer, depth)
            below = pointer + join(name)
            node = self._value(next(self._events), below, at, depth + 1)
            if name in members:
                message = f"{quoted(name)} is written twice, first in line {members[name].line}."
                self._builder.say("duplicate-member", message, at, below)
            members[name] = node
        return Node(members, line, pointer)

    def _name(self, event: Event, line: int, pointer: str, depth: int) -> str:
        from ruamel.yaml.events import AliasEvent, ScalarEvent

        node = self._value(event, pointer, line, depth) if isinstance(event, ScalarEvent | AliasEvent) else None
        if node is None or not isinstance(node.value, str):
            _refuse("member-name", "The name of a member is not a text; write it in quotes.", line, pointer)
        self._builder.check_name(node.value, line, pointer + join(node.value))
        return node.value

    def _sequence(self, pointer: str, line: int, depth: int) -> Node:
        from ruamel.yaml.events import SequenceEndEvent

        items: list[Node] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._value(event, f"{pointer}/{len(items)}", None, depth + 1))
        return Node(tuple(items), line, pointer)

    def _scalar(self, event: Any, line: int, pointer: str) -> Value:
        text: str = event.value
        if event.implicit[0] and event.style in (None, ""):
            value = self._builder.plain(text, line, pointer)
            if isinstance(value, str):
                self._builder.check_text(value, line, pointer)
            return value
        if event.style in ("|", ">"):
            text = text.rstrip("\n")  # how many line ends follow says how it was written, not what
        elif _SURROGATE.search(text):
            text = _paired(text)
        self._builder.check_text(text, line, pointer)
        return text


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1


def _paired(text: str) -> str:
    """The characters that JSON writes as two escapes, joined; lone halves are left, and refused."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
