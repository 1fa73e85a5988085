"""An invented district that issues badges: keys of every type, its key document, status lists and one award.

Everything is made by the project's own code, in memory, without a clock: `NOW` is the instant of every test.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from badgeport.issuer import status_lists
from badgeport.issuer.award import parse_award
from badgeport.issuer.mint import mint
from badgeport.keys import lifecycle
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.lifecycle import KeyRecord, KeyState
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs import sd_jwt
from badgeport.proofs.secured import secure
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier

NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
DISTRICT = "did:web:prairie-lakes.example"
DISTRICT_DOCUMENT = "https://prairie-lakes.example/.well-known/did.json"
REVOCATION = "https://prairie-lakes.example/status/revocation-1"
SUSPENSION = "https://prairie-lakes.example/status/suspension-1"
RECIPIENT = "did:example:maria-okafor"

AWARD: dict[str, Any] = {
    "issuer": {"name": "Prairie Lakes School District", "url": "https://prairie-lakes.example/"},
    "recipient": {"id": RECIPIENT, "email": "maria.okafor@prairie-lakes.example"},
    "achievement": {
        "id": "https://prairie-lakes.example/achievements/checking-for-understanding",
        "name": "Checking for Understanding",
        "description": "Uses quick evidence from every student to decide what to teach next.",
        "criteria": {"narrative": "Five experiences of at most two hours, a demonstration and a reflection."},
        "tags": ["formative assessment", "réflexion"],
        "creditsAvailable": 1.0,
        "alignments": [
            {
                "targetName": "Standard 6: Assessment",
                "targetUrl": "https://standards.example/intasc/6",
                "targetFramework": "InTASC",
                "targetType": "CFItem",
            }
        ],
        "rubric": {
            "criteria": [
                {
                    "name": "Evidence of learning",
                    "levels": [{"name": "Developing", "points": 1}, {"name": "Proficient", "points": 2}],
                    "requiredLevel": "Proficient",
                }
            ]
        },
    },
    "evidence": [{"id": "https://prairie-lakes.example/evidence/7f3a", "name": "Exit tickets", "narrative": "Week 3."}],
    "results": [{"criterion": "Evidence of learning", "level": "Proficient"}],
    "credits": 1.0,
    "awardedDate": "2026-02-27",
    "validFrom": "2026-02-27T15:00:00Z",
    "validUntil": "2031-02-27T15:00:00Z",
    "status": {
        "revocation": {"list": REVOCATION, "index": 94567},
        "suspension": {"list": SUSPENSION, "index": 1234},
    },
}

CASES: dict[str, tuple[str, KeyType]] = {
    "eddsa-rdfc-2022": ("eddsa-rdfc-2022", KeyType.ED25519),
    "eddsa-jcs-2022": ("eddsa-jcs-2022", KeyType.ED25519),
    "ecdsa-rdfc-2019-p256": ("ecdsa-rdfc-2019", KeyType.P256),
    "ecdsa-rdfc-2019-p384": ("ecdsa-rdfc-2019", KeyType.P384),
    "ecdsa-jcs-2019-p256": ("ecdsa-jcs-2019", KeyType.P256),
    "ecdsa-jcs-2019-p384": ("ecdsa-jcs-2019", KeyType.P384),
    "ecdsa-sd-2023": ("ecdsa-sd-2023", KeyType.P256),
    "Ed25519Signature2020": ("Ed25519Signature2020", KeyType.ED25519),
    "vc-jwt-rs256": ("vc-jwt", KeyType.RSA),
    "vc-jwt-es256": ("vc-jwt", KeyType.P256),
    "vc-jwt-es384": ("vc-jwt", KeyType.P384),
    "vc-jwt-eddsa": ("vc-jwt", KeyType.ED25519),
    "vc+jwt-es256": ("vc+jwt", KeyType.P256),
    "vc+jwt-eddsa": ("vc+jwt", KeyType.ED25519),
    "vc+sd-jwt-es256": ("vc+sd-jwt", KeyType.P256),
    "vc+sd-jwt-eddsa": ("vc+sd-jwt", KeyType.ED25519),
}
"""Every way of securing a badge, by a name of its own: the format, and the type of key."""


@dataclass(frozen=True)
class District:
    """The district's signers by key type, its key records and its documents by URL."""

    signers: dict[KeyType, Signer]
    records: tuple[KeyRecord, ...]
    documents: dict[str, bytes]


