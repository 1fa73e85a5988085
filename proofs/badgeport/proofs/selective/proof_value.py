"""The proof values of ecdsa-sd-2023: what the issuer gives to the holder, and what the holder gives to a verifier.

VC DI ECDSA 1.0 sections 3.5.2 to 3.5.8. Both are multibase base64url (``u``) over three header bytes and a CBOR array.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from badgeport.proofs.selective import cbor
from badgeport.schemas.encoding import multibase_decode, multibase_encode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import PROOF_VERIFICATION_ERROR, ProblemError

BASE_HEADER = bytes.fromhex("d95d00")
DERIVED_HEADER = bytes.fromhex("d95d01")
SIGNATURE_BYTES = 64
HMAC_BYTES = 32
P256_MULTIKEY_HEADER = bytes.fromhex("8024")
P256_MULTIKEY_BYTES = 35
_POINTER = "/proof/proofValue"


@dataclass(frozen=True, slots=True)
class BaseProofValue:
    """What the issuer hands to the holder: enough to disclose any choice of statements."""

    base_signature: bytes
    """The issuer's signature, 64 bytes r || s."""
    public_key: bytes
    """The proof-scoped P-256 key as 35 Multikey bytes."""
    hmac_key: bytes
    """32 bytes; turns canonical blank node labels into unpredictable ones."""
    signatures: tuple[bytes, ...]
    """One 64-byte signature of the proof-scoped key for every statement that is not mandatory, in canonical order."""
    mandatory_pointers: tuple[str, ...]
    """JSON pointers of what every presentation must show."""

    def encode(self) -> str:
        """The multibase text (section 3.5.2)."""
        components = [
            self.base_signature,
            self.public_key,
            self.hmac_key,
            list(self.signatures),
            list(self.mandatory_pointers),
        ]
        return multibase_encode(BASE_HEADER + cbor.encode(components), "u")


@dataclass(frozen=True, slots=True)
class DerivedProofValue:
    """What the holder shows to a verifier: signatures of the disclosed statements alone."""

    base_signature: bytes
    public_key: bytes
    signatures: tuple[bytes, ...]
    label_map: Mapping[int, bytes]
    """From the number n of the verifier's canonical label c14n<n> to the 32-byte label that was signed."""
    mandatory_indexes: tuple[int, ...]
    """Which of the disclosed statements, in order, are the mandatory ones."""

    def encode(self) -> str:
        """The multibase text (section 3.5.7); the label map is written in rising order."""
        components = [
            self.base_signature,
            self.public_key,
            list(self.signatures),
            dict(sorted(self.label_map.items())),
            list(self.mandatory_indexes),
        ]
        return multibase_encode(DERIVED_HEADER + cbor.encode(components), "u")


def proof_kind(proof: Mapping[str, Any], *, limits: Limits = DEFAULT_LIMITS) -> Literal["base", "derived"]:
    """Whether an ecdsa-sd-2023 proof is a base proof or one derived from it, by its header bytes alone.

    Raises ProblemError(PROOF_VERIFICATION_ERROR) where it is neither.
    """
    value = proof.get("proofValue") if isinstance(proof, Mapping) else None
    return "base" if _decode(value, limits)[:3] == BASE_HEADER else "derived"


def parse_base(proof_value: object, *, limits: Limits = DEFAULT_LIMITS) -> BaseProofValue:
    """Read a base proof value (section 3.5.3), to the byte. Raises ProblemError(PROOF_VERIFICATION_ERROR)."""
    components = _components(proof_value, BASE_HEADER, "base", limits)
    base_signature, public_key, hmac_key, signatures, pointers = components
    if type(hmac_key) is not bytes or len(hmac_key) != HMAC_BYTES:
        raise _refused("the HMAC key is not 32 bytes")
    if type(pointers) is not list or not all(type(pointer) is str for pointer in pointers):
        raise _refused("the mandatory pointers are not a list of texts")
    return BaseProofValue(
        base_signature=_signature(base_signature, "base signature"),
        public_key=_public_key(public_key),
        hmac_key=hmac_key,
        signatures=_signatures(signatures, limits),
        mandatory_pointers=tuple(pointers),
    )


