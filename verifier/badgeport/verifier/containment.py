"""Credentials inside a document: endorsements wherever they stand, CLR members, and what a presentation shows.

Each is examined by itself, with the same checks and the same policy (checks rows 42 and 43). Depth and number are
bounded over the whole input, so that no nesting of credentials in credentials costs more than the limits allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from badgeport.schemas import jsontext
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, Problem, ProblemError

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination
    from badgeport.verifier.report import VerificationReport

MAXIMUM_PLACES_DEPTH = 64
"""How deep a document is searched, as deep as the reader lets a document be."""

_ENDORSEMENTS = frozenset({"endorsement", "endorsementJwt"})
DIGESTS = frozenset({"digestSRI", "digestMultibase"})
"""The members that state the digest of a resource (VCDM 2.0 §5.3)."""
_MEMBERS = "verifiableCredential"
_WANTED = _ENDORSEMENTS | DIGESTS | {_MEMBERS}
# A text without escaped letters in which none of these stands holds no member of such a name.
_TRACES = (b"endorsement", b"digest", _MEMBERS.encode())
_CLOSED = frozenset({"proof", "@context"})


@dataclass(frozen=True, slots=True)
class Contained:
    """A contained credential: where it stands, its report, or why it was not examined."""

    pointer: str
    report: VerificationReport | None
    examination: Examination | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contained credential stands and what it is there: an object, or the text of a JWT."""

    pointer: str
    value: Any


def examine_endorsements(examination: Examination) -> tuple[Contained, ...]:
    """Every endorsement of the credential, its achievement, its issuer and other profiles in it."""
    return tuple(_examine(examination, place, "endorsement") for place in _placed(examination, _ENDORSEMENTS))


def examine_members(examination: Examination) -> tuple[Contained, ...]:
    """Every credential that a presentation shows or an envelope contains, whatever the document calls itself."""
    return tuple(_examine(examination, place, "member") for place in _placed(examination, {_MEMBERS}))


def contains_members(examination: Examination) -> bool:
    """Whether there is any such credential; none is examined for the answer."""
    return next(_placed(examination, {_MEMBERS}), None) is not None


def _examine(examination: Examination, place: Place, role: Literal["endorsement", "member"]) -> Contained:
    from badgeport.verifier.pipeline import run

    try:
        examination.check_budget()
        data = place.value.encode() if isinstance(place.value, str) else jsontext.dump(place.value)
    except ProblemError as error:
        return Contained(place.pointer, None, problem=Problem(error.problem.type, error.problem.detail, place.pointer))
    except UnicodeEncodeError:
        problem = Problem(MALFORMED_VALUE_ERROR, "the contained credential is not text", place.pointer)
        return Contained(place.pointer, None, problem=problem)
    child = examination.child(data, role, place.pointer)
    return Contained(place.pointer, run(child), child)


def _placed(examination: Examination, names: Set[str]) -> Iterator[Place]:
    """What stands under these names, in document order. What a contained document contains is its own examination's."""
    for name, place in examination.places:
        if name in names:
            yield from _places_of(place.value, place.pointer)


def find_places(document: Mapping[str, Any], text: bytes | None = None) -> tuple[tuple[str, Place], ...]:
    """Every contained credential, every endorsement and every stated digest at any depth, by member name.

    Contained documents are not looked into: they are examined by themselves. ``text`` is the JSON text of all of the
    document; one in which none of the names stands need not be searched member by member.
    """
    if text is not None and not (b"\\" in text and b"\\u" in text) and not any(trace in text for trace in _TRACES):
        return ()
    found: list[tuple[str, Place]] = []
    path: list[str | int] = []

    def walk(steps: Iterable[tuple[Any, Any]], wanted: bool) -> None:
        for step, inner in steps:
            if wanted and step in _WANTED:
                found.append((step, Place(join(*path, step), inner)))
                continue
            kind = type(inner)
            if (kind is not dict and kind is not list) or step in _CLOSED or len(path) >= MAXIMUM_PLACES_DEPTH:
                continue
            path.append(step)
            if kind is dict:
                walk(inner.items(), not _WANTED.isdisjoint(inner))
            else:
                walk(enumerate(inner), False)
            path.pop()

    walk(document.items(), True)
    return tuple(found)


def _places_of(value: Any, pointer: str) -> Iterator[Place]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield Place(f"{pointer}/{index}", item)
    elif value is not None:
        yield Place(pointer, value)
