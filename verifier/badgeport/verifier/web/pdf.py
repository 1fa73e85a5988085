"""A report on paper: a PDF to print and to file, with the words of the page and in the same order.

It is set by typst from `report.typ`. Texts are handed over as data and are never read as markup, whatever they hold;
nothing is fetched and no file but the template is read. The same view gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from badgeport.verifier.web.views import CheckGroup, CheckView, DocumentView, Fact, ProblemView, ReportView

if TYPE_CHECKING:
    from typst import Fonts, PDFStandard

_ARCHIVABLE: Final[list[PDFStandard]] = ["a-2a", "ua-1"]
_ACCESSIBLE: Final[list[PDFStandard]] = ["ua-1"]
_MAXIMUM_FACTS = 30
_MAXIMUM_CHECKS = 60
_MAXIMUM_PROBLEMS = 6
_MAXIMUM_DOCUMENTS = 200
_MAXIMUM_MEMBERS = 40
_LONG_RUN = re.compile(r"[^\s\u200b]{40}(?=[^\s\u200b])")
_BREAK = "\u200b"


def report_pdf(view: ReportView, *, language: str | None = None, made: datetime | None = None) -> bytes:
    """The report as a tagged PDF whose pages print whole on A4 and on Letter paper.

    ``language`` is the language tag of the file, that of the view unless given. ``made`` is the instant of the check
    (aware), which dates the file; with it the file is PDF/A-2a beside PDF/UA-1, fit to be kept, as long as the fonts at
    hand have every letter in it. What is very long is cut, and how much was left out is shown.
    """
    parts = list(_flat(view.members))
    data: dict[str, Any] = {
        "title": view.label("title"),
        "language": language or view.language,
        "author": view.software,
        "footer": view.label("disclaimer"),
        "labels": {name.replace("-", "_"): text for name, text in view.labels.items()},
        "view": _part(view, whole=True),
        "members": [
            {"heading": member.heading, "view": _part(member, whole=False)} for member in parts[:_MAXIMUM_MEMBERS]
        ],
        "more_members": _more(parts, _MAXIMUM_MEMBERS),
        "documents": [_document(each, view) for each in view.documents[:_MAXIMUM_DOCUMENTS]],
        "more_documents": _more(view.documents, _MAXIMUM_DOCUMENTS),
        "technical": [_row(*row) for row in _technical(view) if row[1]],
    }
    return set_in_type(_template(), data, made)


def set_in_type(template: bytes, data: Mapping[str, Any], made: datetime | None) -> bytes:
    """A tagged PDF of a template that reads ``data`` as its input "report".

    With the instant ``made`` (aware) the file is dated, and PDF/A-2a as long as the fonts at hand have every letter.
    """
    import typst

    options: dict[str, Any] = {
        "format": "pdf",
        "sys_inputs": {"report": json.dumps(data, ensure_ascii=True), "dated": "" if made is None else "yes"},
        "font_paths": fonts(),
        # Without an instant of its own the file would carry that of its making, and differ each time.
        "timestamp": made or 0,
    }
    try:
        file = typst.compile(template, pdf_standards=_ACCESSIBLE if made is None else _ARCHIVABLE, **options)
    except typst.TypstError:
        # A letter that no font at hand has: such a file may not call itself archivable, and is readable all the same.
        file = typst.compile(template, **options)
    if not isinstance(file, bytes):
        raise TypeError("one file was to be made")
    return file


def _flat(members: Iterable[ReportView]) -> Iterator[ReportView]:
    for member in members:
        yield member
        yield from _flat(member.members)


def _part(view: ReportView, *, whole: bool) -> dict[str, Any]:
    """What is said of one credential. Of a contained one, what was not asked is left out."""
    return {
        "tone": view.tone,
        "verdict": view.verdict_word,
        "headline": view.headline,
        "sentence": view.sentence,
        "cautions": [breakable(each) for each in view.cautions],
        "facts_heading": view.label("facts" if view.proved else "facts-unproved"),
        "facts": [_fact(each) for each in view.facts[:_MAXIMUM_FACTS]],
        "answers": [
            {"question": each.question, "outcome": each.outcome, "word": each.word, "sentence": each.sentence}
            for each in view.answers
        ],
        "status": [breakable(line.text) for line in view.status],
        "checked": f"{view.label('checked-at')}: {view.checked_at}" if whole else "",
        "next_steps": list(view.next_steps),
        "notices": [_problem(each) for each in view.notices[:_MAXIMUM_PROBLEMS]],
        "more_notices": _more(view.notices, _MAXIMUM_PROBLEMS),
        "groups": [_group(group, whole) for group in view.groups if group.asked or whole],
        "counts": view.counts_text,
    }


def _group(group: CheckGroup, whole: bool) -> dict[str, Any]:
    checks = (*group.asked, *group.skipped) if whole else group.asked
    return {
        "title": group.title,
        "summary": group.summary,
        "checks": [_check(check) for check in checks[:_MAXIMUM_CHECKS]],
        "more": _more(checks, _MAXIMUM_CHECKS),
    }


def _check(check: CheckView) -> dict[str, Any]:
    return {
        "outcome": check.outcome,
        "word": check.outcome_word,
        "title": check.title,
        "sentence": breakable(check.sentence),
        "problems": [_problem(each) for each in check.problems[:_MAXIMUM_PROBLEMS]],
        "more": _more(check.problems, _MAXIMUM_PROBLEMS),
    }


def _problem(problem: ProblemView) -> dict[str, str]:
    where = f" {problem.pointer}" if problem.pointer else ""
    return {
        "title": breakable(problem.title),
        "explanation": breakable(problem.explanation),
        "next_step": problem.next_step,
        "technical": breakable(f"{problem.code}{where}: {problem.detail}"),
    }


def _fact(fact: Fact) -> dict[str, str]:
    identifier = "" if fact.identifier in (fact.value, fact.note) else fact.identifier
    return {
        "label": fact.label,
        "value": breakable(fact.value),
        "note": breakable(fact.note),
        "identifier": breakable(identifier),
    }


def _document(document: DocumentView, view: ReportView) -> dict[str, str]:
    led_to = f"{view.label('led-to')}: {document.location}" if document.location else ""
    notes = [f"{view.label('fetched-at')}: {document.fetched_at}", led_to, document.stale]
    return {
        "url": breakable(document.url),
        "note": breakable(". ".join(note for note in notes if note)),
        "digest": document.sha256,
    }


def _technical(view: ReportView) -> Iterator[tuple[str, str, bool]]:
    """What tells this verification apart from others: label, value, and whether the value is a digest."""
    yield view.label("checked-at"), view.checked_at, False
    yield view.label("as-of"), view.as_of, False
    yield view.label("input"), view.input_form, False
    yield view.label("address"), view.address, False
    yield view.label("led-to"), view.led_to, False
    yield view.label("digest"), view.digest, True
    yield view.label("policy"), view.policy, False
    yield view.label("policy-digest"), view.policy_digest, True
    yield view.label("software"), view.software, False


def _row(label: str, value: str, fixed: bool) -> dict[str, Any]:
    # A digest fits on a line, and is to be copied in one piece.
    return {"label": label, "value": value if fixed else breakable(value), "fixed": fixed}


def _more(items: Sequence[object], shown: int) -> str:
    """How many of a long list were left out."""
    return f"… + {len(items) - shown}" if len(items) > shown else ""


def breakable(text: str) -> str:
    """The text with places where a very long word, such as an address or a key, may go on in the next line."""
    return _LONG_RUN.sub(lambda run: run[0] + _BREAK, text)


@cache
def _template() -> bytes:
    return files("badgeport.verifier.web").joinpath("report.typ").read_bytes()


@cache
def fonts() -> Fonts:
    """The fonts that come with typst; those of the system stand in for letters that these do not have."""
    from typst import Fonts

    return Fonts(include_system_fonts=True, include_embedded_fonts=True)
