"""What no implementation can do without: reading JSON, hashing bytes that are already canonical, one signature.

Keys, canonical bytes and signatures are ready beforehand. Where a format has a signature for every statement
(ecdsa-sd-2023), each of them counts.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from badgeport.keys.private import CryptographyPrivateKey
from badgeport.proofs.canonicalization import canonical_form, canonicalize, dataset, jcs
from badgeport.proofs.selective.labels import by_hmac, by_label_map
from badgeport.proofs.selective.proof_value import parse_base, parse_derived
from badgeport.proofs.selective.statements import group, signed_lines
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.encoding import multibase_decode
from badgeport.schemas.limits import DEFAULT_LIMITS
from bench.credentials import Sample, take_proof

Operation = Callable[[], object]
_SHA256 = ec.ECDSA(hashes.SHA256())


def signature_check(private: CryptographyPrivateKey, signature: bytes) -> Callable[[bytes], None]:
    """A check of one signature (raw r || s for ECDSA) with everything but the message ready; raises if it fails."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        edwards = private.public_key()
        return lambda message: edwards.verify(signature, message)
    if isinstance(private, rsa.RSAPrivateKey):
        modular, pkcs1, sha256 = private.public_key(), padding.PKCS1v15(), hashes.SHA256()
        return lambda message: modular.verify(signature, message, pkcs1, sha256)
    half = len(signature) // 2
    curve = private.public_key()
    der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    return lambda message: curve.verify(der, message, _SHA256)


def signing(private: CryptographyPrivateKey) -> Callable[[bytes], bytes]:
    """The bare signature of a key, in the form the formats want."""
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return private.sign
    if isinstance(private, rsa.RSAPrivateKey):
        pkcs1, sha256 = padding.PKCS1v15(), hashes.SHA256()
        return lambda message: private.sign(message, pkcs1, sha256)

    def raw(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, _SHA256))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return raw


def canonical_bytes(data: bytes) -> tuple[bytes, bytes, bytes]:
    """The canonical proof configuration and document of an embedded proof that signs both, and its signature."""
    document = jsontext.parse_object(data)
    proof = take_proof(document)
    signature = multibase_decode(proof.pop("proofValue"), DEFAULT_LIMITS)
    if proof["cryptosuite"].split("-")[1] == "jcs":
        return jcs(proof), jcs(document), signature
    proof["@context"] = document["@context"]
    store = contexts.store()
    return canonicalize(proof, contexts=store).encode(), canonicalize(document, contexts=store).encode(), signature


def verify_embedded(sample: Sample, data: bytes) -> Operation:
    config, document, signature = canonical_bytes(data)
    check = signature_check(sample.issuer.private, signature)

    def run() -> bool:
        json.loads(data)
        check(hashlib.sha256(config).digest() + hashlib.sha256(document).digest())
        return True

    return run


def verify_selective(sample: Sample, data: bytes) -> Operation:
    document = jsontext.parse_object(data)
    proof = take_proof(document)
    value = parse_derived(proof["proofValue"])
    lines = _derived_lines(document, proof)
    mandatory = [lines[index] for index in value.mandatory_indexes]
    chosen = [line.encode() for index, line in enumerate(lines) if index not in value.mandatory_indexes]
    config = _configuration(document, proof)
    base = signature_check(sample.issuer.private, value.base_signature)
    scoped = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), value.public_key[2:])
    halves = [(int.from_bytes(each[:32]), int.from_bytes(each[32:])) for each in value.signatures]
    statements = list(zip(chosen, [encode_dss_signature(*pair) for pair in halves], strict=True))
    hashed = "".join(mandatory).encode()

    def run() -> bool:
        json.loads(data)
        base(hashlib.sha256(config).digest() + value.public_key + hashlib.sha256(hashed).digest())
        for line, signature in statements:
            scoped.verify(signature, line, _SHA256)
        return True

    return run


