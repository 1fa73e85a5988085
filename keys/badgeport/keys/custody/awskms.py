"""Keys in AWS Key Management Service: ``awskms:KEY[?region=REGION&endpoint=URL]``, KEY an id, ARN or alias.

Credentials come from where AWS software finds them (environment, profile, role); none stand in the URI.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_der_public_key

from badgeport.keys.custody.local import named_signer
from badgeport.keys.ecdsa import raw_from_der
from badgeport.keys.private import require, unusable
from badgeport.keys.public import PublicKey, digest
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.schemas.problems import ProblemError

# AWS KMS API reference, Sign: the algorithm names of each key type.
_ALGORITHMS = {
    KeyType.ED25519: "ED25519_SHA_512",
    KeyType.P256: "ECDSA_SHA_256",
    KeyType.P384: "ECDSA_SHA_384",
    KeyType.RSA: "RSASSA_PKCS1_V1_5_SHA_256",
}
_RAW_MESSAGE_BYTES = 4096
"""The longest message that KMS signs itself."""

_OPTIONS = {"region": "region_name", "endpoint": "endpoint_url"}


def load(
    location: str,
    *,
    verification_method: str | None = None,
    controller: str | None = None,
    public_key: PublicKey | None = None,
) -> Signer:
    """The signer of a KMS key; its public key is asked of KMS.

    KMS takes messages of at most 4096 bytes; of longer ones it is sent the digest, which Ed25519 has no form of.
    Raises ProblemError(KEY_CUSTODY_ERROR): boto3 is missing, no such key, no permission, a key that is not for signing.
    """
    key_id, options = _parse(location)
    client = _client(options)
    answer = _call(client.get_public_key, KeyId=key_id)
    if answer.get("KeyUsage") != "SIGN_VERIFY":
        raise unusable("the KMS key is not for signing")
    public = require(_public_key(answer.get("PublicKey")), "the KMS key is of a type or size that is not supported")
    return named_signer(
        public,
        partial(_sign, client, key_id, public.key_type),
        verification_method=verification_method,
        controller=controller,
        expected=public_key,
    )


def _parse(location: str) -> tuple[str, dict[str, str]]:
    key_id, _, query = location.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not key_id or not key_id.isprintable():
        raise unusable("the KMS URI names no key")
    if not options.keys() <= _OPTIONS.keys() or not all(options.values()):
        raise unusable(f"the KMS URI may name {' and '.join(_OPTIONS)}, nothing else")
    return key_id, {_OPTIONS[name]: value for name, value in options.items()}


def _client(options: dict[str, str]) -> Any:
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise unusable("AWS KMS needs the package boto3: install badgeport[kms]") from None
    try:
        return boto3.session.Session().client("kms", **options)
    except (BotoCoreError, ValueError) as error:
        fault = type(error).__name__
    raise unusable(f"the KMS client could not be made: {fault}")


def _call(operation: Any, **arguments: Any) -> dict[str, Any]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer: dict[str, Any] = operation(**arguments)
    except ClientError as error:
        fault = str(error.response.get("Error", {}).get("Code", "ClientError"))
    except BotoCoreError as error:
        fault = type(error).__name__
    else:
        return answer
    raise unusable(f"KMS refused: {fault}")


def _public_key(der: object) -> PublicKey | None:
    try:
        return PublicKey.of(load_der_public_key(der)) if isinstance(der, bytes) else None
    except (ValueError, UnsupportedAlgorithm, ProblemError):
        return None


def _sign(client: Any, key_id: str, key_type: KeyType, message: bytes) -> bytes:
    content, message_type = message, "RAW"
    if len(message) > _RAW_MESSAGE_BYTES:
        if key_type is KeyType.ED25519:
            raise unusable(f"KMS signs Ed25519 messages of at most {_RAW_MESSAGE_BYTES} bytes")
        content, message_type = digest(message, key_type), "DIGEST"
    answer = _call(
        client.sign, KeyId=key_id, Message=content, MessageType=message_type, SigningAlgorithm=_ALGORITHMS[key_type]
    )
    signature = bytes(answer["Signature"])
    return signature if key_type in {KeyType.ED25519, KeyType.RSA} else raw_from_der(signature, key_type)
