"""Custody in AWS KMS, against moto."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from badgeport.keys.custody import awskms, open_signer
from badgeport.keys.custody.memory import register
from badgeport.keys.types import KeyType
from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError

SPECS = {KeyType.P256: "ECC_NIST_P256", KeyType.P384: "ECC_NIST_P384", KeyType.RSA: "RSA_2048"}


@pytest.fixture
def kms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    moto = pytest.importorskip("moto", reason="moto is not installed")
    boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with moto.mock_aws():
        yield boto3.client("kms", region_name="us-west-2")


def make_key(kms: Any, spec: str, usage: str = "SIGN_VERIFY") -> str:
    key_id: str = kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["KeyId"]
    return key_id


@pytest.mark.parametrize("key_type", SPECS)
def test_a_kms_key_signs_what_its_public_key_verifies(kms: Any, key_type: KeyType) -> None:
    signer = open_signer(f"awskms:{make_key(kms, SPECS[key_type])}?region=us-west-2")
    assert signer.public_key.key_type is key_type
    signature = signer.sign(b"message")
    assert signer.public_key.verify(signature, b"message")
    assert not signer.public_key.verify(signature, b"another message")


def test_a_key_is_found_by_alias_and_arn(kms: Any) -> None:
    key_id = make_key(kms, "ECC_NIST_P256")
    kms.create_alias(AliasName="alias/issuer", TargetKeyId=key_id)
    arn = kms.describe_key(KeyId=key_id)["KeyMetadata"]["Arn"]
    expected = open_signer(f"awskms:{key_id}?region=us-west-2").public_key
    assert open_signer("awskms:alias/issuer?region=us-west-2").public_key == expected
    assert open_signer(f"awskms:{arn}?region=us-west-2").public_key == expected


def test_the_key_on_record_must_be_the_one_in_kms(kms: Any) -> None:
    other = open_signer(register("keys-awskms-other", KeyType.P256)).public_key
    with pytest.raises(ProblemError, match="another key than the one on record"):
        open_signer(f"awskms:{make_key(kms, 'ECC_NIST_P256')}?region=us-west-2", public_key=other)


@pytest.mark.parametrize(
    ("spec", "usage", "reason"),
    [
        ("ECC_NIST_P521", "SIGN_VERIFY", "only verified"),
        ("ECC_SECG_P256K1", "SIGN_VERIFY", "not supported"),
        ("RSA_2048", "ENCRYPT_DECRYPT", "not for signing"),
    ],
)
def test_a_key_that_is_not_for_signing_badges_is_refused(kms: Any, spec: str, usage: str, reason: str) -> None:
    with pytest.raises(ProblemError, match=reason) as caught:
        open_signer(f"awskms:{make_key(kms, spec, usage)}?region=us-west-2")
    assert caught.value.problem.type == KEY_CUSTODY_ERROR


def test_an_absent_key_is_refused(kms: Any) -> None:
    with pytest.raises(ProblemError, match="NotFound") as caught:
        open_signer("awskms:00000000-0000-0000-0000-000000000000?region=us-west-2")
    assert caught.value.problem.type == KEY_CUSTODY_ERROR


def test_a_service_that_cannot_be_reached_is_refused(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = open_signer(f"awskms:{make_key(kms, 'ECC_NIST_P256')}?region=us-west-2")
    botocore = pytest.importorskip("botocore.client")

    def unreachable(*arguments: Any, **options: Any) -> None:
        raise exceptions.EndpointConnectionError(endpoint_url="https://kms.us-west-2.example/")

    exceptions = pytest.importorskip("botocore.exceptions")
    monkeypatch.setattr(botocore.BaseClient, "_make_api_call", unreachable)
    with pytest.raises(ProblemError, match="EndpointConnectionError") as caught:
        signer.sign(b"message")
    assert caught.value.problem.type == KEY_CUSTODY_ERROR


@pytest.mark.parametrize("query", ["region=no/region", "region=us-west-2&endpoint=nonsense"])
def test_a_client_that_cannot_be_made_is_refused(kms: Any, query: str) -> None:
    with pytest.raises(ProblemError, match="client could not be made"):
        open_signer(f"awskms:key?{query}")


def test_without_boto3_the_package_to_install_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(ProblemError, match=r"badgeport\[kms\]"):
        open_signer("awskms:key")


@pytest.mark.parametrize("uri", ["awskms:", "awskms:key?secret=1", "awskms:key?region=", "awskms:a\nb"])
def test_a_malformed_uri_is_refused(uri: str) -> None:
    with pytest.raises(ProblemError) as caught:
        open_signer(uri)
    assert caught.value.problem.type == KEY_CUSTODY_ERROR


class FakeKms:
    """KMS as its API reference describes Sign: the mock has no Ed25519 and takes digests for messages."""

    def __init__(self, key: Any) -> None:
        self.key = key
        self.requests: list[dict[str, Any]] = []

    def get_public_key(self, KeyId: str) -> dict[str, Any]:
        der = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return {"KeyUsage": "SIGN_VERIFY", "PublicKey": der}

    def sign(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        assert len(request["Message"]) <= 4096
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            assert request["MessageType"] == "RAW"
            return {"Signature": self.key.sign(request["Message"])}
        hashing: Any = hashes.SHA384()
        if request["MessageType"] == "DIGEST":
            hashing = utils.Prehashed(hashing)
        return {"Signature": self.key.sign(request["Message"], ec.ECDSA(hashing))}


def test_ed25519_messages_are_sent_whole_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("boto3", reason="boto3 is not installed")
    fake = FakeKms(ed25519.Ed25519PrivateKey.generate())
    monkeypatch.setattr(awskms, "_client", lambda options: fake)
    signer = open_signer("awskms:key")
    assert signer.public_key.verify(signer.sign(b"message"), b"message")
    assert fake.requests[0]["SigningAlgorithm"] == "ED25519_SHA_512"
    with pytest.raises(ProblemError, match="at most 4096 bytes"):
        signer.sign(bytes(4097))


@pytest.mark.parametrize(("size", "sent_as"), [(0, "RAW"), (4096, "RAW"), (4097, "DIGEST"), (1_000_000, "DIGEST")])
def test_long_messages_are_hashed_here(monkeypatch: pytest.MonkeyPatch, size: int, sent_as: str) -> None:
    pytest.importorskip("boto3", reason="boto3 is not installed")
    fake = FakeKms(ec.generate_private_key(ec.SECP384R1()))
    monkeypatch.setattr(awskms, "_client", lambda options: fake)
    signer = open_signer("awskms:key")
    assert signer.public_key.verify(signer.sign(bytes(size)), bytes(size))
    assert fake.requests[0]["MessageType"] == sent_as
    assert fake.requests[0]["SigningAlgorithm"] == "ECDSA_SHA_384"
