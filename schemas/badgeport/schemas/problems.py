"""Problem types and the one error that carries them (RFC 9457; VCDM 2.0 section 7.2; Data Integrity; CID; Bitstring).

W3C's type is used where one exists; ours (``https://badgeport.org/problems#…``, see docs/problems.md) for the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

VCDM = "https://www.w3.org/TR/vc-data-model#"
SECURITY = "https://w3id.org/security#"
STATUS_LIST = "https://www.w3.org/ns/credentials/status-list#"
VCALM = "https://www.w3.org/TR/vcalm#"
OWN = "https://badgeport.org/problems#"


class ProblemType(NamedTuple):
    """A stable problem type: its URI and the title shown to people."""

    uri: str
    title: str

    @property
    def code(self) -> str:
        """The short stable code: what follows the ``#``."""
        return self.uri.rpartition("#")[2]


# VCDM 2.0
PARSING_ERROR = ProblemType(VCDM + "PARSING_ERROR", "The input could not be read")
CRYPTOGRAPHIC_SECURITY_ERROR = ProblemType(VCDM + "CRYPTOGRAPHIC_SECURITY_ERROR", "The securing mechanism failed")
MALFORMED_VALUE_ERROR = ProblemType(VCDM + "MALFORMED_VALUE_ERROR", "A value has the wrong form")
RANGE_ERROR = ProblemType(VCDM + "RANGE_ERROR", "A value is out of range")

# Data Integrity 1.0
PROOF_GENERATION_ERROR = ProblemType(SECURITY + "PROOF_GENERATION_ERROR", "The proof could not be made")
PROOF_VERIFICATION_ERROR = ProblemType(SECURITY + "PROOF_VERIFICATION_ERROR", "The proof does not verify")
PROOF_TRANSFORMATION_ERROR = ProblemType(
    SECURITY + "PROOF_TRANSFORMATION_ERROR", "The document could not be canonicalized"
)
DATA_LOSS_DETECTION_ERROR = ProblemType(
    SECURITY + "DATA_LOSS_DETECTION_ERROR", "Part of the document would not be signed"
)
INVALID_DOMAIN_ERROR = ProblemType(SECURITY + "INVALID_DOMAIN_ERROR", "The proof is meant for another domain")
INVALID_CHALLENGE_ERROR = ProblemType(SECURITY + "INVALID_CHALLENGE_ERROR", "The proof answers another challenge")

# Controlled Identifiers 1.0
INVALID_VERIFICATION_METHOD_URL = ProblemType(
    SECURITY + "INVALID_VERIFICATION_METHOD_URL", "The verification method is not a usable URL"
)
INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID = ProblemType(
    SECURITY + "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT_ID", "The key document names another identifier"
)
INVALID_CONTROLLED_IDENTIFIER_DOCUMENT = ProblemType(
    SECURITY + "INVALID_CONTROLLED_IDENTIFIER_DOCUMENT", "The key document is not usable"
)
INVALID_VERIFICATION_METHOD = ProblemType(SECURITY + "INVALID_VERIFICATION_METHOD", "The key is not usable")
INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD = ProblemType(
    SECURITY + "INVALID_RELATIONSHIP_FOR_VERIFICATION_METHOD", "The key is not allowed for this purpose"
)

# Bitstring Status List 1.0
STATUS_RETRIEVAL_ERROR = ProblemType(STATUS_LIST + "STATUS_RETRIEVAL_ERROR", "The status list could not be had")
STATUS_VERIFICATION_ERROR = ProblemType(
    STATUS_LIST + "STATUS_VERIFICATION_ERROR", "The status list could not be trusted"
)
STATUS_LIST_LENGTH_ERROR = ProblemType(STATUS_LIST + "STATUS_LIST_LENGTH_ERROR", "The status list is too short")
STATUS_RANGE_ERROR = ProblemType(STATUS_LIST + "RANGE_ERROR", "The status index is outside the list")
STATUS_MALFORMED_VALUE_ERROR = ProblemType(STATUS_LIST + "MALFORMED_VALUE_ERROR", "A status value has the wrong form")

