"""Asking other servers for the issuer: sign-in providers and documents that an operator or administrator named.

The same guarded client as the verifier's: https alone (this machine over plain http in development), public addresses
alone, no redirects to where something was sent, bounded in bytes and time. Nothing is kept: keys that a provider has
just changed count at once.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
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

    def post_signed(self, url: str, body: bytes, secret: bytes, now: datetime) -> None:
        """Post JSON with a signature that only who knows the secret can make or check (`signature_of`).

        Raises OutboundError where it was not answered with 200.
        """
        signature = signature_of(body, secret, int(now.timestamp()))
        headers = {"Content-Type": "application/json", "Badgeport-Signature": signature}
        try:
            self._fetcher.post(url, body, headers)
        except FetchError as error:
            raise OutboundError(error.reason) from None


def signature_of(body: bytes, secret: bytes, at: int) -> str:
    """``t=SECONDS,v1=HEX``: the time of sending (Unix seconds), and HMAC-SHA256 of it, a full stop and the body."""
    signed = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"
