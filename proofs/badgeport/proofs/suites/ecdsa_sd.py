"""The ecdsa-sd-2023 cryptosuite: selective disclosure over P-256 (VC DI ECDSA 1.0 sections 3.4 to 3.6).

The issuer makes a base proof for the holder; the holder derives from it presentations that show chosen statements, and
always the mandatory ones; a verifier checks a derived proof. A base proof carries the HMAC key and the signature of
every statement, so showing it to a verifier gives everything away.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from badgeport.keys.ecdsa import raw_from_der
from badgeport.keys.public import PublicKey, public_from_raw
from badgeport.keys.signer import Signer
from badgeport.keys.types import PUBLIC_MULTICODEC, KeyType
from badgeport.proofs.canonicalization.rdfc import canonical_form
from badgeport.proofs.canonicalization.work import SIGNATURE_STEPS, Work
from badgeport.proofs.selective.labels import by_hmac, by_label_map, hmac_digest, label_number
from badgeport.proofs.selective.proof_value import (
    HMAC_BYTES,
    SIGNATURE_BYTES,
    BaseProofValue,
    DerivedProofValue,
    parse_base,
    parse_derived,
    proof_kind,
)
from badgeport.proofs.selective.selection import copy_json, select
from badgeport.proofs.selective.statements import Grouped, group, hash_lines, signed_lines
from badgeport.proofs.suites.base import (
    DATA_INTEGRITY_PROOF,
    proof_configuration,
    rdf_hash,
    require_key_type,
)
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join, resolve
from badgeport.schemas.problems import (
    MALFORMED_VALUE_ERROR,
    PROOF_GENERATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    Problem,
    ProblemError,
    ProblemType,
)

__all__ = [
    "DECISIVE_MEMBERS",
    "NAME",
    "SUITE",
    "contained_without_proof",
    "decisive_problems",
    "default_mandatory",
    "derive",
    "proof_kind",
    "sign_base",
    "verify_base",
    "verify_derived",
    "without_status",
]

NAME = "ecdsa-sd-2023"
KEY_TYPES = frozenset({KeyType.P256})

DECISIVE_MEMBERS = ("issuer", "validFrom", "validUntil", "issuanceDate", "expirationDate", "credentialStatus")
"""Members that decide whether a credential holds; a presentation that could leave one out would mislead (check 30)."""
_SKOLEMIZE_PASSES = 5
"""How many times naming every node of a document makes it into statements or canonicalizes them, at most."""
_CONTAINED = "contained"
_CONTAINED_OTHERWISE = frozenset({"proof", "@context", "endorsement", "endorsementJwt"})
_MANDATORY_MEMBERS = ("id", "type", *DECISIVE_MEMBERS, "credentialSchema")


@dataclass(frozen=True, slots=True)
class EcdsaSd2023:
    """The suite as the registry knows it. ``create`` makes base proofs; `derive` makes presentations of them."""

    name: str = NAME
    proof_type: str = DATA_INTEGRITY_PROOF
    key_types: frozenset[KeyType] = KEY_TYPES

    def create(
        self,
        document: Mapping[str, Any],
        options: Mapping[str, Any],
        signer: Signer,
        *,
        contexts: ContextStore,
        limits: Limits = DEFAULT_LIMITS,
        mandatory_pointers: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """A base proof over ``document``, which has no proof yet; see `sign_base`.

        What `default_mandatory` names is mandatory besides ``mandatory_pointers``: an issuer cannot, by forgetting a
        pointer, let holders leave out the end date or the status of a badge.
        """
        chosen = tuple(mandatory_pointers or ())
        return sign_base(
            document,
            options,
            signer,
            (*chosen, *(pointer for pointer in default_mandatory(document) if not _covered(pointer, chosen))),
            contexts=contexts,
            limits=limits,
        )

    def verify(
        self,
        document: Mapping[str, Any],
        proof: Mapping[str, Any],
        public_key: PublicKey,
        *,
        contexts: ContextStore,
        limits: Limits = DEFAULT_LIMITS,
        work: Work | None = None,
        allow_base: bool = False,
    ) -> None:
        """Verify a derived proof over ``document`` (without its proof); returns when it is good.

        A base proof is refused unless ``allow_base``, for those it is meant for: its issuer and its holder.
        Raises ProblemError as `verify_derived` and `verify_base` do.
        """
        if proof_kind(proof, limits=limits) == "derived":
            verify_derived(document, proof, public_key, contexts=contexts, limits=limits, work=work)
        elif allow_base:
            verify_base(document, proof, public_key, contexts=contexts, limits=limits)
        else:
            raise _refused("this is a base proof, meant for its holder; derive a presentation first")


SUITE = EcdsaSd2023()


def default_mandatory(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Pointers to what no presentation of a credential may leave out, as far as ``document`` has it.

    Its id and types, issuer, dates, status and schemas (``@context`` always goes along), and all of every credential
    in it that has no proof of its own: this proof is what secures it, and a part of it would stand for the whole.
    """
    members = tuple(f"/{member}" for member in _MANDATORY_MEMBERS if member in document)
    return (*members, *contained_without_proof(document))


