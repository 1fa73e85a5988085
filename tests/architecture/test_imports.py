"""Who may import whom, and what an import must not drag in."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WEB_AND_DATABASE = (
    "fastapi",
    "starlette",
    "sqlmodel",
    "sqlalchemy",
    "httpx",
    "httpx2",
    "requests",
    "urllib3",
    "aiohttp",
)


def test_rooms_import_downwards_only() -> None:
    result = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "0 broken" in result.stdout


@pytest.mark.parametrize("module", ["badgeport.verifier", "badgeport.verifier.verifier", "badgeport.issuer.mint"])
def test_import_brings_no_web_database_or_http_client(module: str) -> None:
    script = (
        f"import sys, {module}\nfound = sorted(set({WEB_AND_DATABASE!r}) & set(sys.modules))\nprint(','.join(found))"
    )
    result = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_private_key_code_is_not_imported_by_the_verifier() -> None:
    script = "import sys, badgeport.verifier.verifier; print([m for m in sys.modules if 'custody' in m])"
    result = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
