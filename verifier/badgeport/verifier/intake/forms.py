"""What taking in gives: the credential's own text, or the web address of a credential."""

from __future__ import annotations

from dataclasses import dataclass, field

from badgeport.schemas.carrier import Carrier
from badgeport.schemas.problems import ADDRESS_UNAVAILABLE, ProblemError

MEDIA_TYPES: dict[str, str] = {
    "json": "application/json",
    "jws": "application/jwt",
    "sd-jwt": "application/sd-jwt",
    "png": "image/png",
    "svg": "image/svg+xml",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "pdf": "application/pdf",
    "zip": "application/zip",
    "html": "text/html",
    "text": "text/plain",
}
"""What each form is, where the sender did not say."""

CREDENTIAL_MEMBERS = frozenset({"credentialSubject", "verifiableCredential", "proof", "credentialStatus", "issuer"})
"""Members by which a JSON document is taken for a credential, whatever else is wrong with it."""


class NoCredentialError(ProblemError):
    """The input is nothing that could hold a credential, as opposed to a credential that is malformed."""


class AddressUnavailableError(ProblemError):
    """The input leads to a credential elsewhere, which could not be had: that is neither a pass nor a failure.

    ``standard`` is that of the place in an image where the address stood, as in `Intake`.
    """

    def __init__(self, detail: str, standard: str | None = None) -> None:
        super().__init__(ADDRESS_UNAVAILABLE, detail)
        self.standard = standard


@dataclass(frozen=True, slots=True)
class Intake:
    """What was handed in and the credential text inside it.

    ``form`` and ``media_type`` are those of the input, ``sha256`` is of its bytes; ``payload`` is the credential's own
    text. ``standard`` is the standard whose place in an image it stood in (``ob3``, ``clr2`` or ``ob2``). ``address``
    is the web address of the credential where the input holds no more than that; ``payload`` is empty then, until
    `follow` has fetched it.
    """

    form: Carrier
    media_type: str | None
    sha256: str
    payload: bytes = field(repr=False)
    standard: str | None = None
    address: str | None = None