def derive(sample: Sample) -> Operation:
    """Deriving signs nothing: reading, hashing the canonical statements, one HMAC a blank node, writing."""
    derived = json.loads(sample.shown)
    base = jsontext.parse_object(sample.issued)
    key = parse_base(take_proof(base)["proofValue"]).hmac_key
    form = canonical_form(dataset(base, contexts=contexts.store()))
    hashed, labels, relabel = form.text.encode(), list(form.labels.values()), by_hmac(key)

    def run() -> bytes:
        json.loads(sample.issued)
        hashlib.sha256(hashed).digest()
        for label in labels:
            relabel(label)
        return json.dumps(derived, ensure_ascii=False, separators=(",", ":")).encode()

    return run


def verify_token(sample: Sample, data: bytes) -> Operation:
    signed, _, encoded = data.partition(b"~")[0].rpartition(b".")
    check = signature_check(sample.issuer.private, _decoded(encoded))

    def run() -> bool:
        signing_input, disclosures = data, b""
        if b"~" in data:
            signing_input, _, disclosures = data.partition(b"~")
        header, payload, signature = signing_input.split(b".")
        json.loads(_decoded(header))
        json.loads(_decoded(payload))
        _decoded(signature)
        for disclosure in filter(None, disclosures.split(b"~")):
            hashlib.sha256(disclosure).digest()
            json.loads(_decoded(disclosure))
        check(signed)
        return True

    return run


def issue_embedded(sample: Sample) -> Operation:
    config, document, _ = canonical_bytes(sample.issued)
    finished = json.loads(sample.issued)
    sign = signing(sample.issuer.private)

    def run() -> bytes:
        sign(hashlib.sha256(config).digest() + hashlib.sha256(document).digest())
        return json.dumps(finished, ensure_ascii=False, separators=(",", ":")).encode()

    return run


def issue_selective(sample: Sample) -> Operation:
    finished = json.loads(sample.issued)
    document = jsontext.parse_object(sample.issued)
    proof = take_proof(document)
    value = parse_base(proof["proofValue"])
    grouped = group(
        document,
        {"mandatory": value.mandatory_pointers},
        by_hmac(value.hmac_key),
        contexts=contexts.store(),
        limits=DEFAULT_LIMITS,
    )
    mandatory = grouped.groups["mandatory"]
    hashed = "".join(line for index, line in enumerate(grouped.lines) if index in mandatory).encode()
    others = [line.encode() for index, line in enumerate(grouped.lines) if index not in mandatory]
    config = _configuration(document, proof)
    sign = signing(sample.issuer.private)

    def run() -> bytes:
        sign(hashlib.sha256(config).digest() + value.public_key + hashlib.sha256(hashed).digest())
        scoped = signing(ec.generate_private_key(ec.SECP256R1()))
        for line in others:
            scoped(line)
        return json.dumps(finished, ensure_ascii=False, separators=(",", ":")).encode()

    return run


def issue_token(sample: Sample) -> Operation:
    token, *disclosures = sample.issued.rstrip(b"~").split(b"~")
    header, payload = (json.loads(_decoded(part)) for part in token.split(b".")[:2])
    opened = [json.loads(_decoded(each)) for each in disclosures]
    sign = signing(sample.issuer.private)

    def run() -> bytes:
        texts = [_encoded(each) for each in opened]
        for text in texts:
            hashlib.sha256(text).digest()
        signed = _encoded(header) + b"." + _encoded(payload)
        token = signed + b"." + base64.urlsafe_b64encode(sign(signed)).rstrip(b"=")
        return b"~".join([token, *texts, b""]) if texts else token

    return run


def _encoded(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def _decoded(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def _configuration(document: Mapping[str, Any], proof: Mapping[str, Any]) -> bytes:
    config = {name: value for name, value in proof.items() if name != "proofValue"}
    return canonicalize({**config, "@context": document["@context"]}, contexts=contexts.store()).encode()


def _derived_lines(document: Mapping[str, Any], proof: Mapping[str, Any]) -> list[str]:
    quads = dataset(document, contexts=contexts.store(), limits=DEFAULT_LIMITS)
    value = parse_derived(proof["proofValue"])
    return signed_lines(quads, canonical_form(quads).labels, by_label_map(value.label_map))
