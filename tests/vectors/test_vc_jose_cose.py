"""The W3C VC-JOSE-COSE test suite's inputs, with the outcomes that suite expects."""

from __future__ import annotations

import pytest

from badgeport.keys.jwk import public_from_jwk
from badgeport.keys.public import PublicKey
from badgeport.proofs.jwt_claims import claim_problems
from badgeport.proofs.secured import Opened, open_member, open_secured, verify_secured
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    MALFORMED_VALUE_ERROR,
    PARSING_ERROR,
    UNSUPPORTED,
    ProblemError,
    ProblemType,
)
from support.shared import shared_json, shared_text

FOLDER = "vectors/vc-jose-cose"
KEY_OF_KID = {
    "2aOHaQxsWVT4mLsUkdtlCnUV-au0BBR-5yPYaPaCc5k": "vm-ed25519",
    "73voMXFNmNlOEpuYCSJlh8eN0dscykoO6gBukgRS1uU": "vm-p256",
    "96qBnDpvS6x8YSCH_xmnLlXZMkDhHBr8lj99u5aog7s": "vm-p384",
    "KQsihxP-LTeTZO2ETEfduP153UBIiFRhI8nSklMSmm0": "vm-p521",
}


def vector_key(name: str) -> PublicKey:
    return public_from_jwk(shared_json(f"{FOLDER}/{name}.json")["publicKeyJwk"])


def verified(opened: Opened, key: str) -> Opened:
    """What a verifier does with one securing: the signature, then the claims."""
    (proof,) = opened.proofs
    verify_secured(opened, proof, vector_key(key))
    for problem in claim_problems(opened):
        raise ProblemError(problem.type, problem.detail, problem.pointer)
    return opened


def check(name: str, key: str) -> Opened:
    return verified(open_secured(shared_text(f"{FOLDER}/{name}.txt").encode()), key)


@pytest.mark.parametrize(
    ("name", "key", "form", "source"),
    [
        ("credential-jose-minimal", "vm-p256", "vc+jwt", "credential-minimal"),
        ("credential-issuer-match-signed", "vm-ed25519", "vc+jwt", "credential-minimal"),
        ("credential-sdjwt-selective", "vm-p384", "vc+sd-jwt", "credential-selective"),
        ("credential-sdjwt-nested", "vm-p521", "vc+sd-jwt", "credential-nested-selective"),
    ],
)
def test_credentials_that_the_suite_accepts(name: str, key: str, form: str, source: str) -> None:
    opened = check(name, key)
    assert opened.form == form
    assert opened.document == shared_json(f"{FOLDER}/{source}.json")
    assert KEY_OF_KID[opened.proofs[0].verification_method or ""] == key


@pytest.mark.parametrize(
    ("name", "key", "form", "members"),
    [
        ("presentation-jose-multiple", "vm-p384", "vp+jwt", ["vm-p256", "vm-p384", None]),
        ("presentation-sdjwt-selective", "vm-p384", "vp+sd-jwt", ["vm-ed25519"]),
    ],
)
def test_presentations_that_the_suite_accepts(name: str, key: str, form: str, members: list[str | None]) -> None:
    opened = check(name, key)
    assert opened.form == form
    entries = opened.document["verifiableCredential"]
    assert len(entries) >= len(members)
    for entry in entries:
        if "cose" in entry["id"][:40]:
            with pytest.raises(ProblemError) as caught:
                open_member(entry)
            assert caught.value.problem.type is UNSUPPORTED
            continue
        inner = open_member(entry)
        verified(inner, KEY_OF_KID[inner.proofs[0].verification_method or ""])


@pytest.mark.parametrize(
    ("name", "key", "problem"),
    [
        ("credential-jose-bad-signature", "vm-ed25519", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("credential-jose-bad-media-type", "vm-ed25519", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("credential-jose-vc-vp-claims", "vm-ed25519", MALFORMED_VALUE_ERROR),
        ("credential-jose-unknown-extensions", "vm-ed25519", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("presentation-jose-bad-credential", "vm-ed25519", MALFORMED_VALUE_ERROR),
        ("presentation-jose-bad-media-type", "vm-ed25519", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("credential-sdjwt-bad-media-type", "vm-ed25519", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("presentation-sdjwt-bad-media-type", "vm-ed25519", CRYPTOGRAPHIC_SECURITY_ERROR),
        ("presentation-sdjwt-bad-credential", "vm-p521", CRYPTOGRAPHIC_SECURITY_ERROR),
    ],
)
def test_inputs_that_the_suite_refuses(name: str, key: str, problem: ProblemType) -> None:
    with pytest.raises(ProblemError) as caught:
        check(name, key)
    assert caught.value.problem.type is problem


@pytest.mark.parametrize("key", KEY_OF_KID.values())
def test_the_sd_jwt_with_a_wrong_signature(key: str) -> None:
    with pytest.raises(ProblemError) as caught:
        check("credential-sdjwt-bad-signature", key)
    assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize("key", ["vm-p256", "vm-p384", "vm-p521"])
def test_no_other_key_verifies(key: str) -> None:
    with pytest.raises(ProblemError) as caught:
        check("credential-issuer-match-signed", key)
    assert caught.value.problem.type is CRYPTOGRAPHIC_SECURITY_ERROR


@pytest.mark.parametrize(
    "name",
    [
        "credential-cose-minimal",
        "credential-cose-minimal-not-base64",
        "credential-cose-bad-media-type",
        "credential-cose-bad-signature",
        "presentation-cose-single",
        "presentation-cose-bad-credential",
        "presentation-cose-bad-media-type",
    ],
)
def test_cose_is_told_apart_and_not_read(name: str) -> None:
    with pytest.raises(ProblemError) as caught:
        open_secured(shared_text(f"{FOLDER}/{name}.txt").encode())
    assert caught.value.problem.type is UNSUPPORTED


def test_a_private_key_is_never_taken_for_a_public_one() -> None:
    with pytest.raises(ProblemError):
        public_from_jwk(shared_json(f"{FOLDER}/vm-p256.json")["secretKeyJwk"])
    with pytest.raises(ProblemError) as caught:
        open_secured(shared_text(f"{FOLDER}/credential-jose-minimal.txt").encode() + b"x.y")
    assert caught.value.problem.type is PARSING_ERROR
