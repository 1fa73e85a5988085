"""Both directions with the JavaScript implementations: they accept ours, we accept theirs, both refuse tampering.

Needs Node.js and ``make interop``; the matrix of what was compared stands in docs/interop.md.
"""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from badgeport.issuer.award import IssuerProfile, parse_award
from badgeport.issuer.endorsements import endorse
from badgeport.issuer.mint import mint
from badgeport.keys.custody.local import generate, local_signer
from badgeport.keys.did import did_key
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import PRIVATE_MULTICODEC, KeyType, jose_algorithm
from badgeport.proofs.secured import secure
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts, jsontext
from badgeport.schemas.encoding import multibase_encode
from badgeport.verifier.policy import DEFAULT, Policy
from badgeport.verifier.report import Verdict
from support import issuing

PEERS = Path(__file__).parent / "peers"
NOW = issuing.NOW.isoformat().replace("+00:00", "Z")
SELECTED = ["/credentialSubject/result", "/evidence"]
WITHOUT_STATUS = replace(DEFAULT, allow_unknown=DEFAULT.allow_unknown | {"selective-disclosure"})
"""For badges that are shown in part and have no status, which nobody else can know."""
RDF_AND_JCS = [
    ("eddsa-rdfc-2022", KeyType.ED25519),
    ("eddsa-jcs-2022", KeyType.ED25519),
    ("ecdsa-rdfc-2019", KeyType.P256),
    ("ecdsa-rdfc-2019", KeyType.P384),
    ("ecdsa-jcs-2019", KeyType.P256),
    ("ecdsa-jcs-2019", KeyType.P384),
]


class Peer:
    """The JavaScript implementations behind a pipe."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "peer.mjs"], cwd=PEERS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def ask(self, op: str, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **request}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def accepts(self, suite: str, document: Any) -> bool:
        answer = self.ask("verify", suite=suite, credential=document, now=NOW)
        return bool(answer.get("ok")) and bool(answer.get("verified"))

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def peer() -> Iterator[Peer]:
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    if not (PEERS / "node_modules" / ".ready").exists():
        pytest.skip("the JavaScript peers are not installed: run make interop")
    started = Peer()
    store = contexts.store()
    loaded = started.ask("load", documents={url: store.get(url) for url in store.urls()})
    assert loaded["ok"], loaded
    yield started
    started.close()


class KeyPair:
    """A did:key issuer: our signer of a key, and the same key as the peer wants it."""

    def __init__(self, key_type: KeyType) -> None:
        self.private = generate(key_type)
        self.public = PublicKey.of(self.private.public_key())
        self.did = did_key(self.public)
        self.signer: Signer = local_signer(self.private)
        self.method = self.signer.verification_method
        self._key_type = key_type

    def multikey(self, *, with_public: bool = False) -> dict[str, Any]:
        """The pair as a Multikey; the 2020 suite's library wants the public half behind the private one."""
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            raw = self.private.private_bytes(
                serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
            )
            raw += self.public.raw if with_public else b""
        else:
            assert isinstance(self.private, ec.EllipticCurvePrivateKey)
            size = (self.private.curve.key_size + 7) // 8
            raw = self.private.private_numbers().private_value.to_bytes(size, "big")
        return {
            "id": self.method,
            "controller": self.did,
            "publicKeyMultibase": self.public.to_multikey(),
            "secretKeyMultibase": multibase_encode(PRIVATE_MULTICODEC[self._key_type] + raw),
        }

    def documents(self) -> dict[str, Any]:
        """What dereferencing the issuer and its method gives."""
        method = {
            "id": self.method,
            "type": "Multikey",
            "controller": self.did,
            "publicKeyMultibase": self.public.to_multikey(),
        }
        controller = {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": self.did,
            "verificationMethod": [method],
            "assertionMethod": [self.method],
        }
        return {
            self.method: {"@context": "https://w3id.org/security/multikey/v1", **method},
            self.did: controller,
        }


@pytest.fixture(scope="module")
def pairs(peer: Peer) -> dict[KeyType, KeyPair]:
    made = {key_type: KeyPair(key_type) for key_type in (KeyType.ED25519, KeyType.P256, KeyType.P384)}
    for pair in made.values():
        assert peer.ask("load", documents=pair.documents())["ok"]
    return made


