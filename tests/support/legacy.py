"""An invented school that awards Open Badges 2.0 badges, hosted and signed, and its documents by URL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs import jws
from badgeport.schemas import jsontext
from badgeport.schemas.identity import hash_identity
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.resolution.fetching import Failure, Fetched
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.trust.registries import Trust
from badgeport.verifier.verifier import Verifier
from support.verifying import NOW, changed

CONTEXT = "https://w3id.org/openbadges/v2"
HOST = "https://badges.school.example"
ASSERTION = f"{HOST}/assertions/17"
BADGE = f"{HOST}/badges/reading"
ISSUER = f"{HOST}/issuer"
KEY = f"{HOST}/keys/1"
REVOKED = f"{HOST}/revoked"
EMAIL = "ines@lakeside.example"
SIGNED_ID = "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0b201"


def assertion(**changes: Any) -> dict[str, Any]:
    """A hosted award. ``changes`` replace members; None removes one."""
    body: dict[str, Any] = {
        "@context": CONTEXT,
        "type": "Assertion",
        "id": ASSERTION,
        "recipient": {
            "type": "email",
            "hashed": True,
            "salt": "kelp",
            "identity": hash_identity(EMAIL, "kelp"),
        },
        "badge": BADGE,
        "issuedOn": "2024-02-01T10:00:00Z",
        "expires": "2029-02-01T10:00:00Z",
        "evidence": [{"id": f"{HOST}/evidence/17", "narrative": "Three recorded sessions."}],
        "image": f"{HOST}/images/17.png",
        "verification": {"type": "hosted"},
    }
    return changed(body, **changes)


def badge_class(**changes: Any) -> dict[str, Any]:
    """The description of the badge."""
    body = {
        "@context": CONTEXT,
        "type": "BadgeClass",
        "id": BADGE,
        "name": "Reading Together",
        "description": "Leads shared reading.",
        "image": f"{HOST}/images/reading.png",
        "criteria": {"narrative": "Three recorded sessions and a reflection."},
        "issuer": ISSUER,
    }
    return changed(body, **changes)


def profile(**changes: Any) -> dict[str, Any]:
    """The profile of the issuer."""
    body = {
        "@context": CONTEXT,
        "type": "Profile",
        "id": ISSUER,
        "name": "Lakeside School",
        "url": HOST,
        "email": "badges@school.example",
        "publicKey": KEY,
        "revocationList": REVOKED,
    }
    return changed(body, **changes)


@cache
def signer(name: str = "school", key_type: KeyType = KeyType.RSA) -> Signer:
    """A key of the school, or, by another name, of someone else."""
    return local_signer(generate(key_type), verification_method=KEY, controller=ISSUER)


def pem(by: Signer | None = None) -> str:
    """The public key as PEM."""
    return (by or signer()).public_key.to_pem()


def key_document(by: Signer | None = None, **changes: Any) -> dict[str, Any]:
    """The CryptographicKey."""
    body = {"@context": CONTEXT, "type": "CryptographicKey", "id": KEY, "owner": ISSUER, "publicKeyPem": pem(by)}
    return changed(body, **changes)


def revocation_list(*revoked: Any, **changes: Any) -> dict[str, Any]:
    """The issuer's list of revoked badges."""
    body = {
        "@context": CONTEXT,
        "type": "RevocationList",
        "id": REVOKED,
        "issuer": ISSUER,
        "revokedAssertions": list(revoked),
    }
    return changed(body, **changes)


def signed_assertion(**changes: Any) -> dict[str, Any]:
    """The award of a signed badge."""
    return assertion(**{"id": SIGNED_ID, "verification": {"type": "SignedBadge", "creator": KEY}, **changes})


def sign(body: Mapping[str, Any], by: Signer | None = None, **header: Any) -> bytes:
    """The award as a JWS."""
    return jws.sign(header, body, by or signer()).encode()


def documents(**replaced: Any) -> dict[str, Any]:
    """Every document of the school by URL. ``replaced``: assertion, badge, issuer, key, revoked; None removes one."""
    held = {
        "assertion": (ASSERTION, assertion()),
        "badge": (BADGE, badge_class()),
        "issuer": (ISSUER, profile()),
        "key": (KEY, key_document()),
        "revoked": (REVOKED, revocation_list()),
    }
    bodies = {url: replaced.get(name, body) for name, (url, body) in held.items()}
    return {url: body for url, body in bodies.items() if body is not None}


def inspect(
    data: bytes | Mapping[str, Any],
    held: Mapping[str, Any] | None = None,
    *,
    gone: tuple[str, ...] = (),
    policy: Policy = DEFAULT,
    trust: Trust | None = None,
    now: datetime = NOW,
    fetched_at: datetime | None = NOW,
    **question: Any,
) -> VerificationReport:
    """The report on a badge, with these documents at hand (by default all of the school's)."""
    verifier = make_verifier(held, gone=gone, policy=policy, trust=trust, fetched_at=fetched_at)
    return verifier.inspect(data if isinstance(data, bytes) else jsontext.dump(dict(data)), now=now, **question)


def make_verifier(
    held: Mapping[str, Any] | None = None,
    *,
    gone: tuple[str, ...] = (),
    policy: Policy = DEFAULT,
    trust: Trust | None = None,
    fetched_at: datetime | None = NOW,
) -> Verifier:
    """A verifier that holds these documents; ``gone`` are addresses that answer 410."""
    bodies = documents() if held is None else held
    found = [
        body
        if isinstance(body, Fetched)
        else Fetched(url, body if isinstance(body, bytes) else jsontext.dump(body), "application/json", fetched_at)
        for url, body in bodies.items()
    ]
    failures = [Failure(url, "badge", "the server answered 410 Gone") for url in gone]
    return Verifier(policy=policy, fetcher=ReplayResolver(found, failures), trust=trust, software="badgeport test")
