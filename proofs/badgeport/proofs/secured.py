"""One door to every securing form: secure a credential, open what was received, verify each proof in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.proofs import data_integrity, envelopes, jose, jws, sd_jwt
from badgeport.proofs.canonicalization.work import Work
from badgeport.proofs.jwt_claims import claim_problems
from badgeport.proofs.opened import Form, KeyBinding, Opened, ProofInfo
from badgeport.schemas import contexts as bundled
from badgeport.schemas import jsontext
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    RANGE_ERROR,
    UNSUPPORTED,
    ProblemError,
)

__all__ = [
    "CRYPTOSUITES",
    "FORMATS",
    "JWT_FORMATS",
    "Form",
    "KeyBinding",
    "Opened",
    "ProofInfo",
    "claim_problems",
    "open_member",
    "open_secured",
    "secure",
    "verify_secured",
]

CRYPTOSUITES: Final = (
    "eddsa-rdfc-2022",
    "eddsa-jcs-2022",
    "ecdsa-rdfc-2019",
    "ecdsa-jcs-2019",
    "ecdsa-sd-2023",
    "Ed25519Signature2020",
)
JWT_FORMATS: Final = ("vc-jwt", "vc+jwt", "vc+sd-jwt")
FORMATS: Final = (*CRYPTOSUITES, *JWT_FORMATS)
"""Everything `secure` can make: the Data Integrity cryptosuites, then the JWT forms."""

_WHITE_SPACE = b" \t\r\n"
_JWT_BYTES = re.compile(rb"[A-Za-z0-9_.~-]+")
# A tagged COSE_Sign1 (0xd2 0x84) as such, in base64 and in hexadecimal.
_COSE_STARTS = (b"\xd2\x84", b"0oQ", b"0oR", b"d284")


def secure(
    credential: Mapping[str, Any],
    signer: Signer,
    format: str,
    *,
    created: datetime,
    contexts: ContextStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
    **options: Any,
) -> bytes:
    """The bytes of a credential secured in one of `FORMATS`; they are serialised here, once.

    ``created`` is the instant of the proof. A Data Integrity format gives a JSON document and takes the options of
    `data_integrity.add_proof`; ``vc-jwt`` takes ``key_reference`` of `jose.issue_vc_jwt`; ``vc+sd-jwt`` takes
    ``disclosable``, ``holder``, ``decoys`` and ``random`` of `sd_jwt.issue_sd_jwt`. The JWT forms are ASCII text.

    Raises ProblemError: PROOF_GENERATION_ERROR for an unknown format, a key of a type the format does not sign with, or
    a credential it cannot secure, and what the form's own function raises.
    """
    if format == "vc-jwt":
        return jose.issue_vc_jwt(credential, signer, **options).encode("ascii")
    if format == "vc+jwt":
        return jose.issue_vc_jose(credential, signer, created=created, **options).encode("ascii")
    if format == "vc+sd-jwt":
        return sd_jwt.issue_sd_jwt(credential, signer, created=created, limits=limits, **options).encode("ascii")
    if format not in CRYPTOSUITES:
        raise ProblemError(PROOF_GENERATION_ERROR, f"the format is not one of {', '.join(FORMATS)}")
    document = data_integrity.add_proof(
        credential,
        signer,
        cryptosuite=format,
        created=created,
        contexts=bundled.store() if contexts is None else contexts,
        limits=limits,
        **options,
    )
    return jsontext.dump(document)


def open_secured(
    data: bytes,
    *,
    limits: Limits = DEFAULT_LIMITS,
    contexts: ContextStore | None = None,  # noqa: ARG001
) -> Opened:
    """Take apart a JSON document with or without proofs, a compact JWS, an SD-JWT, or a VCDM 2.0 envelope of one.

    White space before and after is ignored; a document without a proof is opened as ``unsecured``. Nothing is verified
    and no JSON-LD is processed: ``contexts`` is taken so that `open_secured` and `verify_secured` are called alike.
    Raises ProblemError: PARSING_ERROR, RANGE_ERROR or MALFORMED_VALUE_ERROR for malformed input, UNSUPPORTED for COSE
    and JWS JSON serialization, CRYPTOGRAPHIC_SECURITY_ERROR as `jose.open_jwt` and `sd_jwt.open_sd_jwt`.
    """
    if len(data) > limits.input_bytes:
        raise ProblemError(RANGE_ERROR, f"the input is larger than {limits.input_bytes} bytes")
    text = data.strip(_WHITE_SPACE)
    if text[:1] in (b"{", b"[", b'"'):
        return _open_document(jsontext.parse_object(data, limits), data, limits)
    return _open_token(text, data, limits)


def open_member(member: object, *, limits: Limits = DEFAULT_LIMITS) -> Opened:
    """Take apart a credential found inside another document: a JSON object, or the text of a compact JWS or SD-JWT.

    For presentations, CLR members and endorsements. ``original`` is the object written as JSON, or the text; an
    embedded proof does not depend on it. Raises ProblemError as `open_secured`.
    """
    if isinstance(member, str):
        text = member.encode("utf-8", "surrogatepass")
        return _open_token(text, text, limits)
    if isinstance(member, dict):
        return _open_document(member, jsontext.dump(member), limits)
    raise ProblemError(MALFORMED_VALUE_ERROR, "a contained credential is neither an object nor a JWS")


def verify_secured(
    opened: Opened,
    proof: ProofInfo,
    public_key: PublicKey,
    *,
    contexts: ContextStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
    work: Work | None = None,
) -> None:
    """Verify one of ``opened.proofs`` with the key that its verification method leads to; returns when it holds.

    This is the signature alone: whose key it is, whether the claims agree with the credential (`claim_problems`) and
    whether the proof is meant for this purpose and time are for the caller. ``work`` is an allowance that several
    verifications share, which also remembers what was canonicalized. Raises ProblemError:
    CRYPTOGRAPHIC_SECURITY_ERROR (or a problem of the header) for a JWT, PROOF_VERIFICATION_ERROR and the other errors
    of `data_integrity.verify_proof` for an embedded proof.
    """
    if proof not in opened.proofs:
        raise ProblemError(PROOF_VERIFICATION_ERROR, "the proof is not one of this document's")
    if proof.kind == "data-integrity":
        data_integrity.verify_proof(
            opened.document,
            proof.index,
            public_key,
            contexts=bundled.store() if contexts is None else contexts,
            limits=limits,
            work=work,
        )
        return
    if opened.problems:
        first = opened.problems[0]
        raise ProblemError(first.type, first.detail, first.pointer)
    if isinstance(opened.token, jws.Jws):
        jws.verify(opened.token, public_key)
    else:
        sd_jwt.verify_sd_jwt(opened, public_key)


def _open_token(text: bytes, original: bytes, limits: Limits) -> Opened:
    if not _JWT_BYTES.fullmatch(text) or b"." not in text:
        if text.startswith(_COSE_STARTS):
            raise ProblemError(UNSUPPORTED, "the input looks like a credential secured with COSE, which is not read")
        raise ProblemError(PARSING_ERROR, "the input is neither a JSON object nor a compact JWS nor an SD-JWT")
    token = text.decode("ascii")
    open_form = sd_jwt.open_sd_jwt if "~" in token else jose.open_jwt
    opened = open_form(token, original, limits)
    # A JWT may secure a credential that carries embedded proofs already (Open Badges 3.0, "Proofs").
    embedded = _embedded_proofs(opened.document, limits)
    return replace(opened, proofs=opened.proofs + embedded) if embedded else opened


def _open_document(document: dict[str, Any], original: bytes, limits: Limits) -> Opened:
    kind = envelopes.envelope_type(document)
    if kind is not None:
        token, media_type = envelopes.open_envelope(document, limits)
        inner = _open_token(token, original, limits)
        if inner.form not in envelopes.FORMS[kind][media_type]:
            raise ProblemError(MALFORMED_VALUE_ERROR, "the envelope holds another form than its media type says", "/id")
        return inner
    if "payload" in document and ("signature" in document or "signatures" in document):
        raise ProblemError(UNSUPPORTED, "JWS JSON serialization is not read; credentials use the compact form")
    proofs = _embedded_proofs(document, limits)
    return Opened("data-integrity" if proofs else "unsecured", document, proofs, original)


def _embedded_proofs(document: Mapping[str, Any], limits: Limits) -> tuple[ProofInfo, ...]:
    if "proof" not in document:
        return ()
    return tuple(
        ProofInfo(
            index=proof.index,
            pointer=proof.pointer,
            kind="data-integrity",
            verification_method=proof.verification_method,
            suite=proof.cryptosuite or proof.type,
            purpose=proof.purpose,
            created=proof.created,
            expires=proof.expires,
            domain=proof.domain,
            challenge=proof.challenge,
            id=proof.id,
            previous=proof.previous,
        )
        for proof in data_integrity.proofs_of(document, limits)
    )
