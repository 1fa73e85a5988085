"""What SECRET_KEY is good for: sealing what must be read again, and keyed hashes. It is never stored or shown."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MINIMUM_CHARS = 32


class Secrets:
    """Keys derived from one secret, each for one purpose."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        if len(secret) < MINIMUM_CHARS:
            raise ValueError(f"the secret key has fewer than {MINIMUM_CHARS} characters")
        self._secret = secret.encode("utf-8")

    def __repr__(self) -> str:
        return "Secrets(…)"

    def seal(self, purpose: str, data: bytes) -> str:
        """Encrypted and authenticated; `unseal` with the same purpose reads it."""
        return self._box(purpose).encrypt(data).decode("ascii")

    def unseal(self, purpose: str, sealed: str) -> bytes | None:
        """What was sealed; None where it was not sealed by this secret for this purpose."""
        try:
            return self._box(purpose).decrypt(sealed.encode("ascii"))
        except (InvalidToken, ValueError):
            return None

    def mac(self, purpose: str, text: str) -> str:
        """A keyed hash of a text, in hex."""
        return hmac.digest(self._key(purpose), text.encode("utf-8"), "sha256").hex()

    def _key(self, purpose: str) -> bytes:
        return HKDF(hashes.SHA256(), 32, salt=None, info=f"badgeport {purpose}".encode()).derive(self._secret)

    def _box(self, purpose: str) -> Fernet:
        return Fernet(base64.urlsafe_b64encode(self._key(purpose)))


def new_token() -> str:
    """A secret of 256 bits for a link, a cookie or a program."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is stored of a secret that nobody could guess."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
