"""ECDSA signatures as credentials carry them: ``r || s`` of fixed length (RFC 7518 §3.4), never DER."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from badgeport.keys.types import COORDINATE_BYTES, KeyType
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

# The order n of each curve's base point (SP 800-186 §3.2.1).
_ORDER = {
    KeyType.P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    KeyType.P384: int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
        16,
    ),
    KeyType.P521: int(
        "01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA"
        "51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409",
        16,
    ),
}


def raw_from_der(signature: bytes, key_type: KeyType) -> bytes:
    """A DER signature as ``r || s``; what key stores and OpenSSL give out comes through here.

    Raises ProblemError(MALFORMED_VALUE_ERROR) where it is not DER or its numbers do not belong to the curve.
    """
    try:
        r, s = decode_dss_signature(signature)
    except (ValueError, TypeError):
        raise ProblemError(MALFORMED_VALUE_ERROR, "the ECDSA signature is not a DER signature") from None
    if not (_in_range(r, key_type) and _in_range(s, key_type)):
        raise ProblemError(MALFORMED_VALUE_ERROR, "the ECDSA signature holds numbers that its curve does not have")
    size = COORDINATE_BYTES[key_type]
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def der_from_raw(signature: bytes, key_type: KeyType) -> bytes:
    """An ``r || s`` signature as DER.

    Raises ProblemError(MALFORMED_VALUE_ERROR) for any length but two coordinates, and for r or s outside 1..n-1.
    """
    size = COORDINATE_BYTES[key_type]
    if len(signature) != 2 * size:
        raise ProblemError(MALFORMED_VALUE_ERROR, f"the ECDSA signature is not {2 * size} bytes long")
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    if not (_in_range(r, key_type) and _in_range(s, key_type)):
        raise ProblemError(MALFORMED_VALUE_ERROR, "the ECDSA signature holds numbers that its curve does not have")
    return encode_dss_signature(r, s)


def _in_range(number: int, key_type: KeyType) -> bool:
    return 0 < number < _ORDER[key_type]
