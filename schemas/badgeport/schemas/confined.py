"""Programs that read hostile files in a process of their own, with bounds on time and memory.

The decoders of pictures and PDF files are large, partly native, and can be made to work without end. What they may take
is bounded by the operating system here, where no file can talk its way around it, and what happens in them stays there.

This file is also what the process runs first: it confines itself, then becomes the program.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

UNREADABLE, PROTECTED, INTRICATE, OVERSIZED = 3, 4, 5, 6
"""Exit codes of the programs: what they cannot read, what needs a password, what takes more than allowed, too large."""

UNAVAILABLE = 7
"""No process could be started, or it got too little time: that says something about this machine alone."""

_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP")
"""What a program may see of the environment, which holds secrets."""
_PATIENCE = 6
"""How many times its processor time a program may take on a busy machine."""
_WAIT_SECONDS = 20.0
"""How long a program waits for others to end before it is started."""
_PLACES = max(2, os.cpu_count() or 1)
"""Programs that one process runs at once: each may take a whole processor and much memory."""
_DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of Linux."""

_places = threading.BoundedSemaphore(_PLACES)


class ConfinedError(Exception):
    """A program did not answer; ``code`` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the reader ended with code {code}")
        self.code = code


def run(
    program: Path, data: bytes, *arguments: int, seconds: int, memory: int, patience: float = float("inf")
) -> bytes:
    """What ``program`` writes to standard output for ``data`` on standard input, given whole numbers as arguments.

    ``seconds`` of processor time and ``memory`` bytes of address space are what it may take, where the system can hold
    it to that; elsewhere it may take a multiple of the time. ``patience`` is for how many seconds the caller waits at
    most, for a place among the programs that run already too. The program is a file of this project that imports none
    of it. Raises ConfinedError: INTRICATE where it took more than it may, UNAVAILABLE where it could not be started or
    did not get to its end on a busy machine, else its exit code.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    numbers = map(str, (os.getpid(), seconds, memory, *arguments))
    end = time.monotonic() + patience
    if not _places.acquire(timeout=max(0.0, min(_WAIT_SECONDS, patience))):
        raise ConfinedError(UNAVAILABLE)
    try:
        done = subprocess.run(  # noqa: S603 - our own file, run by the interpreter that runs this one
            [sys.executable, "-I", __file__, str(program), *numbers],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=max(0.0, min(_PATIENCE * seconds, end - time.monotonic())),
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        raise ConfinedError(UNAVAILABLE) from None
    finally:
        _places.release()
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


def _follow(parent: int) -> None:
    """End when the parent ends, whatever ends it: nobody waits for an answer then. Only Linux can be told to."""
    try:
        import ctypes
        import signal

        ctypes.CDLL(None, use_errno=True).prctl(_DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError, TypeError):
        return
    if os.getppid() != parent:
        sys.exit(UNAVAILABLE)


def _become(program: str, parent: str, seconds: str, memory: str, *arguments: str) -> None:
    import runpy

    _follow(int(parent))
    _confine(int(seconds), int(memory))
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    _become(*sys.argv[1:])
