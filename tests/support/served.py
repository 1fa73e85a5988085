"""The service, running: a real HTTP server on loopback over invented documents, with one credential of every kind."""

from __future__ import annotations

import hashlib
import io
import threading
import time
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn

from badgeport.schemas import jsontext
from badgeport.verifier.resolution.fetching import Fetched
from support import serving
from support import verifying as v

DISTRICT = v.web_signer()
DISTRICT_DOCUMENT = "https://lakeside.example/.well-known/did.json"
UNREACHABLE = v.web_signer("did:web:silent.example")


def _badge(**changes: Any) -> dict[str, Any]:
    return v.badge(DISTRICT.controller, **changes)


@cache
def credentials() -> Mapping[str, bytes]:
    """Credentials by the kind of answer they get."""
    entry = v.status_entry(7)
    suspended = v.status_entry(9, "suspension", statusListCredential="https://lakeside.example/status/2")
    good = _badge(credentialStatus=entry)
    stranger = v.badge()
    anonymous = v.changed(stranger["credentialSubject"], id=None)
    salted = hashlib.sha256(b"ines@example.orgpepper").hexdigest()
    anonymous["identifier"] = [
        {
            "type": "IdentityObject",
            "identityHash": f"sha256${salted}",
            "identityType": "emailAddress",
            "hashed": True,
            "salt": "pepper",
        }
    ]
    return {
        "valid": v.sign(good, DISTRICT),
        "unrecognised": v.sign(stranger),
        "anonymous": v.sign(v.changed(stranger, credentialSubject=anonymous)),
        "tampered": v.spoiled(v.sign(good, DISTRICT), _rename),
        "forged": v.sign(good, v.signer("thief")),
        "unsigned": jsontext.dump(good),
        "expired": v.sign(_badge(validUntil="2026-04-20T00:00:00Z"), DISTRICT),
        "revoked": v.sign(_badge(credentialStatus=v.status_entry(8)), DISTRICT),
        "suspended": v.sign(_badge(credentialStatus=suspended), DISTRICT),
        "status-unknown": v.sign(
            _badge(credentialStatus=v.status_entry(7, statusListCredential="https://lakeside.example/status/gone")),
            DISTRICT,
        ),
        "key-unknown": v.sign(v.badge(UNREACHABLE.controller), UNREACHABLE),
        "link": b"https://silent.example/badges/7",
        "nothing": b"Dear clerk, please find my badge attached.",
        "legacy": jsontext.dump(
            {
                "@context": "https://w3id.org/openbadges/v2",
                "type": "Assertion",
                "id": "https://silent.example/assertions/1",
                "recipient": {"type": "email", "identity": "ines@example.org", "hashed": False},
                "badge": "https://silent.example/badge",
                "verification": {"type": "hosted"},
                "issuedOn": "2019-05-01T00:00:00Z",
            }
        ),
    }


def _rename(document: dict[str, Any]) -> None:
    document["name"] = "Doctor of Education"


@cache
def documents() -> Mapping[str, Fetched]:
    """What the issuers publish, by address, fetched just now. Nothing else answers."""
    second = "https://lakeside.example/status/2"
    bodies = {
        DISTRICT_DOCUMENT: jsontext.dump(v.key_document(DISTRICT)),
        v.LIST: v.status_list(8, by=DISTRICT),
        second: v.status_list(9, by=DISTRICT, purpose="suspension", url=second),
    }
    return {url: Fetched(url, body, "application/json", v.NOW) for url, body in bodies.items()}


def archive(*names: str) -> bytes:
    """A ZIP of some of the credentials."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as zipped:
        for name in names:
            zipped.writestr(f"{name}.json", credentials()[name])
    return target.getvalue()


def registry(directory: Path) -> Path:
    """A trust registry that lists the district."""
    path = directory / "registry.json"
    listed = {"id": DISTRICT.controller, "name": "Lakeside Unified School District"}
    path.write_bytes(jsontext.dump({"name": "State Register of Educator Programs", "issuers": [listed]}))
    return path


@contextmanager
def served(directory: Path, **settings: Any) -> Iterator[str]:
    """The service, answering at the address that is yielded."""
    app = serving.application(directory / "data", documents(), trust=(registry(directory),), **settings)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 60
        while not server.started:
            if not thread.is_alive() or time.monotonic() > end:
                raise RuntimeError("the server did not start")
            time.sleep(0.02)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)
