"""The demo: what it leaves is complete, judged as promised, and nobody else's directory is touched."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from service.conftest import Cli, Ran

FOLDERS = {"credentials", "holder", "images", "qr", "refused", "documents", "keys", "awards"}
REFUSED = {
    "tampered": "signature",
    "expired": "validity-period",
    "suspended": "status",
    "stranger": "issuer-key",
}
"""Each bad badge, and the check that must be the one to refuse it."""


def _tree(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_it_says_what_it_did(demo_run: tuple[Path, Ran]) -> None:
    directory, ran = demo_run
    assert ran.code == 0
    assert ran.json == json.loads((directory / "summary.json").read_bytes())
    assert ran.json["ok"] is True
    assert ran.err.strip()
    assert {row["file"] for row in ran.json["files"]} == {
        path.relative_to(directory).as_posix()
        for folder in ("credentials", "images", "refused")
        for path in (directory / folder).iterdir()
    }
    assert ran.json["refused"] == len(REFUSED)
    assert ran.json["valid"] == len(ran.json["files"]) - len(REFUSED)


def test_what_it_leaves(demo: Path) -> None:
    assert {path.name for path in demo.iterdir() if path.is_dir()} == FOLDERS
    names = {path.name for path in (demo / "credentials").iterdir()}
    for ending in (
        "eddsa-rdfc-2022.json",
        "eddsa-jcs-2022.json",
        "ecdsa-rdfc-2019-p256.json",
        "ecdsa-rdfc-2019-p384.json",
        "ecdsa-jcs-2019-p256.json",
        "ecdsa-jcs-2019-p384.json",
        "ecdsa-sd-2023.json",
        "vc-jwt-es256.jwt",
        "vc-jwt-rs256.jwt",
        "vc+jwt.jwt",
        "vc+sd-jwt.sd-jwt",
    ):
        assert f"in-district.{ending}" in names
    assert {path.suffix for path in (demo / "images").iterdir()} == {".png", ".svg"}
    assert {path.suffix for path in (demo / "qr").iterdir()} == {".png", ".svg"}
    assert {path.stem for path in (demo / "refused").iterdir()} == set(REFUSED)


def test_every_good_badge_is_valid_with_the_documents(cli: Cli, demo: Path) -> None:
    ran = cli("verify", "--offline", "--documents", demo / "documents", demo / "credentials", demo / "images", "--json")
    assert ran.code == 0
    assert ran.err == ""
    assert {report["verdict"] for report in ran.json["reports"]} == {"valid"}
    assert len(ran.json["reports"]) == len(list((demo / "credentials").iterdir())) + 2


def test_every_good_badge_needs_the_documents(cli: Cli, demo: Path) -> None:
    ran = cli("verify", "--offline", demo / "credentials", "--json")
    assert {report["verdict"] for report in ran.json["reports"]} == {"undetermined"}


@pytest.mark.parametrize("reason", REFUSED)
def test_every_bad_badge_is_refused_by_its_own_check(cli: Cli, demo: Path, reason: str) -> None:
    (path,) = (demo / "refused").glob(f"{reason}.*")
    ran = cli("verify", "--offline", "--documents", demo / "documents", path, "--json")
    assert ran.code == 1
    failed = {check["id"] for check in ran.json["checks"] if check["outcome"] == "failed"}
    assert REFUSED[reason] in failed
    assert not failed & (set(REFUSED.values()) - {REFUSED[reason]})


def test_the_stack_names_the_badges_that_were_awarded(demo: Path) -> None:
    members = {json.loads(path.read_bytes())["id"] for path in (demo / "credentials").glob("stack-[0-9]*")}
    (endorsement,) = (demo / "credentials").glob("stack-endorsement.*")
    assert len(members) == 3
    assert all(member in endorsement.read_text() for member in members)


def test_awards_can_be_minted_again(cli: Cli, demo: Path, keys: Path, passphrase: str) -> None:
    for path in (demo / "awards").iterdir():
        minted = cli("mint", path, "--key", keys / "ed25519.json")
        assert minted.code == 0, minted.err
        assert cli("verify", "-", stdin=minted.out).code == 0


def test_keys_are_private_and_open_with_the_passphrase_beside_them(cli: Cli, demo: Path) -> None:
    assert stat.S_IMODE((demo / "keys").stat().st_mode) == 0o700
    for path in (demo / "keys").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    arguments = ("mint", demo / "awards" / "in-district.json", "--passphrase-file", demo / "keys" / "DEMO-PASSPHRASE")
    for path in (demo / "keys").glob("district-*.json"):
        format = {"ed25519": "eddsa-rdfc-2022", "rsa": "vc-jwt"}.get(path.stem.partition("-")[2], "vc+jwt")
        minted = cli(*arguments, "--key", path, "--format", format)
        assert minted.code == 0, minted.err
        assert cli("verify", "--documents", demo / "documents", "-", stdin=minted.out).code == 0


def test_nothing_private_lies_in_the_open(demo: Path) -> None:
    secret = (demo / "keys" / "DEMO-PASSPHRASE").read_bytes().strip()
    for name, data in _tree(demo).items():
        if not name.startswith("keys"):
            assert secret not in data
            assert b"PRIVATE KEY" not in data


def test_it_runs_again_over_its_own_directory(cli: Cli, tmp_path: Path) -> None:
    directory = tmp_path / "demo"
    first = cli("demo", directory)
    assert first.code == 0
    assert "\033" not in first.text
    before = _tree(directory)
    (directory / "credentials" / "left-over.json").write_text("{}")
    assert cli("demo", directory, "--json").json["ok"] is True
    after = _tree(directory)
    assert set(after) == set(before)
    assert after["keys/DEMO-PASSPHRASE"] != before["keys/DEMO-PASSPHRASE"]


def test_it_leaves_other_directories_alone(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("Years of work.")
    ran = cli("demo", tmp_path)
    assert ran.code == 2
    assert "not empty" in ran.err
    assert _tree(tmp_path) == {"thesis.txt": b"Years of work."}
    assert cli("demo", tmp_path / "thesis.txt").code == 2
    assert cli("demo", tmp_path / "thesis.txt" / "below").code == 2
    empty = tmp_path / "empty"
    empty.mkdir()
    assert cli("demo", empty, "--json").json["ok"] is True
