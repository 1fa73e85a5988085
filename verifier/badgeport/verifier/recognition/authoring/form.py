"""Reading the members of a policy's objects one by one, in the form each has to have; what is wrong is gathered.

A member that is missing or wrong gives a harmless value, so that the rest is read as well and everything wrong is told
at once. No policy is made of such values: whoever reads asks `Form.findings` at the end.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Final, TypeVar

from badgeport.keys.did import parse_did
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.recognition.authoring.findings import Finding
from badgeport.verifier.recognition.authoring.reading import Node, quoted
from badgeport.verifier.recognition.model import Period

MAXIMUM_TEXT: Final = 4_000
MAXIMUM_TITLE: Final = 300
MAXIMUM_URL: Final = 2_048
MAXIMUM_WHOLE: Final = 1_000
MAXIMUM_FRACTION: Final = 6
"""Digits after the point of an amount."""
FIRST_YEAR: Final = 1900

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
"""How the parts of a policy are called: rules, lists, classes, caps, categories."""
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+")
WEB = re.compile(r"https?://[^\s<>\"{}|\\^`/?#]+[^\s<>\"{}|\\^`]*")
AREA = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]+)?")
_Found = TypeVar("_Found")


class Form:
    """What was found wrong, and where amounts stand (they are written as text in the policy's body)."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.amounts: set[str] = set()

    def say(self, node: Node, code: str, message: str) -> None:
        """Records that something is wrong at a node."""
        self.findings.append(Finding(node.line, node.pointer, code, message))

    def members(self, node: Node, what: str, known: Collection[str]) -> Members:
        """The members of an object; ``what`` names it in sentences, such as "a rule". Unknown ones are told."""
        if not isinstance(node.value, dict):
            self.say(node, "malformed", f"{_upper(what)} is written with members: {', '.join(known)}.")
            return Members(self, node, what, {})
        for name, member in node.value.items():
            if name not in known:
                self.say(member, "unknown-member", f"{_upper(what)} has no member {quoted(name)}{meant(name, known)}.")
        return Members(self, node, what, node.value)

    def named(self, node: Node | None, what: str) -> Iterator[tuple[str, Node]]:
        """The entries of an object whose names the author chose; none where there is no object."""
        if node is None:
            return
        if not isinstance(node.value, dict):
            self.say(node, "malformed", f"{_upper(what)} are written as 'name: …', one for each.")
            return
        for name, member in node.value.items():
            if not NAME.fullmatch(name):
                message = f"{quoted(name)} is no name: letters, digits, '.', '_' and '-', at most 64 of them."
                self.say(member, "name", message)
            yield name, member

    def items(self, node: Node | None, what: str, *, least: int = 0, most: int) -> tuple[Node, ...]:
        """The items of a list; none where there is no list."""
        if node is None:
            return ()
        if not isinstance(node.value, tuple):
            self.say(node, "malformed", f"{_upper(what)} are written as a list.")
            return ()
        if not least <= len(node.value) <= most:
            counted = f"{len(node.value)} entries; {least} to {most} are possible" if node.value else "no entry"
            self.say(node, "count", f"The list of {what} has {counted}.")
            return ()
        return node.value

    def text(
        self,
        node: Node,
        what: str,
        pattern: re.Pattern[str] | None = None,
        hint: str = "",
        most: int = MAXIMUM_TITLE,
    ) -> str | None:
        """A text, of a form where there is a ``pattern`` (``hint`` says which); None where it is none."""
        value = node.value
        if isinstance(value, bool | Decimal):
            self.say(node, "malformed", f"{_upper(what)} is a text: put it in quotes.")
        elif value is None or value == "":
            self.say(node, "empty-member", f"{_upper(what)} is empty: write something, or leave it out.")
        elif not isinstance(value, str):
            self.say(node, "malformed", f"{_upper(what)} is a single text.")
        elif len(value) > most:
            self.say(node, "malformed", f"{_upper(what)} is longer than {most} characters.")
        elif pattern is not None and not pattern.fullmatch(value):
            self.say(node, "malformed", f"{_upper(what)} is not {quoted(value)}: {hint}.")
        else:
            return value
        return None

    def choice(self, node: Node, what: str, among: Collection[str]) -> str | None:
        """One of some words; None where it is none of them."""
        if isinstance(node.value, str) and node.value in among:
            return node.value
        given = f"not {quoted(node.value)}" if isinstance(node.value, str) else "one word"
        listed = ", ".join(among)
        self.say(node, "malformed", f"{_upper(what)} is {given}: it is one of {listed}.")
        return None

    def did(self, node: Node, what: str) -> str | None:
        """A decentralized identifier."""
        value = self.text(node, what, most=MAXIMUM_URL)
        if value is None:
            return None
        try:
            parse_did(value)
        except ProblemError:
            self.say(node, "malformed", f"{_upper(what)} is not {quoted(value)}: it is a DID, such as did:web:….")
            return None
        return value

    def uri(self, node: Node, what: str) -> str | None:
        """An identifier: a web address, a DID, a URN."""
        return self.text(node, what, URI, "it is an identifier, such as https://… or did:web:…", MAXIMUM_URL)

    def day(self, node: Node, what: str) -> date | None:
        """A calendar day, written YYYY-MM-DD."""
        value = node.value
        if isinstance(value, str) and _DAY.fullmatch(value):
            try:
                found = date.fromisoformat(value)
            except ValueError:
                self.say(node, "no-such-day", f"{_upper(what)}: there is no day {value}.")
                return None
            if found.year >= FIRST_YEAR:
                return found
        given = quoted(value) if isinstance(value, str) else "this"
        message = f"{_upper(what)} is not {given}: it is a day written as 2026-07-01, not before {FIRST_YEAR}."
        self.say(node, "malformed", message)
        return None

    def amount(self, node: Node, what: str) -> Decimal | None:
        """An amount above 0, a number or the text of one; its place is kept in ``amounts``."""
        value = node.value
        if isinstance(value, str) and _AMOUNT.fullmatch(value):
            value = Decimal(value)
        if isinstance(value, bool) or not isinstance(value, Decimal):
            self.say(node, "malformed", f"{_upper(what)} is a number, such as 1 or 0.5.")
            return None
        if value <= 0:
            self.say(node, "amount", f"{_upper(what)} is {plain_number(value)}; it must be more than 0.")
            return None
        plain = plain_number(value)
        if len(plain.partition(".")[2]) > MAXIMUM_FRACTION or len(plain) > MAXIMUM_FRACTION + 13:
            message = f"{_upper(what)} has more than {MAXIMUM_FRACTION} digits after the point, or is too large."
            self.say(node, "amount", message)
            return None
        self.amounts.add(node.pointer)
        return value

    def whole(self, node: Node, what: str) -> int | None:
        """A whole number of at least 1."""
        value = node.value
        if isinstance(value, Decimal) and value == value.to_integral_value() and 1 <= value <= MAXIMUM_WHOLE:
            return int(value)
        self.say(node, "malformed", f"{_upper(what)} is a whole number from 1 to {MAXIMUM_WHOLE}.")
        return None

    def truth(self, node: Node, what: str) -> bool | None:
        """true or false."""
        if isinstance(node.value, bool):
            return node.value
        self.say(node, "malformed", f"{_upper(what)} is true or false.")
        return None

    def each(self, nodes: Iterable[Node], read: Callable[[Node], _Found | None]) -> tuple[_Found, ...]:
        """What was read of each of several nodes, without those that could not be."""
        return tuple(found for found in map(read, nodes) if found is not None)

    def unique(self, nodes: Iterable[tuple[str, Node]], what: str) -> None:
        """Tells each of several names that was there before."""
        seen: dict[str, Node] = {}
        for name, node in nodes:
            if name in seen:
                before = seen[name].line
                where = f"line {before}" if before is not None else seen[name].pointer
                self.say(node, "duplicate", f"{_upper(what)} {quoted(name)} is there already, in {where}.")
            else:
                seen[name] = node


class Members:
    """The members of one object."""

    def __init__(self, form: Form, node: Node, what: str, values: Mapping[str, Node]) -> None:
        self.form, self.node, self._what, self._values = form, node, what, values

    def get(self, name: str) -> Node | None:
        """A member that may be left out; one without a value is told, and counts as left out."""
        node = self._values.get(name)
        if node is not None and node.value is None:
            self.form.say(node, "empty-member", f"'{name}' is empty: write something, or leave it out.")
            return None
        return node

    def need(self, name: str, code: str = "missing", why: str = "") -> Node | None:
        """A member that has to be there; ``code`` and ``why`` for the finding where it is not."""
        node = self._values.get(name)
        if node is not None and node.value is not None:
            return node
        if isinstance(self.node.value, dict):
            lacks = "has no" if node is None else "has an empty"
            message = f"{_upper(self._what)} {lacks} '{name}'{f': {why}' if why else ''}."
            self.form.say(node or self.node, code, message)
        return None

    def text(self, name: str, *, most: int = MAXIMUM_TITLE) -> str:
        """A text that has to be there."""
        node = self.need(name)
        return "" if node is None else self.form.text(node, f"'{name}'", most=most) or ""

    def note(self, name: str, *, most: int = MAXIMUM_TEXT) -> str | None:
        """A text that may be left out."""
        node = self.get(name)
        return None if node is None else self.form.text(node, f"'{name}'", most=most)

    def name(self, name: str) -> str:
        """A name by which other parts of the policy call this one; it has to be there."""
        node = self.need(name)
        hint = "letters, digits, '.', '_' and '-', at most 64 of them"
        return "" if node is None else self.form.text(node, f"'{name}'", NAME, hint) or ""

    def read(self, name: str, reader: Callable[[Node, str], _Found | None]) -> _Found | None:
        """A member that may be left out, by one of the readers of `Form`."""
        node = self.get(name)
        return None if node is None else reader(node, f"'{name}'")

    def needed(self, name: str, reader: Callable[[Node, str], _Found | None]) -> _Found | None:
        """A member that has to be there, by one of the readers of `Form`."""
        node = self.need(name)
        return None if node is None else reader(node, f"'{name}'")

    def period(self) -> Period:
        """The days from ``from`` to ``until``."""
        start, end = self.read("from", self.form.day), self.read("until", self.form.day)
        if start is not None and end is not None and end < start:
            message = f"The period ends on {end}, before it starts on {start}: no day belongs to it."
            self.form.say(self._values["until"], "empty-period", message)
        return Period(start, end)


def plain_number(value: Decimal) -> str:
    """A number without exponent and without zeros at the end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def meant(name: str, known: Iterable[str]) -> str:
    """A question to add, in brackets, where a name is close to a known one."""
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.75) if len(name) <= 64 else []
    return f" (was '{close[0]}' meant?)" if close else ""


def _upper(what: str) -> str:
    return what[:1].upper() + what[1:]
