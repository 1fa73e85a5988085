"""Walking a JSON value along the shape it should have, and noting where it departs from it.

A check is a function of the walk, a value and the path to it; it adds findings and never raises on bad input.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.schemas.structure import vocabulary

if TYPE_CHECKING:
    from badgeport.schemas.structure.fitting import Plan

# A path is built on every step of every walk but read only when something is wrong, so it is a linked list.
Path: TypeAlias = "tuple[Path, str | int] | None"
Check: TypeAlias = "Callable[[Walk, Any, Path], None]"
Rule: TypeAlias = "Callable[[Walk, dict[str, Any], Path], None]"

_MAX_NAME = 100
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
# What almost every date in a credential looks like; other forms take the full reader, which alone may refuse one.
# The first form is that of days which every month has.
_SURE_INSTANT = re.compile(
    r"(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z"
).fullmatch
_COMMON_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z").fullmatch


class Finding(NamedTuple):
    """One departure: the reference tokens of the offending member, a sentence, and whether it is about a date."""

    tokens: tuple[str | int, ...]
    detail: str
    about_date: bool = False


class Full(Exception):  # noqa: N818 - not an error: the walk has seen enough
    """Raised inside a walk once it holds as many findings as it may."""


class Walk:
    """The findings of one walk, with bounds on their number and on nesting."""

    __slots__ = ("depth", "findings", "max_depth", "max_findings")

    def __init__(self, max_findings: int, max_depth: int) -> None:
        self.findings: list[Finding] = []
        self.depth = 0
        self.max_findings = max_findings
        self.max_depth = max_depth

    def add(self, path: Path, reason: str, *, about_date: bool = False) -> None:
        """Note that the member at ``path`` is wrong; the sentence is the member's name followed by ``reason``."""
        if len(self.findings) >= self.max_findings:
            raise Full
        found = tokens(path)
        self.findings.append(Finding(found, f"{dotted(found)} {reason}", about_date))

    def expect(self, path: Path, expected: str, value: Any) -> None:
        """Note that a value of another JSON type stands where ``expected`` should."""
        self.add(path, f"must be {expected}, not {json_type(value)}")


def tokens(path: Path) -> tuple[str | int, ...]:
    """The reference tokens of a path, outermost first."""
    steps: list[str | int] = []
    while path is not None:
        path, step = path
        steps.append(step)
    return tuple(reversed(steps))


def dotted(steps: Iterable[str | int]) -> str:
    """A path as people write it: ``credentialSubject.achievement.alignment[0].targetUrl``."""
    name = ""
    for step in steps:
        name += f"[{step}]" if isinstance(step, int) else f".{step}" if name else step
    return name or "the document"


def json_type(value: Any) -> str:
    """The JSON type of a value with its article, for a sentence."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, list):
        return "an array"
    return "an object" if isinstance(value, dict) else "a value that JSON does not have"


# Leaves


def string(walk: Walk, value: Any, path: Path) -> None:
    """A string."""
    if not isinstance(value, str):
        walk.expect(path, "a string", value)


def human_text(walk: Walk, value: Any, path: Path) -> None:
    """A string, or the language map that later editions of the 1EdTech schema accept in its place."""
    if isinstance(value, str):
        return
    if not isinstance(value, dict):
        walk.expect(path, "a string", value)
    elif not all(isinstance(key, str) and vocabulary.is_language_map_key(key) for key in value):
        walk.add(path, "must be a string, or an object whose member names are language codes")
    elif not all(isinstance(text, str) for text in value.values()):
        walk.add(path, "must have a string for every language")


def localized_text(walk: Walk, value: Any, path: Path) -> None:
    """A string or language value objects (VCDM 2.0 section 11.1)."""
    if isinstance(value, str):
        return
    if not isinstance(value, list) or not value:
        _language_value(walk, value, path, "a string or a language value object")
        return
    for index, each in enumerate(value):
        _language_value(walk, each, (path, index), "a language value object")


def _language_value(walk: Walk, value: Any, path: Path, expected: str) -> None:
    if not isinstance(value, dict):
        walk.expect(path, expected, value)
    elif not isinstance(value.get("@value"), str) or not value.keys() <= {"@value", "@language", "@direction"}:
        walk.add(path, "must have an @value, and besides it only @language and @direction")
    elif not all(isinstance(text, str) for text in value.values()):
        walk.add(path, "must have strings for @value, @language and @direction")


def uri(walk: Walk, value: Any, path: Path) -> None:
    """An absolute URI or IRI."""
    if not isinstance(value, str):
        walk.expect(path, "a URL or URN", value)
    elif not vocabulary.is_absolute_uri(value):
        walk.add(path, "must be an absolute URL or URN, such as https://… or urn:uuid:…")


def boolean(walk: Walk, value: Any, path: Path) -> None:
    """``true`` or ``false``."""
    if not isinstance(value, bool):
        walk.expect(path, "true or false", value)


def number(walk: Walk, value: Any, path: Path) -> None:
    """A finite number; a boolean or a string of digits is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        walk.expect(path, "a number", value)
    elif isinstance(value, float) and not math.isfinite(value):
        walk.add(path, "must be a finite number")


