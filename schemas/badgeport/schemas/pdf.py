"""Files attached to a PDF document (ISO 32000-2 §7.11.4 embedded files, §14.13 associated files).

PDF is read by a process of its own (`confined`, `pdf_reader`). Nothing is rendered and nothing in the file is run.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from badgeport.schemas import confined
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    PARSING_ERROR,
    RANGE_ERROR,
    READER_UNAVAILABLE,
    UNSUPPORTED,
    Problem,
    ProblemError,
)

_READER = Path(__file__).with_name("pdf_reader.py")
_REFUSALS = {
    confined.UNREADABLE: (PARSING_ERROR, "the PDF file is damaged or incomplete"),
    confined.PROTECTED: (UNSUPPORTED, "the PDF file opens only with a password; take out what is attached"),
    confined.INTRICATE: (RANGE_ERROR, "the PDF file takes more time or memory to read than is allowed"),
    confined.UNAVAILABLE: (READER_UNAVAILABLE, "the PDF file could not be looked into just now; try again"),
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """An attached file by the name the document gives it; ``problem`` says why it could not be taken out."""

    name: str
    data: bytes = field(repr=False)
    problem: Problem | None = None


def attachments(
    data: bytes, limits: Limits = DEFAULT_LIMITS, *, total: int | None = None, patience: float = float("inf")
) -> tuple[Attachment, ...]:
    """Every file attached to a PDF document, to a page of it, or to a note on a page; each once.

    ``total`` is what they may hold together, where that is less than ``limits`` allow, and ``patience`` for how many
    seconds the caller waits. Raises ProblemError: RANGE_ERROR where the document is too large or takes more time,
    memory or objects than allowed, PARSING_ERROR where it cannot be read, UNSUPPORTED where it opens only with a
    password, READER_UNAVAILABLE where it could not be looked into just now.
    """
    if len(data) > limits.input_bytes:
        raise ProblemError(RANGE_ERROR, f"the PDF file is larger than {limits.input_bytes} bytes")
    try:
        answer = confined.run(
            _READER,
            data,
            limits.pdf_objects,
            limits.archive_entries,
            limits.archive_bytes if total is None else max(0, min(total, limits.archive_bytes)),
            limits.input_bytes,
            seconds=limits.reader_seconds,
            memory=limits.reader_memory,
            patience=patience,
        )
    except confined.ConfinedError as error:
        raise ProblemError(*_REFUSALS[error.code]) from None
    position = answer.index(b"\n") + 1
    found: list[Attachment] = []
    for name, size in json.loads(answer[:position]):
        if size is None:
            found.append(Attachment(name, b"", Problem(PARSING_ERROR, "the attached file is damaged or too large")))
            continue
        found.append(Attachment(name, answer[position : position + size]))
        position += size
    return tuple(found)
