"""`badgeport keys` and `badgeport did`: key files, and the documents that publish their public side."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from badgeport.keys import did as dids
from badgeport.keys import lifecycle
from badgeport.keys.custody import file as key_files
from badgeport.keys.custody.local import generate
from badgeport.keys.lifecycle import KeyRecord, KeyState
from badgeport.keys.public import PublicKey
from badgeport.keys.types import KeyType, parse_key_type
from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import about, fail, passphrase_source, print_json, say, show, write_output


def new_key(output: str, alg: str, did: str, passphrase_file: str | None, as_json: bool) -> None:
    """Make an encrypted key file."""
    key_type = _key_type(alg)
    _refuse_taken(output)
    key = generate(key_type)
    controller = _controller(did, PublicKey.of(key.public_key()))
    passphrase = passphrase_source(passphrase_file, confirm=True)()
    key_files.save(output, key, passphrase=passphrase, created=_now(), controller=controller)
    _show(key_files.public_record(output), as_json)


def show_key(file: str, as_json: bool) -> None:
    """Print the public side of a key file."""
    _show(key_files.public_record(file), as_json)


def rotate_key(file: str, output: str, alg: str | None, passphrase_file: str | None, as_json: bool) -> None:
    """Make a successor key and mark the old one retired."""
    old = key_files.public_record(file)
    if old.controller.startswith(("did:key:", "did:jwk:")):
        fail("a did:key or did:jwk is its key: it cannot be rotated. Use a did:web issuer to be able to change keys")
    if old.state is not KeyState.ACTIVE:
        fail(f"{file}: the key is {old.state} already; rotate the key that is in use")
    now = _now()
    key_type = _key_type(alg) if alg else old.public_key.key_type
    _refuse_taken(output)
    passphrase = passphrase_source(passphrase_file, confirm=True)()
    key_files.create(output, key_type, passphrase=passphrase, created=now, controller=old.controller)
    new = key_files.public_record(output)
    retired = lifecycle.rotate([old], new, new.created)[0]
    key_files.update(file, retired)
    say(f"{file} is retired; what it signed keeps verifying. Publish both: badgeport did document {file} {output}")
    _show(new, as_json)


def export_key(file: str, format: str, output: str | None, as_json: bool) -> None:
    """Write the public key in the asked-for form."""
    key = key_files.public_record(file).public_key
    if format == "multikey":
        text = key.to_multikey()
    elif format == "jwk":
        text = jsontext.dump_pretty(key.to_jwk()).decode()
    elif format == "pem":
        text = key.to_pem()
    else:
        fail("the format is one of multikey, jwk, pem; a private key never leaves its file")
    if as_json and output in (None, "-"):
        print_json({"format": format, "key": key.to_jwk() if format == "jwk" else text})
        return
    write_output(output, text.encode())


def key_document(files: list[str], output: str | None, as_jwks: bool) -> None:
    """Write did.json or jwks.json for the issuer of the key files."""
    from badgeport.issuer import documents

    records = [key_files.public_record(file) for file in files]
    controllers = {record.controller for record in records}
    if len(controllers) > 1:
        fail(f"the key files belong to different issuers: {', '.join(sorted(controllers))}")
    (controller,) = controllers
    body: dict[str, Any] = documents.jwks(records) if as_jwks else documents.did_document(controller, records)
    if controller.startswith("did:web:") and not as_jwks:
        say(f"publish at {dids.did_web_url(controller)}")
    write_output(output, jsontext.dump_pretty(body))


def _key_type(alg: str) -> KeyType:
    try:
        key_type = parse_key_type(alg)
    except ProblemError:
        fail(f"--alg is ed25519, p256, p384 or rsa, not {alg!r}")
    if key_type is KeyType.P521:
        fail("keys of type p521 are only verified; choose ed25519, p256, p384 or rsa")
    return key_type


def _refuse_taken(output: str) -> None:
    """Before the passphrase is asked for: a key goes into a new file, and never to a screen."""
    if output == "-":
        fail("a key is kept in a file: name one with -o")
    if os.path.lexists(output):
        fail(f"{output} exists already, and a key file is never overwritten; name another file")


def _controller(did: str, public: PublicKey) -> str:
    method, _, rest = did.removeprefix("did:").partition(":")
    if method == "key" and not rest:
        return dids.did_key(public)
    if method == "jwk" and not rest:
        return dids.did_jwk(public)
    if method != "web" or not rest:
        fail("--did is key, jwk or web:HOST[:PATH]")
    with about("--did"):
        if "/" in rest:
            return dids.did_web(rest)
        dids.did_web_url(f"did:web:{rest}")
        return f"did:web:{rest}"


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _show(record: KeyRecord, as_json: bool) -> None:
    facts = {
        "uri": record.uri,
        "alg": str(record.public_key.key_type),
        "state": str(record.state),
        "controller": record.controller,
        "verificationMethod": record.verification_method,
        "publicKeyMultibase": record.public_key.to_multikey(),
        "created": format_datetime(record.created),
        "retired": format_datetime(record.retired) if record.retired else None,
        "expires": format_datetime(record.expires) if record.expires else None,
        "revoked": format_datetime(record.revoked) if record.revoked else None,
    }
    if as_json:
        print_json(facts)
        return
    for name, value in facts.items():
        if value is not None:
            show(f"{name:<20}{value}")
