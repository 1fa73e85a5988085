"""Key files: what is in them, who may read them, and that they appear whole or not at all."""

from __future__ import annotations

import base64
import json
import os
import shutil
import stat
import subprocess
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from badgeport.keys.custody import file, open_signer, pkcs8
from badgeport.keys.custody.local import generate
from badgeport.keys.lifecycle import KeyState, retire, revoke
from badgeport.keys.public import PublicKey
from badgeport.keys.types import SIGNING_KEY_TYPES, KeyType
from badgeport.schemas.problems import KEY_CUSTODY_ERROR, ProblemError

PASSPHRASE = "correct horse battery"
CREATED = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def quick_scrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A passphrase is stretched for a fifth of a second, which most of these tests need not wait for."""
    monkeypatch.setattr(pkcs8, "_SCRYPT_N", 16)


def passphrase() -> str:
    return PASSPHRASE


def create(path: Path, key_type: KeyType = KeyType.ED25519, **options: Any) -> Any:
    return file.create(path, key_type, passphrase=PASSPHRASE, created=CREATED, **options)


def refused(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        call(*arguments, **options)
    assert caught.value.problem.type == KEY_CUSTODY_ERROR
    assert PASSPHRASE not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def rewrite(path: Path, **changes: Any) -> None:
    body = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in body.items() if value is not ...}))


@pytest.mark.parametrize("key_type", SIGNING_KEY_TYPES)
def test_a_key_file_opens_with_its_passphrase(tmp_path: Path, key_type: KeyType) -> None:
    path = tmp_path / "issuer.key"
    made = create(path, key_type)
    opened = open_signer(f"file:{path}", passphrase=passphrase)
    assert opened.public_key == made.public_key
    assert (opened.controller, opened.verification_method) == (made.controller, made.verification_method)
    assert made.public_key.verify(opened.sign(b"message"), b"message")


def test_the_public_part_needs_no_passphrase(tmp_path: Path) -> None:
    path = tmp_path / "issuer.key"
    made = create(path, controller="did:web:issuer.example", verification_method="did:web:issuer.example#key-1")
    record = file.public_record(path)
    assert (record.controller, record.verification_method) == ("did:web:issuer.example", "did:web:issuer.example#key-1")
    assert (record.public_key, record.state, record.created) == (made.public_key, KeyState.ACTIVE, CREATED)
    assert record.uri == f"file:{path}"
    assert open_signer(record.uri, passphrase=passphrase).verification_method == "did:web:issuer.example#key-1"


def test_the_file_holds_no_secret_in_the_clear(tmp_path: Path) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    path = tmp_path / "issuer.key"
    file.save(path, key, passphrase=PASSPHRASE, created=CREATED)
    content = path.read_bytes()
    body = json.loads(content)
    assert set(body) == {
        "badgeport",
        "version",
        "verificationMethod",
        "controller",
        "keyType",
        "publicKeyMultibase",
        "state",
        "created",
        "encryptedPrivateKey",
    }
    assert body["encryptedPrivateKey"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    assert PASSPHRASE.encode() not in content
    assert key.private_bytes_raw().hex().encode() not in content


def test_the_passphrase_is_stretched_with_scrypt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    path = tmp_path / "issuer.key"
    made = create(path)
    lines = json.loads(path.read_text())["encryptedPrivateKey"].splitlines()
    parameters = bytes.fromhex("02024000" + "020108" + "020105")
    assert parameters in base64.b64decode("".join(lines[1:-1]))
    assert open_signer(f"file:{path}", passphrase=passphrase).public_key == made.public_key


def test_the_same_key_is_encrypted_differently_each_time(tmp_path: Path) -> None:
    key = generate(KeyType.P256)
    for name in ("a", "b"):
        file.save(tmp_path / name, key, passphrase=PASSPHRASE, created=CREATED)
    one, other = (json.loads((tmp_path / name).read_text())["encryptedPrivateKey"].splitlines() for name in ("a", "b"))
    assert one != other
    assert one[-3] != other[-3]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_the_file(tmp_path: Path, umask: int) -> None:
    path = tmp_path / "issuer.key"
    previous = os.umask(umask)
    try:
        create(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        file.update(path, retire(file.public_record(path), LATER))
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["issuer.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o644])
def test_a_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "issuer.key"
    create(path)
    path.chmod(mode)
    assert f"chmod 600 {path}" in refused(open_signer, f"file:{path}", passphrase=passphrase)
    assert "chmod 600" in refused(file.public_record, path)


def test_a_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "issuer.key"
    path.write_text("something else")
    assert "never overwritten" in refused(create, path)
    link = tmp_path / "link.key"
    link.symlink_to(tmp_path / "elsewhere")
    assert "never overwritten" in refused(create, link)
    assert path.read_text() == "something else"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["issuer.key", "link.key"]


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "issuer.key"
    real = os.fsync

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "No space left" in refused(create, path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(os, "fsync", real)
    create(path)
    before = path.read_bytes()
    record = retire(file.public_record(path), LATER)
    monkeypatch.setattr(os, "fsync", full)
    refused(file.update, path, record)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["issuer.key"]


def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    for path in (tmp_path / "absent" / "issuer.key", Path("/"), Path("\0"), Path("."), tmp_path / ("x" * 300)):
        refused(create, path)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(0o700)
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name in ("absent", "folder", "pipe", "\0"):
        refused(open_signer, f"file:{tmp_path / name}", passphrase=passphrase)
    large = tmp_path / "large"
    large.write_bytes(b" " * 70_000)
    large.chmod(0o600)
    assert "longer than" in refused(file.public_record, large)


def test_passphrases(tmp_path: Path) -> None:
    path = tmp_path / "issuer.key"
    assert "not empty" in refused(file.create, path, KeyType.ED25519, passphrase="", created=CREATED)
    create(path)
    uri = f"file:{path}"
    assert "no passphrase was given" in refused(open_signer, uri)
    assert "needs its passphrase" in refused(open_signer, uri, passphrase=lambda: "")
    assert "passphrase is wrong" in refused(open_signer, uri, passphrase=lambda: "wrong")
    unicode = tmp_path / "unicode.key"
    file.create(unicode, KeyType.ED25519, passphrase="Schlüssel 🔑", created=CREATED)
    assert open_signer(f"file:{unicode}", passphrase=lambda: "Schlüssel 🔑")


def test_a_key_that_only_verifies_is_not_made(tmp_path: Path) -> None:
    assert "only verified" in refused(create, tmp_path / "x", KeyType.P521)
    assert list(tmp_path.iterdir()) == []


def test_the_named_public_key_must_be_that_of_the_private_key(tmp_path: Path) -> None:
    path, other = tmp_path / "issuer.key", tmp_path / "other.key"
    create(path, controller="did:web:a.example", verification_method="did:web:a.example#k")
    stranger = create(other)
    rewrite(path, publicKeyMultibase=stranger.public_key.to_multikey())
    assert "does not belong to the public key" in refused(open_signer, f"file:{path}", passphrase=passphrase)
    assert "one on record" in refused(
        open_signer,
        f"file:{other}",
        passphrase=passphrase,
        public_key=PublicKey.of(generate(KeyType.P256).public_key()),
    )


def test_names_that_are_given_win(tmp_path: Path) -> None:
    path = tmp_path / "issuer.key"
    create(path, controller="did:web:a.example")
    signer = open_signer(f"file:{path}", passphrase=passphrase, controller="did:web:b.example")
    assert signer.controller == "did:web:b.example"
    assert signer.verification_method.startswith("did:web:b.example#z6Mk")


def test_retired_and_revoked_keys_sign_no_more(tmp_path: Path) -> None:
    path = tmp_path / "issuer.key"
    create(path)
    secret = json.loads(path.read_text())["encryptedPrivateKey"]
    retired = retire(file.public_record(path), LATER)
    file.update(path, retired)
    assert file.public_record(path) == retired
    assert "retired" in refused(open_signer, f"file:{path}", passphrase=passphrase)
    revoked = revoke(retired, LATER)
    file.update(path, revoked)
    assert file.public_record(path) == revoked
    assert "revoked" in refused(open_signer, f"file:{path}", passphrase=passphrase)
    assert json.loads(path.read_text())["encryptedPrivateKey"] == secret


def test_a_record_goes_only_into_the_file_of_its_key(tmp_path: Path) -> None:
    create(tmp_path / "a")
    create(tmp_path / "b")
    assert "another key" in refused(file.update, tmp_path / "a", file.public_record(tmp_path / "b"))


@pytest.mark.parametrize(
    "changes",
    [
        {"badgeport": "other"},
        {"badgeport": ...},
        {"version": 2},
        {"encryptedPrivateKey": ...},
        {"encryptedPrivateKey": "text"},
        {"encryptedPrivateKey": 5},
        {"verificationMethod": None},
        {"verificationMethod": "no url"},
        {"controller": []},
        {"publicKeyMultibase": "z6Mk"},
        {"publicKeyMultibase": ...},
        {"state": "asleep"},
        {"state": "retired"},
        {"state": {}},
        {"created": ...},
        {"created": "today"},
        {"retired": "2026-03-01T00:00:00Z"},
        {"expires": "2025-01-01T00:00:00Z"},
        {"revoked": None},
    ],
)
def test_a_damaged_key_file(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / "issuer.key"
    create(path)
    rewrite(path, **changes)
    assert str(path) in refused(file.public_record, path)
    refused(open_signer, f"file:{path}", passphrase=passphrase)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"badgeport": "key", "badgeport": "key"}', b"[" * 60_000]
)
def test_what_is_no_key_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "issuer.key"
    path.write_bytes(content)
    path.chmod(0o600)
    assert "not a Badgeport key file" in refused(open_signer, f"file:{path}", passphrase=passphrase)


def test_plain_pem_files_are_opened_where_they_are_encrypted(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(PASSPHRASE.encode())))
    path.chmod(0o600)
    signer = open_signer(f"file:{path}", passphrase=passphrase)
    assert signer.public_key == PublicKey.of(key.public_key())
    assert signer.controller.startswith("did:key:zDn")
    refused(open_signer, f"file:{path}", passphrase=lambda: "wrong")
    refused(file.public_record, path)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    assert "not encrypted" in refused(open_signer, f"file:{path}", passphrase=passphrase)


def test_relative_and_absolute_uris(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a b%20c").mkdir()
    path = tmp_path / "a b%20c" / "key"
    key = create(path).public_key
    monkeypatch.chdir(path.parent)
    encoded = f"file://{str(path).replace('%', '%25').replace(' ', '%20')}"
    for uri in ("file:key", "file:./key", f"file:{path}", encoded, encoded.replace("file://", "file://localhost")):
        assert open_signer(uri, passphrase=passphrase).public_key == key
    for uri in ("file:", "file://host/key", "file:\0"):
        refused(open_signer, uri, passphrase=passphrase)


def test_openssl_reads_the_encrypted_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl command is not installed")
    monkeypatch.undo()
    path = tmp_path / "issuer.key"
    made = create(path, KeyType.P256)
    pem = json.loads(path.read_text())["encryptedPrivateKey"]
    command = [openssl, "pkey", "-passin", f"pass:{PASSPHRASE}", "-pubout"]
    result = subprocess.run(command, input=pem, capture_output=True, text=True, check=False)
    if result.returncode and "unsupported" in result.stderr.lower():
        pytest.skip("this openssl has no scrypt")
    assert result.stdout == made.public_key.to_pem()
