"""What `badgeport verify FILE` loads: a person waits for every module of it, for each file anew."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from bench import credentials  # noqa: E402

from badgeport.keys.types import KeyType  # noqa: E402
from badgeport.service.version import VERSION  # noqa: E402

HEAVY = {
    "PIL",
    "aiohttp",
    "badgeport.issuer",
    "badgeport.service.cli.app",
    "badgeport.verifier.recognition",
    "badgeport.verifier.repetition",
    "click",
    "fastapi",
    "importlib.metadata",
    "jinja2",
    "jwcrypto",
    "multiprocessing",
    "numpy",
    "pyarrow",
    "pydantic",
    "requests",
    "sqlalchemy",
    "starlette",
    "typer",
    "urllib3",
}
PROGRAM = """
import json, sys
from badgeport.service.cli import main
try:
    main()
finally:
    print(json.dumps([name for name, module in sys.modules.items() if module is not None]), file=sys.stderr)
"""


@pytest.fixture
def badge(tmp_path: Path) -> Path:
    file = tmp_path / "badge.json"
    file.write_bytes(credentials.sample("minimal", "eddsa-rdfc-2022", KeyType.ED25519).shown)
    return file


def test_verifying_a_file_loads_nothing_that_it_does_not_need(badge: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, "verify", str(badge), "--offline"],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert b"VALID" in ran.stdout
    loaded = set(json.loads(ran.stderr))
    assert "badgeport.verifier.verifier" in loaded
    assert loaded & HEAVY == set()


def test_the_version_at_hand_is_the_packages() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == VERSION
