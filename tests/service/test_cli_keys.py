"""`badgeport keys` and `badgeport did`: files nobody else reads, nothing overwritten, nothing private printed."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from service.conftest import Cli

pytestmark = pytest.mark.usefixtures("passphrase")


@pytest.mark.parametrize("alg", ["ed25519", "p256", "p384", "rsa"])
@pytest.mark.parametrize(
    ("did", "issuer"),
    [
        ("key", "did:key:z"),
        ("jwk", "did:jwk:"),
        ("web:badges.district.example", "did:web:badges.district.example"),
        ("web:badges.district.example:pd", "did:web:badges.district.example:pd"),
        ("did:web:badges.district.example", "did:web:badges.district.example"),
    ],
)
def test_new(cli: Cli, tmp_path: Path, alg: str, did: str, issuer: str) -> None:
    path = tmp_path / "key.json"
    ran = cli("keys", "new", "--alg", alg, "--did", did, "-o", path, "--json")
    assert ran.code == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ran.json["alg"] == alg
    assert ran.json["controller"].startswith(issuer)
    assert ran.json["state"] == "active"
    assert b"ENCRYPTED PRIVATE KEY" in path.read_bytes()
    shown = cli("keys", "show", path, "--json")
    assert shown.json == ran.json
    assert "PRIVATE" not in shown.text + cli("keys", "show", path).text


def test_new_never_overwrites(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    assert cli("keys", "new", "-o", path).code == 0
    before = path.read_bytes()
    ran = cli("keys", "new", "-o", path)
    assert ran.code == 2
    assert "never overwritten" in ran.err
    assert path.read_bytes() == before
    dangling = tmp_path / "dangling.json"
    dangling.symlink_to(tmp_path / "elsewhere.json")
    assert cli("keys", "new", "-o", dangling).code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["--alg", "p521"],
        ["--alg", "ed448"],
        ["--did", "web:"],
        ["--did", "web:exa mple"],
        ["--did", "https://district.example"],
        ["--did", "peer"],
    ],
)
def test_new_refuses(cli: Cli, tmp_path: Path, arguments: list[str]) -> None:
    path = tmp_path / "key.json"
    ran = cli("keys", "new", *arguments, "-o", path)
    assert ran.code == 2
    assert ran.err.startswith("badgeport: ")
    assert not path.exists()
    assert cli("keys", "new", "-o", "-").code == 2
    assert cli("keys", "new", "-o", tmp_path).code == 2
    assert cli("keys", "new", "-o", tmp_path / "missing" / "key.json").code == 2
    assert list(tmp_path.iterdir()) == []


def test_empty_passphrase_is_refused(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    ran = cli("keys", "new", "-o", tmp_path / "key.json", "--passphrase-file", tmp_path / "empty")
    assert ran.code == 2
    assert not (tmp_path / "key.json").exists()


def test_passphrase_can_be_typed_twice(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from badgeport.service.cli.console import passphrase_source

    asked: list[dict[str, Any]] = []

    def prompt(text: str, **options: Any) -> str:
        asked.append(options)
        return "typed in"

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("BADGEPORT_PASSPHRASE")
    monkeypatch.setattr("typer.prompt", prompt)
    monkeypatch.setattr("sys.stdin", Terminal())
    assert passphrase_source(None, confirm=True)() == "typed in"
    assert asked == [{"hide_input": True, "confirmation_prompt": True, "err": True}]


def test_rotation(cli: Cli, award: Path, tmp_path: Path) -> None:
    old, new, documents = tmp_path / "old.json", tmp_path / "new.json", tmp_path / "documents"
    documents.mkdir()
    assert cli("keys", "new", "--did", "web:badges.district.example", "-o", old).code == 0
    before, after = tmp_path / "before.json", tmp_path / "after.json"
    assert cli("mint", award, "--key", old, "-o", before).code == 0
    ran = cli("keys", "rotate", old, "-o", new, "--alg", "p256", "--json")
    assert ran.code == 0
    assert ran.json["alg"] == "p256"
    assert ran.json["controller"] == "did:web:badges.district.example"
    assert stat.S_IMODE(new.stat().st_mode) == stat.S_IMODE(old.stat().st_mode) == 0o600
    assert cli("keys", "show", old, "--json").json["state"] == "retired"
    assert cli("mint", award, "--key", old).code == 2
    assert cli("mint", award, "--key", new, "--format", "ecdsa-rdfc-2019", "-o", after).code == 0
    assert cli("did", "document", old, new, "-o", documents / "did.json").code == 0
    assert cli("verify", "--documents", documents, before, after).code == 0
    again = cli("keys", "rotate", old, "-o", tmp_path / "third.json")
    assert again.code == 2
    assert "retired already" in again.err
    assert not (tmp_path / "third.json").exists()
    assert cli("keys", "rotate", new, "-o", new).code == 2


def test_key_that_is_its_own_identifier_cannot_be_rotated(cli: Cli, tmp_path: Path) -> None:
    old = tmp_path / "old.json"
    assert cli("keys", "new", "-o", old).code == 0
    ran = cli("keys", "rotate", old, "-o", tmp_path / "new.json")
    assert ran.code == 2
    assert "did:web" in ran.err
    assert not (tmp_path / "new.json").exists()


def test_export(cli: Cli, keys: Path, tmp_path: Path) -> None:
    from badgeport.keys.jwk import public_from_jwk
    from badgeport.keys.multikey import public_from_multikey
    from badgeport.keys.pem import public_from_pem

    for alg in ("ed25519", "p256", "p384", "rsa"):
        key = keys / f"{alg}.json"
        multikey = public_from_multikey(cli("keys", "export", key, "--public").text.strip())
        jwk = public_from_jwk(cli("keys", "export", key, "--public", "--format", "jwk").json)
        pem = public_from_pem(cli("keys", "export", key, "--public", "--format", "pem").text)
        assert multikey == jwk == pem
        assert cli("keys", "export", key, "--format", "jwk", "--json").json["key"]["kty"]
    out = tmp_path / "public.pem"
    assert cli("keys", "export", keys / "p256.json", "--format", "pem", "-o", out).code == 0
    assert out.read_text().startswith("-----BEGIN PUBLIC KEY-----")
    refused = cli("keys", "export", keys / "p256.json", "--format", "private")
    assert refused.code == 2
    assert "private key never leaves" in refused.err


def test_did_document_and_key_set(cli: Cli, keys: Path, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    assert cli("keys", "new", "--did", "web:badges.district.example:pd", "-o", path).code == 0
    ran = cli("did", "document", path)
    assert ran.json["id"] == "did:web:badges.district.example:pd"
    assert ran.json["assertionMethod"] == [ran.json["verificationMethod"][0]["id"]]
    assert "https://badges.district.example/pd/did.json" in ran.err
    jwks = cli("did", "document", path, "--jwks", "--json").json
    assert [key["kty"] for key in jwks["keys"]] == ["OKP"]
    assert not {"d", "p", "q"} & set(jwks["keys"][0])
    mixed = cli("did", "document", path, keys / "p256.json")
    assert mixed.code == 2
    assert "different issuers" in mixed.err


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\0", b'{"badgeport": "key", "version": 1}', b"[" * 1_000])
def test_what_is_no_key_file(cli: Cli, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no-key.json"
    path.write_bytes(content)
    path.chmod(0o600)
    for command in (["keys", "show"], ["keys", "export"], ["did", "document"]):
        for file in (path, tmp_path, tmp_path / "missing"):
            ran = cli(*command, file)
            assert ran.code == 2
            assert ran.out == b""
            assert ran.err.startswith("badgeport: ")


def test_key_file_open_to_others_is_refused(cli: Cli, tmp_path: Path, award: Path) -> None:
    path = tmp_path / "key.json"
    assert cli("keys", "new", "-o", path).code == 0
    path.chmod(0o644)
    ran = cli("mint", award, "--key", path)
    assert ran.code == 2
    assert "chmod 600" in ran.err


def test_key_file_holds_nothing_in_the_clear(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    assert cli("keys", "new", "-o", path).code == 0
    body = json.loads(path.read_bytes())
    assert body["encryptedPrivateKey"].startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
    assert "correct horse" not in path.read_text()
