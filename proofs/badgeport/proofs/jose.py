"""Credentials and presentations as JWTs: the Open Badges 3.0 profile and VC-JOSE-COSE.

``vc-jwt`` is Open Badges 3.0 "JSON Web Token Proof Format": ``typ`` is ``JWT`` or absent, only alg, kid, jwk and typ
stand in the header, and the claims repeat the credential. ``vc+jwt`` and ``vp+jwt`` are VC-JOSE-COSE §3.1, where the
payload is the document and ``iat`` and ``exp`` are about the signature. A ``vc`` claim (VCDM 1.1) is only read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, TypeAlias

from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType, jose_algorithm
from badgeport.proofs import jws
from badgeport.proofs.jwt_claims import (
    check_document,
    claim_problems,
    identifier,
    instant_of,
    issuer_of,
    legacy_credential,
    numeric_date,
    open_badges_claims,
    same_second,
    to_numeric_date,
    without_claims,
)
from badgeport.proofs.opened import Form, Opened, ProofInfo
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    UNSUPPORTED,
    Problem,
    ProblemError,
)

__all__ = [
    "KeyReference",
    "claim_problems",
    "issue_vc_jose",
    "issue_vc_jwt",
    "issue_vp_jose",
    "jose_warnings",
    "open_jwt",
]

KeyReference: TypeAlias = Literal["auto", "kid", "jwk", "both"]

_OPEN_BADGES_HEADER = frozenset({"alg", "kid", "jwk", "typ"})
_FORMS: dict[str, Form] = {"jwt": "vc-jwt", "vc+jwt": "vc+jwt", "vp+jwt": "vp+jwt"}
_SELECTIVE = frozenset({"vc+sd-jwt", "vp+sd-jwt"})
_UNREAD = frozenset({"vc+ld+jwt", "vp+ld+jwt", "vc-ld+jwt", "vp-ld+jwt", "vc+ld+json+jwt", "dc+sd-jwt"})
_VALIDATOR_KEY_TYPES = (KeyType.RSA, KeyType.P256)


def issue_vc_jwt(credential: Mapping[str, Any], signer: Signer, *, key_reference: KeyReference = "auto") -> str:
    """A credential as an Open Badges 3.0 VC-JWT.

    ``key_reference`` says how a verifier finds the key: ``kid`` names ``signer.verification_method``, ``jwk`` puts the
    public key into the header, ``both`` does both. ``auto`` is ``kid`` where that leads to a JWK: a web address, a
    did:jwk, and RSA keys, which key documents publish as JWK. A did:key or did:web of another key leads to a Multikey,
    which the profile does not read (SPEC D3), so there it is ``jwk``.

    Raises ProblemError: PROOF_GENERATION_ERROR naming the member from which a required claim cannot be made
    (``credentialSubject.id`` for sub, whole-second ``validFrom`` for nbf …) or for a key type that signs nothing.
    """
    check_document(credential, "VerifiableCredential")
    if key_reference not in ("auto", "kid", "jwk", "both"):
        raise ProblemError(PROOF_GENERATION_ERROR, "the key reference is one of auto, kid, jwk and both")
    embed = key_reference in ("jwk", "both") or (key_reference == "auto" and _leads_to_multikey(signer))
    header: dict[str, Any] = {"typ": "JWT"}
    if key_reference in ("kid", "both") or not embed:
        header["kid"] = jws.key_url(signer)
    if embed:
        header["jwk"] = signer.public_key.to_jwk()
    return jws.sign(header, {**credential, **open_badges_claims(credential)}, signer)


def _leads_to_multikey(signer: Signer) -> bool:
    """Whether dereferencing the signer's verification method gives a Multikey rather than a JWK."""
    method = signer.verification_method
    if method.startswith("did:key:"):
        return True
    published_as_jwk = signer.public_key.key_type is KeyType.RSA or method.startswith("did:jwk:")
    return method.startswith("did:") and not published_as_jwk


def issue_vc_jose(credential: Mapping[str, Any], signer: Signer, *, created: datetime) -> str:
    """A credential as ``vc+jwt`` (VC-JOSE-COSE §3.1.1), with iss and, from ``created``, iat.

    Raises ProblemError(PROOF_GENERATION_ERROR) for a document that is no VCDM 2.0 credential with an issuer.
    """
    check_document(credential, "VerifiableCredential")
    header = {"typ": "vc+jwt", "cty": "vc", "kid": jws.key_url(signer)}
    claims = {"iss": issuer_of(credential), "iat": to_numeric_date(created)}
    return jws.sign(header, {**credential, **claims}, signer)


def issue_vp_jose(
    presentation: Mapping[str, Any],
    signer: Signer,
    *,
    created: datetime,
    expires: datetime | None = None,
    audience: str | None = None,
    nonce: str | None = None,
) -> str:
    """A presentation as ``vp+jwt`` (VC-JOSE-COSE §3.1.2), for ``audience`` in answer to ``nonce``.

    ``iss`` is the holder where the presentation names one. Raises ProblemError(PROOF_GENERATION_ERROR) for a document
    that is no VCDM 2.0 presentation.
    """
    check_document(presentation, "VerifiablePresentation")
    holder = identifier(presentation.get("holder"))
    stated = {
        "iss": holder,
        "aud": audience,
        "nonce": nonce,
        "iat": to_numeric_date(created),
        "exp": None if expires is None else to_numeric_date(expires),
    }
    claims = {name: value for name, value in stated.items() if value is not None}
    header = {"typ": "vp+jwt", "cty": "vp", "kid": jws.key_url(signer)}
    return jws.sign(header, {**presentation, **claims}, signer)


