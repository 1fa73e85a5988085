"""One input, whatever it is, to the one credential in it; or, for callers that show many, to everything in it.

A byte order mark and blank space around a text are taken off; nothing inside it is touched. Bounds are checked before
anything is parsed, unpacked or decoded, and hold for everything inside one input together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from badgeport.schemas import carrier, jsontext, structure
from badgeport.schemas.carrier import Carrier
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.problems import (
    PARSING_ERROR,
    RANGE_ERROR,
    READER_UNAVAILABLE,
    UNSUPPORTED,
    Problem,
    ProblemError,
    ProblemType,
)
from badgeport.verifier.intake.allowance import Allowance
from badgeport.verifier.intake.forms import CREDENTIAL_MEMBERS, MEDIA_TYPES, Intake, NoCredentialError
from badgeport.verifier.intake.links import web_address
from badgeport.verifier.intake.parts import Part

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_TRACES = (b"openbadgecredential\0", b"clrcredential\0", b"openbadges\0", b"/ob/v3p0", b"/clr/v2p0", b"openbadges.org")
"""What stays in an image that was given a credential, also where the credential cannot be taken out again."""

_DOCUMENTS = frozenset({"json", "jws", "sd-jwt"})
_CONTAINERS = {"zip": "archive", "pdf": "PDF file"}
_ARCHIVES_WITHIN = 1
"""How deep archives may lie in archives."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One of the things handed in together: a file of an archive, an attachment of a PDF file, or the input itself.

    ``name`` is its name in the container, made harmless, or None for the input itself. ``problem`` says why there is
    nothing in it to verify: it could not be taken out (``data`` is empty then), it holds no credential, or it is a
    proof package (``data`` is the package).
    """

    name: str | None
    data: bytes = field(repr=False)
    problem: Problem | None = None


def take_in(data: bytes, *, limits: Limits = DEFAULT_LIMITS, allowance: Allowance | None = None) -> Intake:
    """The credential text inside ``data``, or the web address it leads to. Fetches nothing.

    ``allowance`` is that of the request it is part of; without one it has a whole one for itself.
    Raises NoCredentialError where there is none, or more than one: an empty or unknown file, a picture without a
    credential and without a QR code that leads to one, an archive of several, one too large (RANGE_ERROR), a form that
    is not read (UNSUPPORTED), one that could not be looked into (READER_UNAVAILABLE). Raises another ProblemError where
    an image was given a credential and that, or the image around it, is damaged.
    """
    form = _form(data, limits)
    taken = _plain(form, data)
    if taken is not None:
        return taken
    if allowance is None:
        with Allowance.of(limits) as own:
            return _taken_apart(form, data, limits, own)
    return _taken_apart(form, data, limits, allowance)


def _taken_apart(form: Carrier, data: bytes, limits: Limits, allowance: Allowance) -> Intake:
    if form in _CONTAINERS:
        taken = _only_one(form, _items(data, form, limits, allowance, _ARCHIVES_WITHIN))
        return replace(taken, form=form, media_type=MEDIA_TYPES[form], sha256=_sha256(data))
    return replace(_taken(form, data, limits, allowance), sha256=_sha256(data))


def take_in_document(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Intake:
    """As `take_in`, for what another document contains or points at: a JSON document, a JWS or an SD-JWT, no more.

    A document must not be able to have a picture decoded, a file unpacked or an address opened.
    """
    taken = _plain(_form(data, limits), data)
    if taken is not None:
        return taken
    if not _text(data):
        raise NoCredentialError(PARSING_ERROR, "the document is empty")
    raise NoCredentialError(PARSING_ERROR, "the document is neither a JSON object nor a compact JWS nor an SD-JWT")


def unpack(data: bytes, limits: Limits = DEFAULT_LIMITS, allowance: Allowance | None = None) -> tuple[Piece, ...]:
    """Everything in ``data`` that is to be verified by itself. Never raises for any bytes.

    An archive or a PDF file with several credentials, or with a proof package, gives a piece for each file in it; what
    in it cannot be read, or holds no credential, is a piece that says so. Directories, texts in several words and what
    file managers leave behind are left out. Anything else, a proof package by itself too, is one piece without a name:
    `take_in` says what it holds, without looking again where it has the same ``allowance``, which is that of everything
    that is handed in together.
    """
    if allowance is None:
        with Allowance.of(limits) as own:
            return unpack(data, limits, own)
    whole = (Piece(None, data),)
    if len(data) > limits.input_bytes:
        return whole
    form = carrier.detect(data)
    if form not in _CONTAINERS:
        return whole
    try:
        items = _items(data, form, limits, allowance, _ARCHIVES_WITHIN)
    except ProblemError:
        return whole
    if len(_things(items)) < 2 and all(item.kind != "package" for item in items):
        return whole
    return tuple(_piece(item) for item in items)


def _piece(item: _Item) -> Piece:
    problem = item.problem if item.kind in ("nothing", "unread", "package") else None
    return Piece(item.name, item.data, problem.problem if problem else None)


# -- what is no container ---------------------------------------------------------------------------------------------


def _form(data: bytes, limits: Limits) -> Carrier:
    if len(data) > limits.input_bytes:
        raise NoCredentialError(RANGE_ERROR, f"the input is larger than {limits.input_bytes} bytes")
    return carrier.detect(data)


def _plain(form: Carrier, data: bytes) -> Intake | None:
    """What is the text of a credential as it stands; None for what has to be taken apart."""
    document = _document(form, data)
    return None if document is None else Intake(form, MEDIA_TYPES[form], _sha256(data), document)


def _text(data: bytes) -> bytes:
    return data.removeprefix(_BYTE_ORDER_MARK).strip(_BLANK)


def _document(form: Carrier, data: bytes) -> bytes | None:
    """The text of a JSON document, JWS or SD-JWT; None for any other form, and for a JSON array."""
    if form not in _DOCUMENTS:
        return None
    text = _text(data)
    return None if text.startswith(b"[") else text


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _taken(form: Carrier, data: bytes, limits: Limits, allowance: Allowance) -> Intake:
    """What is in a file that is no container, without its digest."""
    if form in ("png", "svg"):
        return _taken_from_image(form, data, limits, allowance)
    if form in ("jpeg", "webp", "gif"):
        return _taken_from_picture(form, data, limits, allowance)
    if form == "html":
        return _taken_from_page(data, limits)
    document = _document(form, data)
    if document is not None:
        return Intake(form, MEDIA_TYPES[form], "", document)
    text = _text(data)
    address = web_address(text, limits) if form == "text" else None
    if address is not None:
        return Intake(form, MEDIA_TYPES[form], "", b"", address=address)
    raise NoCredentialError(*_refusal(text))


def _taken_from_image(form: Carrier, data: bytes, limits: Limits, allowance: Allowance) -> Intake:
    try:
        baked = carrier.unbake(data, limits)
    except ProblemError as error:
        if any(trace in data for trace in _TRACES):
            raise
        if form == "png":
            return _taken_from_picture(form, data, limits, allowance)
        raise NoCredentialError(error.problem.type, error.problem.detail) from None
    payload = baked.payload.encode("utf-8", "surrogatepass").strip(_BLANK)
    address = web_address(payload, limits) if baked.standard == "ob2" else None
    if address is not None:
        return Intake(form, MEDIA_TYPES[form], "", b"", baked.standard, address)
    return Intake(form, MEDIA_TYPES[form], "", payload, baked.standard)


def _taken_from_picture(form: Carrier, data: bytes, limits: Limits, allowance: Allowance) -> Intake:
    from badgeport.verifier.intake.codes import read_code

    payload = allowance.once((_sha256(data), limits), lambda: read_code(data, limits, allowance))
    address = web_address(payload, limits)
    return Intake(form, MEDIA_TYPES[form], "", b"" if address else payload, address=address)


def _taken_from_page(data: bytes, limits: Limits) -> Intake:
    from badgeport.verifier.intake.pages import read_page

    payload = read_page(data, limits).credential()
    if payload is None:
        detail = "the input is a web page that shows no credential; hand in its address, or the badge's file"
        raise NoCredentialError(PARSING_ERROR, detail)
    return Intake("html", MEDIA_TYPES["html"], "", payload)


def _refusal(text: bytes) -> tuple[ProblemType, str]:
    if not text:
        return PARSING_ERROR, "the input is empty"
    if text.startswith(b"["):
        return PARSING_ERROR, "the input is a JSON array; a document holds exactly one credential"
    return PARSING_ERROR, (
        "no credential was found in the input: it is no JSON document, no JWT, no web address, no image, no PDF file "
        "and no ZIP archive"
    )


# -- archives and PDF files -------------------------------------------------------------------------------------------

_Kind: TypeAlias = Literal["credential", "address", "damaged", "unseen", "unread", "package", "nothing"]
"""What a file in a container is: a credential, the address of one, a credential that cannot be taken out of its image,
something that was not looked into, something that could not be taken out of the container, a proof package, or no
credential."""


@dataclass(frozen=True, slots=True)
class _Item:
    name: str
    data: bytes
    kind: _Kind
    taken: Intake | None = None
    problem: ProblemError | None = None


def _items(data: bytes, form: Carrier, limits: Limits, allowance: Allowance, within: int) -> list[_Item]:
    """What is in a container. Raises NoCredentialError where it cannot be opened, and for a proof package."""
    return allowance.once((_sha256(data), limits, within), lambda: _opened(data, form, limits, allowance, within))


def _opened(data: bytes, form: Carrier, limits: Limits, allowance: Allowance, within: int) -> list[_Item]:
    from badgeport.verifier.intake import archives

    items: list[_Item] = []
    if form == "pdf":
        for attachment in archives.attachments(data, limits, allowance):
            items += _looked_at(attachment, limits, allowance, within)
        return items
    for part in archives.files(data, limits, allowance):
        items += _looked_at(part, limits, allowance, within)
    return items


def _looked_at(part: Part, limits: Limits, allowance: Allowance, within: int) -> Iterable[_Item]:
    """What a file in a container is; several items where it is a container itself."""
    if part.problem is not None:
        return [_Item(part.name, b"", "unread", problem=part.problem)]
    form = carrier.detect(part.data)
    if form in _CONTAINERS:
        return _looked_into(part, form, limits, allowance, within)
    if form in ("png", "jpeg", "webp", "gif") and not allowance.may_look and not _is_baked(form, part.data, limits):
        return [_Item(part.name, part.data, "unseen")]
    try:
        taken = _taken(form, part.data, limits, allowance)
    except NoCredentialError as error:
        if form == "text":
            # A note that lies beside the badges.
            return []
        unseen = error.problem.type is READER_UNAVAILABLE
        return [_Item(part.name, part.data, "unread" if unseen else "nothing", problem=error)]
    except ProblemError as error:
        return [_Item(part.name, part.data, "damaged", problem=error)]
    if taken.address is not None:
        return [_Item(part.name, part.data, "address", taken)]
    if form == "json" and not may_be_credential(taken.payload, limits):
        other = NoCredentialError(PARSING_ERROR, "the JSON document is not a credential")
        return [_Item(part.name, part.data, "nothing", problem=other)]
    return [_Item(part.name, part.data, "credential", taken)]


def _looked_into(part: Part, form: Carrier, limits: Limits, allowance: Allowance, within: int) -> Iterable[_Item]:
    from badgeport.verifier.intake.archives import ProofPackageError

    deeper = within - (form == "zip")
    if deeper < 0:
        detail = "archives in archives in archives are not opened; unpack the outer ones"
        return [_Item(part.name, b"", "unread", problem=NoCredentialError(UNSUPPORTED, detail))]
    if form == "pdf" and not allowance.may_look:
        return [_Item(part.name, part.data, "unseen")]
    try:
        inner = _items(part.data, form, limits, allowance, deeper)
        things = _things(inner)
        if not things:
            return [_Item(part.name, part.data, "nothing", problem=_none_in(form, inner))]
        if form == "pdf" and len(things) == 1:
            return [replace(things[0], name=part.name, data=part.data)]
    except ProofPackageError as error:
        return [_Item(part.name, part.data, "package", problem=error)]
    except NoCredentialError as error:
        kind: _Kind = "unread" if error.problem.type in (RANGE_ERROR, READER_UNAVAILABLE) else "nothing"
        return [_Item(part.name, part.data, kind, problem=error)]
    return [replace(item, name=f"{part.name}/{item.name}") for item in inner]


def _is_baked(form: Carrier, data: bytes, limits: Limits) -> bool:
    """Whether a credential stands in a picture by itself, or did before it was damaged: no QR code is looked for."""
    if form != "png":
        return False
    try:
        carrier.unbake(data, limits)
    except ProblemError:
        return any(trace in data for trace in _TRACES)
    return True


def may_be_credential(payload: bytes, limits: Limits) -> bool:
    """Whether a text is a credential as far as its outside tells, or is too broken to tell; a token always may be."""
    if not payload.startswith(b"{"):
        return True
    try:
        document = jsontext.parse_object(payload, limits)
    except ProblemError:
        return True
    return not CREDENTIAL_MEMBERS.isdisjoint(document) or structure.detect_kind(document) != "unknown"


def _things(items: list[_Item]) -> list[_Item]:
    """What has to be verified: each credential once, in whatever files it is; addresses only where nothing else is."""
    things = [item for item in items if item.kind not in ("address", "nothing")]
    things = things or [item for item in items if item.kind == "address"]
    by_content: dict[object, _Item] = {}
    for item in things:
        key = (item.taken.payload, item.taken.address) if item.taken else id(item)
        by_content.setdefault(key, item)
    return list(by_content.values())


def _only_one(form: Carrier, items: list[_Item]) -> Intake:
    things = _things(items)
    if not things:
        raise _none_in(form, items)
    if len(things) > 1:
        detail = f"the {_CONTAINERS[form]} holds {len(things)} files to verify; hand them in one at a time"
        raise NoCredentialError(PARSING_ERROR, detail)
    (thing,) = things
    if thing.taken is None:
        stated = thing.problem.problem if thing.problem else Problem(UNSUPPORTED, "it was not looked into")
        error = ProblemError if thing.kind == "damaged" else NoCredentialError
        raise error(stated.type, f"{thing.name} in the {_CONTAINERS[form]}: {stated.detail}")
    return thing.taken


def _none_in(form: Carrier, items: list[_Item]) -> NoCredentialError:
    if form == "pdf":
        detail = "no credential is attached to the PDF file; a QR code printed on it can be handed in as a picture"
        return NoCredentialError(PARSING_ERROR, detail)
    detail = "the archive holds no credential"
    if len(items) == 1 and items[0].problem is not None:
        detail = f"{detail}; {items[0].name}: {items[0].problem.problem.detail}"
    return NoCredentialError(PARSING_ERROR, detail)
