"""The ids of the checks, one for each row of the list of checks, in its order (docs/checks.md)."""

ROWS: dict[int, str] = {
    1: "parsing",
    2: "input-limits",
    3: "canonicalization",
    4: "context",
    5: "defined-terms",
    6: "signed-content",
    7: "type",
    8: "identifier",
    9: "data-model",
    10: "credential-schema",
    11: "subject",
    12: "achievement",
    13: "evidence",
    14: "issuer-profile",
    15: "dates",
    16: "proof-present",
    17: "proof-members",
    18: "cryptosuite",
    19: "proof-constraints",
    20: "proof-value",
    21: "verification-method",
    22: "key-document",
    23: "key-relationship",
    24: "issuer-key",
    25: "jwt-key",
    26: "jose-header",
    27: "signature",
    28: "jwt-claims",
    29: "key-validity",
    30: "selective-disclosure",
    31: "validity-period",
    32: "refresh",
    33: "status-retrieval",
    34: "status-list",
    35: "status-purpose",
    36: "status-encoding",
    37: "status",
    38: "revocation-list",
    39: "issuer-recognition",
    40: "issuer-authorization",
    41: "recipient",
    42: "endorsements",
    43: "members",
    44: "presentation",
    45: "resource-integrity",
    46: "open-badges-2",
    47: "publication",
}

CHECK_IDS = frozenset(ROWS.values())
"""Every check id there is."""

CORE = frozenset(ROWS[row] for row in (1, 2, 3, 5, 6, *range(16, 31), 46))
"""Was it read, is it secured by the issuer's own key, is what is shown what was signed. No policy waives these."""

MAY_STAY_UNKNOWN = frozenset({ROWS[30]})
"""Checks of the core that a policy may allow to stay undetermined. That they fail no policy waives either."""
