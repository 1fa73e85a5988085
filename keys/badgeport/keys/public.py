"""One public key of any supported type: the only thing that verifies a signature."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from badgeport.keys.ecdsa import der_from_raw
from badgeport.keys.types import (
    COORDINATE_BYTES,
    JWK_CURVE,
    PUBLIC_MULTICODEC,
    RSA_EXPONENTS,
    RSA_MAXIMUM_BITS,
    RSA_MINIMUM_BITS,
    KeyType,
)
from badgeport.schemas import jsontext
from badgeport.schemas.encoding import b64url_encode, multibase_encode
from badgeport.schemas.problems import INVALID_VERIFICATION_METHOD, ProblemError

CryptographyPublicKey: TypeAlias = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey | rsa.RSAPublicKey

CURVES: dict[KeyType, ec.EllipticCurve] = {
    KeyType.P256: ec.SECP256R1(),
    KeyType.P384: ec.SECP384R1(),
    KeyType.P521: ec.SECP521R1(),
}
HASHES: dict[KeyType, hashes.HashAlgorithm] = {
    KeyType.P256: hashes.SHA256(),
    KeyType.P384: hashes.SHA384(),
    KeyType.P521: hashes.SHA512(),
    KeyType.RSA: hashes.SHA256(),
}
"""The hash that goes with the key type; Ed25519 has its own inside."""

_KEY_TYPE_OF_CURVE = {curve.name: key_type for key_type, curve in CURVES.items()}
_CACHED_KEYS = 1024

# Curve25519 in Edwards form (RFC 8032 §5.1): the field, d, and the y coordinate of the points of order eight.
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_Y_OF_ORDER_8 = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER_Y = frozenset({0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8})


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A checked public key. Two are equal when their type and key material are.

    ``raw`` is the key as a Multikey carries it after the prefix: 32 bytes for Ed25519, the compressed point for the
    NIST curves, PKCS#1 DER for RSA. Made by `public_from_raw`, `PublicKey.of` and the codecs, which refuse bad keys.
    """

    key_type: KeyType
    raw: bytes = field(repr=False)
    _key: CryptographyPublicKey = field(repr=False, compare=False)

    @classmethod
    def of(cls, key: object) -> PublicKey:
        """The public key of a ``cryptography`` public key object.

        Raises ProblemError(INVALID_VERIFICATION_METHOD) for a type, curve, size or point that is not accepted.
        """
        if isinstance(key, ed25519.Ed25519PublicKey):
            raw = key.public_bytes_raw()
            _check_edwards_point(raw)
            return cls(KeyType.ED25519, raw, key)
        if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _KEY_TYPE_OF_CURVE:
            raw = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
            return cls(_KEY_TYPE_OF_CURVE[key.curve.name], raw, key)
        if isinstance(key, rsa.RSAPublicKey):
            _check_rsa(key)
            return cls(KeyType.RSA, key.public_bytes(Encoding.DER, PublicFormat.PKCS1), key)
        raise _refused("the key is of a type or curve that is not supported")

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether ``signature`` is this key's over ``message``, by the one algorithm of the key's type.

        Ed25519 (RFC 8032, 64 bytes); ECDSA as ``r || s`` with SHA-256, SHA-384 or SHA-512 for P-256, P-384 and P-521;
        RSA PKCS#1 v1.5 with SHA-256. A wrong length or an ``r`` or ``s`` out of range is False. Never raises.
        """
        key = self._key
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, message)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(der_from_raw(signature, self.key_type), message, ec.ECDSA(HASHES[self.key_type]))
            else:
                key.verify(signature, message, padding.PKCS1v15(), HASHES[self.key_type])
        except (InvalidSignature, ProblemError):
            return False
        return True

    def to_multikey(self) -> str:
        """The key as Multikey text, ``publicKeyMultibase`` (Controlled Identifiers 1.0 §2.2.2)."""
        return multibase_encode(PUBLIC_MULTICODEC[self.key_type] + self.raw)

    def to_jwk(self) -> dict[str, str]:
        """The key as a JWK with its required members only, in the order of RFC 7638; no ``kid``, ``alg`` or ``use``."""
        key = self._key
        if isinstance(key, ed25519.Ed25519PublicKey):
            return {"crv": JWK_CURVE[self.key_type], "kty": "OKP", "x": b64url_encode(self.raw)}
        if isinstance(key, ec.EllipticCurvePublicKey):
            size, numbers = COORDINATE_BYTES[self.key_type], key.public_numbers()
            x, y = (b64url_encode(number.to_bytes(size, "big")) for number in (numbers.x, numbers.y))
            return {"crv": JWK_CURVE[self.key_type], "kty": "EC", "x": x, "y": y}
        rsa_numbers = key.public_numbers()
        return {"e": _base64url_uint(rsa_numbers.e), "kty": "RSA", "n": _base64url_uint(rsa_numbers.n)}

    def to_pem(self) -> str:
        """The key as a SubjectPublicKeyInfo PEM text."""
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")

    def thumbprint(self) -> str:
        """The SHA-256 JWK thumbprint, base64url (RFC 7638)."""
        return b64url_encode(hashlib.sha256(jsontext.dump(self.to_jwk())).digest())

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        # cryptography's key objects cannot be pickled; the material can, and is checked again on the other side.
        return public_from_raw, (self.key_type, self.raw)


@lru_cache(maxsize=_CACHED_KEYS)
def public_from_raw(key_type: KeyType, raw: bytes) -> PublicKey:
    """The public key of its raw bytes, as described at `PublicKey`; exactly one byte string stands for each key.

    Raises ProblemError(INVALID_VERIFICATION_METHOD) for a wrong length, a point off the curve or of small order, an
    uncompressed point, or an RSA key that is too weak or not DER. Results are cached, as issuers sign many badges.
    """
    key = PublicKey.of(_load_raw(key_type, raw))
    if key.key_type is not key_type or key.raw != raw:
        raise _refused(f"the {key_type} key is not encoded in its one canonical form")
    return key


def digest(message: bytes, key_type: KeyType) -> bytes:
    """The hash of a message that a key of an ECDSA or RSA type signs; for key stores that are handed digests."""
    context = hashes.Hash(HASHES[key_type])
    context.update(message)
    return context.finalize()


def _load_raw(key_type: KeyType, raw: bytes) -> object:
    try:
        if key_type is KeyType.ED25519:
            return ed25519.Ed25519PublicKey.from_public_bytes(raw)
        if key_type is KeyType.RSA:
            return load_der_public_key(raw)
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[key_type], raw)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _refused(f"the bytes are not a public key of type {key_type}") from None


def _check_edwards_point(raw: bytes) -> None:
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    if y >= _P:
        raise _refused("the Ed25519 key is not canonically encoded")
    if y in _SMALL_ORDER_Y:
        raise _refused("the Ed25519 key is a point of small order, for which anyone can make signatures")
    # x^2 = (y^2 - 1) / (d y^2 + 1) has a root exactly where the product of the two is a square.
    square = (y * y - 1) * (_D * y * y + 1) % _P
    if pow(square, (_P - 1) // 2, _P) != 1:
        raise _refused("the Ed25519 key is not a point of the curve")


def _check_rsa(key: rsa.RSAPublicKey) -> None:
    if not RSA_MINIMUM_BITS <= key.key_size <= RSA_MAXIMUM_BITS:
        raise _refused(f"the RSA key is not between {RSA_MINIMUM_BITS} and {RSA_MAXIMUM_BITS} bits long")
    numbers = key.public_numbers()
    if numbers.n % 2 == 0:
        raise _refused("the RSA modulus is even")
    if numbers.e not in RSA_EXPONENTS:
        raise _refused("the RSA public exponent is not an odd number from 65537 to 2^64")


def _base64url_uint(number: int) -> str:
    return b64url_encode(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _refused(detail: str) -> ProblemError:
    return ProblemError(INVALID_VERIFICATION_METHOD, detail)
