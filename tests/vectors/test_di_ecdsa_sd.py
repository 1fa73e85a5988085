"""The official ecdsa-sd-2023 vectors, each step (VC DI ECDSA 1.0 appendix, signatures by RFC 6979)."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import pytest

from badgeport.keys.custody.local import local_signer
from badgeport.keys.multikey import private_from_multikey, public_from_multikey
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.proofs.canonicalization import canonicalize, dataset
from badgeport.proofs.canonicalization.rdfc import canonical_form
from badgeport.proofs.selective.labels import by_hmac, by_label_map, hmac_digest, label_number, signed_label
from badgeport.proofs.selective.proof_value import parse_base, parse_derived, proof_kind
from badgeport.proofs.selective.selection import select
from badgeport.proofs.selective.statements import Grouped, group, hash_lines, signed_lines
from badgeport.proofs.suites.base import rdf_hash
from badgeport.proofs.suites.ecdsa_sd import SUITE, derive, sign_base, verify_base, verify_derived
from badgeport.schemas import contexts
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.encoding import multibase_decode, multibase_encode
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.pointer import resolve
from badgeport.schemas.problems import ProblemError
from support.shared import shared_json, shared_path, shared_text

ROOT = "vectors/vc-di-ecdsa"
CITIZENSHIP = "https://w3id.org/citizenship/v4rc1"


class Vector(NamedTuple):
    name: str
    document: dict[str, Any]
    mandatory: list[str]
    selective: list[str]
    store: ContextStore
    signer: Signer
    hmac_key: bytes
    proof_key: Any

    def step(self, file: str) -> Any:
        return shared_json(f"{ROOT}/ecdsa-sd-2023/{self.name}/{file}.json")

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = self.step("addProofConfig")
        return config

    @property
    def options(self) -> dict[str, Any]:
        return {name: value for name, value in self.config.items() if name != "@context"}

    def group(self, **pointers: list[str]) -> Grouped:
        return group(self.document, pointers, by_hmac(self.hmac_key), contexts=self.store, limits=DEFAULT_LIMITS)


@pytest.fixture(
    params=[("employ", "employmentAuth", "employ"), ("prc", "prCredUnsigned", "prCred")], ids=["employ", "prc"]
)
def vector(request: pytest.FixtureRequest) -> Vector:
    name, document, pointers = request.param
    # The published prCredUnsigned.json words its description otherwise than every later step of its set, so the
    # document is taken from the signed one.
    unsecured = shared_json(f"{ROOT}/ecdsa-sd-2023/{name}/addSignedSDBase.json")
    del unsecured["proof"]
    differing = {"description"} if name == "prc" else set()
    published = shared_json(f"{ROOT}/{document}.json")
    assert {member for member in published if published[member] != unsecured[member]} == differing
    keys = shared_json(f"{ROOT}/ecdsa-sd-2023/SDKeyMaterial.json")
    context = shared_path("contexts/citizenship-v4rc1.jsonld").read_bytes()
    return Vector(
        name,
        unsecured,
        shared_json(f"{ROOT}/{pointers}Mandatory.json"),
        shared_json(f"{ROOT}/{pointers}Selective.json"),
        contexts.store().with_documents({CITIZENSHIP: context}),
        local_signer(private_from_multikey(keys["baseKeyPair"]["secretKeyMultibase"])),
        bytes.fromhex(keys["hmacKeyString"]),
        private_from_multikey(keys["proofKeyPair"]["secretKeyMultibase"]),
    )


def entries(table: dict[str, Any]) -> dict[Any, Any]:
    return dict(table["value"])


def multikey(data: bytes) -> str:
    return multibase_encode(data, "z")


def test_keys(vector: Vector) -> None:
    keys = shared_json(f"{ROOT}/ecdsa-sd-2023/SDKeyMaterial.json")
    assert vector.signer.public_key.to_multikey() == keys["baseKeyPair"]["publicKeyMultibase"]
    assert PublicKey.of(vector.proof_key.public_key()).to_multikey() == keys["proofKeyPair"]["publicKeyMultibase"]
    assert vector.signer.verification_method == vector.config["verificationMethod"]


def test_base_pointer_values(vector: Vector) -> None:
    expected = vector.step("addPointerValues")
    assert [entry["pointer"] for entry in expected] == vector.mandatory
    assert [entry["value"] for entry in expected] == [resolve(vector.document, p) for p in vector.mandatory]


def test_base_canonical_document(vector: Vector) -> None:
    quads = dataset(vector.document, contexts=vector.store)
    assert canonical_form(quads).lines == vector.step("addBaseDocCanon")


def test_base_hmac_labelled_document(vector: Vector) -> None:
    assert vector.group().lines == vector.step("addBaseDocHMACCanon")


def test_base_transformation(vector: Vector) -> None:
    expected = vector.step("addBaseTransform")
    grouped = vector.group(mandatory=vector.mandatory)
    chosen = {index: grouped.lines[index] for index in grouped.groups["mandatory"]}
    rest = {index: line for index, line in enumerate(grouped.lines) if index not in chosen}
    assert expected["mandatoryPointers"] == vector.mandatory
    assert chosen == entries(expected["mandatory"])
    assert rest == entries(expected["nonMandatory"])
    assert vector.hmac_key.hex() == expected["hmacKeyString"].lower()


def test_base_hashes(vector: Vector) -> None:
    expected = vector.step("addHashData")
    text = canonicalize(vector.config, contexts=vector.store)
    assert text == shared_text(f"{ROOT}/ecdsa-sd-2023/{vector.name}/addProofConfigCanon.txt")
    assert hashlib.sha256(text.encode()).hexdigest() == expected["proofHash"]
    grouped = vector.group(mandatory=vector.mandatory)
    mandatory = [grouped.lines[index] for index in sorted(grouped.groups["mandatory"])]
    assert hash_lines(mandatory).hex() == expected["mandatoryHash"]


def test_base_proof(vector: Vector) -> None:
    proof = sign_base(
        vector.document,
        vector.options,
        vector.signer,
        vector.mandatory,
        contexts=vector.store,
        hmac_key=vector.hmac_key,
        proof_key=vector.proof_key,
    )
    raw = vector.step("addRawBaseSignatureInfo")
    value = parse_base(proof["proofValue"])
    assert value.base_signature.hex() == raw["baseSignature"]
    assert multikey(value.public_key) == raw["publicKey"]
    assert [signature.hex() for signature in value.signatures] == raw["signatures"]
    assert value.mandatory_pointers == tuple(raw["mandatoryPointers"]) == tuple(vector.mandatory)
    signed = vector.step("addSignedSDBase")
    assert {**vector.document, "proof": proof} == signed
    assert multibase_decode(proof["proofValue"]) == multibase_decode(signed["proof"]["proofValue"])


def test_base_proof_verifies_in_full(vector: Vector) -> None:
    proof = vector.step("addSignedSDBase")["proof"]
    assert proof_kind(proof) == "base"
    verify_base(vector.document, proof, vector.signer.public_key, contexts=vector.store)
    with pytest.raises(ProblemError, match="base proof"):
        SUITE.verify(vector.document, proof, vector.signer.public_key, contexts=vector.store)


def test_recovered_base_data(vector: Vector) -> None:
    expected = vector.step("derivedRecoveredBaseData")
    value = parse_base(vector.step("addSignedSDBase")["proof"]["proofValue"])
    assert value.base_signature.hex() == expected["baseSignature"]
    assert multikey(value.public_key) == expected["proofPublicKey"]
    assert value.hmac_key.hex() == expected["hmacKey"]
    assert [signature.hex() for signature in value.signatures] == expected["signatures"]
    assert list(value.mandatory_pointers) == expected["mandatoryPointers"]
    assert value.encode() == vector.step("addSignedSDBase")["proof"]["proofValue"]


def test_derived_groups(vector: Vector) -> None:
    combined = [*vector.mandatory, *vector.selective]
    grouped = vector.group(mandatory=vector.mandatory, selective=vector.selective, combined=combined)
    expected = vector.step("derivedAllGroupData")
    assert grouped.lines == expected["nquads"]
    # The published skolem names are random; the published label map says which signed label each stands for.
    published = {f"_:{name}": f"_:{label}" for name, label in entries(expected["labelMap"]).items()}
    assert set(published.values()) == {
        signed_label(hmac_digest(c, vector.hmac_key)) for c in grouped.canonical.values()
    }
    for name, indexes in grouped.groups.items():
        table = expected["groups"][name]
        assert {index: grouped.lines[index] for index in indexes} == entries(table["matching"])
        rest = {index: line for index, line in enumerate(grouped.lines) if index not in indexes}
        assert rest == entries(table["nonMatching"])
        relabelled = {replaced(line, published) for line in table["deskolemizedNQuads"]}
        assert relabelled == {grouped.lines[index] for index in indexes}
    assert {replaced(line, published) for line in expected["deskolemizedNQuads"]} == set(grouped.lines)
    indexes = vector.step("derivedGroupIndexes")
    assert sorted(grouped.groups["combined"]) == indexes["combinedIndexes"]
    assert sorted(grouped.groups["mandatory"]) == indexes["mandatoryIndexes"]
    assert sorted(grouped.groups["selective"]) == indexes["selectiveIndexes"]
    others = [index for index in range(len(grouped.lines)) if index not in grouped.groups["mandatory"]]
    assert others == indexes["nonMandatoryIndexes"]


def replaced(line: str, labels: dict[str, str]) -> str:
    return "".join(labels.get(part, part) if part.startswith("_:") else part for part in split_terms(line))


def split_terms(line: str) -> list[str]:
    subject, space, rest = line.partition(" ")
    head, middle, tail = rest.rpartition(" .")
    predicate, gap, target = head.partition(" ")
    return [subject, space, predicate, gap, target, middle, tail]


def test_derived_document(vector: Vector) -> None:
    revealed = derive(vector.step("addSignedSDBase"), vector.selective, contexts=vector.store)
    assert revealed == vector.step("derivedRevealDocument")
    unsigned = {name: value for name, value in revealed.items() if name != "proof"}
    assert unsigned == vector.step("derivedUnsignedReveal")
    assert unsigned == select(vector.document, [*vector.mandatory, *vector.selective])


def test_derived_disclosure_data(vector: Vector) -> None:
    revealed = derive(vector.step("addSignedSDBase"), vector.selective, contexts=vector.store)
    value = parse_derived(revealed["proof"]["proofValue"])
    expected = vector.step("derivedDisclosureData")
    assert value.base_signature.hex() == expected["baseSignature"]
    assert multikey(value.public_key) == expected["publicKey"]
    assert [signature.hex() for signature in value.signatures] == expected["signatures"]
    labels = {f"c14n{number}": signed_label(label)[2:] for number, label in value.label_map.items()}
    assert labels == entries(expected["labelMap"])
    assert list(value.mandatory_indexes) == expected["mandatoryIndexes"]
    assert expected["mandatoryIndexes"] == vector.step("derivedAdjMandatoryIndexes")["adjMandatoryIndexes"]
    adjusted = vector.step("derivedAdjSignatures")
    assert [signature.hex() for signature in value.signatures] == adjusted["filteredSignatures"]
    base = parse_base(vector.step("addSignedSDBase")["proof"]["proofValue"])
    assert tuple(base.signatures[index] for index in adjusted["adjSignatureIndexes"]) == value.signatures


def test_verify_parses_the_derived_proof(vector: Vector) -> None:
    proof = vector.step("derivedRevealDocument")["proof"]
    expected = vector.step("verifyDerivedProofValue")
    value = parse_derived(proof["proofValue"])
    assert proof_kind(proof) == "derived"
    assert value.base_signature.hex() == expected["baseSignature"]
    assert multikey(value.public_key) == expected["publicKey"]
    assert [signature.hex() for signature in value.signatures] == expected["signatures"]
    assert {f"c14n{number}": signed_label(label)[2:] for number, label in value.label_map.items()} == dict(
        expected["labelMap"]
    )
    assert list(value.mandatory_indexes) == expected["mandatoryIndexes"]
    assert value.encode() == proof["proofValue"]


def test_verify_data(vector: Vector) -> None:
    revealed = vector.step("derivedRevealDocument")
    proof = revealed.pop("proof")
    value = parse_derived(proof["proofValue"])
    quads = dataset(revealed, contexts=vector.store)
    lines = signed_lines(quads, canonical_form(quads).labels, by_label_map(value.label_map))
    assert lines == vector.step("verifyNQuads")
    expected = vector.step("verifyCreateVerifyData")
    mandatory = [line for index, line in enumerate(lines) if index in value.mandatory_indexes]
    assert [line for line in lines if line not in mandatory] == expected["nonMandatory"]
    assert hash_lines(mandatory).hex() == expected["mandatoryHash"]
    config = {name: member for name, member in proof.items() if name != "proofValue"}
    config["@context"] = revealed["@context"]
    assert rdf_hash(config, "sha256", vector.store, DEFAULT_LIMITS).hex() == expected["proofHash"]
    assert [signature.hex() for signature in value.signatures] == expected["signatures"]
    assert value.base_signature.hex() == expected["baseSignature"]
    scoped = public_from_multikey(expected["publicKey"])
    for line, signature in zip(expected["nonMandatory"], value.signatures, strict=True):
        assert scoped.verify(signature, line.encode())


def test_derived_proof_verifies(vector: Vector) -> None:
    revealed = vector.step("derivedRevealDocument")
    proof = revealed.pop("proof")
    verify_derived(revealed, proof, vector.signer.public_key, contexts=vector.store)
    SUITE.verify(revealed, proof, vector.signer.public_key, contexts=vector.store)
    revealed["validUntil"] = "2039-12-03T00:00:00Z"
    with pytest.raises(ProblemError, match="signature of a statement"):
        verify_derived(revealed, proof, vector.signer.public_key, contexts=vector.store)


def test_label_numbers() -> None:
    assert [label_number(f"_:c14n{number}") for number in (0, 9, 10, 123)] == [0, 9, 10, 123]
