"""Encrypting a private key as PKCS#8 with scrypt (RFC 5958, RFC 8018 PBES2, RFC 7914).

``cryptography`` writes PKCS#8 with 2048 rounds of PBKDF2, which a passphrase does not survive for long; it reads
scrypt, and so does OpenSSL. Only the wrapping is made here.
"""

from __future__ import annotations

import base64
import os
import textwrap

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from badgeport.keys.private import CryptographyPrivateKey

# As strong as 128 MiB in one lane, within the 32 MiB at which OpenSSL stops by default.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**14, 8, 5
_KEY_BYTES = 32
_BLOCK_BYTES = 16

_SEQUENCE, _OCTETS, _INTEGER = 0x30, 0x04, 0x02
_OID_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_OID_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_OID_AES_256_CBC = bytes.fromhex("060960864801650304012a")


def encrypted_pem(key: CryptographyPrivateKey, passphrase: str) -> str:
    """The private key as an ``ENCRYPTED PRIVATE KEY`` PEM text, under a fresh salt and initialization vector."""
    salt, vector = os.urandom(_BLOCK_BYTES), os.urandom(_BLOCK_BYTES)
    secret = Scrypt(salt=salt, length=_KEY_BYTES, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P).derive(
        passphrase.encode("utf-8", "surrogatepass")
    )
    padder = PKCS7(_BLOCK_BYTES * 8).padder()
    plain = padder.update(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())) + padder.finalize()
    encryptor = Cipher(algorithms.AES256(secret), modes.CBC(vector)).encryptor()
    ciphertext = encryptor.update(plain) + encryptor.finalize()

    scrypt = _sequence(
        _der(_OCTETS, salt), *(_der(_INTEGER, _unsigned(number)) for number in (_SCRYPT_N, _SCRYPT_R, _SCRYPT_P))
    )
    pbes2 = _sequence(
        _sequence(_OID_SCRYPT, scrypt),
        _sequence(_OID_AES_256_CBC, _der(_OCTETS, vector)),
    )
    return _pem(_sequence(_sequence(_OID_PBES2, pbes2), _der(_OCTETS, ciphertext)))


def _sequence(*parts: bytes) -> bytes:
    return _der(_SEQUENCE, b"".join(parts))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _unsigned(number: int) -> bytes:
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _pem(der: bytes) -> str:
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode("ascii"), 64))
    return f"-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body}\n-----END ENCRYPTED PRIVATE KEY-----\n"
