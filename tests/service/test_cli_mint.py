"""`badgeport mint`: awards of every shape, every format, images, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from badgeport.verifier.policy import DEFAULT

if TYPE_CHECKING:
    from service.conftest import Cli

FORMATS = [
    ("eddsa-rdfc-2022", "ed25519"),
    ("eddsa-jcs-2022", "ed25519"),
    ("Ed25519Signature2020", "ed25519"),
    ("ecdsa-rdfc-2019", "p256"),
    ("ecdsa-rdfc-2019", "p384"),
    ("ecdsa-jcs-2019", "p256"),
    ("ecdsa-jcs-2019", "p384"),
    ("vc-jwt", "ed25519"),
    ("vc-jwt", "p256"),
    ("vc-jwt", "rsa"),
    ("vc+jwt", "p384"),
    ("vc+sd-jwt", "p256"),
]


@pytest.mark.parametrize(("format", "alg"), FORMATS)
def test_every_format_verifies(
    cli: Cli, award: Path, keys: Path, passphrase: str, tmp_path: Path, format: str, alg: str
) -> None:
    badge = tmp_path / "badge"
    ran = cli("mint", award, "--key", f"file:{keys / alg}.json", "--format", format, "-o", badge)
    assert ran.code == 0
    assert ran.out == b""
    assert hashlib.sha256(badge.read_bytes()).hexdigest() in ran.err
    assert cli("verify", "--offline", badge).code == 0


def test_base_proof_is_for_its_holder(cli: Cli, award: Path, keys: Path, passphrase: str, tmp_path: Path) -> None:
    base, shown = tmp_path / "base.json", tmp_path / "shown.json"
    ran = cli("mint", award, "--key", keys / "p256.json", "--format", "ecdsa-sd-2023", "-o", base)
    assert ran.code == 0
    assert "holder" in ran.err
    assert cli("verify", base).code == 1
    assert cli("derive", base, "--pointers", "/credentialSubject/achievement/name", "-o", shown).code == 0
    assert cli("verify", "--policy", "vcalm", shown).code == 0


def test_who_lets_a_holder_choose_is_told_that_it_takes_a_status(
    cli: Cli, award: Path, keys: Path, demo: Path, passphrase: str, tmp_path: Path
) -> None:
    base, shown, policy = tmp_path / "base.json", tmp_path / "shown.json", tmp_path / "policy.json"
    bare = {name: value for name, value in json.loads(award.read_text()).items() if name != "status"}
    (tmp_path / "award.json").write_text(json.dumps(bare))
    minting = ("mint", tmp_path / "award.json", "--key", keys / "p256.json")
    ran = cli(*minting, "--format", "ecdsa-sd-2023", "-o", base)
    assert (ran.code, "no status" in ran.err) == (0, True)
    ran = cli("derive", base, "--pointers", "/credentialSubject/result", "-o", shown)
    assert (ran.code, "no status" in ran.err) == (0, True)
    ran = cli("verify", shown)
    assert (ran.code, "No status is shown" in ran.text) == (3, True)
    allowed = {**DEFAULT.to_json(), "name": "mine", "allowUnknown": ["credential-schema", "selective-disclosure"]}
    policy.write_text(json.dumps(allowed))
    assert cli("verify", "--policy", policy, shown).code == 0
    assert "no status" not in cli(*minting, "--format", "ecdsa-rdfc-2019", "-o", base).err
    with_status = demo / "holder" / "in-district.ecdsa-sd-2023.json"
    ran = cli("derive", with_status, "--pointers", "/credentialSubject/result", "-o", shown)
    assert (ran.code, ran.err) == (0, "")
    assert cli("verify", "--documents", demo / "documents", shown).code == 0


@pytest.mark.parametrize("suffix", ["png", "svg"])
@pytest.mark.parametrize(("format", "alg"), [("eddsa-rdfc-2022", "ed25519"), ("vc-jwt", "p256")])
def test_bake(
    cli: Cli,
    award: Path,
    keys: Path,
    passphrase: str,
    tmp_path: Path,
    plain_png: Path,
    plain_svg: Path,
    suffix: str,
    format: str,
    alg: str,
) -> None:
    plain = {"png": plain_png, "svg": plain_svg}[suffix]
    baked = tmp_path / f"baked.{suffix}"
    ran = cli("mint", award, "--key", keys / f"{alg}.json", "--format", format, "--bake", plain, "-o", baked, "--json")
    assert ran.code == 0
    assert ran.json["minted"][0]["file"] == str(baked)
    assert cli("verify", baked).code == 0
    taken = cli("unbake", baked, "--json").json
    assert taken["standard"] == "ob3"
    assert hashlib.sha256(taken["credential"].encode()).hexdigest() == ran.json["minted"][0]["sha256"]


def test_standard_streams(cli: Cli, award: Path, keys: Path, passphrase: str) -> None:
    ran = cli("mint", "-", "--key", keys / "ed25519.json", stdin=award.read_bytes())
    assert ran.code == 0
    assert ran.json["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    assert ran.out.endswith(b"\n")
    assert ran.out.count(b"\n") == 1
    assert cli("verify", "-", stdin=ran.out).code == 0


def test_json_is_one_document_that_holds_the_badge(cli: Cli, award: Path, keys: Path, passphrase: str) -> None:
    for destination in ([], ["-o", "-"]):
        ran = cli("mint", award, "--key", keys / "ed25519.json", "--json", *destination)
        (minted,) = ran.json["minted"]
        assert minted["file"] is None
        assert minted["sha256"] == hashlib.sha256(minted["credential"].encode()).hexdigest()
        assert cli("verify", "-", stdin=minted["credential"].encode()).code == 0


@pytest.mark.parametrize("lines", [False, True])
def test_many_awards(cli: Cli, award: Path, keys: Path, passphrase: str, tmp_path: Path, lines: bool) -> None:
    body = json.loads(award.read_bytes())
    many = tmp_path / "many"
    both = [body, {**body, "recipient": {"name": "Another", "email": "another@prairie-crossing.example"}}]
    many.write_text("\n".join(map(json.dumps, both)) if lines else json.dumps(both), encoding="utf-8")
    arguments = ("mint", many, "--key", keys / "ed25519.json")
    printed = cli(*arguments)
    assert [json.loads(line)["type"][1] for line in printed.out.splitlines()] == ["OpenBadgeCredential"] * 2
    assert len(cli(*arguments, "--json").json["minted"]) == 2
    folder = tmp_path / "out" / "badges"
    ran = cli(*arguments, "-o", folder, "--json")
    assert [row["file"] for row in ran.json["minted"]] == sorted(map(str, folder.iterdir()))
    assert cli("verify", folder).code == 0
    before = {path: path.read_bytes() for path in folder.iterdir()}
    again = cli(*arguments, "-o", folder)
    assert again.code == 2
    assert "not overwritten" in again.err
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_one_award_into_a_directory(cli: Cli, award: Path, keys: Path, passphrase: str, tmp_path: Path) -> None:
    for folder in (tmp_path, f"{tmp_path / 'new'}{os.sep}"):
        assert cli("mint", award, "--key", keys / "ed25519.json", "-o", folder).code == 0
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_none_is_written_unless_all_can_be(cli: Cli, award: Path, keys: Path, passphrase: str, tmp_path: Path) -> None:
    body = json.loads(award.read_bytes())
    many = tmp_path / "many.json"
    many.write_text(json.dumps([body, {**body, "issuer": {**body["issuer"], "id": "did:web:other.example"}}]))
    ran = cli("mint", many, "--key", keys / "ed25519.json", "-o", tmp_path / "out")
    assert ran.code == 2
    assert "award 2 of 2" in ran.err
    assert not (tmp_path / "out").exists()


def test_refusals(
    cli: Cli, award: Path, keys: Path, good: Path, passphrase: str, tmp_path: Path, plain_png: Path
) -> None:
    key = keys / "ed25519.json"
    wrong = tmp_path / "wrong.json"
    body = json.loads(award.read_bytes())
    body["recipiant"] = body.pop("recipient")
    wrong.write_text(json.dumps(body), encoding="utf-8")
    for says, *arguments in (
        ("missing.json: no such file", tmp_path / "missing.json", "--key", key),
        ("is a directory", tmp_path, "--key", key),
        ("recipient", wrong, "--key", key),
        (good.name, good, "--key", key),
        ("plain.png", plain_png, "--key", key),
        ("standard input: ", "-", "--key", key),
        ("--key", award),
        ("--key names no file", award, "--key", tmp_path / "missing-key.json"),
        ("cannot be read", award, "--key", f"file:{tmp_path}/missing-key.json"),
        ("not a Badgeport key file", award, "--key", keys / "PASSPHRASE"),
        ("needs a p256 or p384 key", award, "--key", key, "--format", "ecdsa-rdfc-2019"),
        ("is not a format", award, "--key", key, "--format", "vcjwt"),
        ("name the file with -o", award, "--key", key, "--bake", plain_png),
        ("PNG and SVG", award, "--key", key, "--bake", award, "-o", tmp_path / "x.png"),
        ("no such file", award, "--key", key, "--bake", "missing.png", "-o", tmp_path / "x.png"),
        ("no such file", award, "--key", key, "-o", tmp_path / "missing" / "x.json"),
    ):
        if says == "not a Badgeport key file":
            (keys / "PASSPHRASE").chmod(0o600)
        ran = cli("mint", *arguments)
        assert ran.code == 2, arguments
        assert ran.out == b""
        assert says in ran.err
        assert "Traceback" not in ran.err
    assert not list(tmp_path.glob("x.*"))


def test_a_secret_given_as_key_uri_is_not_repeated(cli: Cli, award: Path) -> None:
    assert "z3u2en7t5LR2WtQH" not in cli("mint", award, "--key", "z3u2en7t5LR2WtQH5PfFqMqwVHgeXouLzo6haApm").err


def test_output_never_replaces_a_key_or_the_award(
    cli: Cli, award: Path, keys: Path, passphrase: str, tmp_path: Path
) -> None:
    key, own = tmp_path / "key.json", tmp_path / "award.json"
    shutil.copy(keys / "ed25519.json", key)
    key.chmod(0o600)
    shutil.copy(award, own)
    before = key.read_bytes()
    for output in (key, own):
        assert cli("mint", own, "--key", key, "-o", output).code == 2
    link = tmp_path / "link.json"
    link.symlink_to(key)
    assert cli("did", "document", key, "-o", link).code == 2
    assert key.read_bytes() == before
    assert own.read_bytes() == award.read_bytes()


def test_output_follows_links_and_leaves_devices_alone(
    cli: Cli, award: Path, keys: Path, passphrase: str, tmp_path: Path
) -> None:
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    link.symlink_to(target)
    assert cli("mint", award, "--key", keys / "ed25519.json", "-o", link).code == 0
    assert link.is_symlink()
    assert cli("verify", target).code == 0
    assert cli("mint", award, "--key", keys / "ed25519.json", "-o", os.devnull).code == 0
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


@pytest.mark.parametrize(
    ("variable", "file", "says"),
    [
        ("wrong", None, "wrong"),
        (None, None, "a passphrase is needed"),
        ("", None, "a passphrase is needed"),
        (None, b"wrong\n", "wrong"),
        (None, b"\xff\xfe", "not UTF-8"),
        (None, b"x" * 10_000, "too long"),
    ],
)
def test_passphrases_that_do_not_open_the_key(
    cli: Cli,
    award: Path,
    keys: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variable: str | None,
    file: bytes | None,
    says: str,
) -> None:
    if variable is not None:
        monkeypatch.setenv("BADGEPORT_PASSPHRASE", variable)
    arguments = []
    if file is not None:
        (tmp_path / "passphrase").write_bytes(file)
        arguments = ["--passphrase-file", tmp_path / "passphrase"]
    ran = cli("mint", award, "--key", keys / "ed25519.json", *arguments)
    assert ran.code == 2
    assert says in ran.err


def test_passphrase_file_comes_before_the_environment(
    cli: Cli, award: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BADGEPORT_PASSPHRASE", "wrong")
    arguments = ("mint", award, "--key", keys / "ed25519.json", "--passphrase-file")
    assert cli(*arguments, keys / "PASSPHRASE").code == 0
    assert cli(*arguments, keys / "missing").code == 2
    assert cli(*arguments, keys).code == 2
