"""The one way the verifier reaches a document by its URL, and what it keeps of it.

A fetcher answers with the bytes or raises `FetchError`, and nothing else: what could not be had leads to an unknown
outcome, never to a failed or a passed one.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier.report import DocumentUsed

Purpose: TypeAlias = Literal[
    "credential",
    "controller",
    "key",
    "key-set",
    "status-list",
    "revocation-list",
    "refresh",
    "registry",
    "badge",
    "schema",
    "resource",
    "issuer-page",
]
"""Why a document is wanted; a fetcher may refuse a purpose its reader did not allow.

``credential`` is the address a person handed in; ``badge`` is a document of an Open Badges 2.0 badge.
"""

SAME_HOST: frozenset[Purpose] = frozenset(
    {"controller", "key", "key-set", "status-list", "revocation-list", "registry"}
)
"""Whoever speaks for a key, a status or a registry speaks from the host that was named, not from where it sends one."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as obtained.

    ``fetched_at`` is when it left its publisher's host, where that is known. ``stale`` says, in a plain phrase, why an
    older copy was taken although its time was over (its server was down). ``location`` is where redirects led, if any.
    """

    url: str
    body: bytes = field(repr=False)
    media_type: str | None = None
    fetched_at: datetime | None = None
    stale: str | None = None
    location: str | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 of the body, hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


class FetchError(Exception):
    """A document could not be had. ``reason`` is a plain phrase for a person; it holds no secret."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason


class Fetcher(Protocol):
    """Gets a document by URL."""

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document at ``url``. Raises FetchError, and no other error, where it cannot be had or is not allowed."""
        ...


class NoNetwork:
    """The fetcher of an offline verification: it has nothing."""

    def fetch(self, url: str, purpose: Purpose) -> Fetched:  # noqa: ARG002
        """Raises FetchError, always."""
        raise FetchError(url, "the verification is offline and the document was not supplied")


@dataclass(frozen=True, slots=True)
class Failure:
    """A document that was asked for and could not be had, and why."""

    url: str
    purpose: Purpose
    reason: str


class Recorder:
    """A fetcher that asks another one for each URL once, and keeps a record of every answer it got.

    What was had for one purpose serves for another, but where a redirect led to another host never for one of
    `SAME_HOST`: one part of an input could otherwise bring about what another is believed for. What one input may cause
    is bounded by ``limits``: how many documents are asked for, how long that takes, and how much they hold together.
    """

    def __init__(self, fetcher: Fetcher, limits: Limits = DEFAULT_LIMITS) -> None:
        self._fetcher = fetcher
        self._limits = limits
        self._held: dict[str, Fetched] = {}
        self._failures: dict[tuple[str, Purpose], Failure] = {}
        self._bytes = 0
        self._seconds = 0.0

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document at ``url``, the same bytes each time. Raises FetchError."""
        failure = self._failures.get((url, purpose))
        if failure is None:
            answer: Fetched | str = self._held.get(url) or self._ask(url, purpose)
            if isinstance(answer, Fetched):
                answer = _out_of_place(url, answer.location, purpose) or answer
            if isinstance(answer, Fetched):
                self._held[url] = answer
                return answer
            failure = self._failures[url, purpose] = Failure(url, purpose, answer)
        raise FetchError(url, failure.reason)

    def documents(self) -> tuple[DocumentUsed, ...]:
        """The documents obtained so far, in the order they were first asked for."""
        return tuple(
            DocumentUsed(url, held.sha256, held.fetched_at, held.stale, held.location)
            for url, held in self._held.items()
        )

    def bodies(self) -> dict[str, Fetched]:
        """The documents obtained so far by URL."""
        return dict(self._held)

    def failures(self) -> tuple[Failure, ...]:
        """What could not be had: with `bodies` all that a `ReplayResolver` needs to repeat the verification."""
        return tuple(self._failures.values())

    def _ask(self, url: str, purpose: Purpose) -> Fetched | str:
        """The document, or the reason why there is none."""
        if len(self._held) + len(self._failures) >= self._limits.fetches:
            return "too many documents were asked for"
        if self._seconds >= self._limits.fetch_seconds:
            return "the time for looking things up was used up"
        if self._bytes >= self._limits.fetched_bytes:
            return "the documents asked for are too large all together"
        started = time.monotonic()
        try:
            fetched = self._fetcher.fetch(url, purpose)
        except FetchError as error:
            return error.reason
        except Exception as error:
            # A fetcher that breaks its promise must not decide a verdict.
            return f"the fetcher broke ({type(error).__name__})"
        finally:
            self._seconds += time.monotonic() - started
        self._bytes += len(fetched.body)
        if len(fetched.body) > self._limits.input_bytes:
            return f"the document is larger than {self._limits.input_bytes} bytes"
        return fetched


def _out_of_place(url: str, location: str | None, purpose: Purpose) -> str | None:
    """Why a document may not be used for a purpose: it came from another host, which cannot speak for the one named."""
    if location is None or purpose not in SAME_HOST:
        return None
    from badgeport.verifier.resolution.addresses import AddressError, parse_web_address

    try:
        asked, found = (parse_web_address(each, loopback_http=True) for each in (url, location))
    except AddressError:
        return "it was had from another address, which cannot speak for this one"
    if found.origin == asked.origin:
        return None
    return f"it redirects to another host, {found.authority}, which cannot speak for this one"
