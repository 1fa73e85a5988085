"""The Ed25519 cryptosuites of VC DI EdDSA 1.0: eddsa-rdfc-2022 (section 3.2) and eddsa-jcs-2022 (section 3.3)."""

from badgeport.keys.types import KeyType
from badgeport.proofs.suites.base import JcsSuite, RdfcSuite

_ED25519 = frozenset({KeyType.ED25519})

EDDSA_RDFC_2022 = RdfcSuite("eddsa-rdfc-2022", _ED25519)
EDDSA_JCS_2022 = JcsSuite("eddsa-jcs-2022", _ED25519)

EDDSA_2022 = RdfcSuite("eddsa-2022", _ED25519, read_only=True)
"""The name eddsa-rdfc-2022 had in earlier drafts; the bytes that are signed are made the same way."""
