"""The one way the verifier reaches a document by its URL, and what it keeps of it.

A fetcher answers with the bytes or raises `FetchError`, and nothing else: what could not be had leads to an unknown
outcome, never to a failed or a passed one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier.report import DocumentUsed

Purpose: TypeAlias = Literal["controller", "key", "key-set", "status-list", "revocation-list", "schema", "resource"]
"""Why a document is wanted; a fetcher may refuse a purpose its reader did not allow."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as obtained. ``fetched_at`` is when it left its publisher's host, where that is known."""

    url: str
    body: bytes = field(repr=False)
    media_type: str | None = None
    fetched_at: datetime | None = None

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


class Recorder:
    """A fetcher that asks another one for each URL once, and keeps a record of every document that was used."""

    def __init__(self, fetcher: Fetcher, limits: Limits = DEFAULT_LIMITS) -> None:
        self._fetcher = fetcher
        self._limits = limits
        self._answers: dict[str, Fetched | FetchError] = {}

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document at ``url``, the same bytes each time. Raises FetchError."""
        answer = self._answers.get(url)
        if answer is None:
            answer = self._answers[url] = self._ask(url, purpose)
        if isinstance(answer, FetchError):
            raise FetchError(answer.url, answer.reason)
        return answer

    def documents(self) -> tuple[DocumentUsed, ...]:
        """The documents obtained so far, in the order they were first asked for."""
        return tuple(
            DocumentUsed(url, answer.sha256, answer.fetched_at)
            for url, answer in self._answers.items()
            if isinstance(answer, Fetched)
        )

    def bodies(self) -> dict[str, Fetched]:
        """The documents obtained so far by URL: what a `ReplayResolver` needs to repeat the verification offline."""
        return {url: answer for url, answer in self._answers.items() if isinstance(answer, Fetched)}

    def _ask(self, url: str, purpose: Purpose) -> Fetched | FetchError:
        if len(self._answers) >= self._limits.members:
            return FetchError(url, "too many documents were asked for")
        try:
            fetched = self._fetcher.fetch(url, purpose)
        except FetchError as error:
            return error
        except Exception as error:
            # A fetcher that breaks its promise must not decide a verdict.
            return FetchError(url, f"the fetcher broke ({type(error).__name__})")
        if len(fetched.body) > self._limits.input_bytes:
            return FetchError(url, f"the document is larger than {self._limits.input_bytes} bytes")
        return fetched
