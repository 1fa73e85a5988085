"""Private keys that are held in this process, and the signer that every kind of custody gives out."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import NoReturn, SupportsIndex

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from badgeport.keys.cid import split_method_id, verification_method
from badgeport.keys.did import did_key, resolve_offline
from badgeport.keys.ecdsa import raw_from_der
from badgeport.keys.private import CryptographyPrivateKey, checked_private, unusable
from badgeport.keys.public import CURVES, HASHES, PublicKey
from badgeport.keys.types import RSA_EXPONENTS, SIGNING_KEY_TYPES, KeyType
from badgeport.schemas.problems import ProblemError

RSA_BITS = 3072
"""The size of new RSA keys: 128-bit strength (SP 800-57 part 1, table 2)."""


class KeySigner:
    """A `Signer` over a function that signs; shows no more of itself than its names and is never pickled or copied."""

    __slots__ = ("__controller", "__public_key", "__sign", "__verification_method")

    def __init__(
        self, public_key: PublicKey, verification_method: str, controller: str, sign: Callable[[bytes], bytes]
    ) -> None:
        self.__public_key = public_key
        self.__verification_method = verification_method
        self.__controller = controller
        self.__sign = sign

    @property
    def public_key(self) -> PublicKey:
        return self.__public_key

    @property
    def verification_method(self) -> str:
        return self.__verification_method

    @property
    def controller(self) -> str:
        return self.__controller

    def sign(self, message: bytes) -> bytes:
        return self.__sign(message)

    def __repr__(self) -> str:
        return f"<KeySigner {self.__public_key.key_type} {self.__verification_method}>"

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise unusable("a signer cannot be pickled or copied: open its key URI where it is needed")


def generate(key_type: KeyType) -> CryptographyPrivateKey:
    """A new private key from the operating system's randomness. Raises ProblemError for a type that only verifies."""
    if key_type is KeyType.ED25519:
        return ed25519.Ed25519PrivateKey.generate()
    if key_type is KeyType.RSA:
        return rsa.generate_private_key(RSA_EXPONENTS.start, RSA_BITS)
    _require_signing_type(key_type)
    return ec.generate_private_key(CURVES[key_type])


def local_signer(
    key: CryptographyPrivateKey,
    *,
    verification_method: str | None = None,
    controller: str | None = None,
    public_key: PublicKey | None = None,
) -> KeySigner:
    """The signer of a private key in memory; names and ``public_key`` as at `open_signer`. Raises ProblemError."""
    public = PublicKey.of(checked_private(key).public_key())
    return named_signer(
        public,
        partial(sign_locally, key, public.key_type),
        verification_method=verification_method,
        controller=controller,
        expected=public_key,
    )


def named_signer(
    public: PublicKey,
    sign: Callable[[bytes], bytes],
    *,
    verification_method: str | None,
    controller: str | None,
    expected: PublicKey | None,
) -> KeySigner:
    """A signer whose names fit its key, the key being the ``expected`` one where that is on record."""
    _require_signing_type(public.key_type)
    if expected is not None and public != expected:
        raise unusable("the key at the URI is another key than the one on record")
    controller, method_id = signer_names(public, verification_method, controller)
    return KeySigner(public, method_id, controller, sign)


def signer_names(public: PublicKey, method_id: str | None, controller: str | None) -> tuple[str, str]:
    """The controller and verification method id of a key, with what is not given filled in.

    Raises ProblemError(KEY_CUSTODY_ERROR) where a did:key or did:jwk is named that is of another key.
    """
    if method_id is None:
        controller = controller or did_key(public)
        method_id = _default_method_id(public, controller)
    document_url, fragment = split_method_id(method_id)
    if fragment == "":
        raise unusable("the verification method has an empty fragment")
    controller = controller or document_url
    # A did:key or did:jwk is a key, so what it says can be held against this one without any network.
    for did, wanted in ((document_url, method_id), (controller, _default_method_id(public, controller))):
        document = resolve_offline(did) if did.startswith("did:") else None
        if document is not None and not _is_key_of(document, wanted, did, public):
            raise unusable("the named DID is that of another key")
    return controller, method_id


def sign_locally(key: CryptographyPrivateKey, key_type: KeyType, message: bytes) -> bytes:
    """A signature in the form of `Signer.sign`; ECDSA is deterministic (RFC 6979) where the library can."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(message)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), HASHES[key_type])
    return raw_from_der(key.sign(message, _ecdsa(key_type)), key_type)


@cache
def _ecdsa(key_type: KeyType) -> ec.ECDSA:
    try:
        return ec.ECDSA(HASHES[key_type], deterministic_signing=True)
    except UnsupportedAlgorithm:
        return ec.ECDSA(HASHES[key_type])


def _default_method_id(public: PublicKey, controller: str) -> str:
    if controller.startswith("did:key:"):
        return f"{controller}#{public.to_multikey()}"
    if controller.startswith("did:jwk:"):
        return f"{controller}#0"
    # A Multikey fragment lets a verifier that knows the form read the key without a document; RSA is too long for it.
    return f"{controller}#{public.thumbprint() if public.key_type is KeyType.RSA else public.to_multikey()}"


def _is_key_of(document: dict[str, object], method_id: str, document_url: str, public: PublicKey) -> bool:
    try:
        return verification_method(document, method_id, document_url=document_url).public_key == public
    except ProblemError:
        return False


def _require_signing_type(key_type: KeyType) -> None:
    if key_type not in SIGNING_KEY_TYPES:
        raise unusable(f"keys of type {key_type} are only verified, not signed with")
