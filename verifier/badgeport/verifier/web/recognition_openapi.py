"""What the OpenAPI document says of deciding and of policies: bodies, answers, every refusal, with examples."""

from __future__ import annotations

from functools import cache

from badgeport.schemas.problems import (
    CREDENTIAL_NOT_VERIFIED,
    INVALID_REQUEST,
    NOT_FOUND,
    POLICY_REFUSED,
    UNSUPPORTED_MEDIA_TYPE,
)
from badgeport.verifier.recognition.conditions.facts import facts_schema
from badgeport.verifier.recognition.deciding.decision_json import decision_schema
from badgeport.verifier.web.openapi import COMMON, CREDENTIAL, Json, problem_answer, problem_example, ref

_SHA256 = "9b74c9897bac770ffc029102a200c5de5f6f2e0a1d8d9f2b6a4b8c7d6e5f4a3b"
_POLICY_ID = "https://policies.kaneridge.example/in-district-credit"
_CITATION: Json = {"text": "Collective agreement, section 5.10B", "url": None, "accessed": None}
_DECISION: Json = {
    "decision": "accept",
    "amount": "1",
    "atMost": "1",
    "openEnded": False,
    "unit": "in-district credit",
    "purpose": "salary-lane",
    "policy": {
        "id": _POLICY_ID,
        "version": "2026-1",
        "sha256": _SHA256,
        "title": "In-district credit",
        "status": "example",
        "jurisdiction": "did:web:kaneridge.example",
    },
    "asOf": "2026-12-01T12:00:00Z",
    "conditions": [],
    "items": [
        {
            "credential": _SHA256,
            "id": CREDENTIAL["id"],
            "name": "Reading Together",
            "decision": "accept",
            "rule": "bachelor-lanes",
            "amount": "1",
            "atMost": "1",
            "why": ["It counts for 1 in-district credit under “Credit on the bachelor's lanes”."],
        }
    ],
    "caps": [
        {
            "cap": "bachelor",
            "title": "At most 12 credits on the bachelor's lanes",
            "citation": _CITATION,
            "amount": "12",
            "before": "0",
            "used": "1",
            "left": "11",
        }
    ],
    "missing": [],
    "trace": [
        {
            "rule": "bachelor-lanes",
            "title": "Credit on the bachelor's lanes",
            "citation": _CITATION,
            "credential": _SHA256,
            "outcome": "met",
            "worth": "1",
            "office": None,
            "conditions": [
                {
                    "id": "effort",
                    "kind": "effort",
                    "part": "conditions",
                    "outcome": "met",
                    "asked": "The badge states at least 10 contact hours.",
                    "found": "15",
                    "pointer": "/credentialSubject/result/0/value",
                    "policyPointer": "/rules/0/conditions/0/effort",
                    "source": None,
                }
            ],
        }
    ],
    "exact": True,
    "bound": "1",
    "inputs": {"facts": {"lane": "BA"}},
    "software": "badgeport 0.1.0",
    "trial": False,
}
_LISTED: Json = {
    "name": "in-district-credit",
    "id": _POLICY_ID,
    "version": "2026-1",
    "sha256": _SHA256,
    "title": "In-district credit",
    "status": "example",
    "jurisdiction": {
        "id": "did:web:kaneridge.example",
        "name": "Kaneridge District",
        "area": "US-IL",
        "kind": "district",
    },
    "effective": {"from": "2026-07-01", "until": None},
    "purposes": {"salary-lane": {"title": "Salary schedule", "unit": "in-district credit"}},
    "signed": False,
}
_REFUSED: Json = {
    **problem_example(
        CREDENTIAL_NOT_VERIFIED,
        "nothing was decided: 1 of what was handed in does not verify",
        400,
        "/credentials/0",
    ),
    "refused": [
        {
            "pointer": "/credentials/0",
            "verdict": "invalid",
            "codes": ["EXPIRED"],
            "reason": "it is invalid: validUntil is 2026-04-30T09:00:00Z",
        }
    ],
}
_FINDINGS: Json = {
    **problem_example(
        POLICY_REFUSED,
        "nothing can be decided by the policy: The rule has no citation",
        400,
        "/policy/rules/0",
    ),
    "findings": [{"pointer": "/policy/rules/0", "code": "missing-citation", "message": "The rule has no citation."}],
}

RECOGNIZE: Json = {
    "summary": "Decide what badges are worth",
    "operation_id": "recognize",
    "tags": ["Recognition"],
    "response_model": None,
    "responses": {
        200: {
            "description": "The decision, whatever it is.",
            "content": {
                "application/json": {"schema": ref("Decision"), "examples": {"accepted": {"value": _DECISION}}}
            },
        },
        400: {
            "description": "Nothing was decided: the request makes no sense, or something in it does not verify.",
            "content": {
                "application/problem+json": {
                    "schema": ref("RecognitionProblem"),
                    "examples": {
                        "INVALID_REQUEST": {
                            "value": problem_example(INVALID_REQUEST, "the request has no 'policy'", 400, "/policy")
                        },
                        "CREDENTIAL_NOT_VERIFIED": {"value": _REFUSED},
                        "POLICY_REFUSED": {"value": _FINDINGS},
                    },
                }
            },
        },
        415: problem_answer(
            "The body is not JSON.",
            problem_example(UNSUPPORTED_MEDIA_TYPE, "send a JSON object, with Content-Type: application/json", 415),
        ),
        **COMMON,
    },
    "openapi_extra": {
        "requestBody": {
            "required": True,
            "description": "The badges of one educator, the policy to decide by, and what is known of the educator.",
            "content": {
                "application/json": {
                    "schema": ref("RecognizeRequest"),
                    "examples": {
                        "example": {
                            "value": {
                                "credentials": [CREDENTIAL],
                                "policy": "in-district-credit",
                                "purpose": "salary-lane",
                                "facts": {"lane": "BA"},
                            }
                        }
                    },
                }
            },
        }
    },
}

