"""`badgeport policy`: what an author is told, trials, comparisons, and a signed policy that others verify and use."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator

from badgeport.schemas import jsontext
from badgeport.service.cli import verifying
from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.approval.documents import exact
from badgeport.verifier.recognition.authoring.authoring import policy_of, read_policy
from badgeport.verifier.resolution.replay import ReplayResolver
from support.example_badge import ACHIEVEMENT, GUILD_HOST
from support.guild import PASSPHRASE, GuildFiles, guild_files

if TYPE_CHECKING:
    from service.conftest import Cli

DISTRICT = "did:web:kaneridge.example"
ADDRESS = "https://kaneridge.example/policies/credit"


@pytest.fixture(scope="module")
def guild(tmp_path_factory: pytest.TempPathFactory) -> GuildFiles:
    from service.conftest import invoke

    return guild_files(invoke, tmp_path_factory.mktemp("guild"))


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "credit.yaml"
    text = examples.text("in-district-credit").replace(examples.policy("in-district-credit").id, ADDRESS)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def key(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BADGEPORT_PASSPHRASE", PASSPHRASE)
    path = tmp_path / "district.key.json"
    assert cli("keys", "new", "--did", "web:kaneridge.example", "-o", path).code == 0
    (tmp_path / "held").mkdir()
    assert cli("did", "document", path, "-o", tmp_path / "held" / "district.did.json").code == 0
    return path


# -- show -----------------------------------------------------------------------------------------------------------


def test_policies_at_hand_are_named_and_printed(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ours.json").write_bytes(jsontext.dump(exact(examples.policy("utah").body)))
    monkeypatch.setenv("BADGEPORT_POLICIES", str(tmp_path))
    listed = cli("policy", "show")
    assert [line.split()[0] for line in listed.text.splitlines()] == ["ours", *examples.names()]
    assert "example, salary-lane: In-district" in listed.text
    assert [each["name"] for each in cli("policy", "show", "--json").json["policies"]] == ["ours", *examples.names()]
    assert cli("policy", "show", "utah").text == examples.text("utah")
    written = cli("policy", "show", "ours").out
    assert not written.startswith(b"{")
    assert read_policy(written).sha256 == examples.policy("utah").sha256
    assert policy_of(cli("policy", "show", "ours", "--json").json).sha256 == examples.policy("utah").sha256
    ran = cli("policy", "show", "nowhere")
    assert (ran.code, ran.out) == (2, b"")


# -- check ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", examples.names())
def test_every_example_passes(cli: Cli, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.yaml"
    path.write_text(examples.text(name), encoding="utf-8")
    ran = cli("policy", "check", path)
    assert ran.code == 0
    assert examples.policy(name).sha256 in ran.text


def test_findings_come_with_their_lines(cli: Cli, policy: Path) -> None:
    lines = policy.read_text(encoding="utf-8").splitlines()
    at = next(index for index, line in enumerate(lines) if "worth: {fixed: 1}" in line)
    lines[at] = lines[at].replace("fixed: 1", "fixed: -1")
    policy.write_text("\n".join(lines), encoding="utf-8")
    ran = cli("policy", "check", policy)
    assert ran.code == 1
    assert f"credit.yaml:{at + 1}: " in ran.text
    assert "[amount]" in ran.text
    as_json = cli("policy", "check", policy, "--json")
    assert as_json.code == 1
    assert as_json.json["accepted"] is False
    assert [(each["line"], each["code"]) for each in as_json.json["findings"]] == [(at + 1, "amount")]


def test_check_reads_standard_input_and_refuses_what_is_no_text(cli: Cli, tmp_path: Path) -> None:
    assert cli("policy", "check", "-", stdin=examples.text("utah").encode()).code == 0
    ran = cli("policy", "check", "-", stdin=b"\xff\xfe\x00")
    assert ran.code == 1
    assert "[not-text]" in ran.text
    assert cli("policy", "check", tmp_path / "missing.yaml").code == 2


# -- test -----------------------------------------------------------------------------------------------------------


def test_a_trial_says_that_it_is_one(cli: Cli, guild: GuildFiles, policy: Path, tmp_path: Path) -> None:
    """A badge nobody signed is good enough to try a policy with, and for nothing else."""
    badge = jsontext.parse_object(guild.badge.read_bytes())
    del badge["proof"]
    unsigned = tmp_path / "unsigned.json"
    unsigned.write_bytes(jsontext.dump(badge))
    ran = cli("policy", "test", policy, "--credential", unsigned, "--facts", guild.facts)
    assert ran.code == 0
    assert ran.text.startswith("ACCEPTED: 1 in-district credit")
    assert "nothing was verified" in ran.text
    body = cli("policy", "test", policy, "--credential", unsigned, "--facts", guild.facts, "--json").json
    assert body["trial"] is True
    assert cli("policy", "test", policy, "--credential", unsigned).code == 3
    assert cli("policy", "test", policy, "--credential", policy).code == 2


# -- diff -----------------------------------------------------------------------------------------------------------


def test_diff_tells_changes_and_whose_decisions_they_alter(
    cli: Cli, guild: GuildFiles, policy: Path, tmp_path: Path
) -> None:
    records = tmp_path / "records"
    records.mkdir()
    for name, lane in (("ba", "BA"), ("ma", "MA")):
        facts = tmp_path / "facts.json"
        facts.write_text(json.dumps({"lane": lane}), encoding="utf-8")
        arguments = ["--facts", facts, "--record", records / f"{name}.json"]
        decided = cli("recognize", guild.badge, "--policy", policy, "--documents", guild.documents, *arguments)
        assert decided.code == 0, decided.err
    new = tmp_path / "new.yaml"
    text = policy.read_text(encoding="utf-8").replace('version: "2026-1"', 'version: "2026-2"')
    new.write_text(text.replace("worth: {fixed: 1}", "worth: {fixed: 0.5}", 1), encoding="utf-8")
    ran = cli("policy", "diff", policy, new, "--record", records)
    assert ran.code == 0
    assert "2026-1" in ran.text
    assert "1 of 2 decisions would become another" in ran.text
    assert "ba.json" in ran.text
    assert "ma.json" not in ran.text
    body = cli("policy", "diff", policy, new, "--record", records, "--json").json
    assert {each["pointer"] for each in body["changes"]} == {"/version", "/rules/0/worth"}
    assert body["decisions"]["tried"] == 2
    assert [each["after"]["amount"] for each in body["decisions"]["altered"]] == ["0.5"]
    assert cli("policy", "diff", policy, policy).text == "The two say the same.\n"
    assert cli("policy", "diff", policy, new, "--record", guild.badge).code == 2


# -- sign -----------------------------------------------------------------------------------------------------------


def test_signed_policy_verifies_says_the_same_and_decides(
    cli: Cli, guild: GuildFiles, policy: Path, key: Path, tmp_path: Path
) -> None:
    signed, held = tmp_path / "credit.json", tmp_path / "held"
    ran = cli("policy", "sign", policy, "--key", key, "-o", signed)
    assert ran.code == 0, ran.err
    assert f"publish it at {ADDRESS}" in ran.err
    assert cli("verify", signed, "--offline", "--documents", held).code == 0
    document = jsontext.parse_object(signed.read_bytes())
    said = document["credentialSubject"]["recognitionPolicy"]
    body = {**exact(examples.policy("in-district-credit").body), "id": ADDRESS}
    assert policy_of(said).sha256 == policy_of(body).sha256
    for file in guild.documents.iterdir():
        (held / file.name).write_bytes(file.read_bytes())
    arguments = ["recognize", guild.badge, "--policy", signed, "--documents", held, "--offline", "--facts", guild.facts]
    assert cli(*arguments, "--json").json["amount"] == "1"
    # What was changed after it was signed decides nothing.
    said["rules"][0]["worth"]["fixed"] = "9"
    signed.write_bytes(jsontext.dump(document))
    changed = cli(*arguments)
    assert changed.code == 2
    assert "the policy is signed, and it is invalid" in changed.err


def test_only_its_own_jurisdiction_signs_a_policy(cli: Cli, guild: GuildFiles, policy: Path, tmp_path: Path) -> None:
    signed = tmp_path / "signed.json"
    passphrase = guild.root / "PASSPHRASE"
    ran = cli("policy", "sign", policy, "--key", guild.key, "--passphrase-file", passphrase, "-o", signed)
    assert ran.code == 2
    assert "signed by its own jurisdiction" in ran.err
    assert not signed.exists()


@pytest.mark.parametrize("format", ["eddsa-jcs-2022", "vc+jwt"])
def test_every_form_of_signature_is_read_back(cli: Cli, policy: Path, key: Path, tmp_path: Path, format: str) -> None:
    signed = tmp_path / "signed.json"
    assert cli("policy", "sign", policy, "--key", key, "--format", format, "-o", signed).code == 0
    ran = cli("policy", "diff", policy, signed)
    assert ran.text == "The two say the same.\n"


def test_policy_from_a_web_address_must_be_signed(
    cli: Cli, guild: GuildFiles, policy: Path, key: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed = tmp_path / "signed.json"
    assert cli("policy", "sign", policy, "--key", key, "-o", signed).code == 0
    web = {
        "https://kaneridge.example/.well-known/did.json": (tmp_path / "held" / "district.did.json").read_bytes(),
        ADDRESS: signed.read_bytes(),
        f"{ADDRESS}.yaml": policy.read_bytes(),
    }
    monkeypatch.setattr(verifying, "_network", lambda _: ReplayResolver(web))
    arguments = ["--documents", guild.documents, "--facts", guild.facts, "--json"]
    ran = cli("recognize", guild.badge, "--policy", ADDRESS, *arguments)
    assert ran.code == 0, ran.err
    assert ran.json["policy"]["id"] == ADDRESS
    unsigned = cli("recognize", guild.badge, "--policy", f"{ADDRESS}.yaml", *arguments)
    assert unsigned.code == 2
    assert "must be signed by its jurisdiction" in unsigned.err


# -- agreements and approvals --------------------------------------------------------------------------------------


def test_partnership_from_signing_to_the_decision(
    cli: Cli, guild: GuildFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A partnership signs its agreement and a state its approvals; with both at hand the badge counts there."""
    monkeypatch.setenv("BADGEPORT_PASSPHRASE", PASSPHRASE)
    held = tmp_path / "held"
    shutil.copytree(guild.documents, held)
    for name in ("partnership", "arkansas-agency"):
        assert cli("keys", "new", "--did", f"web:{name}.example", "-o", tmp_path / f"{name}.key").code == 0
        assert cli("did", "document", tmp_path / f"{name}.key", "-o", held / f"{name}.did.json").code == 0
    members = examples.agreement().to_json()
    members["members"][0]["issuers"] = [f"did:web:{GUILD_HOST}"]
    plain, agreement = tmp_path / "agreement.plain.json", tmp_path / "agreement.json"
    plain.write_bytes(jsontext.dump(members))
    ran = cli("policy", "sign", plain, "--key", tmp_path / "partnership.key", "-o", agreement)
    assert ran.code == 0, ran.err
    assert "note:" not in ran.err
    table, approvals = tmp_path / "approvals.csv", tmp_path / "approvals.json"
    table.write_text(f"issuer,achievement,from\ndid:web:{GUILD_HOST},{ACHIEVEMENT},2026-01-01\n", encoding="utf-8")
    sign = ["policy", "approvals", table, "--id", "https://arkansas-agency.example/approved", "--title", "Approved"]
    ran = cli(*sign, "--key", tmp_path / "arkansas-agency.key", "-o", approvals)
    assert ran.code == 0, ran.err
    asked = ["recognize", guild.badge, "--policy", "partnership-arkansas", "--offline", "--documents", held, "--json"]
    without = cli(*asked)
    assert (without.code, without.json["decision"]) == (3, "refer")
    both = cli(*asked, "--approvals", approvals, "--agreement", agreement)
    assert both.code == 0, both.err
    assert both.json["amount"] == "1"
    assert both.json["inputs"]["authority"]["sources"]
    # Without the guild among its issuers the partnership does not answer for it.
    members["members"][0]["issuers"] = []
    plain.write_bytes(jsontext.dump(members))
    assert cli("policy", "sign", plain, "--key", tmp_path / "partnership.key", "-o", agreement).code == 0
    left = cli(*asked, "--approvals", approvals, "--agreement", agreement)
    assert (left.code, left.json["decision"]) == (1, "not_accepted")
    # Signed by somebody else it is nobody's agreement.
    assert cli("policy", "sign", plain, "--key", tmp_path / "arkansas-agency.key", "-o", agreement).code == 0
    other = cli(
        "recognize",
        guild.badge,
        "--policy",
        "utah",
        "--purpose",
        "licence-renewal",
        *asked[4:],
        "--agreement",
        agreement,
    )
    assert other.code == 2
    assert "does not keep the agreement" in other.err


