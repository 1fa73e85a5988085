"""Documents, keys and small repairs for the tests of ecdsa-sd-2023."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from badgeport.keys.custody.local import local_signer
from badgeport.keys.signer import Signer
from badgeport.proofs.selective.proof_value import BaseProofValue, DerivedProofValue, parse_base, parse_derived
from badgeport.proofs.suites.ecdsa_sd import NAME, SUITE
from badgeport.schemas import contexts

STORE = contexts.store()
OPTIONS = {
    "type": "DataIntegrityProof",
    "cryptosuite": NAME,
    "created": "2025-01-01T00:00:00Z",
    "proofPurpose": "assertionMethod",
}


def p256_signer(number: int = 1) -> Signer:
    """A P-256 signer with a fixed key."""
    return local_signer(ec.derive_private_key(7_000_003 + number, ec.SECP256R1()))


SIGNER = p256_signer()


def badge(**members: Any) -> dict[str, Any]:
    """An Open Badges 3.0 credential with lists, ties, a status and unnamed objects; ``None`` removes a member."""
    credential: dict[str, Any] = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
        ],
        "id": "https://badges.example/c/1",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Formative assessment",
        "issuer": {"id": "https://badges.example/issuers/a", "type": ["Profile"], "name": "A college"},
        "validFrom": "2025-01-01T00:00:00Z",
        "validUntil": "2030-01-01T00:00:00Z",
        "credentialStatus": {
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": "https://badges.example/status/1",
        },
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                {
                    "type": "IdentityObject",
                    "identityHash": "ada@example.com",
                    "identityType": "emailAddress",
                    "hashed": False,
                }
            ],
            "role": "Teacher",
            "achievement": {
                "id": "https://badges.example/achievements/1",
                "type": ["Achievement"],
                "name": "Formative assessment",
                "description": "Plans and uses formative assessment.",
                "criteria": {"narrative": "A portfolio of three lessons."},
                "tag": ["assessment", "evidence", "reflection"],
                "resultDescription": [
                    {
                        "id": "urn:uuid:f6ab24cd-86e8-4eaf-b8c6-ded74e8fd41c",
                        "type": ["ResultDescription"],
                        "name": "Level",
                        "resultType": "RubricCriterionLevel",
                        "allowedValue": ["emerging", "meeting", "leading"],
                    }
                ],
            },
        },
        "evidence": [
            {"type": ["Evidence"], "name": "Lesson", "narrative": "First lesson."},
            {"type": ["Evidence"], "name": "Lesson", "narrative": "Second lesson."},
        ],
    }
    return {name: value for name, value in (credential | members).items() if value is not None}


def options(signer: Signer = SIGNER, **members: Any) -> dict[str, Any]:
    """Proof options for a signer."""
    return {**OPTIONS, "verificationMethod": signer.verification_method, **members}


def issue(document: dict[str, Any], pointers: Iterable[str] = (), signer: Signer = SIGNER) -> dict[str, Any]:
    """The document with a base proof."""
    proof = SUITE.create(document, options(signer), signer, contexts=STORE, mandatory_pointers=tuple(pointers))
    return {**document, "proof": proof}


def verify(secured: dict[str, Any], signer: Signer = SIGNER, *, allow_base: bool = False) -> None:
    """Verify a document with its one proof."""
    document, proof = apart(secured)
    SUITE.verify(document, proof, signer.public_key, contexts=STORE, allow_base=allow_base)


def apart(secured: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document without its proof, and the proof."""
    document = {name: value for name, value in secured.items() if name != "proof"}
    return document, secured["proof"]


def with_base(secured: dict[str, Any], change: Callable[[BaseProofValue], BaseProofValue]) -> dict[str, Any]:
    """The document with its base proof value changed."""
    value = change(parse_base(secured["proof"]["proofValue"]))
    return {**secured, "proof": {**secured["proof"], "proofValue": value.encode()}}


def with_derived(secured: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The document with members of its derived proof value replaced."""
    value: DerivedProofValue = replace(parse_derived(secured["proof"]["proofValue"]), **changes)
    return {**secured, "proof": {**secured["proof"], "proofValue": value.encode()}}


def pointers_of(value: Any, path: str = "") -> Iterator[str]:
    """Every pointer into a JSON value, contexts and the parts of lists that are signed whole left out."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "allowedValue":
                yield f"{path}/{name}"
            elif name != "@context":
                yield from pointers_of(member, f"{path}/{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from pointers_of(item, f"{path}/{index}")
