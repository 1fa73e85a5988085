"""The smaller commands: inspect, bake, unbake, derive, qr, status, contexts, schema."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from service.conftest import Cli


def test_inspect_reads_every_form_and_judges_none(cli: Cli, demo: Path) -> None:
    for path in [*(demo / "credentials").iterdir(), *(demo / "images").iterdir(), demo / "refused" / "tampered.json"]:
        ran = cli("inspect", path, "--json")
        assert ran.code == 0
        assert ran.json["input"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        assert ran.json["document"]["type"][0] == "VerifiableCredential"
        assert ran.json["proofs"]
        assert "not verified" in cli("inspect", path).text
    assert cli("inspect", "-", stdin=b"words").code == 2


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_bake_and_unbake_byte_for_byte(
    cli: Cli, good: Path, plain_png: Path, plain_svg: Path, tmp_path: Path, suffix: str
) -> None:
    plain = {"png": plain_png, "svg": plain_svg}[suffix]
    baked, out = tmp_path / f"baked.{suffix}", tmp_path / "out.json"
    assert cli("bake", plain, good, "-o", baked).code == 0
    assert cli("unbake", baked, "-o", out).code == 0
    assert out.read_bytes() == good.read_bytes()
    assert cli("unbake", baked).out == good.read_bytes()
    assert cli("unbake", baked, "--json").json == {"standard": "ob3", "credential": good.read_text()}
    assert cli("unbake", baked, "-o", out, "--json").json == {"standard": "ob3", "file": str(out)}
    again = cli("bake", baked, good, "-o", tmp_path / "again")
    assert again.code == 2
    assert "already" in again.err
    assert cli("bake", baked, good, "-o", baked, "--overwrite").code == 0
    assert cli("unbake", baked).out == good.read_bytes()


def test_bake_refuses(cli: Cli, good: Path, award: Path, plain_png: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    for image, credential, says in (
        (plain_png, award, "not signed"),
        (plain_png, plain_png, "not a signed credential"),
        (plain_png, tmp_path / "missing", "no such file"),
        (tmp_path / "missing", good, "no such file"),
        (good, good, "PNG and SVG"),
    ):
        ran = cli("bake", image, credential, "-o", out)
        assert ran.code == 2
        assert says in ran.err
    assert cli("bake", plain_png, good).code == 2
    assert not out.exists()
    assert cli("unbake", plain_png).code == 2
    assert cli("unbake", good).code == 2


@pytest.fixture
def sd_jwt(cli: Cli, award: Path, keys: Path, passphrase: str, tmp_path: Path) -> Path:
    path = tmp_path / "all.sd-jwt"
    assert cli("mint", award, "--key", keys / "p256.json", "--format", "vc+sd-jwt", "-o", path).code == 0
    return path


def test_derive_from_sd_jwt(cli: Cli, sd_jwt: Path, tmp_path: Path) -> None:
    shown = tmp_path / "shown.sd-jwt"
    ran = cli("derive", sd_jwt, "--pointers", "/credentialSubject/result", "-o", shown)
    assert ran.code == 0
    assert cli("verify", shown).code == 0
    document = cli("inspect", shown, "--json").json["document"]
    assert document["credentialSubject"]["result"]
    assert len(shown.read_bytes()) < len(sd_jwt.read_bytes())


def test_derive_refuses(cli: Cli, good: Path, sd_jwt: Path, demo: Path, tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"\xff\0")
    for path, pointer in (
        (sd_jwt, "/missing"),
        (sd_jwt, "no-slash"),
        (good, "/issuer"),
        (demo / "credentials" / "in-district.ecdsa-sd-2023.json", "/issuer"),
        (demo / "credentials" / "in-district.vc-jwt-es256.jwt", "/issuer"),
        (demo / "images" / "in-district.png", "/issuer"),
        (tmp_path / "garbage", "/issuer"),
        (tmp_path / "missing", "/issuer"),
        (tmp_path, "/issuer"),
    ):
        ran = cli("derive", path, "--pointers", pointer)
        assert ran.code == 2
        assert ran.out == b""
        assert path.name in ran.err
    assert cli("derive", sd_jwt).code == 2


def test_qr(cli: Cli, tmp_path: Path, good: Path) -> None:
    import zxingcpp
    from PIL import Image

    link = "https://badges.prairie-crossing.example/c/1"
    (tmp_path / "link.txt").write_text(link + "\n")
    for text in (link, f"@{tmp_path / 'link.txt'}"):
        assert cli("qr", text, "-o", tmp_path / "code.png").code == 0
        (read,) = zxingcpp.read_barcodes(Image.open(tmp_path / "code.png"))
        assert read.text == link
    assert cli("qr", link, "-o", tmp_path / "code.SVG").code == 0
    assert (tmp_path / "code.SVG").read_bytes().lstrip().startswith(b"<")
    for text, name in ((link, "code.gif"), ("", "e.png"), ("x" * 5_000, "e.png"), ("@missing", "e.png")):
        assert cli("qr", text, "-o", tmp_path / name).code == 2
    assert not (tmp_path / "e.png").exists()
    assert cli("qr", f"@{good}", "-o", tmp_path / "e.png").code == 2


def test_status_life(cli: Cli, passphrase: str, award: Path, tmp_path: Path) -> None:
    key, documents = tmp_path / "key.json", tmp_path / "documents"
    documents.mkdir()
    assert cli("keys", "new", "--did", "web:badges.district.example", "-o", key).code == 0
    assert cli("did", "document", key, "-o", documents / "did.json").code == 0
    url, place = "https://badges.district.example/status/suspension", "94567"
    held = documents / "suspension.json"
    assert cli("status", "new", "--id", url, "--purpose", "suspension", "--key", key, "-o", held).code == 0
    assert cli("verify", "--documents", documents, held).code == 0

    body = json.loads(award.read_bytes())
    body["status"] = {"suspension": {"list": url, "index": int(place)}}
    (tmp_path / "award.json").write_text(json.dumps(body), encoding="utf-8")
    badge = tmp_path / "badge.json"
    ran = cli("mint", tmp_path / "award.json", "--key", key, "-o", badge)
    assert ran.code == 0, ran.err

    assert cli("verify", "--documents", documents, badge).code == 0
    assert cli("status", "set", held, place, "--key", key).code == 0
    assert cli("status", "show", held, place).text == "set\n"
    assert cli("status", "show", held, "--json").json["set"] == [int(place)]
    assert cli("verify", "--documents", documents, badge).code == 1
    assert cli("status", "set", held, place, "--clear", "--key", key).code == 0
    assert cli("status", "show", held, place, "--json").json["status"] == 0
    assert cli("verify", "--documents", documents, badge).code == 0


def test_revocation_is_for_good(cli: Cli, keys: Path, passphrase: str, tmp_path: Path) -> None:
    key, held = keys / "ed25519.json", tmp_path / "list.json"
    assert cli("status", "new", "--id", "https://d.example/revocation", "--key", key, "-o", held).code == 0
    assert cli("status", "set", held, "7", "--key", key).code == 0
    before = held.read_bytes()
    refused = cli("status", "set", held, "7", "--clear", "--key", key)
    assert refused.code == 2
    assert "cannot be taken back" in refused.err
    anew = cli("status", "new", "--id", "https://d.example/revocation", "--key", key, "-o", held)
    assert anew.code == 2
    assert "undo" in anew.err
    assert held.read_bytes() == before


def test_status_signs_only_its_own_unchanged_list(
    cli: Cli, keys: Path, passphrase: str, demo: Path, good: Path, tmp_path: Path
) -> None:
    key, held = keys / "ed25519.json", tmp_path / "list.json"
    arguments = ("status", "new", "--id", "https://d.example/revocation", "--key", key)
    assert cli(*arguments, "-o", held).code == 0
    changed, unsigned = tmp_path / "changed.json", tmp_path / "unsigned.json"
    body = json.loads(held.read_bytes())
    body["validFrom"] = "2001-01-01T00:00:00Z"
    changed.write_text(json.dumps(body))
    del body["proof"]
    unsigned.write_text(json.dumps(body))
    for path in (changed, unsigned, good, demo / "documents" / "district.revocation.json", tmp_path / "missing"):
        before = path.read_bytes() if path.exists() else None
        ran = cli("status", "set", path, "7", "--key", key)
        assert ran.code == 2, path
        assert (path.read_bytes() if path.exists() else None) == before
    for index in ("-1", "131072", "seven"):
        assert cli("status", "set", held, index, "--key", key).code == 2
    assert cli("status", "show", held, "131072").code == 2
    for entries in ("5", "99999999999999"):
        assert cli(*arguments, "--entries", entries).code == 2
    assert cli("status", "new", "--id", "nonsense", "--key", key).code == 2
    assert cli(*arguments, "--purpose", "fun").code == 2


def test_contexts(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = cli("contexts", "list", "--json").json["contexts"]
    assert "https://www.w3.org/ns/credentials/v2" in {row["url"] for row in listed}
    assert "https://www.w3.org/ns/credentials/v2" in cli("contexts", "list").text
    file, folder = tmp_path / "context.json", tmp_path / "contexts"
    file.write_text('{"@context": {"grade": "https://d.example/terms#grade"}}')
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    url = "https://d.example/context"
    assert cli("contexts", "add", url, file, "--sha256", digest).code == 2
    ran = cli("contexts", "add", url, file, "--sha256", digest, "--directory", folder)
    assert ran.code == 0
    assert f"BADGEPORT_CONTEXTS={folder}" in ran.err
    v2 = "https://www.w3.org/ns/credentials/v2"
    for arguments in (
        [url + "2", file, "--sha256", "0" * 64],
        [v2, file, "--sha256", digest],
        ["no-url", file, "--sha256", digest],
        [url + "2", tmp_path, "--sha256", digest],
    ):
        assert cli("contexts", "add", *arguments, "--directory", folder).code == 2
    monkeypatch.setenv("BADGEPORT_CONTEXTS", str(folder))
    assert url in {row["url"] for row in cli("contexts", "list", "--json").json["contexts"]}
    for broken in (tmp_path / "missing", tmp_path):
        monkeypatch.setenv("BADGEPORT_CONTEXTS", str(broken))
        assert cli("contexts", "list").code == 2
        assert cli("verify", file).code == 2


def test_schema(cli: Cli) -> None:
    names = cli("schema").text.split()
    assert {"award", "policy", "trust", "report"} <= set(names)
    assert cli("schema", "--json").json == {"schemas": names}
    for name in names:
        assert cli("schema", name).json["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    unknown = cli("schema", "nonsense")
    assert unknown.code == 2
    assert "award" in unknown.err


def test_award_schema_accepts_the_samples(cli: Cli, demo: Path) -> None:
    from jsonschema import validate  # type: ignore[import-untyped]

    schema = cli("schema", "award").json
    for path in (demo / "awards").iterdir():
        validate(json.loads(path.read_bytes()), schema)


def test_what_is_made_can_be_told_as_json(cli: Cli, demo: Path, good: Path, plain_png: Path, tmp_path: Path) -> None:
    """Commands that make something say what, where and with which digest."""
    baked, code, shown = tmp_path / "b.png", tmp_path / "q.svg", tmp_path / "s.json"
    base = demo / "holder" / "in-district.ecdsa-sd-2023.json"
    for out, arguments in (
        (baked, ["bake", plain_png, good, "-o", baked]),
        (code, ["qr", "https://badges.example/c/1", "-o", code]),
        (shown, ["derive", base, "--pointers", "/evidence", "-o", shown]),
    ):
        told = cli(*arguments, "--json").json
        assert told["file"] == str(out)
        assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    told = cli("derive", base, "--pointers", "/evidence", "--json").json
    assert json.loads(told["content"])["proof"]
    assert cli("verify", "--documents", demo / "documents", shown).code == 0


def test_an_image_of_an_older_badge_says_where_that_badge_is(cli: Cli, plain_png: Path, tmp_path: Path) -> None:
    picture = plain_png.read_bytes()
    text = b"openbadges\0https://old.example/assertion.json"
    chunk = struct.pack(">I", len(text)) + b"tEXt" + text + struct.pack(">I", zlib.crc32(b"tEXt" + text))
    old = tmp_path / "old.png"
    old.write_bytes(picture[:33] + chunk + picture[33:])
    ran = cli("inspect", old, "--json")
    assert ran.code == 0
    assert ran.json["kind"] == "ob2-assertion"
    assert ran.json["hosted"] == "https://old.example/assertion.json"
    assert "Open Badges 2.0" in cli("inspect", old).text
    assert cli("verify", old).code == 3
