"""From whatever is handed in to the bytes of the one credential in it (checks row 1).

A JSON document, a compact JWS or SD-JWT, a PNG or SVG image with a credential baked into it, a PDF file with one
attached, a picture of a QR code, an archive with one of these, a web page that shows one, or a web address.
"""

from badgeport.verifier.intake.allowance import Allowance
from badgeport.verifier.intake.following import follow
from badgeport.verifier.intake.forms import (
    CREDENTIAL_MEMBERS,
    MEDIA_TYPES,
    AddressUnavailableError,
    Intake,
    NoCredentialError,
)
from badgeport.verifier.intake.reading import Piece, take_in, take_in_document, unpack

__all__ = [
    "CREDENTIAL_MEMBERS",
    "MEDIA_TYPES",
    "AddressUnavailableError",
    "Allowance",
    "Intake",
    "NoCredentialError",
    "Piece",
    "follow",
    "take_in",
    "take_in_document",
    "unpack",
]
