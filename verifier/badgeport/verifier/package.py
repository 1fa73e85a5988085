"""The proof package: one ZIP with everything a verification rested on, so that anybody can repeat it (docs/package.md).

``badgeport-package.json`` lists every other member by SHA-256; the receipts, which are signed and state the digest of
that list, stand beside it. A package is evidence only as far as somebody vouches for it: whoever makes one chooses the
documents in it. `repetition.replay` repeats the verification and says who vouches.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from badgeport.schemas import carrier, jsontext
from badgeport.schemas.datetimes import parse_datetime
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, PARSING_ERROR, RANGE_ERROR, UNSUPPORTED, ProblemError
from badgeport.verifier.examination import Question
from badgeport.verifier.resolution.fetching import Failure, Fetched

if TYPE_CHECKING:
    from badgeport.verifier.recording import Recording

MANIFEST = "badgeport-package.json"
FORMAT = "badgeport-package"
VERSION = 1
PACKAGE_BYTES = DEFAULT_LIMITS.fetched_bytes + 8 * DEFAULT_LIMITS.input_bytes
"""What a proof package may hold, within the default limits."""

MEDIA_TYPE = "application/zip"

REPORT, REPORT_TEXT, POLICY, TRUST = "report.json", "report.txt", "policy.json", "trust.json"
DOCUMENT_INDEX = "documents/index.json"
"""The documents by URL, as ``badgeport verify --documents`` reads a directory."""

_RECEIPT = re.compile(r"receipt\.(?:json|jwt)")
_SUFFIXES = {
    "png": "png",
    "svg": "svg",
    "json": "json",
    "jws": "jwt",
    "sd-jwt": "sd-jwt",
    "pdf": "pdf",
    "zip": "zip",
    "jpeg": "jpg",
    "gif": "gif",
    "webp": "webp",
    "text": "txt",
    # Somebody else's page is not to be opened by a click.
    "html": "txt",
}
_MAXIMUM_MEMBERS = 2_000
_DIRECTORY_BYTES = 512 * 1024
_END_BYTES = 22
_END = b"PK\x05\x06"
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_BYTES = 20
_ENCRYPTED = 0x1
_READ_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_FIRST_ZIP_YEAR, _LAST_ZIP_YEAR = 1980, 2107
_BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError, OSError)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Package:
    """A package as read: its members by name, each held to its digest, and what its manifest says about them.

    ``damaged`` says, in plain words, which members are not what the manifest lists; a package with any is not repeated.
    ``receipts`` are the signed receipts by name; nothing about them was verified yet.
    """

    manifest: bytes = field(repr=False)
    members: Mapping[str, bytes] = field(repr=False)
    receipts: Mapping[str, bytes] = field(repr=False)
    damaged: tuple[str, ...]
    question: Question
    input: str
    credential: str | None
    documents: tuple[Fetched, ...] = field(repr=False)
    failures: tuple[Failure, ...]
    contexts: Mapping[str, bytes] = field(repr=False)
    contexts_fingerprint: str
    limits: Limits
    software: str

    @property
    def sha256(self) -> str:
        """SHA-256 of the manifest, hexadecimal: it stands for the whole package, and receipts state it."""
        return hashlib.sha256(self.manifest).hexdigest()

    @property
    def data(self) -> bytes | None:
        """What was handed in, byte for byte; None where that file is missing, which ``damaged`` says then."""
        return self.members.get(self.input)

    @property
    def original(self) -> bytes | None:
        """The file of the credential: its own, where what was handed in only led to it, else what was handed in.

        It is what anybody verifies anew who does not rely on the package. None where that file is missing.
        """
        return self.data if self.credential is None else self.members.get(self.credential)


def build_package(recording: Recording, receipts: Mapping[str, bytes] | None = None) -> bytes:
    """The proof package of a verification: a ZIP archive, the same bytes for the same recording.

    ``receipts`` are signed receipts by member name, ``receipt.json`` and ``receipt.jwt``; they are made from
    `manifest_of`. Raises ValueError for another name, and ProblemError where what was asked cannot be written as JSON.
    """
    added = dict(receipts or {})
    for name in added:
        if not _RECEIPT.fullmatch(name):
            raise ValueError(f"a receipt is not named {name!r}")
    members = _members(recording)
    manifest = _manifest(recording, members)
    ordered = {MANIFEST: manifest, **{name: added[name] for name in sorted(added)}, **members}
    made = recording.question.now
    stamp = (min(max(made.year, _FIRST_ZIP_YEAR), _LAST_ZIP_YEAR), *made.timetuple()[1:6])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in ordered.items():
            archive.writestr(_entry(name, stamp), body, zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def manifest_of(recording: Recording) -> bytes:
    """The manifest of the recording's package, without building the archive: what a receipt vouches for."""
    return _manifest(recording, _members(recording))


