"""Multikey text: ``z`` + base58btc of a multicodec prefix and a raw key (Controlled Identifiers 1.0 §2.2.2)."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import load_der_private_key

from badgeport.keys.private import CryptographyPrivateKey, checked_private, require
from badgeport.keys.public import CURVES, PublicKey, public_from_raw
from badgeport.keys.types import COORDINATE_BYTES, PRIVATE_MULTICODEC, PUBLIC_MULTICODEC, KeyType
from badgeport.schemas.encoding import multibase_decode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import INVALID_VERIFICATION_METHOD, PRIVATE_KEY_EXPOSED, ProblemError

_PUBLIC_TYPES = {prefix: key_type for key_type, prefix in PUBLIC_MULTICODEC.items()}
_PRIVATE_TYPES = {prefix: key_type for key_type, prefix in PRIVATE_MULTICODEC.items()}
_PREFIX_BYTES = 2
# The multicodec table keeps its private keys at 0x1300 and after: a varint whose second byte is this.
_PRIVATE_RANGE = 0x26
_ED25519_SEED_BYTES = 32


def public_from_multikey(text: str, limits: Limits = DEFAULT_LIMITS) -> PublicKey:
    """The public key of a ``publicKeyMultibase``.

    Raises ProblemError: PRIVATE_KEY_EXPOSED for any private key prefix; INVALID_VERIFICATION_METHOD for another base,
    an unknown prefix, a wrong length, or bytes that are not a sound key of the type.
    """
    data = _decoded(text, limits)
    if data is None:
        raise ProblemError(INVALID_VERIFICATION_METHOD, "publicKeyMultibase is not base58btc multibase text")
    if len(data) > _PREFIX_BYTES and data[0] >= 0x80 and data[1] == _PRIVATE_RANGE:
        raise ProblemError(PRIVATE_KEY_EXPOSED, "publicKeyMultibase holds a private key")
    key_type = _PUBLIC_TYPES.get(data[:_PREFIX_BYTES])
    if key_type is None:
        raise ProblemError(INVALID_VERIFICATION_METHOD, "publicKeyMultibase starts with an unknown key prefix")
    return public_from_raw(key_type, data[_PREFIX_BYTES:])


def private_from_multikey(text: str, limits: Limits = DEFAULT_LIMITS) -> CryptographyPrivateKey:
    """The private key of a ``secretKeyMultibase``, for import into custody.

    Ed25519 is the 32-byte seed, also followed by its public key as older software wrote it; the NIST curves are the
    scalar; RSA is PKCS#1 DER. Raises ProblemError(KEY_CUSTODY_ERROR), which never quotes the value.
    """
    data = require(_decoded(text, limits), "secretKeyMultibase is not base58btc multibase text")
    key_type = require(_PRIVATE_TYPES.get(data[:_PREFIX_BYTES]), "secretKeyMultibase has no known private key prefix")
    key = _load(key_type, data[_PREFIX_BYTES:])
    return checked_private(require(key, f"secretKeyMultibase is not a sound private key of type {key_type}"))


def _decoded(text: str, limits: Limits) -> bytes | None:
    try:
        return multibase_decode(text, limits, allowed="z")
    except ProblemError:
        return None


def _load(key_type: KeyType, raw: bytes) -> object | None:
    try:
        if key_type is KeyType.ED25519:
            key = ed25519.Ed25519PrivateKey.from_private_bytes(raw[:_ED25519_SEED_BYTES])
            return key if raw[_ED25519_SEED_BYTES:] in (b"", key.public_key().public_bytes_raw()) else None
        if key_type is KeyType.RSA:
            return load_der_private_key(raw, password=None)
        if len(raw) != COORDINATE_BYTES[key_type]:
            return None
        return ec.derive_private_key(int.from_bytes(raw, "big"), CURVES[key_type])
    except (ValueError, TypeError):
        return None
