"""An operator's directory of further contexts: files, and a ``manifest.json`` that pins each by SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from badgeport.schemas import jsontext
from badgeport.schemas.limits import DEFAULT_LIMITS, Limits
from badgeport.schemas.pointer import join
from badgeport.schemas.problems import MALFORMED_VALUE_ERROR, ProblemError

MANIFEST = "manifest.json"

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s#]+")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FILE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


def read_directory(directory: Path, limits: Limits = DEFAULT_LIMITS) -> dict[str, bytes]:
    """The bytes of each context that the directory's manifest lists, by URL, each held to its digest.

    Raises ProblemError(MALFORMED_VALUE_ERROR) for a manifest that is missing or malformed, a file that is missing,
    leads outside the directory or is too large, and a digest that does not match.
    """
    documents: dict[str, bytes] = {}
    for index, record in enumerate(_read_manifest(directory, limits)):
        data = _read_file(directory, record["file"], limits, join(index, "file"))
        if hashlib.sha256(data).hexdigest() != record["sha256"]:
            raise _malformed(
                f"the context file {record['file']} does not have its stated digest", join(index, "sha256")
            )
        if documents.setdefault(record["url"], data) != data:
            raise _malformed("the manifest lists one URL with two files", join(index, "url"))
    return documents


def pin_in_directory(directory: Path, url: str, data: bytes, limits: Limits) -> str:
    """Store the bytes of a context in a directory, made when missing, and pin them in its manifest; the file's name.

    Raises ProblemError(MALFORMED_VALUE_ERROR) when the URL is no absolute URL, the directory is not as `read_directory`
    wants it, or it cannot be written.
    """
    if not isinstance(url, str) or not _URL.fullmatch(url):
        raise _malformed("a context is named by an absolute URL without a fragment")
    digest = hashlib.sha256(data).hexdigest()
    file = f"{digest}.jsonld"
    records = _read_manifest(directory, limits) if has_manifest(directory) else []
    for record in records:
        if record["url"] == url:
            return str(record["file"])
    records.append({"url": url, "file": file, "sha256": digest})
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _write(directory, file, data)
        _write(directory, MANIFEST, jsontext.dump_pretty(records))
    except (OSError, ValueError):
        raise _malformed("the context directory cannot be written") from None
    return file


def has_manifest(directory: Path) -> bool:
    """Whether the directory is there and has a manifest."""
    try:
        return (directory / MANIFEST).exists()
    except (OSError, ValueError):
        return False


def _read_manifest(directory: Path, limits: Limits) -> list[dict[str, Any]]:
    try:
        records = jsontext.parse(_read_file(directory, MANIFEST, limits, None), limits)
    except ProblemError as error:
        raise _malformed(f"the manifest of the context directory: {error.problem.detail}") from None
    if not isinstance(records, list):
        raise _malformed("the manifest of the context directory is not an array")
    checked: list[dict[str, Any]] = []
    for index, record in enumerate(records):
        if not isinstance(record, dict):
            raise _malformed("an entry of the manifest is not an object", join(index))
        for member, form in (("url", _URL), ("file", _FILE), ("sha256", _SHA256)):
            value = record.get(member)
            if not isinstance(value, str) or not form.fullmatch(value):
                raise _malformed(
                    f"the member {member} of a manifest entry is missing or malformed", join(index, member)
                )
        checked.append(dict(record))
    return checked


def _read_file(directory: Path, name: str, limits: Limits, pointer: str | None) -> bytes:
    """A file within the directory; a link may stand for it only if it stays inside."""
    try:
        root = directory.resolve(strict=True)
        file = (root / name).resolve(strict=True)
        if not file.is_relative_to(root) or not file.is_file():
            raise _malformed(f"{name} is not a file inside the context directory", pointer)
        with file.open("rb") as stream:
            data = stream.read(limits.document_bytes + 1)
    except (OSError, RuntimeError, ValueError):  # also links that form a loop, and a zero byte in the path
        raise _malformed(f"{name} cannot be read in the context directory", pointer) from None
    if len(data) > limits.document_bytes:
        raise _malformed(f"{name} is larger than {limits.document_bytes} bytes", pointer)
    return data


def _write(folder: Path, name: str, data: bytes) -> None:
    """Replace a file as one step, so that a crash leaves the old one or the new one."""
    import tempfile  # needed by this rare step only, and slow to import

    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(folder / name)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def _malformed(detail: str, pointer: str | None = None) -> ProblemError:
    return ProblemError(MALFORMED_VALUE_ERROR, detail, pointer)
