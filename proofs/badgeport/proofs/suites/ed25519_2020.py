"""Ed25519Signature2020, the suite before Data Integrity (VC DI EdDSA 1.0 section 3.4): a proof type, no cryptosuite."""

from badgeport.keys.types import KeyType
from badgeport.proofs.suites.base import RdfcSuite

ED25519_SIGNATURE_2020 = RdfcSuite(
    "Ed25519Signature2020", frozenset({KeyType.ED25519}), proof_type="Ed25519Signature2020"
)
