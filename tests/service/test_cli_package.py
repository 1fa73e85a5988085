"""`badgeport verify` makes a proof package, and repeats one offline."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from service.conftest import Cli


@pytest.fixture
def package(cli: Cli, demo: Path, good: Path, tmp_path: Path) -> Path:
    path = tmp_path / "proof.zip"
    ran = cli("verify", good, "--documents", demo / "documents", "--offline", "--package", path)
    assert ran.code == 0, ran.err
    return path


def rewritten(path: Path, name: str, body: bytes | None) -> None:
    """Put other bytes under a name of the archive, or leave the member out."""
    with zipfile.ZipFile(path) as archive:
        members = {each: archive.read(each) for each in archive.namelist()}
    members.pop(name)
    if body is not None:
        members[name] = body
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for each, content in members.items():
            archive.writestr(each, content)
    path.write_bytes(buffer.getvalue())


def test_a_package_alone_gives_the_same_report_again(cli: Cli, demo: Path, good: Path, package: Path) -> None:
    again = cli("verify", package, "--offline", "--json")
    assert again.code == 0
    body = again.json
    assert body["package"]["reproduced"] is True
    assert body["package"]["differences"] == []
    with zipfile.ZipFile(package) as archive:
        recorded = archive.read("report.json")
        assert archive.read("input.json") == good.read_bytes()
    assert {**body, "package": None} == {**json.loads(recorded), "package": None}


def test_a_package_without_a_receipt_says_first_that_nobody_vouches(cli: Cli, package: Path) -> None:
    lines = cli("verify", package, "--offline").text.splitlines()
    assert "Nobody you recognise vouches for the documents in it" in lines[0]
    assert any("nobody vouches" in line for line in lines)


@pytest.mark.parametrize("name", ["input.json", "report.json", "policy.json", "documents/001.json"])
@pytest.mark.parametrize("body", [b"{}", None])
def test_a_changed_package_says_nothing_about_its_credential_and_the_file_is_named(
    cli: Cli, package: Path, name: str, body: bytes | None
) -> None:
    rewritten(package, name, body)
    ran = cli("verify", package, "--offline")
    assert ran.code == 3
    assert ran.text.startswith("CHANGED")
    assert name in ran.text
    assert "VALID" not in ran.text


def test_a_broken_archive_ends_in_a_sentence(cli: Cli, package: Path) -> None:
    rewritten(package, "badgeport-package.json", b"{")
    ran = cli("verify", package, "--offline")
    assert ran.code == 2
    assert "Traceback" not in ran.err