def parse_derived(proof_value: object, *, limits: Limits = DEFAULT_LIMITS) -> DerivedProofValue:
    """Read a derived proof value (section 3.5.8), to the byte. Raises ProblemError(PROOF_VERIFICATION_ERROR).

    Two canonical labels may not stand for one signed label: that would show one signed node as two.
    """
    components = _components(proof_value, DERIVED_HEADER, "derived", limits)
    base_signature, public_key, signatures, label_map, indexes = components
    return DerivedProofValue(
        base_signature=_signature(base_signature, "base signature"),
        public_key=_public_key(public_key),
        signatures=_signatures(signatures, limits),
        label_map=_label_map(label_map, limits),
        mandatory_indexes=_indexes(indexes, limits),
    )


def _components(proof_value: object, header: bytes, kind: str, limits: Limits) -> list[Any]:
    data = _decode(proof_value, limits)
    if not data.startswith(header):
        raise _refused(f"this is not a {kind} proof")
    try:
        components = cbor.decode(data[3:])
    except ProblemError as error:
        raise _refused(error.problem.detail) from None
    if type(components) is not list or len(components) != 5:
        raise _refused(f"a {kind} proof has five parts")
    return components


def _decode(proof_value: object, limits: Limits) -> bytes:
    if type(proof_value) is not str:
        raise _refused("the proof has no proofValue text")
    if len(proof_value) > limits.document_bytes:
        raise _refused(f"the proofValue is longer than {limits.document_bytes} characters")
    try:
        data = multibase_decode(proof_value, limits, allowed="u")
    except ProblemError as error:
        raise _refused(error.problem.detail) from None
    if data[:3] not in (BASE_HEADER, DERIVED_HEADER):
        raise _refused("the proofValue does not begin like an ecdsa-sd-2023 proof")
    return data


def _signature(value: object, name: str) -> bytes:
    if type(value) is not bytes or len(value) != SIGNATURE_BYTES:
        raise _refused(f"the {name} is not {SIGNATURE_BYTES} bytes")
    return value


def _signatures(value: object, limits: Limits) -> tuple[bytes, ...]:
    if type(value) is not list or len(value) > limits.quads:
        raise _refused(f"the signatures are not a list of at most {limits.quads}")
    return tuple(_signature(item, "signature of a statement") for item in value)


def _public_key(value: object) -> bytes:
    if type(value) is not bytes or len(value) != P256_MULTIKEY_BYTES or not value.startswith(P256_MULTIKEY_HEADER):
        raise _refused("the proof-scoped key is not a P-256 Multikey")
    return value


def _label_map(value: object, limits: Limits) -> dict[int, bytes]:
    if type(value) is not dict or len(value) > limits.quads:
        raise _refused(f"the label map is not a map of at most {limits.quads} entries")
    for label in value.values():
        if type(label) is not bytes or len(label) != HMAC_BYTES:
            raise _refused("a label in the label map is not 32 bytes")
    if set(value) != set(range(len(value))):
        raise _refused("the label map does not number the blank nodes from zero without gaps")
    if len(set(value.values())) != len(value):
        raise _refused("the label map gives one label to two blank nodes")
    return value


def _indexes(value: object, limits: Limits) -> tuple[int, ...]:
    if type(value) is not list or len(value) > limits.quads or not all(type(index) is int for index in value):
        raise _refused(f"the mandatory indexes are not a list of at most {limits.quads} integers")
    if any(later <= earlier for earlier, later in pairwise(value)):
        raise _refused("the mandatory indexes do not rise")
    return tuple(value)


def _refused(detail: str) -> ProblemError:
    return ProblemError(PROOF_VERIFICATION_ERROR, detail, _POINTER)
