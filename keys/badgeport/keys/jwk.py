"""JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037), read strictly: one key, one spelling, public members only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from badgeport.keys.private import CryptographyPrivateKey, checked_private, require, unusable
from badgeport.keys.public import CURVES, PublicKey, public_from_raw
from badgeport.keys.types import COORDINATE_BYTES, JWK_CURVE, RSA_MAXIMUM_BITS, KeyType, jose_algorithms
from badgeport.schemas.encoding import b64url_decode
from badgeport.schemas.problems import INVALID_VERIFICATION_METHOD, PRIVATE_KEY_EXPOSED, ProblemError

PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members that only a private or symmetric key has."""

_KEY_TYPE_OF_CURVE = {
    ("OKP" if key_type is KeyType.ED25519 else "EC", name): key_type for key_type, name in JWK_CURVE.items()
}
_RSA_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi")


def public_from_jwk(jwk: Mapping[str, Any]) -> PublicKey:
    """The public key of a JWK.

    ``alg`` must name the key's own algorithm, ``use`` must be ``sig`` and ``key_ops`` must list ``verify`` where they
    are present; other members are ignored. Raises ProblemError: PRIVATE_KEY_EXPOSED where a private or symmetric
    member is present, INVALID_VERIFICATION_METHOD for everything else that is not one sound signature key.
    """
    if not isinstance(jwk, Mapping):
        raise _refused("the JWK is not an object")
    if has_private_members(jwk):
        raise ProblemError(PRIVATE_KEY_EXPOSED, "the JWK holds members of a private or symmetric key")
    key = _public(jwk)
    _check_usage(jwk, key.key_type)
    return key


def private_from_jwk(jwk: Mapping[str, Any]) -> CryptographyPrivateKey:
    """The private key of a JWK that has one, for import into custody; its public members must belong to it.

    Raises ProblemError(KEY_CUSTODY_ERROR), which never quotes a value.
    """
    if not isinstance(jwk, Mapping):
        jwk = {}
    public = require(_public_or_none(jwk), "the private JWK has no sound public members")
    key = checked_private(require(_load_private(jwk, public.key_type), "the private JWK has no sound private members"))
    if PublicKey.of(key.public_key()) != public:
        raise unusable("the private and public members of the JWK are not of one key")
    return key


def has_private_members(jwk: Mapping[str, Any]) -> bool:
    """Whether a JWK shows any member that only a private or symmetric key has."""
    return not PRIVATE_MEMBERS.isdisjoint(jwk)


def _public(jwk: Mapping[str, Any]) -> PublicKey:
    if jwk.get("kty") == "RSA":
        return _rsa(jwk)
    kty, curve = jwk.get("kty"), jwk.get("crv")
    key_type = _KEY_TYPE_OF_CURVE.get((kty, curve)) if isinstance(kty, str) and isinstance(curve, str) else None
    if key_type is None:
        raise _refused("the JWK's kty and crv do not name a supported key type")
    if key_type is KeyType.ED25519:
        return public_from_raw(key_type, _octets(jwk, "x", 32))
    size = COORDINATE_BYTES[key_type]
    x, y = _octets(jwk, "x", size), _octets(jwk, "y", size)
    point = None
    try:
        point = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[key_type], b"\x04" + x + y)
    except ValueError:
        raise _refused("the JWK's x and y are not a point of its curve") from None
    return PublicKey.of(point)


def _rsa(jwk: Mapping[str, Any]) -> PublicKey:
    modulus, exponent = _uint(jwk, "n"), _uint(jwk, "e")
    try:
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    except (ValueError, OverflowError):
        raise _refused("the JWK's n and e are not an RSA key") from None
    return PublicKey.of(key)


def _check_usage(jwk: Mapping[str, Any], key_type: KeyType) -> None:
    if "alg" in jwk and jwk["alg"] not in jose_algorithms(key_type):
        raise _refused(f"the JWK's alg does not belong to a key of type {key_type}")
    if "use" in jwk and jwk["use"] != "sig":
        raise _refused("the JWK's use is not sig")
    if "key_ops" in jwk:
        operations = jwk["key_ops"]
        if not isinstance(operations, list) or "verify" not in operations:
            raise _refused("the JWK's key_ops does not list verify")


def _octets(jwk: Mapping[str, Any], member: str, size: int) -> bytes:
    octets = _decoded(jwk.get(member))
    if octets is None or len(octets) != size:
        raise _refused(f"the JWK's {member} is not {size} bytes of unpadded base64url")
    return octets


def _uint(jwk: Mapping[str, Any], member: str) -> int:
    octets = _decoded(jwk.get(member))
    if not octets or octets[0] == 0 or len(octets) > RSA_MAXIMUM_BITS // 8:
        raise _refused(f"the JWK's {member} is not a base64url number of at most {RSA_MAXIMUM_BITS} bits")
    return int.from_bytes(octets, "big")


def _decoded(value: object) -> bytes | None:
    try:
        return b64url_decode(value) if isinstance(value, str) else None
    except ProblemError:
        return None


def _public_or_none(jwk: Mapping[str, Any]) -> PublicKey | None:
    try:
        return _public(jwk)
    except ProblemError:
        return None


def _load_private(jwk: Mapping[str, Any], key_type: KeyType) -> object | None:
    secret = _decoded(jwk.get("d"))
    if not secret:
        return None
    try:
        if key_type is KeyType.ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        if key_type is not KeyType.RSA:
            if len(secret) != COORDINATE_BYTES[key_type]:
                return None
            return ec.derive_private_key(int.from_bytes(secret, "big"), CURVES[key_type])
        d, p, q, dp, dq, qi = (_uint(jwk, member) for member in _RSA_PRIVATE_MEMBERS)
        public = rsa.RSAPublicNumbers(_uint(jwk, "e"), _uint(jwk, "n"))
        return rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, public).private_key()
    except (ValueError, OverflowError, ProblemError):
        return None


def _refused(detail: str) -> ProblemError:
    return ProblemError(INVALID_VERIFICATION_METHOD, detail)
