"""What commands print and how they end: data on standard output, everything said to a person on standard error."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError
from badgeport.service.version import VERSION

VALID, INVALID, USAGE, UNDETERMINED = 0, 1, 2, 3
"""Exit codes (`verify` and its relatives)."""

STOPPED, OUTPUT_LOST = 130, 141
"""Exit codes of a command that was interrupted, and of one whose output nobody took; as shells count them."""

PASSPHRASE_VARIABLE = "BADGEPORT_PASSPHRASE"  # noqa: S105 - a name, not a secret
_PASSPHRASE_BYTES = 4096
_KEY_FILE_BYTES = 64 * 1024


def software() -> str:
    """The name and version of this program."""
    return f"badgeport {VERSION}"


def say(text: str = "") -> None:
    """A message for the person at the terminal, on standard error."""
    with suppress(BrokenPipeError):
        print(printable(text), file=sys.stderr)


def show(text: str, *, before: str = "") -> None:
    """Lines for a person on standard output. Who stops reading (``| head``) changes neither the work nor its result.

    ``before`` is put before the text as it is: it is ours, and may hold a colour.
    """
    try:
        sys.stdout.write(before + printable(text) + "\n")
    except BrokenPipeError:
        let_go_of_output()


def print_json(value: Any) -> None:
    """One JSON document on standard output, in UTF-8 whatever the terminal speaks."""
    # A file name that is not UTF-8 comes as lone surrogates; as \\udcXX they are JSON all the same.
    text = json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        let_go_of_output()


def let_go_of_output() -> None:
    """Send what is still to be written nowhere, so that the interpreter does not complain of it when it ends."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def printable(text: str) -> str:
    """The text with control and direction-changing characters replaced: what a document says must not redraw a screen.

    Line breaks and tabs stay.
    """
    return "".join(symbol if symbol.isprintable() or symbol in "\n\t" else "\ufffd" for symbol in text)


class Failure(Exception):  # noqa: N818 - how a command ends, not a defect
    """Ends the command with a sentence for the person and an exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def fail(message: str, code: int = USAGE) -> NoReturn:
    """End the command with a sentence on standard error, and in the JSON document where one was asked for."""
    raise Failure(message, code)


def refused(message: str, code: int, arguments: list[str], problem: dict[str, object] | None = None) -> int:
    """Say why a command ended, to the person and, where asked for, in the one JSON document; returns ``code``."""
    say(f"badgeport: {message}")
    if "--json" in arguments:
        print_json({"error": problem or {"detail": message}})
    return code


def hand_out(output: str | None, data: bytes, as_json: bool, *, text: bool = True, **facts: Any) -> None:
    """Write what was made; with ``--json`` print one document about it, which holds it where no file does."""
    into_file = output is not None and output != "-"
    if into_file or not as_json:
        write_output(output, data, text=text)
    if as_json:
        made = {"file": output} if into_file else {"content": data.decode("utf-8", "surrogateescape")}
        print_json({**facts, "sha256": hashlib.sha256(data).hexdigest(), **made})


class Unreadable(Exception):  # noqa: N818 - it ends one input, not the program
    """An input that could not be read; the text says which and why."""


def read_bytes(path: str, limit: int = DEFAULT_LIMITS.input_bytes) -> bytes:
    """The bytes of a file, or of standard input for ``-``, never more than ``limit``. Raises Unreadable."""
    try:
        if path == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with open(path, "rb") as stream:
                data = stream.read(limit + 1)
    except OSError as error:
        raise Unreadable(reason(error)) from None
    except ValueError:
        raise Unreadable("no file can have this name") from None
    if len(data) > limit:
        raise Unreadable(too_large(limit))
    return data


def too_large(limit: int) -> str:
    """Why an input of more than ``limit`` bytes is not read."""
    return f"larger than {limit // 1024 // 1024} MiB, which is more than any credential needs"


def read_input(path: str) -> bytes:
    """As `read_bytes`, but an input that cannot be read ends the command."""
    try:
        return read_bytes(path)
    except Unreadable as error:
        fail(f"{named(path)}: {error}")


def named(path: str) -> str:
    """An input as a person calls it."""
    return "standard input" if path == "-" else path


@contextmanager
def about(name: str) -> Iterator[None]:
    """A problem found inside ends the command with a sentence that begins with ``name``."""
    try:
        yield
    except ProblemError as error:
        fail(f"{named(name)}: {plain(error)}")


def write_output(path: str | None, data: bytes, *, text: bool = True, verbatim: bool = False) -> None:
    """Write ``data`` to a file, or to standard output when ``path`` is None or ``-``. A key file is never replaced.

    Text on a terminal or in a pipe ends with a line break, unless it is to be ``verbatim``.
    """
    if path is None or path == "-":
        if not text and sys.stdout.isatty():
            fail("this is not text: name a file with -o")
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        if text and not verbatim and not data.endswith(b"\n"):
            sys.stdout.buffer.write(b"\n")
        sys.stdout.buffer.flush()
        return
    target = Path(path)
    try:
        if _holds_key(target):
            fail(f"{path}: this file holds a private key and is not overwritten; name another file")
        write_file(target, data)
    except OSError as error:
        fail(f"{path}: {reason(error)}")
    except ValueError:
        fail("no file can have the name given with -o")


def write_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a whole file or none of it: a temporary neighbour is renamed over the name.

    A link is followed. What is no regular file (a device, a pipe) is written to and not replaced.
    """
    if path.exists() and not path.is_file():
        with open(path, "wb") as stream:
            stream.write(data)
        return
    path = Path(os.path.realpath(path))
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}.tmp")
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


def _holds_key(path: Path) -> bool:
    """Whether a private key would be lost if this file were replaced."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as stream:
            begin = stream.read(_KEY_FILE_BYTES)
    except PermissionError:
        return False
    return b"PRIVATE KEY-----" in begin


def reason(error: OSError) -> str:
    """An operating system error as a person says it."""
    return (error.strerror or type(error).__name__).lower()


def passphrase_source(passphrase_file: str | None, *, confirm: bool = False) -> Callable[[], str]:
    """Where the passphrase of a key file comes from: the named file, the environment, or a prompt, in that order."""

    def ask() -> str:
        if passphrase_file is not None:
            return _passphrase_in(passphrase_file)
        if value := os.environ.get(PASSPHRASE_VARIABLE):
            return value
        if not sys.stdin.isatty():
            fail(f"a passphrase is needed: use --passphrase-file, or set {PASSPHRASE_VARIABLE}")
        import typer

        prompted: str = typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
        return prompted

    return ask


def _passphrase_in(path: str) -> str:
    try:
        with open(path, "rb") as stream:
            text = stream.read(_PASSPHRASE_BYTES + 1).decode("utf-8")
    except OSError as error:
        fail(f"{path}: the passphrase file could not be read: {reason(error)}")
    except ValueError:
        fail(f"{path}: the passphrase file is not UTF-8 text")
    if len(text) > _PASSPHRASE_BYTES:
        fail(f"{path}: too long for a passphrase")
    return text.rstrip("\r\n")


def plain(error: ProblemError) -> str:
    """A problem as one line: what is wrong, where, and its code."""
    where = f" (at {error.problem.pointer})" if error.problem.pointer else ""
    return f"{error.problem.detail.rstrip('.')}{where} [{error.problem.type.code}]"
