"""The documents an issuer publishes: did.json, key sets, and its profile with keys."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from badgeport.issuer import documents
from badgeport.issuer.award import parse_issuer_profile
from badgeport.keys import lifecycle
from badgeport.keys.cid import verification_method
from badgeport.keys.custody import memory, open_signer
from badgeport.keys.jwk import public_from_jwk
from badgeport.keys.lifecycle import KeyRecord, KeyState
from badgeport.keys.types import KeyType
from badgeport.schemas.problems import ProblemError

DID = "did:web:prairie-crossing.example"
URL = "https://prairie-crossing.example/issuer"


def record(controller: str, name: str, key_type: KeyType, created: datetime) -> KeyRecord:
    uri = memory.register(f"issuer-documents-{name}", key_type)
    return KeyRecord(uri, open_signer(uri).public_key, f"{controller}#{name}", controller, KeyState.ACTIVE, created)


def test_a_did_document_has_the_keys_of_its_did(now: datetime) -> None:
    old, new = record(DID, "2025", KeyType.ED25519, now), record(DID, "2026", KeyType.P256, now)
    retired = lifecycle.retire(old, now + timedelta(days=1))
    stranger = record("did:web:x.example", "x", KeyType.ED25519, now)
    document = documents.did_document(DID, [retired, new, stranger], also_known_as=[URL])
    assert document["id"] == DID
    assert document["alsoKnownAs"] == [URL]
    assert document["assertionMethod"] == [f"{DID}#2025", f"{DID}#2026"]
    for entry in (old, new):
        method = verification_method(document, entry.verification_method, document_url=DID)
        assert method.public_key == entry.public_key


def test_a_profile_document_is_a_profile_and_a_key_document(now: datetime) -> None:
    profile = parse_issuer_profile({"name": "Prairie Crossing", "url": "https://prairie-crossing.example"})
    key = record(URL, "key-1", KeyType.ED25519, now)
    document = documents.profile_document(profile, URL, [key], also_known_as=[DID])
    assert document["type"] == ["Profile"]
    assert (document["id"], document["name"]) == (URL, "Prairie Crossing")
    method = verification_method(document, f"{URL}#key-1", document_url=URL)
    assert (method.public_key, method.controller) == (key.public_key, URL)


@pytest.mark.parametrize(
    ("key_type", "algorithm"),
    [(KeyType.ED25519, "EdDSA"), (KeyType.P256, "ES256"), (KeyType.P384, "ES384"), (KeyType.RSA, "RS256")],
)
def test_one_jwk_names_its_key_and_issuer(now: datetime, key_type: KeyType, algorithm: str) -> None:
    key = record(URL, f"jwk-{key_type.value}", key_type, now)
    body = documents.jwk_document(key)
    assert (body["kid"], body["iss"], body["alg"], body["use"]) == (key.verification_method, URL, algorithm, "sig")
    assert public_from_jwk(body) == key.public_key
    assert "d" not in body


def test_a_key_set_leaves_revoked_keys_out(now: datetime) -> None:
    keys = [record(DID, name, KeyType.ED25519, now) for name in ("a", "b", "c")]
    keys[1] = lifecycle.retire(keys[1], now + timedelta(days=1))
    keys[2] = lifecycle.revoke(keys[2], now + timedelta(days=1))
    assert [entry["kid"] for entry in documents.jwks(keys)["keys"]] == [f"{DID}#a", f"{DID}#b"]


def test_a_document_without_keys_is_refused(now: datetime) -> None:
    key = record(DID, "lonely", KeyType.ED25519, now)
    with pytest.raises(ProblemError, match="None of the keys"):
        documents.did_document("did:web:x.example", [key])
    with pytest.raises(ProblemError, match="not a DID"):
        documents.did_document(URL, [key])
    with pytest.raises(ProblemError, match="None of the keys"):
        documents.profile_document(parse_issuer_profile({"name": "P"}), URL, [key])
