"""The published vectors, judged whole: what the specifications' examples sign verifies, and no change to it does."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from badgeport.schemas import contexts, jsontext
from badgeport.schemas.contexts import ContextStore
from badgeport.verifier.report import Outcome, Verdict, VerificationReport
from badgeport.verifier.resolution.replay import ReplayResolver
from badgeport.verifier.verifier import Verifier
from support.shared import shared_json, shared_path, shared_text

NOW = datetime(2026, 5, 1, tzinfo=UTC)
EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"


@cache
def store() -> ContextStore:
    """The bundled contexts and those that only the vectors use."""
    return contexts.store().with_documents(
        {
            EXAMPLES: shared_path("contexts/credentials-examples-v2.jsonld").read_bytes(),
            "https://w3id.org/citizenship/v4rc1": shared_path("contexts/citizenship-v4rc1.jsonld").read_bytes(),
            "https://w3id.org/citizenship/v2": shared_path("contexts/citizenship-v2.jsonld").read_bytes(),
        }
    )


def judge(data: bytes, documents: dict[str, Any] | None = None) -> VerificationReport:
    held = {url: jsontext.dump(body) for url, body in (documents or {}).items()}
    return Verifier(contexts=store(), fetcher=ReplayResolver(held)).inspect(data, now=NOW)


EMBEDDED = [
    "vc-di-eddsa/eddsa-rdfc-2022/signedDataInt.json",
    "vc-di-eddsa/eddsa-jcs-2022/signedJCS.json",
    "vc-di-ecdsa/ecdsa-rdfc-2019-p256/signedECDSAP256.json",
    "vc-di-ecdsa/ecdsa-rdfc-2019-p384/signedECDSAP384.json",
    "vc-di-ecdsa/ecdsa-jcs-2019-p256/signedJCSECDSAP256.json",
    "vc-di-ecdsa/ecdsa-jcs-2019-p384/signedJCSECDSAP384.json",
]


@pytest.mark.parametrize("path", EMBEDDED)
def test_the_signature_of_a_published_credential_verifies_and_a_changed_one_does_not(path: str) -> None:
    document = shared_json(f"vectors/{path}")
    report = judge(jsontext.dump(document))
    assert report.check("signature").outcome is Outcome.PASSED, report.to_text()
    changed = {**document, "name": "Another"}
    assert judge(jsontext.dump(changed)).check("signature").outcome is Outcome.FAILED


@pytest.mark.parametrize("path", EMBEDDED)
def test_a_key_that_is_not_the_issuers_is_found_out_in_the_published_credentials(path: str) -> None:
    """The examples are signed by a did:key under the name of a web issuer: good signatures, by somebody else."""
    report = judge(jsontext.dump(shared_json(f"vectors/{path}")))
    assert report.check("issuer-key").outcome is Outcome.FAILED
    assert report.verdict is Verdict.INVALID


JOSE = "vectors/vc-jose-cose"
METHODS = {"p256": "vm-p256", "p384": "vm-p384", "ed25519": "vm-ed25519", "p521": "vm-p521"}


def jose_documents() -> dict[str, Any]:
    methods = []
    for name in METHODS.values():
        method = shared_json(f"{JOSE}/{name}.json")
        methods.append({member: value for member, value in method.items() if member != "secretKeyJwk"})
    controller = methods[0]["controller"]
    ids = [method["id"] for method in methods]
    return {
        controller: {"id": controller, "verificationMethod": methods, "assertionMethod": ids, "authentication": ids}
    }


@pytest.mark.parametrize(
    "name",
    [
        "credential-jose-bad-signature",
        "credential-jose-bad-media-type",
        "credential-jose-vc-vp-claims",
        "credential-sdjwt-bad-signature",
        "credential-sdjwt-bad-media-type",
        "presentation-jose-bad-credential",
        "presentation-jose-bad-media-type",
        "presentation-sdjwt-bad-credential",
        "presentation-sdjwt-bad-media-type",
    ],
)
def test_jose_inputs_that_must_fail(name: str) -> None:
    report = judge(shared_text(f"{JOSE}/{name}.txt").strip().encode(), jose_documents())
    assert report.verdict is not Verdict.VALID


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("credential-jose-minimal", Verdict.VALID),
        ("credential-issuer-match-signed", Verdict.VALID),
        ("credential-sdjwt-selective", Verdict.VALID),
        ("credential-sdjwt-nested", Verdict.VALID),
        ("presentation-jose-multiple", Verdict.INVALID),
        ("presentation-sdjwt-selective", Verdict.INVALID),
    ],
)
def test_jose_signatures_that_must_hold(name: str, verdict: Verdict) -> None:
    """The presentations have expired, or are of somebody else's credential; their signatures hold all the same."""
    report = judge(shared_text(f"{JOSE}/{name}.txt").strip().encode(), jose_documents())
    for check in ("parsing", "jose-header", "jwt-claims", "jwt-key", "signature"):
        assert report.check(check).outcome is Outcome.PASSED, report.to_text()
    assert report.verdict is verdict
