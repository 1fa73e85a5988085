"""One badge in every form, through every door, over real servers: the same verdict, for the same reasons.

The issuer's documents and the hosted badge stand on a real HTTPS server, the service answers on a real HTTP server, and
all three (library, command line, service) look things up by the guarded fetcher. The clock is the real one.
"""

from __future__ import annotations

import base64
import contextlib
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn

from badgeport.keys.types import KeyType
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.service.app import create_app
from badgeport.service.settings import Settings
from badgeport.verifier.resolution import network
from badgeport.verifier.verifier import Verifier
from service.conftest import Cli
from support import carriers
from support import verifying as v
from support.web import Web

KINDS: dict[str, tuple[str, set[str]]] = {
    "valid": ("valid", set()),
    "tampered": ("invalid", {"PROOF_VERIFICATION_ERROR"}),
    "expired": ("invalid", {"EXPIRED"}),
    "revoked": ("invalid", {"REVOKED"}),
}
"""For each kind of badge its verdict, and why."""
FORMS = (
    "json",
    "json rdfc p-256",
    "json jcs",
    "vc+jwt",
    "vc-jwt",
    "sd-jwt",
    "png",
    "png of a token",
    "svg",
    "pdf",
    "zip",
    "qr png",
    "qr jpeg",
    "qr of a token",
    "address",
    "address of a page",
    "address of a picture",
    "presentation",
)
TOKENS = ("vc+jwt", "vc-jwt", "sd-jwt", "png of a token", "qr of a token")
HOST = "https://lakeside.example"
REVOKED_INDEX = 8
CODES = {"valid": 0, "invalid": 1}
"""Exit codes of the command line."""

Found = tuple[str, frozenset[str], Any]
"""A verdict, the codes of what failed or could not be told, and what is shown about the credential."""


@dataclass(frozen=True)
class World:
    """Every badge by kind and form, a fetcher in the web where they stand, and the address of the service."""

    badges: Mapping[tuple[str, str], bytes]
    web: Web
    service: str
    verifier: Verifier


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    start = datetime.now(UTC).replace(microsecond=0)
    with Web() as web:
        web.put(f"{HOST}/.well-known/did.json", v.key_document(*signers()))
        listed = v.status_list(
            REVOKED_INDEX,
            by=signers()[0],
            validFrom=format_datetime(start - timedelta(hours=1)),
            validUntil=format_datetime(start + timedelta(days=7)),
        )
        web.put(v.LIST, listed, media_type="application/vc")
        badges = {(kind, form): body for kind in KINDS for form, body in forms(kind, start, web).items()}
        fetcher = web.fetcher()
        app = create_app(
            Settings(data_dir=tmp_path_factory.mktemp("data"), role="verifier", rate_limit=None, log_level="error"),
            fetcher=fetcher,
        )
        with running(app) as address:
            yield World(badges, web, address, Verifier(fetcher=fetcher, software="badgeport test"))


@contextlib.contextmanager
def running(app: Any) -> Iterator[str]:
    """The application on a port of its own."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 60
        while not server.started:
            assert thread.is_alive(), "the server ended"
            assert time.monotonic() < end, "the server did not start"
            time.sleep(0.02)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


def signers() -> tuple[Any, Any]:
    """The issuer's two keys."""
    return v.web_signer(), v.web_signer(fragment="key-2", key_type=KeyType.P256)


def unsigned(kind: str, start: datetime) -> dict[str, Any]:
    """The badge before it is signed."""
    until = start - timedelta(days=1) if kind == "expired" else start + timedelta(days=365)
    body = v.badge(
        "did:web:lakeside.example",
        validFrom=format_datetime(start - timedelta(days=30)),
        validUntil=format_datetime(until),
        credentialStatus=v.status_entry(REVOKED_INDEX if kind == "revoked" else 7),
    )
    body["credentialSubject"]["id"] = v.signer("holder").controller
    return body


