"""Signed badges: a JWS over the award, by a key that its issuer's profile lists (Open Badges 2.0 "Signed Badges")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from badgeport.keys.pem import public_from_pem
from badgeport.proofs import jws
from badgeport.schemas.problems import (
    INVALID_VERIFICATION_METHOD,
    ISSUER_KEY_MISMATCH,
    KEY_REVOKED,
    KEY_UNAVAILABLE,
    PRIVATE_KEY_EXPOSED,
    Problem,
    ProblemError,
)
from badgeport.verifier.checks.base import PASS, Finding
from badgeport.verifier.open_badges_2 import addresses, reading
from badgeport.verifier.open_badges_2.documents import Missing, called, obtain
from badgeport.verifier.open_badges_2.reading import Reference
from badgeport.verifier.report import Outcome

if TYPE_CHECKING:
    from badgeport.verifier.examination import Examination

MAXIMUM_KEYS = 16
_CREATOR = "/verification/creator"
# Some issuers leave the line breaks of the PEM text out.
_ONE_LINE = re.compile(r"\s*-----BEGIN ((?:RSA )?PUBLIC KEY)-----([A-Za-z0-9+/= ]+)-----END \1-----\s*")


def examine(
    examination: Examination,
    token: jws.Jws,
    award: Mapping[str, Any],
    issuer: Mapping[str, Any],
    issuer_id: str,
    evidence: dict[str, Any],
) -> Finding:
    """Whether the signature is one by a key of the issuer. ``evidence`` is told which key that is.

    The algorithm is the key's own. A key counts as the issuer's where the issuer's profile lists it; that a key names
    the issuer as its owner is no proof, but one that names another owner is not the issuer's.
    """
    listed = reading.references(issuer.get("publicKey"))
    if len(listed) > MAXIMUM_KEYS:
        detail = f"the issuer's profile lists more than {MAXIMUM_KEYS} keys"
        return Finding.doubt(Problem(KEY_UNAVAILABLE, detail, _CREATOR))
    creator = reading.reference(reading.verification_of(award).get("creator"))
    named = None if creator is None else creator.id
    candidates = listed if named is None else [each for each in listed if addresses.same(each.id, named)]
    if not candidates:
        key = "no key" if named is None else f"not the key {named[:200]}"
        detail = f"the profile of the issuer lists {key}, so the signature is not known to be the issuer's"
        return Finding.failure(Problem(ISSUER_KEY_MISMATCH, detail, _CREATOR))
    findings = [_with_key(examination, token, each, issuer_id, evidence) for each in candidates]
    for outcome in (Outcome.PASSED, Outcome.UNKNOWN, Outcome.FAILED):
        for finding in findings:
            if finding.outcome is outcome:
                return finding
    raise AssertionError("every finding has an outcome")


def _with_key(
    examination: Examination, token: jws.Jws, key: Reference, issuer_id: str, evidence: dict[str, Any]
) -> Finding:
    """The signature held against one key that the issuer's profile lists."""
    document = key.document
    if document is None:
        url = key.id or ""
        obtained = obtain(examination, url, "the issuer's key", _CREATOR)
        if isinstance(obtained, Missing):
            return Finding.doubt(Problem(KEY_UNAVAILABLE, obtained.problem.detail, _CREATOR))
        other = called(obtained, url, "the issuer's key", _CREATOR)
        if other is not None:
            return Finding.doubt(Problem(KEY_UNAVAILABLE, other.detail, _CREATOR))
        document = obtained.document
    owner = reading.reference(document.get("owner"))
    if owner is not None and not addresses.same(owner.id, issuer_id):
        detail = f"the key names {str(owner.id)[:200]} as its owner, not the issuer"
        return Finding.failure(Problem(ISSUER_KEY_MISMATCH, detail, _CREATOR))
    if document.get("revoked"):
        return Finding.doubt(Problem(KEY_REVOKED, "the issuer revoked the key that the badge names", _CREATOR))
    pem = reading.text(document.get("publicKeyPem"))
    if pem is None:
        return Finding.doubt(Problem(INVALID_VERIFICATION_METHOD, "the issuer's key has no publicKeyPem", _CREATOR))
    try:
        public_key = public_from_pem(_with_lines(pem))
    except ProblemError as error:
        judged = Finding.failure if error.problem.type is PRIVATE_KEY_EXPOSED else Finding.doubt
        return judged(Problem(error.problem.type, f"the issuer's key: {error.problem.detail}", _CREATOR))
    try:
        jws.verify(token, public_key)
    except ProblemError as error:
        return Finding.failure(Problem(error.problem.type, error.problem.detail, ""))
    evidence.update(key=key.id or reading.text(document.get("id")), algorithm=token.algorithm)
    return PASS


def _with_lines(pem: str) -> str:
    match = _ONE_LINE.fullmatch(pem)
    if match is None:
        return pem
    body = match[2].replace(" ", "")
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {match[1]}-----", *lines, f"-----END {match[1]}-----", ""])
