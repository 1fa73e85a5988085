"""The one way out: validate, serialise once, secure, verify the own proof, release.

Whatever leaves the issuer passes through `release`: no credential is handed out that names another issuer than the
key's, breaks the data model, holds a member that would not be signed, or does not verify.
"""

from __future__ import annotations

import builtins
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from badgeport.issuer.randomness import Randomness
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.canonicalization import check_data_loss
from badgeport.proofs.data_integrity import add_proof
from badgeport.proofs.jose import jose_warnings
from badgeport.proofs.jwt_claims import identifier
from badgeport.proofs.secured import CRYPTOSUITES, FORMATS, claim_problems, open_secured, secure, verify_secured
from badgeport.proofs.suites import ecdsa_sd
from badgeport.schemas import contexts as bundled
from badgeport.schemas import jsontext, pointer, structure
from badgeport.schemas.contexts import ContextStore, urls
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import PROOF_GENERATION_ERROR, UNSUPPORTED, ProblemError

DEFAULT_FORMAT = "eddsa-rdfc-2022"

DEFAULT_FORMATS = {
    KeyType.ED25519: "eddsa-rdfc-2022",
    KeyType.P256: "ecdsa-rdfc-2019",
    KeyType.P384: "ecdsa-rdfc-2019",
    KeyType.RSA: "vc-jwt",
}
"""The most widely verified format for each type of key."""

_LEGACY_FORMAT = "Ed25519Signature2020"
_SELECTIVE_FORMAT = "ecdsa-sd-2023"
_RDF_FORMATS = frozenset({"eddsa-rdfc-2022", "ecdsa-rdfc-2019", _SELECTIVE_FORMAT, _LEGACY_FORMAT})
_PERSONAL = frozenset({"evidence", "endorsement", "endorsementJwt"})
_PERSONAL_OF_SUBJECT = frozenset(
    {
        "activityEndDate",
        "activityStartDate",
        "identifier",
        "image",
        "licenseNumber",
        "narrative",
        "result",
        "role",
        "source",
        "term",
    }
)
_STATUS_NEEDED = (
    "It has no status, and who is shown part of a badge cannot tell that it never had one: verifiers leave it "
    "undetermined unless their policy says otherwise. Give it a status list, or use a format that shows the whole."
)
_VALIDATOR_FORMATS = frozenset({"eddsa-rdfc-2022", _SELECTIVE_FORMAT, _LEGACY_FORMAT, "vc-jwt"})


@dataclass(frozen=True, slots=True)
class Minted:
    """A signed credential. ``bytes`` is the record: store and hand out exactly these.

    ``credential`` is the document that was signed (without proof), ``sha256`` the lower-case hex digest of ``bytes``,
    ``warnings`` are sentences for people about who may not be able to verify it.
    """

    bytes: builtins.bytes
    credential: dict[str, Any]
    sha256: str
    format: str
    warnings: tuple[str, ...] = ()


def release(
    credential: Mapping[str, Any],
    signer: Signer,
    format: str = DEFAULT_FORMAT,
    *,
    now: datetime,
    contexts: ContextStore | None = None,
    limits: Limits = DEFAULT_LIMITS,
    mandatory_pointers: Sequence[str] | None = None,
    disclosable: Sequence[str] | None = None,
    holder: PublicKey | None = None,
    randomness: Randomness = secrets.token_bytes,
) -> Minted:
    """Validate, secure and check one credential.

    ``credential`` is unsigned; ``format`` one of ``proofs.secured.FORMATS``; ``now`` the instant of the proof.
    ``mandatory_pointers`` (ecdsa-sd-2023) are what a holder can never hide, ``disclosable`` (vc+sd-jwt) what the holder
    may hide, ``holder`` (vc+sd-jwt) the key that a holder must prove possession of; ``randomness`` salts what may be
    hidden.

    Raises ``ProblemError``: PROOF_GENERATION_ERROR where the issuer is not the signer's controller or the own proof
    does not verify, UNSUPPORTED for an unknown format, MALFORMED_VALUE_ERROR for a breach of the data model,
    DATA_LOSS_DETECTION_ERROR for a member that would not be signed, and what securing raises.
    """
    if format not in FORMATS:
        raise ProblemError(UNSUPPORTED, f"{format!r} is not a format; known are {', '.join(FORMATS)}.")
    body = dict(credential)
    _require_own(body, signer)
    found = structure.problems(body)
    if found:
        raise ProblemError(found[0].type, found[0].detail, found[0].pointer)
    store = contexts or bundled.store()
    if format == _LEGACY_FORMAT and urls.ED25519_2020_V1 not in body["@context"]:
        body["@context"] = [*body["@context"], urls.ED25519_2020_V1]
    check_data_loss(body, contexts=store, limits=limits, signed=format in _RDF_FORMATS)
    options: dict[str, Any] = {"created": now.replace(microsecond=0), "contexts": store, "limits": limits}
    if format == _SELECTIVE_FORMAT:
        options["mandatory_pointers"] = mandatory_by_default(body) if mandatory_pointers is None else mandatory_pointers
    if format == "vc+sd-jwt":
        options["disclosable"] = disclosable_by_default(body) if disclosable is None else disclosable
        _require_judgeable(body, options["disclosable"])
        options |= {"holder": holder, "random": randomness}
    if format in CRYPTOSUITES:
        data = jsontext.dump(_with_proof_array(add_proof(body, signer, cryptosuite=format, **options)))
    else:
        data = secure(body, signer, format, **options)
    _check_own_proof(data, body, signer, store, limits)
    digest = hashlib.sha256(data).hexdigest()
    warnings = format_warnings(format, signer.public_key.key_type)
    if format == _SELECTIVE_FORMAT and structure.check(body).kind != "status-list" and ecdsa_sd.without_status(body):
        warnings += (_STATUS_NEEDED,)
    return Minted(data, body, digest, format, warnings)


