"""Cold starts: what one whole process costs, from its start to its end.

Modules are compiled once and kept, as an installer leaves them, whatever the environment says of byte code.
"""

from __future__ import annotations

import atexit
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from bench.measure import Contender, Missing, Question, Role, Timing

START = "Start"
IMPORT, ONE_FILE = "a process that imports the verifier", "a process that verifies one file"
BARE = "bare Python"
COMMAND = "badgeport verify FILE --offline"
_OPENBADGESLIB = (
    "import sys\n"
    "from openbadgeslib.ob3.ldp import OB3LdpVerifier\n"
    "assert OB3LdpVerifier().verify(open(sys.argv[1], 'rb').read()).id\n"
)


def questions(file: Path, size: str) -> list[Question]:
    """The questions of starting; ``file`` is a credential that is valid today."""
    python = [sys.executable, "-c"]
    command = Path(sys.executable).with_name("badgeport")
    importing = (
        _program("import badgeport.verifier.verifier", "ours", [*python, "import badgeport.verifier.verifier"]),
        _peer("import openbadgeslib.ob3.ldp", "openbadgeslib", [*python, "import openbadgeslib.ob3.ldp, pyld.jsonld"]),
        _peer("import pyld.jsonld", "pyld", [*python, "import pyld.jsonld"]),
        _program(BARE, "limit", [*python, "pass"]),
    )
    verifying = (
        _program(COMMAND, "ours", [str(command), "verify", str(file), "--offline"])
        if command.exists()
        else Missing(COMMAND, "the command is not installed beside this Python"),
        _peer("openbadgeslib, a script of three lines", "openbadgeslib", [*python, _OPENBADGESLIB, str(file)]),
        _program(BARE, "limit", [*python, "pass"]),
    )
    return [
        Question(START, IMPORT, "", importing, batched=False),
        Question(START, ONE_FILE, size, verifying, batched=False),
    ]


def _peer(name: str, package: str, arguments: Sequence[str]) -> Contender | Missing:
    if find_spec(package) is None:
        return Missing(name, f"peer missing: {package} is not installed")
    return _program(name, "peer", arguments)


@cache
def _environment() -> dict[str, str]:
    """The variables of every process: byte code is kept in a directory that all of them share."""
    kept = tempfile.TemporaryDirectory(prefix="badgeport-bench-")
    atexit.register(kept.cleanup)
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return inherited | {"PYTHONPYCACHEPREFIX": kept.name}


def _program(name: str, role: Role, arguments: Sequence[str]) -> Contender:
    def run() -> int:
        return subprocess.run(
            arguments, env=_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        ).returncode

    def sample(count: int) -> Timing:
        wall, cpu = time.perf_counter(), _children()
        for _ in range(count):
            run()
        return Timing((_children() - cpu) / count, (time.perf_counter() - wall) / count)

    return Contender(name, role, sample, lambda: run() == 0)


def _children() -> float:
    """Processor seconds of the processes that ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