def forms(kind: str, start: datetime, web: Web) -> dict[str, bytes]:
    """The badge in every form; what is reached by an address is put there."""
    body, issued = unsigned(kind, start), start - timedelta(days=30)
    ed25519, p256 = signers()

    def signed(format: str, by: Any = ed25519) -> bytes:
        data = v.sign(body, by, format, created=issued)
        if kind != "tampered":
            return data
        return renamed_token(data) if "jwt" in format else v.spoiled(data, renamed)

    data, token = signed("eddsa-rdfc-2022"), signed("vc+jwt")
    hosted = web.put(f"{HOST}/badges/{kind}", data, media_type="application/vc")
    picture = web.put(f"{HOST}/badges/{kind}.png", carriers.png(data), media_type="image/png")
    link = f'<link rel="alternate" type="application/vc" href="/badges/{kind}">'
    page = web.put(f"{HOST}/pages/{kind}", carriers.page(link), media_type="text/html")
    return {
        "json": data,
        "json rdfc p-256": signed("ecdsa-rdfc-2019", p256),
        "json jcs": signed("eddsa-jcs-2022"),
        "vc+jwt": token,
        "vc-jwt": signed("vc-jwt", p256),
        "sd-jwt": signed("vc+sd-jwt", p256),
        "png": carriers.png(data),
        "png of a token": carriers.png(token),
        "svg": carriers.svg(data),
        "pdf": carriers.pdf(("badge.json", data), ("terms.txt", b"Terms")),
        "zip": carriers.archive(("README.txt", b"Your badge."), ("award/badge.json", data)),
        "qr png": carriers.code_picture(hosted),
        "qr jpeg": carriers.code_picture(hosted, format="JPEG", turned=3),
        "qr of a token": carriers.code_picture(token),
        "address": hosted.encode(),
        "address of a page": page.encode(),
        "address of a picture": picture.encode(),
        "presentation": presented(data, start),
    }


def presented(data: bytes, start: datetime) -> bytes:
    """The badge in a presentation, signed by whom it was awarded to."""
    holder = v.signer("holder")
    shown = v.presentation(holder.controller, v.parsed(data))
    return v.sign(shown, holder, purpose="authentication", created=start - timedelta(minutes=1))


def renamed(document: dict[str, Any]) -> None:
    document["name"] = "Doctor of Education"


def renamed_token(data: bytes) -> bytes:
    """The token with another name in it, under the old signature."""
    header, payload, rest = data.decode().split(".", 2)
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    renamed(claims.get("vc", claims))
    return f"{header}.{base64.urlsafe_b64encode(jsontext.dump(claims)).rstrip(b'=').decode()}.{rest}".encode()


def found(report: Mapping[str, Any], form: str) -> Found:
    """What a report says about the badge; of a presentation, what it says about the one badge in it."""
    if form == "presentation":
        (member,) = report["members"]
        assert report["verdict"] == member["verdict"]
        return found(member, "")
    problems = [problem for check in report["checks"] for problem in check["problems"]]
    codes = frozenset(problem["type"].rpartition("#")[2] for problem in problems)
    return report["verdict"], codes, report["credential"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", list(KINDS))
def test_every_form_and_every_door_gives_the_same_answer(
    kind: str, form: str, world: World, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = found(world.verifier.inspect(world.badges[kind, "json"], now=datetime.now(UTC)).to_json(), "json")
    verdict, reasons = KINDS[kind]
    assert reference[0] == verdict
    assert reference[1] == reasons

    data = world.badges[kind, form]
    answers: dict[str, Mapping[str, Any]] = {
        "library": world.verifier.inspect(data, now=datetime.now(UTC)).to_json(),
    }

    # The command line makes a fetcher of its own: it is given one in the same web.
    monkeypatch.setattr(network, "GuardedFetcher", world.web.fetcher)
    is_address = form.startswith("address")
    path = tmp_path / "handed-in"
    path.write_bytes(data)
    ran = cli("verify", data.decode() if is_address else path, "--json")
    assert ran.code == CODES[verdict], ran.err
    answers["command line"] = ran.json
    if is_address:
        answers["command line, from a file"] = cli("verify", path, "--json").json

    address = f"{world.service}/api/v1/verify"
    with httpx2.Client(timeout=60, trust_env=False) as client:
        requests: dict[str, dict[str, Any]] = {
            "form": {"files": {"file": ("badge", data, "application/octet-stream")}},
            "raw": {"content": data, "headers": {"Content-Type": "application/octet-stream"}},
        }
        if is_address:
            requests["url"] = {"json": {"url": data.decode()}}
            requests["url in a form"] = {"files": {"url": (None, data)}}
        elif data[:1] == b"{":
            requests["credential"] = {"json": {"credential": json.loads(data)}}
            requests["itself"] = {"content": data, "headers": {"Content-Type": "application/vc"}}
        elif "jwt" in form:
            requests["token"] = {"json": {"credential": data.decode()}}
            requests["pasted"] = {"files": {"text": (None, data)}}
        for name, request in requests.items():
            answer = client.post(address, **request)
            assert answer.status_code == 200, f"{name}: {answer.text}"
            answers[f"service, {name}"] = answer.json()

    for name, report in answers.items():
        assert found(report, form) == expected(reference, form), name


def expected(reference: Found, form: str) -> Found:
    """The answer for the badge as JSON; what a signature that does not fit is called is up to the kind of signature."""
    verdict, codes, credential = reference
    if form in TOKENS and "PROOF_VERIFICATION_ERROR" in codes:
        codes = codes - {"PROOF_VERIFICATION_ERROR"} | {"CRYPTOGRAPHIC_SECURITY_ERROR"}
    return verdict, codes, credential
