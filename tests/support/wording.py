"""Every text of the page that a catalogue must have, found in the code and in the templates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import badgeport.web
from babel.messages.extract import extract_from_dir
from jinja2 import Environment

import badgeport.verifier.web
from badgeport.schemas import problems
from badgeport.verifier.web import verdicts, views
from badgeport.verifier.web.wording import CHECKS, DOUBTS, PASSED_ON, PROBLEMS, RULES, TITLES

HOME = Path(badgeport.verifier.web.__file__).parent
SHARED = Path(badgeport.web.__file__).parent
KEYWORDS = {"say": None, "keyed": None, "count": (1, 2), "_Mistake": (2,)}


def texts() -> dict[str, str]:
    """Every text and a place where it stands, in a lasting order."""
    found: dict[str, str] = {}
    for place, text in _texts():
        found.setdefault(text, place)
    return found


def _texts() -> Iterator[tuple[str, str]]:
    for case in verdicts.CASES:
        yield from (("verdicts.py", text) for text in (case.headline, case.sentence))
    for name, table in (
        ("tones", views.TONE_WORDS),
        ("verdicts", views.VERDICT_WORDS),
        ("outcomes", views.OUTCOME_WORDS),
        ("labels", views.LABELS),
        ("forms", views.FORMS),
    ):
        yield from ((f"views.py, {name}", text) for text in table.values())
    for _, question, explanation, _ids in views.GROUPS:
        yield from (("views.py, groups", text) for text in (question, explanation))
    yield from _in_code()
    yield from _in_templates()
    for table_of_checks in (CHECKS, PASSED_ON):
        for check, said in table_of_checks.items():
            yield from ((f"wording.py, {check}", text) for text in said)
    for table in (RULES, TITLES):
        yield from (("wording.py", text) for text in table.values())
    for kind in kinds():
        yield "problems.py", kind.title
        if kind.uri in PROBLEMS:
            yield from ((f"wording.py, {kind.code}", text) for text in PROBLEMS[kind.uri])
        if kind.uri in DOUBTS:
            yield from ((f"wording.py, {kind.code} left open", text) for text in DOUBTS[kind.uri])


def kinds() -> list[problems.ProblemType]:
    """Every problem type there is."""
    return [value for value in vars(problems).values() if isinstance(value, problems.ProblemType)]


def _in_code() -> Iterator[tuple[str, str]]:
    for home in (HOME, SHARED):
        found = extract_from_dir(str(home), method_map=[("*.py", "python")], keywords=KEYWORDS)
        for name, line, message, _comments, _context in found:
            for text in message if isinstance(message, tuple) else (message,):
                if text:
                    yield f"{name}:{line}", text


def _in_templates() -> Iterator[tuple[str, str]]:
    environment = Environment(extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True)
    for path in sorted((HOME / "templates").glob("*.html")):
        found = environment.extract_translations(path.read_text(encoding="utf-8"), ("_", "count"))
        for line, _function, message in found:
            for text in message if isinstance(message, tuple) else (message,):
                if isinstance(text, str):
                    yield f"{path.name}:{line}", text
