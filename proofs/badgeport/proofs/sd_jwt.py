"""Selective disclosure JWTs of W3C credentials: issue, present, bind to a holder, read (RFC 9901; VC-JOSE-COSE §3.2).

``vc+sd-jwt`` is issued and read, ``vp+sd-jwt`` is read.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from badgeport.keys.jwk import public_from_jwk
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.proofs import jws, sd_disclosures
from badgeport.proofs.jose import jwt_warnings, proof_info
from badgeport.proofs.jwt_claims import (
    RESERVED,
    check_document,
    issuer_of,
    numeric_date,
    to_numeric_date,
    without_claims,
)
from badgeport.proofs.opened import Form, KeyBinding, Opened
from badgeport.proofs.sd_disclosures import Path, Unpacked
from badgeport.schemas import jsontext, pointer
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    INVALID_CHALLENGE_ERROR,
    INVALID_DOMAIN_ERROR,
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    RANGE_ERROR,
    UNSUPPORTED,
    ProblemError,
)

PROTECTED = frozenset(
    {
        "@context",
        "id",
        "type",
        "issuer",
        "validFrom",
        "validUntil",
        "credentialStatus",
        "credentialSchema",
        "relatedResource",
        "proof",
    }
)
"""Members that are never made disclosable: a verifier needs each of them to judge the credential."""

_FORMS: dict[str, Form] = {"vc+sd-jwt": "vc+sd-jwt", "vp+sd-jwt": "vp+sd-jwt"}
_UNREAD = frozenset({"dc+sd-jwt", "vc-ld+sd-jwt", "vp-ld+sd-jwt", "vc+ld+sd-jwt", "vp+ld+sd-jwt", "vc+ld+json+sd-jwt"})
_TEXT = re.compile(r"[A-Za-z0-9_.-]+(?:~[A-Za-z0-9_-]+)*~[A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class SdJwt:
    """An SD-JWT taken apart. ``presented`` is the text up to and including the last tilde, which ``sd_hash`` covers."""

    issuer_jwt: jws.Jws
    presented: str = field(repr=False)
    hash_name: str
    binding: jws.Jws | None


def issue_sd_jwt(
    credential: Mapping[str, Any],
    signer: Signer,
    *,
    created: datetime,
    disclosable: Collection[str] = (),
    holder: PublicKey | None = None,
    decoys: int = 0,
    random: Callable[[int], bytes] = secrets.token_bytes,
    limits: Limits = DEFAULT_LIMITS,
) -> str:
    """A credential as ``vc+sd-jwt`` with every disclosure, as the issuer hands it to the holder (RFC 9901 §4).

    ``disclosable`` are JSON pointers of object members and array items the holder may withhold; one may lie inside
    another. Members every verifier needs (`PROTECTED`) and any ``@context`` cannot be among them. ``holder`` is the key
    a holder must prove possession of (``cnf``). ``decoys`` is the number of digests without a disclosure added to each
    object that hides a member. ``random`` returns that many random bytes, for salts and decoys.

    Raises ProblemError(PROOF_GENERATION_ERROR) with the pointer that cannot be honoured.
    """
    document = jsontext.parse_object(jsontext.dump(dict(credential)), limits)
    check_document(document, "VerifiableCredential")
    selected = _selected_paths(document, disclosable)
    payload, disclosures = sd_disclosures.pack(document, selected, decoys=decoys, random=random)
    payload |= {"iss": issuer_of(document), "iat": to_numeric_date(created), "_sd_alg": sd_disclosures.ISSUING_HASH}
    if holder is not None:
        payload["cnf"] = {"jwk": holder.to_jwk()}
    header = {"typ": "vc+sd-jwt", "cty": "vc", "kid": jws.key_url(signer)}
    return "~".join([jws.sign(header, payload, signer), *disclosures, ""])


def present(sd_jwt: str, pointers: Collection[str], limits: Limits = DEFAULT_LIMITS) -> str:
    """The holder's choice: the SD-JWT with the disclosures that show ``pointers`` and no others (RFC 9901 §7.2).

    Pointers lead into the credential as `open_sd_jwt` shows it with every disclosure it was given. A pointer takes with
    it what is disclosable below it and what must be disclosed to reach it; the empty pointer takes everything. A key
    binding of the input is left off. Raises ProblemError: MALFORMED_VALUE_ERROR for a pointer to nothing, and as
    `open_sd_jwt`.
    """
    parts, _, unpacked = _read(sd_jwt, limits)
    wanted = []
    for text in pointers:
        pointer.resolve(unpacked.payload, text)
        wanted.append(pointer.split(text))
    kept = [
        disclosure.text
        for path, disclosure in unpacked.disclosed
        if any(path[: len(choice)] == choice or choice[: len(path)] == path for choice in wanted)
    ]
    return "~".join([parts.presented.partition("~")[0], *kept, ""])


def bind(
    sd_jwt: str, holder: Signer, *, audience: str, nonce: str, issued_at: datetime, limits: Limits = DEFAULT_LIMITS
) -> str:
    """Append the holder's key binding JWT for one verifier and one challenge (RFC 9901 §4.3 and §7.2).

    Raises ProblemError(PROOF_GENERATION_ERROR) when the credential is bound to another key or to none, or has a key
    binding already.
    """
    parts, _, unpacked = _read(sd_jwt, limits)
    if parts.binding is not None:
        raise _cannot("the SD-JWT has a key binding already")
    if _confirmation_key(unpacked.payload) != holder.public_key:
        raise _cannot("the credential is not bound to the holder's key")
    claims = {
        "iat": to_numeric_date(issued_at),
        "aud": audience,
        "nonce": nonce,
        "sd_hash": sd_disclosures.digest(parts.presented, parts.hash_name),
    }
    return parts.presented + jws.sign({"typ": "kb+jwt"}, claims, holder)


def open_sd_jwt(sd_jwt: str, original: bytes, limits: Limits = DEFAULT_LIMITS) -> Opened:
    """Take a credential or presentation out of an SD-JWT, its disclosures put in place (RFC 9901 §7.1).

    Nothing is verified. Raises ProblemError: PARSING_ERROR or RANGE_ERROR for a malformed or oversized text,
    CRYPTOGRAPHIC_SECURITY_ERROR for disclosures and digests that do not fit one another exactly or a ``typ`` that names
    no credential, UNSUPPORTED for another hash or kind of SD-JWT.
    """
    parts, payload, unpacked = _read(sd_jwt, limits)
    signed = parts.issuer_jwt
    form = _form_of(signed)
    document = without_claims(unpacked.payload, presentation=form == "vp+sd-jwt")
    claims = {name: value for name, value in unpacked.payload.items() if name not in document}
    binding = None if parts.binding is None else _key_binding(parts, parts.binding, unpacked.payload, limits)
    proof = proof_info(signed, form, document, claims, kind="sd-jwt")
    if binding is not None:
        proof = replace(proof, domain=binding.audience, challenge=binding.nonce)
    disclosed = [path for path, _ in unpacked.disclosed]
    return Opened(
        form=form,
        document=document,
        proofs=(proof,),
        original=original,
        header=signed.header,
        payload=payload,
        claims=claims,
        problems=signed.problems,
        warnings=jwt_warnings(signed, form, claims) + tuple(_disclosure_warnings(form, disclosed)),
        disclosed=tuple(pointer.join(*path) for path in disclosed),
        undisclosed=tuple(dict.fromkeys(pointer.join(*path) for path in unpacked.undisclosed)),
        key_binding=binding,
        token=parts,
    )


def verify_sd_jwt(opened: Opened, public_key: PublicKey) -> None:
    """Verify the issuer's signature and, where there is one, the holder's key binding (RFC 9901 §7.1 and §7.3).

    That the key binding is meant for this verifier and its challenge is for `check_key_binding`, and that the issuer's
    header is in order was seen when opening. Raises ProblemError(CRYPTOGRAPHIC_SECURITY_ERROR).
    """
    parts = opened.token
    if not isinstance(parts, SdJwt):
        raise ProblemError(CRYPTOGRAPHIC_SECURITY_ERROR, "the document is not secured as an SD-JWT")
    jws.verify(parts.issuer_jwt, public_key)
    if parts.binding is None:
        return
    if opened.key_binding is None:
        raise _refused("the key binding JWT was not read")
    if jws.media_type(parts.binding.header.get("typ")) != "kb+jwt":
        raise _refused("the typ of the key binding JWT is not kb+jwt")
    try:
        jws.verify(parts.binding, opened.key_binding.holder_key)
    except ProblemError as error:
        raise ProblemError(error.problem.type, f"in the key binding JWT: {error.problem.detail}") from None


def check_key_binding(opened: Opened, *, audience: str, nonce: str) -> KeyBinding:
    """The key binding of a presentation to this ``audience`` in answer to this ``nonce`` (RFC 9901 §7.3).

    Call it after the proof was verified. How old ``issued_at`` may be is the caller's decision. Raises ProblemError:
    CRYPTOGRAPHIC_SECURITY_ERROR when there is no key binding, INVALID_DOMAIN_ERROR or INVALID_CHALLENGE_ERROR when it
    is meant for another verifier or another request.
    """
    binding = opened.key_binding
    if binding is None:
        raise _refused("the holder did not prove possession of a key: there is no key binding JWT")
    if binding.audience != audience:
        raise ProblemError(INVALID_DOMAIN_ERROR, "the key binding is meant for another audience")
    if binding.nonce != nonce:
        raise ProblemError(INVALID_CHALLENGE_ERROR, "the key binding answers another nonce")
    return binding


def _read(sd_jwt: str, limits: Limits) -> tuple[SdJwt, dict[str, Any], Unpacked]:
    if len(sd_jwt) > limits.document_bytes:
        raise ProblemError(RANGE_ERROR, f"the SD-JWT is longer than {limits.document_bytes} characters")
    if not _TEXT.fullmatch(sd_jwt):
        raise ProblemError(PARSING_ERROR, "the text is not an SD-JWT: a JWS, disclosures and a last tilde")
    issuer_text, *disclosure_texts, binding_text = sd_jwt.split("~")
    signed = jws.parse(issuer_text, limits)
    payload = jws.payload_object(signed, limits)
    unpacked = sd_disclosures.unpack(payload, disclosure_texts, limits)
    parts = SdJwt(
        issuer_jwt=signed,
        presented=sd_jwt[: len(sd_jwt) - len(binding_text)],
        hash_name=sd_disclosures.hash_of(payload),
        binding=jws.parse(binding_text, limits) if binding_text else None,
    )
    return parts, payload, unpacked


def _key_binding(parts: SdJwt, binding: jws.Jws, payload: Mapping[str, Any], limits: Limits) -> KeyBinding:
    claims = jws.payload_object(binding, limits)
    audience, nonce, issued_at = claims.get("aud"), claims.get("nonce"), numeric_date(claims.get("iat"))
    if not isinstance(audience, str) or not isinstance(nonce, str) or issued_at is None:
        raise _refused("the key binding JWT lacks one of aud, nonce and iat, or states it in another form")
    if claims.get("sd_hash") != sd_disclosures.digest(parts.presented, parts.hash_name):
        raise _refused("the key binding JWT was made for other disclosures (sd_hash)")
    holder_key = _confirmation_key(payload)
    if holder_key is None:
        raise _refused("there is a key binding JWT, but the credential is bound to no key")
    return KeyBinding(audience=audience, nonce=nonce, issued_at=issued_at, holder_key=holder_key)


def _confirmation_key(payload: Mapping[str, Any]) -> PublicKey | None:
    confirmation = payload.get("cnf")
    if confirmation is None:
        return None
    jwk = confirmation.get("jwk") if isinstance(confirmation, dict) else None
    if not isinstance(jwk, dict):
        raise ProblemError(UNSUPPORTED, "the credential is bound to a key (cnf) that is not given as a JWK", "/cnf")
    return public_from_jwk(jwk)


def _form_of(signed: jws.Jws) -> Form:
    name = jws.media_type(signed.header.get("typ"))
    if name in _FORMS:
        return _FORMS[name]
    kind = UNSUPPORTED if name in _UNREAD else CRYPTOGRAPHIC_SECURITY_ERROR
    raise ProblemError(
        kind, f"the header's typ {jws.quoted(signed.header.get('typ'))} names no credential that is read"
    )


def _disclosure_warnings(form: Form, disclosed: list[Path]) -> list[str]:
    if form != "vc+sd-jwt":
        return []
    members = sorted({path[0] for path in disclosed} & (PROTECTED | RESERVED))
    return [f"The issuer let the holder withhold {name}, which a verifier needs." for name in members]


def _selected_paths(document: dict[str, Any], disclosable: Collection[str]) -> frozenset[Path]:
    if len(disclosable) > sd_disclosures.MAXIMUM_DISCLOSURES:
        raise _cannot(f"more than {sd_disclosures.MAXIMUM_DISCLOSURES} members cannot be made disclosable")
    selected: set[Path] = set()
    for text in disclosable:
        try:
            pointer.resolve(document, text)
            path = pointer.split(text)
        except ProblemError as error:
            raise ProblemError(PROOF_GENERATION_ERROR, error.problem.detail, text) from None
        if not path or path[0] in PROTECTED or path == ("credentialSubject",) or "@context" in path:
            raise _cannot("this member cannot be made disclosable, as every verifier needs it", text)
        if path in selected:
            raise _cannot("this member is named twice", text)
        selected.add(path)
    return frozenset(selected)


def _cannot(detail: str, where: str | None = None) -> ProblemError:
    return ProblemError(PROOF_GENERATION_ERROR, detail, where)


def _refused(detail: str) -> ProblemError:
    return ProblemError(CRYPTOGRAPHIC_SECURITY_ERROR, detail)
