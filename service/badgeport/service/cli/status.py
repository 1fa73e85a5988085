"""`badgeport status`: Bitstring status lists as files."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from badgeport.issuer import status_lists
from badgeport.issuer.status_lists import StatusList
from badgeport.keys.signer import Signer
from badgeport.proofs.jwt_claims import identifier
from badgeport.proofs.secured import Opened, open_secured, verify_secured
from badgeport.schemas.limits import DEFAULT_LIMITS
from badgeport.schemas.problems import STATUS_RANGE_ERROR, ProblemError
from badgeport.service.cli.console import about, fail, hand_out, named, print_json, read_input, say, show
from badgeport.service.cli.contexts import context_store
from badgeport.service.cli.mint import open_key

MAXIMUM_ENTRIES = DEFAULT_LIMITS.decompressed_bytes * 8
"""The longest list that a verifier within the limits reads."""

SHOWN = 1_000
"""How many set entries are listed before the rest is only counted."""


def new_list(
    id: str,
    key: str,
    purpose: str,
    entries: int,
    format: str,
    output: str | None,
    passphrase_file: str | None,
    as_json: bool,
) -> None:
    """Write a signed list in which nothing is set."""
    if entries > MAXIMUM_ENTRIES:
        fail(f"--entries: a list has at most {MAXIMUM_ENTRIES} entries; begin another list")
    if output is not None and os.path.isfile(output):
        fail(f"{output} exists already; a new list in its place would undo every entry set in it")
    made = status_lists.new_list(id, purpose, entries=entries)
    data = _signed(made, open_key(key, passphrase_file), format)
    hand_out(output, data, as_json, id=id, purpose=purpose, entries=entries)


def set_entry(
    file: str, index: int, key: str, clear: bool, output: str | None, passphrase_file: str | None, as_json: bool
) -> None:
    """Change one entry of a list and sign it again in the form it had."""
    opened, current = _read(file)
    if not opened.proofs:
        fail(f"{named(file)}: the list is not signed; make one with badgeport status new")
    with about(file):
        changed = status_lists.with_statuses(current, {index: 0 if clear else 1})
    signer = open_key(key, passphrase_file)
    _check_own(file, opened, signer)
    form = opened.proofs[0].suite if opened.form == "data-integrity" else opened.form
    data = _signed(changed, signer, form, issuer=opened.document.get("issuer"))
    facts: dict[str, Any] = {"id": current.url, "purpose": current.purpose, "index": index, "status": 0 if clear else 1}
    hand_out(output or file, data, as_json, **facts)
    say(f"entry {index} is {'clear' if clear else 'set'} ({current.purpose})")


def show_list(file: str, index: int | None, as_json: bool) -> None:
    """Print one entry, or every entry that is set."""
    current = _read(file)[1]
    bits = current.bits
    if index is not None:
        if not 0 <= index < len(bits):
            raise ProblemError(STATUS_RANGE_ERROR, f"the list has entries 0 to {len(bits) - 1}")
        if as_json:
            print_json({"id": current.url, "purpose": current.purpose, "index": index, "status": bits.get(index)})
        else:
            show("set" if bits.get(index) else "clear")
        return
    found = [position for position in range(len(bits)) if bits.get(position)]
    if as_json:
        print_json({"id": current.url, "purpose": current.purpose, "entries": len(bits), "set": found})
        return
    show(f"{current.url}\npurpose   {current.purpose}\nentries   {len(bits)}\nset       {len(found)}")
    for position in found[:SHOWN]:
        show(f"  {position}")
    if len(found) > SHOWN:
        show(f"  and {len(found) - SHOWN} more; --json prints them all")


def _read(file: str) -> tuple[Opened, StatusList]:
    with about(file):
        opened = open_secured(read_input(file).strip(b" \t\r\n"))
        return opened, status_lists.read(opened.document)


def _check_own(file: str, opened: Opened, signer: Signer) -> None:
    """What is signed again must be the key's own list, unchanged since it signed it last."""
    named_issuer = identifier(opened.document.get("issuer"))
    if named_issuer != signer.controller:
        fail(f"the list is issued by {named_issuer}, but the key belongs to {signer.controller}")
    for proof in opened.proofs:
        if proof.verification_method == signer.verification_method:
            with about(file):
                verify_secured(opened, proof, signer.public_key, contexts=context_store())


def _signed(made: StatusList, signer: Signer, format: str, issuer: object = None) -> bytes:
    kept = issuer if isinstance(issuer, (str, dict)) else None
    return status_lists.issue(made, signer, format, now=datetime.now(UTC), issuer=kept, contexts=context_store()).bytes
