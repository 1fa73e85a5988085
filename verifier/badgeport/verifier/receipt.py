"""The receipt of a verification: a credential in which the verifying organisation says what it found (docs/package.md).

It is built here and signed by the composition root. It names files by digest alone and holds no personal data. The
documents relied on are not ``relatedResource`` items (VCDM 2.0 §5.3): that would say that their addresses still give
the same bytes, and a status list does not stay the same. The digest of the package's manifest pins all of them.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badgeport.schemas.contexts import urls
from badgeport.schemas.datetimes import format_datetime

if TYPE_CHECKING:
    from badgeport.verifier.package import Package
    from badgeport.verifier.recording import Recording

RECEIPT_TYPE = "VerificationReceipt"
VOCABULARY = "https://badgeport.org/receipts#"

_DATE = "http://www.w3.org/2001/XMLSchema#dateTime"
_TYPES = (RECEIPT_TYPE, "Verification")
_TEXTS = (
    "verdict",
    "packageSha256",
    "inputSha256",
    "credentialSha256",
    "reportSha256",
    "policyName",
    "policySha256",
    "verifiedWith",
)
_INSTANTS = ("checkedAt", "asOf")

CONTEXT: Mapping[str, Any] = {
    **{name: VOCABULARY + name for name in (*_TYPES, *_TEXTS)},
    **{name: {"@id": VOCABULARY + name, "@type": _DATE} for name in _INSTANTS},
}
"""Every own term of a receipt, defined inside it, so that any verifier can check the proof with nothing fetched."""


def build_receipt(recording: Recording, manifest: bytes, issuer: str, name: str | None = None) -> dict[str, Any]:
    """The unsigned receipt for a recording and the manifest of its package (`package.manifest_of`).

    ``issuer`` is the identifier of the verifying organisation, whose key must sign; ``name`` is what it calls itself.
    """
    report = recording.report
    digest = _sha256(manifest)
    subject = _facts(
        manifest=manifest,
        data=recording.data,
        credential=recording.credential,
        report=report.to_bytes(),
        stated=report.to_json(),
    )
    return {
        "@context": [urls.CREDENTIALS_V2, dict(CONTEXT)],
        "id": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{issuer} {digest}')}",
        "type": ["VerifiableCredential", RECEIPT_TYPE],
        "issuer": issuer if name is None else {"id": issuer, "name": name},
        "validFrom": format_datetime(recording.question.now),
        "credentialSubject": subject,
    }


def covers(receipt: Mapping[str, Any], package: Package, stated: Mapping[str, Any]) -> bool:
    """Whether a verified receipt speaks of this package: every digest and every fact in it is the package's own.

    ``stated`` is the package's report as a JSON object; the package is not a damaged one.
    """
    from badgeport.verifier.package import REPORT

    expected = _facts(
        manifest=package.manifest,
        data=package.members[package.input],
        credential=None if package.credential is None else package.members[package.credential],
        report=package.members[REPORT],
        stated=stated,
    )
    types = receipt.get("type")
    return isinstance(types, list) and RECEIPT_TYPE in types and receipt.get("credentialSubject") == expected


def _facts(
    *, manifest: bytes, data: bytes, credential: bytes | None, report: bytes, stated: Mapping[str, Any]
) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "type": "Verification",
        "verdict": stated.get("verdict"),
        "checkedAt": stated.get("checkedAt"),
        "asOf": stated.get("asOf"),
        "packageSha256": _sha256(manifest),
        "inputSha256": _sha256(data),
        "reportSha256": _sha256(report),
        "policyName": stated.get("policy"),
        "policySha256": stated.get("policySha256"),
        "verifiedWith": stated.get("software"),
    }
    return facts if credential is None else {**facts, "credentialSha256": _sha256(credential)}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