def contained_without_proof(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Pointers to the credentials in ``document`` that only its own proof secures (VCDM 2.0 section 4.13).

    One that is enveloped has its proof around it, in its ``data:`` URL.
    """
    found: list[str] = []

    def walk(value: Any, pointer: str) -> None:
        items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
        for step, inner in items:
            if step == "verifiableCredential":
                listed = isinstance(inner, list)
                for index, credential in enumerate(inner if listed else (inner,)):
                    if isinstance(credential, Mapping) and _needs_envelope(credential):
                        found.append(f"{pointer}{join(step, index) if listed else join(step)}")
            elif step not in _CONTAINED_OTHERWISE:
                walk(inner, pointer + join(step))

    try:
        walk(document, "")
    except RecursionError:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the document is too deeply nested") from None
    return tuple(found)


def without_status(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Pointers to the credentials secured by the proof of ``document`` that have no status: itself, and those in it.

    A derived proof never tells what was left out, so nobody but issuer and holder can tell whether there was one.
    """
    secured = {pointer: resolve(document, pointer) for pointer in ("", *contained_without_proof(document))}
    return tuple(at for at, shown in secured.items() if "issuer" in shown and "credentialStatus" not in shown)


def _needs_envelope(credential: Mapping[str, Any]) -> bool:
    return "proof" not in credential and not str(credential.get("id")).startswith("data:")


def sign_base(
    document: Mapping[str, Any],
    options: Mapping[str, Any],
    signer: Signer,
    mandatory_pointers: Iterable[str],
    *,
    contexts: ContextStore,
    limits: Limits = DEFAULT_LIMITS,
    hmac_key: bytes | None = None,
    proof_key: ec.EllipticCurvePrivateKey | None = None,
) -> dict[str, Any]:
    """Create Base Proof (section 3.6.1) with exactly these mandatory pointers.

    ``options`` is the proof without ``proofValue``. ``hmac_key`` (32 bytes) and ``proof_key`` (P-256, signs the single
    statements and is then forgotten) are for reproducing published proofs; both are fresh and random when not given,
    and must never serve twice: statements signed under one proof key can be moved between its credentials.
    Raises ProblemError: PROOF_GENERATION_ERROR for unfit options, keys and pointers, MALFORMED_VALUE_ERROR for a
    pointer that reaches nothing, and what canonicalization raises.
    """
    pointers = tuple(dict.fromkeys(mandatory_pointers))
    if "" in pointers:
        raise _not_made("the empty pointer would make the whole credential mandatory; use a suite without disclosure")
    _require_alone(document, options, PROOF_GENERATION_ERROR)
    require_key_type(NAME, KEY_TYPES, signer.public_key, PROOF_GENERATION_ERROR)
    config = _configuration(options, document, PROOF_GENERATION_ERROR)
    hmac_key = secrets.token_bytes(HMAC_BYTES) if hmac_key is None else hmac_key
    proof_key = ec.generate_private_key(ec.SECP256R1()) if proof_key is None else proof_key
    scoped = PublicKey.of(proof_key.public_key())
    require_key_type(NAME, KEY_TYPES, scoped, PROOF_GENERATION_ERROR)
    if len(hmac_key) != HMAC_BYTES:
        raise _not_made(f"the HMAC key is not {HMAC_BYTES} bytes")

    grouped = group(document, {"mandatory": pointers}, by_hmac(hmac_key), contexts=contexts, limits=limits)
    mandatory, others = _split(grouped.lines, grouped.groups["mandatory"])
    public_key = PUBLIC_MULTICODEC[KeyType.P256] + scoped.raw
    to_sign = rdf_hash(config, "sha256", contexts, limits) + public_key + hash_lines(mandatory)
    base_signature = signer.sign(to_sign)
    if len(base_signature) != SIGNATURE_BYTES:
        raise _not_made("the signer did not answer with a raw signature of its key's length")
    value = BaseProofValue(
        base_signature=base_signature,
        public_key=public_key,
        hmac_key=hmac_key,
        signatures=tuple(_sign_statement(proof_key, line) for line in others),
        mandatory_pointers=pointers,
    )
    return {**copy_json(options), "proofValue": value.encode()}


def derive(
    document: Mapping[str, Any],
    selective_pointers: Iterable[str],
    *,
    contexts: ContextStore,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Any]:
    """Add Derived Proof (section 3.6.6): the part of a credential that a holder shows, with a proof of its own.

    ``document`` has one ecdsa-sd-2023 base proof; other proofs on it cover the whole and are left behind. The result
    has what ``selective_pointers`` name and what the issuer made mandatory. The empty pointer names everything.
    Raises ProblemError: MALFORMED_VALUE_ERROR with the pointer that is malformed or reaches nothing,
    PROOF_GENERATION_ERROR for a derived proof, no base proof or nothing to show, PROOF_VERIFICATION_ERROR for a base
    proof that does not fit the document, and what canonicalization raises.
    """
    proof = _base_proof(document, limits)
    base = parse_base(proof.get("proofValue"), limits=limits)
    unsecured = _without_proof(document)
    _require_alone(unsecured, proof, PROOF_GENERATION_ERROR)
    selective = tuple(selective_pointers)
    combined = (*base.mandatory_pointers, *selective)
    if not combined:
        raise _not_made("no pointer is given and the base proof has no mandatory pointer, so there is nothing to show")
    grouped = _group_signed(unsecured, base, {"combined": combined}, selective, contexts=contexts, limits=limits)
    shown, mandatory = sorted(grouped.groups["combined"]), grouped.groups["mandatory"]
    signatures = _signatures_by_index(base.signatures, grouped.lines, mandatory)
    form = canonical_form(sorted(grouped.quads["combined"]), limits=limits)
    value = DerivedProofValue(
        base_signature=base.base_signature,
        public_key=base.public_key,
        signatures=tuple(signatures[index] for index in shown if index not in mandatory),
        label_map={
            label_number(label): hmac_digest(grouped.canonical[blank], base.hmac_key)
            for blank, label in form.labels.items()
        },
        mandatory_indexes=tuple(place for place, index in enumerate(shown) if index in mandatory),
    )
    revealed: dict[str, Any] = select(unsecured, combined) or {}
    lines, others = _disclosed(revealed, value, contexts=contexts, limits=limits)
    if lines != [grouped.lines[index] for index in shown]:
        raise _not_made("what the pointers choose does not make the statements that were signed")
    _verify_statements(others, value.signatures, value.public_key)
    revealed["proof"] = {**copy_json(proof), "proofValue": value.encode()}
    return revealed


def verify_derived(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    public_key: PublicKey,
    *,
    contexts: ContextStore,
    limits: Limits = DEFAULT_LIMITS,
    work: Work | None = None,
) -> None:
    """Verify Derived Proof (section 3.6.7) over ``document`` without its proof; returns when the proof is good.

    ``work`` is the allowance to draw from, if any.
    Raises ProblemError: PROOF_VERIFICATION_ERROR, what canonicalization raises, and RANGE_ERROR by ``work``.
    """
    _require_alone(document, proof, PROOF_VERIFICATION_ERROR)
    require_key_type(NAME, KEY_TYPES, public_key)
    value = parse_derived(proof.get("proofValue"), limits=limits)
    lines, others = _disclosed(document, value, contexts=contexts, limits=limits, work=work)
    mandatory = [lines[index] for index in value.mandatory_indexes]
    _verify_base_signature(value, document, proof, mandatory, public_key, contexts=contexts, limits=limits, work=work)
    if work is not None:
        work.spend(SIGNATURE_STEPS * len(others))
    _verify_statements(others, value.signatures, value.public_key)


def verify_base(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    public_key: PublicKey,
    *,
    contexts: ContextStore,
    limits: Limits = DEFAULT_LIMITS,
) -> None:
    """Check a base proof in full, for its issuer and its holder: the mandatory statements and every single other one.

    Raises ProblemError: PROOF_VERIFICATION_ERROR, and what canonicalization raises.
    """
    _require_alone(document, proof, PROOF_VERIFICATION_ERROR)
    require_key_type(NAME, KEY_TYPES, public_key)
    value = parse_base(proof.get("proofValue"), limits=limits)
    grouped = _group_signed(document, value, {}, contexts=contexts, limits=limits)
    mandatory, others = _split(grouped.lines, grouped.groups["mandatory"])
    _verify_base_signature(value, document, proof, mandatory, public_key, contexts=contexts, limits=limits)
    _verify_statements(others, value.signatures, value.public_key)


def decisive_problems(
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    *,
    contexts: ContextStore,
    limits: Limits = DEFAULT_LIMITS,
    work: Work | None = None,
) -> tuple[Problem, ...]:
    """Which decisive members of a verified ``document`` (without its proof) another presentation could leave out.

    A member is safe when all its statements are mandatory; of the issuer only who it is. One PROOF_VERIFICATION_ERROR
    for each that is not, and for each credential in the document without a proof where they are not wholly mandatory.
    What this document itself leaves out cannot be seen. Raises ProblemError as verification does.
    """
    shown = [name for name in DECISIVE_MEMBERS if name in document]
    pointers: dict[str, tuple[str, ...]] = {f"/{name}": (_decisive_pointer(document, name),) for name in shown}
    contained = contained_without_proof(document)
    if contained:
        pointers[_CONTAINED] = contained
    if work is not None:
        work.charge(document, _SKOLEMIZE_PASSES + len(pointers))
    if proof_kind(proof, limits=limits) == "base":
        base = parse_base(proof.get("proofValue"), limits=limits)
        grouped = _group_signed(document, base, pointers, contexts=contexts, limits=limits)
        mandatory = grouped.groups["mandatory"]
    else:
        derived = parse_derived(proof.get("proofValue"), limits=limits)
        _disclosed(document, derived, contexts=contexts, limits=limits)
        grouped = group(document, pointers, by_label_map(derived.label_map), contexts=contexts, limits=limits)
        mandatory = frozenset(derived.mandatory_indexes)
    loose = [name for name in pointers if not grouped.groups[name] <= mandatory]
    return tuple(
        Problem(
            PROOF_VERIFICATION_ERROR,
            f"{pointer[1:]} is not wholly among the statements that every presentation has to show",
            pointer,
        )
        for name in loose
        for pointer in (contained if name == _CONTAINED else (name,))
    )


def _decisive_pointer(document: Mapping[str, Any], member: str) -> str:
    value = document[member]
    return f"/{member}/id" if member == "issuer" and isinstance(value, Mapping) and "id" in value else f"/{member}"


def _covered(default: str, chosen: Sequence[str]) -> bool:
    """Whether a default is named already; any pointer below the issuer brings the issuer's id along."""
    return default in chosen or (default == "/issuer" and any(pointer.startswith("/issuer/") for pointer in chosen))


def _group_signed(
    document: Mapping[str, Any],
    base: BaseProofValue,
    pointers: Mapping[str, tuple[str, ...]],
    asked: tuple[str, ...] = (),
    *,
    contexts: ContextStore,
    limits: Limits,
) -> Grouped:
    """The statements of a base proof's document; a pointer that was not ``asked`` for is the proof's."""
    try:
        return group(
            document,
            {"mandatory": base.mandatory_pointers, **pointers},
            by_hmac(base.hmac_key),
            contexts=contexts,
            limits=limits,
        )
    except ProblemError as error:
        pointer = error.problem.pointer
        if error.problem.type is MALFORMED_VALUE_ERROR and pointer in base.mandatory_pointers and pointer not in asked:
            raise _refused(f"a mandatory pointer does not fit the document: {error.problem.detail}") from None
        raise


def _disclosed(
    document: Mapping[str, Any],
    value: DerivedProofValue,
    *,
    contexts: ContextStore,
    limits: Limits,
    work: Work | None = None,
) -> tuple[list[str], list[str]]:
    """The signed statements of a presentation: all of them, and those that have a signature each (createVerifyData)."""
    quads, form = (work or Work(limits)).canonical(document, "sha256", contexts)
    labels = form.labels
    if len(labels) != len(value.label_map):
        raise _refused("the label map does not fit the document's unnamed nodes")
    lines = signed_lines(quads, labels, by_label_map(value.label_map))
    if value.mandatory_indexes and value.mandatory_indexes[-1] >= len(lines):
        raise _refused("a mandatory index lies beyond the document's statements")
    _, others = _split(lines, frozenset(value.mandatory_indexes))
    if len(others) != len(value.signatures):
        raise _refused("there are not as many signatures as statements that are not mandatory")
    return lines, others


def _verify_base_signature(
    value: BaseProofValue | DerivedProofValue,
    document: Mapping[str, Any],
    proof: Mapping[str, Any],
    mandatory: Iterable[str],
    public_key: PublicKey,
    *,
    contexts: ContextStore,
    limits: Limits,
    work: Work | None = None,
) -> None:
    config = _configuration(proof, document, PROOF_VERIFICATION_ERROR)
    proof_hash = rdf_hash(config, "sha256", contexts, limits, work)
    if not public_key.verify(value.base_signature, proof_hash + value.public_key + hash_lines(mandatory)):
        raise _refused("the base signature does not fit the mandatory statements, the proof options and the key")


def _verify_statements(lines: Sequence[str], signatures: Sequence[bytes], multikey: bytes) -> None:
    if len(lines) != len(signatures):
        raise _refused("there are not as many signatures as statements that are not mandatory")
    key = _scoped_key(multikey)
    if not all(key.verify(signature, line.encode()) for line, signature in zip(lines, signatures, strict=True)):
        raise _refused("the signature of a statement does not fit it")


def _scoped_key(multikey: bytes) -> PublicKey:
    try:
        return public_from_raw(KeyType.P256, multikey[2:])
    except ProblemError:
        raise _refused("the proof-scoped key is not a point of P-256") from None


def _sign_statement(key: ec.EllipticCurvePrivateKey, line: str) -> bytes:
    return raw_from_der(key.sign(line.encode(), _ecdsa()), KeyType.P256)


@cache
def _ecdsa() -> ec.ECDSA:
    try:
        return ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    except UnsupportedAlgorithm:  # an OpenSSL from before 3.2
        return ec.ECDSA(hashes.SHA256())


def _signatures_by_index(
    signatures: Sequence[bytes], lines: Sequence[str], mandatory: frozenset[int]
) -> dict[int, bytes]:
    others = [index for index in range(len(lines)) if index not in mandatory]
    if len(others) != len(signatures):
        raise _refused("the base proof does not have a signature for each statement that is not mandatory")
    return dict(zip(others, signatures, strict=True))


def _split(lines: Sequence[str], mandatory: frozenset[int]) -> tuple[list[str], list[str]]:
    chosen = [line for index, line in enumerate(lines) if index in mandatory]
    return chosen, [line for index, line in enumerate(lines) if index not in mandatory]


def _configuration(options: Mapping[str, Any], document: Mapping[str, Any], problem: ProblemType) -> dict[str, Any]:
    return proof_configuration(options, document, proof_type=DATA_INTEGRITY_PROOF, cryptosuite=NAME, problem=problem)


def _require_alone(document: Mapping[str, Any], proof: Mapping[str, Any], problem: ProblemType) -> None:
    # A chain signs the earlier proofs as part of the document, and a presentation could then leave parts of them out.
    if "previousProof" in proof or "proof" in document:
        raise ProblemError(problem, f"{NAME} proofs do not build on earlier proofs", "/proof/previousProof")


def _base_proof(document: Mapping[str, Any], limits: Limits) -> Mapping[str, Any]:
    stated = document.get("proof") if isinstance(document, Mapping) else None
    proofs = stated if isinstance(stated, list) else [stated]
    ours = [proof for proof in proofs if isinstance(proof, Mapping) and proof.get("cryptosuite") == NAME]
    if len(ours) != 1:
        raise _not_made(f"the document has {len(ours)} {NAME} proofs instead of one", "/proof")
    if proof_kind(ours[0], limits=limits) == "derived":
        raise _not_made("this is a derived proof already; only a base proof can be derived from", "/proof")
    return ours[0]


def _without_proof(document: Mapping[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in document.items() if member != "proof"}


def _not_made(detail: str, pointer: str | None = None) -> ProblemError:
    return ProblemError(PROOF_GENERATION_ERROR, detail, pointer)


def _refused(detail: str) -> ProblemError:
    return ProblemError(PROOF_VERIFICATION_ERROR, detail, "/proof/proofValue")
