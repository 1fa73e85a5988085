"""`badgeport recognize`: exit codes, one JSON document, what a clerk reads, and that only what verifies counts."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from badgeport.service.cli import recognize
from badgeport.verifier.recognition import examples
from badgeport.verifier.recognition.deciding.decision_json import from_json
from badgeport.verifier.recognition.deciding.record import belongs_to, decide_again
from support.guild import GuildFiles, guild_files

if TYPE_CHECKING:
    from service.conftest import Cli, Ran

PURPOSE = "salary-lane"


@pytest.fixture(scope="module")
def guild(tmp_path_factory: pytest.TempPathFactory) -> GuildFiles:
    from service.conftest import invoke

    return guild_files(invoke, tmp_path_factory.mktemp("guild"))


def ask(cli: Cli, guild: GuildFiles, policy: str | Path, *more: str | Path, badge: Path | None = None) -> Ran:
    inputs = guild.badge if badge is None else badge
    return cli("recognize", inputs, "--policy", policy, "--offline", "--documents", guild.documents, *more)


def test_accepted_is_0_and_says_how_much_first(cli: Cli, guild: GuildFiles) -> None:
    ran = ask(cli, guild, "in-district-credit", "--purpose", PURPOSE, "--facts", guild.facts)
    assert ran.code == 0
    assert ran.err == ""
    assert ran.text.startswith("ACCEPTED: 1 in-district credit\n")
    assert "an example and not law" in ran.text
    assert "found: 15, at /credentialSubject/result/3/value" in ran.text
    assert max(len(line) for line in ran.text.splitlines() if "://" not in line) <= 100


def test_with_conditions_is_0_and_names_them(cli: Cli, guild: GuildFiles) -> None:
    ran = ask(cli, guild, "aurora-colorado")
    assert ran.code == 0
    assert ran.text.startswith("ACCEPTED WITH CONDITIONS: 10 hours of salary advancement\n")
    assert "Also needed:\n  - The link to the badge" in ran.text


def test_not_accepted_is_1_and_says_why(cli: Cli, guild: GuildFiles) -> None:
    ran = ask(cli, guild, "micro-endorsement")
    assert ran.code == 1
    assert ran.text.startswith("NOT ACCEPTED\n")
    assert "This is not so:" in ran.text


def test_referred_is_3_and_says_which_facts_would_help(cli: Cli, guild: GuildFiles) -> None:
    ran = ask(cli, guild, "in-district-credit")
    assert ran.code == 3
    assert ran.text.startswith("REFERRED TO A PERSON: 0 in-district credit now, 1 at most\n")
    assert "were not given: lane." in ran.err
    assert "--facts" in ran.err


def test_json_is_the_decision_in_its_schema(cli: Cli, guild: GuildFiles) -> None:
    ran = ask(cli, guild, "in-district-credit", "--facts", guild.facts, "--json")
    assert ran.code == 0
    assert (ran.json["decision"], ran.json["amount"], ran.json["unit"]) == ("accept", "1", "in-district credit")
    schema = cli("schema", "decision").json
    assert Draft202012Validator(schema).is_valid(ran.json)
    assert not Draft202012Validator(schema).is_valid({**ran.json, "decision": "perhaps"})
    assert from_json(ran.json).to_json() == ran.json


def test_the_record_decides_again(cli: Cli, guild: GuildFiles, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    ran = ask(cli, guild, "in-district-credit", "--facts", guild.facts, "--record", path, "--json")
    record = json.loads(path.read_bytes())
    assert belongs_to(record, from_json(ran.json))
    assert decide_again(record).to_json() == ran.json


@pytest.mark.parametrize("refused", ["tampered.json", "expired.json", "suspended.json"])
def test_what_does_not_verify_is_told_and_nothing_is_decided(
    cli: Cli, guild: GuildFiles, demo: Path, tmp_path: Path, refused: str
) -> None:
    held = tmp_path / "held"
    shutil.copytree(demo / "documents", held)
    shutil.copy(guild.documents / "guild.did.json", held)
    arguments = ["recognize", guild.badge, demo / "refused" / refused, "--policy", "in-district-credit"]
    arguments += ["--documents", held, "--offline", "--facts", guild.facts]
    record = tmp_path / "record.json"
    ran = cli(*arguments, "--record", record)
    assert ran.code == 2
    assert ran.out == b""
    assert f"{refused}: it is invalid: " in ran.err
    assert "nothing was decided" in ran.err
    assert not record.exists()
    as_json = cli(*arguments, "--json")
    assert as_json.code == 2
    assert [(Path(row["file"]).name, row["verdict"]) for row in as_json.json["refused"]] == [(refused, "invalid")]
    assert as_json.json["refused"][0]["codes"]


def test_undetermined_enters_no_decision_and_help_is_offered(cli: Cli, guild: GuildFiles) -> None:
    ran = cli("recognize", guild.badge, "--policy", "in-district-credit", "--offline", "--facts", guild.facts)
    assert ran.code == 2
    assert "it is undetermined" in ran.err
    assert "--documents" in ran.err


def test_directories_archives_and_packages_are_taken_apart(cli: Cli, guild: GuildFiles, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copy(guild.badge, folder / "one.json")
    (folder / "README.txt").write_text("Her badges of this year.", encoding="utf-8")
    archive, package = tmp_path / "all.zip", tmp_path / "package.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.write(guild.badge, "inner.json")
    packed = cli("verify", guild.badge, "--offline", "--documents", guild.documents, "--package", package)
    assert packed.code == 0
    for badge in (folder, archive, package):
        ran = ask(cli, guild, "in-district-credit", "--facts", guild.facts, "--json", badge=badge)
        assert (ran.code, ran.json["amount"]) == (0, "1"), badge
    # One badge three times is one badge.
    ran = ask(cli, guild, "in-district-credit", folder, archive, "--facts", guild.facts, "--json")
    assert ran.json["amount"] == "1"


def test_what_was_credited_before_takes_up_room(cli: Cli, guild: GuildFiles, tmp_path: Path) -> None:
    line: dict[str, Any] = {
        "credential": "0" * 64,
        "purpose": PURPOSE,
        "rule": "bachelor-lanes",
        "category": "bachelor",
        "amount": "12",
        "unit": "in-district credit",
        "on": "2026-08-01",
    }
    ledger = tmp_path / "ledger.json"
    ledger.write_text(json.dumps([line]), encoding="utf-8")
    ran = ask(cli, guild, "in-district-credit", "--facts", guild.facts, "--credited", ledger)
    assert ran.code == 1
    assert "12 used before, 0 now, 0 left" in " ".join(ran.text.split())
    for wrong, said in (
        ({**line, "amount": "many"}, "line 1"),
        ({**line, "lane": "BA"}, "'lane'"),
        ({"credential": "0" * 64}, "line 1"),
        ("12", "line 1 is not an object"),
    ):
        ledger.write_text(json.dumps([wrong]), encoding="utf-8")
        refused = ask(cli, guild, "in-district-credit", "--credited", ledger)
        assert refused.code == 2
        assert said in refused.err


def test_on_a_day_on_which_the_policy_is_not_in_effect_nothing_counts(
    cli: Cli, guild: GuildFiles, tmp_path: Path
) -> None:
    policy = tmp_path / "next.yaml"
    text = examples.text("in-district-credit")
    policy.write_text(re.sub(r"effective: .*", "effective: {from: 2100-01-01}", text, count=1), encoding="utf-8")
    ran = ask(cli, guild, policy, "--facts", guild.facts)
    assert ran.code == 1
    assert "The policy is in effect" in ran.text


def test_usage_is_2_with_nothing_on_standard_output(cli: Cli, guild: GuildFiles, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"lnae": "BA"}', encoding="utf-8")
    for arguments, said in (
        (["--policy", "nowhere"], "policies by name are"),
        (["--policy", "utah"], "licence-renewal (USBE credit)"),
        (["--policy", "utah", "--purpose", "stipend"], "says nothing of 'stipend'"),
        (["--policy", "in-district-credit", "--facts", facts], "'lnae'"),
        (["--policy", "in-district-credit", "--facts", tmp_path / "none.json"], "none.json"),
        (["--policy", "in-district-credit", "--as-of", "yesterday"], "--as-of"),
        (["--policy", "in-district-credit", "--agreement", guild.badge], "--agreement"),
        (["--policy", "in-district-credit", "--approvals", facts], "--approvals"),
        (["--policy", "https://policies.example/p"], "--offline forbids"),
        (["--policy", "ftp://policies.example/p"], "https://"),
        (["--policy", guild.badge], "badge.json"),
    ):
        ran = cli("recognize", guild.badge, "--offline", "--documents", guild.documents, *arguments)
        assert ran.code == 2, arguments
        assert ran.out == b"", arguments
        assert said in ran.err, arguments
        assert "Traceback" not in ran.err


def test_policy_from_a_file_is_read_and_findings_are_told(cli: Cli, guild: GuildFiles, tmp_path: Path) -> None:
    policy = tmp_path / "credit.yaml"
    policy.write_text(examples.text("in-district-credit"), encoding="utf-8")
    assert ask(cli, guild, policy, "--facts", guild.facts).code == 0
    policy.write_text(examples.text("in-district-credit").replace("fixed: 1", "fixed: 0"), encoding="utf-8")
    ran = ask(cli, guild, policy, "--facts", guild.facts)
    assert ran.code == 2
    assert "line " in ran.err
    assert "refused for" in ran.err


def test_folder_of_policies(cli: Cli, guild: GuildFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy of the folder is known by the name of its file, and by its address."""
    text = (
        examples.text("in-district-credit")
        .replace('version: "2026-1"', 'version: "2026-2"')
        .replace("fixed: 1", "fixed: 0.5")
    )
    (tmp_path / "ours.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("BADGEPORT_POLICIES", str(tmp_path))
    assert ask(cli, guild, "ours", "--facts", guild.facts, "--json").json["amount"] == "0.5"
    address = examples.policy("in-district-credit").id
    assert ask(cli, guild, address, "--facts", guild.facts, "--json").json["policy"]["version"] == "2026-2"
    (tmp_path / "broken.yaml").write_text("title: nothing else\n", encoding="utf-8")
    ran = ask(cli, guild, "ours", "--facts", guild.facts)
    assert ran.code == 2
    assert "broken.yaml" in ran.err


def test_too_many_badges_are_refused(cli: Cli, guild: GuildFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognize, "MAXIMUM_CREDENTIALS", 1)
    ran = ask(cli, guild, "in-district-credit", guild.badge)
    assert ran.code == 2
    assert "more than 1 badges" in ran.err
