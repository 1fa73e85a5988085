"""What every cryptosuite has in common: its shape, proof configurations, key checks and hash data.

Data Integrity 1.0 sections 4.1 to 4.3; VC DI EdDSA 1.0 and VC DI ECDSA 1.0 section 3.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import KeyType
from badgeport.proofs.canonicalization.engines import canonicalize
from badgeport.proofs.canonicalization.jcs import jcs
from badgeport.proofs.canonicalization.rdfc import HashName
from badgeport.proofs.canonicalization.untied import DIGESTS
from badgeport.proofs.canonicalization.work import Work
from badgeport.schemas.contexts import ContextStore
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.encoding import multibase_decode, multibase_encode
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    PROOF_GENERATION_ERROR,
    PROOF_TRANSFORMATION_ERROR,
    PROOF_VERIFICATION_ERROR,
    ProblemError,
    ProblemType,
)

DATA_INTEGRITY_PROOF = "DataIntegrityProof"


class Cryptosuite(Protocol):
    """One cryptosuite: how documents and proof options become what is signed."""

    @property
    def name(self) -> str:
        """The cryptosuite identifier, or the proof type of a suite older than Data Integrity."""
        ...

    @property
    def proof_type(self) -> str:
        """The proof's ``type``: ``DataIntegrityProof``, or the legacy type."""
        ...

    @property
    def key_types(self) -> frozenset[KeyType]:
        """The key types the suite signs with."""
        ...

    def create(
        self,
        document: Mapping[str, Any],
        options: Mapping[str, Any],
        signer: Signer,
        *,
        contexts: ContextStore,
        limits: Limits,
        mandatory_pointers: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Add-proof algorithm: the complete proof, ``proofValue`` included.

        ``document`` is what is secured: without ``proof``, or for a chain with the earlier proofs it names under
        ``proof``. ``options`` is the proof without ``proofValue`` and ``@context``. ``mandatory_pointers`` is for
        selective disclosure suites alone. Raises ``ProblemError`` (PROOF_GENERATION_ERROR,
        DATA_LOSS_DETECTION_ERROR, PROOF_TRANSFORMATION_ERROR).
        """
        ...

    def verify(
        self,
        document: Mapping[str, Any],
        proof: Mapping[str, Any],
        public_key: PublicKey,
        *,
        contexts: ContextStore,
        limits: Limits,
        work: Work | None = None,
    ) -> None:
        """Verify-proof algorithm over ``document`` as for ``create``; returns when the proof is good.

        ``work`` is the allowance to draw from, and what was canonicalized under it before.
        Raises ``ProblemError`` (PROOF_VERIFICATION_ERROR, DATA_LOSS_DETECTION_ERROR, PROOF_TRANSFORMATION_ERROR, and
        RANGE_ERROR where the allowance is used up).
        """
        ...


_HASHES: dict[str, HashName] = {KeyType.P384: "sha384"}


def hash_name_for(key_type: KeyType) -> HashName:
    """The suite hash that goes with a key: SHA-384 for P-384, SHA-256 otherwise (VC DI ECDSA 1.0 section 3)."""
    return _HASHES.get(key_type, "sha256")


def digest(data: bytes, hash_name: HashName) -> bytes:
    """The hash of bytes by the suite's hash."""
    return DIGESTS[hash_name](data).digest()


def require_key_type(
    name: str, key_types: frozenset[KeyType], key: PublicKey, problem: ProblemType = PROOF_VERIFICATION_ERROR
) -> None:
    """Refuse a key the suite does not sign with: the algorithm comes from the key, never from the proof."""
    if key.key_type not in key_types:
        accepted = " or ".join(sorted(key_types))
        raise ProblemError(problem, f"{name} needs a {accepted} key, and this key is {key.key_type}")


def proof_configuration(
    proof: Mapping[str, Any],
    document: Mapping[str, Any],
    *,
    proof_type: str,
    cryptosuite: str | None,
    problem: ProblemType = PROOF_VERIFICATION_ERROR,
) -> dict[str, Any]:
    """The proof configuration of an RDF suite: the proof without its value, under the document's ``@context``.

    VC DI EdDSA 1.0 section 3.2.5 and VC DI ECDSA 1.0 section 3.2.5. Raises ``ProblemError`` where ``type`` or
    ``cryptosuite`` is not the suite's, ``created`` is not an instant, the proof brings another ``@context``, or the
    document has none.
    """
    require_proof_type(proof, proof_type=proof_type, cryptosuite=cryptosuite, problem=problem)
    if "@context" not in document:
        raise ProblemError(PROOF_TRANSFORMATION_ERROR, "the document has no @context", "/@context")
    if "@context" in proof and proof["@context"] != document["@context"]:
        raise ProblemError(problem, "the proof has a @context that is not the document's", "/proof/@context")
    config = {member: value for member, value in proof.items() if member != "proofValue"}
    config["@context"] = document["@context"]
    return config


def require_proof_type(
    proof: Mapping[str, Any], *, proof_type: str, cryptosuite: str | None, problem: ProblemType
) -> None:
    """Refuse a proof that is not of this suite, or whose ``created`` is not an instant."""
    if proof.get("type") != proof_type:
        raise ProblemError(problem, f"the proof's type is not {proof_type}", "/proof/type")
    if proof.get("cryptosuite") != cryptosuite:
        stated = f"the cryptosuite is not {cryptosuite}" if cryptosuite else f"{proof_type} has no cryptosuite member"
        raise ProblemError(problem, stated, "/proof/cryptosuite")
    if "created" in proof:
        try:
            parse_datetime(proof["created"], require_zone=False)
        except ProblemError:
            raise ProblemError(
                problem, "the proof's created is not a date and time with a zone", "/proof/created"
            ) from None


def proof_hash(
    config: Mapping[str, Any], hash_name: HashName, contexts: ContextStore, limits: Limits, work: Work | None = None
) -> bytes:
    """The suite hash of a proof configuration's canonical N-Quads; problems point into ``/proof``."""
    try:
        return rdf_hash(config, hash_name, contexts, limits, work)
    except ProblemError as error:
        problem = error.problem
        raise ProblemError(problem.type, problem.detail, f"/proof{problem.pointer or ''}") from None


def rdf_hash(
    document: Mapping[str, Any], hash_name: HashName, contexts: ContextStore, limits: Limits, work: Work | None = None
) -> bytes:
    """The suite hash of a document's canonical N-Quads; the same hash serves inside RDFC-1.0."""
    if work is not None:
        return work.rdf_hash(document, hash_name, contexts)
    return digest(canonicalize(document, contexts=contexts, hash_name=hash_name, limits=limits).encode(), hash_name)


_SIGNATURE_BYTES = {KeyType.ED25519: 64, KeyType.P256: 64, KeyType.P384: 96}


def sign_value(signer: Signer, hash_data: bytes) -> str:
    """The signature over the hash data as a proof value: base58btc multibase of the raw signature.

    Raises ``ProblemError`` (PROOF_GENERATION_ERROR) where the signer's answer has the wrong length.
    """
    signature = signer.sign(hash_data)
    if len(signature) != _SIGNATURE_BYTES.get(signer.public_key.key_type):
        raise ProblemError(PROOF_GENERATION_ERROR, "the signer did not answer with a raw signature of its key's length")
    return multibase_encode(signature, "z")


def verify_value(proof_value: object, public_key: PublicKey, hash_data: bytes, limits: Limits) -> None:
    """Check a proof value of ``sign_value``'s form. Raises ``ProblemError`` (PROOF_VERIFICATION_ERROR)."""
    pointer = "/proof/proofValue"
    if not isinstance(proof_value, str):
        raise ProblemError(PROOF_VERIFICATION_ERROR, "the proof has no proofValue that is a string", pointer)
    try:
        signature = multibase_decode(proof_value, limits, "z")
    except ProblemError:
        raise ProblemError(PROOF_VERIFICATION_ERROR, "proofValue is not base58btc multibase", pointer) from None
    expected = _SIGNATURE_BYTES.get(public_key.key_type)
    if len(signature) != expected:
        raise ProblemError(
            PROOF_VERIFICATION_ERROR, f"proofValue holds {len(signature)} bytes instead of {expected}", pointer
        )
    if not public_key.verify(signature, hash_data):
        # Not at the proof value: that is well formed, and what was changed may be anywhere.
        raise ProblemError(PROOF_VERIFICATION_ERROR, "the signature does not fit the document and the key", "/proof")


@dataclass(frozen=True, slots=True)
class RdfcSuite:
    """A suite that signs the canonical RDF of the proof configuration and of the document."""

    name: str
    key_types: frozenset[KeyType]
    proof_type: str = DATA_INTEGRITY_PROOF
    read_only: bool = False
    """Verifies what others made and makes nothing."""

    def create(
        self,
        document: Mapping[str, Any],
        options: Mapping[str, Any],
        signer: Signer,
        *,
        contexts: ContextStore,
        limits: Limits,
        mandatory_pointers: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Add-proof algorithm; see ``Cryptosuite.create``."""
        if self.read_only:
            raise ProblemError(PROOF_GENERATION_ERROR, f"{self.name} is superseded and no longer made")
        require_key_type(self.name, self.key_types, signer.public_key, PROOF_GENERATION_ERROR)
        refuse_pointers(self.name, mandatory_pointers)
        data = self._hash_data(document, options, signer.public_key, PROOF_GENERATION_ERROR, contexts, limits)
        return {**options, "proofValue": sign_value(signer, data)}

    def verify(
        self,
        document: Mapping[str, Any],
        proof: Mapping[str, Any],
        public_key: PublicKey,
        *,
        contexts: ContextStore,
        limits: Limits,
        work: Work | None = None,
    ) -> None:
        """Verify-proof algorithm; see ``Cryptosuite.verify``."""
        require_key_type(self.name, self.key_types, public_key)
        data = self._hash_data(document, proof, public_key, PROOF_VERIFICATION_ERROR, contexts, limits, work)
        verify_value(proof.get("proofValue"), public_key, data, limits)

    def _hash_data(
        self,
        document: Mapping[str, Any],
        proof: Mapping[str, Any],
        key: PublicKey,
        problem: ProblemType,
        contexts: ContextStore,
        limits: Limits,
        work: Work | None = None,
    ) -> bytes:
        cryptosuite = self.name if self.proof_type == DATA_INTEGRITY_PROOF else None
        config = proof_configuration(
            proof, document, proof_type=self.proof_type, cryptosuite=cryptosuite, problem=problem
        )
        hash_name = hash_name_for(key.key_type)
        # The hash of the proof configuration comes first.
        proof_part = proof_hash(config, hash_name, contexts, limits, work)
        return proof_part + rdf_hash(document, hash_name, contexts, limits, work)


@dataclass(frozen=True, slots=True)
class JcsSuite:
    """A suite that signs the JSON itself: every member of the proof configuration and of the document."""

    name: str
    key_types: frozenset[KeyType]
    proof_type: str = DATA_INTEGRITY_PROOF

    def create(
        self,
        document: Mapping[str, Any],
        options: Mapping[str, Any],
        signer: Signer,
        *,
        contexts: ContextStore,  # noqa: ARG002
        limits: Limits,  # noqa: ARG002
        mandatory_pointers: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Add-proof algorithm; the document's ``@context`` is copied into the proof and stays there."""
        require_key_type(self.name, self.key_types, signer.public_key, PROOF_GENERATION_ERROR)
        refuse_pointers(self.name, mandatory_pointers)
        config = dict(options)
        if "@context" in document:
            config["@context"] = copy.deepcopy(document["@context"])
        data = self._hash_data(document, config, signer.public_key, PROOF_GENERATION_ERROR)
        return {**config, "proofValue": sign_value(signer, data)}

    def verify(
        self,
        document: Mapping[str, Any],
        proof: Mapping[str, Any],
        public_key: PublicKey,
        *,
        contexts: ContextStore,  # noqa: ARG002
        limits: Limits,
        work: Work | None = None,
    ) -> None:
        """Verify-proof algorithm; the document may have gained contexts after those the proof was made with."""
        require_key_type(self.name, self.key_types, public_key)
        config = {member: value for member, value in proof.items() if member != "proofValue"}
        secured = dict(document)
        if "@context" in config:
            stated, found = _as_list(config["@context"]), _as_list(document.get("@context", []))
            if found[: len(stated)] != stated:
                raise ProblemError(
                    PROOF_VERIFICATION_ERROR, "the document's @context does not begin with the proof's", "/@context"
                )
            secured["@context"] = config["@context"]
        data = self._hash_data(secured, config, public_key, PROOF_VERIFICATION_ERROR, work)
        verify_value(proof.get("proofValue"), public_key, data, limits)

    def _hash_data(
        self,
        document: Mapping[str, Any],
        config: Mapping[str, Any],
        key: PublicKey,
        problem: ProblemType,
        work: Work | None = None,
    ) -> bytes:
        require_proof_type(config, proof_type=self.proof_type, cryptosuite=self.name, problem=problem)
        hash_name = hash_name_for(key.key_type)
        if work is not None:
            return work.jcs_hash(config, hash_name) + work.jcs_hash(document, hash_name)
        return digest(jcs(dict(config)), hash_name) + digest(jcs(dict(document)), hash_name)


def refuse_pointers(name: str, mandatory_pointers: Sequence[str] | None) -> None:
    """Refuse mandatory pointers for a suite that always discloses everything."""
    if mandatory_pointers is not None:
        raise ProblemError(PROOF_GENERATION_ERROR, f"{name} has no selective disclosure, so no mandatory pointers")


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
