"""PEM texts: SubjectPublicKeyInfo and PKCS#1 public keys; PKCS#8 and older private keys for import."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from badgeport.keys.private import CryptographyPrivateKey, checked_private, require
from badgeport.keys.public import PublicKey
from badgeport.schemas.problems import INVALID_VERIFICATION_METHOD, PRIVATE_KEY_EXPOSED, ProblemError

PEM_BYTES = 64 * 1024
"""The longest PEM text that is read."""


def public_from_pem(text: str | bytes) -> PublicKey:
    """The public key of a PEM text with one ``PUBLIC KEY`` or ``RSA PUBLIC KEY``.

    Raises ProblemError: PRIVATE_KEY_EXPOSED where the text holds any private key, INVALID_VERIFICATION_METHOD where it
    is not one sound public key.
    """
    octets = _octets(text)
    if octets is None:
        raise ProblemError(INVALID_VERIFICATION_METHOD, f"the PEM text is longer than {PEM_BYTES} bytes or not ASCII")
    if b"PRIVATE KEY-----" in octets:
        raise ProblemError(PRIVATE_KEY_EXPOSED, "the PEM text holds a private key")
    if octets.count(b"-----BEGIN ") != 1:
        raise ProblemError(INVALID_VERIFICATION_METHOD, "the PEM text does not hold exactly one key")
    try:
        key = load_pem_public_key(octets)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ProblemError(INVALID_VERIFICATION_METHOD, "the PEM text is not a supported public key") from None
    return PublicKey.of(key)


def private_from_pem(text: str | bytes, passphrase: str | None = None) -> CryptographyPrivateKey:
    """The private key of a PEM text, encrypted (then ``passphrase`` is needed) or not, for import into custody.

    Raises ProblemError(KEY_CUSTODY_ERROR): not a supported private key, or the passphrase is missing or wrong.
    """
    octets = require(_octets(text), f"the PEM text is longer than {PEM_BYTES} bytes or not ASCII")
    encrypted = b"ENCRYPTED" in octets
    secret = None
    if encrypted:
        known = passphrase if isinstance(passphrase, str) and passphrase else None
        given = require(known, "the private key is encrypted and needs its passphrase, a text")
        secret = given.encode("utf-8", "surrogatepass")
    fault = "the passphrase is wrong or the private key is damaged" if encrypted else "the text is not a private key"
    return checked_private(require(_load(octets, secret), fault))


def is_encrypted_pem(text: str | bytes) -> bool:
    """Whether a PEM text needs a passphrase to be read."""
    return b"ENCRYPTED" in (_octets(text) or b"")


def _octets(text: str | bytes) -> bytes | None:
    try:
        octets = text.encode("ascii") if isinstance(text, str) else bytes(text)
    except UnicodeEncodeError:
        return None
    return octets if len(octets) <= PEM_BYTES else None


def _load(octets: bytes, secret: bytes | None) -> object | None:
    try:
        return load_pem_private_key(octets, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None
