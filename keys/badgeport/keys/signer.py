"""The one thing the rest of the house knows about private keys: something that signs."""

from typing import Protocol, runtime_checkable

from badgeport.keys.public import PublicKey


@runtime_checkable
class Signer(Protocol):
    """Signs with one private key that stays where it is kept.

    ``verification_method`` is the absolute URL (often a DID URL) a verifier dereferences to the public key;
    ``controller`` is the identifier of the issuer the key belongs to.
    """

    @property
    def public_key(self) -> PublicKey: ...

    @property
    def verification_method(self) -> str: ...

    @property
    def controller(self) -> str: ...

    def sign(self, message: bytes) -> bytes:
        """Sign ``message`` (not a digest of it).

        Returns 64 raw bytes for Ed25519, ``r || s`` of fixed length for ECDSA with the curve's hash,
        and PKCS#1 v1.5 with SHA-256 for RSA. Raises ``ProblemError`` (KEY_CUSTODY_ERROR) where the key cannot be used.
        """
        ...
