"""`badgeport verify`: one answer an input, the worst of them as exit code.

A proof package is repeated from what is in it where it is the only input and nothing may be looked up; its report is
shown as that of whoever made it. Everywhere else the credential in it is verified like any other file.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from badgeport.schemas.datetimes import format_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS
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
    say,
    show,
    too_large,
    write_output,
)
from badgeport.service.cli.verifying import files_below, is_directory, is_note, verifiers
from badgeport.service.cli.verifying import instant as instant_of
from badgeport.verifier.intake import unpack
from badgeport.verifier.package import PACKAGE_BYTES, build_package, is_package, read_package
from badgeport.verifier.policy import BUILT_IN, DEFAULT, Policy
from badgeport.verifier.report import Verdict, VerificationReport
from badgeport.verifier.verifier import Verifier

if TYPE_CHECKING:
    from badgeport.verifier.repetition import Replay

SEVERITY = (VALID, UNDETERMINED, INVALID, USAGE)
"""Exit codes from best to worst."""

_CODES = {Verdict.VALID: VALID, Verdict.INVALID: INVALID, Verdict.UNDETERMINED: UNDETERMINED}
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_DOCUMENTS_MISSING = frozenset({KEY_UNAVAILABLE.code, STATUS_RETRIEVAL_ERROR.code})
_NOTHING_LOOKED_UP = (
    "note: nothing was looked up on the web. The issuer's key document and status lists, saved in a directory and "
    "given with --documents, may decide it."
)
_COULD_NOT_BE_HAD = (
    "note: a document of the issuer could not be had. Try again later; or give it with --documents, if you have it "
    "from a source you rely on."
)
_COLOURS = {"valid": "32", "undetermined": "33"}
_RED = "31"


@dataclass
class _Answers:
    """What was found: reports by name, what could not be read, and what in a directory is no badge."""

    reports: list[tuple[str, VerificationReport]] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    repeated: Replay | None = None
    worst: int = VALID

    def count(self, code: int) -> None:
        """Take an exit code into account."""
        self.worst = max(self.worst, code, key=SEVERITY.index)


@dataclass(frozen=True)
class _Run:
    """What every input is asked, and how the answers are shown."""

    verifier: Verifier
    receipts: Verifier
    """Verifies the receipts of proof packages: by the usual policy, whatever is asked of badges."""
    policy: Policy | None
    """The policy that was asked for; None where the usual one serves."""
    trusting: bool
    """Whether registries were given."""
    repeats: bool
    """Whether a proof package is repeated, and not the credential in it verified anew."""
    as_of: datetime | None
    recipient: str | None
    offline: bool
    package: str | None
    lines: bool
    """Whether each input gets a line as it is verified."""
    silent: bool


def verify_inputs(
    inputs: list[str],
    as_of: str | None,
    recipient: str | None,
    offline: bool,
    policy: str | None,
    trust: str | None,
    documents: str | None,
    package: str | None,
    as_json: bool,
) -> int:
    """Verify every input and print the reports; returns the exit code."""
    instant = instant_of(as_of) if as_of is not None else None
    if recipient is not None and not recipient.strip():
        fail("--recipient: the identifier is empty; leave the option out to verify without asking whose it is")
    many = len(inputs) > 1 or is_directory(inputs[0])
    if many and package is not None:
        fail("--package: a proof package holds one verification; give one input")
    asked = None if policy is None else _policy(policy)
    verifier, receipts = verifiers(asked or DEFAULT, trust, documents, offline=offline)
    run = _Run(
        verifier,
        receipts,
        policy=asked,
        trusting=trust is not None,
        repeats=offline and not many,
        as_of=instant,
        recipient=recipient,
        offline=offline,
        package=package,
        lines=many and not as_json,
        silent=as_json,
    )
    answers = _Answers()
    for name in inputs:
        if _ADDRESS.match(name):
            _verify_address(answers, name, run)
        elif is_directory(name):
            _verify_directory(answers, name, run)
        else:
            _verify_file(answers, name, run)
    alone = not many and len(answers.reports) == 1 and not answers.unread
    if answers.repeated is not None:
        _print_replay(answers.repeated, as_json=as_json)
    elif as_json:
        _print_json(answers, alone)
    elif alone:
        _print_report(*answers.reports[0])
    if documents is None and any(_lacks_documents(report) for _, report in answers.reports):
        say(_NOTHING_LOOKED_UP if offline else _COULD_NOT_BE_HAD)
    return answers.worst


def _verify_directory(answers: _Answers, directory: str, run: _Run) -> None:
    before = len(answers.reports) + len(answers.unread)
    for name in _files(answers, directory):
        _verify_file(answers, name, run, found=True)
    if len(answers.reports) + len(answers.unread) == before:
        _unread(answers, directory, "no credential was found in this directory")


def _verify_address(answers: _Answers, address: str, run: _Run) -> None:
    """Verify what a web address leads to. The verifier opens it, by the rules that hold for all it opens."""
    if run.offline:
        _unread(answers, address, "--offline forbids opening a web address")
    elif not address.lower().startswith(("https://", "http://")):
        _unread(answers, address, "only web addresses that begin with https:// are opened")
    else:
        _judge(answers, address, address.encode("utf-8", "surrogateescape"), run, line=run.lines)


def _verify_file(answers: _Answers, name: str, run: _Run, *, found: bool = False) -> None:
    """Verify what a file holds; ``found`` says that nobody named it, it was found in a directory."""
    try:
        # A proof package holds documents besides the credential, which alone is bounded by what is not one.
        data = read_bytes(name, PACKAGE_BYTES)
    except Unreadable as error:
        _unread(answers, name, str(error))
        return
    if found and is_note(data):
        answers.skipped.append((name, "a text that holds no credential"))
        say(f"note: {name}: skipped, a text that holds no credential")
        return
    if is_package(data):
        if run.repeats:
            _repeat(answers, name, data, run)
        else:
            _judge_packed(answers, name, data, run, line=run.lines)
        return
    if len(data) > DEFAULT_LIMITS.input_bytes:
        _unread(answers, name, too_large(DEFAULT_LIMITS.input_bytes))
        return
    pieces = unpack(data)
    if len(pieces) == 1 and pieces[0].name is None:
        _judge(answers, name, data, run, line=run.lines)
        return
    if run.package is not None and len(pieces) > 1:
        fail(f"--package: {named(name)} holds {len(pieces)} files; a proof package holds one verification")
    line = run.lines or (len(pieces) > 1 and not run.silent)
    for piece in pieces:
        inner = f"{name}/{piece.name}"
        if is_package(piece.data):
            _judge_packed(answers, inner, piece.data, run, line=line)
        elif piece.problem is not None:
            _unread(answers, inner, piece.problem.detail)
        else:
            _judge(answers, inner, piece.data, run, line=line)


def _judge(answers: _Answers, name: str, data: bytes, run: _Run, *, line: bool) -> None:
    # The clock is read after the input: it may come from a program that is still making it.
    now = datetime.now(UTC)
    if run.package is None:
        report = run.verifier.inspect(data, now=now, as_of=run.as_of, recipient=run.recipient)
    else:
        recording = run.verifier.record(data, now=now, as_of=run.as_of, recipient=run.recipient)
        report = recording.report
        with about(run.package):
            write_output(run.package, build_package(recording), text=False)
    answers.count(_code(report))
    answers.reports.append((name, report))
    if line:
        _show_line(name, report)


def _judge_packed(answers: _Answers, name: str, data: bytes, run: _Run, *, line: bool) -> None:
    """Verify the credential in a proof package anew: the documents and the rules in it are its maker's."""
    try:
        package = read_package(data)
    except ProblemError as error:
        _unread(answers, name, error.problem.detail)
        return
    credential = package.original
    if credential is None:
        _unread(answers, name, f"the proof package holds no credential: {'; '.join(package.damaged)}")
        return
    from badgeport.verifier.repetition import recount

    again = recount(package, now=datetime.now(UTC), verifier=run.receipts)
    say(
        f"note: {named(name)}: a proof package; the credential in it was verified anew, by your own rules and with "
        f"documents that do not come from it. {_recorded(again)}"
    )
    _judge(answers, name, credential, run, line=line)