def _with_proof_array(signed: dict[str, Any]) -> dict[str, Any]:
    """Open Badges and CLR have an array of proofs in plain JSON; the strict schema refuses a lone one."""
    if urls.OB_3_0_3 not in signed["@context"]:
        return signed
    return {**signed, "proof": [signed["proof"]]}


def format_warnings(format: str, key_type: KeyType) -> tuple[str, ...]:
    """What to know before signing in this format with a key of this type: who will not be able to verify it."""
    if format == _SELECTIVE_FORMAT:
        return (
            "This badge is for its holder alone, who derives from it what to show; others do not verify it as it is.",
        )
    if format in _VALIDATOR_FORMATS:
        return jose_warnings(key_type, format)
    return (
        f"1EdTech's public validator does not verify {format}; where it must, use eddsa-rdfc-2022, "
        "or vc-jwt with an RSA or P-256 key.",
    )


def mandatory_by_default(credential: Mapping[str, Any]) -> tuple[str, ...]:
    """What the holder of an ecdsa-sd-2023 badge can never hide: everything but the personal details.

    Status, dates, issuer and the achievement stay with every derived badge; evidence, narrative, results, role, term,
    licence number and the dates of the activity may be left out, and so may the hashed identifiers of a subject that
    has an id.
    """
    pointers = [
        pointer.join(name)
        for name in credential
        if name not in {"@context", "id", "type", "credentialSubject", *_PERSONAL}
    ]
    subject = credential.get("credentialSubject")
    if isinstance(subject, Mapping):
        pointers += [pointer.join("credentialSubject", name) for name in subject if name not in _hideable(subject)]
    return tuple(pointers)


def disclosable_by_default(credential: Mapping[str, Any]) -> tuple[str, ...]:
    """What the holder of a vc+sd-jwt badge may hide: the same personal details as in `mandatory_by_default`.

    A credential without status or end shows that it has evidence and endorsements, and may hide what its evidence says:
    a whole member that is withheld there could be its status or its end.
    """
    if _shows_what_decides(credential):
        pointers = [pointer.join(name) for name in credential if name in _PERSONAL]
    else:
        evidence = credential.get("evidence")
        pointers = [
            pointer.join("evidence", index, name)
            for index, item in enumerate(evidence if isinstance(evidence, list) else [])
            if isinstance(item, Mapping)
            for name in item
            if name not in ("@context", "type")
        ]
    subject = credential.get("credentialSubject")
    if isinstance(subject, Mapping):
        pointers += [
            pointer.join("credentialSubject", name)
            for name in subject
            if name in _hideable(subject) and name not in ("id", "type")
        ]
    return tuple(pointers)


def _require_judgeable(credential: Mapping[str, Any], disclosable: Sequence[str]) -> None:
    """A member withheld beside no status, or no end, could be that: no reader could tell whether the badge holds."""
    for text in () if _shows_what_decides(credential) else disclosable:
        if text.count("/") == 1:
            raise ProblemError(
                PROOF_GENERATION_ERROR,
                "A credential without both credentialStatus and validUntil cannot have a disclosable member at its "
                "top level; make what is in it disclosable instead.",
                text,
            )


def _shows_what_decides(credential: Mapping[str, Any]) -> bool:
    return "credentialStatus" in credential and "validUntil" in credential


def _hideable(subject: Mapping[str, Any]) -> frozenset[str]:
    """A badge has an id or an identifier of its earner (OB 3.0), so the identifiers stay where there is no id."""
    always = {"id", "type"}
    return _PERSONAL_OF_SUBJECT | always if "id" in subject else _PERSONAL_OF_SUBJECT - {"identifier"} | always


def _require_own(credential: Mapping[str, Any], signer: Signer) -> None:
    issuer = identifier(credential.get("issuer"))
    if issuer != signer.controller:
        raise ProblemError(
            PROOF_GENERATION_ERROR,
            f"The issuer is {issuer or 'missing'}, but the key belongs to {signer.controller}; "
            "nobody signs in another's name.",
            "/issuer",
        )
    if "proof" in credential:
        raise ProblemError(PROOF_GENERATION_ERROR, "The credential already has a proof.", "/proof")


def _check_own_proof(
    data: bytes, credential: Mapping[str, Any], signer: Signer, contexts: ContextStore, limits: Limits
) -> None:
    """Read the signed bytes back as any verifier would, before they leave."""
    opened = open_secured(data, limits=limits, contexts=contexts)
    shown = {name: value for name, value in opened.document.items() if name != "proof"}
    if shown != credential or len(opened.proofs) != 1 or claim_problems(opened):
        raise ProblemError(PROOF_GENERATION_ERROR, "The signed credential does not say what was to be signed.")
    proof = opened.proofs[0]
    if proof.verification_method not in (None, signer.verification_method):
        raise ProblemError(PROOF_GENERATION_ERROR, "The proof names another verification method than the signer's.")
    try:
        if proof.suite == _SELECTIVE_FORMAT:
            base = opened.document["proof"]
            base = base[0] if isinstance(base, list) else base
            ecdsa_sd.verify_base(shown, base, signer.public_key, contexts=contexts, limits=limits)
        else:
            verify_secured(opened, proof, signer.public_key, contexts=contexts, limits=limits)
    except ProblemError as error:
        raise ProblemError(
            PROOF_GENERATION_ERROR, f"The new proof does not verify and was not released: {error.problem.detail}"
        ) from None
