"""What is read when a private key is imported: the shared checks of the three private codecs.

Details never say what a secret value was, and errors are raised outside ``except`` blocks, so that no exception that
may have seen the secret hangs on as context.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from badgeport.keys.public import PublicKey
from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError

CryptographyPrivateKey: TypeAlias = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_Value = TypeVar("_Value")


def checked_private(key: object) -> CryptographyPrivateKey:
    """The key, once its type, curve and size are ones Badgeport uses. Raises ProblemError(KEY_CUSTODY_ERROR)."""
    if not isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise unusable("the private key is of a type that is not supported")
    try:
        PublicKey.of(key.public_key())
    except ProblemError as error:
        detail = error.problem.detail
    else:
        return key
    raise unusable(detail)


def require(value: _Value | None, detail: str) -> _Value:
    """``value``, or ProblemError(KEY_CUSTODY_ERROR) with ``detail`` where there is none."""
    if value is None:
        raise unusable(detail)
    return value


def unusable(detail: str) -> ProblemError:
    """The error for a private key that cannot be used."""
    return ProblemError(KEY_CUSTODY_ERROR, detail)