def json_object(walk: Walk, value: Any, path: Path) -> None:
    """Any object."""
    if not isinstance(value, dict):
        walk.expect(path, "an object", value)


def instant(walk: Walk, value: Any, path: Path) -> None:
    """A date and time with a time zone."""
    if not (value.__class__ is str and _SURE_INSTANT(value)) and read_instant(value) is None:
        _not_a_date(walk, value, path, "a date and time with a time zone, such as 2025-01-31T12:00:00Z")


def local_instant(walk: Walk, value: Any, path: Path) -> None:
    """A date and time whose time zone may be left out."""
    if read_instant(value, require_zone=False) is None:
        _not_a_date(walk, value, path, "a date and time, such as 2025-01-31T12:00:00Z")


def calendar_date(walk: Walk, value: Any, path: Path) -> None:
    """A date without a time."""
    if not isinstance(value, str) or not is_calendar_date(value):
        _not_a_date(walk, value, path, "a date, such as 2025-01-31")


def is_calendar_date(text: str) -> bool:
    """Whether a text is a day of the calendar in the form ``YYYY-MM-DD``."""
    if not _DATE(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_instant(value: Any, *, require_zone: bool = True) -> datetime | None:
    """The instant a member states, or ``None`` where it states none."""
    if not isinstance(value, str):
        return None
    try:
        if _COMMON_INSTANT(value):
            return datetime.fromisoformat(value)
        return parse_datetime(value, require_zone=require_zone)
    except (ProblemError, ValueError):
        return None


def _not_a_date(walk: Walk, value: Any, path: Path, expected: str) -> None:
    suffix = "" if isinstance(value, str) else f", not {json_type(value)}"
    walk.add(path, f"must be {expected}{suffix}", about_date=True)


def form(matches: Callable[[str], object], expected: str) -> Check:
    """A string of a given form."""

    def check(walk: Walk, value: Any, path: Path) -> None:
        if not isinstance(value, str):
            walk.expect(path, expected, value)
        elif not matches(value):
            walk.add(path, f"must be {expected}")

    return check


def term(terms: Iterable[str], *, extensible: bool) -> Check:
    """A term of a vocabulary or, where that is extensible, one that starts with ``ext:``."""
    known = frozenset(terms)
    expected = "one of the terms of the data model" + (" or a term that starts with ext:" if extensible else "")

    def check(walk: Walk, value: Any, path: Path) -> None:
        if not isinstance(value, str):
            walk.expect(path, expected, value)
        elif value not in known and not (extensible and vocabulary.is_extension_term(value)):
            walk.add(path, f"must be {expected}")

    return check


def constant(expected: str) -> Check:
    """Exactly one string."""
    return form(lambda value: value == expected, f'the string "{expected}"')


# Combinations


def any_type(walk: Walk, value: Any, path: Path) -> None:
    """One type name or several."""
    names = value if isinstance(value, list) else [value]
    if not names:
        walk.add(path, "must name at least one type")
    for index, name in enumerate(names):
        if not isinstance(name, str):
            walk.expect((path, index) if names is value else path, "a string", name)
        elif not name:
            walk.add((path, index) if names is value else path, "must not be empty")


class Types:
    """Type names among which each group is represented; a group of several names is satisfied by any of them.

    ``usual`` are the values that are right beyond doubt: one name of each group, in order and nothing else.
    """

    __slots__ = ("groups", "usual")

    def __init__(self, *groups: str | tuple[str, ...]) -> None:
        self.groups = tuple((group,) if isinstance(group, str) else group for group in groups)
        chosen = [list(names) for names in product(*self.groups)]
        self.usual: tuple[str | list[str], ...] = (*chosen, *(names[0] for names in chosen if len(names) == 1))

    def __call__(self, walk: Walk, value: Any, path: Path) -> None:
        names = value if isinstance(value, list) else [value]
        any_type(walk, value, path)
        for group in self.groups:
            if not any(name in names for name in group):
                walk.add(path, f"must include {' or '.join(group)}")


class Many:
    """Values of one kind in an array; a single one may stand for itself (JSON-LD compaction)."""

    __slots__ = ("at_least_one", "item")

    def __init__(self, item: Check, *, at_least_one: bool = False) -> None:
        self.item = item
        self.at_least_one = at_least_one

    def __call__(self, walk: Walk, value: Any, path: Path) -> None:
        if not isinstance(value, list):
            self.item(walk, value, path)
            return
        if self.at_least_one and not value:
            walk.add(path, "must not be empty")
        for index, each in enumerate(value):
            self.item(walk, each, (path, index))


class Reference:
    """A URI, or the object it names."""

    __slots__ = ("shape",)

    def __init__(self, shape: Shape) -> None:
        self.shape = shape

    def __call__(self, walk: Walk, value: Any, path: Path) -> None:
        if isinstance(value, dict):
            self.shape(walk, value, path)
        elif isinstance(value, str):
            uri(walk, value, path)
        else:
            walk.expect(path, "a URL or an object", value)


class Shape:
    """A class of the data model: what its members are, which it must have, and rules that join several of them."""

    __slots__ = ("closed", "members", "name", "plans", "required", "rules", "texts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.members: dict[str, Check] = {}
        self.texts: frozenset[str] = frozenset()
        self.required: tuple[str, ...] = ()
        self.closed = False
        self.rules: tuple[Rule, ...] = ()
        self.plans: dict[tuple[str, ...], Plan] = {}

    def define(
        self,
        required: Iterable[str],
        members: dict[str, Check],
        *rules: Rule,
        closed: bool = False,
    ) -> Shape:
        """Fill the shape in. Apart from construction because classes contain each other."""
        self.required, self.members, self.rules, self.closed = tuple(required), members, rules, closed
        self.texts = frozenset(name for name, each in members.items() if each in (string, human_text, localized_text))
        return self

    def __call__(self, walk: Walk, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            walk.expect(path, "an object", value)
            return
        if walk.depth >= walk.max_depth:
            walk.add(path, "is nested too deeply")
            return
        walk.depth += 1
        for name in self.required:
            if name not in value:
                walk.add((path, name), "is missing")
        members, texts = self.members, self.texts
        for name, each in value.items():
            # Most members are texts, and any string will do for one.
            if each.__class__ is str and name in texts:
                continue
            check = members.get(name)
            if check is not None:
                check(walk, each, (path, name))
            elif self.closed:
                walk.add(path, f"has {shown(name)}, which {self.name} does not know")
        for rule in self.rules:
            rule(walk, value, path)
        walk.depth -= 1


def shown(name: Any) -> str:
    """A member name of others' making, safe to print."""
    text = ascii(name) if isinstance(name, str) else ""
    if not text:
        return "a member whose name is not a string"
    return f"the member {text}" if len(text) <= _MAX_NAME else "a member with a very long name"
