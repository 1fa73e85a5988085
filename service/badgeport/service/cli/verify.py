"""`badgeport verify`: one answer an input, the worst of them as exit code."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from badgeport.schemas import carrier
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.problems import KEY_UNAVAILABLE, STATUS_RETRIEVAL_ERROR, ProblemError
from badgeport.service.cli.console import (
    INVALID,
    UNDETERMINED,
    USAGE,
    VALID,
    Unreadable,
    about,
    fail,
    named,
    print_json,
    read_bytes,
    read_input,
    say,
    show,
    software,
)
from badgeport.service.cli.contexts import context_store
from badgeport.verifier.policy import BUILT_IN, DEFAULT, Policy
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.resolution.directory import DocumentDirectory
from badgeport.verifier.resolution.fetching import NoNetwork
from badgeport.verifier.trust.registries import Trust, trust_from_files
from badgeport.verifier.verifier import Verifier

SEVERITY = (VALID, UNDETERMINED, INVALID, USAGE)
"""Exit codes from best to worst."""

MAXIMUM_FILES = 100_000
CLUTTER = frozenset({"thumbs.db", "desktop.ini"})
"""What file managers leave in directories, beside files whose names begin with a dot."""

_CODES = {Verdict.VALID: VALID, Verdict.INVALID: INVALID, Verdict.UNDETERMINED: UNDETERMINED}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DOCUMENTS_MISSING = frozenset({KEY_UNAVAILABLE.code, STATUS_RETRIEVAL_ERROR.code})
_COLOURS = {"valid": "32", "undetermined": "33"}
_RED = "31"


@dataclass
class _Answers:
    """What was found: reports by file, what could not be read, and what in a directory is no badge."""

    reports: list[tuple[str, VerificationReport]] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    worst: int = VALID

    def count(self, code: int) -> None:
        """Take an exit code into account."""
        self.worst = max(self.worst, code, key=SEVERITY.index)


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
    instant = _instant(as_of) if as_of is not None else None
    if recipient is not None and not recipient.strip():
        fail("--recipient: the identifier is empty; leave the option out to verify without asking whose it is")
    verifier = _verifier(policy, trust, documents)
    many = len(inputs) > 1 or _is_directory(inputs[0])
    answers = _Answers()
    for name in inputs:
        if _ADDRESS.match(name):
            _unread(answers, name, _no_network(offline))
        elif _is_directory(name):
            _verify_directory(answers, name, verifier, instant, recipient, quiet=as_json)
        else:
            _verify_one(answers, name, verifier, instant, recipient, line=many and not as_json)
    if as_json:
        _print_json(answers, many)
    elif not many and answers.reports:
        _print_report(*answers.reports[0])
    if documents is None and any(_lacks_documents(report) for _, report in answers.reports):
        say(
            "note: nothing was looked up on the web. The issuer's key document and status lists, saved in a directory "
            "and given with --documents, may decide it."
        )
    return answers.worst


def _verify_directory(
    answers: _Answers, directory: str, verifier: Verifier, instant: datetime | None, recipient: str | None, quiet: bool
) -> None:
    before = len(answers.reports) + len(answers.unread)
    for name in _files(answers, directory):
        _verify_one(answers, name, verifier, instant, recipient, line=not quiet, found=True)
    if len(answers.reports) + len(answers.unread) == before:
        _unread(answers, directory, "no credential was found in this directory")


def _verify_one(
    answers: _Answers,
    name: str,
    verifier: Verifier,
    instant: datetime | None,
    recipient: str | None,
    *,
    line: bool,
    found: bool = False,
) -> None:
    """Verify one file; ``found`` says that nobody named it, it was found in a directory."""
    try:
        data = read_bytes(name)
    except Unreadable as error:
        _unread(answers, name, str(error))
        return
    if found and _is_note(data):
        answers.skipped.append((name, "a text that holds no credential"))
        say(f"note: {name}: skipped, a text that holds no credential")
        return
    # The clock is read after the input: it may come from a program that is still making it.
    report = verifier.inspect(data, now=datetime.now(UTC), as_of=instant, recipient=recipient)
    answers.count(_CODES[report.verdict] if report.credential_found else USAGE)
    answers.reports.append((name, report))
    if line:
        _show_line(name, report)


def _lacks_documents(report: VerificationReport) -> bool:
    return report.verdict is Verdict.UNDETERMINED and not _DOCUMENTS_MISSING.isdisjoint(report.codes)


def _is_directory(name: str) -> bool:
    return name != "-" and os.path.isdir(name)


def _is_note(data: bytes) -> bool:
    """Whether a file found beside badges is a text in several words. A damaged badge is not: it counts as an input."""
    return carrier.detect(data) == "text" and len(data.split(maxsplit=1)) > 1 and b"<" not in data[:64]


def _unread(answers: _Answers, name: str, why: str) -> None:
    answers.unread.append((name, why))
    answers.count(USAGE)
    say(f"badgeport: {named(name)}: {why}")


def _no_network(offline: bool) -> str:
    forbidden = ", and --offline forbids it" if offline else ""
    return f"this release opens no web address{forbidden}; download what it leads to and verify the file"


def _print_json(answers: _Answers, many: bool) -> None:
    if not many and answers.reports:
        print_json(answers.reports[0][1].to_json())
        return
    body: dict[str, Any] = {"reports": [{**report.to_json(), "file": name} for name, report in answers.reports]}
    for member, rows in (("unread", answers.unread), ("skipped", answers.skipped)):
        if rows:
            body[member] = [{"file": name, "reason": why} for name, why in rows]
    print_json(body)


def _print_report(name: str, report: VerificationReport) -> None:
    if report.credential_found:
        show(report.to_text().rstrip("\n"))
        return
    show("NO CREDENTIAL FOUND: nothing was verified.")
    for detail in dict.fromkeys(problem.detail for problem in report.problems()):
        show(f"{named(name)}: {detail}")


def _verifier(policy: str | None, trust: str | None, documents: str | None) -> Verifier:
    fetcher = NoNetwork() if documents is None else _directory(documents)
    return Verifier(
        policy=_policy(policy),
        fetcher=fetcher,
        trust=_trust(trust),
        contexts=context_store(),
        software=software(),
    )


def _directory(path: str) -> DocumentDirectory:
    if not os.path.isdir(path):
        fail(f"--documents: {path} is not a directory")
    held = DocumentDirectory(path)
    for problem in held.problems:
        say(f"note: {path}: {problem.detail}")
    return held


def _policy(name: str | None) -> Policy:
    if name is None:
        return DEFAULT
    if name in BUILT_IN:
        return BUILT_IN[name]
    try:
        data = read_bytes(name)
    except Unreadable as error:
        fail(f"--policy: {named(name)}: {error}; built-in policies are {', '.join(BUILT_IN)}")
    with about(name):
        return Policy.from_json(data)


def _trust(path: str | None) -> Trust:
    """The registry a person named. One that cannot be read stops the run: they think it is being used."""
    if path is None:
        return Trust()
    if os.path.isdir(path) or not os.path.exists(path):
        read_input(path)
    trust = trust_from_files([path])
    for unread in trust.unread:
        fail(f"--trust: {path}: {unread.reason}")
    return trust


def _instant(text: str) -> datetime:
    try:
        return parse_datetime(text)
    except ProblemError:
        fail(f"--as-of: write the instant like 2026-03-02T12:00:00Z, not {text!r}")


def _files(answers: _Answers, directory: str) -> Iterator[str]:
    """The files below a directory by name, without hidden ones and what file managers leave behind."""

    def unreadable(error: OSError) -> None:
        _unread(answers, str(error.filename), (error.strerror or "it cannot be read").lower())

    count = 0
    for folder, folders, names in os.walk(directory, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.startswith(".") or name.lower() in CLUTTER or not os.path.isfile(path):
                continue
            count += 1
            if count > MAXIMUM_FILES:
                fail(f"{directory}: more than {MAXIMUM_FILES} files; verify them in parts")
            yield path


def _show_line(name: str, report: VerificationReport) -> None:
    """Print one input on one line: the verdict, what it is, and why not."""
    verdict = report.verdict.value if report.credential_found else "no credential"
    shown = f"{verdict:<13}"
    title = report.credential.name if report.credential and report.credential.name else ""
    codes = ", ".join(report.codes) if report.verdict is not Verdict.VALID else ""
    rest = "  ".join(_one_line(part) for part in (named(name), title, codes) if part)
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        shown = f"\033[{_COLOURS.get(verdict, _RED)}m{shown}\033[0m"
    show(rest, before=f"{shown}  ")


def _one_line(text: str) -> str:
    return text.replace("\n", "\ufffd")
