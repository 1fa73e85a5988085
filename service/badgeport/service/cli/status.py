"""`badgeport status`: Bitstring status lists as files."""

from __future__ import annotations

from datetime import UTC, datetime

from badgeport.issuer import status_lists
from badgeport.issuer.status_lists import StatusList
from badgeport.proofs.secured import Opened, open_secured
from badgeport.schemas.problems import STATUS_RANGE_ERROR, ProblemError
from badgeport.service.cli.console import fail, print_json, read_input, say, write_output
from badgeport.service.cli.contexts import context_store
from badgeport.service.cli.mint import open_key

SHOWN = 1_000
"""How many set entries are listed before the rest is only counted."""


def new_list(
    id: str, key: str, purpose: str, entries: int, format: str, output: str | None, passphrase_file: str | None
) -> None:
    """Write a signed list in which nothing is set."""
    made = status_lists.new_list(id, purpose, entries=entries)
    _sign(made, key, format, output, passphrase_file)


def set_entry(file: str, index: int, key: str, clear: bool, output: str | None, passphrase_file: str | None) -> None:
    """Change one entry of a list and sign it again in the form it had."""
    opened, current = _read(file)
    changed = status_lists.with_statuses(current, {index: 0 if clear else 1})
    form = opened.proofs[0].suite if opened.form == "data-integrity" and opened.proofs else opened.form
    _sign(changed, key, form, output or file, passphrase_file, issuer=opened.document.get("issuer"))
    say(f"entry {index} is {'clear' if clear else 'set'} ({current.purpose})")


def show_list(file: str, index: int | None, as_json: bool) -> None:
    """Print one entry, or every entry that is set."""
    _, current = _read(file)
    bits = current.bits
    if index is not None:
        if not 0 <= index < len(bits):
            raise ProblemError(STATUS_RANGE_ERROR, f"the list has entries 0 to {len(bits) - 1}")
        if as_json:
            print_json({"id": current.url, "purpose": current.purpose, "index": index, "status": bits.get(index)})
        else:
            print("set" if bits.get(index) else "clear")
        return
    found = [position for position in range(len(bits)) if bits.get(position)]
    if as_json:
        print_json({"id": current.url, "purpose": current.purpose, "entries": len(bits), "set": found})
        return
    print(f"{current.url}\npurpose   {current.purpose}\nentries   {len(bits)}\nset       {len(found)}")
    for position in found[:SHOWN]:
        print(f"  {position}")
    if len(found) > SHOWN:
        print(f"  and {len(found) - SHOWN} more; --json prints them all")


def _read(file: str) -> tuple[Opened, StatusList]:
    opened = open_secured(read_input(file))
    return opened, status_lists.read(opened.document)


def _sign(
    made: StatusList, key: str, format: str, output: str | None, passphrase_file: str | None, issuer: object = None
) -> None:
    signer = open_key(key, passphrase_file)
    named = issuer.get("id") if isinstance(issuer, dict) else issuer
    if isinstance(named, str) and named != signer.controller:
        fail(f"the list is issued by {named}, but the key belongs to {signer.controller}")
    kept = issuer if isinstance(issuer, (str, dict)) else None
    minted = status_lists.issue(made, signer, format, now=datetime.now(UTC), issuer=kept, contexts=context_store())
    write_output(output, minted.bytes)
