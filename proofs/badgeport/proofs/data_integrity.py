"""Embedded proofs (Data Integrity 1.0): reading, adding and verifying them, in sets and in chains.

A proof stands for the document without its ``proof`` member. A proof with ``previousProof`` stands for the document
together with the proofs named there (section 2.1.2), so a chain says that these were there before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.proofs.canonicalization.active_context import Budget, active_context
from badgeport.proofs.canonicalization.nquads import is_absolute_iri
from badgeport.proofs.canonicalization.work import Work
from badgeport.proofs.suites.base import DATA_INTEGRITY_PROOF, Cryptosuite, JcsSuite
from badgeport.proofs.suites.registry import suite, suite_of
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.contexts.urls import DATA_INTEGRITY_V2, ED25519_2020_V1
from badgeport.schemas.datetimes import format_datetime, parse_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import (
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    Problem,
    ProblemError,
    ProblemType,
)


@dataclass(frozen=True, slots=True)
class EmbeddedProof:
    """One proof as its document states it. Nothing here is verified; a member of the wrong form reads as absent."""

    index: int
    """Its number among the document's proofs, from 0."""
    pointer: str
    """The JSON pointer of the proof in its document."""
    raw: dict[str, Any] = field(repr=False)
    type: str
    cryptosuite: str | None
    purpose: str | None
    verification_method: str | None
    created: datetime | None
    expires: datetime | None
    domain: str | tuple[str, ...] | None
    challenge: str | None
    id: str | None
    previous: tuple[str, ...]
    """Ids of the proofs that this one was made on top of."""


def proofs_of(document: Mapping[str, Any], limits: Limits = DEFAULT_LIMITS) -> tuple[EmbeddedProof, ...]:
    """The embedded proofs of a document, in order; none where it has no ``proof``.

    Raises ``ProblemError`` (PARSING_ERROR) where ``proof`` is neither an object nor an array of objects, or holds more
    than ``limits.proofs``.
    """
    proofs = _proofs(document, limits)
    array = isinstance(document.get("proof"), list)
    return tuple(
        _embedded(proof, index, join("proof", index) if array else "/proof") for index, proof in enumerate(proofs)
    )


def verify_proof(
    document: Mapping[str, Any],
    index: int,
    public_key: PublicKey,
    *,
    contexts: ContextStore,
    limits: Limits = DEFAULT_LIMITS,
    work: Work | None = None,
) -> None:
    """Verify one proof of a document with the key of its verification method; returns when the proof is good.

    This says that the key signed the document as it stands, with these proof options. Whose key it is, whether purpose,
    domain, challenge and expiry suit, and whether the proofs in ``previous`` verify too, is for the caller to check.

    Raises ``ProblemError``, pointing at the offending member: PROOF_VERIFICATION_ERROR (a malformed proof, a foreign
    key type, a signature that does not fit, a chain that does not resolve, misleading contexts or names),
    DATA_LOSS_DETECTION_ERROR, PROOF_TRANSFORMATION_ERROR, CONTEXT_UNKNOWN, PARSING_ERROR; RANGE_ERROR where ``work``,
    an allowance over several proofs and documents, is used up.
    """
    proofs = _proofs(document, limits)
    if not 0 <= index < len(proofs):
        raise ProblemError(PROOF_VERIFICATION_ERROR, f"the document has no proof number {index}")
    proof = proofs[index]
    try:
        _require_form(proof, PROOF_VERIFICATION_ERROR)
        found = suite_of(proof)
        secured = _secured(document, _previous_proofs(proof, proofs, PROOF_VERIFICATION_ERROR))
        found.verify(secured, proof, public_key, contexts=contexts, limits=limits, work=work)
    except ProblemError as error:
        problem = error.problem
        if isinstance(document.get("proof"), list) and problem.pointer is not None and "previousProof" not in proof:
            raise ProblemError(problem.type, problem.detail, _numbered(problem, index)) from None
        raise


