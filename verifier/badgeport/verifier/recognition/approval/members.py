"""Reading the members of a JSON object by name: each is had once, in the form that is asked for, and none is left over.

What is not as it should be is told with a JSON pointer and a reason, also a member that is not known, so that a
misspelt one is never dropped in silence.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from badgeport.schemas.pointer import join
from badgeport.verifier.recognition.model import Period

ALWAYS = Period()
"""Every day there is."""
MAXIMUM_TEXT = 10_000
"""The most characters that one text may have."""
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class MemberError(ValueError):
    """A member is missing, not known or not as it should be. ``pointer`` says where, ``reason`` why."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer or 'the document'}: {reason}")
        self.pointer = pointer
        self.reason = reason


class Members:
    """The members of one JSON object. ``what`` names it in reasons, ``pointer`` is where it stands."""

    def __init__(self, body: object, what: str, pointer: str = "") -> None:
        if not isinstance(body, Mapping) or not all(isinstance(name, str) for name in body):
            raise MemberError(pointer, f"{what} is not an object with named members")
        self._body: Mapping[str, Any] = body
        self._what = what
        self._asked: dict[str, None] = {}
        self.pointer = pointer

    def text(self, name: str) -> str:
        """A text that must be there and not be empty. Raises MemberError."""
        value = self.optional_text(name)
        if value is None:
            raise self.error(name, f"{self._what} has no member {name}")
        return value

    def optional_text(self, name: str) -> str | None:
        """A text, or None where the member is not there. Raises MemberError where it is something else, or empty."""
        value = self._get(name)
        return None if value is None else self._text(value, name)

    def optional_texts(self, name: str) -> tuple[str, ...] | None:
        """A list of texts, or None where the member is not there. Raises MemberError."""
        value = self._get(name)
        if value is None:
            return None
        if not isinstance(value, list | tuple):
            raise self.error(name, f"{name} is not a list")
        return tuple(self._text(each, name) for each in value)

    def optional_day(self, name: str) -> date | None:
        """A day such as ``2026-07-01``, or None where the member is not there. Raises MemberError."""
        value = self._get(name)
        if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
            return value
        try:
            return day_of(value)
        except ValueError as error:
            raise self.error(name, str(error)) from None

    def period(self) -> Period:
        """The days from ``from`` to ``until``, each of which may be missing. Raises MemberError where they cross."""
        period = Period(self.optional_day("from"), self.optional_day("until"))
        if period.start is not None and period.end is not None and period.end < period.start:
            raise self.error("until", f"the last day {period.end} is before the first day {period.start}")
        return period

    def optional_flag(self, name: str) -> bool:
        """True or false; false where the member is not there. Raises MemberError."""
        value = self._get(name)
        if value is not None and not isinstance(value, bool):
            raise self.error(name, f"{name} is neither true nor false")
        return bool(value)

    def inner(self, name: str) -> Members:
        """The members of the object that stands there. Raises MemberError."""
        return Members(self._get(name), name, self.pointer + join(name))

    def items(self, name: str) -> tuple[Members, ...]:
        """The members of each object of a list that must be there. Raises MemberError."""
        value = self._get(name)
        if not isinstance(value, list | tuple):
            raise self.error(name, f"{self._what} has no list {name}")
        return tuple(
            Members(each, f"item {index + 1} of {name}", self.pointer + join(name, index))
            for index, each in enumerate(value)
        )

    def done(self) -> None:
        """To be called last. Raises MemberError for a member that nobody asked for."""
        for name in self._body:
            if name not in self._asked:
                near = difflib.get_close_matches(name, list(self._asked), 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                raise self.error(name, f"{name} is not a member of {self._what}{hint}")

    def error(self, name: str, reason: str) -> MemberError:
        """The error about one member."""
        return MemberError(self.pointer + join(name), reason)

    def _get(self, name: str) -> Any:
        self._asked[name] = None
        return self._body.get(name)

    def _text(self, value: Any, name: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, f"{name} is not a text, or is empty")
        if len(value) > MAXIMUM_TEXT:
            raise self.error(name, f"{name} has more than {MAXIMUM_TEXT} characters")
        return value


def day_of(text: object) -> date:
    """The day of a text such as ``2026-07-01``. Raises ValueError with the reason."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise ValueError("it is not a date of the form YYYY-MM-DD")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no day {text}") from None
