"""Minting: every format, the refusals, and the check of the own proof before anything is released."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from badgeport.issuer import samples
from badgeport.issuer.award import parse_award
from badgeport.issuer.endorsements import endorse
from badgeport.issuer.mint import DEFAULT_FORMATS, build, mint
from badgeport.issuer.release import release
from badgeport.issuer.status_lists import entry
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.secured import claim_problems, open_secured, verify_secured
from badgeport.proofs.suites.ecdsa_sd import decisive_problems, derive
from badgeport.schemas import contexts, jsontext, structure
from badgeport.schemas.problems import (
    DATA_LOSS_DETECTION_ERROR,
    MALFORMED_VALUE_ERROR,
    PROOF_GENERATION_ERROR,
    ProblemError,
)

Json = dict[str, Any]
SignerOf = Callable[[KeyType], Signer]

PAIRS = [
    ("eddsa-rdfc-2022", KeyType.ED25519),
    ("eddsa-jcs-2022", KeyType.ED25519),
    ("ecdsa-rdfc-2019", KeyType.P256),
    ("ecdsa-rdfc-2019", KeyType.P384),
    ("ecdsa-jcs-2019", KeyType.P256),
    ("ecdsa-jcs-2019", KeyType.P384),
    ("ecdsa-sd-2023", KeyType.P256),
    ("Ed25519Signature2020", KeyType.ED25519),
    *(
        (format, key_type)
        for format in ("vc-jwt", "vc+jwt", "vc+sd-jwt")
        for key_type in (KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.RSA)
    ),
]


def counter() -> Callable[[int], bytes]:
    """Bytes that look different each time and are the same in every run."""
    number = 0

    def give(count: int) -> bytes:
        nonlocal number
        number += 1
        return hashlib.sha256(str(number).encode()).digest()[:count]

    return give


@pytest.mark.parametrize(("format", "key_type"), PAIRS)
def test_every_format_mints_and_verifies(
    signer_of: SignerOf, award_json: Json, now: datetime, format: str, key_type: KeyType
) -> None:
    signer = signer_of(key_type)
    minted = mint(parse_award(award_json), signer, format, now=now)
    assert minted.format == format
    assert minted.sha256 == hashlib.sha256(minted.bytes).hexdigest()
    opened = open_secured(minted.bytes)
    assert opened.form == (format if "jwt" in format else "data-integrity")
    assert {name: value for name, value in opened.document.items() if name != "proof"} == minted.credential
    assert structure.problems(opened.document) == ()
    assert claim_problems(opened) == ()
    (proof,) = opened.proofs
    if format == "ecdsa-sd-2023":
        derived = open_secured(jsontext.dump(derive(opened.document, ["/evidence"], contexts=contexts.store())))
        assert structure.problems(derived.document) == ()
        assert "evidence" in derived.document
        assert "result" not in derived.document["credentialSubject"]
        verify_secured(derived, derived.proofs[0], signer.public_key)
    else:
        verify_secured(opened, proof, signer.public_key)
    if "jwt" not in format:
        assert proof.created == now.replace(microsecond=0)
        assert isinstance(opened.document["proof"], list)


@pytest.mark.parametrize("name", samples.NAMES)
def test_every_sample_mints_with_any_key(signer_of: SignerOf, now: datetime, name: str) -> None:
    for key_type, format in DEFAULT_FORMATS.items():
        signer = signer_of(key_type)
        minted = mint(parse_award(samples.load(name)), signer, format, now=now)
        assert minted.credential["issuer"]["id"] == signer.controller


def test_the_same_randomness_gives_the_same_bytes(award_json: Json, signer: Signer, now: datetime) -> None:
    award = parse_award(award_json)
    first = mint(award, signer, now=now, randomness=counter())
    assert mint(award, signer, now=now, randomness=counter()).bytes == first.bytes
    assert mint(award, signer, now=now).credential["id"] != first.credential["id"]


class TestWhoMaySign:
    def test_an_award_of_another_issuer_is_refused(self, award_json: Json, signer: Signer, now: datetime) -> None:
        award_json["issuer"]["id"] = "did:web:someone-else.example"
        with pytest.raises(ProblemError, match="nobody signs in another's name") as caught:
            mint(parse_award(award_json), signer, now=now)
        assert caught.value.problem.type is PROOF_GENERATION_ERROR
        assert caught.value.problem.pointer == "/issuer/id"

    @pytest.mark.parametrize("issuer", [None, "did:web:x.example", {"id": "did:web:x.example"}, {}, 3, ["did:key:x"]])
    def test_so_is_a_ready_credential(self, award_json: Json, signer: Signer, now: datetime, issuer: Any) -> None:
        award = parse_award(award_json)
        credential = build(award, issuer_id=signer.controller, credential_id="urn:example:1", now=now)
        with pytest.raises(ProblemError) as caught:
            release({**credential, "issuer": issuer}, signer, now=now)
        assert caught.value.problem.type is PROOF_GENERATION_ERROR

    def test_the_issuer_of_the_award_may_be_named(self, award_json: Json, signer: Signer, now: datetime) -> None:
        award_json["issuer"]["id"] = signer.controller
        assert mint(parse_award(award_json), signer, now=now).credential["issuer"]["id"] == signer.controller


class TestOwnProof:
    @dataclass(frozen=True)
    class Crooked:
        """A signer whose signatures are not those of its public key."""

        honest: Signer
        public_key: PublicKey
        verification_method: str
        controller: str

        def sign(self, message: bytes) -> bytes:
            return self.honest.sign(message + b"?")

    @pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc-jwt", "vc+jwt", "vc+sd-jwt"])
    def test_a_proof_that_does_not_verify_never_leaves(
        self, award_json: Json, signer: Signer, now: datetime, format: str
    ) -> None:
        crooked = self.Crooked(signer, signer.public_key, signer.verification_method, signer.controller)
        with pytest.raises(ProblemError, match="does not verify and was not released") as caught:
            mint(parse_award(award_json), crooked, format, now=now)
        assert caught.value.problem.type is PROOF_GENERATION_ERROR


class TestRefusals:
    def test_an_unknown_format(self, award_json: Json, signer: Signer, now: datetime) -> None:
        with pytest.raises(ProblemError, match="not a format"):
            mint(parse_award(award_json), signer, "rsa-1024", now=now)

    def test_a_key_the_suite_does_not_sign_with(self, award_json: Json, signer_of: SignerOf, now: datetime) -> None:
        with pytest.raises(ProblemError) as caught:
            mint(parse_award(award_json), signer_of(KeyType.RSA), "eddsa-rdfc-2022", now=now)
        assert caught.value.problem.type is PROOF_GENERATION_ERROR

    @pytest.mark.parametrize("format", ["eddsa-rdfc-2022", "eddsa-jcs-2022", "vc-jwt", "vc+jwt", "vc+sd-jwt"])
    def test_a_term_no_context_defines(self, award_json: Json, signer: Signer, now: datetime, format: str) -> None:
        award_json["recipient"]["id"] = "did:example:maren"
        credential = build(parse_award(award_json), issuer_id=signer.controller, credential_id="urn:example:1", now=now)
        credential["credentialSubject"]["achievement"]["favouriteColour"] = "green"
        with pytest.raises(ProblemError) as caught:
            release(credential, signer, format, now=now)
        assert caught.value.problem.type is DATA_LOSS_DETECTION_ERROR

    def test_a_breach_of_the_data_model(self, award_json: Json, signer: Signer, now: datetime) -> None:
        credential = build(parse_award(award_json), issuer_id=signer.controller, credential_id="urn:example:1", now=now)
        del credential["credentialSubject"]["achievement"]["criteria"]
        with pytest.raises(ProblemError) as caught:
            release(credential, signer, now=now)
        assert caught.value.problem.type is MALFORMED_VALUE_ERROR
        assert caught.value.problem.pointer == "/credentialSubject/achievement/criteria"

    def test_a_credential_that_already_has_a_proof(self, award_json: Json, signer: Signer, now: datetime) -> None:
        signed = json.loads(mint(parse_award(award_json), signer, now=now).bytes)
        with pytest.raises(ProblemError, match="already has a proof"):
            release(signed, signer, now=now)


class TestVcJwt:
    def test_a_recipient_without_an_id_gets_a_random_one(self, award_json: Json, signer: Signer, now: datetime) -> None:
        award = parse_award(award_json)
        subjects = [mint(award, signer, "vc-jwt", now=now).credential["credentialSubject"] for _ in range(2)]
        assert all(subject["id"].startswith("urn:uuid:") for subject in subjects)
        assert subjects[0]["id"] != subjects[1]["id"]
        assert all(len(subject["identifier"]) == 2 for subject in subjects)
        assert "id" not in mint(award, signer, now=now).credential["credentialSubject"]

    def test_the_claims_repeat_the_credential(self, award_json: Json, signer_of: SignerOf, now: datetime) -> None:
        award_json |= {"validUntil": "2031-03-02T00:00:00Z"}
        award_json["recipient"]["id"] = "did:example:maren"
        minted = mint(parse_award(award_json), signer_of(KeyType.RSA), "vc-jwt", now=now)
        opened = open_secured(minted.bytes)
        assert {name: opened.claims[name] for name in ("iss", "sub", "jti", "nbf", "exp")} == {
            "iss": minted.credential["issuer"]["id"],
            "sub": "did:example:maren",
            "jti": minted.credential["id"],
            "nbf": int(now.timestamp()),
            "exp": 1930176000,
        }
        assert opened.header is not None
        assert opened.header.keys() <= {"alg", "kid", "jwk", "typ"}

    @pytest.mark.parametrize(
        ("key_type", "warned"),
        [(KeyType.RSA, False), (KeyType.P256, False), (KeyType.P384, True), (KeyType.ED25519, True)],
    )
    def test_algorithms_the_validator_refuses_are_warned_of(
        self, award_json: Json, signer_of: SignerOf, now: datetime, key_type: KeyType, warned: bool
    ) -> None:
        minted = mint(parse_award(award_json), signer_of(key_type), "vc-jwt", now=now)
        assert any("1EdTech" in warning for warning in minted.warnings) is warned


def test_the_certified_format_bears_no_warning(award_json: Json, signer_of: SignerOf, now: datetime) -> None:
    award = parse_award(award_json)
    assert mint(award, signer_of(KeyType.ED25519), "eddsa-rdfc-2022", now=now).warnings == ()
    assert "ecdsa-rdfc-2019" in mint(award, signer_of(KeyType.P256), "ecdsa-rdfc-2019", now=now).warnings[0]


def test_an_sd_jwt_hides_only_what_is_personal(award_json: Json, signer: Signer, now: datetime) -> None:
    award_json |= {"narrative": "Well done.", "role": "Teacher", "credits": 1}
    minted = mint(parse_award(award_json), signer, "vc+sd-jwt", now=now)
    opened = open_secured(minted.bytes)
    assert set(opened.disclosed) == {
        "/evidence/0/id",
        "/evidence/0/name",
        "/credentialSubject/narrative",
        "/credentialSubject/result",
        "/credentialSubject/role",
    }
    shown = open_secured(minted.bytes.split(b"~")[0] + b"~").document
    assert structure.problems(shown) == ()
    assert shown["evidence"] == [{"type": ["Evidence"]}]
    assert shown["credentialSubject"]["creditsEarned"] == 1


def test_a_selective_badge_keeps_everything_that_decides(award_json: Json, signer_of: SignerOf, now: datetime) -> None:
    award_json |= {"validUntil": "2031-03-02", "narrative": "Well done."}
    signer = signer_of(KeyType.P256)
    minted = mint(parse_award(award_json), signer, "ecdsa-sd-2023", now=now)
    assert "holder" in minted.warnings[0]
    signed = jsontext.parse_object(minted.bytes)
    assert decisive_problems(minted.credential, signed["proof"][0], contexts=contexts.store()) == ()
    shown = derive(signed, [], contexts=contexts.store())
    assert structure.problems(shown) == ()
    assert shown["credentialSubject"].keys() == {"type", "identifier", "achievement"}
    assert shown["credentialSubject"]["achievement"] == minted.credential["credentialSubject"]["achievement"]


def test_status_entries_and_endorsements_are_signed_with_the_badge(
    award_json: Json, signer: Signer, signer_of: SignerOf, now: datetime
) -> None:
    award = parse_award(award_json)
    agency = signer_of(KeyType.P256)
    arguments: Json = {"name": "Approved", "issuer": award.issuer, "now": now}
    embedded = endorse("urn:example:achievement", "Good.", agency, "ecdsa-rdfc-2019", **arguments)
    jwt = endorse("urn:example:achievement", "Good.", agency, "vc-jwt", **arguments)
    minted = mint(
        award,
        signer,
        now=now,
        status_entries=[entry("https://status.example/1", "revocation", 7)],
        endorsements=[embedded.bytes, jwt.bytes],
    )
    assert minted.credential["endorsement"] == [json.loads(embedded.bytes)]
    assert minted.credential["endorsementJwt"] == [jwt.bytes.decode()]
    assert minted.credential["credentialStatus"]["statusListIndex"] == "7"
    assert structure.problems(minted.credential) == ()