def is_package(data: bytes) -> bool:
    """Whether the bytes are a ZIP archive with a package's manifest in it; nothing else about it is looked at."""
    if not data.startswith(b"PK\x03\x04") or MANIFEST.encode() not in data:
        return False
    try:
        with _opened(data) as archive:
            return MANIFEST in archive.NameToInfo
    except (ProblemError, *_BROKEN_ZIP):
        return False


def read_package(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Package:
    """The package in ``data``. Members that were changed, removed or added are named in ``damaged``.

    Raises ProblemError: PARSING_ERROR where the bytes are no package or the archive is broken, RANGE_ERROR where it is
    larger than ``limits`` allow, UNSUPPORTED for a package of another version or an archive of a kind that is not
    written here, MALFORMED_VALUE_ERROR naming the member of the manifest that is not as it should be.
    """
    held = _read_archive(data, limits)
    if MANIFEST not in held:
        raise ProblemError(PARSING_ERROR, f"the archive holds no {MANIFEST}, so it is no proof package")
    manifest = held.pop(MANIFEST)
    body = _Reader(jsontext.parse_object(manifest, replace(limits, document_bytes=limits.input_bytes)))
    if body.value("format", str) != FORMAT:
        raise ProblemError(PARSING_ERROR, "the archive is no proof package")
    if body.value("version", int) != VERSION:
        raise ProblemError(UNSUPPORTED, f"this program reads packages of version {VERSION} only")
    receipts = {name: content for name, content in held.items() if _RECEIPT.fullmatch(name)}
    members = {name: content for name, content in held.items() if name not in receipts}
    listed = body.object("members")
    input_name, credential = body.value("input", str), body.optional("credential", str)
    parts = body.objects("documents") + body.object("contexts").objects("added")
    named = {input_name, REPORT, REPORT_TEXT, POLICY, TRUST, *(part.value("file", str) for part in parts)}
    if credential is not None:
        named.add(credential)
    if unlisted := sorted(named - listed.values.keys()):
        raise ProblemError(MALFORMED_VALUE_ERROR, f"the manifest does not list {unlisted[0]}", "/members")
    return Package(
        manifest=manifest,
        members=members,
        receipts=receipts,
        damaged=_damage(members, listed),
        question=_read_question(body.object("question")),
        input=input_name,
        credential=credential,
        documents=_read_documents(body.objects("documents"), members),
        failures=tuple(_read_failure(item) for item in body.objects("failures")),
        contexts={
            item.value("url", str): members.get(item.value("file", str), b"")
            for item in body.object("contexts").objects("added")
        },
        contexts_fingerprint=body.object("contexts").value("fingerprint", str),
        limits=_read_limits(body.object("limits")),
        software=body.value("software", str),
    )


# -- writing --------------------------------------------------------------------------------------------------------


def _members(recording: Recording) -> dict[str, bytes]:
    """Every member that the manifest lists, in the order they stand in the archive."""
    report = recording.report
    members = {
        _input_name(recording): recording.data,
        REPORT: report.to_bytes(),
        REPORT_TEXT: report.to_text().encode("utf-8", "replace"),
        # Written as it is digested, so that the digest of the file is the one in the report.
        POLICY: jsontext.dump(recording.policy.to_json()),
        TRUST: jsontext.dump_pretty(recording.trust.to_json()),
    }
    if recording.credential is not None:
        members[_credential_name(recording.credential)] = recording.credential
    for name, document in _named_documents(recording):
        members[name] = document.body
    if recording.documents:
        members[DOCUMENT_INDEX] = jsontext.dump_pretty(
            {
                document.url: {
                    "file": name.removeprefix("documents/"),
                    "mediaType": document.media_type,
                    "fetchedAt": _written(document.fetched_at),
                }
                for name, document in _named_documents(recording)
            }
        )
    return members | {name: body for name, _, body in _named_contexts(recording)}


def _manifest(recording: Recording, members: Mapping[str, bytes]) -> bytes:
    question, standard = recording.question, asdict(DEFAULT_LIMITS)
    body: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "software": recording.software,
        "question": {
            "now": _written(question.now),
            "asOf": _written(question.as_of),
            "recipient": question.recipient,
            "challenge": question.challenge,
            "domain": question.domain,
        },
        "input": _input_name(recording),
    }
    if recording.credential is not None:
        body["credential"] = _credential_name(recording.credential)
    body |= {
        "documents": [
            {
                "url": document.url,
                "file": name,
                "mediaType": document.media_type,
                "fetchedAt": _written(document.fetched_at),
                "stale": document.stale,
                "location": document.location,
            }
            for name, document in _named_documents(recording)
        ],
        "failures": [
            {"url": failure.url, "purpose": failure.purpose, "reason": failure.reason} for failure in recording.failures
        ],
        "contexts": {
            "fingerprint": recording.contexts_fingerprint,
            "added": [{"url": url, "file": name} for name, url, _ in _named_contexts(recording)],
        },
        "limits": {name: value for name, value in asdict(recording.limits).items() if value != standard[name]},
        "members": {name: hashlib.sha256(content).hexdigest() for name, content in members.items()},
    }
    return jsontext.dump_pretty(body)


