"""The ECDSA cryptosuites of VC DI ECDSA 1.0: ecdsa-rdfc-2019 (section 3.2) and ecdsa-jcs-2019 (section 3.3).

The curve is the key's: P-256 goes with SHA-256, P-384 with SHA-384, also inside RDF canonicalization.
"""

from badgeport.keys.types import KeyType
from badgeport.proofs.suites.base import JcsSuite, RdfcSuite

_NIST = frozenset({KeyType.P256, KeyType.P384})

ECDSA_RDFC_2019 = RdfcSuite("ecdsa-rdfc-2019", _NIST)
ECDSA_JCS_2019 = JcsSuite("ecdsa-jcs-2019", _NIST)
