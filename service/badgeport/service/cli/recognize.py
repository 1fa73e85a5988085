"""`badgeport recognize`: what badges are worth under a receiver's policy. Only what verifies enters the decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn

import typer

from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import ProblemError
from badgeport.service.cli.console import (
    INVALID,
    UNDETERMINED,
    USAGE,
    VALID,
    Unreadable,
    fail,
    named,
    print_json,
    read_bytes,
    read_input,
    say,
    show,
    software,
    too_large,
    write_output,
)
from badgeport.service.cli.policies import policy_at, shelf_at_hand
from badgeport.service.cli.verifying import files_below, instant, is_directory, is_note, verifiers
from badgeport.verifier.intake import unpack
from badgeport.verifier.package import PACKAGE_BYTES, is_package, read_package
from badgeport.verifier.policy import DEFAULT
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.conditions.facts import Facts, FactsError, read_facts
from badgeport.verifier.recognition.deciding.decision_text import decision_text, facts_wanting
from badgeport.verifier.recognition.deciding.inputs import inputs_of
from badgeport.verifier.recognition.deciding.record import record_of
from badgeport.verifier.recognition.decision import Decision, Kind
from badgeport.verifier.recognition.engine import decide
from badgeport.verifier.recognition.model import Credited, RecognitionPolicy
from badgeport.verifier.supporting import (
    SupportError,
    Verify,
    agreement_in,
    authority_from,
    credited_in,
    json_in,
    why_not,
    with_lists,
)
from badgeport.verifier.verifier import VerificationError, VerifiedCredential

MAXIMUM_CREDENTIALS = 1_000
"""Badges that are decided together; more than any teacher has."""

_CODES = {
    Kind.ACCEPT: VALID,
    Kind.ACCEPT_WITH_CONDITIONS: VALID,
    Kind.REFER: UNDETERMINED,
    Kind.NOT_ACCEPTED: INVALID,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What `badgeport recognize` is asked, as the options have it."""

    inputs: list[str]
    policy: str
    purpose: str | None
    facts: str | None = None
    as_of: str | None = None
    offline: bool = False
    trust: str | None = None
    documents: str | None = None
    approvals: list[str] = field(default_factory=list)
    agreements: list[str] = field(default_factory=list)
    credited: str | None = None
    record: str | None = None
    as_json: bool = False


