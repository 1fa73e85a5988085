"""The W3C test vectors of VC DI EdDSA: every intermediate text and hash, exact signatures, sets and chains."""

import copy
import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from badgeport.keys.multikey import public_from_multikey
from badgeport.keys.public import PublicKey
from badgeport.proofs.canonicalization import canonicalize, jcs
from badgeport.proofs.data_integrity import add_proof, proofs_of, verify_proof
from badgeport.proofs.suites.registry import suite
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, ProblemError
from support.di_material import eddsa_signer, multikey_signer, vector_store
from support.shared import shared_json, shared_text

_BASE = "vectors/vc-di-eddsa"
_CREATED = datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)

# Folder, suffix of its files, unsigned document, suite
_SETS = [
    ("eddsa-rdfc-2022", "DataInt", "unsigned.json", "eddsa-rdfc-2022"),
    ("eddsa-rdfc-2022/employ", "DataInt", "employmentAuth.json", "eddsa-rdfc-2022"),
    ("eddsa-jcs-2022", "JCS", "unsigned.json", "eddsa-jcs-2022"),
    ("Ed25519Signature2020", "EdSig", "unsigned.json", "Ed25519Signature2020"),
]


@pytest.fixture(params=_SETS, ids=[each[0].replace("/", "-") for each in _SETS])
def vector(request: pytest.FixtureRequest) -> dict[str, Any]:
    folder, suffix, unsigned, name = request.param
    texts = ("canonDoc", "docHash", "proofCanon", "proofHash", "combinedHash", "sigHex", "sigBTC58")
    found: dict[str, Any] = {part: shared_text(f"{_BASE}/{folder}/{part}{suffix}.txt") for part in texts}
    found["config"] = shared_json(f"{_BASE}/{folder}/proofConfig{suffix}.json")
    found["signed"] = shared_json(f"{_BASE}/{folder}/signed{suffix}.json")
    found["unsigned"] = shared_json(f"{_BASE}/{unsigned}")
    found["suite"] = name
    # The Ed25519Signature2020 vector signs the document after its suite context was added.
    found["document"] = {member: value for member, value in found["signed"].items() if member != "proof"}
    return found


def _canonical(value: dict[str, Any], name: str) -> str:
    return jcs(value).decode() if "jcs" in name else canonicalize(value, contexts=vector_store())


def test_canonical_texts_and_hashes(vector: dict[str, Any]) -> None:
    document = _canonical(vector["document"], vector["suite"])
    config = _canonical(vector["config"], vector["suite"])
    assert document == vector["canonDoc"]
    assert config == vector["proofCanon"]
    document_hash = hashlib.sha256(document.encode()).hexdigest()
    config_hash = hashlib.sha256(config.encode()).hexdigest()
    assert document_hash == vector["docHash"]
    assert config_hash == vector["proofHash"]
    assert config_hash + document_hash == vector["combinedHash"]


def test_signing_gives_the_published_document(vector: dict[str, Any]) -> None:
    signed = add_proof(
        vector["unsigned"], eddsa_signer(), cryptosuite=vector["suite"], created=_CREATED, contexts=vector_store()
    )
    assert signed == vector["signed"]
    assert signed["proof"]["proofValue"] == vector["sigBTC58"]
    assert "proof" not in vector["unsigned"]


def test_published_document_verifies_and_changes_do_not(vector: dict[str, Any]) -> None:
    key = eddsa_signer().public_key
    signed = vector["signed"]
    verify_proof(signed, 0, key, contexts=vector_store())
    changes = [
        ("name", "Another name"),
        ("validFrom", "2023-01-01T00:00:01Z"),
        ("issuer", "https://vc.example/issuers/5679"),
        ("@context", signed["@context"][:1]),
        ("credentialSubject", {}),
    ]
    for member, value in changes:
        with pytest.raises(ProblemError):
            verify_proof({**signed, member: value}, 0, key, contexts=vector_store())
    for member, value in [
        ("created", "2023-02-24T23:36:39Z"),
        ("proofPurpose", "authentication"),
        ("verificationMethod", "did:example:other#key"),
        ("challenge", "more"),
        ("proofValue", signed["proof"]["proofValue"][:-1] + "1"),
    ]:
        with pytest.raises(ProblemError):
            verify_proof({**signed, "proof": {**signed["proof"], member: value}}, 0, key, contexts=vector_store())


def test_the_suite_makes_the_same_proof_alone(vector: dict[str, Any]) -> None:
    options = {member: value for member, value in vector["config"].items() if member != "@context"}
    proof = suite(vector["suite"]).create(
        vector["document"], options, eddsa_signer(), contexts=vector_store(), limits=DEFAULT_LIMITS
    )
    assert proof == vector["signed"]["proof"]


_SIGNED = ["signedProofSet1", "signedProofSet2", "signedProofChain1", "signedProofChain2"]


def _key_of(proof: dict[str, Any]) -> PublicKey:
    return public_from_multikey(proof["verificationMethod"].partition("#")[2])


@pytest.mark.parametrize("name", _SIGNED)
def test_every_proof_of_a_set_or_chain_verifies(name: str) -> None:
    document = shared_json(f"{_BASE}/proof-set-chain/{name}.json")
    for proof in proofs_of(document):
        verify_proof(document, proof.index, _key_of(proof.raw), contexts=vector_store())


@pytest.mark.parametrize("name", _SIGNED)
def test_sets_and_chains_are_reproduced(name: str) -> None:
    published = shared_json(f"{_BASE}/proof-set-chain/{name}.json")
    pairs = shared_json(f"{_BASE}/proof-set-chain/multiKeyPairs.json")
    signers = {pair["publicKeyMultibase"]: multikey_signer(pair) for pair in pairs.values()}
    document: dict[str, Any] = shared_json(f"{_BASE}/proof-set-chain/unsigned.json")
    if isinstance(published["proof"], list):
        document["proof"] = []
    for proof in proofs_of(published):
        assert proof.created is not None
        assert proof.verification_method is not None
        document = add_proof(
            document,
            signers[proof.verification_method.partition("#")[2]],
            cryptosuite="eddsa-rdfc-2022",
            created=proof.created,
            proof_id=proof.id,
            previous=proof.raw.get("previousProof"),
            contexts=vector_store(),
        )
    assert document == published


def test_a_chain_needs_the_proofs_it_names() -> None:
    document = shared_json(f"{_BASE}/proof-set-chain/signedProofChain2.json")
    last = document["proof"][3]
    key = _key_of(last)
    damaged: list[list[dict[str, Any]]] = [
        [last],
        [*document["proof"][:2], {**document["proof"][2], "created": "2023-02-26T22:06:39Z"}, last],
        [*document["proof"][:2], {**document["proof"][2], "previousProof": "urn:uuid:none"}, last],
        [*document["proof"][:3], document["proof"][2], last],
    ]
    for proofs in damaged:
        with pytest.raises(ProblemError) as caught:
            verify_proof({**document, "proof": proofs}, len(proofs) - 1, key, contexts=vector_store())
        assert caught.value.problem.type == PROOF_VERIFICATION_ERROR
    # What the last proof does not name is not under it.
    verify_proof({**document, "proof": document["proof"][2:]}, 1, key, contexts=vector_store())


def test_verifying_changes_nothing() -> None:
    document = shared_json(f"{_BASE}/proof-set-chain/signedProofChain2.json")
    before = copy.deepcopy(document)
    verify_proof(document, 3, _key_of(document["proof"][3]), contexts=vector_store())
    assert document == before
