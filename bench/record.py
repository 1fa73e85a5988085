"""The record of a run: what was measured, where, with what, and the tables."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.credentials import SEED, Facts
from bench.tables import table

ROOT = Path(__file__).resolve().parents[1]
RESULTS = "bench/RESULTS.md"
PACKAGES = (
    "badgeport",
    "cryptography",
    "pyld",
    "openbadgeslib",
    "rfc8785",
    "pyjwt",
    "jwcrypto",
    "joserfc",
    "sd-jwt",
    "base58",
)
SERVICE_PACKAGES = ("badgeport", "fastapi", "starlette", "uvicorn", "httptools", "uvloop", "pyld", "cryptography")
SERVICE_HEADING = "## The service over HTTP"
"""What ``python -m bench.http`` writes stands below it, at the end of the record."""
BULK_HEADING = "## Awards in bulk"
"""What ``python -m bench.bulk`` writes stands below it."""
BATCH_HEADING = "## Records in batches"
"""What ``python -m bench.batch`` writes stands below it."""
SECTIONS = (SERVICE_HEADING, BULK_HEADING, BATCH_HEADING)
"""What others than ``python -m bench`` write, in the order of the record."""

EXPLANATION = """\
How to read this: every contender of every table was run in turn, round after round, in one process (JavaScript: in one
Node.js process that takes its own time; cold starts: in a process each). A figure is the median over the rounds of the
processor time of one operation, user and system; beside it stand the smallest and the largest round and the median of
wall clock. Ratios are of medians of processor time, and they, not the absolute figures, are what to quote; noise is
about 15 %.

- **Badgeport** is the public function with every check on: `Verifier.inspect` (key resolution, dates, data model and
  all other checks included) and `mint` (build, validate, secure, read back, verify). **The proof alone** is
  `open_secured` with `verify_secured`, and `secure`. Peers differ in how much they check beside the proof.
- **Limit** is what no implementation can do without: reading JSON (base64url too, for tokens), SHA-256 of bytes that
  are canonical already, and one signature; for ecdsa-sd-2023 one signature for each statement that has one, and for
  deriving no signature, but one HMAC a blank node.
- Every contender goes from bytes to a verdict, or from a finished credential to bytes; Badgeport's `mint` starts from
  an award. openbadgeslib issues from its own model, which has no place for some members and so signs less; as "the
  proof alone" it secures exactly what Badgeport does. Keys and verifiers are made beforehand and kept, except that
  `Verifier.inspect`, openbadgeslib's verifier of embedded proofs and @digitalbazaar/vc find the key by its identifier;
  they may keep what they found. Contexts are at hand. PyLD has every context at hand and marked static, so that its
  cache of resolved contexts serves.
- Cold starts: the limit is Python that does nothing.
- The seed gives everything but the RSA key and the randomness of signatures and salts.
- Node.js compiles and collects garbage in further threads: its processor time may exceed its wall clock.
- Before anything was timed, every contender gave the right result, and every one that verifies refused the same
  credential with one word, or one bit of the signature, changed.
"""


def command(arguments: Sequence[str], program: str = "bench") -> str:
    """The command of this run, as one types it at the root of the repository."""
    shown = []
    for argument in arguments:
        path = Path(argument)
        # No directory of the machine belongs in a record.
        if path.is_absolute():
            argument = path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name
        shown.append(argument)
    return shlex.join(["python", "-m", program, *shown])


def commit() -> str:
    """The commit that was measured; that it was none, where files differ from it (the record itself does not count)."""
    changed = _git("status", "--porcelain", "--", ".", f":!{RESULTS}")
    head = _git("rev-parse", "--short=12", "HEAD")
    if changed is None or head is None:
        return "unknown"
    return f"uncommitted, on top of {head}" if changed else head


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def processor() -> str:
    """The processor's name and how many this process may use."""
    name = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                name = line.partition(":")[2].strip()
                break
    return f"{os.cpu_count()} × {name}"


def versions(names: Sequence[str] = PACKAGES) -> dict[str, str]:
    """The versions of the Python packages that are measured."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def named_versions(names: Sequence[str] = PACKAGES) -> str:
    """Packages with their versions, in a row."""
    return ", ".join(f"{name} {number}" for name, number in versions(names).items())


def run_facts(arguments: Sequence[str], program: str = "bench") -> list[str]:
    """What was run, when, of which commit and on what."""
    return [
        f"- Command: `{command(arguments, program)}`",
        f"- Date: {datetime.now(UTC):%Y-%m-%d}",
        f"- Commit: {commit()}",
        f"- Python: {platform.python_implementation()} {platform.python_version()}, {platform.system()}",
        f"- Processors: {processor()}",
    ]


def write(path: Path, text: str) -> None:
    """Write the record of ``python -m bench``; what was recorded of the service stays."""
    path.write_text(text + "".join(_section(path, heading) for heading in SECTIONS), encoding="utf-8")


def write_section(path: Path, text: str, heading: str = SERVICE_HEADING) -> None:
    """Write what was measured of the service below one of `SECTIONS`; the rest stays."""
    held = path.read_text(encoding="utf-8") if path.exists() else "# Measured\n"
    kept = {each: _section(path, each) for each in SECTIONS}
    for part in kept.values():
        held = held.replace(part, "") if part else held
    kept[heading] = f"\n{heading}\n\n{text}"
    path.write_text(held.rstrip("\n") + "\n" + "".join(kept[each] for each in SECTIONS), encoding="utf-8")


def add_to_section(path: Path, text: str, heading: str) -> None:
    """Add a run to those that stand below one of `SECTIONS`."""
    before = _section(path, heading).removeprefix(f"\n{heading}\n\n")
    write_section(path, f"{before}{'' if not before else chr(10)}{text}", heading)


def _section(path: Path, heading: str) -> str:
    """What a record holds below a heading, from the line before it on; empty where it holds nothing."""
    held = path.read_text(encoding="utf-8") if path.exists() else ""
    at = held.find(f"\n{heading}\n")
    if at < 0:
        return ""
    ends = [end for each in SECTIONS if (end := held.find(f"\n{each}\n", at + 1)) > 0]
    return held[at : min(ends, default=len(held))]


def document(
    *,
    arguments: Sequence[str],
    rounds: int,
    seconds: float,
    facts: Sequence[Facts],
    javascript: Mapping[str, str] | str,
    summary: str,
    tables: str,
) -> str:
    """The whole record. ``javascript`` are the versions of those peers, or why they are missing."""
    if isinstance(javascript, str):
        others = javascript
    else:
        others = ", ".join(f"{name} {number}" for name, number in javascript.items())
    sizes = [(each.size, f"{each.bytes:,}", str(each.quads), str(each.blank_nodes)) for each in facts]
    return "\n".join(
        [
            "# Measured",
            "",
            *run_facts(arguments),
            f"- Rounds: {rounds}, {seconds:,.0f} s in all",
            f"- Seed: {SEED}",
            f"- Packages: {named_versions()}",
            f"- JavaScript: {others}",
            "",
            EXPLANATION,
            "## Credentials",
            "",
            table(("size", "bytes without proof", "quads", "blank nodes"), sizes),
            "",
            "## At a glance",
            "",
            summary,
            "",
            tables,
            "",
        ]
    )
