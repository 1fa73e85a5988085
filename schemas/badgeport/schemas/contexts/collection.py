"""A fixed set of JSON-LD contexts, each held to the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.contexts.directory import read_directory
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.once import once
from badgeport.schemas.problems import CONTEXT_UNKNOWN, MALFORMED_VALUE_ERROR, ProblemError

_DATA = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class ContextEntry:
    """One context and where its file was taken from; the fields of ``manifest.json``."""

    url: str
    file: str
    sha256: str
    registry: str = ""
    """The package registry: ``npm`` or ``PyPI``; empty for a context that an operator added."""
    package: str = ""
    version: str = ""
    path: str = ""
    """The file within the package."""
    licence: str = ""
    note: str = ""
    published_sha256: str | None = None
    """The digest of the publisher's own file, which may be other bytes of equal JSON."""
    previous: tuple[ContextEntry, ...] = ()
    """Earlier editions that the publisher served at the same URL, newest first."""


class ContextStore:
    """Contexts by URL. Never changes; the ``with_…`` methods give a new store."""

    def __init__(self, entries: Mapping[str, ContextEntry], readers: Mapping[str, Callable[[], bytes]]) -> None:
        """``entries`` by URL; ``readers`` gives, for each SHA-256 in them, a function that reads the file."""
        self._entries = dict(entries)
        self._readers = dict(readers)
        self._verified: dict[str, bytes] = {}

    def __contains__(self, url: object) -> bool:
        return isinstance(url, str) and url in self._entries

    def urls(self) -> tuple[str, ...]:
        """The URLs at hand, in the order of the manifest; added ones last."""
        return tuple(self._entries)

    def entry(self, url: str) -> ContextEntry:
        """Where the context of ``url`` comes from. Raises ProblemError(CONTEXT_UNKNOWN)."""
        entry = self._entries.get(url) if isinstance(url, str) else None
        if entry is None:
            raise ProblemError(CONTEXT_UNKNOWN, f"the context {json.dumps(url)[:300]} is not bundled and was not added")
        return entry

    def data(self, url: str) -> bytes:
        """The bytes of a context, checked against its digest. Raises ProblemError(CONTEXT_UNKNOWN)."""
        entry = self.entry(url)
        data = self._verified.get(entry.sha256)
        if data is None:
            try:
                data = self._readers[entry.sha256]()
            except OSError:
                raise ProblemError(CONTEXT_UNKNOWN, f"the file of the context {url} cannot be read") from None
            if hashlib.sha256(data).hexdigest() != entry.sha256:
                raise ProblemError(CONTEXT_UNKNOWN, f"the file of the context {url} does not have its stated digest")
            self._verified[entry.sha256] = data
        return data

    def get(self, url: str) -> dict[str, Any]:
        """The context document (an object with ``@context``), a fresh copy each time.

        Raises ProblemError(CONTEXT_UNKNOWN) when it is not at hand or its file is not what the manifest pins.
        """
        # Its form was checked when it was pinned, so the plain reader is enough, and cheaper than a deep copy.
        document: dict[str, Any] = json.loads(self.data(url))
        return document

    @once
    def fingerprint(self) -> str:
        """A text that two stores share only when they hold the same bytes for the same URLs: a key for caches."""
        pins = sorted((url, entry.sha256) for url, entry in self._entries.items())
        return hashlib.sha256(json.dumps(pins).encode()).hexdigest()

    def with_previous(self, url: str) -> ContextStore:
        """This store with the next older edition at ``url``, for proofs made before the publisher changed the file.

        Raises ProblemError(CONTEXT_UNKNOWN) when no older edition is at hand.
        """
        entry = self.entry(url)
        if not entry.previous:
            raise ProblemError(CONTEXT_UNKNOWN, f"no earlier edition of the context {url} is at hand")
        older = replace(entry.previous[0], previous=entry.previous[1:])
        return ContextStore({**self._entries, url: older}, self._readers)

    def with_documents(self, documents: Mapping[str, bytes], limits: Limits = DEFAULT_LIMITS) -> ContextStore:
        """This store with further contexts, given as the bytes of each URL.

        Raises ProblemError(MALFORMED_VALUE_ERROR) when a document is not a context, or when its URL is at hand with
        other bytes: what a URL means is never replaced.
        """
        entries, readers = dict(self._entries), dict(self._readers)
        for url, data in documents.items():
            sha256 = hashlib.sha256(data).hexdigest()
            self.check_addition(url, data, limits)
            if url not in entries:
                entries[url] = ContextEntry(url=url, file=f"{sha256}.jsonld", sha256=sha256)
                readers[sha256] = _constant(data)
        return ContextStore(entries, readers)

    def with_directory(self, path: str | os.PathLike[str], limits: Limits = DEFAULT_LIMITS) -> ContextStore:
        """This store with the contexts of an operator's directory, which its ``manifest.json`` lists and pins.

        The manifest is an array of objects with ``url``, ``file`` and ``sha256``. All files are read and checked at
        once. Raises ProblemError(MALFORMED_VALUE_ERROR) when something in it is not as stated, and as `with_documents`.
        """
        return self.with_documents(read_directory(Path(path), limits), limits)

    def check_addition(self, url: str, data: bytes, limits: Limits = DEFAULT_LIMITS) -> None:
        """Refuse ``data`` as the context of ``url``: not a context document, or other bytes than those at hand.

        Raises ProblemError(MALFORMED_VALUE_ERROR).
        """
        entry = self._entries.get(url) if isinstance(url, str) else None
        if entry is not None and entry.sha256 != hashlib.sha256(data).hexdigest():
            raise ProblemError(MALFORMED_VALUE_ERROR, f"the context {url} is at hand already, with other bytes")
        try:
            document = jsontext.parse_object(data, limits)
        except ProblemError as error:
            raise ProblemError(MALFORMED_VALUE_ERROR, f"the context {url}: {error.problem.detail}") from None
        if not isinstance(document.get("@context"), dict | list):
            raise ProblemError(MALFORMED_VALUE_ERROR, f"the document for {url} has no @context object or array")


@lru_cache(maxsize=1)
def store() -> ContextStore:
    """The contexts that ship with the library."""
    entries: dict[str, ContextEntry] = {}
    readers: dict[str, Callable[[], bytes]] = {}
    for record in json.loads((_DATA / "manifest.json").read_bytes()):
        url = record["url"]
        previous = tuple(ContextEntry(url=url, **older) for older in record["previous"])
        entry = ContextEntry(**{**record, "previous": previous})
        entries[url] = entry
        for each in (entry, *previous):
            readers[each.sha256] = (_DATA / each.file).read_bytes
    return ContextStore(entries, readers)


def _constant(data: bytes) -> Callable[[], bytes]:
    return lambda: data
