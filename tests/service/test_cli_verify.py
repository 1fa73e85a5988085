"""`badgeport verify`: exit codes, one JSON document, and what a clerk reads."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.web import Web

if TYPE_CHECKING:
    from service.conftest import Cli

FOUND_NOTHING = {
    "empty": b"",
    "garbage": bytes(range(256)) * 8,
    "words": b"This is a letter about a badge.",
    "html": b"<!doctype html><html><body>badge</body></html>",
    "array": b"[]",
    "deep-array": b"[" * 100_000,
    "object": b"{}",
    "pdf": b"%PDF-1.7\n",
    "zip": b"PK\x03\x04rest",
    "png": b"\x89PNG\r\n\x1a\n",
    "cut-jwt": b"eyJhbGciOiJFUzI1NiJ9",
}


def test_valid_is_0_and_says_so_first(cli: Cli, demo: Path, good: Path) -> None:
    ran = cli("verify", "--offline", "--documents", demo / "documents", good)
    assert ran.code == 0
    assert ran.text.startswith("VALID")
    assert "\033" not in ran.text
    assert ran.err == ""


def test_invalid_is_1(cli: Cli, demo: Path) -> None:
    ran = cli("verify", "--documents", demo / "documents", demo / "refused" / "tampered.json")
    assert ran.code == 1
    assert ran.text.startswith("INVALID")


def test_malformed_credential_is_1(cli: Cli) -> None:
    assert cli("verify", "-", stdin=b'{"type": ["VerifiableCredential", "OpenBadgeCredential"]}').code == 1


def test_undetermined_is_3_and_says_what_would_help(cli: Cli, good: Path) -> None:
    ran = cli("verify", "--offline", good)
    assert ran.code == 3
    assert ran.text.startswith("UNDETERMINED")
    assert "nothing was looked up" in ran.err
    assert "--documents" in ran.err
    tried = cli("verify", good)
    assert tried.code == 3
    assert "could not be had" in tried.err


def test_help_is_offered_only_where_it_helps(cli: Cli, demo: Path, good: Path) -> None:
    assert cli("verify", "--documents", demo / "documents", good).err == ""
    assert "--documents" not in cli("verify", demo / "refused" / "tampered.json").err
    assert "--documents" in cli("verify", good, good).err


@pytest.mark.parametrize("name", FOUND_NOTHING)
def test_no_credential_is_2(cli: Cli, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(FOUND_NOTHING[name])
    ran = cli("verify", path)
    assert ran.code == 2
    assert ran.text.startswith("NO CREDENTIAL FOUND")
    assert "genuine" not in ran.text
    report = cli("verify", path, "--json")
    assert report.code == 2
    assert report.json["credential"] is None
    assert report.json["verdict"] == "invalid"


def test_usage_is_2_with_nothing_on_standard_output(cli: Cli, good: Path, tmp_path: Path) -> None:
    for arguments in (
        ["verify"],
        ["verify", "--nonsense", good],
        ["verify", tmp_path / "missing.json"],
        ["verify", ""],
        ["verify", "a" * 5_000],
        ["verify", good, "--as-of", "yesterday"],
        ["verify", good, "--as-of", "2026-03-02"],
        ["verify", good, "--as-of", ""],
        ["verify", good, "--recipient", " "],
        ["verify", good, "--policy", "strict"],
        ["verify", good, "--policy", good],
        ["verify", good, "--policy", tmp_path],
        ["verify", good, "--trust", tmp_path / "missing.json"],
        ["verify", good, "--trust", tmp_path],
        ["verify", good, "--trust", good],
        ["verify", good, "--documents", tmp_path / "missing"],
        ["verify", good, "--documents", good],
        ["nonsense"],
    ):
        ran = cli(*arguments)
        assert ran.code == 2, arguments
        assert ran.out == b"", arguments
        assert ran.err.strip(), arguments
        assert "Traceback" not in ran.err


def test_with_json_an_error_is_a_document_too(cli: Cli, good: Path, tmp_path: Path) -> None:
    """A program that asked for JSON gets one document on standard output, whatever happened."""
    missing = tmp_path / "missing.json"
    ran = cli("verify", missing, "--json")
    assert ran.code == 2
    assert ran.json["reports"] == []
    assert ran.json["unread"][0]["file"] == str(missing)
    for arguments in (
        ["verify", good, "--policy", missing, "--json"],
        ["verify", good, "--as-of", "yesterday", "--json"],
        ["verify", "--json", "--nonsense"],
        ["inspect", missing, "--json"],
        ["status", "show", good, "--json"],
    ):
        ran = cli(*arguments)
        assert ran.code == 2, arguments
        assert ran.json["error"]["detail"], arguments
        assert ran.err.strip(), arguments


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser can read every file")
def test_unreadable_file_is_2(cli: Cli, good: Path, tmp_path: Path) -> None:
    path = tmp_path / "closed.json"
    shutil.copy(good, path)
    path.chmod(0)
    ran = cli("verify", path)
    assert ran.code == 2
    assert "permission denied" in ran.err


def test_file_larger_than_any_credential_is_2(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "film.mov"
    with path.open("wb") as stream:
        stream.truncate(17 * 1024 * 1024)
    ran = cli("verify", path)
    assert ran.code == 2
    assert "16 MiB" in ran.err


def test_several_inputs_give_the_worst(
    cli: Cli, demo: Path, good: Path, award: Path, passphrase: str, tmp_path: Path
) -> None:
    bad = demo / "refused" / "expired.json"
    key, unknown = tmp_path / "key.json", tmp_path / "unknown.json"
    assert cli("keys", "new", "--did", "web:badges.nobody.example", "-o", key).code == 0
    assert cli("mint", award, "--key", key, "-o", unknown).code == 0
    nothing = tmp_path / "nothing.bin"
    nothing.write_bytes(b"\0\0")

    def code(*paths: Path) -> int:
        return cli("verify", "--documents", demo / "documents", *paths).code

    assert code(unknown) == 3
    assert code(good, good) == 0
    assert code(good, unknown) == 3
    assert code(unknown, bad, good) == 1
    assert code(bad, nothing, unknown) == 2
    assert code(good, tmp_path / "missing.json") == 2


def test_one_missing_file_does_not_keep_the_others_from_being_verified(cli: Cli, demo: Path, good: Path) -> None:
    ran = cli("verify", "--documents", demo / "documents", "missing.json", good, "--json")
    assert ran.code == 2
    assert [report["verdict"] for report in ran.json["reports"]] == ["valid"]
    assert [row["file"] for row in ran.json["unread"]] == ["missing.json"]
    assert "missing.json" in ran.err


def test_json_for_one_input_is_the_report(cli: Cli, demo: Path, good: Path) -> None:
    report = cli("verify", "--documents", demo / "documents", good, "--json").json
    assert report["verdict"] == "valid"
    assert report["credential"]["issuer"] == "did:web:badges.prairie-crossing.example"
    assert {document["url"] for document in report["documents"]} >= {
        "https://badges.prairie-crossing.example/status/revocation"
    }


def test_json_for_several_inputs_or_a_directory_is_a_list_of_reports(cli: Cli, demo: Path, good: Path) -> None:
    several = cli("verify", "--documents", demo / "documents", good, demo / "refused" / "tampered.json", "--json")
    assert [report["verdict"] for report in several.json["reports"]] == ["valid", "invalid"]
    directory = cli("verify", "--documents", demo / "documents", demo / "images", "--json")
    assert directory.code == 0
    assert [report["verdict"] for report in directory.json["reports"]] == ["valid", "valid"]
    assert [Path(report["file"]).suffix for report in directory.json["reports"]] == [".png", ".svg"]


def test_report_fits_its_schema(cli: Cli, demo: Path, good: Path) -> None:
    from jsonschema import validate  # type: ignore[import-untyped]

    schema = cli("schema", "report").json
    for path in (good, demo / "refused" / "tampered.json"):
        validate(cli("verify", path, "--json").json, schema)


def test_standard_input(cli: Cli, demo: Path, good: Path) -> None:
    ran = cli("verify", "--documents", demo / "documents", "-", "--json", stdin=good.read_bytes())
    assert ran.code == 0
    assert ran.json["verdict"] == "valid"
    assert cli("verify", "-").code == 2


def test_clock_is_read_after_standard_input(cli: Cli, demo: Path, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A badge that the left side of a pipe is only just making must not come from the future."""
    from datetime import UTC, datetime

    from badgeport.service.cli.console import read_bytes

    order: list[str] = []

    def reading(path: str, limit: int) -> bytes:
        order.append("read")
        return read_bytes(path, limit)

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Any:
            order.append("clock")
            return datetime.now(UTC)

    monkeypatch.setattr("badgeport.service.cli.verify.read_bytes", reading)
    monkeypatch.setattr("badgeport.service.cli.verify.datetime", Clock)
    assert cli("verify", "--documents", demo / "documents", "-", stdin=good.read_bytes()).code == 0
    assert order == ["read", "clock"]