# VCALM 0.9
UNKNOWN_OPTION_PROVIDED = ProblemType(VCALM + "UNKNOWN_OPTION_PROVIDED", "An option is not known")

# Ours
EXPIRED = ProblemType(OWN + "EXPIRED", "The credential has expired")
NOT_YET_VALID = ProblemType(OWN + "NOT_YET_VALID", "The credential is not valid yet")
REVOKED = ProblemType(OWN + "REVOKED", "The credential was revoked")
SUSPENDED = ProblemType(OWN + "SUSPENDED", "The credential is suspended")
STATUS_MESSAGE = ProblemType(OWN + "STATUS_MESSAGE", "The issuer left a status message")
STATUS_UNKNOWN = ProblemType(OWN + "STATUS_UNKNOWN", "The status could not be determined")
STATUS_OUTDATED = ProblemType(OWN + "STATUS_OUTDATED", "The status may have changed since")
ISSUER_NOT_RECOGNIZED = ProblemType(OWN + "ISSUER_NOT_RECOGNIZED", "No registry you use lists this issuer")
REGISTRY_UNREADABLE = ProblemType(OWN + "REGISTRY_UNREADABLE", "A registry could not be read")
ISSUER_KEY_MISMATCH = ProblemType(OWN + "ISSUER_KEY_MISMATCH", "The signing key does not belong to the issuer")
KEY_UNAVAILABLE = ProblemType(OWN + "KEY_UNAVAILABLE", "The issuer's key could not be had")
KEY_NOT_VALID_AT_SIGNING = ProblemType(OWN + "KEY_NOT_VALID_AT_SIGNING", "The key was not valid when it signed")
KEY_REVOKED = ProblemType(OWN + "KEY_REVOKED", "The signing key was revoked")
SIGNED_LATER = ProblemType(OWN + "SIGNED_LATER", "The proof was made after the instant asked about")
RECIPIENT_MISMATCH = ProblemType(OWN + "RECIPIENT_MISMATCH", "The credential was awarded to someone else")
UNSIGNED = ProblemType(OWN + "UNSIGNED", "Nothing protects this document")
LEGACY_DATA_MODEL = ProblemType(OWN + "LEGACY_DATA_MODEL", "The credential uses an older data model")
SCHEMA_UNKNOWN = ProblemType(OWN + "SCHEMA_UNKNOWN", "The named schema is not at hand")
CONTEXT_UNKNOWN = ProblemType(OWN + "CONTEXT_UNKNOWN", "The named context is not at hand")
CONTEXT_PREVIOUS = ProblemType(OWN + "CONTEXT_PREVIOUS", "Verified with an earlier edition of a context")
REFRESH_AVAILABLE = ProblemType(OWN + "REFRESH_AVAILABLE", "The issuer may hold a newer copy")
REFRESH_REFUSED = ProblemType(OWN + "REFRESH_REFUSED", "The newer copy on offer was not accepted")
REFRESH_ROLLBACK = ProblemType(OWN + "REFRESH_ROLLBACK", "The copy on offer is an older one")
REFRESH_UNDATED = ProblemType(OWN + "REFRESH_UNDATED", "It cannot be told which copy is newer")
REFRESH_CHANGED = ProblemType(OWN + "REFRESH_CHANGED", "The issuer's newer copy says something else")
DOCUMENT_OUTDATED = ProblemType(OWN + "DOCUMENT_OUTDATED", "An older copy of a document was used")
ISSUER_PAGE_UNAVAILABLE = ProblemType(OWN + "ISSUER_PAGE_UNAVAILABLE", "The issuer's web address did not answer")
LEGACY_BADGE = ProblemType(OWN + "LEGACY_BADGE", "This is an Open Badges 2.0 badge")
BADGE_UNAVAILABLE = ProblemType(OWN + "BADGE_UNAVAILABLE", "A document of the badge could not be had")
BADGE_DIFFERS = ProblemType(OWN + "BADGE_DIFFERS", "The issuer publishes something else")
BADGE_OUT_OF_SCOPE = ProblemType(OWN + "BADGE_OUT_OF_SCOPE", "The badge is not where its issuer keeps badges")
NOTHING_REQUIRED = ProblemType(OWN + "NOTHING_REQUIRED", "The policy requires nothing")
PRIVATE_KEY_EXPOSED = ProblemType(OWN + "PRIVATE_KEY_EXPOSED", "A private key stands where a public key belongs")
KEY_CUSTODY_ERROR = ProblemType(OWN + "KEY_CUSTODY_ERROR", "The private key could not be used")
ADDRESS_UNAVAILABLE = ProblemType(OWN + "ADDRESS_UNAVAILABLE", "The web address could not be opened")
READER_UNAVAILABLE = ProblemType(OWN + "READER_UNAVAILABLE", "The file could not be looked into")
UNSUPPORTED = ProblemType(OWN + "UNSUPPORTED", "This form is not supported")
INTERNAL_ERROR = ProblemType(OWN + "INTERNAL_ERROR", "The service made a mistake")

