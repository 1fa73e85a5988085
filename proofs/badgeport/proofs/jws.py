"""Compact JWS, held to one reading (RFC 7515; RFC 8725).

The algorithm follows from the key: a header's ``alg`` can only agree with it or be refused. What was signed is the text
as received; nothing is ever written out again to be verified.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from badgeport.keys.jwk import public_from_jwk
from badgeport.keys.public import PublicKey
from badgeport.keys.signer import Signer
from badgeport.keys.types import SIGNING_KEY_TYPES, KeyType, jose_algorithm, jose_algorithms
from badgeport.schemas import jsontext
from badgeport.schemas.encoding import b64url_decode, b64url_encode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    CRYPTOGRAPHIC_SECURITY_ERROR,
    PARSING_ERROR,
    PROOF_GENERATION_ERROR,
    RANGE_ERROR,
    Problem,
    ProblemError,
)

ALGORITHMS = frozenset(name for key_type in KeyType for name in jose_algorithms(key_type))
"""Every ``alg`` that can be verified. ``none``, HMAC (HS…) and RSA-PSS (PS…) are not among them."""

_COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_HEADER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Jws:
    """A compact JWS taken apart. ``signing_input`` is the original text up to the second dot."""

    header: dict[str, Any]
    payload: bytes = field(repr=False)
    signing_input: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    embedded_key: PublicKey | None
    problems: tuple[Problem, ...]

    @property
    def key_id(self) -> str | None:
        """The header's ``kid`` where it is a string."""
        kid = self.header.get("kid")
        return kid if isinstance(kid, str) else None

    @property
    def algorithm(self) -> str:
        """The header's ``alg``, empty where it is no string."""
        alg = self.header.get("alg")
        return alg if isinstance(alg, str) else ""


def parse(token: str, limits: Limits = DEFAULT_LIMITS) -> Jws:
    """Take a compact JWS apart (RFC 7515 §5.2 steps 1 to 7).

    Faults of the header that verification will refuse are listed in ``problems``, so that a report can name them.
    Raises ProblemError: RANGE_ERROR for a token or header that is too long, PARSING_ERROR for anything but three
    canonical base64url parts of which the first is a strict JSON object. JSON serialization is not accepted.
    """
    if len(token) > limits.document_bytes:
        raise ProblemError(RANGE_ERROR, f"the JWS is longer than {limits.document_bytes} characters")
    if not _COMPACT.fullmatch(token):
        raise ProblemError(PARSING_ERROR, "the text is not a compact JWS: three base64url parts parted by dots")
    encoded_header, encoded_payload, encoded_signature = token.split(".")
    if len(encoded_header) > _HEADER_BYTES:
        raise ProblemError(RANGE_ERROR, f"the JWS header is longer than {_HEADER_BYTES} characters")
    header = _json_object(_decoded(encoded_header, "header"), "header", limits)
    embedded_key, problems = _examine(header)
    return Jws(
        header=header,
        payload=_decoded(encoded_payload, "payload"),
        signing_input=f"{encoded_header}.{encoded_payload}".encode("ascii"),
        signature=_decoded(encoded_signature, "signature"),
        embedded_key=embedded_key,
        problems=problems,
    )


def payload_object(jws: Jws, limits: Limits = DEFAULT_LIMITS) -> dict[str, Any]:
    """The payload as a strict JSON object. Raises ProblemError (PARSING_ERROR, RANGE_ERROR)."""
    return _json_object(jws.payload, "payload", limits)


def verify(jws: Jws, public_key: PublicKey) -> None:
    """Verify the signature with the key's own algorithm (RFC 7515 §5.2 step 8; RFC 8725 §3.1).

    Raises ProblemError(CRYPTOGRAPHIC_SECURITY_ERROR) when the header names another algorithm or carries another key,
    or the signature does not match; raises the first of ``jws.problems`` when there is one.
    """
    if jws.problems:
        first = jws.problems[0]
        raise ProblemError(first.type, first.detail, first.pointer)
    if jws.algorithm not in jose_algorithms(public_key.key_type):
        raise _insecure(
            f"the header names the algorithm {quoted(jws.algorithm)}, but the key is of type {public_key.key_type}, "
            f"whose algorithm is {jose_algorithm(public_key.key_type)}"
        )
    if jws.embedded_key is not None and jws.embedded_key != public_key:
        raise _insecure("the header's jwk is another key than the one that kid or the issuer leads to")
    if not public_key.verify(jws.signature, jws.signing_input):
        raise _insecure("the signature does not match the content and the key")


