"""README.md and docs/command-line.md say what the commands say, and what they show can be done.

Run as a program, this file writes the help of every command into both.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from service.conftest import Cli

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
COMMAND_LINE = ROOT / "docs" / "command-line.md"
COMMANDS = (
    "badgeport",
    "badgeport demo",
    "badgeport mint",
    "badgeport verify",
    "badgeport recognize",
    "badgeport policy",
    "badgeport policy show",
    "badgeport policy check",
    "badgeport policy test",
    "badgeport policy diff",
    "badgeport policy sign",
    "badgeport policy approvals",
    "badgeport batch",
    "badgeport batch verify",
    "badgeport batch recognize",
    "badgeport hr",
    "badgeport hr import",
    "badgeport hr recheck",
    "badgeport hr settle",
    "badgeport hr export",
    "badgeport hr ledger",
    "badgeport inspect",
    "badgeport bake",
    "badgeport unbake",
    "badgeport derive",
    "badgeport qr",
    "badgeport keys",
    "badgeport keys new",
    "badgeport keys show",
    "badgeport keys rotate",
    "badgeport keys export",
    "badgeport status",
    "badgeport status new",
    "badgeport status set",
    "badgeport status show",
    "badgeport did",
    "badgeport did document",
    "badgeport contexts",
    "badgeport contexts list",
    "badgeport contexts add",
    "badgeport schema",
    "badgeport serve",
    "badgeport worker",
    "badgeport db",
    "badgeport db upgrade",
    "badgeport db backup",
    "badgeport db restore",
    "badgeport org",
    "badgeport org create",
    "badgeport org operator",
    "badgeport org second-factor",
    "badgeport token",
    "badgeport token create",
    "badgeport audit",
    "badgeport audit verify",
    "badgeport audit export",
    "badgeport publish",
    "badgeport publish check",
)
GROUPS = ("policy", "batch", "hr", "keys", "status", "did", "contexts", "db", "org", "token", "audit", "publish")
WIDTH = "100"

_BLOCK = re.compile(r"<!-- help:(?P<command>[a-z -]+) -->\n(?:```text\n(?P<text>.*?)```\n)?", re.DOTALL)
_PYTHON = re.compile(r"```python\n(.*?)```", re.DOTALL)
_RUNS = re.compile(r"<!-- runs -->\n```sh\n(.*?)```", re.DOTALL)
_LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


def _block(command: str, help_text: str) -> str:
    return f"<!-- help:{command} -->\n```text\n{help_text}```\n"


@pytest.mark.parametrize("path", [README, COMMAND_LINE], ids=lambda path: path.name)
def test_help_is_what_the_command_says(cli: Cli, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setenv("COLUMNS", WIDTH)
    monkeypatch.setenv("TERMINAL_WIDTH", WIDTH)
    blocks = list(_BLOCK.finditer(path.read_text(encoding="utf-8")))
    assert blocks
    for block in blocks:
        ran = cli(*block["command"].split()[1:], "--help")
        assert ran.code == 0
        assert block["text"] == ran.text, f"{path.name}: write it anew with python {Path(__file__).name}"


def test_every_command_is_shown(cli: Cli) -> None:
    shown = [block["command"] for block in _BLOCK.finditer(COMMAND_LINE.read_text(encoding="utf-8"))]
    assert shown == list(COMMANDS)
    for group in ("badgeport", *(f"badgeport {name}" for name in GROUPS)):
        listed = cli(*group.split()[1:], "--help").text.partition("Commands:\n")[2]
        names = {line.split()[0] for line in listed.splitlines() if re.match(r"  [a-z]", line)}
        assert {f"{group} {name}" for name in names} <= set(COMMANDS)


@pytest.fixture
def workplace(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory in which the demo was run, as the README supposes."""
    shutil.copytree(demo, tmp_path / "badgeport-demo")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_library_example_runs(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    examples = _PYTHON.findall(README.read_text(encoding="utf-8"))
    assert len(examples) == 2
    exec(compile("\n".join(examples), str(README), "exec"), {"__name__": "readme"})
    assert "did:web:badges.prairie-crossing.example" in capsys.readouterr().out


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_shell_examples_run(workplace: Path) -> None:
    commands = Path(sys.executable).parent
    if not (commands / "badgeport").exists():
        pytest.skip("badgeport is not installed beside this Python")
    blocks = _RUNS.findall(README.read_text(encoding="utf-8"))
    assert len(blocks) >= 6
    environment = {
        **os.environ,
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "BADGEPORT_PASSPHRASE": "of the reader's own choice",
    }
    ran = subprocess.run(
        ["bash", "-euc", "\n".join(blocks)], capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # The frauds, and the badge that was not in force on the day in question.
    assert ran.stdout.count("exit code 1") == blocks_that_refuse(blocks)
    assert ran.stdout.count("exit code") == blocks_that_refuse(blocks)


def blocks_that_refuse(blocks: list[str]) -> int:
    return sum(block.count("|| echo") for block in blocks)


def test_plain_lines_are_those_of_the_makefile() -> None:
    readme = README.read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(BIN)", ".venv/bin").replace(" -q", "")
    for line in (
        ".venv/bin/python -m pip install --require-hashes -r requirements/run.txt",
        ".venv/bin/python -m pip install --no-deps --no-build-isolation -e .",
        ".venv/bin/badgeport demo",
        ".venv/bin/python -m pip install --require-hashes -r requirements/dev.txt",
        ".venv/bin/python -m pytest -n auto --dist loadfile",
    ):
        assert line in readme
        assert line in makefile
    assert re.search(r"^demo:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)


@pytest.mark.parametrize("path", [README, COMMAND_LINE, ROOT / "docs" / "limitations.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def test_what_is_said_of_the_demo_is_so(demo: Path) -> None:
    table = README.read_text(encoding="utf-8").partition("| in `badgeport-demo/` |")[2].partition("\n\n")[0]
    named = set(re.findall(r"^\| `([a-z.]+)/?` \|", table, re.MULTILINE))
    assert named == {path.name for path in demo.iterdir() if not path.name.startswith(".")}


def _rewrite() -> None:
    from service.conftest import invoke

    os.environ["COLUMNS"] = os.environ["TERMINAL_WIDTH"] = WIDTH

    def anew(block: re.Match[str]) -> str:
        return _block(block["command"], invoke(*block["command"].split()[1:], "--help").text)

    README.write_text(_BLOCK.sub(anew, README.read_text(encoding="utf-8")), encoding="utf-8")
    introduction = COMMAND_LINE.read_text(encoding="utf-8").partition("## ")[0].rstrip()
    sections = "".join(
        f"\n\n## {command}\n\n{_block(command, invoke(*command.split()[1:], '--help').text)}".rstrip("\n")
        for command in COMMANDS
    )
    COMMAND_LINE.write_text(introduction + sections + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests"))
    _rewrite()
