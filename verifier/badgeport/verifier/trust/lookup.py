"""Asking every registry of a reader about one issuer, when a check wants to know and not before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from badgeport.schemas import jsontext
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import ProblemError
from badgeport.verifier.open_badges_2 import addresses
from badgeport.verifier.resolution.fetching import FetchError
from badgeport.verifier.trust import federation, forms, recognition
from badgeport.verifier.trust.sources import (
    Answer,
    Federation,
    ListedIssuer,
    RecognitionRegistry,
    Registry,
    RegistryError,
    RemoteRegistry,
    Source,
    UnreadRegistry,
)

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination

MAXIMUM_ISSUER = 2_048
"""Characters of an issuer's identifier that registries are asked about."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What the registries say of one issuer, in the order of their authority.

    ``matching`` are the entries that list it, ``read`` the names of the registries that answered either way,
    ``unread`` those that did not and why, ``notes`` what else they said.
    """

    matching: tuple[ListedIssuer, ...]
    read: tuple[str, ...]
    unread: tuple[UnreadRegistry, ...]
    notes: tuple[str, ...]


def recognize(examination: Examination, issuer: str | None) -> Recognition:
    """Ask every registry about ``issuer``, the issuer of the document under examination. Never raises.

    Documents are had through the record of the examination, which bounds them. A registry that could not be had, read
    or verified is among ``unread``: it has not said that it does not know the issuer.
    """
    trust = examination.settings.trust
    matching, read, unread, notes = [], [], list(trust.unread), []
    for source in trust.registries:
        try:
            answer = _ask(source, issuer, examination)
        except RegistryError as error:
            unread.append(UnreadRegistry(source.name, error.reason))
            continue
        read.append(source.name)
        if answer.entry is not None:
            matching.append(answer.entry)
        if answer.note is not None:
            notes.append(answer.note)
    return Recognition(tuple(matching), tuple(read), tuple(unread), tuple(notes))


def _ask(source: Source, issuer: str | None, examination: Examination) -> Answer:
    """What one registry says. Raises RegistryError."""
    if isinstance(source, Registry):
        return Answer(None if issuer is None else _entry(source, issuer, examination))
    names = [] if issuer is None else [each for each in _names(issuer, examination) if _may_be_asked(each)]
    if issuer is None or not names:
        return Answer()
    if isinstance(source, RemoteRegistry):
        entry = _entry(_remote(source, examination), issuer, examination)
        return Answer(None if entry is None else replace(entry, registry=source.name))
    if isinstance(source, Federation):
        return _ask_federation(source, names, examination)
    assert isinstance(source, RecognitionRegistry)
    return recognition.ask(source, issuer, examination)


def _entry(registry: Registry, issuer: str, examination: Examination) -> ListedIssuer | None:
    return registry.entry_at(issuer) if examination.is_open_badges_2 else registry.entry(issuer)


def _names(issuer: str, examination: Examination) -> tuple[str, ...]:
    """The names by which an issuer is asked for: as written; that of an older badge also by http and by https."""
    others = addresses.spellings(issuer) if examination.is_open_badges_2 else ()
    return tuple(dict.fromkeys((issuer, *others)))


def _ask_federation(source: Federation, names: list[str], examination: Examination) -> Answer:
    """What a federation says of an issuer by the first of its names that it lists. Raises RegistryError.

    It does not list the issuer only where it says so of every name.
    """
    failure: RegistryError | None = None
    for name in names:
        try:
            answer = federation.ask(source, name, examination)
        except RegistryError as error:
            failure = failure or error
            continue
        if answer.entry is not None:
            return answer
    if failure is not None:
        raise failure
    return Answer()


def _may_be_asked(issuer: str) -> bool:
    """Whether the text is an identifier that a registry could list: nothing else leaves this machine."""
    known = issuer.startswith(("did:", "https://", "http://", "urn:"))
    return known and len(issuer) <= MAXIMUM_ISSUER and issuer.isprintable() and not any(map(str.isspace, issuer))


def _remote(source: RemoteRegistry, examination: Examination) -> Registry:
    try:
        body = examination.shared.documents.fetch(source.url, "registry").body
    except FetchError as error:
        raise RegistryError(error.reason) from None
    try:
        return _parsed(body, source.name, examination.settings.limits)
    except ProblemError as error:
        where = f" (at {error.problem.pointer})" if error.problem.pointer else ""
        raise RegistryError(f"{error.problem.detail}{where}") from None


@lru_cache(maxsize=16)
def _parsed(body: bytes, name: str, limits: Limits) -> Registry:
    """A list of issuers, read once for as long as it stays the same."""
    return forms.listed(jsontext.parse_object(body, limits), name)
