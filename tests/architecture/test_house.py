"""Habits: no unfinished marks, no address of a registry, documentation that matches the code."""

import re
import subprocess
from pathlib import Path

from badgeport.schemas import problems

ROOT = Path(__file__).resolve().parents[2]
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
REGISTRIES = re.compile(r"registry\.npmjs|pypi\.org|pythonhosted|crates\.io|deb\.debian", re.IGNORECASE)


def tracked() -> list[Path]:
    """The files git knows or would add; the whole tree where git is missing."""
    result = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / line for line in result.stdout.splitlines() if (ROOT / line).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_nothing_is_marked_unfinished() -> None:
    ours = [path for path in tracked() if path.suffix in {".py", ".md", ".toml", ".mjs"} and path != Path(__file__)]
    assert len(ours) > 50
    assert [str(path) for path in ours if UNFINISHED.search(text_of(path))] == []


def test_no_file_names_a_registry_host() -> None:
    assert [str(path) for path in tracked() if path != Path(__file__) and REGISTRIES.search(text_of(path))] == []


def test_every_problem_type_is_documented() -> None:
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    types = [value for value in vars(problems).values() if isinstance(value, problems.ProblemType)]
    assert len(types) > 30
    assert [kind.uri for kind in types if f"`{kind.uri}`" not in page] == []
    assert set(re.findall(r"`(https://[^`]+#[A-Z_]+)`", page)) == {kind.uri for kind in types}


def test_adr_index_lists_every_record() -> None:
    directory = ROOT / "docs" / "adr"
    index = (directory / "README.md").read_text(encoding="utf-8")
    records = sorted(path.name for path in directory.glob("0*.md"))
    assert records
    assert sorted(re.findall(r"\((0\d{3}-[a-z0-9-]+\.md)\)", index)) == records