def _entry(name: str, stamp: tuple[int, ...]) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, stamp)  # type: ignore[arg-type]  # six numbers
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o100644 << 16
    return entry


def _input_name(recording: Recording) -> str:
    return f"input.{_suffix(recording.data)}"


def _credential_name(body: bytes) -> str:
    return f"credential.{_suffix(body)}"


def _suffix(data: bytes) -> str:
    """How a file of this content is called, by what it is and not by what it was called before."""
    return _SUFFIXES.get(carrier.detect(data), "bin")


def _named_documents(recording: Recording) -> Iterable[tuple[str, Fetched]]:
    for number, document in enumerate(recording.documents, start=1):
        yield f"documents/{number:03}.{_suffix(document.body)}", document


def _named_contexts(recording: Recording) -> Iterable[tuple[str, str, bytes]]:
    for number, (url, body) in enumerate(sorted(recording.contexts.items()), start=1):
        yield f"contexts/{number:03}.jsonld", url, body


def _written(instant: datetime | None) -> str | None:
    """An instant to the microsecond, unlike in a report: a repetition is to ask exactly what was asked."""
    if instant is None:
        return None
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


# -- reading --------------------------------------------------------------------------------------------------------


def _bound(limits: Limits) -> int:
    """How large a package may be, packed or unpacked: all documents, the input, and the report about them."""
    return limits.fetched_bytes + 8 * limits.input_bytes


def _largest(limits: Limits) -> int:
    """How large one member may be, unpacked: taking it out takes twice that."""
    return max(limits.fetched_bytes, limits.input_bytes)


def _opened(data: bytes) -> zipfile.ZipFile:
    """The archive, after its directory was found small enough to be read. Raises ProblemError and what zipfile does."""
    end = data[-_END_BYTES:]
    locator = data[-_END_BYTES - _ZIP64_LOCATOR_BYTES : -_END_BYTES]
    if not end.startswith(_END) or len(end) < _END_BYTES or end[-2:] != b"\0\0":
        raise ProblemError(PARSING_ERROR, "the archive is cut off, or has something behind its end")
    if locator.startswith(_ZIP64_LOCATOR):
        raise ProblemError(UNSUPPORTED, "the archive is of the 64-bit kind, which no proof package is")
    entries, directory = struct.unpack_from("<HI", end, 10)
    if entries > _MAXIMUM_MEMBERS or directory > _DIRECTORY_BYTES:
        raise ProblemError(RANGE_ERROR, f"the archive has more than {_MAXIMUM_MEMBERS} members")
    return zipfile.ZipFile(io.BytesIO(data))


