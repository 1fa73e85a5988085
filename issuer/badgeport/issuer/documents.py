"""What an issuer publishes so that others can check its badges: key documents, key sets and its profile.

All are built from key lifecycle records, which hold no secrets: retired keys stay, so that what they signed verifies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from badgeport.issuer.award import IssuerProfile
from badgeport.issuer.build import issuer_profile
from badgeport.keys import lifecycle
from badgeport.keys.cid import CID_V1, MethodType
from badgeport.keys.lifecycle import KeyRecord, KeyState
from badgeport.keys.types import jose_algorithm
from badgeport.schemas.contexts import urls
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError


def did_document(did: str, records: Sequence[KeyRecord], *, also_known_as: Sequence[str] = ()) -> dict[str, Any]:
    """The DID document (did.json of a did:web) with every key of ``did`` among ``records``.

    ``also_known_as`` are other ids of the same issuer, such as its https profile.
    Raises ``ProblemError`` (MALFORMED_VALUE_ERROR) where ``did`` is not a DID or none of the keys is its own.
    """
    if not did.startswith("did:"):
        raise ProblemError(MALFORMED_VALUE_ERROR, f"{did!r} is not a DID.")
    _require_keys(did, records)
    return lifecycle.document(did, records, also_known_as=also_known_as)


def profile_document(
    profile: IssuerProfile,
    issuer_id: str,
    records: Sequence[KeyRecord],
    *,
    method_type: MethodType | None = None,
    also_known_as: Sequence[str] = (),
) -> dict[str, Any]:
    """The document at an issuer's https id: its Profile, and its keys as a controlled identifier document.

    Open Badges has no key document of its own for issuers named by URL, so that both stand in one document.
    Raises ``ProblemError`` (MALFORMED_VALUE_ERROR) where none of the keys is the issuer's.
    """
    _require_keys(issuer_id, records)
    keys = lifecycle.document(issuer_id, records, method_type=method_type, also_known_as=also_known_as)
    body = {"@context": [urls.CREDENTIALS_V2, urls.OB_3_0_3, CID_V1], **issuer_profile(profile, issuer_id)}
    return body | {name: value for name, value in keys.items() if name not in ("@context", "id")}


def jwk_document(record: KeyRecord) -> dict[str, Any]:
    """One public key as a JWK: what a VC-JWT's ``kid`` URL leads to.

    ``kid`` is the verification method and ``iss`` the issuer, by which a verifier ties the key to it (Open Badges
    implementation guide, key provenance).
    """
    return {
        **record.public_key.to_jwk(),
        "kid": record.verification_method,
        "alg": jose_algorithm(record.public_key.key_type),
        "use": "sig",
        "iss": record.controller,
    }


def jwks(records: Sequence[KeyRecord]) -> dict[str, Any]:
    """The JWK set of ``/.well-known/jwks.json``: active and retired keys of all issuers of the host.

    Revoked keys are left out: a JWK cannot say that it is revoked.
    """
    return {"keys": [jwk_document(record) for record in records if record.state is not KeyState.REVOKED]}


def _require_keys(controller: str, records: Sequence[KeyRecord]) -> None:
    if not any(record.controller == controller for record in records):
        raise ProblemError(MALFORMED_VALUE_ERROR, f"None of the keys belongs to {controller}.")
