"""Documents that a person supplied before those of the network."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from badgeport.verifier.resolution.fetching import Fetched, Fetcher, FetchError, Purpose


class Layers:
    """Asks one fetcher after the other; the last one says why there is nothing."""

    def __init__(self, *fetchers: Fetcher) -> None:
        """``fetchers`` in the order they are asked, at least one. Raises ValueError for none."""
        if not fetchers:
            raise ValueError("there is no fetcher to ask")
        self._first, self._last = fetchers[:-1], fetchers[-1]

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """The document of the first fetcher that has it. Raises FetchError, the last one's, where none has."""
        for fetcher in self._first:
            try:
                return fetcher.fetch(url, purpose)
            except FetchError:
                continue
        return self._last.fetch(url, purpose)


class Deferred:
    """A fetcher that is made when it is first asked: what needs no document pays for no client."""

    def __init__(self, make: Callable[[], Fetcher]) -> None:
        self._make = make

    @cached_property
    def _fetcher(self) -> Fetcher:
        return self._make()

    def fetch(self, url: str, purpose: Purpose) -> Fetched:
        """As the fetcher's own. Raises FetchError."""
        return self._fetcher.fetch(url, purpose)
