"""What commands print and how they end: data on standard output, everything said to a person on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import typer

from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError

VALID, INVALID, USAGE, UNDETERMINED = 0, 1, 2, 3
"""Exit codes (`verify` and its relatives)."""

PASSPHRASE_VARIABLE = "BADGEPORT_PASSPHRASE"  # noqa: S105 - a name, not a secret


def say(text: str = "") -> None:
    """A message for the person at the terminal, on standard error."""
    print(text, file=sys.stderr)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def fail(message: str, code: int = USAGE) -> NoReturn:
    """End the command with a sentence on standard error."""
    say(f"badgeport: {message}")
    raise typer.Exit(code)


def read_input(path: str) -> bytes:
    """The bytes of a file, or of standard input for ``-``, never more than the input limit."""
    limit = DEFAULT_LIMITS.input_bytes
    try:
        if path == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with open(path, "rb") as stream:
                data = stream.read(limit + 1)
    except OSError as error:
        fail(f"{path}: {reason(error)}")
    if len(data) > limit:
        fail(f"{path}: larger than {limit // 1024 // 1024} MiB, which is more than any credential needs")
    return data


def write_output(path: str | None, data: bytes, *, secret: bool = False, text: bool = True) -> None:
    """Write ``data`` to a file, or to standard output when ``path`` is None or ``-``."""
    if path is None or path == "-":
        if not text and sys.stdout.isatty():
            fail("this is not text: name a file with -o")
        sys.stdout.buffer.write(data)
        if text and not data.endswith(b"\n"):
            sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
        return
    try:
        write_file(Path(path), data, mode=0o600 if secret else 0o644)
    except OSError as error:
        fail(f"{path}: {reason(error)}")


def write_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a whole file or none of it: a temporary neighbour is renamed over the name."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), mode)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def reason(error: OSError) -> str:
    """An operating system error as a person says it."""
    return (error.strerror or type(error).__name__).lower()


def passphrase_source(passphrase_file: str | None, *, confirm: bool = False) -> Callable[[], str]:
    """Where the passphrase of a key file comes from: the named file, the environment, or a prompt, in that order."""

    def ask() -> str:
        if passphrase_file is not None:
            try:
                text = Path(passphrase_file).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                fail(f"{passphrase_file}: the passphrase file could not be read")
            return text.rstrip("\r\n")
        if value := os.environ.get(PASSPHRASE_VARIABLE):
            return value
        if not sys.stdin.isatty():
            fail(f"a passphrase is needed: use --passphrase-file, or set {PASSPHRASE_VARIABLE}")
        prompted: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
        return prompted

    return ask


def plain(error: ProblemError) -> str:
    """A problem as one line: what is wrong, where, and its code."""
    where = f" (at {error.problem.pointer})" if error.problem.pointer else ""
    return f"{error.problem.detail}{where} [{error.problem.type.code}]"
