"""Reading what a request holds: a JSON object whose members are wanted byte for byte, or the parts of a form."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import parse_qsl

from badgeport.web.answers import Refusal, refused
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from badgeport.schemas import jsontext
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.limits import Limits
from badgeport.schemas.problems import (
    INVALID_REQUEST,
    REQUEST_TIMEOUT,
    REQUEST_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    ProblemError,
)

_BLANK = re.compile(r"[ \t\n\r]*")
_IDENTIFIER_CHARS = 2048
_FORM_PARTS = 128
_MULTIPART, _URLENCODED = b"multipart/form-data", b"application/x-www-form-urlencoded"
_CHARSETS = frozenset({b"utf-8", b"utf8", b"us-ascii", b"iso-8859-1"})
"""What forms may be written in. Other codecs may take quadratic time, or make of them what is no text."""
_URLENCODED_BYTES = 64 * 1024
"""Such a form costs many times its size to read, and holds no files: what pages send is short."""
_IN_MEMORY_BYTES = 1024 * 1024
_decoder = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A JSON object and the bytes of each of its members as they were sent: what is signed is never written anew."""

    members: Mapping[str, Any]
    sources: Mapping[str, bytes]

    def object_or_text(self, member: str) -> bytes:
        """The bytes of a document that was sent as a JSON object, or as a text that holds one (a JWT).

        Raises Refusal where the member is neither.
        """
        value = self.members[member]
        if isinstance(value, dict):
            return self.sources[member]
        if isinstance(value, str) and value.strip():
            return encoded(value)
        raise refused(member, f"'{member}' is neither a JSON object nor a text")

    def objects_or_texts(self, member: str, most: int) -> tuple[bytes, ...]:
        """The bytes of each document of a list, as `object_or_text`; none where the member is absent.

        Raises Refusal where it is no such list, or has more than ``most`` items.
        """
        if member not in self.members:
            return ()
        items = self.members[member]
        if not isinstance(items, list):
            raise refused(member, f"'{member}' is not a list")
        if len(items) > most:
            raise Refusal(REQUEST_TOO_LARGE, f"'{member}' has more than {most} items", pointer=f"/{member}")
        found = []
        for index, (item, source) in enumerate(zip(items, _items(self.sources[member].decode("utf-8")), strict=True)):
            if isinstance(item, dict):
                found.append(source)
            elif isinstance(item, str) and item.strip():
                found.append(encoded(item))
            else:
                raise refused(f"{member}/{index}", "an item is neither a JSON object nor a text")
        return tuple(found)


async def read_body(request: Request) -> bytes:
    """The body. Raises Refusal where the sender went away before it was whole."""
    try:
        return await request.body()
    except ClientDisconnect:
        raise Refusal(REQUEST_TIMEOUT, "the request ended before it was whole") from None


def media_type(request: Request) -> str:
    """The media type of the body, in lower case and without parameters; empty where none is stated."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def is_json(kind: str) -> bool:
    """Whether a media type is that of JSON or of a form of it."""
    return kind == "application/json" or kind.endswith("+json")


def json_body(kind: str, data: bytes, limits: Limits) -> JsonBody:
    """The members of a JSON object. Raises Refusal (UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST)."""
    if not is_json(kind):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "send a JSON object, with Content-Type: application/json")
    try:
        members = jsontext.parse_object(data, limits)
    except ProblemError as error:
        raise Refusal(
            INVALID_REQUEST, f"the body is not a JSON object that can be read: {error.problem.detail}"
        ) from None
    return JsonBody(members, _sources(data.decode("utf-8"), len(members)))


def text_member(body: Mapping[str, Any], member: str) -> str | None:
    """The text of a member; None where it is absent or null. Raises Refusal where it is something else."""
    value = body.get(member)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise refused(member, f"'{member}' is not a text")
    if len(value) > _IDENTIFIER_CHARS:
        raise refused(member, f"'{member}' is longer than {_IDENTIFIER_CHARS} characters")
    return value.strip()


def instant_member(body: Mapping[str, Any], member: str) -> datetime | None:
    """The instant a member states (RFC 3339). Raises Refusal where it is none."""
    text = text_member(body, member)
    if text is None:
        return None
    try:
        return parse_datetime(text)
    except ProblemError:
        raise refused(member, f"'{member}' is not an instant like 2026-03-02T12:00:00Z") from None


def only(body: Mapping[str, Any], known: frozenset[str], what: str) -> None:
    """Raises Refusal for a member that is not known: what somebody asked for is never silently dropped."""
    for member in body:
        if member not in known:
            shown = member if len(member) <= 40 else f"{member[:40]}…"
            raise refused(
                member.replace("~", "~0").replace("/", "~1")[:80],
                f"'{shown}' is no {what}; known are {', '.join(sorted(known))}",
            )


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a form: fields by name, and files as they came."""

    fields: Mapping[str, str]
    files: tuple[tuple[str | None, bytes], ...]


async def read_form(request: Request, limits: Limits) -> Form:
    """The parts of a ``multipart/form-data`` body, or the fields of a short urlencoded one.

    Raises Refusal where it cannot be read, a field comes twice, or a part that should be a text is a file. Fields can
    be encoded again (`encoded`).
    """
    fields: dict[str, str] = {}
    files: list[tuple[str | None, bytes]] = []
    if _kind_of_form(request) != _MULTIPART:
        for name, text in await _urlencoded(request):
            _add(fields, name, text)
        return Form(fields, ())
    # The parts are bounded by the whole body, which was bounded before.
    async with AsyncExitStack() as stack:
        with _readable():
            form = await stack.enter_async_context(
                request.form(max_files=_FORM_PARTS, max_fields=_FORM_PARTS, max_part_size=limits.input_bytes)
            )
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if name != "file":
                    raise refused("file", "a file belongs in the part that is named 'file'")
                data = await value.read()
                if data or value.filename:
                    files.append((value.filename or None, data))
            elif name == "file" and value:
                files.append((None, encoded(value)))
            else:
                _add(fields, name, value)
    return Form(fields, tuple(files))


