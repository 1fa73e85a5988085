"""The linked data proof vectors of the Open Badges 3.0 and CLR 2.0 implementation guide.

The figures are restated; the documents are put together from the canonical texts beside the checkout.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from badgeport.keys.custody.local import local_signer
from badgeport.proofs.canonicalization import canonicalize
from badgeport.proofs.canonicalization.nquads import parse
from badgeport.proofs.data_integrity import add_proof, verify_proof
from badgeport.schemas import contexts
from badgeport.schemas.contexts import urls
from badgeport.schemas.problems import DATA_LOSS_DETECTION_ERROR, ProblemError
from support.shared import shared_text

_ISSUER = "https://example.edu/issuers/565049"
_METHOD = f"{_ISSUER}#z6MkjZRZv3aez3r18pB1RBFJR1kwUVJ5jHt92JmQwXbd5hwi"
_SEED = bytes.fromhex("6241a409e6707bb640a0140a8a32bc3d193c33a661747284d6adfa4ed4180be4")
_CREATED = datetime(2010, 1, 1, 19, 23, 24, tzinfo=UTC)
_DOCUMENT_HASH = "87f65a76d40146205e3b3e06cb0fbd153f97f9ce70372390f52566bb7f9e0773"
_PROOF_HASH = "d34009cea0dbc1ca941e09dc01c8c9d3e3ce3c5b853f67ee44698dcea10f5d19"
_PROOF_VALUE = "z5x9aCBYovW3CQCbKdNyhEm7ffYSw1YpEdPywQJoNbzDD2gkzQDKJ1sYKJaWvqZtkMtSbz35HcbgXVEDYHxCzgkCr"
_CONTEXT = [urls.CREDENTIALS_V2, urls.OB_3_0_3]
_SCHEMA_ORG = "https://schema.org/"
_OB = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"


def _reader(text: str) -> Callable[[str, str], str]:
    """The plain value that a canonical text states of a subject (or of whatever has the property)."""
    quads = parse(text)

    def read(subject: str, predicate: str) -> str:
        found = next(q.o for q in quads if q.p == f"<{predicate}>" and subject in ("", q.s.strip("<>")))
        return found.split('"')[1] if found.startswith('"') else found.strip("<>")

    return read


@pytest.fixture
def badge() -> dict[str, Any]:
    read = _reader(shared_text("vectors/ob-impl-guide/obv3p0/document-canon.txt"))
    credential, achievement = "http://example.com/credentials/3527", read("", _OB + "achievement")
    return {
        "@context": _CONTEXT,
        "id": credential,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "issuer": {
            "id": _ISSUER,
            "type": ["Profile"],
            "url": read(_ISSUER, _SCHEMA_ORG + "url"),
            "name": read(_ISSUER, _SCHEMA_ORG + "name"),
        },
        "validFrom": "2010-01-01T00:00:00Z",
        "name": read(credential, _SCHEMA_ORG + "name"),
        "credentialSubject": {
            "id": "did:example:ebfeb1f712ebc6f1c276e12ec21",
            "type": ["AchievementSubject"],
            "achievement": {
                "id": achievement,
                "type": ["Achievement"],
                "criteria": {"narrative": read("", _OB + "narrative")},
                "description": read(achievement, _SCHEMA_ORG + "description"),
                "name": read(achievement, _SCHEMA_ORG + "name"),
            },
        },
    }


def test_the_proof_configuration_has_the_published_hash() -> None:
    config = {
        "@context": _CONTEXT,
        "type": "DataIntegrityProof",
        "created": "2010-01-01T19:23:24Z",
        "verificationMethod": _METHOD,
        "cryptosuite": "eddsa-rdfc-2022",
        "proofPurpose": "assertionMethod",
    }
    text = canonicalize(config, contexts=contexts.store())
    assert hashlib.sha256(text.encode()).hexdigest() == _PROOF_HASH


@pytest.mark.parametrize("previous", [False, True], ids=["current-context", "previous-context"])
def test_the_badge_is_signed_as_published(badge: dict[str, Any], previous: bool) -> None:
    store = contexts.store().with_previous(urls.OB_3_0_3) if previous else contexts.store()
    text = canonicalize(badge, contexts=store)
    assert text == shared_text("vectors/ob-impl-guide/obv3p0/document-canon.txt")
    assert hashlib.sha256(text.encode()).hexdigest() == _DOCUMENT_HASH
    signer = local_signer(Ed25519PrivateKey.from_private_bytes(_SEED), verification_method=_METHOD, controller=_ISSUER)
    signed = add_proof(badge, signer, cryptosuite="eddsa-rdfc-2022", created=_CREATED, contexts=store)
    assert signed["proof"]["proofValue"] == _PROOF_VALUE
    verify_proof(signed, 0, signer.public_key, contexts=store)
    for damaged in (
        {**signed, "name": "Teamwork"},
        {**signed, "@context": [urls.CREDENTIALS_V2, urls.OB_3_0_2]},
        {**signed, "proof": {**signed["proof"], "created": "2010-01-01T19:23:25Z"}},
    ):
        with pytest.raises(ProblemError):
            verify_proof(damaged, 0, signer.public_key, contexts=store)


def test_terms_of_another_edition_are_a_loss(badge: dict[str, Any]) -> None:
    badge["endorsementJwt"] = ["a.b.c"]
    canonicalize(badge, contexts=contexts.store())
    with pytest.raises(ProblemError) as caught:
        canonicalize(badge, contexts=contexts.store().with_previous(urls.OB_3_0_3))
    assert caught.value.problem.type == DATA_LOSS_DETECTION_ERROR
    assert caught.value.problem.pointer == "/endorsementJwt"


def test_a_comprehensive_learner_record_with_a_credential_inside() -> None:
    """The embedded credential brings its own contexts and its proof, which is a graph of its own."""
    text = shared_text("vectors/ob-impl-guide/clrv2p0/document-canon.txt")
    read = _reader(text)
    subject, record = "did:example:ebfeb1f712ebc6f1c276e12ec21", "http://example.edu/credentials/3732"
    first, second = "urn:uuid:a7467ef6-56cb-11ec-bf63-0242ac130002", "urn:uuid:dd887f0a-56cb-11ec-bf63-0242ac130002"
    issuer = {"id": _ISSUER, "type": ["Profile"], "name": read(_ISSUER, _SCHEMA_ORG + "name")}

    def achievement(identifier: str) -> dict[str, Any]:
        return {
            "id": identifier,
            "type": ["Achievement"],
            "creator": issuer,
            "name": read(identifier, _SCHEMA_ORG + "name"),
            "criteria": {"id": read(identifier, _OB + "Criteria")},
            "description": read(identifier, _SCHEMA_ORG + "description"),
            "image": {"id": "https://example.edu/achievements/sample.png", "type": "Image"},
        }

    def schema(of: str) -> list[dict[str, str]]:
        name = read(of, "https://www.w3.org/2018/credentials#credentialSchema")
        return [{"id": name, "type": "1EdTechJsonSchemaValidator2019"}]

    degree_id = "urn:uuid:91537dba-56cb-11ec-bf63-0242ac130002"
    degree = {
        "@context": [urls.CREDENTIALS_V2, urls.OB_3_0_3, urls.OB_EXTENSIONS],
        "id": degree_id,
        "type": ["VerifiableCredential", "AchievementCredential"],
        "name": read(degree_id, _SCHEMA_ORG + "name"),
        "credentialSubject": {"id": subject, "type": ["AchievementSubject"], "achievement": achievement(first)},
        "issuer": issuer,
        "validFrom": "2010-01-01T00:00:00Z",
        "credentialSchema": schema(degree_id),
        "proof": [
            {
                "type": "DataIntegrityProof",
                "created": "2010-01-01T19:23:24Z",
                "verificationMethod": _METHOD,
                "cryptosuite": "eddsa-rdfc-2022",
                "proofPurpose": "assertionMethod",
                "proofValue": read("", "https://w3id.org/security#proofValue"),
            }
        ],
    }
    document = {
        "@context": [urls.CREDENTIALS_V2, urls.CLR_2_0_1, urls.OB_3_0_3, urls.OB_EXTENSIONS],
        "id": record,
        "type": ["VerifiableCredential", "ClrCredential"],
        "issuer": issuer,
        "validFrom": "2010-01-01T00:00:00Z",
        "name": read(record, _SCHEMA_ORG + "name"),
        "credentialSchema": schema(record),
        "credentialSubject": {
            "id": subject,
            "type": ["ClrSubject"],
            "verifiableCredential": [degree],
            "achievement": [achievement(first), achievement(second)],
            "association": [
                {"type": "Association", "associationType": "isParentOf", "sourceId": first, "targetId": second}
            ],
        },
    }
    assert canonicalize(document, contexts=contexts.store()) == text
