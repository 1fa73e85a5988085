"""Documents kept from an earlier verification, so that its report can be reproduced offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from badgeport.verifier.resolution.fetching import Failure, Fetched, FetchError, Purpose


class ReplayResolver:
    """A fetcher that holds exactly the documents it was given, by URL."""

    def __init__(
        self, documents: Mapping[str, bytes | Fetched] | Iterable[Fetched], failures: Iterable[Failure] = ()
    ) -> None:
        """``documents``: the bytes (or a `Fetched`) by URL, or the fetched documents themselves.

        ``failures``: what could not be had then, which fails now for the same reason.
        """
        if isinstance(documents, Mapping):
            self._documents = {
                url: held if isinstance(held, Fetched) else Fetched(url, held) for url, held in documents.items()
            }
        else:
            self._documents = {held.url: held for held in documents}
        self._failures = {(failure.url, failure.purpose): failure.reason for failure in failures}

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document held for ``url``. Raises FetchError where there is none."""
        reason = self._failures.get((url, purpose))
        held = self._documents.get(url)
        if reason is not None or held is None:
            raise FetchError(url, reason or "the document was not supplied")
        return held
