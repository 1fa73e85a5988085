"""The documents of a badge, had by their addresses. Each must call itself by the address it was found at."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from badgeport.schemas import jsontext
from badgeport.schemas.problems import BADGE_DIFFERS, BADGE_UNAVAILABLE, Problem, ProblemError
from badgeport.verifier.open_badges_2 import addresses, reading
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination

_GONE = re.compile(r"answered 410\b")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Obtained:
    """A document and how it was had."""

    document: Mapping[str, Any]
    fetched: Fetched


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no document. ``gone``: its host says that it was there and was taken away (410)."""

    problem: Problem
    gone: bool = False


def obtain(
    examination: Examination, url: str, what: str, pointer: str, *, purpose: Purpose = "badge"
) -> Obtained | Missing:
    """The JSON object at an address. ``what`` names it in a problem, ``pointer`` is where the address stands."""

    def missing(why: str, *, gone: bool = False) -> Missing:
        return Missing(Problem(BADGE_UNAVAILABLE, f"{what} {url} {why}", pointer), gone)

    if addresses.parse(url) is None:
        return missing("cannot be looked up: that is no web address")
    fetched = _fetch(examination, url, purpose)
    if isinstance(fetched, FetchError):
        return missing(f"could not be had: {fetched.reason}", gone=says_gone(fetched.reason))
    if fetched.location is not None and not addresses.speaks_for(fetched.location, fetched.url):
        # Otherwise a page that forwards to any address it is given could be used to speak for its host.
        return missing(f"leads on to another host ({fetched.location[:200]}), which does not speak for it")
    try:
        body = fetched.body.removeprefix(_BYTE_ORDER_MARK)
        document = jsontext.parse_object(body, examination.settings.limits)
    except ProblemError as error:
        return missing(f"is no document of a badge: {error.problem.detail}")
    return Obtained(document, fetched)


def called(obtained: Obtained, url: str, what: str, pointer: str) -> Problem | None:
    """Why a document is not the one that was asked for: it has no id, or that of another."""
    stated = reading.id_of(obtained.document)
    if addresses.same_place(stated, url):
        return None
    if not isinstance(stated, str):
        detail = f"{what} {url} is no document of a badge: it has no id"
        return Problem(BADGE_UNAVAILABLE, detail, pointer)
    return Problem(BADGE_DIFFERS, f"what stands at {url} calls itself {stated[:200]}", pointer)


def says_gone(reason: str) -> bool:
    """Whether the reason for which a document could not be had is its host's word that it was taken away."""
    return _GONE.search(reason) is not None


def _fetch(examination: Examination, url: str, purpose: Purpose) -> Fetched | FetchError:
    """The document at an address; of one with http, where that is refused, by https."""
    documents = examination.shared.documents
    try:
        return documents.fetch(url, purpose)
    except FetchError as error:
        secure, first = addresses.secure_form(url), error
    if secure is None:
        return first
    try:
        return documents.fetch(secure, purpose)
    except FetchError as error:
        return error
