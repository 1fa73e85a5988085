"""`badgeport batch`: many records from files into files, the same on processes and on Dask, and as one by one."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from service.conftest import Cli


def instant() -> str:
    """Now: what the demo left is in force."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def many(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo left, valid and refused, as files and as lines; and a line that is no badge."""
    folder = tmp_path_factory.mktemp("batch") / "many"
    for name in ("credentials", "images", "refused"):
        shutil.copytree(demo / name, folder / name)
    shown = sorted((demo / "credentials").glob("*.jwt"))
    (folder / "lines.ndjson").write_bytes(b"\n".join([*(path.read_bytes().strip() for path in shown), b"no badge"]))
    return folder


def lines_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.ndjson").read_bytes().splitlines()]


def told(line: dict[str, Any]) -> dict[str, Any]:
    """A result without the instant of its check."""
    return {name: value for name, value in line.items() if name != "checkedAt"}


def test_every_result_is_that_of_verify(cli: Cli, demo: Path, many: Path, tmp_path: Path) -> None:
    given = ("--offline", "--documents", demo / "documents", "--as-of", instant())
    ran = cli("batch", "verify", many, "--out", tmp_path / "out", "--workers", "2", *given)
    assert ran.code == 0, ran.err
    lines = lines_of(tmp_path / "out")
    files = [line for line in lines if ".ndjson" not in line["input"]]
    reports = cli("verify", many / "credentials", many / "images", many / "refused", *given, "--json").json["reports"]
    assert [(line["input"], line["verdict"], line["sha256"]) for line in files] == [
        (report["file"], report["verdict"], report["input"]["sha256"]) for report in reports
    ]
    verdicts = {line["verdict"] for line in lines}
    assert {"valid", "invalid"} <= verdicts
    assert lines[-1]["row"] == len(lines)
    (nothing,) = [line for line in lines if line["error"] is not None]
    assert nothing["input"].endswith("lines.ndjson line " + str(len(lines) - len(files)))


