"""`badgeport inspect`: what is inside, without a judgement."""

from __future__ import annotations

from typing import Any

from badgeport.proofs.secured import open_secured
from badgeport.schemas import jsontext, structure
from badgeport.schemas.datetimes import format_datetime
from badgeport.service.cli.console import about, print_json, read_input, show
from badgeport.service.cli.contexts import context_store
from badgeport.verifier.intake import Intake, take_in


def inspect_input(input: str, as_json: bool) -> None:
    """Decode any input and print it."""
    with about(input):
        taken = take_in(read_input(input))
        if taken.address is not None:
            _show_hosted(taken, taken.address, as_json)
            return
        opened = open_secured(taken.payload, contexts=context_store())
    proofs: list[dict[str, Any]] = [
        {
            "suite": proof.suite,
            "verificationMethod": proof.verification_method,
            "purpose": proof.purpose,
            "created": format_datetime(proof.created) if proof.created else None,
        }
        for proof in opened.proofs
    ]
    facts: dict[str, Any] = {
        "input": _source(taken),
        "standard": taken.standard,
        "kind": structure.detect_kind(opened.document),
        "securing": opened.form,
        "proofs": proofs,
        "header": opened.header,
        "document": opened.document,
    }
    if as_json:
        print_json(facts)
        return
    show(f"form       {taken.form}\nkind       {facts['kind']}\nsecuring   {opened.form}\nsha256     {taken.sha256}")
    for proof in proofs:
        show(f"proof      {proof['suite']} by {proof['verificationMethod'] or 'a key it does not name'}")
    show("not verified: this is only what it says\n")
    show(jsontext.dump_pretty(opened.document).decode("utf-8", "backslashreplace").rstrip())


def _source(taken: Intake) -> dict[str, Any]:
    return {"form": taken.form, "mediaType": taken.media_type, "sha256": taken.sha256}


def _show_hosted(taken: Intake, address: str, as_json: bool) -> None:
    """An input that holds only the address of its credential, which nothing is fetched from here."""
    kind = "ob2-assertion" if taken.standard == "ob2" else "unknown"
    if as_json:
        print_json({"input": _source(taken), "standard": taken.standard, "kind": kind, "hosted": address})
        return
    show(f"form       {taken.form}\nkind       {kind}\nsha256     {taken.sha256}")
    what = "an Open Badges 2.0 badge that stays with its issuer" if kind != "unknown" else "what it leads to"
    show(f"{what}, at {address}")
