"""Credentials to verify, written member by member, so that a test can spoil one thing before or after signing."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from badgeport.keys import cid
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.secured import secure
from badgeport.schemas import jsontext
from badgeport.schemas.bitstring import Bitstring
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.resolution.fetching import Fetched
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import Trust
from badgeport.verifier.verifier import Verifier

NOW = datetime(2026, 5, 1, 9, 0, 0, tzinfo=UTC)
ISSUED = NOW - timedelta(days=30)
CREDENTIALS_V2 = "https://www.w3.org/ns/credentials/v2"
OB_3_0_3 = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
OB_EXTENSIONS = "https://purl.imsglobal.org/spec/ob/v3p0/extensions.json"
CLR_2_0_1 = "https://purl.imsglobal.org/spec/clr/v2p0/context-2.0.1.json"
RECIPIENT = "did:example:ines-marchetti"
LIST = "https://lakeside.example/status/1"
REVOCATION_LIST = "https://lakeside.example/revoked"


@cache
def signer(name: str = "lakeside", key_type: KeyType = KeyType.ED25519) -> Signer:
    """A signer whose controller is the did:key of its own key; the same one for the same name."""
    return local_signer(generate(key_type))


@cache
def web_signer(
    controller: str = "did:web:lakeside.example", fragment: str = "key-1", key_type: KeyType = KeyType.ED25519
) -> Signer:
    """A signer for a controller whose document must be fetched."""
    return local_signer(generate(key_type), verification_method=f"{controller}#{fragment}", controller=controller)


def key_document(*signers: Signer, **dates: Any) -> dict[str, Any]:
    """The controlled identifier document that lists these signers' keys."""
    entries = [
        cid.method_entry(each.verification_method, each.controller, each.public_key, **dates) for each in signers
    ]
    return cid.build_document(signers[0].controller, entries)


def badge(issuer_id: Any = None, **changes: Any) -> dict[str, Any]:
    """An unsigned Open Badge. ``changes`` replace members; None removes one."""
    body: dict[str, Any] = {
        "@context": [CREDENTIALS_V2, OB_3_0_3],
        "id": "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001",
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": "Reading Together",
        "issuer": {"id": issuer_id or signer().controller, "type": ["Profile"], "name": "Lakeside District"},
        "validFrom": "2026-04-01T09:00:00Z",
        "validUntil": "2031-04-01T09:00:00Z",
        "credentialSubject": {
            "id": RECIPIENT,
            "type": ["AchievementSubject"],
            "achievement": {
                "id": "https://lakeside.example/achievements/reading-together",
                "type": ["Achievement"],
                "name": "Reading Together",
                "description": "Leads shared reading with evidence of every pupil's part in it.",
                "criteria": {"narrative": "Three recorded sessions and a reflection."},
            },
        },
    }
    return changed(body, **changes)


