"""The languages of the pages: texts, dates and numbers.

The texts in code and templates are English and at the same time the keys of the catalogues (gettext ``.po`` files below
``locale`` in each room that has pages), which are read once. What a catalogue lacks is said in English; a test holds
that none lacks a text. Dates and numbers follow the language (CLDR, through Babel).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from babel import Locale, dates, numbers
from babel.messages.pofile import read_po

LANGUAGES: Mapping[str, str] = MappingProxyType({"en": "English", "es": "Español"})
"""The languages the page speaks, each by its own name; the first one is spoken where a reader asks for none of them."""

DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class Words:
    """One language: its texts, dates and numbers."""

    language: str
    locale: Locale
    texts: Mapping[str, str] = field(repr=False)

    def say(self, text: str, **values: object) -> str:
        """The text in this language, with ``{names}`` in it replaced by ``values``."""
        said = self.texts.get(text, text)
        return said.format(**values) if values else said

    def count(self, one: str, many: str, number: int, **values: object) -> str:
        """``one`` or ``many``, as the number asks (both languages have these two forms); ``{n}`` is the number."""
        return self.say(one if number == 1 else many, n=self.number(number), **values)

    def number(self, number: int) -> str:
        """A whole number."""
        return numbers.format_decimal(number, locale=self.locale)

    def size(self, size: int) -> str:
        """About how many bytes, in whole units of which there is at least one."""
        step = 0 if size < 1000 else min(3, int(math.log(size, 1000)))
        return f"{self.number(size // 1000**step)} {('B', 'kB', 'MB', 'GB')[step]}"

    def day(self, instant: datetime) -> str:
        """A date written out (in UTC)."""
        return dates.format_date(_utc(instant).date(), "long", locale=self.locale)

    def moment(self, instant: datetime) -> str:
        """A date with the time of day and its zone, which is always UTC."""
        clock = dates.format_time(_utc(instant).time(), "short", locale=self.locale)
        return self.say("{day}, {time} UTC", day=self.day(instant), time=clock.replace("\u202f", "\u00a0"))


def keyed(text: str) -> str:
    """The text itself: marks a text of the catalogues that is said elsewhere."""
    return text


def _utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


@cache
def words(language: str, *rooms: str) -> Words:
    """The words of a language of `LANGUAGES`, with the texts of ``rooms`` (packages that hold ``locale``).

    Where there is no such language it is the default one.
    """
    code = language if language in LANGUAGES else DEFAULT_LANGUAGE
    texts: dict[str, str] = {}
    for room in rooms:
        texts |= _catalogue(code, room)
    return Words(code, Locale.parse(code), MappingProxyType(texts))


def _catalogue(code: str, room: str) -> dict[str, str]:
    """The texts of a room's catalogues. English has none: its texts are the keys."""
    if code == DEFAULT_LANGUAGE:
        return {}
    texts: dict[str, str] = {}
    folder = files(room).joinpath("locale", code, "LC_MESSAGES")
    for file in sorted((entry for entry in folder.iterdir() if entry.name.endswith(".po")), key=lambda one: one.name):
        with file.open("rb") as stream:
            entries = read_po(stream, locale=code)
        texts |= {
            str(entry.id): str(entry.string) for entry in entries if entry.id and entry.string and not entry.fuzzy
        }
    return texts


def language_for(wanted: str | None, accepted: str) -> str:
    """The language to speak: the one ``wanted`` if it is spoken, else the first choice of an ``Accept-Language``."""
    if wanted is not None and wanted in LANGUAGES:
        return wanted
    choices = []
    for place, part in enumerate(accepted[:500].split(",")[:20]):
        tag, _, parameter = part.strip().partition(";")
        quality = _quality(parameter)
        code = tag.strip().lower().partition("-")[0]
        if code in LANGUAGES and quality > 0:
            choices.append((-quality, place, code))
    return min(choices)[2] if choices else DEFAULT_LANGUAGE


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        quality = float(value)
    except ValueError:
        return 0.0
    return quality if 0 <= quality <= 1 else 0.0
