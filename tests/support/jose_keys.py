"""Signers with fixed keys, and tokens made by hand, for tests of JWTs."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from badgeport.keys.custody.local import local_signer
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.schemas.encoding import b64url_encode

SIGNING = (KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.RSA)


@cache
def private_key(key_type: KeyType, number: int = 1) -> Any:
    """The same private key for the same arguments, within one run."""
    if key_type is KeyType.ED25519:
        return ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
    if key_type is KeyType.RSA:
        return rsa.generate_private_key(65537, 2048)
    curve = {KeyType.P256: ec.SECP256R1(), KeyType.P384: ec.SECP384R1(), KeyType.P521: ec.SECP521R1()}[key_type]
    return ec.derive_private_key(1_000_003 + number, curve)


@cache
def signer(key_type: KeyType, number: int = 1, controller: str | None = None, method: str | None = None) -> Signer:
    """A signer with a fixed key; a did:key unless a controller or method is named."""
    return local_signer(private_key(key_type, number), controller=controller, verification_method=method)


def private_pem(key_type: KeyType, number: int = 1) -> bytes:
    """The private key as unencrypted PKCS#8, for handing to another library."""
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return private_key(key_type, number).private_bytes(encoding, form, serialization.NoEncryption())


def compact(header: Any, payload: Any, key_type: KeyType = KeyType.P256, number: int = 1) -> str:
    """A compact JWS with exactly this header and payload (bytes are taken as they are), signed rightly."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    signing_input = ".".join(map(b64url_encode, parts))
    return f"{signing_input}.{b64url_encode(_sign(key_type, number, signing_input.encode()))}"


def _sign(key_type: KeyType, number: int, message: bytes) -> bytes:
    if key_type is not KeyType.P521:
        return signer(key_type, number).sign(message)
    r, s = decode_dss_signature(private_key(key_type, number).sign(message, ec.ECDSA(hashes.SHA512())))
    return r.to_bytes(66, "big") + s.to_bytes(66, "big")


def public_key(key_type: KeyType, number: int = 1) -> PublicKey:
    """The public half of `private_key`."""
    return PublicKey.of(private_key(key_type, number).public_key())


def badge(**members: Any) -> dict[str, Any]:
    """An Open Badges 3.0 credential that every JWT form can secure; keyword members replace or, when None, remove."""
    credential = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "https://badges.example/c/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Formative assessment",
        "issuer": {"id": "https://badges.example/issuers/a", "type": ["Profile"], "name": "A college"},
        "validFrom": "2025-01-01T00:00:00Z",
        "validUntil": "2030-01-01T00:00:00Z",
        "credentialSubject": {
            "id": "urn:uuid:5b9f0c0e-6ad5-4b5e-8a9a-0f3a4a6f2f10",
            "type": ["AchievementSubject"],
            "role": "Teacher",
            "licenseNumber": "T-100",
            "achievement": {
                "id": "https://badges.example/achievements/1",
                "type": ["Achievement"],
                "name": "Formative assessment",
                "description": "Plans and uses formative assessment.",
                "criteria": {"narrative": "A portfolio of three lessons."},
                "tag": ["assessment", "evidence", "reflection"],
            },
        },
    }
    return {name: value for name, value in (credential | members).items() if value is not None}
