"""The words of the verifier's pages and reports."""

from __future__ import annotations

from badgeport.web import words as shared
from badgeport.web.words import DEFAULT_LANGUAGE, LANGUAGES, Words, keyed, language_for

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "Words", "keyed", "language_for", "words"]


def words(language: str) -> Words:
    """The words of a language; of the default one where it is not spoken."""
    return shared.words(language, "badgeport.verifier.web")
