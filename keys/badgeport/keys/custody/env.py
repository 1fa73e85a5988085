"""A private key in an environment variable, as container platforms hand out secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from badgeport.keys.custody.local import local_signer
from badgeport.keys.jwk import private_from_jwk
from badgeport.keys.multikey import private_from_multikey
from badgeport.keys.pem import is_encrypted_pem, private_from_pem
from badgeport.keys.private import CryptographyPrivateKey, require, unusable
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.schemas import jsontext
from badgeport.schemas.problems import ProblemError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def load(
    name: str,
    *,
    passphrase: Callable[[], str] | None = None,
    verification_method: str | None = None,
    controller: str | None = None,
    public_key: PublicKey | None = None,
) -> Signer:
    """The signer of the key in the variable ``name``: a ``secretKeyMultibase``, a private JWK or a PEM text.

    ``passphrase`` is asked for an encrypted PEM text. Raises ProblemError(KEY_CUSTODY_ERROR).
    """
    if not _NAME.fullmatch(name):
        raise unusable("env: is followed by the name of an environment variable")
    value = require(os.environ.get(name), f"the environment variable {name} is not set")
    key = _key(value.strip(), passphrase)
    return local_signer(key, verification_method=verification_method, controller=controller, public_key=public_key)


def _key(value: str, passphrase: Callable[[], str] | None) -> CryptographyPrivateKey:
    if value.startswith("-----BEGIN "):
        needed = passphrase if is_encrypted_pem(value) else None
        return private_from_pem(value, needed() if needed else None)
    if value.startswith("{"):
        return private_from_jwk(require(_object(value), "the environment variable does not hold a JSON object"))
    return private_from_multikey(value)


def _object(value: str) -> dict[str, object] | None:
    try:
        return jsontext.parse_object(value)
    except ProblemError:
        return None
