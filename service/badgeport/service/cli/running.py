"""How a command is begun and how it ends: no error becomes a traceback, and none a verdict."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import (
    OUTPUT_LOST,
    STOPPED,
    UNDETERMINED,
    USAGE,
    Failure,
    let_go_of_output,
    plain,
    reason,
    refused,
    say,
)
from badgeport.service.cli.quick import verify_line


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code. No error becomes a traceback, and none a verdict."""
    _open_streams()
    code = _run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Who reads the output has read enough; that does not change what was found.
        let_go_of_output()
    except (OSError, ValueError) as error:
        let_go_of_output()
        return _failed(error)
    return code


def _run(arguments: list[str]) -> int:
    try:
        asked = verify_line(arguments)
        if asked is not None:
            with _loading():
                from badgeport.service.cli.verify import verify_inputs
            return verify_inputs(**asked)
        from badgeport.service.cli.app import invoke

        return invoke(arguments)
    except Failure as failure:
        return refused(str(failure), failure.code, arguments)
    except (KeyboardInterrupt, EOFError):
        say("badgeport: stopped")
        return STOPPED
    except BrokenPipeError:
        let_go_of_output()
        return OUTPUT_LOST
    except ProblemError as error:
        return refused(plain(error), USAGE, arguments, error.problem.to_json())
    except Exception as error:
        return _failed(error)


@contextmanager
def _loading() -> Iterator[None]:
    """Modules are loaded without looking for garbage among them: what is loaded stays."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _failed(error: Exception) -> int:
    """The exit code of a command that the system stopped, or a defect of ours: neither is a verdict."""
    if isinstance(error, OSError):
        say(f"badgeport: {error.filename or 'output'}: {reason(error)}")
        return USAGE
    say(f"badgeport: a mistake in this program stopped it ({type(error).__name__}); nothing was decided")
    return UNDETERMINED


def _open_streams() -> None:
    """Standard streams that were closed lead nowhere; characters a terminal lacks are written as escapes."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open for as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
