"""QR codes in pictures: a photo, a screenshot or a drawing of one that holds a credential or leads to it.

Pictures are decoded by a process of its own (`confined`, `code_reader`), their size bounded before that.
"""

from __future__ import annotations

import json
from pathlib import Path

from badgeport.schemas import carrier, confined
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import PARSING_ERROR, RANGE_ERROR, READER_UNAVAILABLE
from badgeport.verifier.intake.allowance import Allowance
from badgeport.verifier.intake.forms import NoCredentialError
from badgeport.verifier.intake.links import web_address

_READER = Path(__file__).with_name("code_reader.py")
_REFUSALS = {
    confined.UNREADABLE: (PARSING_ERROR, "the picture is damaged or incomplete"),
    confined.INTRICATE: (RANGE_ERROR, "the picture takes more time or memory to look through than is allowed"),
    confined.OVERSIZED: (RANGE_ERROR, "the picture has too many pixels; make it smaller, or cut out the QR code"),
    confined.UNAVAILABLE: (READER_UNAVAILABLE, "the picture could not be looked into just now; try again"),
}


def read_code(data: bytes, limits: Limits, allowance: Allowance) -> bytes:
    """What the one QR code of a picture says: the text of a credential, or a web address.

    Codes that say something else are passed over where one does. Raises NoCredentialError: RANGE_ERROR for a picture
    with too many pixels, UNSUPPORTED for a code made for wallets, PARSING_ERROR where the picture is damaged, shows no
    code, none that leads to a credential, or two that differ, READER_UNAVAILABLE where it could not be looked into.
    """
    try:
        with allowance.looking() as patience:
            found = confined.run(
                _READER,
                data,
                limits.image_pixels,
                seconds=limits.reader_seconds,
                memory=limits.reader_memory,
                patience=patience,
            )
    except confined.ConfinedError as error:
        raise NoCredentialError(*_REFUSALS[error.code]) from None
    texts = [bytes.fromhex(text) for text in json.loads(found)]
    wanted = [text for text in texts if _is_wanted(text, limits)]
    if len(wanted) == 1:
        return wanted[0]
    if wanted:
        detail = "the picture shows QR codes that differ; hand in a picture of the one that is meant"
        raise NoCredentialError(PARSING_ERROR, detail)
    if not texts:
        detail = "the picture carries no credential, and no QR code that can be read was found in it"
        raise NoCredentialError(PARSING_ERROR, detail)
    for text in texts:
        web_address(text, limits)  # says why an address was passed over
    raise NoCredentialError(PARSING_ERROR, "the QR code in the picture holds neither a credential nor a web address")


def _is_wanted(text: bytes, limits: Limits) -> bool:
    from badgeport.verifier.intake.reading import may_be_credential

    if carrier.detect(text) in ("json", "jws", "sd-jwt"):
        return not text.startswith(b"[") and may_be_credential(text, limits)
    try:
        return web_address(text, limits) is not None
    except NoCredentialError:
        return False
