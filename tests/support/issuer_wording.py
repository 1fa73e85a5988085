"""Every text of the pages of issuer and receiver that a catalogue must have, found in the code and in the templates."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

import badgeport.issuer.web
import badgeport.receiver.web

HOMES = tuple(Path(str(room.__file__)).parent.parent for room in (badgeport.issuer.web, badgeport.receiver.web))

PLACES: dict[str, tuple[int | str, ...]] = {
    "say": (0,),
    "keyed": (0,),
    "count": (0, 1),
    "Mistake": (1, "text"),
    "add": (1, "text"),
    "refuse": (1, "text"),
    "Conflict": (0, "text"),
    "Forbidden": (0, "text"),
    "see": (2, "text"),
}
"""The functions that take texts for people, and at which places. ``add`` is that of `Mistakes`: a set's takes one."""


@cache
def texts() -> dict[str, str]:
    """Every text and a place where it stands, in a lasting order."""
    found: dict[str, str] = {}
    for place, text in _in_templates():
        found.setdefault(text, place)
    for place, text, _ in calls():
        if text is not None and not _is_only_values(text):
            found.setdefault(text, place)
    return found


@cache
def calls() -> tuple[tuple[str, str | None, str], ...]:
    """Every text that code hands on: where, the text (None where it is put together), the function."""
    return tuple(
        (f"{path.relative_to(home.parent)}:{line}", text, name)
        for home in HOMES
        for path in sorted(home.glob("*/**/*.py"))
        for line, text, name in _in_code(path.read_text(encoding="utf-8"))
    )


def _in_code(source: str) -> Iterator[tuple[int, str | None, str]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for place in PLACES.get(name, ()):
            for text in _texts_of(_argument(node, place)):
                yield node.lineno, text, name


def _argument(call: ast.Call, place: int | str) -> ast.expr | None:
    if isinstance(place, str):
        return next((each.value for each in call.keywords if each.arg == place), None)
    positional = [each for each in call.args if not isinstance(each, ast.Starred)]
    return positional[place] if place < len(positional) else None


def _texts_of(node: ast.expr | None) -> Iterator[str | None]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if node.value:
            yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield None
    elif isinstance(node, ast.IfExp):
        yield from _texts_of(node.body)
        yield from _texts_of(node.orelse)
    elif isinstance(node, ast.BoolOp):
        for each in node.values:
            yield from _texts_of(each)


def _is_only_values(text: str) -> bool:
    """A text such as ``{reason}``, which says nothing by itself."""
    return text.startswith("{") and text.endswith("}") and text.count("{") == 1


def _in_templates() -> Iterator[tuple[str, str]]:
    environment = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True)
    for path, name in _templates():
        found = environment.extract_translations(path.read_text(encoding="utf-8"), ("_", "count"))
        for line, _function, message in found:
            for text in message if isinstance(message, tuple) else (message,):
                if isinstance(text, str):
                    yield f"{name}:{line}", text


def _templates() -> Iterator[tuple[Path, str]]:
    for home in HOMES:
        folder = home / "web" / "templates"
        yield from ((path, str(path.relative_to(folder))) for path in sorted(folder.rglob("*.html")))


def words_beside() -> list[str]:
    """Words in templates that no catalogue can have: text of a page that stands outside ``_()``."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[str] = []
            self.inside: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.inside.append(tag)
            for name, value in attrs:
                if name in ("alt", "title", "placeholder", "aria-label") and _has_words(value or ""):
                    self.found.append(f"{name}={value}")

        def handle_endtag(self, tag: str) -> None:
            if tag in self.inside:
                while self.inside.pop() != tag:
                    pass

        def handle_data(self, data: str) -> None:
            if not {"script", "style", "code", "pre"} & set(self.inside) and _has_words(data):
                self.found.append(" ".join(data.split()))

    beside = []
    for path, name in _templates():
        reader = Reader()
        reader.feed(_without_jinja(path.read_text(encoding="utf-8")))
        beside += [f"{name}: {text}" for text in reader.found]
    return beside


def _without_jinja(source: str) -> str:
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}", "", source, flags=re.DOTALL)
    return re.sub(r"\{\{.*?\}\}", "", source, flags=re.DOTALL)


def _has_words(text: str) -> bool:
    # What is left of a tag that a template makes in pieces is no text.
    return '="' not in text and re.search(r"[A-Za-z]{3,}", text) is not None
