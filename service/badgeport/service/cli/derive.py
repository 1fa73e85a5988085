"""`badgeport derive`: selective disclosure."""

from __future__ import annotations

from badgeport.proofs import sd_jwt
from badgeport.schemas import carrier, jsontext
from badgeport.service.cli.console import about, fail, hand_out, named, read_input, say
from badgeport.service.cli.contexts import context_store

_NO_STATUS = (
    "warning: what you derived shows no status, and nobody can see from it that none was left out: verifiers leave it "
    "undetermined unless their policy says otherwise. If your badge has a status, disclose /credentialStatus; if it "
    "has none, ask its issuer for a badge with a status, or for one in a form that is shown as a whole."
)


def derive_input(input: str, pointers: list[str], output: str | None, as_json: bool) -> None:
    """Disclose the members at ``pointers`` (and what the issuer made mandatory) of a base credential.

    A person is told where verifiers will leave what was made undetermined.
    """
    data = read_input(input).strip(b" \t\r\n")
    chosen = [part for item in pointers for part in (piece.strip() for piece in item.split(",")) if part]
    form = carrier.detect(data)
    if form not in ("json", "sd-jwt"):
        fail(f"{named(input)}: only an ecdsa-sd-2023 base credential (JSON) or an SD-JWT lets its holder choose")
    with about(input):
        if form == "sd-jwt":
            shown = sd_jwt.present(data.decode("ascii"), chosen).encode("ascii")
        else:
            from badgeport.proofs.suites import ecdsa_sd

            document = ecdsa_sd.derive(jsontext.parse_object(data), chosen, contexts=context_store())
            if ecdsa_sd.without_status(document):
                say(_NO_STATUS)
            shown = jsontext.dump(document)
    hand_out(output, shown, as_json, disclosed=chosen)
