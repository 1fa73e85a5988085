"""Registries to ask about issuers: federation statements and recognition credentials, each open to one change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from badgeport.keys.signer import Signer
from badgeport.proofs import jws
from badgeport.schemas import jsontext
from badgeport.verifier.report import VerificationReport
from badgeport.verifier.trust.registries import Trust
from support import verifying as v

NOW = int(v.NOW.timestamp())
DAY = int(timedelta(days=1).total_seconds())
REGISTRY = "https://registry.example"
CONFIGURATION = f"{REGISTRY}/.well-known/openid-federation"
ENDPOINT = f"{REGISTRY}/fetch"
ANCHOR = "https://anchor.example"
ISSUER = "did:web:lakeside.example"
STATE_LIST = "https://state.example/recognized"

_RECOGNIZED = "https://www.w3.org/ns/credentials/recognized-entities#"
_OWN = "https://badgeport.org/vocabulary#"
_DATE = "http://www.w3.org/2001/XMLSchema#dateTime"
RECOGNITION_TERMS: dict[str, Any] = {
    **{
        name: f"{_RECOGNIZED}{name}"
        for name in (
            "RecognizedEntityCredential",
            "RecognizedEntity",
            "RecognizedAction",
            "legalName",
            "action",
        )
    },
    **{
        name: {"@id": f"{_RECOGNIZED}{name}", "@type": "@id"}
        for name in ("url", "recognizedTo", "recognizedIn", "recognizedBy", "outputValidation")
    },
    "credentialType": f"{_OWN}credentialType",
    **{name: {"@id": f"{_OWN}{name}", "@type": _DATE} for name in ("recognizedFrom", "recognizedUntil")},
}
"""The terms of the form that docs/trust.md describes: those of the draft, defined inline."""


def trust(*entries: Mapping[str, Any]) -> Trust:
    """A trust of these registries, each named by a letter unless it has a name."""
    named = [{"name": f"List {chr(65 + index)}", **entry} for index, entry in enumerate(entries)]
    return Trust.from_json({"registries": named})


def recognition_check(report: VerificationReport) -> tuple[str, list[str], list[str]]:
    """Row 39: its outcome, the registries that list the issuer, and why others could not be read."""
    result = report.check("issuer-recognition")
    return (
        result.outcome.value,
        [each["registry"] for each in result.evidence["matchingIssuers"]],
        [each["reason"] for each in result.evidence["uncheckedRegistries"]],
    )


# -- federations ----------------------------------------------------------------------------------------------------


def key_set(*signers: Signer) -> dict[str, Any]:
    """The public keys of these signers, each by its thumbprint."""
    return {"keys": [{**each.public_key.to_jwk(), "kid": each.public_key.thumbprint()} for each in signers]}


def statement(
    by: Signer, issuer: str, subject: str, *, header: Mapping[str, Any] | None = None, **changes: Any
) -> bytes:
    """A signed entity statement. ``changes`` replace claims; None removes one."""
    claims = v.changed({"iss": issuer, "sub": subject, "iat": NOW - DAY, "exp": NOW + DAY}, **changes)
    protected = v.changed({"typ": "entity-statement+jwt", "kid": by.public_key.thumbprint()}, **(header or {}))
    return jws.sign(protected, claims, by).encode()


def configuration(by: Signer, entity: str = REGISTRY, *, endpoint: str | None = None, **changes: Any) -> bytes:
    """What a federation entity says of itself; its fetch endpoint is ``/fetch`` below it unless told."""
    metadata = {"federation_entity": {"federation_fetch_endpoint": endpoint or f"{entity}/fetch"}}
    return statement(by, entity, entity, **{"jwks": key_set(by), "metadata": metadata, **changes})


def asked(subject: str = ISSUER, endpoint: str = ENDPOINT) -> str:
    """Where a registry is asked about ``subject``."""
    return f"{endpoint}?sub={subject.replace(':', '%3A').replace('/', '%2F')}"


METADATA = {
    "federation_entity": {"organization_name": "Lakeside District", "homepage_uri": "https://lakeside.example/"},
    "institution_additional_information": {"legal_name": "Lakeside School District No. 12"},
}


# -- recognition ----------------------------------------------------------------------------------------------------


def authority() -> Signer:
    """Who signs the recognition credential."""
    return v.signer("authority")


def action(**changes: Any) -> dict[str, Any]:
    """The action of issuing; ``changes`` replace members, None removes one."""
    return v.changed({"type": "RecognizedAction", "action": "issue", "recognizedBy": authority().controller}, **changes)


def entity(**changes: Any) -> dict[str, Any]:
    """A recognised entity: the usual issuer."""
    body = {
        "id": v.signer().controller,
        "type": "RecognizedEntity",
        "name": "Lakeside District",
        "legalName": "Lakeside School District No. 12",
        "recognizedTo": action(),
    }
    return v.changed(body, **changes)


def recognition(*entities: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """An unsigned recognition credential."""
    body = {
        "@context": [v.CREDENTIALS_V2, RECOGNITION_TERMS],
        "type": ["VerifiableCredential", "RecognizedEntityCredential"],
        "issuer": authority().controller,
        "validFrom": "2026-04-01T00:00:00Z",
        "validUntil": "2027-04-01T00:00:00Z",
        "credentialSubject": list(entities),
    }
    return v.changed(body, **changes)


def signed_recognition(*entities: Mapping[str, Any], by: Signer | None = None, **changes: Any) -> bytes:
    """The same, signed by the authority unless told."""
    return v.sign(recognition(*entities, **changes), by or authority())


def recognition_entry(**changes: Any) -> dict[str, Any]:
    """The entry of the authority's list in a trust."""
    return v.changed({"type": "recognition", "authority": authority().controller, "url": STATE_LIST}, **changes)


def dumped(body: Any) -> bytes:
    """A JSON text."""
    return jsontext.dump(body)
