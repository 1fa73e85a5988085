"""What ships: only the eight portions, their data and the licence; never a key, a test or a note."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("schemas", "keys", "proofs", "web", "issuer", "verifier", "receiver", "service")


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("dist")
    stray = ROOT / "keys" / "stray-test-key.pem"
    stray.write_text("not a key", encoding="utf-8")
    try:
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "-d", str(directory)],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
    finally:
        stray.unlink()
    return directory


def test_wheel_holds_the_portions_and_nothing_else(archives: Path) -> None:
    (wheel,) = archives.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in names:
        top, _, rest = name.partition("/")
        if top.endswith(".dist-info"):
            continue
        assert top == "badgeport", name
        assert rest.split("/")[0] in ROOMS, name
        assert not name.endswith((".pem", ".key")), name
    assert "badgeport/__init__.py" not in names
    for room in ROOMS:
        assert f"badgeport/{room}/py.typed" in names
    assert any(name.startswith("badgeport/schemas/contexts/data/") for name in names)
    assert "badgeport/verifier/recognition/examples/utah.yaml" in names
    assert "badgeport/verifier/recognition/examples/partnership-agreement.json" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_source_archive_holds_no_stray_file(archives: Path) -> None:
    (sdist,) = archives.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = ["/".join(name.split("/")[1:]) for name in archive.getnames()]
    for name in names:
        assert name.startswith(tuple(f"{room}/badgeport" for room in ROOMS)) or name in {
            "pyproject.toml",
            "README.md",
            "CHANGELOG.md",
            "LICENSE",
            "PKG-INFO",
            ".gitignore",
        }, name