def test_one_json_document_sums_it_up(cli: Cli, demo: Path, many: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = cli("batch", "verify", many, "--out", out, "--offline", "--documents", demo / "documents", "--json")
    lines = lines_of(out)
    assert ran.json == json.loads((out / "summary.json").read_bytes())
    assert ran.json["records"] == len(lines)
    assert ran.json["task"] == "verify"
    assert ran.json["inputs"] == [str(many)]
    assert sum(ran.json["verdicts"].values()) == len(lines)
    assert ran.json["verdicts"]["valid"] == sum(line["verdict"] == "valid" for line in lines)
    assert ran.json["duplicates"] >= len(list((many / "images").iterdir()))
    again = cli("batch", "verify", many, "--out", out, "--offline", "--documents", demo / "documents", "--resume")
    assert again.code == 0
    assert lines_of(out) == lines


def test_dask_gives_the_same_results(cli: Cli, demo: Path, many: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="badgeport[dask] is not installed")
    given = ("--offline", "--documents", demo / "documents", "--as-of", instant(), "--workers", "2", "--chunk", "5")
    for engine in ("local", "dask"):
        ran = cli("batch", "verify", many, "--out", tmp_path / engine, "--engine", engine, *given)
        assert ran.code == 0, ran.err
    local, dask = (lines_of(tmp_path / engine) for engine in ("local", "dask"))
    assert [told(line) for line in dask] == [told(line) for line in local]
    assert json.loads((tmp_path / "dask" / "summary.json").read_bytes())["engine"] == "dask"


def test_a_cluster_that_is_not_there_is_told(cli: Cli, many: Path, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="badgeport[dask] is not installed")
    ran = cli("batch", "verify", many, "--out", tmp_path / "out", "--engine", "dask", "--scheduler", "nowhere")
    assert ran.code == 2
    assert "no Dask scheduler answers at nowhere" in ran.err


def test_dask_that_is_not_installed_is_told(
    cli: Cli, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    ran = cli("batch", "verify", many, "--out", tmp_path / "out", "--engine", "dask")
    assert ran.code == 2
    assert "install badgeport[dask]" in ran.err


POLICY = """
id: https://policies.lakes.example/credit
version: "1"
title: Credit
jurisdiction: {id: "did:web:lakes.example", name: Lakes, area: US-IL, kind: district}
effective: {from: 2020-01-01}
status: draft
language: en
purposes:
  salary-lane: {title: Salary schedule, unit: in-district credit}
rules:
  - id: teachers
    title: Badges of teachers
    purpose: salary-lane
    citation: {text: "Agreement, section 1"}
    who: [{role: {oneOf: [teacher]}}]
    credential: {issuer: {oneOf: [ISSUER]}}
    conditions: []
    worth: {fixed: 1.5}
    decides: automatic
"""


@pytest.fixture
def policy(demo: Path, many: Path, tmp_path: Path) -> Path:
    """A policy under which the badges of one of the demo's issuers are worth something to teachers."""
    signed = json.loads((demo / "credentials" / "in-district.eddsa-rdfc-2022.json").read_bytes())
    issuer = signed["issuer"]["id"]
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY.replace("ISSUER", f'"{issuer}"'), encoding="utf-8")
    return path


def test_every_decision_is_that_of_recognize(cli: Cli, demo: Path, many: Path, policy: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.json"
    facts.write_text('{"role": "teacher"}', encoding="utf-8")
    given = ("--policy", policy, "--facts", facts, "--offline", "--documents", demo / "documents", "--as-of", instant())
    out = tmp_path / "out"
    ran = cli("batch", "recognize", many, "--out", out, "--workers", "2", *given, "--json")
    assert ran.code == 0, ran.err
    lines = lines_of(out)
    decided = [line for line in lines if line["decision"] is not None]
    assert [line for line in lines if line["verdict"] == "valid"] == decided
    assert {line["decision"]["decision"] for line in decided} == {"accept", "not_accepted"}
    for line in decided[:: len(decided) // 4]:
        if ".ndjson" in line["input"]:
            continue
        alone = cli("recognize", line["input"], *given, "--json").json
        for name in ("decision", "amount", "atMost", "unit", "purpose"):
            assert line["decision"][name] == alone[name]
        assert line["decision"]["policy"]["sha256"] == alone["policy"]["sha256"]
        assert line["decision"]["missing"] == [each["text"] for each in alone["missing"]]
    accepted = [line["decision"] for line in decided if line["decision"]["decision"] == "accept"]
    assert {(each["amount"], each["rule"]) for each in accepted} == {("1.5", "teachers")}
    assert ran.json["decisions"] == {"accept": len(accepted), "not_accepted": len(decided) - len(accepted)}


def test_without_facts_a_person_is_asked(cli: Cli, demo: Path, good: Path, policy: Path, tmp_path: Path) -> None:
    given = ("--policy", policy, "--offline", "--documents", demo / "documents")
    assert cli("batch", "recognize", good, "--out", tmp_path / "out", *given).code == 0
    (line,) = lines_of(tmp_path / "out")
    assert (line["decision"]["decision"], line["decision"]["atMost"]) == ("refer", "1.5")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.json",), "no such file"),
        (("https://badges.example/1",), "web addresses go into a file"),
        ((".", "--engine", "spark"), "--engine: local or dask"),
        ((".", "--workers", "0"), "--workers"),
        ((".", "--chunk", "0"), "--chunk"),
        ((".", "--scheduler", "tcp://localhost:1"), "--engine dask"),
        ((".", "--as-of", "yesterday"), "--as-of"),
        ((".", "--policy", "nowhere"), "nowhere"),
        ((".", "--trust", "nowhere"), "nowhere"),
        ((".", "--documents", "nowhere"), "--documents"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_made(
    cli: Cli, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = cli("batch", "verify", *arguments, "--out", tmp_path / "out")
    assert ran.code == 2
    assert said in ran.err
    assert not (tmp_path / "out").exists()


def test_results_are_not_written_over(cli: Cli, good: Path, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear")
    ran = cli("batch", "verify", good, "--out", tmp_path)
    assert ran.code == 2
    assert "--resume" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["letter"]
