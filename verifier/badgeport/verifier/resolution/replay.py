"""Documents kept from an earlier verification, so that its report can be reproduced offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from badgeport.verifier.resolution.fetching import Fetched, FetchError, Purpose


class ReplayResolver:
    """A fetcher that holds exactly the documents it was given, by URL."""

    def __init__(self, documents: Mapping[str, bytes | Fetched] | Iterable[Fetched]) -> None:
        """``documents``: the bytes (or a `Fetched`) by URL, or the fetched documents themselves."""
        if isinstance(documents, Mapping):
            self._documents = {
                url: held if isinstance(held, Fetched) else Fetched(url, held) for url, held in documents.items()
            }
        else:
            self._documents = {held.url: held for held in documents}

    def fetch(self, url: str, purpose: Purpose) -> Fetched:  # noqa: ARG002
        """The document held for ``url``. Raises FetchError where there is none."""
        held = self._documents.get(url)
        if held is None:
            raise FetchError(url, "the document was not supplied")
        return held
