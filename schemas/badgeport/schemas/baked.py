"""What is common to credentials baked into PNG and SVG images (Open Badges 3.0, document formats)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from badgeport.schemas import jsontext
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, RANGE_ERROR, ProblemError

Standard: TypeAlias = Literal["ob3", "ob2", "clr2"]


@dataclass(frozen=True, slots=True)
class Baked:
    """What an image carried: the text as it stood there, and the standard whose place it stood in."""

    payload: str
    standard: Standard


def is_json(payload: str) -> bool:
    """Whether a baked text is JSON (an embedded proof) rather than a compact JWS: it starts with a brace."""
    return payload.lstrip().startswith("{")


def check_payload(payload: str, limits: Limits) -> None:
    """Refuse what may not be baked: nothing, too much, or what is neither a JSON object nor one line of text.

    Raises ProblemError: MALFORMED_VALUE_ERROR, RANGE_ERROR, or what the JSON reader raises.
    """
    if is_json(payload):
        jsontext.parse(payload, limits)
        return
    if not payload or not payload.isascii() or not payload.isprintable() or " " in payload:
        raise ProblemError(MALFORMED_VALUE_ERROR, "what is baked is a JSON object or a compact JWS")
    if len(payload) > limits.document_bytes:
        raise ProblemError(RANGE_ERROR, f"the credential is larger than {limits.document_bytes} bytes")


def check_image(image: bytes, limits: Limits) -> None:
    """Refuse an image larger than ``limits.input_bytes``. Raises ProblemError(RANGE_ERROR)."""
    if len(image) > limits.input_bytes:
        raise ProblemError(RANGE_ERROR, f"the image is larger than {limits.input_bytes} bytes")


def sole(found: list[Baked], kind: str, limits: Limits) -> Baked:
    """The one credential to take from an image: Open Badges 3.0 before CLR 2.0 before Open Badges 2.0.

    Raises ProblemError(PARSING_ERROR) when there is none, it is empty, or one standard's place is filled twice;
    ProblemError(RANGE_ERROR) when it is larger than ``limits.document_bytes``.
    """
    standards: tuple[Standard, ...] = ("ob3", "clr2", "ob2")
    for standard in standards:
        matching = [each for each in found if each.standard == standard]
        if len(matching) > 1:
            raise ProblemError(PARSING_ERROR, f"the {kind} image carries more than one credential")
        if matching:
            payload = matching[0].payload
            if not payload.strip():
                raise ProblemError(PARSING_ERROR, f"the credential in the {kind} image is empty")
            if len(payload.encode()) > limits.document_bytes:
                raise ProblemError(
                    RANGE_ERROR, f"the credential in the {kind} image is larger than {limits.document_bytes} bytes"
                )
            return matching[0]
    raise ProblemError(PARSING_ERROR, f"the {kind} image carries no credential")
