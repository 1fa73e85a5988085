"""From a file as received to the bytes of the one credential in it (checks row 1).

Any input is taken: a JSON document, a compact JWS or SD-JWT, a PNG or SVG image with a credential baked into it. A byte
order mark and blank space around a text are taken off; nothing inside it is touched.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from badgeport.schemas import carrier
from badgeport.schemas.carrier import Carrier
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, UNSUPPORTED, ProblemError, ProblemType

MEDIA_TYPES: dict[str, str] = {
    "json": "application/json",
    "jws": "application/jwt",
    "sd-jwt": "application/sd-jwt",
    "png": "image/png",
    "svg": "image/svg+xml",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "text": "text/plain",
}
"""What each form is, where the sender did not say."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_TRACES = (b"openbadgecredential\0", b"clrcredential\0", b"openbadges\0", b"/ob/v3p0", b"/clr/v2p0", b"openbadges.org")
"""What stays in an image that was given a credential, also where the credential cannot be taken out again."""

_UNREADABLE = {
    "pdf": "credentials inside PDF files cannot be read in this release; take the attached credential out of it",
    "zip": "archives cannot be read in this release; take the credential out of it",
}


class NoCredentialError(ProblemError):
    """The input is nothing that could hold a credential, as opposed to a credential that is malformed."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What was handed in and the credential text inside it.

    ``form`` and ``media_type`` are those of the input, ``sha256`` is of its bytes; ``payload`` is the credential's own
    text. ``standard`` is the standard whose place in an image it stood in (``ob3``, ``clr2`` or ``ob2``).
    """

    form: Carrier
    media_type: str | None
    sha256: str
    payload: bytes = field(repr=False)
    standard: str | None = None

    @property
    def only_address(self) -> bool:
        """Whether the image carries only the address of a hosted Open Badges 2.0 badge."""
        return self.standard == "ob2" and not self.payload.startswith((b"{", b"eyJ"))


def take_in(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Intake:
    """The credential text inside ``data``.

    Raises NoCredentialError where there is none: an empty or unknown file, an image that carries nothing, one
    too large (RANGE_ERROR), a form that is not read (UNSUPPORTED). Raises another ProblemError where an image was given
    a credential and that, or the image around it, is damaged.
    """
    if len(data) > limits.input_bytes:
        raise NoCredentialError(RANGE_ERROR, f"the input is larger than {limits.input_bytes} bytes")
    form = carrier.detect(data)
    digest = hashlib.sha256(data).hexdigest()
    if form in ("png", "svg"):
        return _taken_from_image(form, data, digest, limits)
    text = data.removeprefix(_BYTE_ORDER_MARK).strip(_BLANK)
    if form in ("json", "jws", "sd-jwt") and not text.startswith(b"["):
        return Intake(form, MEDIA_TYPES[form], digest, text)
    raise NoCredentialError(*_refusal(form, text))


def _taken_from_image(form: Carrier, data: bytes, digest: str, limits: Limits) -> Intake:
    try:
        baked = carrier.unbake(data, limits)
    except ProblemError as error:
        if any(trace in data for trace in _TRACES):
            raise
        detail = f"{error.problem.detail}; QR codes in pictures cannot be read in this release"
        raise NoCredentialError(error.problem.type, detail) from None
    payload = baked.payload.encode("utf-8", "surrogatepass").strip(_BLANK)
    return Intake(form, MEDIA_TYPES[form], digest, payload, baked.standard)


def _refusal(form: Carrier, text: bytes) -> tuple[ProblemType, str]:
    if form in _UNREADABLE:
        return UNSUPPORTED, _UNREADABLE[form]
    if not text:
        return PARSING_ERROR, "the input is empty"
    if text.startswith(b"["):
        return PARSING_ERROR, "the input is a JSON array; a document holds exactly one credential"
    if text.startswith((b"https://", b"http://")):
        return UNSUPPORTED, "the input is a web address, not a credential; fetch what it leads to and verify that"
    return PARSING_ERROR, "no credential was found in the input: it is no JSON document, no JWT and no PNG or SVG image"