@cache
def district(controller: str = DISTRICT, document_url: str = DISTRICT_DOCUMENT) -> District:
    """A district with one key of every signing type, made once a process."""
    signers: dict[KeyType, Signer] = {}
    records = []
    for key_type in (KeyType.ED25519, KeyType.P256, KeyType.P384, KeyType.RSA):
        method = f"{controller}#{key_type}"
        signer = local_signer(generate(key_type), verification_method=method, controller=controller)
        signers[key_type] = signer
        created = NOW - timedelta(days=400)
        records.append(KeyRecord(f"memory:{key_type}", signer.public_key, method, controller, KeyState.ACTIVE, created))
    documents = {document_url: jsontext.dump(lifecycle.document(controller, records))}
    return District(signers, tuple(records), documents)


@cache
def status_list(url: str, purpose: str, set_bits: tuple[int, ...] = ()) -> bytes:
    """A signed status list of the district with these entries set."""
    made = status_lists.with_statuses(status_lists.new_list(url, purpose), dict.fromkeys(set_bits, 1))
    signer = district().signers[KeyType.ED25519]
    return status_lists.issue(made, signer, now=NOW - timedelta(days=30)).bytes


def documents(*, revoked: tuple[int, ...] = (), suspended: tuple[int, ...] = ()) -> dict[str, bytes]:
    """Everything a verifier needs for the district's badges, by URL."""
    return {
        **district().documents,
        REVOCATION: status_list(REVOCATION, "revocation", revoked),
        SUSPENSION: status_list(SUSPENSION, "suspension", suspended),
    }


def award(**changes: Any) -> dict[str, Any]:
    """The award as JSON, with some members replaced; None removes one."""
    body = copy.deepcopy(AWARD)
    for name, value in changes.items():
        if value is None:
            body.pop(name, None)
        else:
            body[name] = value
    return body


def issue(case: str = "eddsa-rdfc-2022", **changes: Any) -> bytes:
    """A signed badge in one of `CASES`, as its holder would show it (a base proof is derived first)."""
    format, key_type = CASES[case]
    signer = district().signers[key_type]
    if format == "Ed25519Signature2020":
        return secure(legacy_credential(), signer, format, created=NOW)
    minted = mint(parse_award(award(**changes)), signer, format, now=NOW)
    if format == "ecdsa-sd-2023":
        base = jsontext.parse(minted.bytes)
        assert isinstance(base, dict)
        shown = ecdsa_sd.derive(base, ["/credentialSubject/result", "/evidence"], contexts=contexts.store())
        return jsontext.dump(shown)
    if format == "vc+sd-jwt":
        return sd_jwt.present(minted.bytes.decode(), ["/evidence"]).encode()
    return minted.bytes


def legacy_credential() -> dict[str, Any]:
    """An Open Badges 3.0 credential on VC Data Model 1.1, which is signed on request and never minted."""
    return {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
            "https://w3id.org/security/suites/ed25519-2020/v1",
        ],
        "id": "urn:uuid:2d8b1c4e-6f0a-4d5b-9c3e-7a1f2b3c4d5e",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Checking for Understanding",
        "issuer": {"id": DISTRICT, "type": ["Profile"], "name": "Prairie Lakes School District"},
        "issuanceDate": "2026-02-27T15:00:00Z",
        "credentialSubject": {
            "id": RECIPIENT,
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://prairie-lakes.example/achievements/checking-for-understanding",
                "type": ["Achievement"],
                "name": "Checking for Understanding",
                "description": "Uses quick evidence from every student to decide what to teach next.",
                "criteria": {"narrative": "Five experiences, a demonstration and a reflection."},
            },
        },
    }


def verifier(supplied: dict[str, bytes] | None = None, *, policy: Policy = DEFAULT) -> Verifier:
    """A verifier that knows these documents (by default all of the district's) and no network."""
    held = documents() if supplied is None else supplied
    return Verifier(policy=policy, fetcher=ReplayResolver(held), software="badgeport test")