def _recorded(again: Replay | None) -> str:
    """What the report recorded in a package says, and what repeating it shows."""
    if again is None:
        return "The report recorded in it cannot be read."
    if again.report is None:
        return f"It is not as it was made ({'; '.join(again.differences)}); do not rely on the report recorded in it."
    when = "" if again.recorded_at is None else f" of {format_datetime(again.recorded_at)}"
    said = f"The report recorded in it{when} says {again.recorded.value if again.recorded else 'nothing that is known'}"
    if not (again.reproduced or again.equivalent):
        return f"{said}; it does not follow from the documents in it, do not rely on it."
    way = "could be reproduced" if again.reproduced else "could be reproduced, though not word for word"
    voucher = again.voucher
    if voucher is None:
        return f"{said} and {way}; nobody you recognise vouches for it."
    return (
        f"{said} and {way}; {voucher.issuer}, listed as an issuer in {', '.join(voucher.registries)}, vouches for it."
    )


def _repeat(answers: _Answers, name: str, data: bytes, run: _Run) -> None:
    """Repeat the verification that a proof package records, from what is in it alone."""
    if run.package is not None or run.as_of is not None or run.recipient is not None:
        fail(
            f"{named(name)} is a proof package: with --offline it is repeated, and says itself what was asked; leave "
            "the other options out, or --offline, to verify the credential in it anew"
        )
    from badgeport.verifier.repetition import replay

    try:
        again = replay(read_package(data), now=datetime.now(UTC), verifier=run.receipts)
    except ProblemError as error:
        _unread(answers, name, error.problem.detail)
        return
    report = again.report
    if report is None or not (again.reproduced or again.equivalent):
        answers.count(UNDETERMINED)
    else:
        against = tuple(_against(again, report, run))
        again = replace(again, notes=again.notes + against)
        answers.count(UNDETERMINED if against else _code(report))
    answers.repeated = again


