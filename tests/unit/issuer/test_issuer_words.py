"""The words of the issuer's pages: every text in every language, and each said once and whole."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Formatter

import pytest
from babel.messages.pofile import read_po
from badgeport.web.words import DEFAULT_LANGUAGE, LANGUAGES

from support import issuer_wording as wording
from support import wording as verifier_wording

ROOMS = ("badgeport.issuer.web", "badgeport.receiver.web")
OTHERS = [code for code in LANGUAGES if code != DEFAULT_LANGUAGE]

ALIKE = {"No", "Portfolio", "Error", "Editor", "Total", "{day}, {time} UTC"}
"""What is written alike in English and Spanish."""


def catalogues(code: str, room: str) -> dict[str, dict[str, str]]:
    """The catalogues of a room by name."""
    folder = files(room).joinpath("locale", code, "LC_MESSAGES")
    held: dict[str, dict[str, str]] = {}
    for file in sorted((each for each in folder.iterdir() if each.name.endswith(".po")), key=lambda each: each.name):
        with file.open("rb") as stream:
            entries = [entry for entry in read_po(stream, locale=code) if entry.id]
        assert not [entry.id for entry in entries if entry.fuzzy], file.name
        held[file.name] = {str(entry.id): str(entry.string) for entry in entries}
    return held


def every(code: str) -> dict[str, str]:
    """Every text of the catalogues of both rooms."""
    return {text: said for held in held_by(code) for text, said in held.items()}


def held_by(code: str) -> list[dict[str, str]]:
    """The catalogues of the issuer and of the receiver."""
    return [held for room in ROOMS for held in catalogues(code, room).values()]


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("code", OTHERS)
def test_every_text_is_in_every_language(code: str) -> None:
    held = every(code)
    shared = {text for one in catalogues(code, "badgeport.verifier.web").values() for text in one}
    wanted = wording.texts()
    assert len(wanted) > 500
    assert {text: place for text, place in wanted.items() if not held.get(text) and text not in shared} == {}


@pytest.mark.parametrize("code", OTHERS)
def test_no_translation_is_of_a_text_that_is_gone(code: str) -> None:
    wanted = set(wording.texts()) | set(verifier_wording.texts())
    assert sorted(text for text in every(code) if text not in wanted) == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_text_is_translated_alike_wherever_it_stands(code: str) -> None:
    said: dict[str, set[str]] = {}
    for held in held_by(code):
        for text, translation in held.items():
            said.setdefault(text, set()).add(translation)
    assert {text: sorted(found) for text, found in said.items() if len(found) > 1} == {}


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_the_names_in_a_text(code: str) -> None:
    assert [text for text, said in every(code).items() if names_in(text) != names_in(said)] == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_are_not_the_english_text(code: str) -> None:
    assert {text for text, said in every(code).items() if text == said and re.search("[a-z]{3}", text)} <= ALIKE


def test_no_text_is_put_together_from_pieces() -> None:
    """What is put together where it is said is in no catalogue: values go into ``{names}``."""
    assert [f"{place} {name}" for place, text, name in wording.calls() if text is None] == []


def test_no_word_of_a_page_stands_outside_the_catalogues() -> None:
    known = {
        "Badgeport",
        "English",
        "Español",
        "CSV",
        "JSON",
        "QR",
        "PDF",
        "PNG",
        "SVG",
        "LinkedIn",
        "DID",
        "· Badgeport",
        "aria-label=Badgeport",
        "SHA-256",
    }
    beside = [text for text in wording.words_beside() if text.partition(": ")[2] not in known]
    assert beside == []


def test_american_spelling() -> None:
    british = re.compile(r"\b(organis|catalogue|recognis|colour|centre|enrolment|licence|programme)", re.IGNORECASE)
    assert {text: place for text, place in wording.texts().items() if british.search(text)} == {}
