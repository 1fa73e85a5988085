"""Presentations: a holder shows credentials to one verifier, in answer to its challenge (VCDM 2.0 section 4.13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from badgeport.keys.signer import Signer
from badgeport.proofs.data_integrity import add_proof
from badgeport.proofs.envelopes import enveloped_credential
from badgeport.proofs.jose import issue_vp_jose
from badgeport.proofs.opened import Opened
from badgeport.proofs.secured import CRYPTOSUITES, open_secured, verify_secured
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts as bundled
from badgeport.schemas import jsontext, structure
from badgeport.schemas.contexts import ContextStore, urls
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PROOF_GENERATION_ERROR, UNSUPPORTED, ProblemError

FORMATS = (*(suite for suite in CRYPTOSUITES if suite not in ("ecdsa-sd-2023", "Ed25519Signature2020")), "vp+jwt")


def build_presentation(
    credentials: Sequence[bytes],
    *,
    holder: str,
    presentation_id: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Any]:
    """A VerifiablePresentation of signed credentials, unsigned.

    Credentials with embedded proofs stand in it as they are; JWTs and SD-JWTs become EnvelopedVerifiableCredentials.
    Raises ``ProblemError``: MALFORMED_VALUE_ERROR for a member without a proof, and what reading a member raises.
    """
    body: dict[str, Any] = {"@context": [urls.CREDENTIALS_V2]}
    if presentation_id is not None:
        body["id"] = presentation_id
    body |= {"type": ["VerifiablePresentation"], "holder": holder}
    members = [_member(data, number, limits) for number, data in enumerate(credentials, 1)]
    if members:
        body["verifiableCredential"] = members
    return body


def present(
    credentials: Sequence[bytes],
    signer: Signer,
    format: str = "eddsa-rdfc-2022",
    *,
    now: datetime,
    challenge: str | None = None,
    domain: str | None = None,
    expires: datetime | None = None,
    presentation_id: str | None = None,
    contexts: ContextStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> bytes:
    """A presentation signed by the holder, whose proof was verified before it is returned.

    The holder is the signer's controller. ``challenge`` and ``domain`` come from the verifier that asked: they bind the
    presentation to it (``nonce`` and ``aud`` in a vp+jwt). ``format`` is one of `FORMATS`. ``expires`` is when the
    proof ends.
    Raises ``ProblemError``: UNSUPPORTED for another format, PROOF_GENERATION_ERROR, and as `build_presentation`.
    """
    if format not in FORMATS:
        raise ProblemError(UNSUPPORTED, f"{format!r} is not a format of presentations; known are {', '.join(FORMATS)}.")
    body = build_presentation(credentials, holder=signer.controller, presentation_id=presentation_id, limits=limits)
    found = structure.problems(body)
    if found:
        raise ProblemError(found[0].type, found[0].detail, found[0].pointer)
    store, created = contexts or bundled.store(), now.replace(microsecond=0)
    if format == "vp+jwt":
        token = issue_vp_jose(body, signer, created=created, expires=expires, audience=domain, nonce=challenge)
        data = token.encode("ascii")
    else:
        signed = add_proof(
            body,
            signer,
            cryptosuite=format,
            created=created,
            contexts=store,
            purpose="authentication",
            expires=expires,
            challenge=challenge,
            domain=domain,
            limits=limits,
        )
        data = jsontext.dump(signed)
    _check_own_proof(open_secured(data, limits=limits), body, signer, store, limits)
    return data


def _member(data: bytes, number: int, limits: Limits) -> dict[str, Any]:
    opened = open_secured(data, limits=limits)
    if opened.form == "unsecured":
        raise ProblemError(MALFORMED_VALUE_ERROR, f"Credential {number} of the presentation has no proof.")
    if "VerifiableCredential" not in _listed(opened.document.get("type")):
        raise ProblemError(MALFORMED_VALUE_ERROR, f"Member {number} of the presentation is not a credential.")
    if any(_is_base(proof, limits) for proof in _listed(opened.document.get("proof"))):
        raise ProblemError(
            PROOF_GENERATION_ERROR, f"Credential {number} has a base proof; derive from it what is to be shown first."
        )
    if data.lstrip()[:1] == b"{":
        return jsontext.parse_object(data, limits)
    return enveloped_credential(data)


def _is_base(proof: object, limits: Limits) -> bool:
    if not isinstance(proof, dict) or proof.get("cryptosuite") != ecdsa_sd.NAME:
        return False
    return ecdsa_sd.proof_kind(proof, limits=limits) == "base"


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _check_own_proof(
    opened: Opened, body: dict[str, Any], signer: Signer, contexts: ContextStore, limits: Limits
) -> None:
    shown = {name: value for name, value in opened.document.items() if name != "proof"}
    if shown != body or len(opened.proofs) != 1:
        raise ProblemError(PROOF_GENERATION_ERROR, "The signed presentation does not say what was to be signed.")
    verify_secured(opened, opened.proofs[0], signer.public_key, contexts=contexts, limits=limits)
