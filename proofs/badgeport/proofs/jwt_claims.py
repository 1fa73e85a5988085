"""What JWT claims say about a credential, and whether the credential says the same.

Open Badges 3.0 "JSON Web Token Proof Format"; VC-JOSE-COSE §3; VCDM 1.1 §6.3.1 (read only); RFC 7519 §4.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from badgeport.proofs.envelopes import envelope_problems
from badgeport.proofs.jws import quoted
from badgeport.proofs.opened import Opened
from badgeport.schemas.contexts.urls import CREDENTIALS_V1, CREDENTIALS_V2
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PROOF_GENERATION_ERROR, Problem, ProblemError

REGISTERED = frozenset({"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf"})
"""The claims that are about the token and not part of the credential."""

PRESENTATION_REGISTERED = REGISTERED | {"nonce"}

RESERVED = PRESENTATION_REGISTERED | {"vc", "vp", "_sd", "_sd_alg", "..."}
"""Member names that a credential to be issued as a JWT must not have at its top level."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def numeric_date(value: object) -> datetime | None:
    """The instant of a NumericDate (RFC 7519 §2), or None when the value is none or outside the years 1 to 9999."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return _EPOCH + timedelta(seconds=value)
    except (OverflowError, ValueError):
        return None


def to_numeric_date(instant: datetime) -> int:
    """An aware datetime as whole seconds since 1970-01-01T00:00:00Z; fractions are cut off.

    Raises ProblemError(PROOF_GENERATION_ERROR) for a datetime without an offset.
    """
    if instant.utcoffset() is None:
        raise ProblemError(PROOF_GENERATION_ERROR, "an instant to be written into a JWT needs a time zone offset")
    return (instant - _EPOCH) // timedelta(seconds=1)


def same_second(one: datetime, other: datetime) -> bool:
    """Whether two instants are equal in whole seconds, which is as fine as most writers of a NumericDate are."""
    return to_numeric_date(one) == to_numeric_date(other)


def has_type(document: Mapping[str, Any], name: str) -> bool:
    """Whether ``type`` is or contains ``name``."""
    types = document.get("type")
    return types == name or (isinstance(types, list) and name in types)


def first_context(document: Mapping[str, Any]) -> object:
    """The first ``@context`` entry, or None."""
    context = document.get("@context")
    return (context[0] if context else None) if isinstance(context, list) else context


def identifier(value: object) -> str | None:
    """The identifier of an issuer or holder: the string itself, or the object's ``id``."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else None


def subject_id(document: Mapping[str, Any]) -> str | None:
    """The ``id`` of the one credential subject; None when it has none or there are several subjects."""
    subject = document.get("credentialSubject")
    if isinstance(subject, list) and len(subject) == 1:
        subject = subject[0]
    return identifier(subject) if isinstance(subject, Mapping) else None


def check_document(document: Mapping[str, Any], kind: str) -> None:
    """Refuse to secure as a JWT what is not a VCDM 2.0 document of type ``kind``, or has members that would be claims.

    Raises ProblemError(PROOF_GENERATION_ERROR) naming the member.
    """
    if not has_type(document, kind):
        raise _cannot(f"the type of the document does not contain {kind}", "type")
    if first_context(document) != CREDENTIALS_V2:
        raise _cannot("the first @context is not that of VCDM 2.0, the only model that is secured as a JWT", "@context")
    if reserved := sorted(RESERVED & document.keys()):
        raise _cannot("the document has a member that in a JWT would be a claim about the token", reserved[0])


def issuer_of(credential: Mapping[str, Any]) -> str:
    """The issuer's identifier. Raises ProblemError(PROOF_GENERATION_ERROR) when the credential states none."""
    return _required(identifier(credential.get("issuer")), "issuer.id", "issuer")


def open_badges_claims(credential: Mapping[str, Any]) -> dict[str, Any]:
    """The claims Open Badges 3.0 demands beside a credential: iss, jti, sub, nbf and, with validUntil, exp.

    Raises ProblemError(PROOF_GENERATION_ERROR) naming the member that is missing or has no equal claim.
    """
    claims: dict[str, Any] = {
        "iss": issuer_of(credential),
        "jti": _required(identifier(credential.get("id")), "id", "id"),
        "sub": _required(subject_id(credential), "credentialSubject.id", "credentialSubject"),
        "nbf": _whole_seconds(credential, "validFrom"),
    }
    if "validUntil" in credential:
        claims["exp"] = _whole_seconds(credential, "validUntil")
    return claims


