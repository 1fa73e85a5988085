"""Custody: the only code that touches private keys. A key is named by URI; what comes back signs.

| URI | private key |
|---|---|
| ``file:PATH`` | a Badgeport key file, or an encrypted PKCS#8 PEM file |
| ``env:NAME`` | an environment variable with a Multikey, JWK or PEM private key |
| ``pkcs11:token=…;object=…?module-path=…&pin-source=env:NAME`` | a hardware token (RFC 7512) |
| ``awskms:KEY[?region=…]`` | AWS Key Management Service |
| ``memory:NAME`` | this process, for tests |
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError

if TYPE_CHECKING:
    from badgeport.keys.public import PublicKey
    from badgeport.keys.signer import Signer

SCHEMES = ("file", "env", "pkcs11", "awskms", "memory")


def open_signer(
    uri: str,
    *,
    passphrase: Callable[[], str] | None = None,
    verification_method: str | None = None,
    controller: str | None = None,
    public_key: PublicKey | None = None,
) -> Signer:
    """The signer of the private key at ``uri``.

    ``passphrase`` is asked only where the key is encrypted (or a token wants its PIN and the URI names no source).
    ``verification_method`` and ``controller`` default to what a key file records, else to the did:key of the key; a
    controller without a method gets ``<controller>#<multikey>``. ``public_key`` is the one on record: another key at
    the URI is refused. Raises ProblemError(KEY_CUSTODY_ERROR) where the key cannot be had or does not match.
    """
    scheme, _, location = uri.partition(":")
    names = {"verification_method": verification_method, "controller": controller}
    # Each kind of custody is imported when it is asked for: most need a library that is slow to load or optional.
    if scheme == "file":
        from badgeport.keys.custody import file

        return file.load(file.path_of(uri), passphrase=passphrase, public_key=public_key, **names)
    if scheme == "env":
        from badgeport.keys.custody import env

        return env.load(location, passphrase=passphrase, public_key=public_key, **names)
    if scheme == "memory":
        from badgeport.keys.custody import memory

        return memory.load(location, public_key=public_key, **names)
    if scheme == "pkcs11":
        from badgeport.keys.custody import pkcs11

        return pkcs11.load(uri, passphrase=passphrase, public_key=public_key, **names)
    if scheme == "awskms":
        from badgeport.keys.custody import awskms

        return awskms.load(location, public_key=public_key, **names)
    # The text is not repeated: it may be a secret that was given in the wrong place.
    raise ProblemError(
        KEY_CUSTODY_ERROR, f"the key URI does not start with one of {', '.join(f'{name}:' for name in SCHEMES)}"
    )
