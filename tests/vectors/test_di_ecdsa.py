"""The W3C test vectors of VC DI ECDSA: P-256 and P-384, RDFC and JCS; SHA-384 also inside canonicalization."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from badgeport.keys.signer import Signer
from badgeport.proofs.canonicalization import canonicalize, jcs
from badgeport.proofs.data_integrity import add_proof, verify_proof
from badgeport.schemas.encoding import base58_decode
from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, ProblemError
from support.di_material import eddsa_signer, multikey_signer, vector_store
from support.shared import shared_json, shared_text

_BASE = "vectors/vc-di-ecdsa"

# Folder, suffix of its files, unsigned document, suite, key pair, hash
_SETS = [
    ("ecdsa-rdfc-2019-p256", "ECDSAP256", "unsigned.json", "ecdsa-rdfc-2019", "p256KeyPair.json", "sha256"),
    (
        "ecdsa-rdfc-2019-p256/employ",
        "ECDSAP256",
        "employmentAuth.json",
        "ecdsa-rdfc-2019",
        "p256KeyPair.json",
        "sha256",
    ),
    ("ecdsa-rdfc-2019-p384", "ECDSAP384", "unsigned.json", "ecdsa-rdfc-2019", "p384KeyPair.json", "sha384"),
    (
        "ecdsa-rdfc-2019-p384/employ",
        "ECDSAP384",
        "employmentAuth.json",
        "ecdsa-rdfc-2019",
        "p384KeyPair.json",
        "sha384",
    ),
    ("ecdsa-jcs-2019-p256", "JCSECDSAP256", "unsigned.json", "ecdsa-jcs-2019", "p256KeyPair.json", "sha256"),
    ("ecdsa-jcs-2019-p384", "JCSECDSAP384", "unsigned.json", "ecdsa-jcs-2019", "p384KeyPair.json", "sha384"),
]


@pytest.fixture(params=_SETS, ids=[each[0].replace("/", "-") for each in _SETS])
def vector(request: pytest.FixtureRequest) -> dict[str, Any]:
    folder, suffix, unsigned, name, pair, hash_name = request.param
    texts = ("canonDoc", "docHash", "proofCanon", "proofHash", "combinedHash", "sigHex", "sigBTC58")
    found: dict[str, Any] = {part: shared_text(f"{_BASE}/{folder}/{part}{suffix}.txt") for part in texts}
    found["config"] = shared_json(f"{_BASE}/{folder}/proofConfig{suffix}.json")
    found["signed"] = shared_json(f"{_BASE}/{folder}/signed{suffix}.json")
    found["unsigned"] = shared_json(f"{_BASE}/{unsigned}")
    found["signer"] = multikey_signer(shared_json(f"{_BASE}/{pair}"))
    return found | {"suite": name, "hash": hash_name}


def test_canonical_texts_and_hashes(vector: dict[str, Any]) -> None:
    def canonical(value: dict[str, Any]) -> str:
        if "jcs" in vector["suite"]:
            return jcs(value).decode()
        return canonicalize(value, contexts=vector_store(), hash_name=vector["hash"])

    document, config = canonical(vector["unsigned"]), canonical(vector["config"])
    assert document == vector["canonDoc"]
    assert config == vector["proofCanon"]
    document_hash = hashlib.new(vector["hash"], document.encode()).hexdigest()
    config_hash = hashlib.new(vector["hash"], config.encode()).hexdigest()
    assert document_hash == vector["docHash"]
    assert config_hash == vector["proofHash"]
    assert config_hash + document_hash == vector["combinedHash"]


def test_published_document_verifies_and_changes_do_not(vector: dict[str, Any]) -> None:
    key, signed = vector["signer"].public_key, vector["signed"]
    verify_proof(signed, 0, key, contexts=vector_store())
    assert base58_decode(vector["sigBTC58"][1:]).hex() == vector["sigHex"]
    for changed in (
        {**signed, "validFrom": "2023-01-01T00:00:01Z"},
        {**signed, "proof": {**signed["proof"], "created": "2000-01-01T00:00:00Z"}},
        {**signed, "proof": {**signed["proof"], "proofPurpose": "authentication"}},
    ):
        with pytest.raises(ProblemError) as caught:
            verify_proof(changed, 0, key, contexts=vector_store())
        assert caught.value.problem.type == PROOF_VERIFICATION_ERROR


def test_foreign_keys_are_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(ProblemError) as caught:
        verify_proof(vector["signed"], 0, eddsa_signer().public_key, contexts=vector_store())
    assert caught.value.problem.type == PROOF_VERIFICATION_ERROR


def test_signing_gives_the_published_document(vector: dict[str, Any]) -> None:
    if not _deterministic():
        pytest.skip("this OpenSSL does not make deterministic ECDSA signatures (RFC 6979)")
    signed = add_proof(
        vector["unsigned"],
        _Named(vector["signer"], vector["config"]["verificationMethod"]),
        cryptosuite=vector["suite"],
        created=datetime.strptime(vector["config"]["created"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        contexts=vector_store(),
    )
    assert signed == vector["signed"]


def test_the_p384_vector_tells_the_hashes_apart() -> None:
    document = shared_json(f"{_BASE}/employmentAuth.json")
    published = shared_text(f"{_BASE}/ecdsa-rdfc-2019-p384/employ/canonDocECDSAP384.txt")
    assert canonicalize(document, contexts=vector_store(), hash_name="sha256") != published
    assert canonicalize(document, contexts=vector_store(), hash_name="sha384") == published


class _Named:
    """A signer under the verification method that a vector names."""

    def __init__(self, signer: Signer, method: str) -> None:
        self.public_key, self.verification_method, self.controller = signer.public_key, method, signer.controller
        self.sign = signer.sign


def _deterministic() -> bool:
    try:
        ec.generate_private_key(ec.SECP256R1()).sign(b"", ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    except Exception:
        return False
    return True