@dataclass
class _Refused:
    """What did not enter: each input with the reason, and its verdict where it was verified."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, why: str, error: VerificationError | None = None) -> None:
        """Keep one input and why it does not enter."""
        report = None if error is None else error.report
        verdict = None if report is None or not report.credential_found else report.verdict.value
        codes = [] if report is None else list(report.codes)
        self.rows.append({"file": name, "reason": why, "verdict": verdict, "codes": codes})
        say(f"badgeport: {named(name)}: {why}")


def recognize_inputs(asked: Asked) -> int:
    """Verify every input, decide on all of them together and print the decision; returns the exit code."""
    # One instant for everything: a decision takes only what was verified as of its own.
    as_of = (datetime.now(UTC) if asked.as_of is None else instant(asked.as_of)).replace(microsecond=0)
    verifier, _ = verifiers(DEFAULT, asked.trust, asked.documents, offline=asked.offline)
    now = datetime.now(UTC)

    def verify(data: bytes) -> VerifiedCredential:
        return verifier.verify(data, now=now, as_of=as_of)

    shelf = shelf_at_hand()
    policy = policy_at(asked.policy, shelf, verify, as_of.date(), offline=asked.offline)
    purpose = purpose_of(asked.purpose, policy)
    facts = read_facts_file(asked.facts)
    credited = () if asked.credited is None else _credited(asked.credited)
    agreements = {**shelf.agreements, **_agreements(asked.agreements, policy, verify)}
    try:
        authority = authority_from([read_input(path) for path in asked.approvals], policy, verify)
        authority = with_lists(authority, policy, verify)
    except SupportError as error:
        fail(f"--approvals: {asked.approvals[int(error.pointer[1:])]}: {str(error).partition(': ')[2]}")
    verified = _verified(asked, verify)
    inputs = inputs_of(
        verified,
        policy,
        purpose,
        facts,
        as_of,
        authority=authority,
        agreements=agreements,
        credited=credited,
        software=software(),
    )
    decision = decide(inputs)
    if asked.record is not None:
        write_output(asked.record, jsontext.dump_pretty(record_of(inputs)), text=True)
    return tell(decision, as_json=asked.as_json)


def tell(decision: Decision, *, as_json: bool) -> int:
    """Print a decision; returns its exit code."""
    if as_json:
        print_json(decision.to_json())
    else:
        show(decision_text(decision).rstrip("\n"))
    wanting = facts_wanting(decision)
    if wanting:
        say(
            f"note: facts about the educator that rules ask for were not given: {', '.join(wanting)}. Give what you "
            "know with --facts (badgeport schema facts tells the form)."
        )
    return _CODES[decision.kind]


def purpose_of(asked: str | None, policy: RecognitionPolicy) -> str:
    """The purpose asked for, else the only one the policy has. Another one ends the command."""
    if asked is None and len(policy.purposes) == 1:
        return next(iter(policy.purposes))
    known = ", ".join(f"{name} ({terms.title})" for name, terms in policy.purposes.items())
    if asked is None:
        fail(f"--purpose: the policy has several purposes, name one of them: {known}")
    if asked not in policy.purposes:
        fail(f"--purpose: the policy says nothing of {asked!r}; it has: {known}")
    return asked


def read_facts_file(path: str | None) -> Facts:
    """The educator facts of a file; none where there is none. What cannot be read ends the command."""
    if path is None:
        return Facts()
    try:
        return read_facts(json_in(read_input(path)))
    except (FactsError, SupportError) as error:
        fail(f"--facts: {named(path)}: {error}")


def _credited(path: str) -> tuple[Credited, ...]:
    try:
        return credited_in(json_in(read_input(path)))
    except SupportError as error:
        fail(f"--credited: {named(path)}: {error}")


def _agreements(paths: list[str], policy: RecognitionPolicy, verify: Verify) -> dict[str, Agreement]:
    found: dict[str, Agreement] = {}
    for path in paths:
        try:
            agreement = agreement_in(read_input(path), policy, verify)
        except SupportError as error:
            fail(f"--agreement: {named(path)}: {error}")
        if agreement.id not in policy.agreements:
            say(f"note: {named(path)}: the policy does not refer to the agreement {agreement.id}")
        found[agreement.id] = agreement
    return found


def _verified(asked: Asked, verify: Verify) -> list[VerifiedCredential]:
    """Every input, verified; nothing is decided where one is not."""
    refused = _Refused()
    found: list[VerifiedCredential] = []
    for name, data in _pieces(asked, refused):
        if len(found) == MAXIMUM_CREDENTIALS:
            fail(f"more than {MAXIMUM_CREDENTIALS} badges were handed in; that is more than one educator has")
        try:
            found.append(verify(data))
        except VerificationError as error:
            refused.add(name, why_not(error), error)
    if refused.rows:
        _nothing_decided(refused, asked, others=bool(found))
    return found


def _nothing_decided(refused: _Refused, asked: Asked, *, others: bool) -> NoReturn:
    undetermined = any(row["verdict"] == "undetermined" for row in refused.rows)
    message = "nothing was decided: only what verifies enters a decision"
    if others:
        message += "; leave out what does not verify to have the rest decided on"
    if undetermined and asked.documents is None:
        message += "; key documents and status lists in a directory, given with --documents, may help"
    if asked.as_json:
        print_json({"error": {"detail": message}, "refused": refused.rows})
        say(f"badgeport: {message}")
        raise typer.Exit(USAGE)
    fail(message)


def _pieces(asked: Asked, refused: _Refused) -> Iterator[tuple[str, bytes]]:
    """Every input by its name, with directories and archives taken apart."""
    for name in asked.inputs:
        if "://" in name and not is_directory(name):
            if asked.offline:
                refused.add(name, "--offline forbids opening a web address")
            else:
                yield name, name.encode("utf-8", "surrogateescape")
        elif is_directory(name):
            yield from _of_directory(name, refused)
        else:
            yield from _of_file(name, refused)


def _of_directory(directory: str, refused: _Refused) -> Iterator[tuple[str, bytes]]:
    def unreadable(error: OSError) -> None:
        refused.add(str(error.filename), (error.strerror or "it cannot be read").lower())

    count = 0
    for path in files_below(directory, unreadable):
        for piece in _of_file(path, refused, found=True):
            count += 1
            yield piece
    if not count and not refused.rows:
        refused.add(directory, "no credential was found in this directory")


def _of_file(name: str, refused: _Refused, *, found: bool = False) -> Iterator[tuple[str, bytes]]:
    try:
        data = read_bytes(name, PACKAGE_BYTES)
    except Unreadable as error:
        refused.add(name, str(error))
        return
    if found and is_note(data):
        say(f"note: {name}: skipped, a text that holds no credential")
        return
    if is_package(data):
        yield from _packed(name, data, refused)
        return
    if len(data) > DEFAULT_LIMITS.input_bytes:
        refused.add(name, too_large(DEFAULT_LIMITS.input_bytes))
        return
    for piece in unpack(data):
        inner = name if piece.name is None else f"{name}/{piece.name}"
        if piece.problem is not None:
            refused.add(inner, piece.problem.detail)
        elif is_package(piece.data):
            yield from _packed(inner, piece.data, refused)
        else:
            yield inner, piece.data


def _packed(name: str, data: bytes, refused: _Refused) -> Iterator[tuple[str, bytes]]:
    """The credential in a proof package, which is verified anew: the documents in it are its maker's."""
    try:
        original = read_package(data).original
    except ProblemError as error:
        refused.add(name, error.problem.detail)
        return
    if original is None:
        refused.add(name, "the proof package holds no credential")
        return
    say(f"note: {named(name)}: a proof package; the credential in it is verified anew")
    yield name, original
