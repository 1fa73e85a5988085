"""Which texts are web addresses, and which of those lead to a credential rather than into a wallet."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, UNSUPPORTED
from badgeport.verifier.intake.forms import NoCredentialError

_ADDRESS = re.compile(r"https?://[^\s<>\"\\^`{|}]+", re.IGNORECASE)
_WITHOUT_SCHEME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}(?::[0-9]+)?/\S*|www\.\S+", re.IGNORECASE
)
_WALLET_SCHEME = re.compile(
    r"(?:openid[a-z0-9.+-]*|haip[a-z0-9.+-]*|eudi[a-z0-9.+-]*|dccrequest|didcomm|mdoc[a-z0-9.+-]*|iso18013[a-z0-9.+-]*):",
    re.IGNORECASE,
)
_WALLET_QUERY = frozenset(
    {"credential_offer", "credential_offer_uri", "request_uri", "vc_request_url", "presentation_definition_uri", "_oob"}
)
_LONGEST = 64 * 1024
"""Bytes beyond which a text is no address, not even one that is too long."""
_WALLET = (
    "it is an invitation to a wallet, which holds no credential; accept it in your wallet, then hand in the credential "
    "that the wallet saves"
)


def web_address(text: bytes, limits: Limits) -> str | None:
    """The web address that a text is, and nothing beside it; None where it is no address.

    Raises NoCredentialError for an address that leads to no credential: an invitation to a wallet (OpenID4VCI,
    OpenID4VP and the like), one that carries a user name, one without its ``https://``, one too long.
    """
    if len(text) > _LONGEST:
        return None
    try:
        stated = text.decode()
    except UnicodeDecodeError:
        return None
    if _WALLET_SCHEME.match(stated):
        raise NoCredentialError(UNSUPPORTED, _WALLET)
    if _WITHOUT_SCHEME.fullmatch(stated):
        raise NoCredentialError(
            PARSING_ERROR, "the input looks like a web address without its beginning; write it with https:// in front"
        )
    if not _ADDRESS.fullmatch(stated) or not stated.isprintable():
        return None
    if len(stated) > limits.iri_chars:
        raise NoCredentialError(RANGE_ERROR, f"the web address is longer than {limits.iri_chars} characters")
    scheme, _, rest = stated.partition("://")
    address = f"{scheme.lower()}://{rest}"
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
        names = {name for name, _ in parse_qsl(parts.query, max_num_fields=200)}
    except ValueError:
        raise NoCredentialError(PARSING_ERROR, "the web address is not well formed") from None
    if not host:
        raise NoCredentialError(PARSING_ERROR, "the web address names no host")
    if "@" in parts.netloc:
        raise NoCredentialError(PARSING_ERROR, "the web address carries a user name, which is not accepted")
    if not _WALLET_QUERY.isdisjoint(names):
        raise NoCredentialError(UNSUPPORTED, f"the web address holds no credential: {_WALLET}")
    return address
