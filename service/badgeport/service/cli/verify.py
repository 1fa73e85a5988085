"""`badgeport verify`: one answer an input, the worst of them as exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from badgeport.verifier.verifier import Verifier

from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import INVALID, UNDETERMINED, USAGE, VALID, fail, plain, print_json, read_input, say
from badgeport.service.cli.contexts import context_store
from badgeport.verifier.policy import BUILT_IN, DEFAULT, Policy
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import NoNetwork
from badgeport.verifier.trust.registries import Trust, trust_from_files

SEVERITY = (VALID, UNDETERMINED, INVALID, USAGE)
"""Exit codes from best to worst."""

MAXIMUM_FILES = 100_000
_CODES = {Verdict.VALID: VALID, Verdict.INVALID: INVALID, Verdict.UNDETERMINED: UNDETERMINED}


def verify_inputs(
    inputs: list[str],
    as_of: str | None,
    recipient: str | None,
    offline: bool,
    policy: str | None,
    trust: str | None,
    documents: str | None,
    as_json: bool,
) -> int:
    """Verify every input and print the reports; returns the exit code."""
    now = datetime.now(UTC)
    instant = _instant(as_of) if as_of else None
    verifier = _verifier(policy, trust, documents)
    many = len(inputs) > 1 or any(os.path.isdir(name) for name in inputs)
    reports: list[tuple[str, VerificationReport]] = []
    worst = VALID
    for name in _files(inputs):
        if name.startswith(("https://", "http://")):
            say(f"{name}: this release verifies files; save what the address leads to and verify that")
            if offline:
                say("(and --offline forbids opening addresses)")
            worst = USAGE
            continue
        report = verifier.inspect(_data(name), now=now, as_of=instant, recipient=recipient)
        code = _CODES[report.verdict] if report.credential_found else USAGE
        worst = max(worst, code, key=SEVERITY.index)
        reports.append((name, report))
        if not as_json and many:
            print(_line(name, report))
    if as_json:
        if many:
            print_json({"reports": [{**report.to_json(), "file": name} for name, report in reports]})
        elif reports:
            print_json(reports[0][1].to_json())
    elif not many and reports:
        print(reports[0][1].to_text())
    if many and not reports and worst is VALID:
        fail("no file was found in the directory")
    return worst


def _data(name: str) -> bytes:
    return read_input(name)


def _verifier(policy: str | None, trust: str | None, documents: str | None) -> Verifier:
    fetcher = DocumentDirectory(documents) if documents else NoNetwork()
    if isinstance(fetcher, DocumentDirectory):
        for problem in fetcher.problems:
            say(f"note: not used: {problem.detail}")
    return Verifier(
        policy=_policy(policy),
        fetcher=fetcher,
        trust=trust_from_files([trust]) if trust else Trust(),
        contexts=context_store(),
        software=f"badgeport {metadata.version('badgeport')}",
    )


def _policy(name: str | None) -> Policy:
    if name is None:
        return DEFAULT
    if name in BUILT_IN:
        return BUILT_IN[name]
    try:
        return Policy.from_json(read_input(name))
    except ProblemError as error:
        fail(f"{name}: {plain(error)}")


def _instant(text: str) -> datetime:
    try:
        return parse_datetime(text)
    except ProblemError as error:
        fail(f"--as-of: {plain(error)}")


def _files(inputs: list[str]) -> Iterator[str]:
    for name in inputs:
        if os.path.isdir(name):
            found = sorted(path for path in Path(name).rglob("*") if path.is_file() and not path.name.startswith("."))
            if len(found) > MAXIMUM_FILES:
                fail(f"{name}: more than {MAXIMUM_FILES} files; verify them in parts")
            yield from map(str, found)
        else:
            yield name


def _line(name: str, report: VerificationReport) -> str:
    """One input on one line: the verdict, what it is, and why not."""
    verdict = report.verdict.value if report.credential_found else "unreadable"
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        colour = {"valid": "32", "undetermined": "33"}.get(verdict, "31")
        verdict = f"\033[{colour}m{verdict:<12}\033[0m"
    title = report.credential.name if report.credential and report.credential.name else ""
    codes = ", ".join(report.codes) if report.verdict is not Verdict.VALID else ""
    return "  ".join(part for part in (f"{verdict:<12}", name, title, codes) if part)