def without_claims(payload: Mapping[str, Any], *, presentation: bool) -> dict[str, Any]:
    """The credential or presentation in a payload that carries its members at the top level."""
    claims = PRESENTATION_REGISTERED if presentation else REGISTERED
    return {name: value for name, value in payload.items() if name not in claims}


def legacy_credential(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The VCDM 1.1 credential of a ``vc`` claim, with what it leaves out filled in from the claims (§6.3.1).

    Where the credential and a claim disagree the credential's own value is shown; `claim_problems` reports it.
    Raises ProblemError(MALFORMED_VALUE_ERROR) when the ``vc`` claim is not an object.
    """
    vc = payload.get("vc")
    if not isinstance(vc, dict):
        raise ProblemError(MALFORMED_VALUE_ERROR, "the vc claim is not an object", "/vc")
    credential = dict(vc)
    if isinstance(payload.get("jti"), str):
        credential.setdefault("id", payload["jti"])
    if isinstance(issuer := payload.get("iss"), str):
        own = credential.setdefault("issuer", issuer)
        if isinstance(own, dict):
            credential["issuer"] = {"id": issuer, **own}
    if isinstance(subject := payload.get("sub"), str):
        credential["credentialSubject"] = _with_subject_id(credential.get("credentialSubject"), subject)
    for claim, member in (("nbf", "issuanceDate"), ("exp", "expirationDate")):
        if member not in credential and (instant := numeric_date(payload.get(claim))) is not None:
            credential[member] = format_datetime(instant)
    return credential


def claim_problems(opened: Opened, *, lenient_sub: bool = False) -> tuple[Problem, ...]:
    """Every disagreement between a JWT's claims and the credential it secures; empty for other forms.

    For Open Badges VC-JWTs iss, jti, sub and nbf are required and equal issuer.id, id, credentialSubject.id and
    validFrom, and exp equals validUntil, one never without the other; ``lenient_sub`` accepts an absent sub. For
    VC-JOSE-COSE forms claims are optional but must not contradict the document, ``vc`` and ``vp`` must be absent, and
    the document must be of the kind the media type says. Pointers lead into the payload.
    """
    if opened.payload is None:
        return ()
    if opened.form == "vc-jwt":
        checks = _open_badges_problems(opened.payload, opened.claims, opened.document, lenient_sub)
    else:
        checks = _vc_jose_problems(opened.claims, opened.document, presentation=opened.form.startswith("vp"))
    return (*_replicated_problems(opened.header or {}, opened.claims), *checks)


def _open_badges_problems(
    payload: Mapping[str, Any], claims: Mapping[str, Any], document: Mapping[str, Any], lenient_sub: bool
) -> Iterator[Problem]:
    legacy = "vc" in payload
    stated = payload["vc"] if legacy else document
    version = first_context(stated)
    if legacy and version != CREDENTIALS_V1:
        yield _problem("the vc claim is for VCDM 1.1 credentials, but its first @context is not that of VCDM 1.1", "vc")
    if not legacy and version == CREDENTIALS_V1:
        yield _problem("a VCDM 1.1 credential stands in a vc claim, but the payload has none", "@context")
    if legacy:
        # Another reader might take the top level for the credential.
        for name in ("@context", "type", "issuer", "credentialSubject"):
            if name in payload:
                yield _problem(f"the credential is in the vc claim, yet the payload has {name} beside it", name)
    if "vp" in payload:
        yield _problem("a credential has no vp claim", "vp")
    if not has_type(document, "VerifiableCredential"):
        yield _problem("the payload is not a verifiable credential", "type")
    start, end = ("issuanceDate", "expirationDate") if legacy else ("validFrom", "validUntil")
    yield from _same_text(claims, "iss", identifier(document.get("issuer")), "issuer.id")
    yield from _same_text(claims, "jti", identifier(document.get("id")), "id")
    if not (lenient_sub and "sub" not in claims):
        yield from _same_text(claims, "sub", subject_id(document), "credentialSubject.id")
    yield from _same_instant(claims, "nbf", document, start)
    if "exp" in claims or end in document:
        yield from _same_instant(claims, "exp", document, end)


def _vc_jose_problems(
    claims: Mapping[str, Any], document: Mapping[str, Any], *, presentation: bool
) -> Iterator[Problem]:
    for name in ("vc", "vp"):
        if name in document:
            yield _problem(f"the {name} claim must not be present", name)
    kind = "VerifiablePresentation" if presentation else "VerifiableCredential"
    other = "VerifiableCredential" if presentation else "VerifiablePresentation"
    if not has_type(document, kind) or has_type(document, other):
        yield _problem(f"the media type says {kind}, but the type of the document does not", "type")
    owner = "holder" if presentation else "issuer"
    if "iss" in claims and (identifier(document.get(owner)) is not None or not presentation):
        yield from _same_text(claims, "iss", identifier(document.get(owner)), owner)
    if "jti" in claims and "id" in document:
        yield from _same_text(claims, "jti", identifier(document.get("id")), "id")
    if not presentation and "sub" in claims and subject_id(document) is not None:
        yield from _same_text(claims, "sub", subject_id(document), "credentialSubject.id")
    for name in ("nbf", "exp"):
        if name in claims and numeric_date(claims[name]) is None:
            yield _problem(f"the claim {name} is not a NumericDate", name)
    if presentation:
        yield from envelope_problems(document)


def _replicated_problems(header: Mapping[str, Any], claims: Mapping[str, Any]) -> Iterator[Problem]:
    """Claims repeated in the header must be the same there (RFC 7519 §5.3)."""
    for name in ("iss", "sub", "aud"):
        if name in header and header[name] != claims.get(name):
            yield _problem(f"the header's {name} is not the same as the claim {name}", name)


def _same_text(claims: Mapping[str, Any], claim: str, value: str | None, member: str) -> Iterator[Problem]:
    if claim not in claims:
        yield _problem(f"the claim {claim} is missing; it repeats {member}", claim)
    elif not isinstance(claims[claim], str):
        yield _problem(f"the claim {claim} is not a string", claim)
    elif value is None:
        yield _problem(f"the claim {claim} repeats {member}, but the credential has none", claim)
    elif claims[claim] != value:
        yield _problem(f"the claim {claim} is {quoted(claims[claim])}, but {member} is {quoted(value)}", claim)


def _same_instant(claims: Mapping[str, Any], claim: str, document: Mapping[str, Any], member: str) -> Iterator[Problem]:
    if claim not in claims:
        yield _problem(f"the claim {claim} is missing; it repeats {member}", claim)
        return
    stated = numeric_date(claims[claim])
    if stated is None:
        yield _problem(f"the claim {claim} is not a NumericDate", claim)
    elif member not in document:
        yield _problem(f"the claim {claim} repeats {member}, but the credential has none", claim)
    elif (own := instant_of(document, member)) is None:
        yield _problem(f"the claim {claim} cannot be compared: {member} is not a date and time", claim)
    elif not same_second(own, stated):
        yield _problem(f"the claim {claim} is another instant than {member}", claim)


def instant_of(document: Mapping[str, Any], member: str) -> datetime | None:
    """The instant in a member of a credential, or None when there is none that can be read."""
    try:
        return parse_datetime(document[member], require_zone=False)
    except (KeyError, ProblemError):
        return None


def _with_subject_id(subject: object, identifier: str) -> object:
    if subject is None:
        return {"id": identifier}
    if isinstance(subject, dict):
        return {"id": identifier, **subject}
    if isinstance(subject, list) and len(subject) == 1:
        return [_with_subject_id(subject[0], identifier)]
    return subject


def _whole_seconds(credential: Mapping[str, Any], member: str) -> int:
    text = credential.get(member)
    if not isinstance(text, str):
        raise _cannot(f"the credential has no {member}, from which a claim follows", member)
    if "." in text:
        raise _cannot(f"{member} has fractions of a second, which its claim does not state", member)
    try:
        return to_numeric_date(parse_datetime(text))
    except ProblemError as error:
        raise _cannot(f"{member}: {error.problem.detail}", member) from None


def _required(value: str | None, member: str, name: str) -> str:
    if not value:
        raise _cannot(f"the credential has no {member}, from which a claim follows", name)
    return value


def _cannot(detail: str, *path: str) -> ProblemError:
    return ProblemError(PROOF_GENERATION_ERROR, detail, join(*path))


def _problem(detail: str, *path: str) -> Problem:
    return Problem(MALFORMED_VALUE_ERROR, detail, join(*path))
