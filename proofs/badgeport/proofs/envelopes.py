"""Secured credentials inside JSON: enveloped verifiable credentials and presentations (VCDM 2.0 §4.13)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from badgeport.schemas.contexts.urls import CREDENTIALS_V2
from badgeport.schemas.encoding import b64_decode
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, RANGE_ERROR, UNSUPPORTED, Problem, ProblemError

CREDENTIAL = "EnvelopedVerifiableCredential"
PRESENTATION = "EnvelopedVerifiablePresentation"

FORMS = {
    CREDENTIAL: {
        "application/vc+jwt": frozenset({"vc+jwt", "vc-jwt"}),
        "application/vc+sd-jwt": frozenset({"vc+sd-jwt"}),
    },
    PRESENTATION: {
        "application/vp+jwt": frozenset({"vp+jwt"}),
        "application/vp+sd-jwt": frozenset({"vp+sd-jwt"}),
    },
}
"""The forms that each media type of an envelope may hold. Open Badges VC-JWTs have no media type of their own here."""

_DATA_URL = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),(.*)", re.IGNORECASE | re.DOTALL)
_MEMBERS = frozenset({"@context", "id", "type"})


def envelope_type(document: Mapping[str, Any]) -> str | None:
    """`CREDENTIAL` or `PRESENTATION` when the object says in its ``type`` that it is such an envelope."""
    types = document.get("type")
    names = types if isinstance(types, list) else [types]
    return next((name for name in (CREDENTIAL, PRESENTATION) if name in names), None)


def open_envelope(envelope: Mapping[str, Any], limits: Limits = DEFAULT_LIMITS) -> tuple[bytes, str]:
    """The secured credential or presentation inside an envelope and its media type, in lower case.

    Raises ProblemError: MALFORMED_VALUE_ERROR when the object is not an envelope, has members beside ``@context``,
    ``id`` and ``type`` (nothing would secure them), or its ``id`` is no data: URL; UNSUPPORTED for a media type that is
    not read, such as COSE; RANGE_ERROR for content that is too large.
    """
    kind = envelope_type(envelope)
    types = envelope.get("type")
    if kind is None or (isinstance(types, list) and len(types) != 1):
        raise _malformed(f"the type of an envelope is {CREDENTIAL} or {PRESENTATION} and nothing else", "type")
    context = envelope.get("@context")
    if (context[0] if isinstance(context, list) and context else context) != CREDENTIALS_V2:
        raise _malformed("the first @context of an envelope is that of VCDM 2.0", "@context")
    if extra := sorted(envelope.keys() - _MEMBERS):
        raise _malformed("the envelope has a member that nothing secures", extra[0])
    url = envelope.get("id")
    match = _DATA_URL.fullmatch(url) if isinstance(url, str) else None
    if match is None:
        raise _malformed("the id of an envelope is not a data: URL", "id")
    media_type, parameters, text = match[1].lower(), match[2].lower().split(";")[1:], match[3]
    if media_type not in FORMS[kind]:
        raise ProblemError(UNSUPPORTED, f"an {kind} of this media type is not read", join("id"))
    if len(text) > limits.document_bytes:
        raise ProblemError(RANGE_ERROR, f"the envelope holds more than {limits.document_bytes} characters", join("id"))
    try:
        octets = unquote_to_bytes(text)
        return (b64_decode(octets.decode("ascii")) if parameters[-1:] == ["base64"] else octets), media_type
    except (ProblemError, UnicodeError):
        raise _malformed("the data: URL of an envelope is not well-formed", "id") from None


def enveloped_credential(token: str | bytes) -> dict[str, Any]:
    """A credential secured as ``vc-jwt``, ``vc+jwt`` or ``vc+sd-jwt``, as it stands in a presentation (§4.13)."""
    text = token if isinstance(token, str) else token.decode("ascii", "replace")
    media_type = "application/vc+sd-jwt" if "~" in text else "application/vc+jwt"
    return {"@context": CREDENTIALS_V2, "id": f"data:{media_type},{text.strip()}", "type": CREDENTIAL}


def envelope_problems(presentation: Mapping[str, Any]) -> Iterator[Problem]:
    """What is wrong with the form of a presentation's ``verifiableCredential`` entries (VCDM 2.0 §4.13).

    Entries are objects, never strings; an envelope is well-formed. What is inside an envelope is not looked at, and a
    media type that is not read is no fault of the presentation.
    """
    entries = presentation.get("verifiableCredential", [])
    for index, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        path = ("verifiableCredential", index) if isinstance(entries, list) else ("verifiableCredential",)
        if not isinstance(entry, dict):
            yield Problem(MALFORMED_VALUE_ERROR, "an entry of a presentation is an object", join(*path))
        elif envelope_type(entry) is not None:
            try:
                open_envelope(entry)
            except ProblemError as error:
                problem = error.problem
                if problem.type is MALFORMED_VALUE_ERROR:
                    yield Problem(problem.type, problem.detail, join(*path) + (problem.pointer or ""))


def _malformed(detail: str, name: str) -> ProblemError:
    return ProblemError(MALFORMED_VALUE_ERROR, detail, join(name))