def add_proof(
    document: Mapping[str, Any],
    signer: Signer,
    *,
    cryptosuite: str,
    created: datetime,
    contexts: ContextStore,
    purpose: str = "assertionMethod",
    expires: datetime | None = None,
    domain: str | Sequence[str] | None = None,
    challenge: str | None = None,
    proof_id: str | None = None,
    previous: str | Sequence[str] | None = None,
    mandatory_pointers: Sequence[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Any]:
    """A copy of ``document`` with one more proof; what lies deeper is shared with ``document``.

    ``cryptosuite`` is a suite's name (``Ed25519Signature2020`` for the legacy one). ``created`` and ``expires`` are
    aware instants. ``proof_id`` is a URL that a later proof can name; ``previous`` holds ids of proofs on the document
    that this one builds on. ``mandatory_pointers`` is for ecdsa-sd-2023. A document without proofs whose contexts do
    not define the proof's terms gains the context that does (VCDM 1.1); one that has proofs is never changed otherwise.

    Raises ``ProblemError``: PROOF_GENERATION_ERROR for options, keys or documents that do not go together,
    DATA_LOSS_DETECTION_ERROR where part of the document would not be signed, PROOF_TRANSFORMATION_ERROR,
    CONTEXT_UNKNOWN, and what the signer raises.
    """
    chosen = suite(cryptosuite, PROOF_GENERATION_ERROR)
    proofs = _existing(document, limits)
    options = _options(
        chosen,
        signer,
        created=created,
        expires=expires,
        purpose=purpose,
        domain=domain,
        challenge=challenge,
        proof_id=proof_id,
        previous=previous,
    )
    _require_form({**options, "proofValue": "z"}, PROOF_GENERATION_ERROR)
    if proof_id is not None and any(proof.get("id") == proof_id for proof in proofs):
        raise ProblemError(PROOF_GENERATION_ERROR, "the document has a proof with this id already")
    earlier = _previous_proofs(options, [*proofs, options], PROOF_GENERATION_ERROR)
    secured = _secured(document, earlier)
    try:
        if not proofs:
            secured = _with_proof_terms(secured, chosen, contexts)
        elif _missing_context(secured, chosen, contexts) is not None:
            raise ProblemError(
                PROOF_GENERATION_ERROR, f"the signed document's contexts do not define {chosen.proof_type}", "/@context"
            )
        proof = chosen.create(
            secured, options, signer, contexts=contexts, limits=limits, mandatory_pointers=mandatory_pointers
        )
    except ProblemError as error:
        problem = error.problem
        if problem.type == PROOF_VERIFICATION_ERROR:  # the refusals of canonicalization, met while signing
            raise ProblemError(PROOF_GENERATION_ERROR, problem.detail, problem.pointer) from None
        raise
    result = dict(document)
    if "@context" in secured:
        result["@context"] = secured["@context"]
    existing = result.get("proof")
    if existing is None:
        result["proof"] = proof
    else:
        result["proof"] = [*(existing if isinstance(existing, list) else [existing]), proof]
    return result


def _proofs(document: Mapping[str, Any], limits: Limits) -> list[dict[str, Any]]:
    if not isinstance(document, Mapping):
        raise ProblemError(PARSING_ERROR, "the document is not a JSON object")
    if "proof" not in document:
        return []
    value = document["proof"]
    proofs = value if isinstance(value, list) else [value]
    if not all(isinstance(proof, dict) for proof in proofs):
        raise ProblemError(PARSING_ERROR, "proof is neither an object nor an array of objects", "/proof")
    if len(proofs) > limits.proofs:
        raise ProblemError(PARSING_ERROR, f"the document has more than {limits.proofs} proofs", "/proof")
    return proofs


def _existing(document: Mapping[str, Any], limits: Limits) -> list[dict[str, Any]]:
    try:
        proofs = _proofs(document, limits)
    except ProblemError as error:
        raise ProblemError(PROOF_GENERATION_ERROR, error.problem.detail, error.problem.pointer) from None
    if len(proofs) >= limits.proofs:
        raise ProblemError(PROOF_GENERATION_ERROR, f"the document has {limits.proofs} proofs already", "/proof")
    return proofs


def _secured(document: Mapping[str, Any], earlier: list[dict[str, Any]]) -> dict[str, Any]:
    """What a proof stands for: the document without its proofs, or with those it was made on top of."""
    secured = {member: value for member, value in document.items() if member != "proof"}
    if earlier:
        secured["proof"] = earlier
    return secured


def _previous_proofs(
    proof: Mapping[str, Any], proofs: Sequence[Mapping[str, Any]], problem: ProblemType
) -> list[dict[str, Any]]:
    """The proofs that ``previousProof`` names, in the order of the document (section 4.3 and 4.5, proof chains)."""
    wanted = _previous_ids(proof)
    if not wanted:
        return []
    by_id: dict[str, Mapping[str, Any]] = {}
    for each in proofs:
        proof_id = each.get("id")
        if isinstance(proof_id, str):
            if proof_id in by_id:
                raise ProblemError(problem, "two proofs of one document have the same id", "/proof")
            by_id[proof_id] = each
    if not all(proof_id in by_id for proof_id in wanted):
        raise ProblemError(problem, "previousProof names a proof that the document does not have", "/proof")
    _require_no_cycle(proof, by_id, problem)
    return [dict(each) for each in proofs if each.get("id") in wanted]


def _require_no_cycle(start: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]], problem: ProblemType) -> None:
    seen: set[str] = set()
    pending = list(_previous_ids(start))
    while pending:
        proof_id = pending.pop()
        earlier = by_id.get(proof_id)
        if earlier is start:
            raise ProblemError(problem, "previousProof leads back to the proof itself", "/proof")
        if earlier is not None and proof_id not in seen:
            seen.add(proof_id)
            pending.extend(_previous_ids(earlier))


def _previous_ids(proof: Mapping[str, Any]) -> tuple[str, ...]:
    value = proof.get("previousProof")
    items = value if isinstance(value, list) else [value]
    return tuple(item for item in items if isinstance(item, str))


_TEXTS = ("type", "cryptosuite", "verificationMethod", "proofPurpose", "proofValue", "id", "challenge", "nonce")
_REQUIRED = ("type", "verificationMethod", "proofPurpose", "proofValue")
_TEXT_LISTS = ("domain", "previousProof")
_INSTANTS = ("created", "expires")