def test_rows_that_are_not_right_are_told_and_nothing_is_signed(cli: Cli, key: Path, tmp_path: Path) -> None:
    table, signed = tmp_path / "approvals.csv", tmp_path / "approvals.json"
    sign = [
        "policy",
        "approvals",
        table,
        "--id",
        "https://kaneridge.example/l",
        "--title",
        "L",
        "--key",
        key,
        "-o",
        signed,
    ]
    for text, code, said in (
        ("issuer,from\ndid:web:a.example,2026-01-01\ndid:web:b.example,soon\n", 1, "approvals.csv:3: "),
        ("isuer\ndid:web:a.example\n", 2, "no column 'isuer'"),
        ("issuer\n", 2, "no rows"),
    ):
        table.write_text(text, encoding="utf-8")
        ran = cli(*sign)
        assert ran.code == code, ran.err
        assert said in ran.err
        assert not signed.exists()
    sd = cli("policy", "sign", tmp_path / "missing", "--key", key)
    assert sd.code == 2


# -- schemas --------------------------------------------------------------------------------------------------------


def test_schemas_are_printed(cli: Cli, guild: GuildFiles) -> None:
    for name in ("facts", "recognition-policy", "decision"):
        Draft202012Validator.check_schema(cli("schema", name).json)
    schema = cli("schema", "recognition-policy").json
    assert Draft202012Validator(schema).is_valid(exact(examples.policy("utah").body))
    assert not Draft202012Validator(schema).is_valid({"id": "x"})
    assert Draft202012Validator(cli("schema", "facts").json).is_valid(json.loads(guild.facts.read_text()))
