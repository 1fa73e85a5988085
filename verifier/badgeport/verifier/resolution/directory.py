"""A directory of documents to use instead of the network: key documents, status lists, key sets.

``index.json``, where there is one, is an object from URL to file name (or to ``{"file", "mediaType", "fetchedAt"}``).
Every other ``*.json`` and ``*.jwt`` file is filed under its own ``id``: a DID document under the URL of its did:web,
a status list or controlled identifier document under its id URL. What a file calls itself is its own word: where files
that differ call themselves the same, none of them is used, unless the index says which is meant. And a badge of Open
Badges 2.0 is genuine because of where it stands: that a file stands anywhere, only the index says. Every file that
cannot be used is reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from badgeport.keys import did
from badgeport.proofs.canonicalization.jcs import jcs
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.encoding import b64url_decode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    PARSING_ERROR,
    RANGE_ERROR,
    Problem,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose

INDEX = "index.json"
MEDIA_TYPES = {".json": "application/json", ".jsonld": "application/ld+json", ".jwt": "application/jwt"}
MAXIMUM_FILES = 10_000
_BY_PLACE: frozenset[Purpose] = frozenset({"badge", "credential"})
"""What is asked for to learn what stands at an address. A file does not tell that of itself."""
_OLDER_TYPES = frozenset({"Assertion", "BadgeClass"})
_OLDER_CONTEXTS = ("https://w3id.org/openbadges/", "http://w3id.org/openbadges/")
_CREDENTIAL_MARKS = frozenset({"credentialSubject", "verifiableCredential", "issuer", "holder"})
_KEY_DOCUMENT = "/did.json"


class DocumentDirectory:
    """A fetcher over the files of one directory, subdirectories included. Files are read when they are asked for.

    ``problems`` names the files that cannot be used, with the reason; a verification goes on without them.
    """

    def __init__(self, path: Path | str, *, limits: Limits = DEFAULT_LIMITS) -> None:
        """Reads the names and ids in ``path``. Raises ProblemError(PARSING_ERROR) where it is no readable directory."""
        self._root = Path(path)
        self._limits = limits
        self._documents: dict[str, Fetched] = {}
        self._by_own_word: set[str] = set()
        self._problems: list[Problem] = []
        if not self._root.is_dir():
            raise ProblemError(PARSING_ERROR, f"{path} is not a directory of documents")
        indexed = self._read_index()
        claims: dict[str, list[tuple[Path, Fetched]]] = {}
        for file in self._files():
            if file not in indexed:
                for url, document in self._read_claims(file):
                    claims.setdefault(url, []).append((file, document))
        for url, claimed in claims.items():
            self._file_by_id(url, claimed)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong with files that are not used."""
        return tuple(self._problems)

    @property
    def urls(self) -> tuple[str, ...]:
        """The URLs that documents are held for."""
        return tuple(self._documents)

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document filed under ``url``. Raises FetchError where there is none that may serve the purpose."""
        held = self._documents.get(url)
        if held is None:
            raise FetchError(url, "the document is not in the directory of documents")
        if purpose in _BY_PLACE and url in self._by_own_word:
            raise FetchError(url, f"a file in the directory of documents calls itself so, and {INDEX} does not")
        return held

    def _files(self) -> Iterator[Path]:
        count = 0
        for file in sorted(self._root.rglob("*")):
            if file.suffix.lower() not in MEDIA_TYPES or file == self._root / INDEX or not file.is_file():
                continue
            count += 1
            if count > MAXIMUM_FILES:
                self._report(self._root, RANGE_ERROR, f"only the first {MAXIMUM_FILES} files are read")
                return
            yield file

    def _read_index(self) -> set[Path]:
        index = self._root / INDEX
        if not index.is_file():
            return set()
        indexed: set[Path] = set()
        try:
            entries = jsontext.parse_object(self._bytes(index), self._limits)
        except (ProblemError, OSError) as error:
            self._report(index, PARSING_ERROR, f"the index cannot be read: {error}")
            return indexed
        for url, entry in entries.items():
            details: dict[str, Any] = entry if isinstance(entry, dict) else {"file": entry}
            try:
                indexed.add(self._file_by_index(url, details))
            except (ProblemError, OSError) as error:
                self._report(index, MALFORMED_VALUE_ERROR, f"the entry cannot be used: {error}", join(url))
        return indexed

    def _file_by_index(self, url: str, details: dict[str, Any]) -> Path:
        name, media_type, fetched_at = details.get("file"), details.get("mediaType"), details.get("fetchedAt")
        if not isinstance(name, str) or not name:
            raise ProblemError(MALFORMED_VALUE_ERROR, "it names no file")
        file = self._root / name
        if not file.resolve().is_relative_to(self._root.resolve()):
            raise ProblemError(MALFORMED_VALUE_ERROR, "the file lies outside the directory")
        if media_type is not None and not isinstance(media_type, str):
            raise ProblemError(MALFORMED_VALUE_ERROR, "mediaType is not a text")
        instant = None if fetched_at is None else parse_datetime(fetched_at)
        self._documents[url] = self._fetched(url, file, media_type, instant)
        return file

    def _read_claims(self, file: Path) -> list[tuple[str, Fetched]]:
        """The document in a file, once for each URL it calls its own."""
        try:
            body = self._bytes(file)
            urls = _urls_of(body, self._limits)
        except (ProblemError, OSError) as error:
            detail = error.problem.detail if isinstance(error, ProblemError) else "it cannot be read"
            self._report(file, PARSING_ERROR, f"the file is not used: {detail}")
            return []
        return [(url, Fetched(url, body, MEDIA_TYPES.get(file.suffix.lower()))) for url in urls]

    def _file_by_id(self, url: str, claimed: list[tuple[Path, Fetched]]) -> None:
        """File a document under a URL where all who claim the URL agree, and the index with them."""
        chosen = self._documents.get(url)
        first = self._content(claimed[0][1])
        if chosen is None and all(self._content(document) == first for _, document in claimed[1:]):
            self._documents[url] = claimed[0][1]
            self._by_own_word.add(url)
            return
        for file, document in claimed:
            if chosen is None:
                self._report(file, MALFORMED_VALUE_ERROR, f"files that differ call themselves {url}; none is used")
            elif self._content(document) != self._content(chosen):
                self._report(file, MALFORMED_VALUE_ERROR, f"the index names another file for {url}")

    def _content(self, document: Fetched) -> bytes:
        """What a document says, however it is laid out: files that differ only in white space or order are the same."""
        try:
            return jcs(jsontext.parse_object(document.body, self._limits))
        except ProblemError:
            return document.body

    def _fetched(self, url: str, file: Path, media_type: str | None, fetched_at: datetime | None) -> Fetched:
        body = self._bytes(file)
        return Fetched(url, body, media_type or MEDIA_TYPES.get(file.suffix.lower()), fetched_at)

    def _bytes(self, file: Path) -> bytes:
        if file.stat().st_size > self._limits.document_bytes:
            raise ProblemError(RANGE_ERROR, f"it is larger than {self._limits.document_bytes} bytes")
        return file.read_bytes()

    def _report(self, file: Path, kind: ProblemType, detail: str, pointer: str | None = None) -> None:
        name = file.relative_to(self._root).as_posix() if file != self._root else "."
        self._problems.append(Problem(kind, f"{name}: {detail}", pointer))


def _urls_of(body: bytes, limits: Limits) -> tuple[str, ...]:
    """The URLs a document is found under, by what it calls itself. A credential is no key document, whatever its id."""
    document = _payload(body, limits)
    if _is_of_an_older_badge(document):
        detail = f"it is a document of an Open Badges 2.0 badge, and {INDEX} does not say at which address it stands"
        raise ProblemError(MALFORMED_VALUE_ERROR, detail)
    identifier = document.get("id")
    if not isinstance(identifier, str):
        identifier = document.get("jti")
    if not isinstance(identifier, str) or not identifier:
        raise ProblemError(MALFORMED_VALUE_ERROR, "it has no id to file it under, and the index does not name it")
    credential = not body.strip().startswith(b"{") or not _CREDENTIAL_MARKS.isdisjoint(document)
    if identifier.endswith(_KEY_DOCUMENT):
        # The document that stands there has a DID as its id, and is filed by that.
        raise ProblemError(MALFORMED_VALUE_ERROR, "its id is the address of a DID document, which no document has")
    if credential and identifier.startswith("did:"):
        raise ProblemError(MALFORMED_VALUE_ERROR, "it is a credential that calls itself a key document")
    if identifier.startswith("did:web:"):
        return (identifier, did.did_web_url(identifier))
    return (identifier,)


def _is_of_an_older_badge(document: dict[str, Any]) -> bool:
    """Whether a document is one of those an Open Badges 2.0 badge rests on."""
    if "revokedAssertions" in document:
        return True
    if "verificationMethod" in document:
        return False
    types, contexts = _strings(document.get("type")), _strings(document.get("@context"))
    return not _OLDER_TYPES.isdisjoint(types) or any(each.startswith(_OLDER_CONTEXTS) for each in contexts)


def _strings(value: object) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def _payload(body: bytes, limits: Limits) -> dict[str, Any]:
    text = body.strip()
    if text.startswith(b"{"):
        return jsontext.parse_object(text, limits)
    parts = text.partition(b"~")[0].split(b".")
    if len(parts) != 3:
        raise ProblemError(PARSING_ERROR, "it is neither a JSON object nor a JWT")
    try:
        encoded = parts[1].decode("ascii")
    except UnicodeDecodeError:
        raise ProblemError(PARSING_ERROR, "it is neither a JSON object nor a JWT") from None
    payload = jsontext.parse_object(b64url_decode(encoded), limits)
    # A VCDM 1.1 credential stands in a claim of its own.
    inner = payload.get("vc")
    return {**payload, **inner} if isinstance(inner, dict) else payload