def _require_form(proof: Mapping[str, Any], problem: ProblemType) -> None:
    """Refuse a proof whose members are missing or not of the form section 2.1 gives them."""
    for member in _REQUIRED:
        if member not in proof:
            raise ProblemError(problem, f"the proof has no {member}", "/proof")
    for member in _TEXTS:
        if member in proof and (not isinstance(proof[member], str) or not proof[member]):
            raise ProblemError(problem, f"the proof's {member} is not a string", join("proof", member))
    for member in _TEXT_LISTS:
        if member in proof:
            items = proof[member] if isinstance(proof[member], list) else [proof[member]]
            if not items or not all(isinstance(item, str) and item for item in items):
                raise ProblemError(problem, f"the proof's {member} is no string or strings", join("proof", member))
    for member in _INSTANTS:
        if member in proof and _instant(proof[member]) is None:
            raise ProblemError(problem, f"the proof's {member} is not a date and time", join("proof", member))
    for member in ("verificationMethod", "id"):
        if member in proof and not is_absolute_iri(proof[member]):
            raise ProblemError(problem, f"the proof's {member} is not an absolute URL", join("proof", member))


def _options(
    chosen: Cryptosuite,
    signer: Signer,
    *,
    created: datetime,
    expires: datetime | None,
    purpose: str,
    domain: str | Sequence[str] | None,
    challenge: str | None,
    proof_id: str | None,
    previous: str | Sequence[str] | None,
) -> dict[str, Any]:
    """The proof without its value; members without a value are left out."""
    written = _written(created)
    if expires is not None and _written(expires) <= written:
        raise ProblemError(PROOF_GENERATION_ERROR, "the proof would expire before it is created")
    stated = {
        "id": proof_id,
        "type": chosen.proof_type,
        "cryptosuite": chosen.name if chosen.proof_type == DATA_INTEGRITY_PROOF else None,
        "created": written,
        "expires": None if expires is None else _written(expires),
        "verificationMethod": signer.verification_method,
        "proofPurpose": purpose,
        "domain": domain if domain is None or isinstance(domain, str) else list(domain),
        "challenge": challenge,
        "previousProof": previous if previous is None or isinstance(previous, str) else list(previous),
    }
    return {member: value for member, value in stated.items() if value is not None}


def _written(instant: datetime) -> str:
    try:
        return format_datetime(instant)
    except ProblemError as error:
        raise ProblemError(PROOF_GENERATION_ERROR, error.problem.detail) from None


def _with_proof_terms(document: dict[str, Any], chosen: Cryptosuite, contexts: ContextStore) -> dict[str, Any]:
    missing = _missing_context(document, chosen, contexts)
    if missing is None:
        return document
    stated = document["@context"]
    return {**document, "@context": [*(stated if isinstance(stated, list) else [stated]), missing]}


def _missing_context(document: Mapping[str, Any], chosen: Cryptosuite, contexts: ContextStore) -> str | None:
    """The context to add so that the proof's terms are defined, if they are not."""
    if "@context" not in document:
        return None
    try:
        defined = active_context(document["@context"], contexts, Budget()).term(chosen.proof_type)
    except ProblemError:
        if isinstance(chosen, JcsSuite):
            return None  # it signs the JSON as it stands, also under contexts that are not at hand
        raise
    if defined is not None:
        return None
    return DATA_INTEGRITY_V2 if chosen.proof_type == DATA_INTEGRITY_PROOF else ED25519_2020_V1


def _embedded(proof: dict[str, Any], index: int, pointer: str) -> EmbeddedProof:
    domain = proof.get("domain")
    domains = domain if isinstance(domain, list) else [domain]
    stated = tuple(item for item in domains if isinstance(item, str))
    return EmbeddedProof(
        index=index,
        pointer=pointer,
        raw=proof,
        type=_text(proof, "type") or "",
        cryptosuite=_text(proof, "cryptosuite"),
        purpose=_text(proof, "proofPurpose"),
        verification_method=_text(proof, "verificationMethod"),
        created=_instant(proof.get("created")),
        expires=_instant(proof.get("expires")),
        domain=(stated if isinstance(domain, list) else stated[0]) if stated else None,
        challenge=_text(proof, "challenge"),
        id=_text(proof, "id"),
        previous=_previous_ids(proof),
    )


def _text(proof: Mapping[str, Any], member: str) -> str | None:
    value = proof.get(member)
    return value if isinstance(value, str) else None


def _instant(value: object) -> datetime | None:
    try:
        return parse_datetime(value, require_zone=False) if isinstance(value, str) else None
    except ProblemError:
        return None


def _numbered(problem: Problem, index: int) -> str | None:
    """The pointer of a problem in the proof, in a document whose proofs are an array."""
    pointer = problem.pointer or ""
    if pointer == "/proof" or pointer.startswith("/proof/"):
        return f"/proof/{index}{pointer.removeprefix('/proof')}"
    return problem.pointer