def _read_archive(data: bytes, limits: Limits) -> dict[str, bytes]:
    """The files of the archive by name, within bounds, without what file managers add when they pack a folder."""
    left, largest = _bound(limits), _largest(limits)
    if len(data) > left:
        raise ProblemError(RANGE_ERROR, f"the package is larger than {left} bytes")
    if not data.startswith(b"PK\x03\x04"):
        raise ProblemError(PARSING_ERROR, "a proof package is a ZIP archive, and this is none")
    members: dict[str, bytes] = {}
    try:
        with _opened(data) as archive:
            for entry in archive.infolist():
                name = entry.filename
                if name.endswith("/") or name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("."):
                    continue
                if name in members:
                    raise ProblemError(PARSING_ERROR, f"the archive holds two members named {_short(name)}")
                if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _READ_METHODS:
                    raise ProblemError(UNSUPPORTED, f"{_short(name)} is encrypted or packed in a way that is not read")
                # The size that the archive states is not exceeded: more than that is damage to the reader.
                left -= entry.file_size
                if left < 0:
                    raise ProblemError(RANGE_ERROR, f"the package unpacks to more than {_bound(limits)} bytes")
                if entry.file_size > largest:
                    raise ProblemError(RANGE_ERROR, f"{_short(name)} is larger than {largest} bytes")
                with archive.open(entry) as stream:
                    body = stream.read(entry.file_size + 1)
                members[name] = body
    except _BROKEN_ZIP:
        raise ProblemError(PARSING_ERROR, "the archive is damaged") from None
    return members


def _damage(members: Mapping[str, bytes], listed: _Reader) -> tuple[str, ...]:
    damage: list[str] = []
    for name in listed.values:
        digest = listed.value(name, str)
        if name not in members:
            damage.append(f"{_short(name)} is missing")
        elif hashlib.sha256(members[name]).hexdigest() != digest:
            damage.append(f"{_short(name)} was changed: it is not the file that was recorded")
    damage += [f"{_short(name)} was added: it was not recorded" for name in members if name not in listed.values]
    return tuple(damage)


def _read_question(body: _Reader) -> Question:
    return Question(
        now=body.instant("now"),
        as_of=body.instant("asOf"),
        recipient=body.optional("recipient", str),
        challenge=body.optional("challenge", str),
        domain=body.optional("domain", str),
    )


def _read_documents(items: list[_Reader], members: Mapping[str, bytes]) -> tuple[Fetched, ...]:
    documents: dict[str, Fetched] = {}
    for item in items:
        url = item.value("url", str)
        if url in documents:
            raise ProblemError(MALFORMED_VALUE_ERROR, "the manifest lists two documents for one URL", item.pointer)
        documents[url] = Fetched(
            url,
            members.get(item.value("file", str), b""),
            item.optional("mediaType", str),
            None if item.values.get("fetchedAt") is None else item.instant("fetchedAt"),
            item.optional("stale", str),
            item.optional("location", str),
        )
    return tuple(documents.values())


def _read_failure(item: _Reader) -> Failure:
    return Failure(item.value("url", str), item.value("purpose", str), item.value("reason", str))  # type: ignore[arg-type]


def _read_limits(body: _Reader) -> Limits:
    known = {each.name: getattr(DEFAULT_LIMITS, each.name) for each in fields(Limits)}
    for name, value in body.values.items():
        if name not in known:
            raise ProblemError(MALFORMED_VALUE_ERROR, f"{_short(name)} is no limit of this program", body.at(name))
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise ProblemError(MALFORMED_VALUE_ERROR, f"the limit {name} is not a number", body.at(name))
        known[name] = type(known[name])(value)
    return Limits(**known)


@dataclass(frozen=True, slots=True)
class _Reader:
    """An object of the manifest, whose members are read by the type they must have."""

    values: Mapping[str, Any]
    pointer: str = ""

    def at(self, name: str) -> str:
        return self.pointer + join(name)

    def value(self, name: str, kind: type[_T]) -> _T:
        found = self.values.get(name)
        if not isinstance(found, kind) or isinstance(found, bool):
            raise ProblemError(MALFORMED_VALUE_ERROR, f"the manifest has no {name} of the right form", self.at(name))
        return found

    def optional(self, name: str, kind: type[_T]) -> _T | None:
        return None if self.values.get(name) is None else self.value(name, kind)

    def instant(self, name: str) -> datetime:
        try:
            return parse_datetime(self.value(name, str))
        except ProblemError as error:
            raise ProblemError(error.problem.type, error.problem.detail, self.at(name)) from None

    def object(self, name: str) -> _Reader:
        return _Reader(self.value(name, dict), self.at(name))

    def objects(self, name: str) -> list[_Reader]:
        items = [_Reader(item, self.at(name) + join(index)) for index, item in enumerate(self.value(name, list))]
        for item in items:
            if not isinstance(item.values, dict):
                raise ProblemError(MALFORMED_VALUE_ERROR, "an item of the manifest is not an object", item.pointer)
        return items


def _short(name: str) -> str:
    """A member's name as it may be shown: it is somebody else's text."""
    return "".join(symbol if symbol.isprintable() else "\ufffd" for symbol in name)[:100]