def sign(header: Mapping[str, Any], payload: Mapping[str, Any], signer: Signer) -> str:
    """A compact JWS over ``payload``, serialised once. ``alg`` comes from the signer's key and stands first.

    Raises ProblemError: PROOF_GENERATION_ERROR when keys of this type sign no credentials, MALFORMED_VALUE_ERROR when
    the payload is not JSON, KEY_CUSTODY_ERROR when the key cannot be used.
    """
    key_type = signer.public_key.key_type
    if key_type not in SIGNING_KEY_TYPES:
        raise ProblemError(PROOF_GENERATION_ERROR, f"keys of type {key_type} are verified only, they sign no JWT")
    protected = {"alg": jose_algorithm(key_type), **header}
    signing_input = f"{b64url_encode(jsontext.dump(protected))}.{b64url_encode(jsontext.dump(payload))}"
    return f"{signing_input}.{b64url_encode(signer.sign(signing_input.encode('ascii')))}"


def key_url(signer: Signer) -> str:
    """The signer's verification method as a ``kid``. Raises ProblemError(PROOF_GENERATION_ERROR) when it is no URL."""
    if ":" not in signer.verification_method:
        raise ProblemError(PROOF_GENERATION_ERROR, "the signer's verification method is not an absolute URL")
    return signer.verification_method


def media_type(value: object) -> str:
    """A ``typ`` or ``cty`` in its short form, in lower case: ``application/`` may be left out (RFC 7515 §4.1.9)."""
    text = value.lower() if isinstance(value, str) else ""
    return text.removeprefix("application/")


def quoted(value: object) -> str:
    """A header value or claim made fit for a message: short, in quotation marks, without control characters."""
    return json.dumps(value[:60]) if isinstance(value, str) else f"of type {type(value).__name__}"


def _decoded(text: str, part: str) -> bytes:
    try:
        return b64url_decode(text)
    except ProblemError:
        raise ProblemError(PARSING_ERROR, f"the JWS {part} is not canonical base64url") from None


def _json_object(octets: bytes, part: str, limits: Limits) -> dict[str, Any]:
    try:
        return jsontext.parse_object(octets, limits)
    except ProblemError as error:
        raise ProblemError(error.problem.type, f"in the JWS {part}: {error.problem.detail}") from None


def _examine(header: Mapping[str, Any]) -> tuple[PublicKey | None, tuple[Problem, ...]]:
    problems: list[Problem] = []

    def refuse(detail: str) -> None:
        problems.append(Problem(CRYPTOGRAPHIC_SECURITY_ERROR, detail))

    alg = header.get("alg")
    if not isinstance(alg, str) or alg not in ALGORITHMS:
        refuse(f"the header's alg {quoted(alg)} is not one of {', '.join(sorted(ALGORITHMS))}")
    if "crit" in header:
        refuse("the header demands extensions (crit), and none is known")
    if "b64" in header:
        refuse("the header names an unencoded payload (b64), which a credential never has")
    for name in ("typ", "cty", "kid"):
        if name in header and not isinstance(header[name], str):
            refuse(f"the header's {name} is not a string")
    embedded_key = None
    if "jwk" in header:
        jwk = header["jwk"]
        if isinstance(jwk, dict):
            try:
                embedded_key = public_from_jwk(jwk)
            except ProblemError as error:
                problems.append(Problem(error.problem.type, f"the header's jwk: {error.problem.detail}"))
        else:
            refuse("the header's jwk is not a JSON object")
    return embedded_key, tuple(problems)


def _insecure(detail: str) -> ProblemError:
    return ProblemError(CRYPTOGRAPHIC_SECURITY_ERROR, detail)
