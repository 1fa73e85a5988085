"""From an identifier to the document that says which keys are its own (CID 1.0 §3.4; DID methods key, jwk and web)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from badgeport.keys import did
from badgeport.keys.cid import KeyDocument, lists_keys
from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.once import once
from badgeport.schemas.problems import (
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID,
    INVALID_VERIFICATION_METHOD_URL,
    KEY_UNAVAILABLE,
    Problem,
    ProblemError,
)
from badgeport.verifier.resolution.fetching import Fetcher, FetchError


@dataclass(frozen=True)
class Controller:
    """A controlled identifier document: the identifier it was found under, its URL (None offline), and its content."""

    id: str
    url: str | None
    document: dict[str, Any] = field(repr=False)
    limits: Limits = field(default=DEFAULT_LIMITS, repr=False)

    @property
    def keys(self) -> KeyDocument:
        """The keys in the document, read once. Raises ProblemError as `KeyDocument`."""
        if isinstance(self._keys, Problem):
            raise ProblemError(self._keys.type, self._keys.detail, self._keys.pointer)
        return self._keys

    @once
    def _keys(self) -> KeyDocument | Problem:
        try:
            return KeyDocument(self.document, self.id, self.limits)
        except ProblemError as error:
            return error.problem


def resolve_did(identifier: str, fetcher: Fetcher, *, limits: Limits = DEFAULT_LIMITS) -> Controller:
    """The document of a DID: computed for did:key and did:jwk, fetched for did:web.

    Raises ProblemError: KEY_UNAVAILABLE where it could not be had, which includes a DID method that is not known here
    and an answer that is no key document at all (an error page); INVALID_VERIFICATION_METHOD_URL for what is not a DID;
    INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID for a document that names another identifier.
    """
    offline = _offline(identifier, limits)
    if offline is not None:
        return offline
    parsed = did.parse_did(identifier)
    if parsed.method != "web":
        raise ProblemError(KEY_UNAVAILABLE, f"identifiers of the method did:{parsed.method} cannot be resolved here")
    return _fetched(identifier, did.did_web_url(identifier), fetcher, limits)


@lru_cache(maxsize=1024)
def _offline(identifier: str, limits: Limits) -> Controller | None:
    """The document of a did:key or did:jwk, which its text alone decides; issuers sign many badges."""
    document = did.resolve_offline(identifier)
    return None if document is None else Controller(identifier, None, document, limits)


def resolve_controller(identifier: str, fetcher: Fetcher, *, limits: Limits = DEFAULT_LIMITS) -> Controller:
    """As `resolve_did`, also for an https identifier, whose document stands at that URL."""
    if identifier.startswith("did:"):
        return resolve_did(identifier, fetcher, limits=limits)
    if not identifier.startswith(("https://", "http://")) or "#" in identifier:
        raise ProblemError(INVALID_VERIFICATION_METHOD_URL, "the identifier is neither a DID nor a web address")
    return _fetched(identifier, identifier, fetcher, limits)


def _fetched(identifier: str, url: str, fetcher: Fetcher, limits: Limits) -> Controller:
    try:
        body = fetcher.fetch(url, "controller").body
    except FetchError as error:
        raise ProblemError(KEY_UNAVAILABLE, f"the key document {url} could not be had: {error.reason}") from None
    try:
        document = jsontext.parse_object(body, limits)
    except ProblemError as error:
        # A server that is down answers with a page of its own; that says nothing about the key.
        raise ProblemError(KEY_UNAVAILABLE, f"{url} answered with no key document: {error.problem.detail}") from None
    stated = document.get("id")
    if not isinstance(stated, str):
        raise ProblemError(KEY_UNAVAILABLE, f"{url} answered with no key document: it has no id")
    if did.comparable(stated) != did.comparable(identifier):
        if not (lists_keys(document) and stated.startswith(("did:", "https://", "http://"))):
            raise ProblemError(KEY_UNAVAILABLE, f"{url} answered with no key document: it lists no keys")
        raise ProblemError(
            INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID, f"the key document {url} does not name {identifier} as its id"
        )
    return Controller(identifier, url, document, limits)
