"""Programs that read hostile files in a process of their own, with bounds on time and memory.

The decoders of pictures and PDF files are large, partly native, and can be made to work without end. What they may take
is bounded by the operating system here, where no file can talk its way around it, and what happens in them stays there.

This file is also what the process runs first: it confines itself, then becomes the program.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

UNREADABLE, PROTECTED, INTRICATE, OVERSIZED = 3, 4, 5, 6
"""Exit codes of the programs: what they cannot read, what needs a password, what takes more than allowed, too large."""

UNAVAILABLE = 7
"""No process could be started on this system."""

_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
"""What a program may see of the environment, which holds secrets."""
_PATIENCE = 6
"""How many times its processor time a program may take on a busy machine."""


class ConfinedError(Exception):
    """A program did not answer; ``code`` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the reader ended with code {code}")
        self.code = code


def run(program: Path, data: bytes, *arguments: int, seconds: int, memory: int) -> bytes:
    """What ``program`` writes to standard output for ``data`` on standard input, given whole numbers as arguments.

    ``seconds`` of processor time and ``memory`` bytes of address space are what it may take, where the system can hold
    it to that; elsewhere it may take a multiple of the time. The program is a file of this project that imports none of
    it. Raises ConfinedError: INTRICATE where it was stopped, UNAVAILABLE where none can be started, else its exit code.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    command = [sys.executable, "-I", __file__, str(program), str(seconds), str(memory), *map(str, arguments)]
    try:
        done = subprocess.run(  # noqa: S603 - our own file, run by the interpreter that runs this one
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=_PATIENCE * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConfinedError(INTRICATE) from None
    except (OSError, ValueError):
        raise ConfinedError(UNAVAILABLE) from None
    if done.returncode == 0:
        return done.stdout
    # The system ends what took too much with a signal, which is a negative code.
    known = done.returncode in (UNREADABLE, PROTECTED, OVERSIZED)
    raise ConfinedError(done.returncode if known else INTRICATE)


def _confine(seconds: int, memory: int) -> None:
    try:
        import resource
    except ImportError:
        return
    for kind, bound in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        try:
            resource.setrlimit(kind, (bound, bound))
        except (OSError, ValueError):
            continue


def _become(program: str, seconds: str, memory: str, *arguments: str) -> None:
    import runpy

    _confine(int(seconds), int(memory))
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    _become(*sys.argv[1:])