def ours(pair: KeyPair, format: str) -> Any:
    """A badge of ours by a did:key issuer, without status so that both sides judge the same."""
    return jsontext.parse(mint(parse_award(issuing.award(status=None)), pair.signer, format, now=issuing.NOW).bytes)


def unsigned(pair: KeyPair) -> dict[str, Any]:
    document = ours(pair, "eddsa-rdfc-2022" if pair.public.key_type is KeyType.ED25519 else "ecdsa-rdfc-2019")
    return {name: value for name, value in document.items() if name != "proof"}


def tampered(document: Any) -> Any:
    changed = copy.deepcopy(document)
    changed["credentialSubject"]["achievement"]["name"] = "Superintendent"
    return changed


def we_accept(document: Any, policy: Policy = DEFAULT) -> bool:
    report = issuing.verifier({}, policy=policy).inspect(json.dumps(document).encode(), now=issuing.NOW)
    return report.verdict is Verdict.VALID


@pytest.mark.parametrize(("format", "key_type"), RDF_AND_JCS)
def test_they_accept_ours_and_refuse_it_tampered(
    peer: Peer, pairs: dict[KeyType, KeyPair], format: str, key_type: KeyType
) -> None:
    document = ours(pairs[key_type], format)
    answer = peer.ask("verify", suite=format, credential=document, now=NOW)
    assert answer.get("verified"), answer
    assert not peer.accepts(format, tampered(document))
    assert not we_accept(tampered(document))


@pytest.mark.parametrize(("format", "key_type"), RDF_AND_JCS)
def test_we_accept_theirs_and_refuse_it_tampered(
    peer: Peer, pairs: dict[KeyType, KeyPair], format: str, key_type: KeyType
) -> None:
    pair = pairs[key_type]
    answer = peer.ask("issue", suite=format, credential=unsigned(pair), key=pair.multikey(), created=NOW)
    assert answer["ok"], answer
    assert we_accept(answer["credential"])
    assert not we_accept(tampered(answer["credential"]))


def test_they_accept_a_badge_that_carries_an_endorsement_of_itself(peer: Peer, pairs: dict[KeyType, KeyPair]) -> None:
    pair, format = pairs[KeyType.ED25519], "eddsa-rdfc-2022"
    badge_id, award = "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001", parse_award(issuing.award(status=None))
    endorser = IssuerProfile(id=pair.did, name="State Department")
    comment = "Meets the standard."
    endorsement = endorse(badge_id, comment, pair.signer, name="Approved", issuer=endorser, now=issuing.NOW)
    minted = mint(award, pair.signer, format, now=issuing.NOW, credential_id=badge_id, endorsements=[endorsement.bytes])
    document = jsontext.parse(minted.bytes)
    answer = peer.ask("verify", suite=format, credential=document, now=NOW)
    assert answer.get("verified"), answer
    assert we_accept(document)
    assert not peer.accepts(format, tampered(document))


def test_they_accept_what_we_derive_from_our_base_proof(peer: Peer, pairs: dict[KeyType, KeyPair]) -> None:
    base = ours(pairs[KeyType.P256], "ecdsa-sd-2023")
    derived = ecdsa_sd.derive(base, SELECTED, contexts=contexts.store())
    answer = peer.ask("verify", suite="ecdsa-sd-2023", credential=derived, now=NOW)
    assert answer.get("verified"), answer
    assert not peer.accepts("ecdsa-sd-2023", tampered(derived))


def test_we_accept_what_they_derive_from_our_base_proof(peer: Peer, pairs: dict[KeyType, KeyPair]) -> None:
    base = ours(pairs[KeyType.P256], "ecdsa-sd-2023")
    answer = peer.ask("derive", credential=base, selectivePointers=SELECTED)
    assert answer["ok"], answer
    assert we_accept(answer["credential"], WITHOUT_STATUS)
    assert not we_accept(tampered(answer["credential"]), WITHOUT_STATUS)