def _against(again: Replay, report: VerificationReport, run: _Run) -> Iterator[str]:
    """Why a report that follows from its package decides nothing for a reader who asked for more."""
    if run.trusting and not again.vouched:
        yield "Undetermined for you: nobody whom the registries given with --trust list vouches for this package."
    if run.policy is not None and run.policy.sha256 != report.policy_sha256:
        yield (
            f"Undetermined for you: the policy given with --policy is {run.policy.name}, and this package was judged "
            f"under another one, {report.policy}."
        )


def _code(report: VerificationReport) -> int:
    if report.verdict is Verdict.UNDETERMINED:
        return UNDETERMINED
    return _CODES[report.verdict] if report.credential_found else USAGE


def _lacks_documents(report: VerificationReport) -> bool:
    return report.verdict is Verdict.UNDETERMINED and not _DOCUMENTS_MISSING.isdisjoint(report.codes)


def _unread(answers: _Answers, name: str, why: str) -> None:
    answers.unread.append((name, why))
    answers.count(USAGE)
    say(f"badgeport: {named(name)}: {why}")


def _print_json(answers: _Answers, alone: bool) -> None:
    if alone:
        print_json(answers.reports[0][1].to_json())
        return
    body: dict[str, Any] = {"reports": [{**report.to_json(), "file": name} for name, report in answers.reports]}
    for member, rows in (("unread", answers.unread), ("skipped", answers.skipped)):
        if rows:
            body[member] = [{"file": name, "reason": why} for name, why in rows]
    print_json(body)


def _print_report(name: str, report: VerificationReport) -> None:
    if report.credential_found or report.verdict is Verdict.UNDETERMINED:
        show(report.to_text().rstrip("\n"))
        return
    show("NO CREDENTIAL FOUND: nothing was verified.")
    for detail in dict.fromkeys(problem.detail for problem in report.problems()):
        show(f"{named(name)}: {detail}")


def _print_replay(again: Replay, *, as_json: bool) -> None:
    if not as_json:
        show(again.to_text().rstrip("\n"))
        return
    package = again.to_json()
    report = package.pop("report")
    print_json({**(report or {"verdict": Verdict.UNDETERMINED.value}), "package": package})


def _policy(name: str) -> Policy:
    if name in BUILT_IN:
        return BUILT_IN[name]
    try:
        data = read_bytes(name)
    except Unreadable as error:
        fail(f"--policy: {named(name)}: {error}; built-in policies are {', '.join(BUILT_IN)}")
    with about(name):
        return Policy.from_json(data)


def _files(answers: _Answers, directory: str) -> Iterator[str]:
    """The files below a directory; of a folder that cannot be read it is said."""

    def unreadable(error: OSError) -> None:
        _unread(answers, str(error.filename), (error.strerror or "it cannot be read").lower())

    return files_below(directory, unreadable)


def _show_line(name: str, report: VerificationReport) -> None:
    """Print one input on one line: the verdict, what it is, and why not."""
    nothing = not report.credential_found and report.verdict is not Verdict.UNDETERMINED
    verdict = "no credential" if nothing else report.verdict.value
    shown = f"{verdict:<13}"
    title = report.credential.name if report.credential and report.credential.name else ""
    codes = ", ".join(report.codes) if report.verdict is not Verdict.VALID else ""
    rest = "  ".join(_one_line(part) for part in (named(name), title, codes) if part)
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        shown = f"\033[{_COLOURS.get(verdict, _RED)}m{shown}\033[0m"
    show(rest, before=f"{shown}  ")


def _one_line(text: str) -> str:
    return text.replace("\n", "\ufffd")
