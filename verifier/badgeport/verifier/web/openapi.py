"""What the OpenAPI document says of the verifier's addresses: bodies, answers, every refusal, with examples."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeAlias

from badgeport.schemas import jsontext
from badgeport.schemas.problems import (
    BATCH_UNFINISHED,
    EXPIRED,
    INVALID_REQUEST,
    NOT_FOUND,
    PROOF_VERIFICATION_ERROR,
    REQUEST_TIMEOUT,
    REQUEST_TOO_LARGE,
    SERVICE_UNAVAILABLE,
    TOO_MANY_REQUESTS,
    UNKNOWN_OPTION_PROVIDED,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemType,
)
from badgeport.verifier.report import schema as report_schema

Json: TypeAlias = dict[str, Any]

CREDENTIAL: Json = {
    "@context": [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ],
    "id": "urn:uuid:6f2c1b7e-93d1-4d6a-9f34-6c8e8fd0a001",
    "type": ["VerifiableCredential", "OpenBadgeCredential"],
    "name": "Reading Together",
    "issuer": {"id": "did:web:lakeside.example", "type": ["Profile"], "name": "Lakeside District"},
    "validFrom": "2026-04-01T09:00:00Z",
    "credentialSubject": {
        "id": "did:example:ines-marchetti",
        "type": ["AchievementSubject"],
        "achievement": {
            "id": "https://lakeside.example/achievements/reading-together",
            "type": ["Achievement"],
            "name": "Reading Together",
            "description": "Leads shared reading with evidence of every pupil's part in it.",
            "criteria": {"narrative": "Three recorded sessions and a reflection."},
        },
    },
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-rdfc-2022",
        "created": "2026-04-01T09:00:00Z",
        "verificationMethod": "did:web:lakeside.example#key-1",
        "proofPurpose": "assertionMethod",
        "proofValue": "z5h8W7qJkNrhGjJHWxZ8oN5h8gYZ4h8x7h5b8k2dqKwJ5J8j7h5k8m3qKvJ2j7qJ5h8gYZ4h8x7h5b8k2dqKwJ5J",
    },
}

_PRESENTATION: Json = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "type": ["VerifiablePresentation"],
    "holder": "did:example:ines-marchetti",
    "verifiableCredential": [CREDENTIAL],
}

_SHA256 = "9b74c9897bac770ffc029102a200c5de5f6f2e0a1d8d9f2b6a4b8c7d6e5f4a3b"

_REPORT: Json = {
    "verdict": "invalid",
    "asOf": "2026-05-01T09:00:00Z",
    "checkedAt": "2026-05-01T09:00:00Z",
    "input": {"form": "json", "mediaType": "application/json", "sha256": _SHA256},
    "credential": {
        "id": CREDENTIAL["id"],
        "name": "Reading Together",
        "issuer": "did:web:lakeside.example",
        "issuerName": "Lakeside District",
        "holder": None,
        "recipient": "did:example:ines-marchetti",
        "validFrom": "2026-04-01T09:00:00Z",
        "validUntil": "2026-04-30T09:00:00Z",
        "types": ["VerifiableCredential", "OpenBadgeCredential"],
    },
    "checks": [
        {
            "id": "signature",
            "outcome": "passed",
            "title": "Signature",
            "message": "The signature is right: nothing was changed since the issuer signed.",
            "problems": [],
            "evidence": {},
        },
        {
            "id": "validity-period",
            "outcome": "failed",
            "title": "Validity period",
            "message": "The credential expired on 2026-04-30T09:00:00Z.",
            "problems": [
                {
                    "type": EXPIRED.uri,
                    "title": EXPIRED.title,
                    "detail": "validUntil is 2026-04-30T09:00:00Z",
                    "pointer": "/validUntil",
                }
            ],
            "evidence": {"asOf": "2026-05-01T09:00:00Z", "clockSkewSeconds": 300},
        },
    ],
    "warnings": [],
    "documents": [
        {
            "url": "https://lakeside.example/.well-known/did.json",
            "sha256": _SHA256,
            "fetchedAt": "2026-05-01T08:59:59Z",
        }
    ],
    "members": [],
    "policy": "default",
    "policySha256": _SHA256,
    "software": "badgeport 0.1.0",
}


def problem_example(kind: ProblemType, detail: str, status: int, pointer: str | None = None) -> Json:
    """A refusal as it is answered."""
    body: Json = {"type": kind.uri, "title": kind.title, "detail": detail, "status": status}
    return body if pointer is None else {**body, "pointer": pointer}


def problem_answer(description: str, *examples: Json, headers: Json | None = None) -> Json:
    """The description of an answer that is a refusal, with examples."""
    shown = {example["type"].rpartition("#")[2]: {"value": example} for example in examples}
    answer: Json = {
        "description": description,
        "content": {"application/problem+json": {"schema": ref("RequestProblem"), "examples": shown}},
    }
    return answer if headers is None else {**answer, "headers": headers}


def ref(name: str) -> Json:
    """A reference to a schema of `components`."""
    return {"$ref": f"#/components/schemas/{name}"}


_RETRY_AFTER: Json = {
    "Retry-After": {"description": "Seconds until a request is answered again.", "schema": {"type": "integer"}}
}

COMMON: dict[int | str, Json] = {
    408: problem_answer(
        "The body did not arrive in time.",
        problem_example(REQUEST_TIMEOUT, "the request came too slowly and was not whole after 120 seconds", 408),
    ),
    413: problem_answer(
        "The body is larger than is read here. It is refused before it is read whole.",
        problem_example(REQUEST_TOO_LARGE, "the request is larger than 17825792 bytes", 413),
    ),
    429: problem_answer(
        "More requests came from one client than are answered in that time.",
        problem_example(TOO_MANY_REQUESTS, "more than 120 requests in one minute; wait 12 seconds", 429),
        headers=_RETRY_AFTER,
    ),
    500: problem_answer("A defect of this service. Nothing was determined."),
    503: problem_answer(
        "The service is too busy, cannot use its own storage, or has no room there.",
        problem_example(SERVICE_UNAVAILABLE, "the service is too busy; ask again in a few seconds", 503),
        headers=_RETRY_AFTER,
    ),
}
"""Answers any address that is asked to do work may give."""

_UNREAD_TYPE = problem_answer(
    "The body has a form that is not read here.",
    problem_example(UNSUPPORTED_MEDIA_TYPE, "send a JSON object, with Content-Type: application/json", 415),
)

_VERIFIED: Json = {"verified": True, "problemDetails": []}
_EXPIRED: Json = {
    "verified": True,
    "problemDetails": [
        {
            "type": EXPIRED.uri,
            "title": EXPIRED.title,
            "detail": "validUntil is 2026-04-30T09:00:00Z",
            "pointer": "/validUntil",
            "severity": "warning",
        }
    ],
}
_REJECTED: Json = {
    "verified": False,
    "problemDetails": [
        {
            "type": PROOF_VERIFICATION_ERROR.uri,
            "title": PROOF_VERIFICATION_ERROR.title,
            "detail": "the signature does not fit the document",
            "pointer": "/proof/proofValue",
            "severity": "error",
        }
    ],
}


def _vcalm_answers(name: str) -> dict[int | str, Json]:
    unknown = problem_example(UNKNOWN_OPTION_PROVIDED, "'strict' is no option of this address", 400, "/options/strict")
    missing = problem_example(INVALID_REQUEST, "the request is incomplete", 400)
    return {
        200: {
            "description": "It verifies. Expired, revoked or suspended is a warning here (VCALM).",
            "content": {
                "application/json": {
                    "schema": ref(name),
                    "examples": {"verified": {"value": _VERIFIED}, "expired": {"value": _EXPIRED}},
                }
            },
        },
        400: {
            "description": (
                "It does not verify: the proof fails, the document is malformed, or data would be lost. Also where the "
                "issuer's key could not be had, so that nothing could be checked. As application/problem+json: the "
                "request could not be understood."
            ),
            "content": {
                "application/json": {"schema": ref(name), "examples": {"rejected": {"value": _REJECTED}}},
                "application/problem+json": {
                    "schema": ref("VcalmProblem"),
                    "examples": {
                        "unknownOption": {"value": _vcalm_problem(unknown)},
                        "incomplete": {"value": _vcalm_problem(missing)},
                    },
                },
            },
        },
        415: _UNREAD_TYPE,
        **COMMON,
    }


def _vcalm_problem(example: Json) -> Json:
    detail = {key: value for key, value in example.items() if key != "status"}
    return {**example, "verified": False, "problemDetails": [{**detail, "severity": "error"}]}


def _json_request(name: str, examples: Mapping[str, Json]) -> Json:
    content = {"schema": ref(name), "examples": {key: {"value": value} for key, value in examples.items()}}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


VERIFY_CREDENTIAL: Json = {
    "summary": "Verify a credential (VCALM)",
    "operation_id": "verifyCredential",
    "tags": ["VCALM"],
    "response_model": None,
    "responses": _vcalm_answers("VerifyCredentialResponse"),
    "openapi_extra": _json_request(
        "VerifyCredentialRequest",
        {
            "embedded": {"verifiableCredential": CREDENTIAL, "options": {"returnResults": True}},
            "jwt": {"verifiableCredential": "eyJhbGciOiJFUzI1NiIsInR5cCI6InZjK2p3dCJ9.eyJAY29udGV4dCI6W119.c2ln"},
        },
    ),
}

VERIFY_PRESENTATION: Json = {
    "summary": "Verify a presentation and every credential in it (VCALM)",
    "operation_id": "verifyPresentation",
    "tags": ["VCALM"],
    "response_model": None,
    "responses": _vcalm_answers("VerifyPresentationResponse"),
    "openapi_extra": _json_request(
        "VerifyPresentationRequest",
        {
            "signed": {
                "verifiablePresentation": {**_PRESENTATION, "proof": CREDENTIAL["proof"]},
                "options": {"challenge": "bp1-mZ2vCzAq", "domain": "verify.example.org"},
            },
            "unsigned": {"presentation": _PRESENTATION},
        },
    ),
}

CHALLENGES: Json = {
    "summary": "Ask for a challenge (VCALM)",
    "operation_id": "createChallenge",
    "tags": ["VCALM"],
    "response_model": None,
    "responses": {
        200: {
            "description": "A challenge that can be answered once, within ten minutes.",
            "content": {
                "application/json": {
                    "schema": ref("Challenge"),
                    "examples": {"challenge": {"value": {"challenge": "bp1-mZ2vCzAqVJ0rPzYw8m3N2cQ1bX7tLk4d"}}},
                }
            },
        },
        **COMMON,
    },
}

_QUESTION: Json = {
    "asOf": {
        "type": "string",
        "format": "date-time",
        "description": "Judge at this instant (RFC 3339) and not now.",
    },
    "recipient": {
        "type": "string",
        "maxLength": 2048,
        "description": "An identifier (e-mail address, DID) the credential must have been awarded to.",
    },
    "policy": {"type": "string", "description": "The name of one of this service's policies; 'default' if left out."},
}

VERIFY: Json = {
    "summary": "Verify anything that may hold a credential",
    "operation_id": "verify",
    "tags": ["Reports"],
    "response_model": None,
    "responses": {
        200: {
            "description": (
                "The report, whatever the verdict. Where several credentials were sent, or a ZIP holds several, one "
                "report for each, and what could not be read."
            ),
            "content": {
                "application/json": {
                    "schema": {"anyOf": [ref("Report"), ref("Reports")]},
                    "examples": {
                        "one": {"value": _REPORT},
                        "several": {
                            "value": {
                                "reports": [{**_REPORT, "file": "badges.zip/a.json"}],
                                "unread": [{"file": "badges.zip/b.docx", "reason": "no credential was found in it"}],
                            }
                        },
                    },
                }
            },
        },
        400: problem_answer(
            "The request could not be understood.",
            problem_example(INVALID_REQUEST, "'asOf' is not an instant like 2026-03-02T12:00:00Z", 400, "/asOf"),
        ),
        415: problem_answer(
            "A proof package: it is repeated by the command line, not here.",
            problem_example(UNSUPPORTED_MEDIA_TYPE, "this is a proof package", 415),
        ),
        **COMMON,
    },
    "openapi_extra": {
        "parameters": [
            {"name": name, "in": "query", "required": False, "schema": _QUESTION[name]} for name in _QUESTION
        ],
        "requestBody": {
            "required": True,
            "description": (
                "The credential itself in any form (JSON, JWT, SD-JWT, PNG, SVG, PDF, a picture of a QR code, ZIP), a "
                "JSON object that holds it or its address, or a form."
            ),
            "content": {
                "application/json": {
                    "schema": {"anyOf": [ref("VerifyRequest"), {"type": "object", "required": ["@context"]}]},
                    "examples": {
                        "credential": {"value": {"credential": CREDENTIAL, "asOf": "2026-05-01T09:00:00Z"}},
                        "address": {"value": {"url": "https://badges.example/c/1"}},
                        "itself": {"value": CREDENTIAL},
                    },
                },
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "properties": {
                            "file": {
                                "type": "array",
                                "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                                "description": "One or several files.",
                            },
                            "text": {"type": "string", "description": "A pasted credential."},
                            "url": {"type": "string", "format": "uri"},
                            **_QUESTION,
                        },
                        "additionalProperties": False,
                    }
                },
                "application/octet-stream": {"schema": {}},
            },
        },
    },
}


_TOKEN = "mZ2vCzAqVJ0rPzYw8m3N2cQ1bX7tLk4d"  # noqa: S105 - an example
_BATCH: Json = {
    "id": _TOKEN,
    "state": "working",
    "total": 10_000,
    "done": 2_048,
    "counts": {"valid": 2_001, "invalid": 30, "undetermined": 16, "error": 1},
    "policy": "default",
    "asOf": None,
    "createdAt": "2026-05-01T09:00:00Z",
    "finishedAt": None,
    "expiresAt": None,
    "results": {
        "ndjson": f"/api/v1/batches/{_TOKEN}/results.ndjson",
        "csv": f"/api/v1/batches/{_TOKEN}/results.csv",
    },
}
_NO_BATCH = problem_answer(
    "There is no such batch, or its time is over.",
    problem_example(
        NOT_FOUND, "there is no batch at this address; batches are kept for seven days after they are finished", 404
    ),
)
_OPTIONS = [{"name": name, "in": "query", "required": False, "schema": _QUESTION[name]} for name in ("asOf", "policy")]


def _batch_answer(description: str) -> Json:
    content = {"schema": ref("Batch"), "examples": {"working": {"value": _BATCH}}}
    return {"description": description, "content": {"application/json": content}}


def _results_of_batch(name: str, kind: str, example: str) -> Json:
    return {
        "summary": f"The results of a batch as {name}",
        "operation_id": f"batchResults{name}",
        "tags": ["Batches"],
        "response_model": None,
        "responses": {
            200: {
                "description": "One line for each input, in the order they were handed in.",
                "content": {kind: {"schema": {"type": "string"}, "examples": {"lines": {"value": example}}}},
            },
            400: problem_answer(
                "The request could not be understood.",
                problem_example(INVALID_REQUEST, "'partial' is neither true nor false", 400, "/partial"),
            ),
            404: _NO_BATCH,
            409: problem_answer(
                "The batch is not finished; ask again later, or for what there is with partial=true.",
                problem_example(BATCH_UNFINISHED, "2048 of 10000 inputs are done; ask again later", 409),
                headers=_RETRY_AFTER,
            ),
            **{status: COMMON[status] for status in (429, 500, 503)},
        },
        "openapi_extra": {
            "parameters": [
                {
                    "name": "partial",
                    "in": "query",
                    "required": False,
                    "schema": {"type": "boolean", "default": False},
                    "description": "Answer with what there is so far.",
                }
            ]
        },
    }


CREATE_BATCH: Json = {
    "summary": "Hand in a batch",
    "operation_id": "createBatch",
    "tags": ["Batches"],
    "response_model": None,
    "status_code": 202,
    "responses": {
        202: {
            **_batch_answer("The batch was taken; it is verified in the background."),
            "headers": {"Location": {"description": "The address of the batch.", "schema": {"type": "string"}}},
        },
        400: problem_answer(
            "The batch could not be understood, or holds no input.",
            problem_example(INVALID_REQUEST, "'asOf' is not an instant like 2026-03-02T12:00:00Z", 400, "/asOf"),
        ),
        **COMMON,
    },
    "openapi_extra": {
        "parameters": _OPTIONS,
        "requestBody": {
            "required": True,
            "description": "NDJSON, one input a line, or a ZIP archive, one input a file; also as the file of a form.",
            "content": {
                "application/x-ndjson": {
                    "schema": {"type": "string"},
                    "examples": {"lines": {"value": jsontext.dump(CREDENTIAL).decode() + "\n"}},
                },
                "application/zip": {"schema": {}},
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["file"],
                        "properties": {
                            "file": {"type": "string", "contentMediaType": "application/octet-stream"},
                            **{name: _QUESTION[name] for name in ("asOf", "policy")},
                        },
                        "additionalProperties": False,
                    }
                },
            },
        },
    },
}

BATCH: Json = {
    "summary": "How far a batch is",
    "operation_id": "showBatch",
    "tags": ["Batches"],
    "response_model": None,
    "responses": {
        200: _batch_answer("How far it is."),
        404: _NO_BATCH,
        **{status: COMMON[status] for status in (429, 500, 503)},
    },
}

DELETE_BATCH: Json = {
    "summary": "Forget a batch and its results",
    "operation_id": "deleteBatch",
    "tags": ["Batches"],
    "response_model": None,
    "status_code": 204,
    "responses": {
        204: {"description": "It is forgotten."},
        404: _NO_BATCH,
        **{status: COMMON[status] for status in (429, 500, 503)},
    },
}

BATCH_NDJSON: Json = _results_of_batch(
    "NDJSON", "application/x-ndjson", '{"row": 1, "input": "badge.json", "verdict": "valid", "codes": []}\n'
)
BATCH_CSV: Json = _results_of_batch("CSV", "text/csv", '\ufeff"row","input","verdict"\r\n"1","badge.json","valid"\r\n')


@cache
def components() -> Json:
    """The schemas that the addresses refer to."""
    definitions = jsontext.parse_object(
        jsontext.dump(report_schema()["$defs"])
        .replace(b'"#/$defs/problem"', b'"#/components/schemas/Problem"')
        .replace(b'"#/$defs/check"', b'"#/components/schemas/CheckResult"')
        .replace(b'"#/$defs/credential"', b'"#/components/schemas/CredentialSummary"')
        .replace(b'"#/$defs/report"', b'"#/components/schemas/Report"')
    )
    problem, report = definitions["problem"], definitions["report"]
    switch, text = {"type": "boolean"}, {"type": "string"}
    detail = {
        **problem,
        "properties": {**problem["properties"], "severity": {"enum": ["error", "warning"]}},
        "required": [*problem["required"], "severity"],
    }
    vcalm = {"verified": switch, "problemDetails": {"type": "array", "items": ref("ProblemDetail")}}
    older = {
        "checks": {"type": "array", "items": text, "description": "Accepted of older clients; every check is made."}
    }
    reply = {
        name: {"type": "array", "items": text, "description": "Only where the request has the option 'checks'."}
        for name in ("checks", "errors", "warnings")
    }
    secured = {"anyOf": [{"type": "object"}, {"type": "string", "description": "A JWT or an SD-JWT."}]}
    judged = {"type": "object", "required": ["verified"], "properties": {"verified": switch, "input": {}}}
    request_problem = {
        **problem,
        "properties": {**problem["properties"], "status": {"type": "integer", "minimum": 400, "maximum": 599}},
        "required": [*problem["required"], "status"],
    }
    results = {
        "type": "object",
        "properties": {
            "validFrom": judged,
            "validUntil": judged,
            **{name: {"type": "array", "items": judged} for name in ("credentialSchema", "credentialStatus", "proof")},
        },
        "additionalProperties": False,
    }
    return {
        "Problem": problem,
        "ProblemDetail": detail,
        "RequestProblem": request_problem,
        "VcalmProblem": {
            **request_problem,
            "properties": {**request_problem["properties"], **vcalm},
            "required": [*request_problem["required"], *vcalm],
        },
        "CheckResult": definitions["check"],
        "CredentialSummary": definitions["credential"],
        "Report": report,
        "Reports": {
            "type": "object",
            "required": ["reports"],
            "properties": {
                "reports": {"type": "array", "items": ref("Report")},
                "unread": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["file", "reason"],
                        "properties": {"file": {"type": ["string", "null"]}, "reason": text},
                    },
                },
            },
        },
        "VerifyRequest": {
            "type": "object",
            "properties": {"credential": secured, "url": {"type": "string", "format": "uri"}, **_QUESTION},
            "oneOf": [{"required": ["credential"]}, {"required": ["url"]}],
            "additionalProperties": False,
        },
        "VerifyCredentialRequest": {
            "type": "object",
            "required": ["verifiableCredential"],
            "properties": {
                "verifiableCredential": secured,
                "options": {
                    "type": "object",
                    "properties": {
                        "returnCredential": switch,
                        "returnProblemDetails": switch,
                        "returnResults": switch,
                        **older,
                        "challenge": {"type": "string", "minLength": 1, "deprecated": True},
                        "domain": {"type": "string", "minLength": 1, "deprecated": True},
                    },
                    "additionalProperties": False,
                },
            },
            "additionalProperties": False,
        },
        "VerifyCredentialResponse": {
            "type": "object",
            "required": ["verified"],
            "properties": {**vcalm, "credential": secured, "results": results, **reply},
            "additionalProperties": False,
        },
        "VerifyPresentationRequest": {
            "type": "object",
            "properties": {
                "verifiablePresentation": secured,
                "presentation": secured,
                "options": {
                    "type": "object",
                    "properties": {
                        "challenge": {"type": "string", "minLength": 1},
                        "domain": {"type": "string", "minLength": 1},
                        "returnPresentation": switch,
                        "returnProblemDetails": switch,
                        "returnResults": switch,
                        **older,
                    },
                    "additionalProperties": False,
                },
            },
            "oneOf": [{"required": ["verifiablePresentation"]}, {"required": ["presentation"]}],
            "additionalProperties": False,
        },
        "VerifyPresentationResponse": {
            "type": "object",
            "required": ["verified"],
            "properties": {
                **vcalm,
                "verifiablePresentation": secured,
                "results": {
                    "type": "object",
                    "properties": {
                        "presentation": {
                            "type": "object",
                            "properties": {
                                "challenge": judged,
                                "domain": judged,
                                "holder": judged,
                                "proof": {"type": "array", "items": judged},
                            },
                            "additionalProperties": False,
                        },
                        "credentials": {"type": "array", "items": ref("VerifyCredentialResponse")},
                    },
                    "additionalProperties": False,
                },
                **reply,
            },
            "additionalProperties": False,
        },
        "Batch": {
            "type": "object",
            "required": list(_BATCH),
            "properties": {
                "id": text,
                "state": {"enum": ["working", "finished"]},
                "total": {"type": "integer"},
                "done": {"type": "integer"},
                "counts": {
                    "type": "object",
                    "required": list(_BATCH["counts"]),
                    "properties": {name: {"type": "integer"} for name in _BATCH["counts"]},
                },
                "policy": text,
                "asOf": {"type": ["string", "null"], "format": "date-time"},
                "createdAt": {"type": "string", "format": "date-time"},
                "finishedAt": {"type": ["string", "null"], "format": "date-time"},
                "expiresAt": {"type": ["string", "null"], "format": "date-time"},
                "results": {
                    "type": "object",
                    "required": ["ndjson", "csv"],
                    "properties": {"ndjson": text, "csv": text},
                },
            },
        },
        "Challenge": {
            "type": "object",
            "required": ["challenge"],
            "properties": {"challenge": text},
            "additionalProperties": False,
        },
    }
