"""`badgeport policy sign` and `approvals`: what a jurisdiction signs, with its own key, read back before it is out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from badgeport.keys.signer import Signer
from badgeport.receiver.policies import signing
from badgeport.service.cli.console import about, fail, hand_out, named, read_input, say
from badgeport.service.cli.contexts import context_store
from badgeport.service.cli.mint import open_key
from badgeport.service.cli.policies import written
from badgeport.verifier.recognition.approval.agreements import Agreement
from badgeport.verifier.recognition.approval.csv_lists import read_approvals
from badgeport.verifier.recognition.approval.csv_rows import TableError
from badgeport.verifier.recognition.approval.documents import Issue
from badgeport.verifier.recognition.approval.received import keeps
from badgeport.verifier.recognition.model import RecognitionPolicy

REFUSED = 1
"""Exit code where rows of a table are not right: nothing was signed."""


def sign_file(
    file: str, key: str, format: str | None, output: str | None, passphrase_file: str | None, as_json: bool
) -> None:
    """Sign a policy with the key of its jurisdiction, or an agreement with that of its keeper."""
    found = written(file)
    signer = open_key(key, passphrase_file)
    if isinstance(found, Agreement):
        _sign_agreement(file, found, signer, format, output, as_json)
    else:
        _sign_policy(file, found.policy, signer, format, output, as_json)


def sign_approvals(
    file: str,
    list_id: str,
    title: str,
    key: str,
    format: str | None,
    output: str | None,
    passphrase_file: str | None,
    as_json: bool,
) -> int:
    """Sign an approval list made of a table; where a row is not right nothing is signed. Returns the exit code."""
    try:
        table = read_approvals(read_input(file))
    except TableError as error:
        fail(f"{named(file)}: {error}")
    if table.refused:
        for row in table.refused:
            say(f"{named(file)}:{row.line}: {row.reason}")
        count = len(table.refused)
        fail(f"{named(file)}: {count} row{' is' if count == 1 else 's are'} not right; nothing was signed", REFUSED)
    if not table.approvals:
        fail(f"{named(file)}: the table has no rows; a list of nothing approves nobody, and is not signed by accident")
    signer = open_key(key, passphrase_file)
    with _signing(file, signer, format):
        made = signing.sign_approvals(list_id, title, table.approvals, signer, **_how(format))
    hand_out(output, made.bytes, as_json, id=list_id, approvals=len(table.approvals))
    _tell(output, f"{title}, {len(table.approvals)} approvals ({made.format})")
    return 0


def _sign_policy(
    file: str, policy: RecognitionPolicy, signer: Signer, format: str | None, output: str | None, as_json: bool
) -> None:
    if policy.status != "in-force":
        say(f"note: the status of the policy is {policy.status!r}; decisions under it say so")
    with _signing(file, signer, format):
        made = signing.sign_policy(policy, signer, **_how(format))
    hand_out(
        output,
        made.bytes,
        as_json,
        id=policy.id,
        version=policy.version,
        title=policy.title,
        policySha256=policy.sha256,
    )
    _tell(output, f"{policy.title}, version {policy.version} ({made.format}); publish it at {policy.id}")


def _sign_agreement(
    file: str, agreement: Agreement, signer: Signer, format: str | None, output: str | None, as_json: bool
) -> None:
    if not keeps(signer.controller, agreement.id):
        say(
            f"note: {agreement.id} is no web address of {signer.controller}; only readers who name it as the keeper of "
            "the agreement will believe it"
        )
    with _signing(file, signer, format):
        made = signing.sign_agreement(agreement, signer, **_how(format))
    hand_out(output, made.bytes, as_json, id=agreement.id, title=agreement.title)
    _tell(output, f"{agreement.title} ({made.format}); publish it at {agreement.id}")


def _how(format: str | None) -> dict[str, Any]:
    """How everything is signed: now, in the format asked for, with the contexts of this installation."""
    now = datetime.now(UTC)
    return {"issue": Issue(now.replace(microsecond=0)), "format": format, "now": now, "contexts": context_store()}


@contextmanager
def _signing(file: str, signer: Signer, format: str | None) -> Iterator[None]:
    """What goes wrong while signing ends the command with a sentence about the file."""
    if signing.format_for(signer, format) == signing.PARTIAL:
        fail("--format: with ecdsa-sd-2023 a part may be held back, so that readers would not rely on it; name another")
    try:
        with about(file):
            yield
    except signing.NotTheSame as error:
        fail(f"{named(file)}: {error}; nothing was written")


def _tell(output: str | None, text: str) -> None:
    if output is not None and output != "-":
        say(f"{output}: {text}")
