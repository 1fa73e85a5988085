"""Keys that live and die with the process: for tests and for try-outs."""

from __future__ import annotations

from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.private import CryptographyPrivateKey, unusable
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType

_KEYS: dict[str, CryptographyPrivateKey] = {}


def register(name: str, key: CryptographyPrivateKey | KeyType) -> str:
    """Keep a private key, or a new one of a key type, under ``name`` for this process; gives its ``memory:`` URI."""
    _KEYS[name] = generate(key) if isinstance(key, KeyType) else key
    return f"memory:{name}"


def forget(name: str) -> None:
    """Drop the key of that name, if there is one."""
    _KEYS.pop(name, None)


def load(
    name: str,
    *,
    verification_method: str | None = None,
    controller: str | None = None,
    public_key: PublicKey | None = None,
) -> Signer:
    """The signer of a registered key. Raises ProblemError(KEY_CUSTODY_ERROR) where there is none of that name."""
    key = _KEYS.get(name)
    if key is None:
        raise unusable("no key of that name is held in memory")
    return local_signer(key, verification_method=verification_method, controller=controller, public_key=public_key)
