"""A file inside an archive or attached to a PDF file."""

from __future__ import annotations

from dataclasses import dataclass, field

from badgeport.schemas.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Part:
    """``problem`` says why the file could not be taken out; ``data`` is empty then."""

    name: str
    data: bytes = field(repr=False)
    problem: ProblemError | None = None
