"""Both directions with openbadgeslib: it accepts ours, we accept its own, both refuse tampering."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from badgeport.issuer import images
from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import mint
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.did import did_key
from badgeport.keys.private import CryptographyPrivateKey
from badgeport.keys.public import PublicKey
from badgeport.keys.types import KeyType, jose_algorithm
from badgeport.schemas import carrier
from badgeport.verifier.report import Verdict
from support import issuing

credential_module = pytest.importorskip("openbadgeslib.ob3.credential", reason="openbadgeslib is not installed")
ldp = pytest.importorskip("openbadgeslib.ob3.ldp")
signer_module = pytest.importorskip("openbadgeslib.ob3.signer")
verifier_module = pytest.importorskip("openbadgeslib.ob3.verifier")

JWT_KEYS = [KeyType.RSA, KeyType.P256, KeyType.P384, KeyType.ED25519]


def pem(key: CryptographyPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def theirs(issuer: str) -> Any:
    """A badge as the peer models it."""
    return credential_module.OpenBadgeCredential(
        issuer=credential_module.Issuer(id=issuer, name="Prairie Lakes School District"),
        recipient_id="did:example:maria-okafor",
        achievement=credential_module.Achievement(
            id="https://prairie-lakes.example/achievements/checking-for-understanding",
            name="Checking for Understanding",
            description="Uses quick evidence from every student.",
            criteria_narrative="Five experiences, a demonstration and a reflection.",
        ),
        issuance_date=datetime(2026, 2, 27, 15, 0, 0, tzinfo=UTC),
    )


def verdict(data: bytes) -> Verdict:
    return issuing.verifier({}).inspect(data, now=issuing.NOW).verdict


def test_it_accepts_our_embedded_proof_and_refuses_it_tampered() -> None:
    key = generate(KeyType.ED25519)
    data = mint(parse_award(issuing.award(status=None)), local_signer(key), now=issuing.NOW).bytes
    accepted = ldp.OB3LdpVerifier().verify(data)
    assert accepted.achievement.name == "Checking for Understanding"
    with pytest.raises(verifier_module.OB3VerificationError):
        ldp.OB3LdpVerifier().verify(data.replace(b"Exit tickets", b"Exit lottery"))


def test_we_accept_its_embedded_proof_and_refuse_it_tampered() -> None:
    key = generate(KeyType.ED25519)
    issuer = did_key(PublicKey.of(key.public_key()))
    document = ldp.OB3LdpSigner(pem(key)).sign_to_json(theirs(issuer), created=issuing.NOW).encode()
    report = issuing.verifier({}).inspect(document, now=issuing.NOW)
    assert report.verdict is Verdict.VALID, report.to_text()
    assert verdict(document.replace(b"quick evidence", b"no evidence at all")) is Verdict.INVALID


@pytest.mark.parametrize("key_type", JWT_KEYS)
def test_it_accepts_our_token_and_refuses_it_tampered(key_type: KeyType) -> None:
    key = generate(key_type)
    token = mint(parse_award(issuing.award(status=None)), local_signer(key), "vc-jwt", now=issuing.NOW).bytes.decode()
    accepted = verifier_module.OB3Verifier(key.public_key()).verify(token)
    assert accepted.achievement.name == "Checking for Understanding"
    broken = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    with pytest.raises(verifier_module.OB3VerificationError):
        verifier_module.OB3Verifier(key.public_key()).verify(broken)


@pytest.mark.parametrize("key_type", JWT_KEYS)
def test_we_accept_its_token_and_refuse_it_tampered(key_type: KeyType) -> None:
    key = generate(key_type)
    issuer = did_key(PublicKey.of(key.public_key()))
    token = signer_module.OB3Signer(pem(key), algorithm=jose_algorithm(key_type)).sign(theirs(issuer))
    report = issuing.verifier({}).inspect(token.encode(), now=issuing.NOW)
    assert report.verdict is Verdict.VALID, report.to_text()
    broken = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    assert verdict(broken.encode()) is Verdict.INVALID


def test_baked_images_both_ways() -> None:
    key = generate(KeyType.P256)
    token = mint(parse_award(issuing.award(status=None)), local_signer(key), "vc-jwt", now=issuing.NOW).bytes.decode()
    for image in (images.badge_png("Checking"), images.badge_svg("Checking for Understanding", "Prairie Lakes")):
        baked = carrier.bake(image, token)
        extract = "extract_token_from_png" if baked.startswith(b"\x89PNG") else "extract_token_from_svg"
        assert getattr(verifier_module.OB3Verifier, extract)(baked) == token
    own = theirs(did_key(PublicKey.of(key.public_key())))
    signer = signer_module.OB3Signer(pem(key), algorithm="ES256")
    for image, into in (
        (images.badge_png("x"), signer.sign_into_png),
        (images.badge_svg("x", "y"), signer.sign_into_svg),
    ):
        data = into(own, image)
        report = issuing.verifier({}).inspect(data, now=issuing.NOW)
        assert report.verdict is Verdict.VALID, report.to_text()
        assert json.loads(json.dumps(report.to_json()))["input"]["form"] in ("png", "svg")
