"""Hashed recipient identifiers (Open Badges 3.0, IdentityHash and the recipient step of verification)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any

from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

_IDENTITY_HASH = re.compile(r"(?P<algorithm>md5|sha256)\$(?P<digest>[0-9A-Fa-f]+)")


def hash_identity(identifier: str, salt: str = "", algorithm: str = "sha256") -> str:
    """The ``identityHash`` of an identifier: algorithm, ``$``, and the hexadecimal digest of identifier and salt.

    ``algorithm`` is ``sha256``, or ``md5`` to compare with older badges; never issue the latter. Raises
    ProblemError(MALFORMED_VALUE_ERROR) for another algorithm or a text that is not Unicode.
    """
    try:
        message = (identifier + salt).encode()
    except UnicodeEncodeError:
        raise ProblemError(MALFORMED_VALUE_ERROR, "the identifier or salt holds a lone surrogate") from None
    if algorithm == "sha256":
        return "sha256$" + hashlib.sha256(message).hexdigest()
    if algorithm == "md5":
        return "md5$" + hashlib.md5(message, usedforsecurity=False).hexdigest()
    raise ProblemError(MALFORMED_VALUE_ERROR, "identity hashes are made with sha256 or md5")


def identity_matches(identity_object: Mapping[str, Any], identifier: str, identity_type: str | None = None) -> bool:
    """Whether an IdentityObject names the holder of ``identifier``; a malformed one names nobody.

    ``identity_type`` (such as ``emailAddress``) skips objects of another type. The specification has no rule for letter
    case, so the identifier is tried as given and, unless it is a web address or DID, in lower case; a plain e-mail
    address is compared without regard to case. Takes the same time for a near miss as for a far one.
    """
    stated = identity_object.get("identityHash")
    stated_type = identity_object.get("identityType")
    salt = identity_object.get("salt", "")
    hashed = identity_object.get("hashed")
    if not isinstance(stated, str) or not isinstance(salt, str) or not isinstance(hashed, bool):
        return False
    if identity_type is not None and stated_type != identity_type:
        return False
    scheme, colon, _ = identifier.partition(":")
    uri = bool(colon) and scheme.lower() != "mailto"
    candidates = (identifier,) if uri else (identifier, identifier.lower())
    if hashed:
        form = _IDENTITY_HASH.fullmatch(stated)
        if form is None:
            return False
        try:
            known = [hash_identity(candidate, salt, form["algorithm"]) for candidate in candidates]
        except ProblemError:
            return False
        return _equals_any(stated.lower(), known)
    if stated_type == "emailAddress":
        return _equals_any(stated.lower(), [identifier.lower()])
    return _equals_any(stated, candidates)


def _equals_any(stated: str, known: list[str] | tuple[str, ...]) -> bool:
    octets = stated.encode("utf-8", "surrogatepass")
    found = [hmac.compare_digest(octets, each.encode("utf-8", "surrogatepass")) for each in known]
    return any(found)
