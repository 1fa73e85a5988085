"""`badgeport policy sign` and `approvals`: what a jurisdiction signs, with its own key, read back before it is out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from badgeport.issuer.release import DEFAULT_FORMATS, release
from badgeport.keys.did import comparable
from badgeport.keys.signer import Signer
from badgeport.proofs.secured import open_secured
from badgeport.service.cli.console import about, fail, hand_out, named, read_input, say
from badgeport.service.cli.contexts import context_store
from badgeport.service.cli.mint import open_key
from badgeport.service.cli.policies import written
from badgeport.verifier.recognition.approval.agreements import Agreement, agreement_of
from badgeport.verifier.recognition.approval.csv_lists import TableError, read_approvals
from badgeport.verifier.recognition.approval.documents import (
    AGREEMENT,
    APPROVAL_LIST,
    Issue,
    agreement_document,
    approval_list_document,
    exact,
    policy_document,
)
from badgeport.verifier.recognition.approval.received import keeps, policy_said, said_in
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
    body = approval_list_document(list_id, title, table.approvals, signer.controller, _issue())
    data, chosen = _signed(file, body, signer, format)
    if (
        said_in(open_secured(data).document, APPROVAL_LIST)["approvals"]
        != _said(body, APPROVAL_LIST.member)["approvals"]
    ):
        fail(f"{named(file)}: the signed list does not say the same as the table; it was not written")
    hand_out(output, data, as_json, id=list_id, approvals=len(table.approvals))
    _tell(output, f"{title}, {len(table.approvals)} approvals ({chosen})")
    return 0


def _sign_policy(
    file: str, policy: RecognitionPolicy, signer: Signer, format: str | None, output: str | None, as_json: bool
) -> None:
    if comparable(signer.controller) != comparable(policy.jurisdiction.id):
        fail(
            f"the policy is of {policy.jurisdiction.id}, and the key belongs to {signer.controller}; "
            "a policy is signed by its own jurisdiction"
        )
    if policy.status != "in-force":
        say(f"note: the status of the policy is {policy.status!r}; decisions under it say so")
    data, chosen = _signed(file, policy_document(policy, _issue()), signer, format)
    if policy_said(open_secured(data).document, signer.controller).sha256 != policy.sha256:
        fail(f"{named(file)}: the signed policy does not say the same as the text; it was not written")
    hand_out(
        output, data, as_json, id=policy.id, version=policy.version, title=policy.title, policySha256=policy.sha256
    )
    _tell(output, f"{policy.title}, version {policy.version} ({chosen}); publish it at {policy.id}")


def _sign_agreement(
    file: str, agreement: Agreement, signer: Signer, format: str | None, output: str | None, as_json: bool
) -> None:
    if not keeps(signer.controller, agreement.id):
        say(
            f"note: {agreement.id} is no web address of {signer.controller}; only readers who name it as the keeper of "
            "the agreement will believe it"
        )
    data, chosen = _signed(file, agreement_document(agreement, signer.controller, _issue()), signer, format)
    if agreement_of(said_in(open_secured(data).document, AGREEMENT)).to_json() != agreement.to_json():
        fail(f"{named(file)}: the signed agreement does not say the same; it was not written")
    hand_out(output, data, as_json, id=agreement.id, title=agreement.title)
    _tell(output, f"{agreement.title} ({chosen}); publish it at {agreement.id}")


def _issue() -> Issue:
    return Issue(datetime.now(UTC).replace(microsecond=0))


def _signed(file: str, body: Mapping[str, Any], signer: Signer, format: str | None) -> tuple[bytes, str]:
    """The signed document, of which nothing can be held back, and the format; verified before it is handed out."""
    chosen = format or DEFAULT_FORMATS[signer.public_key.key_type]
    if chosen == "ecdsa-sd-2023":
        fail("--format: with ecdsa-sd-2023 a part may be held back, so that readers would not rely on it; name another")
    with about(file):
        made = release(body, signer, chosen, now=datetime.now(UTC), contexts=context_store(), disclosable=())
    return made.bytes, chosen


def _said(body: Mapping[str, Any], member: str) -> Mapping[str, Any]:
    said: Mapping[str, Any] = exact(body["credentialSubject"][member])
    return said


def _tell(output: str | None, text: str) -> None:
    if output is not None and output != "-":
        say(f"{output}: {text}")
