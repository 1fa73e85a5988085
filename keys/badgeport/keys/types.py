"""The kinds of key Badgeport knows, and the constants that follow from the kind alone."""

from __future__ import annotations

from enum import StrEnum

from badgeport.schemas.problems import UNSUPPORTED, ProblemError


class KeyType(StrEnum):
    """A kind of signature key. The signature algorithm follows from it, never from a message header."""

    ED25519 = "ed25519"
    P256 = "p256"
    P384 = "p384"
    P521 = "p521"
    """Verified only: no Data Integrity suite or Open Badges profile signs with it."""
    RSA = "rsa"

    # That of the text, which is what it equals; the one of enumerations is worked out in Python each time.
    __hash__ = str.__hash__


SIGNING_KEY_TYPES = (KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.RSA)
"""The key types that new keys are made with."""

RSA_MINIMUM_BITS = 2048
RSA_MAXIMUM_BITS = 8192
RSA_EXPONENTS = range(65537, 1 << 64, 2)
"""Accepted public exponents: odd, from 65537 (FIPS 186-5 §5.4), to what OpenSSL verifies at every modulus size."""

PUBLIC_MULTICODEC = {
    KeyType.ED25519: b"\xed\x01",
    KeyType.P256: b"\x80\x24",
    KeyType.P384: b"\x81\x24",
    KeyType.P521: b"\x82\x24",
    KeyType.RSA: b"\x85\x24",
}
"""The multicodec varint before the raw public key in a Multikey (Controlled Identifiers 1.0 §2.2.2)."""

PRIVATE_MULTICODEC = {
    KeyType.ED25519: b"\x80\x26",
    KeyType.P256: b"\x86\x26",
    KeyType.P384: b"\x87\x26",
    KeyType.P521: b"\x88\x26",
    KeyType.RSA: b"\x85\x26",
}
"""The multicodec varint before the raw private key in a ``secretKeyMultibase``."""

COORDINATE_BYTES = {KeyType.P256: 32, KeyType.P384: 48, KeyType.P521: 66}
"""Length of one coordinate, and of each half of a signature, on the NIST curves."""

JWK_CURVE = {KeyType.ED25519: "Ed25519", KeyType.P256: "P-256", KeyType.P384: "P-384", KeyType.P521: "P-521"}
"""The ``crv`` of a JWK (RFC 7518 §6.2.1.1, RFC 8037 §2)."""

_JOSE_ALGORITHMS = {
    KeyType.ED25519: ("EdDSA", "Ed25519"),
    KeyType.P256: ("ES256",),
    KeyType.P384: ("ES384",),
    KeyType.P521: ("ES512",),
    KeyType.RSA: ("RS256",),
}


def jose_algorithm(key_type: KeyType) -> str:
    """The JWS ``alg`` written for keys of this type: EdDSA, ES256, ES384, ES512 or RS256."""
    return _JOSE_ALGORITHMS[key_type][0]


def jose_algorithms(key_type: KeyType) -> tuple[str, ...]:
    """Every JWS ``alg`` name that means the one algorithm of this key type (RFC 9864 renamed EdDSA to Ed25519)."""
    return _JOSE_ALGORITHMS[key_type]


def parse_key_type(name: str) -> KeyType:
    """The key type of a name such as ``p256``, in any letter case. Raises ProblemError(UNSUPPORTED)."""
    try:
        return KeyType(name.lower())
    except (ValueError, AttributeError):
        raise ProblemError(UNSUPPORTED, f"the key type is not one of {', '.join(KeyType)}") from None