def test_directory_holds_more_than_badges(cli: Cli, demo: Path, good: Path, tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    (folder / "sub").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    shutil.copy(good, folder / "sub" / "badge.json")
    shutil.copy(demo / "refused" / "tampered.json", folder / ".hidden" / "old.json")
    (folder / "README.txt").write_text("These are the badges of spring.", encoding="utf-8")
    (folder / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    ran = cli("verify", "--documents", demo / "documents", folder, "--json")
    assert ran.code == 0
    assert [report["file"] for report in ran.json["reports"]] == [str(folder / "sub" / "badge.json")]
    assert [row["file"] for row in ran.json["skipped"]] == [str(folder / "README.txt")]
    assert "README.txt" in ran.err


@pytest.mark.parametrize(
    "content",
    [b"", b"eyJhbGciOiJFUzI1NiJ9.e30", b"\x89PNG\r\n\x1a\n", b"{", b"%PDF-1.7"],
)
def test_what_may_be_a_damaged_badge_counts_in_a_directory(
    cli: Cli, demo: Path, good: Path, tmp_path: Path, content: bytes
) -> None:
    shutil.copy(good, tmp_path / "badge.json")
    (tmp_path / "other.txt").write_bytes(content)
    ran = cli("verify", "--documents", demo / "documents", tmp_path)
    assert ran.code in (1, 2)
    assert "other.txt" in ran.text


def test_directory_without_a_credential_is_2(cli: Cli, tmp_path: Path) -> None:
    assert cli("verify", tmp_path).code == 2
    (tmp_path / "README.txt").write_text("Nothing here yet.", encoding="utf-8")
    ran = cli("verify", tmp_path, "--json")
    assert ran.code == 2
    assert ran.json["reports"] == []


@pytest.fixture
def site() -> Iterator[Web]:
    """A developer's own web server, on loopback."""
    with Web(tls=False) as served:
        yield served


def test_a_web_address_is_opened(cli: Cli, good: Path, demo: Path, site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BADGEPORT_ALLOW_LOOPBACK_HTTP", "1")
    address = site.put(site.url("/c/1"), good.read_bytes(), media_type="application/vc")
    ran = cli("verify", "--documents", demo / "documents", address, "--json")
    assert ran.code == 0
    assert ran.json["input"]["address"] == address
    both = cli("verify", "--documents", demo / "documents", address, demo / "refused" / "tampered.json")
    assert both.code == 1
    assert both.text.startswith("valid")


def test_an_address_that_cannot_be_opened_is_undetermined(cli: Cli, site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BADGEPORT_ALLOW_LOOPBACK_HTTP", "1")
    ran = cli("verify", site.url("/gone"))
    assert ran.code == 3
    assert "404" in ran.text
    page = site.put(site.url("/page"), b"<!doctype html><p>Hello", media_type="text/html")
    nothing = cli("verify", page)
    assert nothing.code == 2
    assert nothing.text.startswith("NO CREDENTIAL FOUND")


def test_plain_http_and_private_addresses_are_not_opened(cli: Cli, good: Path, site: Web) -> None:
    address = site.put(site.url("/c/1"), good.read_bytes())
    assert cli("verify", address).code == 3
    assert cli("verify", address.replace("http:", "https:")).code == 3
    assert site.log == []


@pytest.mark.parametrize("address", ["file:///etc/hosts", "ftp://badges.example/c/1"])
def test_another_kind_of_address_is_refused_in_words(cli: Cli, address: str) -> None:
    ran = cli("verify", address)
    assert ran.code == 2
    assert "https://" in ran.err


def test_offline_opens_no_address(cli: Cli, site: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BADGEPORT_ALLOW_LOOPBACK_HTTP", "1")
    ran = cli("verify", "--offline", site.put(site.url("/c/1"), b"{}"))
    assert ran.code == 2
    assert "--offline" in ran.err
    assert site.log == []


def test_an_archive_gets_a_line_for_each_file(cli: Cli, demo: Path, good: Path, tmp_path: Path) -> None:
    archive = tmp_path / "badges.zip"
    with zipfile.ZipFile(archive, "w") as held:
        held.write(good, "a/good.json")
        held.write(demo / "refused" / "tampered.json", "b/tampered.json")
    ran = cli("verify", "--documents", demo / "documents", archive)
    assert ran.code == 1
    good_line, tampered_line = ran.text.splitlines()
    assert good_line.startswith("valid")
    assert f"{archive}/a/good.json" in good_line
    assert tampered_line.startswith("invalid")
    reports = cli("verify", "--documents", demo / "documents", archive, "--json").json["reports"]
    assert [report["verdict"] for report in reports] == ["valid", "invalid"]
    assert cli("verify", "--documents", demo / "documents", archive, "--package", tmp_path / "p.zip").code == 2


def test_a_registry_list_with_an_unreadable_entry_is_used_with_a_note(
    cli: Cli, demo: Path, good: Path, tmp_path: Path
) -> None:
    issuer = json.loads(good.read_bytes())["issuer"]["id"]
    known = {"name": "Known", "issuers": [{"id": issuer, "name": "The district"}]}
    (tmp_path / "known.json").write_text(json.dumps(known), encoding="utf-8")
    listed = tmp_path / "list.json"
    entries = [{"name": "Known", "type": "issuers", "file": "known.json"}, {"name": "Odd", "type": "carrier-pigeon"}]
    listed.write_text(json.dumps({"registries": entries}), encoding="utf-8")
    ran = cli("verify", "--documents", demo / "documents", "--trust", listed, good)
    assert ran.code == 0
    assert "The district" in ran.text
    assert "Odd" in ran.err


def test_as_of(cli: Cli, demo: Path, good: Path) -> None:
    expired = demo / "refused" / "expired.json"
    start = json.loads(expired.read_bytes())["validFrom"]
    documents = demo / "documents"

    def codes(*arguments: object) -> set[str]:
        judged = cli("verify", "--documents", documents, expired, *arguments, "--json")
        period = next(check for check in judged.json["checks"] if check["id"] == "validity-period")
        return {problem["type"].partition("#")[2] for problem in period["problems"]}

    assert cli("verify", "--documents", documents, expired).code == 1
    judged = cli("verify", "--documents", documents, expired, "--as-of", start, "--json")
    assert judged.json["asOf"] == start
    assert codes() == {"EXPIRED"}
    # It had begun by then and had not ended; that it was signed later is a warning.
    assert codes("--as-of", start) == set()
    assert any(warning["type"].endswith("#SIGNED_LATER") for warning in judged.json["warnings"])
    assert cli("verify", "--documents", documents, good, "--as-of", "2001-01-01T00:00:00Z").code == 1


def test_recipient(cli: Cli, demo: Path, good: Path, award: Path) -> None:
    recipient = json.loads(award.read_bytes())["recipient"]
    documents = demo / "documents"
    assert cli("verify", "--documents", documents, good, "--recipient", recipient["email"]).code == 0
    assert cli("verify", "--documents", documents, good, "--recipient", "someone@else.example").code == 1
    assert cli("verify", "--documents", documents, good, "--recipient", "did:example:someone-else").code == 1


def test_recipient_by_did(cli: Cli, keys: Path, passphrase: str, award: Path, tmp_path: Path) -> None:
    body = json.loads(award.read_bytes())
    body["recipient"] = {"id": "did:example:maren", "name": "Maren"}
    path = tmp_path / "award.json"
    path.write_text(json.dumps(body), encoding="utf-8")
    badge = tmp_path / "badge.json"
    assert cli("mint", path, "--key", keys / "ed25519.json", "-o", badge).code == 0
    assert cli("verify", badge, "--recipient", "did:example:maren").code == 0
    assert cli("verify", badge, "--recipient", "did:example:anyone").code == 1


def test_policy_by_name_and_by_file(cli: Cli, demo: Path, tmp_path: Path) -> None:
    expired, documents = demo / "refused" / "expired.json", demo / "documents"
    assert cli("verify", "--documents", documents, expired, "--policy", "default").code == 1
    assert cli("verify", "--documents", documents, expired, "--policy", "vcalm").code == 0
    policy = tmp_path / "policy.json"
    policy.write_text(json.dumps({"name": "ours", "require": ["signature", "issuer-key"]}), encoding="utf-8")
    ran = cli("verify", "--documents", documents, expired, "--policy", policy, "--json")
    assert ran.json["policy"] == "ours"
    policy.write_text(json.dumps({"name": "none", "require": []}), encoding="utf-8")
    assert cli("verify", "--documents", documents, expired, "--policy", policy).code == 2


def test_trust_registry(cli: Cli, demo: Path, good: Path, tmp_path: Path) -> None:
    issuer = "did:web:badges.prairie-crossing.example"
    listed, other = tmp_path / "listed.json", tmp_path / "other.json"
    listed.write_text(json.dumps({"name": "State list", "issuers": [{"id": issuer, "name": "District 12"}]}))
    other.write_text(json.dumps({"registry": {"did:web:elsewhere.example": {"name": "Elsewhere"}}}))
    policy = tmp_path / "policy.json"
    required = cli("verify", good, "--json").json["checks"]
    policy.write_text(
        json.dumps(
            {
                "name": "recognized",
                "require": [check["id"] for check in required],
                "allowUnknown": ["credential-schema", "endorsements"],
                "recognizedIssuersOnly": True,
            }
        )
    )

    def code(trust: Path) -> int:
        documents = demo / "documents"
        return cli("verify", "--documents", documents, good, "--policy", policy, "--trust", trust).code

    assert code(listed) == 0
    assert code(other) in (1, 3)


def test_documents_that_cannot_be_used_are_named(cli: Cli, demo: Path, good: Path, tmp_path: Path) -> None:
    documents = tmp_path / "documents"
    shutil.copytree(demo / "documents", documents)
    (documents / "broken.json").write_text("{", encoding="utf-8")
    ran = cli("verify", "--documents", documents, good, "--json")
    assert ran.code == 0
    assert ran.json["verdict"] == "valid"
    assert "broken.json" in ran.err


def test_hostile_words_do_not_redraw_a_terminal(cli: Cli, good: Path, tmp_path: Path) -> None:
    body = json.loads(good.read_bytes())
    body["name"] = "A\x1b[2J\x9b31mbadge\u202eegdab\nVALID"
    path = tmp_path / "hostile\x1b[2J.json"
    path.write_text(json.dumps(body, ensure_ascii=False).replace("\x1b", "\\u001b").replace("\n", "\\n"))
    for arguments in (["verify", path], ["verify", path, path], ["inspect", path], ["verify", tmp_path / "\x1b[1m"]):
        ran = cli(*arguments)
        for control in ("\x1b", "\x9b", "\u202e"):
            assert control not in ran.text + ran.err
    assert len(cli("verify", path, path).text.splitlines()) == 2


def test_colour_only_at_a_terminal_that_wants_it(
    cli: Cli, demo: Path, good: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from badgeport.service.cli import verify

    class Terminal:
        def __getattr__(self, name: str) -> object:
            return getattr(sys.stdout, name)

        def isatty(self) -> bool:
            return True

    class System:
        stdout = Terminal()

    monkeypatch.setattr(verify, "sys", System())
    monkeypatch.delenv("NO_COLOR", raising=False)
    arguments = ("verify", "--documents", demo / "documents", good, good)
    assert "\033[32mvalid" in cli(*arguments).text
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033" not in cli(*arguments).text
    monkeypatch.undo()
    assert "\033" not in cli(*arguments).text


def test_defect_is_no_verdict_and_no_traceback(cli: Cli, good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from badgeport.service.cli import verify

    def broken(*_: object, **__: object) -> None:
        raise KeyError("secret")

    monkeypatch.setattr(verify, "verifiers", broken)
    ran = cli("verify", good)
    assert ran.code == 3
    assert "KeyError" in ran.err
    assert "secret" not in ran.err
    assert "Traceback" not in ran.err
