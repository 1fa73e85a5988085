"""Asking other servers for the issuer: sign-in providers and documents that an operator or administrator named.

The same guarded client as the verifier's: https alone (this machine over plain http in development), public addresses
alone, no redirects to where something was sent, bounded in bytes and time. Nothing is kept: keys that a provider has
just changed count at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from badgeport.issuer.desk import OutboundError
from badgeport.verifier.resolution.fetching import FetchError
from badgeport.verifier.resolution.network import GuardedFetcher


class GuardedOutbound:
    """As `badgeport.issuer.desk.Outbound`."""

    def __init__(self, *, allow_loopback_http: bool = False) -> None:
        self._fetcher = GuardedFetcher(purposes=frozenset({"refresh"}), allow_loopback_http=allow_loopback_http)

    def get(self, url: str) -> bytes:
        """As `Outbound.get`."""
        try:
            # What is fetched for this purpose comes from its server each time.
            found = self._fetcher.fetch(url, "refresh")
        except FetchError as error:
            raise OutboundError(error.reason) from None
        if found.location is not None:
            raise OutboundError("it redirects to another address, which cannot speak for this one")
        return found.body

    def post_form(self, url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        """As `Outbound.post_form`."""
        body = urlencode(fields).encode("ascii")
        sent = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            return self._fetcher.post(url, body, sent)
        except FetchError as error:
            raise OutboundError(error.reason) from None