def test_we_derive_from_their_base_proof_and_both_accept(peer: Peer, pairs: dict[KeyType, KeyPair]) -> None:
    pair = pairs[KeyType.P256]
    document = unsigned(pair)
    pointers = [f"/{name}" for name in document if name not in ("@context", "credentialSubject", "evidence")]
    pointers += [f"/credentialSubject/{name}" for name in ("id", "type", "achievement", "identifier", "creditsEarned")]
    answer = peer.ask(
        "issue",
        suite="ecdsa-sd-2023",
        credential=document,
        key=pair.multikey(),
        created=NOW,
        mandatoryPointers=pointers,
    )
    assert answer["ok"], answer
    derived = ecdsa_sd.derive(answer["credential"], SELECTED, contexts=contexts.store())
    assert peer.accepts("ecdsa-sd-2023", derived)
    assert we_accept(derived, WITHOUT_STATUS)
    assert not we_accept(tampered(derived))


def test_ed25519_signature_2020_both_ways(peer: Peer, pairs: dict[KeyType, KeyPair]) -> None:
    pair = pairs[KeyType.ED25519]
    legacy = issuing.legacy_credential()
    legacy["issuer"]["id"] = pair.did
    peer.ask(
        "load",
        documents={
            pair.method: {
                "@context": "https://w3id.org/security/suites/ed25519-2020/v1",
                "id": pair.method,
                "type": "Ed25519VerificationKey2020",
                "controller": pair.did,
                "publicKeyMultibase": pair.public.to_multikey(),
            }
        },
    )
    document = jsontext.parse(secure(legacy, pair.signer, "Ed25519Signature2020", created=issuing.NOW))
    answer = peer.ask("verify", suite="Ed25519Signature2020", credential=document, now=NOW)
    assert answer.get("verified"), answer
    assert not peer.accepts("Ed25519Signature2020", tampered(document))
    theirs = peer.ask(
        "issue", suite="Ed25519Signature2020", credential=legacy, key=pair.multikey(with_public=True), created=NOW
    )
    assert theirs["ok"], theirs
    assert we_accept(theirs["credential"])
    assert not we_accept(tampered(theirs["credential"]))
    peer.ask("load", documents=pair.documents())


@pytest.mark.parametrize("format", ["vc-jwt", "vc+jwt"])
@pytest.mark.parametrize("key_type", [KeyType.ED25519, KeyType.P256, KeyType.P384])
def test_tokens_both_ways(peer: Peer, pairs: dict[KeyType, KeyPair], format: str, key_type: KeyType) -> None:
    pair = pairs[key_type]
    algorithm = jose_algorithm(key_type)
    token = mint(parse_award(issuing.award(status=None)), pair.signer, format, now=issuing.NOW).bytes.decode()
    typ = "JWT" if format == "vc-jwt" else "vc+jwt"
    answer = peer.ask("jwt-verify", token=token, jwk=pair.public.to_jwk(), alg=algorithm, typ=typ)
    assert answer["ok"], answer
    broken = token[:-10] + ("A" if token[-10] != "A" else "B") + token[-9:]
    assert not peer.ask("jwt-verify", token=broken, jwk=pair.public.to_jwk(), alg=algorithm)["ok"]
    signed = peer.ask(
        "jwt-sign",
        payload=answer["payload"],
        header={"alg": algorithm, "typ": typ, "kid": pair.method},
        jwk=private_jwk(pair),
    )
    assert signed["ok"], signed
    report = issuing.verifier({}).inspect(signed["token"].encode(), now=issuing.NOW)
    assert report.verdict is Verdict.VALID, report.to_text()
    theirs = signed["token"]
    broken = theirs[:-10] + ("A" if theirs[-10] != "A" else "B") + theirs[-9:]
    assert issuing.verifier({}).inspect(broken.encode(), now=issuing.NOW).verdict is not Verdict.VALID


def private_jwk(pair: KeyPair) -> dict[str, Any]:
    from jwcrypto import jwk

    pem = pair.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    exported: dict[str, Any] = json.loads(jwk.JWK.from_pem(pem).export_private())
    exported.pop("kid", None)
    return exported