POLICIES: Json = {
    "summary": "The recognition policies of this service",
    "operation_id": "listPolicies",
    "tags": ["Recognition"],
    "response_model": None,
    "responses": {
        200: {
            "description": (
                "Every policy, without its rules. Those with the status 'example' are not law. A browser, which asks "
                "for text/html, gets a page."
            ),
            "content": {
                "application/json": {
                    "schema": ref("Policies"),
                    "examples": {"example": {"value": {"policies": [_LISTED]}}},
                },
                "text/html": {"schema": {"type": "string"}},
            },
        },
        **{status: COMMON[status] for status in (429, 500, 503)},
    },
}

POLICY: Json = {
    "summary": "One recognition policy",
    "operation_id": "showPolicy",
    "tags": ["Recognition"],
    "response_model": None,
    "responses": {
        200: {
            "description": (
                "As its jurisdiction signed it, or its JSON where it is not signed here. With '.yaml' behind the name "
                "as people write it, with '.json' as JSON without a signature. A browser, which asks for text/html, "
                "gets a page that says the policy rule by rule."
            ),
            "content": {
                "application/json": {"schema": {"type": "object"}},
                "application/vc": {"schema": {"type": "object"}},
                "application/vc+jwt": {"schema": {"type": "string"}},
                "application/vc+sd-jwt": {"schema": {"type": "string"}},
                "application/yaml": {"schema": {"type": "string"}},
                "text/html": {"schema": {"type": "string"}},
            },
        },
        404: problem_answer(
            "There is no such policy.",
            problem_example(NOT_FOUND, "there is no policy at this address; /policies lists those there are", 404),
        ),
        **{status: COMMON[status] for status in (429, 500, 503)},
    },
}


@cache
def components() -> Json:
    """The schemas that the addresses refer to."""
    text: Json = {"type": "string"}
    maybe: Json = {"type": ["string", "null"]}
    document: Json = {"anyOf": [{"type": "object"}, {**text, "minLength": 1}]}
    decision = {name: value for name, value in decision_schema().items() if not name.startswith("$")}
    facts = {name: value for name, value in facts_schema().items() if not name.startswith("$")}
    line: Json = {
        "type": "object",
        "required": ["credential", "purpose", "rule", "amount", "unit", "on"],
        "properties": {
            **dict.fromkeys(("credential", "purpose", "rule", "unit"), text),
            **dict.fromkeys(("credentialId", "issuer", "achievement", "category", "cycle"), maybe),
            "amount": {**text, "description": "A decimal number."},
            "on": {**text, "format": "date"},
        },
        "additionalProperties": False,
    }
    refused: Json = {
        "type": "object",
        "required": ["pointer", "verdict", "codes", "reason"],
        "properties": {
            "pointer": text,
            "verdict": {"type": ["string", "null"]},
            "codes": {"type": "array", "items": text},
            "reason": text,
        },
    }
    finding: Json = {
        "type": "object",
        "required": ["pointer", "code", "message"],
        "properties": dict.fromkeys(("pointer", "code", "message"), text),
    }
    return {
        "Decision": decision,
        "EducatorFacts": facts,
        "RecognizeRequest": {
            "type": "object",
            "required": ["credentials", "policy"],
            "properties": {
                "credentials": {"type": "array", "items": document, "minItems": 1, "maxItems": 100},
                "policy": {
                    "anyOf": [
                        {**text, "minLength": 1, "description": "Its name or address at this service."},
                        {"type": "object", "description": "The policy itself, signed or not."},
                    ]
                },
                "purpose": {**text, "description": "May be left out where the policy has one purpose."},
                "facts": ref("EducatorFacts"),
                "asOf": {**text, "format": "date-time"},
                "credited": {
                    "type": "array",
                    "items": line,
                    "description": "What was credited to the educator before.",
                },
                "approvals": {"type": "array", "items": document, "maxItems": 50},
                "agreements": {"type": "array", "items": document, "maxItems": 50},
            },
            "additionalProperties": False,
        },
        "RecognitionProblem": {
            "allOf": [ref("RequestProblem")],
            "properties": {
                "refused": {"type": "array", "items": refused},
                "findings": {"type": "array", "items": finding},
            },
        },
        "Policies": {
            "type": "object",
            "required": ["policies"],
            "properties": {
                "policies": {
                    "type": "array",
                    "items": {"type": "object", "required": list(_LISTED), "properties": _properties(_LISTED)},
                }
            },
        },
    }


def _properties(example: Json) -> Json:
    """The form of what is listed, from its example: texts, a truth value and objects."""
    kinds = {str: "string", bool: "boolean", dict: "object"}
    return {name: {"type": kinds[type(value)]} for name, value in example.items()}