# Ours, about a request and not about a credential
INVALID_REQUEST = ProblemType(OWN + "INVALID_REQUEST", "The request could not be understood")
OPTION_WITHOUT_EFFECT = ProblemType(OWN + "OPTION_WITHOUT_EFFECT", "An option has no effect here")
REQUEST_REFUSED = ProblemType(OWN + "REQUEST_REFUSED", "The request was not accepted")
NOT_FOUND = ProblemType(OWN + "NOT_FOUND", "There is nothing at this address")
METHOD_NOT_ALLOWED = ProblemType(OWN + "METHOD_NOT_ALLOWED", "This address does not answer such a request")
REQUEST_TIMEOUT = ProblemType(OWN + "REQUEST_TIMEOUT", "The request arrived too slowly")
REQUEST_TOO_LARGE = ProblemType(OWN + "REQUEST_TOO_LARGE", "The request is too large")
UNSUPPORTED_MEDIA_TYPE = ProblemType(OWN + "UNSUPPORTED_MEDIA_TYPE", "The request has a form that is not read here")
TOO_MANY_REQUESTS = ProblemType(OWN + "TOO_MANY_REQUESTS", "Too many requests")
CREDENTIAL_NOT_VERIFIED = ProblemType(OWN + "CREDENTIAL_NOT_VERIFIED", "Nothing was decided on what does not verify")
POLICY_REFUSED = ProblemType(OWN + "POLICY_REFUSED", "Nothing can be decided by this policy")
BATCH_UNFINISHED = ProblemType(OWN + "BATCH_UNFINISHED", "The batch is not finished yet")
STORE_FULL = ProblemType(OWN + "STORE_FULL", "The service keeps no more for now")
SIGN_IN_REQUIRED = ProblemType(OWN + "SIGN_IN_REQUIRED", "This needs somebody who is signed in")
NOT_ALLOWED = ProblemType(OWN + "NOT_ALLOWED", "This is not among what you may do here")
CONFLICT = ProblemType(OWN + "CONFLICT", "Somebody else was quicker, or it is in another state by now")
GONE = ProblemType(OWN + "GONE", "What was here is gone for good")
SERVICE_UNAVAILABLE = ProblemType(OWN + "SERVICE_UNAVAILABLE", "The service cannot answer now")


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem as RFC 9457 states it, with the JSON pointer (RFC 6901) of the offending member, if any."""

    type: ProblemType
    detail: str
    pointer: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The problem as a JSON object: ``type``, ``title``, ``detail`` and, where known, ``pointer``."""
        body: dict[str, Any] = {"type": self.type.uri, "title": self.type.title, "detail": self.detail}
        if self.pointer is not None:
            body["pointer"] = self.pointer
        return body


class ProblemError(Exception):
    """The only error the libraries raise for bad input, bad keys and failed proofs. Never holds a secret."""

    def __init__(self, type: ProblemType, detail: str, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.problem = Problem(type, detail, pointer)

    def __str__(self) -> str:
        where = f" (at {self.problem.pointer})" if self.problem.pointer else ""
        return f"{self.problem.type.code}: {self.problem.detail}{where}"