def jose_warnings(key_type: KeyType, profile: str) -> tuple[str, ...]:
    """What an issuer should know before signing in this profile with a key of this type."""
    if profile == "vc-jwt" and key_type not in _VALIDATOR_KEY_TYPES:
        return (
            f"1EdTech's public validator accepts RS256 and ES256 in a VC-JWT and refuses {jose_algorithm(key_type)}, "
            f"the algorithm of {key_type} keys.",
        )
    return ()


def open_jwt(token: str, original: bytes, limits: Limits = DEFAULT_LIMITS) -> Opened:
    """Take a credential or presentation out of a compact JWS. Nothing is verified; ``original`` is kept as received.

    Raises ProblemError: PARSING_ERROR or RANGE_ERROR for a malformed token or payload, CRYPTOGRAPHIC_SECURITY_ERROR for
    a ``typ`` that names no credential, UNSUPPORTED for one of another kind of credential.
    """
    signed = jws.parse(token, limits)
    payload = jws.payload_object(signed, limits)
    form = _form_of(signed)
    presentation = form == "vp+jwt"
    if form == "vc-jwt" and "vp" in payload and "vc" not in payload:
        raise ProblemError(UNSUPPORTED, "a presentation in a vp claim (VCDM 1.1) is not read", "/vp")
    legacy = form == "vc-jwt" and "vc" in payload
    members = without_claims(payload, presentation=presentation)
    document = legacy_credential(payload) if legacy else members
    claims = {name: value for name, value in payload.items() if name not in members}
    return Opened(
        form=form,
        document=document,
        proofs=(proof_info(signed, form, document, claims, kind="jose"),),
        original=original,
        header=signed.header,
        payload=payload,
        claims=claims,
        problems=signed.problems + tuple(_profile_problems(signed, form)),
        warnings=jwt_warnings(signed, form, claims),
        token=signed,
    )


def proof_info(
    signed: jws.Jws,
    form: Form,
    document: Mapping[str, Any],
    claims: Mapping[str, Any],
    *,
    kind: Literal["jose", "sd-jwt"],
) -> ProofInfo:
    """What a JWT says about its own signature. ``claims`` are its registered claims."""
    presentation = form.startswith("vp")
    not_before, expires = numeric_date(claims.get("nbf")), numeric_date(claims.get("exp"))
    # In an Open Badges VC-JWT these are the credential's own validity, and so they often are elsewhere.
    if form == "vc-jwt" or _restates(not_before, document, "validFrom"):
        not_before = None
    if form == "vc-jwt" or _restates(expires, document, "validUntil"):
        expires = None
    return ProofInfo(
        index=0,
        pointer="",
        kind=kind,
        verification_method=signed.key_id,
        suite=signed.algorithm,
        purpose="authentication" if presentation else "assertionMethod",
        embedded_jwk=None if signed.embedded_key is None else dict(signed.header["jwk"]),
        created=numeric_date(claims.get("iat")),
        not_before=not_before,
        expires=expires,
        domain=_audience(claims.get("aud")) if presentation else None,
        challenge=_text(claims.get("nonce")) if presentation else None,
    )


def _restates(instant: datetime | None, document: Mapping[str, Any], member: str) -> bool:
    own = instant_of(document, member)
    return instant is not None and own is not None and same_second(instant, own)


def jwt_warnings(signed: jws.Jws, form: Form, claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Oddities of a JWT that do not make it fail."""
    warnings = []
    if "iat" in claims and numeric_date(claims["iat"]) is None:
        warnings.append("The claim iat is not a NumericDate and was left aside.")
    if "aud" in claims and not form.startswith("vp"):
        warnings.append("The credential names an audience (aud), which says nothing about a credential.")
    expected = "vp" if form.startswith("vp") else "vc"
    if "cty" in signed.header and form != "vc-jwt" and jws.media_type(signed.header["cty"]) != expected:
        warnings.append(f"The content type (cty) in the header is not {expected}.")
    return tuple(warnings)


def _form_of(signed: jws.Jws) -> Form:
    if "typ" not in signed.header:
        return "vc-jwt"
    name = jws.media_type(signed.header["typ"])
    if name in _FORMS:
        return _FORMS[name]
    if name in _SELECTIVE:
        raise ProblemError(PARSING_ERROR, "the header's typ is that of an SD-JWT, but no tilde ends the JWS")
    kind = UNSUPPORTED if name in _UNREAD else CRYPTOGRAPHIC_SECURITY_ERROR
    raise ProblemError(kind, f"the header's typ {jws.quoted(signed.header['typ'])} names no credential that is read")


def _profile_problems(signed: jws.Jws, form: Form) -> list[Problem]:
    if form != "vc-jwt":
        return []
    problems = []
    if extra := sorted(signed.header.keys() - _OPEN_BADGES_HEADER - {"crit", "b64"}):
        detail = f"the header has {jws.quoted(extra[0])}; Open Badges 3.0 allows alg, kid, jwk and typ only"
        problems.append(Problem(CRYPTOGRAPHIC_SECURITY_ERROR, detail))
    if not {"kid", "jwk"} & signed.header.keys():
        problems.append(Problem(CRYPTOGRAPHIC_SECURITY_ERROR, "the header names no key: it has neither kid nor jwk"))
    return problems


def _audience(value: object) -> str | tuple[str, ...] | None:
    if isinstance(value, list):
        return tuple(item for item in value if isinstance(item, str))
    return _text(value)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
