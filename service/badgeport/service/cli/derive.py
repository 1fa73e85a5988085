"""`badgeport derive`: selective disclosure."""

from __future__ import annotations

from collections.abc import Mapping

from badgeport.proofs import sd_jwt
from badgeport.schemas import carrier, jsontext
from badgeport.schemas.problems import PARSING_ERROR, ProblemError
from badgeport.service.cli.console import read_input, write_output
from badgeport.service.cli.contexts import context_store


def derive_input(input: str, pointers: list[str], output: str | None) -> None:
    """Disclose the members at ``pointers`` (and what the issuer made mandatory) of a base credential."""
    data = read_input(input).strip(b" \t\r\n")
    chosen = [part for item in pointers for part in (piece.strip() for piece in item.split(",")) if part]
    if carrier.detect(data) == "sd-jwt":
        write_output(output, sd_jwt.present(data.decode("ascii"), chosen).encode("ascii"))
        return
    from badgeport.proofs.suites import ecdsa_sd

    document = jsontext.parse(data)
    if not isinstance(document, Mapping):
        raise ProblemError(PARSING_ERROR, f"{input} is not a credential")
    derived = ecdsa_sd.derive(document, chosen, contexts=context_store())
    write_output(output, jsontext.dump(derived))
