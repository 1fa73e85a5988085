"""Forms as browsers send them, with the proof that one of our own pages was filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Annotated, Any, BinaryIO

from badgeport.web.answers import Refusal
from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from badgeport.issuer.web.visits import Visit, visit_of
from badgeport.schemas.problems import INVALID_REQUEST

MOST_FIELDS = 2000
MOST_FILES = 20
FIELD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent: the name a browser gave it is not to be trusted."""

    name: str
    file: BinaryIO
    size: int


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed: each name with its values in order, and the files."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    files: Mapping[str, tuple[Upload, ...]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        """The first value of a field without blanks around it; empty where there is none."""
        return self.values.get(name, ("",))[0].strip()

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a field, as typed."""
        return self.values.get(name, ())

    def on(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self[name])

    def file(self, name: str) -> Upload | None:
        """The file chosen for a field, if one was."""
        return next((one for one in self.files.get(name, ()) if one.name or one.size), None)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Form:
        """A form filled in with what is stored, to be shown for editing."""
        filled = {}
        for name, value in values.items():
            listed = value if isinstance(value, list | tuple) else (value,)
            filled[name] = tuple("" if one is None else str(one) for one in listed)
        return cls(filled)


async def form_of(request: Request, visit: Annotated[Visit, Depends(visit_of)]) -> Any:
    """The form of a POST, after its token was checked; a dependency. Raises Refusal."""
    values: dict[str, tuple[str, ...]] = {}
    files: dict[str, tuple[Upload, ...]] = {}
    async with AsyncExitStack() as stack:
        try:
            parts = await stack.enter_async_context(
                request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=FIELD_BYTES)
            )
        except (HTTPException, ValueError, LookupError):
            raise Refusal(INVALID_REQUEST, "the form could not be read") from None
        for given, value in parts.multi_items():
            name = _text("", given)
            if isinstance(value, UploadFile):
                one = Upload(_text("", value.filename or ""), value.file, value.size or 0)
                files[name] = (*files.get(name, ()), one)
            else:
                values[name] = (*values.get(name, ()), _text(name, value))
        visit.check_csrf((values.pop("csrf", None) or ("",))[0])
        yield Form(values, files)


def _text(name: str, value: str) -> str:
    text = value.replace("\r\n", "\n")
    if any((ord(sign) < 32 and sign not in "\n\t") or 0xD800 <= ord(sign) < 0xE000 for sign in text):
        where = f"/{name[:80]}" if name else None
        raise Refusal(INVALID_REQUEST, "a field holds signs that no text has", pointer=where)
    return text


FormDep = Annotated[Form, Depends(form_of)]
"""How an endpoint asks for the form."""
