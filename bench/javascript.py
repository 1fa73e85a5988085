"""The JavaScript reference libraries in one Node.js process; they take their own time (peer.mjs)."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from jwcrypto import jwk

from badgeport.issuer.release import mandatory_by_default
from badgeport.keys.types import PRIVATE_MULTICODEC, KeyType
from badgeport.schemas import contexts
from badgeport.schemas.encoding import multibase_encode
from bench.credentials import NOW, Issuer, Sample, issuer
from bench.measure import Timing
from bench.peers import algorithm, pem, token_parts

ROOT = Path(__file__).resolve().parents[1]
DIRECTORY = ROOT / "tests" / "interop" / "peers"
PROGRAM = Path(__file__).with_name("peer.mjs")
PACKAGES = (
    "@digitalbazaar/vc",
    "@digitalbazaar/data-integrity",
    "@digitalbazaar/eddsa-rdfc-2022-cryptosuite",
    "@digitalbazaar/eddsa-jcs-2022-cryptosuite",
    "@digitalbazaar/ecdsa-rdfc-2019-cryptosuite",
    "@digitalbazaar/ecdsa-sd-2023-cryptosuite",
    "jsonld",
    "jose",
)
_INSTANT = NOW.isoformat().replace("+00:00", "Z")


def absence() -> str:
    """Why the JavaScript peers cannot take part; the empty string when they can."""
    if shutil.which("node") is None:
        return "Node.js is not installed"
    if not (DIRECTORY / "node_modules" / ".ready").exists():
        return "peer missing: run make interop"
    return ""


def versions() -> dict[str, str]:
    """The versions of Node.js and of the packages that are measured."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = {"Node.js": node.removeprefix("v")}
    for name in PACKAGES:
        manifest = DIRECTORY / "node_modules" / name / "package.json"
        found[name] = json.loads(manifest.read_text(encoding="utf-8"))["version"]
    return found


class PeerError(Exception):
    """A JavaScript peer refused."""


class Peer:
    """The process; use it as a context manager."""

    def __init__(self) -> None:
        # A program given as text looks for its packages in the working directory.
        program = PROGRAM.read_text(encoding="utf-8")
        self._process = subprocess.Popen(
            ["node", "--input-type=module", "--eval", program],
            cwd=DIRECTORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        store = contexts.store()
        documents: dict[str, Any] = {url: store.get(url) for url in store.urls()}
        for key_type in (KeyType.ED25519, KeyType.P256):
            documents |= _key_documents(issuer(key_type))
        self.ask("load", documents=documents)

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, request: str, **rest: Any) -> dict[str, Any]:
        """One answer. Raises PeerError where the peer refuses or is gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"request": request, **rest}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise PeerError("the JavaScript process ended")
        answer: dict[str, Any] = json.loads(line)
        if not answer.pop("ok"):
            raise PeerError(answer["error"])
        return answer

    def prepare(self, kind: str, **rest: Any) -> Task:
        """An operation, ready to be done or timed."""
        return Task(self, self.ask("prepare", kind=kind, **rest)["id"])


class Task:
    """One prepared operation of a peer."""

    def __init__(self, peer: Peer, number: int) -> None:
        self._peer = peer
        self._number = number

    def once(self) -> Any:
        """Its result."""
        return self._peer.ask("once", id=self._number)["result"]

    def sample(self, count: int) -> Timing:
        """Its time, as the peer took it."""
        answer = self._peer.ask("time", id=self._number, count=count)
        return Timing(answer["cpu"], answer["wall"])


Preparation = Callable[[Peer], Task]


def verify(sample: Sample, data: bytes) -> Preparation:
    """@digitalbazaar/vc: the proof, its purpose and the dates."""
    return lambda peer: peer.prepare("verify", suite=sample.format, text=data.decode(), now=_INSTANT)


def verify_token(sample: Sample, data: bytes) -> Preparation:
    """jose: the signature, and the payload read."""
    return lambda peer: peer.prepare(
        "jwt-verify",
        text=data.decode(),
        jwk=sample.issuer.public.to_jwk(),
        alg=algorithm(sample),
        issuer=sample.issuer.signer.controller,
    )


def issue(sample: Sample) -> Preparation:
    """@digitalbazaar/vc: securing a finished credential."""
    pointers = mandatory_by_default(sample.unsigned) if sample.format == "ecdsa-sd-2023" else None
    return lambda peer: peer.prepare(
        "issue",
        suite=sample.format,
        credential=sample.unsigned,
        key=_multikey(sample.issuer),
        created=_INSTANT,
        mandatoryPointers=pointers,
    )


def issue_token(sample: Sample) -> Preparation:
    """jose: signing finished claims."""
    header, payload = token_parts(sample.issued)
    private = json.loads(jwk.JWK.from_pem(pem(sample)).export_private())
    private.pop("kid", None)
    return lambda peer: peer.prepare("jwt-issue", payload=payload, header=header, jwk=private)


def derive(sample: Sample) -> Preparation:
    """@digitalbazaar/vc: a presentation of a badge with a base proof."""
    return lambda peer: peer.prepare("derive", text=sample.issued.decode(), selectivePointers=list(sample.selected))


def _multikey(of: Issuer) -> dict[str, str]:
    private = of.private
    if isinstance(private, ed25519.Ed25519PrivateKey):
        raw = private.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
    else:
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        raw = private.private_numbers().private_value.to_bytes(32, "big")
    secret = multibase_encode(PRIVATE_MULTICODEC[of.public.key_type] + raw)
    return {**_method(of), "secretKeyMultibase": secret}


def _method(of: Issuer) -> dict[str, str]:
    return {
        "id": of.signer.verification_method,
        "controller": of.signer.controller,
        "publicKeyMultibase": of.public.to_multikey(),
    }


def _key_documents(of: Issuer) -> Mapping[str, Any]:
    """What dereferencing the issuer and its method gives."""
    method = {"type": "Multikey", **_method(of)}
    multikey = "https://w3id.org/security/multikey/v1"
    controller: dict[str, Any] = {
        "@context": ["https://www.w3.org/ns/did/v1", multikey],
        "id": of.signer.controller,
        "verificationMethod": [method],
        "assertionMethod": [method["id"]],
    }
    return {controller["id"]: controller, method["id"]: {"@context": multikey, **method}}