def changed(body: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A deep copy with members replaced; None removes one."""
    copied: dict[str, Any] = copy.deepcopy(dict(body))
    for name, value in changes.items():
        if value is None:
            copied.pop(name, None)
        else:
            copied[name] = copy.deepcopy(value)
    return copied


def sign(body: Mapping[str, Any], by: Signer | None = None, format: str = "eddsa-rdfc-2022", **options: Any) -> bytes:
    """A document secured as of its issue."""
    created = options.pop("created", ISSUED)
    return secure(body, by or signer(), format, created=created, **options)


def spoiled(data: bytes, change: Any) -> bytes:
    """A signed JSON document after ``change`` was made to it in place."""
    document = jsontext.parse_object(data)
    change(document)
    return jsontext.dump(document)


def status_entry(index: int = 7, purpose: str = "revocation", **changes: Any) -> dict[str, Any]:
    """A status entry that points into `LIST`."""
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": LIST,
    }
    return changed(entry, **changes)


def status_list(
    *set_bits: int,
    purpose: Any = "revocation",
    by: Signer | None = None,
    url: str = LIST,
    size: int = 1,
    **changes: Any,
) -> bytes:
    """A signed status list with these entries set to 1."""
    return sign(unsigned_status_list(*set_bits, purpose=purpose, by=by, url=url, size=size, **changes), by)


def unsigned_status_list(
    *set_bits: int,
    purpose: Any = "revocation",
    by: Signer | None = None,
    url: str = LIST,
    size: int = 1,
    **changes: Any,
) -> dict[str, Any]:
    """The same, unsigned; ``encodedList`` among the changes replaces the bits."""
    bits = Bitstring.zeros(status_size=size)
    for index in set_bits:
        bits.set(index, 1)
    encoded = changes.pop("encodedList", None) or bits.encode()
    body = {
        "@context": [CREDENTIALS_V2],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": (by or signer()).controller,
        "validFrom": "2026-04-30T00:00:00Z",
        "validUntil": "2026-05-08T00:00:00Z",
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encoded,
        },
    }
    return changed(body, **changes)


def endorsement(of: str, by: Signer, **changes: Any) -> dict[str, Any]:
    """An unsigned endorsement."""
    body = {
        "@context": [CREDENTIALS_V2, OB_3_0_3],
        "id": "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0e001",
        "type": ["VerifiableCredential", "EndorsementCredential"],
        "name": "Approved by the State",
        "issuer": {"id": by.controller, "type": ["Profile"], "name": "State Department"},
        "validFrom": "2026-03-01T00:00:00Z",
        "credentialSubject": {"id": of, "type": ["EndorsementSubject"], "endorsementComment": "Meets the standard."},
    }
    return changed(body, **changes)


def parsed(data: bytes) -> dict[str, Any]:
    """A signed JSON document, parsed."""
    return jsontext.parse_object(data)


def presentation(holder: str | None, *members: Any, **changes: Any) -> dict[str, Any]:
    """An unsigned presentation."""
    body: dict[str, Any] = {
        "@context": [CREDENTIALS_V2],
        "type": ["VerifiablePresentation"],
        "verifiableCredential": list(members),
    }
    if holder is not None:
        body["holder"] = holder
    return changed(body, **changes)


def clr(*members: Any, issuer: str | None = None, **changes: Any) -> dict[str, Any]:
    """An unsigned CLR 2.0 envelope."""
    body = {
        "@context": [CREDENTIALS_V2, OB_3_0_3, CLR_2_0_1],
        "id": "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0c001",
        "type": ["VerifiableCredential", "ClrCredential"],
        "name": "Record of Ines Marchetti",
        "issuer": {"id": issuer or signer().controller, "type": ["Profile"], "name": "Lakeside District"},
        "validFrom": "2026-04-02T09:00:00Z",
        "credentialSubject": {
            "id": RECIPIENT,
            "type": ["ClrSubject"],
            "verifiableCredential": list(members),
        },
    }
    return changed(body, **changes)


def verifier(
    documents: Mapping[str, bytes | dict[str, Any] | Fetched] | None = None,
    *,
    policy: Policy = DEFAULT,
    trust: Trust | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Verifier:
    """An offline verifier that holds these documents."""
    held = {url: jsontext.dump(body) if isinstance(body, dict) else body for url, body in (documents or {}).items()}
    fetcher = ReplayResolver(held)
    return Verifier(policy=policy, fetcher=fetcher, trust=trust, limits=limits, software="badgeport test")


def inspect(
    data: bytes,
    documents: Mapping[str, bytes | dict[str, Any] | Fetched] | None = None,
    *,
    policy: Policy = DEFAULT,
    trust: Trust | None = None,
    now: datetime = NOW,
    **question: Any,
) -> VerificationReport:
    """The report on ``data``, offline, with these documents at hand."""
    return verifier(documents, policy=policy, trust=trust).inspect(data, now=now, **question)


def outcomes(report: VerificationReport) -> dict[str, str]:
    """The outcome of every check that was neither passed nor skipped."""
    return {
        result.id: result.outcome.value for result in report.checks if result.outcome.value in ("failed", "unknown")
    }