@asynccontextmanager
async def open_form(request: Request, limits: Limits) -> AsyncIterator[tuple[dict[str, str], IO[bytes]]]:
    """The fields of a form and its one ``file``, left on disk where it is large. Raises Refusal as `read_form`."""
    fields: dict[str, str] = {}
    uploads: list[UploadFile] = []
    if _kind_of_form(request) != _MULTIPART:
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "send the form as multipart/form-data, with a file in it")
    async with AsyncExitStack() as stack:
        with _readable():
            form = await stack.enter_async_context(
                request.form(max_files=1, max_fields=_FORM_PARTS, max_part_size=limits.input_bytes)
            )
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                if name != "file":
                    raise refused("file", "the file belongs in the part that is named 'file'")
                uploads.append(value)
            else:
                _add(fields, name, value)
        if not uploads:
            raise refused("file", "the form has no part 'file' with a file in it")
        yield fields, uploads[0].file


@asynccontextmanager
async def open_file(request: Request, most: int | None = None) -> AsyncIterator[IO[bytes]]:
    """A body that is a file, read to its end; what is large lies on disk.

    Raises Refusal: REQUEST_TOO_LARGE for more than ``most`` bytes, REQUEST_TIMEOUT where it breaks off.
    """
    size = 0
    with SpooledTemporaryFile(_IN_MEMORY_BYTES) as file:
        try:
            async for piece in request.stream():
                size += len(piece)
                if most is not None and size > most:
                    raise Refusal(REQUEST_TOO_LARGE, f"the file is larger than {most} bytes")
                file.write(piece)
        except ClientDisconnect:
            raise Refusal(REQUEST_TIMEOUT, "the request ended before it was whole") from None
        yield file


def encoded(text: str) -> bytes:
    """The bytes of a text that somebody sent. Raises Refusal where it holds half of a sign, which no text has."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise Refusal(INVALID_REQUEST, "a text in the request is not made of whole characters") from None


def _add(fields: dict[str, str], name: str, value: str) -> None:
    if name in fields:
        raise refused(name[:80], f"'{name[:40]}' comes more than once")
    if value.strip():
        encoded(value)
        fields[name] = value


def _kind_of_form(request: Request) -> bytes:
    """The media type of a form, as whoever reads its parts understands the header. Raises Refusal for another."""
    kind, parameters = parse_options_header(request.headers.get("content-type"))
    if kind not in (_MULTIPART, _URLENCODED, b""):
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "send a form, as multipart/form-data")
    if parameters.get(b"charset", b"utf-8").strip().lower() not in _CHARSETS:
        raise Refusal(UNSUPPORTED_MEDIA_TYPE, "the form states a charset that is not read here; send it in UTF-8")
    return kind


async def _urlencoded(request: Request) -> list[tuple[str, str]]:
    too_large = Refusal(
        REQUEST_TOO_LARGE,
        f"a form of this kind may hold {_URLENCODED_BYTES} bytes; send it as multipart/form-data",
        headers={"Connection": "close"},
    )
    body = bytearray()
    with _readable():
        async for chunk in request.stream():
            body += chunk
            if len(body) > _URLENCODED_BYTES:
                raise too_large
        return parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FORM_PARTS, errors="strict")


@contextmanager
def _readable() -> Iterator[None]:
    """What goes wrong while a form is read, as a Refusal."""
    try:
        yield
    except HTTPException as error:
        raise Refusal(INVALID_REQUEST, f"the form could not be read: {error.detail}") from None
    except ClientDisconnect:
        raise Refusal(REQUEST_TIMEOUT, "the request ended before it was whole") from None
    except (ValueError, LookupError):
        raise Refusal(INVALID_REQUEST, "the form could not be read") from None


def _sources(text: str, count: int) -> dict[str, bytes]:
    """The text of every member's value in a JSON object that was read before, is sound and has so many members."""
    sources: dict[str, bytes] = {}
    position = _next(text, 0) + 1
    while text[position := _next(text, position)] != "}":
        if text[position] == ",":
            position = _next(text, position + 1)
        name, position = _decoder.raw_decode(text, position)
        start = _next(text, _next(text, position) + 1)
        if len(sources) == count - 1:
            # The last value ends where the object does: mostly the only one, and nearly all of the text.
            sources[name] = text[start : text.rindex("}")].rstrip(" \t\n\r").encode("utf-8")
            break
        _, position = _decoder.raw_decode(text, start)
        sources[name] = text[start:position].encode("utf-8")
    return sources


def _items(text: str) -> Iterator[bytes]:
    """The text of every item of a JSON array that was read before and is sound."""
    position = _next(text, 0) + 1
    while text[position := _next(text, position)] != "]":
        if text[position] == ",":
            position = _next(text, position + 1)
        start = position
        _, position = _decoder.raw_decode(text, start)
        yield text[start:position].encode("utf-8")


def _next(text: str, position: int) -> int:
    blank = _BLANK.match(text, position)
    return position if blank is None else blank.end()
