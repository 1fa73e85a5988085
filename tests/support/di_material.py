"""Contexts, keys and documents for the tests of canonicalization and Data Integrity proofs."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from badgeport.keys.custody.local import local_signer
from badgeport.keys.multikey import private_from_multikey
from badgeport.keys.signer import Signer
from badgeport.schemas import contexts
from badgeport.schemas.contexts import ContextStore
from support.shared import shared_json, shared_path

_TEST_CONTEXTS = {
    "https://www.w3.org/ns/credentials/examples/v2": "credentials-examples-v2.jsonld",
    "https://w3id.org/citizenship/v4rc1": "citizenship-v4rc1.jsonld",
}


@cache
def vector_store() -> ContextStore:
    """The bundled contexts and the two that only the W3C vectors use, added as an operator would."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        manifest = []
        for url, file in _TEST_CONTEXTS.items():
            data = shared_path(f"contexts/{file}").read_bytes()
            (folder / file).write_bytes(data)
            manifest.append({"url": url, "file": file, "sha256": hashlib.sha256(data).hexdigest()})
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        return contexts.store().with_directory(folder)


def multikey_signer(pair: dict[str, str]) -> Signer:
    """The did:key signer of a published test key pair."""
    return local_signer(private_from_multikey(pair.get("privateKeyMultibase") or pair["secretKeyMultibase"]))


def eddsa_signer() -> Signer:
    """The signer of the W3C EdDSA vectors."""
    return multikey_signer(shared_json("vectors/vc-di-eddsa/keyPair.json"))


def badge(**members: Any) -> dict[str, Any]:
    """An unsigned Open Badges 3.0 credential; ``None`` removes a member."""
    credential: dict[str, Any] = {
        "@context": [
            "https://www.w3.org/ns/credentials/v2",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
            "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json",
        ],
        "id": "https://badges.example/c/1",
        "type": ["VerifiableCredential", "AchievementCredential"],
        "name": "Inclusive classrooms",
        "issuer": {"id": "https://badges.example/issuers/a", "type": ["Profile"], "name": "A college"},
        "validFrom": "2025-01-01T00:00:00Z",
        "validUntil": "2030-01-01T00:00:00Z",
        "credentialStatus": {
            "id": "https://badges.example/status/1#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": "https://badges.example/status/1",
        },
        "refreshService": {"id": "https://badges.example/c/1", "type": "1EdTechCredentialRefresh"},
        "credentialSubject": {
            "id": "did:example:ada",
            "type": ["AchievementSubject"],
            "creditsEarned": 2.5,
            "achievement": {
                "id": "https://badges.example/achievements/1",
                "type": ["Achievement"],
                "name": "Inclusive classrooms",
                "description": "Plans lessons every learner can take part in.",
                "criteria": {"narrative": "Three lessons, observed."},
                "creator": {"id": "https://badges.example/issuers/b", "type": ["Profile"], "name": "A board"},
                "tag": ["inclusion", "planning"],
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
            "result": [
                {
                    "type": ["Result"],
                    "resultDescription": "urn:uuid:f6ab24cd-86e8-4eaf-b8c6-ded74e8fd41c",
                    "value": "leading",
                }
            ],
        },
        "evidence": [
            {"type": ["Evidence"], "name": "Lesson", "narrative": "First."},
            {"type": ["Evidence"], "name": "Lesson", "narrative": "Second."},
        ],
    }
    return {name: value for name, value in (credential | members).items() if value is not None}
