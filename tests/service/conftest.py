"""The command line as its users meet it: arguments in, exit code and two streams out."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from badgeport.service.cli import app as line
from badgeport.service.cli.app import run

PASSPHRASE = "correct horse battery staple"


@pytest.fixture(autouse=True, scope="session")
def _commands_made_once() -> Iterator[None]:
    """A process makes its commands once, and then ends; here it runs hundreds of them, which take far less time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(line, "get_command", cache(line.get_command))
        yield


@dataclass(frozen=True)
class Ran:
    """What a command left: its exit code, and both streams."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """Standard output as text."""
        return self.out.decode("utf-8")

    @property
    def json(self) -> Any:
        """Standard output as the one JSON document it must be."""
        return json.loads(self.out)


Cli: TypeAlias = Callable[..., Ran]


def invoke(*arguments: str | Path, stdin: bytes = b"") -> Ran:
    """Run one command in this process."""
    out, err = io.BytesIO(), io.BytesIO()
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(out, encoding="utf-8")
    sys.stderr = io.TextIOWrapper(err, encoding="utf-8")
    try:
        code = run([str(argument) for argument in arguments])
        sys.stdout.flush()
        sys.stderr.flush()
        return Ran(code, out.getvalue(), err.getvalue().decode("utf-8"))
    finally:
        sys.stdin, sys.stdout, sys.stderr = before


@pytest.fixture
def cli() -> Cli:
    return invoke


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """One run of the demo: its directory and what it printed."""
    directory = tmp_path_factory.mktemp("demo") / "badgeport-demo"
    return directory, invoke("demo", directory, "--json")


@pytest.fixture(scope="session")
def demo(demo_run: tuple[Path, Ran]) -> Path:
    """A directory that the demo made. Tests read it and leave it as it is."""
    return demo_run[0]


@pytest.fixture(scope="session")
def good(demo: Path) -> Path:
    """A badge that is valid with the demo's documents."""
    return demo / "credentials" / "in-district.eddsa-rdfc-2022.json"


@pytest.fixture(scope="session")
def award(demo: Path) -> Path:
    """An award file."""
    return demo / "awards" / "in-district.json"


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with one did:key key file of each kind, all under one passphrase, which lies beside them."""
    directory = tmp_path_factory.mktemp("keys")
    (directory / "PASSPHRASE").write_text(PASSPHRASE + "\n", encoding="utf-8")
    for alg in ("ed25519", "p256", "p384", "rsa"):
        made = invoke(
            "keys", "new", "--alg", alg, "-o", directory / f"{alg}.json", "--passphrase-file", directory / "PASSPHRASE"
        )
        assert made.code == 0, made.err
    return directory


@pytest.fixture
def passphrase(monkeypatch: pytest.MonkeyPatch) -> str:
    """The passphrase of every key file here, set where the command looks for it."""
    monkeypatch.setenv("BADGEPORT_PASSPHRASE", PASSPHRASE)
    return PASSPHRASE


@pytest.fixture
def plain_png(tmp_path: Path) -> Path:
    """An image without a credential."""
    path = tmp_path / "plain.png"
    assert invoke("qr", "https://badges.example/c/1", "-o", path).code == 0
    return path


@pytest.fixture
def plain_svg(tmp_path: Path) -> Path:
    """A drawing without a credential."""
    path = tmp_path / "plain.svg"
    assert invoke("qr", "https://badges.example/c/1", "-o", path).code == 0
    return path
