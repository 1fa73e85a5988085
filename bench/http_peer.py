"""The plain way to offer verification over HTTP: FastAPI and PyLD, one route, the proof and nothing else.

It verifies ``eddsa-rdfc-2022`` by a did:key, with every context at hand and marked static, and makes no other check.
"""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any

import base58
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from pyld import jsonld

from badgeport.schemas import contexts
from bench.credentials import take_proof

PATH = "/verify"
_ED25519 = b"\xed\x01"

_store = contexts.store()
_loaded: dict[str, dict[str, Any]] = {}
_one_at_a_time = threading.Lock()

app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)


@app.get("/healthz")
def healthz() -> dict[str, str]:
    """Whether it answers."""
    return {"status": "ok"}


@app.post(PATH)
async def verify(request: Request) -> Response:
    """Whether the proof of the credential in the body holds. The work is done in a thread, as Badgeport's is."""
    data = await request.body()
    verdict = "valid" if await run_in_threadpool(holds, data) else "invalid"
    return Response(json.dumps({"verdict": verdict}), media_type="application/json")


def holds(data: bytes) -> bool:
    """Whether the proof fits the document and the key that it names."""
    document = json.loads(data)
    proof = take_proof(document)
    signature = base58.b58decode(proof.pop("proofValue")[1:])
    proof["@context"] = document["@context"]
    key = base58.b58decode(proof["verificationMethod"].partition("#")[2][1:])
    try:
        Ed25519PublicKey.from_public_bytes(key.removeprefix(_ED25519)).verify(
            signature, _digest(proof) + _digest(document)
        )
    except InvalidSignature:
        return False
    return True


def _digest(document: dict[str, Any]) -> bytes:
    options = {"algorithm": "URDNA2015", "format": "application/n-quads", "documentLoader": _load}
    # PyLD keeps resolved contexts in a cache that threads must not share; it never runs in two at once anyway.
    with _one_at_a_time:
        return hashlib.sha256(jsonld.normalize(document, options).encode()).digest()


def _load(url: str, _: object) -> dict[str, Any]:
    if url not in _loaded:
        document = json.loads(json.dumps(_store.get(url)))
        _loaded[url] = {"contextUrl": None, "documentUrl": url, "document": document, "tag": "static"}
    return _loaded[url]
