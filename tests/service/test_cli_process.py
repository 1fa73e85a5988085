"""The installed command as another program meets it: real streams, real signals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).parent / "badgeport"

pytestmark = pytest.mark.skipif(not COMMAND.exists(), reason="badgeport is not installed beside this Python")


def _run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, timeout=120, check=False, **options)  # type: ignore[call-overload,no-any-return]


def _shell(line: str, **variables: str | Path) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "BADGEPORT": str(COMMAND), **{name: str(value) for name, value in variables.items()}}
    return subprocess.run(["bash", "-c", line], capture_output=True, timeout=120, check=False, env=environment)


@pytest.mark.parametrize(("name", "code"), [("credentials", 0), ("refused/expired.json", 1), ("qr", 2), ("missing", 2)])
def test_exit_code_and_streams(demo: Path, name: str, code: int) -> None:
    ran = _run("verify", "--offline", "--documents", demo / "documents", demo / name)
    assert ran.returncode == code
    assert b"Traceback" not in ran.stderr
    if name == "missing":
        assert ran.stdout == b""
        assert b"no such file" in ran.stderr


def test_undetermined_is_3(good: Path) -> None:
    ran = _run("verify", good, "--json")
    assert ran.returncode == 3
    assert json.loads(ran.stdout)["verdict"] == "undetermined"
    assert ran.stderr


def test_version_and_help_without_what_is_heavy() -> None:
    assert _run("--version").stdout.startswith(b"badgeport ")
    code = (
        "import sys; from badgeport.service.cli.app import run; run(['verify', '--help']);"
        "print([name for name in ('pyld', 'cryptography', 'lxml', 'jwcrypto', 'requests') if name in sys.modules],"
        " file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60, check=True)
    assert ran.stdout.startswith(b"Usage: badgeport verify")
    assert ran.stderr.strip() == b"[]"


def test_no_arguments_is_usage() -> None:
    ran = _run()
    assert ran.returncode == 2
    assert b"Usage" in ran.stdout + ran.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_reader_that_stops_reading_changes_no_verdict(demo: Path) -> None:
    line = '"$BADGEPORT" verify --documents "$DEMO/documents" "$DEMO/{}" {} | true; echo "${{PIPESTATUS[0]}}"'
    for folder, code in (("credentials", b"0"), ("refused", b"1")):
        for option in ("", "--json"):
            ran = _shell(line.format(folder, option), DEMO=demo)
            assert ran.stdout.strip() == code
            assert ran.stderr == b""
    lost = _shell(
        '"$BADGEPORT" mint "$DEMO/awards/in-district.json" --key "$DEMO/keys/district-ed25519.json"'
        ' --passphrase-file "$DEMO/keys/DEMO-PASSPHRASE" | true; echo "${PIPESTATUS[0]}"',
        DEMO=demo,
    )
    assert lost.stdout.strip() in (b"0", b"141")
    assert lost.stderr == b""


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not here")
def test_closed_streams(demo: Path, good: Path) -> None:
    verify = '"$BADGEPORT" verify --documents "$DEMO/documents" "$FILE"'
    for closed, file, code in ((">&-", good, 0), ("2>&-", good, 0), ("<&- >&- 2>&-", good, 0), ("<&-", "-", 2)):
        ran = _shell(f"{verify} {closed}", DEMO=demo, FILE=file)
        assert ran.returncode == code, (closed, ran.stderr)
        assert b"Traceback" not in ran.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_full_disk_is_an_error_in_words(demo: Path, good: Path) -> None:
    for option in ((), ("--json",)):
        with open("/dev/full", "wb") as full:
            ran = subprocess.run(
                [COMMAND, "verify", "--documents", demo / "documents", good, *option],
                stdout=full,
                stderr=subprocess.PIPE,
                timeout=60,
                check=False,
            )
        assert ran.returncode == 2
        assert ran.stderr == b"badgeport: output: no space left on device\n"


def wait_for_input(pid: int) -> None:
    """Until a process waits to read its standard input, however busy the machine is."""
    call = Path(f"/proc/{pid}/syscall")
    if not call.exists():
        time.sleep(10)
        return
    reads = ("0 0x0 ", "63 0x0 ")  # x86-64, AArch64
    until = time.monotonic() + 60
    while time.monotonic() < until and not call.read_text("ascii").startswith(reads):
        time.sleep(0.1)


def test_interruption_is_no_verdict() -> None:
    process = subprocess.Popen(
        [COMMAND, "verify", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background may have them ignore interruptions, and what they start as well.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    wait_for_input(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b""
    assert err == b"badgeport: stopped\n"


def test_terminal_that_knows_few_characters(demo: Path, good: Path, tmp_path: Path) -> None:
    odd = os.path.join(os.fsencode(tmp_path), b"b\xffadge \xe2\x80\xa6.json")
    try:
        shutil.copy(os.fsencode(good), odd)
    except OSError:
        pytest.skip("this file system takes no such name")
    plain = {**os.environ, "PYTHONIOENCODING": "ascii"}
    shown = subprocess.run(
        [COMMAND, "verify", "--documents", demo / "documents", odd, good], capture_output=True, env=plain, check=False
    )
    assert shown.returncode == 0
    assert shown.stdout.isascii()
    ran = subprocess.run(
        [COMMAND, "verify", "--documents", demo / "documents", odd, good, "--json"],
        capture_output=True,
        env=plain,
        check=False,
    )
    assert ran.returncode == 0
    assert os.fsencode(json.loads(ran.stdout)["reports"][0]["file"]) == odd
