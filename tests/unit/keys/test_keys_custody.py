"""Signers by URI: memory and environment, the names a signer takes, and that secrets stay inside."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import pprint
import traceback
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from badgeport.keys.custody import memory, open_signer
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.did import did_jwk, did_key, did_key_method_id
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import SIGNING_KEY_TYPES, KeyType
from badgeport.schemas.encoding import b64url_encode, multibase_encode
from badgeport.schemas.problems import INVALID_VERIFICATION_METHOD_URL, KEY_CUSTODY_ERROR, ProblemError


def refused(uri: str, **options: Any) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        open_signer(uri, **options)
    assert caught.value.problem.type == KEY_CUSTODY_ERROR
    return caught.value


@pytest.mark.parametrize("key_type", SIGNING_KEY_TYPES)
def test_a_key_in_memory_signs(key_type: KeyType) -> None:
    signer = open_signer(memory.register("keys-test-memory", key_type))
    assert isinstance(signer, Signer)
    assert signer.public_key.key_type is key_type
    assert signer.public_key.verify(signer.sign(b"message"), b"message")
    assert signer.controller == did_key(signer.public_key)
    assert signer.verification_method == did_key_method_id(signer.public_key)
    memory.forget("keys-test-memory")
    memory.forget("keys-test-memory")
    assert "no key of that name" in str(refused("memory:keys-test-memory"))


def test_p521_keys_only_verify() -> None:
    with pytest.raises(ProblemError, match="only verified"):
        generate(KeyType.P521)
    with pytest.raises(ProblemError, match="only verified"):
        local_signer(ec.generate_private_key(ec.SECP521R1()))


@pytest.mark.parametrize(
    "uri", ["", "key.json", "FILE:key.json", "https://a.example/", "vault:x", "file", "z3u2en7t5LR2WtQH5"]
)
def test_an_unknown_scheme_is_refused_without_repeating_it(uri: str) -> None:
    error = refused(uri)
    if uri.startswith("z"):
        assert uri not in str(error)


def test_names_that_are_given() -> None:
    uri = memory.register("keys-test-names", KeyType.P256)
    key = open_signer(uri).public_key
    multikey = key.to_multikey()
    cases: list[tuple[dict[str, Any], tuple[str, str]]] = [
        ({"controller": "did:web:a.example"}, ("did:web:a.example", f"did:web:a.example#{multikey}")),
        ({"controller": "https://a.example/i"}, ("https://a.example/i", f"https://a.example/i#{multikey}")),
        ({"verification_method": "did:web:a.example#k"}, ("did:web:a.example", "did:web:a.example#k")),
        ({"verification_method": "https://a.example/k/1"}, ("https://a.example/k/1", "https://a.example/k/1")),
        ({"controller": did_key(key)}, (did_key(key), did_key_method_id(key))),
        ({"controller": did_jwk(key)}, (did_jwk(key), f"{did_jwk(key)}#0")),
        (
            {"controller": "https://a.example/i", "verification_method": "https://a.example/k/1"},
            ("https://a.example/i", "https://a.example/k/1"),
        ),
    ]
    for options, expected in cases:
        signer = open_signer(uri, **options)
        assert (signer.controller, signer.verification_method) == expected


def test_an_rsa_key_is_named_by_its_thumbprint() -> None:
    signer = local_signer(generate(KeyType.RSA), controller="did:web:a.example")
    assert signer.verification_method == f"did:web:a.example#{signer.public_key.thumbprint()}"


def test_the_did_of_another_key_is_refused() -> None:
    uri = memory.register("keys-test-one", KeyType.ED25519)
    key = open_signer(uri).public_key
    other = open_signer(memory.register("keys-test-other", KeyType.ED25519)).public_key
    for options in (
        {"controller": did_key(other)},
        {"controller": did_jwk(other)},
        {"verification_method": did_key_method_id(other)},
        {"verification_method": did_key(key) + "#other"},
        {"verification_method": did_jwk(key) + "#1"},
        {"controller": did_key(other), "verification_method": did_key_method_id(key)},
    ):
        assert "of another key" in str(refused(uri, **options))
    with pytest.raises(ProblemError) as caught:
        open_signer(uri, verification_method="no url")
    assert caught.value.problem.type == INVALID_VERIFICATION_METHOD_URL
    assert "empty fragment" in str(refused(uri, verification_method="did:web:a.example#"))


def test_the_key_on_record_must_be_the_one_at_the_uri() -> None:
    uri = memory.register("keys-test-one", KeyType.ED25519)
    key = open_signer(uri).public_key
    assert open_signer(uri, public_key=key).public_key == key
    memory.register("keys-test-one", KeyType.ED25519)
    assert "another key than the one on record" in str(refused(uri, public_key=key))


def seed_multikey(key: ed25519.Ed25519PrivateKey) -> str:
    return multibase_encode(b"\x80\x26" + key.private_bytes_raw())


def test_keys_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    public = PublicKey.of(key.public_key())
    jwk = json.dumps(public.to_jwk() | {"d": b64url_encode(key.private_bytes_raw()), "alg": "EdDSA"})
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for value in (seed_multikey(key), jwk, pem, f"\n{seed_multikey(key)}\n"):
        monkeypatch.setenv("ISSUER_KEY", value)
        assert open_signer("env:ISSUER_KEY").public_key == public
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"sesame")).decode()
    monkeypatch.setenv("ISSUER_KEY", encrypted)
    assert open_signer("env:ISSUER_KEY", passphrase=lambda: "sesame").public_key == public
    refused("env:ISSUER_KEY")
    refused("env:ISSUER_KEY", passphrase=lambda: "open")
    refused("env:ISSUER_KEY", passphrase=lambda: "")


def test_environment_values_that_are_no_private_key(monkeypatch: pytest.MonkeyPatch) -> None:
    refused("env:KEYS_TEST_NOT_SET")
    for name in ("", "A=B", "1A", "A B", "../x", "A\n"):
        refused(f"env:{name}")
    public = PublicKey.of(ed25519.Ed25519PrivateKey.generate().public_key())
    for value in ("", "{", "{}", "[1]", "text", public.to_multikey(), json.dumps(public.to_jwk()), public.to_pem()):
        monkeypatch.setenv("ISSUER_KEY", value)
        error = refused("env:ISSUER_KEY")
        assert len(value) < 10 or value not in str(error)


def secrets_of(key: Any) -> set[str]:
    """Every text that would betray a private key."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        numbers = [int.from_bytes(key.private_bytes_raw(), "big")]
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = [key.private_numbers().private_value]
    else:
        numbers = [key.private_numbers().d, key.private_numbers().p]
    return {
        text[4:24]
        for number in numbers
        for text in (
            f"{number:064x}",
            str(number),
            b64url_encode(number.to_bytes((number.bit_length() + 7) // 8, "big")),
        )
    }


@pytest.mark.parametrize("key_type", SIGNING_KEY_TYPES)
def test_a_signer_shows_nothing_of_its_secret(key_type: KeyType) -> None:
    key = generate(key_type)
    signer = local_signer(key)
    with pytest.raises(TypeError, match="__dict__"):
        vars(signer)
    shown = [repr(signer), str(signer), f"{signer}", pprint.pformat(signer), repr([signer]), repr(dir(signer))]
    for take in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(ProblemError, match="pickled or copied") as caught:
            take(signer)
        shown.append("".join(traceback.format_exception(caught.value)))
    inner = [getattr(signer, name) for name in dir(signer) if name.startswith("_KeySigner__")]
    assert len(inner) == 4
    shown += [repr(value) for value in inner]
    shown += [repr(value) for value in gc.get_referents(signer) if not isinstance(value, type)]
    for secret in secrets_of(key):
        assert all(secret not in text for text in shown)


def test_a_signer_cannot_be_changed() -> None:
    signer = local_signer(generate(KeyType.ED25519))
    for name in ("public_key", "verification_method", "controller", "sign", "anything"):
        with pytest.raises(AttributeError):
            setattr(signer, name, None)


def test_ecdsa_signatures_are_the_same_each_time_where_the_library_can() -> None:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes

    try:
        ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:
        pytest.skip("this build of cryptography has no deterministic ECDSA")
    signer = local_signer(generate(KeyType.P256))
    assert signer.sign(b"message") == signer.sign(b"message")


def test_new_rsa_keys_are_3072_bits() -> None:
    key = generate(KeyType.RSA)
    assert isinstance(key, rsa.RSAPrivateKey)
    assert key.key_size == 3072
