"""The labels that blank nodes are signed under (VC DI ECDSA 1.0 sections 3.4.3 and 3.4.4)."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping

from badgeport.schemas.encoding import b64url_encode

_CANONICAL_PREFIX = "_:c14n"

Relabel = Callable[[str], str]
"""From a canonical blank node (``_:c14n0``) to the signed one (``_:u…``)."""


def hmac_digest(canonical: str, key: bytes) -> bytes:
    """The 32 bytes that stand for a canonical blank node: HMAC-SHA256 of its label without ``_:``."""
    return hmac.digest(key, canonical.removeprefix("_:").encode(), hashlib.sha256)


def by_hmac(key: bytes) -> Relabel:
    """Relabel as the issuer and the holder do, who have the HMAC key."""
    return lambda canonical: signed_label(hmac_digest(canonical, key))


def by_label_map(label_map: Mapping[int, bytes]) -> Relabel:
    """Relabel as the verifier does, who has the label map of a derived proof; it has to have every number asked for."""
    return lambda canonical: signed_label(label_map[label_number(canonical)])


def label_number(canonical: str) -> int:
    """The n of ``_:c14n<n>``."""
    return int(canonical.removeprefix(_CANONICAL_PREFIX))


def signed_label(digest: bytes) -> str:
    """The blank node that is written for these 32 bytes: ``u`` and base64url."""
    return f"_:u{b64url_encode(digest)}"
